//! How fast a monitor answered: percentiles of a window, and stretches for a picture.
//!
//! Computed exactly, from the single checks, which are read a bounded piece at a time.

use crate::domain::check::{Check, Verdict};
use crate::domain::history::History;
use crate::domain::latency::{Latencies, Percentiles};
use crate::domain::monitor::Key;
use crate::domain::span::Span;
use crate::domain::timestamp::{HOUR_MS, Timestamp};
use crate::store::contract::{Store, StoreError};
use std::collections::HashMap;

/// So many checks are asked for at a time, about: a few megabytes.
const CHECKS_AT_ONCE: i64 = 50_000;

/// Microseconds as milliseconds with one decimal, rounded half up.
#[must_use]
pub fn tenths_of_ms(us: u32) -> String {
    let tenths = (u64::from(us) + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Microseconds as whole milliseconds, rounded half up, but never to nothing.
#[must_use]
pub fn whole_ms(us: u32) -> String {
    ((u64::from(us) + 500) / 1_000).max(1).to_string()
}

/// What the single checks of a window say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many counted: made while the monitor existed and was not paused, and not
    /// `unknown`.
    pub checks: u64,
    /// How fast the right answers were.
    pub percentiles: Option<Percentiles>,
}

/// How fast a monitor answered over a window, as a picture needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its time.
    pub window: Span,
    /// How long each stretch is, in milliseconds; the last may reach beyond the window.
    pub stretch_ms: i64,
    /// The whole window in a few numbers.
    pub summary: Summary,
    /// The slowest right answer: when it was asked for, and its microseconds.
    pub slowest: Option<(Timestamp, u32)>,
    /// Its stretches, in order, without holes.
    pub points: Vec<Point>,
}

/// The middle and the slowest of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The stretch.
    pub span: Span,
    /// The median, in microseconds; `None` where there was no right answer.
    pub median_us: Option<u32>,
    /// The slowest, in microseconds.
    pub max_us: Option<u32>,
}

/// What is remembered of checks that were summed up before, so that the next report reads
/// only what has come since. It is about one window at a time.
#[derive(Debug, Default)]
pub struct Remembered {
    epoch: i64,
    window_from: Option<Timestamp>,
    of: HashMap<Key, Past>,
}

/// The checks of a monitor that began in a window and before an instant.
#[derive(Clone, Debug, Default)]
struct Past {
    until: Timestamp,
    checks: u64,
    latencies: Latencies,
}

impl Remembered {
    /// Forgets everything if the past was changed since, as the epoch tells.
    pub fn renew(&mut self, epoch: i64) {
        if self.epoch != epoch {
            *self = Remembered { epoch, ..Remembered::default() };
        }
    }

    fn turn_to(&mut self, window: Span) {
        if self.window_from != Some(window.from) {
            self.window_from = Some(window.from);
            self.of.clear();
        }
    }
}

/// Sums up the checks of monitors that began within `window` and up to `now`.
///
/// # Errors
/// When the store cannot be read.
pub async fn summaries(
    store: &dyn Store,
    histories: &[&History],
    window: Span,
    now: Timestamp,
    remembered: &mut Remembered,
) -> Result<HashMap<Key, Summary>, StoreError> {
    remembered.turn_to(window);
    let until = Timestamp(window.to.0.min(now.0.saturating_add(1)));
    let window = Span::new(window.from, until);
    let of: HashMap<Key, &History> =
        histories.iter().map(|history| (history.key, *history)).collect();
    let mut recent: HashMap<Key, (u64, Vec<u32>)> = HashMap::new();
    let recent_from = store
        .recent(&mut |key, check| {
            let history = of.get(&key).filter(|_| window.contains(check.started_at));
            if history.is_some_and(|history| counts(history, check)) {
                let (checks, latencies_us) = recent.entry(key).or_default();
                *checks += 1;
                latencies_us.extend(right(check));
            }
        })
        .await?;
    let mut summaries = HashMap::with_capacity(histories.len());
    for history in histories {
        let past_to = recent_from.min(until);
        let past = remembered.of.entry(history.key).or_default();
        past.extend(store, history, Span::new(window.from, past_to)).await?;
        let (checks, latencies_us) = recent.remove(&history.key).unwrap_or_default();
        let latencies = past.latencies.and(&Latencies::of(latencies_us));
        let summary =
            Summary { checks: past.checks + checks, percentiles: latencies.percentiles() };
        summaries.insert(history.key, summary);
    }
    Ok(summaries)
}

