//! From a finished check to a kept one: judge, commit, and only then show.
//!
//! Watchers hand in checks; one loop commits them. A check that changes something is
//! committed at once, the rest together a moment later. What is on the board is on
//! disk. While the store refuses, checks wait here, up to a limit; what is lost beyond
//! it is kept as `unknown`, with the reason.

mod clock;
mod desk;

use super::lease::Grip;
use super::life::Life;
use super::receivers::Receivers;
use super::watch;
use crate::board::Board;
use crate::clock::Clock;
use crate::domain::check::Check;
use crate::domain::duration;
use crate::domain::exchange::Exchange;
use crate::domain::history::History;
use crate::domain::monitor::Key;
use crate::domain::timestamp::Timestamp;
use crate::store::batch::Committed;
use crate::store::contract::{Store, StoreError};
use crate::store::registration::{Others, Registration};
use crate::vitals::Vitals;
use desk::{Bundle, CHECKPOINT_MS, Desk};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Judges checks, keeps them and shows them.
pub struct Recorder {
    store: Arc<dyn Store>,
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
    vitals: Arc<Vitals>,
    life: Life,
    receivers: Arc<Receivers>,
    grip: Grip,
    desk: Mutex<Desk>,
    /// Woken when something waits that should be committed at once.
    pub urgent: Notify,
    /// Held while a batch is under way, so that there is only one.
    committing: tokio::sync::Mutex<()>,
}

/// What a recorder is built of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Where the newest state is shown.
    pub board: Arc<Board>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where the daemon's own state is noted.
    pub vitals: Arc<Vitals>,
    /// Whom alerts are for.
    pub receivers: Arc<Receivers>,
    /// By what right it writes.
    pub grip: Grip,
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
    /// A recorder that shows what is kept in the store, and keeps that it runs from now on.
    /// What is to be told it addresses to the receivers, and stirs them.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn new(parts: Parts) -> Result<Recorder, StoreError> {
        let Parts { store, board, clock, vitals, receivers, grip } = parts;
        let life = Life::begin(store.clone(), clock.now()).await?;
        let recorder = Recorder {
            life,
            store,
            board,
            clock,
            vitals,
            receivers,
            grip,
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
        self.desk().unkept()
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
        let waiting_checks = desk.unkept();
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
        // Under a clock that is doubted no sign of life is given: it would be believed for
        // as long as that time has not come.
        let trusted = self.clock_is_trusted();
        let now = self.clock.now();
        let Some(mut bundle) = self.next_bundle(now) else { return Some(true) };
        bundle.batch.alive = self.life.sign(now).filter(|_| trusted);
        let outcome = match self.store.commit(&bundle.batch).await {
            Ok(Committed::Kept) => {
                self.kept(bundle);
                return Some(true);
            }
            Ok(Committed::Stale) => {
                tracing::info!("the history was changed from outside; reading it again");
                self.desk().put_back(bundle);
                self.read_again().await
            }
            Err(error) => {
                self.desk().put_back(bundle);
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
    fn next_bundle(&self, now: Timestamp) -> Option<Bundle> {
        let mut desk = self.desk();
        if std::mem::take(&mut desk.unshown) {
            self.board.publish(desk.snapshot());
        }
        desk.bundle(now, &self.receivers)
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

    /// Reads everything again where someone else has changed it: an administrator, or a
    /// command beside the daemon.
    ///
    /// # Errors
    /// When the store cannot be read; then everything goes on as before.
    pub async fn follow(&self) -> Result<(), StoreError> {
        if self.store.epoch().await? == self.desk().epoch {
            return Ok(());
        }
        let _one_at_a_time = self.committing.lock().await;
        // A commit may have found out meanwhile.
        if self.store.epoch().await? == self.desk().epoch {
            return Ok(());
        }
        self.read_again().await
    }

    /// Whether the wall clock, as far as is known, says what time it is: it has not jumped
    /// ahead a short while ago.
    pub fn clock_is_trusted(&self) -> bool {
        let moment = watch::moment(self.clock.as_ref());
        let mut desk = self.desk();
        self.look(&mut desk, moment);
        desk.hold.ahead_ms().is_none()
    }

    /// Drops what waits: another daemon has taken over, and looks by itself.
    pub fn abandon(&self) {
        let lost = std::mem::take(&mut *self.desk()).unkept();
        if lost > 0 {
            tracing::info!("{lost} checks were not kept; whoever took over looks again");
        }
        self.board.nothing_under_way();
        self.vitals.note(|reading| {
            reading.store_refuses = None;
            reading.waiting_checks = 0;
            reading.clock_trouble = None;
            reading.source_trouble = None;
        });
    }

    /// Notes that everup stops in order.
    pub async fn end(&self) {
        self.life.end(self.clock.now()).await;
    }

    /// Reads everything from the store again and judges what waits on top of it. While
    /// it does, no batch may be under way.
    async fn read_again(&self) -> Result<(), StoreError> {
        let loaded = self.store.load().await?;
        let mut desk = self.desk();
        desk.lay_out(loaded);
        self.board.publish(desk.snapshot());
        drop(desk);
        // Maintenance may have been called off, or have an earlier end.
        self.receivers.stir();
        Ok(())
    }

    fn kept(&self, bundle: Bundle) {
        let now = self.clock.now();
        if let Some(alive) = bundle.batch.alive {
            self.life.signed(alive);
        }
        let is_awaited = !bundle.batch.alerts.is_empty() || self.receivers.awaits_checks();
        let mut desk = self.desk();
        desk.settle(bundle, now);
        let waiting_checks = desk.unkept();
        self.board.publish(desk.snapshot());
        drop(desk);
        if is_awaited {
            self.receivers.stir();
        }
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
        self.grip.heed(error);
        if self.grip.is_lost() {
            return;
        }
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
