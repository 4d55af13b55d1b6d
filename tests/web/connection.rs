//! Real connections: what is spoken, what is refused, and how serving ends.

use crate::sample;
use everup::web;
use everup::web::serve::Limits;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

async fn serve() -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    serve_within(Limits::of_system()).await
}

async fn serve_within(limits: Limits) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let router = web::router(sample::well().app);
    let server =
        tokio::spawn(web::serve::serve_within(limits, listener, router, shutdown.clone()));
    (address, shutdown, server)
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    while !String::from_utf8_lossy(&text).ends_with(end) {
        let mut buffer = [0; 1_024];
        match stream.read(&mut buffer).await.unwrap() {
            0 => break,
            count => text.extend_from_slice(&buffer[..count]),
        }
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_connection_is_kept_and_ends_with_the_service() {
    let (address, shutdown, server) = serve().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let answer = read_until(&mut stream, "}").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    shutdown.cancel();
    server.await.unwrap();
    assert_eq!(read_until(&mut stream, "never").await, "");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn http_2_is_spoken_to_those_who_know() {
    let (address, shutdown, server) = serve().await;
    // The suite runs one test a process, or many in one: either may be first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let answer = client.get(format!("http://{address}/")).send().await.unwrap();
    assert_eq!(answer.version(), http::Version::HTTP_2);
    assert_eq!(answer.status(), 200);
    drop(client);
    shutdown.cancel();
    server.await.unwrap();
}

#[tokio::test]
async fn headers_beyond_the_limits_are_refused() {
    let (address, shutdown, server) = serve().await;
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n", "a".repeat(32 * 1_024));
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: a\r\n".repeat(80));
    for request in [long, many] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // It may hang up before it was told everything.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 431");
    }
    shutdown.cancel();
    server.await.unwrap();
}

const LONG: Duration = Duration::from_secs(600);
const SOON: Duration = Duration::from_millis(300);

/// What HTTP/2 begins with, and no settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0whoisit?";

/// Says this every 50 ms, and gives how long it was listened to.
async fn listened_to(address: SocketAddr, first: &[u8], then: &[u8]) -> Duration {
    let (began, mut stream) = (Instant::now(), TcpStream::connect(address).await.unwrap());
    stream.write_all(first).await.unwrap();
    let mut buffer = [0; 1_024];
    loop {
        let pause = Duration::from_millis(50);
        match tokio::time::timeout(pause, stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => return began.elapsed(),
            Ok(Ok(_)) => {}
            Err(_) => drop(stream.write_all(then).await),
        }
        assert!(began.elapsed() < LONG / 10, "it is still listened to");
    }
}

#[tokio::test]
async fn who_asks_nothing_is_not_kept_whatever_else_is_said() {
    let limits = Limits { connections: 16, first_request: SOON, idle: LONG };
    let (address, shutdown, server) = serve_within(limits).await;
    for (first, then) in [(&b""[..], &b""[..]), (b"PRI * HT", b""), (PREFACE, PING)] {
        assert!(listened_to(address, first, then).await >= SOON);
    }
    shutdown.cancel();
    server.await.unwrap();
}

#[tokio::test]
async fn who_asks_no_more_is_not_kept_whatever_else_is_said() {
    let limits = Limits { connections: 16, first_request: LONG, idle: SOON };
    let (address, shutdown, server) = serve_within(limits).await;
    // GET / over http:, by the static table of headers, and an authority of one letter.
    let headers = b"\0\0\x06\x01\x05\0\0\0\x01\x82\x84\x86\x41\x01x";
    let first = [PREFACE, headers].concat();
    assert!(listened_to(address, &first, PING).await >= SOON);
    shutdown.cancel();
    server.await.unwrap();
}

#[tokio::test]
async fn where_all_places_are_taken_a_newcomer_gets_that_of_the_idlest() {
    let limits = Limits { connections: 16, first_request: LONG, idle: LONG };
    let (address, shutdown, server) = serve_within(limits).await;
    let ask = async |stream: &mut TcpStream| {
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        read_until(stream, "}").await
    };
    let mut visitor = TcpStream::connect(address).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..60 {
        held.push(TcpStream::connect(address).await.unwrap());
        // Somebody who goes on asking keeps the place.
        assert!(ask(&mut visitor).await.starts_with("HTTP/1.1 200 OK"));
    }
    let mut newcomer = TcpStream::connect(address).await.unwrap();
    assert!(ask(&mut newcomer).await.starts_with("HTTP/1.1 200 OK"));
    assert_eq!(read_until(&mut held[0], "never").await, "");
    shutdown.cancel();
    server.await.unwrap();
}
