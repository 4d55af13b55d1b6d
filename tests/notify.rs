//! The webhook against receivers that behave in every way: what becomes of a message, in
//! time, at a bounded cost, and without a secret in what is said of it.

mod support;

use everup::domain::timestamp::Timestamp;
use everup::notify::contract::Receipt;
use everup::notify::message::Message;
use everup::notify::{self, TELL_WITHIN, Way, webhook};
use everup::probe::resolver::NameServers;
use everup::probe::shared::Shared;
use everup::probe::tls::Roots;
use http::{HeaderMap, HeaderValue};
use rstest::rstest;
use std::time::{Duration, Instant};
use support::authority::Authority;
use support::behaviour::{Act, Behaviour};
use support::receiver::Receiver;
use support::target::Target;
use url::Url;

/// How late a busy machine may make the end.
const SLACK: Duration = Duration::from_secs(5);

async fn tell_trusting(url: Url, roots: Roots) -> Receipt {
    let shared = Shared::with(&roots, NameServers::Only(vec![])).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("x-key", HeaderValue::from_static("hunter2-in-a-header"));
    let way = Way::Webhook(webhook::Settings { url, headers, secrets: vec![] });
    let notifier = notify::notifier(&way, shared.tls()).unwrap();
    let began = Instant::now();
    let receipt = notifier.tell(&Message::test(Timestamp(7))).await;
    assert!(began.elapsed() < TELL_WITHIN + SLACK, "ended after {:?}", began.elapsed());
    let said = format!("{receipt:?}");
    assert!(!said.contains("hunter2") && !said.contains("T0K3N"), "{said}");
    assert!(said.len() < 2_000, "{} bytes", said.len());
    receipt
}

async fn tell(target: &Target) -> Receipt {
    tell_trusting(target.url_of("/services/hunter2-T0K3N?k=hunter2-too"), Roots::Mozilla).await
}

#[rstest]
#[case::ok(Behaviour::ok(), Receipt::Taken("HTTP 200: ok".to_owned()))]
#[case::no_content(Behaviour::raw("HTTP/1.1 204 x\r\n\r\n"), Receipt::Taken("HTTP 204".to_owned()))]
#[case::not_found(Behaviour::answer(404, "", "no_team"), Receipt::Refused("HTTP 404: no_team".to_owned()))]
#[case::gone(Behaviour::status(410), Receipt::Refused("HTTP 410".to_owned()))]
#[case::timeout(Behaviour::status(408), Receipt::Later("HTTP 408".to_owned(), None))]
#[case::too_many(
    Behaviour::answer(429, "retry-after: 30\r\n", ""),
    Receipt::Later("HTTP 429".to_owned(), Some(Duration::from_secs(30)))
)]
#[case::unavailable(Behaviour::status(503), Receipt::Later("HTTP 503".to_owned(), None))]
#[case::redirect(
    Behaviour::redirect(307, "/elsewhere"),
    Receipt::Refused(
        "HTTP 307: a redirect is not followed; write the address that it leads to".to_owned()
    )
)]
#[tokio::test]
async fn the_status_decides(#[case] behaviour: Behaviour, #[case] expected: Receipt) {
    let target = Target::start().await;
    target.answer(behaviour);
    assert_eq!(tell(&target).await, expected);
    let requests = target.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("POST /services/hunter2-T0K3N?k=hunter2-too HTTP/1.1"));
}

const CLOSED: &str = "the connection was closed before an answer came";

#[rstest]
#[case(Behaviour::close(), CLOSED)]
#[case(Behaviour::reset(), "the connection was reset before an answer came")]
#[case(
    Behaviour::raw("not http at all\r\n\r\n"),
    "its answer is not HTTP; write https:// if its port speaks TLS"
)]
#[case(Behaviour::endless_headers(), "the head of its answer is too large")]
#[case(Behaviour::endless_header(), "the head of its answer is too large")]
#[tokio::test]
async fn a_receiver_that_breaks_off_or_never_ends_is_tried_again(
    #[case] behaviour: Behaviour,
    #[case] why: &str,
) {
    let target = Target::start().await;
    target.answer(behaviour);
    assert_eq!(tell(&target).await, Receipt::Later(why.to_owned(), None));
}

