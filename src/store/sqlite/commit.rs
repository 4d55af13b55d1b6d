//! Keeping a batch of checks: [`crate::store::contract::Store::commit`].

use super::meta::{self, Meta};
use super::write::Write;
use super::{days, exchanges, hot, ledger, outbox, runs};
use crate::domain::check::Check;
use crate::domain::monitor::Key;
use crate::domain::timestamp::Timestamp;
use crate::store::batch::{Batch, Committed};
use crate::store::contract::StoreError;
use sqlx::SqliteConnection;
use std::collections::{BTreeMap, HashSet};

/// Keeps a batch, or nothing of it.
pub(super) async fn commit(mut write: Write, batch: &Batch) -> Result<Committed, StoreError> {
    let meta = Meta::read(write.connection()).await?;
    if meta.epoch != batch.epoch {
        write.roll_back().await?;
        return Ok(Committed::Stale);
    }
    keep(write.connection(), batch, meta).await?;
    write.commit().await?;
    Ok(Committed::Kept)
}

async fn keep(
    connection: &mut SqliteConnection,
    batch: &Batch,
    meta: Meta,
) -> Result<(), StoreError> {
    let packed_until = meta.packed_until.unwrap_or(Timestamp(i64::MIN));
    let (late, mut new): (Vec<_>, Vec<_>) =
        batch.checks.iter().partition(|(_, check)| check.started_at < packed_until);
    hot::insert(connection, &mut new).await?;
    if keep_packed(connection, &late).await? {
        // Whoever has summed up those packs must know.
        meta::next_epoch(connection).await?;
    }
    exchanges::add(connection, &batch.exchanges).await?;
    outbox::add(connection, &batch.alerts).await?;
    let mut entries = Vec::new();
    let mut judges = Vec::new();
    for progress in &batch.progress {
        entries.extend(progress.entries.iter().map(|entry| (progress.key, entry)));
        judges.push((progress.key, &progress.judge));
    }
    ledger::add(connection, &entries).await?;
    ledger::put_judges(connection, &judges, batch.checkpoint).await?;
    if let Some(checkpoint) = meta.checkpoint {
        replay_late(connection, batch, checkpoint).await?;
    }
    if let Some(checkpoint) = batch.checkpoint {
        meta::set_checkpoint(connection, checkpoint).await?;
    }
    if let Some(alive) = batch.alive {
        runs::touch(connection, alive).await?;
    }
    Ok(())
}

/// Checks of a time whose hot rows are packed already, or are just being packed, go
/// straight into their packs: what packing has read does not change under it. Gives whether
/// any was new.
async fn keep_packed(
    connection: &mut SqliteConnection,
    late: &[&(Key, Check)],
) -> Result<bool, StoreError> {
    let mut of_day: BTreeMap<(Key, i64), Vec<Check>> = BTreeMap::new();
    for (key, check) in late {
        let day = days::day_of(check.started_at);
        of_day.entry((*key, day)).or_default().push(check.clone());
    }
    let mut has_grown = false;
    for ((key, day), mut checks) in of_day {
        checks.sort_by_key(|check| check.started_at);
        has_grown |= days::merge(connection, key, day, checks).await?;
    }
    Ok(has_grown)
}

/// A check may have begun before the checkpoint and come after it. Unless its judge
/// came with it, the next start must read it again.
async fn replay_late(
    connection: &mut SqliteConnection,
    batch: &Batch,
    checkpoint: Timestamp,
) -> Result<(), StoreError> {
    let judged: HashSet<Key> = batch.progress.iter().map(|progress| progress.key).collect();
    for (key, check) in &batch.checks {
        if check.started_at < checkpoint && !judged.contains(key) {
            ledger::replay_late(connection, *key, check.started_at).await?;
        }
    }
    Ok(())
}
