//! Every balancer of a configuration: those that run in this process, and those that another
//! one runs. Changed while they run, without touching those that stay as they are.
//!
//! `app` and the command `balance` start and change it; `engine` and `web` read it.

use super::balancer::Balancer;
use super::pool::Pool;
use super::settings::Settings;
use super::tls::Certificate;
use crate::domain::monitor::MonitorId;
use arc_swap::ArcSwap;
use rustls::ClientConfig;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio_util::task::TaskTracker;

/// How long requests under way may take once their balancer is told to stop, or is replaced.
/// Service managers kill after 90 s.
pub const FINISH_WITHIN: Duration = Duration::from_secs(30);

/// A balancer as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it is to do.
    pub settings: Settings,
    /// Whether `everup balance` runs it, and not the daemon.
    pub apart: bool,
}

/// A balancer as it is.
#[derive(Clone)]
pub struct Member {
    /// What was configured.
    pub wanted: Arc<Wanted>,
    /// Its backends; `None` where it does not run here.
    pub pool: Option<Arc<Pool>>,
}

/// The balancers.
pub struct Fleet {
    /// Whether those are run here that run apart, and not the others.
    apart: bool,
    trust: ClientConfig,
    members: ArcSwap<Vec<Member>>,
    running: Mutex<BTreeMap<MonitorId, Balancer>>,
    /// Those whose counts nobody has taken up yet, however short they ran.
    begun: std::sync::Mutex<Vec<(MonitorId, Arc<Pool>)>>,
    /// Those that answer what was under way when they were replaced.
    leaving: TaskTracker,
    /// Which backends get no requests, by their balancers; for those that begin.
    out: std::sync::Mutex<BTreeMap<MonitorId, BTreeSet<MonitorId>>>,
    /// What is listened on here, so that a balancer that is changed, renamed or moved takes
    /// over the socket of the one before, and no visitor is refused meanwhile.
    held: std::sync::Mutex<BTreeMap<SocketAddr, std::net::TcpListener>>,
    /// Sockets that listen already, for the balancers of these ids.
    passed: BTreeMap<MonitorId, std::net::TcpListener>,
}

impl Fleet {
    /// No balancer yet. `apart` says which are run here; `trust` whom they trust that speak
    /// TLS.
    #[must_use]
    pub fn new(apart: bool, trust: ClientConfig) -> Fleet {
        Fleet {
            apart,
            trust,
            members: ArcSwap::default(),
            running: Mutex::default(),
            begun: std::sync::Mutex::default(),
            leaving: TaskTracker::new(),
            out: std::sync::Mutex::default(),
            held: std::sync::Mutex::default(),
            passed: BTreeMap::new(),
        }
    }

    /// The same with sockets that listen already, which the service manager has made and
    /// holds: the balancers of these ids take visitors there and open none of their own.
    #[must_use]
    pub fn with_sockets(self, passed: BTreeMap<MonitorId, std::net::TcpListener>) -> Fleet {
        Fleet { passed, ..self }
    }

    /// Starts those that run here; if one cannot, none does.
    ///
    /// # Errors
    /// Which cannot start, and why.
    pub async fn start(&self, wanted: Vec<Wanted>) -> io::Result<()> {
        let mut running = self.running.lock().await;
        for one in wanted.iter().filter(|one| one.apart == self.apart) {
            match self.begin(&one.settings).await {
                Ok(balancer) => drop(running.insert(one.settings.id.clone(), balancer)),
                Err(error) => {
                    for (_, begun) in std::mem::take(&mut *running) {
                        begun.stop(Duration::ZERO).await;
                    }
                    self.held().clear();
                    return Err(error);
                }
            }
        }
        self.show(wanted, &running);
        Ok(())
    }

    /// Makes these the balancers. Those that stay as they are go on undisturbed; one that
    /// cannot be had as it is wanted now is logged, and stays as it was if it can.
    pub async fn change(&self, wanted: Vec<Wanted>) {
        let mut running = self.running.lock().await;
        let is_here = |id: &MonitorId| {
            wanted.iter().any(|one| one.apart == self.apart && one.settings.id == *id)
        };
        let gone: Vec<MonitorId> = running.keys().filter(|id| !is_here(id)).cloned().collect();
        for id in gone {
            if let Some(balancer) = running.remove(&id) {
                tracing::info!("{}: takes no requests any more", balancer.settings.name);
                self.leave(balancer);
            }
        }
        for one in wanted.iter().filter(|one| one.apart == self.apart) {
            let settings = &one.settings;
            let before = running.get(&settings.id);
            if before.is_some_and(|before| *before.settings == *settings) {
                continue;
            }
            if let Err(error) = self.replace(&mut running, settings).await {
                tracing::error!("{}: the change is not in force: {error}", settings.name);
            }
        }
        let is_used =
            |listen: &SocketAddr| running.values().any(|of| of.settings.listen == *listen);
        self.held().retain(|listen, _| is_used(listen));
        self.show(wanted, &running);
    }

    /// Every balancer, in the order of the configuration.
    #[must_use]
    pub fn members(&self) -> Arc<Vec<Member>> {
        self.members.load_full()
    }

