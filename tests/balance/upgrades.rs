//! WebSockets, and whatever else leaves HTTP.

use super::backend::Backend;
use super::world::{Visitor, get, over, settings, start, until};
use everup::balance::balancer::Balancer;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const ASKS: &str = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\
                    Upgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n";

const TAKES: &str = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n\
                     upgrade: websocket\r\nsec-websocket-accept: y\r\n\r\n";

/// A balancer whose only backend is played by hand, and that backend's door.
async fn by_hand(idle: Duration) -> (Balancer, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut told = settings(&[format!("http://{}", listener.local_addr().unwrap())]);
    told.health.interval = Duration::from_secs(3_600);
    told.timeouts.tunnel = idle;
    let balancer = start(told).await;
    let (mut check, _) = listener.accept().await.unwrap();
    check
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        .await
        .unwrap();
    (balancer, listener)
}

/// Both ends of a connection that has left HTTP.
async fn tunnel(balancer: &Balancer, door: &TcpListener) -> (Visitor, Visitor) {
    let mut visitor = Visitor::come(balancer.address()).await;
    visitor.say(ASKS).await;
    let mut backend = Visitor::over(door.accept().await.unwrap().0);
    backend.until(b"\r\n\r\n").await;
    backend.say(TAKES).await;
    visitor.hear(false).await.unwrap();
    (visitor, backend)
}

#[tokio::test]
async fn bytes_go_both_ways_after_the_backend_has_agreed_and_not_before() {
    let (balancer, door) = by_hand(Duration::from_secs(5)).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    // The visitor does not wait.
    visitor.say(format!("{ASKS}early")).await;
    let mut backend = Visitor::over(door.accept().await.unwrap().0);
    let head = backend.until(b"\r\n\r\n").await;
    assert!(head.contains("connection: upgrade\r\n"), "{head}");
    assert!(head.contains("upgrade: websocket\r\n"), "{head}");
    assert!(head.contains("sec-websocket-key: x\r\n"), "{head}");
    let mut none = [0; 1];
    let read = backend.stream.read(&mut none);
    tokio::time::timeout(Duration::from_millis(200), read)
        .await
        .expect_err("bytes came early");
    backend.say(format!("{TAKES}hello")).await;
    let answer = visitor.hear(false).await.unwrap();
    assert_eq!(answer.status, 101);
    assert_eq!(answer.header("upgrade"), Some("websocket"));
    assert_eq!(answer.header("sec-websocket-accept"), Some("y"));
    assert_eq!(visitor.take(5).await, b"hello");
    assert_eq!(backend.take(5).await, b"early");
    for n in 0..50 {
        let word = format!("{n:>1000}");
        visitor.say(&word).await;
        assert_eq!(backend.take(1000).await, word.as_bytes());
        backend.say(&word).await;
        assert_eq!(visitor.take(1000).await, word.as_bytes());
    }
    assert_eq!(balancer.pool.backends[0].under_way(), 1);
    // One side ends; the other may go on until it does too.
    visitor.stream.shutdown().await.unwrap();
    assert_eq!(backend.stream.read(&mut none).await.unwrap(), 0);
    backend.say("last").await;
    assert_eq!(visitor.take(4).await, b"last");
    drop(backend);
    assert!(visitor.is_left().await);
    until(|| balancer.pool.backends[0].under_way() == 0).await;
    assert_eq!(balancer.pool.counts.read().answered, 1);
}

#[tokio::test]
async fn a_backend_that_does_not_agree_answers_and_bytes_sent_early_never_reach_it() {
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    // What follows is read as the next request, by us and by nobody else.
    let smuggled = "GET /admin HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n";
    let answer = visitor.ask(format!("{ASKS}{smuggled}")).await;
    assert_eq!((answer.status, answer.text()), (200, "a"));
    assert_eq!(visitor.hear(true).await.unwrap().status, 400);
    assert!(visitor.is_left().await);
    assert_eq!(a.seen().len(), 1);
}

#[tokio::test]
async fn a_switch_that_nobody_asked_for_is_no_answer() {
    let (balancer, door) = by_hand(Duration::from_secs(5)).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    visitor.say(get("/")).await;
    let mut backend = Visitor::over(door.accept().await.unwrap().0);
    backend.until(b"\r\n\r\n").await;
    backend.say(format!("{TAKES}bytes")).await;
    let answer = visitor.hear(true).await.unwrap();
    assert_eq!(answer.status, 502);
}

#[tokio::test]
async fn another_version_of_http_is_not_switched_to() {
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    let asks = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n\
                Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
    assert_eq!(visitor.ask(asks).await.status, 200);
    let seen = &a.seen()[0];
    for name in ["upgrade", "connection", "http2-settings"] {
        assert_eq!(seen.header(name), None);
    }
}

#[tokio::test]
async fn silence_ends_a_tunnel() {
    let (balancer, door) = by_hand(Duration::from_millis(200)).await;
    let (mut visitor, mut backend) = tunnel(&balancer, &door).await;
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        visitor.say("x").await;
        assert_eq!(backend.take(1).await, b"x");
    }
    assert!(visitor.is_left().await);
    assert!(backend.is_left().await);
}

#[tokio::test]
async fn a_tunnel_goes_on_while_the_balancer_waits_for_what_is_under_way() {
    let (balancer, door) = by_hand(Duration::from_secs(60)).await;
    let (mut visitor, mut backend) = tunnel(&balancer, &door).await;
    let stopping = tokio::spawn(balancer.stop(Duration::from_secs(20)));
    tokio::time::sleep(Duration::from_millis(500)).await;
    visitor.say("still").await;
    assert_eq!(backend.take(5).await, b"still");
    assert!(!stopping.is_finished());
    drop(visitor);
    assert!(backend.is_left().await);
    drop(backend);
    tokio::time::timeout(Duration::from_secs(10), stopping)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn tunnels_are_cut_when_the_balancer_stops() {
    let (balancer, door) = by_hand(Duration::from_secs(60)).await;
    let (mut visitor, mut backend) = tunnel(&balancer, &door).await;
    balancer.stop(Duration::from_millis(200)).await;
    assert!(visitor.is_left().await);
    assert!(backend.is_left().await);
}
