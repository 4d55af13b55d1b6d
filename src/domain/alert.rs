//! What is told of a monitor: that it went down, and that it is up again; and when.
//!
//! The recorder makes alerts of what a check has changed and keeps them with it; the
//! deliverer asks [`decide`] what to tell a channel now. Pure: what waits, what was told
//! before, the maintenance and the time all come in.

use super::judge::{Entry, Judge, Seen};
use super::monitor::{Key, MonitorId};
use super::span::Span;
use super::timestamp::Timestamp;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// What is said where an outage ended without a success: its monitor was paused or removed.
pub const UNWATCHED: &str = "it was no longer watched";

/// Names a channel by which alerts are told; formed like the id of a monitor.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId(MonitorId);

impl ChannelId {
    /// Takes a well-formed id.
    ///
    /// # Errors
    /// A sentence that says what an id may look like and suggests one.
    pub fn new(text: &str) -> Result<ChannelId, String> {
        MonitorId::new(text).map(ChannelId)
    }

    /// The id as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an alert says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An outage has begun.
    Down,
    /// It has ended.
    Up,
}

impl Kind {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Down => "down",
            Kind::Up => "up",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Kind> {
        [Kind::Down, Kind::Up].into_iter().find(|kind| kind.word() == word)
    }

    fn other(self) -> Kind {
        match self {
            Kind::Down => Kind::Up,
            Kind::Up => Kind::Down,
        }
    }
}

/// One thing to be told of a monitor. Monitor, kind and beginning name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Of which monitor.
    pub monitor: Key,
    /// What it says.
    pub kind: Kind,
    /// When the outage began.
    pub since: Timestamp,
    /// When it ended, if it has.
    pub until: Option<Timestamp>,
    /// When the check began that decided it: what counts for maintenance.
    pub at: Timestamp,
    /// Of [`Kind::Down`], what the first failure said; of [`Kind::Up`], [`UNWATCHED`] where
    /// nobody saw the monitor up, and otherwise empty.
    pub reason: Arc<str>,
}

impl Alert {
    /// What a check that began at `at` gives to tell: `before` is the outage that lasted
    /// until then, `settled` what the check has settled, and `after` the judge after it.
    #[must_use]
    pub fn of_check(
        monitor: Key,
        at: Timestamp,
        before: Option<Timestamp>,
        settled: &[Entry],
        after: &Judge,
    ) -> Vec<Alert> {
        let mut alerts = Vec::new();
        if let Some(since) = before
            && let Some(until) = ended(settled, since)
        {
            let came_back = recovery(settled, since, after).is_some();
            let reason = Arc::from(if came_back { "" } else { UNWATCHED });
            let until = Some(until);
            alerts.push(Alert { monitor, kind: Kind::Up, since, until, at, reason });
        }
        if let Some((since, reason)) = &after.outage
            && before != Some(*since)
        {
            let (since, reason) = (*since, reason.clone());
            alerts.push(Alert { monitor, kind: Kind::Down, since, until: None, at, reason });
        }
        alerts
    }
}

fn ended(settled: &[Entry], from: Timestamp) -> Option<Timestamp> {
    settled.iter().find_map(|entry| match entry {
        Entry::Outage(outage) if outage.from == from => outage.to,
        _ => None,
    })
}

/// When the outage that began at `from` ended with a success; `None` where it did not.
#[must_use]
pub fn recovery(settled: &[Entry], from: Timestamp, after: &Judge) -> Option<Timestamp> {
    // It was seen well from then on, if it came back.
    ended(settled, from).filter(|to| {
        let was_well = |entry: &Entry| match entry {
            Entry::Up(span) | Entry::Degraded(span) => span.from == *to,
            _ => false,
        };
        let is_well = after.open.is_some_and(|(seen, from)| seen != Seen::Down && from == *to);
        is_well || settled.iter().any(was_well)
    })
}

/// What was told last of a monitor through a channel, heard or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// What it said.
    pub kind: Kind,
    /// When the outage began.
    pub since: Timestamp,
}

/// What to do with the alerts that wait, in places among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing is to be told.
    Nothing,
    /// These are never to be told; then to decide again.
    Drop(Range<usize>),
    /// The first is so no more, but was to be told before, and may have been heard: it counts
    /// as told, so that its end is told. Then to decide again.
    GiveUp,
    /// Nothing is to be told before the end of this maintenance.
    Hold(Timestamp),
    /// To tell the first.
    Tell {
        /// The end of the maintenance during which it was held, if it was.
        held_until: Option<Timestamp>,
    },
}

