//! A time in pictures, each with its table: the days of a month as a calendar, and the
//! hours of the day in which downtime fell.

use super::calendar::Calendar;
use super::days::Days;
use super::hours::{self, HoursChart};
use crate::domain::duration;
use crate::domain::span::Span;
use crate::domain::timeline::Timeline;
use crate::report::hours::Hours;
use crate::report::past;
use askama::Template;
use chrono::NaiveDate;
use chrono_tz::Tz;

/// The pictures.
#[derive(Clone, Debug, Template)]
#[template(path = "views.html")]
pub(super) struct Views {
    /// What time they are of.
    period: String,
    zone: &'static str,
    /// The calendar and its table; `None` where the time is no month.
    calendar: Option<(Calendar, Days)>,
    /// The hours and their table; `None` where there was no downtime.
    hours: Option<(HoursChart, Vec<HourRow>)>,
}

#[derive(Clone, Debug)]
struct HourRow {
    hour: String,
    downtime: String,
    down_ms: i64,
}

impl Views {
    /// The pictures of `timeline`, which is called `period` and has these days, if it is
    /// a month; `None` where there is nothing to draw. `home` is the page of whose they are.
    pub(super) fn of(
        home: &str,
        timeline: &Timeline,
        period: String,
        dates: &[(NaiveDate, Span)],
        zone: Tz,
        decimals: u32,
    ) -> Option<Views> {
        let days = past::days(timeline, dates);
        let hours = Hours::of(timeline, zone);
        let calendar = Calendar::of(&days);
        let calendar =
            calendar.map(|calendar| (calendar, Days::eventful(&days, home, decimals)));
        let hours = HoursChart::of(&hours).map(|chart| (chart, hour_rows(&hours)));
        let is_drawn = calendar.is_some() || hours.is_some();
        is_drawn.then(|| Views { period, zone: zone.name(), calendar, hours })
    }
}

/// The hours in which downtime fell.
fn hour_rows(hours: &Hours) -> Vec<HourRow> {
    let row = |(hour, ms): (usize, &i64)| HourRow {
        hour: hours::name(hour),
        downtime: duration::in_words(*ms),
        down_ms: *ms,
    };
    let hours = hours.down_ms.iter().enumerate();
    hours.filter(|(_, ms)| **ms > 0).map(row).collect()
}
