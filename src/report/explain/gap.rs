//! Why nobody knows how some time was.
//!
//! What the checks inside a gap say of themselves comes first, then whether everup ran.

use super::part::{Cause, divided};
use super::reading::Reading;
use super::sighting::Sighting;
use crate::domain::check::{Kind, Verdict};
use crate::domain::run::{self, Run};
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;
use std::collections::BTreeMap;

/// The causes of a gap, in order of time; each lasts to the next.
pub(super) fn causes(reading: &Reading<'_>, gap: Span) -> Vec<(Span, Cause)> {
    let mut own: BTreeMap<Option<Kind>, Spans> = BTreeMap::new();
    let mut undecided = Spans::empty();
    // A check that began before the gap may still speak for its beginning.
    let reach_ms = reading.reach_ms();
    let around = Span::new(gap.from.plus_ms(-reach_ms), gap.to.plus_ms(reach_ms));
    let sightings = reading.facts.sightings.within(around);
    for (index, sighting) in sightings.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| sightings.get(before));
        let span = spoken_for(reading, before, sighting, sightings.get(index + 1));
        if sighting.verdict == Verdict::Unknown {
            own.entry(sighting.kind).or_default().push(span);
        } else if sighting.counts(&reading.facts.history.monitor) && gap.contains(sighting.at) {
            undecided.push(span);
        }
    }
    let ran = run::ran(reading.facts.runs);
    let first = reading.facts.runs.iter().map(|run| run.started_at).min();
    let unnoted = Span::new(Timestamp::MIN, first.unwrap_or(Timestamp::MAX));
    let kept_from = reading.facts.kept_from.unwrap_or(Timestamp::MIN);
    let not_kept = Span::new(Timestamp::MIN, kept_from);
    let layers = (own.into_iter().map(|(kind, spans)| (Cause::Own(kind), spans))).chain([
        (Cause::Undecided, undecided),
        (Cause::NoRecord, Spans::from(unnoted)),
        (Cause::NotRunning, ran.complement()),
        (Cause::NotKept, Spans::from(not_kept)),
    ]);
    divided(gap, layers, |silence| silent(reading, silence))
}

/// The time for which a check answers that decided nothing: from the end of what the check
/// before it covers, if it came in time after that one, to the next one if that came in
/// time, otherwise for its interval.
fn spoken_for(
    reading: &Reading<'_>,
    before: Option<&Sighting>,
    sighting: &Sighting,
    next: Option<&Sighting>,
) -> Span {
    let parameters = |at| reading.facts.history.monitor.parameters.at(at);
    let from = before.map_or(sighting.at, |before| {
        let rules = parameters(before.at);
        let in_time = sighting.at.since_ms(before.at) <= rules.reach_ms();
        if in_time {
            before.at.plus_ms(rules.interval_ms).min(sighting.at)
        } else {
            sighting.at
        }
    });
    let rules = parameters(sighting.at);
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

/// Why there was no check although everup ran.
fn silent(reading: &Reading<'_>, silence: Span) -> Cause {
    let monitor = &reading.facts.history.monitor;
    let watched_from = monitor.watched_around(silence.from).map(|span| span.from);
    let started_at = run_around(reading.facts.runs, silence.from).map(|run| run.started_at);
    let begun = watched_from.max(started_at).unwrap_or(silence.from);
    let waited = Span::new(begun, silence.from);
    let settled = &reading.facts.history.ledger.settled;
    let newest = reading.facts.history.ledger.judge.last;
    let is_first = reading.facts.sightings.within(waited).is_empty()
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
