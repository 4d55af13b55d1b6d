//! The HTTP probe against targets that misbehave in every way we know: the right kind,
//! the right sentence, in time, and at a bounded cost.

mod support;

use everup::domain::check::{Kind, Verdict};
use everup::probe::contract::Outcome;
use everup::probe::resolver::NameServers;
use everup::probe::shared::Shared;
use everup::probe::tls::Roots;
use everup::probe::{Settings, prober};
use hickory_resolver::proto::op::ResponseCode;
use http::{HeaderValue, Method};
use rstest::rstest;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::authority::Authority;
use support::behaviour::{Act, Behaviour};
use support::frames;
use support::name_server::{NameServer, Reply};
use support::target::Target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use url::Url;

/// Enough for any right answer on loopback, however busy the machine.
const AMPLE: Duration = Duration::from_secs(20);
/// For targets that never come to an end.
const SHORT: Duration = Duration::from_secs(1);
/// How late a busy machine may make the end of a look.
const SLACK: Duration = Duration::from_secs(5);
/// More than the kernel's buffers take of a flood, far less than the flood.
const SENT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Nobody listens there.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

fn shared() -> Arc<Shared> {
    shared_with(Roots::Mozilla, NameServers::Only(vec![NOBODY]))
}

fn shared_with(roots: Roots, name_servers: NameServers) -> Arc<Shared> {
    Arc::new(Shared::with(&roots, name_servers).unwrap())
}

fn trusting(authority: &Authority) -> Arc<Shared> {
    shared_with(Roots::Only(vec![authority.root()]), NameServers::Only(vec![NOBODY]))
}

fn asking(name_server: &NameServer) -> Arc<Shared> {
    shared_with(Roots::Mozilla, NameServers::Only(vec![name_server.address()]))
}

async fn look(settings: Settings, shared: &Arc<Shared>, timeout: Duration) -> Outcome {
    let began = Instant::now();
    let outcome = prober(settings, shared).probe(timeout).await;
    assert!(began.elapsed() < timeout + SLACK, "ended after {:?}", began.elapsed());
    assert!(outcome.evidence.phases.total_us.is_some());
    assert_eq!(outcome.verdict == Verdict::Ok, outcome.evidence.reason.is_empty());
    assert_eq!(outcome.verdict == Verdict::Ok, outcome.evidence.kind.is_none());
    outcome
}

async fn look_at(url: Url) -> Outcome {
    look(Settings::of(url), &shared(), AMPLE).await
}

#[track_caller]
fn assert_fail(outcome: &Outcome, kind: Kind, reason: &str) {
    let evidence = &outcome.evidence;
    assert_eq!((outcome.verdict, evidence.kind), (Verdict::Fail, Some(kind)), "{outcome:?}");
    assert_eq!(evidence.reason, reason);
}

#[track_caller]
fn assert_unknown(outcome: &Outcome, kind: Kind) {
    let seen = (outcome.verdict, outcome.evidence.kind);
    assert_eq!(seen, (Verdict::Unknown, Some(kind)), "{outcome:?}");
    assert_eq!(outcome.latency_us, None);
}

async fn until_nothing_is_open(target: &Target) {
    let began = Instant::now();
    while target.open_connections() > 0 {
        assert!(began.elapsed() < AMPLE, "{} still open", target.open_connections());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

// ---- right answers ----

#[tokio::test]
async fn a_right_answer_is_ok_with_all_its_phases() {
    let target = Target::start().await;
    let outcome = look_at(target.url()).await;
    assert_eq!(outcome.verdict, Verdict::Ok);
    let evidence = outcome.evidence;
    assert_eq!(evidence.status, Some(200));
    assert_eq!(evidence.address, Some(target.address().to_string()));
    let phases = evidence.phases;
    assert_eq!((phases.dns_us, phases.tls_us), (None, None));
    let parts = phases.connect_us.unwrap() + phases.first_byte_us.unwrap();
    assert!(parts <= phases.total_us.unwrap());
    assert_eq!(outcome.latency_us, phases.total_us);
}

#[tokio::test]
async fn the_request_says_who_asks_and_carries_what_was_configured() {
    let target = Target::start().await;
    let mut settings = Settings::of(target.url_of("/health?deep=1"));
    settings.http.method = Method::POST;
    settings.http.body = bytes::Bytes::from_static(b"");
    settings.http.headers.insert("x-token", HeaderValue::from_static("abc"));
    look(settings, &shared(), AMPLE).await;
    let head = target.requests()[0].to_lowercase();
    assert!(head.starts_with("post /health?deep=1 http/1.1\r\n"), "{head}");
    assert!(
        head.contains(concat!("user-agent: everup/", env!("CARGO_PKG_VERSION"))),
        "{head}"
    );
    assert!(head.contains("x-token: abc\r\n"), "{head}");
    // Brotli would take 16 MiB, whatever comes through it.
    assert!(head.contains("accept-encoding: zstd,gzip,deflate\r\n"), "{head}");
}

#[tokio::test]
async fn every_look_opens_a_connection_of_its_own_and_leaves_none_behind() {
    let target = Target::start().await;
    let prober = prober(Settings::of(target.url()), &shared());
    for _ in 0..3 {
        assert_eq!(prober.probe(AMPLE).await.verdict, Verdict::Ok);
    }
    assert_eq!(target.connections(), 3);
    until_nothing_is_open(&target).await;
}

#[tokio::test]
async fn a_target_that_stops_is_down_and_up_again_when_it_starts() {
    let mut target = Target::start().await;
    let prober = prober(Settings::of(target.url()), &shared());
    assert_eq!(prober.probe(AMPLE).await.verdict, Verdict::Ok);
    target.stop().await;
    let reason = format!("connecting to {}: connection refused", target.address());
    let outcome = prober.probe(AMPLE).await;
    assert_fail(&outcome, Kind::Connect, &reason);
    assert_eq!(outcome.evidence.address, Some(target.address().to_string()));
    assert_eq!(outcome.latency_us, None);
    target.restart().await;
    assert_eq!(prober.probe(AMPLE).await.verdict, Verdict::Ok);
}

#[rstest]
#[case::no_body(Behaviour::raw("HTTP/1.1 204 No Content\r\n\r\n"))]
#[case::until_the_close(Behaviour::raw("HTTP/1.1 200 OK\r\n\r\nok until the end"))]
#[case::http_1_0(Behaviour::raw("HTTP/1.0 200 OK\r\n\r\nok"))]
#[case::chunked(Behaviour::raw(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
))]
#[case::more_than_it_said(Behaviour::long_body())]
#[case::informational_flood(Behaviour::informational_flood())]
#[case::gzip(Behaviour::coded("gzip", "ok"))]
#[case::deflate(Behaviour::coded("deflate", "ok"))]
#[case::zstd(Behaviour::coded("zstd", "ok"))]
#[tokio::test]
async fn what_browsers_accept_is_ok(#[case] behaviour: Behaviour) {
    let target = Target::start().await;
    target.answer(behaviour);
    assert_eq!(look_at(target.url()).await.verdict, Verdict::Ok);
}

