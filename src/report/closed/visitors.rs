//! What visitors of a balancer saw in a closed month, read back. Sums are computed again.

use super::instant;
use crate::domain::span::Span;
use crate::report::by_outcome::ByOutcome;
use crate::report::visitors::Visitors as Seen;
use serde::Deserialize;

/// Their requests, by what became of them.
#[derive(Deserialize)]
pub(super) struct Visitors {
    #[serde(flatten)]
    by_outcome: ByOutcome,
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
            requests: self.by_outcome.into(),
            counted_from,
            counted_ms: self.counted_milliseconds,
        })
    }
}
