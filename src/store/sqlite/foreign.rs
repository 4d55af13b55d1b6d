//! What other monitors said of the same targets, and where imported records came from.

use super::error::corrupt;
use crate::domain::foreign::{Claim, Count, Foreign, Origin, Records, Source, Stretch};
use crate::domain::monitor::Key;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use sqlx::{Row, SqliteConnection};
use std::collections::BTreeMap;

/// What touches `span`, of one monitor or of all; each kind in order of its start.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    of: Option<Key>,
    span: Span,
) -> Result<BTreeMap<Key, Foreign>, StoreError> {
    let mut found: BTreeMap<Key, Foreign> = BTreeMap::new();
    if span.is_empty() {
        return Ok(found);
    }
    let (first, last) = of.map_or((i64::MIN, i64::MAX), |key| (key.0, key.0));
    let rows = sqlx::query(
        "SELECT monitor, source, began_at, ended_at, records, imported_at, file, added
         FROM origin
         WHERE monitor BETWEEN $1 AND $2 AND began_at < $4 AND ended_at > $3
         ORDER BY monitor, began_at, ended_at, source, records, imported_at, file",
    )
    .bind(first)
    .bind(last)
    .bind(span.from.0)
    .bind(span.to.0)
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        let (key, source, span) = about(&row)?;
        let origin = Origin {
            source,
            records: Records::from_word(row.try_get(4)?).ok_or_else(|| {
                corrupt(format!("origin of monitor {}", key.0), "its records")
            })?,
            imported_at: Timestamp(row.try_get(5)?),
            file: row.try_get(6)?,
            added: number(&row, 7)?,
            span,
        };
        found.entry(key).or_default().origins.push(origin);
    }
    read_counts(connection, (first, last), span, &mut found).await?;
    read_stretches(connection, (first, last), span, &mut found).await?;
    Ok(found)
}

/// The time of each monitor whose checks were made up.
pub(super) async fn read_made_up(
    connection: &mut SqliteConnection,
) -> Result<BTreeMap<Key, Spans>, StoreError> {
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT monitor, began_at, ended_at FROM origin WHERE source = $1 AND records = $2",
    )
    .bind(Source::Demo.word())
    .bind(Records::Checks.word())
    .fetch_all(connection)
    .await?;
    let mut found: BTreeMap<Key, Vec<Span>> = BTreeMap::new();
    for (key, from, to) in rows {
        found
            .entry(Key(key))
            .or_default()
            .push(Span::new(Timestamp(from), Timestamp(to)));
    }
    Ok(found
        .into_iter()
        .map(|(key, spans)| (key, spans.into_iter().collect()))
        .collect())
}

async fn read_counts(
    connection: &mut SqliteConnection,
    (first, last): (i64, i64),
    span: Span,
    found: &mut BTreeMap<Key, Foreign>,
) -> Result<(), StoreError> {
    let rows = sqlx::query(
        "SELECT monitor, source, began_at, ended_at, up, down FROM foreign_count
         WHERE monitor BETWEEN $1 AND $2 AND began_at < $4 AND ended_at > $3
         ORDER BY monitor, began_at, source",
    )
    .bind(first)
    .bind(last)
    .bind(span.from.0)
    .bind(span.to.0)
    .fetch_all(connection)
    .await?;
    for row in rows {
        let (key, source, span) = about(&row)?;
        let count = Count { source, span, up: number(&row, 4)?, down: number(&row, 5)? };
        found.entry(key).or_default().counts.push(count);
    }
    Ok(())
}

async fn read_stretches(
    connection: &mut SqliteConnection,
    (first, last): (i64, i64),
    span: Span,
    found: &mut BTreeMap<Key, Foreign>,
) -> Result<(), StoreError> {
    let rows = sqlx::query(
        "SELECT monitor, source, began_at, ended_at, claim, reason FROM foreign_stretch
         WHERE monitor BETWEEN $1 AND $2 AND began_at < $4 AND ended_at > $3
         ORDER BY monitor, began_at, source",
    )
    .bind(first)
    .bind(last)
    .bind(span.from.0)
    .bind(span.to.0)
    .fetch_all(connection)
    .await?;
    for row in rows {
        let (key, source, span) = about(&row)?;
        let claim = Claim::from_word(row.try_get(4)?)
            .ok_or_else(|| corrupt(format!("stretch of monitor {}", key.0), "its claim"))?;
        let stretch = Stretch { source, span, claim, reason: row.try_get(5)? };
        found.entry(key).or_default().stretches.push(stretch);
    }
    Ok(())
}

