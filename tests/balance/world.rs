//! A balancer over some backends, and visitors who write bytes.

use super::backend::{Backend, find};
use everup::balance::address::Address;
use everup::balance::balancer::Balancer;
use everup::balance::pool::Standing;
use everup::balance::settings::{BackendSettings, Health, Settings, Strategy, Timeouts};
use everup::domain::monitor::MonitorId;
use everup::probe::tls::{Roots, client_config};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Settings under which a test need not wait.
pub(crate) fn settings(addresses: &[String]) -> Settings {
    let id = |text: &str| MonitorId::new(text).unwrap();
    let backends =
        addresses
            .iter()
            .zip(["a", "b", "c", "d"])
            .map(|(address, name)| BackendSettings {
                id: id(name),
                address: Address::parse(address).unwrap(),
                weight: 1,
            });
    Settings {
        id: id("shop"),
        name: "Shop".to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        tls: None,
        backends: backends.collect(),
        strategy: Strategy::RoundRobin,
        health: Health::default(),
        fail_open: false,
        slow_start: Duration::ZERO,
        timeouts: Timeouts {
            head: Duration::from_secs(60),
            connect: Duration::from_secs(2),
            first_byte: Duration::from_secs(5),
            idle: Duration::from_secs(5),
            tunnel: Duration::from_secs(5),
        },
        trusted: Vec::new(),
    }
}

/// A balancer over these.
pub(crate) async fn over(backends: &[&Backend]) -> Balancer {
    over_with(backends, |_| {}).await
}

/// A balancer over these, with other settings.
pub(crate) async fn over_with(
    backends: &[&Backend],
    change: impl FnOnce(&mut Settings),
) -> Balancer {
    let addresses: Vec<String> = backends.iter().map(|backend| backend.url()).collect();
    let mut settings = settings(&addresses);
    change(&mut settings);
    start(settings).await
}

/// A balancer as it is told.
pub(crate) async fn start(settings: Settings) -> Balancer {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let listener = TcpListener::bind(settings.listen).await.unwrap();
    let (trust, _) = client_config(&Roots::Mozilla).unwrap();
    Balancer::start(settings, listener, trust, &BTreeSet::new()).unwrap()
}

/// How the backend with this name stands.
pub(crate) fn standing(balancer: &Balancer, name: &str) -> Standing {
    let mut all = balancer.pool.backends.iter();
    all.find(|backend| backend.settings.id.as_str() == name).unwrap().standing()
}

/// Waits until it holds, and gives how long that took.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "it never came to hold");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    began.elapsed()
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (is, value) = line.split_once(": ")?;
            is.eq_ignore_ascii_case(name).then_some(value.trim_end())
        })
    }
}

/// A visitor who writes bytes.
pub(crate) struct Visitor {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

impl Visitor {
    pub(crate) async fn come(to: SocketAddr) -> Visitor {
        let stream = TcpStream::connect(to).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Visitor { stream, buffer: Vec::new() }
    }

    /// Somebody who has come already.
    pub(crate) fn over(stream: TcpStream) -> Visitor {
        Visitor { stream, buffer: Vec::new() }
    }

    /// Reads up to this, and gives it all.
    pub(crate) async fn until(&mut self, end: &[u8]) -> String {
        let read = async {
            loop {
                if let Some(at) = find(&self.buffer, end) {
                    break at + end.len();
                }
                let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
                assert_ne!(read, 0, "{:?}", String::from_utf8_lossy(&self.buffer));
            }
        };
        let at = tokio::time::timeout(PATIENCE, read).await.expect("too late");
        String::from_utf8(self.buffer.drain(..at).collect()).unwrap()
    }

    pub(crate) async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Asks, and reads the whole answer.
    pub(crate) async fn ask(&mut self, bytes: impl AsRef<[u8]>) -> Answer {
        self.say(bytes).await;
        self.hear(true).await.expect("no answer")
    }

    /// Reads an answer; `None` where the connection ends without one.
    pub(crate) async fn hear(&mut self, has_body: bool) -> Option<Answer> {
        tokio::time::timeout(PATIENCE, self.hear_sometime(has_body))
            .await
            .expect("too late")
    }

    async fn hear_sometime(&mut self, has_body: bool) -> Option<Answer> {
        let head_end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at;
            }
            if self.stream.read_buf(&mut self.buffer).await.unwrap_or(0) == 0 {
                return None;
            }
        };
        let head = self.buffer.drain(..head_end + 4).collect();
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: Vec::new() };
        if !has_body || matches!(status, 101 | 204 | 304) {
            return Some(answer);
        }
        if answer.header("transfer-encoding").is_some() {
            while find(&self.buffer, b"0\r\n\r\n").is_none() {
                if self.stream.read_buf(&mut self.buffer).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            answer.body = std::mem::take(&mut self.buffer);
            return Some(answer);
        }
        let length: usize = answer.header("content-length").unwrap().parse().unwrap();
        while self.buffer.len() < length {
            if self.stream.read_buf(&mut self.buffer).await.unwrap_or(0) == 0 {
                break;
            }
        }
        let length = length.min(self.buffer.len());
        answer.body = self.buffer.drain(..length).collect();
        Some(answer)
    }

    /// Reads until there is so much that has come after the last answer.
    pub(crate) async fn take(&mut self, length: usize) -> Vec<u8> {
        let take = async {
            while self.buffer.len() < length {
                assert_ne!(self.stream.read_buf(&mut self.buffer).await.unwrap(), 0);
            }
        };
        tokio::time::timeout(PATIENCE, take).await.expect("too late");
        self.buffer.drain(..length).collect()
    }

    /// Whether the other side closes, and says nothing before.
    pub(crate) async fn is_left(&mut self) -> bool {
        let read = self.stream.read_buf(&mut self.buffer);
        let read = tokio::time::timeout(PATIENCE, read).await.expect("it is not closed");
        read.unwrap_or(0) == 0 && self.buffer.is_empty()
    }
}

/// A request without a body.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: shop.example\r\n\r\n")
}

/// A request with one.
pub(crate) fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: shop.example\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
