//! Everything but the single checks: [`crate::store::contract::Store::load`].
//!
//! Judges are stored now and then only; the checks that came after each are judged
//! here. Of most monitors these are the hot rows since the checkpoint, read once for
//! all; a monitor for which that is not enough is read by itself.

use super::ledger::{self, StoredJudge};
use super::meta::Meta;
use super::monitors::{self, Stored};
use super::{baseline, closed, days, foreign, hot, maintenance};
use crate::domain::check::Check;
use crate::domain::history::History;
use crate::domain::judge::{Entry, Judge};
use crate::domain::ledger::Ledger;
use crate::domain::maintenance::Excluded;
use crate::domain::monitor::Key;
use crate::domain::monitor::Monitor;
use crate::domain::timestamp::{MINUTE_MS, Timestamp};
use crate::store::baseline::Baseline;
use crate::store::contract::{Loaded, StoreError};
use futures_util::TryStreamExt;
use sqlx::SqliteConnection;
use std::collections::{BTreeMap, HashMap};

/// So far before the checkpoint hot rows are read too: most monitors have their latest
/// check there, and need not be looked for one by one. To judge a check twice changes
/// nothing.
const LOOK_BACK_MS: i64 = 2 * MINUTE_MS;

/// One monitor on its way to a [`History`].
struct Replay {
    monitor: Monitor,
    judge: Judge,
    /// The checks before this are in `judge`, or do not count.
    from: Timestamp,
    entries: Vec<Entry>,
    latest: Option<Check>,
}

impl Replay {
    /// Goes on from the stored judge, or from the baseline where that knows more.
    fn new(
        monitor: Monitor,
        stored: Option<StoredJudge>,
        baseline: Option<Baseline>,
    ) -> Replay {
        let stored = stored.map(|stored| (stored.judged_until(), stored.judge));
        let baseline = baseline.map(|baseline| (baseline.until, baseline.judge));
        let newest = [baseline, stored].into_iter().flatten().max_by_key(|(from, _)| *from);
        let (from, judge) = newest.unwrap_or((Timestamp(i64::MIN), Judge::default()));
        Replay { monitor, judge, from, entries: Vec::new(), latest: None }
    }

    /// Takes the next check, in order of time. One that is judged already changes nothing.
    fn observe(&mut self, check: Check) {
        self.judge.observe(
            check.started_at,
            check.verdict,
            check.reason(),
            &self.monitor,
            &mut self.entries,
        );
        self.latest = Some(check);
    }
}

/// Reads everything; `connection` is inside a read transaction.
pub(super) async fn load(connection: &mut SqliteConnection) -> Result<Loaded, StoreError> {
    let meta = Meta::read(connection).await?;
    let stored = monitors::read_all(connection).await?;
    let windows = maintenance::read_all(connection).await?;
    let excluded = Excluded::by(windows.iter().map(|announcement| &announcement.window));
    let mut made_up = foreign::read_made_up(connection).await?;
    let mut judges = ledger::read_judges(connection).await?;
    let mut baselines = baseline::read_all(connection).await?;
    let mut replays = BTreeMap::new();
    for (key, monitor) in &stored {
        replays.insert(
            *key,
            Replay::new(monitor.monitor(*key)?, judges.remove(key), baselines.remove(key)),
        );
    }
    replay(connection, meta, &mut replays).await?;
    let mut settled = ledger::read_settled(connection).await?;
    let mut histories = Vec::with_capacity(stored.len());
    for (key, replay) in replays {
        let mut past = settled.remove(&key).unwrap_or_default();
        past.add(replay.entries);
        let history = History {
            maintenance: excluded.of(&replay.monitor.id),
            made_up: made_up.remove(&key).unwrap_or_default(),
            key,
            monitor: replay.monitor.into(),
            ledger: Ledger { settled: past.into(), judge: replay.judge },
            latest: replay.latest,
            under_way: None,
            unbooked: None,
        };
        histories.push(history);
    }
    sort(&mut histories, &stored);
    let closed = closed::months(connection).await?;
    Ok(Loaded { epoch: meta.epoch, histories, windows, closed })
}

