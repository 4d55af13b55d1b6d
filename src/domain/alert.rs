//! What is told of a monitor: that it went down, and that it is up again; and when.
//!
//! The recorder makes alerts of what a check has changed and keeps them with it; the
//! deliverer asks [`decide`] what to tell a channel now. Pure: what waits, what was told
//! before, the maintenance and the time all come in.

use super::judge::{Entry, Judge, Seen};
use super::monitor::{Key, MonitorId};
use super::span::{Span, Spans};
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

/// Whether a monitor was looked at since everup has started: what it did before, it may do
/// no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It was.
    Fresh,
    /// Not yet, and a look is waited for until then.
    Awaited(Timestamp),
    /// It was not, and that is not waited for any longer.
    Stale,
}

/// What is so now of the monitor that is decided about.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The times of its maintenance, as far as they may share an instant with what waits or
    /// with `now`.
    pub windows: &'a [Span],
    /// When it is watched.
    pub lives: &'a Spans,
    /// Whether it was looked at.
    pub sight: Sight,
    /// What time it is.
    pub now: Timestamp,
}

impl Ground<'_> {
    fn is_held(&self, alert: &Alert) -> bool {
        self.windows.iter().any(|window| window.contains(alert.at))
    }

    /// Whether the life is over in which it was decided: nobody watches that any more.
    fn is_bygone(&self, alert: &Alert) -> bool {
        let life = self.lives.first_ending_after(alert.at);
        life.is_none_or(|life| life.to <= self.now)
    }

    /// The end of the maintenance that there is now.
    fn covered_until(&self) -> Option<Timestamp> {
        let covered = self.windows.iter().filter(|window| window.contains(self.now));
        covered.map(|window| window.to).max()
    }
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
    /// Nothing is to be told before this: the end of maintenance, or of waiting for a look.
    Hold(Timestamp),
    /// To tell the first.
    Tell {
        /// The end of the maintenance during which it was held, if it was.
        held_until: Option<Timestamp>,
    },
}

/// What to do now about what waits to be told of one monitor through one channel. `told` is
/// what was told last, `waiting` what was not, in order; `tried` says whether that was tried
/// with the first, so that it may have been heard.
///
/// What was decided outside maintenance is told in order, each once. What was decided during
/// maintenance comes, once that is over, to what is so then: told if it is something else
/// than what was so before. A beginning that still waited when maintenance came, and ended
/// during it, is so no more and is told by its end alone. While maintenance lasts, nothing is
/// told. Nor is the last, which is told as what is so, before the monitor was looked at.
#[must_use]
pub fn decide(told: Option<Told>, waiting: &[Alert], tried: bool, ground: &Ground) -> Decision {
    let [first, behind @ ..] = waiting else { return Decision::Nothing };
    if let Some(decision) = without_the_unwatched(told, waiting, tried, ground) {
        return decision;
    }
    let ends_held = |place: usize| {
        let next = waiting.get(place + 1);
        waiting[place].kind == Kind::Down && next.is_some_and(|next| ground.is_held(next))
    };
    let held_after =
        |place| waiting.iter().skip(place).take_while(|next| ground.is_held(next)).count();
    if let Some(until) = ground.covered_until() {
        // Only how it began and how it is can matter in the end, so no more is kept.
        let is_told = |place: &usize| !ground.is_held(&waiting[*place]) && !ends_held(*place);
        let began = (0..waiting.len()).take_while(is_told).count();
        let between = began + 1..began + held_after(began + 1);
        return if between.is_empty() {
            Decision::Hold(until)
        } else {
            Decision::Drop(between)
        };
    }
    let tell = || match ground.sight {
        Sight::Awaited(until) if behind.is_empty() => Decision::Hold(until),
        _ => {
            let ends = ground.windows.iter().map(|window| window.to);
            let held_until = ends.filter(|end| first.at < *end && *end <= ground.now).max();
            Decision::Tell { held_until }
        }
    };
    let last = held_after(1);
    let is_as_first = waiting[last].kind == first.kind;
    let was_due = tried || !ground.is_held(first);
    if was_due && !ends_held(0) {
        return match last {
            0 => tell(),
            // What is told is over only if something is told after it.
            _ if is_as_first => Decision::Drop(1..last + 1),
            1 => tell(),
            _ => Decision::Drop(1..last),
        };
    }
    match last {
        // What was kept of it while it was held may begin like the first.
        _ if was_due && !is_as_first && waiting[1].kind == first.kind => Decision::Drop(1..2),
        _ if was_due && !is_as_first => Decision::GiveUp,
        // Before the first it was otherwise, whatever was told of that: the channel may be
        // new, or have been away meanwhile.
        _ if !was_due && !is_as_first => Decision::Drop(0..last + 1),
        0 => tell(),
        _ => Decision::Drop(0..last),
    }
}

/// What to do about that of which nobody watched the end, if there is any of it: that it is
/// down is not so now, and that it is no more is news only to whom the beginning was told.
fn without_the_unwatched(
    told: Option<Told>,
    waiting: &[Alert],
    tried: bool,
    ground: &Ground,
) -> Option<Decision> {
    let (last, before) = waiting.split_last()?;
    let is_unwatched_end =
        |alert: &Alert| alert.kind == Kind::Up && *alert.reason == *UNWATCHED;
    let knows_it_down = told.is_some_and(|told| told.kind == Kind::Down);
    match waiting {
        _ if last.kind == Kind::Down && ground.is_bygone(last) => {
            let is_alone = before.is_empty();
            Some(match is_alone && tried {
                true => Decision::GiveUp,
                false => Decision::Drop(before.len()..waiting.len()),
            })
        }
        [first, next, ..]
            if first.kind == Kind::Down
                && is_unwatched_end(next)
                && !tried
                && ground.is_held(first) =>
        {
            Some(Decision::Drop(0..1))
        }
        [first, ..] if is_unwatched_end(first) && !knows_it_down => Some(Decision::Drop(0..1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::Verdict;
    use crate::domain::monitor::{Monitor, ParameterHistory, Parameters};

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
