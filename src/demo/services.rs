//! The services that the demonstration watches, in its own process: they answer as `story` has
//! it. The same server takes what everup tells, as a webhook does.

use super::news::News;
use super::story::{Manner, SERVICES, SLOW_MS, Service};
use crate::domain::check::Evidence;
use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// So much may be told before it is printed; more is left out.
const NEWS_WAITING_MAX: usize = 64;

/// The services, while they answer.
pub(super) struct Services {
    pub(super) address: SocketAddr,
    play: Arc<Play>,
    news: mpsc::Receiver<News>,
    server: JoinHandle<()>,
    /// How each of them answered when that was last looked at.
    manners: [Manner; SERVICES.len()],
}

struct Play {
    began: OnceLock<Instant>,
    news: mpsc::Sender<News>,
}

impl Services {
    /// Answers on a free port of this machine's own; all are well until it begins.
    pub(super) async fn start() -> anyhow::Result<Services> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.context("the services of the demonstration cannot listen")?;
        let address = listener.local_addr().context("the listening address is unknown")?;
        let (tell, news) = mpsc::channel(NEWS_WAITING_MAX);
        let play = Arc::new(Play { began: OnceLock::new(), news: tell });
        let router = Router::new()
            .route("/told", post(told))
            .route("/{id}", get(answer))
            .with_state(play.clone());
        let server = tokio::spawn(async move {
            // It ends with the task only.
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!("the services of the demonstration have ended: {error}");
            }
        });
        Ok(Services { address, play, news, server, manners: [Manner::Well; SERVICES.len()] })
    }

    /// From now on they fail now and then.
    pub(super) fn begin(&self) {
        // It begins once.
        let _ = self.play.began.set(Instant::now());
    }

    /// What everup told next.
    pub(super) async fn told(&mut self) -> Option<News> {
        self.news.recv().await
    }

    /// What has changed since this was last asked.
    pub(super) fn changes(&mut self) -> Vec<News> {
        let elapsed_s = self.play.elapsed_s();
        let mut changes = Vec::new();
        for (service, before) in SERVICES.iter().zip(&mut self.manners) {
            let manner = service.manner(elapsed_s);
            if manner != *before {
                *before = manner;
                changes.extend(service.news(manner));
            }
        }
        changes
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Play {
    fn elapsed_s(&self) -> u64 {
        self.began.get().map_or(0, |began| began.elapsed().as_secs())
    }
}

impl Service {
    /// What is told when it begins to answer so. That it is well again everup tells.
    fn news(&self, manner: Manner) -> Option<News> {
        let act = self.acts.iter().find(|act| act.manner == manner)?;
        let for_s = act.to_s - act.from_s;
        match manner {
            Manner::Well => None,
            Manner::Fails => Some(News::Fails(self.name, for_s)),
            Manner::Slow => Some(News::Slow(self.name, SLOW_MS, for_s)),
        }
    }
}

async fn answer(
    State(play): State<Arc<Play>>,
    Path(id): Path<String>,
) -> (StatusCode, &'static str) {
    let Some(service) = SERVICES.iter().find(|service| service.id == id) else {
        return (StatusCode::NOT_FOUND, "there is no such service\n");
    };
    match service.manner(play.elapsed_s()) {
        Manner::Well => {}
        Manner::Slow => tokio::time::sleep(Duration::from_millis(SLOW_MS)).await,
        Manner::Fails => {
            return (StatusCode::SERVICE_UNAVAILABLE, "fails for the demonstration\n");
        }
    }
    (StatusCode::OK, "ok\n")
}

/// Takes a message of an alert.
async fn told(State(play): State<Arc<Play>>, body: Bytes) -> StatusCode {
    let told: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
    let Some(text) = told.as_ref().and_then(|told| told["text"].as_str()) else {
        return StatusCode::BAD_REQUEST;
    };
    // Nobody reads so slowly that this matters.
    let _ = play.news.try_send(News::Told(Evidence::clean(text)));
    StatusCode::NO_CONTENT
}