/// Those that live in the order of their registration, then the others by id.
fn sort(histories: &mut [History], stored: &BTreeMap<Key, Stored>) {
    histories.sort_by_cached_key(|history| {
        let place = stored.get(&history.key).filter(|monitor| monitor.is_living());
        match place {
            Some(monitor) => (false, monitor.position, String::new(), history.key),
            None => (true, 0, history.monitor.id.to_string(), history.key),
        }
    });
}

/// Judges every check that its judge does not know, and finds the latest ones.
async fn replay(
    connection: &mut SqliteConnection,
    meta: Meta,
    replays: &mut BTreeMap<Key, Replay>,
) -> Result<(), StoreError> {
    let start = Timestamp(i64::MIN);
    let checkpoint = meta.checkpoint.unwrap_or(start);
    // From here on, all checks are hot rows.
    let packed_until = meta.packed_until.unwrap_or(start);
    let behind: Vec<Key> = (replays.iter())
        .filter(|(_, replay)| replay.from < checkpoint || replay.from < packed_until)
        .map(|(key, _)| *key)
        .collect();
    replay_each(connection, &behind, replays).await?;
    let hot_from = Timestamp(checkpoint.0.saturating_sub(LOOK_BACK_MS));
    let mut rows = sqlx::query(
        "SELECT started_at, monitor, verdict, latency_us, evidence FROM hot_check
         WHERE started_at >= $1 ORDER BY started_at",
    )
    .bind(hot_from.0)
    .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let (key, check) = hot::check(&row)?;
        if let Some(replay) = replays.get_mut(&key)
            && replay
                .latest
                .as_ref()
                .is_none_or(|latest| latest.started_at < check.started_at)
        {
            replay.observe(check);
        }
    }
    drop(rows);
    find_latest(connection, packed_until, replays).await
}

/// Replays monitors whose checks are not all among the hot rows since the checkpoint.
async fn replay_each(
    connection: &mut SqliteConnection,
    keys: &[Key],
    replays: &mut BTreeMap<Key, Replay>,
) -> Result<(), StoreError> {
    let from = keys
        .iter()
        .filter_map(|key| replays.get(key))
        .map(|replay| replay.from)
        .min();
    let Some(from) = from else { return Ok(()) };
    let mut hot_of = hot::read_many(connection, keys, from).await?;
    for key in keys {
        let Some(replay) = replays.get_mut(key) else { continue };
        let mut hot = hot_of.remove(key).unwrap_or_default();
        let from = replay.from;
        let first = days::day_of(from);
        for day in days::list(connection, *key, first, i64::MAX).await? {
            let packed = days::read(connection, *key, day).await?;
            let end = days::end_of(day);
            let later = hot.split_off(hot.partition_point(|check| check.started_at < end));
            days::merged(packed, std::mem::replace(&mut hot, later))
                .into_iter()
                .skip_while(|check| check.started_at < from)
                .for_each(|check| replay.observe(check));
        }
        hot.into_iter().for_each(|check| replay.observe(check));
    }
    Ok(())
}

/// The latest checks of monitors that have had none for a while. A check that began
/// after everything that is packed is surely the latest one.
async fn find_latest(
    connection: &mut SqliteConnection,
    packed_until: Timestamp,
    replays: &mut BTreeMap<Key, Replay>,
) -> Result<(), StoreError> {
    let idle: Vec<Key> = (replays.iter())
        .filter(|(_, replay)| {
            replay.latest.as_ref().is_none_or(|latest| latest.started_at < packed_until)
        })
        .map(|(key, _)| *key)
        .collect();
    if idle.is_empty() {
        return Ok(());
    }
    let mut hot: HashMap<Key, Check> = hot::read_latest(connection, &idle).await?;
    for key in idle {
        let packed = days::read_last(connection, key).await?.pop();
        let newest = [packed, hot.remove(&key)].into_iter().flatten();
        let latest = newest.max_by_key(|check| check.started_at);
        if let Some(replay) = replays.get_mut(&key) {
            replay.latest = latest;
        }
    }
    Ok(())
}
