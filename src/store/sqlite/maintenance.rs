//! Maintenance windows, with the monitors that they are about.

use super::error::corrupt;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::MonitorId;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use sqlx::SqliteConnection;
use std::collections::HashMap;

/// A window as it is stored.
pub(super) struct StoredWindow {
    /// Its row.
    pub(super) id: i64,
    /// What it says.
    pub(super) window: MaintenanceWindow,
}

/// Every window, in order of its start.
pub(super) async fn read_all(
    connection: &mut SqliteConnection,
) -> Result<Vec<StoredWindow>, StoreError> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT maintenance_monitor.maintenance, monitor.id
         FROM maintenance_monitor JOIN monitor ON monitor.key = maintenance_monitor.monitor
         ORDER BY maintenance_monitor.maintenance, maintenance_monitor.position",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut monitors: HashMap<i64, Vec<MonitorId>> = HashMap::new();
    for (window, id) in rows {
        let id = MonitorId::new(&id).map_err(|wrong| corrupt("monitor", wrong))?;
        monitors.entry(window).or_default().push(id);
    }
    let rows: Vec<(i64, i64, i64, i64, Option<i64>, String)> = sqlx::query_as(
        "SELECT id, announced_at, began_at, ended_at, cancelled_at, message
         FROM maintenance ORDER BY began_at, announced_at, ended_at, id",
    )
    .fetch_all(connection)
    .await?;
    let window = |(id, announced_at, start, end, cancelled_at, message)| StoredWindow {
        id,
        window: MaintenanceWindow {
            announced_at: Timestamp(announced_at),
            start: Timestamp(start),
            end: Timestamp(end),
            cancelled_at: Option::map(cancelled_at, Timestamp),
            message,
            monitors: monitors.remove(&id).unwrap_or_default(),
        },
    };
    Ok(rows.into_iter().map(window).collect())
}

/// Adds a window, or a cancellation to one; gives whether that was anything new.
/// Two windows are the same if they differ in nothing but the cancellation.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    window: &MaintenanceWindow,
) -> Result<bool, StoreError> {
    let stored = read_all(connection).await?;
    let Some(known) = stored.iter().find(|stored| is_same(&stored.window, window)) else {
        insert(connection, window).await?;
        return Ok(true);
    };
    match (known.window.cancelled_at, window.cancelled_at) {
        // Nothing new, or from before the cancellation.
        (_, None) => Ok(false),
        (Some(kept), Some(given)) if kept == given => Ok(false),
        (None, Some(cancelled_at)) => {
            sqlx::query("UPDATE maintenance SET cancelled_at = $2 WHERE id = $1")
                .bind(known.id)
                .bind(cancelled_at.0)
                .execute(connection)
                .await?;
            Ok(true)
        }
        (Some(kept), Some(given)) => Err(StoreError::Conflict(format!(
            "the maintenance that begins at {} was cancelled at {kept}, not at {given}",
            window.start
        ))),
    }
}

fn is_same(a: &MaintenanceWindow, b: &MaintenanceWindow) -> bool {
    let monitors = |window: &MaintenanceWindow| {
        let mut monitors = window.monitors.clone();
        monitors.sort();
        monitors.dedup();
        monitors
    };
    (a.announced_at, a.start, a.end) == (b.announced_at, b.start, b.end)
        && a.message == b.message
        && monitors(a) == monitors(b)
}

async fn insert(
    connection: &mut SqliteConnection,
    window: &MaintenanceWindow,
) -> Result<(), StoreError> {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO maintenance (announced_at, began_at, ended_at, cancelled_at, message)
         VALUES ($1, $2, $3, $4, $5) RETURNING id",
    )
    .bind(window.announced_at.0)
    .bind(window.start.0)
    .bind(window.end.0)
    .bind(window.cancelled_at.map(|at| at.0))
    .bind(&window.message)
    .fetch_one(&mut *connection)
    .await?;
    for (monitor, position) in window.monitors.iter().zip(0_i64..) {
        let done = sqlx::query(
            "INSERT INTO maintenance_monitor (maintenance, position, monitor)
             SELECT $1, $2, key FROM monitor WHERE id = $3",
        )
        .bind(id)
        .bind(position)
        .bind(monitor.as_str())
        .execute(&mut *connection)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Refused(format!("no monitor has the id {monitor}")));
        }
    }
    Ok(())
}
