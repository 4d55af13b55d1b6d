//! What waits to be told, and what became of it.

use super::error::corrupt;
use super::write::{self, Write};
use crate::domain::alert::{Alert, ChannelId, Kind, Told};
use crate::domain::monitor::Key;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use crate::store::outbox::{AlertId, Outcome, Outgoing, Waiting};
use sqlx::SqliteConnection;
use std::collections::HashMap;
use std::sync::Arc;

/// A row that waits: id, monitor, kind, began_at, ended_at, decided_at, reason, attempts.
type Row = (i64, i64, String, i64, Option<i64>, i64, String, i64);

/// Adds what is to be told; what is there already stays as it is. The channels that are not
/// told of it know nothing of its monitor any more.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    outgoing: &[Outgoing],
) -> Result<(), StoreError> {
    if outgoing.is_empty() {
        return Ok(());
    }
    let alerts: Vec<_> = outgoing.iter().map(|outgoing| row(&outgoing.alert)).collect();
    sqlx::query(
        "INSERT INTO alert (monitor, kind, began_at, ended_at, decided_at, reason)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
         FROM json_each($1) WHERE true
         ON CONFLICT DO NOTHING",
    )
    .bind(write::rows(&alerts))
    .execute(&mut *connection)
    .await?;
    let mut deliveries = Vec::new();
    for Outgoing { alert, channels } in outgoing {
        let (monitor, kind, since) = (alert.monitor.0, alert.kind.word(), alert.since.0);
        deliveries
            .extend(channels.iter().map(|channel| (channel.as_str(), monitor, kind, since)));
    }
    sqlx::query(
        "INSERT INTO alert_delivery (channel, alert)
         SELECT value ->> 0, alert.id FROM json_each($1)
         JOIN alert ON alert.monitor = value ->> 1 AND alert.kind = value ->> 2
             AND alert.began_at = value ->> 3
         WHERE true
         ON CONFLICT DO NOTHING",
    )
    .bind(write::rows(&deliveries))
    .execute(&mut *connection)
    .await?;
    let told: Vec<(i64, Vec<&str>)> = (outgoing.iter())
        .map(|Outgoing { alert, channels }| {
            (alert.monitor.0, channels.iter().map(ChannelId::as_str).collect())
        })
        .collect();
    sqlx::query(
        "DELETE FROM alert_told WHERE (monitor, channel) IN (
             SELECT known.monitor, known.channel FROM json_each($1) AS news
             CROSS JOIN alert_told AS known ON known.monitor = news.value ->> 0
             WHERE known.channel NOT IN (SELECT value FROM json_each(news.value ->> 1)))",
    )
    .bind(write::rows(&told))
    .execute(connection)
    .await?;
    Ok(())
}

fn row(alert: &Alert) -> (i64, &'static str, i64, Option<i64>, i64, &str) {
    let Alert { monitor, kind, since, until, at, reason } = alert;
    (monitor.0, kind.word(), since.0, until.map(|until| until.0), at.0, reason)
}

/// The oldest that wait for a channel, in order.
pub(super) async fn waiting(
    connection: &mut SqliteConnection,
    channel: &ChannelId,
    most: u32,
) -> Result<Vec<Waiting>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, monitor, kind, began_at, ended_at, decided_at, reason, attempts
         FROM alert_delivery JOIN alert ON alert.id = alert_delivery.alert
         WHERE channel = $1 AND outcome IS NULL ORDER BY alert LIMIT $2",
    )
    .bind(channel.as_str())
    .bind(i64::from(most))
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|(id, monitor, word, since, until, at, reason, attempts)| {
            let alert = Alert {
                monitor: Key(monitor),
                kind: kind(format!("alert {id}"), &word)?,
                since: Timestamp(since),
                until: until.map(Timestamp),
                at: Timestamp(at),
                reason: Arc::from(reason),
            };
            let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
            Ok(Waiting { id: AlertId(id), alert, attempts })
        })
        .collect()
}

/// What a channel has told last of each monitor, or tried to until that was given up.
pub(super) async fn told(
    connection: &mut SqliteConnection,
    channel: &ChannelId,
) -> Result<HashMap<Key, Told>, StoreError> {
    let rows: Vec<(i64, String, i64)> =
        sqlx::query_as("SELECT monitor, kind, began_at FROM alert_told WHERE channel = $1")
            .bind(channel.as_str())
            .fetch_all(connection)
            .await?;
    rows.into_iter()
        .map(|(monitor, word, since)| {
            let kind = kind(format!("what was told of monitor {monitor}"), &word)?;
            Ok((Key(monitor), Told { kind, since: Timestamp(since) }))
        })
        .collect()
}

