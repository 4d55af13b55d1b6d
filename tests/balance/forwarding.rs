//! A request arrives as it was sent, and so does its answer.

use super::backend::{Backend, Does};
use super::world::{Visitor, get, over, over_with, post, settings, start, until};
use everup::balance::settings::{Network, Sameness, Strategy, TlsFiles};
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

#[tokio::test]
async fn a_request_arrives_with_where_it_came_from_and_nobody_elses_word_for_it() {
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    let answer = visitor
        .ask(
            "PUT /cart?x=1&y=%20 HTTP/1.1\r\nHost: shop.example:8080\r\nX-Own: yes\r\n\
             X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nConnection: keep-alive, x-hop\r\n\
             X-Hop: 1\r\nContent-Length: 5\r\n\r\nhello",
        )
        .await;
    assert_eq!((answer.status, answer.text()), (200, "a"));
    assert_eq!(answer.header("via"), Some("1.1 everup"));
    let seen = &a.seen()[0];
    assert_eq!(seen.line, "PUT /cart?x=1&y=%20 HTTP/1.1");
    assert_eq!(seen.body, b"hello");
    assert_eq!(seen.header("host"), Some("shop.example:8080"));
    assert_eq!(seen.header("x-own"), Some("yes"));
    assert_eq!(seen.header("x-hop"), None);
    assert_eq!(seen.header("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(seen.header("x-forwarded-proto"), Some("http"));
    assert_eq!(seen.header("x-forwarded-host"), Some("shop.example:8080"));
    assert_eq!(
        seen.header("forwarded"),
        Some("for=127.0.0.1;host=\"shop.example:8080\";proto=http")
    );
    assert_eq!(seen.header("via"), Some("1.1 everup"));
    assert_eq!(seen.header("x-request-id"), answer.header("x-request-id"));
    assert_eq!(seen.header("x-request-id").unwrap().len(), 32);
}

#[tokio::test]
async fn a_proxy_that_is_trusted_is_believed() {
    let a = Backend::start("a").await;
    let balancer = over_with(&[&a], |settings| {
        settings.trusted = vec![Network::parse("127.0.0.0/8").unwrap()];
    })
    .await;
    let mut visitor = Visitor::come(balancer.address()).await;
    let told = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n\
                X-Forwarded-Proto: https\r\n\r\n";
    visitor.ask(told).await;
    let seen = &a.seen()[0];
    assert_eq!(seen.header("x-forwarded-for"), Some("203.0.113.9, 127.0.0.1"));
    assert_eq!(seen.header("x-forwarded-proto"), Some("https"));
}

#[tokio::test]
async fn requests_share_connections_and_are_counted() {
    let (a, b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over(&[&a, &b]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    let mut names = String::new();
    for _ in 0..6 {
        names += visitor.ask(get("/")).await.text();
    }
    assert_eq!(names, "ababab");
    assert_eq!((a.opened(), b.opened()), (1, 1));
    a.next(Does::answers(503, "busy"));
    assert_eq!(visitor.ask(get("/")).await.status, 503);
    let tally = balancer.pool.counts.read();
    assert_eq!((tally.answered, tally.server_errors, tally.repeated), (6, 1, 0));
    let of_a = balancer.pool.backends[0].counts.read();
    assert_eq!((of_a.answered, of_a.server_errors), (3, 1));
    assert!(balancer.pool.backends.iter().all(|backend| backend.under_way() == 0));
}

#[tokio::test]
async fn answers_without_a_body_leave_the_connection_usable() {
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    a.next(Does::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n".to_vec()));
    visitor.say("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let answer = visitor.hear(false).await.unwrap();
    assert_eq!(answer.header("content-length"), Some("7"));
    for status in ["204 No Content", "304 Not Modified"] {
        a.next(Does::Says(format!("HTTP/1.1 {status}\r\n\r\n").into_bytes()));
        assert!(visitor.ask(get("/")).await.body.is_empty());
    }
    assert_eq!(visitor.ask(get("/")).await.text(), "a");
    assert_eq!(a.opened(), 1);
}

#[tokio::test]
async fn every_framing_of_a_backend_is_understood() {
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    a.next(Does::Says(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".to_vec(),
    ));
    let answer = visitor.ask(get("/")).await;
    assert_eq!(answer.text(), "3\r\nabc\r\n0\r\n\r\n");
    // Delimited by its end: it gets a delimiter on our side.
    a.next(Does::SaysAndCloses(b"HTTP/1.0 200 OK\r\n\r\nuntil the end".to_vec()));
    let answer = visitor.ask(get("/")).await;
    assert_eq!(answer.text(), "D\r\nuntil the end\r\n0\r\n\r\n");
    assert_eq!(visitor.ask(get("/")).await.text(), "a");
}

#[tokio::test]
async fn a_body_without_a_length_arrives_whatever_the_method() {
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    for method in ["GET", "HEAD", "DELETE", "POST"] {
        let mut visitor = Visitor::come(balancer.address()).await;
        let asked = format!(
            "{method} / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
             3\r\nabc\r\n0\r\n\r\n"
        );
        visitor.say(asked).await;
        assert_eq!(visitor.hear(method != "HEAD").await.unwrap().status, 200);
        let seen = a.seen().pop().unwrap();
        assert_eq!(seen.header("transfer-encoding"), Some("chunked"), "{method}");
        assert_eq!(seen.body, b"abc", "{method}");
    }
}

#[tokio::test]
async fn a_length_that_says_nothing_is_not_told_to_visitors() {
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    for length in ["3", "20", "1", "0"] {
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\ntransfer-encoding: chunked\r\n\r\n\
             5\r\nwhole\r\n0\r\n\r\n"
        );
        a.next(Does::Says(answer.into_bytes()));
        let mut visitor = Visitor::come(balancer.address()).await;
        let answer = visitor.ask(get("/")).await;
        assert_eq!(answer.header("content-length"), None);
        assert!(answer.text().contains("whole"), "{length}: {answer:?}");
    }
    let twice = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok";
    a.next(Does::Says(twice.to_vec()));
    let mut visitor = Visitor::come(balancer.address()).await;
    let answer = visitor.ask(get("/")).await;
    assert_eq!(answer.head.matches("content-length").count(), 1, "{answer:?}");
    assert_eq!(answer.text(), "ok");
}

#[tokio::test]
async fn an_answer_of_our_own_has_the_name_of_its_request() {
    let mut a = Backend::start("a").await;
    a.kill();
    let balancer = over(&[&a]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    let answer = visitor.ask(get("/")).await;
    assert!(answer.status >= 500);
    assert_eq!(answer.header("x-request-id").map(str::len), Some(32));
}

#[tokio::test]
async fn bodies_flow_both_ways_piece_by_piece() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let mut told = settings(&[address]);
    told.health.interval = Duration::from_secs(3_600);
    let balancer = start(told).await;
    let (mut check, _) = listener.accept().await.unwrap();
    check
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        .await
        .unwrap();
    let mut visitor = Visitor::come(balancer.address()).await;
    visitor
        .say("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    visitor.say("2\r\nab\r\n").await;
    let mut backend = Visitor::over(listener.accept().await.unwrap().0);
    let head = backend.until(b"\r\n\r\n").await;
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert_eq!(backend.take(7).await, b"2\r\nab\r\n");
    // The answer begins while the request goes on.
    backend
        .say("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n")
        .await;
    visitor.until(b"data: 1\n\n\r\n").await;
    visitor.say("2\r\ncd\r\n").await;
    assert_eq!(backend.take(7).await, b"2\r\ncd\r\n");
    backend.say("data: 2\n\n").await;
    visitor.until(b"data: 2\n\n\r\n").await;
    visitor.say("0\r\n\r\n").await;
    assert_eq!(backend.take(5).await, b"0\r\n\r\n");
    drop(backend);
    visitor.until(b"0\r\n\r\n").await;
}

#[tokio::test]
async fn an_upload_that_is_refused_early_is_told_so() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut told = settings(&[format!("http://{}", listener.local_addr().unwrap())]);
    told.health.interval = Duration::from_secs(3_600);
    let balancer = start(told).await;
    let (_check, _) = listener.accept().await.unwrap();
    let mut visitor = Visitor::come(balancer.address()).await;
    visitor
        .say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin")
        .await;
    let mut backend = Visitor::over(listener.accept().await.unwrap().0);
    backend.until(b"begin").await;
    backend.say("HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig").await;
    let answer = visitor.hear(true).await.unwrap();
    assert_eq!((answer.status, answer.text()), (413, "big"));
}

#[tokio::test]
async fn a_visitor_who_waits_for_leave_to_send_a_body_gets_it() {
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    visitor
        .say("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        .await;
    let head = visitor.until(b"\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 100 "), "{head}");
    assert_eq!(visitor.ask("ab").await.text(), "a");
    assert_eq!(a.seen()[0].body, b"ab");
    assert_eq!(a.seen()[0].header("expect"), None);
}

#[tokio::test]
async fn a_visitor_who_leaves_is_no_failure_of_the_backend() {
    let (a, b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over(&[&a, &b]).await;
    a.next(Does::IsSilent);
    let mut visitor = Visitor::come(balancer.address()).await;
    visitor.say(get("/")).await;
    until(|| a.seen().len() == 1).await;
    drop(visitor);
    until(|| balancer.pool.backends[0].under_way() == 0).await;
    assert_eq!(balancer.pool.counts.read().abandoned, 1);
    assert_eq!(balancer.pool.counts.read().failed, 0);
    assert!(!balancer.pool.backends[0].is_suspect());
}

#[tokio::test]
async fn the_same_visitor_stays_with_the_same_backend() {
    let (a, b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over_with(&[&a, &b], |settings| {
        settings.strategy = Strategy::Consistent(Sameness::Cookie("sid".to_owned()));
    })
    .await;
    let mut visitor = Visitor::come(balancer.address()).await;
    let mut by_cookie = std::collections::BTreeMap::<u8, String>::new();
    for n in 0..60 {
        let cookie = n % 20;
        let told = format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: x=1; sid={cookie}\r\n\r\n");
        let name = visitor.ask(told).await.text().to_owned();
        let before = by_cookie.entry(cookie).or_insert_with(|| name.clone());
        assert_eq!(*before, name);
    }
    let at_a = by_cookie.values().filter(|name| *name == "a").count();
    assert!((3..=17).contains(&at_a), "{by_cookie:?}");
}

#[tokio::test]
async fn a_backend_may_be_a_socket_of_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert_ne!(stream.read(&mut request).await.unwrap(), 0);
            let answer =
                b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nunix";
            stream.write_all(answer).await.unwrap();
        }
    });
    let balancer = start(settings(&[format!("unix:{}", path.display())])).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    for _ in 0..3 {
        assert_eq!(visitor.ask(get("/")).await.text(), "unix");
    }
    // Without a host, as HTTP/1.0 may come, it gets one.
    assert_eq!(visitor.ask("GET / HTTP/1.0\r\n\r\n").await.text(), "unix");
}

fn tls_files(folder: &std::path::Path) -> (TlsFiles, rustls::RootCertStore) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let files = TlsFiles { certificate: folder.join("c.pem"), key: folder.join("k.pem") };
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    (files, roots)
}

#[tokio::test]
async fn http2_and_http1_are_spoken_over_tls() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let (files, roots) = tls_files(folder.path());
    let a = Backend::start("a").await;
    let balancer = over_with(&[&a], |settings| settings.tls = Some(files)).await;
    for protocol in ["h2", "http/1.1"] {
        let mut config = rustls::ClientConfig::builder()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let stream = tokio::net::TcpStream::connect(balancer.address()).await.unwrap();
        let stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
        let request = http::Request::post("https://localhost:8443/x")
            .header("cookie", "a=1")
            .header("cookie", "b=2");
        let answer = if protocol == "h2" {
            let (mut sender, connection) = hyper::client::conn::http2::handshake(
                TokioExecutor::new(),
                TokioIo::new(stream),
            )
            .await
            .unwrap();
            tokio::spawn(connection);
            sender
                .send_request(request.body(Full::<bytes::Bytes>::from("hello")).unwrap())
                .await
                .unwrap()
        } else {
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            let request = request.header("host", "localhost:8443");
            sender
                .send_request(request.body(Full::<bytes::Bytes>::from("hello")).unwrap())
                .await
                .unwrap()
        };
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "a");
    }
    let seen = a.seen();
    assert_eq!(seen[0].line, "POST /x HTTP/1.1");
    assert_eq!(seen[0].header("cookie"), Some("a=1; b=2"));
    assert_eq!(seen[0].header("host"), Some("localhost:8443"));
    assert_eq!(seen[0].header("via"), Some("2.0 everup"));
    assert_eq!(seen[0].body, b"hello");
    assert_eq!(seen[1].header("x-forwarded-proto"), Some("https"));
    assert!(seen[1].header("forwarded").unwrap().ends_with("proto=https"));
}

