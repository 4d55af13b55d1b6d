//! Moving checks from the hot rows into packs.
//!
//! A slice of time is moved in steps: it is closed to commits, which from then on put
//! what still belongs into it straight into packs; its rows are added to the packs, some
//! monitors at a time; and when all are there, its rows are deleted, some at a time. A
//! crash between two steps leaves checks in both places, which every reader takes for
//! one, and the next call begins with them. In time order, because rows of all monitors
//! share a page: deleting one monitor after the other would write every page as often as
//! there are monitors.

use super::meta;
use super::write::Writer;
use super::{days, hot};
use crate::domain::check::Check;
use crate::domain::monitor::Key;
use crate::domain::span::Span;
use crate::domain::timestamp::{HOUR_MS, Timestamp};
use crate::store::contract::StoreError;
use futures_util::TryStreamExt;
use sqlx::{SqliteConnection, SqlitePool};
use std::collections::BTreeMap;

/// How many monitors' packs are written in one transaction: a commit of checks waits no
/// longer than for these, some ten milliseconds.
const MONITORS_AT_ONCE: i64 = 50;
/// How many rows are deleted in one transaction, for the same reason.
const ROWS_AT_ONCE: i64 = 10_000;

/// Moves the checks that began before `before`, and gives how many rows that were.
/// Commits come in between.
pub(super) async fn pack(
    writer: &Writer,
    readers: &SqlitePool,
    before: Timestamp,
) -> Result<u64, StoreError> {
    let mut moved = 0;
    loop {
        let mut reader = readers.acquire().await?;
        let Some(slice) = next_slice(&mut reader, before).await? else { return Ok(moved) };
        let mut write = writer.begin().await?;
        meta::set_packed_until(write.connection(), slice.to).await?;
        write.commit().await?;
        for keys in chunks(&mut reader).await? {
            let rows = read(&mut reader, slice, keys).await?;
            if rows.is_empty() {
                continue;
            }
            let mut write = writer.begin().await?;
            add(write.connection(), slice, rows).await?;
            write.commit().await?;
        }
        drop(reader);
        loop {
            let mut write = writer.begin().await?;
            let deleted = delete(write.connection(), slice).await?;
            write.commit().await?;
            if deleted == 0 {
                break;
            }
            moved += deleted;
        }
    }
}

/// Moves all checks within a transaction that has begun, so that packs are all there is.
pub(super) async fn pack_all(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    while let Some(slice) = next_slice(connection, Timestamp(i64::MAX)).await? {
        meta::set_packed_until(connection, slice.to).await?;
        for keys in chunks(connection).await? {
            let rows = read(connection, slice, keys).await?;
            add(connection, slice, rows).await?;
        }
        while delete(connection, slice).await? > 0 {}
    }
    Ok(())
}

/// The oldest rows that began before `before` and within one UTC hour, and so within
/// one day. It ends with its newest row, lest commits be turned to the packs for longer
/// than they must.
async fn next_slice(
    connection: &mut SqliteConnection,
    before: Timestamp,
) -> Result<Option<Span>, StoreError> {
    let Some(first) = hot::first(connection).await?.filter(|first| *first < before) else {
        return Ok(None);
    };
    let hour_ends = Timestamp((first.0.div_euclid(HOUR_MS) + 1).saturating_mul(HOUR_MS));
    let slice = Span::new(first, hour_ends.min(before));
    let newest: Option<i64> = sqlx::query_scalar(
        "SELECT started_at FROM hot_check WHERE started_at < $1
         ORDER BY started_at DESC LIMIT 1",
    )
    .bind(slice.to.0)
    .fetch_optional(connection)
    .await?;
    // None, if an import by another process has packed everything meanwhile.
    Ok(newest.map(|newest| Span::new(first, Timestamp(newest.saturating_add(1)))))
}

/// All keys, as ranges of [`MONITORS_AT_ONCE`].
async fn chunks(connection: &mut SqliteConnection) -> Result<Vec<(i64, i64)>, StoreError> {
    let keys: Vec<i64> = sqlx::query_scalar("SELECT key FROM monitor ORDER BY key")
        .fetch_all(connection)
        .await?;
    let chunk = |keys: &[i64]| Some((*keys.first()?, *keys.last()?));
    Ok(keys.chunks(MONITORS_AT_ONCE as usize).filter_map(chunk).collect())
}

async fn read(
    connection: &mut SqliteConnection,
    slice: Span,
    (first, last): (i64, i64),
) -> Result<BTreeMap<Key, Vec<Check>>, StoreError> {
    // One by one: a row as SQLite hands it over takes ten times the room of a check.
    let mut rows = sqlx::query(
        "SELECT started_at, monitor, verdict, latency_us, evidence FROM hot_check
         WHERE started_at >= $1 AND started_at < $2 AND monitor BETWEEN $3 AND $4
         ORDER BY started_at",
    )
    .bind(slice.from.0)
    .bind(slice.to.0)
    .bind(first)
    .bind(last)
    .fetch(connection);
    let mut checks: BTreeMap<Key, Vec<Check>> = BTreeMap::new();
    while let Some(row) = rows.try_next().await? {
        let (key, check) = hot::check(&row)?;
        checks.entry(key).or_default().push(check);
    }
    Ok(checks)
}

async fn add(
    connection: &mut SqliteConnection,
    slice: Span,
    rows: BTreeMap<Key, Vec<Check>>,
) -> Result<(), StoreError> {
    let day = days::day_of(slice.from);
    for (key, checks) in rows {
        days::merge(connection, key, day, checks).await?;
    }
    Ok(())
}

/// Deletes some rows of a slice whose checks are all packed.
async fn delete(connection: &mut SqliteConnection, slice: Span) -> Result<u64, StoreError> {
    let first = hot::first(connection)
        .await?
        .map_or(slice.from, |first| first.max(slice.from));
    let enough: Option<i64> = sqlx::query_scalar(
        "SELECT started_at FROM hot_check WHERE started_at >= $1 AND started_at < $2
         ORDER BY started_at LIMIT 1 OFFSET $3",
    )
    .bind(first.0)
    .bind(slice.to.0)
    .bind(ROWS_AT_ONCE)
    .fetch_optional(&mut *connection)
    .await?;
    // At least one instant, however many rows it has.
    let until = enough.map_or(slice.to.0, |at| at.max(first.0.saturating_add(1)));
    let done = sqlx::query("DELETE FROM hot_check WHERE started_at >= $1 AND started_at < $2")
        .bind(first.0)
        .bind(until)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
