//! What the probe keeps of a wrong answer: enough to be shown to its owner, bounded,
//! without secrets, and at no cost to the verdict.

mod support;

use everup::domain::check::{Kind, Verdict};
use everup::domain::exchange::{Body, Exchange, Tls};
use everup::probe::contract::Outcome;
use everup::probe::resolver::NameServers;
use everup::probe::shared::Shared;
use everup::probe::tls::Roots;
use everup::probe::{Settings, prober};
use http::HeaderValue;
use rstest::rstest;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::authority::Authority;
use support::behaviour::{Act, Behaviour};
use support::target::Target;

/// Enough for any right answer on loopback, however busy the machine.
const AMPLE: Duration = Duration::from_secs(20);
/// For targets that never come to an end.
const SHORT: Duration = Duration::from_millis(500);

async fn look(settings: Settings, roots: Roots, timeout: Duration) -> Outcome {
    let shared = Arc::new(Shared::with(&roots, NameServers::Only(Vec::new())).unwrap());
    prober(settings, &shared).probe(timeout).await
}

async fn look_at(target: &Target) -> Outcome {
    look(Settings::of(target.url()), Roots::Mozilla, AMPLE).await
}

fn exchange(outcome: &Outcome) -> &Exchange {
    let exchange = outcome.exchange.as_deref().unwrap_or_else(|| panic!("{outcome:?}"));
    assert_eq!(exchange.validate(), Ok(()));
    exchange
}

fn body(outcome: &Outcome) -> Body {
    exchange(outcome).body.clone().unwrap_or_else(|| panic!("{outcome:?}"))
}

fn tls(outcome: &Outcome) -> &Tls {
    exchange(outcome).tls.as_ref().unwrap_or_else(|| panic!("{outcome:?}"))
}

fn text(text: &str) -> Body {
    Body { text: Some(text.to_owned()), bytes: u32::try_from(text.len()).unwrap(), cut: false }
}

fn header<'a>(outcome: &'a Outcome, name: &str) -> &'a str {
    let found = exchange(outcome).headers.iter().find(|(of, _)| of == name);
    &found.unwrap_or_else(|| panic!("{name}: {outcome:?}")).1
}

#[track_caller]
fn assert_status(outcome: &Outcome, status: u16) {
    let evidence = &outcome.evidence;
    assert_eq!((outcome.verdict, evidence.kind), (Verdict::Fail, Some(Kind::Status)));
    assert_eq!(evidence.reason, format!("HTTP {status} from 127.0.0.1"));
    assert_eq!(outcome.latency_us, None);
}

#[tokio::test]
async fn a_wrong_status_comes_with_its_headers_and_its_body() {
    let target = Target::start().await;
    let page = "<h1>502 Bad Gateway</h1>\n<hr>nginx";
    target.answer(Behaviour::answer(502, "server: nginx\r\nset-cookie: id=1\r\n", page));
    let outcome = look_at(&target).await;
    assert_status(&outcome, 502);
    assert_eq!(header(&outcome, "server"), "nginx");
    assert_eq!(header(&outcome, "set-cookie"), "[hidden]");
    assert_eq!(body(&outcome), text(page));
    assert_eq!(exchange(&outcome).tls, None);
}

#[tokio::test]
async fn a_body_is_kept_decoded() {
    let target = Target::start().await;
    let Behaviour(mut acts) = Behaviour::coded("gzip", "out of order");
    if let Act::Send(bytes) = &mut acts[0] {
        bytes[9..12].copy_from_slice(b"503");
    }
    target.answer(Behaviour(acts));
    let outcome = look_at(&target).await;
    assert_status(&outcome, 503);
    assert_eq!(body(&outcome), text("out of order"));
}

