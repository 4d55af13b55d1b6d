//! All that works while this daemon watches: begun when it gets the lease, ended in order,
//! or at once when it has lost it. Built by `super::keeper`.

use super::Common;
use crate::config::Config;
use crate::engine::deliver::{self, Deliverer};
use crate::engine::follow::{self, Follower};
use crate::engine::housekeeping::{self, Housekeeping, Tools};
use crate::engine::lease::Grip;
use crate::engine::receivers::{self, Receivers};
use crate::engine::recurring;
use crate::engine::run::{Engine, Parts};
use crate::notify;
use crate::probe;
use crate::supabase::settings::Settings as SourceSettings;
use crate::supabase::table::Table;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long checks under way may take to finish once everup is told to stop: the usual
/// timeout. Service managers kill after 90 s.
const FINISH_WITHIN: Duration = Duration::from_secs(10);

/// How long alerts may take to be told once everup is told to stop. What then waits is told
/// after the next start, or by another daemon.
const TELL_WITHIN: Duration = Duration::from_secs(5);

/// One time of watching.
pub(super) struct Tenure {
    engine: Arc<Engine>,
    receivers: Arc<Receivers>,
    probes: Arc<probe::shared::Shared>,
    deliverer: Deliverer,
    housekeeping: Housekeeping,
    tools: Tools,
    follower: Arc<Follower>,
    /// What runs aside: what an earlier run has left, and the following of a table.
    aside: Vec<JoinHandle<()>>,
    end_aside: CancellationToken,
}

impl Tenure {
    /// Begins to watch what `config` says, by the right of `grip`.
    ///
    /// # Errors
    /// When the store refuses, or the system lacks what probes need; then nothing watches.
    pub(super) async fn begin(
        common: &Common,
        config: Config,
        grip: &Grip,
    ) -> anyhow::Result<Tenure> {
        let Common { clock, board, vitals, report, planning, keep_checks_ms, .. } = common;
        let store = common.store.under(grip.fence);
        let probes = Arc::new(probe::shared::Shared::new()?);
        let receivers = Arc::new(Receivers::default());
        receivers.set(made(config.alerts, &probes)?);
        let engine = Arc::new(
            Engine::start(Parts {
                clock: clock.clone(),
                store: store.clone(),
                board: board.clone(),
                vitals: vitals.clone(),
                receivers: receivers.clone(),
                grip: grip.clone(),
                probes: probes.clone(),
                commit_within: common.commit_within,
            })
            .await?,
        );
        let tools = Tools {
            store: store.clone(),
            board: board.clone(),
            clock: clock.clone(),
            report: report.clone(),
            planning: planning.clone(),
            keep_checks_ms: keep_checks_ms.clone(),
            trust: engine.trust(),
        };
        let follower = Arc::new(Follower::new(follow::Parts {
            clock: clock.clone(),
            store: store.clone(),
            board: board.clone(),
            vitals: vitals.clone(),
            grip: grip.clone(),
        }));
        let begun = async {
            engine.watch(config.monitors).await?;
            follower.follow(table(config.source)?);
            anyhow::Ok(Housekeeping::start(tools.clone()).await?)
        };
        let housekeeping = match begun.await {
            Ok(housekeeping) => housekeeping,
            Err(error) => {
                engine.abandon().await;
                return Err(error);
            }
        };
        let deliverer = Deliverer::start(deliver::Parts {
            store,
            board: board.clone(),
            clock: clock.clone(),
            receivers: receivers.clone(),
            grip: grip.clone(),
        });
        let end_aside = CancellationToken::new();
        let aside = aside(&end_aside, &tools, &follower);
        Ok(Tenure {
            engine,
            receivers,
            probes,
            deliverer,
            housekeeping,
            tools,
            follower,
            aside,
            end_aside,
        })
    }

    /// What looks.
    pub(super) fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Watches by `config` from now on.
    ///
    /// # Errors
    /// When a part cannot be made, or the store refuses; then everything goes on as before.
    pub(super) async fn change(&self, config: Config) -> anyhow::Result<()> {
        let (table, made) = (table(config.source)?, made(config.alerts, &self.probes)?);
        self.engine.watch(config.monitors).await?;
        // From here on nothing fails.
        self.follower.follow(table);
        self.receivers.set(made);
        Ok(())
    }

    /// Announces what recurs, where the rules for it may have changed.
    pub(super) async fn keep_up(&self) {
        recurring::keep_up(&self.tools).await;
    }

    /// Ends in order: no new checks, finish those under way, commit what they saw, tell what
    /// is to be told of it. Gives whether everything that was seen is kept.
    pub(super) async fn stop(mut self) -> bool {
        self.end_aside().await;
        self.housekeeping.stop().await;
        let kept = self.engine.stop(FINISH_WITHIN).await;
        self.deliverer.stop(TELL_WITHIN).await;
        kept
    }

    /// Ends at once, because another daemon watches now.
    pub(super) async fn abandon(mut self) {
        self.engine.abandon().await;
        self.end_aside().await;
        self.deliverer.abandon().await;
        self.housekeeping.stop().await;
    }

    async fn end_aside(&mut self) {
        self.end_aside.cancel();
        for aside in self.aside.drain(..) {
            if let Err(error) = aside.await {
                tracing::error!("something aside did not end well: {error}");
            }
        }
    }
}

fn aside(
    end: &CancellationToken,
    tools: &Tools,
    follower: &Arc<Follower>,
) -> Vec<JoinHandle<()>> {
    let (catching_up, following) = (tools.clone(), follower.clone());
    let (end_catching_up, end_following) = (end.clone(), end.clone());
    let catch_up = async move {
        end_catching_up
            .run_until_cancelled(housekeeping::catch_up(&catching_up))
            .await;
    };
    let follow = async move {
        end_following.run_until_cancelled(following.run()).await;
    };
    vec![tokio::spawn(catch_up), tokio::spawn(follow)]
}

/// The table that is followed, if one is.
fn table(settings: Option<SourceSettings>) -> anyhow::Result<Option<Table>> {
    settings.map(Table::new).transpose().map_err(|wrong| anyhow::anyhow!(wrong))
}

/// The channels by which alerts are told.
fn made(
    channels: Vec<notify::Settings>,
    probes: &probe::shared::Shared,
) -> anyhow::Result<Vec<receivers::Receiver>> {
    receivers::made(channels, probes.tls()).map_err(anyhow::Error::msg)
}
