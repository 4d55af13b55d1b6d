//! Follows one request from outside, so that it is known where its time went, and where
//! it was stuck when the deadline passed.
//!
//! reqwest tells none of that by itself. Three hooks do: a layer around its connector,
//! TLS's store of sessions, which stores nothing here but is asked at the very moment
//! the TCP connection stands, and the `witness` before TLS's verifier. (Storing nothing
//! is wanted: see `probe::tls`.)

use crate::domain::check::Phases;
use futures_util::future::BoxFuture;
use hyper_util::client::legacy::connect::{Connection, HttpInfo};
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use rustls::{CipherSuite, NamedGroup, ProtocolVersion};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower::{Layer, Service};

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

/// The course of one request; shared with the hooks that watch it.
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
        std::mem::take(&mut *self.secured())
    }

    /// The target showed this certificate.
    pub fn presented(&self, certificate: &[u8]) {
        self.secured().certificate = Some(certificate.into());
    }

    /// Both sides speak this version of TLS.
    pub fn agreed_on(&self, version: ProtocolVersion) {
        self.secured().version = Some(version);
    }

    fn connected(&self) {
        self.course().connected.get_or_insert_with(Instant::now);
    }

    fn ready(&self, peer: Option<SocketAddr>) {
        let mut course = self.course();
        let now = Instant::now();
        course.connected.get_or_insert(now);
        if course.secure {
            course.secured = Some(now);
        }
        course.peer = peer;
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        // Nothing that holds the lock can panic halfway through a change.
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn secured(&self) -> MutexGuard<'_, Secured> {
        // As above.
        self.secured_by.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A duration in whole microseconds, at most what fits (71 minutes).
#[must_use]
pub fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

/// Watches a connector: tells the trace when a connection is ready, and with whom.
#[derive(Clone)]
pub struct Watch(pub Arc<Trace>);

impl<S> Layer<S> for Watch {
    type Service = Watched<S>;

    fn layer(&self, inner: S) -> Watched<S> {
        Watched { inner, trace: Arc::clone(&self.0) }
    }
}

/// A connector that is watched.
#[derive(Clone)]
pub struct Watched<S> {
    inner: S,
    trace: Arc<Trace>,
}

impl<S, R> Service<R> for Watched<S>
where
    S: Service<R>,
    S::Response: Connection,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let connecting = self.inner.call(request);
        let trace = Arc::clone(&self.trace);
        Box::pin(async move {
            let connection = connecting.await?;
            let mut extras = http::Extensions::new();
            connection.connected().get_extras(&mut extras);
            trace.ready(extras.get::<HttpInfo>().map(HttpInfo::remote_addr));
            Ok(connection)
        })
    }
}

/// A store of TLS sessions that keeps none.
#[derive(Debug)]
pub struct NoSessions(pub Arc<Trace>);

impl ClientSessionStore for NoSessions {
    /// The first thing a handshake does, with the TCP connection just made.
    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        self.0.connected();
        None
    }

    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {}

    /// Nobody else tells the cipher suite; a ticket of TLS 1.2 has none to be read.
    fn insert_tls13_ticket(&self, _: ServerName<'static>, ticket: Tls13ClientSessionValue) {
        self.0.secured().cipher = Some(ticket.suite().common.suite);
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        None
    }
}