    /// What of those that run here has not come round in its time, and for how long.
    #[must_use]
    pub fn stuck(&self) -> Option<(&'static str, Duration)> {
        // Held only while balancers begin and end.
        let running = self.running.try_lock().ok()?;
        running.values().find_map(|balancer| balancer.rounds.stuck())
    }

    /// The balancers that have begun since this was last asked, by id, with what they count.
    pub fn take_begun(&self) -> Vec<(MonitorId, Arc<Pool>)> {
        // Nothing panics while it is held.
        std::mem::take(&mut *self.begun.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where a balancer that runs here takes visitors.
    pub async fn address(&self, id: &MonitorId) -> Option<SocketAddr> {
        self.running.lock().await.get(id).map(Balancer::address)
    }

    /// Takes no more visitors anywhere, lets requests under way be answered for so long, and
    /// ends all that run here.
    pub async fn stop(&self, within: Duration) {
        let running = std::mem::take(&mut *self.running.lock().await);
        self.held().clear();
        for (_, balancer) in running {
            self.leaving.spawn(balancer.stop(within));
        }
        self.leaving.close();
        self.leaving.wait().await;
    }

    async fn replace(
        &self,
        running: &mut BTreeMap<MonitorId, Balancer>,
        settings: &Settings,
    ) -> io::Result<()> {
        // Asked before anything is let go of.
        if let Some(files) = settings.tls.clone() {
            Certificate::load(files).map_err(io::Error::other)?;
        }
        if let Some(passed) = self.passed.get(&settings.id) {
            check_passed(passed, settings)?;
        }
        let balancer = self.begin(settings).await?;
        tracing::info!("{}: takes requests at {}", settings.name, balancer.address());
        if let Some(before) = running.insert(settings.id.clone(), balancer) {
            self.leave(before);
        }
        Ok(())
    }

    async fn begin(&self, settings: &Settings) -> io::Result<Balancer> {
        let name = &settings.name;
        let listener = match self.passed.get(&settings.id) {
            Some(passed) => {
                check_passed(passed, settings)?;
                TcpListener::from_std(passed.try_clone()?)?
            }
            None => self.listen(settings).await?,
        };
        let out = self.out().get(&settings.id).cloned().unwrap_or_default();
        let begun = Balancer::start(settings.clone(), listener, self.trust.clone(), &out);
        let balancer = begun.map_err(|error| {
            io::Error::new(error.kind(), format!("the balancer {name} cannot start: {error}"))
        })?;
        let entry = (settings.id.clone(), Arc::clone(&balancer.pool));
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        Ok(balancer)
    }

    /// Makes these the backends that get no requests, by their balancers, where one begins from
    /// now on; of one that runs, its pool has that.
    pub fn take_out(&self, out: BTreeMap<MonitorId, BTreeSet<MonitorId>>) {
        *self.out() = out;
    }

    /// The socket of a balancer: that which is here already, or a new one.
    async fn listen(&self, settings: &Settings) -> io::Result<TcpListener> {
        let Settings { listen, name, .. } = settings;
        if let Some(held) = self.held().get(listen) {
            return TcpListener::from_std(held.try_clone()?);
        }
        let bound = TcpListener::bind(listen).await.map_err(|error| {
            let holder = self.held().keys().find(|held| held.port() == listen.port()).copied();
            let what = match holder {
                Some(held) => format!(
                    "this everup itself listens on {held}; write another port, or restart it"
                ),
                None => {
                    "stop what does, or write another address as its listen; where another \
                         everup over the same file takes its visitors, write apart = true"
                        .to_owned()
                }
            };
            let message =
                format!("the balancer {name} cannot listen on {listen}: {error}; {what}");
            io::Error::new(error.kind(), message)
        })?;
        let bound = bound.into_std()?;
        // Of port 0 each is another.
        if listen.port() != 0 {
            self.held().insert(*listen, bound.try_clone()?);
        }
        TcpListener::from_std(bound)
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<SocketAddr, std::net::TcpListener>> {
        // Nothing panics while it is held.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn out(&self) -> MutexGuard<'_, BTreeMap<MonitorId, BTreeSet<MonitorId>>> {
        // Nothing panics while it is held.
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets what is under way be answered, beside whatever goes on.
    fn leave(&self, balancer: Balancer) {
        self.leaving.spawn(balancer.stop(FINISH_WITHIN));
    }

    fn show(&self, wanted: Vec<Wanted>, running: &BTreeMap<MonitorId, Balancer>) {
        let member = |wanted: Wanted| {
            let here = running.get(&wanted.settings.id).filter(|_| wanted.apart == self.apart);
            let pool = here.map(|balancer| Arc::clone(&balancer.pool));
            Member { wanted: Arc::new(wanted), pool }
        };
        self.members.store(Arc::new(wanted.into_iter().map(member).collect()));
    }
}

/// Pages, metrics and the check for circles go by what the configuration says.
fn check_passed(passed: &std::net::TcpListener, settings: &Settings) -> io::Result<()> {
    let Settings { listen, name, .. } = settings;
    let address = passed.local_addr()?;
    if address == *listen {
        return Ok(());
    }
    let message = format!(
        "the socket that was passed for the balancer {name} listens on {address}, and its \
         listen says {listen}; write the same in both"
    );
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}
