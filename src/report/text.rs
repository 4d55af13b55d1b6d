//! The report as text: the figures, the error budgets, what the figures are made of, then
//! the outages. A terminal
//! may add to it what it can show.

use super::period::PeriodReport;
use super::statement::{CORRECTED, Corrections, Entry, NOTHING, Statement, WindowWords};
use super::terminal::{self, Look};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement};
use comfy_table::{LineStyle, Table, TableStyle, Width};

/// A name is broken into lines no shorter than this.
const NAME_WIDTH_MIN: u16 = 8;

/// A line below the names and none between the rows, as a printed statement has it.
pub(crate) const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─'));

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
    if let Some(warning) = &statement.made_up {
        text += &format!("{warning}.\n\n");
    }
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
    text += &format!("{}\n\n", budgets(&statement, look));
    text += &format!("{}\n", details(&statement, look));
    for said in statement.of_outages() {
        text += &format!("\n{said}\n");
    }
    for entry in statement.entries() {
        text += &outages(entry);
    }
    text + &maintenance(&statement)
}

/// The windows, and what was seen beneath them.
fn maintenance(statement: &Statement) -> String {
    let Statement { maintenance, maintenance_left_out, .. } = statement;
    let mut text = String::new();
    if !maintenance.is_empty() {
        text += "\nMaintenance\n";
    }
    for window in maintenance {
        let WindowWords { from, to, length, about, message, counting, seen } = window;
        text += &format!("  {from} to {to}  {length}  {about}\n");
        let message = (!message.is_empty()).then_some(message);
        for line in message.into_iter().chain(seen).chain([counting]) {
            text += &format!("    {line}\n");
        }
    }
    if *maintenance_left_out > 0 {
        text += &format!("  and {maintenance_left_out} more\n");
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
    let mut table = table(&header, statement.entries().map(cells), look);
    // What must be said beside a figure may stand below it.
    let figures = statement.entries().map(|entry| entry.uptime.as_str());
    let width = figures.chain([header[1]]).map(|text| text.chars().count()).max();
    at_least(
        &mut table,
        1,
        width.and_then(|width| u16::try_from(width).ok()).unwrap_or(0),
    );
    table
}

/// How much downtime was promised at most, and what is left of that.
fn budgets(statement: &Statement, look: Option<Look>) -> Table {
    let header = ["Monitor", "Downtime allowed", "Error budget", "Error budget lost"];
    let cells = |entry: &Entry| {
        let lost = entry.lost_when().unwrap_or_else(|| NOTHING.to_owned());
        [entry.title(), entry.allowed.clone(), entry.left.clone(), lost]
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
    // Where a terminal is narrow, names are broken into lines, and no number is.
    let widths = table.column_max_content_widths();
    for column in table.column_iter_mut().skip(1) {
        column.set_constraint(ColumnConstraint::ContentWidth);
        column.set_cell_alignment(CellAlignment::Right);
    }
    let name = widths.first().map_or(0, |width| NAME_WIDTH_MIN.min(*width));
    at_least(&mut table, 0, name);
    table
}

/// Lets a column be broken into lines that are at least so wide.
fn at_least(table: &mut Table, index: usize, width: u16) {
    if let Some(column) = table.column_mut(index) {
        let width = Width::Fixed(width + column.padding_width());
        column.set_constraint(ColumnConstraint::LowerBoundary(width));
    }
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
    if !entry.outages.is_empty() || !entry.beside.is_empty() {
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
    for sentence in &entry.beside {
        text += &format!("  {sentence}\n");
    }
    text
}