#[tokio::test]
async fn an_answer_later_than_it_should_be_is_degraded() {
    let target = Target::start().await;
    target.answer(Behaviour::slow(Duration::from_millis(60)));
    let mut settings = Settings::of(target.url());
    settings.degraded_above = Some(Duration::from_millis(50));
    let outcome = look(settings.clone(), &shared(), AMPLE).await;
    assert_eq!(
        (outcome.verdict, outcome.evidence.kind),
        (Verdict::Degraded, Some(Kind::Slow))
    );
    let reason = &outcome.evidence.reason;
    assert!(
        reason.starts_with("answered in ") && reason.ends_with(", more than 50 ms"),
        "{reason}"
    );
    assert!(outcome.latency_us.unwrap() > 50_000);
    settings.degraded_above = Some(AMPLE);
    assert_eq!(look(settings, &shared(), AMPLE).await.verdict, Verdict::Ok);
}

// ---- wrong answers ----

#[rstest]
#[case(404)]
#[case(502)]
#[case(101)]
#[case(304)]
#[tokio::test]
async fn another_status_than_expected_is_a_fail(#[case] status: u16) {
    let target = Target::start().await;
    target.answer(Behaviour::status(status));
    let outcome = look_at(target.url()).await;
    assert_fail(&outcome, Kind::Status, &format!("HTTP {status} from 127.0.0.1"));
    assert_eq!(outcome.evidence.status, Some(status));
    assert_eq!(outcome.evidence.address, Some(target.address().to_string()));
}

#[tokio::test]
async fn any_status_can_be_the_expected_one() {
    let target = Target::start().await;
    target.answer(Behaviour::redirect(302, "/elsewhere"));
    let mut settings = Settings::of(target.url());
    settings.http.expect_status = vec![200..=200, 302..=302];
    let outcome = look(settings, &shared(), AMPLE).await;
    assert_eq!((outcome.verdict, outcome.evidence.status), (Verdict::Ok, Some(302)));
    assert_eq!(target.connections(), 1);
}

#[tokio::test]
async fn a_body_is_looked_through_decoded_and_only_to_the_cap() {
    let target = Target::start().await;
    let mut settings = Settings::of(target.url());
    settings.http.expect_body_contains = Some("needle".to_owned());
    target.answer(Behaviour::coded("gzip", &format!("{}needle", " ".repeat(200_000))));
    assert_eq!(look(settings.clone(), &shared(), AMPLE).await.verdict, Verdict::Ok);
    target.answer(Behaviour::answer(200, "", "hay"));
    let outcome = look(settings.clone(), &shared(), AMPLE).await;
    assert_fail(&outcome, Kind::Body, "the body lacks \"needle\"");
    assert!(outcome.latency_us.is_some());
    let just_within = 256 * 1024 - "needle".len();
    target.answer(Behaviour::answer(200, "", " ".repeat(just_within) + "needle and more"));
    assert_eq!(look(settings.clone(), &shared(), AMPLE).await.verdict, Verdict::Ok);
    target.answer(Behaviour::answer(200, "", " ".repeat(just_within + 1) + "needle and more"));
    let outcome = look(settings, &shared(), AMPLE).await;
    assert_fail(&outcome, Kind::Body, "the first 256 KiB of the body lack \"needle\"");
}

// ---- broken answers ----