#[tokio::test]
async fn a_receiver_that_is_silent_is_left_after_the_deadline() {
    let target = Target::start().await;
    target.answer(Behaviour::silent());
    let silence = "no answer within 10 s".to_owned();
    assert_eq!(tell(&target).await, Receipt::Later(silence.clone(), None));
    target.answer(Behaviour::dripping_head());
    assert_eq!(tell(&target).await, Receipt::Later(silence, None));
}

#[tokio::test]
async fn nobody_listening_is_tried_again() {
    let mut target = Target::start().await;
    target.stop().await;
    let why = "the connection is refused; nothing listens at its port".to_owned();
    assert_eq!(tell(&target).await, Receipt::Later(why, None));
}

#[tokio::test]
async fn a_receiver_whose_name_is_not_found_is_tried_again() {
    // No label of a name may be so long, so that nobody has to be asked.
    let url = format!("http://hunter2-{}.example/", "x".repeat(60));
    let why = "its host is not found; check how it is written, and the DNS of this machine";
    let receipt = tell_trusting(Url::parse(&url).unwrap(), Roots::Mozilla).await;
    assert_eq!(receipt, Receipt::Later(why.to_owned(), None));
}

#[tokio::test]
async fn a_port_without_tls_is_told_so_and_one_with_it_likewise() {
    let (plain, authority) = (Receiver::start().await, Authority::new());
    let mut url = Url::parse(&plain.url("/hook")).unwrap();
    url.set_scheme("https").unwrap();
    let why = "its port speaks no TLS; write http://, or the port that does".to_owned();
    assert_eq!(tell_trusting(url, Roots::Mozilla).await, Receipt::Later(why, None));
    let secure = Target::start_tls(authority.server(&["127.0.0.1"])).await;
    let mut url = secure.url();
    url.set_scheme("http").unwrap();
    let Receipt::Later(why, None) = tell_trusting(url, Roots::Mozilla).await else { panic!() };
    assert_eq!(why, "its answer is not HTTP; write https:// if its port speaks TLS");
}

/// What a receiver says back may hold what it was sent, and be as long as it likes.
#[tokio::test]
async fn of_an_answer_only_the_beginning_is_read_and_no_secret_is_said() {
    let target = Target::start().await;
    let head = b"HTTP/1.1 400 x\r\n\r\n".to_vec();
    target.answer(Behaviour(vec![Act::Send(head.clone()), Act::Echo]));
    let Receipt::Refused(why) = tell(&target).await else { panic!() };
    assert!(why.contains("[secret]") && why.contains("POST"), "{why}");
    let flood = Act::Repeat(vec![b'x'; 64 * 1024], Duration::ZERO);
    target.answer(Behaviour(vec![Act::Send(head), flood]));
    let Receipt::Refused(why) = tell(&target).await else { panic!() };
    assert!(why.contains("xxx") && why.ends_with('…'), "{why}");
    assert_eq!(why.chars().count(), "HTTP 400: ".len() + 200);
    assert!(target.sent_bytes() < 16 * 1024 * 1024, "{}", target.sent_bytes());
}

#[tokio::test]
async fn a_certificate_is_checked() {
    let authority = Authority::new();
    let target = Target::start_tls(authority.server(&["localhost", "127.0.0.1"])).await;
    let receipt = tell_trusting(target.url(), Roots::Only(vec![authority.root()])).await;
    assert_eq!(receipt, Receipt::Taken("HTTP 200: ok".to_owned()));
    let Receipt::Later(why, None) = tell_trusting(target.url(), Roots::Mozilla).await else {
        panic!()
    };
    assert_eq!(why, "the certificate is signed by nobody we trust");
}
