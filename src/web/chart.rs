//! Latency as SVG: a line for the middle, a band up to the slowest, an axis with its
//! unit, and a hole wherever nothing was measured.
//!
//! Pure geometry. Text is placed in percent of a picture that is never stretched, lines
//! in a part of it that is.

use super::moment;
use crate::domain::latency::Percentiles;
use crate::domain::month;
use crate::domain::span::Span;
use crate::domain::timestamp::{DAY_MS, HOUR_MS, Timestamp};
use crate::report::latency::{self, Picture, Point};
use askama::Template;
use chrono::Datelike;
use chrono_tz::Tz;
use std::fmt::Write;

/// The lines' own units: wide enough that rounding to whole ones is not seen.
const WIDTH: i64 = 4_000;
const HEIGHT: i64 = 1_000;

/// The least width of a stretch: about a pixel on a phone.
const POINT_MIN: i64 = WIDTH / 400;

/// A few answers far slower than the rest would press the line to the floor: so many
/// percent of the stretches must fit in, the others are cut at the top.
const FIT_PERCENT: usize = 95;

/// A picture of latency.
#[derive(Clone, Debug, Template)]
#[template(path = "chart.svg")]
pub(super) struct Chart {
    label: String,
    width: i64,
    height: i64,
    line: String,
    band: String,
    edge: String,
    /// The label of the top of the axis and of its middle.
    top: String,
    middle: String,
    ticks: Vec<Tick>,
}

/// A mark on the axis of time.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tick {
    /// Its place, in thousandths of the width.
    per_mille: i64,
    text: String,
    /// How its text hangs on its place.
    anchor: &'static str,
}

impl Chart {
    /// The picture; `None` where nothing was measured. `what` names it.
    pub(super) fn of(picture: &Picture, what: &str, zone: Tz) -> Option<Chart> {
        let percentiles = picture.summary.percentiles?;
        let top_us = top_us(picture)?;
        Some(Chart {
            label: label(what, percentiles),
            width: WIDTH,
            height: HEIGHT,
            line: line(picture, top_us),
            band: band(picture, top_us),
            edge: edge(picture, top_us),
            top: milliseconds(top_us),
            middle: milliseconds(top_us / 2),
            ticks: ticks(picture.window, zone),
        })
    }
}

fn label(what: &str, percentiles: Percentiles) -> String {
    let ms = latency::tenths_of_ms;
    format!(
        "{what}: half of the answers within {} ms, 95 % within {} ms, 99 % within {} ms",
        ms(percentiles.p50_us),
        ms(percentiles.p95_us),
        ms(percentiles.p99_us)
    )
}

/// Where the axis ends: the next round number above nearly everything.
fn top_us(picture: &Picture) -> Option<u32> {
    let mut slowest: Vec<u32> = picture.points.iter().map(|point| point.max_us).collect();
    slowest.sort_unstable();
    let fits = slowest.get((slowest.len() * FIT_PERCENT).div_ceil(100).checked_sub(1)?)?;
    let middle = picture.points.iter().map(|point| point.median_us).max()?;
    Some(round_up((*fits).max(middle)))
}

/// The next of 1, 2, 3, 4, 5, 6, 8 and 10 times a power of ten: their halves are short too.
fn round_up(us: u32) -> u32 {
    let mut power = 100_u32;
    loop {
        for factor in [1, 2, 3, 4, 5, 6, 8] {
            match power.checked_mul(factor) {
                Some(round) if round >= us => return round,
                Some(_) => {}
                None => return u32::MAX,
            }
        }
        power = power.saturating_mul(10);
    }
}

fn milliseconds(us: u32) -> String {
    match us {
        us if us >= 10_000_000 => format!("{} s", us / 1_000_000),
        us if us >= 1_000 && us % 1_000 == 0 => format!("{} ms", us / 1_000),
        us => format!("{} ms", f64::from(us) / 1_000.0),
    }
}

fn x(at: Timestamp, window: Span) -> i64 {
    at.since_ms(window.from) * WIDTH / window.length_ms().max(1)
}

fn y(us: u32, top_us: u32) -> i64 {
    HEIGHT - (i64::from(us.min(top_us)) * HEIGHT / i64::from(top_us.max(1)))
}

/// Each stretch as a step, joined to the one before unless a hole lies between them.
fn line(picture: &Picture, top_us: u32) -> String {
    let mut data = String::new();
    for point in &picture.points {
        let (from, to) = edges(point, picture.window);
        let pen = if point.joined { 'L' } else { 'M' };
        // Writing to a string cannot fail.
        let _ = write!(data, "{pen}{from} {}H{to}", y(point.median_us, top_us));
    }
    data
}

/// From the middle to the slowest of each stretch.
fn band(picture: &Picture, top_us: u32) -> String {
    let mut data = String::new();
    for point in &picture.points {
        let (from, to) = edges(point, picture.window);
        let (low, high) = (y(point.median_us, top_us), y(point.max_us, top_us));
        if high < low {
            // Writing to a string cannot fail.
            let _ = write!(data, "M{from} {low}V{high}H{to}V{low}z");
        }
    }
    data
}