/// What to do now about what waits to be told of one monitor through one channel. `told` is
/// what was told last, `waiting` what was not, in order; `tried` says whether that was tried
/// with the first, so that it may have been heard. `windows` are the times of the maintenance
/// of this monitor, as far as they may share an instant with what waits or with `now`.
///
/// What was decided outside maintenance is told in order, each once. What was decided during
/// maintenance comes, once that is over, to what is so then: told if it is something else
/// than what was told last. A beginning that still waited when maintenance came, and ended
/// during it, is so no more and is told by its end alone. While maintenance lasts, nothing is
/// told.
#[must_use]
pub fn decide(
    told: Option<Told>,
    waiting: &[Alert],
    tried: bool,
    windows: &[Span],
    now: Timestamp,
) -> Decision {
    let is_held = |alert: &Alert| windows.iter().any(|window| window.contains(alert.at));
    let ends_held = |place: usize| {
        waiting[place].kind == Kind::Down && waiting.get(place + 1).is_some_and(is_held)
    };
    let held_after =
        |place| waiting.iter().skip(place).take_while(|next| is_held(next)).count();
    let covered = windows.iter().filter(|window| window.contains(now));
    if let Some(until) = covered.map(|window| window.to).max() {
        // Only how it began and how it is can matter in the end, so no more is kept.
        let is_told = |place: &usize| !is_held(&waiting[*place]) && !ends_held(*place);
        let began = (0..waiting.len()).take_while(is_told).count();
        let between = began + 1..began + held_after(began + 1);
        return if between.is_empty() {
            Decision::Hold(until)
        } else {
            Decision::Drop(between)
        };
    }
    let Some(first) = waiting.first() else { return Decision::Nothing };
    let ends = windows.iter().map(|window| window.to);
    let held_until = ends.filter(|end| first.at < *end && *end <= now).max();
    let was_due = tried || !is_held(first);
    if was_due && !ends_held(0) {
        return Decision::Tell { held_until };
    }
    let last = held_after(1);
    let is_as_first = waiting[last].kind == first.kind;
    // Of a monitor of which nothing was told it is taken to be known how it was.
    let known = told.map_or(first.kind.other(), |told| told.kind);
    match last {
        _ if was_due && !is_as_first => Decision::GiveUp,
        _ if !was_due && waiting[last].kind == known => Decision::Drop(0..last + 1),
        0 => Decision::Tell { held_until },
        _ => Decision::Drop(0..last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::Verdict;
    use crate::domain::monitor::{Monitor, ParameterHistory, Parameters};
    use crate::domain::span::Spans;

    fn at(second: i64) -> Timestamp {
        Timestamp(second * 1_000)
    }

    /// What checks give to tell of a monitor that is down after one failure.
    fn told(lives: &[(i64, i64)], checks: &[(i64, Verdict)]) -> Vec<(Kind, i64, String)> {
        let spans = |pairs: &[(i64, i64)]| -> Spans {
            pairs.iter().map(|(from, to)| Span::new(at(*from), at(*to))).collect()
        };
        let monitor = Monitor::new(
            MonitorId::new("api").unwrap(),
            String::new(),
            String::new(),
            ParameterHistory::new(Parameters { failures: 1, ..Parameters::default() }),
            spans(lives),
            Spans::empty(),
        );
        let (mut judge, mut told) = (Judge::default(), Vec::new());
        for (second, verdict) in checks {
            let (mut settled, before) = (Vec::new(), judge.outage.clone());
            let began = at(*second);
            judge.observe(began, *verdict, Some("it broke"), &monitor, &mut settled);
            let before = before.map(|(since, _)| since);
            let alerts = Alert::of_check(Key(1), began, before, &settled, &judge);
            told.extend(alerts.into_iter().map(|alert| {
                assert_eq!(alert.at, began);
                (alert.kind, alert.since.0 / 1_000, alert.reason.to_string())
            }));
        }
        told
    }

    #[test]
    fn the_check_that_decides_gives_what_is_told() {
        use Verdict::{Fail, Ok};
        let checks = [(0, Ok), (60, Fail), (120, Fail), (180, Ok), (240, Ok), (300, Fail)];
        let expected = [
            (Kind::Down, 60, "it broke".to_owned()),
            (Kind::Up, 60, String::new()),
            (Kind::Down, 300, "it broke".to_owned()),
        ];
        assert_eq!(told(&[(0, 900)], &checks), expected);
    }

    #[test]
    fn an_outage_that_ended_because_nobody_watched_is_told_as_such() {
        let lives = [(0, 30), (50, 900)];
        for (verdict, more) in [(Verdict::Ok, 0), (Verdict::Fail, 1)] {
            let told = told(&lives, &[(10, Verdict::Fail), (60, verdict)]);
            assert_eq!(told[1], (Kind::Up, 10, UNWATCHED.to_owned()));
            assert_eq!(told.len(), 2 + more);
        }
    }

    #[test]
    fn only_a_success_is_a_recovery() {
        let settled = |to: i64| {
            vec![Entry::Outage(crate::domain::outage::Outage {
                from: at(10),
                to: Some(at(to)),
                reason: Arc::from("x"),
            })]
        };
        let well = Judge { open: Some((Seen::Up, at(60))), ..Judge::default() };
        assert_eq!(recovery(&settled(60), at(10), &well), Some(at(60)));
        assert_eq!(recovery(&settled(30), at(10), &well), None);
        assert_eq!(recovery(&[], at(10), &well), None);
    }

    #[test]
    fn an_id_is_formed_like_that_of_a_monitor() {
        assert!(ChannelId::new("On call").unwrap_err().ends_with("try \"on-call\""));
        assert_eq!(ChannelId::new("ops").unwrap().to_string(), "ops");
        assert_eq!(Kind::from_word("up"), Some(Kind::Up));
        assert_eq!(Kind::from_word("sideways"), None);
    }
}
