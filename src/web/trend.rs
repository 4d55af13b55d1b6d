//! A report's months beside each other: a row for every monitor and group, as a picture
//! and as figures.

use super::bars::Bars;
use super::explain::address;
use super::figure::NOTHING;
use crate::domain::calendar::Calendar;
use crate::domain::month::Month;
use crate::domain::percent;
use crate::domain::period::Period;
use crate::domain::uptime::Tally;
use crate::report::figures::Shown;
use crate::report::months::Months;
use crate::report::past::MonthSum;
use crate::report::period::PeriodReport;
use crate::report::restated;
use crate::store::closed::Subject;
use askama::Template;

/// The table.
#[derive(Clone, Debug, Template)]
#[template(path = "trend.html")]
pub(super) struct Trend<'a> {
    title: String,
    months: Vec<Column>,
    rows: Vec<Row<'a>>,
    /// Whether a figure of any was corrected afterwards.
    is_corrected: bool,
}

#[derive(Clone, Debug)]
struct Column {
    month: Month,
    /// Its name, in as little room as its figures have.
    name: String,
    year: String,
    has_report: bool,
}

#[derive(Clone, Debug)]
struct Row<'a> {
    /// What its place in every report begins with.
    kind: char,
    id: &'a str,
    name: &'a str,
    bars: Bars,
    cells: Vec<Cell>,
}

#[derive(Clone, Debug)]
struct Cell {
    /// The address that says how it came about, where anything was there.
    how: Option<String>,
    uptime: String,
    /// Where so much is missing that it must be said.
    coverage: Option<String>,
    /// Its month, where the figure was corrected afterwards.
    corrected: Option<Month>,
}

/// What says where the explanation of an id's figure in a period is.
type How = fn(&str, Period) -> String;

impl<'a> Trend<'a> {
    /// The months beside a report; `None` where it has none.
    pub(super) fn of(
        report: &'a PeriodReport,
        months: Months,
        calendar: &Calendar,
    ) -> Option<Trend<'a>> {
        let (newest, _) = report.months.last()?;
        let title = match report.period {
            Period::Month(_) => format!("Uptime in the twelve months to {}", newest.name()),
            longer => format!("Uptime in the months of {}", longer.in_sentence(report.zone)),
        };
        let corrected = |month: Month, kind: char, id: &str| {
            let subject = if kind == 'g' { Subject::Group } else { Subject::Monitor };
            restated::adjusted(&report.corrected, month, subject, id).map(|_| month)
        };
        let row = |kind, id: &'a str, name, sums: &[MonthSum], how: How| Row {
            kind,
            id,
            name,
            bars: Bars::of_months(sums),
            cells: (sums.iter())
                .map(|sum| Cell {
                    corrected: corrected(sum.month, kind, id),
                    ..cell(sum, id, how, report.decimals)
                })
                .collect(),
        };
        let groups = (report.groups.iter())
            .map(|of| row('g', &of.id, &of.name, &of.months, address::of_group));
        let monitors = (report.monitors.iter())
            .map(|of| row('m', &of.id, &of.name, &of.months, address::of_monitor));
        let column = |month: &(Month, _)| column(month.0, months, calendar);
        let rows: Vec<Row<'a>> = groups.chain(monitors).collect();
        Some(Trend {
            title,
            months: report.months.iter().map(column).collect(),
            is_corrected: (rows.iter())
                .any(|row| row.cells.iter().any(|cell| cell.corrected.is_some())),
            rows,
        })
    }
}

fn column(month: Month, months: Months, calendar: &Calendar) -> Column {
    Column {
        month,
        name: month.first_day().format("%b").to_string(),
        year: month.first_day().format("%Y").to_string(),
        has_report: months.admit(Period::Month(month), calendar).is_ok(),
    }
}

fn cell(sum: &MonthSum, id: &str, how: How, decimals: u32) -> Cell {
    let MonthSum { month, tally } = sum;
    let (uptime, is_partial) = match Shown::of(tally, decimals) {
        Shown::Figure(uptime) => (uptime, false),
        Shown::Partial(uptime) => (uptime, true),
        Shown::RangeOnly => (NOTHING.to_owned(), true),
        Shown::Nothing => (NOTHING.to_owned(), false),
    };
    // Whole percents fit beside eleven other months.
    let coverage = |tally: &Tally| tally.coverage().map(|ratio| percent::shown(ratio, 0));
    Cell {
        how: (tally.window() > tally.outside).then(|| how(id, Period::Month(*month))),
        uptime,
        coverage: coverage(tally).filter(|_| is_partial),
        corrected: None,
    }
}
