//! `/health`, `/health/ready` and `/maintenance`: for balancers, watchdogs and the
//! users' own pages.

use super::Site;
use crate::report::notice::DEFAULT_MESSAGE;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, StatusCode};
use serde::Serialize;
use std::sync::Arc;

/// Exactly what the users' balancers compare with.
const HEALTHY: &str = r#"{"status":"ok","message":"Service online"}"#;

/// Anyone may ask, from any page; and nobody keeps the answer.
const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_TYPE, "application/json"),
    (CACHE_CONTROL, "no-store"),
    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
];

/// What a banner or a front end asks every few seconds may come from a cache in between:
/// it is right again before anybody has read it.
const CACHED: [(HeaderName, &str); 3] = [
    (CONTENT_TYPE, "application/json"),
    (CACHE_CONTROL, "public, max-age=5"),
    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
];

#[derive(Serialize)]
struct Maintenance<'a> {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

/// The three endpoints.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new()
        .route("/health", get(health))
        .route("/health/ready", get(ready))
        .route("/maintenance", get(maintenance))
}

/// Says that the process answers. It asks nobody, least of all the database.
async fn health() -> Response {
    (HEADERS, HEALTHY).into_response()
}

async fn ready(State(site): State<Arc<Site>>) -> Response {
    let answer = site.readiness.answer(&site).await;
    let status =
        if answer.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, HEADERS, json(&answer)).into_response()
}

/// From the board alone: no question to the database, whoever asks how often.
async fn maintenance(State(site): State<Arc<Site>>) -> Response {
    let (snapshot, now) = (site.app.board.glance(), site.app.clock.now());
    let window = snapshot.active_window(now);
    let message = window.map(|window| match window.window.message.trim() {
        "" => DEFAULT_MESSAGE,
        message => message,
    });
    let answer = Maintenance { active: window.is_some(), message };
    (CACHED, json(&answer)).into_response()
}

/// Structs of texts and numbers cannot fail to be serialised.
fn json(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}
