//! Letting go of single checks: [`crate::store::contract::Store::purge`].
//!
//! A day of one monitor at a time, oldest first, each in a transaction of its own, so that
//! no commit waits for more than that. Before its checks go they are judged once more from
//! where the last purge ended, and all that they settle must stand in the ledger already;
//! it is marked as fixed. Where it does not, the day stays, and every later one. What they
//! say of gaps takes the first check after them to tell. That one is read before the
//! transaction: what is imported in between might as well come after the purge.

use super::days::{self, day_of, start_of};
use super::monitors::{self, Stored};
use super::write::Writer;
use super::{baseline, exchanges, gaps, hot, meta, read};
use crate::domain::check::Check;
use crate::domain::digest::Digest;
use crate::domain::gap::Gap;
use crate::domain::judge::Judge;
use crate::domain::ledger::Ledger;
use crate::domain::monitor::Key;
use crate::domain::span::{Span, Spans};
use crate::store::baseline::{Baseline, Purged};
use crate::store::contract::StoreError;
use sqlx::{Connection, SqliteConnection, SqlitePool};
use std::collections::BTreeMap;

/// What became of a day.
enum Outcome {
    /// Its checks are gone; so many they were.
    Gone(u64),
    /// They are not all packed yet.
    Waits,
    /// They come to something else than what is kept.
    Doubtful,
}

/// Lets go of the checks of whole days that lie within the spans of their monitor.
pub(super) async fn purge(
    writer: &Writer,
    readers: &SqlitePool,
    spans: &BTreeMap<Key, Spans>,
) -> Result<Purged, StoreError> {
    let mut purged = Purged::default();
    if spans.is_empty() {
        return Ok(purged);
    }
    let mut reader = readers.acquire().await?;
    let stored = monitors::read_all(&mut reader).await?;
    for (key, spans) in spans {
        let Some(monitor) = stored.get(key) else { continue };
        for (day, next) in purgeable(&mut reader, *key, spans).await? {
            let after = Span::new(days::end_of(day), days::end_of(next));
            let next = read::checks(&mut *reader.begin().await?, *key, after).await?;
            let mut write = writer.begin().await?;
            let connection = write.connection();
            match purge_day(connection, *key, monitor, day, next.first()).await? {
                Outcome::Gone(checks) => {
                    write.commit().await?;
                    purged.days += 1;
                    purged.checks += checks;
                }
                Outcome::Waits => {
                    write.roll_back().await?;
                    break;
                }
                Outcome::Doubtful => {
                    write.roll_back().await?;
                    purged.doubtful.push((monitor.id.to_string(), start_of(day)));
                    break;
                }
            }
        }
    }
    Ok(purged)
}

/// The days of a monitor that may go, each with the next that has checks: the oldest in a
/// row that lie within `spans`, but not the newest of all, which has its latest check.
async fn purgeable(
    connection: &mut SqliteConnection,
    key: Key,
    spans: &Spans,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let begin = baseline::read(connection, key)
        .await?
        .map(|baseline| day_of(baseline.until));
    let days = days::list(connection, key, begin.unwrap_or(i64::MIN), i64::MAX).await?;
    let may_go = |(day, _): &(i64, i64)| {
        let span = Span::new(start_of(*day), days::end_of(*day));
        let around = spans.first_ending_after(span.from);
        around.is_some_and(|around| around.cut(span) == span)
    };
    let followed = days.iter().copied().zip(days.iter().copied().skip(1));
    Ok(followed.take_while(may_go).collect())
}

async fn purge_day(
    connection: &mut SqliteConnection,
    key: Key,
    stored: &Stored,
    day: i64,
    next: Option<&Check>,
) -> Result<Outcome, StoreError> {
    let span = Span::new(start_of(day), days::end_of(day));
    let packed_until = meta::Meta::read(connection).await?.packed_until;
    if packed_until.is_none_or(|until| until < span.to)
        || !hot::read(connection, key, span).await?.is_empty()
    {
        return Ok(Outcome::Waits);
    }
    let monitor = stored.monitor(key)?;
    let before = baseline::read(connection, key).await?;
    let explained_from = before.as_ref().map(|before| before.explained_from);
    let mut judge: Judge = before.map(|before| before.judge).unwrap_or_default();
    let checks = days::read(connection, key, day).await?;
    let mut entries = Vec::new();
    for check in &checks {
        let (at, verdict) = (check.started_at, check.verdict);
        judge.observe(at, verdict, check.reason(), &monitor, &mut entries);
    }
    for entry in &entries {
        if !baseline::fix(connection, key, entry).await? {
            return Ok(Outcome::Doubtful);
        }
    }
    let after = Baseline {
        until: span.to,
        judge: judge.clone(),
        explained_from: explained_from.unwrap_or(Baseline::ALL_EXPLAINED),
    };
    baseline::put(connection, key, &after).await?;
    baseline::put_digests(connection, key, day, &Digest::all(&checks, &monitor)).await?;
    let mut ledger = Ledger::default();
    ledger.settle(entries, judge);
    gaps::add(connection, key, &Gap::left(&checks, next, ledger, &monitor)).await?;
    days::delete(connection, key, day).await?;
    exchanges::delete(connection, key, span).await?;
    Ok(Outcome::Gone(checks.len() as u64))
}
