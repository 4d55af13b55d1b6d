//! `GET /monitors/{id}/explain`: how a monitor's figure came about. With `?month=2026-11`
//! (a quarter or a year, too), `?day=2026-11-03` or `?from=…&to=…`; without, of the running
//! month. The same as JSON under `/api/v1`.

use super::head::{Head, Subject};
use super::rows::{Rows, words};
use super::sum::Sum;
use super::{Id, Query, as_json, period, refused};
use crate::domain::class::Class;
use crate::domain::duration;
use crate::domain::span::{Span, Spans};
use crate::domain::uptime::Tally;
use crate::report::explain::part::Part;
use crate::report::explain::words::grouped;
use crate::report::explain::{Cited, Event, Explanation, Happened, json, rule};
use crate::store::closed::Subject as Closed;
use crate::web::error::Problem;
use crate::web::frame::{self, Frame};
use crate::web::moment::Moment;
use crate::web::sentence::Sentence;
use crate::web::{Site, View};
use askama::Template;
use axum::Router;
use axum::extract;
use axum::response::Response;
use axum::routing::get;
use chrono_tz::Tz;
use std::sync::Arc;

/// More than anyone reads on one page; the JSON has all.
const EVENTS_MAX: usize = 500;

/// Both addresses.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new()
        .route("/monitors/{id}/explain", get(monitor_page))
        .route("/api/v1/monitors/{id}/explain", get(monitor_json))
}

async fn monitor_page(
    extract::State(site): extract::State<Arc<Site>>,
    id: Id,
    asked: Query,
) -> Result<Response, Problem> {
    let view = site.view();
    let explanation = of_monitor(&site, &view, id, asked).await?;
    frame::answer(&MonitorPage::of(&view, &explanation))
}

async fn monitor_json(
    extract::State(site): extract::State<Arc<Site>>,
    id: Id,
    asked: Query,
) -> Result<Response, Problem> {
    let view = site.view();
    let explanation = of_monitor(&site, &view, id, asked).await?;
    Ok(as_json(json::of_monitor(&explanation)))
}

async fn of_monitor(
    site: &Site,
    view: &View,
    id: Id,
    asked: Query,
) -> Result<Explanation, Problem> {
    let extract::Path(id) = id.map_err(|_| Problem::no_such_page())?;
    let history = view.snapshot.find(&id).ok_or_else(|| Problem::no_such_monitor(&id))?;
    let period = period(view, asked)?;
    let _one_at_a_time = site.explaining.lock().await;
    let (store, windows) = (site.app.store.as_ref(), &view.snapshot.windows);
    let made =
        Explanation::make(store, history, windows, period, view.now, &view.settings).await;
    match made {
        Ok(explanation) => Ok(explanation),
        Err(why) => Err(refused(site, view, (Closed::Monitor, &id), period, why).await),
    }
}

#[derive(Template)]
#[template(path = "explain.html")]
struct MonitorPage<'a> {
    frame: Frame,
    head: Head<'a>,
    sum: Sum,
    rules: Vec<RuleRow>,
    kept_from: Option<Moment>,
    events: Vec<EventRow>,
    events_count: usize,
    /// What other monitors said beside the figure.
    beside: Vec<String>,
    parts: Rows,
    doubtful: Option<Rows>,
    surely: Option<Rows>,
}

struct RuleRow {
    from: Option<Moment>,
    text: String,
}

struct EventRow {
    mark: &'static str,
    name: String,
    /// Where all of an outage is told.
    dossier: Option<String>,
    length: Option<String>,
    from: Moment,
    to: Option<Moment>,
    ms: String,
    counts_as: String,
    said: Sentence,
    checks: Vec<CheckRow>,
}

struct CheckRow {
    role: &'static str,
    at: Moment,
    verdict: &'static str,
    reason: String,
}

