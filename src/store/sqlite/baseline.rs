//! Where the single checks of a monitor begin, and what remains of those before: the
//! entries of the ledger that are fixed, and digests.

use super::days::{day_of, start_of};
use super::error::corrupt;
use super::ledger;
use crate::domain::digest::Digest;
use crate::domain::judge::Entry;
use crate::domain::monitor::Key;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::store::baseline::Baseline;
use crate::store::contract::StoreError;
use crate::store::{digest_pack, judge_state};
use sqlx::{Row, SqliteConnection};
use std::collections::HashMap;

/// Every baseline there is.
pub(super) async fn read_all(
    connection: &mut SqliteConnection,
) -> Result<HashMap<Key, Baseline>, StoreError> {
    let rows = sqlx::query("SELECT monitor, until, state, explained_from FROM baseline")
        .fetch_all(connection)
        .await?;
    rows.iter().map(baseline).collect()
}

/// Where the single checks of every monitor begin that has a baseline.
pub(super) async fn kept_from(
    connection: &mut SqliteConnection,
) -> Result<HashMap<Key, Timestamp>, StoreError> {
    let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT monitor, until FROM baseline")
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|(key, until)| (Key(key), Timestamp(until))).collect())
}

/// That of one monitor.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    key: Key,
) -> Result<Option<Baseline>, StoreError> {
    let row = sqlx::query(
        "SELECT monitor, until, state, explained_from FROM baseline WHERE monitor = $1",
    )
    .bind(key.0)
    .fetch_optional(connection)
    .await?;
    row.map(|row| Ok(baseline(&row)?.1)).transpose()
}

fn baseline(row: &sqlx::sqlite::SqliteRow) -> Result<(Key, Baseline), StoreError> {
    let key: i64 = row.try_get(0)?;
    let judge = judge_state::from_text(row.try_get(2)?)
        .map_err(|wrong| corrupt(format!("baseline of monitor {key}"), wrong))?;
    let (until, explained_from) = (Timestamp(row.try_get(1)?), Timestamp(row.try_get(3)?));
    Ok((Key(key), Baseline { until, judge, explained_from }))
}

/// Writes a baseline, in place of an earlier one.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    key: Key,
    baseline: &Baseline,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO baseline (monitor, until, state, explained_from) VALUES ($1, $2, $3, $4)
         ON CONFLICT (monitor) DO UPDATE SET until = excluded.until, state = excluded.state,
             explained_from = excluded.explained_from",
    )
    .bind(key.0)
    .bind(baseline.until.0)
    .bind(judge_state::to_text(&baseline.judge))
    .bind(baseline.explained_from.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks an entry of the ledger as fixed. Gives whether it is there.
pub(super) async fn fix(
    connection: &mut SqliteConnection,
    key: Key,
    entry: &Entry,
) -> Result<bool, StoreError> {
    let (kind, span, note) = ledger::columns(entry)?;
    let done = sqlx::query(
        "UPDATE ledger SET fixed = 1
         WHERE monitor = $1 AND kind = $2 AND began_at = $3 AND ended_at = $4 AND note = $5",
    )
    .bind(key.0)
    .bind(kind)
    .bind(span.from.0)
    .bind(span.to.0)
    .bind(note)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The fixed entries of a monitor, of each kind in order of time.
pub(super) async fn entries(
    connection: &mut SqliteConnection,
    key: Key,
) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query(
        "SELECT monitor, kind, began_at, ended_at, note FROM ledger
         WHERE monitor = $1 AND fixed = 1 ORDER BY kind, began_at, ended_at",
    )
    .bind(key.0)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok(ledger::read_entry(row)?.1)).collect()
}

/// The digests of the hours that begin within `span`, in order.
pub(super) async fn digests(
    connection: &mut SqliteConnection,
    key: Key,
    span: Span,
) -> Result<Vec<Digest>, StoreError> {
    if span.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(
        "SELECT day, packed FROM digest_day
         WHERE monitor = $1 AND day >= $2 AND day <= $3 ORDER BY day",
    )
    .bind(key.0)
    .bind(day_of(span.from))
    .bind(day_of(Timestamp(span.to.0.saturating_sub(1))))
    .fetch_all(connection)
    .await?;
    let mut digests = Vec::new();
    for row in rows {
        let day: i64 = row.try_get(0)?;
        let of_day = digest_pack::decode(day, row.try_get(1)?)
            .map_err(|wrong| corrupt(format!("digest_day {day}, monitor {}", key.0), wrong))?;
        digests.extend(of_day.into_iter().filter(|digest| span.contains(digest.from)));
    }
    Ok(digests)
}

/// Makes `digests` those of one day.
pub(super) async fn put_digests(
    connection: &mut SqliteConnection,
    key: Key,
    day: i64,
    digests: &[Digest],
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO digest_day (monitor, day, packed) VALUES ($1, $2, $3)
         ON CONFLICT (monitor, day) DO UPDATE SET packed = excluded.packed",
    )
    .bind(key.0)
    .bind(day)
    .bind(digest_pack::encode(digests))
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds the digest of an hour. [`StoreError::Conflict`] where another is kept.
pub(super) async fn add_digest(
    connection: &mut SqliteConnection,
    key: Key,
    digest: &Digest,
) -> Result<bool, StoreError> {
    let day = day_of(digest.from);
    let span = Span::new(start_of(day), start_of(day.saturating_add(1)));
    let mut of_day = digests(&mut *connection, key, span).await?;
    match of_day.binary_search_by_key(&digest.from, |kept| kept.from) {
        Ok(place) if of_day.get(place) == Some(digest) => Ok(false),
        Ok(_) => Err(StoreError::Conflict(format!(
            "the digest of the hour from {} is kept with other numbers",
            digest.from
        ))),
        Err(place) => {
            of_day.insert(place, digest.clone());
            put_digests(connection, key, day, &of_day).await?;
            Ok(true)
        }
    }
}
