//! `everup import`: a history from elsewhere.

use super::arguments::Place;
use super::database::Database;
use super::source::{Source, configured};
use super::terminal;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::domain::monitor::MonitorId;
use crate::store::contract::{Imported, Others, Registration, Store};
use crate::store::sqlite::Sqlite;
use crate::transfer::read;
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::ExitCode;

pub(super) async fn import(place: &Place, file: &Path) -> anyhow::Result<ExitCode> {
    let source = Source::new(place, &[])?;
    let config = configured(place, &source)?;
    let (mut input, bytes) = open(file)?;
    let database = Database::find(&config.store.path)?;
    let store = Sqlite::open(database.path()).await?;
    let bar = bar(bytes);
    let progress = |bytes| bar.set_position(bytes);
    let imported = fill(&store, &source, &config, &mut *input, progress).await;
    bar.finish_and_clear();
    store.close().await;
    let imported = imported?;
    if imported != Imported::default() {
        database.keep()?;
    }
    terminal::print(&format!("{}\n", in_words(imported)))?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the monitors that are missing, and imports.
async fn fill(
    store: &Sqlite,
    source: &Source,
    config: &Config,
    input: &mut (dyn BufRead + Send),
    progress: impl FnMut(u64) + Send,
) -> anyhow::Result<Imported> {
    let now = SystemClock::default().now();
    let histories = store.load().await?.histories;
    let known: HashSet<&MonitorId> =
        histories.iter().map(|history| &history.monitor.id).collect();
    // Those that are there stay as they are: an import adds, and changes nothing else.
    // Where nothing was ever watched, `run` would begin with what the program names.
    let missing: Vec<Registration> = (config.monitors.iter())
        .map(|watch| &watch.registration)
        .filter(|_| matches!(source, Source::File(_)) || known.is_empty())
        .filter(|registration| !known.contains(&registration.id))
        .cloned()
        .collect();
    if !missing.is_empty() {
        store.register(now, &missing, Others::Keep).await?;
    }
    Ok(read::import(store, input, progress).await?)
}

/// `imported 1 check (2 were there already), 1 pause`
fn in_words(imported: Imported) -> String {
    let Imported { checks, known_checks, pauses, windows, exchanges, closed } = imported;
    let count = |count: u64, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    let mut text = format!("imported {}", count(checks, "check"));
    match known_checks {
        0 => {}
        1 => text += " (1 was there already)",
        _ => text += &format!(" ({known_checks} were there already)"),
    }
    if pauses > 0 {
        text += &format!(", {}", count(pauses, "pause"));
    }
    if windows > 0 {
        text += &format!(", {}", count(windows, "maintenance window"));
    }
    if exchanges > 0 {
        text += &format!(", what was said in {}", count(exchanges, "check"));
    }
    if closed > 0 {
        text += &format!(", {}", count(closed, "closed month or correction"));
    }
    text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one() {
        let some = |n| Imported {
            checks: n,
            known_checks: n,
            pauses: n,
            windows: n,
            ..Imported::default()
        };
        assert_eq!(in_words(Imported::default()), "imported 0 checks");
        assert_eq!(
            in_words(some(1)),
            "imported 1 check (1 was there already), 1 pause, 1 maintenance window"
        );
        assert_eq!(
            in_words(some(2)),
            "imported 2 checks (2 were there already), 2 pauses, 2 maintenance windows"
        );
    }
}
