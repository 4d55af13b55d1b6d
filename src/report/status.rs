//! How things are now: the state of every monitor, its month and its last days.
//! `headline` puts it into words.

use super::figures::Figures;
use super::maintenance::{Looking, Maintenance};
use super::past::Past;
use super::settings::Settings;
use crate::domain::check::Verdict;
use crate::domain::duration;
use crate::domain::history::History;
use crate::domain::judge::{Judge, Last};
use crate::domain::month::{self, Month};
use crate::domain::span::Span;
use crate::domain::timestamp::{SECOND_MS, Timestamp};
use crate::domain::uptime::Tally;
use chrono::NaiveDate;
use std::sync::Arc;

/// How many days the bars of the status page go back.
pub const DAYS: u32 = 90;

/// A newest check may be so much later than now: a clock is set back by less than this
/// without a word.
const AHEAD_MS_MAX: i64 = SECOND_MS;

/// What was seen is shown once it is kept, which takes two seconds where it changed nothing, and
/// half of one until another process has read that.
const KEPT_WITHIN_MS: i64 = 3 * SECOND_MS;

/// What a monitor is, right now. In order of how much it matters to a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Down.
    Down,
    /// Failing, but not yet often enough to be down: it is being checked again.
    Failing,
    /// Up, but slow.
    Degraded,
    /// It should have been checked and was not.
    Unknown,
    /// Inside announced maintenance.
    Maintenance,
    /// Waiting for its first check.
    Pending,
    /// Paused by its owner.
    Paused,
    /// Up.
    Up,
}

impl State {
    /// The word for it, as pages and the terminal show it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            State::Down => "Down",
            State::Failing => "Failing",
            State::Degraded => "Slow",
            State::Unknown => "Not checked",
            State::Maintenance => "Maintenance",
            State::Pending => "No data yet",
            State::Paused => "Paused",
            State::Up => "Up",
        }
    }
}

/// The state of one monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Now {
    /// What it is.
    pub state: State,
    /// Since when, where that is known. Of what is up or slow: since when it has been seen
    /// so without interruption; what was before a gap is not known to have gone on.
    pub since: Option<Timestamp>,
    /// What the first failure said, while it is down or failing.
    pub reason: Option<String>,
    /// What is seen beneath the maintenance that it is in.
    pub beneath: Option<Box<Now>>,
    /// Why what is seen is not booked, while it is not: a sentence without its full stop.
    pub unbooked: Option<Arc<str>>,
}

impl Now {
    /// The state of a monitor at `now`.
    #[must_use]
    pub fn of(history: &History, now: Timestamp) -> Now {
        let unbooked = history.unbooked.as_ref();
        let judge = unbooked.map_or(&history.ledger.judge, |unbooked| &unbooked.judge);
        let seen = Now::judged(history, judge, now);
        // What began under a clock that was ahead began at no instant that can be told.
        let known = |seen: Now| Now { since: seen.since.filter(|since| *since <= now), ..seen };
        let seen = known(seen);
        Now {
            beneath: seen.beneath.map(|beneath| Box::new(known(*beneath))),
            unbooked: unbooked.map(|unbooked| Arc::clone(&unbooked.why)),
            ..seen
        }
    }

    /// What its checks see, also beneath maintenance.
    #[must_use]
    pub fn seen(&self) -> &Now {
        self.beneath.as_deref().unwrap_or(self)
    }

    /// What is seen beneath maintenance, if that is trouble.
    #[must_use]
    pub fn trouble_beneath(&self) -> Option<&Now> {
        let is_trouble =
            |now: &&Now| matches!(now.state, State::Down | State::Failing | State::Unknown);
        self.beneath.as_deref().filter(is_trouble)
    }