#[rstest]
#[case::garbage(Behaviour::raw("\0\u{1}SSH-2.0-x\r\n\r\n"), "the answer is not HTTP")]
#[case::http_0_9(Behaviour::raw("<html>ok</html>\r\n\r\n"), "the answer is not HTTP")]
#[case::status_0(Behaviour::raw("HTTP/1.1 000 x\r\n\r\n"), "the answer is not HTTP")]
#[case::no_status(Behaviour::raw("HTTP/1.1 abc\r\n\r\n"), "the answer is not HTTP")]
#[case::two_lengths(
    Behaviour::raw("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nok"),
    "the answer is not HTTP"
)]
#[case::http_2_unasked(
    Behaviour::raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "the answer is not HTTP"
)]
#[case::endless_headers(Behaviour::endless_headers(), "the head of the answer is too large")]
#[case::endless_header(Behaviour::endless_header(), "the head of the answer is too large")]
#[case::close(Behaviour::close(), "the connection was closed before an answer came")]
#[case::half_a_head(
    Behaviour::raw("HTTP/1.1 200 OK\r\nx: "),
    "the connection was closed before an answer came"
)]
#[case::reset(Behaviour::reset(), "the connection was reset before an answer came")]
#[case::reset_in_body(
    Behaviour::reset_in_body(),
    "the connection was reset before the body was complete"
)]
#[case::short_body(Behaviour::short_body(), "the body ended before it was complete")]
#[case::half_a_chunk(
    Behaviour::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nhalf"),
    "the body ended before it was complete"
)]
#[case::broken_chunks(
    Behaviour::broken_chunks(),
    "the body is malformed: Invalid chunk size line: missing size digit"
)]
#[case::not_gzip(
    Behaviour::answer(200, "content-encoding: gzip\r\n", "plain text"),
    "the body cannot be decoded"
)]
#[case::not_zstd(
    Behaviour::answer(200, "content-encoding: zstd\r\n", "plain text"),
    "the body cannot be decoded"
)]
#[tokio::test]
async fn what_is_not_the_protocol_is_a_fail(
    #[case] behaviour: Behaviour,
    #[case] reason: &str,
) {
    let target = Target::start().await;
    target.answer(behaviour);
    let outcome = look_at(target.url()).await;
    assert_fail(&outcome, Kind::Protocol, reason);
    assert_eq!(outcome.latency_us, None);
    assert_eq!(outcome.evidence.address, Some(target.address().to_string()));
    assert!(target.sent_bytes() < SENT_BYTES_MAX);
    until_nothing_is_open(&target).await;
}

#[rstest]
#[case::silent(Behaviour::silent(), "waiting for the first byte")]
#[case::slow(Behaviour::slow(3 * SHORT), "waiting for the first byte")]
#[case::dripping_head(Behaviour::dripping_head(), "waiting for the first byte")]
#[case::dripping_body(Behaviour::dripping_body(), "reading the body")]
#[tokio::test]
async fn who_never_comes_to_an_end_is_cut_off_at_the_deadline(
    #[case] behaviour: Behaviour,
    #[case] doing: &str,
) {
    let target = Target::start().await;
    target.answer(behaviour);
    let outcome = look(Settings::of(target.url()), &shared(), SHORT).await;
    assert_fail(&outcome, Kind::Timeout, &format!("no answer within 1 s: {doing}"));
    assert_eq!(outcome.latency_us, None);
    assert_eq!(outcome.evidence.address, Some(target.address().to_string()));
    until_nothing_is_open(&target).await;
}

#[tokio::test]
async fn a_connection_that_never_comes_about_is_cut_off_at_the_deadline() {
    // A full backlog: the kernel lets further connections wait.
    let listener = tokio::net::TcpSocket::new_v4().unwrap();
    listener.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = listener.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(SHORT, tokio::net::TcpStream::connect(address)).await
    {
        waiting.push(stream);
    }
    let url = Url::parse(&format!("http://{address}/")).unwrap();
    let outcome = look(Settings::of(url), &shared(), SHORT).await;
    let reason = format!("no answer within 1 s: connecting to {address}");
    assert_fail(&outcome, Kind::Timeout, &reason);
    assert_eq!(outcome.evidence.address, Some(address.to_string()));
}

#[rstest]
#[case::flood(Behaviour::flood())]
#[case::gzip(Behaviour::bomb("gzip"))]
#[case::deflate(Behaviour::bomb("deflate"))]
#[case::zstd(Behaviour::bomb("zstd"))]
#[tokio::test]
async fn a_flood_or_a_bomb_is_read_to_the_cap_and_no_further(#[case] behaviour: Behaviour) {
    let target = Target::start().await;
    target.answer(behaviour);
    let mut settings = Settings::of(target.url());
    assert_eq!(look(settings.clone(), &shared(), AMPLE).await.verdict, Verdict::Ok);
    settings.http.expect_body_contains = Some("needle".to_owned());
    let outcome = look(settings, &shared(), AMPLE).await;
    assert_fail(&outcome, Kind::Body, "the first 256 KiB of the body lack \"needle\"");
    assert!(target.sent_bytes() < 2 * SENT_BYTES_MAX, "{}", target.sent_bytes());
    until_nothing_is_open(&target).await;
}

