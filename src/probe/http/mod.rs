//! Looks at a target over HTTP/1.1 or HTTP/2, with or without TLS.
//!
//! Called through the table in `probe`. Follows redirects itself, because what may go
//! along is decided at each (`redirect`); one request is `hop`, its `connection` has a
//! `wire` that bounds what may come, what it was waiting for is `trace`, how it was secured
//! `witness`, what its body says `body`, what is kept of a wrong one `excerpt`, and what a
//! broken one is called `blame`.

mod blame;
mod body;
mod connection;
mod excerpt;
mod hop;
pub mod redirect;
mod settings;
mod trace;
mod wire;
mod witness;

pub use settings::Settings;

use super::contract::{Outcome, Prober};
use super::deadline::{Deadline, in_words};
use super::fault::Fault;
use super::redaction::Redaction;
use super::shared::Shared;
use crate::domain::check::{Evidence, Kind, Phases, Verdict};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use excerpt::Excerpt;
use hop::Hop;
use http::header::{AUTHORIZATION, COOKIE, LOCATION, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::percent_decode_str;
use redirect::Step;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use trace::{Secured, Trace, micros};
use url::Url;

/// More redirects than this in a row are a fault: browsers bear 20, health checks none.
pub const REDIRECTS_MAX: usize = 5;

/// The prober for HTTP and HTTPS.
#[must_use]
pub fn prober(settings: super::Settings, shared: Arc<Shared>) -> Box<dyn Prober> {
    let super::Settings { url, degraded_above, mut http, secrets } = settings;
    if let Some(basic) = basic_auth(&url) {
        http.headers.entry(AUTHORIZATION).or_insert(basic);
    }
    let password = url.password().map(decoded);
    let hidden = secrets.iter().map(String::as_str).chain(password.as_deref());
    let body = std::str::from_utf8(&http.body).ok();
    let redaction = Redaction::of(hidden.chain(credentials(&http.headers)).chain(body));
    let first = Step::first(&url, &http.method);
    Box::new(HttpProber { first, degraded_above, settings: http, redaction, shared })
}

struct HttpProber {
    first: Step,
    degraded_above: Option<Duration>,
    settings: Settings,
    redaction: Redaction,
    shared: Arc<Shared>,
}

/// What was seen on the way, whatever the end.
#[derive(Default)]
struct Sight {
    address: Option<SocketAddr>,
    status: Option<u16>,
    phases: Phases,
    secured: Secured,
    headers: HeaderMap,
    excerpt: Excerpt,
}

/// What an answer asks for.
enum Answer {
    /// Nothing more: it was read to its end, and is right or wrong.
    Whole(Result<(), Fault>),
    /// Nothing more: its head alone is wrong.
    Wrong(Fault),
    /// To look elsewhere.
    Elsewhere(Step),
}

#[async_trait]
impl Prober for HttpProber {
    async fn probe(&self, timeout: Duration) -> Outcome {
        let started = Instant::now();
        let deadline = Deadline::after(timeout);
        let mut sight = Sight::default();
        let answer = self.look(&deadline, &mut sight).await;
        let took = started.elapsed();
        let latency_us = answer.is_ok().then(|| micros(took));
        let fault = match answer {
            Ok(Ok(())) => None,
            Ok(Err(fault)) | Err(fault) => Some(fault),
        };
        let (verdict, kind, reason) = match fault {
            Some(fault) => (fault.verdict, Some(fault.kind), fault.reason),
            None => match self.degraded_above {
                Some(limit) if took > limit => {
                    let (took, limit) = (in_words(took), in_words(limit));
                    let reason = format!("answered in {took}, more than {limit}");
                    (Verdict::Degraded, Some(Kind::Slow), reason)
                }
                _ => (Verdict::Ok, None, String::new()),
            },
        };
        let exchange = (verdict == Verdict::Fail)
            .then(|| {
                let Sight { secured, headers, excerpt, .. } = &sight;
                excerpt::exchange(secured, headers, excerpt, &self.redaction)
            })
            .flatten();
        let evidence = Evidence {
            reason: Evidence::clean(&self.redaction.of_text(reason)),
            kind,
            address: sight.address.map(|address| address.to_string()),
            status: sight.status,
            phases: Phases { total_us: Some(micros(took)), ..sight.phases },
        };
        Outcome { verdict, latency_us, evidence, exchange }
    }
}

impl HttpProber {
    /// Looks, through all redirects. `Ok` holds the judgement of an answer that was read
    /// to its end, `Err` what kept it from that.
    async fn look(
        &self,
        deadline: &Deadline,
        sight: &mut Sight,
    ) -> Result<Result<(), Fault>, Fault> {
        let mut steps = vec![self.first.clone()];
        loop {
            let step = &steps[steps.len() - 1];
            let next = match self.ask(step, deadline, sight).await? {
                Answer::Whole(judgement) => return Ok(judgement),
                Answer::Wrong(fault) => return Err(fault),
                Answer::Elsewhere(next) => next,
            };
            if steps.contains(&next) {
                let back = redirect::shown(&next.url);
                let reason = format!("it redirects in a loop, back to {back}");
                return Err(Fault::theirs(Kind::Protocol, reason));
            }
            if steps.len() > REDIRECTS_MAX {
                let reason = format!("it redirects more than {REDIRECTS_MAX} times");
                return Err(Fault::theirs(Kind::Protocol, reason));
            }
            steps.push(next);
        }
    }

    async fn ask(
        &self,
        step: &Step,
        deadline: &Deadline,
        sight: &mut Sight,
    ) -> Result<Answer, Fault> {
        let trace = Trace::start(step.url.scheme() == "https");
        let mut hop = Hop {
            shared: &self.shared,
            settings: &self.settings,
            step,
            deadline,
            trace: Arc::clone(&trace),
            before: sight.address,
            addresses: Vec::new(),
        };
        *sight = Sight { excerpt: Excerpt::begin(&self.redaction), ..Sight::default() };
        let Sight { status, headers, excerpt, .. } = sight;
        let peer = Arc::clone(&trace);
        let mut wrong = None;
        let answer = hop
            .go(async |mut response| {
                *status = Some(response.status().as_u16());
                let judged =
                    self.judge_head(step, response.status(), response.headers(), &peer);
                *headers = std::mem::take(response.headers_mut());
                match judged {
                    Some(Answer::Wrong(fault)) => {
                        wrong = Some(fault.clone());
                        excerpt.read(&mut response).await;
                        Ok(Answer::Wrong(fault))
                    }
                    Some(answer) => Ok(answer),
                    None => self.judge_body(&mut response, excerpt).await.map(Answer::Whole),
                }
            })
            .await;
        sight.address = trace.peer().or_else(|| hop.addresses.first().copied());
        sight.phases = trace.phases();
        sight.secured = trace.secured_by();
        // What is wrong by its head is that, whatever became of the rest.
        wrong.map_or(answer, |fault| Ok(Answer::Wrong(fault)))
    }

    /// What the head alone decides; `None` when the body is to be read.
    fn judge_head(
        &self,
        step: &Step,
        status: StatusCode,
        headers: &HeaderMap,
        trace: &Trace,
    ) -> Option<Answer> {
        if self.settings.expects(status.as_u16()) {
            return None;
        }
        if let Some(location) = headers.get(LOCATION)
            && redirect::is_redirect(status)
        {
            return Some(match step.next(status, location) {
                Ok(next) => Answer::Elsewhere(next),
                Err(fault) => Answer::Wrong(fault),
            });
        }
        let from = trace.peer().map(|peer| format!(" from {}", peer.ip())).unwrap_or_default();
        let reason = format!("HTTP {}{from}", status.as_u16());
        Some(Answer::Wrong(Fault::theirs(Kind::Status, reason)))
    }

    async fn judge_body(
        &self,
        response: &mut reqwest::Response,
        excerpt: &mut Excerpt,
    ) -> Result<Result<(), Fault>, reqwest::Error> {
        let wanted = self.settings.expect_body_contains.as_deref();
        let seen = body::read(response, wanted, excerpt).await?;
        if seen.found {
            return Ok(Ok(()));
        }
        let part =
            if seen.cut { "the first 256 KiB of the body lack" } else { "the body lacks" };
        let told = self.settings.expect_body_shown.as_deref().or(wanted).unwrap_or_default();
        let reason = format!("{part} {:?}", self.redaction.of_text(told.to_owned()));
        Ok(Err(Fault::theirs(Kind::Body, reason)))
    }
}

/// The `Authorization` that a URL's user name and password stand for.
fn basic_auth(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let password = url.password().map(decoded).unwrap_or_default();
    let encoded = STANDARD.encode(format!("{}:{password}", decoded(url.username())));
    // Base64 has no character that a header may not have, so this is always `Some`.
    let mut value = HeaderValue::try_from(format!("Basic {encoded}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// Header values of this length may be secrets, whatever the header is called.
const HEADER_BYTES_MIN: usize = 8;

/// Header values that prove who we are, or may do so, and what follows their scheme: never
/// to be seen, whether or not the configuration calls them secret.
fn credentials(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let proves =
        |name: &HeaderName| [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION].contains(name);
    headers
        .iter()
        .filter(move |(name, value)| proves(name) || value.len() >= HEADER_BYTES_MIN)
        .filter_map(|(_, value)| value.to_str().ok())
        .flat_map(|value| [value, value.split_once(' ').map_or("", |(_, token)| token)])
}
