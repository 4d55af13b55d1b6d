//! What the checks have come to: settled entries, and judges.
//!
//! Entries are only ever added, except that a past which changes is judged again from
//! its checks as a whole.

use super::error::corrupt;
use super::{baseline, days, write};
use crate::domain::judge::{Entry, Judge};
use crate::domain::ledger::Settled;
use crate::domain::monitor::Key;
use crate::domain::monitor::Monitor;
use crate::domain::outage::{Blip, Outage};
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use crate::store::judge_state;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::HashMap;
use std::sync::Arc;

/// While a past is judged again, this many entries are collected before they are
/// written: some hundred kilobytes.
const ENTRIES_WAITING_MAX: usize = 1_000;

/// So many judges go into one statement. All of them at once, as every ten minutes, would
/// take a megabyte that nothing else ever needs.
const JUDGES_AT_ONCE: usize = 100;

/// A judge as it is stored.
#[derive(Clone, Debug)]
pub(super) struct StoredJudge {
    /// Every check of the monitor that began before this is in `judge`; `None`: that is
    /// not known of any instant.
    pub(super) replay_from: Option<Timestamp>,
    /// The judge.
    pub(super) judge: Judge,
}

impl StoredJudge {
    /// The checks that began before this are in the judge, or do not count.
    pub(super) fn judged_until(&self) -> Timestamp {
        let last = self.judge.last.map(|last| Timestamp(last.at.0.saturating_add(1)));
        // Without either: before every instant.
        self.replay_from.max(last).unwrap_or(Timestamp(i64::MIN))
    }
}

/// Adds settled entries. One that is there already is not added again.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    entries: &[(Key, &Entry)],
) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = entries
        .iter()
        .map(|(key, entry)| row(*key, entry))
        .collect::<Result<_, _>>()?;
    sqlx::query(
        "INSERT INTO ledger (monitor, kind, began_at, ended_at, note)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
         FROM json_each($1) WHERE true
         ON CONFLICT DO NOTHING",
    )
    .bind(write::rows(&rows))
    .execute(connection)
    .await?;
    Ok(())
}

fn row(key: Key, entry: &Entry) -> Result<(i64, &'static str, i64, i64, &str), StoreError> {
    let (kind, span, note) = columns(entry)?;
    Ok((key.0, kind, span.from.0, span.to.0, note))
}

/// The kind of an entry, its time, and what is noted of it.
pub(super) fn columns(entry: &Entry) -> Result<(&'static str, Span, &str), StoreError> {
    Ok(match entry {
        Entry::Up(span) => ("up", *span, ""),
        Entry::Degraded(span) => ("degraded", *span, ""),
        Entry::Down(span) => ("down", *span, ""),
        Entry::Doubt(span) => ("doubt", *span, ""),
        Entry::Sure(span) => ("sure", *span, ""),
        Entry::Outage(Outage { to: None, .. }) => {
            return Err(StoreError::Refused("an outage that lasts is not settled".to_owned()));
        }
        Entry::Outage(outage) => ("outage", outage.span(), &*outage.reason),
        Entry::Blip(blip) => ("blip", blip.span, &*blip.reason),
    })
}

fn entry(kind: &str, span: Span, note: &str) -> Option<Entry> {
    Some(match kind {
        "up" => Entry::Up(span),
        "degraded" => Entry::Degraded(span),
        "down" => Entry::Down(span),
        "doubt" => Entry::Doubt(span),
        "sure" => Entry::Sure(span),
        "outage" => Entry::Outage(Outage {
            from: span.from,
            to: Some(span.to),
            reason: Arc::from(note),
        }),
        "blip" => Entry::Blip(Blip { span, reason: Arc::from(note) }),
        _ => return None,
    })
}

/// Everything that is settled, by monitor.
pub(super) async fn read_settled(
    connection: &mut SqliteConnection,
) -> Result<HashMap<Key, Settled>, StoreError> {
    // Of one kind, a judge settles in order of time; the key of the table gives that.
    let rows = sqlx::query(
        "SELECT monitor, kind, began_at, ended_at, note FROM ledger
         ORDER BY monitor, kind, began_at, ended_at",
    )
    .fetch_all(connection)
    .await?;
    let mut settled: HashMap<Key, Settled> = HashMap::new();
    for row in rows {
        let (key, entry) = read_entry(&row)?;
        settled.entry(key).or_default().add([entry]);
    }
    Ok(settled)
}

