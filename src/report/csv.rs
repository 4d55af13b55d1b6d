//! The report as CSV (RFC 4180): one row a monitor, after a row of names.

use super::latency;
use super::month::MonthReport;

const COLUMNS: [&str; 32] = [
    "month",
    "time_zone",
    "from",
    "to",
    "as_of",
    "closed",
    "id",
    "name",
    "url",
    "uptime_percent",
    "uptime_low_percent",
    "uptime_high_percent",
    "coverage_percent",
    "sla_target_percent",
    "sla_verdict",
    "sla_certain",
    "window_ms",
    "outside_ms",
    "paused_ms",
    "maintenance_ms",
    "up_ms",
    "degraded_ms",
    "down_ms",
    "unknown_ms",
    "outages",
    "longest_outage_ms",
    "mean_time_to_recovery_ms",
    "blips",
    "checks",
    "latency_p50_ms",
    "latency_p95_ms",
    "latency_p99_ms",
];

/// Prints a report. A value that does not exist is an empty field.
#[must_use]
pub fn print(report: &MonthReport) -> String {
    let mut rows = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // Writing records of equal length into memory cannot fail.
    let _ = rows.write_record(COLUMNS);
    for row in records(report) {
        let _ = rows.write_record(row);
    }
    let bytes = rows.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn records(report: &MonthReport) -> impl Iterator<Item = [String; 32]> {
    report.monitors.iter().map(|month| {
        let (low, high) = month.bounds_text().unzip();
        let tally = &month.tally;
        let percentiles = month.percentiles();
        let ms = |us: Option<u32>| us.map(latency::tenths_of_ms).unwrap_or_default();
        [
            report.month.to_string(),
            report.zone.name().to_owned(),
            report.window.from.to_string(),
            report.window.to.to_string(),
            report.as_of.to_string(),
            report.closed.to_string(),
            month.id.clone(),
            inert(&month.name),
            inert(&month.url),
            month.uptime_text(report.decimals).unwrap_or_default(),
            low.unwrap_or_default(),
            high.unwrap_or_default(),
            month.coverage_text(report.decimals).unwrap_or_default(),
            month.target.to_string(),
            month.verdict.word().to_owned(),
            month.certain.to_string(),
            tally.window().to_string(),
            tally.outside.to_string(),
            tally.paused.to_string(),
            tally.maintenance.to_string(),
            tally.up.to_string(),
            tally.degraded.to_string(),
            tally.down.to_string(),
            tally.unknown.to_string(),
            month.outages.len().to_string(),
            month.longest_outage_ms().map(|ms| ms.to_string()).unwrap_or_default(),
            month.recovery_ms().map(|ms| ms.to_string()).unwrap_or_default(),
            month.blips.to_string(),
            month.summary.checks.to_string(),
            ms(percentiles.map(|p| p.p50_us)),
            ms(percentiles.map(|p| p.p95_us)),
            ms(percentiles.map(|p| p.p99_us)),
        ]
    })
}

/// Text that a spreadsheet would run as a formula gets an apostrophe before it.
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