/// What each of the three tables begins with.
fn about(row: &sqlx::sqlite::SqliteRow) -> Result<(Key, Source, Span), StoreError> {
    let key = Key(row.try_get(0)?);
    let word: String = row.try_get(1)?;
    let source = Source::from_word(&word)
        .ok_or_else(|| corrupt(format!("monitor {}", key.0), format!("no source {word:?}")))?;
    Ok((
        key,
        source,
        Span::new(Timestamp(row.try_get(2)?), Timestamp(row.try_get(3)?)),
    ))
}

fn number(row: &sqlx::sqlite::SqliteRow, column: usize) -> Result<u64, StoreError> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|_| corrupt("what was imported", "a count below nothing"))
}

fn stored(number: u64) -> Result<i64, StoreError> {
    let refused = |_| StoreError::Refused(format!("nothing can be counted up to {number}"));
    i64::try_from(number).map_err(refused)
}

/// Adds an origin; gives whether it was not there yet.
pub(super) async fn add_origin(
    connection: &mut SqliteConnection,
    key: Key,
    origin: &Origin,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO origin
             (monitor, source, records, began_at, ended_at, imported_at, file, added)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(key.0)
    .bind(origin.source.word())
    .bind(origin.records.word())
    .bind(origin.span.from.0)
    .bind(origin.span.to.0)
    .bind(origin.imported_at.0)
    .bind(&origin.file)
    .bind(stored(origin.added)?)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Adds a count; gives whether it was not there yet.
pub(super) async fn add_count(
    connection: &mut SqliteConnection,
    key: Key,
    count: &Count,
) -> Result<bool, StoreError> {
    // Those of a source never overlap, so only the last that began could.
    let (up, down) = (stored(count.up)?, stored(count.down)?);
    let near: Option<(i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT began_at, ended_at, up, down FROM foreign_count
         WHERE monitor = $1 AND source = $2 AND began_at < $3
         ORDER BY began_at DESC LIMIT 1",
    )
    .bind(key.0)
    .bind(count.source.word())
    .bind(count.span.to.0)
    .fetch_optional(&mut *connection)
    .await?;
    match near {
        Some(kept) if kept == (count.span.from.0, count.span.to.0, up, down) => Ok(false),
        Some((from, to, ..)) if to > count.span.from.0 => {
            Err(contradiction("count", count.source, count.span, from, to))
        }
        _ => {
            sqlx::query(
                "INSERT INTO foreign_count (monitor, source, began_at, ended_at, up, down)
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(key.0)
            .bind(count.source.word())
            .bind(count.span.from.0)
            .bind(count.span.to.0)
            .bind(up)
            .bind(down)
            .execute(connection)
            .await?;
            Ok(true)
        }
    }
}

/// Adds a stretch, or more time to one; gives whether that was anything new.
pub(super) async fn add_stretch(
    connection: &mut SqliteConnection,
    key: Key,
    stretch: &Stretch,
) -> Result<bool, StoreError> {
    let Stretch { source, span, claim, reason } = stretch;
    let near: Option<(i64, i64, String, String)> = sqlx::query_as(
        "SELECT began_at, ended_at, claim, reason FROM foreign_stretch
         WHERE monitor = $1 AND source = $2 AND began_at < $3
         ORDER BY began_at DESC LIMIT 1",
    )
    .bind(key.0)
    .bind(source.word())
    .bind(span.to.0)
    .fetch_optional(&mut *connection)
    .await?;
    if let Some((from, to, kept_claim, kept_reason)) = near
        && to > span.from.0
    {
        let same = (kept_claim.as_str(), &kept_reason) == (claim.word(), reason);
        if from != span.from.0 || !same {
            return Err(contradiction("stretch", *source, *span, from, to));
        }
        if span.to.0 <= to {
            return Ok(false);
        }
    }
    sqlx::query(
        "INSERT INTO foreign_stretch (monitor, source, began_at, ended_at, claim, reason)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (monitor, source, began_at) DO UPDATE SET ended_at = excluded.ended_at",
    )
    .bind(key.0)
    .bind(source.word())
    .bind(span.from.0)
    .bind(span.to.0)
    .bind(claim.word())
    .bind(reason)
    .execute(connection)
    .await?;
    Ok(true)
}

fn contradiction(what: &str, source: Source, given: Span, from: i64, to: i64) -> StoreError {
    StoreError::Conflict(format!(
        "the {what} of {source} from {} to {} contradicts the one that is kept from {} to {}",
        given.from,
        given.to,
        Timestamp(from),
        Timestamp(to)
    ))
}
