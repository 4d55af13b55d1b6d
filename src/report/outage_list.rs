//! Which outages there were, newest first, a page at a time.
//!
//! As JSON, schema `everup.outages/1`, and as CSV; both documented in `docs/outages.md`.
//! An outage is listed as a whole, with what it cost in all, and only if it cost anything:
//! so are those of the reports.

use super::outage::MonthOutage;
use super::restated::of_outage;
use super::settings::Settings;
use crate::domain::cell::inert;
use crate::domain::history::History;
use crate::domain::outage::{Outage as WholeOutage, OutageId};
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::store::closed::Correction;
use serde::Serialize;
use std::cmp::Reverse;

/// The name and version of the form.
pub const SCHEMA: &str = "everup.outages/1";

/// Which outages are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Those that have time in it.
    pub window: Span,
    /// Those that cost at least so much downtime.
    pub min_ms: i64,
    /// Only those that last, or only those that have ended.
    pub ongoing: Option<bool>,
    /// Those that come after this one.
    pub after: Option<OutageId>,
    /// At most so many.
    pub limit: usize,
}

impl Filter {
    /// A page, unless something else is asked for.
    pub const LIMIT: usize = 100;
    /// Some 300 KB.
    pub const LIMIT_MAX: usize = 1_000;
}

/// All outages.
impl Default for Filter {
    fn default() -> Filter {
        Filter {
            window: Span::ALWAYS,
            min_ms: 0,
            ongoing: None,
            after: None,
            limit: Filter::LIMIT,
        }
    }
}

/// An outage and whose it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The monitor and its past.
    pub history: &'a History,
    /// Its name.
    pub id: OutageId,
    /// The outage, as a whole.
    pub outage: MonthOutage,
}

/// A page of outages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutageList<'a> {
    /// When it was made.
    pub as_of: Timestamp,
    /// The outages, newest first; those that began at once, by monitor.
    pub rows: Vec<Row<'a>>,
    /// The last one of this page, if others come after it.
    pub next: Option<OutageId>,
    /// What was said of outages after their months were closed.
    pub corrections: Vec<Correction>,
}

impl<'a> OutageList<'a> {
    /// The outages of some monitors as they read at `now`; the corrections may be of any.
    #[must_use]
    pub fn of(
        histories: impl IntoIterator<Item = &'a History>,
        corrections: Vec<Correction>,
        filter: &Filter,
        now: Timestamp,
        settings: &Settings,
    ) -> OutageList<'a> {
        let mut rows: Vec<Row<'a>> = Vec::new();
        for history in histories {
            rows.extend(rows_of(history, filter, now, settings));
        }
        rows.sort_by(|a, b| place(&a.id).cmp(&place(&b.id)));
        let more = rows.len() > filter.limit;
        rows.truncate(filter.limit);
        let next = rows.last().filter(|_| more).map(|row| row.id.clone());
        OutageList { as_of: now, rows, next, corrections }
    }

    /// As one JSON object with a line end; `next` is the address of the next page.
    #[must_use]
    pub fn json(&self, next: Option<String>) -> String {
        let form = Form {
            schema: SCHEMA,
            as_of: self.as_of.to_string(),
            outages: self.rows.iter().map(|row| self.form(row)).collect(),
            next,
        };
        // Serialising strings and integers into memory cannot fail.
        let mut text = serde_json::to_string(&form).unwrap_or_default();
        text.push('\n');
        text
    }

    /// As CSV (RFC 4180), after a row of names. What does not exist is an empty field.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut table = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        // Writing records of equal length into memory cannot fail.
        let _ = table.write_record(COLUMNS);
        for row in &self.rows {
            let Row { history, id, outage } = row;
            let _ = table.write_record([
                id.to_string(),
                history.monitor.id.to_string(),
                inert(&history.monitor.name),
                outage.span.from.to_string(),
                if outage.ongoing { String::new() } else { outage.span.to.to_string() },
                outage.ongoing.to_string(),
                outage.down_ms.to_string(),
                outage.span.length_ms().to_string(),
                inert(&outage.reason),
                self.corrected_in(row).join(" "),
            ]);
        }
        let bytes = table.into_inner().unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// The months whose reports count it otherwise in their adjusted figures.
    fn corrected_in(&self, row: &Row<'_>) -> Vec<String> {
        let said = of_outage(&self.corrections, &row.id);
        said.map(|correction| correction.month.to_string()).collect()
    }

    fn form<'b>(&'b self, row: &'b Row<'_>) -> Outage<'b> {
        Outage { corrected_in: self.corrected_in(row), ..json(row) }
    }
}

const COLUMNS: [&str; 10] = [
    "id",
    "monitor",
    "name",
    "from",
    "to",
    "ongoing",
    "down_ms",
    "whole_ms",
    "reason",
    "corrected_in",
];

#[derive(Serialize)]
struct Form<'a> {
    schema: &'static str,
    as_of: String,
    outages: Vec<Outage<'a>>,
    next: Option<String>,
}

#[derive(Serialize)]
struct Outage<'a> {
    id: String,
    monitor: &'a str,
    name: &'a str,
    from: String,
    to: Option<String>,
    ongoing: bool,
    milliseconds: i64,
    whole_milliseconds: i64,
    reason: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    corrected_in: Vec<String>,
}

fn json<'a>(row: &'a Row<'_>) -> Outage<'a> {
    let Row { history, id, outage } = row;
    Outage {
        id: id.to_string(),
        monitor: history.monitor.id.as_str(),
        name: &history.monitor.name,
        from: outage.span.from.to_string(),
        to: (!outage.ongoing).then(|| outage.span.to.to_string()),
        ongoing: outage.ongoing,
        milliseconds: outage.down_ms,
        whole_milliseconds: outage.span.length_ms(),
        reason: &outage.reason,
        corrected_in: Vec::new(),
    }
}

/// Newest first.
fn place(id: &OutageId) -> (Reverse<Timestamp>, &str) {
    (Reverse(id.from), id.monitor.as_str())
}

fn rows_of<'a>(
    history: &'a History,
    filter: &Filter,
    now: Timestamp,
    settings: &Settings,
) -> Vec<Row<'a>> {
    let (account, timeline) = history.read(Span::ALWAYS, now, &settings.excused(history));
    let monitor = &history.monitor.id;
    let row = |outage: &WholeOutage| {
        let id = OutageId { monitor: monitor.clone(), from: outage.from };
        let comes_after = filter.after.as_ref().is_none_or(|after| place(&id) > place(after));
        if !comes_after || !outage.span().overlaps(filter.window) {
            return None;
        }
        let outage = MonthOutage::of(outage, &timeline, account.as_of)?.named(monitor);
        let is_wanted = outage.down_ms >= filter.min_ms
            && filter.ongoing.is_none_or(|ongoing| outage.ongoing == ongoing);
        is_wanted.then_some(Row { history, id, outage })
    };
    account.known.outages.iter().filter_map(row).collect()
}
