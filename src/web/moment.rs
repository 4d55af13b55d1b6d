//! Instants on pages: text in the report's zone, and a `<time>` that the script turns
//! into the viewer's.

use crate::domain::month::{self, TO_THE_SECOND};
use crate::domain::timestamp::Timestamp;
use askama::Template;
use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

/// An instant, printed as a `<time>` element.
#[derive(Clone, Debug, Template)]
#[template(path = "time.html")]
pub(super) struct Moment {
    at: Timestamp,
    text: String,
    /// The form, for the script, which prints the same one in another zone.
    form: &'static str,
}

impl Moment {
    /// As short as it can be said at `now`: `10:42`, `3 Nov, 10:42`, `3 Nov 2025, 10:42`,
    /// all in one line.
    pub(super) fn short(at: Timestamp, now: Timestamp, zone: Tz) -> Moment {
        let local = at.to_utc().with_timezone(&zone);
        let today = month::local_date(now, zone);
        let format = if local.date_naive() == today {
            "%H:%M"
        } else if local.year() == today.year() {
            "%-d %b, %H:%M"
        } else {
            "%-d %b %Y, %H:%M"
        };
        let text = month::local_time(at, zone, format).replace(' ', "\u{a0}");
        Moment { at, text, form: "short" }
    }

    /// What it reads as in the report's zone.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// To the second: `2026-11-03 10:42:07`.
    pub(super) fn exact(at: Timestamp, zone: Tz) -> Moment {
        Moment { at, text: month::local_time(at, zone, TO_THE_SECOND), form: "exact" }
    }

    /// Like [`Moment::exact`], but the text stays in the report's zone, whoever reads it.
    pub(super) fn fixed(at: Timestamp, zone: Tz) -> Moment {
        Moment { form: "fixed", ..Moment::exact(at, zone) }
    }

    /// Like [`Moment::fixed`], to the millisecond: for what is to be computed again.
    pub(super) fn to_the_ms(at: Timestamp, zone: Tz) -> Moment {
        let text = month::local_time(at, zone, "%Y-%m-%d %H:%M:%S%.3f");
        Moment { at, text, form: "fixed" }
    }
}

/// An exact instant and its zone as plain text: `2026-11-03 10:42:07 Europe/Berlin`.
pub(super) fn exact(at: Timestamp, zone: Tz) -> String {
    format!("{} {}", month::local_time(at, zone, TO_THE_SECOND), zone.name())
}

/// The date of an instant: `3 Nov`.
pub(super) fn day_of(at: Timestamp, zone: Tz) -> String {
    day(month::local_date(at, zone))
}

/// A date as bars and axes have it: `3 Nov`.
pub(super) fn day(date: NaiveDate) -> String {
    date.format("%-d %b").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const NOW: &str = "2026-11-24T10:54:07Z";

    #[rstest]
    #[case("2026-11-24T09:42:00Z", "10:42")]
    #[case("2026-11-23T23:30:00Z", "00:30")]
    #[case("2026-11-23T22:30:00Z", "23 Nov, 23:30")]
    #[case("2025-12-31T22:59:00Z", "31 Dec 2025, 23:59")]
    #[case("2025-12-31T23:00:00Z", "1 Jan, 00:00")]
    #[case::the_first_time("2026-10-25T00:30:00Z", "25 Oct, 02:30 +02:00")]
    #[case::the_second_time("2026-10-25T01:30:00Z", "25 Oct, 02:30 +01:00")]
    fn an_instant_is_as_short_as_it_can_be_said(#[case] at: &str, #[case] text: &str) {
        let [at, now] = [at, NOW].map(|text| Timestamp::parse_rfc3339(text).unwrap());
        let moment = Moment::short(at, now, chrono_tz::Europe::Berlin);
        assert_eq!(moment.text, text.replace(' ', "\u{a0}"));
    }

    /// Otherwise an outage would end before it began.
    #[test]
    fn an_hour_that_comes_twice_says_which_it_is() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        let text = |at| Moment::to_the_ms(at, chrono_tz::Europe::Berlin).text;
        assert_eq!(text(at("2026-10-24T23:59:59Z")), "2026-10-25 01:59:59.000");
        assert_eq!(text(at("2026-10-25T00:00:00Z")), "2026-10-25 02:00:00.000 +02:00");
        assert_eq!(text(at("2026-10-25T01:00:00Z")), "2026-10-25 02:00:00.000 +01:00");
        assert_eq!(text(at("2026-10-25T02:00:00Z")), "2026-10-25 03:00:00.000");
    }

    #[test]
    fn an_instant_keeps_its_exact_value_for_machines() {
        let at = Timestamp::parse_rfc3339("2026-11-24T09:42:07.250Z").unwrap();
        assert_eq!(
            Moment::exact(at, chrono_tz::Europe::Berlin).render().unwrap(),
            "<time datetime=\"2026-11-24T09:42:07.250Z\" data-form=\"exact\">\
             2026-11-24 10:42:07</time>"
        );
    }
}
