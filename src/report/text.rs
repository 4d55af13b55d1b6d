//! The report for a terminal: the figures, what they are made of, then the outages.

use super::figures::{Figures, Shown};
use super::latency;
use super::period::{GroupRow, MonitorRow, PeriodReport};
use super::restated::Restatement;
use crate::domain::duration;
use crate::domain::latency::Percentiles;
use crate::domain::percent::Verdict;
use crate::domain::timestamp::Timestamp;
use chrono_tz::Tz;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// A line below the names and none between the rows, as a printed statement has it.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Prints a report. It is as wide as the terminal, or as its text where there is none.
#[must_use]
pub fn print(report: &PeriodReport) -> String {
    let state = if report.closed {
        "closed".to_owned()
    } else {
        format!("as of {}", local(report.as_of, report.zone))
    };
    let mut text =
        format!("{} ({}), {state}\n\n", report.period.name(report.zone), report.zone.name());
    if report.monitors.is_empty() {
        text += "Nothing was watched in this time.\n";
        return text;
    }
    text += &format!("{}\n\n{}\n", figures(report), details(report));
    for row in &report.monitors {
        text += &outages(&row.name, &row.figures, report.zone);
        text += &imported(row, report.zone);
    }
    for row in &report.groups {
        text += &outages(&row.name, &row.figures, report.zone);
    }
    if let Some(restatement) = &report.restatement {
        text += &corrections(restatement, report);
    }
    text
}

/// What was promised and what came of it.
fn figures(report: &PeriodReport) -> Table {
    let header = ["Monitor", "Uptime", "Bounds, %", "Coverage", "Downtime", "SLA"];
    let cells = |name: &str, figures: &Figures| {
        let bounds = figures.bounds_text(report.decimals);
        [
            name.to_owned(),
            uptime(figures, report.decimals),
            bounds.map_or("–".to_owned(), |(low, high)| format!("{low}..{high}")),
            percent(figures.coverage_text(report.decimals)),
            length(Some(figures.tally.down).filter(|ms| *ms > 0), "none"),
            sla(figures),
        ]
    };
    let monitors = report.monitors.iter().map(|row| cells(&row.name, &row.figures));
    let groups = report.groups.iter().map(|row| cells(&group_name(row), &row.figures));
    table(&header, monitors.chain(groups))
}

/// Outages and latency. Without units in the cells it fits a terminal of 80 columns.
fn details(report: &PeriodReport) -> Table {
    let header =
        ["Monitor", "Outages", "Longest", "Recovery", "Blips", "p50, ms", "p95, ms", "p99, ms"];
    let cells =
        |name: &str, figures: &Figures, blips: Option<usize>, speed: Option<Percentiles>| {
            let latency = |of: fn(Percentiles) -> u32| {
                let us = speed.map(of);
                us.map_or("–".to_owned(), latency::tenths_of_ms)
            };
            [
                name.to_owned(),
                figures.outages.len().to_string(),
                length(figures.longest_outage_ms(), "–"),
                length(figures.recovery_ms(), "–"),
                blips.map_or("–".to_owned(), |blips| blips.to_string()),
                latency(|p| p.p50_us),
                latency(|p| p.p95_us),
                latency(|p| p.p99_us),
            ]
        };
    let monitors = (report.monitors.iter())
        .map(|row| cells(&row.name, &row.figures, Some(row.blips), row.percentiles()));
    let groups =
        (report.groups.iter()).map(|row| cells(&group_name(row), &row.figures, None, None));
    table(&header, monitors.chain(groups))
}

fn table<const COLUMNS: usize>(
    header: &[&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header).add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn group_name(row: &GroupRow) -> String {
    format!("{} ({} of {})", row.name, row.rule.word(), row.members.len())
}

fn length(ms: Option<i64>, none: &str) -> String {
    ms.map_or(none.to_owned(), duration::in_words)
}

/// The figure as pages show it too: none below half coverage, marked below 99 %.
fn uptime(figures: &Figures, decimals: u32) -> String {
    match Shown::of(&figures.tally, decimals) {
        Shown::Nothing => "–".to_owned(),
        Shown::RangeOnly => "range only".to_owned(),
        Shown::Partial(uptime) => format!("{uptime} % (partial data)"),
        Shown::Figure(uptime) => format!("{uptime} %"),
    }
}

fn percent(text: Option<String>) -> String {
    text.map_or("–".to_owned(), |text| format!("{text} %"))
}

fn sla(figures: &Figures) -> String {
    let verdict = match figures.verdict {
        Verdict::Met => "met",
        Verdict::Missed => "missed",
        Verdict::NoData => "no data",
    };
    let doubt = if figures.certain || figures.verdict == Verdict::NoData { "" } else { "?" };
    format!("{} % {verdict}{doubt}", figures.target)
}

/// Who said what, and what that makes of the measured figures.
fn corrections(restatement: &Restatement, report: &PeriodReport) -> String {
    let mut text = "\nCorrected afterwards\n".to_owned();
    let uptime = |figures: &Figures| percent(figures.uptime_text(report.decimals));
    for (measured, adjusted) in report.monitors.iter().zip(&restatement.adjusted.monitors) {
        if measured.figures.timeline != adjusted.figures.timeline {
            let (a, b) = (uptime(&measured.figures), uptime(&adjusted.figures));
            text += &format!("  {}: measured {a}, adjusted {b}\n", measured.name);
        }
    }
    for correction in &restatement.corrections {
        text += &format!(
            "  {}: the outage since {} counts as {}, says {}: {}\n",
            correction.monitor,
            local(correction.outage_began_at, report.zone),
            correction.instead.word(),
            correction.author,
            correction.reason,
        );
    }
    text
}

fn outages(name: &str, figures: &Figures, zone: Tz) -> String {
    let mut text = String::new();
    if !figures.outages.is_empty() {
        text += &format!("\n{name}\n");
    }
    for outage in &figures.outages {
        let end = match outage.ongoing {
            true => "now".to_owned(),
            false => local(outage.span.to, zone),
        };
        text += &format!(
            "  {} to {end}  {}  {}{}\n",
            local(outage.span.from, zone),
            duration::in_words(outage.down_ms),
            outage.reason,
            if outage.continued { "  (continued)" } else { "" },
        );
    }
    text
}

/// What other monitors said of it.
fn imported(row: &MonitorRow, zone: Tz) -> String {
    let mut text = String::new();
    for sentence in row.imported.iter().flat_map(|imported| imported.sentences(zone)) {
        if text.is_empty() && row.figures.outages.is_empty() {
            text += &format!("\n{}\n", row.name);
        }
        text += &format!("  {sentence}\n");
    }
    text
}

fn local(at: Timestamp, zone: Tz) -> String {
    at.to_utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string()
}
