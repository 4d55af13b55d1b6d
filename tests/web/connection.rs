//! Real connections: what is spoken, what is refused, and how serving ends.

use crate::sample;
use everup::web;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

async fn serve() -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let router = web::router(sample::well().app);
    let server = tokio::spawn(web::serve(listener, router, shutdown.clone()));
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
