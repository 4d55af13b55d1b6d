//! Calendar months and days in a time zone, as spans of instants.
//!
//! A day begins at the first instant whose local date is that day or later. That
//! settles midnights that are skipped, midnights that come twice, and whole days
//! that a zone never had. This is the only module that asks a time zone anything.

use super::span::Span;
use super::timestamp::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use chrono::{
    Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone,
    Timelike, Utc,
};
use chrono_tz::Tz;
use std::fmt;

/// A calendar month, like `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month {
    year: i32,
    month: u32,
}

impl Month {
    /// The years that a report can be asked for.
    pub const YEARS: std::ops::RangeInclusive<i32> = 1970..=9998;

    /// Reads `2026-11`.
    ///
    /// # Errors
    /// A sentence that says how a month is written.
    pub fn parse(text: &str) -> Result<Month, String> {
        let expected = || {
            format!("{text:?} is not a month; write it with four and two digits, like 2026-11")
        };
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let (year, month) = text.split_once('-').ok_or_else(expected)?;
        if year.len() != 4 || month.len() != 2 || !digits(year) || !digits(month) {
            return Err(expected());
        }
        let year: i32 = year.parse().map_err(|_| expected())?;
        let month: u32 = month.parse().map_err(|_| expected())?;
        if Self::YEARS.contains(&year) && (1..=12).contains(&month) {
            Ok(Month { year, month })
        } else {
            Err(expected())
        }
    }

    /// The month that `at` lies in, in `zone`.
    #[must_use]
    pub fn around(at: Timestamp, zone: Tz) -> Month {
        let date = local_date(at, zone);
        let year = date.year().clamp(*Self::YEARS.start(), *Self::YEARS.end());
        Month { year, month: date.month() }
    }

    /// The month after this one.
    #[must_use]
    pub fn next(self) -> Month {
        match self.month {
            12 => Month { year: self.year + 1, month: 1 },
            month => Month { month: month + 1, ..self },
        }
    }

    /// The month before this one.
    #[must_use]
    pub fn previous(self) -> Month {
        match self.month {
            1 => Month { year: self.year - 1, month: 12 },
            month => Month { month: month - 1, ..self },
        }
    }

    /// Its first date.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        // The year is within `YEARS` (one beyond after `next`), the month within 1..=12.
        NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or(NaiveDate::MIN)
    }

    /// Its instants in `zone`.
    #[must_use]
    pub fn window(self, zone: Tz) -> Span {
        Span::new(start_of(self.first_day(), zone), start_of(self.next().first_day(), zone))
    }

    /// Its name for people: `November 2026`.
    #[must_use]
    pub fn name(self) -> String {
        self.first_day().format("%B %Y").to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// The local date of an instant.
#[must_use]
pub fn local_date(at: Timestamp, zone: Tz) -> NaiveDate {
    at.to_utc().with_timezone(&zone).date_naive()
}

/// To the second, for [`local_time`]: `2026-11-03 10:42:07`.
pub const TO_THE_SECOND: &str = "%Y-%m-%d %H:%M:%S";

/// An instant in local time, in the form that `format` has. Where clocks were put back and
/// that time came twice, the offset says which it is: `2026-10-25 02:30:00 +02:00`.
#[must_use]
pub fn local_time(at: Timestamp, zone: Tz, format: &str) -> String {
    let local = at.to_utc().with_timezone(&zone);
    let text = local.format(format).to_string();
    match zone.from_local_datetime(&local.naive_local()) {
        LocalResult::Ambiguous(..) if !format.contains("%:z") => {
            format!("{text} {}", local.format("%:z"))
        }
        _ => text,
    }
}

/// From when to when in local time, in the form that `format` has; a date that both have is
/// said once: `2026-12-02 02:00:00 to 04:00:00`.
#[must_use]
pub fn local_range(span: Span, zone: Tz, format: &str) -> String {
    let from = local_time(span.from, zone, format);
    format!("{from} to {}", local_end(span, zone, format))
}

/// The second half of [`local_range`], where the first one is said right before it. Of what
/// `format` has, the date comes first.
#[must_use]
pub fn local_end(span: Span, zone: Tz, format: &str) -> String {
    let is_of_one_day = local_date(span.from, zone) == local_date(span.to, zone);
    let time = format.find("%H").filter(|_| is_of_one_day).unwrap_or(0);
    local_time(span.to, zone, &format[time..])
}

/// The first instant whose local date is `date` or later.
#[must_use]
pub fn start_of(date: NaiveDate, zone: Tz) -> Timestamp {
    first_at(date.and_time(NaiveTime::MIN), zone)
}

/// The first instant whose local time is `local` or later: where clocks were put back and
/// that time came twice, the first of the two; where they were put forward over it, the
/// instant at which they were.
#[must_use]
pub fn first_at(local: NaiveDateTime, zone: Tz) -> Timestamp {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) => Timestamp(at.timestamp_millis()),
        LocalResult::Ambiguous(a, b) => {
            Timestamp(a.timestamp_millis().min(b.timestamp_millis()))
        }
        LocalResult::None => first_after_gap(local, zone),
    }
}

