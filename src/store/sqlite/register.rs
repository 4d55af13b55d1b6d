//! Which monitors live, and how they are judged: [`crate::store::contract::Store::register`].
//!
//! Every change is found by comparing with what is stored, so that a registration that
//! says nothing new writes nothing.

use super::ledger;
use super::meta::{self, Meta};
use super::monitors::{self, Life, Stored};
use super::packing;
use super::read;
use super::write::Write;
use crate::domain::monitor::Key;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use crate::store::registration::{Others, Registration};
use sqlx::SqliteConnection;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What changed of how a monitor's checks are judged; the furthest reaching is the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    /// All of its past.
    Past,
    /// What is from an instant on.
    From(Timestamp),
}

/// Makes `registrations` the monitors that live from `now` on.
pub(super) async fn register(
    mut write: Write,
    now: Timestamp,
    registrations: &[Registration],
    others: Others,
) -> Result<(), StoreError> {
    let connection = write.connection();
    let mut stored = monitors::read_all(connection).await?;
    let mut changes: Vec<(Key, Change)> = Vec::new();
    if others == Others::Remove {
        remove(connection, now, registrations, &mut stored, &mut changes).await?;
    }
    let keys: HashMap<String, Key> =
        stored.iter().map(|(key, monitor)| (monitor.id.to_string(), *key)).collect();
    let kept_places = match others {
        Others::Remove => 0,
        Others::Keep => stored.values().map(|monitor| monitor.position + 1).max().unwrap_or(0),
    };
    for (registration, place) in registrations.iter().zip(kept_places..) {
        let Some(key) = keys.get(registration.id.as_str()) else {
            create(connection, now, registration, place).await?;
            continue;
        };
        let Some(monitor) = stored.get_mut(key) else { continue };
        // With `Keep`, those that live keep their place too.
        let place = match others {
            Others::Keep if monitor.is_living() => monitor.position,
            _ => place,
        };
        describe(connection, *key, registration, place, monitor).await?;
        if let Some(change) = adjust(connection, *key, now, registration, monitor).await? {
            changes.push((*key, change));
        }
    }
    judge_again(connection, &stored, &changes).await?;
    write.commit().await
}

/// Ends the lives of all that are not named.
async fn remove(
    connection: &mut SqliteConnection,
    now: Timestamp,
    registrations: &[Registration],
    stored: &mut BTreeMap<Key, Stored>,
    changes: &mut Vec<(Key, Change)>,
) -> Result<(), StoreError> {
    let named: HashSet<&str> = registrations.iter().map(|r| r.id.as_str()).collect();
    for (key, monitor) in stored {
        if named.contains(monitor.id.as_str()) {
            continue;
        }
        let Some(life) = monitor.lives.last_mut().filter(|life| life.to.is_none()) else {
            continue;
        };
        // Should the clock have gone back, it lived for no time at all.
        let ended_at = now.max(life.from);
        life.to = Some(ended_at);
        sqlx::query("UPDATE life SET ended_at = $2 WHERE monitor = $1 AND ended_at IS NULL")
            .bind(key.0)
            .bind(ended_at.0)
            .execute(&mut *connection)
            .await?;
        changes.push((*key, Change::From(ended_at)));
    }
    Ok(())
}

async fn create(
    connection: &mut SqliteConnection,
    now: Timestamp,
    registration: &Registration,
    place: i64,
) -> Result<(), StoreError> {
    let key: i64 = sqlx::query_scalar(
        "INSERT INTO monitor (id, name, url, position, since) VALUES ($1, $2, $3, $4, $5)
         RETURNING key",
    )
    .bind(registration.id.as_str())
    .bind(&registration.name)
    .bind(&registration.url)
    .bind(place)
    .bind(registration.since.map(|at| at.0))
    .fetch_one(&mut *connection)
    .await?;
    monitors::put_life(connection, Key(key), Life { from: now, to: None }).await?;
    monitors::put_parameters(connection, Key(key), now, registration.parameters).await
}

/// Brings what only people read up to date.
async fn describe(
    connection: &mut SqliteConnection,
    key: Key,
    registration: &Registration,
    place: i64,
    monitor: &Stored,
) -> Result<(), StoreError> {
    let is_known = monitor.name == registration.name
        && monitor.url == registration.url
        && monitor.position == place;
    if is_known {
        return Ok(());
    }
    sqlx::query("UPDATE monitor SET name = $2, url = $3, position = $4 WHERE key = $1")
        .bind(key.0)
        .bind(&registration.name)
        .bind(&registration.url)
        .bind(place)
        .execute(connection)
        .await?;
    Ok(())
}

/// Brings what checks are judged by up to date, in the database and in `monitor`.
async fn adjust(
    connection: &mut SqliteConnection,
    key: Key,
    now: Timestamp,
    registration: &Registration,
    monitor: &mut Stored,
) -> Result<Option<Change>, StoreError> {
    let mut changes = Vec::new();
    let newest = monitor.parameters.last().copied();
    if newest.is_none_or(|(_, parameters)| parameters != registration.parameters) {
        // Should the clock have gone back, the newest version is replaced.
        let from = newest.map_or(now, |(newest, _)| now.max(newest));
        monitors::put_parameters(connection, key, from, registration.parameters).await?;
        monitor.parameters.retain(|(at, _)| *at != from);
        monitor.parameters.push((from, registration.parameters));
        // The first version holds for imported checks from before it, too.
        let is_first = monitor.parameters.len() == 1;
        changes.push(if is_first { Change::Past } else { Change::From(from) });
    }
    if !monitor.is_living() {
        let ended_at = monitor.lives.last().and_then(|life| life.to);
        let from = ended_at.map_or(now, |ended_at| now.max(ended_at));
        let life = Life { from, to: None };
        monitors::put_life(connection, key, life).await?;
        monitor.lives.retain(|life| life.from != from);
        monitor.lives.push(life);
        changes.push(Change::From(from));
    }
    if monitor.since != registration.since {
        let before = monitor.existed();
        monitor.since = registration.since;
        sqlx::query("UPDATE monitor SET since = $2 WHERE key = $1")
            .bind(key.0)
            .bind(registration.since.map(|at| at.0))
            .execute(&mut *connection)
            .await?;
        if monitor.existed() != before {
            changes.push(Change::Past);
        }
    }
    Ok(changes.into_iter().min())
}

/// Judges those pasts again that the changes reach into, and makes batches stale that
/// were judged by what held before. What is then settled must be stored here: whoever
/// loads takes it for settled already.
async fn judge_again(
    connection: &mut SqliteConnection,
    stored: &BTreeMap<Key, Stored>,
    changes: &[(Key, Change)],
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut affected: Vec<Key> = Vec::new();
    for (key, change) in changes {
        let reaches_back = match change {
            Change::Past => true,
            Change::From(at) => {
                read::extent(connection, *key).await?.is_some_and(|checks| *at < checks.to)
            }
        };
        if reaches_back {
            affected.push(*key);
        }
    }
    if !affected.is_empty() {
        packing::pack_all(connection).await?;
        let checkpoint = Meta::read(connection).await?.checkpoint;
        for key in affected {
            let Some(monitor) = stored.get(&key) else { continue };
            ledger::rebuild(connection, key, &monitor.monitor(key)?, checkpoint).await?;
        }
    }
    meta::next_epoch(connection).await
}
