//! The banner that other pages show: `/banner.js`, and what it asks, `/banner.json`.
//!
//! Both are for anybody's pages. The script has no hash in its name, because the owners of
//! those pages write its address into them.

use super::Site;
use crate::domain::timestamp::Timestamp;
use crate::report::banner::{Announced, Banner, CurrentOutage, Names};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use http::{HeaderMap, HeaderName, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};

/// Any page may use it, also one that lets in only what asks to be let in (COEP).
const FOR_ALL: [(HeaderName, &str); 2] = [
    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
];

/// A new version of everup is on every page after this; until then nobody asks.
const SCRIPT_CACHING: &str = "public, max-age=300";

/// Many visitors of many pages ask at once when a window begins.
const NEWS_CACHING: &str = "public, max-age=5";

/// The script as it is served.
struct Script {
    text: String,
    etag: String,
}

static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
    let text = without_remarks(include_str!("../../assets/banner.js"));
    let hash = Sha256::digest(text.as_bytes());
    let hash: String = hash.iter().take(8).map(|b| format!("{b:02x}")).collect();
    // Weak, because it may be sent compressed.
    Script { text, etag: format!("W/\"{hash}\"") }
});

/// The lines that do something, without what indents them.
fn without_remarks(source: &str) -> String {
    let lines = source.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[derive(Serialize)]
struct News<'a> {
    now: String,
    windows: Vec<Window<'a>>,
    outage: Option<Outage<'a>>,
}

#[derive(Serialize)]
struct Window<'a> {
    id: i64,
    revision: i64,
    state: &'static str,
    start_time: String,
    end_time: String,
    message: &'a str,
    monitors: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<usize>,
    emergency: bool,
}

#[derive(Serialize)]
struct Outage<'a> {
    since: String,
    monitors: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<usize>,
}

/// The two addresses.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new()
        .route("/banner.js", get(script))
        .route("/banner.json", get(news))
}

async fn script(asked: HeaderMap) -> Response {
    let caching = [(CACHE_CONTROL, SCRIPT_CACHING), (ETAG, SCRIPT.etag.as_str())];
    let known = asked.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let is_known = |known: &str| known.split(',').any(|tag| tag.trim() == SCRIPT.etag);
    if known.is_some_and(is_known) {
        return (StatusCode::NOT_MODIFIED, FOR_ALL, caching).into_response();
    }
    let media_type = [(CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (FOR_ALL, caching, media_type, SCRIPT.text.as_str()).into_response()
}

async fn news(State(site): State<Arc<Site>>) -> Response {
    let (snapshot, now) = (site.app.board.glance(), site.app.clock.now());
    let banner = Banner::of(&snapshot, now);
    // Structs of texts and numbers cannot fail to be serialised.
    let json = serde_json::to_string(&told(banner, now)).unwrap_or_default();
    let headers = [(CACHE_CONTROL, NEWS_CACHING), (CONTENT_TYPE, "application/json")];
    (FOR_ALL, headers, json).into_response()
}

fn told(banner: Banner<'_>, now: Timestamp) -> News<'_> {
    News {
        now: now.to_string(),
        windows: banner.windows.into_iter().map(window).collect(),
        outage: banner.outage.map(outage),
    }
}

fn window(announced: Announced<'_>) -> Window<'_> {
    let more = announced.monitors.as_ref().and_then(more);
    Window {
        id: announced.id.0,
        revision: announced.revision,
        state: announced.stage.word(),
        start_time: announced.span.from.to_string(),
        end_time: announced.span.to.to_string(),
        message: announced.message,
        monitors: announced.monitors.map(|monitors| monitors.names),
        more,
        emergency: announced.emergency,
    }
}

fn outage(outage: CurrentOutage<'_>) -> Outage<'_> {
    let more = more(&outage.monitors);
    Outage { since: outage.since.to_string(), monitors: outage.monitors.names, more }
}

fn more(names: &Names<'_>) -> Option<usize> {
    (names.more > 0).then_some(names.more)
}
