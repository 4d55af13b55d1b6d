//! An outage as reports show it: cut to their window, with the downtime it cost there.

use crate::domain::duration::in_words;
use crate::domain::monitor::MonitorId;
use crate::domain::outage::{Outage, OutageId};
use crate::domain::span::Span;
use crate::domain::timeline::Timeline;
use crate::domain::timestamp::Timestamp;

/// An outage, as far as it lies in the window of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthOutage {
    /// Its name, under which its dossier is found; a group's outage has none.
    pub id: Option<OutageId>,
    /// When it began, in this window or before it.
    pub began_at: Timestamp,
    /// Its time in the window, up to `as_of`.
    pub span: Span,
    /// The downtime it cost: its time without gaps, pauses and announced maintenance.
    pub down_ms: i64,
    /// What its first failure said.
    pub reason: String,
    /// Whether it began before the window or goes on after it.
    pub continued: bool,
    /// Whether it lasts as of the report.
    pub ongoing: bool,
}

impl MonthOutage {
    /// The part of an outage that a timeline shows; `None` where it cost no downtime.
    #[must_use]
    pub fn of(outage: &Outage, timeline: &Timeline, as_of: Timestamp) -> Option<MonthOutage> {
        let window = timeline.window();
        let span = outage.span().cut(window).cut(Span::new(Timestamp::MIN, as_of));
        let down_ms = timeline.tally_within(span).down;
        let goes_on = outage.to.map_or(as_of >= window.to, |to| to > window.to);
        (down_ms > 0).then(|| MonthOutage {
            id: None,
            began_at: outage.from,
            span,
            down_ms,
            reason: outage.reason.to_string(),
            continued: outage.from < window.from || goes_on,
            ongoing: outage.to.is_none() && as_of < window.to,
        })
    }

    /// The downtime it cost in words, and how long it was in all where that is more than the
    /// same words say: `17 min`, and `47 min` of which the rest was announced maintenance, or
    /// nobody looked.
    #[must_use]
    pub fn lengths(&self) -> (String, Option<String>) {
        let [downtime, whole] = [self.down_ms, self.span.length_ms()].map(in_words);
        let more = (whole != downtime).then_some(whole);
        (downtime, more)
    }

    /// The same outage as one of a monitor, so that it can be looked up.
    #[must_use]
    pub fn named(self, monitor: &MonitorId) -> MonthOutage {
        let id = OutageId { monitor: monitor.clone(), from: self.began_at };
        MonthOutage { id: Some(id), ..self }
    }
}
