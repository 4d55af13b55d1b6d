//! A check, as far as it says why something is as it is.

use super::check::{Check, Kind, Verdict};
use super::monitor::Monitor;
use super::timestamp::Timestamp;
use std::sync::Arc;

/// A check without what it measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// When it began.
    pub at: Timestamp,
    /// What it said.
    pub verdict: Verdict,
    /// Where it went wrong.
    pub kind: Option<Kind>,
    /// The sentence that says why, if there is one.
    pub reason: Option<Arc<str>>,
}

impl Sighting {
    /// What there is of a check.
    #[must_use]
    pub fn of(check: &Check) -> Sighting {
        let reason = check.reason().filter(|reason| !reason.is_empty());
        Sighting {
            at: check.started_at,
            verdict: check.verdict,
            kind: check.evidence.as_ref().and_then(|evidence| evidence.kind),
            reason: reason.map(Arc::from),
        }
    }

    /// Whether it decides anything: it is not `unknown`, and the monitor was watched.
    #[must_use]
    pub fn counts(&self, monitor: &Monitor) -> bool {
        self.verdict != Verdict::Unknown && monitor.watched_around(self.at).is_some()
    }
}
