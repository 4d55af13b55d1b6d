//! Time that nobody knows anything of, although there were checks: they say themselves why
//! they decided nothing.
//!
//! As long as the checks are kept, an explanation asks them; when they are let go, what they
//! say of it is kept in their place. Both ask [`told`], so that the answer stays the same.
//! Time of which no check says anything is not told of here.

use super::check::{Check, Kind, Verdict};
use super::ledger::Ledger;
use super::monitor::Monitor;
use super::sighting::Sighting;
use super::span::{Span, Spans};
use super::timestamp::Timestamp;
use std::sync::Arc;

/// Time of which checks say why nobody knows how it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Its time.
    pub span: Span,
    /// Why.
    pub why: Why,
    /// How many of the checks that say so began in it.
    pub checks: u64,
    /// What the first of them said; empty if nothing.
    pub reason: Arc<str>,
}

/// Why checks decided nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// We could not judge; in this way.
    Own(Option<Kind>),
    /// There were too few to decide, and then nothing came in time.
    Undecided,
}

impl Why {
    /// The word used in exports and the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Why::Own(Some(kind)) => kind.word(),
            Why::Own(None) => "not-judged",
            Why::Undecided => "undecided",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Why> {
        match word {
            "not-judged" => Some(Why::Own(None)),
            "undecided" => Some(Why::Undecided),
            word => Some(Why::Own(Some(Kind::from_word(word)?))),
        }
    }
}

impl Gap {
    /// What checks leave that are let go: all of some time, in order. `next` is the first
    /// after them, and `ledger` what they have come to.
    #[must_use]
    pub fn left(
        checks: &[Check],
        next: Option<&Check>,
        mut ledger: Ledger,
        monitor: &Monitor,
    ) -> Vec<Gap> {
        let mut settled = Vec::new();
        let until = next.map_or(Timestamp::MAX, |next| next.started_at);
        if let Some(next) = next {
            ledger.judge.observe(until, next.verdict, None, monitor, &mut settled);
            ledger.settle(settled, ledger.judge.clone());
        }
        let known = ledger.account(Span::ALWAYS, until, monitor).known.observed();
        let unknown = monitor.watched().subtract(&known);
        // Whether the next one decides anything is told when it goes.
        let known = known.union(&Spans::from(Span::new(until, Timestamp::MAX)));
        let reach_ms = monitor.parameters.reach_max_ms();
        let mut left = Vec::new();
        for gap in unknown.within(Span::new(Timestamp::MIN, until)).as_slice() {
            let first = gap.from.plus_ms(-reach_ms);
            let start = checks.partition_point(|check| check.started_at < first);
            let end = checks.partition_point(|check| check.started_at < gap.to);
            // With the one that ends it.
            let near = &checks[start..(end + 1).min(checks.len())];
            let near: Vec<Sighting> = near.iter().chain(next).map(Sighting::of).collect();
            left.extend(told(&near, *gap, &known, monitor));
        }
        left
    }
}

/// What checks say of a gap, of each kind in order of time. These are all that began from
/// the furthest before it that two contiguous checks may be apart, in order; `known` is
/// when it was known how the target was.
#[must_use]
pub fn told(near: &[Sighting], gap: Span, known: &Spans, monitor: &Monitor) -> Vec<Gap> {
    let mut told: Vec<Gap> = Vec::new();
    for (index, sighting) in near.iter().enumerate() {
        let why = match sighting.verdict {
            Verdict::Unknown => Why::Own(sighting.kind),
            _ if sighting.counts(monitor) && !known.contains(sighting.at) => Why::Undecided,
            _ => continue,
        };
        // A check that began a run too short to decide says nothing of the time before it.
        let before = index.checked_sub(1).filter(|_| why != Why::Undecided);
        let before = before.and_then(|before| near.get(before));
        let span = spoken_for(before, sighting, near.get(index + 1), monitor).cut(gap);
        if span.is_empty() {
            continue;
        }
        let checks = u64::from(span.contains(sighting.at));
        match told.last_mut().filter(|last| last.why == why && span.from <= last.span.to) {
            Some(last) => {
                last.span.to = last.span.to.max(span.to);
                last.checks += checks;
            }
            None => {
                let reason = sighting.reason.clone().unwrap_or_default();
                told.push(Gap { span, why, checks, reason });
            }
        }
    }
    told
}

/// The time for which a check answers that decided nothing: from the end of what `before`
/// covers, if it came in time after that one, to the next one if that came in time,
/// otherwise for its interval.
fn spoken_for(
    before: Option<&Sighting>,
    sighting: &Sighting,
    next: Option<&Sighting>,
    monitor: &Monitor,
) -> Span {
    let from = before.map_or(sighting.at, |before| {
        let rules = monitor.parameters.at(before.at);
        let in_time = sighting.at.since_ms(before.at) <= rules.reach_ms();
        if in_time {
            before.at.plus_ms(rules.interval_ms).min(sighting.at)
        } else {
            sighting.at
        }
    });
    let rules = monitor.parameters.at(sighting.at);
    let to = match next {
        Some(next) if next.at.since_ms(sighting.at) <= rules.reach_ms() => next.at,
        // What the database lost is told by one check at each end of the loss.
        Some(next) if is_loss(sighting) && is_loss(next) && sighting.reason == next.reason => {
            next.at
        }
        _ => sighting.at.plus_ms(rules.interval_ms),
    };
    Span::new(from, to)
}

fn is_loss(sighting: &Sighting) -> bool {
    sighting.verdict == Verdict::Unknown && sighting.kind == Some(Kind::OwnStore)
}
