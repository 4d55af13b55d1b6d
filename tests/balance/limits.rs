//! Nobody holds more than a visitor may.

use super::backend::Backend;
use super::world::{PATIENCE, Visitor, over, over_with, until};
use std::time::Duration;
use tokio::io::AsyncReadExt;

#[tokio::test]
async fn long_targets_and_heads_are_refused() {
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(8 * 1024));
    assert_eq!(visitor.ask(long).await.status, 414);
    assert!(visitor.is_left().await);
    let cookies = |bytes: usize| {
        format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: {}\r\n\r\n", "x".repeat(bytes))
    };
    let mut visitor = Visitor::come(balancer.address()).await;
    assert_eq!(visitor.ask(cookies(20_000)).await.status, 200);
    assert_eq!(visitor.ask(cookies(40_000)).await.status, 431);
    let mut visitor = Visitor::come(balancer.address()).await;
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(101));
    assert_eq!(visitor.ask(many).await.status, 431);
    assert_eq!(a.seen().len(), 1);
}

#[tokio::test]
async fn a_visitor_who_takes_nothing_is_not_kept() {
    let a = Backend::start("a").await;
    let balancer = over_with(&[&a], |settings| {
        settings.timeouts.idle = Duration::from_millis(300);
    })
    .await;
    let body = "x".repeat(20_000_000);
    a.next(super::backend::Does::answers(200, &body));
    let mut visitor = Visitor::come(balancer.address()).await;
    visitor.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    until(|| balancer.pool.backends[0].under_way() == 1).await;
    until(|| balancer.pool.backends[0].under_way() == 0).await;
    assert_eq!(balancer.pool.counts.read().abandoned, 1);
}

#[tokio::test]
async fn a_visitor_who_says_nothing_or_no_whole_head_is_not_kept() {
    let a = Backend::start("a").await;
    let balancer = over_with(&[&a], |settings| {
        settings.timeouts.head = Duration::from_secs(1);
        settings.timeouts.first_byte = Duration::from_secs(3);
    })
    .await;
    let mut silent = Visitor::come(balancer.address()).await;
    let mut slow = Visitor::come(balancer.address()).await;
    slow.say("GET / HTTP/1.1\r\nHo").await;
    let mut kept = Visitor::come(balancer.address()).await;
    assert_eq!(kept.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.status, 200);
    let mut waiting = Visitor::come(balancer.address()).await;
    a.next(super::backend::Does::IsSilent);
    waiting.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(silent.is_left().await && slow.is_left().await && kept.is_left().await);
    let answer = waiting.hear(true).await.expect("who has something under way may wait");
    assert_eq!(answer.status, 504);
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `GET http://a/`, compressed by hand (RFC 7541): three of the static table, and a host.
const GET: &[u8] = &[0x82, 0x86, 0x84, 0x41, 0x01, b'a'];

/// Reads frames until the connection ends or says GOAWAY; gives whether it said that.
async fn says_goaway(visitor: &mut Visitor) -> bool {
    let read = async {
        loop {
            let mut head = [0; 9];
            if visitor.stream.read_exact(&mut head).await.is_err() {
                return false;
            }
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            let mut payload = vec![0; length];
            if visitor.stream.read_exact(&mut payload).await.is_err() {
                return false;
            }
            if head[3] == GOAWAY {
                return true;
            }
        }
    };
    tokio::time::timeout(PATIENCE, read)
        .await
        .expect("the flood is not noticed")
}

/// Floods a connection of HTTP/2 until it is ended.
async fn flood(mut piece: impl FnMut(u32) -> Vec<u8>) {
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    visitor.say([PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await;
    let mut sent = 0;
    for n in 0..5_000 {
        let bytes = piece(n);
        sent += bytes.len();
        // It may be closed before all is sent; that is what is hoped for.
        if tokio::io::AsyncWriteExt::write_all(&mut visitor.stream, &bytes)
            .await
            .is_err()
        {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(says_goaway(&mut visitor).await, "after {sent} bytes");
    let mut other = Visitor::come(balancer.address()).await;
    assert_eq!(other.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.text(), "a");
}

#[tokio::test]
async fn frames_that_ask_for_nothing_keep_no_connection_open() {
    let a = Backend::start("a").await;
    let balancer = over_with(&[&a], |settings| {
        settings.timeouts.head = Duration::from_secs(1);
    })
    .await;
    let visitor = Visitor::come(balancer.address()).await;
    let (reads, mut writes) = visitor.stream.into_split();
    let flooding = tokio::spawn(async move {
        let begin = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
        let ping = frame(PING, 0, 0, &[0; 8]);
        let mut written = tokio::io::AsyncWriteExt::write_all(&mut writes, &begin).await;
        while written.is_ok() {
            written = tokio::io::AsyncWriteExt::write_all(&mut writes, &ping).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let mut reads = reads;
    let until_it_ends = async {
        let mut buffer = [0; 4096];
        while reads.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
    };
    tokio::time::timeout(PATIENCE, until_it_ends).await.expect("it goes on");
    flooding.abort();
}

#[tokio::test]
async fn streams_that_are_opened_and_reset_end_the_connection() {
    flood(|n| {
        let stream = 2 * n + 1;
        [
            frame(HEADERS, END_STREAM | END_HEADERS, stream, GET),
            frame(RESET, 0, stream, &8_u32.to_be_bytes()),
        ]
        .concat()
    })
    .await;
}

#[tokio::test]
async fn headers_that_never_end_end_the_connection() {
    flood(|n| match n {
        0 => frame(HEADERS, END_STREAM, 1, GET),
        // A header of 200 bytes that is not kept in the table.
        _ => {
            let value = "x".repeat(200);
            let mut header = vec![0, 3, b'x', b'-', b'y', 0x7f, 73];
            header.extend(value.as_bytes());
            frame(CONTINUATION, 0, 1, &header)
        }
    })
    .await;
}

#[tokio::test]
async fn malformed_requests_of_http2_are_reset_and_never_arrive() {
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    // (Names and values by hand: literals without indexing.)
    let literal = |name: &str, value: &str| {
        let mut bytes = vec![0, name.len() as u8];
        bytes.extend(name.as_bytes());
        bytes.push(value.len() as u8);
        bytes.extend(value.as_bytes());
        bytes
    };
    let bad = [
        literal("transfer-encoding", "chunked"),
        literal("connection", "keep-alive"),
        literal("upgrade", "websocket"),
        literal("host", "b"),
        literal("content-length", "7"),
        literal("X-Upper", "x"),
        literal(":path", "/other"),
        literal("x", "a\r\nhost: b"),
    ];
    for header in bad {
        let mut visitor = Visitor::come(balancer.address()).await;
        visitor.say([PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await;
        let block = [GET, &header].concat();
        visitor.say(frame(HEADERS, END_STREAM | END_HEADERS, 1, &block)).await;
        // Answered or reset, the connection says something of stream 1 or ends.
        visitor.say(frame(PING, 0, 0, &[0; 8])).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(a.seen().is_empty(), "{:?}", a.seen());
    let mut visitor = Visitor::come(balancer.address()).await;
    visitor.say([PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await;
    visitor.say(frame(HEADERS, END_STREAM | END_HEADERS, 1, GET)).await;
    until(|| a.seen().len() == 1).await;
}
