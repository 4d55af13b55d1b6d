//! The monitors as they are stored, and the domain's monitors that they come to.

use super::error::corrupt;
use crate::domain::monitor::Key;
use crate::domain::monitor::{Monitor, MonitorId, ParameterHistory, Parameters};
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use crate::store::import::Pause;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::BTreeMap;

/// A stretch from a monitor's creation to its removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    /// Its creation.
    pub(super) from: Timestamp,
    /// Its removal; `None` while it lives.
    pub(super) to: Option<Timestamp>,
}

/// All rows that speak of one monitor but are not its checks.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) id: MonitorId,
    pub(super) name: String,
    pub(super) url: String,
    /// Its place among those that live.
    pub(super) position: i64,
    /// When its time begins, if that was said.
    pub(super) since: Option<Timestamp>,
    /// In order; at least one, and only the last may have no end. As they came about,
    /// whatever `since` says.
    pub(super) lives: Vec<Life>,
    /// In order; at least one.
    pub(super) parameters: Vec<(Timestamp, Parameters)>,
    /// In order of their start.
    pub(super) pauses: Vec<Pause>,
}

impl Stored {
    /// Whether it is watched now.
    pub(super) fn is_living(&self) -> bool {
        self.lives.last().is_some_and(|life| life.to.is_none())
    }

    /// When it existed: where `since` was said, its first life begins then, and nothing
    /// of it was before.
    pub(super) fn existed(&self) -> Spans {
        let mut lives: Vec<Span> = (self.lives.iter())
            .map(|life| Span::new(life.from, life.to.unwrap_or(Timestamp::MAX)))
            .collect();
        if let Some(since) = self.since {
            if let Some(first) = lives.first_mut() {
                first.from = since;
            }
            for life in &mut lives {
                life.from = life.from.max(since);
            }
        }
        lives.into_iter().collect()
    }

    /// The domain's view of it; `key` is for the error.
    pub(super) fn monitor(&self, key: Key) -> Result<Monitor, StoreError> {
        let Some(((_, first), later)) = self.parameters.split_first() else {
            return Err(corrupt(format!("monitor {}", key.0), "it has no parameters"));
        };
        let mut parameters = ParameterHistory::new(*first);
        for (from, version) in later {
            parameters.change(*from, *version);
        }
        let pauses = (self.pauses.iter())
            .map(|pause| Span::new(pause.from, pause.to.unwrap_or(Timestamp::MAX)))
            .collect();
        Ok(Monitor::new(
            self.id.clone(),
            self.name.clone(),
            self.url.clone(),
            parameters,
            self.existed(),
            pauses,
        ))
    }
}

/// Every monitor that ever was.
pub(super) async fn read_all(
    connection: &mut SqliteConnection,
) -> Result<BTreeMap<Key, Stored>, StoreError> {
    let rows = sqlx::query("SELECT key, id, name, url, position, since FROM monitor")
        .fetch_all(&mut *connection)
        .await?;
    let mut monitors = BTreeMap::new();
    for row in rows {
        let key = Key(row.try_get(0)?);
        monitors.insert(key, stored(key, &row)?);
    }
    let rows: Vec<(i64, i64, Option<i64>)> = sqlx::query_as(
        "SELECT monitor, began_at, ended_at FROM life ORDER BY monitor, began_at",
    )
    .fetch_all(&mut *connection)
    .await?;
    for (key, from, to) in rows {
        let life = Life { from: Timestamp(from), to: to.map(Timestamp) };
        of(&mut monitors, key, "life")?.lives.push(life);
    }
    let rows = sqlx::query(
        "SELECT monitor, began_at, interval_ms, timeout_ms, failures, retry_interval_ms,
                successes
         FROM parameters ORDER BY monitor, began_at",
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        let version = (Timestamp(row.try_get(1)?), parameters(&row)?);
        of(&mut monitors, row.try_get(0)?, "parameters")?.parameters.push(version);
    }
    let rows: Vec<(i64, i64, Option<i64>)> = sqlx::query_as(
        "SELECT monitor, began_at, ended_at FROM pause ORDER BY monitor, began_at",
    )
    .fetch_all(connection)
    .await?;
    for (key, from, to) in rows {
        let pause = Pause { from: Timestamp(from), to: to.map(Timestamp) };
        of(&mut monitors, key, "pause")?.pauses.push(pause);
    }
    Ok(monitors)
}

