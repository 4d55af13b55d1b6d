//! Taking over a history: [`crate::store::import::Import`].
//!
//! One write transaction from the first record to the last. Checks go into packs; the
//! days that are being added to are kept in memory, so that a contradiction is found by
//! the call that brings it, and written when they become too many.

mod day;

use super::meta::{self, Meta};
use super::monitors::{self, Stored};
use super::write::Write;
use super::{
    announce, baseline, closed, days, exchanges, foreign, gaps, ledger, past, requests, runs,
};
use crate::domain::calendar::Cut;
use crate::domain::check::Check;
use crate::domain::digest::Digest;
use crate::domain::foreign::{Count, Origin, Stretch};
use crate::domain::gap::Gap;
use crate::domain::judge::Entry as LedgerEntry;
use crate::domain::monitor::Key;
use crate::domain::run::Run;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::store::baseline::Baseline;
use crate::store::batch::Exchanged;
use crate::store::closed::{ClosedMonth, Correction};
use crate::store::contract::StoreError;
use crate::store::import::{Import, Imported, Pause};
use crate::store::past::Past;
use crate::store::requests::{CountedRun, Sum};
use crate::store::window::WindowPast;
use async_trait::async_trait;
use day::{Day, day};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// An import under way.
pub(super) struct SqliteImport {
    write: Write,
    monitors: BTreeMap<Key, Stored>,
    /// Whether the hot rows have been packed, so that packs are all there is.
    packed: bool,
    days: BTreeMap<(Key, i64), Day>,
    bytes_waiting: usize,
    /// The months that are closed.
    closed: Vec<Cut>,
    /// Where the single checks of a monitor begin, where not all are kept.
    baselines: HashMap<Key, Baseline>,
    /// The baselines that this import has brought: what they have settled may be added.
    brought: BTreeSet<Key>,
    /// The monitors with new checks, counts or stretches, and the earliest of these.
    earliest: BTreeMap<Key, Timestamp>,
    /// The latest new check of all.
    latest: Option<Timestamp>,
    /// The monitors with new pauses, another time or other rules.
    changed: BTreeSet<Key>,
    imported: Imported,
}

impl SqliteImport {
    /// Begins, with all other writers held off.
    pub(super) async fn begin(mut write: Write) -> Result<SqliteImport, StoreError> {
        let monitors = monitors::read_all(write.connection()).await?;
        let baselines = baseline::read_all(write.connection()).await?;
        let closed = closed::months(write.connection()).await?;
        Ok(SqliteImport {
            write,
            closed,
            baselines,
            brought: BTreeSet::new(),
            monitors,
            packed: false,
            days: BTreeMap::new(),
            bytes_waiting: 0,
            earliest: BTreeMap::new(),
            latest: None,
            changed: BTreeSet::new(),
            imported: Imported::default(),
        })
    }

    fn stored(&mut self, key: Key) -> Result<&mut Stored, StoreError> {
        self.monitors
            .get_mut(&key)
            .ok_or_else(|| StoreError::Refused(format!("no monitor has the key {}", key.0)))
    }

    /// Adds the monitor's id to a contradiction.
    fn of_monitor<T>(&self, key: Key, result: Result<T, StoreError>) -> Result<T, StoreError> {
        result.map_err(|error| match (error, self.monitors.get(&key)) {
            (StoreError::Conflict(message), Some(monitor)) => {
                StoreError::Conflict(format!("{}: {message}", monitor.id))
            }
            (error, _) => error,
        })
    }

    /// Notes that something new of a monitor begins at `at`.
    fn begins(&mut self, key: Key, at: Timestamp) {
        let earliest = self.earliest.entry(key).or_insert(at);
        *earliest = at.min(*earliest);
    }

