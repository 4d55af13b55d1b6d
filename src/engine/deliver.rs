//! From the outbox to the channels: tells what is to be told, once it may be.
//!
//! One loop, woken by commits, by changes of maintenance and of the configuration, and by
//! time. What to tell is the domain's decision (`domain/alert.rs`), what waits is kept in
//! memory as the store has it (`desk`). A channel tells a few things at a time, of each
//! monitor one after the other; so a slow one delays itself, and never a check. What was
//! told is noted afterwards: after a crash between the two it is told again, with the same
//! id.

mod desk;
mod scene;

use super::lease::Grip;
use super::receivers::{Receiver, Receivers};
use crate::board::{Board, Snapshot};
use crate::clock::Clock;
use crate::domain::alert::ChannelId;
use crate::domain::monitor::{Key, MonitorId};
use crate::domain::timestamp::{MINUTE_MS, Timestamp};
use crate::notify::contract::Receipt;
use crate::notify::message::Message;
use crate::store::contract::{Store, StoreError};
use crate::store::outbox::AlertId;
use desk::{Desk, Next, Note};
use futures_util::FutureExt;
use scene::{Beginning, Scene};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// So many alerts of a channel are looked at together: a beginning and an end of each of the
/// most monitors there may be. Later ones have their turn once earlier ones are settled.
const WAITING_MAX: u32 = 20_000;
/// How soon the store is asked again after it has refused.
const RETRY_STORE: Duration = Duration::from_secs(1);
/// So long after a start a monitor is waited for to be looked at, before what was seen
/// earlier is told: twice the usual interval. Whoever looks more seldom is told as last seen.
const LOOKS_WITHIN_MS: i64 = 2 * MINUTE_MS;

/// Delivers, until it is told to stop.
pub struct Deliverer {
    stop: CancellationToken,
    running: JoinHandle<()>,
}

/// What a deliverer is built of.
pub struct Parts {
    /// Where alerts wait, and what became of them is kept. What waits for other channels
    /// than those that there are is dropped there.
    pub store: Arc<dyn Store>,
    /// What monitors are called, and when there is maintenance.
    pub board: Arc<Board>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Whom alerts are for.
    pub receivers: Arc<Receivers>,
    /// By what right it tells.
    pub grip: Grip,
}

impl Deliverer {
    /// Starts the loop, with what an earlier run has left.
    #[must_use]
    pub fn start(parts: Parts) -> Deliverer {
        let stop = CancellationToken::new();
        let looks_by_ms = parts.clock.steady_ms() + LOOKS_WITHIN_MS;
        let beginning = Arc::new(Beginning::of(&parts.board.glance(), looks_by_ms));
        parts.receivers.await_checks(true);
        let post = Post {
            parts,
            beginning,
            desk: Desk::default(),
            flights: JoinSet::new(),
            is_stale: true,
            left_for: None,
            ask_again_at: None,
        };
        Deliverer { running: tokio::spawn(post.run(stop.clone())), stop }
    }

    /// Ends at once, because another daemon tells now what waits.
    pub async fn abandon(self) {
        self.running.abort();
        // Once it has ended, nothing of it is told any more.
        let _ = self.running.await;
    }

    /// Tells what can be told at once, for up to `patience`. What then remains waits for the
    /// next start.
    pub async fn stop(mut self, patience: Duration) {
        self.stop.cancel();
        if tokio::time::timeout(patience, &mut self.running).await.is_err() {
            tracing::info!("alerts are still waiting; they are told after the next start");
            self.running.abort();
        }
    }
}

/// A message that has come back, with what became of it.
struct Landed {
    channel: ChannelId,
    monitor: Key,
    id: AlertId,
    /// `None` where it was given up half way, because another may be telling it.
    receipt: Option<Receipt>,
}

struct Post {
    parts: Parts,
    beginning: Arc<Beginning>,
    desk: Desk,
    flights: JoinSet<Landed>,
    /// Whether the store has something that is not on the desk.
    is_stale: bool,
    /// The channels that there were when what waited for others was dropped.
    left_for: Option<Vec<ChannelId>>,
    /// When to ask the store again, while it refuses.
    ask_again_at: Option<Instant>,
}

impl Post {
    async fn run(mut self, stop: CancellationToken) {
        let mut is_last = false;
        loop {
            while self.step().await {}
            if stop.is_cancelled() {
                if !is_last {
                    // What was committed last may not have been seen.
                    is_last = true;
                    self.is_stale = true;
                    continue;
                }
                if self.flights.is_empty() {
                    return;
                }
            }
            let Parts { clock, receivers, .. } = &self.parts;
            let next = self.desk.look_again_at();
            let ask_again_at = self.ask_again_at;
            tokio::select! {
                Some(landed) = self.flights.join_next() => {
                    if let Ok(landed) = landed {
                        self.land(landed);
                    }
                }
                () = receivers.stirred() => self.is_stale = true,
                () = clock.wait_until(next.unwrap_or(Timestamp::MAX)), if next.is_some() => {}
                () = tokio::time::sleep_until(ask_again_at.unwrap_or_else(Instant::now)),
                    if ask_again_at.is_some() => {}
                // The lease is in doubt; that passes, one way or the other.
                () = tokio::time::sleep(RETRY_STORE), if !self.parts.grip.is_sure() => {}
                () = stop.cancelled(), if !is_last => {}
            }
        }
    }