/// Where `local` never was, the end of the gap that swallowed it. Zones are less than 26
/// hours from UTC, and around a gap local time only grows.
fn first_after_gap(local: NaiveDateTime, zone: Tz) -> Timestamp {
    const REACH_MS: i64 = 26 * HOUR_MS;
    let guess = Utc.from_utc_datetime(&local).timestamp_millis();
    let around = Span::new(Timestamp(guess - REACH_MS), Timestamp(guess + REACH_MS));
    first_within(around, |at| at.to_utc().with_timezone(&zone).naive_local() >= local)
}

/// The first instant of `span`, or its end, at which `holds`, where that holds from then
/// on and not at its beginning.
fn first_within(span: Span, holds: impl Fn(Timestamp) -> bool) -> Timestamp {
    let (mut before, mut after) = (span.from.0, span.to.0);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if holds(Timestamp(middle)) {
            after = middle;
        } else {
            before = middle;
        }
    }
    Timestamp(after)
}

/// The stretches of `span` that lie in one local hour each, in order, with that hour: 0
/// to 23. An hour that comes twice is two stretches, and one that is skipped is none.
pub fn hours_of(span: Span, zone: Tz) -> impl Iterator<Item = (usize, Span)> {
    let offset = move |at: Timestamp| {
        zone.offset_from_utc_datetime(&at.to_utc().naive_utc())
            .fix()
            .local_minus_utc()
    };
    let mut from = span.from;
    std::iter::from_fn(move || {
        if from >= span.to {
            return None;
        }
        let local = from.to_utc().with_timezone(&zone);
        let into_ms = i64::from(local.minute()) * MINUTE_MS
            + i64::from(local.second()) * SECOND_MS
            + i64::from(local.timestamp_subsec_millis());
        let mut stretch = Span::new(from, from.plus_ms(HOUR_MS - into_ms)).cut(span);
        // Clocks are never put twice within an hour, so one look at its end tells.
        if offset(stretch.to.plus_ms(-1)) != offset(from) {
            stretch.to = first_within(stretch, |at| offset(at) != offset(stretch.from));
        }
        from = stretch.to;
        Some((local.hour() as usize, stretch))
    })
}

/// The `count` local days that end with the one around `at`, oldest first, each with
/// its instants. A day that the zone never had is an empty span.
#[must_use]
pub fn days_until(at: Timestamp, count: u32, zone: Tz) -> Vec<(NaiveDate, Span)> {
    let today = local_date(at, zone);
    let first = today.checked_sub_days(Days::new(u64::from(count.saturating_sub(1))));
    days_from(first.unwrap_or(today), today, zone)
}

/// The local days that `span` reaches into, oldest first, each with its instants therein.
#[must_use]
pub fn days_of(span: Span, zone: Tz) -> Vec<(NaiveDate, Span)> {
    let (first, last) = (local_date(span.from, zone), local_date(span.to.plus_ms(-1), zone));
    let days = days_from(first, last, zone).into_iter();
    days.map(|(date, day)| (date, day.cut(span))).collect()
}

