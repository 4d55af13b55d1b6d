//! One request over one fresh connection: addresses, connection, answer.
//!
//! The prober calls it once per redirect. Everything is made anew each time, over pieces
//! that are shared: that costs microseconds, and nothing of one look can leak into the
//! next.

use super::super::deadline::Deadline;
use super::super::fault::Fault;
use super::super::route;
use super::super::shared::Shared;
use super::redirect::Step;
use super::settings::Settings;
use super::trace::Trace;
use super::witness::Witness;
use super::{blame, connection};
use crate::domain::check::Kind;
use bytes::Bytes;
use http::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE,
    USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Request, Uri};
use reqwest::{Body, Response};
use rustls::ClientConfig;
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use tokio::net::UnixStream;
use tokio::time::timeout_at;
use url::Host;

/// Whatever may go wrong with a request.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Said to every target, so that its owner knows whom to ask.
const WHO: HeaderValue =
    HeaderValue::from_static(concat!("everup/", env!("CARGO_PKG_VERSION")));
/// No more of a name's addresses are tried: a hostile name server may give thousands.
const ADDRESSES_MAX: usize = 8;

/// A request on its way; what it has come to is seen from outside, even if it never ends.
pub struct Hop<'a> {
    /// TLS and names.
    pub shared: &'a Shared,
    /// What was configured for the target.
    pub settings: &'a Settings,
    /// Where to, and what goes along.
    pub step: &'a Step,
    /// That of the whole look.
    pub deadline: &'a Deadline,
    /// Where its time goes.
    pub trace: Arc<Trace>,
    /// Where a redirect came from that led here.
    pub before: Option<SocketAddr>,
    /// Those that are tried, in order; empty until they are known.
    pub addresses: Vec<SocketAddr>,
}

impl Hop<'_> {
    /// Sends the request, and gives what `judge` makes of the answer.
    ///
    /// # Errors
    /// Whatever kept the request from being answered, or `judge` from ending, in time.
    pub async fn go<T>(
        &mut self,
        judge: impl AsyncFnOnce(Response) -> Result<T, reqwest::Error>,
    ) -> Result<T, Fault> {
        self.find_addresses().await?;
        let request = self.request()?;
        let asking = async {
            let response = self.ask(request).await?;
            self.trace.answered();
            Ok::<T, BoxError>(judge(response).await?)
        };
        match timeout_at(self.deadline.at(), asking).await {
            Ok(Ok(judged)) => Ok(judged),
            Ok(Err(error)) => {
                let before = self.before;
                let Hop { trace, addresses, deadline, .. } = self;
                Err(blame::of_error(&*error, trace, addresses, before, deadline))
            }
            Err(_) => Err(blame::of_silence(&self.trace, &self.addresses, self.deadline)),
        }
    }

    async fn find_addresses(&mut self) -> Result<(), Fault> {
        if self.socket().is_some() {
            return Ok(());
        }
        let url = &self.step.url;
        // Both schemes have a known port; 0 would be refused by any target.
        let port = url.port_or_known_default().unwrap_or(0);
        let found = match url.host() {
            Some(Host::Ipv4(ip)) => vec![IpAddr::V4(ip)],
            Some(Host::Ipv6(ip)) => vec![IpAddr::V6(ip)],
            Some(Host::Domain(name)) => {
                let found = self.shared.resolver().addresses(name, self.deadline).await?;
                self.trace.resolved();
                found
            }
            None => Vec::new(),
        };
        let found = found.into_iter().take(ADDRESSES_MAX);
        self.addresses = found.map(|ip| SocketAddr::new(ip, port)).collect();
        self.leave_out_what_has_no_route()
    }

    /// A name with addresses of both families is judged by those that this host can
    /// reach. With one family the connection itself will tell, and costs no question.
    fn leave_out_what_has_no_route(&mut self) -> Result<(), Fault> {
        let v4 = self.addresses.iter().filter(|address| address.is_ipv4()).count();
        if v4 == 0 || v4 == self.addresses.len() {
            return Ok(());
        }
        let reachable: Vec<SocketAddr> = self
            .addresses
            .iter()
            .copied()
            .filter(|address| route::exists(*address))
            .collect();
        if reachable.is_empty() {
            return Err(Fault::no_route(&self.addresses, self.before));
        }
        self.addresses = reachable;
        Ok(())
    }

    fn request(&self) -> Result<Request<Body>, Fault> {
        let (step, settings) = (self.step, self.settings);
        let uri = step.url.as_str().parse::<Uri>().map_err(|_| {
            Fault::theirs(Kind::Protocol, "its URL is not one that HTTP can ask for")
        })?;
        let with_body = step.with_body && !settings.body.is_empty();
        let body = if with_body { settings.body.clone() } else { Bytes::new() };
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = step.method.clone();
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(USER_AGENT, WHO);
        if step.trusted {
            let mut configured = settings.headers.clone();
            if !step.with_body {
                forget_the_body(&mut configured);
            }
            headers.extend(configured);
        }
        Ok(request)
    }

    async fn ask(&self, request: Request<Body>) -> Result<Response, BoxError> {
        let uri = request.uri().clone();
        let host = self.step.url.host_str().unwrap_or_default();
        let tls = (self.step.url.scheme() == "https").then(|| (self.tls(), host));
        let speaker = match self.socket() {
            Some(socket) => {
                let stream = UnixStream::connect(socket).await?;
                self.trace.connected(None);
                connection::agree(stream, tls, &self.trace).await?
            }
            None => {
                let left = self.deadline.left();
                let stream = connection::connect(uri, &self.addresses, left).await?;
                self.trace.connected(Some(stream.peer_addr()?));
                connection::agree(stream, tls, &self.trace).await?
            }
        };
        speaker.ask(request).await
    }

    /// The socket that is asked instead of a host; never one that a redirect leads away to.
    fn socket(&self) -> Option<&Path> {
        self.settings.socket.as_deref().filter(|_| self.step.trusted)
    }

    fn tls(&self) -> ClientConfig {
        let mut tls = self.shared.tls().clone();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        tls.dangerous().set_certificate_verifier(Arc::new(Witness {
            verifier: Arc::clone(self.shared.verifier()),
            trace: Arc::clone(&self.trace),
        }));
        tls
    }
}

/// The headers that describe a body, when it is left behind.
fn forget_the_body(headers: &mut HeaderMap) {
    for name in
        [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE]
    {
        headers.remove(name);
    }
}
