//! From checks to outages: the state machine that decides, one check at a time.
//!
//! The recorder feeds every monitor's judge as its checks are committed, and the
//! store feeds a fresh one when it recomputes a history; both must come to the same
//! [`Entry`] list, so a judge knows nothing but the checks, the monitor's rules and
//! the order of time. It never looks at a clock: [`Judge::tail`] is told what `now` is.

use super::check::Verdict;
use super::monitor::Monitor;
use super::outage::{Blip, Outage};
use super::span::Span;
use super::timestamp::Timestamp;
use std::sync::Arc;

/// A fact about a monitor that no later check can change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It was up.
    Up(Span),
    /// It was up, but slow.
    Degraded(Span),
    /// It was down.
    Down(Span),
    /// It was seen up at the start, and may have gone down before the end: what the
    /// lower bound adds to down and unknown time.
    Doubt(Span),
    /// It was seen down at both ends, contiguously: what the upper bound takes as
    /// surely down.
    Sure(Span),
    /// An outage that has ended.
    Outage(Outage),
    /// A failing run that ended before it was an outage.
    Blip(Blip),
}

/// How a stretch of time is booked that was seen and decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It was up.
    Up,
    /// It was up, but slow.
    Degraded,
    /// It was down.
    Down,
}

impl Seen {
    fn entry(self, span: Span) -> Entry {
        match self {
            Seen::Up => Entry::Up(span),
            Seen::Degraded => Entry::Degraded(span),
            Seen::Down => Entry::Down(span),
        }
    }
}

/// The newest check that counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// When it began.
    pub at: Timestamp,
    /// What it said.
    pub verdict: Verdict,
    /// `P` as it was then: what the check covers if nothing contiguous follows.
    pub covers_ms: i64,
    /// `P + G` as it was then: the furthest that a contiguous check may start.
    pub reach_ms: i64,
}

/// A run of checks that has not yet decided anything: failures while not down, or
/// successes while down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its first check.
    pub from: Timestamp,
    /// How many checks it has.
    pub count: u32,
    /// The check before the run, if the run is contiguous with it.
    pub after: Option<Timestamp>,
    /// What the first failure said; empty for a recovering run.
    pub reason: Arc<str>,
    /// For a recovering run, where its successes change between up and degraded.
    pub marks: Vec<(Timestamp, Seen)>,
}

/// The state of one monitor after its newest check. Small: it is copied with every
/// commit, and stored so that a start need not read the whole history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judge {
    /// The newest check that counted.
    pub last: Option<Last>,
    /// The undecided run, if there is one.
    pub run: Option<Run>,
    /// The outage that lasts, if the monitor is down: its start and its reason.
    pub outage: Option<(Timestamp, Arc<str>)>,
    /// The stretch that the newest decided check extends: what the monitor is, and since
    /// when it has been seen so without interruption.
    pub open: Option<(Seen, Timestamp)>,
    /// The chain of contiguous failures inside the outage that may still grow.
    pub sure: Option<Span>,
}

/// What is true at some `now` beyond the settled entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Where the figures of this monitor end: `now`, or earlier where a check that
    /// may still come in time could change what lies between.
    pub as_of: Timestamp,
    /// No later check can change anything before this: neither what it counts as, nor
    /// the bounds, nor whether an outage goes on. Never later than `as_of`, or than the
    /// newest decided check while another may be contiguous with it.
    pub settled_before: Timestamp,
    /// The open stretches, closed at `as_of`. An [`Entry::Outage`] among them lasts.
    pub entries: Vec<Entry>,
}

