//! In which hours of the local day downtime fell.

use crate::domain::class::Class;
use crate::domain::month;
use crate::domain::timeline::Timeline;
use chrono_tz::Tz;

/// Hours in a day, as clocks show them.
pub const HOURS: usize = 24;

/// The downtime of a timeline by the hour of the local day it fell in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Milliseconds from 00:00 to 01:00, and so on; together exactly the downtime. An
    /// hour that a clock shows twice on one day counts both times.
    pub down_ms: [i64; HOURS],
}

impl Hours {
    /// The hours of a timeline in `zone`.
    #[must_use]
    pub fn of(timeline: &Timeline, zone: Tz) -> Hours {
        let mut down_ms = [0; HOURS];
        for down in timeline.class(Class::Down).as_slice() {
            for (hour, stretch) in month::hours_of(*down, zone) {
                down_ms[hour] += stretch.length_ms();
            }
        }
        Hours { down_ms }
    }

    /// All of it.
    #[must_use]
    pub fn total_ms(&self) -> i64 {
        self.down_ms.iter().sum()
    }

    /// The hour in which most fell, the earliest of equals; `None` where none did.
    #[must_use]
    pub fn worst(&self) -> Option<(usize, i64)> {
        let hours = self.down_ms.iter().copied().enumerate();
        hours.filter(|(_, ms)| *ms > 0).min_by_key(|(hour, ms)| (-ms, *hour))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::span::{Span, Spans};
    use crate::domain::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
    use proptest::prelude::*;

    const ZONES: [Tz; 8] = [
        Tz::UTC,
        Tz::Europe__Berlin,
        Tz::America__New_York,
        Tz::Australia__Lord_Howe,
        Tz::Asia__Kathmandu,
        Tz::America__Asuncion,
        Tz::Pacific__Apia,
        Tz::America__Havana,
    ];

    fn timeline(down: &[(i64, i64)]) -> Timeline {
        let span = |&(from, ms)| Span::new(Timestamp(from), Timestamp(from + ms));
        let down: Spans = down.iter().map(span).collect();
        Timeline::layered(Span::ALWAYS, [(Class::Down, &down)])
    }

    proptest! {
        #[test]
        fn the_hours_add_up_to_the_downtime_in_every_zone(
            zone in prop::sample::select(&ZONES[..]),
            year in 1972..2037i64,
            down in prop::collection::vec((0..365 * DAY_MS, 1..3 * DAY_MS), 0..12),
        ) {
            let start = (year - 1970) * 365 * DAY_MS;
            let down: Vec<_> = down.into_iter().map(|(from, ms)| (start + from, ms)).collect();
            let timeline = timeline(&down);
            let hours = Hours::of(&timeline, zone);
            prop_assert_eq!(hours.total_ms(), timeline.tally().down);
            prop_assert!(hours.down_ms.iter().all(|ms| *ms >= 0));
        }
    }

    #[test]
    fn the_worst_hour_is_named_the_earliest_of_equals() {
        let hours = Hours::of(
            &timeline(&[(3 * HOUR_MS, 5), (5 * HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)]),
            Tz::UTC,
        );
        assert_eq!(hours.worst(), Some((4, MINUTE_MS)));
        assert_eq!((hours.down_ms[3], hours.down_ms[5]), (5, MINUTE_MS));
        assert_eq!(Hours::of(&timeline(&[]), Tz::UTC).worst(), None);
    }
}
