//! A receiver of webhooks that does as it is told, and keeps what it was sent.

use super::server::Server;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Nothing here takes this long; what does is stuck.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server on loopback. It stops when dropped.
pub struct Receiver {
    kept: Arc<Kept>,
    server: Server,
}

/// One message.
#[derive(Clone, Debug)]
pub struct Got {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Got {
    /// What it says: `down api`.
    pub fn news(&self) -> String {
        format!("{} {}", self.text("event"), self.body["monitor"]["id"].as_str().unwrap())
    }

    pub fn text(&self, member: &str) -> &str {
        self.body[member]
            .as_str()
            .unwrap_or_else(|| panic!("no {member}: {}", self.body))
    }
}

struct Kept {
    got: Mutex<Vec<Got>>,
    answer: Mutex<Answer>,
}

#[derive(Clone)]
enum Answer {
    Status(u16, HeaderMap, String),
    Silence,
}

impl Receiver {
    /// Starts one that takes everything.
    pub async fn start() -> Receiver {
        let answer = Answer::Status(200, HeaderMap::new(), "ok".to_owned());
        let kept = Arc::new(Kept { got: Mutex::default(), answer: Mutex::new(answer) });
        let router = Router::new().fallback(take).with_state(kept.clone());
        Receiver { kept, server: Server::answering(router).await }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address())
    }

    /// Answers with this status from now on.
    pub fn answer(&self, status: u16) {
        self.answer_with(status, HeaderMap::new(), "");
    }

    pub fn answer_with(&self, status: u16, headers: HeaderMap, body: &str) {
        let answer = Answer::Status(status, headers, body.to_owned());
        *self.kept.answer.lock().unwrap() = answer;
    }

    /// Takes everything from now on and never says so.
    pub fn be_silent(&self) {
        *self.kept.answer.lock().unwrap() = Answer::Silence;
    }

    /// Everything that came, in order.
    pub fn got(&self) -> Vec<Got> {
        self.kept.got.lock().unwrap().clone()
    }

    /// What all that came says.
    pub fn news(&self) -> Vec<String> {
        self.got().iter().map(Got::news).collect()
    }

    /// Waits until so many messages came.
    pub async fn until(&self, count: usize) -> Vec<Got> {
        let started = Instant::now();
        while self.got().len() < count {
            assert!(started.elapsed() < PATIENCE, "only {:?} came", self.news());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.got()
    }

    /// Asserts that all that came says this, also a moment later.
    pub async fn has_only(&self, news: &[&str]) {
        self.until(news.len()).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert_eq!(self.news(), news);
    }

    /// Stops listening. The port stays its own.
    pub async fn stop(&mut self) {
        self.server.stop().await;
    }

    /// Listens again, on the same port.
    pub async fn restart(&mut self) {
        self.server.restart().await;
    }
}

async fn take(
    State(kept): State<Arc<Kept>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, String) {
    let body = serde_json::from_slice(&body).unwrap();
    kept.got.lock().unwrap().push(Got { path: uri.to_string(), headers, body });
    let answer = kept.answer.lock().unwrap().clone();
    match answer {
        Answer::Status(status, headers, body) => {
            (StatusCode::from_u16(status).unwrap(), headers, body)
        }
        Answer::Silence => std::future::pending().await,
    }
}
