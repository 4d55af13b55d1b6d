//! The clerk of the balancers: every ten seconds it keeps what they have counted, and each
//! second it sees to it that those backends get no requests that somebody took out, or that are
//! in maintenance.
//!
//! Started by whoever runs balancers, `app` or the command `balance`. Requests never wait
//! for it: while the store refuses, what was counted waits in one sum.

use crate::balance::fleet::{Fleet, Wanted};
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

/// How often counts are kept where there are new ones; others once a minute.
const KEEP_EVERY_MS: i64 = 10_000;

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
            kept_at: Timestamp(0),
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

/// Sees to it that of these balancers, once they begin, nobody gets requests who is taken out. To
/// be called before they do: a clerk comes a second later.
///
/// # Errors
/// When the store cannot say who is.
pub async fn take_out(
    store: &dyn Store,
    fleet: &Fleet,
    balancers: &[Wanted],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut out = Out::default();
    out.follow(store, now).await?;
    let of_each = balancers.iter().map(|Wanted { settings, .. }| {
        let ids = settings.backends.iter().map(|backend| backend.id.clone());
        let backends = out.of(&settings.id, &ids.collect::<Vec<_>>(), now);
        (settings.id.clone(), backends)
    });
    fleet.take_out(of_each.collect());
    Ok(())
}

/// Makes these the balancers of a fleet that runs; of those that begin anew, nobody gets
/// requests who is taken out, as far as the store can say who is.
pub async fn change(store: &dyn Store, fleet: &Fleet, balancers: Vec<Wanted>, now: Timestamp) {
    if let Err(error) = take_out(store, fleet, &balancers, now).await {
        tracing::warn!("backends that are taken out may get requests for a second: {error}");
    }
    fleet.change(balancers).await;
}

/// What a clerk has in hand.
struct Desk {
    parts: Parts,
    books: Vec<Book>,
    out: Out,
    last_run: Timestamp,
    /// When counts were last kept.
    kept_at: Timestamp,
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
        let since_ms = now.0.abs_diff(self.kept_at.0);
        let is_another_minute =
            now.0.div_euclid(MINUTE_MS) != self.kept_at.0.div_euclid(MINUTE_MS);
        let is_due = since_ms >= KEEP_EVERY_MS.unsigned_abs() && self.has_news();
        if (is_another_minute || is_due) && self.keep().await {
            self.kept_at = now;
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
            let ids = book.pool.backends.iter().map(|backend| backend.settings.id.clone());
            let out = self.out.of(&book.balancer, &ids.collect::<Vec<_>>(), now);
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

    /// Whether anything was counted since.
    fn has_news(&self) -> bool {
        self.books.iter().any(|book| book.pool.counts.read() != book.kept.total)
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

    /// Those of one balancer with these backends. Maintenance of all that are left takes none of
    /// them out: somebody has to answer, and perhaps one still can.
    fn of(
        &self,
        balancer: &MonitorId,
        backends: &[MonitorId],
        now: Timestamp,
    ) -> BTreeSet<MonitorId> {
        let all = || backends.iter();
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
        if out.len() == backends.len() { drained } else { out }
    }
}
