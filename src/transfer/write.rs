//! Out of a store: every record as a line, in a bounded piece of memory.

use super::csv;
use super::line::Record;
use crate::domain::announcement::Announcement;
use crate::domain::calendar::Cut;
use crate::domain::history::History;
use crate::domain::span::Span;
use crate::domain::timestamp::{DAY_MS, Timestamp};
use crate::store::contract::{Loaded, Store, StoreError};
use crate::store::past::Past;
use crate::store::window::WindowPast;
use std::io::{self, Write};

/// What is to be written.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Checks that began within, and all else that touches it.
    pub span: Span,
    /// Only these monitors, without closed months, which are of all; empty: all.
    pub monitors: Vec<String>,
    /// Lines that can be imported again, or only the checks as a table.
    pub form: Form,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// NDJSON: everything.
    #[default]
    Lines,
    /// CSV: the checks alone.
    Table,
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The store could not be read.
    #[error("the checks could not be read: {0}")]
    Store(StoreError),
    /// The lines could not be written.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// A monitor was asked for that does not exist.
    #[error("there is no monitor {0:?}; there are: {1}")]
    UnknownMonitor(String, String),
}

/// Not as its source, which would be said once more.
impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> WriteError {
        WriteError::Store(error)
    }
}

/// Writes the selected records: the monitors first, then windows, then each one's pauses, what was
/// imported for it, what remains of checks that are no longer kept, and its checks, in order of
/// time, after those of a day what was said in some of them. Lines stand between a head and an
/// end, so that nobody takes a part for the whole. Gives how many lines there were.
///
/// # Errors
/// When the store cannot be read or the output refuses.
pub async fn export(
    store: &dyn Store,
    selection: &Selection,
    output: &mut (dyn Write + Send),
) -> Result<u64, WriteError> {
    let Loaded { histories, windows, .. } = store.load().await?;
    let chosen = chosen(&histories, &selection.monitors)?;
    if selection.form == Form::Table {
        return export_table(store, selection, &chosen, output).await;
    }
    let mut lines = 0;
    let mut put = |record: Record, output: &mut (dyn Write + Send)| {
        lines += 1;
        writeln!(output, "{}", record.print())
    };
    put(Record::Export, output)?;
    for history in &chosen {
        if let Some(past) = Past::of(&history.monitor, selection.span.from) {
            put(Record::Monitor(past), output)?;
        }
    }
    for Announcement { id, uid, revision, changed_at, occurrence, window } in windows {
        let concerned = chosen.iter().any(|history| window.is_about(&history.monitor.id));
        if concerned && Span::new(window.start, window.end).overlaps(selection.span) {
            let (uid, deeds) = (Some(uid), store.deeds(id).await?);
            let past = WindowPast { uid, revision, changed_at, occurrence, window, deeds };
            put(Record::Maintenance(past), output)?;
        }
    }
    for run in store.runs().await? {
        let reach = Span::new(run.started_at, run.known_end().plus_ms(1));
        if reach.overlaps(selection.span) {
            put(Record::Run(run), output)?;
        }
    }
    if selection.monitors.is_empty() {
        for Cut { month, window, .. } in store.closed_months().await? {
            if !window.overlaps(selection.span) {
                continue;
            }
            let Some(mut closed) = store.closed_month(month).await? else { continue };
            let rows = std::mem::take(&mut closed.rows);
            put(Record::ClosedMonth(closed), output)?;
            for row in rows {
                put(Record::ClosedRow(month, row), output)?;
            }
            for correction in store.corrections(Some(month)).await? {
                put(Record::Correction(correction), output)?;
            }
        }
    }
    if selection.monitors.is_empty() {
        let runs = store.counted_runs(selection.span).await?;
        let from = runs.iter().map(|run| run.span.from.0.div_euclid(DAY_MS) * DAY_MS).min();
        let to = runs.iter().map(|run| run.span.to).max();
        let counted = from.zip(to).map(|(from, to)| Span::new(Timestamp(from), to));
        for run in runs {
            put(Record::CountedRun(run), output)?;
        }
        for day in counted.into_iter().flat_map(|counted| by_day(counted.cut(selection.span))) {
            for sum in store.sums(day).await? {
                put(Record::Requests(sum), output)?;
            }
        }
    }
    for history in chosen {
        let id = &history.monitor.id;
        for pause in store.pauses(history.key).await? {
            let span = Span::new(pause.from, pause.to.unwrap_or(Timestamp::MAX));
            if span.overlaps(selection.span) {
                put(Record::Pause(id.clone(), pause), output)?;
            }
        }
        let foreign = store.imports(history.key, selection.span).await?;
        for origin in foreign.origins {
            put(Record::Origin(id.clone(), origin), output)?;
        }
        for count in foreign.counts {
            put(Record::Count(id.clone(), count), output)?;
        }
        for stretch in foreign.stretches {
            put(Record::Stretch(id.clone(), stretch), output)?;
        }
        if let Some(baseline) = store.baseline(history.key).await?
            && selection.span.from < baseline.until
        {
            put(Record::Baseline(id.clone(), baseline), output)?;
            for entry in store.fixed(history.key).await? {
                put(Record::Fixed(id.clone(), entry), output)?;
            }
            for digest in store.digests(history.key, selection.span).await? {
                put(Record::Digest(id.clone(), digest), output)?;
            }
            for gap in store.gaps(history.key, Span::ALWAYS).await? {
                put(Record::Gap(id.clone(), gap), output)?;
            }
        }
        for day in days(store, history, selection.span).await? {
            for check in store.checks(history.key, day).await? {
                put(Record::Check(id.clone(), check), output)?;
            }
            for (at, exchange) in store.exchanges(history.key, day, usize::MAX).await? {
                put(Record::Exchange(id.clone(), at, Box::new(exchange)), output)?;
            }
        }
    }
    writeln!(output, "{}", Record::End(lines).print())?;
    output.flush()?;
    Ok(lines + 1)
}