#[rstest]
#[case::interim(
    Behaviour::endless_informational(),
    "it sends more than 512 KiB before an answer"
)]
#[case::tiny_chunks(Behaviour::tiny_chunks(), "it sends more than 1280 KiB for one answer")]
#[case::nothing_packed(
    Behaviour::skipped_frames(),
    "it sends more than 1280 KiB for one answer"
)]
#[tokio::test]
async fn who_sends_without_end_what_is_no_answer_is_cut_off_long_before_the_deadline(
    #[case] behaviour: Behaviour,
    #[case] reason: &str,
) {
    let target = Target::start().await;
    target.answer(behaviour);
    assert_fail(&look_at(target.url()).await, Kind::Protocol, reason);
    assert!(target.sent_bytes() < SENT_BYTES_MAX, "{}", target.sent_bytes());
    until_nothing_is_open(&target).await;
}

#[rstest]
#[case::interim(frames::EARLY_HINTS)]
#[case::interim_with_many_headers(frames::EARLY_HINTS_WITH_MANY_HEADERS)]
#[case::window_update(frames::WINDOW_UPDATE)]
#[case::priority(frames::PRIORITY)]
#[case::ping(frames::PING)]
#[case::settings(frames::SETTINGS)]
#[case::unknown(frames::UNKNOWN)]
#[tokio::test]
async fn frames_without_end_are_cut_off_long_before_the_deadline(#[case] frame: &[u8]) {
    let authority = Authority::new();
    let mut config = authority.server(&["127.0.0.1"]);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let target = Target::start_tls(config).await;
    target.answer(Behaviour::endless(frame));
    let outcome = look(Settings::of(target.url()), &trusting(&authority), AMPLE).await;
    let reason = "it sends more than 160 KiB before an answer";
    assert_fail(&outcome, Kind::Protocol, reason);
    assert!(target.sent_bytes() < SENT_BYTES_MAX, "{}", target.sent_bytes());
    until_nothing_is_open(&target).await;
}

// ---- redirects ----

fn chain(target: &Target, length: usize) {
    for hop in 1..=length {
        let here = if hop == 1 { "/".to_owned() } else { format!("/{}", hop - 1) };
        target.answer_at(&here, Behaviour::redirect(302, &format!("/{hop}")));
    }
}

#[tokio::test]
async fn five_redirects_are_followed_and_six_are_not() {
    let target = Target::start().await;
    chain(&target, 5);
    let outcome = look_at(target.url()).await;
    assert_eq!((outcome.verdict, outcome.evidence.status), (Verdict::Ok, Some(200)));
    assert_eq!(target.connections(), 6);
    chain(&target, 6);
    let outcome = look_at(target.url()).await;
    assert_fail(&outcome, Kind::Protocol, "it redirects more than 5 times");
    assert_eq!(outcome.evidence.status, Some(302));
}

#[tokio::test]
async fn a_loop_is_found_and_said() {
    let target = Target::start().await;
    target.answer_at("/", Behaviour::redirect(302, "/a?token=1"));
    target.answer_at("/a?token=1", Behaviour::redirect(301, "/#here"));
    let outcome = look_at(target.url()).await;
    let reason = format!("it redirects in a loop, back to {}", target.url());
    assert_fail(&outcome, Kind::Protocol, &reason);
    assert_eq!(target.connections(), 2);
}

#[rstest]
#[case("ftp://127.0.0.1/", "it redirects to ftp:, which is not HTTP")]
#[case("http://[oops/", "it redirects to what is no URL")]
#[tokio::test]
async fn a_redirect_to_nowhere_is_a_fail(#[case] location: &str, #[case] reason: &str) {
    let target = Target::start().await;
    target.answer(Behaviour::redirect(302, location));
    assert_fail(&look_at(target.url()).await, Kind::Protocol, reason);
}

#[tokio::test]
async fn a_redirect_without_a_location_is_its_status() {
    let target = Target::start().await;
    target.answer(Behaviour::status(302));
    assert_fail(&look_at(target.url()).await, Kind::Status, "HTTP 302 from 127.0.0.1");
}

/// Settings with a credential of each sort, and a body.
fn laden(mut url: Url) -> Settings {
    url.set_username("me").unwrap();
    url.set_password(Some("url-pass%2Fword")).unwrap();
    let mut settings = Settings::of(url);
    settings.http.method = Method::PUT;
    settings.http.body = bytes::Bytes::from_static(b"body-secret");
    for (name, value) in [("cookie", "cookie-secret"), ("x-api-key", "header-secret")] {
        settings.http.headers.insert(name, HeaderValue::from_static(value));
    }
    settings.secrets = vec!["header-secret".to_owned()];
    settings
}

/// `me:url-pass/word`
const BASIC: &str = "authorization: Basic bWU6dXJsLXBhc3Mvd29yZA==";

#[rstest]
#[case(307)]
#[case(308)]
#[tokio::test]
async fn credentials_and_body_go_along_within_an_origin(#[case] status: u16) {
    let target = Target::start().await;
    target.answer_at("/", Behaviour::redirect(status, target.url_of("/next").as_str()));
    assert_eq!(look(laden(target.url()), &shared(), AMPLE).await.verdict, Verdict::Ok);
    let requests = target.requests();
    assert!(requests[1].starts_with("PUT /next "), "{requests:?}");
    for request in requests {
        for sent in [BASIC, "cookie-secret", "header-secret", "content-length: 11"] {
            assert!(request.contains(sent), "{sent} in {request}");
        }
    }
}

