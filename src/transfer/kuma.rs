//! The history of Uptime Kuma, version 2, from its SQLite file.
//!
//! A heartbeat is a check. Uptime Kuma keeps those of the last day, and of older ones only
//! where the state changed; what it counted on a UTC day stays, and is kept as a count.
//! `docs/import.md` says what becomes of what.

mod beat;
mod file;

use super::mapping::{Mapping, Wanted};
use super::taking::{Checks, Reading, TakeError, Taken, Taking};
use crate::domain::check::Verdict;
use crate::domain::foreign::{Count, Foreign, Source};
use crate::domain::history::History;
use crate::domain::span::Span;
use crate::domain::timestamp::{DAY_MS, Timestamp};
use crate::store::contract::Store;
use beat::Beat;
use file::{File, Listed};
use std::collections::BTreeMap;
use std::path::Path;

/// Reads the file at `path` into the store. `progress` is told how many of how many
/// heartbeats were read, now and then.
///
/// # Errors
/// When the file is not one of Uptime Kuma's, is damaged or locked, when it is not clear
/// which monitor is which, or when the store refuses; then nothing of it is kept.
pub async fn import(
    store: &dyn Store,
    path: &Path,
    reading: &Reading,
    wanted: &Wanted,
    mut progress: impl FnMut(u64, u64) + Send,
) -> Result<Taken, TakeError> {
    let mut file = File::open(path).await?;
    let listed = file.monitors().await?;
    let histories = store.load().await?.histories;
    let theirs: Vec<_> = listed.iter().map(|listed| listed.theirs.clone()).collect();
    let mapping = Mapping::of(&theirs, &histories, wanted).map_err(TakeError::Mapping)?;
    let mapped: Vec<(&Listed, &History)> = (listed.iter().zip(&mapping.ours))
        .filter_map(|(listed, ours)| Some((listed, histories.get((*ours)?)?)))
        .collect();
    let total = mapped.iter().map(|(listed, _)| listed.beats).sum();
    let newest = file.newest(&listed).await?;
    let mut taking = Taking::begin(store, Source::UptimeKuma, reading).await?;
    let mut done = 0;
    for (listed, history) in mapped {
        let foreign = store.imports(history.key, Span::ALWAYS).await?;
        let mut monitor = Monitor { file: &mut file, listed, history, now: reading.now };
        let days = monitor
            .checks(&mut taking, &foreign, |beats| {
                done += beats;
                progress(done, total);
            })
            .await?;
        let counts = monitor.counts(&days, newest).await?;
        taking.counts(history.key, &counts).await?;
    }
    file.close().await?;
    let taken = taking.finish().await?;
    Ok(Taken { unmapped: mapping.left_out, ..taken })
}

/// One monitor that is being read.
struct Monitor<'a> {
    file: &'a mut File,
    listed: &'a Listed,
    history: &'a History,
    now: Timestamp,
}

impl Monitor<'_> {
    /// Takes its heartbeats over, and gives how many of those that Uptime Kuma counts as up
    /// or down there are a UTC day.
    async fn checks(
        &mut self,
        taking: &mut Taking,
        foreign: &Foreign,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<BTreeMap<i64, u64>, TakeError> {
        let mut checks: Checks<'_> = taking.checks(self.history, foreign);
        let mut days = BTreeMap::new();
        let mut after = None;
        let mut read = 0;
        loop {
            let page = self.file.beats(self.listed.id, after.as_ref()).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.place());
            read += page.len() as u64;
            progress(page.len() as u64);
            for beat in page {
                let check = self.check(&beat)?;
                if check.verdict != Verdict::Unknown {
                    *days.entry(day_of(check.started_at)).or_default() += 1;
                }
                checks.add(check).await?;
            }
        }
        if read != self.listed.beats {
            return Err(TakeError::Input(format!(
                "{} of the heartbeats of {:?} have a time that Uptime Kuma does not write",
                self.listed.beats.abs_diff(read),
                self.listed.theirs.name
            )));
        }
        checks.finish().await?;
        Ok(days)
    }

    fn check(&self, beat: &Beat) -> Result<crate::domain::check::Check, TakeError> {
        let check = beat.check().map_err(TakeError::Input)?;
        if check.started_at > self.now {
            return Err(TakeError::Input(format!(
                "heartbeat {} is of {}, which is yet to come; set the clock of this machine",
                beat.id, check.started_at
            )));
        }
        Ok(check)
    }

    /// What was counted on the days that are over and of which heartbeats are missing.
    async fn counts(
        &mut self,
        beats: &BTreeMap<i64, u64>,
        newest: Option<Timestamp>,
    ) -> Result<Vec<Count>, TakeError> {
        let mut counts = self.file.day_counts(self.listed.id).await?;
        counts.retain(|count| {
            let kept = beats.get(&day_of(count.span.from)).copied().unwrap_or_default();
            let is_over = newest.is_some_and(|newest| count.span.to <= newest);
            is_over && count.up.saturating_add(count.down) > kept
        });
        Ok(counts)
    }
}

/// The number of the UTC day.
fn day_of(at: Timestamp) -> i64 {
    at.0.div_euclid(DAY_MS)
}
