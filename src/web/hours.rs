//! The hours of the day in which downtime fell, as SVG: 24 bars, an axis with its unit.
//!
//! Pure geometry. Text is placed in percent of a picture that is never stretched, the
//! bars in a part of it that is.

use crate::domain::duration;
use crate::report::hours::{HOURS, Hours};
use askama::Template;
use std::fmt::Write;

/// The bars' own units: an hour's width with the gap to the next, and the height of the
/// worst hour.
const HOUR_WIDTH: usize = 20;
const GAP: usize = 4;
const HEIGHT: i64 = 120;

/// The least height of an hour in which any downtime fell.
const MARK_MIN: i64 = 4;

/// The picture.
#[derive(Clone, Debug, Template)]
#[template(path = "hours.svg")]
pub(super) struct HoursChart {
    label: String,
    width: usize,
    height: i64,
    data: String,
    /// How much the worst hour had: the label of the top of the axis.
    top: String,
    /// The hours that are named below, with their place in thousandths of the width.
    ticks: [(usize, &'static str); 5],
}

impl HoursChart {
    /// The picture; `None` where there was no downtime.
    pub(super) fn of(hours: &Hours) -> Option<HoursChart> {
        let (worst, worst_ms) = hours.worst()?;
        let mut data = String::new();
        for (hour, ms) in hours.down_ms.iter().enumerate().filter(|(_, ms)| **ms > 0) {
            // A century has some 3·10^12 milliseconds, so the product cannot overflow.
            let height = (ms * HEIGHT / worst_ms).max(MARK_MIN);
            let (left, width) = (hour * HOUR_WIDTH + GAP / 2, HOUR_WIDTH - GAP);
            // Writing to a string cannot fail.
            let _ = write!(data, "M{left} {HEIGHT}v-{height}h{width}v{height}z");
        }
        let count = hours.down_ms.iter().filter(|ms| **ms > 0).count();
        let plural = if count == 1 { "" } else { "s" };
        Some(HoursChart {
            label: format!(
                "Downtime fell in {count} hour{plural} of the day, most of it from {} ({} of {})",
                name(worst),
                duration::in_words(worst_ms),
                duration::in_words(hours.total_ms()),
            ),
            width: HOURS * HOUR_WIDTH,
            height: HEIGHT,
            data,
            top: duration::in_words(worst_ms),
            ticks: [
                (0, "00:00"),
                (250, "06:00"),
                (500, "12:00"),
                (750, "18:00"),
                (1000, "24:00"),
            ],
        })
    }
}

/// An hour in words: `10:00 to 11:00`.
pub(super) fn name(hour: usize) -> String {
    format!("{hour:02}:00 to {:02}:00", hour + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timestamp::MINUTE_MS;

    #[test]
    fn the_worst_hour_is_full_height_and_the_least_can_be_seen() {
        let mut hours = Hours { down_ms: [0; HOURS] };
        assert!(HoursChart::of(&hours).is_none());
        hours.down_ms[0] = 1;
        hours.down_ms[10] = 30 * MINUTE_MS;
        hours.down_ms[23] = 15 * MINUTE_MS;
        let chart = HoursChart::of(&hours).unwrap();
        assert_eq!(chart.data, "M2 120v-4h16v4zM202 120v-120h16v120zM462 120v-60h16v60z");
        assert_eq!(
            chart.label,
            "Downtime fell in 3 hours of the day, most of it from 10:00 to 11:00 (30 min of 46 min)"
        );
        assert_eq!(chart.top, "30 min");
    }
}
