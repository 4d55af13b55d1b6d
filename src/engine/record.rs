//! From a finished check to a kept one: judge, commit, and only then show.
//!
//! Watchers hand in checks; one loop commits them. A check that changes something is
//! committed at once, the rest together a moment later. What is on the board is on
//! disk. While the store refuses, checks wait here, up to a limit; what is lost beyond
//! it is kept as `unknown`, with the reason.

mod clock;

use super::announce::announce;
use super::exchanges::Exchanges;
use super::hold::Hold;
use super::watch;
use crate::board::{Board, Snapshot};
use crate::clock::Clock;
use crate::domain::check::{Check, Evidence, Kind, Verdict};
use crate::domain::duration;
use crate::domain::exchange::Exchange;
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
    exchanges: Exchanges,
    /// Where checks were lost: of each monitor the first and the newest, and how many.
    lost: BTreeMap<Key, (Timestamp, Timestamp, u64)>,
    /// Set when checks were lost while a batch was under way: once it is kept, what
    /// waits has to be judged on top of it.
    torn: bool,
    checkpoint_due: Timestamp,
    first_checks_by: Option<Timestamp>,
    /// What waits for the clock.
    hold: Hold,
    /// Set when a monitor shows something else that is not booked.
    unshown: bool,
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
    /// It is booked once the clock has proved itself.
    Held {
        /// As in [`Taken::Waits`].
        undecided: bool,
    },
    /// It cannot be booked, only shown: the clock says that it began no later than one
    /// that is already kept.
    Unbooked {
        /// As in [`Taken::Waits`].
        undecided: bool,
    },
    /// Its monitor is gone.
    Gone,
}

