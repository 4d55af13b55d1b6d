//! The report as text: the figures, what they are made of, then the outages. A terminal
//! may add to it what it can show.

use super::period::PeriodReport;
use super::statement::{CORRECTED, Corrections, Entry, Statement};
use super::terminal::{self, Look};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// A line below the names and none between the rows, as a printed statement has it.
pub(super) const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Prints a report, as wide as its text.
#[must_use]
pub fn print(report: &PeriodReport) -> String {
    print_on(report, None)
}

/// Prints a report for a terminal that looks like this, or for none.
#[must_use]
pub fn print_on(report: &PeriodReport, look: Option<Look>) -> String {
    let statement = Statement::of(report);
    let Statement { period, zone, state, .. } = &statement;
    let mut text = format!("{period} ({zone}), {state}\n\n");
    for seam in &statement.seams {
        text += &format!("{seam}\n\n");
    }
    if statement.monitors.is_empty() {
        text += "Nothing was watched in this time.\n";
        return text;
    }
    text += &format!("{}\n\n", figures(&statement, look));
    if let Some(corrections) = &statement.corrections {
        text += &corrected(corrections);
    }
    for sentence in &statement.remarks {
        text += &format!("{sentence}\n\n");
    }
    if let Some(lines) = look.map(|look| terminal::lines(&statement, look)) {
        text += &lines;
        text += if lines.is_empty() { "" } else { "\n" };
    }
    text += &format!("{}\n", details(&statement, look));
    for entry in statement.entries() {
        text += &outages(entry);
    }
    text
}

/// What was promised and what came of it.
fn figures(statement: &Statement, look: Option<Look>) -> Table {
    let header = ["Monitor", "Uptime", "Bounds, %", "Coverage", "Downtime", "SLA"];
    let cells = |entry: &Entry| {
        let Entry { bounds, coverage, downtime, .. } = entry.clone();
        [entry.title(), entry.figure(), bounds, coverage, downtime, entry.sla()]
    };
    table(&header, statement.entries().map(cells), look)
}

/// Outages and latency. Without units in the cells it fits a terminal of 80 columns.
fn details(statement: &Statement, look: Option<Look>) -> Table {
    let header =
        ["Monitor", "Outages", "Longest", "Recovery", "Blips", "p50, ms", "p95, ms", "p99, ms"];
    let cells = |entry: &Entry| {
        let Entry { outage_count, longest, recovery, blips, latency, .. } = entry.clone();
        let [p50, p95, p99] = latency;
        [entry.title(), outage_count, longest, recovery, blips, p50, p95, p99]
    };
    table(&header, statement.entries().map(cells), look)
}

fn table<const COLUMNS: usize>(
    header: &[&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
    look: Option<Look>,
) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    // What the process is started on says nothing of who reads this.
    table.force_no_tty();
    if let Some(look) = look {
        table.set_width(look.width);
    }
    table.set_header(header).add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Who said what, and what that makes of the measured figures.
fn corrected(corrections: &Corrections) -> String {
    let mut text = format!("{CORRECTED}\n");
    for [name, measured, adjusted] in &corrections.rows {
        text += &format!("  {name}: measured {measured}, adjusted {adjusted}\n");
    }
    for said in &corrections.said {
        text += &format!(
            "  {}: the outage since {} counts as {}, says {}: {}\n",
            said.monitor, said.since, said.instead, said.author, said.reason,
        );
    }
    text.push('\n');
    text
}

/// Its outages, and what other monitors said of it.
fn outages(entry: &Entry) -> String {
    let mut text = String::new();
    if !entry.outages.is_empty() || !entry.imported.is_empty() {
        text += &format!("\n{}\n", entry.name);
    }
    for outage in &entry.outages {
        text += &format!(
            "  {} to {}  {}  {}{}\n",
            outage.from,
            outage.to,
            outage.downtime,
            outage.reason,
            if outage.is_continued { "  (continued)" } else { "" },
        );
    }
    for sentence in &entry.imported {
        text += &format!("  {sentence}\n");
    }
    text
}
