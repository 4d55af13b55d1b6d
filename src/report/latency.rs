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

/// A hole narrower than this part of a picture would not be seen in it; it also keeps the
/// points of a picture few, however often the checks broke off.
const HOLES_MAX: i64 = 1_000;

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
    /// How long a stretch is at most, in milliseconds.
    pub stretch_ms: i64,
    /// The whole window in a few numbers.
    pub summary: Summary,
    /// The slowest right answer: when it was asked for, and its microseconds.
    pub slowest: Option<(Timestamp, u32)>,
    /// Its stretches, in order; between them are holes where nothing was measured.
    pub points: Vec<Point>,
}

/// The middle and the slowest of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// From its first check to the end of what its last one covers.
    pub span: Span,
    /// The median, in microseconds.
    pub median_us: u32,
    /// The slowest, in microseconds.
    pub max_us: u32,
    /// Whether there is no hole between it and the one before.
    pub joined: bool,
}

/// A picture in the making: checks pass by in order of time.
struct Drawing {
    window: Span,
    stretch_ms: i64,
    points: Vec<Point>,
    /// The stretch that may still grow: which it is, its time and its latencies.
    open: Option<(i64, Span, Vec<u32>)>,
}

impl Drawing {
    /// A right answer after `us`, to a check at `at` that covers the time up to `to`.
    fn add(&mut self, at: Timestamp, to: Timestamp, us: u32) {
        let stretch = at.since_ms(self.window.from).div_euclid(self.stretch_ms);
        let hole_ms = self.window.length_ms() / HOLES_MAX;
        if let Some((open, span, latencies_us)) = &mut self.open {
            let goes_on = at.since_ms(span.to) <= hole_ms;
            if *open == stretch && goes_on {
                span.to = to;
                latencies_us.push(us);
                return;
            }
            // A re-check comes before the time is over that the check before it covers.
            span.to = span.to.min(at);
        }
        self.close();
        self.open = Some((stretch, Span::new(at, to), vec![us]));
    }

    fn close(&mut self) {
        let Some((_, span, latencies_us)) = self.open.take() else { return };
        let span = span.cut(self.window);
        let hole_ms = self.window.length_ms() / HOLES_MAX;
        let before = self.points.last().map(|point| point.span.to);
        let joined = before.is_some_and(|before| span.from.since_ms(before) <= hole_ms);
        let max_us = latencies_us.iter().max().copied();
        let median_us = Percentiles::of(latencies_us).map(|percentiles| percentiles.p50_us);
        if let Some((median_us, max_us)) = median_us.zip(max_us) {
            self.points.push(Point { span, median_us, max_us, joined });
        }
    }
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
    let monitor = &history.monitor;
    let at_least_ms = 2 * monitor.parameters.current().interval_ms;
    let stretch_ms = stretch_ms.max(at_least_ms).max(1);
    let until_now = Span::new(window.from, window.to.min(now));
    let mut drawing = Drawing { window, stretch_ms, points: Vec::new(), open: None };
    let mut latencies_us = Vec::new();
    let mut checks = 0;
    let mut slowest: Option<(Timestamp, u32)> = None;
    for_each(store, history, window, now, |check| {
        checks += 1;
        let Some(us) = check.latency_us.filter(|_| check.verdict.is_good()) else { return };
        latencies_us.push(us);
        let at = check.started_at;
        let covered = Span::new(at, at.plus_ms(monitor.parameters.at(at).interval_ms));
        let watched = monitor.watched_around(at).unwrap_or(covered);
        drawing.add(at, covered.cut(watched).cut(until_now).to, us);
        if slowest.is_none_or(|(_, most)| us > most) {
            slowest = Some((at, us));
        }
    })
    .await?;
    drawing.close();
    let summary = Summary { checks, percentiles: Percentiles::of(latencies_us) };
    Ok(Picture { window, stretch_ms, summary, slowest, points: drawing.points })
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

    /// The points of a window of 100 s in stretches of 10 s, of checks that cover 2 s.
    fn points(checks_s: &[i64]) -> Vec<(i64, i64, bool)> {
        let at = |s: i64| Timestamp(s * 1_000);
        let window = Span::new(at(0), at(100));
        let mut drawing =
            Drawing { window, stretch_ms: 10_000, points: Vec::new(), open: None };
        for &s in checks_s {
            drawing.add(at(s), at(s + 2), 7);
        }
        drawing.close();
        let seconds =
            |point: &Point| (point.span.from.0 / 1_000, point.span.to.0 / 1_000, point.joined);
        drawing.points.iter().map(seconds).collect()
    }

    #[test]
    fn a_stretch_is_as_long_as_what_was_measured_in_it() {
        assert_eq!(points(&[]), []);
        assert_eq!(points(&[4]), [(4, 6, false)]);
        assert_eq!(points(&[98]), [(98, 100, false)]);
        assert_eq!(points(&[99]), [(99, 100, false)]);
        let whole = [0, 2, 4, 6, 8, 10, 12];
        assert_eq!(points(&whole), [(0, 10, false), (10, 14, true)]);
    }

    #[test]
    fn a_stretch_breaks_at_a_gap_and_ends_where_a_re_check_begins_the_next() {
        assert_eq!(points(&[0, 2, 8]), [(0, 4, false), (8, 10, false)]);
        assert_eq!(points(&[6, 8, 14]), [(6, 10, false), (14, 16, false)]);
        assert_eq!(points(&[9, 10]), [(9, 10, false), (10, 12, true)]);
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
