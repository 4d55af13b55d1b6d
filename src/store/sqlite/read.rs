//! The single checks and pauses of one monitor, wherever they are kept.

use super::meta::Meta;
use super::{days, hot};
use crate::domain::check::Check;
use crate::domain::monitor::Key;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use crate::store::import::Pause;
use sqlx::SqliteConnection;

/// The checks that began within `span`, in order of time.
pub(super) async fn checks(
    connection: &mut SqliteConnection,
    key: Key,
    span: Span,
) -> Result<Vec<Check>, StoreError> {
    if span.is_empty() {
        return Ok(Vec::new());
    }
    let last = Timestamp(span.to.0.saturating_sub(1));
    let (first_day, last_day) = (days::day_of(span.from), days::day_of(last));
    let packed = days::read_range(connection, key, first_day, last_day).await?;
    let mut checks: Vec<Check> = Vec::with_capacity(packed.iter().map(Vec::len).sum());
    for day in packed {
        checks.extend(day.into_iter().filter(|check| span.contains(check.started_at)));
    }
    let hot = hot::read(connection, key, span).await?;
    if hot.is_empty() { Ok(checks) } else { Ok(days::merged(checks, hot)) }
}

/// The checks of all monitors that are not packed, and since when these are all.
pub(super) async fn recent(
    connection: &mut SqliteConnection,
    each: &mut (dyn for<'c> FnMut(Key, &'c Check) + Send),
) -> Result<Timestamp, StoreError> {
    let from = Meta::read(connection).await?.packed_until.unwrap_or(Timestamp(i64::MIN));
    hot::for_each_from(connection, from, each).await?;
    Ok(from)
}

/// From the first to just after the last check.
pub(super) async fn extent(
    connection: &mut SqliteConnection,
    key: Key,
) -> Result<Option<Span>, StoreError> {
    let packed_first = days::read_first(connection, key).await?;
    let packed_last = days::read_last(connection, key).await?;
    let hot = hot::extent(connection, key).await?;
    let packed = packed_first.first().zip(packed_last.last());
    let packed = packed.map(|(first, last)| (first.started_at, last.started_at));
    let ends = [packed, hot].into_iter().flatten();
    Ok(ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).map(|(first, last)| {
        let just_after = Timestamp(last.0.saturating_add(1));
        Span::new(first, just_after)
    }))
}

/// The pauses, in order.
pub(super) async fn pauses(
    connection: &mut SqliteConnection,
    key: Key,
) -> Result<Vec<Pause>, StoreError> {
    let rows: Vec<(i64, Option<i64>)> = sqlx::query_as(
        "SELECT began_at, ended_at FROM pause WHERE monitor = $1 ORDER BY began_at",
    )
    .bind(key.0)
    .fetch_all(connection)
    .await?;
    let pause = |(from, to)| Pause { from: Timestamp(from), to: Option::map(to, Timestamp) };
    Ok(rows.into_iter().map(pause).collect())
}
