//! Takes connections and answers them, within limits that no client can lift.
//!
//! HTTP/1.1, and HTTP/2 by those who know that it is spoken here. `app` calls it with a
//! bound listener, and cancels it once nothing may be asked any more.

use super::activity::Activity;
use super::peer::Peer;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, getrlimit};
use std::collections::HashMap;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Far more than a status page needs; their buffers take about 20 KB each. Where all are
/// taken, a new visitor gets the place of the one that was of no use for longest.
const CONNECTIONS_MAX: usize = 2_048;

/// Of the descriptors that this process may have, visitors get one in so many at most; the
/// rest is for the probes and the database.
const DESCRIPTORS_SHARE: u64 = 4;

/// Few, but a page.
const CONNECTIONS_MIN: usize = 16;

/// A browser asks as soon as it is connected.
const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A browser sends its headers in one go; who takes longer is holding a connection.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection over which nothing is asked, and no piece of an answer taken, is ended; a
/// browser opens another at once.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Line and headers together. A browser with cookies of its own domain sends 2 KB.
const HEADER_BYTES_MAX: u32 = 16 * 1024;

/// A browser sends about 15.
const HEADERS_MAX: usize = 64;

/// A page has four files; whoever asks for more at once waits a little.
const STREAMS_MAX: u32 = 8;

/// So many streams may be opened and reset without being answered (CVE-2023-44487).
const RESET_STREAMS_MAX: usize = 20;

/// Who has just connected when the service stops has so long to ask; to close at once would
/// refuse a visitor, and where the service manager holds the socket, none is refused.
const FIRST_WORD_TIMEOUT: Duration = Duration::from_secs(1);

/// Answers under way when the service stops may take so long.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// After a failure to accept that is ours (no descriptors left), this passes before the
/// next try.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// What connections may do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// So many are there at once.
    pub connections: usize,
    /// How long one waits for its first request.
    pub first_request: Duration,
    /// How long one lasts after its last use.
    pub idle: Duration,
}

impl Limits {
    /// Those of a service on this system, as it limits descriptors now.
    #[must_use]
    pub fn of_system() -> Limits {
        let descriptors = getrlimit(Resource::Nofile).current;
        Limits {
            connections: connections_of(descriptors),
            first_request: FIRST_REQUEST_TIMEOUT,
            idle: IDLE_TIMEOUT,
        }
    }
}

/// How many connections there may be with so many descriptors; `None` is without limit.
fn connections_of(descriptors: Option<u64>) -> usize {
    let share = descriptors.map_or(u64::MAX, |descriptors| descriptors / DESCRIPTORS_SHARE);
    usize::try_from(share)
        .unwrap_or(usize::MAX)
        .clamp(CONNECTIONS_MIN, CONNECTIONS_MAX)
}

/// Serves until `shutdown` is cancelled; then takes no more connections, lets answers
/// under way finish, and returns when all have or `DRAIN_TIMEOUT` has passed.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    serve_within(Limits::of_system(), listener, router, shutdown).await;
}

/// [`serve`], with other limits.
pub async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) {
    let places = Arc::new(Places::of(limits.connections));
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
    let builder = builder();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let (stream, peer, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        let (builder, router) = (builder.clone(), router.clone());
        let (shutdown, cut) = (shutdown.clone(), cut.clone());
        connections.spawn(async move {
            tokio::select! {
                () = cut.cancelled() => {}
                () = place.given_up.cancelled() => {}
                () = place.activity.ended(limits.first_request, limits.idle) => {}
                () = answer(stream, builder, router, (&place.activity, peer), shutdown) => {}
            }
        });
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(DRAIN_TIMEOUT, connections.wait()).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "cut off what was not answered in time"
        );
        cut.cancel();
        connections.wait().await;
    }
}

/// All places that connections may take.
struct Places {
    free: Arc<Semaphore>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    next: u64,
    by_number: HashMap<u64, (Arc<Activity>, CancellationToken)>,
}

/// The place of one connection; free again once this is dropped.
struct Place {
    places: Arc<Places>,
    number: u64,
    activity: Arc<Activity>,
    /// Cancelled when another needs the place more.
    given_up: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    fn of(count: usize) -> Places {
        Places { free: Arc::new(Semaphore::new(count)), taken: Mutex::default() }
    }

    /// A place for a connection that is there already; where none is free, that of the
    /// connection that was of no use for longest.
    async fn take(self: &Arc<Self>) -> io::Result<Place> {
        if self.free.available_permits() == 0 {
            self.give_one_up();
        }
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(io::Error::other)?;
        let (activity, given_up) = (Arc::new(Activity::begin()), CancellationToken::new());
        let mut taken = self.lock();
        let number = taken.next;
        taken.next += 1;
        taken.by_number.insert(number, (Arc::clone(&activity), given_up.clone()));
        drop(taken);
        Ok(Place { places: Arc::clone(self), number, activity, given_up, _permit: permit })
    }

    fn give_one_up(&self) {
        let taken = self.lock();
        let idlest = taken.by_number.values().min_by_key(|(activity, _)| activity.at());
        if let Some((_, given_up)) = idlest {
            given_up.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        // Nothing panics while it is held.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().by_number.remove(&self.number);
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Places>,
) -> io::Result<(TcpStream, Peer, Place)> {
    let (stream, address) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, Peer::at(address), places.take().await?))
}

async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, InvalidInput, NotConnected};
    // The client was gone before it was met. That is no news.
    if matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | InvalidInput | NotConnected
    ) {
        return;
    }
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .max_buf_size(HEADER_BYTES_MAX as usize)
        .max_headers(HEADERS_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_pending_accept_reset_streams(RESET_STREAMS_MAX)
        .max_local_error_reset_streams(RESET_STREAMS_MAX)
        .max_header_list_size(HEADER_BYTES_MAX);
    builder
}

/// Answers one connection until it ends.
async fn answer(
    stream: TcpStream,
    builder: Builder<TokioExecutor>,
    router: Router,
    (activity, peer): (&Arc<Activity>, Peer),
    shutdown: CancellationToken,
) {
    let (activity, first) = (Arc::clone(activity), Arc::clone(activity));
    let service = router.map_request(move |mut request: Request<Incoming>| {
        activity.note();
        request.extensions_mut().insert(Arc::clone(&activity));
        request.extensions_mut().insert(peer);
        request
    });
    let service = TowerToHyperService::new(service);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = leave(&shutdown, &first) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Waits until the service stops and whoever is connected has asked, or had the time to.
async fn leave(shutdown: &CancellationToken, activity: &Activity) {
    shutdown.cancelled().await;
    // Whether or not: the time has passed then.
    let _ = tokio::time::timeout(FIRST_WORD_TIMEOUT, activity.asked()).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(None, CONNECTIONS_MAX)]
    #[case(Some(1_000_000), CONNECTIONS_MAX)]
    #[case(Some(1_024), 256)]
    #[case(Some(20), CONNECTIONS_MIN)]
    fn visitors_leave_most_descriptors_to_the_probes(
        #[case] descriptors: Option<u64>,
        #[case] connections: usize,
    ) {
        assert_eq!(connections_of(descriptors), connections);
    }
}