    /// A monitor has existed since its earliest record at least. That is kept whatever
    /// its `since` says, which may be taken back.
    async fn begin_lives_earlier(&mut self) -> Result<(), StoreError> {
        for (key, earliest) in &self.earliest {
            let Some(life) =
                self.monitors.get_mut(key).and_then(|monitor| monitor.lives.first_mut())
            else {
                continue;
            };
            if *earliest < life.from {
                sqlx::query(
                    "UPDATE life SET began_at = $3 WHERE monitor = $1 AND began_at = $2",
                )
                .bind(key.0)
                .bind(life.from.0)
                .bind(earliest.0)
                .execute(self.write.connection())
                .await?;
                life.from = *earliest;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Import for SqliteImport {
    async fn past(&mut self, past: &Past) -> Result<Option<Key>, StoreError> {
        let known = self.monitors.iter_mut().find(|(_, monitor)| monitor.id == past.id);
        let (key, is_new) = match known {
            Some((key, monitor)) => {
                let connection = self.write.connection();
                (*key, past::extend(connection, *key, monitor, past).await?)
            }
            None if past.is_living() => return Ok(None),
            None => {
                let (key, monitor) = past::create(self.write.connection(), past).await?;
                self.monitors.insert(key, monitor);
                (key, true)
            }
        };
        if is_new {
            self.changed.insert(key);
            self.imported.monitors += 1;
        }
        Ok(Some(key))
    }

    async fn checks(&mut self, key: Key, checks: &[Check]) -> Result<(), StoreError> {
        self.stored(key)?;
        self.pack_hot().await?;
        let begin = self.baselines.get(&key).map_or(Timestamp::MIN, |baseline| baseline.until);
        for of_day in checks.chunk_by(|a, b| day(a) == day(b)) {
            let Some(first) = of_day.first() else { continue };
            // A baseline lies between two days.
            if first.started_at < begin {
                self.imported.too_old_checks += of_day.len() as u64;
                continue;
            }
            self.open_day(key, day(first)).await?;
            for check in of_day {
                self.add(key, day(first), check)?;
            }
        }
        Ok(())
    }

    async fn baseline(&mut self, key: Key, baseline: &Baseline) -> Result<(), StoreError> {
        let id = self.stored(key)?.id.clone();
        if let Some(kept) = self.baselines.get(&key) {
            return if kept == baseline {
                Ok(())
            } else {
                Err(StoreError::Conflict(format!(
                    "{id}: its single checks are kept from {} on, and another baseline is \
                     given; import into a new database",
                    kept.until
                )))
            };
        }
        self.pack_hot().await?;
        self.write_days().await?;
        let connection = self.write.connection();
        if let Some(first) = days::read_first(connection, key).await?.first() {
            return Err(StoreError::Conflict(format!(
                "{id}: checks from {} on are kept, and the baseline {} says that those before \
                 it are not; import into a new database",
                first.started_at, baseline.until
            )));
        }
        if days::start_of(days::day_of(baseline.until)) != baseline.until {
            return Err(StoreError::Conflict(format!(
                "{id}: a baseline lies at the beginning of a day of UTC, not at {}",
                baseline.until
            )));
        }
        baseline::put(connection, key, baseline).await?;
        self.baselines.insert(key, baseline.clone());
        self.brought.insert(key);
        self.changed.insert(key);
        self.imported.digests += 1;
        Ok(())
    }

    async fn fixed(&mut self, key: Key, entry: &LedgerEntry) -> Result<(), StoreError> {
        let id = self.stored(key)?.id.clone();
        let connection = self.write.connection();
        if baseline::fix(connection, key, entry).await? {
            return Ok(());
        }
        if !self.brought.contains(&key) {
            return Err(StoreError::Conflict(format!(
                "{id}: what its checks came to before its baseline is fixed, and this is not \
                 part of it"
            )));
        }
        ledger::add(connection, &[(key, entry)]).await?;
        baseline::fix(connection, key, entry).await?;
        self.imported.digests += 1;
        Ok(())
    }

    async fn digest(&mut self, key: Key, digest: &Digest) -> Result<(), StoreError> {
        self.stored(key)?;
        let begin = self.baselines.get(&key).map_or(Timestamp::MIN, |baseline| baseline.until);
        let added = if digest.from < begin {
            baseline::add_digest(self.write.connection(), key, digest).await
        } else {
            let refused = format!("the hour from {} is not before its baseline", digest.from);
            Err(StoreError::Conflict(refused))
        };
        if self.of_monitor(key, added)? {
            self.imported.digests += 1;
        }
        Ok(())
    }

    async fn gap(&mut self, key: Key, gap: &Gap) -> Result<(), StoreError> {
        let id = self.stored(key)?.id.clone();
        let connection = self.write.connection();
        if gaps::read(connection, key, gap.span).await?.contains(gap) {
            return Ok(());
        }
        if !self.brought.contains(&key) {
            return Err(StoreError::Conflict(format!(
                "{id}: what its checks said of gaps before its baseline is fixed, and this is \
                 not part of it"
            )));
        }
        self.imported.digests += gaps::add(connection, key, std::slice::from_ref(gap)).await?;
        Ok(())
    }

    async fn run(&mut self, run: &Run) -> Result<(), StoreError> {
        let is_new = runs::add(self.write.connection(), run).await?;
        self.imported.runs += u64::from(is_new);
        Ok(())
    }

    async fn pause(&mut self, key: Key, pause: Pause) -> Result<(), StoreError> {
        let monitor = self.stored(key)?;
        let known = monitor.pauses.iter_mut().find(|kept| kept.from == pause.from);
        match known {
            Some(kept) if kept.to == pause.to || pause.to.is_none() => return Ok(()),
            Some(Pause { to: Some(to), .. }) => {
                return Err(StoreError::Conflict(format!(
                    "{}: the pause from {} is kept with another end: {to}",
                    monitor.id, pause.from
                )));
            }
            Some(kept) => kept.to = pause.to,
            None => {
                monitor.pauses.push(pause);
                monitor.pauses.sort_unstable();
            }
        }
        sqlx::query(
            "INSERT INTO pause (monitor, began_at, ended_at) VALUES ($1, $2, $3)
             ON CONFLICT (monitor, began_at) DO UPDATE SET ended_at = excluded.ended_at",
        )
        .bind(key.0)
        .bind(pause.from.0)
        .bind(pause.to.map(|to| to.0))
        .execute(self.write.connection())
        .await?;
        self.changed.insert(key);
        self.imported.pauses += 1;
        Ok(())
    }

    async fn window(&mut self, past: &WindowPast) -> Result<(), StoreError> {
        if announce::import(self.write.connection(), past).await? {
            self.imported.windows += 1;
        }
        Ok(())
    }

    async fn closed_month(&mut self, month: &ClosedMonth) -> Result<(), StoreError> {
        if closed::add(self.write.connection(), month).await? {
            self.imported.closed += 1;
        }
        Ok(())
    }

    async fn count(&mut self, key: Key, count: &Count) -> Result<(), StoreError> {
        self.stored(key)?;
        let added = foreign::add_count(self.write.connection(), key, count).await;
        if self.of_monitor(key, added)? {
            self.begins(key, count.span.from);
            self.imported.counts += 1;
        }
        Ok(())
    }

    async fn correction(&mut self, correction: &Correction) -> Result<(), StoreError> {
        if closed::add_correction(self.write.connection(), correction).await? {
            self.imported.closed += 1;
        }
        Ok(())
    }

    async fn stretch(&mut self, key: Key, stretch: &Stretch) -> Result<(), StoreError> {
        self.stored(key)?;
        let added = foreign::add_stretch(self.write.connection(), key, stretch).await;
        if self.of_monitor(key, added)? {
            self.begins(key, stretch.span.from);
            self.imported.stretches += 1;
        }
        Ok(())
    }

    async fn exchange(&mut self, exchanged: &Exchanged) -> Result<(), StoreError> {
        let Exchanged { key, started_at: at, exchange } = exchanged;
        exchange.validate().map_err(StoreError::Refused)?;
        let id = self.stored(*key)?.id.clone();
        let instant = Span::new(*at, Timestamp(at.0.saturating_add(1)));
        let kept = exchanges::read(self.write.connection(), *key, instant, 1).await?;
        match kept.first() {
            Some((_, kept)) if kept == &**exchange => Ok(()),
            Some(_) => Err(StoreError::Conflict(format!(
                "{id}: of the check of {at} something else is kept that was said"
            ))),
            None => {
                self.imported.exchanges += 1;
                exchanges::add(self.write.connection(), std::slice::from_ref(exchanged)).await
            }
        }
    }

    async fn origin(&mut self, key: Key, origin: &Origin) -> Result<(), StoreError> {
        self.stored(key)?;
        if foreign::add_origin(self.write.connection(), key, origin).await? {
            self.imported.origins += 1;
        }
        Ok(())
    }

    async fn counted_run(&mut self, run: &CountedRun) -> Result<(), StoreError> {
        self.imported.sums += requests::take_run(self.write.connection(), run).await?;
        Ok(())
    }

    async fn sum(&mut self, sum: &Sum) -> Result<(), StoreError> {
        self.imported.sums += requests::take(self.write.connection(), sum).await?;
        Ok(())
    }

    fn so_far(&self) -> Imported {
        self.imported
    }

    async fn finish(mut self: Box<Self>) -> Result<Imported, StoreError> {
        let nothing = Imported {
            known_checks: self.imported.known_checks,
            too_old_checks: self.imported.too_old_checks,
            ..Imported::default()
        };
        if self.imported == nothing {
            self.write.roll_back().await?;
            return Ok(self.imported);
        }
        self.pack_hot().await?;
        self.write_days().await?;
        if let Some(latest) = self.latest {
            let until = Timestamp(latest.0.saturating_add(1));
            meta::set_packed_until(self.write.connection(), until).await?;
        }
        self.begin_lives_earlier().await?;
        let checkpoint = Meta::read(self.write.connection()).await?.checkpoint;
        let touched: BTreeSet<Key> =
            self.earliest.keys().chain(&self.changed).copied().collect();
        for key in touched {
            let monitor = self.stored(key)?.monitor(key)?;
            ledger::rebuild(self.write.connection(), key, &monitor, checkpoint).await?;
        }
        meta::next_epoch(self.write.connection()).await?;
        self.write.commit().await?;
        Ok(self.imported)
    }
}
