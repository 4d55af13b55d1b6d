//! The report as JSON, schema `everup.report/1`: documented in `docs/report.md`, and
//! never changed but by a new schema name. `closed` reads back what is printed here.

mod afterwards;
mod imported;
pub(super) mod made_up;
mod maintenance;
mod visitors;

use super::figures::{BOUNDS_DECIMALS, Figures};
use super::imported::Imported;
use super::latency;
use super::outage::MonthOutage;
use super::period::{Closing, GroupRow, MonitorRow, PeriodReport};
use super::restated::CorrectedMonth;
use crate::domain::monitor::Parameters;
use crate::domain::period::Period;
use crate::domain::span::Spans;
use crate::domain::timestamp::Timestamp;
pub(super) use afterwards::adjusted_address;
use afterwards::{ClosedWithout, Corrected, Restates};
use imported::Beside;
use made_up::MadeUpForm;
use serde::Serialize;

/// The name and version of the form.
pub const SCHEMA: &str = "everup.report/1";

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    month: Option<String>,
    /// Of a quarter, a year or a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<String>,
    time_zone: &'static str,
    /// The zone in which its first month begins, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_time_zone: Option<&'static str>,
    /// The zone in which its last month ends, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_time_zone: Option<&'static str>,
    from: String,
    to: String,
    as_of: String,
    closed: bool,
    /// Only where it is so, and in the head of a closed month, too: nothing of what follows
    /// was seen by anybody in that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_up: Option<MadeUpForm>,
    /// Only where there was any, before the rows, so that a closed month has it in its head.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    maintenance: Vec<maintenance::Window<'a>>,
    /// How many windows more there were.
    #[serde(skip_serializing_if = "is_zero")]
    maintenance_left_out: usize,
    monitors: Vec<Monitor<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Group<'a>>,
    /// Of a quarter, a year or a range.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    corrected_months: Vec<Corrected<'a>>,
    /// Of a quarter, a year or a range.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    closed_without: Vec<ClosedWithout<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    restates: Option<Restates<'a>>,
}

#[derive(Serialize)]
struct Monitor<'a> {
    id: &'a str,
    name: &'a str,
    url: &'a str,
    #[serde(flatten)]
    figures: Numbers<'a>,
    blips: usize,
    checks: u64,
    latency_ms: Latency,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    imported: Vec<Beside<'a>>,
    #[serde(flatten)]
    course: Option<Course>,
}

#[derive(Serialize)]
struct Group<'a> {
    id: &'a str,
    name: &'a str,
    rule: &'static str,
    members: &'a [String],
    #[serde(flatten)]
    figures: Numbers<'a>,
    /// Of a balancer.
    #[serde(skip_serializing_if = "Option::is_none")]
    visitors: Option<visitors::Visitors>,
    #[serde(flatten)]
    course: Option<Course>,
}

/// What monitors and groups have in common.
#[derive(Serialize)]
struct Numbers<'a> {
    uptime_percent: Option<String>,
    uptime_low_percent: Option<String>,
    uptime_high_percent: Option<String>,
    coverage_percent: Option<String>,
    sla: Sla,
    error_budget: Budget,
    milliseconds: Milliseconds,
    outages: Vec<Outage<'a>>,
}

#[derive(Serialize)]
struct Budget {
    allowed_milliseconds: i64,
    used_milliseconds: i64,
    left_milliseconds: i64,
    lost_at: Option<String>,
}

#[derive(Serialize)]
struct Sla {
    target_percent: String,
    verdict: &'static str,
    certain: bool,
}

#[derive(Serialize)]
struct Milliseconds {
    window: i64,
    outside: i64,
    paused: i64,
    maintenance: i64,
    up: i64,
    degraded: i64,
    down: i64,
    unknown: i64,
}

/// What a closed month keeps besides, so that everything else can be computed again.
#[derive(Serialize)]
struct Course {
    /// Where each stretch begins, and what it counts as.
    timeline: Vec<(i64, &'static str)>,
    perhaps_down: Vec<(i64, i64)>,
    surely_down: Vec<(i64, i64)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<Version>,
    /// Of a monitor whose contract lets only so much maintenance leave the figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    maintenance_allowance_milliseconds: Option<i64>,
}

#[derive(Serialize)]
struct Version {
    from: String,
    interval_ms: i64,
    timeout_ms: i64,
    failures: u32,
    retry_interval_ms: i64,
    successes: u32,
}

#[derive(Serialize)]
struct ClosingHead<'a> {
    closed_at: String,
    program: &'a str,
    zone_database: &'a str,
    decimals: u32,
}

