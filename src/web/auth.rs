//! Who may do what: the door before everything that is not for everybody.
//!
//! A handler takes a request apart, asks [`admit`] before it reads a body, and has an
//! [`Author`] or a [`Problem`] that it gives back:
//!
//! ```text
//! let (parts, body) = request.into_parts();
//! let author = auth::admit(&site, &parts, Scope::Maintenance).await?;
//! ```
//!
//! A token comes in the header `Authorization: Bearer everup_…` and in no other way. There
//! are no cookies and no passwords that a browser sends by itself, so a page of another
//! site can write nothing here in a visitor's name; and as no answer to a preflight allows
//! that header, it cannot send a token either. Nothing here ever prints a token.

use super::Site;
use super::error::Problem;
use super::peer::Peer;
use super::refusal::Refusal;
use crate::domain::timestamp::Timestamp;
use crate::domain::token::{self, Scope, Token, TokenName};
use crate::store::secret::Secret;
use crate::store::token::TOKEN_USE_MS;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;

/// Who was admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Author {
    /// The token's name: who did it, in an audit.
    pub(super) name: TokenName,
    /// What else it may do.
    pub(super) scope: Scope,
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
            if gate.may_know(&fingerprint, peer, now_ms) {
                let living = site.app.store.living_tokens().await;
                let living = living.map_err(|error| Refusal::Store(error.to_string()))?;
                let found = token::find(&living, &fingerprint).cloned();
                gate.know(living);
                if let Some(token) = found {
                    return Ok(token);
                }
            }
            Refusal::Unknown
        }
        Err(refusal) => refusal,
    };
    Err(gate.turn_away(peer, refusal, now_ms))
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

