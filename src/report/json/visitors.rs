//! What visitors of a balancer saw, as JSON.

use super::instant;
use crate::report::visitors::Visitors as Seen;
use serde::Serialize;

/// Their requests, by what became of them.
#[derive(Serialize)]
pub(super) struct Visitors {
    requests: u64,
    errors: u64,
    answered: u64,
    server_errors: u64,
    failed: u64,
    cut: u64,
    abandoned: u64,
    refused: u64,
    repeated: u64,
    counted_from: Option<String>,
    counted_milliseconds: i64,
}

impl Visitors {
    pub(super) fn of(seen: &Seen) -> Visitors {
        let requests = &seen.requests;
        Visitors {
            requests: requests.total(),
            errors: requests.errors(),
            answered: requests.answered,
            server_errors: requests.server_errors,
            failed: requests.failed,
            cut: requests.cut,
            abandoned: requests.abandoned,
            refused: requests.refused,
            repeated: requests.repeated,
            counted_from: seen.counted_from.map(instant),
            counted_milliseconds: seen.counted_ms,
        }
    }
}
