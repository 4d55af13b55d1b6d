//! Times of trouble that have a beginning, and a cause in words.

use super::span::Span;
use super::timestamp::Timestamp;
use std::sync::Arc;

/// A stretch in which a monitor was down, from the first failure of the run that
/// opened it to the first success of the run that closed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When the check that saw the first failure began.
    pub from: Timestamp,
    /// When the check that saw the first success began, or when a pause or removal
    /// cut it; `None` while it lasts.
    pub to: Option<Timestamp>,
    /// What the first failure said.
    pub reason: Arc<str>,
}

impl Outage {
    /// Its whole time; an outage that lasts has no end.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::new(self.from, self.to.unwrap_or(Timestamp::MAX))
    }
}

/// A failing run that ended before it was an outage. Up in the headline, listed in
/// the report, and counted against the lower bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blip {
    /// From its first failure to the success that ended it.
    pub span: Span,
    /// What the first failure said.
    pub reason: Arc<str>,
}
