//! The clerk of the balancers: each minute it keeps what they have counted, and each second
//! it sees to it that those backends get no requests that somebody took out, or that are in
//! maintenance.
//!
//! Started by whoever runs balancers, `app` or the command `balance`. Requests never wait
//! for it: while the store refuses, what was counted waits in one sum.

use crate::balance::fleet::Fleet;
use crate::balance::pool::Pool;
use crate::clock::Clock;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::MonitorId;
use crate::domain::requests::Requests;
use crate::domain::timestamp::{MINUTE_MS, Timestamp};
use crate::store::contract::{Store, StoreError};
use crate::store::requests::{Counted, Place};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often it looks: a backend is taken out within this time, for one read of one row.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often the last counts are tried to be kept before they are given up.
const LAST_TRIES: u32 = 4;

/// What a clerk works with.
pub struct Parts {
    /// Where counts are kept.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Who counts.
    pub fleet: Arc<Fleet>,
}

/// A clerk at work.
pub struct Clerk {
    stop: CancellationToken,
    work: JoinHandle<Desk>,
}

impl Clerk {
    /// Begins.
    #[must_use]
    pub fn start(parts: Parts) -> Clerk {
        let stop = CancellationToken::new();
        let mut desk = Desk {
            parts,
            books: Vec::new(),
            out: Out::default(),
            last_run: Timestamp(0),
            minute: 0,
            is_told: false,
        };
        // Before the first second passes: a run begins when its balancer does.
        desk.open();
        let until = stop.clone();
        let work = tokio::spawn(async move {
            loop {
                desk.look().await;
                tokio::select! {
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    () = until.cancelled() => return desk,
                }
            }
        });
        Clerk { stop, work }
    }

    /// Keeps what was counted last, and ends. To be called once the balancers have.
    pub async fn stop(self) {
        self.stop.cancel();
        let Ok(mut desk) = self.work.await else {
            tracing::error!("the clerk of the balancers did not end well");
            return;
        };
        desk.open();
        for _ in 0..LAST_TRIES {
            if desk.keep().await {
                return;
            }
            tokio::time::sleep(LOOK_EVERY / 2).await;
        }
        tracing::error!("the requests of the last minute could not be kept");
    }
}

/// What a clerk has in hand.
struct Desk {
    parts: Parts,
    books: Vec<Book>,
    out: Out,
    last_run: Timestamp,
    /// The minute in which counts were last kept.
    minute: i64,
    /// Whether it was told that the store refuses.
    is_told: bool,
}

/// The counts of one balancer, from its start to its end.
struct Book {
    balancer: MonitorId,
    pool: Arc<Pool>,
    run: Timestamp,
    /// Up to where they are kept, and what they were then.
    kept_to: Timestamp,
    kept: Reading,
    /// What is being kept; it is tried again as it is, since it may have been.
    pending: Option<(Counted, Reading)>,
}

/// What a pool has counted at one moment.
#[derive(Clone, Default)]
struct Reading {
    total: Requests,
    backends: Vec<Requests>,
}

impl Desk {
    async fn look(&mut self) {
        self.open();
        let now = self.parts.clock.now();
        let mut told = self.out.follow(&*self.parts.store, now).await.err();
        self.apply(now);
        let minute = now.0.div_euclid(MINUTE_MS);
        if minute != self.minute && self.keep().await {
            self.minute = minute;
        }
        if let Some(error) = told.take() {
            self.tell(&error);
        }
    }

    /// Opens a book for each balancer that has begun.
    fn open(&mut self) {
        for (balancer, pool) in self.parts.fleet.take_begun() {
            // Runs are told apart by when they began.
            let run = self.parts.clock.now().max(self.last_run.plus_ms(1));
            self.last_run = run;
            let kept = Reading::default();
            self.books
                .push(Book { balancer, pool, run, kept_to: run, kept, pending: None });
        }
    }

    /// Takes out who is to be out, and lets back who is not.
    fn apply(&self, now: Timestamp) {
        for book in &self.books {
            let out = self.out.of(&book.balancer, &book.pool, now);
            for backend in &book.pool.backends {
                let id = &backend.settings.id;
                book.pool.drain(id, out.contains(id));
            }
        }
    }