/// Notes that a token was used. That it could not be noted is no reason to refuse anybody.
async fn note_use(site: &Site, token: &Token, now: Timestamp) {
    // Asked here too, so that no write is begun for each request.
    let is_noted = token.last_used_at.is_some_and(|at| now.since_ms(at) < TOKEN_USE_MS);
    if !is_noted && let Err(error) = site.app.store.note_token_use(token.id, now).await {
        tracing::debug!(token = %token.name, "its use could not be noted: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::balance::fleet::Fleet;
    use crate::board::Board;
    use crate::clock::{Clock, ManualClock};
    use crate::probe::tls::{Roots, client_config};
    use crate::store::contract::Store;
    use crate::store::sqlite::Sqlite;
    use crate::store::token::NewToken;
    use crate::web::App;
    use crate::web::gate::{PEERS_MAX, WRITES};
    use axum::body::Body;
    use axum::response::IntoResponse;
    use http::header::RETRY_AFTER;
    use http::{Method, Request};
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};
    use tempfile::TempDir;
    use tracing_subscriber::fmt::MakeWriter;

    struct Scene {
        site: Site,
        clock: Arc<ManualClock>,
        store: Sqlite,
        _folder: TempDir,
    }

    fn fleet() -> Arc<Fleet> {
        let (trust, _) = client_config(&Roots::Mozilla).unwrap();
        Arc::new(Fleet::new(false, trust))
    }

    async fn scene() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("everup.db")).await.unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp(1_795_517_647_000)));
        let site = Site::new(App {
            board: Arc::new(Board::default()),
            store: Arc::new(store.clone()),
            clock: clock.clone(),
            vitals: Arc::default(),
            report: Arc::default(),
            planning: Arc::default(),
            fleet: fleet(),
        });
        Scene { site, clock, store, _folder: folder }
    }

    impl Scene {
        async fn token(&self, name: &str, scope: Scope) -> String {
            let secret = Secret::draw().unwrap();
            let new = NewToken {
                name: TokenName::new(name).unwrap(),
                scope,
                fingerprint: secret.fingerprint(),
                made_at: self.clock.now(),
            };
            self.store.make_token(&new).await.unwrap();
            secret.expose().to_owned()
        }

        /// The status, the body's seconds to wait, and the detail.
        async fn admit(&self, token: &str, needed: Scope) -> (u16, String, String) {
            let request = Request::builder()
                .method(Method::POST)
                .uri("/maintenance")
                .header(AUTHORIZATION, format!("Bearer {token}"))
                .body(Body::empty());
            let (parts, _) = request.unwrap().into_parts();
            match admit(&self.site, &parts, needed).await {
                Ok(author) => (200, String::new(), author.name.to_string()),
                Err(problem) => {
                    let detail = format!("{problem:?}");
                    let response = problem.into_response();
                    let after = response.headers().get(RETRY_AFTER);
                    let after = after.map(|after| after.to_str().unwrap().to_owned());
                    (response.status().as_u16(), after.unwrap_or_default(), detail)
                }
            }
        }

        async fn status(&self, token: &str, needed: Scope) -> u16 {
            self.admit(token, needed).await.0
        }
    }

    /// What is logged on this thread.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Log {
        fn lines(&self) -> Vec<String> {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            text.lines().map(str::to_owned).collect()
        }

        fn start(&self) -> tracing::subscriber::DefaultGuard {
            let log = tracing_subscriber::fmt().with_writer(self.clone()).with_ansi(false);
            tracing::subscriber::set_default(log.finish())
        }
    }

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Log {
        type Writer = Log;

        fn make_writer(&self) -> Log {
            self.clone()
        }
    }

    #[tokio::test]
    async fn a_token_writes_what_its_scope_holds_and_is_told_which_it_lacks() {
        let scene = scene().await;
        for scope in Scope::ALL {
            let token = scene.token(scope.word(), scope).await;
            for needed in Scope::ALL {
                let (status, _, said) = scene.admit(&token, needed).await;
                let expected = if scope.holds(needed) { 200 } else { 403 };
                assert_eq!(status, expected, "{scope} for {needed}: {said}");
                let lacks = format!("has the scope {scope}; this needs {needed}");
                assert_eq!(said.contains(&lacks), status == 403, "{said}");
            }
        }
    }

    #[tokio::test]
    async fn a_token_writes_so_often_and_then_once_a_second_and_reads_as_it_likes() {
        let scene = scene().await;
        let (ci, other) = (
            scene.token("ci", Scope::Maintenance).await,
            scene.token("b", Scope::Admin).await,
        );
        // What its scope does not allow counts like any other write.
        assert_eq!(scene.status(&ci, Scope::Incidents).await, 403);
        for n in 1..WRITES.burst {
            assert_eq!(scene.status(&ci, Scope::Maintenance).await, 200, "{n}");
        }
        let (status, after, said) = scene.admit(&ci, Scope::Maintenance).await;
        assert_eq!((status, after.as_str()), (429, "1"), "{said}");
        assert!(
            said.contains("\\\"ci\\\" writes too often. Try again in 1 second."),
            "{said}"
        );
        for _ in 0..100 {
            assert_eq!(scene.status(&ci, Scope::Read).await, 200);
        }
        assert_eq!(scene.status(&other, Scope::Maintenance).await, 200);
        scene.clock.advance_ms(999);
        assert_eq!(scene.status(&ci, Scope::Maintenance).await, 429);
        // The wall clock is not what counts.
        scene.clock.jump_ms(1_000_000);
        assert_eq!(scene.status(&ci, Scope::Maintenance).await, 429);
        scene.clock.advance_ms(1);
        assert_eq!(scene.status(&ci, Scope::Maintenance).await, 200);
        assert_eq!(scene.status(&ci, Scope::Maintenance).await, 429);
    }

    #[tokio::test]
    async fn a_token_that_runs_wild_is_logged_once_and_never_by_its_secret() {
        let scene = scene().await;
        let ci = scene.token("ci", Scope::Maintenance).await;
        let log = Log::default();
        let logging = log.start();
        for _ in 0..WRITES.burst + 500 {
            scene.admit(&ci, Scope::Maintenance).await;
        }
        drop(logging);
        let lines = log.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("refused: the token \"ci\" writes too often"), "{lines:?}");
        assert!(!lines[0].contains("everup_"), "{lines:?}");
    }

    /// However many there are who are refused, and from wherever.
    #[tokio::test]
    async fn a_flood_of_refusals_does_not_fill_the_log_and_is_counted() {
        let scene = scene().await;
        let log = Log::default();
        let logging = log.start();
        let ask = async |n: u32| {
            let (mut parts, _) = Request::new(Body::empty()).into_parts();
            let address = std::net::Ipv4Addr::from_bits(n);
            parts.extensions.insert(Peer::at((address, 80).into()));
            admit(&scene.site, &parts, Scope::Read).await.unwrap_err()
        };
        for n in 1..=10_000 {
            ask(n).await;
        }
        assert_eq!(log.lines().len(), 60);
        scene.clock.advance_ms(1_000);
        ask(7).await;
        drop(logging);
        let lines = log.lines();
        // Of those beyond the table of addresses, which share a rate, eleven were told.
        let told = PEERS_MAX + 11 - 60;
        assert!(lines[60].contains(&format!("not_logged={told}")), "{}", lines[60]);
        assert!(lines[60].contains("peer=0.0.0.7"), "{}", lines[60]);
    }
}
