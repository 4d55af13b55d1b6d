//! The runs of the daemon: when everup itself was there to look.

use super::write::Write;
use crate::domain::run::Run;
use crate::domain::timestamp::Timestamp;
use crate::store::batch::Alive;
use crate::store::contract::StoreError;
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

/// Adds a run over another database, whose history is imported; gives whether that is news.
/// Such runs have ids below nought, so that they come before all runs over this database:
/// none of them goes on.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    run: &Run,
) -> Result<bool, StoreError> {
    const FIRST: i64 = -1_000_000_000_000;
    let done = sqlx::query(
        "INSERT INTO run (id, began_at, alive_at, ended_at, version)
         SELECT coalesce(max(id) + 1, $1), $2, $3, $4, $5 FROM run WHERE id < 0
         ON CONFLICT (began_at) DO UPDATE SET alive_at = excluded.alive_at,
             ended_at = excluded.ended_at
         WHERE id < 0 AND (excluded.alive_at > alive_at
             OR excluded.alive_at = alive_at AND excluded.ended_at IS NOT NULL
                AND ended_at IS NULL)",
    )
    .bind(FIRST)
    .bind(run.started_at.0)
    .bind(run.alive_at.0)
    .bind(run.ended_at.map(|at| at.0))
    .bind(&run.version)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
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
