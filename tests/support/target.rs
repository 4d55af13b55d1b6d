//! A target that does as it is told: a real TCP or TLS server that can misbehave.
//!
//! ```ignore
//! let target = Target::start().await;
//! target.answer(Behaviour::status(502));
//! target.answer_at("/moved", Behaviour::redirect(302, "/"));
//! ```

use super::behaviour::{Act, Behaviour};
use super::frames;
use super::server::Server;
use axum::body::Body;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use url::Url;

/// A server on loopback. It stops when dropped.
pub struct Target {
    has_tls: bool,
    seen: Arc<Seen>,
    server: Server,
}

/// What it is told, and what it has seen.
#[derive(Default)]
struct Seen {
    default: Mutex<Option<Behaviour>>,
    paths: Mutex<HashMap<String, Behaviour>>,
    requests: Mutex<Vec<String>>,
    connections: AtomicUsize,
    open: AtomicUsize,
    sent_bytes: AtomicU64,
    resumed: AtomicUsize,
}

impl Target {
    /// Starts one that answers everything with 200 and `ok`.
    pub async fn start() -> Target {
        Target::listen(None).await
    }

    /// Starts one that speaks TLS, and HTTP/2 if `tls` offers that.
    pub async fn start_tls(tls: rustls::ServerConfig) -> Target {
        Target::listen(Some(TlsAcceptor::from(Arc::new(tls)))).await
    }

    async fn listen(tls: Option<TlsAcceptor>) -> Target {
        let (has_tls, seen) = (tls.is_some(), Arc::new(Seen::default()));
        let told = Arc::clone(&seen);
        let serve = move |listener| converse_with_all(listener, tls.clone(), Arc::clone(&told));
        Target { has_tls, seen, server: Server::start(serve).await }
    }

    /// From now on every request is treated so.
    pub fn answer(&self, behaviour: Behaviour) {
        *self.seen.default.lock().unwrap() = Some(behaviour);
    }

    /// From now on requests for this path (with its query) are treated so.
    pub fn answer_at(&self, path: &str, behaviour: Behaviour) {
        self.seen.paths.lock().unwrap().insert(path.to_owned(), behaviour);
    }

    /// Stops listening and ends all connections. The port stays its own.
    pub async fn stop(&mut self) {
        self.server.stop().await;
    }

