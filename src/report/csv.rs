//! The report as CSV (RFC 4180): one row a monitor and then one a group, after a row of
//! names.

use super::figures::{BOUNDS_DECIMALS, Figures};
use super::imported;
use super::latency;
use super::period::{MonitorRow, PeriodReport};
use crate::domain::cell::inert;
use crate::store::closed::Subject;

/// What a row begins with: of when and of what it is.
const ABOUT: [&str; 10] =
    ["period", "time_zone", "from", "to", "as_of", "closed", "kind", "id", "name", "url"];

/// What monitors and groups have in common.
const FIGURES: [&str; 21] = [
    "uptime_percent",
    "uptime_low_percent",
    "uptime_high_percent",
    "coverage_percent",
    "sla_target_percent",
    "sla_verdict",
    "sla_certain",
    "budget_allowed_ms",
    "budget_used_ms",
    "budget_left_ms",
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
];

/// What only monitors have, because only they are checked.
const CHECKS: [&str; 6] =
    ["blips", "checks", "latency_p50_ms", "latency_p95_ms", "latency_p99_ms", "imported"];

/// What was corrected afterwards: of a closed month the adjusted uptime, and of any period
/// the months of which the figures were.
const CORRECTED: [&str; 2] = ["adjusted_uptime_percent", "corrected_months"];

/// When the error budget was or at this pace will be used up. It came last.
const LOST: [&str; 1] = ["budget_lost_at"];

/// Prints a report. A value that does not exist is an empty field.
#[must_use]
pub fn print(report: &PeriodReport) -> String {
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // Writing records of equal length into memory cannot fail.
    let names = ABOUT.iter().chain(&FIGURES).chain(&CHECKS).chain(&CORRECTED).chain(&LOST);
    let _ = table.write_record(names);
    for row in &report.monitors {
        let about = about(report, "monitor", &row.id, &row.name, &row.url);
        let figures = figures(&row.figures, report.decimals);
        let checks = checks(report, row);
        let corrected = corrected(report, Subject::Monitor, &row.id);
        let lost = lost(&row.figures);
        let row = about.iter().chain(&figures).chain(&checks).chain(&corrected).chain(&lost);
        let _ = table.write_record(row);
    }
    for row in &report.groups {
        let about = about(report, "group", &row.id, &row.name, "");
        let figures = figures(&row.figures, report.decimals);
        let mut none: [String; 6] = std::array::from_fn(|_| String::new());
        // A group is judged by its members, wherever their checks come from.
        if let (Some(made_up), Some(imported)) = (report.made_up, none.last_mut()) {
            *imported = inert(&imported::warning(made_up, report.zone));
        }
        let corrected = corrected(report, Subject::Group, &row.id);
        let lost = lost(&row.figures);
        let row = about.iter().chain(&figures).chain(&none).chain(&corrected).chain(&lost);
        let _ = table.write_record(row);
    }
    let bytes = table.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn about(report: &PeriodReport, kind: &str, id: &str, name: &str, url: &str) -> [String; 10] {
    [
        report.period.to_string(),
        report.zone.name().to_owned(),
        report.window.from.to_string(),
        report.window.to.to_string(),
        report.as_of.to_string(),
        report.closed.to_string(),
        kind.to_owned(),
        id.to_owned(),
        inert(name),
        inert(url),
    ]
}

fn figures(figures: &Figures, decimals: u32) -> [String; 21] {
    let (low, high) = figures.bounds_text(BOUNDS_DECIMALS).unzip();
    let Figures { tally, budget, .. } = figures;
    let ms = |ms: Option<i64>| ms.map(|ms| ms.to_string()).unwrap_or_default();
    [
        figures.uptime_text(decimals).unwrap_or_default(),
        low.unwrap_or_default(),
        high.unwrap_or_default(),
        figures.coverage_text(decimals).unwrap_or_default(),
        figures.target.to_string(),
        figures.verdict.word().to_owned(),
        figures.certain.to_string(),
        budget.allowed_ms.to_string(),
        budget.used_ms.to_string(),
        budget.left_ms().to_string(),
        tally.window().to_string(),
        tally.outside.to_string(),
        tally.paused.to_string(),
        tally.maintenance.to_string(),
        tally.up.to_string(),
        tally.degraded.to_string(),
        tally.down.to_string(),
        tally.unknown.to_string(),
        figures.outages.len().to_string(),
        ms(figures.longest_outage_ms()),
        ms(figures.recovery_ms()),
    ]
}

fn lost(figures: &Figures) -> [String; 1] {
    [figures.budget.lost_at.map(|at| at.to_string()).unwrap_or_default()]
}

fn corrected(report: &PeriodReport, subject: Subject, id: &str) -> [String; 2] {
    let own = report.own_corrections();
    let months = report.corrected_parts();
    let months = months.filter(|of| of.row(subject, id).is_some()).map(|of| of.month);
    let adjusted = own.and_then(|of| of.row(subject, id)).map(|row| &row.adjusted);
    [
        adjusted.and_then(|of| of.uptime_text(report.decimals)).unwrap_or_default(),
        months.map(|month| month.to_string()).collect::<Vec<_>>().join(" "),
    ]
}

fn checks(report: &PeriodReport, row: &MonitorRow) -> [String; 6] {
    let percentiles = row.percentiles();
    let ms = |us: Option<u32>| us.map(latency::tenths_of_ms).unwrap_or_default();
    let imported = row.imported.iter().flat_map(|of| of.sentences(report.zone));
    [
        row.blips.to_string(),
        row.summary.checks.to_string(),
        ms(percentiles.map(|p| p.p50_us)),
        ms(percentiles.map(|p| p.p95_us)),
        ms(percentiles.map(|p| p.p99_us)),
        inert(&imported.collect::<Vec<_>>().join("; ")),
    ]
}
