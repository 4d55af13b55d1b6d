//! What visitors of a balancer saw, as JSON.

use super::instant;
use crate::report::by_outcome::ByOutcome;
use crate::report::visitors::Visitors as Seen;
use serde::Serialize;

/// Their requests, by what became of them.
#[derive(Serialize)]
pub(super) struct Visitors {
    requests: u64,
    errors: u64,
    #[serde(flatten)]
    by_outcome: ByOutcome,
    counted_from: Option<String>,
    counted_milliseconds: i64,
}

impl Visitors {
    pub(super) fn of(seen: &Seen) -> Visitors {
        let requests = &seen.requests;
        Visitors {
            requests: requests.total(),
            errors: requests.errors(),
            by_outcome: ByOutcome::from(*requests),
            counted_from: seen.counted_from.map(instant),
            counted_milliseconds: seen.counted_ms,
        }
    }
}
