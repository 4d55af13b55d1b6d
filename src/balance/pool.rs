//! The backends of one balancer, and what is known of each. Shared by all that carry
//! requests; `health` and `forward` tell it what they saw.

use super::budget::Budget;
use super::count::Counts;
use super::pick::Candidate;
use super::settings::{BACKENDS_MAX, BackendSettings, Health, Settings};
use super::wellness::{Flip, Wellness};
use crate::domain::monitor::MonitorId;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// What a whole weight of 1 counts for, so that a part of it can be given.
const WHOLE: u64 = 100;

/// What a backend that is back begins with.
const BEGINNING: u64 = 10;

/// A set of backends, by their places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places(u64);

const _: () = assert!(BACKENDS_MAX <= u64::BITS as usize);

impl Places {
    /// Adds one.
    pub fn add(&mut self, place: usize) {
        self.0 |= 1 << place;
    }

    /// Whether it is in it.
    #[must_use]
    pub fn has(self, place: usize) -> bool {
        self.0 & (1 << place) != 0
    }
}

/// All backends of one balancer.
pub struct Pool {
    /// Its name, for messages.
    pub name: String,
    /// Those that answer, in the order of the settings.
    pub backends: Vec<Backend>,
    /// What visitors saw.
    pub counts: Counts,
    /// How many may be repeated.
    pub budget: Budget,
    fail_open: bool,
    slow_start: Duration,
    rules: Health,
    /// Whether one is getting back its share; then weights have to be asked for.
    is_starting: AtomicBool,
    told_full_ms: AtomicI64,
    began: Instant,
}

/// How often the same trouble is told that each request may be in.
const TELL_EVERY_MS: i64 = 60_000;

/// One that answers.
pub struct Backend {
    /// What was configured.
    pub settings: BackendSettings,
    /// What became of what it was given.
    pub counts: Counts,
    /// Woken when a check is better made soon.
    pub recheck: Notify,
    wellness: Mutex<Wellness>,
    standing: AtomicU8,
    back_since_ms: AtomicI64,
    under_way: AtomicUsize,
}

/// It gets requests.
const AVAILABLE: u8 = 1;
/// Somebody took it out.
const DRAINED: u8 = 2;

/// How one stands, for those who show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It gets requests.
    Well,
    /// Its checks fail.
    Unwell,
    /// Requests did not reach it, and its checks have not yet said why.
    Ejected,
    /// Somebody took it out; what it has under way it may finish.
    Drained,
}

impl Standing {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Standing::Well => "well",
            Standing::Unwell => "unwell",
            Standing::Ejected => "ejected",
            Standing::Drained => "drained",
        }
    }
}

impl Pool {
    /// The pool of a balancer that begins: all are taken for well.
    #[must_use]
    pub fn of(settings: &Settings) -> Pool {
        let backend = |settings: &BackendSettings| Backend {
            settings: settings.clone(),
            counts: Counts::default(),
            recheck: Notify::new(),
            wellness: Mutex::default(),
            standing: AtomicU8::new(AVAILABLE),
            back_since_ms: AtomicI64::new(i64::MIN),
            under_way: AtomicUsize::new(0),
        };
        Pool {
            name: settings.name.clone(),
            backends: settings.backends.iter().take(BACKENDS_MAX).map(backend).collect(),
            counts: Counts::default(),
            budget: Budget::default(),
            fail_open: settings.fail_open,
            slow_start: settings.slow_start,
            rules: settings.health.clone(),
            is_starting: AtomicBool::new(false),
            told_full_ms: AtomicI64::new(i64::MIN),
            began: Instant::now(),
        }
    }

    /// Makes `candidates` those that may get a request and are not in `tried`. Where none is
    /// well, these are those that are not taken out, if the pool fails open.
    pub fn candidates(&self, tried: Places, candidates: &mut Vec<Candidate>) {
        candidates.clear();
        let now_ms = self.is_starting.load(Ordering::Relaxed).then(|| self.now_ms());
        let mut any_well = false;
        for (index, backend) in self.backends.iter().enumerate() {
            if backend.standing.load(Ordering::Relaxed) != AVAILABLE {
                continue;
            }
            any_well = true;
            if !tried.has(index) {
                candidates.push(backend.candidate(index, self.weight(backend, now_ms)));
            }
        }
        if any_well || !self.fail_open {
            return;
        }
        for (index, backend) in self.backends.iter().enumerate() {
            if backend.standing.load(Ordering::Relaxed) & DRAINED == 0 && !tried.has(index) {
                candidates.push(backend.candidate(index, u64::from(backend.settings.weight)));
            }
        }
    }

    fn weight(&self, backend: &Backend, now_ms: Option<i64>) -> u64 {
        let whole = u64::from(backend.settings.weight) * WHOLE;
        let Some(now_ms) = now_ms else { return whole };
        let slow_ms = u64::try_from(self.slow_start.as_millis()).unwrap_or(u64::MAX);
        let back_ms = now_ms.saturating_sub(backend.back_since_ms.load(Ordering::Relaxed));
        let back_ms = u64::try_from(back_ms).unwrap_or(0);
        if back_ms >= slow_ms {
            return whole;
        }
        (whole * back_ms / slow_ms).max(u64::from(backend.settings.weight) * BEGINNING)
    }

