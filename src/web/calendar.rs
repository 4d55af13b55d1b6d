//! A month as SVG: a grid of weeks in which each day is the column that the bars have,
//! under its date and, where it was down, how long.
//!
//! Pure geometry. Dates are placed in percent of a picture that is never stretched, the
//! columns in a part of it that is.

use super::bars;
use crate::domain::duration::in_brief;
use crate::report::column;
use crate::report::status::Day;
use askama::Template;
use chrono::Datelike;
use std::fmt::Write;

/// The width of a day in the columns' own units, with the gap to the next: what it has
/// on a wide page, so that patterns keep their shape there.
const DAY_WIDTH: usize = 64;
const GAP: usize = 4;

/// A week, from its rule to the next: a line for dates, one for downtimes, the columns.
const WEEK_HEIGHT: usize = 64;
const DATE_Y: usize = 15;
const DOWNTIME_Y: usize = 28;
const COLUMN_TOP: usize = 31;

/// The room for the names of the weekdays.
const HEAD: usize = 18;

/// A calendar of one month.
#[derive(Clone, Debug, Template)]
#[template(path = "calendar.svg")]
pub(super) struct Calendar {
    label: String,
    height: usize,
    /// The columns of a week, in their own units.
    width: usize,
    column_height: i64,
    weekdays: Vec<Text>,
    weeks: Vec<Week>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Week {
    /// Where it begins, and where its columns do.
    top: usize,
    column_top: usize,
    /// What is drawn of each class.
    paths: Vec<(&'static str, String)>,
    dates: Vec<Text>,
    downtimes: Vec<Text>,
}

/// A word and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Text {
    /// In percent of the width.
    x: String,
    y: usize,
    text: String,
}

impl Calendar {
    /// The calendar of consecutive days; `None` of none.
    pub(super) fn of(days: &[Day]) -> Option<Calendar> {
        const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let first = days.first()?.date.weekday().num_days_from_monday() as usize;
        let mut rest = days;
        let mut weeks = Vec::new();
        let mut before = first;
        while !rest.is_empty() {
            let (week, later) = rest.split_at(rest.len().min(7 - before));
            weeks.push(Week::of(HEAD + weeks.len() * WEEK_HEIGHT, before, week));
            (rest, before) = (later, 0);
        }
        Some(Calendar {
            label: bars::label(days),
            height: HEAD + weeks.len() * WEEK_HEIGHT,
            width: 7 * DAY_WIDTH,
            column_height: column::HEIGHT,
            weekdays: (0..).zip(NAMES).map(|(n, name)| text(n, 11, name.to_owned())).collect(),
            weeks,
        })
    }
}

impl Week {
    /// Some days of one week, of which so many come before them.
    fn of(top: usize, before: usize, days: &[Day]) -> Week {
        let (mut dates, mut downtimes) = (Vec::new(), Vec::new());
        let mut paths = column::CLASSES.map(|class| (class, String::new()));
        // A day that the zone never had has no place in it.
        for (weekday, day) in (before..).zip(days).filter(|(_, day)| !day.span.is_empty()) {
            dates.push(text(weekday, top + DATE_Y, day.date.day().to_string()));
            if day.tally.down > 0 {
                downtimes.push(text(weekday, top + DOWNTIME_Y, in_brief(day.tally.down)));
            }
            let (left, width) = (weekday * DAY_WIDTH, DAY_WIDTH - GAP);
            column::draw(&day.tally, |class, y, height| {
                // Writing to a string cannot fail.
                let _ = write!(paths[class].1, "M{left} {y}h{width}v{height}h-{width}z");
            });
        }
        let paths = paths.into_iter().filter(|(_, data)| !data.is_empty()).collect();
        Week { top, column_top: top + COLUMN_TOP, paths, dates, downtimes }
    }
}

fn text(weekday: usize, y: usize, text: String) -> Text {
    let per_mille = weekday * 1_000 / 7;
    Text { x: format!("{}.{}%", per_mille / 10, per_mille % 10), y, text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::month::{Month, days_of};
    use crate::domain::timestamp::DAY_MS;
    use crate::domain::uptime::Tally;

    fn days(month: &str, zone: chrono_tz::Tz) -> Vec<Day> {
        let day = |(date, span): (chrono::NaiveDate, crate::domain::span::Span)| Day {
            date,
            span,
            tally: Tally { up: span.length_ms(), ..Tally::default() },
        };
        let window = Month::parse(month).unwrap().window(zone);
        days_of(window, zone).into_iter().map(day).collect()
    }

    #[test]
    fn a_month_begins_on_its_weekday_and_has_as_many_weeks_as_it_needs() {
        // 2026-11-01 is a Sunday, and the 30th a Monday.
        let calendar = Calendar::of(&days("2026-11", chrono_tz::UTC)).unwrap();
        let dates: Vec<usize> = calendar.weeks.iter().map(|week| week.dates.len()).collect();
        assert_eq!(dates, [1, 7, 7, 7, 7, 1]);
        let first = &calendar.weeks[0].dates[0];
        assert_eq!((first.x.as_str(), first.y, first.text.as_str()), ("85.7%", 33, "1"));
        let last = &calendar.weeks[5].dates[0];
        assert_eq!((last.x.as_str(), last.y, last.text.as_str()), ("0.0%", 353, "30"));
        // February 2027 is four whole weeks.
        let calendar = Calendar::of(&days("2027-02", chrono_tz::UTC)).unwrap();
        assert_eq!((calendar.weeks.len(), calendar.height), (4, HEAD + 4 * WEEK_HEIGHT));
    }

    #[test]
    fn a_day_stands_under_its_date_as_the_bars_have_it() {
        let mut days = days("2027-02", chrono_tz::UTC);
        days[8].tally = Tally { down: DAY_MS, ..Tally::default() };
        days[9].tally = Tally { outside: DAY_MS, ..Tally::default() };
        let calendar = Calendar::of(&days).unwrap();
        let week = &calendar.weeks[1];
        assert_eq!(week.paths[0], ("down", "M64 0h60v28h-60z".to_owned()));
        assert_eq!(week.downtimes, [text(1, week.top + DOWNTIME_Y, "24 h".to_owned())]);
        let up = &week.paths[1];
        assert_eq!((up.0, up.1.matches('M').count()), ("up", 5), "an outside day is empty");
        assert_eq!(week.dates.len(), 7);
    }

    #[test]
    fn a_day_that_never_was_is_left_out() {
        let calendar = Calendar::of(&days("2011-12", chrono_tz::Pacific::Apia)).unwrap();
        let dates: Vec<&str> = (calendar.weeks.iter().flat_map(|week| &week.dates))
            .map(|date| date.text.as_str())
            .collect();
        assert_eq!(dates.len(), 30);
        assert!(!dates.contains(&"30") && dates.contains(&"31"));
    }
}
