//! The report as JSON, schema `everup.report/1`: documented in `docs/report.md`, and
//! never changed but by a new schema name.

use super::latency;
use super::month::{MonitorMonth, MonthOutage, MonthReport};
use crate::domain::timestamp::Timestamp;
use serde::Serialize;

/// The name and version of the form.
pub const SCHEMA: &str = "everup.report/1";

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    month: String,
    time_zone: &'static str,
    from: String,
    to: String,
    as_of: String,
    closed: bool,
    monitors: Vec<Monitor<'a>>,
}

#[derive(Serialize)]
struct Monitor<'a> {
    id: &'a str,
    name: &'a str,
    url: &'a str,
    uptime_percent: Option<String>,
    uptime_low_percent: Option<String>,
    uptime_high_percent: Option<String>,
    coverage_percent: Option<String>,
    sla: Sla,
    milliseconds: Milliseconds,
    outages: Vec<Outage<'a>>,
    blips: usize,
    checks: u64,
    latency_ms: Latency,
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
pub fn print(report: &MonthReport) -> String {
    let form = Report {
        schema: SCHEMA,
        month: report.month.to_string(),
        time_zone: report.zone.name(),
        from: instant(report.window.from),
        to: instant(report.window.to),
        as_of: instant(report.as_of),
        closed: report.closed,
        monitors: report.monitors.iter().map(|m| monitor(m, report.decimals)).collect(),
    };
    // Serialising strings, integers and finite numbers into memory cannot fail.
    let mut text = serde_json::to_string(&form).unwrap_or_default();
    text.push('\n');
    text
}

fn monitor(month: &MonitorMonth, decimals: u32) -> Monitor<'_> {
    let (low, high) = month.bounds_text().unzip();
    let tally = &month.tally;
    let percentiles = month.percentiles();
    Monitor {
        id: &month.id,
        name: &month.name,
        url: &month.url,
        uptime_percent: month.uptime_text(decimals),
        uptime_low_percent: low,
        uptime_high_percent: high,
        coverage_percent: month.coverage_text(decimals),
        sla: Sla {
            target_percent: month.target.to_string(),
            verdict: month.verdict.word(),
            certain: month.certain,
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
        outages: month.outages.iter().map(outage).collect(),
        blips: month.blips,
        checks: month.summary.checks,
        latency_ms: Latency {
            p50: percentiles.map(|p| number(p.p50_us)),
            p95: percentiles.map(|p| number(p.p95_us)),
            p99: percentiles.map(|p| number(p.p99_us)),
        },
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
