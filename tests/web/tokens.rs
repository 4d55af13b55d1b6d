//! Who is known by a token, and what those are told who are not.

use crate::sample::{self, NOW, Scene};
use crate::visitor::{Answer, Visitor};
use everup::domain::timestamp::MINUTE_MS;
use everup::domain::token::{Scope, TokenName};
use everup::store::contract::Store;
use everup::store::secret::Secret;
use everup::store::sqlite::Sqlite;
use everup::store::token::NewToken;
use everup::web::peer::Peer;
use http::{Method, StatusCode};
use rstest::rstest;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tracing_subscriber::fmt::MakeWriter;

/// A site over a real database.
struct Door {
    scene: Scene,
    visitor: Visitor,
    store: Sqlite,
    folder: TempDir,
}

impl Door {
    async fn new() -> Door {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("everup.db")).await.unwrap();
        let mut scene = sample::well();
        scene.app.store = Arc::new(store.clone());
        let visitor = Visitor::of(&scene);
        Door { scene, visitor, store, folder }
    }

    async fn token(&self, name: &str, scope: Scope) -> String {
        let secret = Secret::draw().unwrap();
        let new = NewToken {
            name: TokenName::new(name).unwrap(),
            scope,
            fingerprint: secret.fingerprint(),
            made_at: NOW,
        };
        self.store.make_token(&new).await.unwrap();
        secret.expose().to_owned()
    }

    async fn with(&self, authorization: &str) -> Answer {
        self.visitor
            .ask(Method::GET, "/api/token", &[("authorization", authorization)])
            .await
    }

    /// What somebody at this address is answered who brings this token.
    async fn from(&self, address: &str, token: &str) -> Answer {
        let headers = [("authorization", &*format!("Bearer {token}"))];
        let peer = Peer::at(format!("{address}:4711").parse().unwrap());
        self.visitor.ask_from(Some(peer), Method::GET, "/api/token", &headers).await
    }
}

fn detail(answer: &Answer) -> String {
    let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    problem["detail"].as_str().unwrap().to_owned()
}

