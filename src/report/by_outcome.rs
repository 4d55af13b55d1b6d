//! Requests by what became of them, as JSON has them wherever it has them: reports, closed
//! months, and what a balancer tells of itself.

use crate::domain::requests::Requests;
use serde::{Deserialize, Serialize};

/// [`Requests`], each kind under its name. Sums are told beside it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ByOutcome {
    answered: u64,
    server_errors: u64,
    failed: u64,
    cut: u64,
    abandoned: u64,
    refused: u64,
    repeated: u64,
}

impl From<Requests> for ByOutcome {
    fn from(requests: Requests) -> ByOutcome {
        let Requests { answered, server_errors, failed, cut, abandoned, refused, repeated } =
            requests;
        ByOutcome { answered, server_errors, failed, cut, abandoned, refused, repeated }
    }
}

impl From<ByOutcome> for Requests {
    fn from(by_outcome: ByOutcome) -> Requests {
        let ByOutcome { answered, server_errors, failed, cut, abandoned, refused, repeated } =
            by_outcome;
        Requests { answered, server_errors, failed, cut, abandoned, refused, repeated }
    }
}