/// The upper edge of the band: what of it can be told from paper.
fn edge(picture: &Picture, top_us: u32) -> String {
    let mut data = String::new();
    for point in &picture.points {
        let (from, to) = edges(point, picture.window);
        // Writing to a string cannot fail.
        let _ = write!(data, "M{from} {}H{to}", y(point.max_us, top_us));
    }
    data
}

/// Where a stretch begins and ends. However short, it is seen.
fn edges(point: &Point, window: Span) -> (i64, i64) {
    let (from, to) = (x(point.span.from, window), x(point.span.to, window));
    (from, to.max(from + POINT_MIN))
}

/// Every six hours of a day, or every seven dates of a month.
fn ticks(window: Span, zone: Tz) -> Vec<Tick> {
    const STEP_MS: i64 = 6 * HOUR_MS;
    let days = month::days_from(
        month::local_date(window.from, zone),
        month::local_date(window.to.plus_ms(-1), zone),
        zone,
    );
    let mut ticks = Vec::new();
    let mut tick = |at: Timestamp, text: String| {
        if at < window.from || at >= window.to {
            return;
        }
        let per_mille = at.since_ms(window.from) * 1_000 / window.length_ms().max(1);
        let anchor = match per_mille {
            ..80 => "start",
            920.. => "end",
            _ => "middle",
        };
        ticks.push(Tick { per_mille, text, anchor });
    };
    for (date, span) in days {
        if window.length_ms() > 2 * DAY_MS {
            if date.day() % 7 == 1 {
                tick(span.from, moment::day(date));
            }
            continue;
        }
        let steps = span.length_ms().div_euclid(STEP_MS) + 1;
        for at in (0..steps).map(|step| span.from.plus_ms(step * STEP_MS)) {
            if span.contains(at) {
                tick(at, at.to_utc().with_timezone(&zone).format("%H:%M").to_string());
            }
        }
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::latency::Latencies;
    use crate::domain::month::Month;
    use crate::report::latency::Summary;
    use rstest::rstest;

    fn picture(medians_us: &[Option<u32>]) -> Picture {
        let span = |index: usize| {
            let from = index as i64 * 1_000;
            Span::new(Timestamp(from), Timestamp(from + 1_000))
        };
        let is_some = |index: usize| medians_us.get(index).is_some_and(Option::is_some);
        let points = medians_us.iter().enumerate().filter_map(|(index, median_us)| {
            median_us.map(|median_us| Point {
                span: span(index),
                median_us,
                max_us: median_us * 2,
                joined: index > 0 && is_some(index - 1),
            })
        });
        let percentiles =
            Latencies::of(medians_us.iter().flatten().copied().collect()).percentiles();
        Picture {
            window: Span::new(Timestamp(0), Timestamp(1_000 * medians_us.len() as i64)),
            stretch_ms: 1_000,
            summary: Summary { checks: 9, percentiles },
            slowest: None,
            points: points.collect(),
        }
    }

    #[test]
    fn the_line_breaks_where_nothing_was_measured() {
        let picture = picture(&[Some(100_000), Some(200_000), None, Some(50_000)]);
        assert_eq!(line(&picture, 400_000), "M0 750H1000L1000 500H2000M3000 875H4000");
        assert_eq!(
            band(&picture, 400_000),
            "M0 750V500H1000V750zM1000 500V0H2000V500zM3000 875V750H4000V875z"
        );
        assert_eq!(edge(&picture, 400_000), "M0 500H1000M1000 0H2000M3000 750H4000");
    }

    #[test]
    fn there_is_no_picture_of_nothing() {
        assert!(Chart::of(&picture(&[None, None]), "Latency", Tz::UTC).is_none());
    }

    #[rstest]
    #[case(0, 100)]
    #[case(41_000, 50_000)]
    #[case(50_001, 60_000)]
    #[case(100_000, 100_000)]
    #[case(100_001, 200_000)]
    #[case(u32::MAX, u32::MAX)]
    fn an_axis_ends_at_a_round_number(#[case] us: u32, #[case] round: u32) {
        assert_eq!(round_up(us), round);
    }

    #[rstest]
    #[case(100, "0.1 ms")]
    #[case(60_000, "60 ms")]
    #[case(4_000_000, "4000 ms")]
    #[case(20_000_000, "20 s")]
    fn an_axis_has_its_unit(#[case] us: u32, #[case] text: &str) {
        assert_eq!(milliseconds(us), text);
    }

    #[test]
    fn a_month_is_marked_by_its_weeks_and_a_day_by_its_quarters() {
        let zone = chrono_tz::Europe::Berlin;
        let month = Month::parse("2026-10").unwrap().window(zone);
        let texts = |window| -> Vec<String> {
            ticks(window, zone).into_iter().map(|tick| tick.text).collect()
        };
        assert_eq!(texts(month), ["1 Oct", "8 Oct", "15 Oct", "22 Oct", "29 Oct"]);
        let to = Timestamp::parse_rfc3339("2026-10-20T08:30:00Z").unwrap();
        let day = Span::new(to.plus_ms(-DAY_MS), to);
        assert_eq!(texts(day), ["12:00", "18:00", "00:00", "06:00"]);
    }
}
