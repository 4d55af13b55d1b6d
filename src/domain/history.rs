//! One monitor with its past: all that a report of it needs but the single checks.

use super::check::Check;
use super::judge::Judge;
use super::ledger::{Account, Ledger};
use super::monitor::{Key, Monitor};
use super::span::{Span, Spans};
use super::timeline::Timeline;
use super::timestamp::Timestamp;
use std::sync::Arc;

/// One monitor with its past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Under which number it is kept.
    pub key: Key,
    /// What is watched.
    pub monitor: Arc<Monitor>,
    /// The time that announced maintenance takes out of its figure.
    pub maintenance: Spans,
    /// The time whose checks nobody made: `everup demo` made them up.
    pub made_up: Spans,
    /// What its checks have come to.
    pub ledger: Ledger,
    /// Its newest check, whatever it says.
    pub latest: Option<Check>,
    /// When the earliest check began that is not in the ledger yet, because it is under
    /// way or waits to be kept. What it will say is not known, so the figures end there.
    pub under_way: Option<Timestamp>,
    /// What its checks come to while they are not booked.
    pub unbooked: Option<Unbooked>,
}

/// What checks come to that are not booked, because the clock cannot be trusted: good for
/// the state that is shown, never for a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbooked {
    /// The judge after the newest of them.
    pub judge: Judge,
    /// Why they are not booked: a sentence without its full stop.
    pub why: Arc<str>,
}

impl History {
    /// How the past reads at `now` within `window`, and the timeline that follows where
    /// `excused` is the maintenance that leaves the figure: [`History::maintenance`], or
    /// what a contract allows of it.
    #[must_use]
    pub fn read(&self, window: Span, now: Timestamp, excused: &Spans) -> (Account, Timeline) {
        let now = self.under_way.map_or(now, |began| began.min(now));
        let account = self.ledger.account(window, now, &self.monitor);
        let timeline = Timeline::new(window, &self.monitor, excused, &account);
        (account, timeline)
    }

    /// Where the figures end if another process looks, and keeps what it sees within
    /// `kept_within_ms`: what it is just looking at, or has not kept yet, is not known here,
    /// and no figure must be taken back; so they end with the newest check. `None` where
    /// that is so old that nothing can be under way.
    #[must_use]
    pub fn end_where(&self, now: Timestamp, kept_within_ms: i64) -> Option<Timestamp> {
        let newest = self.latest.as_ref()?.started_at;
        let parameters = self.monitor.parameters.current();
        let known_after_ms = parameters.reach_ms() + parameters.timeout_ms + kept_within_ms;
        (now.since_ms(newest) < known_after_ms).then(|| newest.plus_ms(1))
    }
}
