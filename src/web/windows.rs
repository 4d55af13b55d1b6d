//! `GET /maintenance/windows`, one of them, and what was done to it: for programs. What
//! people see of maintenance is on the pages.
//!
//! Windows are public, as they are on the pages; who did what to them is not.

use super::Site;
use super::auth;
use super::error::Problem;
use super::window_record::{DeedRecord, WindowRecord, tag};
use crate::domain::announcement::{Announcement, Status, WindowId};
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::domain::token::Scope;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// So many windows are in one answer where nothing else is asked for.
const LIMIT: usize = 100;

/// And at most so many: some 300 KB.
const LIMIT_MAX: usize = 1_000;

/// Anyone may read, from any page; an answer is asked for anew.
const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_TYPE, "application/json"),
    (CACHE_CONTROL, "no-cache"),
    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
];

/// Which windows are asked for.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wanted {
    state: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

#[derive(Serialize)]
struct Windows<'a> {
    windows: Vec<WindowRecord<'a>>,
    /// Where those that follow are; `null` where these are the last.
    next: Option<String>,
}

#[derive(Serialize)]
struct Audit<'a> {
    audit: Vec<DeedRecord<'a>>,
}

/// The endpoints that only read.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new()
        .route("/maintenance/windows", get(list))
        .route("/maintenance/windows/{id}", get(show))
        .route("/maintenance/windows/{id}/audit", get(audit))
}

async fn list(
    State(site): State<Arc<Site>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(wanted) = wanted.map_err(|error| Problem::bad_keys(&error))?;
    let chosen = Chosen::of(&wanted)?;
    let (snapshot, now) = (site.app.board.glance(), site.app.clock.now());
    let mut windows: Vec<&Announcement> =
        snapshot.windows.iter().filter(|window| chosen.has(window, now)).collect();
    windows.sort_by_key(|window| place(window));
    let more = windows.len() > chosen.limit;
    windows.truncate(chosen.limit);
    let last = windows.last().filter(|_| more);
    let next = last.map(|last| chosen.next(&wanted, last));
    let records = windows.iter().map(|window| WindowRecord::of(window, now)).collect();
    let link = next.as_ref().map(|next| [(LINK, format!("<{next}>; rel=\"next\""))]);
    let body = json(&Windows { windows: records, next });
    let mut response = (HEADERS, body).into_response();
    for (name, value) in link.into_iter().flatten() {
        // An address that was made here has no characters that a header cannot have.
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

async fn show(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = window_id(&id)?;
    let snapshot = site.app.board.glance();
    let announcement = snapshot.windows.iter().find(|window| window.id == id);
    let announcement = announcement.ok_or_else(|| Problem::no_such_window(&id.to_string()))?;
    let tag = tag(announcement);
    // Its status changes with time alone, so that only what it says can be held against it.
    let known = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let now = site.app.clock.now();
    let is_known = known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag));
    if is_known && matches!(announcement.window.status(now), Status::Ended | Status::Cancelled)
    {
        return Ok((StatusCode::NOT_MODIFIED, HEADERS, [(ETAG, tag)]).into_response());
    }
    Ok(one(announcement, now))
}

/// One window as an answer.
pub(super) fn one(announcement: &Announcement, now: Timestamp) -> Response {
    let record = json(&WindowRecord::of(announcement, now));
    (HEADERS, [(ETAG, tag(announcement))], record).into_response()
}

async fn audit(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    auth::admit(&site, &parts, Scope::Read).await?;
    let id = window_id(&id)?;
    let store = &site.app.store;
    if store.window(id).await.map_err(Problem::unreadable)?.is_none() {
        return Err(Problem::no_such_window(&id.to_string()));
    }
    let deeds = store.deeds(id).await.map_err(Problem::unreadable)?;
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    let audit = deeds.iter().map(DeedRecord::of).collect();
    Ok((headers, json(&Audit { audit })).into_response())
}

/// The window that an address names.
pub(super) fn window_id(id: &str) -> Result<WindowId, Problem> {
    let window = id.parse().map(WindowId).ok();
    // Each has one address.
    window
        .filter(|window| window.to_string() == id)
        .ok_or_else(|| Problem::no_such_window(id))
}

/// The order in which windows are listed.
fn place(announcement: &Announcement) -> (Timestamp, WindowId) {
    (announcement.window.start, announcement.id)
}

/// What is asked for, understood.
struct Chosen {
    states: Vec<Status>,
    span: Span,
    limit: usize,
    after: Option<(Timestamp, WindowId)>,
}

impl Chosen {
    fn of(wanted: &Wanted) -> Result<Chosen, Problem> {
        let instant = |text: &Option<String>, usual| match text {
            None => Ok(usual),
            // A plus in an address is a space.
            Some(text) => Timestamp::parse_rfc3339(&text.replace(' ', "+"))
                .map_err(|wrong| Problem::bad_query(&wrong)),
        };
        let from = instant(&wanted.from, Timestamp::MIN)?;
        let to = instant(&wanted.to, Timestamp::MAX)?;
        if from >= to {
            return Err(Problem::bad_query("from must be before to"));
        }
        let limit = wanted.limit.unwrap_or(LIMIT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Problem::bad_query(&format!("limit is 1 to {LIMIT_MAX}")));
        }
        let after = wanted.after.as_deref().map(cursor).transpose()?;
        Ok(Chosen { states: states(wanted)?, span: Span::new(from, to), limit, after })
    }

    fn has(&self, announcement: &Announcement, now: Timestamp) -> bool {
        let window = &announcement.window;
        // One that was called off beforehand would have taken its time.
        let span = Span::new(window.start, window.span().to.max(window.start.plus_ms(1)));
        self.states.contains(&window.status(now))
            && span.overlaps(self.span)
            && self.after.is_none_or(|after| place(announcement) > after)
    }

    /// Where those that follow `last` are.
    fn next(&self, wanted: &Wanted, last: &Announcement) -> String {
        let (start, id) = place(last);
        let mut next =
            format!("/maintenance/windows?after={}.{id}&limit={}", start.0, self.limit);
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                next += &format!("&{name}={value}");
            }
        };
        let states: Vec<&str> = self.states.iter().map(|state| state.word()).collect();
        add("state", wanted.state.as_ref().map(|_| states.join(",")));
        add("from", wanted.from.as_ref().map(|_| self.span.from.to_string()));
        add("to", wanted.to.as_ref().map(|_| self.span.to.to_string()));
        next
    }
}

/// The states that are asked for: all where none is named.
fn states(wanted: &Wanted) -> Result<Vec<Status>, Problem> {
    let Some(named) = &wanted.state else { return Ok(Status::ALL.to_vec()) };
    let state = |word: &str| {
        Status::from_word(word.trim()).ok_or_else(|| {
            let known = Status::ALL.map(Status::word).join(", ");
            Problem::bad_query(&format!("state is one or more of {known}"))
        })
    };
    named.split(',').map(state).collect()
}

/// Behind which window an answer begins.
fn cursor(text: &str) -> Result<(Timestamp, WindowId), Problem> {
    let read = || {
        let (start, id) = text.rsplit_once('.')?;
        Some((Timestamp(start.parse().ok()?), WindowId(id.parse().ok()?)))
    };
    read().ok_or_else(|| Problem::bad_query("after is what \"next\" of an answer has"))
}

/// Structs of texts and numbers cannot fail to be serialised.
pub(super) fn json(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}
