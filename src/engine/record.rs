//! From a finished check to a kept one: judge, commit, and only then show.
//!
//! Watchers hand in checks; one loop commits them. A check that changes something is
//! committed at once, the rest together a moment later. What is on the board is on
//! disk. While the store refuses, checks wait here, up to a limit; what is lost beyond
//! it is kept as `unknown`, with the reason.

use super::life::Life;
use crate::board::{Board, Snapshot};
use crate::clock::Clock;
use crate::domain::check::{Check, Evidence, Kind, Verdict};
use crate::domain::duration;
use crate::domain::history::History;
use crate::domain::judge::{Entry, Judge};
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::Key;
use crate::domain::timestamp::{MINUTE_MS, Timestamp};
use crate::store::contract::{
    Batch, Committed, Loaded, Others, Progress, Registration, Store, StoreError,
};
use crate::vitals::Vitals;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Checks that wait for the store: over half an hour of a thousand monitors at 20 s,
/// and below 20 MB.
const WAITING_MAX: usize = 100_000;
/// Every judge is stored this often, so that a start has few checks to judge again.
const CHECKPOINT_MS: i64 = 10 * MINUTE_MS;

/// Judges checks, keeps them and shows them.
pub struct Recorder {
    store: Arc<dyn Store>,
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
    vitals: Arc<Vitals>,
    life: Life,
    desk: Mutex<Desk>,
    /// Woken when something waits that should be committed at once.
    pub urgent: Notify,
    /// Held while a batch is under way, so that there is only one.
    committing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Desk {
    epoch: i64,
    monitors: HashMap<Key, Kept>,
    /// The keys of `monitors` in the owner's order.
    order: Vec<Key>,
    windows: Arc<[MaintenanceWindow]>,
    waiting: Vec<(Key, Check)>,
    /// Where checks were lost: of each monitor the first and the newest, and how many.
    lost: BTreeMap<Key, (Timestamp, Timestamp, u64)>,
    /// Set when checks were lost while a batch was under way: once it is kept, what
    /// waits has to be judged on top of it.
    torn: bool,
    checkpoint_due: Timestamp,
    first_checks_by: Option<Timestamp>,
}

/// A monitor: as it is committed and shown, and as the waiting checks make it.
struct Kept {
    committed: Arc<History>,
    judge: Judge,
    entries: Vec<Entry>,
}

/// What became of a check that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It waits for the next commit. The monitor is `undecided` or not.
    Waits {
        /// Whether the next check should come after the retry interval.
        undecided: bool,
    },
    /// It cannot be booked: the clock says that it began no later than one that is
    /// already kept, or its monitor is gone.
    Refused,
}