#[rstest]
#[case(301)]
#[case(307)]
#[case(308)]
#[tokio::test]
async fn nothing_of_ours_goes_along_to_another_origin(#[case] status: u16) {
    let (target, stranger) = (Target::start().await, Target::start().await);
    target.answer(Behaviour::redirect(status, stranger.url().as_str()));
    // Not even when the stranger sends us back.
    stranger.answer(Behaviour::redirect(307, target.url_of("/back").as_str()));
    target.answer_at("/back", Behaviour::ok());
    assert_eq!(look(laden(target.url()), &shared(), AMPLE).await.verdict, Verdict::Ok);
    for request in [stranger.requests().remove(0), target.requests().remove(1)] {
        let request = request.to_lowercase();
        assert!(request.starts_with("put /"), "{request}");
        for kept in ["authorization", "cookie", "secret", "content-length: 11", "word"] {
            assert!(!request.contains(kept), "{kept} in {request}");
        }
    }
}

#[tokio::test]
async fn a_post_becomes_a_get_without_the_headers_of_its_body() {
    let target = Target::start().await;
    target.answer_at("/", Behaviour::redirect(303, "/next"));
    let mut settings = laden(target.url());
    settings.http.method = Method::POST;
    settings
        .http
        .headers
        .insert("content-type", HeaderValue::from_static("text/plain"));
    look(settings, &shared(), AMPLE).await;
    let request = target.requests().remove(1).to_lowercase();
    assert!(
        request.starts_with("get /next ") && request.contains("header-secret"),
        "{request}"
    );
    assert!(!request.contains("content-"), "{request}");
}

#[tokio::test]
async fn no_secret_comes_back_in_a_reason() {
    let target = Target::start().await;
    let to = "/bWU6dXJsLXBhc3Mvd29yZA==/header-secret/cookie-secret/url-pass%2Fword/";
    target.answer(Behaviour::redirect(302, to));
    let outcome = look(laden(target.url()), &shared(), AMPLE).await;
    let at = target.address();
    let reason = format!(
        "it redirects in a loop, back to http://{at}/[secret]/[secret]/[secret]/[secret]/"
    );
    assert_fail(&outcome, Kind::Protocol, &reason);
    // A target that sends it all back in its body learns nothing, and neither do we.
    target.answer(Behaviour::echo());
    let mut settings = laden(target.url());
    settings.http.expect_body_contains = Some("nothing of the sort".to_owned());
    let outcome = look(settings, &shared(), AMPLE).await;
    assert_fail(&outcome, Kind::Body, "the body lacks \"nothing of the sort\"");
}

#[tokio::test]
async fn what_a_body_must_contain_is_told_without_its_secrets() {
    let target = Target::start().await;
    let mut settings = Settings::of(target.url());
    settings.secrets = vec!["qq\"secret\"value".to_owned()];
    settings.http.expect_body_contains = Some("key qq\"secret\"value".to_owned());
    let outcome = look(settings.clone(), &shared(), AMPLE).await;
    assert_fail(&outcome, Kind::Body, "the body lacks \"key [secret]\"");
    // Too short to be found again, but known by its name.
    settings.http.expect_body_contains = Some("pin 123".to_owned());
    settings.http.expect_body_shown = Some("pin ${PIN}".to_owned());
    let outcome = look(settings, &shared(), AMPLE).await;
    assert_fail(&outcome, Kind::Body, "the body lacks \"pin ${PIN}\"");
}

#[tokio::test]
async fn whatever_was_sent_does_not_come_back_in_a_reason() {
    let target = Target::start().await;
    let mut settings = Settings::of(target.url());
    settings.http.method = Method::POST;
    settings.http.body = bytes::Bytes::from_static(b"b0dy and more");
    settings
        .http
        .headers
        .insert("x-odd", HeaderValue::from_static("l1teral-key"));
    settings.secrets = vec!["s3cr et/path".to_owned()];
    let to = "/s3cr%20et/path/L1TERAL-key/b0dy%20and more/";
    target.answer(Behaviour::redirect(307, to));
    let outcome = look(settings, &shared(), AMPLE).await;
    let at = target.address();
    let reason =
        format!("it redirects in a loop, back to http://{at}/[secret]/[secret]/[secret]/");
    assert_fail(&outcome, Kind::Protocol, &reason);
}

// ---- TLS ----

#[tokio::test]
async fn a_good_certificate_is_ok_over_http_1_and_2() {
    let authority = Authority::new();
    let shared = trusting(&authority);
    let mut config = authority.server(&["127.0.0.1"]);
    let target = Target::start_tls(config.clone()).await;
    let outcome = look(Settings::of(target.url()), &shared, AMPLE).await;
    assert_eq!(outcome.verdict, Verdict::Ok, "{outcome:?}");
    let phases = outcome.evidence.phases;
    let parts = [phases.connect_us, phases.tls_us, phases.first_byte_us];
    let sum: u32 = parts.iter().map(|part| part.unwrap()).sum();
    assert!(sum <= phases.total_us.unwrap());
    assert!(phases.tls_us.unwrap() > 0);

    config.alpn_protocols = vec![b"h2".to_vec()];
    let target = Target::start_tls(config).await;
    let outcome = look(Settings::of(target.url_of("/health")), &shared, AMPLE).await;
    assert_eq!((outcome.verdict, outcome.evidence.status), (Verdict::Ok, Some(200)));
    assert_eq!(outcome.evidence.address, Some(target.address().to_string()));
    assert_eq!(target.requests(), ["GET /health HTTP/2.0"]);
    until_nothing_is_open(&target).await;
}

