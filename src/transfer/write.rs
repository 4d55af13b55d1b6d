//! Out of a store: every record as a line, in a bounded piece of memory.

use super::line::Record;
use crate::domain::history::History;
use crate::domain::span::Span;
use crate::domain::timestamp::{DAY_MS, Timestamp};
use crate::store::contract::{Loaded, Store, StoreError};
use std::io::{self, Write};

/// What is to be written.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Checks that began within, and all else that touches it.
    pub span: Span,
    /// Only these monitors; empty: all.
    pub monitors: Vec<String>,
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The store could not be read.
    #[error("the checks could not be read: {0}")]
    Store(#[from] StoreError),
    /// The lines could not be written.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// A monitor was asked for that does not exist.
    #[error("there is no monitor {0:?}; there are: {1}")]
    UnknownMonitor(String, String),
}

/// Writes the selected records: windows first, then each monitor's pauses, what was
/// imported for it, and its checks, in order of time. Gives how many lines there were.
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
    let mut lines = 0;
    let mut put = |record: Record, output: &mut (dyn Write + Send)| {
        lines += 1;
        writeln!(output, "{}", record.print())
    };
    for window in windows {
        let concerned = chosen.iter().any(|history| window.is_about(&history.monitor.id));
        if concerned && Span::new(window.start, window.end).overlaps(selection.span) {
            put(Record::Maintenance(window), output)?;
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
        let Some(extent) = store.extent(history.key).await? else { continue };
        let extent = extent.cut(selection.span);
        let mut from = extent.from;
        while from < extent.to {
            let to = from.plus_ms(DAY_MS).min(extent.to);
            for check in store.checks(history.key, Span::new(from, to)).await? {
                put(Record::Check(id.clone(), check), output)?;
            }
            from = to;
        }
    }
    output.flush()?;
    Ok(lines)
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
