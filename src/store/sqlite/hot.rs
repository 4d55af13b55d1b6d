//! The rows of the newest checks.
//!
//! Appended by commits, read by every verb that answers with checks, and moved into
//! [`super::days`] by packing.

use super::error::corrupt;
use super::write;
use crate::domain::check::{Check, Verdict};
use crate::domain::monitor::Key;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use crate::store::evidence;
use futures_util::{StreamExt, TryStreamExt};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::HashMap;

/// Adds checks; one that is there already stays as it is.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    checks: &mut [&(Key, Check)],
) -> Result<(), StoreError> {
    if checks.is_empty() {
        return Ok(());
    }
    // In the order of the tree, so that every page is touched once.
    checks.sort_unstable_by_key(|(key, check)| (check.started_at, *key));
    let rows: Vec<_> = checks.iter().map(|(key, check)| row(*key, check)).collect();
    sqlx::query(
        "INSERT INTO hot_check (started_at, monitor, verdict, latency_us, evidence)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
         FROM json_each($1) WHERE true
         ON CONFLICT DO NOTHING",
    )
    .bind(write::rows(&rows))
    .execute(connection)
    .await?;
    Ok(())
}

type RowText<'a> = (i64, i64, &'a str, Option<u32>, Option<String>);

fn row(key: Key, check: &Check) -> RowText<'_> {
    (
        check.started_at.0,
        key.0,
        check.verdict.word(),
        check.latency_us,
        check.evidence.as_deref().map(evidence::to_text),
    )
}

/// The key and the check of a row with all columns in the order of the table.
pub(super) fn check(row: &SqliteRow) -> Result<(Key, Check), StoreError> {
    let at: i64 = row.try_get(0)?;
    let key: i64 = row.try_get(1)?;
    let place = || format!("hot_check {at}, monitor {key}");
    let word: &str = row.try_get(2)?;
    let verdict =
        Verdict::from_word(word).ok_or_else(|| corrupt(place(), "its verdict is unknown"))?;
    let latency: Option<i64> = row.try_get(3)?;
    let latency_us = latency
        .map(u32::try_from)
        .transpose()
        .map_err(|_| corrupt(place(), "its latency is out of range"))?;
    let text: Option<&str> = row.try_get(4)?;
    let evidence = text
        .map(evidence::from_text)
        .transpose()
        .map_err(|wrong| corrupt(place(), wrong))?
        .map(Box::new);
    Ok((Key(key), Check { started_at: Timestamp(at), verdict, latency_us, evidence }))
}

/// The checks of one monitor that began within `span`, in order of time.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    key: Key,
    span: Span,
) -> Result<Vec<Check>, StoreError> {
    let rows = sqlx::query(
        "SELECT started_at, monitor, verdict, latency_us, evidence FROM hot_check
         WHERE monitor = $1 AND started_at >= $2 AND started_at < $3
         ORDER BY started_at",
    )
    .bind(key.0)
    .bind(span.from.0)
    .bind(span.to.0)
    .fetch(connection);
    rows.map(|row| Ok(check(&row?)?.1)).try_collect().await
}

/// How many checks of one monitor began within `span`.
pub(super) async fn count(
    connection: &mut SqliteConnection,
    key: Key,
    span: Span,
) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar(
        "SELECT count(*) FROM hot_check
         WHERE monitor = $1 AND started_at >= $2 AND started_at < $3",
    )
    .bind(key.0)
    .bind(span.from.0)
    .bind(span.to.0)
    .fetch_one(connection)
    .await?;
    Ok(count)
}

/// Every check that began at `from` or later, of all monitors, in order of time.
pub(super) async fn for_each_from(
    connection: &mut SqliteConnection,
    from: Timestamp,
    each: &mut (dyn for<'c> FnMut(Key, &'c Check) + Send),
) -> Result<(), StoreError> {
    let mut rows = sqlx::query(
        "SELECT started_at, monitor, verdict, latency_us, evidence FROM hot_check
         WHERE started_at >= $1 ORDER BY started_at",
    )
    .bind(from.0)
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let (key, check) = check(&row)?;
        each(key, &check);
    }
    Ok(())
}

/// When the first check that is here began.
pub(super) async fn first(
    connection: &mut SqliteConnection,
) -> Result<Option<Timestamp>, StoreError> {
    let first: Option<i64> =
        sqlx::query_scalar("SELECT started_at FROM hot_check ORDER BY started_at LIMIT 1")
            .fetch_optional(connection)
            .await?;
    Ok(first.map(Timestamp))
}

/// The checks of some monitors that began at `from` or later, each in order of time.
pub(super) async fn read_many(
    connection: &mut SqliteConnection,
    keys: &[Key],
    from: Timestamp,
) -> Result<HashMap<Key, Vec<Check>>, StoreError> {
    let mut rows = sqlx::query(
        "SELECT started_at, monitor, verdict, latency_us, evidence FROM hot_check
         WHERE started_at >= $1 AND monitor IN (SELECT value FROM json_each($2))
         ORDER BY started_at",
    )
    .bind(from.0)
    .bind(list(keys))
    .fetch(connection);
    let mut checks: HashMap<Key, Vec<Check>> = HashMap::new();
    while let Some(row) = rows.try_next().await? {
        let (key, check) = check(&row)?;
        checks.entry(key).or_default().push(check);
    }
    Ok(checks)
}

/// The latest check of each of some monitors that has any here.
pub(super) async fn read_latest(
    connection: &mut SqliteConnection,
    keys: &[Key],
) -> Result<HashMap<Key, Check>, StoreError> {
    let rows = sqlx::query(
        "SELECT started_at, monitor, verdict, latency_us, evidence FROM hot_check
         WHERE (started_at, monitor) IN (
             SELECT max(started_at), monitor FROM hot_check
             WHERE monitor IN (SELECT value FROM json_each($1)) GROUP BY monitor)",
    )
    .bind(list(keys))
    .fetch_all(connection)
    .await?;
    rows.iter().map(check).collect()
}

fn list(keys: &[Key]) -> String {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    write::rows(&keys)
}

/// When the first and the last check of a monitor began.
pub(super) async fn extent(
    connection: &mut SqliteConnection,
    key: Key,
) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
    // Two statements, because each ends at the first row that it finds.
    let first: Option<i64> = sqlx::query_scalar(
        "SELECT started_at FROM hot_check WHERE monitor = $1 ORDER BY started_at LIMIT 1",
    )
    .bind(key.0)
    .fetch_optional(&mut *connection)
    .await?;
    let last: Option<i64> = sqlx::query_scalar(
        "SELECT started_at FROM hot_check WHERE monitor = $1 ORDER BY started_at DESC LIMIT 1",
    )
    .bind(key.0)
    .fetch_optional(connection)
    .await?;
    Ok(first.zip(last).map(|(first, last)| (Timestamp(first), Timestamp(last))))
}
