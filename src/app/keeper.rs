//! Stands by until this daemon has the lease, watches while it has it, and stands by again.
//!
//! One task, started and stopped by `super::App`.

use super::Common;
use super::tenure::Tenure;
use crate::domain::lease::LOOK_EVERY_MS;
use crate::engine::lease::{Contender, Grip};
use crate::engine::spectator::Spectator;
use crate::store::contract::StoreError;
use crate::vitals::Role;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Told once, when the pages have something to show: by then it watches, or stands by.
pub(super) type Started = oneshot::Sender<anyhow::Result<()>>;

pub(super) struct Keeper {
    pub(super) common: Arc<Common>,
    pub(super) contender: Contender,
    pub(super) stop: CancellationToken,
}

impl Keeper {
    /// Runs until it is told to stop. Gives whether everything that was seen is kept.
    pub(super) async fn run(mut self, started: Started) -> bool {
        let mut started = Some(started);
        loop {
            let grip = match self.stand_by(&mut started).await {
                Ok(Some(grip)) => grip,
                Ok(None) => return true,
                Err(error) => {
                    tell(&mut started, Err(error.into()));
                    return true;
                }
            };
            let ended = self.hold(&grip, &mut started).await;
            self.contender.give_up(&grip).await;
            match ended {
                Ended::InOrder { kept } => return kept,
                Ended::Lost => {
                    tracing::warn!("another everup watches now; this one stands by");
                }
                Ended::NotBegun(error) => {
                    if started.is_some() {
                        tell(&mut started, Err(error));
                        return true;
                    }
                    tracing::error!("this everup cannot watch, and tries again: {error:#}");
                    // Whoever else stands by has its turn first.
                    tokio::time::sleep(2 * LOOK_EVERY).await;
                }
            }
        }
    }

    /// Shows what another watches, until that is ours to do; `None` where it is told to stop
    /// before. An error only of the very first look.
    async fn stand_by(
        &mut self,
        started: &mut Option<Started>,
    ) -> Result<Option<Grip>, StoreError> {
        let Common { board, clock, vitals, .. } = &*self.common;
        let mut spectator: Option<Spectator> = None;
        let mut is_told = false;
        let round = vitals.rounds().enter("standing by", LOOKS_WITHIN);
        loop {
            round.turn();
            let looked = match self.contender.look().await {
                Ok(Some(grip)) => return Ok(Some(grip)),
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            vitals.note(|reading| reading.role = Role::Standby);
            let (now, steady_ms) = (clock.now(), clock.steady_ms());
            let followed = match &mut spectator {
                Some(spectator) => spectator.follow(now, steady_ms).await,
                None => {
                    let (store, board) = (self.common.store.clone(), board.clone());
                    let begun = Spectator::new(store, board, now, steady_ms).await;
                    begun.map(|begun| spectator = Some(begun))
                }
            };
            match looked.and(followed) {
                Ok(()) => {
                    is_told = false;
                    if tell(started, Ok(())) {
                        tracing::info!("another everup watches; this one stands by");
                    }
                }
                Err(error) if started.is_some() => return Err(error),
                Err(_) if is_told => {}
                Err(error) => {
                    is_told = true;
                    tracing::warn!("what another everup watches is not followed: {error}");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = board.asked() => {}
                () = self.stop.cancelled() => return Ok(None),
            }
        }
    }

    /// Watches while the lease is renewed.
    async fn hold(&mut self, grip: &Grip, started: &mut Option<Started>) -> Ended {
        let ended = CancellationToken::new();
        let renewing = ended.run_until_cancelled(self.contender.keep(grip));
        let watching = async {
            let how = watch(&self.common, grip, &self.stop, started).await;
            ended.cancel();
            how
        };
        tokio::join!(renewing, watching).1
    }
}

const LOOK_EVERY: Duration = Duration::from_millis(LOOK_EVERY_MS.unsigned_abs());

/// Who stands by reads, or learns that it cannot, within seconds; the longest is to read all
/// that is kept. What takes so long takes for ever.
const LOOKS_WITHIN: Duration = Duration::from_secs(300);

/// How a time of watching ended.
enum Ended {
    InOrder { kept: bool },
    Lost,
    NotBegun(anyhow::Error),
}

async fn watch(
    common: &Common,
    grip: &Grip,
    stop: &CancellationToken,
    started: &mut Option<Started>,
) -> Ended {
    {
        let mut tenure = common.tenure.lock().await;
        let config = common.config.load();
        match Tenure::begin(common, (**config).clone(), grip).await {
            Ok(begun) => {
                common.engine.store(Some(begun.engine().clone()));
                *tenure = Some(begun);
            }
            Err(error) => return Ended::NotBegun(error),
        }
    }
    common.vitals.note(|reading| reading.role = Role::Active);
    if !tell(started, Ok(())) {
        tracing::warn!("this everup watches now");
    }
    let is_lost = tokio::select! {
        () = grip.lost() => true,
        () = stop.cancelled() => false,
    };
    common.engine.store(None);
    let Some(tenure) = common.tenure.lock().await.take() else { return Ended::Lost };
    if is_lost {
        tenure.abandon().await;
        return Ended::Lost;
    }
    Ended::InOrder { kept: tenure.stop().await }
}

/// Tells how the start went, if that is not told yet; gives whether it was told now.
fn tell(started: &mut Option<Started>, how: anyhow::Result<()>) -> bool {
    // Whoever does not wait any more has no use for it.
    started.take().map(|started| started.send(how)).is_some()
}
