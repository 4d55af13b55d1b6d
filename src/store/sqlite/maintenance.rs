//! Maintenance windows, with the monitors that they are about: the rows. What is done to
//! them is in `announce.rs`, what was done in `deeds.rs`.

use super::error::corrupt;
use crate::domain::announcement::{Announcement, Occurrence, WindowId};
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::MonitorId;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use sqlx::{FromRow, SqliteConnection};
use std::collections::HashMap;

/// A row, without its monitors.
#[derive(FromRow)]
pub(super) struct Row {
    id: i64,
    uid: String,
    revision: i64,
    changed_at: i64,
    rule: Option<String>,
    occurrence: Option<i64>,
    announced_at: i64,
    began_at: i64,
    ended_at: i64,
    cancelled_at: Option<i64>,
    message: String,
    emergency: bool,
}

impl Row {
    fn announcement(self, monitors: Vec<MonitorId>) -> Announcement {
        let occurrence = self.rule.zip(self.occurrence);
        Announcement {
            id: WindowId(self.id),
            uid: self.uid,
            revision: self.revision,
            changed_at: Timestamp(self.changed_at),
            occurrence: occurrence.map(|(rule, at)| Occurrence { rule, at: Timestamp(at) }),
            window: MaintenanceWindow {
                announced_at: Timestamp(self.announced_at),
                start: Timestamp(self.began_at),
                end: Timestamp(self.ended_at),
                cancelled_at: self.cancelled_at.map(Timestamp),
                message: self.message,
                monitors,
                emergency: self.emergency,
            },
        }
    }
}

/// Every window, in order of its start.
pub(super) async fn read_all(
    connection: &mut SqliteConnection,
) -> Result<Vec<Announcement>, StoreError> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT maintenance_monitor.maintenance, monitor.id
         FROM maintenance_monitor JOIN monitor ON monitor.key = maintenance_monitor.monitor
         ORDER BY maintenance_monitor.maintenance, maintenance_monitor.position",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut monitors: HashMap<i64, Vec<MonitorId>> = HashMap::new();
    for (window, id) in rows {
        monitors.entry(window).or_default().push(monitor_id(&id)?);
    }
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT * FROM maintenance ORDER BY began_at, announced_at, ended_at, id",
    )
    .fetch_all(connection)
    .await?;
    let window = |row: Row| {
        let monitors = monitors.remove(&row.id).unwrap_or_default();
        row.announcement(monitors)
    };
    Ok(rows.into_iter().map(window).collect())
}

/// One window.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    id: WindowId,
) -> Result<Option<Announcement>, StoreError> {
    let rows = sqlx::query_as("SELECT * FROM maintenance WHERE id = $1")
        .bind(id.0)
        .fetch_all(&mut *connection)
        .await?;
    Ok(with_monitors(connection, rows).await?.pop())
}

/// The window that is this turn of a rule.
pub(super) async fn read_occurrence(
    connection: &mut SqliteConnection,
    occurrence: &Occurrence,
) -> Result<Option<Announcement>, StoreError> {
    let rows = sqlx::query_as("SELECT * FROM maintenance WHERE rule = $1 AND occurrence = $2")
        .bind(&occurrence.rule)
        .bind(occurrence.at.0)
        .fetch_all(&mut *connection)
        .await?;
    Ok(with_monitors(connection, rows).await?.pop())
}

/// The window that has this name everywhere.
pub(super) async fn read_uid(
    connection: &mut SqliteConnection,
    uid: &str,
) -> Result<Option<Announcement>, StoreError> {
    let rows = sqlx::query_as("SELECT * FROM maintenance WHERE uid = $1")
        .bind(uid)
        .fetch_all(&mut *connection)
        .await?;
    Ok(with_monitors(connection, rows).await?.pop())
}

/// The windows that say what `window` says of its end, its message and whether it is an
/// emergency, and begin when it does, or, of emergencies, are under way then.
pub(super) async fn read_like(
    connection: &mut SqliteConnection,
    window: &MaintenanceWindow,
) -> Result<Vec<Announcement>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT * FROM maintenance
         WHERE began_at <= $1 AND ended_at = $2 AND message = $3 AND emergency = $4
         AND (began_at = $1 OR (emergency = 1 AND ended_at > $1)) ORDER BY id",
    )
    .bind(window.start.0)
    .bind(window.end.0)
    .bind(&window.message)
    .bind(window.emergency)
    .fetch_all(&mut *connection)
    .await?;
    let mut like = with_monitors(connection, rows).await?;
    like.retain(|kept| is_about_the_same(&kept.window, window));
    Ok(like)
}

