//! Time by the hour of a local day, over every change of the clocks.

use crate::history::span;
use crate::periods::ZONES;
use chrono::Timelike;
use everup::domain::month::{Month, hours_of};
use everup::domain::span::Span;
use everup::domain::timestamp::{HOUR_MS, MINUTE_MS, Timestamp};
use proptest::prelude::*;

fn hour_of(at: Timestamp, zone: chrono_tz::Tz) -> usize {
    at.to_utc().with_timezone(&zone).hour() as usize
}

/// The months in which clocks were put, or a whole day was skipped, and one without.
fn months() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["2026-03", "2026-10", "2026-11", "2011-12", "2023-10", "2026-06"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Each minute asked by itself, which knows nothing of hours.
    #[test]
    fn every_minute_falls_in_its_own_local_hour(
        zone in prop::sample::select(&ZONES[..]),
        month in months(),
        from in 0..30 * 24 * 60i64,
        minutes in 0..3 * 24 * 60i64,
    ) {
        let start = Month::parse(month).unwrap().window(zone).from.0 + from * MINUTE_MS;
        let mut expected = [0; 24];
        for minute in 0..minutes {
            expected[hour_of(Timestamp(start + minute * MINUTE_MS), zone)] += MINUTE_MS;
        }
        let mut sums = [0; 24];
        for (hour, stretch) in hours_of(span((start, start + minutes * MINUTE_MS)), zone) {
            sums[hour] += stretch.length_ms();
        }
        prop_assert_eq!(sums, expected);
    }

    #[test]
    fn the_stretches_leave_no_hole_and_cross_no_hour(
        zone in prop::sample::select(&ZONES[..]),
        month in months(),
        from in 0..30 * 24 * HOUR_MS,
        ms in 0..4 * 24 * HOUR_MS,
    ) {
        let start = Month::parse(month).unwrap().window(zone).from.0 + from;
        let mut end = Timestamp(start);
        for (hour, stretch) in hours_of(span((start, start + ms)), zone) {
            prop_assert_eq!(stretch.from, end);
            prop_assert!(!stretch.is_empty());
            prop_assert_eq!(hour_of(stretch.from, zone), hour);
            prop_assert_eq!(hour_of(stretch.to.plus_ms(-1), zone), hour);
            end = stretch.to;
        }
        prop_assert_eq!(end, Timestamp(start + ms));
    }
}

/// How long each hour lasts on a whole day.
fn day(date: &str, zone: chrono_tz::Tz) -> [i64; 24] {
    let date = date.parse().unwrap();
    let [(_, day)] = everup::domain::month::days_from(date, date, zone)[..] else { panic!() };
    let mut hours = [0; 24];
    for (hour, stretch) in hours_of(day, zone) {
        hours[hour] += stretch.length_ms();
    }
    hours
}

#[test]
fn a_repeated_hour_counts_twice_and_a_skipped_one_never() {
    let berlin = chrono_tz::Europe::Berlin;
    let autumn = day("2026-10-25", berlin);
    assert_eq!((autumn[1], autumn[2], autumn[3]), (HOUR_MS, 2 * HOUR_MS, HOUR_MS));
    let spring = day("2026-03-29", berlin);
    assert_eq!((spring[1], spring[2], spring[3]), (HOUR_MS, 0, HOUR_MS));
    // Lord Howe puts its clocks by half an hour.
    let autumn = day("2026-04-05", chrono_tz::Australia::Lord_Howe);
    assert_eq!((autumn[1], autumn[2]), (3 * HOUR_MS / 2, HOUR_MS));
    let spring = day("2026-10-04", chrono_tz::Australia::Lord_Howe);
    assert_eq!((spring[1], spring[2]), (HOUR_MS, HOUR_MS / 2));
}

#[test]
fn no_time_has_no_hours() {
    let utc = chrono_tz::UTC;
    assert_eq!(hours_of(Span::new(Timestamp(5), Timestamp(5)), utc).count(), 0);
    assert_eq!(hours_of(Span::new(Timestamp(5), Timestamp(2)), utc).count(), 0);
}
