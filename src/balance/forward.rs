//! Carries one request: chooses a backend, sends it there, and where that fails before
//! anything can have been done of it, to another. `docs/balancer.md` says when.

use super::body::{Fate, Outgoing, Pace};
use super::carried::{Answer, Carried};
use super::count::Outcome;
use super::headers::{self, Upgrade, Visit};
use super::lane::Lane;
use super::line::Line;
use super::message;
use super::pool::{Backend, Places};
use super::refusal::Refusal;
use super::tunnel;
use super::under_way::{UnderWay, Wait};
use super::visitors::Turn;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::{Body, Incoming};
use hyper::upgrade::OnUpgrade;
use std::sync::Arc;
use std::time::Instant;

/// So many backends are tried for one request: what three cannot, the fourth cannot.
const BACKENDS_TRIED_MAX: usize = 3;

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
    /// It was answered with what is no HTTP. A visitor may be able to cause that, so it says
    /// nothing of the backend, and another would do no better.
    Garbled,
    /// It was sent, and no answer came in time.
    TooLate,
    /// This process has no descriptor left for it.
    Full,
}

/// A request on its way.
struct Errand<'a> {
    visit: &'a Visit,
    /// Goes with the answer, until that is whole.
    turn: Turn,
    id: HeaderValue,
    upgrade: Option<(Upgrade, OnUpgrade)>,
    /// What is known of its body; `None` where it has none.
    fate: Option<Fate>,
    /// Its head as it came, where doing it twice is doing it once (RFC 9110, section 9.2.2),
    /// and no body has to be kept for that. What is added to it is more than it has, so that
    /// is rather added once more than kept.
    original: Option<Request<Outgoing>>,
}

