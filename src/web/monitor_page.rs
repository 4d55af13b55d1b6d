//! `GET /monitors/{id}`: one monitor: its state, its months, its outages, its speed.

use super::bars::Bars;
use super::chart::Chart;
use super::error::Problem;
use super::explain::address;
use super::figure::{Figure, NOTHING};
use super::frame::{self, Frame};
use super::moment::{self, Moment};
use super::outages::Outages;
use super::sentence::Sentence;
use super::{Site, View};
use crate::domain::duration;
use crate::domain::monitor::{MonitorId, Parameters};
use crate::domain::month::Month;
use crate::domain::percent;
use crate::domain::period::Period;
use crate::domain::uptime::Ratio;
use crate::report::headline::Piece;
use crate::report::latency::{self, Picture};
use crate::report::monitor::MonitorReport;
use crate::report::period::MonitorRow;
use crate::report::status::{Day, State};
use askama::Template;
use axum::Router;
use axum::extract;
use axum::extract::rejection::PathRejection;
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
    url: &'a str,
    since: Option<Moment>,
    rule: String,
    interval: String,
    timeout: String,
    bars: Bars,
    first_day: String,
    last_day: String,
    days: Vec<DayRow>,
    months: Vec<MonthRow>,
    months_left_out: usize,
    outages: Option<Outages<'a>>,
    outages_shown: usize,
    outages_count: usize,
    speeds: Vec<Speed>,
}

struct DayRow {
    date: chrono::NaiveDate,
    /// The address that says how its uptime came about.
    why: String,
    uptime: Option<String>,
    down: String,
    degraded: String,
    unknown: String,
    maintenance: String,
    paused: String,
}

struct MonthRow {
    month: Month,
    figure: Figure,
    downtime: String,
    outages: usize,
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
) -> Result<Response, Problem> {
    let extract::Path(id) = id.map_err(|_| Problem::no_such_page())?;
    let view = site.view();
    let history = view.snapshot.find(&id).ok_or_else(|| Problem::no_such_monitor(&id))?;
    let store = site.app.store.as_ref();
    let report = MonitorReport::make(store, history, view.now, &view.settings)
        .await
        .map_err(Problem::unreadable)?;
    frame::answer(&page(&view, &report))
}

fn page<'a>(view: &View, report: &'a MonitorReport<'a>) -> MonitorPage<'a> {
    let zone = view.settings.zone;
    let monitor = &report.history.monitor;
    let (state, pieces) = state(report);
    let title = format!("{}: {}", monitor.name, state.word());
    let parameters = monitor.parameters.current();
    let day = |day: Option<&Day>| day.map(|day| moment::day(day.date)).unwrap_or_default();
    let caption = format!("Outages of {}", monitor.name);
    let month = Month::around(view.now, zone);
    let of_month = |row: &(Month, MonitorRow)| MonthRow {
        month: row.0,
        figure: Figure::of(&row.1.figures, report.decimals)
            .explained(address::of_monitor(&row.1.id, Period::Month(row.0))),
        downtime: length(row.1.figures.tally.down),
        outages: row.1.figures.outages.len(),
    };
    MonitorPage {
        frame: Frame::of(view, title, state),
        mark: frame::mark(state),
        sentence: Sentence::of(pieces, view.now, zone),
        url: &monitor.url,
        since: report.since.map(|since| Moment::exact(since, zone)),
        rule: rule(&parameters),
        interval: duration::in_words(parameters.interval_ms),
        timeout: duration::in_words(parameters.timeout_ms),
        bars: Bars::of(&report.days),
        first_day: day(report.days.first()),
        last_day: day(report.days.last()),
        days: report
            .days
            .iter()
            .rev()
            .filter_map(|d| day_row(d, &monitor.id, report.decimals))
            .collect(),
        months: report.months.iter().map(of_month).collect(),
        months_left_out: report.months_count - report.months.len(),
        outages: (!report.outages.is_empty())
            .then(|| Outages::live(&report.outages, view, caption)),
        outages_shown: report.outages.len(),
        outages_count: report.outages_count,
        speeds: vec![
            speed("The last 24 hours".to_owned(), &report.last_day, zone),
            speed(month.name(), &report.month, zone),
        ],
    }
}

/// The state and its sentence; a monitor that was removed has none.
fn state(report: &MonitorReport<'_>) -> (State, Vec<Piece>) {
    let name = &report.history.monitor.name;
    match report.removed_at {
        None => (report.now.state, report.now.sentence(name, report.at)),
        Some(removed_at) => {
            let pieces = vec![
                Piece::Name(name.clone()),
                Piece::Text(" is no longer watched since ".to_owned()),
                Piece::At(removed_at),
                Piece::Text(".".to_owned()),
            ];
            (State::Paused, pieces)
        }
    }
}

/// `down after 3 failures in a row, re-checked 10 s apart; up again at the first success`
fn rule(parameters: &Parameters) -> String {
    let apart = duration::in_words(parameters.retry_interval_ms);
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

/// A duration, or that there was none.
fn length(ms: i64) -> String {
    if ms > 0 { duration::in_words(ms) } else { "none".to_owned() }
}

/// One day; `None` where the monitor was not there.
fn day_row(day: &Day, id: &MonitorId, decimals: u32) -> Option<DayRow> {
    let tally = &day.tally;
    let words = |ms: i64| if ms > 0 { duration::in_words(ms) } else { NOTHING.to_owned() };
    (tally.window() > tally.outside).then(|| DayRow {
        date: day.date,
        why: address::of_day(id.as_str(), day.date),
        uptime: tally.uptime().map(|ratio: Ratio| percent::shown(ratio, decimals)),
        down: words(tally.down),
        degraded: words(tally.degraded),
        unknown: words(tally.unknown),
        maintenance: words(tally.maintenance),
        paused: words(tally.paused),
    })
}

fn speed(title: String, picture: &Picture, zone: Tz) -> Speed {
    let ms = |us: u32| format!("{} ms", latency::tenths_of_ms(us));
    let percentiles = picture.summary.percentiles;
    let rank = |of: fn(latency::Percentiles) -> u32| {
        percentiles.map_or(NOTHING.to_owned(), |percentiles| ms(of(percentiles)))
    };
    Speed {
        chart: Chart::of(picture, &title, zone),
        title,
        checks: picture.summary.checks,
        percentiles: [rank(|p| p.p50_us), rank(|p| p.p95_us), rank(|p| p.p99_us)],
        slowest: picture.slowest.map(|(at, us)| (ms(us), Moment::exact(at, zone))),
        stretch: duration::in_words(picture.stretch_ms),
    }
}
