//! Takes connections of visitors, within limits that none of them can lift, and answers what
//! comes over them.

use super::carried::Answer;
use super::crew::Seat;
use super::headers::Visit;
use super::lane::Lane;
use super::patience::Patient;
use super::visitors::{Call, Visitors};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::TlsAcceptor;

/// Who has just connected when the balancer stops has so long to ask; to close at once would
/// refuse a visitor.
const FIRST_WORD_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a visitor may take for the handshake of TLS.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The head of a request: 16 KB of cookies, and some that say who it is. The number of
/// headers is what hyper takes by itself, 100: browsers send about 20, and any other number
/// costs it an allocation for each request.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// How often a visitor of HTTP/2 who waits is asked whether he is still there.
const PING_EVERY: Duration = Duration::from_secs(60);

/// Requests at once over one connection of HTTP/2: what browsers and RFC 9113 expect.
const STREAMS_MAX: u32 = 100;

/// So many streams may be opened and reset without being answered (CVE-2023-44487).
const RESET_STREAMS_MAX: usize = 20;

/// What HTTP/2 may have on the way of one body, and of all of a connection: of each stream
/// of hundreds, this much memory can be held by a backend that does not read.
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;

/// A connection that has just been taken.
pub struct Arrival {
    /// The connection; the thread that gets it makes it its own.
    pub stream: std::net::TcpStream,
    /// Where it comes from.
    pub peer: SocketAddr,
    /// How TLS is spoken, where it is.
    pub tls: Option<TlsAcceptor>,
    /// Its place among the visitors of its thread.
    pub seat: Seat,
    /// Its place among all.
    pub permit: OwnedSemaphorePermit,
}

/// Answers what comes over a connection until it ends.
pub async fn visit(lane: Arc<Lane>, arrival: Arrival, visitors: Visitors) {
    let Arrival { stream, peer, tls, seat: _seat, permit: _permit } = arrival;
    let stream = match tokio::net::TcpStream::from_std(stream) {
        Ok(stream) => stream,
        Err(error) => {
            tracing::warn!(%error, "a connection could not be taken over");
            return;
        }
    };
    let stream = Patient::new(stream, lane.settings.timeouts.idle);
    let visit = Arc::new(Visit::new(peer.ip(), tls.is_some(), &lane.settings.trusted));
    let ended = match tls {
        None => answer(lane, stream, visit, &visitors).await,
        // On the heap, for it is large, and every visitor without it would carry room for it.
        Some(tls) => Box::pin(answer_over_tls(tls, lane, stream, visit, &visitors)).await,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn answer_over_tls(
    tls: TlsAcceptor,
    lane: Arc<Lane>,
    stream: Patient,
    visit: Arc<Visit>,
    visitors: &Visitors,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
        Ok(Ok(stream)) => answer(lane, stream, visit, visitors).await,
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err("the handshake of TLS took too long".into()),
    }
}

async fn answer<S>(
    lane: Arc<Lane>,
    stream: S,
    visit: Arc<Visit>,
    visitors: &Visitors,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut visitor = visitors.enter();
    let presence = visitor.presence();
    let at_work = Arc::clone(&presence);
    let service = service_fn(move |request: http::Request<Incoming>| {
        let (lane, visit, turn) = (Arc::clone(&lane), Arc::clone(&visit), at_work.turn());
        async move {
            Ok::<http::Response<Answer>, Infallible>(lane.carry(request, &visit, turn).await)
        }
    });
    let builder = builder();
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let mut leaving = None;
    poll_fn(|cx| {
        match visitor.called(cx) {
            None => {}
            Some(Call::Leave) => {
                leaving = Some(Box::pin(tokio::time::sleep(FIRST_WORD_TIMEOUT)));
            }
            Some(Call::Cut) => return Poll::Ready(Err("it was of no use for long".into())),
        }
        let polled = connection.as_mut().poll(cx);
        let Some(patience) = leaving.as_mut().filter(|_| polled.is_pending()) else {
            return polled;
        };
        if !presence.has_asked() && patience.as_mut().poll(cx).is_pending() {
            return polled;
        }
        leaving = None;
        connection.as_mut().graceful_shutdown();
        connection.as_mut().poll(cx)
    })
    .await
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        // `visitors` limits it, from the first byte on that does not come.
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_pending_accept_reset_streams(RESET_STREAMS_MAX)
        .max_local_error_reset_streams(RESET_STREAMS_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .keep_alive_interval(PING_EVERY)
        .max_header_list_size(u32::try_from(HEAD_BYTES_MAX).unwrap_or(u32::MAX));
    builder
}

/// After a failure to accept, whether it is news.
#[must_use]
pub fn is_ours(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, InvalidInput, NotConnected};
    // The visitor was gone before it was met.
    !matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | InvalidInput | NotConnected
    )
}