/// The checks alone, as CSV.
async fn export_table(
    store: &dyn Store,
    selection: &Selection,
    chosen: &[&History],
    output: &mut (dyn Write + Send),
) -> Result<u64, WriteError> {
    let mut rows = 0;
    output.write_all(csv::head().as_bytes())?;
    for history in chosen {
        for day in days(store, history, selection.span).await? {
            for check in store.checks(history.key, day).await? {
                output.write_all(csv::check(history.monitor.id.as_str(), &check).as_bytes())?;
                rows += 1;
            }
        }
    }
    output.flush()?;
    Ok(rows)
}

/// The time in which a monitor has checks within `span`, a day at a time.
async fn days(
    store: &dyn Store,
    history: &History,
    span: Span,
) -> Result<Vec<Span>, StoreError> {
    let Some(extent) = store.extent(history.key).await? else { return Ok(Vec::new()) };
    Ok(by_day(extent.cut(span)))
}

/// It in pieces of a day.
fn by_day(span: Span) -> Vec<Span> {
    let starts = std::iter::successors(Some(span.from), |from| Some(from.plus_ms(DAY_MS)));
    let starts = starts.take_while(|from| *from < span.to);
    starts
        .map(|from| Span::new(from, from.plus_ms(DAY_MS).min(span.to)))
        .collect()
}

fn chosen<'a>(
    histories: &'a [History],
    monitors: &[String],
) -> Result<Vec<&'a History>, WriteError> {
    let find = |id: &String| {
        let found = histories.iter().find(|history| history.monitor.id.as_str() == id);
        found.ok_or_else(|| {
            let ids: Vec<&str> = histories.iter().map(|h| h.monitor.id.as_str()).collect();
            WriteError::UnknownMonitor(id.clone(), ids.join(", "))
        })
    };
    if monitors.is_empty() {
        Ok(histories.iter().collect())
    } else {
        monitors.iter().map(find).collect()
    }
}
