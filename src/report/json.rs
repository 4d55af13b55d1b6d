//! The report as JSON, schema `everup.report/1`: documented in `docs/report.md`, and
//! never changed but by a new schema name.

mod imported;

use super::figures::Figures;
use super::latency;
use super::outage::MonthOutage;
use super::period::{GroupRow, MonitorRow, PeriodReport};
use crate::domain::period::Period;
use crate::domain::timestamp::Timestamp;
use imported::Beside;
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
    from: String,
    to: String,
    as_of: String,
    closed: bool,
    monitors: Vec<Monitor<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Group<'a>>,
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
}

#[derive(Serialize)]
struct Group<'a> {
    id: &'a str,
    name: &'a str,
    rule: &'static str,
    members: &'a [String],
    #[serde(flatten)]
    figures: Numbers<'a>,
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

#[derive(Serialize)]
struct Outage<'a> {
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
    let form = Report {
        schema: SCHEMA,
        month: matches!(report.period, Period::Month(_)).then(|| report.period.to_string()),
        period: (!matches!(report.period, Period::Month(_))).then(|| report.period.to_string()),
        time_zone: report.zone.name(),
        from: instant(report.window.from),
        to: instant(report.window.to),
        as_of: instant(report.as_of),
        closed: report.closed,
        monitors: report.monitors.iter().map(|row| monitor(row, report.decimals)).collect(),
        groups: report.groups.iter().map(|row| group(row, report.decimals)).collect(),
    };
    // Serialising strings, integers and finite numbers into memory cannot fail.
    let mut text = serde_json::to_string(&form).unwrap_or_default();
    text.push('\n');
    text
}

fn monitor(row: &MonitorRow, decimals: u32) -> Monitor<'_> {
    let percentiles = row.percentiles();
    Monitor {
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
        id: &row.id,
        name: &row.name,
        rule: row.rule,
        members: &row.members,
        figures: numbers(&row.figures, decimals),
    }
}

fn numbers(figures: &Figures, decimals: u32) -> Numbers<'_> {
    let (low, high) = figures.bounds_text().unzip();
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
        from: instant(outage.span.from),
        to: instant(outage.span.to),
        milliseconds: outage.down_ms,
        reason: &outage.reason,
        continued: outage.continued,
        ongoing: outage.ongoing,
    }
}

fn instant(at: Timestamp) -> String {
    at.to_string()
}

/// A latency is no part of the figure, so a float may carry it; it is the float that
/// prints as the exact text.
fn number(us: u32) -> f64 {
    latency::tenths_of_ms(us).parse().unwrap_or_default()
}
