//! `POST /maintenance`, and `PATCH` and `DELETE` of a window: for administrators.
//!
//! The rules are the domain's, and `planning` carries them out; this takes a request apart
//! and says what came of it. An answer waits, for a moment at most, until pages show what
//! was done.

use super::Site;
use super::auth::{self, Author};
use super::error::Problem;
use super::window_record::{address, tag};
use super::windows::{one, window_id};
use crate::domain::announcement::WindowId;
use crate::domain::change::Change;
use crate::domain::monitor::MonitorId;
use crate::domain::notice::Plan;
use crate::domain::timestamp::Timestamp;
use crate::domain::token::Scope;
use crate::planning::{Done, NotDone, Planner, Settings};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use http::header::{CONTENT_TYPE, IF_MATCH, LOCATION};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Deserializer};
use std::sync::Arc;
use std::time::Duration;

/// A message of two thousand escaped characters and the ids of a thousand monitors.
const BODY_BYTES_MAX: usize = 96 * 1024;

/// So long an answer waits until pages show what was done. They do soon after in any case.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);

/// What may be said of a new window. When it was announced is ours to say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanForm {
    start_time: Option<String>,
    end_time: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    monitors: Option<Vec<String>>,
    #[serde(default)]
    emergency: bool,
}

/// What may be different. As in a merge patch, `null` takes away: without monitors it is
/// about all of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeForm {
    #[serde(default, deserialize_with = "present")]
    start_time: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    end_time: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    message: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    monitors: Option<Option<Vec<String>>>,
}

/// Tells `null` from what is not there.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// The endpoints that write.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new()
        .route("/maintenance", post(announce))
        .route("/maintenance/windows/{id}", delete(cancel).patch(change))
}

async fn announce(
    State(site): State<Arc<Site>>,
    request: Request,
) -> Result<Response, Problem> {
    let desk = Desk::open(&site, request).await?;
    let PlanForm { start_time, end_time, message, monitors, emergency } = desk.read()?;
    let plan = Plan {
        start: start_time.as_deref().map(|text| instant("start_time", text)).transpose()?,
        end: instant("end_time", &end_time)?,
        message: message.unwrap_or_default(),
        monitors: monitor_ids(monitors)?,
        emergency,
    };
    let announced = desk.planner(&site).announce(plan).await.map_err(Problem::from)?;
    shown(&site, announced.epoch).await;
    let status = if announced.is_new { StatusCode::CREATED } else { StatusCode::OK };
    let location = [(LOCATION, address(&announced.announcement))];
    Ok((status, location, one(&announced.announcement, desk.now)).into_response())
}

async fn change(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let desk = Desk::open(&site, request).await?;
    let id = window_id(&id)?;
    let ChangeForm { start_time, end_time, message, monitors } = desk.read()?;
    let change = Change {
        start: moved("start_time", start_time)?,
        end: moved("end_time", end_time)?,
        message: message.map(Option::unwrap_or_default),
        monitors: monitors.map(monitor_ids).transpose()?,
    };
    let expected = expected(&site, id, &desk.parts.headers).await?;
    let done = desk.planner(&site).change(id, expected, &change).await?;
    shown(&site, done.epoch).await;
    Ok(one(&done.announcement, desk.now))
}