impl Lane {
    /// Answers a request of `visit`, whatever happens.
    pub async fn carry(
        self: &Arc<Lane>,
        mut request: Request<Incoming>,
        visit: &Visit,
        turn: Turn,
    ) -> Response<Answer> {
        if let Err(refusal) = message::accept(&mut request) {
            return self.refuse(refusal);
        }
        let on_upgrade = hyper::upgrade::on(&mut request);
        let has_body = !request.body().is_end_stream();
        let is_repeatable = !has_body && is_idempotent(request.method());
        let original = is_repeatable.then(|| head_of(&request));
        let passed = headers::pass_on(&mut request, visit, || self.new_id());
        let Ok((id, upgrade)) = passed else {
            return self.refuse(Refusal::Malformed("This request goes in a circle."));
        };
        self.pool.budget.earn();
        // What follows a body on a connection that changes cannot be told from it.
        let upgrade = upgrade.filter(|_| !has_body).map(|upgrade| (upgrade, on_upgrade));
        let errand =
            Errand { visit, turn, id, upgrade, fate: has_body.then(Fate::default), original };
        let (mut parts, body) = request.into_parts();
        parts.version = http::Version::HTTP_11;
        if has_body && body.size_hint().exact().is_none() {
            // Else hyper takes it that a GET has none.
            let chunked = HeaderValue::from_static("chunked");
            parts.headers.insert(header::TRANSFER_ENCODING, chunked);
        }
        let id = errand.id.clone();
        let body = match &errand.fate {
            None => Outgoing::Empty,
            Some(fate) => {
                Outgoing::Coming(body, Pace::new(self.settings.timeouts.idle), fate.clone())
            }
        };
        let wait = Wait::begin(&self.pool.counts);
        let run = self.run(Request::from_parts(parts, body), errand).await;
        wait.end();
        run.unwrap_or_else(|refusal| {
            let mut response = self.refuse(refusal);
            headers::name(&mut response, id);
            response
        })
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
            refusal = match self.send(request, (backend, place), &errand).await {
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
                    match errand.once_more() {
                        Some(again) if self.pool.budget.spend() => request = again,
                        _ => return Err(Refusal::NoAnswer),
                    }
                    Refusal::NoAnswer
                }
                Sent::Body(refusal) => return Err(refusal),
                Sent::Full => return Err(Refusal::NoneWell),
                Sent::Garbled => {
                    backend.counts.note(Outcome::Failed);
                    return Err(Refusal::NoAnswer);
                }
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
        (backend, place): (&Backend, usize),
        errand: &Errand<'_>,
    ) -> Sent {
        name_host(&mut request, backend);
        while let Some(line) = self.idle[place].take(errand.original.is_some()) {
            match self.send_over(line, request, errand).await {
                Sent::Unsent(unsent, _) => request = unsent,
                Sent::Lost(why) => {
                    let Some(again) = errand.once_more() else { return Sent::Lost(why) };
                    // A server may close a connection just as a request arrives on it.
                    self.idle[place].clear();
                    self.pool.counts.note_repeated();
                    request = again;
                    name_host(&mut request, backend);
                    break;
                }
                sent => return sent,
            }
        }
        // On the heap, for it is large and rare, and every request would carry room for it.
        match Box::pin(self.connector.connect(&backend.settings.address)).await {
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
            Some(Ok(_)) => Sent::Garbled,
            Some(Err(mut failed)) => match failed.take_message() {
                Some(request) => Sent::Unsent(request, failed.error().to_string()),
                None => match &errand.fate {
                    Some(fate) if fate.is_too_slow() => Sent::Body(Refusal::BodyTooSlow),
                    Some(fate) if fate.is_off() => Sent::Body(Refusal::Malformed(
                        "The body of this request is malformed, or broke off.",
                    )),
                    _ if failed.error().is_parse() => Sent::Garbled,
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
        /// It may be so much of the patience late.
        const LOOKS: u32 = 16;
        let patience = self.settings.timeouts.first_byte;
        let mut answer = std::pin::pin!(answer);
        let (mut before, mut since) = (fate.pieces(), Instant::now());
        loop {
            if let Ok(answered) = tokio::time::timeout(patience / LOOKS, answer.as_mut()).await
            {
                return Some(answered);
            }
            let now = fate.pieces();
            if now != before {
                (before, since) = (now, Instant::now());
            } else if since.elapsed() >= patience {
                return None;
            }
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
            self.tunnels.spawn(async move {
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
            let pace = Pace::new(idle);
            Answer::Carried(Carried::new((body, pace), line, (under_way, errand.turn), outcome))
        })
    }

    fn refuse(&self, refusal: Refusal) -> Response<Answer> {
        self.pool.counts.note(match refusal {
            Refusal::NoneWell | Refusal::NoAnswer | Refusal::TooLate => Outcome::Failed,
            _ => Outcome::Refused,
        });
        refusal.response().map(Answer::said)
    }
}

impl Errand<'_> {
    /// The same request, if it may be sent again.
    fn once_more(&self) -> Option<Request<Outgoing>> {
        let mut request = head_of(self.original.as_ref()?);
        // It was in no circle before.
        headers::pass_on(&mut request, self.visit, || self.id.clone()).ok()?;
        *request.version_mut() = http::Version::HTTP_11;
        Some(request)
    }
}

fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE
    )
}

/// What HTTP/1.0 may leave out, and a backend wants.
fn name_host(request: &mut Request<Outgoing>, backend: &Backend) {
    if request.headers().contains_key(header::HOST) {
        return;
    }
    let host = backend.settings.address.authority();
    if let Ok(host) = HeaderValue::from_str(host.as_str()) {
        request.headers_mut().insert(header::HOST, host);
    }
}

/// A request of which nothing but its head is there.
fn head_of<B>(request: &Request<B>) -> Request<Outgoing> {
    let mut copy = Request::new(Outgoing::Empty);
    *copy.version_mut() = request.version();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_done_twice_is_idempotent() {
        assert!(is_idempotent(&Method::PUT) && is_idempotent(&Method::GET));
        assert!(!is_idempotent(&Method::POST) && !is_idempotent(&Method::PATCH));
    }
}