#[tokio::test]
async fn a_flood_over_http_2_is_read_to_the_cap_and_no_further() {
    let authority = Authority::new();
    let mut config = authority.server(&["127.0.0.1"]);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let target = Target::start_tls(config).await;
    let outcome =
        look(Settings::of(target.url_of("/flood")), &trusting(&authority), AMPLE).await;
    assert_eq!(outcome.verdict, Verdict::Ok, "{outcome:?}");
    assert!(target.sent_bytes() < SENT_BYTES_MAX, "{}", target.sent_bytes());
    until_nothing_is_open(&target).await;
}

#[tokio::test]
async fn every_look_sees_the_certificate_anew() {
    let authority = Authority::new();
    let target = Target::start_tls(authority.server(&["127.0.0.1"])).await;
    let prober = prober(Settings::of(target.url()), &trusting(&authority));
    for _ in 0..3 {
        assert_eq!(prober.probe(AMPLE).await.verdict, Verdict::Ok);
    }
    // The target hands out tickets, and would take them.
    assert_eq!((target.connections(), target.resumed_sessions()), (3, 0));
}

#[rstest]
#[case::expired(2000, 2020, "the certificate expired on 2020-01-01")]
#[case::not_yet(3000, 4000, "the certificate is not valid before 3000-01-01")]
#[tokio::test]
async fn a_certificate_out_of_its_time_is_a_fail(
    #[case] from: i32,
    #[case] to: i32,
    #[case] reason: &str,
) {
    let authority = Authority::new();
    let config = authority.server_between(&["127.0.0.1"], from, to);
    let target = Target::start_tls(config).await;
    let outcome = look(Settings::of(target.url()), &trusting(&authority), AMPLE).await;
    assert_fail(&outcome, Kind::Tls, reason);
    assert_eq!(outcome.latency_us, None);
    assert!(target.requests().is_empty());
}

#[tokio::test]
async fn a_certificate_for_another_name_is_a_fail() {
    let authority = Authority::new();
    let names = NameServer::of_loopback().await;
    let shared = shared_with(
        Roots::Only(vec![authority.root()]),
        NameServers::Only(vec![names.address()]),
    );
    let target = Target::start_tls(authority.server(&["a.example"])).await;
    let outcome = look(Settings::of(target.url_as("b.example", "/")), &shared, AMPLE).await;
    assert_fail(&outcome, Kind::Tls, "the certificate is for a.example, not b.example");
    let outcome = look(Settings::of(target.url_as("a.example", "/")), &shared, AMPLE).await;
    assert_eq!(outcome.verdict, Verdict::Ok, "{outcome:?}");
    assert!(outcome.evidence.phases.dns_us.is_some());
}

#[tokio::test]
async fn a_certificate_that_nobody_we_trust_has_signed_is_a_fail() {
    let target = Target::start_tls(Authority::new().server(&["127.0.0.1"])).await;
    let outcome = look(Settings::of(target.url()), &trusting(&Authority::new()), AMPLE).await;
    assert_fail(&outcome, Kind::Tls, "the certificate is signed by nobody we trust");
}

#[tokio::test]
async fn a_certificate_that_signed_itself_is_told_in_words() {
    let target = Target::start_tls(Authority::new().server_as_itself()).await;
    let outcome = look(Settings::of(target.url()), &trusting(&Authority::new()), AMPLE).await;
    let reason = "the certificate is that of an authority, as self-signed ones are by default, \
                  and not one for a server";
    assert_fail(&outcome, Kind::Tls, reason);
}

#[tokio::test]
async fn a_redirect_from_https_to_http_keeps_no_credentials() {
    let authority = Authority::new();
    let plain = Target::start().await;
    let target = Target::start_tls(authority.server(&["127.0.0.1"])).await;
    target.answer(Behaviour::redirect(307, plain.url().as_str()));
    let outcome = look(laden(target.url()), &trusting(&authority), AMPLE).await;
    assert_eq!(outcome.verdict, Verdict::Ok, "{outcome:?}");
    assert!(target.requests()[0].contains(BASIC));
    let request = plain.requests().remove(0).to_lowercase();
    assert!(
        !request.contains("authorization") && !request.contains("secret"),
        "{request}"
    );
}

/// A listener that treats whoever comes without waiting for a word.
async fn at_once(acts: Vec<Act>) -> SocketAddr {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 16 * 1024]).await.unwrap() > 0);
        for act in acts {
            match act {
                Act::Send(bytes) => stream.write_all(&bytes).await.unwrap(),
                Act::Reset => stream.set_zero_linger().unwrap(),
                _ => std::future::pending().await,
            }
        }
    });
    address
}

#[rstest]
#[case::never_ends(vec![Act::Hang], Kind::Timeout,
    "no answer within 1 s: waiting for the TLS handshake")]
#[case::plain_http(vec![Act::Send(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())], Kind::Tls,
    "what it speaks is not TLS")]
#[case::refused(vec![Act::Send(vec![21, 3, 3, 0, 2, 2, 40])], Kind::Tls,
    "it refused the TLS handshake: handshake failure")]
