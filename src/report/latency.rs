//! How fast a monitor answered: percentiles of a window, and stretches for a picture.
//!
//! Computed exactly, from the single checks, which are read a bounded piece at a time. Where
//! those are no longer kept, from the digests of their hours: near enough, and each hour
//! belongs where it begins.

use super::beside::Beside;
use crate::domain::check::Check;
use crate::domain::digest::{counts, right};
use crate::domain::history::History;
use crate::domain::latency::{Latencies, Percentiles};
use crate::domain::monitor::Key;
use crate::domain::span::Span;
use crate::domain::timestamp::{HOUR_MS, Timestamp};
use crate::store::contract::{Store, StoreError};
use std::collections::HashMap;

/// So many checks are asked for at a time, about: a few megabytes.
const CHECKS_AT_ONCE: i64 = 50_000;

/// A hole narrower than this part of a picture would not be seen in it; it also keeps the
/// points of a picture few, however often the checks broke off.
const HOLES_MAX: i64 = 1_000;

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
        let median_us = Latencies::of(latencies_us)
            .percentiles()
            .map(|percentiles| percentiles.p50_us);
        if let Some((median_us, max_us)) = median_us.zip(max_us) {
            self.points.push(Point { span, median_us, max_us, joined });
        }
    }
}

/// What is remembered of checks that were summed up before, so that the next report reads
/// only what has come since. It is about one window at a time.
#[derive(Debug, Default)]
pub struct Remembered {
    epoch: i64,
    window_from: Option<Timestamp>,
    of: HashMap<Key, Past>,
    /// The closed months beside a report.
    pub(super) beside: Beside,
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
            if history.is_some_and(|history| counts(&history.monitor, check)) {
                let (checks, latencies_us) = recent.entry(key).or_default();
                *checks += 1;
                latencies_us.extend(right(check));
            }
        })
        .await?;
    let kept_from = store.kept_from().await?;
    let mut summaries = HashMap::with_capacity(histories.len());
    for history in histories {
        let past_to = recent_from.min(until);
        let past = remembered.of.entry(history.key).or_default();
        let kept_from = kept_from.get(&history.key).copied();
        past.extend(store, history, Span::new(window.from, past_to), kept_from)
            .await?;
        let (checks, latencies_us) = recent.remove(&history.key).unwrap_or_default();
        let latencies = past.latencies.and(&Latencies::of(latencies_us));
        let summary =
            Summary { checks: past.checks + checks, percentiles: latencies.percentiles() };
        summaries.insert(history.key, summary);
    }
    Ok(summaries)
}

impl Past {
    /// Reads on to the end of `span`, from where it was read to before. Of what was before
    /// `kept_from` there are digests.
    async fn extend(
        &mut self,
        store: &dyn Store,
        history: &History,
        span: Span,
        kept_from: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        if self.until > span.to {
            *self = Past::default();
        }
        let rest = Span::new(self.until.max(span.from), span.to);
        if kept_from.is_some_and(|kept_from| rest.from < kept_from) {
            for digest in store.digests(history.key, rest).await? {
                self.checks += digest.checks;
                self.latencies = self.latencies.and(&digest.latencies);
            }
        }
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
    let until = Timestamp(window.to.0.min(now.0.saturating_add(1)));
    for_each(store, history, Span::new(window.from, until), |check| {
        checks += 1;
        let Some(us) = right(check) else { return };
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
    let summary = Summary { checks, percentiles: Latencies::of(latencies_us).percentiles() };
    Ok(Picture { window, stretch_ms, summary, slowest, points: drawing.points })
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
        checks
            .iter()
            .filter(|check| counts(&history.monitor, check))
            .for_each(&mut each);
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
}
