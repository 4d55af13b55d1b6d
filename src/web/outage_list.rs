//! `GET /api/v1/outages` and `/api/v1/outages.csv`: which outages there were, newest first,
//! a page at a time.

use super::Site;
use super::error::Problem;
use crate::domain::history::History;
use crate::domain::outage::OutageId;
use crate::domain::period::{end_instant, first_instant};
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::report::outage_list::{Filter, OutageList};
use axum::Router;
use axum::extract;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono_tz::Tz;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, LINK};
use serde::Deserialize;
use std::sync::Arc;
use url::form_urlencoded::Serializer;

/// What may be asked, as it was written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    monitor: Option<String>,
    from: Option<String>,
    to: Option<String>,
    min_ms: Option<String>,
    ongoing: Option<String>,
    after: Option<String>,
    limit: Option<String>,
}

type Asked = Result<extract::Query<Question>, QueryRejection>;

/// `GET /api/v1/outages` and `GET /api/v1/outages.csv`.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new()
        .route("/api/v1/outages", get(as_json))
        .route("/api/v1/outages.csv", get(as_csv))
}

async fn as_json(
    extract::State(site): extract::State<Arc<Site>>,
    asked: Asked,
) -> Result<Response, Problem> {
    answer(&site, asked, |list, next| {
        let headers = [(CONTENT_TYPE, "application/json")];
        let next = next.map(|query| format!("/api/v1/outages?{query}"));
        (headers, list.json(next)).into_response()
    })
    .await
}

async fn as_csv(
    extract::State(site): extract::State<Arc<Site>>,
    asked: Asked,
) -> Result<Response, Problem> {
    answer(&site, asked, |list, next| {
        let headers = [
            (CONTENT_TYPE, "text/csv; charset=utf-8"),
            (CONTENT_DISPOSITION, "inline; filename=\"everup-outages.csv\""),
        ];
        // A table has no place for the next page.
        let link = next.map(|query| {
            let next = format!("</api/v1/outages.csv?{query}>; rel=\"next\"");
            [(LINK, next)]
        });
        match link {
            Some(link) => (headers, link, list.csv()).into_response(),
            None => (headers, list.csv()).into_response(),
        }
    })
    .await
}

/// The answer in a form, which is told the query of the next page.
async fn answer(
    site: &Site,
    asked: Asked,
    form: impl FnOnce(&OutageList<'_>, Option<String>) -> Response,
) -> Result<Response, Problem> {
    let extract::Query(question) = asked.map_err(|error| Problem::bad_keys(&error))?;
    let view = site.view();
    let filter = question
        .filter(view.settings.zone)
        .map_err(|why| Problem::bad_query(&why))?;
    let histories: Vec<&History> = match &question.monitor {
        None => view.snapshot.histories.iter().map(AsRef::as_ref).collect(),
        Some(id) => {
            let found = view.snapshot.find(id);
            vec![found.ok_or_else(|| Problem::no_such_monitor(id))?]
        }
    };
    let corrections = site.app.store.corrections(None).await.map_err(Problem::unreadable)?;
    let list = OutageList::of(histories, corrections, &filter, view.now, &view.settings);
    let next = list.next.as_ref().map(|after| question.next(after));
    let mut response = form(&list, next);
    let no_cache = http::HeaderValue::from_static("no-cache");
    response.headers_mut().insert(CACHE_CONTROL, no_cache);
    Ok(response)
}

impl Question {
    fn filter(&self, zone: Tz) -> Result<Filter, String> {
        let edge = |text: &Option<String>, of: fn(&str, Tz) -> Result<Timestamp, String>| {
            text.as_deref().map(|text| of(text, zone)).transpose()
        };
        let window = Span::new(
            edge(&self.from, first_instant)?.unwrap_or(Timestamp::MIN),
            edge(&self.to, end_instant)?.unwrap_or(Timestamp::MAX),
        );
        if window.is_empty() {
            return Err("the time ends before it begins; from must be earlier than to".into());
        }
        let min_ms = match &self.min_ms {
            None => 0,
            Some(text) => text.parse().ok().filter(|ms| *ms >= 0).ok_or_else(|| {
                format!("min_ms is {text:?}; write whole milliseconds, like min_ms=60000")
            })?,
        };
        let ongoing = match self.ongoing.as_deref() {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(text) => {
                return Err(format!(
                    "ongoing is {text:?}; write ongoing=true or ongoing=false"
                ));
            }
        };
        let after = match &self.after {
            None => None,
            Some(text) => Some(OutageId::parse(text).ok_or_else(|| {
                format!(
                    "after is {text:?}, which is no outage; take the address in \"next\" of the \
                     page before"
                )
            })?),
        };
        let limit = match &self.limit {
            None => Filter::LIMIT,
            Some(text) => {
                let limits = 1..=Filter::LIMIT_MAX;
                text.parse().ok().filter(|limit| limits.contains(limit)).ok_or_else(|| {
                    format!("limit is {text:?}; write a number from 1 to {}", Filter::LIMIT_MAX)
                })?
            }
        };
        Ok(Filter { window, min_ms, ongoing, after, limit })
    }

    /// The query of the page after this one.
    fn next(&self, after: &OutageId) -> String {
        let after = Some(after.to_string());
        let pairs = [
            ("monitor", &self.monitor),
            ("from", &self.from),
            ("to", &self.to),
            ("min_ms", &self.min_ms),
            ("ongoing", &self.ongoing),
            ("limit", &self.limit),
            ("after", &after),
        ];
        let mut query = Serializer::new(String::new());
        for (name, value) in pairs {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }
}