#[derive(Serialize)]
struct Outage<'a> {
    /// Of a monitor's outage.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    began_at: String,
    from: String,
    to: String,
    milliseconds: i64,
    reason: &'a str,
    continued: bool,
    ongoing: bool,
}

#[derive(Serialize)]
struct Latency {
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
}

/// Prints a report as one JSON object with a line end.
#[must_use]
pub fn print(report: &PeriodReport) -> String {
    match &report.closing {
        Some(closing) => closing.text.to_string(),
        None => text_of(&form(report)) + "\n",
    }
}

/// Prints the adjusted report of a month that was corrected; `None` where none was.
#[must_use]
pub fn print_adjusted(report: &PeriodReport) -> Option<String> {
    let (restatement, closing) = (report.restatement.as_deref()?, report.closing.as_ref()?);
    let restates = Restates::of(restatement, closing)?;
    let mut form = Report { restates: Some(restates), ..form(&restatement.adjusted) };
    // What was seen beneath maintenance stands in the report that is restated.
    (form.maintenance, form.maintenance_left_out) = (Vec::new(), 0);
    // What others said is no part of what was measured, and so of what is adjusted.
    form.monitors.iter_mut().for_each(|row| row.imported.clear());
    Some(text_of(&form) + "\n")
}

/// A corrected month of a longer period, as every form in JSON has it.
pub(super) fn corrected(month: &CorrectedMonth) -> impl Serialize + '_ {
    Corrected::of(month)
}

/// What another monitor said, as every form in JSON has it.
pub(super) fn beside(imported: &Imported) -> impl Serialize + '_ {
    Beside::of(imported)
}

fn form(report: &PeriodReport) -> Report<'_> {
    let is_month = matches!(report.period, Period::Month(_));
    Report {
        schema: SCHEMA,
        month: is_month.then(|| report.period.to_string()),
        period: (!is_month).then(|| report.period.to_string()),
        time_zone: report.zone.name(),
        from_time_zone: report.begins_in().map(|zone| zone.name()),
        to_time_zone: report.ends_in().map(|zone| zone.name()),
        from: instant(report.window.from),
        to: instant(report.window.to),
        as_of: instant(report.as_of),
        closed: report.closed,
        made_up: report.made_up.map(MadeUpForm::of),
        maintenance: report.maintenance.works.iter().map(maintenance::Window::of).collect(),
        maintenance_left_out: report.maintenance.left_out,
        monitors: report.monitors.iter().map(|row| monitor(row, report.decimals)).collect(),
        groups: report.groups.iter().map(|row| group(row, report.decimals)).collect(),
        corrected_months: report.corrected_months().map(Corrected::of).collect(),
        closed_without: (report.latecomers.iter())
            .filter(|_| !is_month)
            .map(ClosedWithout::of)
            .collect(),
        restates: None,
    }
}

fn monitor(row: &MonitorRow, decimals: u32) -> Monitor<'_> {
    let percentiles = row.percentiles();
    Monitor {
        course: None,
        id: &row.id,
        name: &row.name,
        url: &row.url,
        figures: numbers(&row.figures, decimals),
        blips: row.blips,
        checks: row.summary.checks,
        latency_ms: Latency {
            p50: percentiles.map(|p| number(p.p50_us)),
            p95: percentiles.map(|p| number(p.p95_us)),
            p99: percentiles.map(|p| number(p.p99_us)),
        },
        imported: row.imported.iter().map(Beside::of).collect(),
    }
}

fn group(row: &GroupRow, decimals: u32) -> Group<'_> {
    Group {
        course: None,
        id: &row.id,
        name: &row.name,
        rule: row.rule.word(),
        members: &row.members,
        figures: numbers(&row.figures, decimals),
        visitors: row.visitors.as_ref().map(visitors::Visitors::of),
    }
}

