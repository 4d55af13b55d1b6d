//! `GET /api/v1/monitors/{id}/checks`: the single checks, as lines of JSON or as CSV.
//!
//! Streamed a piece of time after the other: however many there are, only one piece is in
//! memory, and the next is read when the visitor has taken this one.

use super::Site;
use super::error::Problem;
use crate::domain::calendar::Calendar;
use crate::domain::check::Check;
use crate::domain::history::History;
use crate::domain::monitor::{Key, MonitorId};
use crate::domain::period::{Period, end_instant, first_instant};
use crate::domain::span::Span;
use crate::domain::timestamp::{DAY_MS, HOUR_MS, Timestamp};
use crate::store::contract::{Store, StoreError};
use crate::transfer::csv;
use crate::transfer::line::Record;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use std::sync::Arc;

/// So many checks are read at a time, about: some hundred kilobytes of text.
const CHECKS_AT_ONCE: i64 = 1_500;

/// What is asked for. Dates and instants as in a report's range.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    from: Option<String>,
    to: Option<String>,
    format: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Lines,
    Csv,
}

/// `GET /api/v1/monitors/{id}/checks`.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new().route("/api/v1/monitors/{id}/checks", get(show))
}

async fn show(
    extract::State(site): extract::State<Arc<Site>>,
    id: Result<extract::Path<String>, PathRejection>,
    wanted: Result<extract::Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let extract::Path(id) = id.map_err(|_| Problem::no_such_page())?;
    let extract::Query(wanted) = wanted.map_err(|error| Problem::bad_keys(&error))?;
    let view = site.view();
    let history = view.snapshot.find(&id).ok_or_else(|| Problem::no_such_monitor(&id))?;
    let form = match wanted.format.as_deref() {
        None | Some("ndjson") => Form::Lines,
        Some("csv") => Form::Csv,
        Some(_) => return Err(Problem::bad_query("format is ndjson or csv")),
    };
    let mut span = span(&wanted, history, view.now, &view.settings.calendar())?;
    let kept_from = site.app.store.kept_from().await.map_err(Problem::unreadable)?;
    if let Some(until) = kept_from.get(&history.key).filter(|until| span.from < **until) {
        if wanted.from.is_some() {
            return Err(Problem::no_longer_kept(*until));
        }
        span = span.cut(Span::new(*until, Timestamp::MAX));
    }
    // Read before the checks: should these change in between, it is the edition of a past
    // that never comes back, and whoever asks again has all of them anew.
    let edition = site.app.store.edition(history.key, span).await;
    let tag = tag(span, form, &edition.map_err(Problem::unreadable)?);
    let known = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let matches = |known: &str| known.split(',').any(|one| one.trim() == tag || one == "*");
    if known.is_some_and(matches) {
        let headers = [(ETAG, tag), (CACHE_CONTROL, "no-cache".to_owned())];
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let reading = Reading {
        store: site.app.store.clone(),
        key: history.key,
        monitor: history.monitor.id.clone(),
        form,
        rest: span,
        piece_ms: piece_ms(history),
    };
    // The first piece is read before the head goes out, so that a store that cannot be
    // read is told as such.
    let (first, reading) = reading.next().await.map_err(Problem::unreadable)?;
    Ok(answer(&history.monitor.id, form, &tag, first, reading))
}

fn answer(
    monitor: &MonitorId,
    form: Form,
    tag: &str,
    first: Bytes,
    reading: Option<Reading>,
) -> Response {
    let start = match form {
        Form::Lines => Bytes::new(),
        Form::Csv => Bytes::from(csv::head()),
    };
    let rest = stream::try_unfold(reading, |reading| async move {
        match reading {
            Some(reading) => reading.next().await.map(Some),
            None => Ok::<_, StoreError>(None),
        }
    });
    let begun = stream::iter([Ok(start), Ok(first)]);
    let body = Body::from_stream(futures_util::StreamExt::chain(begun, rest));
    let (media_type, extension) = match form {
        Form::Lines => ("application/x-ndjson", "ndjson"),
        Form::Csv => ("text/csv; charset=utf-8", "csv"),
    };
    let name = format!("inline; filename=\"everup-{monitor}-checks.{extension}\"");
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    for (header, value) in [(ETAG, tag), (CONTENT_DISPOSITION, &name)] {
        // An id, numbers and letters are always a header's value.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(header, value);
        }
    }
    response
}

/// The time that is asked for; all of it where nothing is said.
fn span(
    wanted: &Wanted,
    history: &History,
    now: Timestamp,
    calendar: &Calendar,
) -> Result<Span, Problem> {
    let all = history.monitor.lives().as_slice().first().map_or(now, |life| life.from);
    let all = Span::new(all, now.plus_ms(1));
    let edge = |text: &Option<String>, otherwise: Timestamp| {
        text.clone().unwrap_or_else(|| otherwise.to_rfc3339_ms())
    };
    let zone = calendar.zone();
    let beyond = match (&wanted.from, &wanted.to) {
        (None, None) => return Ok(all),
        (Some(from), None) if first_instant(from, zone).is_ok_and(|at| at >= all.to) => {
            Some(format!("from is {from}, which is yet to come; now is {now}"))
        }
        (None, Some(to)) if end_instant(to, zone).is_ok_and(|at| at <= all.from) => {
            Some(format!("to is {to}, and nothing is known of the time before {}", all.from))
        }
        _ => None,
    };
    if let Some(why) = beyond {
        return Err(Problem::bad_query(&why));
    }
    let (from, to) = (edge(&wanted.from, all.from), edge(&wanted.to, all.to));
    Period::range(&from, &to, zone)
        .map(|range| calendar.window(range))
        .map_err(|why| Problem::bad_query(&why))
}

/// What the answer hangs on: the time, the form, and which checks the store has of it.
fn tag(span: Span, form: Form, edition: &str) -> String {
    let form = if form == Form::Csv { "c" } else { "n" };
    format!("W/\"{form}{}-{}-{edition}\"", span.from.0, span.to.0)
}

/// How long a piece is: so many intervals, and at least an hour.
fn piece_ms(history: &History) -> i64 {
    let interval_ms = history.monitor.parameters.current().interval_ms;
    interval_ms.saturating_mul(CHECKS_AT_ONCE).clamp(HOUR_MS, 400 * DAY_MS)
}

/// Where a stream of checks stands.
struct Reading {
    store: Arc<dyn Store>,
    key: Key,
    monitor: MonitorId,
    form: Form,
    rest: Span,
    piece_ms: i64,
}

impl Reading {
    /// The next piece with anything in it, and what is left; an empty one at the end.
    async fn next(mut self) -> Result<(Bytes, Option<Reading>), StoreError> {
        while !self.rest.is_empty() {
            let to = self.rest.from.plus_ms(self.piece_ms).min(self.rest.to);
            let piece = Span::new(self.rest.from, to);
            self.rest.from = to;
            let checks = self.store.checks(self.key, piece).await?;
            if !checks.is_empty() {
                let text: String = checks.into_iter().map(|check| self.print(check)).collect();
                return Ok((Bytes::from(text), Some(self)));
            }
        }
        Ok((Bytes::new(), None))
    }

    fn print(&self, check: Check) -> String {
        match self.form {
            Form::Lines => Record::Check(self.monitor.clone(), check).print() + "\n",
            Form::Csv => csv::check(self.monitor.as_str(), &check),
        }
    }
}