#[tokio::test]
async fn requests_over_one_connection_of_http2_go_to_all_backends_at_once() {
    let (a, b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over(&[&a, &b]).await;
    let stream = tokio::net::TcpStream::connect(balancer.address()).await.unwrap();
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let requests = (0..40).map(|_| {
        let mut sender = sender.clone();
        async move {
            let request = http::Request::get("http://shop.example/");
            let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
            let answer = sender.send_request(request).await.unwrap();
            answer.into_body().collect().await.unwrap().to_bytes()
        }
    });
    let answers = futures_util::future::join_all(requests).await;
    assert_eq!(answers.iter().filter(|name| *name == "a").count(), 20);
    assert_eq!(a.seen()[0].header("host"), Some("shop.example"));
}

#[tokio::test]
async fn what_is_under_way_is_answered_when_the_balancer_stops() {
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    let address = balancer.address();
    let mut idle = Visitor::come(address).await;
    idle.ask(get("/")).await;
    let mut visitor = Visitor::come(address).await;
    visitor
        .say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
        .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let stopping = tokio::spawn(balancer.stop(Duration::from_secs(10)));
    assert!(idle.is_left().await);
    visitor.say("b").await;
    assert_eq!(visitor.hear(true).await.unwrap().text(), "a");
    stopping.await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn what_takes_too_long_is_cut_off_when_the_balancer_stops() {
    let a = Backend::start("a").await;
    a.next(Does::IsSilent);
    let balancer = over(&[&a]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    visitor.say(post("/", "x")).await;
    until(|| a.seen().len() == 1).await;
    balancer.stop(Duration::from_millis(100)).await;
    assert!(visitor.is_left().await);
}