    /// Listens again, on the same port.
    pub async fn restart(&mut self) {
        self.server.restart().await;
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// `http://127.0.0.1:PORT/`, or `https://…`.
    pub fn url(&self) -> Url {
        self.url_of("/")
    }

    pub fn url_of(&self, path: &str) -> Url {
        self.url_as("127.0.0.1", path)
    }

    /// Its URL under a name that must be resolved first.
    pub fn url_as(&self, host: &str, path: &str) -> Url {
        let scheme = if self.has_tls { "https" } else { "http" };
        Url::parse(&format!("{scheme}://{host}:{}{path}", self.address().port())).unwrap()
    }

    /// How many connections it ever had.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// How many connections it has now.
    pub fn open_connections(&self) -> usize {
        self.seen.open.load(Ordering::SeqCst)
    }

    /// The heads of all requests, in order.
    pub fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// How many connections went on with a TLS session from before.
    pub fn resumed_sessions(&self) -> usize {
        self.seen.resumed.load(Ordering::SeqCst)
    }

    /// How many bytes it could get rid of, before TLS.
    pub fn sent_bytes(&self) -> u64 {
        self.seen.sent_bytes.load(Ordering::SeqCst)
    }
}

/// A connection that is counted as long as it lives.
struct Open(Arc<Seen>);

impl Open {
    fn count(seen: &Arc<Seen>) -> Open {
        seen.open.fetch_add(1, Ordering::SeqCst);
        Open(Arc::clone(seen))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Seen {
    fn behaviour(&self, head: &str) -> Behaviour {
        let path = head.split(' ').nth(1).unwrap_or("/");
        let by_path = self.paths.lock().unwrap().get(path).cloned();
        by_path
            .or_else(|| self.default.lock().unwrap().clone())
            .unwrap_or_else(Behaviour::ok)
    }
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {
    fn tcp(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Wire for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

async fn converse_with_all(listener: TcpListener, tls: Option<TlsAcceptor>, seen: Arc<Seen>) {
    // Dropped with this task, and then all connections end.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::SeqCst);
        let (tls, open) = (tls.clone(), Open::count(&seen));
        connections.spawn(async move {
            // Whoever is probed is left in the middle of things all the time.
            let _ = converse(stream, tls, &open.0).await;
            drop(open);
        });
    }
}

async fn converse(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    seen: &Arc<Seen>,
) -> io::Result<()> {
    let Some(tls) = tls else {
        return one_request(stream, seen).await;
    };
    let stream = tls.accept(stream).await?;
    if stream.get_ref().1.handshake_kind() == Some(rustls::HandshakeKind::Resumed) {
        seen.resumed.fetch_add(1, Ordering::SeqCst);
    }
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        let told = seen.default.lock().unwrap().clone();
        return match told {
            Some(told) => raw_http2(stream, told, seen).await,
            None => http2(stream, seen).await,
        };
    }
    one_request(stream, seen).await
}

async fn one_request(mut wire: impl Wire, seen: &Seen) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if wire.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    seen.requests.lock().unwrap().push(head.clone());
    let told = seen.behaviour(&head);
    if !perform(&mut wire, told, &head, seen).await? {
        return Ok(());
    }
    wire.shutdown().await?;
    // Whoever closes with something unread sends a reset, and that would overtake the
    // answer.
    let rest = async {
        while wire.read(&mut [0; 1024]).await? > 0 {}
        io::Result::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(5), rest).await.unwrap_or(Ok(()))
}

/// Does as it was told; gives whether a goodbye is due.
async fn perform(
    wire: &mut impl Wire,
    told: Behaviour,
    head: &str,
    seen: &Seen,
) -> io::Result<bool> {
    for act in told.0 {
        match act {
            Act::Send(bytes) => send(wire, &bytes, seen).await?,
            Act::Echo => send(wire, head.as_bytes(), seen).await?,
            Act::Repeat(bytes, pause) => loop {
                send(wire, &bytes, seen).await?;
                tokio::time::sleep(pause).await;
            },
            Act::Pause(pause) => tokio::time::sleep(pause).await,
            Act::Hang => while wire.read(&mut [0; 1024]).await? > 0 {},
            Act::Reset => {
                wire.tcp().set_zero_linger()?;
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Does as it was told, byte by byte, once a request has come.
async fn raw_http2(mut wire: impl Wire, told: Behaviour, seen: &Seen) -> io::Result<()> {
    send(&mut wire, frames::SETTINGS, seen).await?;
    let mut said = Vec::new();
    while !frames::has_request(&said) {
        if wire.read_buf(&mut said).await? == 0 {
            return Ok(());
        }
    }
    if perform(&mut wire, told, "", seen).await? {
        wire.shutdown().await?;
    }
    Ok(())
}

async fn send(wire: &mut impl Wire, bytes: &[u8], seen: &Seen) -> io::Result<()> {
    for piece in bytes.chunks(16 * 1024) {
        wire.write_all(piece).await?;
        seen.sent_bytes.fetch_add(piece.len() as u64, Ordering::SeqCst);
    }
    wire.flush().await
}

/// Over HTTP/2, unless it was told otherwise, everything is answered with 200 and `ok`, and `/flood` without end.
async fn http2(stream: TlsStream<TcpStream>, seen: &Arc<Seen>) -> io::Result<()> {
    let service = hyper::service::service_fn(|request: hyper::Request<_>| {
        let _: &hyper::body::Incoming = request.body();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let head = format!("{method} {path} {:?}", request.version());
        seen.requests.lock().unwrap().push(head);
        let seen = Arc::clone(seen);
        async move {
            let body = match path.as_str() {
                "/flood" => Body::from_stream(futures_util::stream::repeat_with(move || {
                    seen.sent_bytes.fetch_add(16 * 1024, Ordering::SeqCst);
                    Ok::<_, Infallible>(vec![b'x'; 16 * 1024])
                })),
                _ => Body::from("ok"),
            };
            Ok::<_, Infallible>(hyper::Response::new(body))
        }
    });
    hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await
        .map_err(io::Error::other)
}
