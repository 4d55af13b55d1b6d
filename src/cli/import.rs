//! `everup import`: a history from elsewhere.

use super::arguments::Place;
use super::source::{Source, configured};
use super::terminal;
use crate::clock::{Clock, SystemClock};
use crate::store::contract::{Imported, Others, Registration, Store};
use crate::store::sqlite::Sqlite;
use crate::transfer::read;
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::ExitCode;

pub(super) async fn import(place: &Place, file: &Path) -> anyhow::Result<ExitCode> {
    let source = Source::new(place, &[])?;
    let config = configured(place, &source)?;
    let (mut input, bytes) = open(file)?;
    let store = Sqlite::open(&config.store.path).await?;
    if matches!(source, Source::File(_)) {
        let registrations: Vec<Registration> =
            config.monitors.into_iter().map(|watch| watch.registration).collect();
        store
            .register(SystemClock::default().now(), &registrations, Others::Keep)
            .await?;
    }
    let bar = bar(bytes);
    let imported = read::import(&store, &mut *input, |bytes| bar.set_position(bytes)).await;
    bar.finish_and_clear();
    let Imported { checks, known_checks, pauses, windows, .. } = imported?;
    store.close().await;
    let mut text = format!("imported {checks} checks");
    if known_checks > 0 {
        text += &format!(" ({known_checks} were there already)");
    }
    if pauses > 0 {
        text += &format!(", {pauses} pauses");
    }
    if windows > 0 {
        text += &format!(", {windows} maintenance windows");
    }
    terminal::print(&format!("{text}\n"))?;
    Ok(ExitCode::SUCCESS)
}

type Input = Box<dyn BufRead + Send>;

fn open(file: &Path) -> anyhow::Result<(Input, Option<u64>)> {
    if file == Path::new("-") {
        return Ok((Box::new(BufReader::new(io::stdin())), None));
    }
    let open =
        File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let bytes = open.metadata().ok().map(|data| data.len());
    Ok((Box::new(BufReader::new(open)), bytes))
}

/// Shown on a terminal, and nowhere else.
fn bar(bytes: Option<u64>) -> ProgressBar {
    let Some(bytes) = bytes else {
        let spinner = ProgressBar::new_spinner();
        return spinner.with_message("importing");
    };
    let style = ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {eta} left");
    let bar = ProgressBar::new(bytes);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