    /// Notes what is to be noted, reads what is new, and sends what is due; gives whether
    /// there was anything to do. A store that refuses keeps nothing from being told that is
    /// on the desk.
    async fn step(&mut self) -> bool {
        // First what is shown, then what is to be told: whatever was seen by a check that is
        // shown is on the desk then.
        let snapshot = self.parts.board.glance();
        self.is_stale |= self.awaits_looks();
        if let Err(error) = self.follow_store().await {
            self.parts.grip.heed(&error);
            if self.ask_again_at.is_none() {
                tracing::warn!("alerts cannot be read or noted for now: {error}");
            }
            self.ask_again_at = Some(Instant::now() + RETRY_STORE);
        }
        let did = self.tell_what_is_due(&snapshot);
        self.parts.receivers.await_checks(self.awaits_looks());
        did
    }

    /// Whether something may wait for a first look at its monitor.
    fn awaits_looks(&self) -> bool {
        let is_early = self.parts.clock.steady_ms() < self.beginning.looks_by_ms;
        is_early && !self.desk.is_empty()
    }

    async fn follow_store(&mut self) -> Result<(), StoreError> {
        if self.ask_again_at.is_some_and(|at| Instant::now() < at) {
            return Ok(());
        }
        while let Some(note) = self.desk.notes.front() {
            note.keep(self.parts.store.as_ref()).await?;
            self.desk.notes.pop_front();
        }
        if self.is_stale {
            self.read_again().await?;
            self.is_stale = false;
        }
        self.ask_again_at = None;
        Ok(())
    }

    /// Puts on the desk what waits. Everything that was noted is kept by then.
    async fn read_again(&mut self) -> Result<(), StoreError> {
        let channels = self.parts.receivers.ids();
        if self.left_for.as_ref() != Some(&channels) {
            self.parts.store.leave_channels(&channels, self.parts.clock.now()).await?;
            self.left_for = Some(channels.clone());
        }
        let mut lines = Vec::new();
        for channel in channels {
            let waiting = self.parts.store.waiting_alerts(&channel, WAITING_MAX).await?;
            if waiting.is_empty() {
                lines.push((channel, waiting, Default::default()));
                continue;
            }
            let told = self.parts.store.told_alerts(&channel).await?;
            lines.push((channel, waiting, told));
        }
        self.desk.lay_out(lines);
        Ok(())
    }

    /// Decides about everything that waits, and sends what is due. Gives whether that has
    /// changed anything.
    fn tell_what_is_due(&mut self, snapshot: &Snapshot) -> bool {
        // While another may have the lease, it may be telling the same.
        if self.desk.is_empty() || !self.parts.grip.is_sure() {
            return false;
        }
        let clock = self.parts.clock.as_ref();
        let beginning = self.beginning.clone();
        let scene = Scene::new(snapshot, &beginning, clock, self.desk.instants());
        let mut did = false;
        for receiver in self.parts.receivers.all().iter() {
            let channel = &receiver.settings.id;
            let is_for = |monitor: &MonitorId| receiver.settings.is_for(monitor);
            while let Some(next) = self.desk.next(channel, is_for, &scene) {
                did = true;
                if let Next::Tell(monitor, id, message) = next {
                    self.send(receiver, monitor, id, *message);
                }
            }
        }
        did
    }

    fn send(&mut self, receiver: &Arc<Receiver>, monitor: Key, id: AlertId, message: Message) {
        let (receiver, grip) = (receiver.clone(), self.parts.grip.clone());
        self.flights.spawn(async move {
            let channel = receiver.settings.id.clone();
            let telling = AssertUnwindSafe(receiver.notifier.tell(&message)).catch_unwind();
            let told = while_sure(&grip, telling).await;
            let receipt = told.map(|told| told.unwrap_or_else(|_| broken_down()));
            Landed { channel, monitor, id, receipt }
        });
    }

    fn land(&mut self, landed: Landed) {
        let clock = &self.parts.clock;
        let (now, steady_ms) = (clock.now(), clock.steady_ms());
        let Landed { channel, monitor, id, receipt } = landed;
        match receipt {
            Some(receipt) => self.desk.land(&channel, monitor, id, receipt, now, steady_ms),
            None => self.desk.turn_back(&channel, monitor),
        }
    }
}

/// What comes of `telling`; `None` once another may have the lease: a message of which a part
/// was sent before this process stood still is not sent on when it wakes.
async fn while_sure<F: Future>(grip: &Grip, telling: F) -> Option<F::Output> {
    let mut telling = std::pin::pin!(telling);
    std::future::poll_fn(|context| match grip.is_sure() {
        true => telling.as_mut().poll(context).map(Some),
        false => Poll::Ready(None),
    })
    .await
}

/// It panicked. That is a defect of ours, and no reason to tell nothing any more.
fn broken_down() -> Receipt {
    tracing::error!("a channel broke down; this is a defect of everup, please report it");
    Receipt::Later("everup's own channel broke down".to_owned(), None)
}

impl Note {
    async fn keep(&self, store: &dyn Store) -> Result<(), StoreError> {
        match self {
            Note::Tried { channel, id, attempts, at } => {
                store.note_attempts(channel, *id, *attempts, *at).await
            }
            Note::Settled { channel, ids, outcome, at } => {
                store.settle_alerts(channel, ids, *outcome, *at).await
            }
        }
    }
}
