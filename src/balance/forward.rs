//! Carries one request: chooses a backend, sends it there, and where that fails before
//! anything can have been done of it, to another. `docs/balancer.md` says when.

use super::body::{Fate, Outgoing, Pace};
use super::carried::{Answer, Carried};
use super::connection::Connector;
use super::count::{Counts, Outcome};
use super::headers::{self, Upgrade, Visit};
use super::idle::Idle;
use super::line::Line;
use super::message;
use super::pick::{self, Candidate, Turns};
use super::pool::{Backend, Places, Pool};
use super::refusal::Refusal;
use super::settings::{BACKENDS_MAX, Sameness, Settings, Strategy};
use super::tunnel;
use fastrand::Rng;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::{Body, Incoming};
use hyper::upgrade::OnUpgrade;
use std::sync::{Arc, Mutex, PoisonError};

/// So many backends are tried for one request: what three cannot, the fourth cannot.
const BACKENDS_TRIED_MAX: usize = 3;

/// What one thread needs to carry requests. Nothing in it is fought over.
pub struct Lane {
    /// What it is to do.
    pub settings: Arc<Settings>,
    /// The backends, which all threads share.
    pub pool: Arc<Pool>,
    connector: Connector,
    /// By place in the pool.
    pub(super) idle: Vec<Idle>,
    turns: Mutex<Turns>,
    chance: Mutex<Rng>,
}

/// What became of sending a request to one backend.
enum Sent {
    /// It has answered.
    Answered(Response<Incoming>, Line),
    /// It was not sent; another may have it.
    Unsent(Request<Outgoing>, String),
    /// Nobody knows whether it was carried out.
    Lost(String),
    /// The visitor's own body is at fault.
    Body(Refusal),
    /// It was sent, and no answer came in time.
    TooLate,
    /// This process has no descriptor left for it.
    Full,
}

/// A request on its way.
struct Errand<'a> {
    visit: &'a Visit,
    id: HeaderValue,
    upgrade: Option<(Upgrade, OnUpgrade)>,
    /// What is known of its body; `None` where it has none.
    fate: Option<Fate>,
    /// Whether doing it twice is doing it once (RFC 9110, section 9.2.2), and its body does
    /// not have to be kept for that.
    is_repeatable: bool,
}

impl Lane {
    /// One more thread's.
    #[must_use]
    pub fn of(settings: Arc<Settings>, pool: Arc<Pool>, connector: Connector) -> Lane {
        let idle = pool.backends.iter().map(|_| Idle::default()).collect();
        Lane {
            settings,
            pool,
            connector,
            idle,
            turns: Mutex::default(),
            chance: Mutex::new(Rng::new()),
        }
    }

    /// Answers a request of `visit`, whatever happens.
    pub async fn carry(
        self: &Arc<Lane>,
        mut request: Request<Incoming>,
        visit: &Visit,
    ) -> Response<Answer> {
        if let Err(refusal) = message::accept(&mut request) {
            return self.refuse(refusal);
        }
        let on_upgrade = hyper::upgrade::on(&mut request);
        let passed = headers::pass_on(&mut request, visit, || self.new_id());
        let Ok((id, upgrade)) = passed else {
            return self.refuse(Refusal::Malformed("This request goes in a circle."));
        };
        self.pool.budget.earn();
        let has_body = !request.body().is_end_stream();
        // What follows a body on a connection that changes cannot be told from it.
        let upgrade = upgrade.filter(|_| !has_body).map(|upgrade| (upgrade, on_upgrade));
        let errand = Errand {
            visit,
            id,
            upgrade,
            fate: has_body.then(Fate::default),
            is_repeatable: !has_body && is_idempotent(request.method()),
        };
        let (mut parts, body) = request.into_parts();
        parts.version = http::Version::HTTP_11;
        let body = match &errand.fate {
            None => Outgoing::Empty,
            Some(fate) => {
                Outgoing::Coming(body, Pace::new(self.settings.timeouts.idle), fate.clone())
            }
        };
        let mut wait = Wait { counts: &self.pool.counts, is_over: false };
        let run = self.run(Request::from_parts(parts, body), errand).await;
        wait.is_over = true;
        run.unwrap_or_else(|refusal| self.refuse(refusal))
    }

