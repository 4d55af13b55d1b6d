//! What was said in some of the checks that failed.
//!
//! Written by commits and imports in their transaction, read by the dossier and the
//! export. Not packed with the checks: there are few, and they are large.

use super::error::corrupt;
use crate::domain::exchange::Exchange;
use crate::domain::monitor::Key;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::store::batch::Exchanged;
use crate::store::contract::StoreError;
use crate::store::exchange::{pack, unpack};
use futures_util::TryStreamExt;
use sqlx::{Row, SqliteConnection};

/// Adds exchanges; one that is there already stays as it is.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    exchanges: &[Exchanged],
) -> Result<(), StoreError> {
    for Exchanged { key, started_at, exchange } in exchanges {
        let packed = match pack(exchange) {
            Ok(packed) => packed,
            // The checks themselves must not wait for ever because of it.
            Err(wrong) => {
                tracing::error!("what was said in a check is not kept: {wrong}");
                continue;
            }
        };
        sqlx::query(
            "INSERT INTO exchange (monitor, started_at, packed) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
        )
        .bind(key.0)
        .bind(started_at.0)
        .bind(packed)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Those of one monitor within `span`, in order of time, at most `limit`.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    key: Key,
    span: Span,
    limit: usize,
) -> Result<Vec<(Timestamp, Exchange)>, StoreError> {
    let mut rows = sqlx::query(
        "SELECT started_at, packed FROM exchange
         WHERE monitor = $1 AND started_at >= $2 AND started_at < $3
         ORDER BY started_at LIMIT $4",
    )
    .bind(key.0)
    .bind(span.from.0)
    .bind(span.to.0)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch(connection);
    let mut exchanges = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let at: i64 = row.try_get(0)?;
        let packed: &[u8] = row.try_get(1)?;
        let place = || format!("exchange {at}, monitor {}", key.0);
        let exchange = unpack(packed).map_err(|wrong| corrupt(place(), wrong))?;
        exchanges.push((Timestamp(at), exchange));
    }
    Ok(exchanges)
}

/// Deletes what was said in the checks of a monitor that began within `span`.
pub(super) async fn delete(
    connection: &mut SqliteConnection,
    key: Key,
    span: Span,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM exchange WHERE monitor = $1 AND started_at >= $2 AND started_at < $3",
    )
    .bind(key.0)
    .bind(span.from.0)
    .bind(span.to.0)
    .execute(connection)
    .await?;
    Ok(())
}
