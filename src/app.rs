//! The whole program, put together: build, run, change, drain. With its parts the only
//! place that names every concrete type.
//!
//! What answers visitors runs from the start to the end; what watches (`tenure`), while this
//! daemon has the lease (`keeper`). Shutdown goes in this order: no new checks, finish those
//! under way, commit what they saw, tell what is to be told of it, give up the lease, stop
//! answering, let the visitors of the balancers go, let go of the database.

mod keeper;
pub mod listeners;
mod tenure;

use crate::balance::fleet::{self, Fleet};
use crate::board::Board;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::token::{Scope, TokenName};
use crate::engine::lease::Contender;
use crate::engine::requests::{self, Clerk};
use crate::engine::run::Engine;
use crate::planning::Settings as PlanningSettings;
use crate::probe::tls::{Roots, client_config};
use crate::report::settings::Settings as ReportSettings;
use crate::store::contract::Store;
use crate::store::secret::Secret;
use crate::store::sqlite::Sqlite;
use crate::store::token::NewToken;
use crate::vitals::{Role, Vitals};
use crate::web;
use anyhow::Context;
use arc_swap::{ArcSwap, ArcSwapOption};
use keeper::Keeper;
use listeners::Listeners;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tenure::Tenure;
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What the token is called that everup makes by itself.
pub const FIRST_TOKEN: &str = "first";

/// A running everup.
pub struct App {
    address: SocketAddr,
    common: Arc<Common>,
    keeper: JoinHandle<bool>,
    keep_no_more: CancellationToken,
    server: JoinHandle<()>,
    serving: CancellationToken,
    fleet: Arc<Fleet>,
    clerk: Clerk,
}

/// What those who watch and those who answer share.
struct Common {
    clock: Arc<dyn Clock>,
    /// As users write to it: under no fence.
    store: Arc<dyn Store>,
    board: Arc<Board>,
    vitals: Arc<Vitals>,
    report: Arc<ArcSwap<ReportSettings>>,
    planning: Arc<ArcSwap<PlanningSettings>>,
    keep_checks_ms: Arc<AtomicI64>,
    commit_within: Duration,
    /// By which is watched, now or once this daemon has the lease.
    config: ArcSwap<Config>,
    /// While this daemon watches. Held while that begins or changes.
    tenure: Mutex<Option<Tenure>>,
    engine: ArcSwapOption<Engine>,
}

/// What tests replace.
pub struct Ground {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How long a check that changed nothing may wait before it is committed.
    pub commit_within: Duration,
}