impl<'a> MonitorPage<'a> {
    fn of(view: &View, explanation: &'a Explanation) -> MonitorPage<'a> {
        let Explanation { scope, row, parts, events, .. } = explanation;
        let zone = scope.zone;
        let subject = Subject {
            kind: 'm',
            home: format!("/monitors/{}", row.id),
            id: &row.id,
            name: &row.name,
            figures: &row.figures,
            months: &row.months,
            ends_at: explanation.ends_at,
            ends_because: explanation.ends_because.clone(),
            agrees: explanation.agrees,
        };
        let title = format!("{}: how its uptime came about", row.name);
        let shown = events.iter().take(EVENTS_MAX);
        MonitorPage {
            frame: Frame::fixed(view, title, scope.as_of, zone),
            sum: Sum::of(&row.figures, zone, scope.decimals),
            head: Head::of(subject, scope),
            rules: (row.parameters.iter())
                .map(|(from, parameters)| RuleRow {
                    from: (*from > scope.window.from).then(|| Moment::to_the_ms(*from, zone)),
                    text: rule(parameters),
                })
                .collect(),
            kept_from: explanation.kept_from.map(|from| Moment::to_the_ms(from, zone)),
            events: shown.map(|event| event_row(event, zone)).collect(),
            events_count: events.len(),
            beside: row.imported.iter().flat_map(|of| of.beside(zone)).collect(),
            parts: Rows::of("Every stretch of the period", parts.iter().map(stretch), zone),
            doubtful: spans("Doubtful time", &explanation.doubtful, zone),
            surely: spans("Time surely down", &row.figures.doubt.surely_down, zone),
        }
    }
}

fn event_row(event: &Event, zone: Tz) -> EventRow {
    let mark = match event.what {
        Happened::Outage => "down",
        Happened::Blip => "failing",
        Happened::Slow => "degraded",
        Happened::Gap(_) => "unknown",
        Happened::Maintenance => "maintenance",
        Happened::Pause => "paused",
        Happened::Rules | Happened::Outside(_) | Happened::Imported(_) => "pending",
    };
    let length = (!event.span.is_empty()).then(|| duration::in_words(event.span.length_ms()));
    EventRow {
        mark,
        name: event.what.name(),
        dossier: event.outage.as_ref().map(|id| format!("/outages/{id}")),
        to: length.is_some().then(|| Moment::to_the_ms(event.span.to, zone)),
        length,
        from: Moment::to_the_ms(event.span.from, zone),
        ms: grouped(event.span.length_ms()),
        counts_as: match event.what {
            // What these count as, they say themselves.
            Happened::Gap(_) | Happened::Outside(_) | Happened::Pause => String::new(),
            _ => counts_as(&event.tally),
        },
        said: Sentence::exact(event.said.clone(), zone),
        checks: event.checks.iter().map(|cited| check_row(cited, zone)).collect(),
    }
}

/// `960,000 ms down, 60,000 ms not checked`.
fn counts_as(tally: &Tally) -> String {
    let classes = [
        (tally.down, Class::Down),
        (tally.up, Class::Up),
        (tally.degraded, Class::Degraded),
        (tally.unknown, Class::Unknown),
        (tally.maintenance, Class::Maintenance),
        (tally.paused, Class::Paused),
        (tally.outside, Class::Outside),
    ];
    let said = classes.into_iter().filter(|(ms, _)| *ms > 0);
    let said = said.map(|(ms, class)| format!("{} ms {}", grouped(ms), words(class).1));
    said.collect::<Vec<_>>().join(", ")
}

fn check_row(cited: &Cited, zone: Tz) -> CheckRow {
    CheckRow {
        role: cited.role.name(),
        at: Moment::to_the_ms(cited.check.at, zone),
        verdict: cited.check.verdict.word(),
        reason: cited.check.reason.as_deref().unwrap_or_default().to_owned(),
    }
}

fn stretch(part: &Part) -> (Span, Class, String) {
    let word = words(part.class).1;
    let what = match (part.cause, part.source) {
        (Some(cause), _) => format!("{word}: {}", cause.name()),
        (None, Some(source)) => format!("{word}: imported from {source}"),
        (None, None) => word.to_owned(),
    };
    (part.span, part.class, what)
}

/// `None` where there are none.
fn spans(caption: &'static str, spans: &Spans, zone: Tz) -> Option<Rows> {
    let spans = spans.as_slice().iter();
    let stretch = |span: &Span| (*span, Class::Down, String::new());
    (spans.len() > 0).then(|| Rows::of(caption, spans.map(stretch), zone))
}
