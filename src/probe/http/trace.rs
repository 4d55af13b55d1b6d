//! Follows one request from outside, so that it is known where its time went, and where
//! it was stuck when the deadline passed, and whether the target sent more than it may.
//!
//! Written by `hop` and `connection` as they go on, by the `wire`, and by the `witness`
//! before TLS's verifier.

use super::wire::{ANSWER_BYTES_MAX, BEFORE_ANSWER_BYTES_MAX, BEFORE_HTTP_2_ANSWER_BYTES_MAX};
use crate::domain::check::Phases;
use rustls::{CipherSuite, ProtocolVersion};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a request is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The TCP connection.
    Connecting,
    /// The TLS handshake.
    Securing,
    /// The head of the answer.
    Waiting,
    /// The rest of the answer.
    Reading,
}

/// The course of one request; shared with the wire that it goes over.
#[derive(Debug)]
pub struct Trace {
    course: Mutex<Course>,
    secured_by: Mutex<Secured>,
}

/// How a connection was secured, as far as that went.
#[derive(Debug, Default)]
pub struct Secured {
    /// The target's own certificate.
    pub certificate: Option<Box<[u8]>>,
    /// The version of TLS.
    pub version: Option<ProtocolVersion>,
    /// The cipher suite.
    pub cipher: Option<CipherSuite>,
}

#[derive(Clone, Copy, Debug)]
struct Course {
    secure: bool,
    started: Instant,
    resolved: Option<Instant>,
    connected: Option<Instant>,
    secured: Option<Instant>,
    answered: Option<Instant>,
    peer: Option<SocketAddr>,
    over_http_2: bool,
    received_bytes: u64,
    /// Said of a target that sent too much.
    flood: Option<&'static str>,
}

impl Trace {
    /// A request that starts now; `secure` says whether it goes over TLS.
    #[must_use]
    pub fn start(secure: bool) -> Arc<Trace> {
        let course = Course {
            secure,
            started: Instant::now(),
            resolved: None,
            connected: None,
            secured: None,
            answered: None,
            peer: None,
            over_http_2: false,
            received_bytes: 0,
            flood: None,
        };
        Arc::new(Trace { course: Mutex::new(course), secured_by: Mutex::default() })
    }

    /// The name has addresses. Not called for a target that is an address already.
    pub fn resolved(&self) {
        self.course().resolved.get_or_insert_with(Instant::now);
    }

    /// The head of the answer is here.
    pub fn answered(&self) {
        self.course().answered.get_or_insert_with(Instant::now);
    }

    /// The address it is connected to, once it is.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.course().peer
    }

    /// What it is waiting for. Not asked while the name is being resolved.
    #[must_use]
    pub fn stage(&self) -> Stage {
        let course = *self.course();
        if course.answered.is_some() {
            Stage::Reading
        } else if course.connected.is_none() {
            Stage::Connecting
        } else if course.secure && course.secured.is_none() {
            Stage::Securing
        } else {
            Stage::Waiting
        }
    }

    /// How long each part took, without the total.
    #[must_use]
    pub fn phases(&self) -> Phases {
        let course = *self.course();
        let from = |earlier: Instant, later: Option<Instant>| {
            later.map(|later| micros(later.saturating_duration_since(earlier)))
        };
        let open = course.resolved.unwrap_or(course.started);
        let after_open = course.connected.unwrap_or(open);
        Phases {
            dns_us: from(course.started, course.resolved),
            connect_us: from(open, course.connected),
            tls_us: from(after_open, course.secured),
            first_byte_us: from(course.secured.unwrap_or(after_open), course.answered),
            total_us: None,
        }
    }

    /// How its connection was secured. To be taken once, at the end.
    #[must_use]
    pub fn secured_by(&self) -> Secured {
        std::mem::take(&mut *self.security())
    }

    /// The target showed this certificate.
    pub fn presented(&self, certificate: &[u8]) {
        self.security().certificate = Some(certificate.into());
    }

    /// Both sides speak this version of TLS.
    pub fn agreed_on(&self, version: ProtocolVersion) {
        self.security().version = Some(version);
    }

    /// It is encrypted like this.
    pub fn enciphered(&self, cipher: CipherSuite) {
        self.security().cipher = Some(cipher);
    }

    /// It is connected to this address.
    /// `None`: to a socket in the file system.
    pub fn connected(&self, peer: Option<SocketAddr>) {
        let mut course = self.course();
        course.connected.get_or_insert_with(Instant::now);
        course.peer = peer;
    }

    /// The TLS handshake is over.
    pub fn secured(&self) {
        self.course().secured.get_or_insert_with(Instant::now);
    }

    /// It goes over HTTP/2.
    pub fn goes_over_http_2(&self) {
        self.course().over_http_2 = true;
    }

    /// So many bytes have come; whether more may.
    pub fn received(&self, bytes: u64) -> bool {
        let mut course = self.course();
        course.received_bytes += bytes;
        let (max, said) = match (course.answered, course.over_http_2) {
            (Some(_), _) => (ANSWER_BYTES_MAX, "it sends more than 1280 KiB for one answer"),
            (None, false) => {
                (BEFORE_ANSWER_BYTES_MAX, "it sends more than 512 KiB before an answer")
            }
            (None, true) => (
                BEFORE_HTTP_2_ANSWER_BYTES_MAX,
                "it sends more than 160 KiB before an answer",
            ),
        };
        if course.received_bytes > max {
            course.flood.get_or_insert(said);
        }
        course.flood.is_none()
    }

    /// Why the target was cut off, if it sent too much.
    #[must_use]
    pub fn flood(&self) -> Option<&'static str> {
        self.course().flood
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        // Nothing that holds the lock can panic halfway through a change.
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn security(&self) -> MutexGuard<'_, Secured> {
        // As above.
        self.secured_by.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A duration in whole microseconds, at most what fits (71 minutes).
#[must_use]
pub fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}