/// An entry in a row of its monitor, kind, beginning, end and note.
pub(super) fn read_entry(row: &SqliteRow) -> Result<(Key, Entry), StoreError> {
    let key: i64 = row.try_get(0)?;
    let span = Span::new(Timestamp(row.try_get(2)?), Timestamp(row.try_get(3)?));
    let entry = entry(row.try_get(1)?, span, row.try_get(4)?)
        .ok_or_else(|| corrupt(format!("ledger of monitor {key}"), "a kind is unknown"))?;
    Ok((Key(key), entry))
}

/// Every judge that is stored.
pub(super) async fn read_judges(
    connection: &mut SqliteConnection,
) -> Result<HashMap<Key, StoredJudge>, StoreError> {
    let rows = sqlx::query("SELECT monitor, replay_from, state FROM judge")
        .fetch_all(connection)
        .await?;
    let mut judges = HashMap::with_capacity(rows.len());
    for row in rows {
        let key: i64 = row.try_get(0)?;
        let replay_from: Option<i64> = row.try_get(1)?;
        let judge = judge_state::from_text(row.try_get(2)?)
            .map_err(|wrong| corrupt(format!("judge of monitor {key}"), wrong))?;
        judges.insert(Key(key), StoredJudge { replay_from: replay_from.map(Timestamp), judge });
    }
    Ok(judges)
}

/// Stores judges. With `replay_from`, they hold every check that began before it;
/// without, what was known of that stays.
pub(super) async fn put_judges(
    connection: &mut SqliteConnection,
    judges: &[(Key, &Judge)],
    replay_from: Option<Timestamp>,
) -> Result<(), StoreError> {
    for judges in judges.chunks(JUDGES_AT_ONCE) {
        let rows: Vec<(i64, String)> = judges
            .iter()
            .map(|(key, judge)| (key.0, judge_state::to_text(judge)))
            .collect();
        sqlx::query(
            "INSERT INTO judge (monitor, replay_from, state)
             SELECT value ->> 0, $2, value ->> 1 FROM json_each($1) WHERE true
             ON CONFLICT (monitor) DO UPDATE SET
                 state = excluded.state,
                 replay_from = coalesce(excluded.replay_from, judge.replay_from)",
        )
        .bind(write::rows(&rows))
        .bind(replay_from.map(|at| at.0))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Notes that a check which began at `at` came after the judge was stored.
pub(super) async fn replay_late(
    connection: &mut SqliteConnection,
    key: Key,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE judge SET replay_from = $2 WHERE monitor = $1 AND replay_from > $2")
        .bind(key.0)
        .bind(at.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Judges the past of a monitor again as far as its checks are kept, a day at a time; what
/// was before is fixed. All its checks must be packed. `replay_from` is the checkpoint, for
/// which the new judge holds too.
pub(super) async fn rebuild(
    connection: &mut SqliteConnection,
    key: Key,
    monitor: &Monitor,
    replay_from: Option<Timestamp>,
) -> Result<(), StoreError> {
    for clear in [
        "DELETE FROM ledger WHERE monitor = $1 AND fixed = 0",
        "DELETE FROM judge WHERE monitor = $1",
    ] {
        sqlx::query(clear).bind(key.0).execute(&mut *connection).await?;
    }
    let baseline = baseline::read(connection, key).await?;
    let first = baseline.as_ref().map_or(i64::MIN, |baseline| days::day_of(baseline.until));
    let mut judge = baseline.map(|baseline| baseline.judge).unwrap_or_default();
    let mut entries = Vec::new();
    for day in days::list(connection, key, first, i64::MAX).await? {
        for check in days::read(connection, key, day).await? {
            let (at, verdict) = (check.started_at, check.verdict);
            judge.observe(at, verdict, check.reason(), monitor, &mut entries);
        }
        if entries.len() >= ENTRIES_WAITING_MAX {
            add_of(connection, key, &entries).await?;
            entries.clear();
        }
    }
    add_of(connection, key, &entries).await?;
    put_judges(connection, &[(key, &judge)], replay_from).await
}

async fn add_of(
    connection: &mut SqliteConnection,
    key: Key,
    entries: &[Entry],
) -> Result<(), StoreError> {
    let entries: Vec<(Key, &Entry)> = entries.iter().map(|entry| (key, entry)).collect();
    add(connection, &entries).await
}
