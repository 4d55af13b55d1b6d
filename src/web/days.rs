//! Days as a table: every fact that their bars or their calendar show.

use super::explain::address;
use super::figure::{Figure, NOTHING};
use crate::domain::duration;
use crate::domain::uptime::Tally;
use crate::report::status::Day;
use askama::Template;
use chrono::NaiveDate;

/// The table.
#[derive(Clone, Debug, Template)]
#[template(path = "days.html")]
pub(super) struct Days {
    rows: Vec<Row>,
    /// How many days there are on which nothing happened, where those are left out.
    left_out: usize,
}

#[derive(Clone, Debug)]
struct Row {
    date: NaiveDate,
    figure: Figure,
    down: String,
    degraded: String,
    unknown: String,
    maintenance: String,
    paused: String,
}

impl Days {
    /// Every day on which the monitor was there, newest first. `home` is the page of whose
    /// days they are.
    pub(super) fn all(days: &[Day], home: &str, decimals: u32) -> Days {
        let rows = days.iter().rev().filter(|day| is_lived(&day.tally));
        Days { rows: rows.map(|day| row(day, home, decimals)).collect(), left_out: 0 }
    }

    /// The days on which it was anything but up, in order.
    pub(super) fn eventful(days: &[Day], home: &str, decimals: u32) -> Days {
        let lived = days.iter().filter(|day| is_lived(&day.tally));
        let (quiet, eventful): (Vec<&Day>, Vec<&Day>) =
            lived.partition(|day| day.tally.up + day.tally.outside == day.tally.window());
        let rows = eventful.into_iter().map(|day| row(day, home, decimals));
        Days { rows: rows.collect(), left_out: quiet.len() }
    }
}

fn is_lived(tally: &Tally) -> bool {
    tally.window() > tally.outside
}

fn row(day: &Day, home: &str, decimals: u32) -> Row {
    let tally = &day.tally;
    let words = |ms: i64| if ms > 0 { duration::in_words(ms) } else { NOTHING.to_owned() };
    Row {
        date: day.date,
        figure: Figure::unbounded(tally, decimals).explained(address::of_day(home, day.date)),
        down: words(tally.down),
        degraded: words(tally.degraded),
        unknown: words(tally.unknown),
        maintenance: words(tally.maintenance),
        paused: words(tally.paused),
    }
}