#[case::reset(vec![Act::Reset], Kind::Tls, "the connection was reset during the TLS handshake")]
#[case::closed(vec![], Kind::Tls, "the connection was closed during the TLS handshake")]
#[tokio::test]
async fn a_handshake_that_does_not_end_well_is_a_fail(
    #[case] acts: Vec<Act>,
    #[case] kind: Kind,
    #[case] reason: &str,
) {
    let address = at_once(acts).await;
    let url = Url::parse(&format!("https://{address}/")).unwrap();
    let timeout = if kind == Kind::Timeout { SHORT } else { AMPLE };
    let outcome = look(Settings::of(url), &shared(), timeout).await;
    assert_fail(&outcome, kind, reason);
    assert_eq!(outcome.evidence.address, Some(address.to_string()));
    assert!(outcome.evidence.phases.connect_us.is_some());
    assert_eq!(outcome.evidence.phases.tls_us, None);
}

// ---- names ----

fn url_of_name(target: &Target) -> Url {
    target.url_as("a.example", "/")
}

#[tokio::test]
async fn a_name_is_resolved_anew_for_every_look() {
    let target = Target::start().await;
    let names = NameServer::of_loopback().await;
    let prober = prober(Settings::of(url_of_name(&target)), &asking(&names));
    for looks in 1..=2 {
        let outcome = prober.probe(AMPLE).await;
        assert_eq!(outcome.verdict, Verdict::Ok, "{outcome:?}");
        assert!(outcome.evidence.phases.dns_us.is_some());
        assert_eq!(outcome.evidence.address, Some(target.address().to_string()));
        // Once for each family.
        assert_eq!(names.asked_for("a.example"), 2 * looks);
    }
}

#[tokio::test]
async fn a_dead_address_leaves_time_for_the_others() {
    let target = Target::start().await;
    let dead = IpAddr::from([127, 0, 0, 2]);
    let names =
        NameServer::start(move |_| Reply::Addresses(vec![dead, IpAddr::from([127, 0, 0, 1])]))
            .await;
    let outcome = look(Settings::of(url_of_name(&target)), &asking(&names), AMPLE).await;
    assert_eq!(outcome.verdict, Verdict::Ok, "{outcome:?}");
    assert_eq!(outcome.evidence.address, Some(target.address().to_string()));
}

#[tokio::test]
async fn a_name_of_which_no_address_takes_a_connection_is_a_fail() {
    let mut target = Target::start().await;
    target.stop().await;
    let ips = [2, 3, 4].map(|last| IpAddr::from([127, 0, 0, last]));
    let names = NameServer::start(move |_| Reply::Addresses(ips.to_vec())).await;
    let outcome = look(Settings::of(url_of_name(&target)), &asking(&names), AMPLE).await;
    assert_eq!(outcome.evidence.kind, Some(Kind::Connect));
    let reason = &outcome.evidence.reason;
    assert!(reason.ends_with(" or 2 other addresses: connection refused"), "{reason}");
}

#[rstest]
#[case(Reply::Code(ResponseCode::NXDomain), "the name a.example does not exist")]
#[case(Reply::Code(ResponseCode::NoError), "a.example has no address")]
#[case(Reply::Code(ResponseCode::ServFail), "a.example cannot be resolved: Server Failure")]
#[case(Reply::Code(ResponseCode::Refused), "a.example cannot be resolved: Query Refused")]
#[tokio::test]
async fn a_name_without_an_address_is_the_targets_fault(
    #[case] reply: Reply,
    #[case] reason: &str,
) {
    let names = NameServer::start(move |name| match name {
        "" => Reply::Code(ResponseCode::NoError),
        _ => reply.clone(),
    })
    .await;
    let url = Url::parse("http://a.example/").unwrap();
    let outcome = look(Settings::of(url), &asking(&names), AMPLE).await;
    assert_fail(&outcome, Kind::Dns, reason);
    assert_eq!(outcome.evidence.address, None);
}

#[tokio::test]
async fn silence_for_one_name_is_the_targets_fault_if_others_are_answered_for() {
    let names = NameServer::start(|name| match name {
        "" => Reply::Code(ResponseCode::NoError),
        _ => Reply::Silence,
    })
    .await;
    let url = Url::parse("http://a.example/").unwrap();
    let outcome = look(Settings::of(url), &asking(&names), SHORT).await;
    assert_fail(&outcome, Kind::Timeout, "no answer within 1 s: resolving a.example");
    assert!(names.asked_for("") > 0);
}

#[rstest]
#[case::silent(Reply::Silence, SHORT)]
#[case::failing(Reply::Code(ResponseCode::ServFail), AMPLE)]
#[case::refusing(Reply::Code(ResponseCode::Refused), AMPLE)]
#[tokio::test]
async fn a_resolver_that_answers_for_no_name_is_our_own_fault(
    #[case] reply: Reply,
    #[case] timeout: Duration,
) {
    let names = NameServer::start(move |_| reply.clone()).await;
    let url = Url::parse("http://a.example/").unwrap();
    let outcome = look(Settings::of(url), &asking(&names), timeout).await;
    assert_unknown(&outcome, Kind::OwnResolver);
    assert_eq!(outcome.evidence.reason, "our resolver answers for no name at all");
}

