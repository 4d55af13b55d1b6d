//! The whole program, put together: build, run, change, drain. The only file that
//! names every concrete type.
//!
//! Shutdown goes in this order: no new checks, finish those under way, commit what
//! they saw, tell what is to be told of it, stop answering, let go of the database.

use crate::board::Board;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::token::{Scope, TokenName};
use crate::engine::deliver::{self, Deliverer};
use crate::engine::follow::{self, Follower};
use crate::engine::housekeeping::{self, Housekeeping, Tools};
use crate::engine::receivers::{self, Receivers};
use crate::engine::recurring;
use crate::engine::run::{Engine, Parts};
use crate::notify;
use crate::probe;
use crate::store::contract::Store;
use crate::store::secret::Secret;
use crate::store::sqlite::Sqlite;
use crate::store::token::NewToken;
use crate::supabase::settings::Settings as SourceSettings;
use crate::supabase::table::Table;
use crate::vitals::Vitals;
use crate::web;
use anyhow::Context;
use arc_swap::ArcSwap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long checks under way may take to finish once everup is told to stop: the usual
/// timeout. Service managers kill after 90 s.
const FINISH_WITHIN: Duration = Duration::from_secs(10);

/// How long alerts may take to be told once everup is told to stop. What then waits is told
/// after the next start.
const TELL_WITHIN: Duration = Duration::from_secs(5);

/// What the token is called that everup makes by itself.
pub const FIRST_TOKEN: &str = "first";

/// A running everup.
pub struct App {
    address: SocketAddr,
    engine: Engine,
    deliverer: Deliverer,
    receivers: Arc<Receivers>,
    probes: Arc<probe::shared::Shared>,
    housekeeping: Housekeeping,
    tools: Tools,
    follower: Arc<Follower>,
    following: JoinHandle<()>,
    follow_no_more: CancellationToken,
    server: JoinHandle<()>,
    serving: CancellationToken,
}

/// What tests replace.
pub struct Ground {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How long a check that changed nothing may wait before it is committed.
    pub commit_within: Duration,
}

impl App {
    /// Opens the store, answers on `listener`, and watches what `config` says. Pages
    /// are up before the first check begins.
    ///
    /// # Errors
    /// When the store cannot be opened or the system lacks what probes need.
    pub async fn start(
        config: Config,
        listener: TcpListener,
        ground: Ground,
    ) -> anyhow::Result<App> {
        let Ground { clock, commit_within } = ground;
        let address = listener.local_addr().context("the listening address is unknown")?;
        let path = &config.store.path;
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(path).await?);
        let (board, vitals) = (Arc::new(Board::default()), Arc::new(Vitals::default()));
        let report = Arc::new(ArcSwap::from_pointee(config.report));
        let planning = Arc::new(ArcSwap::from_pointee(config.planning));
        let probes = Arc::new(probe::shared::Shared::new()?);
        let receivers = Arc::new(Receivers::default());
        receivers.set(made(config.alerts, &probes)?);
        let engine = Engine::start(Parts {
            clock: clock.clone(),
            store: store.clone(),
            board: board.clone(),
            vitals: vitals.clone(),
            receivers: receivers.clone(),
            probes: probes.clone(),
            commit_within,
        })
        .await?;
        engine.watch(config.monitors).await?;
        let follower = Arc::new(Follower::new(follow::Parts {
            clock: clock.clone(),
            store: store.clone(),
            board: board.clone(),
            vitals: vitals.clone(),
        }));
        follower.follow(table(config.source)?);
        let deliverer = Deliverer::start(deliver::Parts {
            store: store.clone(),
            board: board.clone(),
            clock: clock.clone(),
            receivers: receivers.clone(),
        });
        let serving = CancellationToken::new();
        let router = web::router(web::App {
            board: board.clone(),
            store: store.clone(),
            clock: clock.clone(),
            vitals,
            report: report.clone(),
            planning: planning.clone(),
        });
        let server = tokio::spawn(web::serve(listener, router, serving.clone()));
        let keep_checks_ms = Arc::new(AtomicI64::new(config.store.keep_checks_ms));
        let trust = engine.trust();
        let tools = Tools { store, board, clock, report, planning, keep_checks_ms, trust };
        let housekeeping = Housekeeping::start(tools.clone()).await?;
        let catching_up = tools.clone();
        tokio::spawn(async move { housekeeping::catch_up(&catching_up).await });
        let follow_no_more = CancellationToken::new();
        let stop = follow_no_more.clone();
        let loops = follower.clone();
        let following = tokio::spawn(async move {
            stop.run_until_cancelled(loops.run()).await;
        });
        Ok(App {
            address,
            engine,
            housekeeping,
            tools,
            follower,
            following,
            follow_no_more,
            deliverer,
            receivers,
            probes,
            server,
            serving,
        })
    }

    /// Where it answers.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The engine, for those that must know when it is idle.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
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
            made_at: self.tools.clock.now(),
        };
        Ok(self.tools.store.make_first_token(&new).await?.then_some(secret))
    }

    /// Watches and reports by `config` from now on. Where to listen and where to keep
    /// stay as they are.
    ///
    /// # Errors
    /// When a part cannot be made, or the store refuses; then everything goes on as before.
    pub async fn change(&self, config: Config) -> anyhow::Result<()> {
        let (table, made) = (table(config.source)?, made(config.alerts, &self.probes)?);
        self.engine.watch(config.monitors).await?;
        // From here on nothing fails.
        self.follower.follow(table);
        self.receivers.set(made);
        self.tools.report.store(Arc::new(config.report));
        self.tools.planning.store(Arc::new(config.planning));
        self.tools
            .keep_checks_ms
            .store(config.store.keep_checks_ms, Ordering::Relaxed);
        recurring::keep_up(&self.tools).await;
        Ok(())
    }

    /// Waits until the server ends by itself, which it only does by a defect.
    pub async fn server_ended(&mut self) {
        let ended = (&mut self.server).await;
        tracing::error!("the server has ended: {ended:?}");
    }

    /// Stops in order. Gives whether everything that was seen is kept.
    pub async fn stop(self) -> bool {
        self.follow_no_more.cancel();
        if let Err(error) = self.following.await {
            tracing::error!("following did not end well: {error}");
        }
        self.housekeeping.stop().await;
        let kept = self.engine.stop(FINISH_WITHIN).await;
        self.deliverer.stop(TELL_WITHIN).await;
        self.serving.cancel();
        if !self.server.is_finished()
            && let Err(error) = self.server.await
        {
            tracing::error!("the server did not end well: {error}");
        }
        self.tools.store.close().await;
        kept
    }
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
