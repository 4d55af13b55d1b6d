//! What a broken request is called, and whose fault it is.

use super::super::deadline::Deadline;
use super::super::fault::{Fault, causes};
use super::super::tls;
use super::trace::{Stage, Trace};
use crate::domain::check::Kind;
use std::error::Error;
use std::io;
use std::net::SocketAddr;

/// The fault behind a request that ended in `error`; `before` is where a redirect came
/// from that led to it.
#[must_use]
pub fn of_error(
    error: &(dyn Error + 'static),
    trace: &Trace,
    addresses: &[SocketAddr],
    before: Option<SocketAddr>,
    deadline: &Deadline,
) -> Fault {
    if let Some(flood) = trace.flood() {
        return Fault::theirs(Kind::Protocol, flood);
    }
    let found = Found::in_error(error);
    if let Some(fault) = found.io.and_then(Fault::of_our_resources) {
        return fault;
    }
    if let Some(error) = found.tls {
        return Fault::theirs(Kind::Tls, tls::sentence(error));
    }
    let late = found.io.is_some_and(|error| error.kind() == io::ErrorKind::TimedOut);
    if late {
        return of_silence(trace, addresses, deadline);
    }
    let peer = trace.peer();
    let addresses = peer.as_ref().map_or(addresses, std::slice::from_ref);
    if let Some(error) = found.io
        && let Some(fault) = Fault::of_our_network(error, addresses, before)
    {
        return fault;
    }
    match trace.stage() {
        Stage::Connecting => {
            let reason = format!("connecting to {}: {}", any_of(addresses), found.words());
            Fault::theirs(Kind::Connect, reason)
        }
        Stage::Securing => {
            let reason = format!("{} during the TLS handshake", found.words());
            Fault::theirs(Kind::Tls, reason)
        }
        Stage::Waiting => Fault::theirs(Kind::Protocol, found.words_for_the_head()),
        Stage::Reading => Fault::theirs(Kind::Protocol, found.words_for_the_body()),
    }
}

/// The fault of a target that let the deadline pass.
#[must_use]
pub fn of_silence(trace: &Trace, addresses: &[SocketAddr], deadline: &Deadline) -> Fault {
    let doing = match trace.stage() {
        Stage::Connecting => format!("connecting to {}", any_of(addresses)),
        Stage::Securing => "waiting for the TLS handshake".to_owned(),
        Stage::Waiting => "waiting for the first byte".to_owned(),
        Stage::Reading => "reading the body".to_owned(),
    };
    deadline.passed(&doing)
}

/// `203.0.113.7:443`, or that and how many others. Only a socket in the file system has
/// none.
fn any_of(addresses: &[SocketAddr]) -> String {
    match addresses {
        [] => "its socket".to_owned(),
        [one] => one.to_string(),
        [first, _] => format!("{first} or 1 other address"),
        [first, others @ ..] => format!("{first} or {} other addresses", others.len()),
    }
}

/// What an error is made of.
#[derive(Default)]
struct Found<'a> {
    io: Option<&'a io::Error>,
    tls: Option<&'a rustls::Error>,
    hyper: Option<&'a hyper::Error>,
    innermost: String,
}

impl<'a> Found<'a> {
    fn in_error(error: &'a (dyn Error + 'static)) -> Found<'a> {
        let mut found = Found::default();
        for cause in causes(error) {
            // The innermost of each: what is around it only says how it was carried.
            found.io = cause.downcast_ref().or(found.io);
            found.tls = cause.downcast_ref().or(found.tls);
            found.hyper = cause.downcast_ref().or(found.hyper);
            // reqwest only says that something could not be read.
            if !cause.is::<reqwest::Error>() {
                found.innermost = cause.to_string();
            }
        }
        found
    }

    /// What happened to the connection.
    fn words(&self) -> String {
        match self.io.map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
            Some(io::ErrorKind::NetworkUnreachable) => "network unreachable".to_owned(),
            Some(io::ErrorKind::HostUnreachable) => "host unreachable".to_owned(),
            _ if self.was_reset() => "the connection was reset".to_owned(),
            _ if self.was_closed() => "the connection was closed".to_owned(),
            _ => self.detail(),
        }
    }

    fn words_for_the_head(&self) -> String {
        if self.hyper.is_some_and(hyper::Error::is_parse_too_large) {
            "the head of the answer is too large".to_owned()
        } else if self.hyper.is_some_and(hyper::Error::is_parse) {
            "the answer is not HTTP".to_owned()
        } else if self.was_reset() {
            "the connection was reset before an answer came".to_owned()
        } else if self.was_closed() {
            "the connection was closed before an answer came".to_owned()
        } else {
            format!("no answer came: {}", self.detail())
        }
    }

    fn words_for_the_body(&self) -> String {
        if self.was_reset() {
            "the connection was reset before the body was complete".to_owned()
        } else if self.was_closed() {
            "the body ended before it was complete".to_owned()
        } else if self.hyper.is_none() {
            "the body cannot be decoded".to_owned()
        } else {
            format!("the body is malformed: {}", self.detail())
        }
    }

    /// What the error itself says, where we have no words of our own.
    fn detail(&self) -> String {
        if self.innermost.is_empty() {
            return "it gave no reason".to_owned();
        }
        self.innermost.clone()
    }

    fn was_reset(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        let kinds = [ConnectionReset, ConnectionAborted, BrokenPipe];
        self.io.is_some_and(|error| kinds.contains(&error.kind()))
    }

    fn was_closed(&self) -> bool {
        self.hyper
            .is_some_and(|error| error.is_incomplete_message() || error.is_closed())
            || self.io.is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof)
    }
}