    /// Closes connections that were of no use for long.
    pub fn sweep(&self) {
        self.idle.iter().for_each(Idle::sweep);
    }

    /// Tries one backend after the other.
    async fn run(
        self: &Arc<Lane>,
        mut request: Request<Outgoing>,
        errand: Errand<'_>,
    ) -> Result<Response<Answer>, Refusal> {
        let mut tried = Places::default();
        let mut refusal = Refusal::NoneWell;
        for attempt in 0..BACKENDS_TRIED_MAX {
            let Some(place) = self.choose(&request, errand.visit, tried) else { break };
            let Some(backend) = self.pool.backends.get(place) else { break };
            tried.add(place);
            if attempt > 0 {
                self.pool.counts.note_repeated();
            }
            let under_way = UnderWay::begin(self, place);
            let mut copy = errand.is_repeatable.then(|| head_of(&request));
            refusal = match self.send(request, &mut copy, (backend, place), &errand).await {
                Sent::Answered(response, line) => {
                    backend.answered();
                    return Ok(self.answer(response, line, under_way, errand));
                }
                Sent::Unsent(unsent, why) => {
                    self.pool.failed(place, &why);
                    backend.counts.note(Outcome::Failed);
                    request = unsent;
                    Refusal::NoAnswer
                }
                Sent::Lost(why) => {
                    self.idle[place].clear();
                    self.pool.failed(place, &why);
                    backend.counts.note(Outcome::Failed);
                    match copy {
                        Some(copy) if self.pool.budget.spend() => request = copy,
                        _ => return Err(Refusal::NoAnswer),
                    }
                    Refusal::NoAnswer
                }
                Sent::Body(refusal) => return Err(refusal),
                Sent::Full => return Err(Refusal::NoneWell),
                Sent::TooLate => {
                    self.pool.failed(place, "it gave no answer in time");
                    backend.counts.note(Outcome::Failed);
                    return Err(Refusal::TooLate);
                }
            };
        }
        Err(refusal)
    }

    /// Sends a request to one backend: over a connection that is there already, and where
    /// that turns out to be dead, over a new one.
    async fn send(
        &self,
        mut request: Request<Outgoing>,
        copy: &mut Option<Request<Outgoing>>,
        (backend, place): (&Backend, usize),
        errand: &Errand<'_>,
    ) -> Sent {
        if errand.needs_host(&request) {
            let host = backend.settings.address.authority();
            if let Ok(host) = HeaderValue::from_str(host.as_str()) {
                request.headers_mut().insert(header::HOST, host);
            }
        }
        while let Some(line) = self.idle[place].take(errand.is_repeatable) {
            match self.send_over(line, request, errand).await {
                Sent::Unsent(unsent, _) => request = unsent,
                // A server may close a connection just as a request arrives on it.
                Sent::Lost(why) => match copy {
                    None => return Sent::Lost(why),
                    Some(copy) => {
                        self.idle[place].clear();
                        request = head_of(copy);
                    }
                },
                sent => return sent,
            }
            self.pool.counts.note_repeated();
        }
        match self.connector.connect(&backend.settings.address).await {
            Ok(line) => self.send_over(line, request, errand).await,
            Err(unreachable) if unreachable.is_ours() => {
                self.pool.tell_full();
                Sent::Full
            }
            Err(unreachable) => Sent::Unsent(request, unreachable.to_string()),
        }
    }