    /// A check of the backend at `place` has ended; `why` says what was bad about it.
    pub fn checked(&self, place: usize, outcome: Result<(), &str>) {
        let Some(backend) = self.backends.get(place) else { return };
        let now_ms = self.now_ms();
        let flip = backend.wellness().checked(outcome.is_ok(), &self.rules, now_ms);
        self.flipped(backend, flip, outcome.err().unwrap_or("requests did not reach it"));
        self.look_at_starts(now_ms);
    }

    /// A request found no connection to the backend at `place`, or no answer of it.
    pub fn failed(&self, place: usize, why: &str) {
        let Some(backend) = self.backends.get(place) else { return };
        // Before its own state is held: nobody holds two.
        let others = self.others_allow(place);
        let flip = backend.wellness().failed(others, self.now_ms());
        self.flipped(backend, flip, why);
        backend.recheck.notify_one();
    }

    /// Whether this one may be put aside: at most half of all are, and never the last.
    fn others_allow(&self, place: usize) -> bool {
        let others = || {
            let with_place = self.backends.iter().enumerate();
            with_place.filter(|(other, _)| *other != place).map(|(_, backend)| backend)
        };
        let ejected = others().filter(|other| other.wellness().is_ejected()).count();
        let is_last = !others().any(|other| other.standing() == Standing::Well);
        !is_last && (ejected + 1) * 2 <= self.backends.len()
    }

    fn flipped(&self, backend: &Backend, flip: Option<Flip>, why: &str) {
        let (pool, id) = (&self.name, &backend.settings.id);
        match flip {
            None => {}
            Some(Flip::Back) => {
                tracing::info!("{pool}: backend {id} gets requests again");
                let now_ms = self.now_ms();
                backend.back_since_ms.store(now_ms, Ordering::Relaxed);
                self.is_starting.store(!self.slow_start.is_zero(), Ordering::Relaxed);
                backend.standing.fetch_or(AVAILABLE, Ordering::Relaxed);
            }
            Some(Flip::Away) => {
                tracing::warn!("{pool}: backend {id} gets no requests for now: {why}");
                backend.standing.fetch_and(!AVAILABLE, Ordering::Relaxed);
            }
        }
    }

    /// Notes when nobody is getting back its share any more.
    fn look_at_starts(&self, now_ms: i64) {
        let slow_ms = i64::try_from(self.slow_start.as_millis()).unwrap_or(i64::MAX);
        let is_starting = self.backends.iter().any(|backend| {
            let since = backend.back_since_ms.load(Ordering::Relaxed);
            since != i64::MIN && now_ms.saturating_sub(since) < slow_ms
        });
        self.is_starting.store(is_starting, Ordering::Relaxed);
    }

    /// Takes the backend with this name out, or lets it back; what it has under way it may
    /// finish. `None`: there is none of that name; otherwise whether it was otherwise before.
    pub fn drain(&self, id: &MonitorId, is_out: bool) -> Option<bool> {
        let backend = self.backends.iter().find(|backend| backend.settings.id == *id)?;
        let before = if is_out {
            backend.standing.fetch_or(DRAINED, Ordering::Relaxed)
        } else {
            backend.standing.fetch_and(!DRAINED, Ordering::Relaxed)
        };
        let was_out = before & DRAINED != 0;
        if was_out != is_out {
            let does = if is_out { "is drained" } else { "is no longer drained" };
            tracing::info!("{}: backend {id} {does}", self.name);
        }
        Some(was_out != is_out)
    }

    /// Tells, now and then, that this process can open no more connections.
    pub fn tell_full(&self) {
        let now_ms = self.now_ms();
        let due =
            |told_ms: i64| (now_ms.saturating_sub(told_ms) >= TELL_EVERY_MS).then_some(now_ms);
        let told = self.told_full_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, due);
        if told.is_ok() {
            tracing::error!(
                "{}: the system lets this process open no more connections, so requests are \
                 refused; raise its limit of open files (ulimit -n, LimitNOFILE)",
                self.name
            );
        }
    }

    fn now_ms(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

impl Backend {
    /// How it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let standing = self.standing.load(Ordering::Relaxed);
        if standing & DRAINED != 0 {
            return Standing::Drained;
        }
        match (standing & AVAILABLE != 0, self.wellness().is_ejected()) {
            (true, _) => Standing::Well,
            (false, true) => Standing::Ejected,
            (false, false) => Standing::Unwell,
        }
    }

    /// How many requests it is answering.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// A request goes to it.
    pub fn begin(&self) {
        self.under_way.fetch_add(1, Ordering::Relaxed);
    }

    /// A request that went to it has ended.
    pub fn end(&self) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether the next check is better made soon.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        self.wellness().is_suspect()
    }

    /// A request to it was answered.
    pub fn answered(&self) {
        // Only one that is available and suspect has failures to forget; and those of a
        // request more or less do not matter.
        if let Ok(mut wellness) = self.wellness.try_lock() {
            wellness.answered();
        }
    }

    fn candidate(&self, index: usize, weight: u64) -> Candidate {
        Candidate { index, weight, under_way: self.under_way() }
    }

    fn wellness(&self) -> MutexGuard<'_, Wellness> {
        // Nothing panics while it is held.
        self.wellness.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