impl Recorder {
    /// A recorder that shows what is kept in `store`, and keeps that it runs from now on.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn new(
        store: Arc<dyn Store>,
        board: Arc<Board>,
        clock: Arc<dyn Clock>,
        vitals: Arc<Vitals>,
    ) -> Result<Recorder, StoreError> {
        let life = Life::begin(store.clone(), clock.now()).await?;
        let recorder = Recorder {
            life,
            store,
            board,
            clock,
            vitals,
            desk: Mutex::default(),
            urgent: Notify::new(),
            committing: tokio::sync::Mutex::new(()),
        };
        recorder.desk().checkpoint_due = recorder.clock.now().plus_ms(CHECKPOINT_MS);
        recorder.read_again().await?;
        Ok(recorder)
    }

    /// Every monitor as it is kept, in the owner's order.
    #[must_use]
    pub fn histories(&self) -> Vec<Arc<History>> {
        self.desk().histories()
    }

    /// Notes by when the monitors without checks will have had their first, and shows it.
    pub fn expect_first_checks(&self, by: Option<Timestamp>) {
        let mut desk = self.desk();
        desk.first_checks_by = by;
        self.board.publish(desk.snapshot());
    }

    /// Notes that a check of a monitor begins at `at`: until it is kept, no figure reaches
    /// beyond that.
    pub fn begin(&self, key: Key, at: Timestamp) {
        self.board.began(key, at);
    }

    /// Takes a finished check. Never waits.
    pub fn take(&self, key: Key, check: Check) -> Taken {
        let started_at = check.started_at;
        let taken = self.book(key, check);
        if taken == Taken::Refused {
            self.board.given_up(key, started_at);
        }
        taken
    }

    fn book(&self, key: Key, check: Check) -> Taken {
        let now = self.clock.now();
        let mut desk = self.desk();
        let Some(kept) = desk.monitors.get_mut(&key) else { return Taken::Refused };
        if kept.judge.last.is_some_and(|last| check.started_at <= last.at) {
            self.vitals.note(|reading| {
                let newest = kept.judge.last.map_or(check.started_at, |last| last.at);
                let ahead = duration::in_words(newest.since_ms(check.started_at));
                let trouble = format!("the clock is {ahead} behind what is already kept");
                if reading.clock_trouble.is_none() {
                    tracing::warn!("{trouble}; checks are not booked until it has caught up");
                }
                reading.clock_trouble = Some(trouble);
            });
            return Taken::Refused;
        }
        let before = (kept.judge.is_down(), kept.judge.is_undecided());
        kept.observe(&check);
        let after = (kept.judge.is_down(), kept.judge.is_undecided());
        if before != after {
            self.urgent.notify_one();
        }
        desk.waiting.push((key, check));
        desk.shed();
        let waiting_checks = desk.waiting.len();
        self.vitals.note(|reading| {
            reading.last_finished_at = Some(now);
            reading.waiting_checks = waiting_checks;
            reading.clock_trouble = None;
        });
        Taken::Waits { undecided: after.1 }
    }

    /// Commits what waits, and shows it. Gives whether nothing waits any longer that
    /// waited when it began.
    pub async fn commit(&self) -> bool {
        let _one_at_a_time = self.committing.lock().await;
        let now = self.clock.now();
        let Some((mut batch, judges)) = self.desk().batch(now) else { return true };
        batch.alive = self.life.sign(now);
        let outcome = match self.store.commit(&batch).await {
            Ok(Committed::Kept) => {
                self.kept(batch, judges);
                return true;
            }
            Ok(Committed::Stale) => {
                tracing::info!("the history was changed from outside; reading it again");
                self.desk().put_back(batch);
                self.read_again().await
            }
            Err(error) => {
                self.desk().put_back(batch);
                Err(error)
            }
        };
        if let Err(error) = outcome {
            self.refused(now, &error);
        }
        false
    }

    /// Makes `registrations` the monitors that live from now on, and shows them. What
    /// waits is committed first, as far as the store takes it.
    ///
    /// # Errors
    /// When the store refuses; then everything goes on as before.
    pub async fn register(&self, registrations: &[Registration]) -> Result<(), StoreError> {
        self.commit().await;
        let _one_at_a_time = self.committing.lock().await;
        self.store.register(self.clock.now(), registrations, Others::Remove).await?;
        self.read_again().await
    }

    /// Notes that everup stops in order.
    pub async fn end(&self) {
        self.life.end(self.clock.now()).await;
    }

    /// Reads everything from the store again and judges what waits on top of it. While
    /// it does, no batch may be under way.
    async fn read_again(&self) -> Result<(), StoreError> {
        let Loaded { epoch, histories, windows } = self.store.load().await?;
        let mut desk = self.desk();
        desk.epoch = epoch;
        desk.windows = windows.into();
        desk.order = histories.iter().map(|history| history.key).collect();
        desk.monitors = (histories.into_iter())
            .map(|history| (history.key, Kept::new(history)))
            .collect();
        desk.judge_waiting();
        self.board.publish(desk.snapshot());
        Ok(())
    }

    fn kept(&self, batch: Batch, judges: HashMap<Key, (Judge, Vec<Entry>)>) {
        let now = self.clock.now();
        if let Some(alive) = batch.alive {
            self.life.signed(alive);
        }
        let mut desk = self.desk();
        for (key, (judge, entries)) in judges {
            if let Some(kept) = desk.monitors.get_mut(&key) {
                let history = Arc::make_mut(&mut kept.committed);
                announce(history, &judge);
                history.ledger.settle(entries, judge);
            }
        }
        for (key, check) in batch.checks {
            if let Some(kept) = desk.monitors.get_mut(&key) {
                let latest = &mut Arc::make_mut(&mut kept.committed).latest;
                if latest.as_ref().is_none_or(|latest| latest.started_at < check.started_at) {
                    *latest = Some(check);
                }
            }
        }
        if std::mem::take(&mut desk.torn) {
            desk.judge_waiting();
        }
        if batch.checkpoint.is_some() {
            desk.checkpoint_due = now.plus_ms(CHECKPOINT_MS);
        }
        let waiting_checks = desk.waiting.len();
        self.board.publish(desk.snapshot());
        drop(desk);
        self.vitals.note(|reading| {
            reading.last_committed_at = Some(now);
            reading.waiting_checks = waiting_checks;
            if let Some((since, _)) = reading.store_refuses.take() {
                let length = duration::in_words(now.since_ms(since));
                tracing::warn!("the database takes checks again, after {length}");
            }
        });
    }

    fn refused(&self, now: Timestamp, error: &StoreError) {
        self.vitals.note(|reading| {
            let since = reading.store_refuses.take().map(|(since, _)| since);
            if since.is_none() {
                tracing::warn!("checks cannot be kept for now, they wait in memory: {error}");
            }
            reading.store_refuses = Some((since.unwrap_or(now), error.to_string()));
        });
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        // A panic while it was held would leave a half-judged check behind, which the
        // next reload corrects; stopping to watch would be worse.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// Everything that waits, with the judges after it; `None` if nothing does.
    #[expect(clippy::type_complexity, reason = "used once, right here")]
    fn batch(&mut self, now: Timestamp) -> Option<(Batch, HashMap<Key, (Judge, Vec<Entry>)>)> {
        let checkpoint = (now >= self.checkpoint_due).then_some(now);
        if self.waiting.is_empty() && self.lost.is_empty() && checkpoint.is_none() {
            return None;
        }
        let mut checks = self.admit_losses();
        checks.append(&mut self.waiting);
        let mut judges = HashMap::new();
        let mut progress = Vec::new();
        let touched: Vec<Key> = match checkpoint {
            Some(_) => self.order.clone(),
            None => checks.iter().map(|(key, _)| *key).collect(),
        };
        for key in touched {
            let Some(kept) = self.monitors.get_mut(&key) else { continue };
            if judges.contains_key(&key) {
                continue;
            }
            let entries = std::mem::take(&mut kept.entries);
            if !entries.is_empty() || checkpoint.is_some() {
                let judge = kept.judge.clone();
                progress.push(Progress { key, entries: entries.clone(), judge });
            }
            judges.insert(key, (kept.judge.clone(), entries));
        }
        let batch = Batch { epoch: self.epoch, checks, progress, checkpoint, alive: None };
        Some((batch, judges))
    }

    /// A batch that was not kept waits again, before what has come since.
    fn put_back(&mut self, batch: Batch) {
        let since = std::mem::replace(&mut self.waiting, batch.checks);
        self.waiting.extend(since);
        for progress in batch.progress {
            if let Some(kept) = self.monitors.get_mut(&progress.key) {
                let since = std::mem::replace(&mut kept.entries, progress.entries);
                kept.entries.extend(since);
            }
        }
        self.shed();
    }

    /// Drops the older half when too many wait, and remembers what was lost.
    fn shed(&mut self) {
        if self.waiting.len() <= WAITING_MAX {
            return;
        }
        for (key, check) in self.waiting.drain(..WAITING_MAX / 2) {
            let at = check.started_at;
            let lost = self.lost.entry(key).or_insert((at, at, 0));
            *lost = (lost.0.min(at), lost.1.max(at), lost.2 + 1);
        }
        tracing::error!("too many checks wait for the database; the oldest are lost");
        self.torn = true;
        self.judge_waiting();
    }

    /// What was lost, as checks that say so: one at each end of every hole.
    fn admit_losses(&mut self) -> Vec<(Key, Check)> {
        let mut checks = Vec::new();
        for (key, (first, newest, count)) in std::mem::take(&mut self.lost) {
            let reason = format!("the database refused: {count} checks could not be kept");
            let evidence =
                Evidence { kind: Some(Kind::OwnStore), ..Evidence::because(&reason) };
            let admission = |started_at| Check {
                started_at,
                verdict: Verdict::Unknown,
                latency_us: None,
                evidence: Some(Box::new(evidence.clone())),
            };
            checks.push((key, admission(first)));
            if newest > first {
                checks.push((key, admission(newest)));
            }
        }
        checks
    }

    /// Judges what waits anew, on top of what is committed.
    fn judge_waiting(&mut self) {
        for kept in self.monitors.values_mut() {
            kept.judge = kept.committed.ledger.judge.clone();
            kept.entries.clear();
        }
        for (key, check) in &self.waiting {
            if let Some(kept) = self.monitors.get_mut(key) {
                kept.observe(check);
            }
        }
    }

    fn histories(&self) -> Vec<Arc<History>> {
        (self.order.iter())
            .filter_map(|key| self.monitors.get(key))
            .map(|kept| kept.committed.clone())
            .collect()
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            histories: self.histories(),
            windows: self.windows.clone(),
            first_checks_by: self.first_checks_by,
            number: 0,
        }
    }
}

impl Kept {
    fn new(history: History) -> Kept {
        let judge = history.ledger.judge.clone();
        Kept { committed: Arc::new(history), judge, entries: Vec::new() }
    }

    fn observe(&mut self, check: &Check) {
        self.judge.observe(
            check.started_at,
            check.verdict,
            check.reason(),
            &self.committed.monitor,
            &mut self.entries,
        );
    }
}

/// Says in the log when a monitor goes down or comes back.
fn announce(history: &History, after: &Judge) {
    let before = &history.ledger.judge;
    let name = &history.monitor.name;
    match (&before.outage, &after.outage) {
        (None, Some((from, reason))) => tracing::warn!("{name} is down since {from}: {reason}"),
        (Some((from, _)), None) => {
            let up = after.well_since.map_or(0, |to| to.since_ms(*from));
            tracing::info!("{name} is up again, after {}", duration::in_words(up));
        }
        _ => {}
    }
}
