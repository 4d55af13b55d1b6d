//! A balancer that runs: started with its settings, stopped in order.

use super::connection::Connector;
use super::crew::{Crew, THREADS_MAX};
use super::health;
use super::lane::Lane;
use super::pool::Pool;
use super::serve::{self, Arrival};
use super::settings::Settings;
use super::tls::Certificate;
use crate::domain::monitor::MonitorId;
use crate::vitals::rounds::Rounds;
use rustix::process::{Resource, getrlimit};
use rustls::ClientConfig;
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// As many visitors as most services never see at once; idle ones take some kilobytes each.
const VISITORS_MAX: usize = 32_768;

/// Of the descriptors that this process may have, visitors get so many hundredths. A request
/// under way takes another to its backend; most visitors wait for their next one.
const DESCRIPTORS_PERCENT: u64 = 60;

/// After a failure to accept that is ours (no descriptors left), this passes before the next
/// try.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How often it is told that this goes on.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// A balancer at work.
pub struct Balancer {
    /// What it was told to do.
    pub settings: Arc<Settings>,
    /// Its backends.
    pub pool: Arc<Pool>,
    /// Its threads, which must come round.
    pub rounds: Rounds,
    address: SocketAddr,
    stop: CancellationToken,
    cut: CancellationToken,
    accepting: JoinHandle<Crew>,
    asking: TaskTracker,
}

impl Balancer {
    /// Takes visitors on `listener`, on one thread of its own for each processor; trusts
    /// backends that speak TLS as `trust` says. Those in `out` get no requests from the first
    /// one on, until they are let back.
    ///
    /// # Errors
    /// When the system gives no threads, does not know the listener, or the certificate
    /// cannot be used.
    pub fn start(
        settings: Settings,
        listener: TcpListener,
        trust: ClientConfig,
        out: &BTreeSet<MonitorId>,
    ) -> io::Result<Balancer> {
        let address = listener.local_addr()?;
        let certificate = settings.tls.clone().map(Certificate::load).transpose();
        let certificate = certificate.map_err(io::Error::other)?.map(Arc::new);
        let settings = Arc::new(settings);
        let pool = Arc::new(Pool::of(&settings));
        for backend in out {
            pool.drain(backend, true);
        }
        let connector = Connector::new(trust, settings.timeouts.connect);
        let (stop, cut) = (CancellationToken::new(), CancellationToken::new());
        let threads = std::thread::available_parallelism();
        let threads = threads.map_or(1, |threads| threads.get().min(THREADS_MAX));
        let lane =
            || Arc::new(Lane::of(Arc::clone(&settings), Arc::clone(&pool), connector.clone()));
        let lanes = std::iter::repeat_with(lane).take(threads).collect();
        let rounds = Rounds::default();
        let crew = Crew::start(lanes, &rounds, &stop, &cut)?;
        let asking = TaskTracker::new();
        for place in 0..pool.backends.len() {
            asking.spawn(health::keep_asking(
                Arc::clone(&pool),
                place,
                settings.health.clone(),
                connector.clone(),
                stop.clone(),
            ));
        }
        if let Some(certificate) = certificate.clone() {
            let stop = stop.clone();
            asking.spawn(async move {
                stop.run_until_cancelled(certificate.keep_up()).await;
            });
        }
        let accepting = tokio::spawn(accept(listener, certificate, crew, stop.clone()));
        Ok(Balancer { settings, pool, rounds, address, stop, cut, accepting, asking })
    }

    /// Where it takes visitors.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more visitors, lets requests under way be answered for so long, and ends.
    pub async fn stop(self, within: Duration) {
        self.stop.cancel();
        self.asking.close();
        self.asking.wait().await;
        let Ok(crew) = self.accepting.await else { return };
        let mut joined = std::pin::pin!(crew.join());
        if tokio::time::timeout(within, joined.as_mut()).await.is_err() {
            tracing::warn!("{}: cut off what was not answered in time", self.pool.name);
            self.cut.cancel();
            joined.await;
        }
    }
}

fn visitors_max() -> usize {
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let share = u128::from(descriptors) * u128::from(DESCRIPTORS_PERCENT) / 100;
    let share = usize::try_from(share).unwrap_or(usize::MAX);
    share.clamp(64, VISITORS_MAX)
}

async fn accept(
    listener: TcpListener,
    certificate: Option<Arc<Certificate>>,
    crew: Crew,
    stop: CancellationToken,
) -> Crew {
    let places = Arc::new(Semaphore::new(visitors_max()));
    let mut told = None;
    loop {
        let next = async {
            let permit = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
            let (stream, peer) = listener.accept().await?;
            stream.set_nodelay(true)?;
            Ok::<_, io::Error>((stream.into_std()?, peer, permit))
        };
        let next = tokio::select! {
            () = stop.cancelled() => return crew,
            next = next => next,
        };
        match next {
            Ok((stream, peer, permit)) => {
                let tls = certificate.as_ref().map(|certificate| certificate.acceptor());
                crew.welcome(|seat| Arrival { stream, peer, tls, seat, permit });
            }
            Err(error) if serve::is_ours(&error) => {
                if told.is_none_or(|told: Instant| told.elapsed() >= TELL_EVERY) {
                    told = Some(Instant::now());
                    tracing::warn!(%error, "connections cannot be accepted");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            Err(_) => {}
        }
    }
}