    fn judged(history: &History, judge: &Judge, now: Timestamp) -> Now {
        let monitor = &history.monitor;
        let plain = |state, since| told(state, since, None);
        if let Some(pause) = monitor.pauses().first_ending_after(now)
            && pause.contains(now)
        {
            return plain(State::Paused, Some(pause.from));
        }
        let watched_from = monitor.watched_around(now).map(|span| span.from);
        let newest = judge.last.filter(|last| Some(last.at) >= watched_from);
        let Some(last) = newest else {
            return plain(State::Pending, None);
        };
        if let Some(window) = history.maintenance.first_ending_after(now)
            && window.contains(now)
        {
            let beneath = Some(Box::new(Now::looked_at(history, judge, last, now)));
            return Now { beneath, ..plain(State::Maintenance, Some(window.from)) };
        }
        Now::looked_at(history, judge, last, now)
    }

    /// The state of a monitor by its newest check.
    fn looked_at(history: &History, judge: &Judge, last: Last, now: Timestamp) -> Now {
        let plain = |state, since| told(state, since, None);
        let ahead_ms = last.at.since_ms(now);
        if ahead_ms > AHEAD_MS_MAX {
            let length = duration::in_words(ahead_ms);
            let reason =
                format!("the clock of this host is {length} behind what is already kept");
            return told(State::Unknown, None, Some(reason));
        }
        let late_ms = now.since_ms(last.at) - last.reach_ms;
        // What is looked at right now, or seen and not kept yet, is not without a check.
        let timeout_ms = history.monitor.parameters.current().timeout_ms;
        let awaited_ms = timeout_ms + KEPT_WITHIN_MS;
        if late_ms > 0 && (history.under_way.is_none() || late_ms > awaited_ms) {
            return plain(State::Unknown, Some(last.at.plus_ms(last.covers_ms)));
        }
        if let Some((from, reason)) = &judge.outage {
            return told(State::Down, Some(*from), Some(reason.to_string()));
        }
        if let Some(run) = &judge.run {
            return told(State::Failing, Some(run.from), Some(run.reason.to_string()));
        }
        let since = judge.open.map(|(_, from)| from);
        if last.verdict == Verdict::Degraded {
            let reason = history.latest.as_ref().and_then(|check| check.reason());
            let reason = reason.filter(|text| !text.is_empty()).map(str::to_owned);
            return told(State::Degraded, since, reason);
        }
        plain(State::Up, since)
    }
}

/// A state without anything else.
fn told(state: State, since: Option<Timestamp>, reason: Option<String>) -> Now {
    Now { state, since, reason, beneath: None, unbooked: None }
}

/// One day of a monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The local date.
    pub date: NaiveDate,
    /// Its instants; empty for a date that the zone never had.
    pub span: Span,
    /// Its milliseconds by class.
    pub tally: Tally,
}

/// One monitor on the status page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorStatus<'a> {
    /// The monitor and its past.
    pub history: &'a History,
    /// What it is now.
    pub now: Now,
    /// What the running month came to.
    pub month: Figures,
    /// The last [`DAYS`] local days, oldest first, today's up to `as_of`.
    pub days: Vec<Day>,
}

/// The state of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status<'a> {
    /// When.
    pub now: Timestamp,
    /// The running month.
    pub month: Month,
    /// How many decimals percentages are printed with.
    pub decimals: u32,
    /// The maintenance that was to be looked at.
    pub maintenance: Maintenance,
    /// The living monitors, the troubled ones first and the oldest trouble before newer
    /// of its kind, otherwise in the owner's order.
    pub monitors: Vec<MonitorStatus<'a>>,
}

