//! Backends that somebody took out of their balancers, and who did.

use super::error::corrupt;
use super::meta;
use super::write::Write;
use crate::domain::monitor::MonitorId;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use crate::store::requests::{DrainAction, DrainDeed, Drained, Place};
use sqlx::SqliteConnection;

/// Takes a backend out, or lets it back; gives whether it was otherwise before.
pub(super) async fn set(
    mut write: Write,
    place: &Place,
    action: DrainAction,
    at: Timestamp,
    author: &str,
) -> Result<bool, StoreError> {
    let connection = write.connection();
    let (balancer, backend) = (place.balancer.as_str(), place.backend.as_str());
    let done = match action {
        DrainAction::Drained => {
            sqlx::query(
                "INSERT INTO drain (balancer, backend, drained_at, author)
                 VALUES ($1, $2, $3, $4) ON CONFLICT (balancer, backend) DO NOTHING",
            )
            .bind(balancer)
            .bind(backend)
            .bind(at.0)
            .bind(author)
            .execute(&mut *connection)
            .await?
        }
        DrainAction::Undrained => {
            sqlx::query("DELETE FROM drain WHERE balancer = $1 AND backend = $2")
                .bind(balancer)
                .bind(backend)
                .execute(&mut *connection)
                .await?
        }
    };
    if done.rows_affected() == 0 {
        write.roll_back().await?;
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO drain_deed (balancer, backend, at, author, action)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(balancer)
    .bind(backend)
    .bind(at.0)
    .bind(author)
    .bind(action.word())
    .execute(&mut *connection)
    .await?;
    meta::next_epoch(connection).await?;
    write.commit().await?;
    Ok(true)
}

/// Every backend that is taken out.
pub(super) async fn read_all(
    connection: &mut SqliteConnection,
) -> Result<Vec<Drained>, StoreError> {
    let rows: Vec<(String, String, i64, String)> = sqlx::query_as(
        "SELECT balancer, backend, drained_at, author FROM drain ORDER BY balancer, backend",
    )
    .fetch_all(connection)
    .await?;
    let drained = |(balancer, backend, at, author): (String, String, i64, String)| {
        let place = Place { balancer: id(&balancer)?, backend: id(&backend)? };
        Ok(Drained { place, at: Timestamp(at), author })
    };
    rows.into_iter().map(drained).collect()
}

/// What was done to the backends of one balancer, the newest first, at most so much.
pub(super) async fn deeds(
    connection: &mut SqliteConnection,
    balancer: &MonitorId,
    most: u32,
) -> Result<Vec<DrainDeed>, StoreError> {
    let rows: Vec<(String, i64, String, String)> = sqlx::query_as(
        "SELECT backend, at, author, action FROM drain_deed
         WHERE balancer = $1 ORDER BY id DESC LIMIT $2",
    )
    .bind(balancer.as_str())
    .bind(most)
    .fetch_all(connection)
    .await?;
    let deed = |(backend, at, author, action): (String, i64, String, String)| {
        let action = DrainAction::from_word(&action)
            .ok_or_else(|| corrupt("what was done to a backend", "an action"))?;
        Ok(DrainDeed { backend: id(&backend)?, at: Timestamp(at), author, action })
    };
    rows.into_iter().map(deed).collect()
}

fn id(text: &str) -> Result<MonitorId, StoreError> {
    MonitorId::new(text).map_err(|_| corrupt("a backend that is taken out", "an id"))
}
