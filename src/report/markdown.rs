//! The report as GitHub-flavoured Markdown: the figures, what they are made of, then the
//! outages, each as a table. Names and the words of targets are made plain, so that nothing
//! in them ends a cell or becomes markup.

use super::period::PeriodReport;
use super::statement::{CORRECTED, Corrections, Entry, RULE, Statement, WindowWords};

/// What a column is called, and whether it is of numbers.
type Column = (&'static str, bool);

const FIGURES: [Column; 7] = [
    ("Monitor", false),
    ("Uptime", true),
    ("Bounds, %", true),
    ("Coverage", true),
    ("Downtime", true),
    ("Outages", true),
    ("SLA", false),
];

const DETAILS: [Column; 9] = [
    ("Monitor", false),
    ("Downtime allowed", true),
    ("Longest outage", true),
    ("Recovery", true),
    ("Blips", true),
    ("Checks", true),
    ("p50, ms", true),
    ("p95, ms", true),
    ("p99, ms", true),
];

const OUTAGES: [Column; 4] =
    [("Start", false), ("End", false), ("Downtime", true), ("Reason", false)];

const MAINTENANCE: [Column; 4] =
    [("Start", false), ("End", false), ("Length", true), ("Maintenance", false)];

/// Prints a report.
#[must_use]
pub fn print(report: &PeriodReport) -> String {
    let statement = Statement::of(report);
    let Statement { title, zone, from, to, state, closing, seams, .. } = &statement;
    let mut text = format!("# {}\n\n", plain(title));
    text += &format!("{} · {from} to {to} · {}\n", plain(zone), plain(state));
    if let Some(warning) = &statement.made_up {
        text += &format!("\n**{}.**\n", plain(warning));
    }
    for seam in seams {
        text += &format!("\n{}\n", plain(seam));
    }
    if let Some(closed) = closing {
        let how = plain(&closed.how);
        text += &format!("\nClosed on {how}. SHA-256 of its JSON: `{}`\n", closed.sha256);
    }
    if statement.monitors.is_empty() {
        return text + "\nNothing was watched in this time.\n";
    }
    let figures = |entry: &Entry| {
        let Entry { bounds, coverage, downtime, outage_count, .. } = entry.clone();
        let (title, figure, sla) = (entry.title(), entry.figure(), entry.sla());
        [title, figure, bounds, coverage, downtime, outage_count, sla]
    };
    let details = |entry: &Entry| {
        let Entry { longest, recovery, blips, checks, latency: [p50, p95, p99], .. } =
            entry.clone();
        let lost = entry.lost.iter().map(|lost| format!(", {lost}"));
        let budget = format!("{}, {}{}", entry.allowed, entry.left, lost.collect::<String>());
        [entry.title(), budget, longest, recovery, blips, checks, p50, p95, p99]
    };
    text += &table(&FIGURES, statement.entries().map(figures));
    if let Some(corrections) = &statement.corrections {
        text += &corrected(corrections);
    }
    for sentence in &statement.remarks {
        text += &format!("\n{}\n", plain(sentence));
    }
    text += &table(&DETAILS, statement.entries().map(details));
    let rules: Vec<&str> = [RULE].into_iter().chain(statement.of_outages()).collect();
    text += &format!("\n{}\n", rules.join(" "));
    for entry in statement.entries() {
        text += &outages(entry);
    }
    text + &maintenance(&statement)
}

/// The windows, and what was seen beneath them.
fn maintenance(statement: &Statement) -> String {
    let Statement { maintenance, maintenance_left_out, .. } = statement;
    if maintenance.is_empty() {
        return String::new();
    }
    let rows = maintenance.iter().map(|window| {
        let WindowWords { from, to, length, .. } = window.clone();
        [from, to, length, window.paragraph()]
    });
    let mut text = format!("\n## Maintenance\n{}", table(&MAINTENANCE, rows));
    if *maintenance_left_out > 0 {
        text +=
            &format!("\nand {maintenance_left_out} more, all are in `/maintenance/windows`\n");
    }
    text
}

/// Its outages, and what other monitors said of it.
fn outages(entry: &Entry) -> String {
    let mut text = String::new();
    if entry.outages.is_empty() && entry.beside.is_empty() {
        return text;
    }
    text += &format!("\n## {}\n", plain(&entry.name));
    if !entry.outages.is_empty() {
        let rows = entry.outages.iter().cloned().map(|outage| {
            let continued = if outage.is_continued { " (continued)" } else { "" };
            [outage.from, outage.to, outage.downtime, outage.reason + continued]
        });
        text += &table(&OUTAGES, rows);
    }
    for sentence in &entry.beside {
        text += &format!("\n{}.\n", plain(sentence));
    }
    text
}

/// Who said what, and what that makes of the measured figures.
fn corrected(corrections: &Corrections) -> String {
    let figures = [("Monitor", false), ("Measured", true), ("Adjusted", true)];
    let said = [
        ("Outage since", false),
        ("Monitor", false),
        ("Counts as", false),
        ("Said by", false),
        ("Why", false),
    ];
    let rows = corrections.said.iter().cloned().map(|said| {
        [said.since, said.monitor, said.instead.to_owned(), said.author, said.reason]
    });
    // No heading: what follows is of all figures again.
    let text = format!("\n**{CORRECTED}**\n");
    text + &table(&figures, corrections.rows.iter().cloned()) + &table(&said, rows)
}

/// A table after an empty line.
fn table<const COLUMNS: usize>(
    header: &[Column; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
) -> String {
    let names = header.map(|(name, _)| name.to_owned());
    let rules = header.map(|(_, is_number)| if is_number { "--:" } else { "---" }.to_owned());
    let mut text = "\n".to_owned();
    for cells in [names, rules].into_iter().chain(rows.map(|cells| cells.map(|c| plain(&c)))) {
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

/// A text of which nothing is markup, in one line. What would end a cell or begin markup
/// becomes an entity or is escaped.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => plain += "&amp;",
            '<' => plain += "&lt;",
            '>' => plain += "&gt;",
            // Some readers of tables count an escape before a line as one of the line.
            '|' => plain += "&#124;",
            '\\' => plain += "&#92;",
            // A heading may end in these; an address becomes a link at these.
            '`' | '*' | '_' | '[' | ']' | '#' | '~' | '$' | '!' => plain.extend(['\\', c]),
            ':' if plain.ends_with("http") || plain.ends_with("https") => plain += "\\:",
            '.' if plain.ends_with("www") => plain += "\\.",
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    /// What a reader of GitHub's Markdown makes of a table with one cell: the text in it, or
    /// what is there besides.
    fn read(text: &str) -> Result<String, String> {
        let mut cells = Vec::new();
        let mut in_body = false;
        for event in
            Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
        {
            match event {
                Event::Start(Tag::TableRow) => in_body = true,
                Event::Start(Tag::TableCell) => cells.push(String::new()),
                Event::Start(Tag::Table(_) | Tag::TableHead) | Event::End(_) => {}
                Event::Text(text) => match cells.last_mut() {
                    Some(cell) => *cell += &text,
                    None => return Err(format!("text outside: {text}")),
                },
                other => return Err(format!("{other:?}")),
            }
        }
        match (&cells[..], in_body) {
            ([_, cell, last], true) if last == "end" => Ok(cell.clone()),
            _ => Err(format!("{cells:?}")),
        }
    }

    fn one(name: &str) -> String {
        let header = [("Monitor", false)];
        table(&header, [[name.to_owned()], ["end".to_owned()]].into_iter())
    }

    #[test]
    fn nothing_in_a_name_is_markup() {
        for name in [
            "a | b",
            r"a \| b \",
            r"a\\|b",
            "`code` ``",
            "[x](https://example.com) ![y](z)",
            "<b>bold</b><!-- x --><script>",
            "*a* _b_ **c** ~~d~~",
            "# C#",
            "- one",
            "1. one",
            "&lt;&#124;",
            "https://example.com www.example.com",
            "$x$",
            "|||",
            "---",
        ] {
            assert_eq!(read(&one(name)).as_deref(), Ok(name), "{}", one(name));
        }
        assert_eq!(read(&one("a\r\nb\u{2028}c")).as_deref(), Ok("a  b c"));
    }

    proptest! {
        #[test]
        fn whatever_a_name_is_it_is_one_cell(name in "[ -~äß決\\n\\\\|`<>&\\[\\]*_]{1,24}") {
            let one_line = name.replace('\n', " ");
            prop_assume!(!one_line.trim().is_empty());
            let cell = read(&one(&name));
            prop_assert_eq!(cell.as_deref(), Ok(one_line.trim()), "{}", one(&name));
        }
    }
}
