//! The loops: one that begins checks when they are due, one that commits them, one
//! that takes the pulse. Started and stopped by `app.rs`, while this daemon has the lease.

use super::lease::Grip;
use super::pulse::{JUMP_MS, Moment, Pulse};
use super::receivers::Receivers;
use super::record::{self, Recorder, Taken};
use super::schedule::{Planned, Schedule};
use super::settings::Watch;
use super::watch::{self, Watcher};
use crate::board::Board;
use crate::clock::Clock;
use crate::domain::duration;
use crate::domain::monitor::Key;
use crate::domain::timestamp::{SECOND_MS, Timestamp};
use crate::probe;
use crate::store::contract::{Store, StoreError};
use crate::store::registration::Registration;
use crate::vitals::Vitals;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a check that changed nothing may wait before it is committed. Two seconds
/// is what may be missing after a power cut.
pub const COMMIT_WITHIN: Duration = Duration::from_millis(1_900);
/// How often it is looked whether someone else has changed what is kept: a command beside
/// the daemon is followed within this time, for one read of one row.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// How soon a commit is tried again that the store refused.
const RETRY_COMMIT: Duration = Duration::from_millis(500);
/// How often the last commit is tried before what waits is given up.
const LAST_TRIES: u32 = 4;
/// How soon it is asked again whether checks may begin, while the lease is in doubt.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// Checks under way at a time. Each holds a socket or two and up to 256 KiB; a thousand
/// monitors that all time out after 10 s of 20 are 500 at a time.
const CHECKS_AT_ONCE: usize = 1_000;
/// To begin checks waits for nobody; it is stuck after this.
const LOOKS_WITHIN: Duration = Duration::from_secs(30);
/// A commit succeeds or fails within seconds, also on a full disk or where another process
/// has the database, for which SQLite waits a second. What takes this long takes for ever.
const COMMITS_WITHIN: Duration = Duration::from_secs(300);

/// Watches, until it is told to stop.
pub struct Engine {
    shared: Arc<Shared>,
    scheduling: CancellationToken,
    recording: CancellationToken,
    loops: TaskTracker,
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.cancel();
    }
}

struct Shared {
    clock: Arc<dyn Clock>,
    recorder: Recorder,
    vitals: Arc<Vitals>,
    grip: Grip,
    pulse: Pulse,
    plan: Mutex<Plan>,
    replanned: Notify,
    slots: Semaphore,
    checks: TaskTracker,
    /// Cancelled when checks under way are given up.
    checking: CancellationToken,
    probes: Arc<probe::shared::Shared>,
}

/// Says whether the clock can be trusted.
#[derive(Clone)]
pub struct Trust(Arc<Shared>);

impl Trust {
    /// Whether it can be now: it has not jumped ahead a short while ago.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.0.recorder.clock_is_trusted()
    }
}

#[derive(Default)]
struct Plan {
    schedule: Schedule,
    watchers: HashMap<Key, Arc<Watcher>>,
}

/// What an engine is built of.
pub struct Parts {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Where the newest state is shown.
    pub board: Arc<Board>,
    /// Where the daemon's own state is noted.
    pub vitals: Arc<Vitals>,
    /// Whom alerts are for.
    pub receivers: Arc<Receivers>,
    /// By what right it watches.
    pub grip: Grip,
    /// What all probes share.
    pub probes: Arc<probe::shared::Shared>,
    /// How long a check that changed nothing may wait before it is committed.
    pub commit_within: Duration,
}

