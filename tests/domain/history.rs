//! Small histories for tests: what was watched, what was seen, and what it comes to.

use everup::domain::bounds::{Bounds, Doubt};
use everup::domain::check::Verdict;
use everup::domain::ledger::{Account, Ledger};
use everup::domain::monitor::{Monitor, MonitorId, ParameterHistory, Parameters};
use everup::domain::span::{Span, Spans};
use everup::domain::timeline::Timeline;
use everup::domain::timestamp::Timestamp;
use everup::domain::uptime::Tally;

/// A history that has not been judged yet.
#[derive(Clone, Debug)]
pub struct Case {
    pub parameters: Parameters,
    pub lives: Vec<(i64, i64)>,
    pub pauses: Vec<(i64, i64)>,
    pub maintenance: Vec<(i64, i64)>,
    pub checks: Vec<(i64, Verdict)>,
    pub window: (i64, i64),
    pub now: i64,
}

/// What a history comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Result {
    pub account: Account,
    pub timeline: Timeline,
    pub tally: Tally,
    pub bounds: Option<Bounds>,
}

pub fn span((from, to): (i64, i64)) -> Span {
    Span::new(Timestamp(from), Timestamp(to))
}

pub fn spans(pairs: &[(i64, i64)]) -> Spans {
    pairs.iter().copied().map(span).collect()
}

impl Case {
    pub fn monitor(&self) -> Monitor {
        Monitor::new(
            MonitorId::new("api").unwrap(),
            "API".to_owned(),
            "http://127.0.0.1/health".to_owned(),
            ParameterHistory::new(self.parameters),
            spans(&self.lives),
            spans(&self.pauses),
        )
    }

    /// The checks that are known at `now`, in order.
    pub fn known_checks(&self) -> Vec<(i64, Verdict)> {
        let mut checks = self.checks.clone();
        checks.retain(|(at, _)| *at <= self.now);
        checks.sort_by_key(|(at, _)| *at);
        checks.dedup_by_key(|(at, _)| *at);
        checks
    }

    pub fn ledger(&self) -> Ledger {
        let checks = self.known_checks();
        Ledger::of(
            checks.iter().map(|(at, verdict)| (Timestamp(*at), *verdict, None)),
            &self.monitor(),
        )
    }

    pub fn result(&self) -> Result {
        self.result_within(self.window)
    }

    pub fn result_within(&self, window: (i64, i64)) -> Result {
        let (monitor, window) = (self.monitor(), span(window));
        let account = self.ledger().account(window, Timestamp(self.now), &monitor);
        let maintenance = spans(&self.maintenance);
        let timeline = Timeline::new(window, &monitor, &maintenance, &account);
        let tally = timeline.tally();
        let bounds = Bounds::of(&timeline, &Doubt::of(&timeline, &account));
        Result { account, timeline, tally, bounds }
    }
}