async fn with_monitors(
    connection: &mut SqliteConnection,
    rows: Vec<Row>,
) -> Result<Vec<Announcement>, StoreError> {
    let mut announcements = Vec::with_capacity(rows.len());
    for row in rows {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT monitor.id
             FROM maintenance_monitor JOIN monitor ON monitor.key = maintenance_monitor.monitor
             WHERE maintenance_monitor.maintenance = $1 ORDER BY maintenance_monitor.position",
        )
        .bind(row.id)
        .fetch_all(&mut *connection)
        .await?;
        let monitors = ids.iter().map(|id| monitor_id(id)).collect::<Result<_, _>>()?;
        announcements.push(row.announcement(monitors));
    }
    Ok(announcements)
}

fn monitor_id(id: &str) -> Result<MonitorId, StoreError> {
    MonitorId::new(id).map_err(|wrong| corrupt("monitor", wrong))
}

/// Whether two windows are about the same monitors, in whatever order they name them.
pub(super) fn is_about_the_same(a: &MaintenanceWindow, b: &MaintenanceWindow) -> bool {
    let monitors = |window: &MaintenanceWindow| {
        let mut monitors = window.monitors.clone();
        monitors.sort();
        monitors.dedup();
        monitors
    };
    monitors(a) == monitors(b)
}

/// Adds a row. Without a `uid`, the window gets one that is made of what it says and which
/// row it is: nobody guesses at it, and no two are the same.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    new: &Announcement,
) -> Result<Announcement, StoreError> {
    let window = &new.window;
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO maintenance (announced_at, began_at, ended_at, cancelled_at, message,
             uid, emergency, revision, changed_at, rule, occurrence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
    )
    .bind(window.announced_at.0)
    .bind(window.start.0)
    .bind(window.end.0)
    .bind(window.cancelled_at.map(|at| at.0))
    .bind(&window.message)
    .bind(&new.uid)
    .bind(window.emergency)
    .bind(new.revision)
    .bind(new.changed_at.0)
    .bind(new.occurrence.as_ref().map(|occurrence| &occurrence.rule))
    .bind(new.occurrence.as_ref().map(|occurrence| occurrence.at.0))
    .fetch_one(&mut *connection)
    .await?;
    put_monitors(connection, id, &window.monitors).await?;
    Ok(Announcement { id: WindowId(id), ..new.clone() })
}

/// Puts what a window says now in place of what it said.
pub(super) async fn update(
    connection: &mut SqliteConnection,
    changed: &Announcement,
) -> Result<(), StoreError> {
    let window = &changed.window;
    sqlx::query(
        "UPDATE maintenance SET announced_at = $2, began_at = $3, ended_at = $4,
             cancelled_at = $5, message = $6, emergency = $7, revision = $8, changed_at = $9,
             rule = $10, occurrence = $11
         WHERE id = $1",
    )
    .bind(changed.id.0)
    .bind(window.announced_at.0)
    .bind(window.start.0)
    .bind(window.end.0)
    .bind(window.cancelled_at.map(|at| at.0))
    .bind(&window.message)
    .bind(window.emergency)
    .bind(changed.revision)
    .bind(changed.changed_at.0)
    .bind(changed.occurrence.as_ref().map(|occurrence| &occurrence.rule))
    .bind(changed.occurrence.as_ref().map(|occurrence| occurrence.at.0))
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM maintenance_monitor WHERE maintenance = $1")
        .bind(changed.id.0)
        .execute(&mut *connection)
        .await?;
    put_monitors(connection, changed.id.0, &window.monitors).await
}

async fn put_monitors(
    connection: &mut SqliteConnection,
    id: i64,
    monitors: &[MonitorId],
) -> Result<(), StoreError> {
    for (monitor, position) in monitors.iter().zip(0_i64..) {
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
