//! Takes connections and answers them, within limits that no client can lift.
//!
//! HTTP/1.1, and HTTP/2 by those who know that it is spoken here. `app` calls it with a
//! bound listener, and cancels it once nothing may be asked any more.

use super::idle::Idle;
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Far more than a status page needs, and few enough that their buffers (about 20 KB
/// each) and descriptors leave room for the probes. More wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 2_048;

/// A browser sends its headers in one go; who takes longer is holding a connection.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection over which nothing moves is ended; a browser opens another at once.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Line and headers together. A browser with cookies of its own domain sends 2 KB.
const HEADER_BYTES_MAX: u32 = 16 * 1024;

/// A browser sends about 15.
const HEADERS_MAX: usize = 64;

/// A page has four files.
const STREAMS_MAX: u32 = 32;

/// So many streams may be opened and reset without being answered (CVE-2023-44487).
const RESET_STREAMS_MAX: usize = 20;

/// Answers under way when the service stops may take so long.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// After a failure to accept that is ours (no descriptors left), this passes before the
/// next try.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves until `shutdown` is cancelled; then takes no more connections, lets answers
/// under way finish, and returns when all have or `DRAIN_TIMEOUT` has passed.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
    let builder = builder();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, &permits) => accepted,
        };
        let (stream, permit) = match accepted {
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
                () = answer(stream, builder, router, shutdown) => {}
            }
            drop(permit);
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

type Permit = tokio::sync::OwnedSemaphorePermit;

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Permit)> {
    let permit = Arc::clone(permits).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, permit))
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
    shutdown: CancellationToken,
) {
    let stream = TokioIo::new(Idle::new(stream, IDLE_TIMEOUT));
    let mut connection =
        pin!(builder.serve_connection(stream, TowerToHyperService::new(router)));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