impl Recorder {
    /// A recorder that shows what is kept in `store`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn new(
        store: Arc<dyn Store>,
        board: Arc<Board>,
        clock: Arc<dyn Clock>,
        vitals: Arc<Vitals>,
    ) -> Result<Recorder, StoreError> {
        let recorder = Recorder {
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

    /// How many checks wait for the store.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.desk().waiting.len()
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

    /// Takes a finished check, and what was said if it failed. Never waits.
    pub fn take(&self, key: Key, check: Check, exchange: Option<Box<Exchange>>) -> Taken {
        let began_at = check.started_at;
        let taken = self.book(key, check, exchange);
        if matches!(taken, Taken::Unbooked { .. } | Taken::Gone) {
            self.board.given_up(key, began_at);
        }
        taken
    }

    fn book(&self, key: Key, mut check: Check, exchange: Option<Box<Exchange>>) -> Taken {
        let moment = watch::moment(self.clock.as_ref());
        let mut desk = self.desk();
        self.look(&mut desk, moment);
        if check.started_at > moment.wall {
            // The clock went back while it ran.
            self.board.given_up(key, check.started_at);
            check.started_at = moment.wall;
        }
        let Some(kept) = desk.monitors.get(&key) else { return Taken::Gone };
        self.vitals.note(|reading| reading.last_finished_at = Some(moment.wall));
        self.note_behind(kept.behind_ms(&check));
        if let Some(why) = desk.unbookable(kept, &check) {
            return self.show_only(&mut desk, key, check, &why).unwrap_or(Taken::Gone);
        }
        let Some((flipped, undecided)) = desk.accept(key, check, exchange) else {
            return Taken::Gone;
        };
        if flipped {
            self.urgent.notify_one();
        }
        let waiting_checks = desk.waiting.len();
        self.vitals.note(|reading| {
            reading.waiting_checks = waiting_checks;
            if reading.clock_trouble.is_some() && !desk.is_behind(moment.wall) {
                reading.clock_trouble = None;
            }
        });
        Taken::Waits { undecided }
    }

    /// Commits what waits, and shows it. Gives whether nothing waits any longer that
    /// waited when it began.
    pub async fn commit(&self) -> bool {
        let _one_at_a_time = self.committing.lock().await;
        // What was judged on a past that has changed is judged again and committed then.
        // Should it change again meanwhile, there is a next time.
        match self.try_to_commit().await {
            Some(kept) => kept,
            None => self.try_to_commit().await == Some(true),
        }
    }

    /// Whether all that waited is kept; `None` where it was judged on another past, and has
    /// been judged again.
    async fn try_to_commit(&self) -> Option<bool> {
        let now = self.clock.now();
        let Some((batch, judges)) = self.next_batch(now) else { return Some(true) };
        let outcome = match self.store.commit(&batch).await {
            Ok(Committed::Kept) => {
                self.kept(batch, judges);
                return Some(true);
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
        match outcome {
            Ok(()) => None,
            Err(error) => {
                self.refused(now, &error);
                Some(false)
            }
        }
    }

    /// What is to be committed. Shows what never will be.
    #[expect(clippy::type_complexity, reason = "as in `Desk::batch`")]
    fn next_batch(&self, now: Timestamp) -> Option<(Batch, HashMap<Key, (Judge, Vec<Entry>)>)> {
        let mut desk = self.desk();
        if std::mem::take(&mut desk.unshown) {
            self.board.publish(desk.snapshot());
        }
        desk.batch(now)
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

    /// Reads everything from the store again and judges what waits on top of it. While
    /// it does, no batch may be under way.
    async fn read_again(&self) -> Result<(), StoreError> {
        let Loaded { epoch, histories, windows } = self.store.load().await?;
        let mut desk = self.desk();
        desk.epoch = epoch;
        desk.windows = windows.into();
        desk.order = histories.iter().map(|history| history.key).collect();
        for history in &histories {
            if let Some(latest) = &history.latest {
                desk.exchanges.go_on_after(history.key, latest);
            }
        }
        desk.monitors = (histories.into_iter())
            .map(|history| (history.key, Kept::new(history)))
            .collect();
        desk.judge_waiting();
        self.board.publish(desk.snapshot());
        Ok(())
    }

    fn kept(&self, batch: Batch, judges: HashMap<Key, (Judge, Vec<Entry>)>) {
        let now = self.clock.now();
        let mut desk = self.desk();
        for (key, (judge, entries)) in judges {
            if let Some(kept) = desk.monitors.get_mut(&key) {
                let history = Arc::make_mut(&mut kept.committed);
                announce(history, &entries, &judge);
                history.ledger.settle(entries, judge);
            }
        }
        for (key, check) in batch.checks {
            if let Some(kept) = desk.monitors.get_mut(&key) {
                let history = Arc::make_mut(&mut kept.committed);
                if check.verdict != Verdict::Unknown {
                    history.unbooked = None;
                }
                let latest = &mut history.latest;
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
        let is_due = now >= self.checkpoint_due && self.hold.ahead_ms().is_none();
        let checkpoint = is_due.then_some(now);
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
        let exchanges = self.exchanges.batch();
        let batch = Batch { epoch: self.epoch, checks, progress, checkpoint, exchanges };
        Some((batch, judges))
    }

    /// Books a check. Gives whether that has changed something, and whether the monitor is
    /// undecided; `None` where the monitor is gone, or a later check is booked.
    fn accept(
        &mut self,
        key: Key,
        check: Check,
        exchange: Option<Box<Exchange>>,
    ) -> Option<(bool, bool)> {
        let kept = self.monitors.get_mut(&key)?;
        if kept.behind_ms(&check).is_some() {
            return None;
        }
        let before = (kept.judge.is_down(), kept.judge.is_undecided());
        kept.observe(&check);
        let after = (kept.judge.is_down(), kept.judge.is_undecided());
        self.exchanges.take(key, &check, exchange);
        self.waiting.push((key, check));
        self.shed();
        Some((before != after, after.1))
    }

    /// A batch that was not kept waits again, before what has come since.
    fn put_back(&mut self, batch: Batch) {
        let since = std::mem::replace(&mut self.waiting, batch.checks);
        self.waiting.extend(since);
        self.exchanges.put_back(batch.exchanges);
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
            epoch: self.epoch,
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
