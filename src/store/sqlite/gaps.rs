//! What checks that are not kept any more said of gaps.

use super::error::corrupt;
use super::write;
use crate::domain::gap::{Gap, Why};
use crate::domain::monitor::Key;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use sqlx::{Row, SqliteConnection};
use std::sync::Arc;

/// Adds gaps of a monitor. Gives how many of them were not there.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    key: Key,
    gaps: &[Gap],
) -> Result<u64, StoreError> {
    if gaps.is_empty() {
        return Ok(0);
    }
    let row = |gap: &Gap| {
        let Gap { span, why, checks, reason } = gap.clone();
        (span.from.0, span.to.0, why.word(), checks, reason.to_string())
    };
    let rows: Vec<_> = gaps.iter().map(row).collect();
    let done = sqlx::query(
        "INSERT INTO gap (monitor, began_at, ended_at, cause, checks, reason)
         SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
         FROM json_each($2) WHERE true
         ON CONFLICT DO NOTHING",
    )
    .bind(key.0)
    .bind(write::rows(&rows))
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Those of a monitor that share an instant with `span`, in order of their start.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    key: Key,
    span: Span,
) -> Result<Vec<Gap>, StoreError> {
    let rows = sqlx::query(
        "SELECT began_at, ended_at, cause, checks, reason FROM gap
         WHERE monitor = $1 AND began_at < $3 AND ended_at > $2
         ORDER BY began_at, ended_at, cause",
    )
    .bind(key.0)
    .bind(span.from.0)
    .bind(span.to.0)
    .fetch_all(connection)
    .await?;
    let gap = |row: &sqlx::sqlite::SqliteRow| {
        let (from, to): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let wrong = |what| corrupt(format!("gap {from}, monitor {}", key.0), what);
        let why = Why::from_word(row.try_get(2)?);
        let checks: i64 = row.try_get(3)?;
        Ok(Gap {
            span: Span::new(Timestamp(from), Timestamp(to)),
            why: why.ok_or_else(|| wrong("its cause is unknown"))?,
            checks: u64::try_from(checks).map_err(|_| wrong("its checks are too few"))?,
            reason: Arc::from(row.try_get::<&str, _>(4)?),
        })
    };
    rows.iter().map(gap).collect()
}
