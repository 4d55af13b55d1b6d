//! What other monitors said, as JSON.

use crate::domain::timestamp::Timestamp;
use crate::report::imported::{Counted, Imported, Told};
use serde::Serialize;

/// What another monitor said.
#[derive(Serialize)]
pub(super) struct Beside<'a> {
    source: &'static str,
    files: Vec<File<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counted: Option<Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<Stretches<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    imported_at: String,
    records: &'static str,
    from: String,
    to: String,
    added: u64,
}

#[derive(Serialize)]
struct Counts {
    from: String,
    to: String,
    up_checks: u64,
    down_checks: u64,
    counts: usize,
    counted_milliseconds: i64,
}

#[derive(Serialize)]
struct Stretches<'a> {
    from: String,
    to: String,
    up_milliseconds: i64,
    down_milliseconds: i64,
    uptime_percent: Option<String>,
    outages: Vec<Down<'a>>,
}

#[derive(Serialize)]
struct Down<'a> {
    from: String,
    to: String,
    milliseconds: i64,
    reason: &'a str,
}

impl<'a> Beside<'a> {
    /// What one source said.
    pub(super) fn of(imported: &'a Imported) -> Beside<'a> {
        let files = imported.origins.iter().map(|origin| File {
            file: &origin.file,
            imported_at: instant(origin.imported_at),
            records: origin.records.word(),
            from: instant(origin.span.from),
            to: instant(origin.span.to),
            added: origin.added,
        });
        Beside {
            source: imported.source.word(),
            files: files.collect(),
            counted: imported.counted.map(counts),
            told: imported.told.as_ref().map(stretches),
        }
    }
}

fn counts(counted: Counted) -> Counts {
    Counts {
        from: instant(counted.span.from),
        to: instant(counted.span.to),
        up_checks: counted.up,
        down_checks: counted.down,
        counts: counted.counts,
        counted_milliseconds: counted.counted_ms,
    }
}

fn stretches(told: &Told) -> Stretches<'_> {
    let outages = told.outages.iter().map(|outage| Down {
        from: instant(outage.span.from),
        to: instant(outage.span.to),
        milliseconds: outage.span.length_ms(),
        reason: &outage.reason,
    });
    Stretches {
        from: instant(told.span.from),
        to: instant(told.span.to),
        up_milliseconds: told.up_ms,
        down_milliseconds: told.down_ms,
        uptime_percent: told.uptime_percent(),
        outages: outages.collect(),
    }
}

fn instant(at: Timestamp) -> String {
    at.to_string()
}
