//! How a figure came about: one page for a monitor's, one for a group's, and the same for
//! programs under `/api/v1`.

pub(super) mod address;
mod group;
mod head;
mod monitor;
mod rows;
mod sum;

use super::error::Problem;
use super::{Site, View};
use crate::domain::period::Period;
use crate::report::bygone;
use crate::report::period::NoReport;
use crate::store::closed::Subject;
use axum::Router;
use axum::extract;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Deserialize;
use std::sync::Arc;

/// Of which time, as it was asked for.
#[derive(Deserialize)]
struct Asked {
    month: Option<String>,
    day: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

type Id = Result<extract::Path<String>, PathRejection>;
type Query = Result<extract::Query<Asked>, QueryRejection>;

/// Every explanation.
pub(super) fn router() -> Router<Arc<Site>> {
    monitor::router().merge(group::router())
}

/// The period that was asked for; without a word of one, the running month.
fn period(view: &View, asked: Query) -> Result<Period, Problem> {
    let zone = view.settings.zone;
    let expected = "a time is named once: as ?month=2026-11, as ?day=2026-11-03, or as \
                    ?from=2026-11-01&to=2026-11-15";
    let extract::Query(asked) = asked.map_err(|_| Problem::bad_period(expected))?;
    let period = match (asked.month, asked.day, asked.from, asked.to) {
        (None, None, None, None) => {
            Ok(Period::Month(view.settings.calendar().around(view.now)))
        }
        (Some(month), None, None, None) => Period::parse(&month),
        (None, Some(day), None, None) => Period::range(&day, &day, zone),
        (None, None, Some(from), Some(to)) => Period::range(&from, &to, zone),
        _ => Err(expected.to_owned()),
    };
    period.map_err(|why| Problem::bad_period(&why))
}

/// Why there is no explanation of a time. One of which a closed month still has a row is
/// explained with that month.
async fn refused(
    site: &Site,
    view: &View,
    (subject, id): (Subject, &str),
    period: Period,
    why: NoReport,
) -> Problem {
    let is_unknown = matches!(
        why,
        NoReport::NotWatched { .. } | NoReport::TooEarly { .. } | NoReport::NoMonitor
    );
    if !is_unknown || matches!(period, Period::Month(_)) {
        return why.into();
    }
    let (store, window) = (site.app.store.as_ref(), view.settings.calendar().window(period));
    match bygone::month_within(store, (subject, id), window).await {
        Ok(Some(month)) => {
            let page = match subject {
                Subject::Monitor => address::of_monitor(id, Period::Month(month)),
                Subject::Group => address::of_group(id, Period::Month(month)),
            };
            let data = address::as_json(&page);
            Problem::closed_in(month, &why.to_string(), page, data)
        }
        Ok(None) => why.into(),
        Err(error) => Problem::unreadable(error),
    }
}

fn as_json(text: String) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")];
    (headers, text).into_response()
}
