//! `GET /monitors/{id}`: one monitor: its state, its months, its outages, its speed.
//! `?month=2026-10` shows that month in pictures.

use super::chart::Chart;
use super::error::Problem;
use super::figure::NOTHING;
use super::frame::{self, Frame};
use super::moment::Moment;
use super::notices::Notices;
use super::sentence::Sentence;
use super::story::{self, AskedMonth, Sections, Subject};
use super::unbroken::unbroken;
use super::works::Works;
use super::{Site, View};
use crate::domain::duration;
use crate::domain::latency::Percentiles;
use crate::domain::monitor::Parameters;
use crate::domain::month::Month;
use crate::report::headline::Piece;
use crate::report::latency::{self, Picture};
use crate::report::monitor::MonitorReport;
use crate::report::notice::Standing;
use crate::report::status::State;
use askama::Template;
use axum::Router;
use axum::extract;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::response::Response;
use axum::routing::get;
use chrono_tz::Tz;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "monitor.html")]
struct MonitorPage<'a> {
    frame: Frame,
    mark: &'static str,
    sentence: Sentence,
    why: Sentence,
    notices: Notices<'a>,
    url: &'a str,
    since: Option<Moment>,
    rule: String,
    interval: String,
    timeout: String,
    story: Sections<'a>,
    /// The maintenance that is over.
    works: Option<Works<'a>>,
    works_left_out: usize,
    speeds: Vec<Speed>,
}

struct Speed {
    title: String,
    chart: Option<Chart>,
    checks: u64,
    /// p50, p95 and p99.
    percentiles: [String; 3],
    slowest: Option<(String, Moment)>,
    stretch: String,
}

/// `GET /monitors/{id}`.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new().route("/monitors/{id}", get(show))
}

async fn show(
    extract::State(site): extract::State<Arc<Site>>,
    id: Result<extract::Path<String>, PathRejection>,
    asked: Result<extract::Query<AskedMonth>, QueryRejection>,
) -> Result<Response, Problem> {
    let extract::Path(id) = id.map_err(|_| Problem::no_such_page())?;
    let view = site.view();
    let month = story::month(asked, &view)?;
    let history = view.snapshot.find(&id).ok_or_else(|| Problem::no_such_monitor(&id))?;
    let store = site.app.store.as_ref();
    let report =
        MonitorReport::make(store, history, &view.snapshot.windows, view.now, &view.settings)
            .await
            .map_err(Problem::unreadable)?;
    frame::answer(&page(&view, &report, month))
}

fn page<'a>(view: &'a View, report: &'a MonitorReport<'a>, month: Month) -> MonitorPage<'a> {
    let zone = view.settings.zone;
    let monitor = &report.history.monitor;
    let (state, pieces, why) = state(report);
    let title = format!("{}: {}", monitor.name, state.word());
    let parameters = monitor.parameters.current();
    let running = view.settings.calendar().around(view.now);
    let subject = Subject {
        folder: "/monitors",
        kind: 'm',
        id: monitor.id.as_str(),
        name: &monitor.name,
    };
    let living = Standing { monitor, now: &report.now };
    let living: Vec<Standing<'_>> =
        report.removed_at.is_none().then_some(living).into_iter().collect();
    let caption = format!("Past maintenance of {}", monitor.name);
    MonitorPage {
        frame: Frame::of(view, title, state),
        mark: frame::mark(state),
        sentence: Sentence::of(pieces, view.now, zone),
        why: Sentence::of(why, view.now, zone),
        notices: Notices::about(view, std::slice::from_ref(&monitor.id), &living),
        url: &monitor.url,
        since: report.story.since.map(|since| Moment::exact(since, zone)),
        rule: rule(&parameters),
        interval: unbroken(&duration::in_words(parameters.interval_ms)),
        timeout: unbroken(&duration::in_words(parameters.timeout_ms)),
        story: Sections::of(view, &subject, &report.past, &report.story, month),
        works: Works::live(view, &report.maintenance, caption),
        works_left_out: report.maintenance.left_out,
        speeds: vec![
            speed("The last 24 hours".to_owned(), &report.last_day, zone),
            speed(running.name(), &report.month, zone),
        ],
    }
}

/// The state, its sentence and what that has no room for; a monitor that was removed has
/// no state.
fn state(report: &MonitorReport<'_>) -> (State, Vec<Piece>, Vec<Piece>) {
    let name = &report.history.monitor.name;
    match report.removed_at {
        None => {
            let now = &report.now;
            (now.state, now.sentence(name, report.at), now.why())
        }
        Some(removed_at) => {
            let pieces = vec![
                Piece::Name(name.clone()),
                Piece::Text(" has not been watched since ".to_owned()),
                Piece::At(removed_at),
                Piece::Text(".".to_owned()),
            ];
            (State::Paused, pieces, Vec::new())
        }
    }
}

/// `down after 3 failures in a row, re-checked 10 s apart; up again at the first success`
fn rule(parameters: &Parameters) -> String {
    let apart = unbroken(&duration::in_words(parameters.retry_interval_ms));
    let down = match parameters.failures {
        1 => "Down at the first failure".to_owned(),
        failures => {
            format!("Down after {failures} failures in a row, re-checked {apart} apart")
        }
    };
    let up = match parameters.successes {
        1 => "up again at the first success".to_owned(),
        successes => format!("up again after {successes} successes in a row"),
    };
    format!("{down}; {up}")
}

fn speed(title: String, picture: &Picture, zone: Tz) -> Speed {
    let ms = |us: u32| unbroken(&format!("{} ms", latency::tenths_of_ms(us)));
    let percentiles = picture.summary.percentiles;
    let rank = |of: fn(Percentiles) -> u32| {
        percentiles.map_or(NOTHING.to_owned(), |percentiles| ms(of(percentiles)))
    };
    Speed {
        chart: Chart::of(picture, &title, zone),
        title,
        checks: picture.summary.checks,
        percentiles: [rank(|p| p.p50_us), rank(|p| p.p95_us), rank(|p| p.p99_us)],
        slowest: picture.slowest.map(|(at, us)| (ms(us), Moment::exact(at, zone))),
        stretch: unbroken(&duration::in_words(picture.stretch_ms)),
    }
}