/// Before its start it never takes place, afterwards it ends now. Whoever asks twice is
/// told the same twice.
async fn cancel(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let desk = Desk::open(&site, request).await?;
    let id = window_id(&id)?;
    let expected = expected(&site, id, &desk.parts.headers).await?;
    match desk.planner(&site).cancel(id, expected).await {
        Ok(Done { epoch, .. }) => shown(&site, epoch).await,
        Err(NotDone::Refused(_)) if is_called_off(&site, id).await => {}
        Err(not_done) => return Err(not_done.into()),
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Whether a window was called off or ended early by someone.
async fn is_called_off(site: &Site, id: WindowId) -> bool {
    let window = site.app.store.window(id).await.ok().flatten();
    window.is_some_and(|announcement| announcement.window.cancelled_at.is_some())
}

/// A request of an administrator, taken apart.
struct Desk {
    author: Author,
    parts: Parts,
    body: Bytes,
    /// When it was received.
    now: Timestamp,
    monitors: Vec<MonitorId>,
    settings: Arc<Settings>,
}

impl Desk {
    /// Lets an administrator in, and reads what was sent.
    async fn open(site: &Site, request: Request) -> Result<Desk, Problem> {
        let (parts, body) = request.into_parts();
        let author = auth::admit(site, &parts, Scope::Maintenance).await?;
        let body = read_body(body).await?;
        let now = site.app.clock.now();
        let snapshot = site.app.board.glance();
        let monitors = snapshot.living(now).map(|history| history.monitor.id.clone());
        let monitors = monitors.collect();
        let settings = site.app.planning.load_full();
        Ok(Desk { author, parts, body, now, monitors, settings })
    }

    fn planner<'a>(&'a self, site: &'a Site) -> Planner<'a> {
        Planner {
            store: &*site.app.store,
            settings: &self.settings,
            monitors: &self.monitors,
            now: self.now,
            author: self.author.name.as_str(),
        }
    }

    /// The body as JSON of this form.
    fn read<T: for<'de> Deserialize<'de>>(&self) -> Result<T, Problem> {
        let media_type = self.parts.headers.get(CONTENT_TYPE).and_then(|t| t.to_str().ok());
        let media_type = media_type.unwrap_or_default().split(';').next().unwrap_or_default();
        let is_json = ["application/json", "application/merge-patch+json"]
            .iter()
            .any(|json| media_type.trim().eq_ignore_ascii_case(json));
        if !is_json {
            return Err(Problem::not_json());
        }
        // A list would be taken for the members in their order.
        let first = self.body.iter().find(|byte| !byte.is_ascii_whitespace());
        if first.is_some_and(|byte| *byte != b'{') {
            return Err(Problem::bad_body("send a JSON object, like {\"end_time\":\"…\"}"));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            Problem::bad_body(&format!("the body cannot be understood: {error}"))
        })
    }
}

async fn read_body(body: Body) -> Result<Bytes, Problem> {
    to_bytes(body, BODY_BYTES_MAX)
        .await
        .map_err(|_| Problem::too_long(BODY_BYTES_MAX))
}

/// The revision that the asker has seen, if it says so: what it does then is done to
/// nothing else.
async fn expected(
    site: &Site,
    id: WindowId,
    headers: &HeaderMap,
) -> Result<Option<i64>, Problem> {
    let Some(seen) = headers.get(IF_MATCH) else { return Ok(None) };
    let kept = site.app.store.window(id).await.map_err(Problem::unreadable)?;
    let kept = kept.ok_or(NotDone::NoWindow(id))?;
    let tag = tag(&kept);
    let seen = seen.to_str().unwrap_or_default();
    match seen.split(',').any(|one| one.trim() == tag || one.trim() == "*") {
        true => Ok(Some(kept.revision)),
        false => Err(NotDone::Changed(kept.revision).into()),
    }
}

/// Waits until pages show what was kept.
async fn shown(site: &Site, epoch: i64) {
    let board = &site.app.board;
    board.ask_again();
    // It is kept in any case.
    let _ = tokio::time::timeout(SHOWN_WITHIN, board.shows(epoch)).await;
}

fn instant(name: &str, text: &str) -> Result<Timestamp, Problem> {
    Timestamp::parse_rfc3339(text)
        .map_err(|wrong| Problem::against_rules(&format!("the {name} {wrong}")))
}

/// An end of a window that is to lie elsewhere; no window is without one.
fn moved(name: &str, text: Option<Option<String>>) -> Result<Option<Timestamp>, Problem> {
    match text {
        None => Ok(None),
        Some(Some(text)) => instant(name, &text).map(Some),
        Some(None) => Err(Problem::against_rules(&format!(
            "the {name} cannot be taken away; leave it out where it is to stay"
        ))),
    }
}

fn monitor_ids(ids: Option<Vec<String>>) -> Result<Vec<MonitorId>, Problem> {
    let Some(ids) = ids else { return Ok(Vec::new()) };
    if ids.is_empty() {
        return Err(Problem::against_rules(
            "monitors is empty; leave it out where all are meant",
        ));
    }
    let id = |id: &String| {
        MonitorId::new(id)
            .map_err(|wrong| Problem::against_rules(&format!("of the monitors, {wrong}")))
    };
    ids.iter().map(id).collect()
}
