//! The report for a terminal: a table, then the outages.

use super::latency;
use super::month::{MonitorMonth, MonthReport, Shown};
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
pub fn print(report: &MonthReport) -> String {
    let state = if report.closed {
        "closed".to_owned()
    } else {
        format!("as of {}", local(report.as_of, report.zone))
    };
    let mut text = format!("{} ({}), {state}\n\n", report.month.name(), report.zone.name());
    if report.monitors.is_empty() {
        text += "Nothing was watched in this month.\n";
        return text;
    }
    text += &table(report).to_string();
    text.push('\n');
    for month in &report.monitors {
        text += &outages(month, report.zone);
    }
    text
}

fn table(report: &MonthReport) -> Table {
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
    for month in &report.monitors {
        let latency = |us: Option<u32>| {
            us.map_or("–".to_owned(), |us| format!("{} ms", latency::tenths_of_ms(us)))
        };
        table.add_row([
            month.name.clone(),
            figure(month, report.decimals),
            month
                .bounds_text()
                .map_or("–".to_owned(), |(low, high)| format!("{low}..{high}")),
            percent(month.coverage_text(report.decimals)),
            match month.tally.down {
                0 => "none".to_owned(),
                ms => duration::in_words(ms),
            },
            month.outages.len().to_string(),
            latency(month.percentiles().map(|p| p.p50_us)),
            latency(month.percentiles().map(|p| p.p95_us)),
            sla(month),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The figure as pages show it too: none below half coverage, marked below 99 %.
fn figure(month: &MonitorMonth, decimals: u32) -> String {
    match month.shown_uptime(decimals) {
        Shown::Nothing => "–".to_owned(),
        Shown::RangeOnly => "range only".to_owned(),
        Shown::Partial(uptime) => format!("{uptime} % (partial data)"),
        Shown::Figure(uptime) => format!("{uptime} %"),
    }
}

fn percent(text: Option<String>) -> String {
    text.map_or("–".to_owned(), |text| format!("{text} %"))
}

fn sla(month: &MonitorMonth) -> String {
    let verdict = match month.verdict {
        Verdict::Met => "met",
        Verdict::Missed => "missed",
        Verdict::NoData => "no data",
    };
    let doubt = if month.certain || month.verdict == Verdict::NoData { "" } else { "?" };
    format!("{} % {verdict}{doubt}", month.target)
}

fn outages(month: &MonitorMonth, zone: Tz) -> String {
    let mut text = String::new();
    if !month.outages.is_empty() {
        text += &format!("\n{}\n", month.name);
    }
    for outage in &month.outages {
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

fn local(at: Timestamp, zone: Tz) -> String {
    at.to_utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string()
}
