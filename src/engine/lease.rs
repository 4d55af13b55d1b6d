//! Who watches: asks for the lease, renews it, and gives it up.
//!
//! `app.rs` lets a [`Contender`] stand by until it has the lease, and then hands its [`Grip`]
//! to all who act: they ask it before they do what cannot be undone. What they write is
//! refused by the store itself once somebody else has taken over. How long things last is
//! the domain's to say (`domain/lease.rs`).

use crate::domain::lease::{
    Fence, LENGTH_MS, Lock as LockState, Lookout, RENEW_AGAIN_MS, RENEW_EVERY_MS, Term, Turn,
};
use crate::store::contract::{Store, StoreError, Tenant};
use crate::store::lock::Lock;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What one who holds the lease believes of it. By the system's steady clock, also where
/// a test turns the others: the database's goes by itself.
#[derive(Clone, Debug)]
pub struct Grip {
    /// The number of the tenure.
    pub fence: Fence,
    began: Instant,
    term: Arc<Mutex<Option<Term>>>,
    lost: CancellationToken,
}

impl Grip {
    fn new(fence: Fence, asked: Instant) -> Grip {
        let term = Arc::new(Mutex::new(Some(Term::asked_at(0))));
        Grip { fence, began: asked, term, lost: CancellationToken::new() }
    }

    /// One that is never lost, for those who work where nobody else can.
    #[must_use]
    pub fn firm() -> Grip {
        Grip { term: Arc::default(), ..Grip::new(Fence(0), Instant::now()) }
    }

    /// Whether what cannot be undone may be done: nobody else can have the lease.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        let now_ms = self.ms(Instant::now());
        !self.is_lost() && self.term().is_none_or(|term| term.is_sure(now_ms))
    }

    /// Whether checks may begin.
    #[must_use]
    pub fn may_look(&self) -> bool {
        let now_ms = self.ms(Instant::now());
        !self.is_lost() && self.term().is_none_or(|term| term.may_look(now_ms))
    }

    /// Takes note of what the store says: it knows who has the lease.
    pub fn heed(&self, error: &StoreError) {
        if matches!(error, StoreError::Fenced | StoreError::Outgrown) {
            self.lost.cancel();
        }
    }

    /// Whether somebody else has it.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost.is_cancelled()
    }

    /// Waits until somebody else has it.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }

    fn renewed(&self, asked: Instant) {
        *self.term() = Some(Term::asked_at(self.ms(asked)));
    }

    fn excused(&self, asked: Instant) {
        let asked_ms = self.ms(asked);
        let mut term = self.term();
        *term = term.map(|term| term.excused_at(asked_ms));
    }

    fn ms(&self, at: Instant) -> i64 {
        let since = at.saturating_duration_since(self.began);
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn term(&self) -> MutexGuard<'_, Option<Term>> {
        // Nothing panics while it is held.
        self.term.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who wants the lease, or has it.
pub struct Contender {
    store: Arc<dyn Store>,
    /// Beside which the lock lies.
    database: PathBuf,
    /// What it is called, for people.
    name: String,
    lookout: Lookout,
    lock: Option<Lock>,
    began: Instant,
}

impl Contender {
    /// One for the lease of the store that is the file `database`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, database: PathBuf, name: String) -> Contender {
        let lookout = Lookout::default();
        Contender { store, database, name, lookout, lock: None, began: Instant::now() }
    }

    /// Looks at the lease once, and takes it if it may be taken.
    ///
    /// # Errors
    /// When the store can be neither read nor written.
    pub async fn look(&mut self) -> Result<Option<Grip>, StoreError> {
        let seen = self.store.lease().await?;
        // After the lease: whoever is noted to have the lock had it by then.
        let lock = match &self.lock {
            Some(_) => LockState::Free,
            None => Lock::state(&self.database),
        };
        match self.lookout.look(&seen, lock, self.now_ms()) {
            Turn::Wait => Ok(None),
            Turn::Try => {
                let could_write = self.store.writable().await;
                self.lookout.tried(could_write.is_ok(), self.now_ms());
                could_write.map(|()| None)
            }
            Turn::Take => {
                self.grasp_lock();
                let asked = Instant::now();
                let taken = self.store.take_lease(&seen.held, &self.tenant(), LENGTH_MS).await;
                match taken {
                    Ok(Some(held)) => Ok(Some(Grip::new(held.fence, asked))),
                    Ok(None) => {
                        self.lock = None;
                        Ok(None)
                    }
                    Err(error) => {
                        self.lock = None;
                        self.lookout.tried(false, self.now_ms());
                        Err(error)
                    }
                }
            }
        }
    }

    /// Renews the lease until it is lost.
    pub async fn keep(&mut self, grip: &Grip) {
        let mut wait_ms = RENEW_EVERY_MS;
        let mut is_told = false;
        loop {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(wait_ms.unsigned_abs())) => {}
                () = grip.lost() => return,
            }
            // Whoever had it may have let go of it by now.
            self.grasp_lock();
            let asked = Instant::now();
            let is_locked = self.lock.is_some();
            match self.store.renew_lease(grip.fence, is_locked, LENGTH_MS).await {
                Ok(()) => {
                    grip.renewed(asked);
                    wait_ms = RENEW_EVERY_MS;
                    is_told = false;
                }
                Err(error) => {
                    grip.heed(&error);
                    grip.excused(asked);
                    if !grip.is_lost() && !std::mem::replace(&mut is_told, true) {
                        tracing::warn!("the lease cannot be renewed for now: {error}");
                    }
                    wait_ms = RENEW_AGAIN_MS;
                }
            }
        }
    }

    /// Lets others watch from now on: at once, or when it has run out where the store
    /// refuses.
    pub async fn give_up(&mut self, grip: &Grip) {
        if !grip.is_lost()
            && let Err(error) = self.store.give_up_lease(grip.fence).await
        {
            tracing::warn!("the lease could not be given up, and runs out by itself: {error}");
        }
        self.stand_by();
    }

    /// Begins to watch the lease as one who does not have it.
    pub fn stand_by(&mut self) {
        self.lock = None;
        self.lookout = Lookout::default();
    }

    fn grasp_lock(&mut self) {
        if self.lock.is_none() {
            self.lock = Lock::take(&self.database).ok().flatten();
        }
    }

    fn tenant(&self) -> Tenant {
        Tenant { name: self.name.clone(), is_locked: self.lock.is_some() }
    }

    fn now_ms(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}
