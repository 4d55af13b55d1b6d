//! The report for a terminal: a table, then the outages.

use super::figures::{Figures, Shown};
use super::latency::{self, Percentiles};
use super::period::{MonitorRow, PeriodReport};
use crate::domain::duration;
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
    text += &table(report).to_string();
    text.push('\n');
    for row in &report.monitors {
        text += &outages(&row.name, &row.figures, report.zone);
        text += &imported(row, report.zone);
    }
    for row in &report.groups {
        text += &outages(&row.name, &row.figures, report.zone);
    }
    text
}

fn table(report: &PeriodReport) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header([
        "Monitor",
        "Uptime",
        "Between, %",
        "Coverage",
        "Downtime",
        "Outages",
        "p50",
        "p95",
        "SLA",
    ]);
    for row in &report.monitors {
        table.add_row(cells(&row.name, &row.figures, row.percentiles(), report.decimals));
    }
    for row in &report.groups {
        let name = format!("{} ({} of {})", row.name, row.rule, row.members.len());
        table.add_row(cells(&name, &row.figures, None, report.decimals));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn cells(
    name: &str,
    figures: &Figures,
    percentiles: Option<Percentiles>,
    decimals: u32,
) -> [String; 9] {
    let latency = |of: fn(Percentiles) -> u32| {
        let us = percentiles.map(of);
        us.map_or("–".to_owned(), |us| format!("{} ms", latency::tenths_of_ms(us)))
    };
    [
        name.to_owned(),
        uptime(figures, decimals),
        figures
            .bounds_text()
            .map_or("–".to_owned(), |(low, high)| format!("{low}..{high}")),
        percent(figures.coverage_text(decimals)),
        match figures.tally.down {
            0 => "none".to_owned(),
            ms => duration::in_words(ms),
        },
        figures.outages.len().to_string(),
        latency(|p| p.p50_us),
        latency(|p| p.p95_us),
        sla(figures),
    ]
}

/// The figure as pages show it too: none below half coverage, marked below 99 %.
fn uptime(figures: &Figures, decimals: u32) -> String {
    match figures.shown_uptime(decimals) {
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
