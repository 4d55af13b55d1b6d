//! One request over one fresh connection: addresses, connection, answer.
//!
//! The prober calls it once per redirect. The client is made anew each time, over pieces
//! that are shared: that costs microseconds, and nothing of one look can leak into the
//! next.

use super::super::deadline::Deadline;
use super::super::fault::Fault;
use super::super::route;
use super::super::shared::Shared;
use super::blame;
use super::body::BODY_BYTES_MAX;
use super::redirect::Step;
use super::settings::Settings;
use super::trace::{NoSessions, Trace, Watch};
use super::witness::Witness;
use http::HeaderMap;
use http::header::{
    CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE,
};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rustls::client::Resumption;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::time::timeout_at;
use url::Host;

/// Said to every target, so that its owner knows whom to ask.
const USER_AGENT: &str = concat!("everup/", env!("CARGO_PKG_VERSION"));
/// No more of a name's addresses are tried: a hostile name server may give thousands.
const ADDRESSES_MAX: usize = 8;
/// The largest decoded head over HTTP/2. Over HTTP/1 hyper itself stops at 100 headers
/// and some 400 KiB.
const HEAD_BYTES_MAX: u32 = 64 * 1024;
/// As much as is read of a body: an HTTP/2 target may have no more on the way unasked.
const WINDOW_BYTES: u32 = BODY_BYTES_MAX as u32;

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
        let asking = async {
            let response = self.request()?.send().await?;
            self.trace.answered();
            judge(response).await
        };
        match timeout_at(self.deadline.at(), asking).await {
            Ok(Ok(judged)) => Ok(judged),
            Ok(Err(error)) => {
                Err(blame::of_error(&error, &self.trace, &self.addresses, self.deadline))
            }
            Err(_) => Err(blame::of_silence(&self.trace, &self.addresses, self.deadline)),
        }
    }

    async fn find_addresses(&mut self) -> Result<(), Fault> {
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
            return Err(Fault::no_route(&self.addresses));
        }
        self.addresses = reachable;
        Ok(())
    }

    fn request(&self) -> Result<reqwest::RequestBuilder, reqwest::Error> {
        let (step, settings) = (self.step, self.settings);
        let mut request = self.client()?.request(step.method.clone(), step.url.clone());
        if step.trusted {
            let mut headers = settings.headers.clone();
            if !step.with_body {
                forget_the_body(&mut headers);
            }
            request = request.headers(headers);
        }
        if step.with_body && !settings.body.is_empty() {
            request = request.body(settings.body.clone());
        }
        Ok(request)
    }

    fn client(&self) -> Result<Client, reqwest::Error> {
        let mut tls = self.shared.tls().clone();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        tls.resumption = Resumption::store(Arc::new(NoSessions(Arc::clone(&self.trace))));
        tls.dangerous().set_certificate_verifier(Arc::new(Witness {
            verifier: Arc::clone(self.shared.verifier()),
            trace: Arc::clone(&self.trace),
        }));
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Known(self.addresses.clone()))
            .connector_layer(Watch(Arc::clone(&self.trace)))
            .user_agent(USER_AGENT)
            .no_proxy()
            .referer(false)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(0)
            .tcp_keepalive(None)
            .tcp_keepalive_interval(None)
            .tcp_keepalive_retries(None)
            .http2_max_header_list_size(HEAD_BYTES_MAX)
            .http2_initial_stream_window_size(WINDOW_BYTES)
            .http2_initial_connection_window_size(WINDOW_BYTES);
        if self.addresses.len() > 1 {
            // It is divided among the addresses, so that a dead one leaves time for others.
            client = client.connect_timeout(self.deadline.left());
        }
        client.build()
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

/// Gives a client the addresses that are already known.
struct Known(Vec<SocketAddr>);

impl Resolve for Known {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}