    async fn send_over(
        &self,
        mut line: Line,
        request: Request<Outgoing>,
        errand: &Errand<'_>,
    ) -> Sent {
        let answer = line.ask(request);
        let answered = match &errand.fate {
            None => tokio::time::timeout(self.settings.timeouts.first_byte, answer).await.ok(),
            Some(fate) => self.answer_to_body(answer, fate).await,
        };
        match answered {
            None => match &errand.fate {
                Some(fate) if fate.is_too_slow() => Sent::Body(Refusal::BodyTooSlow),
                _ => Sent::TooLate,
            },
            Some(Ok(response)) if is_framed_well(&response) => Sent::Answered(response, line),
            Some(Ok(_)) => Sent::Lost("its answer has an unknown Transfer-Encoding".to_owned()),
            Some(Err(mut failed)) => match failed.take_message() {
                Some(request) => Sent::Unsent(request, failed.error().to_string()),
                None => match &errand.fate {
                    Some(fate) if fate.is_too_slow() => Sent::Body(Refusal::BodyTooSlow),
                    Some(fate) if fate.is_off() => Sent::Body(Refusal::Malformed(
                        "The body of this request is malformed, or broke off.",
                    )),
                    _ => Sent::Lost(format!("it broke off: {}", failed.error())),
                },
            },
        }
    }

    /// Waits for an answer as long as the body goes on, and then as long as for any.
    async fn answer_to_body<T>(
        &self,
        answer: impl Future<Output = T>,
        fate: &Fate,
    ) -> Option<T> {
        let mut answer = std::pin::pin!(answer);
        let mut before = fate.pieces();
        loop {
            let patience = self.settings.timeouts.first_byte;
            if let Ok(answered) = tokio::time::timeout(patience, answer.as_mut()).await {
                return Some(answered);
            }
            let now = fate.pieces();
            if now == before {
                return None;
            }
            before = now;
        }
    }

    fn answer(
        self: &Arc<Lane>,
        mut response: Response<Incoming>,
        mut line: Line,
        under_way: UnderWay,
        errand: Errand<'_>,
    ) -> Response<Answer> {
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            let Some((upgrade, visitor)) = errand.upgrade else {
                // Nobody has asked for it.
                return self.refuse(Refusal::NoAnswer);
            };
            let backend = hyper::upgrade::on(&mut response);
            line.work_apart();
            let idle = self.settings.timeouts.tunnel;
            let lane = Arc::clone(self);
            tokio::spawn(async move {
                tunnel::run(visitor, backend, idle).await;
                lane.pool.counts.note(Outcome::Answered);
                under_way.backend().counts.note(Outcome::Answered);
            });
            headers::pass_back(&mut response, &errand.id);
            let headers = response.headers_mut();
            headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
            headers.insert(header::UPGRADE, upgrade.0);
            return response.map(|_| Answer::none());
        }
        headers::pass_back(&mut response, &errand.id);
        let outcome = if response.status().is_server_error() {
            Outcome::ServerError
        } else {
            Outcome::Answered
        };
        if errand.fate.is_some_and(|fate| !fate.is_whole()) {
            line.work_apart();
        }
        let idle = self.settings.timeouts.idle;
        response.map(|body| {
            Answer::Carried(Carried::new((body, Pace::new(idle)), line, under_way, outcome))
        })
    }

    fn refuse(&self, refusal: Refusal) -> Response<Answer> {
        self.pool.counts.note(match refusal {
            Refusal::NoneWell | Refusal::NoAnswer | Refusal::TooLate => Outcome::Failed,
            _ => Outcome::Refused,
        });
        refusal.response().map(Answer::said)
    }

    fn choose(
        &self,
        request: &Request<Outgoing>,
        visit: &Visit,
        tried: Places,
    ) -> Option<usize> {
        let mut candidates = [Candidate { index: 0, weight: 0, under_way: 0 }; BACKENDS_MAX];
        let count = self.pool.candidates(tried, &mut candidates);
        let candidates = &candidates[..count];
        // Nothing panics while one of these is held.
        let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        match &self.settings.strategy {
            Strategy::Random => pick::by_chance(candidates, chance.u64(..)),
            Strategy::LeastRequests => {
                pick::lighter_of_two(candidates, [chance.u64(..), chance.u64(..)])
            }
            Strategy::RoundRobin => {
                let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
                turns.next(candidates)
            }
            Strategy::Consistent(sameness) => {
                pick::always_same(candidates, key_of(sameness, request, visit))
            }
        }
    }

    /// 128 bits that no other request has.
    fn new_id(&self) -> HeaderValue {
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        let bits = self.chance.lock().unwrap_or_else(PoisonError::into_inner).u128(..);
        let mut text = [0; 32];
        for (at, digit) in text.iter_mut().enumerate() {
            *digit = DIGITS[(bits >> (4 * at)) as usize & 15];
        }
        // Digits are what a header may have.
        HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}

