//! What the door remembers of those who came: how often they wrote, failed and were
//! refused, and which tokens were there. `auth` asks it; it admits nobody by itself.

use super::limit::{Limiter, Rate, TooOften};
use super::peer::Peer;
use super::refusal::Refusal;
use crate::domain::token::{self, Fingerprint, Scope, Token, TokenId};
use crate::store::token::LIVING_TOKENS_MAX;
use arc_swap::ArcSwap;
use http::request::Parts;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// What may be written by one token. A script that announces the windows of a week is done
/// at once; one that has run wild writes a row a second, which the database does not feel.
pub(super) const WRITES: Rate = Rate { burst: 20, per_minute: 60 };

/// How often one address may bring no token that is known. Nobody guesses one, at whatever
/// rate; but each attempt reads the database and writes a line to the log.
const FAILURES: Rate = Rate { burst: 10, per_minute: 10 };

/// So many addresses are told apart; about 300 KB. A flood from more shares one rate.
pub(super) const PEERS_MAX: usize = 4_096;

/// Those that live, and as many that were revoked within the minute that they are kept.
const TOKENS_MAX: usize = 2 * LIVING_TOKENS_MAX;

/// So many refusals are logged, whoever is refused: a flood from many addresses fills no disk.
const LOGGED: Rate = Rate { burst: 60, per_minute: 60 };

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

impl Gate {
    /// Whether it is worth asking the database for a token: not where too many failed, unless
    /// it was known a moment ago.
    pub(super) fn may_know(&self, fingerprint: &Fingerprint, peer: Peer, now_ms: i64) -> bool {
        !lock(&self.failures).is_used_up(peer.network(), now_ms)
            || token::find(&self.known.load(), fingerprint).is_some()
    }

    /// These are the living tokens.
    pub(super) fn know(&self, living: Vec<Token>) {
        self.known.store(living.into());
    }

    /// Somebody brought no token that is known: why he is refused, which is another reason
    /// where that happened too often.
    pub(super) fn turn_away(&self, peer: Peer, refusal: Refusal, now_ms: i64) -> Refusal {
        match lock(&self.failures).take(peer.network(), now_ms) {
            Ok(()) => refusal,
            Err(too_often) => Refusal::TooManyFailures(too_often),
        }
    }

    /// Whether a token may do what is needed, now. A write that its scope does not allow is
    /// counted like any other.
    pub(super) fn permit(
        &self,
        token: Token,
        needed: Scope,
        now_ms: i64,
    ) -> Result<Token, Refusal> {
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
    pub(super) fn log(&self, parts: &Parts, peer: Peer, refusal: &Refusal, now_ms: i64) {
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