#[tokio::test]
async fn a_resolver_that_is_not_there_is_our_own_fault_and_addresses_still_work() {
    let target = Target::start().await;
    let shared = shared();
    let url = Url::parse("http://a.example/").unwrap();
    let outcome = look(Settings::of(url), &shared, AMPLE).await;
    assert_unknown(&outcome, Kind::OwnResolver);
    for url in [target.url(), target.url_as("localhost", "/")] {
        assert_eq!(look(Settings::of(url), &shared, AMPLE).await.verdict, Verdict::Ok);
    }
}

#[rstest]
#[case(ResponseCode::Refused)]
#[case(ResponseCode::ServFail)]
#[case(ResponseCode::NotImp)]
#[tokio::test]
async fn a_resolver_that_does_not_speak_of_the_root_is_not_dead(#[case] code: ResponseCode) {
    let names = NameServer::start(move |name| match name {
        "" => Reply::Code(code),
        "com" => Reply::Code(ResponseCode::NoError),
        _ => Reply::Code(ResponseCode::ServFail),
    })
    .await;
    let url = Url::parse("http://a.example/").unwrap();
    let outcome = look(Settings::of(url), &asking(&names), AMPLE).await;
    assert_fail(&outcome, Kind::Dns, "a.example cannot be resolved: Server Failure");
}

#[tokio::test]
async fn many_looks_at_once_share_one_control_question() {
    let names = NameServer::start(|_| Reply::Code(ResponseCode::ServFail)).await;
    let shared = asking(&names);
    let looks = (0..50).map(|n| {
        let url = Url::parse(&format!("http://{n}.example/")).unwrap();
        look(Settings::of(url), &shared, AMPLE)
    });
    for outcome in futures_util::future::join_all(looks).await {
        assert_unknown(&outcome, Kind::OwnResolver);
    }
    // hickory repeats a question that failed; 50 of our own would be far more.
    assert!(names.asked_for("") < 10, "{}", names.asked_for(""));
}

// ---- our own network ----

/// Link-local without an interface, and all there are: no kernel knows where to send that.
const NOBODYS: [&str; 2] = ["[fe80::1]", "255.255.255.255"];

#[tokio::test]
async fn an_address_that_no_host_can_have_is_not_our_fault_while_we_have_a_way_out() {
    for host in NOBODYS {
        let ip = host.trim_matches(['[', ']']);
        let url = Url::parse(&format!("http://{host}:9/")).unwrap();
        let by_name = ip.parse::<IpAddr>().unwrap();
        let names = NameServer::start(move |_| Reply::Addresses(vec![by_name])).await;
        let named = Url::parse("http://a.example:9/").unwrap();
        for (url, shared) in [(url, shared()), (named, asking(&names))] {
            let outcome = look(Settings::of(url), &shared, AMPLE).await;
            if everup::probe::route::to_anywhere() {
                let reason = format!("no host can be reached at {ip}");
                assert_fail(&outcome, Kind::Connect, &reason);
            } else {
                assert_unknown(&outcome, Kind::OwnNetwork);
                let reason = format!("this host has no route to {ip}");
                assert_eq!(outcome.evidence.reason, reason);
            }
        }
    }
}

#[tokio::test]
async fn a_redirect_to_where_nobody_can_go_is_the_targets_fault() {
    let target = Target::start().await;
    for host in NOBODYS {
        target.answer(Behaviour::redirect(302, &format!("http://{host}:9/")));
        let outcome = look_at(target.url()).await;
        let reason = format!("no host can be reached at {}", host.trim_matches(['[', ']']));
        assert_fail(&outcome, Kind::Connect, &reason);
    }
}

#[tokio::test]
async fn a_target_behind_a_socket_in_the_file_system_is_looked_at_there() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("app.sock");
    let mut settings = Settings::of(Url::parse("http://localhost/health").unwrap());
    settings.http.socket = Some(socket.clone());
    let outcome = look(settings.clone(), &shared(), AMPLE).await;
    let said = "connecting to its socket: No such file or directory (os error 2)";
    assert_fail(&outcome, Kind::Connect, said);
    let listener = UnixListener::bind(&socket).unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 4096];
        let count = stream.read(&mut bytes).await.unwrap();
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        stream.write_all(answer).await.unwrap();
        drop(listener);
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    });
    let outcome = look(settings.clone(), &shared(), AMPLE).await;
    assert_eq!(outcome.verdict, Verdict::Ok, "{outcome:?}");
    assert_eq!((outcome.evidence.address, outcome.evidence.status), (None, Some(200)));
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("GET /health HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("host: localhost\r\n"), "{asked}");
    // The file stays behind, and nobody listens.
    let outcome = look(settings, &shared(), AMPLE).await;
    assert_fail(&outcome, Kind::Connect, "connecting to its socket: connection refused");
}

#[tokio::test]
async fn a_redirect_leads_away_from_a_socket() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("app.sock");
    let target = Target::start().await;
    target.answer(Behaviour::status(200));
    let listener = UnixListener::bind(&socket).unwrap();
    let to = target.url_of("/elsewhere");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        let answer =
            format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    let mut settings = Settings::of(Url::parse("http://localhost/health").unwrap());
    settings.http.socket = Some(socket);
    let outcome = look(settings, &shared(), AMPLE).await;
    assert_eq!(outcome.verdict, Verdict::Ok, "{outcome:?}");
    assert_eq!(outcome.evidence.address, Some(target.address().to_string()));
    assert_eq!(target.requests().len(), 1);
}
