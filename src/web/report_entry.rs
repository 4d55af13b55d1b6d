//! One monitor or group in the page of a report: a part of it, made by `report_page`.

use super::explain::address;
use super::figure::{self, Figure, NOTHING};
use super::group_page;
use super::moment::{self, Moment};
use super::months::MonthTable;
use super::outages::Outages;
use super::promise::{BudgetWords, Sla};
use super::restatement;
use super::unbroken::unbroken;
use super::views::Views;
use crate::domain::duration;
use crate::domain::latency::Percentiles;
use crate::domain::period::Period;
use crate::domain::span::Span;
use crate::report::figures::Figures;
use crate::report::latency;
use crate::report::past::MonthSum;
use crate::report::period::{GroupRow, MonitorRow, PeriodReport};
use crate::store::closed::Subject;
use chrono::NaiveDate;

/// What a period came to for one monitor or group.
pub(super) struct Entry<'a> {
    /// What leads to it on the page.
    pub(super) anchor: String,
    /// Its own page.
    pub(super) href: String,
    pub(super) name: &'a str,
    /// Its address, or of what a group is made.
    pub(super) about: String,
    pub(super) figure: Figure,
    /// What corrections make of it, where it was corrected.
    pub(super) adjusted: Option<String>,
    /// Since or until when, where that lies within the period: the day, and exactly.
    pub(super) life: Vec<(&'static str, (String, Moment))>,
    pub(super) downtime: String,
    pub(super) down_ms: i64,
    pub(super) maintenance: Option<String>,
    pub(super) paused: Option<String>,
    pub(super) unknown: Option<String>,
    pub(super) outage_count: usize,
    pub(super) longest: String,
    pub(super) recovery: String,
    pub(super) sla: Sla,
    pub(super) budget: BudgetWords,
    /// What only monitors have.
    pub(super) checks: Option<Checks>,
    pub(super) outages: Option<Outages<'a>>,
    /// What other monitors said of it, and what the visitors of a balancer saw, in sentences.
    pub(super) beside: Vec<String>,
    /// The months of a longer period.
    pub(super) months: Option<MonthTable<'a>>,
    /// Its days and hours in pictures, unless there are too many.
    pub(super) views: Option<Views>,
}

pub(super) struct Checks {
    pub(super) blips: usize,
    pub(super) count: u64,
    /// p50, p95 and p99.
    pub(super) percentiles: [String; 3],
}

/// The days of a month, none of a longer period; `None` where there are no pictures.
pub(super) type Dates<'a> = Option<&'a [(NaiveDate, Span)]>;

/// The part of a monitor.
pub(super) fn of_monitor<'a>(
    report: &PeriodReport,
    row: &'a MonitorRow,
    dates: Dates<'_>,
) -> Entry<'a> {
    let rank = |of: fn(Percentiles) -> u32| {
        let us = row.percentiles().map(of);
        us.map_or(NOTHING.to_owned(), |us| {
            unbroken(&format!("{} ms", latency::tenths_of_ms(us)))
        })
    };
    let checks = Checks {
        blips: row.blips,
        count: row.summary.checks,
        percentiles: [rank(|p| p.p50_us), rank(|p| p.p95_us), rank(|p| p.p99_us)],
    };
    let home = format!("/monitors/{}", row.id);
    let months = (('m', row.id.as_str()), row.name.as_str(), row.months.as_slice());
    Entry {
        adjusted: adjusted_uptime(report, Subject::Monitor, &row.id),
        anchor: format!("m-{}", row.id),
        about: row.url.clone(),
        checks: Some(checks),
        months: month_table(report, &home, months, &row.figures),
        beside: (row.imported.iter())
            .flat_map(|imported| imported.sentences(report.zone))
            .collect(),
        ..entry(report, home, &row.name, &row.figures, dates)
    }
}

/// The part of a group.
pub(super) fn of_group<'a>(
    report: &PeriodReport,
    row: &'a GroupRow,
    dates: Dates<'_>,
) -> Entry<'a> {
    let rule = group_page::rule(row.rule);
    let home = format!("/groups/{}", row.id);
    let months = (('g', row.id.as_str()), row.name.as_str(), row.months.as_slice());
    Entry {
        adjusted: adjusted_uptime(report, Subject::Group, &row.id),
        anchor: format!("g-{}", row.id),
        about: format!("Group of {}: {rule}", row.members.join(", ")),
        months: month_table(report, &home, months, &row.figures),
        beside: row.visitors_sentence(report).into_iter().collect(),
        ..entry(report, home, &row.name, &row.figures, dates)
    }
}

/// What corrections make of a row's figure in its closed month.
fn adjusted_uptime(report: &PeriodReport, subject: Subject, id: &str) -> Option<String> {
    let row = report.own_corrections()?.row(subject, id)?;
    Some(restatement::uptime(&row.adjusted, report.decimals))
}

/// What monitors and groups have in common; `home` is the page of whose entry it is.
fn entry<'a>(
    report: &PeriodReport,
    home: String,
    name: &'a str,
    figures: &'a Figures,
    dates: Dates<'_>,
) -> Entry<'a> {
    let views = |dates| {
        let period = report.period.name(report.zone);
        Views::of(&home, &figures.timeline, period, dates, report.zone, report.decimals)
    };
    let length =
        |ms: Option<i64>| ms.map_or(NOTHING.to_owned(), |ms| unbroken(&duration::in_words(ms)));
    let spent = |ms: i64| (ms > 0).then(|| unbroken(&duration::in_words(ms)));
    let caption = format!("Outages of {name} in {}", report.period.in_sentence(report.zone));
    let tally = &figures.tally;
    Entry {
        anchor: String::new(),
        name,
        about: String::new(),
        figure: Figure::of(figures, report.decimals)
            .explained(address::of(&home, report.period)),
        adjusted: None,
        life: figure::life(figures, |at| {
            (moment::day_of(at, report.zone), Moment::fixed(at, report.zone))
        }),
        downtime: figure::length(tally.down),
        down_ms: tally.down,
        maintenance: spent(tally.maintenance),
        paused: spent(tally.paused),
        unknown: spent(tally.unknown),
        outage_count: figures.outages.len(),
        longest: length(figures.longest_outage_ms()),
        recovery: length(figures.recovery_ms()),
        sla: Sla::of(figures),
        budget: BudgetWords::of(&figures.budget, report.zone),
        checks: None,
        outages: (!figures.outages.is_empty())
            .then(|| Outages::fixed(&figures.outages, report, caption)),
        beside: Vec::new(),
        months: None,
        views: dates.and_then(views),
        href: home,
    }
}

/// The months of a quarter or a year.
fn month_table<'a>(
    report: &PeriodReport,
    home: &str,
    (place, name, months): ((char, &'a str), &str, &[MonthSum]),
    figures: &Figures,
) -> Option<MonthTable<'a>> {
    let longer = matches!(report.period, Period::Quarter(_) | Period::Year(_));
    let caption = format!("The months of {name} in {}", report.period.in_sentence(report.zone));
    longer.then(|| {
        let sum = (report.period, figures, report.decimals);
        MonthTable::of(caption, home, place, months, sum).corrected(&report.corrected)
    })
}