impl App {
    /// Opens the store, answers on `listeners`, and watches what `config` says, or stands by
    /// where another daemon over the same store watches. Pages are up before the first check
    /// ends.
    ///
    /// # Errors
    /// When the store cannot be opened, the system lacks what probes need, or a balancer
    /// cannot listen.
    pub async fn start(
        config: Config,
        listeners: impl Into<Listeners>,
        ground: Ground,
    ) -> anyhow::Result<App> {
        let Ground { clock, commit_within } = ground;
        let Listeners { pages, balancers } = listeners.into();
        let address = pages.local_addr().context("the listening address is unknown")?;
        let path = config.store.path.clone();
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(&path).await?);
        let common = Arc::new(Common {
            clock: clock.clone(),
            store: store.clone(),
            board: Arc::default(),
            vitals: Arc::default(),
            report: Arc::new(ArcSwap::from_pointee(config.report.clone())),
            planning: Arc::new(ArcSwap::from_pointee(config.planning.clone())),
            keep_checks_ms: Arc::new(AtomicI64::new(config.store.keep_checks_ms)),
            commit_within,
            config: ArcSwap::from_pointee(config),
            tenure: Mutex::default(),
            engine: ArcSwapOption::empty(),
        });
        // Before the lease is taken: what cannot listen must not keep another from watching.
        let (trust, _) = client_config(&Roots::Platform)?;
        let fleet = Arc::new(Fleet::new(false, trust).with_sockets(balancers));
        let balancers = common.config.load().balancers.clone();
        requests::take_out(&*store, &fleet, &balancers, clock.now()).await?;
        fleet.start(balancers).await?;
        let name = format!("process {}, which answers on {address}", std::process::id());
        let contender = Contender::new(store.clone(), path, name);
        let keep_no_more = CancellationToken::new();
        let keeper = Keeper { common: common.clone(), contender, stop: keep_no_more.clone() };
        let (tell, told) = oneshot::channel();
        let keeper = tokio::spawn(keeper.run(tell));
        told.await.context("what watches has ended")??;
        let clerk = Clerk::start(requests::Parts {
            store: store.clone(),
            clock: clock.clone(),
            fleet: fleet.clone(),
        });
        let serving = CancellationToken::new();
        let router = web::router(web::App {
            board: common.board.clone(),
            store,
            clock,
            vitals: common.vitals.clone(),
            report: common.report.clone(),
            planning: common.planning.clone(),
            fleet: fleet.clone(),
        });
        let server = tokio::spawn(web::serve(pages, router, serving.clone()));
        Ok(App { address, common, keeper, keep_no_more, server, serving, fleet, clerk })
    }

    /// Where it answers.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The engine, for those that must know when it is idle; `None` while another daemon
    /// watches.
    #[must_use]
    pub fn engine(&self) -> Option<Arc<Engine>> {
        self.common.engine.load_full()
    }

    /// The balancers, for those that must know where one takes visitors.
    #[must_use]
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Says in a few words what this daemon does, whenever it is asked.
    pub fn headline(&self) -> impl Fn() -> String + Send + use<> {
        let common = self.common.clone();
        move || {
            let reading = common.vitals.read(common.clock.now());
            let doing = match (reading.role, common.config.load().monitors.len()) {
                (Role::Standby, _) => "standing by, another everup watches".to_owned(),
                (Role::Active, 1) => "watching 1 monitor".to_owned(),
                (Role::Active, count) => format!("watching {count} monitors"),
            };
            match reading.store_refuses {
                Some(_) => doing + "; the database refuses checks, which wait in memory",
                None => doing,
            }
        }
    }

    /// Says what of this daemon has not come round in its time, and for how long, whenever it
    /// is asked.
    pub fn stuck(&self) -> impl Fn() -> Option<(&'static str, Duration)> + Send + use<> {
        let (common, fleet) = (self.common.clone(), self.fleet.clone());
        move || common.vitals.rounds().stuck().or_else(|| fleet.stuck())
    }

    /// Makes the first token, for an administrator, where there never was one; `None`
    /// otherwise. Its secret is to be shown at once: nobody can ever know it again.
    ///
    /// # Errors
    /// When the store refuses, or the system has no random source.
    pub async fn first_token(&self) -> anyhow::Result<Option<Secret>> {
        let secret = Secret::draw().map_err(anyhow::Error::msg)?;
        let new = NewToken {
            name: TokenName::new(FIRST_TOKEN).map_err(anyhow::Error::msg)?,
            scope: Scope::Admin,
            fingerprint: secret.fingerprint(),
            made_at: self.common.clock.now(),
        };
        Ok(self.common.store.make_first_token(&new).await?.then_some(secret))
    }

    /// Watches and reports by `config` from now on; where another daemon watches, it reports
    /// by it at once, and watches by it once it takes over. Where to listen and where to keep
    /// stay as they are.
    ///
    /// # Errors
    /// When a part cannot be made, or the store refuses; then everything goes on as before.
    pub async fn change(&self, config: Config) -> anyhow::Result<()> {
        let common = &self.common;
        let tenure = common.tenure.lock().await;
        if let Some(tenure) = &*tenure {
            tenure.change(config.clone()).await?;
        }
        common.report.store(Arc::new(config.report.clone()));
        common.planning.store(Arc::new(config.planning.clone()));
        common.keep_checks_ms.store(config.store.keep_checks_ms, Ordering::Relaxed);
        let balancers = config.balancers.clone();
        common.config.store(Arc::new(config));
        if let Some(tenure) = &*tenure {
            tenure.keep_up().await;
        }
        drop(tenure);
        let now = common.clock.now();
        requests::change(&*common.store, &self.fleet, balancers, now).await;
        Ok(())
    }

    /// Waits until the server ends by itself, or what watches, which they only do by a defect.
    pub async fn ended(&mut self) {
        let (what, ended) = tokio::select! {
            ended = &mut self.server => ("the server", ended),
            ended = &mut self.keeper => ("what watches", ended.map(drop)),
        };
        tracing::error!("{what} has ended: {ended:?}");
    }

    /// Stops in order. Gives whether everything that was seen is kept.
    pub async fn stop(self) -> bool {
        self.keep_no_more.cancel();
        let kept = !self.keeper.is_finished()
            && self.keeper.await.unwrap_or_else(|error| {
                tracing::error!("what watches did not end well: {error}");
                false
            });
        self.serving.cancel();
        if !self.server.is_finished()
            && let Err(error) = self.server.await
        {
            tracing::error!("the server did not end well: {error}");
        }
        self.fleet.stop(fleet::FINISH_WITHIN).await;
        self.clerk.stop().await;
        self.common.store.close().await;
        kept
    }
}
