//! One fresh connection: to an address, secured or not, over HTTP/1.1 or HTTP/2.
//!
//! `hop` opens one for each request and asks over it once. reqwest's own client lets
//! nobody between itself and the socket, and there a hostile target can keep a processor
//! busy and fill the memory; so the connection is made here, with a [`Wire`] in it, and
//! reqwest has the body and the answer.

use super::hop::BoxError;
use super::trace::Trace;
use super::wire::Wire;
use http::header::HOST;
use http::{HeaderValue, Request, Uri, Version};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioIo};
use reqwest::{Body, Response};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower::{Service, ServiceExt, service_fn};
use tower_http::decompression::Decompression;

/// The largest head of an answer; over HTTP/1 that of an interim answer, too.
const HEAD_BYTES_MAX: u32 = 64 * 1024;
/// So much of a body an HTTP/2 target may have on the way unasked; it is the protocol's own
/// measure.
const WINDOW_BYTES: u32 = 65_535;

/// Sends one request; which protocol it speaks was agreed on with the target.
pub enum Speaker {
    /// HTTP/1.1.
    One(http1::SendRequest<Body>),
    /// HTTP/2.
    Two(http2::SendRequest<Body>),
}

/// Connects over TCP to one of `addresses`, in `within` at most for all of them where
/// there are several. `uri` names the host for which they are.
///
/// # Errors
/// When none takes the connection.
pub async fn connect(
    uri: Uri,
    addresses: &[SocketAddr],
    within: Duration,
) -> Result<TcpStream, BoxError> {
    let known = addresses.to_vec();
    let known = service_fn(move |_: Name| {
        std::future::ready(Ok::<_, Infallible>(known.clone().into_iter()))
    });
    let mut connector = HttpConnector::new_with_resolver(known);
    connector.enforce_http(false);
    connector.set_nodelay(true);
    if addresses.len() > 1 {
        // It is divided among the addresses, so that a dead one leaves time for others.
        connector.set_connect_timeout(Some(within));
    }
    Ok(connector.ready().await?.call(uri).await?.into_inner())
}

/// Agrees on a protocol over a connection, with TLS for `host` if there is any.
///
/// # Errors
/// When TLS or HTTP/2 do not come about.
pub async fn agree<S>(
    stream: S,
    tls: Option<(ClientConfig, &str)>,
    trace: &Arc<Trace>,
) -> Result<Speaker, BoxError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let wire = Wire::new(stream, Arc::clone(trace));
    let Some((tls, host)) = tls else {
        return http_1(wire).await;
    };
    let name = ServerName::try_from(host.trim_matches(['[', ']']))?.to_owned();
    let stream = TlsConnector::from(Arc::new(tls)).connect(name, wire).await?;
    trace.secured();
    if let Some(suite) = stream.get_ref().1.negotiated_cipher_suite() {
        trace.enciphered(suite.suite());
    }
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => {
            trace.goes_over_http_2();
            http_2(stream).await
        }
        _ => http_1(stream).await,
    }
}

async fn http_1<S>(stream: S) -> Result<Speaker, BoxError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_BYTES_MAX as usize);
    let (speaker, connection) = builder.handshake(TokioIo::new(stream)).await?;
    // What becomes of it is told to whoever waits for the answer.
    tokio::spawn(async move { connection.await.ok() });
    Ok(Speaker::One(speaker))
}

async fn http_2<S>(stream: S) -> Result<Speaker, BoxError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .max_header_list_size(HEAD_BYTES_MAX)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES);
    let (speaker, connection) = builder.handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move { connection.await.ok() });
    Ok(Speaker::Two(speaker))
}

impl Speaker {
    /// Sends `request`, which names the whole URL, and gives the answer once its head is
    /// there. Its body is decoded as it is read.
    ///
    /// # Errors
    /// Whatever keeps the head from coming.
    pub async fn ask(self, mut request: Request<Body>) -> Result<Response, BoxError> {
        if let Speaker::One(_) = self {
            in_origin_form(&mut request)?;
        } else {
            *request.version_mut() = Version::HTTP_2;
        }
        let mut speaker = Some(self);
        let decoding = Decompression::new(service_fn(|request| send(speaker.take(), request)));
        // Its window grows to 16 MiB, whatever comes through it.
        let mut decoding = decoding.no_br();
        let response = decoding.ready().await?.call(request).await?;
        Ok(response.map(Body::wrap).into())
    }
}

async fn send(
    speaker: Option<Speaker>,
    request: Request<Body>,
) -> Result<http::Response<Incoming>, BoxError> {
    Ok(match speaker {
        Some(Speaker::One(mut speaker)) => {
            speaker.ready().await?;
            speaker.send_request(request).await?
        }
        Some(Speaker::Two(mut speaker)) => {
            speaker.ready().await?;
            speaker.send_request(request).await?
        }
        None => return Err("a connection carries one request".into()),
    })
}

/// HTTP/1 names the path in its first line, and the host in a header.
fn in_origin_form(request: &mut Request<Body>) -> Result<(), BoxError> {
    let uri = request.uri();
    if let Some(authority) = uri.authority() {
        let host = HeaderValue::from_str(authority.as_str())?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
        request.headers_mut().entry(HOST).or_insert(host);
        *request.uri_mut() = path;
    }
    Ok(())
}