impl Judge {
    /// Takes the next check. Checks come in order of time; one that is not later than
    /// the newest is ignored, as is one that is `unknown`, or that began while the
    /// monitor did not exist or was paused. What becomes settled is added to `settled`.
    pub fn observe(
        &mut self,
        at: Timestamp,
        verdict: Verdict,
        reason: Option<&str>,
        monitor: &Monitor,
        settled: &mut Vec<Entry>,
    ) {
        if verdict == Verdict::Unknown
            || self.last.is_some_and(|last| at <= last.at)
            || monitor.watched_around(at).is_none()
        {
            return;
        }
        let before = self.connect(at, monitor, settled);
        let parameters = monitor.parameters.at(at);
        match (self.outage.is_some(), verdict.is_good()) {
            (false, true) => self.good_while_well(at, verdict, settled),
            (false, false) => {
                self.fail_while_well(at, before, reason, parameters.failures, settled);
            }
            (true, true) => {
                self.good_while_down(at, before, verdict, parameters.successes, settled);
            }
            (true, false) => self.fail_while_down(at, before, settled),
        }
        self.last = Some(Last {
            at,
            verdict,
            covers_ms: parameters.interval_ms,
            reach_ms: parameters.reach_ms(),
        });
    }

    /// Whether the monitor is down.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.outage.is_some()
    }

    /// Whether the newest checks have not decided yet, so that the next one should
    /// come after the retry interval.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.run.is_some()
    }

    /// What is true at `now` beyond the settled entries, if no check comes before it.
    #[must_use]
    pub fn tail(&self, now: Timestamp, monitor: &Monitor) -> Tail {
        let mut entries = Vec::new();
        let Some(last) = self.last else {
            return Tail { as_of: now, settled_before: now, entries };
        };
        let mut rest = self.clone();
        let watched_to = watched_to(monitor, last.at);
        let may_follow = now.since_ms(last.at) <= last.reach_ms;
        let mut as_of = now;
        if may_follow {
            as_of = as_of.min(last.at.plus_ms(last.covers_ms));
        }
        let mut settled_before = as_of;
        if watched_to <= now || !may_follow {
            rest.interrupt(last, watched_to, watched_to <= now, &mut entries);
        } else {
            let end = match &rest.run {
                Some(run) => run.from,
                None => as_of,
            };
            as_of = as_of.min(end);
            let newest_decided = match &rest.run {
                Some(run) => run.after,
                None => Some(last.at),
            };
            settled_before = as_of.min(newest_decided.unwrap_or(end));
            rest.close_open(as_of, &mut entries);
            doubt(newest_decided, as_of, &mut entries);
        }
        rest.close_sure(&mut entries);
        if let Some((from, reason)) = rest.outage {
            entries.push(Entry::Outage(Outage { from, to: None, reason }));
        }
        Tail { as_of, settled_before, entries }
    }

    /// Ends what the newest check left open unless `at` is contiguous with it; gives
    /// the newest check if it is.
    fn connect(
        &mut self,
        at: Timestamp,
        monitor: &Monitor,
        settled: &mut Vec<Entry>,
    ) -> Option<Last> {
        let last = self.last?;
        let watched_to = watched_to(monitor, last.at);
        if watched_to > at && at.since_ms(last.at) <= last.reach_ms {
            return Some(last);
        }
        self.interrupt(last, watched_to, watched_to <= at, settled);
        None
    }

    /// A gap follows `last`. A run that is still undecided becomes unknown; otherwise
    /// `last` covers its interval, up to the pause or removal at `watched_to`. Where
    /// `reset`, that pause or removal comes before the next check, and ends an outage.
    fn interrupt(
        &mut self,
        last: Last,
        watched_to: Timestamp,
        reset: bool,
        settled: &mut Vec<Entry>,
    ) {
        let (newest_decided, end) = match self.run.take() {
            Some(run) => (run.after, run.from),
            None => (Some(last.at), last.at.plus_ms(last.covers_ms).min(watched_to)),
        };
        self.close_open(end, settled);
        doubt(newest_decided, end, settled);
        if reset {
            self.close_sure(settled);
            if let Some((from, reason)) = self.outage.take() {
                settled.push(Entry::Outage(Outage { from, to: Some(watched_to), reason }));
            }
        }
    }

    fn good_while_well(&mut self, at: Timestamp, verdict: Verdict, settled: &mut Vec<Entry>) {
        if let Some(run) = self.run.take() {
            doubt(Some(run.after.unwrap_or(run.from)), at, settled);
            settled
                .push(Entry::Blip(Blip { span: Span::new(run.from, at), reason: run.reason }));
            self.extend(Seen::Up, run.from, settled);
        }
        self.extend(seen_good(verdict), at, settled);
    }

    fn fail_while_well(
        &mut self,
        at: Timestamp,
        before: Option<Last>,
        reason: Option<&str>,
        failures: u32,
        settled: &mut Vec<Entry>,
    ) {
        let run = self.run.get_or_insert_with(|| Run {
            from: at,
            count: 0,
            after: before.map(|last| last.at),
            reason: Arc::from(reason.unwrap_or("failed")),
            marks: Vec::new(),
        });
        run.count += 1;
        if run.count < failures {
            return;
        }
        let Some(run) = self.run.take() else { return };
        doubt(run.after, run.from, settled);
        self.extend(Seen::Down, run.from, settled);
        self.sure = Some(Span::new(run.from, at));
        self.outage = Some((run.from, run.reason));
    }

    fn good_while_down(
        &mut self,
        at: Timestamp,
        before: Option<Last>,
        verdict: Verdict,
        successes: u32,
        settled: &mut Vec<Entry>,
    ) {
        let run = self.run.get_or_insert_with(|| Run {
            from: at,
            count: 0,
            after: before.map(|last| last.at),
            reason: Arc::from(""),
            marks: Vec::new(),
        });
        run.count += 1;
        let seen = seen_good(verdict);
        if run.marks.last().is_none_or(|(_, newest)| *newest != seen) {
            run.marks.push((at, seen));
        }
        if run.count < successes {
            return;
        }
        let Some(run) = self.run.take() else { return };
        for (from, seen) in run.marks {
            self.extend(seen, from, settled);
        }
        self.close_sure(settled);
        if let Some((from, reason)) = self.outage.take() {
            settled.push(Entry::Outage(Outage { from, to: Some(run.from), reason }));
        }
    }

    fn fail_while_down(
        &mut self,
        at: Timestamp,
        before: Option<Last>,
        settled: &mut Vec<Entry>,
    ) {
        // A recovering run that fails was never a recovery: its time stays down.
        let broken_from = self.run.take().map(|run| run.from);
        self.extend(Seen::Down, broken_from.unwrap_or(at), settled);
        match &mut self.sure {
            Some(chain) if before.is_some_and(|last| last.verdict == Verdict::Fail) => {
                chain.to = at;
            }
            _ => {
                self.close_sure(settled);
                self.sure = Some(Span::new(at, at));
            }
        }
    }

    /// Books time as `seen` from `from` on, ending the open stretch if it was another.
    fn extend(&mut self, seen: Seen, from: Timestamp, settled: &mut Vec<Entry>) {
        if self.open.is_some_and(|(open, _)| open == seen) {
            return;
        }
        self.close_open(from, settled);
        self.open = Some((seen, from));
    }

    fn close_open(&mut self, to: Timestamp, settled: &mut Vec<Entry>) {
        if let Some((seen, from)) = self.open.take()
            && from < to
        {
            settled.push(seen.entry(Span::new(from, to)));
        }
    }

    fn close_sure(&mut self, settled: &mut Vec<Entry>) {
        if let Some(chain) = self.sure.take()
            && !chain.is_empty()
        {
            settled.push(Entry::Sure(chain));
        }
    }
}

/// Where the stretch ends in which a check at `at` counted.
fn watched_to(monitor: &Monitor, at: Timestamp) -> Timestamp {
    // A check counts only inside such a stretch. Should pauses have changed since,
    // the whole history is judged again; until then nothing is cut.
    monitor.watched_around(at).map_or(Timestamp::MAX, |span| span.to)
}

fn seen_good(verdict: Verdict) -> Seen {
    if verdict == Verdict::Degraded { Seen::Degraded } else { Seen::Up }
}

fn doubt(from: Option<Timestamp>, to: Timestamp, settled: &mut Vec<Entry>) {
    if let Some(from) = from
        && from < to
    {
        settled.push(Entry::Doubt(Span::new(from, to)));
    }
}