/// The local days from `first` to `last`, both included, each with its instants.
#[must_use]
pub fn days_from(first: NaiveDate, last: NaiveDate, zone: Tz) -> Vec<(NaiveDate, Span)> {
    let mut start = start_of(first, zone);
    (first.iter_days().take_while(|day| *day <= last))
        .map(|day| {
            let end = day.succ_opt().map_or(Timestamp::MAX, |next| start_of(next, zone));
            let span = Span::new(start, end);
            start = end;
            (day, span)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2026-10", "Europe/Berlin", 1_790_805_600_000, 745)]
    #[case("2026-03", "Europe/Berlin", 1_772_319_600_000, 743)]
    #[case("2011-12", "Pacific/Apia", 1_322_733_600_000, 720)]
    #[case("2026-11", "UTC", 1_793_491_200_000, 720)]
    fn a_month_has_its_own_hours(
        #[case] month: &str,
        #[case] zone: Tz,
        #[case] from: i64,
        #[case] hours: i64,
    ) {
        let window = Month::parse(month).unwrap().window(zone);
        assert_eq!(window.from, Timestamp(from));
        assert_eq!(window.length_ms(), hours * super::super::timestamp::HOUR_MS);
    }

    #[test]
    fn a_month_without_its_midnight_begins_after_the_gap() {
        let window = Month::parse("2023-10").unwrap().window(chrono_tz::America::Asuncion);
        assert_eq!(window.from, Timestamp(1_696_132_800_000));
    }

    #[test]
    fn a_midnight_that_comes_twice_begins_its_day_the_first_time() {
        // Havana put its clocks back from 01:00 to 00:00 on 2026-11-01.
        let zone = chrono_tz::America::Havana;
        let day = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        let [(_, span)] = days_from(day, day, zone)[..] else { panic!() };
        assert_eq!(span.length_ms(), 25 * super::super::timestamp::HOUR_MS);
        assert_eq!(local_date(span.from, zone), day);
        assert_ne!(local_date(span.from.plus_ms(-1), zone), day);
    }

    #[test]
    fn a_day_that_never_was_is_empty() {
        let day = NaiveDate::from_ymd_opt(2011, 12, 30).unwrap();
        let [(_, span)] = days_from(day, day, chrono_tz::Pacific::Apia)[..] else { panic!() };
        assert!(span.is_empty());
    }

    #[test]
    fn months_and_days_leave_no_hole_in_any_zone() {
        for zone in chrono_tz::TZ_VARIANTS {
            let mut month = Month::parse("2023-01").unwrap();
            for _ in 0..24 {
                let window = month.window(zone);
                assert_eq!(window.to, month.next().window(zone).from, "{zone} {month}");
                assert_eq!(Month::around(window.from, zone), month, "{zone} {month}");
                assert!(Month::around(window.from.plus_ms(-1), zone) < month, "{zone} {month}");
                let days = days_of(window, zone);
                let sum: i64 = days.iter().map(|(_, span)| span.length_ms()).sum();
                assert_eq!(sum, window.length_ms(), "{zone} {month}");
                month = month.next();
            }
        }
    }

    #[rstest]
    #[case("2026-1")]
    #[case("2026-13")]
    #[case("2026-00")]
    #[case("26-11")]
    #[case("+026-11")]
    #[case("1969-12")]
    #[case("9999-01")]
    #[case("november")]
    fn a_malformed_month_is_told_how_to_be_written(#[case] text: &str) {
        let error = Month::parse(text).unwrap_err();
        assert!(error.contains("like 2026-11"), "{error}");
    }

    #[test]
    fn a_month_comes_back_from_its_text() {
        let month = Month::parse("2026-11").unwrap();
        assert_eq!(Month::parse(&month.to_string()), Ok(month));
        assert_eq!(month.name(), "November 2026");
        assert_eq!(Month::parse("2026-12").unwrap().next().to_string(), "2027-01");
        assert_eq!(Month::parse("2026-01").unwrap().previous().to_string(), "2025-12");
    }
}
