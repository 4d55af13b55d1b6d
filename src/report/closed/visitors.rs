//! What visitors of a balancer saw in a closed month, read back. Sums are computed again.

use super::instant;
use crate::domain::requests::Requests;
use crate::domain::span::Span;
use crate::report::visitors::Visitors as Seen;
use serde::Deserialize;

/// Their requests, by what became of them.
#[derive(Deserialize)]
pub(super) struct Visitors {
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
    /// What they saw in the month that is `window`.
    pub(super) fn open(&self, window: Span) -> Result<Seen, String> {
        let counted_from = self.counted_from.as_deref().map(instant).transpose()?;
        let left_ms = counted_from.map_or(0, |from| window.to.since_ms(from));
        let begins_in_it = counted_from.is_none_or(|from| window.contains(from));
        if !begins_in_it || !(0..=left_ms).contains(&self.counted_milliseconds) {
            return Err("its requests are counted for longer than there was time".to_owned());
        }
        Ok(Seen {
            requests: Requests {
                answered: self.answered,
                server_errors: self.server_errors,
                failed: self.failed,
                cut: self.cut,
                abandoned: self.abandoned,
                refused: self.refused,
                repeated: self.repeated,
            },
            counted_from,
            counted_ms: self.counted_milliseconds,
        })
    }
}
