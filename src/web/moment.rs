//! Instants on pages: text in the report's zone, and a `<time>` that the script turns
//! into the viewer's.

use crate::domain::month::{self, TO_THE_SECOND};
use crate::domain::span::Span;
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
    /// What is said right before it, where it is the end of a span: a day that both have is
    /// said once.
    begun_at: Option<Timestamp>,
}

impl Moment {
    /// As short as it can be said at `now`: `10:42`, `3 Nov, 10:42`, `3 Nov 2025, 10:42`,
    /// all in one line.
    pub(super) fn short(at: Timestamp, now: Timestamp, zone: Tz) -> Moment {
        let is_today = month::local_date(at, zone) == month::local_date(now, zone);
        let format = if is_today { "%H:%M" } else { short_form(at, now, zone) };
        let text = month::local_time(at, zone, format).replace(' ', "\u{a0}");
        Moment { at, text, form: "short", begun_at: None }
    }

    /// Both ends of a span like [`Moment::short`]: `3 Nov, 10:42` and `10:58`. The second one
    /// has its day where that is another than the first one's, even if it is today's.
    pub(super) fn short_range(span: Span, now: Timestamp, zone: Tz) -> [Moment; 2] {
        let text = month::local_end(span, zone, short_form(span.to, now, zone));
        let text = text.replace(' ', "\u{a0}");
        let begun_at = Some(span.from);
        let to = Moment { at: span.to, text, form: "short", begun_at };
        [Moment::short(span.from, now, zone), to]
    }

    /// What it reads as in the report's zone.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// To the second: `2026-11-03 10:42:07`.
    pub(super) fn exact(at: Timestamp, zone: Tz) -> Moment {
        let text = month::local_time(at, zone, TO_THE_SECOND);
        Moment { at, text, form: "exact", begun_at: None }
    }

    /// Both ends of a span like [`Moment::exact`]: `2026-11-03 10:42:07` and `10:58:00`.
    pub(super) fn exact_range(span: Span, zone: Tz) -> [Moment; 2] {
        let text = month::local_end(span, zone, TO_THE_SECOND);
        let to = Moment { at: span.to, text, form: "exact", begun_at: Some(span.from) };
        [Moment::exact(span.from, zone), to]
    }

    /// Like [`Moment::exact`], but the text stays in the report's zone, whoever reads it.
    pub(super) fn fixed(at: Timestamp, zone: Tz) -> Moment {
        Moment { form: "fixed", ..Moment::exact(at, zone) }
    }

    /// Like [`Moment::exact_range`], but in the report's zone, whoever reads it.
    pub(super) fn fixed_range(span: Span, zone: Tz) -> [Moment; 2] {
        // The script leaves both alone.
        Moment::exact_range(span, zone).map(|moment| Moment {
            form: "fixed",
            begun_at: None,
            ..moment
        })
    }

    /// Like [`Moment::fixed`], to the millisecond: for what is to be computed again.
    pub(super) fn to_the_ms(at: Timestamp, zone: Tz) -> Moment {
        let text = month::local_time(at, zone, "%Y-%m-%d %H:%M:%S%.3f");
        Moment { at, text, form: "fixed", begun_at: None }
    }
}

/// A day and a time, with the year where that is not this one.
fn short_form(at: Timestamp, now: Timestamp, zone: Tz) -> &'static str {
    let [at, now] = [at, now].map(|at| month::local_date(at, zone));
    if at.year() == now.year() { "%-d %b, %H:%M" } else { "%-d %b %Y, %H:%M" }
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

    #[rstest]
    #[case::both_to_come(
        "2026-12-02T01:00:00Z",
        "2026-12-02T03:00:00Z",
        "2 Dec, 02:00 to 04:00"
    )]
    #[case::both_today("2026-11-24T09:42:00Z", "2026-11-24T10:42:00Z", "10:42 to 11:42")]
    #[case::over_midnight(
        "2026-12-02T22:00:00Z",
        "2026-12-02T23:00:00Z",
        "2 Dec, 23:00 to 3 Dec, 00:00"
    )]
    #[case::one_day_in_utc(
        "2026-12-02T22:00:00Z",
        "2026-12-02T23:30:00Z",
        "2 Dec, 23:00 to 3 Dec, 00:30"
    )]
    #[case::into_today(
        "2026-11-23T21:00:00Z",
        "2026-11-24T03:00:00Z",
        "23 Nov, 22:00 to 24 Nov, 04:00"
    )]
    #[case::out_of_today(
        "2026-11-24T21:00:00Z",
        "2026-11-25T03:00:00Z",
        "22:00 to 25 Nov, 04:00"
    )]
    #[case::another_year(
        "2025-12-31T21:00:00Z",
        "2025-12-31T22:00:00Z",
        "31 Dec 2025, 22:00 to 23:00"
    )]
    #[case::over_new_year(
        "2025-12-31T21:00:00Z",
        "2026-01-01T03:00:00Z",
        "31 Dec 2025, 22:00 to 1 Jan, 04:00"
    )]
    #[case::put_back(
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:10:00Z",
        "25 Oct, 02:30 +02:00 to 02:10 +01:00"
    )]
    fn a_day_that_both_ends_of_a_span_have_is_said_once(
        #[case] from: &str,
        #[case] to: &str,
        #[case] text: &str,
    ) {
        let [from, to, now] =
            [from, to, NOW].map(|text| Timestamp::parse_rfc3339(text).unwrap());
        let zone = chrono_tz::Europe::Berlin;
        let span = Span::new(from, to);
        let ends = Moment::short_range(span, now, zone).map(|end| end.text);
        assert_eq!(ends.join(" to ").replace('\u{a0}', " "), text);
        // So are all forms of it.
        let is_one_day = !text.split_once(" to ").unwrap().1.contains(',');
        let exact = Moment::exact_range(span, zone)[1].text.clone();
        assert_eq!(exact.starts_with("20"), !is_one_day, "{exact}");
        assert_eq!(Moment::fixed_range(span, zone)[1].text, exact);
    }

    /// In another zone the days are others.
    #[test]
    fn the_end_of_a_span_tells_the_script_when_it_began() {
        let [from, to] = ["2026-12-02T01:00:00Z", "2026-12-02T03:00:00Z"]
            .map(|text| Timestamp::parse_rfc3339(text).unwrap());
        let range = Moment::exact_range(Span::new(from, to), chrono_tz::Europe::Berlin);
        assert_eq!(
            range[1].render().unwrap(),
            "<time datetime=\"2026-12-02T03:00:00Z\" data-form=\"exact\" \
             data-from=\"2026-12-02T01:00:00Z\">04:00:00</time>"
        );
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