impl Engine {
    /// Reads what is kept and starts the loops. Nothing is watched before
    /// [`Engine::watch`] says what.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn start(parts: Parts) -> Result<Engine, StoreError> {
        let Parts { clock, store, board, vitals, receivers, grip, probes, commit_within } =
            parts;
        let recorder = Recorder::new(record::Parts {
            store,
            board: board.clone(),
            clock: clock.clone(),
            vitals: vitals.clone(),
            receivers,
            grip: grip.clone(),
        })
        .await?;
        let shared = Arc::new(Shared {
            clock,
            recorder,
            vitals,
            grip,
            pulse: Pulse::default(),
            plan: Mutex::default(),
            replanned: Notify::new(),
            slots: Semaphore::new(CHECKS_AT_ONCE),
            checks: TaskTracker::new(),
            checking: CancellationToken::new(),
            probes,
        });
        let engine = Engine {
            shared: shared.clone(),
            scheduling: CancellationToken::new(),
            recording: CancellationToken::new(),
            loops: TaskTracker::new(),
        };
        shared.pulse.beat(shared.clock.steady_ms());
        let (stop, beating) = (engine.recording.clone(), shared.clone());
        engine.loops.spawn(async move {
            let beats = beating.pulse.keep_beating(beating.clock.as_ref());
            stop.run_until_cancelled(beats).await;
        });
        let stop = engine.recording.clone();
        engine
            .loops
            .spawn(stop.run_until_cancelled_owned(follow_store(shared.clone(), board)));
        let stop = engine.scheduling.clone();
        engine
            .loops
            .spawn(stop.run_until_cancelled_owned(begin_checks(shared.clone())));
        engine
            .loops
            .spawn(commit_checks(shared, commit_within, engine.recording.clone()));
        Ok(engine)
    }

    /// Makes `watches` what is watched from now on.
    ///
    /// # Errors
    /// When the store refuses; then everything goes on as before.
    pub async fn watch(&self, watches: Vec<Watch>) -> Result<(), StoreError> {
        let shared = &self.shared;
        let registrations: Vec<Registration> =
            watches.iter().map(|watch| watch.registration.clone()).collect();
        shared.recorder.register(&registrations).await?;
        shared.replace_plan(watches);
        Ok(())
    }

    /// Says whether the clock can be trusted, for those who work by the calendar.
    #[must_use]
    pub fn trust(&self) -> Trust {
        Trust(self.shared.clone())
    }

    /// Commits what waits, now. For tests and for callers that are about to read.
    pub async fn flush(&self) -> bool {
        self.shared.recorder.commit().await
    }

    /// When the next check is due; `None` while every monitor is being looked at.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.shared.plan().schedule.next_due()
    }

    /// How many checks are under way.
    #[must_use]
    pub fn checks_under_way(&self) -> usize {
        self.shared.checks.len()
    }

    /// Ends at once, because another daemon watches now: checks under way are given up, and
    /// what waits is dropped. When it returns, nothing of it shows or writes any more.
    pub async fn abandon(&self) {
        self.cancel();
        self.loops.close();
        self.loops.wait().await;
        self.shared.checks.close();
        self.shared.checks.wait().await;
        self.shared.recorder.abandon();
    }

    fn cancel(&self) {
        self.scheduling.cancel();
        self.recording.cancel();
        self.shared.checking.cancel();
    }

    /// Begins no more checks, waits up to `patience` for those under way, and commits
    /// what they saw. Gives whether everything that was seen is kept.
    pub async fn stop(&self, patience: Duration) -> bool {
        self.scheduling.cancel();
        self.shared.checks.close();
        let finished = tokio::time::timeout(patience, self.shared.checks.wait()).await;
        if finished.is_err() {
            tracing::info!("{} checks are given up", self.shared.checks.len());
            self.shared.checking.cancel();
        }
        self.recording.cancel();
        self.loops.close();
        self.loops.wait().await;
        let trusted = self.shared.recorder.clock_is_trusted();
        let kept = self.commit_last().await;
        // Dated by a wrong clock, the end would be taken for a time at which we lived.
        if trusted {
            self.shared.recorder.end().await;
        }
        kept
    }

    async fn commit_last(&self) -> bool {
        self.shared.recorder.give_up_held();
        for _ in 0..LAST_TRIES {
            if self.shared.recorder.commit().await {
                return true;
            }
            if self.shared.grip.is_lost() {
                return false;
            }
            tokio::time::sleep(RETRY_COMMIT).await;
        }
        let lost = self.shared.recorder.waiting();
        tracing::error!("the database has not taken {lost} checks; they are lost");
        false
    }
}