impl Errand<'_> {
    fn needs_host(&self, request: &Request<Outgoing>) -> bool {
        !request.headers().contains_key(header::HOST)
    }
}

/// A visitor who waits for the head of an answer; who leaves before is counted.
struct Wait<'a> {
    counts: &'a Counts,
    is_over: bool,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.counts.note(Outcome::Abandoned);
        }
    }
}

/// Counts a request as under way at a backend, for as long as it lives.
pub(super) struct UnderWay {
    lane: Arc<Lane>,
    place: usize,
}

impl UnderWay {
    fn begin(lane: &Arc<Lane>, place: usize) -> UnderWay {
        let under_way = UnderWay { lane: Arc::clone(lane), place };
        under_way.backend().begin();
        under_way
    }

    /// Where it is.
    pub(super) fn backend(&self) -> &Backend {
        // It was chosen among these, and they never change.
        &self.lane.pool.backends[self.place]
    }

    /// Keeps its connection for another request.
    pub(super) fn keep(&self, line: Line) {
        self.lane.idle[self.place].keep(line);
    }

    /// Notes what became of it.
    pub(super) fn note(&self, outcome: Outcome) {
        self.lane.pool.counts.note(outcome);
        self.backend().counts.note(outcome);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.backend().end();
    }
}

fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE
    )
}

/// The same request once more; it has no body.
fn head_of(request: &Request<Outgoing>) -> Request<Outgoing> {
    let mut copy = Request::new(Outgoing::Empty);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

/// Whether an answer is delimited in a way that is not taken for something else.
fn is_framed_well(response: &Response<Incoming>) -> bool {
    let mut lines = response.headers().get_all(header::TRANSFER_ENCODING).iter();
    match (lines.next(), lines.next()) {
        (None, _) => true,
        (Some(only), None) => only.as_bytes().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}

fn key_of(sameness: &Sameness, request: &Request<Outgoing>, visit: &Visit) -> u64 {
    let by_address = || match visit.address() {
        std::net::IpAddr::V4(address) => pick::key_of(&address.octets()),
        std::net::IpAddr::V6(address) => pick::key_of(&address.octets()),
    };
    let value = match sameness {
        Sameness::Address => None,
        Sameness::Header(name) => request.headers().get(name).map(HeaderValue::as_bytes),
        Sameness::Cookie(name) => cookie(request.headers(), name),
    };
    value.map_or_else(by_address, pick::key_of)
}

/// The value of a cookie.
fn cookie<'a>(headers: &'a http::HeaderMap, name: &str) -> Option<&'a [u8]> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .find_map(|pair| {
            let (key, value) = pair.trim_ascii().split_at_checked(name.len())?;
            (key == name.as_bytes()).then_some(value)?.strip_prefix(b"=")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = http::HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("sid2=a; xsid=b;sid=c=d"));
        headers.append(header::COOKIE, HeaderValue::from_static("late=e"));
        assert_eq!(cookie(&headers, "sid"), Some(&b"c=d"[..]));
        assert_eq!(cookie(&headers, "late"), Some(&b"e"[..]));
        assert_eq!(cookie(&headers, "si"), None);
        assert_eq!(cookie(&headers, "none"), None);
    }

    #[test]
    fn only_what_can_be_done_twice_is_idempotent() {
        assert!(is_idempotent(&Method::PUT) && is_idempotent(&Method::GET));
        assert!(!is_idempotent(&Method::POST) && !is_idempotent(&Method::PATCH));
    }
}
