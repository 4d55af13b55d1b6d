//! What an HTTP look sends, and what it expects.

use bytes::Bytes;
use http::{HeaderMap, Method};
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// The request, and what makes its answer a right one.
#[derive(Clone)]
pub struct Settings {
    /// Sent as it is; redirects may change it as browsers do.
    pub method: Method,
    /// Sent besides our own, in place of them where both have one. Never sent to another
    /// origin than the target's.
    pub headers: HeaderMap,
    /// Sent as it is, unless it is empty. Never sent to another origin.
    pub body: Bytes,
    /// The statuses of a right answer. A redirect that is among them is not followed.
    pub expect_status: Vec<RangeInclusive<u16>>,
    /// Must be somewhere in the first 256 KiB of the decoded body, byte by byte.
    pub expect_body_contains: Option<String>,
    /// The same as it may be shown, with its variables by their names; `None` where that
    /// is no different.
    pub expect_body_shown: Option<String>,
    /// The socket in the file system behind which the target is, instead of its host.
    pub socket: Option<PathBuf>,
}

impl Settings {
    /// Whether an answer with this status can be a right one.
    #[must_use]
    pub fn expects(&self, status: u16) -> bool {
        self.expect_status.iter().any(|range| range.contains(&status))
    }
}

/// GET, any 2xx.
impl Default for Settings {
    fn default() -> Settings {
        Settings {
            method: Method::GET,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            expect_status: vec![200..=299],
            expect_body_contains: None,
            expect_body_shown: None,
            socket: None,
        }
    }
}

/// Shows names and sizes, never a value that may be secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("http::Settings")
            .field("method", &self.method)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .field("expect_status", &self.expect_status)
            .finish_non_exhaustive()
    }
}
