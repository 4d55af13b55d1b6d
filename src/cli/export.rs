//! `everup export`: the history, as lines.

use super::arguments::{ExportWanted, Place};
use super::progress::{Counting, Progress};
use super::source::{Source, configured};
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::Store;
use crate::store::sqlite::Sqlite;
use crate::transfer::write::{self, Selection, WriteError};
use std::io::{self, BufWriter, ErrorKind, IsTerminal};
use std::process::ExitCode;

pub(super) async fn export(place: &Place, wanted: ExportWanted) -> anyhow::Result<ExitCode> {
    let config = configured(place, &Source::new(place, &[])?)?;
    let store = Sqlite::open_existing(&config.store.path).await?;
    let from = wanted.from.unwrap_or(Timestamp::MIN);
    let to = wanted.to.unwrap_or(Timestamp::MAX);
    if to <= from {
        anyhow::bail!("--to must be later than --from");
    }
    let selection = Selection {
        span: Span::new(from, to),
        monitors: wanted.monitor,
        form: wanted.format.into(),
    };
    // On a terminal the lines themselves are the progress.
    let progress = (!io::stdout().is_terminal()).then(|| Progress::written("exporting"));
    let mut output = Counting::new(BufWriter::new(io::stdout()), progress);
    let result = write::export(&store, &selection, &mut output).await;
    drop(output);
    store.close().await;
    match result {
        Err(WriteError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {}
        result => drop(result?),
    }
    Ok(ExitCode::SUCCESS)
}
