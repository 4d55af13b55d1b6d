//! The runs of the daemon: when everup itself was there to look.

use super::write::Write;
use crate::domain::run::Run;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::{Alive, StoreError};
use sqlx::SqliteConnection;

/// Notes a run from its beginning on.
pub(super) async fn begin(
    mut write: Write,
    started_at: Timestamp,
    version: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO run (began_at, alive_at, ended_at, version) VALUES ($1, $1, NULL, $2)
         ON CONFLICT (began_at) DO UPDATE SET ended_at = NULL, version = excluded.version",
    )
    .bind(started_at.0)
    .bind(version)
    .execute(write.connection())
    .await?;
    write.commit().await
}

/// Notes that a run has stopped in order.
pub(super) async fn end(
    mut write: Write,
    started_at: Timestamp,
    ended_at: Timestamp,
) -> Result<(), StoreError> {
    // Should the clock have gone back since, it ended no earlier than it surely lived.
    sqlx::query("UPDATE run SET ended_at = max($2, alive_at) WHERE began_at = $1")
        .bind(started_at.0)
        .bind(ended_at.0)
        .execute(write.connection())
        .await?;
    write.commit().await
}

/// Notes a sign of life.
pub(super) async fn touch(
    connection: &mut SqliteConnection,
    alive: Alive,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE run SET alive_at = $2 WHERE began_at = $1 AND alive_at < $2")
        .bind(alive.started_at.0)
        .bind(alive.at.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Every run, in the order in which they were begun.
pub(super) async fn read_all(
    connection: &mut SqliteConnection,
) -> Result<Vec<Run>, StoreError> {
    let rows: Vec<(i64, i64, Option<i64>, String)> =
        sqlx::query_as("SELECT began_at, alive_at, ended_at, version FROM run ORDER BY id")
            .fetch_all(connection)
            .await?;
    let run = |(started_at, alive_at, ended_at, version)| Run {
        started_at: Timestamp(started_at),
        alive_at: Timestamp(alive_at),
        ended_at: Option::map(ended_at, Timestamp),
        version,
    };
    Ok(rows.into_iter().map(run).collect())
}
