//! Who may do what: the door before everything that is not for everybody.
//!
//! A handler takes a request apart, asks [`admit`] before it reads a body, and has an
//! [`Author`] or a [`Problem`] that it gives back:
//!
//! ```ignore
//! async fn announce(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Problem> {
//!     let (parts, body) = request.into_parts();
//!     let author = auth::admit(&site, &parts, Scope::Maintenance).await?;
//! ```
//!
//! A token comes in the header `Authorization: Bearer everup_…` and in no other way. There
//! are no cookies and no passwords that a browser sends by itself, so a page of another
//! site can write nothing here in a visitor's name; and as no answer to a preflight allows
//! that header, it cannot send a token either. Nothing here ever prints a token.

use super::Site;
use super::error::Problem;
use super::limit::{Limiter, Rate, TooOften};
use super::peer::Peer;
use super::refusal::Refusal;
use crate::domain::timestamp::Timestamp;
use crate::domain::token::{self, Scope, Token, TokenId, TokenName};
use crate::store::contract::{LIVING_TOKENS_MAX, TOKEN_USE_MS};
use crate::store::secret::Secret;
use arc_swap::ArcSwap;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// What may be written by one token. A script that announces the windows of a week is done
/// at once; one that has run wild writes a row a second, which the database does not feel.
const WRITES: Rate = Rate { burst: 20, per_minute: 60 };

/// How often one address may bring no token that is known. Nobody guesses one, at whatever
/// rate; but each attempt reads the database and writes a line to the log.
const FAILURES: Rate = Rate { burst: 10, per_minute: 10 };

/// So many addresses are told apart; about 300 KB. A flood from more shares one rate.
const PEERS_MAX: usize = 4_096;

/// Those that live, and as many that were revoked within the minute that they are kept.
const TOKENS_MAX: usize = 2 * LIVING_TOKENS_MAX;

/// So many refusals are logged, whoever is refused: a flood from many addresses fills no disk.
const LOGGED: Rate = Rate { burst: 60, per_minute: 60 };

/// Who was admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Author {
    /// The token's name: who did it, in an audit.
    pub(super) name: TokenName,
    /// What else it may do.
    pub(super) scope: Scope,
}

/// What is remembered of those who came.
pub(super) struct Gate {
    writes: Mutex<Limiter<TokenId>>,
    failures: Mutex<Limiter<IpAddr>>,
    /// The limit, and how many were not logged since the last that was.
    logged: Mutex<(Limiter<()>, u64)>,
    /// The living tokens as they were last read. Nobody is admitted by them: they say for
    /// which tokens it is worth asking the database.
    known: ArcSwap<Vec<Token>>,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate {
            writes: Mutex::new(Limiter::new(WRITES, TOKENS_MAX)),
            failures: Mutex::new(Limiter::new(FAILURES, PEERS_MAX)),
            logged: Mutex::new((Limiter::new(LOGGED, 1), 0)),
            known: ArcSwap::default(),
        }
    }
}

/// Admits whoever brings a living token that holds the `needed` scope, and counts it as a
/// write where more is needed than [`Scope::Read`]. The table of tokens is read each time,
/// so that one that is revoked, in whichever process, is of no use from then on.
///
/// # Errors
/// What to answer: 401 without such a token, 403 for another scope, 429 for too many
/// attempts or writes, 503 where the store cannot be read. All but the last are logged.
pub(super) async fn admit(
    site: &Site,
    parts: &Parts,
    needed: Scope,
) -> Result<Author, Problem> {
    let (now, now_ms) = (site.app.clock.now(), site.app.clock.steady_ms());
    let peer = Peer::of(&parts.extensions);
    let admitted = match recognise(site, &parts.headers, peer, now_ms).await {
        Ok(token) => site.gate.permit(token, needed, now_ms),
        Err(refusal) => Err(refusal),
    };
    match admitted {
        Ok(token) => {
            note_use(site, &token, now).await;
            Ok(Author { name: token.name, scope: token.scope })
        }
        Err(refusal) => {
            if refusal.is_news() {
                site.gate.log(parts, peer, &refusal, now_ms);
            }
            Err(refusal.into())
        }
    }
}