    /// Keeps what was counted; gives whether all of it is.
    async fn keep(&mut self) -> bool {
        let now = self.parts.clock.now();
        let mut wrong = None;
        for book in &mut self.books {
            if let Err(error) = book.keep(&*self.parts.store, now).await {
                wrong = Some(error);
            }
        }
        let whole = wrong.is_none();
        match wrong {
            None => self.is_told = false,
            Some(error) => self.tell(&error),
        }
        // One that nobody else holds counts no more.
        self.books
            .retain(|book| book.pending.is_some() || Arc::strong_count(&book.pool) > 1);
        whole
    }

    fn tell(&mut self, error: &StoreError) {
        if !std::mem::replace(&mut self.is_told, true) {
            tracing::warn!("the balancers' counts and drains wait for the database: {error}");
        }
    }
}

impl Book {
    async fn keep(&mut self, store: &dyn Store, now: Timestamp) -> Result<(), StoreError> {
        // What was to be kept before, then what has come since.
        for _ in 0..2 {
            let was_pending = self.pending.is_some();
            let (counted, reading) = match self.pending.take() {
                Some(pending) => pending,
                None => self.next(now),
            };
            if let Err(error) = store.count_requests(&counted).await {
                self.pending = Some((counted, reading));
                return Err(error);
            }
            self.kept_to = counted.to;
            self.kept = reading;
            if !was_pending {
                break;
            }
        }
        Ok(())
    }

    fn next(&self, now: Timestamp) -> (Counted, Reading) {
        let reading = Reading::of(&self.pool);
        let before = |place: usize| self.kept.backends.get(place).copied().unwrap_or_default();
        let each = self.pool.backends.iter().zip(&reading.backends).enumerate();
        let counted = Counted {
            balancer: self.balancer.clone(),
            run: self.run,
            from: self.kept_to,
            // A clock that has gone back moves nothing back.
            to: now.max(self.kept_to.plus_ms(1)),
            total: reading.total.since(&self.kept.total),
            backends: each
                .map(|(place, (backend, requests))| {
                    (backend.settings.id.clone(), requests.since(&before(place)))
                })
                .collect(),
        };
        (counted, reading)
    }
}

impl Reading {
    fn of(pool: &Pool) -> Reading {
        Reading {
            total: pool.counts.read(),
            backends: pool.backends.iter().map(|backend| backend.counts.read()).collect(),
        }
    }
}

/// Which backends are to get no requests, as the store has it.
#[derive(Default)]
struct Out {
    epoch: Option<i64>,
    drained: BTreeSet<Place>,
    /// Those about some monitors that are not over.
    windows: Vec<MaintenanceWindow>,
}

impl Out {
    /// Reads it again if anything was changed.
    async fn follow(&mut self, store: &dyn Store, now: Timestamp) -> Result<(), StoreError> {
        let epoch = store.epoch().await?;
        if self.epoch == Some(epoch) {
            return Ok(());
        }
        let drained = store.drains().await?;
        let windows = store.windows().await?.into_iter().map(|announced| announced.window);
        let concerns =
            |window: &MaintenanceWindow| !window.monitors.is_empty() && window.span().to > now;
        self.windows = windows.filter(concerns).collect();
        self.drained = drained.into_iter().map(|drained| drained.place).collect();
        self.epoch = Some(epoch);
        Ok(())
    }

    /// Those of one pool. Maintenance of all that are left takes none of them out: somebody
    /// has to answer, and perhaps one still can.
    fn of(&self, balancer: &MonitorId, pool: &Pool, now: Timestamp) -> BTreeSet<MonitorId> {
        let all = || pool.backends.iter().map(|backend| &backend.settings.id);
        let is_drained = |id: &&MonitorId| {
            let place = Place { balancer: balancer.clone(), backend: (*id).clone() };
            self.drained.contains(&place)
        };
        let is_maintained = |id: &&MonitorId| {
            self.windows
                .iter()
                .any(|window| window.is_active(now) && window.is_about(id))
        };
        let drained: BTreeSet<MonitorId> = all().filter(is_drained).cloned().collect();
        let out = drained.iter().chain(all().filter(is_maintained)).cloned();
        let out: BTreeSet<MonitorId> = out.collect();
        if out.len() == pool.backends.len() { drained } else { out }
    }
}
