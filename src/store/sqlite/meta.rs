//! The one row that speaks of the whole database.

use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use sqlx::SqliteConnection;

/// What the row says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meta {
    /// Grows whenever the past, or what checks are judged by, was changed by anything
    /// but a commit.
    pub(super) epoch: i64,
    /// The newest instant that judges were stored for.
    pub(super) checkpoint: Option<Timestamp>,
    /// Checks that began before this are in packs or on their way there, and are not
    /// added to the hot rows; no check in a pack began later.
    pub(super) packed_until: Option<Timestamp>,
}

impl Meta {
    /// Reads the row.
    pub(super) async fn read(connection: &mut SqliteConnection) -> Result<Meta, StoreError> {
        let (epoch, checkpoint, packed_until): (i64, Option<i64>, Option<i64>) =
            sqlx::query_as("SELECT epoch, checkpoint, packed_until FROM meta")
                .fetch_one(connection)
                .await?;
        Ok(Meta {
            epoch,
            checkpoint: checkpoint.map(Timestamp),
            packed_until: packed_until.map(Timestamp),
        })
    }
}

/// Makes every batch stale that was judged before now.
pub(super) async fn next_epoch(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query("UPDATE meta SET epoch = epoch + 1").execute(connection).await?;
    Ok(())
}

/// Moves the checkpoint forward.
pub(super) async fn set_checkpoint(
    connection: &mut SqliteConnection,
    checkpoint: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE meta SET checkpoint = $1 WHERE checkpoint IS NULL OR checkpoint < $1")
        .bind(checkpoint.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Lets no check that began before `until` into the hot rows any more.
pub(super) async fn set_packed_until(
    connection: &mut SqliteConnection,
    until: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE meta SET packed_until = $1 WHERE packed_until IS NULL OR packed_until < $1",
    )
    .bind(until.0)
    .execute(connection)
    .await?;
    Ok(())
}