/// The living token that a request brings. Who does not bring one is counted; but whoever
/// else was counted at an address, a living token gets through, because behind a reverse
/// proxy everybody has the same one.
async fn recognise(
    site: &Site,
    headers: &HeaderMap,
    peer: Peer,
    now_ms: i64,
) -> Result<Token, Refusal> {
    let gate = &site.gate;
    let refusal = match brought(headers) {
        Ok(secret) => {
            let fingerprint = secret.fingerprint();
            let may_be = !lock(&gate.failures).is_used_up(peer.network(), now_ms)
                || token::find(&gate.known.load(), &fingerprint).is_some();
            if may_be {
                let living = site.app.store.living_tokens().await;
                let living = living.map_err(|error| Refusal::Store(error.to_string()))?;
                let found = token::find(&living, &fingerprint).cloned();
                gate.known.store(living.into());
                if let Some(token) = found {
                    return Ok(token);
                }
            }
            Refusal::Unknown
        }
        Err(refusal) => refusal,
    };
    match lock(&gate.failures).take(peer.network(), now_ms) {
        Ok(()) => Err(refusal),
        Err(too_often) => Err(Refusal::TooManyFailures(too_often)),
    }
}

/// The secret that a request brings.
fn brought(headers: &HeaderMap) -> Result<Secret, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::Missing)?;
    if values.next().is_some() {
        return Err(Refusal::Malformed("the header Authorization is there more than once"));
    }
    let text = value.to_str().map_err(|_| Refusal::Malformed("it is not text"))?;
    let (scheme, credential) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(Refusal::OtherScheme);
    }
    Secret::read(credential.trim_start()).ok_or(Refusal::Malformed(
        "a token is \"everup_\" and 43 letters, digits, \"-\" and \"_\"",
    ))
}

impl Gate {
    /// Whether a token may do what is needed, now. A write that its scope does not allow is
    /// counted like any other.
    fn permit(&self, token: Token, needed: Scope, now_ms: i64) -> Result<Token, Refusal> {
        if needed != Scope::Read
            && let Err(too_often) = lock(&self.writes).take(token.id, now_ms)
        {
            return Err(Refusal::TooManyWrites(token.name, too_often));
        }
        if token.scope.holds(needed) {
            Ok(token)
        } else {
            Err(Refusal::Scope { name: token.name, has: token.scope, needed })
        }
    }

    /// Logs a refusal, unless too many were logged.
    fn log(&self, parts: &Parts, peer: Peer, refusal: &Refusal, now_ms: i64) {
        let mut logged = lock(&self.logged);
        if let Err(TooOften { .. }) = logged.0.take((), now_ms) {
            logged.1 = logged.1.saturating_add(1);
            return;
        }
        let not_logged = std::mem::take(&mut logged.1);
        drop(logged);
        let (method, path) = (cut(parts.method.as_str()), cut(parts.uri.path()));
        tracing::warn!(%peer, method, path, not_logged, "refused: {refusal}");
    }
}

/// Notes that a token was used. That it could not be noted is no reason to refuse anybody.
async fn note_use(site: &Site, token: &Token, now: Timestamp) {
    // Asked here too, so that no write is begun for each request.
    let is_noted = token.last_used_at.is_some_and(|at| now.since_ms(at) < TOKEN_USE_MS);
    if !is_noted && let Err(error) = site.app.store.note_token_use(token.id, now).await {
        tracing::debug!(token = %token.name, "its use could not be noted: {error}");
    }
}

/// What a stranger wrote, fit for a line of a log: cut, and without what might be a token
/// that stands where none should.
fn cut(text: &str) -> String {
    /// The longest address that everup has is shorter.
    const CHARS_MAX: usize = 100;
    let text: String = text.chars().filter(|c| !c.is_control()).take(CHARS_MAX).collect();
    match text.find(crate::store::secret::PREFIX) {
        Some(at) => format!("{}[secret]", &text[..at]),
        None => text,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing panics while it is held.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