impl<'a> Status<'a> {
    /// The status of the given monitors at `now`.
    #[must_use]
    pub fn of(
        histories: impl IntoIterator<Item = &'a History>,
        now: Timestamp,
        settings: &Settings,
    ) -> Status<'a> {
        let nothing = Looking::at([], Span::ALWAYS, now);
        Status::beside(histories, now, settings, nothing)
    }

    /// The same, with what was seen of them beneath some windows: their pasts are read only
    /// once, for as long as the days go back.
    #[must_use]
    pub fn beside(
        histories: impl IntoIterator<Item = &'a History>,
        now: Timestamp,
        settings: &Settings,
        mut looking: Looking<'_>,
    ) -> Status<'a> {
        let calendar = settings.calendar();
        let month = calendar.around(now);
        let window = calendar.month(month);
        let dates = month::days_until(now, DAYS, settings.zone);
        // The days reach further back than the month, and the month further ahead.
        let reach = Span::new(dates.first().map_or(window.from, |day| day.1.from), window.to);
        let mut monitors: Vec<MonitorStatus<'a>> = (histories.into_iter())
            .map(|history| {
                let past = Past::of(history, reach, now, settings);
                looking.see(history, &past);
                MonitorStatus {
                    history,
                    now: Now::of(history, now),
                    days: past.days(&dates),
                    month: past.figures(window),
                }
            })
            .collect();
        monitors.sort_by_key(|monitor| match monitor.now.state {
            state @ (State::Down | State::Failing | State::Degraded | State::Unknown) => {
                (state, monitor.now.since)
            }
            State::Maintenance if monitor.now.trouble_beneath().is_some() => {
                (State::Maintenance, monitor.now.seen().since)
            }
            _ => (State::Up, None),
        });
        let (decimals, maintenance) = (settings.decimals(), looking.found());
        Status { now, month, decimals, maintenance, monitors }
    }

    /// How many monitors are in `state`.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        self.monitors.iter().filter(|monitor| monitor.now.state == state).count()
    }
}

impl MonitorStatus<'_> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.history.monitor.name
    }

    /// How fast its newest check was answered, in microseconds; `None` unless that
    /// answer was right and is still news.
    #[must_use]
    pub fn latency_us(&self) -> Option<u32> {
        let is_old = self.now.unbooked.is_some();
        if is_old || matches!(self.now.state, State::Unknown | State::Pending | State::Paused) {
            return None;
        }
        let newest = self.history.latest.as_ref().filter(|check| check.verdict.is_good())?;
        newest.latency_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Ledger;
    use crate::domain::monitor::{Key, Monitor, MonitorId, ParameterHistory, Parameters};
    use crate::domain::span::Spans;
    use rstest::rstest;

    /// A monitor that was well at 0 and is checked every 5 s.
    fn well_at_zero(under_way: Option<Timestamp>) -> History {
        let parameters =
            Parameters { interval_ms: 5_000, timeout_ms: 2_500, ..Parameters::default() };
        let lives = Spans::from(Span::new(Timestamp(0), Timestamp::MAX));
        let monitor = Monitor::new(
            MonitorId::new("api").unwrap(),
            "API".to_owned(),
            "http://127.0.0.1/".to_owned(),
            ParameterHistory::new(parameters),
            lives,
            Spans::empty(),
        );
        let mut judge = Judge::default();
        judge.observe(Timestamp(0), Verdict::Ok, None, &monitor, &mut Vec::new());
        History {
            key: Key(1),
            monitor: monitor.into(),
            maintenance: Spans::empty(),
            made_up: Spans::empty(),
            ledger: Ledger { judge, ..Ledger::default() },
            latest: None,
            under_way,
            unbooked: None,
        }
    }

    #[rstest]
    #[case::still_of_the_last_check(6_250, false, State::Up)]
    #[case::nobody_looks(6_251, false, State::Unknown)]
    #[case::it_is_being_looked_at(7_900, true, State::Up)]
    #[case::what_was_seen_waits_too_long(11_751, true, State::Unknown)]
    fn what_is_being_looked_at_is_not_unchecked(
        #[case] now: i64,
        #[case] is_looked_at: bool,
        #[case] expected: State,
    ) {
        let history = well_at_zero(is_looked_at.then_some(Timestamp(5_000)));
        assert_eq!(Now::of(&history, Timestamp(now)).state, expected);
    }
}
