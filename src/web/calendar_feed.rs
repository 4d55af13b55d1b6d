//! `GET /maintenance.ics`: maintenance as a calendar to subscribe to (RFC 5545).
//!
//! Each window is an event that keeps its name for ever: one that is moved moves in the
//! calendars of those who have it, one that is called off is struck out there.

use super::{Site, View};
use crate::domain::announcement::{Announcement, Status};
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::timestamp::{DAY_MS, SECOND_MS, Timestamp};
use crate::report::notice::DEFAULT_SUMMARY;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use http::{HeaderMap, HeaderName, StatusCode};
use icalendar::{Calendar, Component, Event, EventStatus, Property};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// So long windows stay that are over. A calendar that forgot them would lose its past.
const KEPT_MS: i64 = 400 * DAY_MS;

/// So many at most: a calendar is read whole each time.
const EVENTS_MAX: usize = 1_000;

/// How often a calendar should look; and how long what it was told may be kept.
const LOOK_EVERY: chrono::Duration = chrono::Duration::minutes(15);

/// A title fits a line of a calendar.
const SUMMARY_CHARS_MAX: usize = 80;

/// The zone in which all instants are written.
const ZONE: &str = "BEGIN:VTIMEZONE\r\nTZID:UTC\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n\
    TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";

const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_TYPE, "text/calendar; charset=utf-8"),
    (CACHE_CONTROL, "public, max-age=300"),
    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
];

/// The feed.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new().route("/maintenance.ics", get(feed))
}

async fn feed(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let feed = written(&calendar(&site.view()));
    let hash = Sha256::digest(feed.as_bytes());
    let digits: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{digits}\"");
    let known = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        return (StatusCode::NOT_MODIFIED, HEADERS, [(ETAG, tag)]).into_response();
    }
    (HEADERS, [(ETAG, tag)], feed).into_response()
}

/// A calendar as text: one without events names its zone, since it has to have something.
fn written(calendar: &Calendar) -> String {
    let text = calendar.to_string();
    match calendar.components.is_empty() {
        true => text.replace("END:VCALENDAR", &format!("{ZONE}END:VCALENDAR")),
        false => text,
    }
}

/// The windows of the last year or so, and those to come.
fn calendar(view: &View) -> Calendar {
    let mut calendar = Calendar::empty();
    calendar
        .append_property(Property::new("VERSION", "2.0"))
        .append_property(Property::new("PRODID", "-//everup//maintenance//EN"))
        .append_property(Property::new("CALSCALE", "GREGORIAN"))
        .append_property(Property::new("METHOD", "PUBLISH"))
        .name("Maintenance")
        .ttl(&LOOK_EVERY);
    for announcement in chosen(view) {
        calendar.push(event(view, announcement));
    }
    calendar
}

/// What is under way and what comes next, and then, as far as there is room, what is over or
/// was called off, the newest first.
fn chosen(view: &View) -> impl Iterator<Item = &Announcement> {
    let since = view.now.plus_ms(-KEPT_MS);
    let is_open = |kept: &&Announcement| {
        matches!(kept.window.status(view.now), Status::Active | Status::Upcoming)
    };
    let windows = &view.snapshot.windows;
    let past = windows.iter().rev().filter(move |kept| !is_open(kept));
    let past = past.filter(move |kept| kept.window.end >= since);
    windows.iter().filter(is_open).chain(past).take(EVENTS_MAX)
}

fn event(view: &View, announcement: &Announcement) -> Event {
    let window = &announcement.window;
    let is_off = window.status(view.now) == Status::Cancelled;
    // One that was called off beforehand keeps the time that it would have taken.
    let span = if is_off { window.end } else { window.span().to };
    let mut event = Event::with_uid(&format!("{}@everup", announcement.uid));
    event
        .timestamp(announcement.changed_at.to_utc())
        .add_property("LAST-MODIFIED", instant(announcement.changed_at))
        .add_property("CREATED", instant(window.announced_at))
        .add_property("SEQUENCE", (announcement.revision - 1).to_string())
        .add_property("DTSTART", instant(window.start))
        .add_property("DTEND", instant(whole_second(span)))
        .add_property("TRANSP", "TRANSPARENT")
        .summary(&summary(window))
        .description(&description(view, window))
        .status(if is_off { EventStatus::Cancelled } else { EventStatus::Confirmed });
    event.done()
}

/// An instant as calendars have it, to the second.
fn instant(at: Timestamp) -> String {
    at.to_utc().format("%Y%m%dT%H%M%SZ").to_string()
}

/// The second in which an end lies, whole: no event ends before its maintenance.
fn whole_second(at: Timestamp) -> Timestamp {
    at.plus_ms((-at.0).rem_euclid(SECOND_MS))
}

/// The first line of what users are told.
fn summary(window: &MaintenanceWindow) -> String {
    let line = window.message.lines().map(str::trim).find(|line| !line.is_empty());
    let line = match (line, window.emergency) {
        (Some(line), false) => line.to_owned(),
        (Some(line), true) => format!("Emergency: {line}"),
        (None, false) => DEFAULT_SUMMARY.to_owned(),
        (None, true) => "Emergency maintenance".to_owned(),
    };
    let cut: String = line.chars().take(SUMMARY_CHARS_MAX).collect();
    if cut.len() == line.len() { cut } else { format!("{}…", cut.trim_end()) }
}

/// All of it, and what it is about.
fn description(view: &View, window: &MaintenanceWindow) -> String {
    let name = |id: &crate::domain::monitor::MonitorId| match view.snapshot.find(id.as_str()) {
        Some(history) => history.monitor.name.clone(),
        None => id.to_string(),
    };
    let about = match &window.monitors[..] {
        [] => "all monitors".to_owned(),
        some => some.iter().map(name).collect::<Vec<_>>().join(", "),
    };
    let effect = match window.excluded() {
        Some(_) => "Announced in time: it does not count in the uptime figure.",
        None if window.span().is_empty() => "Called off: it does not take place.",
        None if window.emergency => "An emergency: it counts in the uptime figure.",
        None => "It counts in the uptime figure.",
    };
    let message = window.message.trim();
    let gap = if message.is_empty() { "" } else { "\n\n" };
    format!("{message}{gap}Concerns: {about}.\n{effect}")
}