#[tokio::test]
async fn what_is_right_or_was_never_answered_comes_with_nothing() {
    let mut target = Target::start().await;
    assert_eq!(look_at(&target).await.exchange, None);
    target.answer(Behaviour::silent());
    let silent = look(Settings::of(target.url()), Roots::Mozilla, SHORT).await;
    assert_eq!((silent.verdict, silent.exchange), (Verdict::Fail, None));
    target.stop().await;
    let refused = look_at(&target).await;
    assert_eq!((refused.verdict, refused.exchange), (Verdict::Fail, None));
}

#[tokio::test]
async fn a_body_that_lacks_what_it_should_have_is_shown() {
    let target = Target::start().await;
    target.answer(Behaviour::answer(200, "x-node: b\r\n", "all is lost"));
    let mut settings = Settings::of(target.url());
    settings.http.expect_body_contains = Some("fine".to_owned());
    let outcome = look(settings, Roots::Mozilla, AMPLE).await;
    assert_eq!(outcome.evidence.kind, Some(Kind::Body));
    assert_eq!((body(&outcome), header(&outcome, "x-node")), (text("all is lost"), "b"));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_shown_as_far_as_it_came() {
    let target = Target::start().await;
    target.answer(Behaviour::short_body());
    let outcome = look_at(&target).await;
    assert_eq!(outcome.evidence.reason, "the body ended before it was complete");
    assert_eq!(body(&outcome), text("only this"));
}

#[rstest]
#[case::dripping(vec![Act::Repeat(b"x".to_vec(), Duration::from_millis(50))])]
#[case::hanging(vec![Act::Send(b"xx".to_vec()), Act::Hang])]
#[case::reset(vec![Act::Send(b"xx".to_vec()), Act::Pause(Duration::from_millis(50)), Act::Reset])]
#[tokio::test]
async fn a_wrong_status_stays_the_verdict_whatever_becomes_of_its_body(
    #[case] acts: Vec<Act>,
    #[values(SHORT, AMPLE)] timeout: Duration,
) {
    let target = Target::start().await;
    let head = b"HTTP/1.1 500 x\r\nx-node: b\r\ncontent-length: 9999\r\n\r\n";
    target.answer(Behaviour([vec![Act::Send(head.to_vec())], acts].concat()));
    let began = Instant::now();
    let outcome = look(Settings::of(target.url()), Roots::Mozilla, timeout).await;
    // One second is all that the verdict waits for an excerpt; the rest is a busy machine.
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    assert_status(&outcome, 500);
    assert_eq!(header(&outcome, "x-node"), "b");
    assert!(body(&outcome).text.unwrap().starts_with('x'));
}

#[tokio::test]
async fn a_flood_is_cut_at_four_kilobytes() {
    let target = Target::start().await;
    let head = b"HTTP/1.1 500 x\r\n\r\n".to_vec();
    let flood = Act::Repeat(vec![b'x'; 64 * 1024], Duration::ZERO);
    target.answer(Behaviour(vec![Act::Send(head), flood]));
    let outcome = look_at(&target).await;
    assert_status(&outcome, 500);
    let body = body(&outcome);
    assert_eq!((body.text.unwrap().len(), body.bytes, body.cut), (4_096, 4_096, true));
    assert!(target.sent_bytes() < 16 * 1024 * 1024);
}

#[tokio::test]
async fn a_body_that_is_no_text_says_only_how_long_it_is() {
    let target = Target::start().await;
    target.answer(Behaviour::answer(500, "", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
    let body = body(&look_at(&target).await);
    assert_eq!(body, Body { text: None, bytes: 16, cut: false });
}

#[tokio::test]
async fn no_secret_comes_back_in_an_exchange() {
    let target = Target::start().await;
    let echo = b"HTTP/1.1 500 x\r\nx-seen: Bearer token-4711\r\nx-key: header-secret\r\n\r\n";
    let page = b"env: header-secret, url-pass/word, url-pass%2Fword\n".to_vec();
    let acts = vec![Act::Send(echo.to_vec()), Act::Send(page), Act::Echo];
    target.answer(Behaviour(acts));
    let mut url = target.url();
    url.set_username("me").unwrap();
    url.set_password(Some("url-pass%2Fword")).unwrap();
    let mut settings = Settings::of(url);
    for (name, value) in [("authorization", "Bearer token-4711"), ("x-api", "header-secret")] {
        settings.http.headers.insert(name, HeaderValue::from_static(value));
    }
    settings.secrets = vec!["header-secret".to_owned()];
    let outcome = look(settings, Roots::Mozilla, AMPLE).await;
    let said = format!("{outcome:?}");
    for secret in ["4711", "header-secret", "pass/word", "pass%2F"] {
        assert!(target.requests()[0].contains("4711"), "it was sent");
        assert!(!said.contains(secret), "{secret} in {said}");
    }
    let text = body(&outcome).text.unwrap();
    assert!(
        text.starts_with("env: [secret], [secret], [secret]\nGET / HTTP/1.1"),
        "{text}"
    );
    assert_eq!(header(&outcome, "x-seen"), "[secret]");
}

#[tokio::test]
async fn the_last_of_several_answers_is_the_one_that_is_kept() {
    let target = Target::start().await;
    let away = Behaviour::answer(302, "location: /next\r\nx-first: yes\r\n", "moved");
    target.answer_at("/", away);
    target.answer_at("/next", Behaviour::answer(500, "x-second: yes\r\n", "broken"));
    let outcome = look_at(&target).await;
    assert_eq!((body(&outcome), header(&outcome, "x-second")), (text("broken"), "yes"));
    assert!(exchange(&outcome).headers.iter().all(|(name, _)| name != "x-first"));
}

// ---- how it was secured ----

#[tokio::test]
async fn a_wrong_answer_over_tls_says_how_it_was_secured() {
    let authority = Authority::new();
    let target = Target::start_tls(authority.server(&["127.0.0.1", "a.example"])).await;
    target.answer(Behaviour::status(502));
    let roots = Roots::Only(vec![authority.root()]);
    let outcome = look(Settings::of(target.url()), roots, AMPLE).await;
    assert_status(&outcome, 502);
    let tls = tls(&outcome);
    assert_eq!(tls.version.as_deref(), Some("TLSv1.3"));
    assert!(tls.cipher.as_deref().unwrap().starts_with("TLS13_"), "{tls:?}");
    let certificate = tls.certificate.as_ref().unwrap();
    assert_eq!(certificate.names, ["127.0.0.1", "a.example"]);
    assert!(certificate.issuer.contains("CN=authority "), "{certificate:?}");
    assert_eq!(certificate.not_before.to_string(), "2000-01-01T00:00:00Z");
    assert_eq!(certificate.not_after.to_string(), "4000-01-01T00:00:00Z");
}

#[tokio::test]
async fn over_an_older_tls_the_version_is_said() {
    let authority = Authority::new();
    let target = Target::start_tls(authority.older_server(&["127.0.0.1"])).await;
    target.answer(Behaviour::status(500));
    let roots = Roots::Only(vec![authority.root()]);
    let outcome = look(Settings::of(target.url()), roots, AMPLE).await;
    assert_eq!(tls(&outcome).version.as_deref(), Some("TLSv1.2"));
}

#[tokio::test]
async fn a_certificate_that_is_refused_is_shown() {
    let authority = Authority::new();
    let target = Target::start_tls(authority.server_between(&["127.0.0.1"], 2000, 2001)).await;
    let roots = Roots::Only(vec![authority.root()]);
    let outcome = look(Settings::of(target.url()), roots, AMPLE).await;
    assert_eq!(outcome.evidence.reason, "the certificate expired on 2001-01-01");
    let tls = tls(&outcome);
    assert_eq!((tls.version.as_deref(), tls.cipher.as_deref()), (None, None));
    let certificate = tls.certificate.as_ref().unwrap();
    assert_eq!(certificate.not_after.to_string(), "2001-01-01T00:00:00Z");
}