/// One of the right form that nobody made.
fn unknown() -> String {
    Secret::draw().unwrap().expose().to_owned()
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start(&self) -> tracing::subscriber::DefaultGuard {
        let log = tracing_subscriber::fmt().with_writer(self.clone()).with_ansi(false);
        tracing::subscriber::set_default(log.finish())
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
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
async fn a_token_is_told_its_name_and_what_it_may_do() {
    let door = Door::new().await;
    for scope in Scope::ALL {
        let token = door.token(scope.word(), scope).await;
        for scheme in ["Bearer ", "bearer ", "BEARER   "] {
            let answer = door.with(&format!("{scheme}{token}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            assert_eq!(answer.body, format!("{{\"name\":\"{scope}\",\"scope\":\"{scope}\"}}"));
            assert_eq!(answer.header("content-type"), "application/json");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
}

#[rstest]
#[case(&[], false, "This needs a token. Send the header")]
#[case(&["Basic YTpi"], false, "nothing else will do")]
#[case(&["everup_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"], false, "nothing else will do")]
#[case(&[""], false, "nothing else will do")]
#[case(&["Bearer"], true, "What was sent is no token")]
#[case(&["Bearer "], true, "What was sent is no token")]
#[case(&["Bearer everup_"], true, "a token is \"everup_\" and 43 letters")]
#[case(&["Bearer everup_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"], true, "is no token")]
#[case(&["Bearer everup_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"], true, "not known, or was")]
#[case(&["Bearer a", "Bearer b"], true, "more than once")]
#[tokio::test]
async fn who_brings_no_living_token_is_told_how_to(
    #[case] values: &[&str],
    #[case] was_given: bool,
    #[case] words: &str,
) {
    let door = Door::new().await;
    door.token("ci", Scope::Admin).await;
    let mut headers: Vec<(&str, &str)> =
        values.iter().map(|value| ("authorization", *value)).collect();
    headers.push(("accept", "text/html"));
    let answer = door.visitor.ask(Method::GET, "/api/token", &headers).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let challenge = if was_given {
        "Bearer realm=\"everup\", error=\"invalid_token\""
    } else {
        "Bearer realm=\"everup\""
    };
    assert_eq!(answer.header("www-authenticate"), challenge);
    let detail = detail(&answer);
    assert!(detail.contains(words), "{detail}");
    assert!(detail.contains("everup token new"), "{detail}");
    assert!(!answer.body.contains("AAAA"), "{}", answer.body);
}

#[tokio::test]
async fn a_token_of_any_length_and_of_any_bytes_is_refused() {
    let door = Door::new().await;
    let token = door.token("ci", Scope::Admin).await;
    let long = format!("Bearer {token}{}", "A".repeat(1_000_000));
    for value in [long.as_str(), &long[..60], &long[..49], "Bearer everup_é", "Bearer \u{0}"] {
        let request = http::HeaderValue::from_bytes(value.as_bytes());
        let Ok(value) = request else { continue };
        let answer = door.visitor.with_header("/api/token", "authorization", value).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(answer.body.len() < 1_000, "{}", answer.body);
    }
}

#[tokio::test]
async fn a_token_in_the_address_or_in_a_cookie_is_none() {
    let door = Door::new().await;
    let token = door.token("ci", Scope::Admin).await;
    let path = format!("/api/token?access_token={token}&token={token}");
    let cookie = format!("token={token}; Authorization=Bearer {token}");
    let answer = door.visitor.ask(Method::GET, &path, &[("cookie", &cookie)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

/// A page of another site has nothing that a browser would send along, and may not send a
/// token either.
#[tokio::test]
async fn a_page_of_another_site_is_allowed_nothing() {
    let door = Door::new().await;
    let token = door.token("ci", Scope::Admin).await;
    let asks = [
        ("origin", "https://evil.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization"),
    ];
    let answer = door.visitor.ask(Method::OPTIONS, "/api/token", &asks).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    let bearer = format!("Bearer {token}");
    let sent = [("origin", "https://evil.example"), ("authorization", bearer.as_str())];
    let admitted = door.visitor.ask(Method::GET, "/api/token", &sent).await;
    assert_eq!(admitted.status, StatusCode::OK);
    for answer in [answer, admitted, door.with("Basic YTpi").await] {
        let allowed = answer.headers.keys().find(|name| name.as_str().starts_with("access-"));
        assert_eq!(allowed, None);
        // Nor does a browser ask its user for a password, to send it by itself from then on.
        assert!(!answer.header("www-authenticate").contains("Basic"));
    }
}

#[tokio::test]
async fn a_token_that_is_revoked_elsewhere_is_refused_at_once() {
    let door = Door::new().await;
    let (ci, other) =
        (door.token("ci", Scope::Admin).await, door.token("b", Scope::Read).await);
    assert_eq!(door.with(&format!("Bearer {ci}")).await.status, StatusCode::OK);
    let elsewhere = Sqlite::open(&door.folder.path().join("everup.db")).await.unwrap();
    elsewhere.revoke_token(&TokenName::new("ci").unwrap(), NOW).await.unwrap();
    let answer = door.with(&format!("Bearer {ci}")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(detail(&answer).contains("not known, or was revoked"));
    assert_eq!(door.with(&format!("Bearer {other}")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_last_use_is_noted_to_about_a_minute() {
    let door = Door::new().await;
    let bearer = format!("Bearer {}", door.token("ci", Scope::Read).await);
    let noted = async || door.store.tokens().await.unwrap()[0].last_used_at;
    assert_eq!(noted().await, None);
    for (pass_ms, expected_ms) in [(0, 0), (MINUTE_MS - 1, 0), (1, MINUTE_MS)] {
        door.scene.clock.advance_ms(pass_ms);
        door.with(&bearer).await;
        assert_eq!(noted().await, Some(NOW.plus_ms(expected_ms)));
    }
    door.with(&format!("Bearer {}", unknown())).await;
}

#[tokio::test]
async fn an_address_may_fail_ten_times_a_minute() {
    let door = Door::new().await;
    let status = async |address: &str, token: &str| door.from(address, token).await.status;
    for n in 0..10 {
        let bad = if n % 2 == 0 { unknown() } else { "nonsense".to_owned() };
        assert_eq!(status("192.0.2.7", &bad).await, StatusCode::UNAUTHORIZED, "{n}");
    }
    for bad in [unknown(), "nonsense".to_owned()] {
        let answer = door.from("192.0.2.7", &bad).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.header("retry-after"), "6");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(detail(&answer).ends_with("Try again in 6 seconds."), "{}", answer.body);
    }
    assert_eq!(status("192.0.2.8", "x").await, StatusCode::UNAUTHORIZED);
    door.scene.clock.advance_ms(5_999);
    let answer = door.from("192.0.2.7", "x").await;
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (StatusCode::TOO_MANY_REQUESTS, "1")
    );
    door.scene.clock.advance_ms(1);
    assert_eq!(status("192.0.2.7", "x").await, StatusCode::UNAUTHORIZED);
    assert_eq!(status("192.0.2.7", "x").await, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn whoever_has_a_network_of_ipv6_addresses_fails_as_one() {
    let door = Door::new().await;
    for n in 0..10 {
        let answer = door.from(&format!("[2001:db8:1:2::{n:x}]"), "x").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let status = async |address: &str| door.from(address, "x").await.status;
    assert_eq!(status("[2001:db8:1:2:ffff::1]").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(status("[2001:db8:1:3::1]").await, StatusCode::UNAUTHORIZED);
}

/// Behind a reverse proxy everybody has one address: a stranger there shuts nobody out.
#[tokio::test]
async fn a_living_token_gets_through_wherever_others_fail() {
    let door = Door::new().await;
    let ci = door.token("ci", Scope::Maintenance).await;
    for _ in 0..50 {
        door.from("192.0.2.7", &unknown()).await;
    }
    for _ in 0..50 {
        assert_eq!(door.from("192.0.2.7", &ci).await.status, StatusCode::OK);
    }
    // Also one that was made since, once the tokens are read again.
    let new = door.token("new", Scope::Maintenance).await;
    let refused = door.from("192.0.2.7", &new).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    door.scene.clock.advance_ms(6_000);
    assert_eq!(door.from("192.0.2.7", &new).await.status, StatusCode::OK);
    // A revoked one does not, though it was known before.
    door.store.revoke_token(&TokenName::new("ci").unwrap(), NOW).await.unwrap();
    assert_ne!(door.from("192.0.2.7", &ci).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_refusal_is_logged_with_who_and_why_and_never_with_a_token() {
    let door = Door::new().await;
    let (ci, bad) = (door.token("ci", Scope::Read).await, unknown());
    let log = Log::default();
    let logging = log.start();
    assert_eq!(door.from("192.0.2.7", &ci).await.status, StatusCode::OK);
    assert_eq!(log.text(), "", "who is admitted is no news");
    door.from("192.0.2.7", &bad).await;
    door.from("192.0.2.7", &format!("{ci}x")).await;
    let path = format!("/api/token?access_token={ci}");
    door.visitor
        .ask(Method::HEAD, &path, &[("authorization", "Basic c2VjcmV0")])
        .await;
    for _ in 0..100 {
        door.from("192.0.2.9", &bad).await;
    }
    drop(logging);
    let text = log.text();
    let lines: Vec<&str> = text.lines().collect();
    let expected = [
        "peer=192.0.2.7 method=\"GET\" path=\"/api/token\" not_logged=0",
        "peer=192.0.2.7 method=\"GET\" path=\"/api/token\" not_logged=0",
        "peer=unknown method=\"HEAD\" path=\"/api/token\" not_logged=0",
    ];
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.contains(" WARN ") && line.contains(expected), "{line}");
    }
    assert!(
        lines[0].contains("refused: the token is not known, or was revoked"),
        "{text}"
    );
    assert!(lines[1].contains("what was sent is no token"), "{text}");
    assert!(lines[2].contains("the credential is no Bearer token"), "{text}");
    // Ten failures, and that there are more.
    assert_eq!(lines.len(), 3 + 11, "{text}");
    assert!(
        lines[13].contains("too many attempts without a token that is known"),
        "{text}"
    );
    let secrets = [&ci[7..], &bad[7..], "c2VjcmV0", "access_token"];
    assert!(!secrets.iter().any(|secret| text.contains(secret)), "{text}");
}

#[tokio::test]
async fn a_store_that_cannot_be_read_admits_nobody_and_says_so() {
    let scene = sample::well();
    scene.shelf.break_down();
    let visitor = Visitor::of(&scene);
    let bearer = format!("Bearer {}", unknown());
    let answer = visitor.ask(Method::GET, "/api/token", &[("authorization", &bearer)]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(detail(&answer), "The tokens cannot be read now. Try again in 5 seconds.");
}
