//! `everup import`: a history from elsewhere, or our own as lines.

use super::arguments::{ForeignWanted, ImportWanted, MappingWanted, Place};
use super::database::Database;
use super::progress::Progress;
use super::source::{Source, configured};
use super::terminal;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, Environment};
use crate::domain::check::Evidence;
use crate::domain::monitor::MonitorId;
use crate::domain::timestamp::Timestamp;
use crate::engine::follow::SOURCE;
use crate::store::contract::Store;
use crate::store::import::Imported;
use crate::store::registration::{Others, Registration};
use crate::store::sqlite::Sqlite;
use crate::supabase::table::Table;
use crate::transfer::mapping::Wanted;
use crate::transfer::supabase::{self, TakenRows};
use crate::transfer::taking::{Reading, Taken};
use crate::transfer::{kuma, read, uptimerobot};
use anyhow::{Context, anyhow};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::ExitCode;

pub(super) async fn import(place: &Place, wanted: ImportWanted) -> anyhow::Result<ExitCode> {
    let source = Source::new(place, &[])?;
    let config = configured(place, &source)?;
    let database = Database::find(&config.store.path)?;
    let store = Sqlite::open(database.path()).await?;
    let done = fill(&store, &source, &config, wanted).await;
    store.close().await;
    let (imported, text) = done?;
    if imported != Imported::default() {
        database.keep()?;
    }
    terminal::print(&format!("{text}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the monitors that are missing, and imports. Gives what was added, and that in
/// words.
async fn fill(
    store: &Sqlite,
    source: &Source,
    config: &Config,
    wanted: ImportWanted,
) -> anyhow::Result<(Imported, String)> {
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
    match (wanted.foreign, wanted.file) {
        (Some(_), Some(file)) => {
            anyhow::bail!("import {} and the other one after the other", file.display())
        }
        (Some(ForeignWanted::Supabase { project_changed }), None) => {
            let environment = Environment::of_process(Path::new("."));
            let settings = config::supabase(&environment).map_err(|wrong| anyhow!(wrong))?;
            let table = Table::new(settings).map_err(|wrong| anyhow!(wrong))?;
            let _progress = Progress::waiting("importing");
            let taken = supabase::import(store, &table, SOURCE, now, project_changed).await?;
            let windows = u64::try_from(taken.new).unwrap_or(u64::MAX);
            let imported = Imported { windows, ..Imported::default() };
            Ok((imported, told_rows(&taken)))
        }
        (Some(foreign), None) => {
            let taken = take(store, foreign, now).await?;
            Ok((taken.imported, told(&taken)))
        }
        (None, Some(file)) => {
            let imported = lines(store, &file, now).await?;
            Ok((imported, added(imported)))
        }
        (None, None) => anyhow::bail!("name a file to import"),
    }
}

/// Our own lines.
async fn lines(store: &Sqlite, file: &Path, now: Timestamp) -> anyhow::Result<Imported> {
    let (mut input, bytes) = open(file)?;
    let progress = bytes.map_or_else(|| Progress::written("importing"), Progress::bytes);
    Ok(read::import(store, &mut *input, now, |bytes| progress.at(bytes)).await?)
}

/// What another monitor has kept.
async fn take(store: &Sqlite, foreign: ForeignWanted, now: Timestamp) -> anyhow::Result<Taken> {
    let reading = |file: &Path| Reading { file: name(file), now };
    Ok(match foreign {
        ForeignWanted::Kuma { file, mapping } => {
            let progress = Progress::things("heartbeats");
            let told = |done, total| progress.at_of(done, total);
            kuma::import(store, &file, &reading(&file), &mapping.into(), told).await?
        }
        ForeignWanted::Uptimerobot { file, mapping } => {
            let (mut input, _) = open(&file)?;
            let _progress = Progress::waiting("importing");
            uptimerobot::import(store, &mut *input, &reading(&file), &mapping.into()).await?
        }
        ForeignWanted::Supabase { .. } => anyhow::bail!("a table is no history of checks"),
    })
}

impl From<MappingWanted> for Wanted {
    fn from(wanted: MappingWanted) -> Wanted {
        Wanted { pairs: wanted.map, only_mapped: wanted.only_mapped }
    }
}

/// The name under which a file is remembered.
fn name(file: &Path) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str());
    match Evidence::clean(&name.to_string_lossy()).as_str() {
        "-" => "standard input".to_owned(),
        name => name.to_owned(),
    }
}

fn told(taken: &Taken) -> String {
    let mut text = added(taken.imported);
    if taken.left_out > 0 {
        let left_out = many(taken.left_out, "check", "checks");
        text += &format!("\nleft out {left_out}: everup itself was watching");
    }
    if !taken.unmapped.is_empty() {
        text +=
            &format!("\nleft out, for want of a counterpart: {}", taken.unmapped.join(", "));
    }
    for note in &taken.notes {
        text += &format!("\n{note}");
    }
    text
}

/// `imported 2 maintenance windows (1 was there already)`
fn told_rows(taken: &TakenRows) -> String {
    let new = u64::try_from(taken.new).unwrap_or(u64::MAX);
    let mut text =
        format!("imported {}", many(new, "maintenance window", "maintenance windows"));
    match taken.known {
        0 => {}
        1 => text += " (1 was there already)",
        known => text += &format!(" ({known} were there already)"),
    }
    if taken.new + taken.known + taken.contradicting.len() == 0 {
        text += "\nthe table has no row that this key may see; to a key without the right, \
                 row-level security hides all of them without a word: if the table is not \
                 empty, take the secret key (sb_secret_… or service_role)";
    }
    if !taken.contradicting.is_empty() {
        let shown = taken.contradicting.iter().take(ROWS_SHOWN_MAX);
        let shown: Vec<&str> = shown.map(String::as_str).collect();
        let more = taken.contradicting.len() - shown.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        text += &format!(
            "\nleft as they are here, though the table says something else by now: row {}{more}",
            shown.join(", ")
        );
    }
    if taken.new > 0 && !taken.has_created_at {
        text += "\nthe table has no created_at, so they count as announced now";
    }
    text
}

/// So many rows are named in one sentence.
const ROWS_SHOWN_MAX: usize = 10;

/// `imported 1 check (2 were there already), 1 pause`
fn added(imported: Imported) -> String {
    let Imported { checks, known_checks, pauses, windows, exchanges, closed, .. } = imported;
    let mut text = format!("imported {}", many(checks, "check", "checks"));
    match known_checks {
        0 => {}
        1 => text += " (1 was there already)",
        _ => text += &format!(" ({known_checks} were there already)"),
    }
    for (number, one, more) in [
        (pauses, "pause", "pauses"),
        (windows, "maintenance window", "maintenance windows"),
        (imported.counts, "count beside the figure", "counts beside the figure"),
        (
            imported.stretches,
            "stretch beside the figure",
            "stretches beside the figure",
        ),
        (imported.monitors, "monitor", "monitors"),
        (exchanges, "record of what was said", "records of what was said"),
        (closed, "closed month or correction", "closed months and corrections"),
        (
            imported.digests,
            "record of checks no longer kept",
            "records of checks no longer kept",
        ),
        (imported.runs, "run of everup", "runs of everup"),
        (imported.sums, "count of requests", "counts of requests"),
    ] {
        if number > 0 {
            text += &format!(", {}", many(number, one, more));
        }
    }
    match imported.closed_checks {
        0 => {}
        closed => {
            let closed = many(closed, "check", "checks");
            text +=
                &format!("\n{closed} of closed months: their reports stay as they were closed");
        }
    }
    match imported.too_old_checks {
        0 => {}
        old => {
            let old = many(old, "check", "checks");
            text += &format!("\n{old} of a time whose checks are no longer kept: not taken");
        }
    }
    text
}

fn many(number: u64, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
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
        assert_eq!(added(Imported::default()), "imported 0 checks");
        assert_eq!(
            added(some(1)),
            "imported 1 check (1 was there already), 1 pause, 1 maintenance window"
        );
        assert_eq!(
            added(some(2)),
            "imported 2 checks (2 were there already), 2 pauses, 2 maintenance windows"
        );
    }
}