impl Past {
    /// Reads on to the end of `span`, from where it was read to before.
    async fn extend(
        &mut self,
        store: &dyn Store,
        history: &History,
        span: Span,
    ) -> Result<(), StoreError> {
        if self.until > span.to {
            *self = Past::default();
        }
        let rest = Span::new(self.until.max(span.from), span.to);
        let mut checks = 0;
        let mut latencies_us = Vec::new();
        for_each(store, history, rest, |check| {
            checks += 1;
            latencies_us.extend(right(check));
        })
        .await?;
        self.checks += checks;
        self.latencies = self.latencies.and(&Latencies::of(latencies_us));
        self.until = span.to.max(span.from);
        Ok(())
    }
}

/// Whether a check counts: made while the monitor existed and was not paused, and able to
/// judge.
fn counts(history: &History, check: &Check) -> bool {
    history.monitor.watched_around(check.started_at).is_some()
        && check.verdict != Verdict::Unknown
}

/// How fast a right answer was.
fn right(check: &Check) -> Option<u32> {
    check.latency_us.filter(|_| check.verdict.is_good())
}

/// The latency of a monitor over `window`, in stretches of `stretch_ms`, or longer where
/// the monitor is checked so seldom that most of them would be empty.
///
/// # Errors
/// When the store cannot be read.
pub async fn picture(
    store: &dyn Store,
    history: &History,
    window: Span,
    now: Timestamp,
    stretch_ms: i64,
) -> Result<Picture, StoreError> {
    let at_least_ms = 2 * history.monitor.parameters.current().interval_ms;
    let stretch_ms = stretch_ms.max(at_least_ms).max(1);
    let count = window.length_ms().div_euclid(stretch_ms)
        + i64::from(window.length_ms().rem_euclid(stretch_ms) > 0);
    let mut buckets: Vec<Vec<u32>> = vec![Vec::new(); usize::try_from(count).unwrap_or(0)];
    let mut checks = 0;
    let mut slowest: Option<(Timestamp, u32)> = None;
    let until = Timestamp(window.to.0.min(now.0.saturating_add(1)));
    for_each(store, history, Span::new(window.from, until), |check| {
        checks += 1;
        let Some(us) = right(check) else { return };
        let index = check.started_at.since_ms(window.from).div_euclid(stretch_ms);
        if let Some(bucket) = usize::try_from(index).ok().and_then(|i| buckets.get_mut(i)) {
            bucket.push(us);
        }
        if slowest.is_none_or(|(_, most)| us > most) {
            slowest = Some((check.started_at, us));
        }
    })
    .await?;
    let percentiles = Latencies::of(buckets.concat()).percentiles();
    let mut from = window.from;
    let points = buckets.into_iter().map(|latencies_us| {
        let span = Span::new(from, from.plus_ms(stretch_ms));
        from = span.to;
        let max_us = latencies_us.iter().max().copied();
        Point {
            span,
            median_us: Latencies::of(latencies_us).percentiles().map(|p| p.p50_us),
            max_us,
        }
    });
    let points = points.collect();
    let summary = Summary { checks, percentiles };
    Ok(Picture { window, stretch_ms, summary, slowest, points })
}

/// Calls `each` with every check that counts and began within `span`, in order of time.
async fn for_each(
    store: &dyn Store,
    history: &History,
    span: Span,
    mut each: impl FnMut(&Check),
) -> Result<(), StoreError> {
    let mut from = span.from;
    while from < span.to {
        let interval_ms = history.monitor.parameters.at(from).interval_ms;
        let at_once_ms = interval_ms.saturating_mul(CHECKS_AT_ONCE).max(HOUR_MS);
        let to = from.plus_ms(at_once_ms).min(span.to);
        let checks = store.checks(history.key, Span::new(from, to)).await?;
        checks.iter().filter(|check| counts(history, check)).for_each(&mut each);
        from = to;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_has_one_decimal() {
        for (us, text) in [(0, "0.0"), (12_340, "12.3"), (12_350, "12.4"), (99_960, "100.0")] {
            assert_eq!(tenths_of_ms(us), text);
        }
    }

    #[test]
    fn a_latency_is_at_least_a_millisecond_where_there_are_no_decimals() {
        for (us, text) in [(0, "1"), (499, "1"), (41_499, "41"), (41_500, "42")] {
            assert_eq!(whole_ms(us), text);
        }
    }
}
