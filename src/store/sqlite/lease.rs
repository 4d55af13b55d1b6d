//! The one row that says who watches.

use super::write::Write;
use crate::domain::lease::{Fence, Held, Seen};
use crate::store::contract::{StoreError, Tenant};
use sqlx::SqliteConnection;

/// The lease and the database's clock.
pub(super) async fn read(connection: &mut SqliteConnection) -> Result<Seen, StoreError> {
    let (holder, fence, until_ms, is_locked, now_ms): (String, i64, i64, bool, i64) =
        sqlx::query_as(
            "SELECT holder, fence, until_ms, is_locked,
                 CAST(round(unixepoch('subsec') * 1000) AS INTEGER)
             FROM lease",
        )
        .fetch_one(connection)
        .await?;
    let held = Held { holder, fence: Fence(fence), until_ms, is_locked };
    Ok(Seen { held, now_ms })
}

/// The fence of the newest tenure.
pub(super) async fn fence(connection: &mut SqliteConnection) -> Result<Fence, StoreError> {
    let fence = sqlx::query_scalar("SELECT fence FROM lease").fetch_one(connection).await?;
    Ok(Fence(fence))
}

/// Takes the lease where it is still as it was seen.
pub(super) async fn take(
    mut write: Write,
    seen: &Held,
    tenant: &Tenant,
    length_ms: i64,
) -> Result<Option<Held>, StoreError> {
    let row: Option<(i64, i64)> = sqlx::query_as(
        "UPDATE lease SET holder = $1, fence = fence + 1, is_locked = $2,
             until_ms = CAST(round(unixepoch('subsec') * 1000) AS INTEGER) + $3
         WHERE fence = $4 AND until_ms = $5
         RETURNING fence, until_ms",
    )
    .bind(&tenant.name)
    .bind(tenant.is_locked)
    .bind(length_ms)
    .bind(seen.fence.0)
    .bind(seen.until_ms)
    .fetch_optional(write.connection())
    .await?;
    let Some((fence, until_ms)) = row else {
        write.roll_back().await?;
        return Ok(None);
    };
    write.commit().await?;
    let Tenant { name, is_locked } = tenant.clone();
    Ok(Some(Held { holder: name, fence: Fence(fence), until_ms, is_locked }))
}

/// Lets the lease last from now on.
pub(super) async fn renew(
    mut write: Write,
    fence: Fence,
    is_locked: bool,
    length_ms: i64,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "UPDATE lease SET is_locked = $2,
             until_ms = CAST(round(unixepoch('subsec') * 1000) AS INTEGER) + $3
         WHERE fence = $1",
    )
    .bind(fence.0)
    .bind(is_locked)
    .bind(length_ms)
    .execute(write.connection())
    .await?;
    if done.rows_affected() == 0 {
        write.roll_back().await?;
        return Err(StoreError::Fenced);
    }
    write.commit().await
}

/// Lets another have the lease at once.
pub(super) async fn give_up(mut write: Write, fence: Fence) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE lease SET fence = fence + 1, until_ms = 0, is_locked = 0 WHERE fence = $1",
    )
    .bind(fence.0)
    .execute(write.connection())
    .await?;
    write.commit().await
}
