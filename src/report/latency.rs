//! How fast a monitor answered: percentiles of a window, and stretches for a picture.
//!
//! Computed exactly, from the single checks, which are read a bounded piece at a time.

use crate::domain::check::Check;
use crate::domain::history::History;
use crate::domain::span::Span;
use crate::domain::timestamp::{HOUR_MS, Timestamp};
use crate::store::contract::{Store, StoreError};

/// So many checks are asked for at a time, about: a few megabytes.
const CHECKS_AT_ONCE: i64 = 50_000;

/// Percentiles of the right answers, in microseconds, by nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentiles {
    /// Half were at most this.
    pub p50_us: u32,
    /// 95 % were at most this.
    pub p95_us: u32,
    /// 99 % were at most this.
    pub p99_us: u32,
}

impl Percentiles {
    /// The percentiles of some latencies; `None` of none.
    #[must_use]
    pub fn of(mut latencies_us: Vec<u32>) -> Option<Percentiles> {
        latencies_us.sort_unstable();
        let rank = |percent: usize| {
            let rank = (latencies_us.len() * percent).div_ceil(100);
            latencies_us.get(rank.checked_sub(1)?).copied()
        };
        Some(Percentiles { p50_us: rank(50)?, p95_us: rank(95)?, p99_us: rank(99)? })
    }
}

/// Microseconds as milliseconds with one decimal, rounded half up.
#[must_use]
pub fn tenths_of_ms(us: u32) -> String {
    let tenths = (u64::from(us) + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Microseconds in few characters, rounded half up, but never to nothing: `41 ms`,
/// `2605 ms`, and from ten seconds on `20.0 s`.
#[must_use]
pub fn brief(us: u32) -> String {
    match (u64::from(us) + 500) / 1_000 {
        ms if ms < 10_000 => format!("{} ms", ms.max(1)),
        ms => format!("{}.{} s", (ms + 50) / 1_000, (ms + 50) % 1_000 / 100),
    }
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

/// Sums up the checks of a monitor that began within `window` and up to `now`.
///
/// # Errors
/// When the store cannot be read.
pub async fn summary(
    store: &dyn Store,
    history: &History,
    window: Span,
    now: Timestamp,
) -> Result<Summary, StoreError> {
    let mut checks = 0;
    let mut latencies_us = Vec::new();
    for_each(store, history, window, now, |check| {
        checks += 1;
        latencies_us.extend(check.latency_us.filter(|_| check.verdict.is_good()));
    })
    .await?;
    Ok(Summary { checks, percentiles: Percentiles::of(latencies_us) })
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
    for_each(store, history, window, now, |check| {
        checks += 1;
        let Some(us) = check.latency_us.filter(|_| check.verdict.is_good()) else { return };
        let index = check.started_at.since_ms(window.from).div_euclid(stretch_ms);
        if let Some(bucket) = usize::try_from(index).ok().and_then(|i| buckets.get_mut(i)) {
            bucket.push(us);
        }
        if slowest.is_none_or(|(_, most)| us > most) {
            slowest = Some((check.started_at, us));
        }
    })
    .await?;
    let percentiles = Percentiles::of(buckets.concat());
    let mut from = window.from;
    let points = buckets.into_iter().map(|latencies_us| {
        let span = Span::new(from, from.plus_ms(stretch_ms));
        from = span.to;
        let max_us = latencies_us.iter().max().copied();
        Point { span, median_us: Percentiles::of(latencies_us).map(|p| p.p50_us), max_us }
    });
    let points = points.collect();
    let summary = Summary { checks, percentiles };
    Ok(Picture { window, stretch_ms, summary, slowest, points })
}

/// Calls `each` with every check that counts, in order of time.
async fn for_each(
    store: &dyn Store,
    history: &History,
    window: Span,
    now: Timestamp,
    mut each: impl FnMut(&Check),
) -> Result<(), StoreError> {
    let until = Timestamp(window.to.0.min(now.0.saturating_add(1)));
    let mut from = window.from;
    while from < until {
        let interval_ms = history.monitor.parameters.at(from).interval_ms;
        let at_once_ms = interval_ms.saturating_mul(CHECKS_AT_ONCE).max(HOUR_MS);
        let to = from.plus_ms(at_once_ms).min(until);
        for check in store.checks(history.key, Span::new(from, to)).await? {
            let counts = history.monitor.watched_around(check.started_at).is_some();
            if counts && check.verdict != crate::domain::check::Verdict::Unknown {
                each(&check);
            }
        }
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
    fn a_brief_latency_is_at_least_a_millisecond_and_soon_in_seconds() {
        for (us, text) in [
            (0, "1 ms"),
            (499, "1 ms"),
            (41_499, "41 ms"),
            (41_500, "42 ms"),
            (9_999_499, "9999 ms"),
            (9_999_500, "10.0 s"),
            (20_049_499, "20.0 s"),
            (20_050_000, "20.1 s"),
        ] {
            assert_eq!(brief(us), text);
        }
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let of = |latencies_us: &[u32]| Percentiles::of(latencies_us.to_vec());
        assert_eq!(of(&[]), None);
        let single = Percentiles { p50_us: 7, p95_us: 7, p99_us: 7 };
        assert_eq!(of(&[7]), Some(single));
        let hundred: Vec<u32> = (1..=100).rev().collect();
        let expected = Percentiles { p50_us: 50, p95_us: 95, p99_us: 99 };
        assert_eq!(of(&hundred), Some(expected));
    }
}
