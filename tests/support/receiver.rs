//! A receiver of webhooks that does as it is told, and keeps what it was sent.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Nothing here takes this long; what does is stuck.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server on loopback. It stops when dropped.
pub struct Receiver {
    address: SocketAddr,
    kept: Arc<Kept>,
    serving: Option<JoinHandle<()>>,
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
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Answer::Status(200, HeaderMap::new(), "ok".to_owned());
        let kept = Kept { got: Mutex::default(), answer: Mutex::new(answer) };
        let mut receiver = Receiver { address, kept: Arc::new(kept), serving: None };
        receiver.serve(listener);
        receiver
    }

    fn serve(&mut self, listener: TcpListener) {
        let router = Router::new().fallback(take).with_state(self.kept.clone());
        self.serving = Some(tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        }));
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
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
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _ = serving.await;
        }
    }

    /// Listens again, on the same port.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.serve(TcpListener::bind(self.address).await.unwrap());
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
        }
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
