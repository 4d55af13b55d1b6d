//! Why nobody knows how some time was.
//!
//! What the checks inside a gap say of themselves comes first, then whether everup ran.

use super::part::{Cause, divided};
use super::reading::Reading;
use super::words::Words;
use crate::domain::check::Verdict;
use crate::domain::foreign::Source;
use crate::domain::gap::{self, Gap, Why};
use crate::domain::run::{self, Run};
use crate::domain::sighting::Sighting;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;
use std::collections::BTreeMap;

/// The causes of a gap, in order of time; each lasts to the next.
pub(super) fn causes(reading: &Reading<'_>, gap: Span) -> Vec<(Span, Cause)> {
    // A check that began before the gap may still speak for its beginning.
    let reach_ms = reading.reach_ms();
    let around = Span::new(gap.from.plus_ms(-reach_ms), gap.to.plus_ms(reach_ms));
    let near = reading.facts.sightings.within(around);
    let told = gap::told(near, gap, &reading.known, &reading.facts.history.monitor);
    let mut by_checks: BTreeMap<Why, Vec<Span>> = BTreeMap::new();
    for told in told.iter().chain(kept(reading, gap)) {
        by_checks.entry(told.why).or_default().push(told.span);
    }
    let by_checks: Vec<(Why, Spans)> = by_checks
        .into_iter()
        .map(|(why, spans)| (why, spans.into_iter().collect()))
        .collect();
    // Our own checks say in which way they could not judge; those of others, in their time,
    // that their source did not look.
    let kindless = by_checks.iter().filter(|(why, _)| *why == Why::Own(None));
    let not_looked = kindless.flat_map(|(_, spans)| {
        let of =
            |source| (Cause::NotLooked(source), spans.intersect(&reading.checked_by(source)));
        Source::ALL.map(of)
    });
    let not_looked: Vec<(Cause, Spans)> = not_looked.collect();
    let by_checks = by_checks.into_iter().map(|(why, spans)| (Cause::of(why), spans));
    let by_checks = not_looked.into_iter().chain(by_checks);
    let ran = run::ran(reading.facts.runs);
    let unnoted = Spans::from(unnoted(reading.facts.runs));
    let silenced = Spans::from(Span::new(Timestamp::MIN, reading.explained_from()));
    let layers = by_checks.chain([
        // It takes a record of the checks to say that there is none.
        (Cause::NotKept, silenced.intersect(&unnoted)),
        (Cause::NoRecord, unnoted),
        (Cause::NotRunning, ran.complement()),
        (Cause::NotKept, silenced),
    ]);
    divided(gap, layers, |silence| silent(reading, silence))
}

/// The checks that say why some time is a gap of one cause.
pub(super) struct Witnesses<'a> {
    span: Span,
    /// Those that are kept.
    kept: Vec<&'a Sighting>,
    /// What the others said.
    gone: Vec<&'a Gap>,
}

impl<'a> Witnesses<'a> {
    /// Those of a part of a gap.
    pub(super) fn of(reading: &Reading<'a>, span: Span, cause: Cause) -> Witnesses<'a> {
        let is_one = |sighting: &&Sighting| match (cause.why(), sighting.verdict) {
            (Some(Why::Own(kind)), Verdict::Unknown) => sighting.kind == kind,
            (Some(Why::Undecided), verdict) => verdict != Verdict::Unknown,
            _ => false,
        };
        let gone = kept(reading, span).filter(|gap| Some(gap.why) == cause.why());
        let inside = reading.facts.sightings.within(span);
        Witnesses { span, kept: inside.iter().filter(is_one).collect(), gone: gone.collect() }
    }

    /// The first, if it is kept.
    pub(super) fn first(&self) -> Option<&'a Sighting> {
        self.kept
            .first()
            .copied()
            .filter(|_| self.gone.iter().all(|gap| gap.checks == 0))
    }

    /// The last, if it is kept and another one.
    pub(super) fn last(&self) -> Option<&'a Sighting> {
        self.kept.last().copied().filter(|last| Some(*last) != self.first())
    }

    /// How many they are; `None` where what is left of them does not say how many began in
    /// this part.
    pub(super) fn count(&self) -> Option<usize> {
        let is_whole = self.gone.iter().all(|gap| gap.span.cut(self.span) == gap.span);
        let gone: u64 = self.gone.iter().map(|gap| gap.checks).sum();
        let gone = usize::try_from(gone).ok().filter(|_| is_whole)?;
        gone.checked_add(self.kept.len())
    }

    /// Goes on with the first reason of those that cannot be cited any more.
    pub(super) fn quoted(&self, said: Words) -> Words {
        let gone = self.gone.iter().find(|gap| !gap.reason.is_empty());
        match gone.filter(|_| self.first().is_none()) {
            None => said,
            Some(gap) => {
                said.text(format!(" The first reason: {}.", gap.reason.trim_end_matches('.')))
            }
        }
    }
}

/// What checks that are not kept any more said of some time.
fn kept<'a>(reading: &Reading<'a>, span: Span) -> impl Iterator<Item = &'a Gap> {
    reading.facts.gaps.iter().filter(move |gap| gap.span.overlaps(span))
}

/// The time before everup began to note when it runs.
fn unnoted(runs: &[Run]) -> Span {
    let first = runs.iter().map(|run| run.started_at).min();
    Span::new(Timestamp::MIN, first.unwrap_or(Timestamp::MAX))
}

/// Why there was no check although everup ran.
fn silent(reading: &Reading<'_>, silence: Span) -> Cause {
    let monitor = &reading.facts.history.monitor;
    let watched_from = monitor.watched_around(silence.from).map(|span| span.from);
    let started_at = run_around(reading.facts.runs, silence.from).map(|run| run.started_at);
    let begun = watched_from.max(started_at).unwrap_or(silence.from);
    let waited = Span::new(begun, silence.from);
    let settled = &reading.facts.history.ledger.settled;
    let newest = reading.facts.history.ledger.judge.last;
    // The last check of a gap that silence follows speaks for its interval.
    let began_within = |gap: &Gap| {
        let interval_ms = monitor.parameters.at(gap.span.to.plus_ms(-1)).interval_ms;
        let last = gap.span.to.plus_ms(-interval_ms);
        gap.checks > 0 && (waited.contains(gap.span.from) || waited.contains(last))
    };
    let is_first = reading.facts.sightings.within(waited).is_empty()
        && !kept(reading, waited).any(began_within)
        && newest.is_none_or(|last| !waited.contains(last.at))
        && [&settled.up, &settled.degraded, &settled.down]
            .iter()
            .all(|known| known.overlapping(waited).is_empty());
    if is_first { Cause::BeforeFirstCheck } else { Cause::Late }
}

/// The newest run that had begun at `at`.
pub(super) fn run_around(runs: &[Run], at: Timestamp) -> Option<&Run> {
    runs.iter()
        .filter(|run| run.started_at <= at)
        .max_by_key(|run| run.started_at)
}

/// The first run that began at `at` or later.
pub(super) fn run_after(runs: &[Run], at: Timestamp) -> Option<&Run> {
    runs.iter()
        .filter(|run| run.started_at >= at)
        .min_by_key(|run| run.started_at)
}