fn stored(key: Key, row: &SqliteRow) -> Result<Stored, StoreError> {
    let id = MonitorId::new(row.try_get(1)?)
        .map_err(|wrong| corrupt(format!("monitor {}", key.0), wrong))?;
    let since: Option<i64> = row.try_get(5)?;
    Ok(Stored {
        id,
        name: row.try_get(2)?,
        url: row.try_get(3)?,
        position: row.try_get(4)?,
        since: since.map(Timestamp),
        lives: Vec::new(),
        parameters: Vec::new(),
        pauses: Vec::new(),
    })
}

fn parameters(row: &SqliteRow) -> Result<Parameters, StoreError> {
    let count = |column: usize| {
        let number: i64 = row.try_get(column)?;
        u32::try_from(number).map_err(|_| corrupt("parameters", "a count is out of range"))
    };
    Ok(Parameters {
        interval_ms: row.try_get(2)?,
        timeout_ms: row.try_get(3)?,
        failures: count(4)?,
        retry_interval_ms: row.try_get(5)?,
        successes: count(6)?,
    })
}

fn of<'a>(
    monitors: &'a mut BTreeMap<Key, Stored>,
    key: i64,
    table: &str,
) -> Result<&'a mut Stored, StoreError> {
    monitors
        .get_mut(&Key(key))
        .ok_or_else(|| corrupt(format!("{table} of monitor {key}"), "there is no such monitor"))
}

/// Writes a life, in place of one that began at the same instant.
pub(super) async fn put_life(
    connection: &mut SqliteConnection,
    key: Key,
    life: Life,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO life (monitor, began_at, ended_at) VALUES ($1, $2, $3)
         ON CONFLICT (monitor, began_at) DO UPDATE SET ended_at = excluded.ended_at",
    )
    .bind(key.0)
    .bind(life.from.0)
    .bind(life.to.map(|to| to.0))
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes the parameters from an instant on, in place of those from the same instant.
pub(super) async fn put_parameters(
    connection: &mut SqliteConnection,
    key: Key,
    from: Timestamp,
    parameters: Parameters,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO parameters (monitor, began_at, interval_ms, timeout_ms, failures,
                                 retry_interval_ms, successes)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (monitor, began_at) DO UPDATE SET
             interval_ms = excluded.interval_ms,
             timeout_ms = excluded.timeout_ms,
             failures = excluded.failures,
             retry_interval_ms = excluded.retry_interval_ms,
             successes = excluded.successes",
    )
    .bind(key.0)
    .bind(from.0)
    .bind(parameters.interval_ms)
    .bind(parameters.timeout_ms)
    .bind(i64::from(parameters.failures))
    .bind(parameters.retry_interval_ms)
    .bind(i64::from(parameters.successes))
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::as_it_came_about(None, &[(10, 20), (30, 40)])]
    #[case::earlier(Some(5), &[(5, 20), (30, 40)])]
    #[case::within_the_first(Some(15), &[(15, 20), (30, 40)])]
    #[case::between(Some(25), &[(30, 40)])]
    #[case::within_the_second(Some(35), &[(35, 40)])]
    #[case::after_all(Some(50), &[])]
    fn what_was_said_of_its_beginning_holds(
        #[case] since: Option<i64>,
        #[case] existed: &[(i64, i64)],
    ) {
        let span = |(from, to): &(i64, i64)| Span::new(Timestamp(*from), Timestamp(*to));
        let life = |(from, to)| Life { from: Timestamp(from), to: Some(Timestamp(to)) };
        let monitor = Stored {
            id: MonitorId::new("api").unwrap(),
            name: String::new(),
            url: String::new(),
            position: 0,
            since: since.map(Timestamp),
            lives: [(10, 20), (30, 40)].map(life).to_vec(),
            parameters: Vec::new(),
            pauses: Vec::new(),
        };
        assert_eq!(monitor.existed(), existed.iter().map(span).collect());
    }
}
