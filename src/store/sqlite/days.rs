//! The packed checks: one blob a monitor and UTC day.
//!
//! What is in a pack stays as it is: whoever adds to one only fills in what was not
//! there.

use super::error::corrupt;
use crate::domain::check::Check;
use crate::domain::monitor::Key;
use crate::domain::timestamp::{DAY_MS, Timestamp};
use crate::store::contract::StoreError;
use crate::store::pack;
use sqlx::{Row, SqliteConnection};

/// The UTC day of an instant, in days since 1970-01-01.
pub(super) fn day_of(at: Timestamp) -> i64 {
    at.0.div_euclid(DAY_MS)
}

/// The first instant of a day.
pub(super) fn start_of(day: i64) -> Timestamp {
    Timestamp(day.saturating_mul(DAY_MS))
}

/// The first instant after a day.
pub(super) fn end_of(day: i64) -> Timestamp {
    Timestamp(day.saturating_add(1).saturating_mul(DAY_MS))
}

/// The days of `first..=last` that have a pack, in order.
pub(super) async fn list(
    connection: &mut SqliteConnection,
    key: Key,
    first: i64,
    last: i64,
) -> Result<Vec<i64>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT day FROM check_day WHERE monitor = $1 AND day >= $2 AND day <= $3
         ORDER BY day",
    )
    .bind(key.0)
    .bind(first)
    .bind(last)
    .fetch_all(connection)
    .await?)
}

/// The checks of one day, in order of time.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    key: Key,
    day: i64,
) -> Result<Vec<Check>, StoreError> {
    let mut days = read_range(connection, key, day, day).await?;
    Ok(days.pop().unwrap_or_default())
}

/// The checks of each of the days `first..=last` that has any, in order of time.
pub(super) async fn read_range(
    connection: &mut SqliteConnection,
    key: Key,
    first: i64,
    last: i64,
) -> Result<Vec<Vec<Check>>, StoreError> {
    let rows = sqlx::query(
        "SELECT day, packed FROM check_day
         WHERE monitor = $1 AND day >= $2 AND day <= $3 ORDER BY day",
    )
    .bind(key.0)
    .bind(first)
    .bind(last)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let day: i64 = row.try_get(0)?;
            pack::decode(row.try_get(1)?)
                .map_err(|wrong| corrupt(format!("check_day {day}, monitor {}", key.0), wrong))
        })
        .collect()
}

/// Makes `checks` the content of one day; they are in order of time.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    key: Key,
    day: i64,
    checks: &[Check],
) -> Result<(), StoreError> {
    let packed =
        pack::encode(checks).map_err(|error| StoreError::Refused(error.to_string()))?;
    sqlx::query(
        "INSERT INTO check_day (monitor, day, packed) VALUES ($1, $2, $3)
         ON CONFLICT (monitor, day) DO UPDATE SET packed = excluded.packed",
    )
    .bind(key.0)
    .bind(day)
    .bind(packed)
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes the checks of one day.
pub(super) async fn delete(
    connection: &mut SqliteConnection,
    key: Key,
    day: i64,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM check_day WHERE monitor = $1 AND day = $2")
        .bind(key.0)
        .bind(day)
        .execute(connection)
        .await?;
    Ok(())
}

/// Adds checks of one day, in any order, to its pack. Gives whether any was new.
pub(super) async fn merge(
    connection: &mut SqliteConnection,
    key: Key,
    day: i64,
    more: Vec<Check>,
) -> Result<bool, StoreError> {
    let kept = read(connection, key, day).await?;
    let known = kept.len();
    let checks = merged(kept, more);
    let has_grown = checks.len() > known;
    if has_grown {
        write(connection, key, day, &checks).await?;
    }
    Ok(has_grown)
}

/// Both in order of time; of two checks of one instant, the one that was kept stays.
pub(super) fn merged(mut kept: Vec<Check>, more: Vec<Check>) -> Vec<Check> {
    if kept.is_empty() && more.is_sorted_by(|a, b| a.started_at < b.started_at) {
        return more;
    }
    kept.extend(more);
    // Stable: of equal instants the kept one comes first, and is what remains.
    kept.sort_by_key(|check| check.started_at);
    kept.dedup_by_key(|check| check.started_at);
    kept
}

/// The checks of the first day that has any; none if no day has.
pub(super) async fn read_first(
    connection: &mut SqliteConnection,
    key: Key,
) -> Result<Vec<Check>, StoreError> {
    let day: Option<i64> =
        sqlx::query_scalar("SELECT min(day) FROM check_day WHERE monitor = $1")
            .bind(key.0)
            .fetch_one(&mut *connection)
            .await?;
    match day {
        Some(day) => read(connection, key, day).await,
        None => Ok(Vec::new()),
    }
}

/// The checks of the last day that has any; none if no day has.
pub(super) async fn read_last(
    connection: &mut SqliteConnection,
    key: Key,
) -> Result<Vec<Check>, StoreError> {
    let day: Option<i64> =
        sqlx::query_scalar("SELECT max(day) FROM check_day WHERE monitor = $1")
            .bind(key.0)
            .fetch_one(&mut *connection)
            .await?;
    match day {
        Some(day) => read(connection, key, day).await,
        None => Ok(Vec::new()),
    }
}