fn kind(of: String, word: &str) -> Result<Kind, StoreError> {
    Kind::from_word(word).ok_or_else(|| corrupt(of, "its kind is unknown"))
}

/// Notes how often something was tried.
pub(super) async fn tried(
    mut write: Write,
    channel: &ChannelId,
    id: AlertId,
    attempts: u32,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE alert_delivery SET attempts = $3, tried_at = $4
         WHERE channel = $1 AND alert = $2 AND attempts < $3",
    )
    .bind(channel.as_str())
    .bind(id.0)
    .bind(i64::from(attempts))
    .bind(at.0)
    .execute(write.connection())
    .await?;
    write.commit().await
}

/// Notes what became of what waited.
pub(super) async fn settle(
    mut write: Write,
    channel: &ChannelId,
    ids: &[AlertId],
    outcome: Outcome,
    at: Timestamp,
) -> Result<(), StoreError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    if outcome.counts_as_told() {
        learn(write.connection(), channel, &ids).await?;
    }
    sqlx::query(
        "UPDATE alert_delivery SET outcome = $3, settled_at = $4
         WHERE channel = $1 AND outcome IS NULL
         AND alert IN (SELECT value FROM json_each($2))",
    )
    .bind(channel.as_str())
    .bind(write::rows(&ids))
    .bind(outcome.word())
    .bind(at.0)
    .execute(write.connection())
    .await?;
    write.commit().await
}

/// Notes as told last what waits of these; but not where the channel is not told of a later
/// alert of the monitor.
async fn learn(
    connection: &mut SqliteConnection,
    channel: &ChannelId,
    ids: &[i64],
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO alert_told (monitor, channel, kind, began_at)
         SELECT monitor, $1, kind, began_at FROM alert
         WHERE id IN (SELECT max(alert) FROM alert_delivery
                      JOIN alert AS source ON source.id = alert_delivery.alert
                      WHERE channel = $1 AND outcome IS NULL
                      AND alert IN (SELECT value FROM json_each($2))
                      GROUP BY source.monitor)
         AND NOT EXISTS (
             SELECT 1 FROM alert AS later
             WHERE later.monitor = alert.monitor AND later.began_at >= alert.began_at
             AND later.id > alert.id
             AND NOT EXISTS (SELECT 1 FROM alert_delivery AS part
                             WHERE part.channel = $1 AND part.alert = later.id))
         ON CONFLICT (monitor, channel)
         DO UPDATE SET kind = excluded.kind, began_at = excluded.began_at",
    )
    .bind(channel.as_str())
    .bind(write::rows(ids))
    .execute(connection)
    .await?;
    Ok(())
}

/// Drops what waits for any channel but these.
pub(super) async fn leave(
    mut write: Write,
    channels: &[ChannelId],
    at: Timestamp,
) -> Result<(), StoreError> {
    let channels: Vec<&str> = channels.iter().map(ChannelId::as_str).collect();
    let done = sqlx::query(
        "UPDATE alert_delivery SET outcome = 'dropped', settled_at = $2
         WHERE outcome IS NULL AND channel NOT IN (SELECT value FROM json_each($1))",
    )
    .bind(write::rows(&channels))
    .bind(at.0)
    .execute(write.connection())
    .await?;
    match done.rows_affected() {
        0 => write.roll_back().await,
        _ => write.commit().await,
    }
}

/// Lets go of what was settled before an instant.
pub(super) async fn forget(mut write: Write, before: Timestamp) -> Result<u64, StoreError> {
    let deliveries = sqlx::query("DELETE FROM alert_delivery WHERE settled_at < $1")
        .bind(before.0)
        .execute(write.connection())
        .await?;
    let alerts = sqlx::query(
        "DELETE FROM alert WHERE decided_at < $1
         AND NOT EXISTS (SELECT 1 FROM alert_delivery WHERE alert_delivery.alert = alert.id)",
    )
    .bind(before.0)
    .execute(write.connection())
    .await?;
    match deliveries.rows_affected() + alerts.rows_affected() {
        0 => write.roll_back().await?,
        _ => write.commit().await?,
    }
    Ok(deliveries.rows_affected())
}