impl Shared {
    fn replace_plan(&self, watches: Vec<Watch>) {
        let histories = self.recorder.histories();
        let by_id: HashMap<&str, _> = histories
            .iter()
            .map(|history| (history.monitor.id.as_str(), history))
            .collect();
        let mut plan = self.plan();
        let mut planned = Vec::new();
        let mut watchers = HashMap::new();
        for watch in watches {
            let Some(history) = by_id.get(watch.registration.id.as_str()) else { continue };
            let parameters = watch.registration.parameters;
            let prober = probe::prober(watch.probe, &self.probes);
            let timeout = Duration::from_millis(parameters.timeout_ms.unsigned_abs());
            watchers.insert(history.key, Arc::new(Watcher { prober, timeout }));
            let id = &history.monitor.id;
            let last_at = history.ledger.judge.last.map(|last| last.at);
            planned.push(Planned { key: history.key, id, parameters, last_at });
        }
        plan.watchers = watchers;
        plan.schedule.set(planned, self.clock.now());
        self.recorder.expect_first_checks(plan.schedule.first_checks_by());
        self.replanned.notify_one();
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        // Nothing panics while it is held; and a plan is remade whenever it is set.
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the monitors that are due and gives the instant of the next one.
    fn begin_due(self: &Arc<Self>, now: Timestamp) -> Option<Timestamp> {
        let mut plan = self.plan();
        for (key, planned_for) in plan.schedule.take_due(now) {
            let Some(watcher) = plan.watchers.get(&key) else { continue };
            let check = self.clone().check(key, watcher.clone(), planned_for);
            let stop = self.checking.clone();
            self.checks.spawn(stop.run_until_cancelled_owned(check));
        }
        plan.schedule.next_due()
    }

    async fn check(self: Arc<Self>, key: Key, watcher: Arc<Watcher>, planned_for: Timestamp) {
        // The semaphore is never closed; without a permit the check would only be early.
        let _slot = self.slots.acquire().await;
        let now = self.clock.now();
        self.vitals.started_late(now, now.since_ms(planned_for));
        self.recorder.begin(key, now);
        let (check, exchange) = watcher.check(self.clock.as_ref(), &self.pulse).await;
        let started_at = check.started_at;
        let undecided = match self.recorder.take(key, check, exchange) {
            Taken::Waits { undecided }
            | Taken::Held { undecided }
            | Taken::Unbooked { undecided } => undecided,
            Taken::Gone => false,
        };
        let finished_at = self.clock.now();
        self.plan()
            .schedule
            .finished(key, started_at.min(finished_at), undecided, finished_at);
        self.replanned.notify_one();
    }
}

/// Begins every check when it is due.
async fn begin_checks(shared: Arc<Shared>) {
    let mut before = watch::moment(shared.clock.as_ref());
    let round = shared.vitals.rounds().enter("beginning checks", LOOKS_WITHIN);
    loop {
        round.turn();
        let moment = watch::moment(shared.clock.as_ref());
        replan_after_jump(&shared, before, moment);
        shared.recorder.look_at_clock(moment);
        before = moment;
        if !shared.grip.may_look() {
            // Another may be watching by now; that is known once the store answers.
            tokio::time::sleep(ASK_AGAIN).await;
            continue;
        }
        let next = shared.begin_due(moment.wall);
        let next = next.unwrap_or_else(|| moment.wall.plus_ms(SECOND_MS));
        tokio::select! {
            () = shared.clock.wait_until(next) => {}
            () = shared.replanned.notified() => {}
            () = tokio::time::sleep(LOOKS_WITHIN / 6) => {}
        }
    }
}

fn replan_after_jump(shared: &Shared, before: Moment, moment: Moment) {
    let jumped_ms = moment.jumped_ms(before);
    if jumped_ms.abs() > JUMP_MS {
        let length = duration::in_words(jumped_ms.abs());
        let way = if jumped_ms > 0 { "forward" } else { "back" };
        tracing::warn!("the clock of this host jumped {way} by {length}");
        shared.plan().schedule.replan(moment.wall);
    }
}

/// Reads again what someone else has changed: soon, and at once where that is asked for.
async fn follow_store(shared: Arc<Shared>, board: Arc<Board>) {
    let mut is_told = false;
    loop {
        tokio::select! {
            () = tokio::time::sleep(FOLLOW_EVERY) => {}
            () = board.asked() => {}
        }
        match shared.recorder.follow().await {
            Ok(()) => is_told = false,
            Err(_) if is_told => {}
            Err(error) => {
                is_told = true;
                tracing::warn!("what was changed cannot be read for now: {error}");
            }
        }
    }
}

/// Commits what waits: at once where it is urgent, otherwise within `commit_within`.
async fn commit_checks(shared: Arc<Shared>, commit_within: Duration, stop: CancellationToken) {
    let mut wait = commit_within;
    let round = shared.vitals.rounds().enter("committing checks", COMMITS_WITHIN);
    loop {
        round.turn();
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shared.recorder.urgent.notified(), if wait == commit_within => {}
            () = stop.cancelled() => return,
        }
        let kept = shared.recorder.commit().await;
        wait = if kept { commit_within } else { RETRY_COMMIT };
    }
}