/// The JSON of a closed month up to its first monitor's row.
pub(super) fn closed_head(report: &PeriodReport, closing: &Closing) -> String {
    let without_rows = PeriodReport {
        monitors: Vec::new(),
        groups: Vec::new(),
        closing: None,
        restatement: None,
        corrected: Vec::new(),
        latecomers: Vec::new(),
        ..report.clone()
    };
    let form = ClosingHead {
        closed_at: instant(closing.closed_at),
        program: &closing.program,
        zone_database: &closing.zone_database,
        decimals: report.decimals,
    };
    let text = print(&without_rows);
    // A report without rows ends with its empty list of monitors.
    let head = text.trim_end().trim_end_matches("\"monitors\":[]}");
    format!("{head}\"closing\":{},\"monitors\":[", text_of(&form))
}

/// The row of a monitor in a closed month.
pub(super) fn closed_monitor(row: &MonitorRow, decimals: u32) -> String {
    let version = |(from, parameters): &(Timestamp, Parameters)| Version {
        from: instant(*from),
        interval_ms: parameters.interval_ms,
        timeout_ms: parameters.timeout_ms,
        failures: parameters.failures,
        retry_interval_ms: parameters.retry_interval_ms,
        successes: parameters.successes,
    };
    let parameters = row.parameters.iter().map(version).collect();
    let maintenance_allowance_milliseconds = row.allowance_ms;
    let course =
        Course { parameters, maintenance_allowance_milliseconds, ..course(&row.figures) };
    // What others said is no part of what was measured here.
    let imported = Vec::new();
    text_of(&Monitor { course: Some(course), imported, ..monitor(row, decimals) })
}

/// The row of a group in a closed month.
pub(super) fn closed_group(row: &GroupRow, decimals: u32) -> String {
    text_of(&Group { course: Some(course(&row.figures)), ..group(row, decimals) })
}

fn course(figures: &Figures) -> Course {
    let pairs = |spans: &Spans| -> Vec<(i64, i64)> {
        spans.as_slice().iter().map(|span| (span.from.0, span.to.0)).collect()
    };
    let segments = figures.timeline.segments().iter();
    Course {
        timeline: segments.map(|s| (s.span.from.0, s.class.word())).collect(),
        perhaps_down: pairs(&figures.doubt.perhaps_down),
        surely_down: pairs(&figures.doubt.surely_down),
        parameters: Vec::new(),
        maintenance_allowance_milliseconds: None,
    }
}

/// Serialising strings, integers and finite numbers into memory cannot fail.
fn text_of(form: &impl Serialize) -> String {
    serde_json::to_string(form).unwrap_or_default()
}

fn numbers(figures: &Figures, decimals: u32) -> Numbers<'_> {
    let (low, high) = figures.bounds_text(BOUNDS_DECIMALS).unzip();
    let Figures { tally, budget, .. } = figures;
    Numbers {
        uptime_percent: figures.uptime_text(decimals),
        uptime_low_percent: low,
        uptime_high_percent: high,
        coverage_percent: figures.coverage_text(decimals),
        sla: Sla {
            target_percent: figures.target.to_string(),
            verdict: figures.verdict.word(),
            certain: figures.certain,
        },
        error_budget: Budget {
            allowed_milliseconds: budget.allowed_ms,
            used_milliseconds: budget.used_ms,
            left_milliseconds: budget.left_ms(),
            lost_at: budget.lost_at.map(instant),
        },
        milliseconds: Milliseconds {
            window: tally.window(),
            outside: tally.outside,
            paused: tally.paused,
            maintenance: tally.maintenance,
            up: tally.up,
            degraded: tally.degraded,
            down: tally.down,
            unknown: tally.unknown,
        },
        outages: figures.outages.iter().map(outage).collect(),
    }
}

fn outage(outage: &MonthOutage) -> Outage<'_> {
    Outage {
        id: outage.id.as_ref().map(ToString::to_string),
        began_at: instant(outage.began_at),
        from: instant(outage.span.from),
        to: instant(outage.span.to),
        milliseconds: outage.down_ms,
        reason: &outage.reason,
        continued: outage.continued,
        ongoing: outage.ongoing,
    }
}

/// What serde asks before it leaves a number out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn instant(at: Timestamp) -> String {
    at.to_string()
}

/// A latency is no part of the figure, so a float may carry it; it is the float that
/// prints as the exact text.
pub(super) fn number(us: u32) -> f64 {
    latency::tenths_of_ms(us).parse().unwrap_or_default()
}
