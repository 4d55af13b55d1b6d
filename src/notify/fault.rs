//! Why no answer came of a receiver, in words for people.
//!
//! For channels that go over HTTP. It never says an address: that may be a secret.

use crate::probe::fault::{Fault, causes};
use crate::probe::tls;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::Error as TlsError;
use std::error::Error;
use std::io::{self, ErrorKind};
use thiserror::Error;

/// The system's way to look up names, which says so where it fails: in what the client
/// makes of it, that could only be told by its wording.
pub(super) struct Names;

/// A name has no address that we can find.
#[derive(Debug, Error)]
#[error("its host is not found; check how it is written, and the DNS of this machine")]
struct NotFound(#[source] io::Error);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found: Vec<_> = found.map_err(NotFound)?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Why a request to a receiver got no answer. What a library says is only quoted where there
/// are no words of our own.
pub(super) fn why(error: &(dyn Error + 'static)) -> String {
    let found = Found::in_error(error);
    if let Some(name) = found.name {
        return name.to_string();
    }
    match found.tls {
        Some(TlsError::InvalidMessage(_)) => {
            return "its port speaks no TLS; write http://, or the port that does".to_owned();
        }
        Some(error) => return tls::sentence(error),
        None => {}
    }
    if let Some(fault) = found.io.and_then(Fault::of_our_resources) {
        return fault.reason;
    }
    let hyper = |is: fn(&hyper::Error) -> bool| found.hyper.is_some_and(is);
    match found.io.map(io::Error::kind) {
        Some(ErrorKind::ConnectionRefused) => {
            "the connection is refused; nothing listens at its port".to_owned()
        }
        Some(ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable) => {
            "it cannot be reached from this machine".to_owned()
        }
        Some(ErrorKind::TimedOut) => "connecting took too long".to_owned(),
        Some(
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe,
        ) => "the connection was reset before an answer came".to_owned(),
        Some(ErrorKind::UnexpectedEof) => CLOSED.to_owned(),
        _ if hyper(hyper::Error::is_incomplete_message) => CLOSED.to_owned(),
        _ if hyper(hyper::Error::is_parse_too_large) => {
            "the head of its answer is too large".to_owned()
        }
        _ if hyper(hyper::Error::is_parse) => {
            "its answer is not HTTP; write https:// if its port speaks TLS".to_owned()
        }
        _ => format!("no answer came: {}", found.innermost),
    }
}

const CLOSED: &str = "the connection was closed before an answer came";

/// What an error is made of: the innermost of each, since what is around it only says how
/// it was carried.
#[derive(Default)]
struct Found<'e> {
    name: Option<&'e NotFound>,
    tls: Option<&'e TlsError>,
    io: Option<&'e io::Error>,
    hyper: Option<&'e hyper::Error>,
    innermost: String,
}

impl<'e> Found<'e> {
    fn in_error(error: &'e (dyn Error + 'static)) -> Found<'e> {
        let mut found = Found::default();
        for cause in causes(error) {
            found.name = cause.downcast_ref().or(found.name);
            found.tls = cause.downcast_ref().or(found.tls);
            found.io = cause.downcast_ref().or(found.io);
            found.hyper = cause.downcast_ref().or(found.hyper);
            found.innermost = cause.to_string();
        }
        found
    }
}
