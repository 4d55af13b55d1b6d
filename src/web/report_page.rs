//! `GET /report`, `/report/2026-11`, `/report/2026-11.json` and `.csv`: a month's
//! report, the same in every form.

use super::Site;
use super::error::Problem;
use super::figure::{Figure, NOTHING};
use super::frame::{self, Frame};
use super::moment::Moment;
use super::outages::Outages;
use crate::domain::duration;
use crate::domain::month::Month;
use crate::domain::percent::Verdict;
use crate::report::latency;
use crate::report::month::{self, MonitorMonth, MonthReport, Months, NoReport};
use crate::report::status::State;
use crate::report::{csv, json};
use askama::Template;
use axum::Router;
use axum::extract;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use std::sync::Arc;

/// A closed month changes only when history is imported or corrected, so what is kept
/// may be a few minutes old.
const CLOSED_CACHING: &str = "max-age=300";

/// A month that runs is asked for anew each time.
const RUNNING_CACHING: &str = "no-cache";

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage<'a> {
    frame: Frame,
    month: Month,
    zone: &'static str,
    from: Moment,
    to: Moment,
    as_of: Moment,
    closed: bool,
    previous: Option<Month>,
    next: Option<Month>,
    monitors: Vec<Entry<'a>>,
}

/// One monitor's month.
struct Entry<'a> {
    id: &'a str,
    name: &'a str,
    url: &'a str,
    figure: Figure,
    downtime: String,
    down_ms: i64,
    maintenance: Option<String>,
    paused: Option<String>,
    unknown: Option<String>,
    outage_count: usize,
    longest: String,
    recovery: String,
    blips: usize,
    checks: u64,
    /// p50, p95 and p99.
    percentiles: [String; 3],
    sla: Sla,
    outages: Option<Outages<'a>>,
}

struct Sla {
    target: String,
    word: &'static str,
    /// The name of its colour.
    mark: &'static str,
    certain: bool,
}

/// What a month is asked for in.
#[derive(Clone, Copy)]
enum Form {
    Page,
    Json,
    Csv,
}

/// All addresses under `/report`.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new()
        .route("/report", get(newest))
        .route("/report/{month}", get(show))
}

/// The running month has an address of its own, under which it can be found later.
async fn newest(extract::State(site): extract::State<Arc<Site>>) -> Response {
    let view = site.view();
    let month = Month::around(view.now, view.settings.zone);
    let headers = [(CACHE_CONTROL, RUNNING_CACHING)];
    (headers, Redirect::temporary(&format!("/report/{month}"))).into_response()
}

async fn show(
    extract::State(site): extract::State<Arc<Site>>,
    name: Result<extract::Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let extract::Path(name) = name.map_err(|_| Problem::no_such_page())?;
    let (month, form) = match name.rsplit_once('.') {
        Some((month, "json")) => (month, Form::Json),
        Some((month, "csv")) => (month, Form::Csv),
        _ => (name.as_str(), Form::Page),
    };
    let month = Month::parse(month).map_err(|why| Problem::bad_month(&why))?;
    let view = site.view();
    let months = month::months(
        view.snapshot.histories.iter().map(AsRef::as_ref),
        view.now,
        view.settings.zone,
    );
    let months = months.ok_or(NoReport::NoMonitor)?;
    months.admit(month)?;
    let report = site.reports.get(&site, month).await?;
    match form {
        Form::Json => Ok(export(&report, "application/json", "json", json::print(&report))),
        Form::Csv => Ok(export(&report, "text/csv; charset=utf-8", "csv", csv::print(&report))),
        Form::Page => {
            let title = format!("Uptime in {}", month.name());
            let frame = Frame::of(&view, title, State::Paused);
            let mut response = frame::answer(&page(frame, &report, months))?;
            response.headers_mut().insert(CACHE_CONTROL, caching(&report));
            Ok(response)
        }
    }
}

fn caching(report: &MonthReport) -> http::HeaderValue {
    http::HeaderValue::from_static(match report.closed {
        true => CLOSED_CACHING,
        false => RUNNING_CACHING,
    })
}

fn export(
    report: &MonthReport,
    media_type: &'static str,
    extension: &str,
    body: String,
) -> Response {
    let name = format!("inline; filename=\"everup-{}.{extension}\"", report.month);
    let headers = [(CONTENT_TYPE, media_type.to_owned()), (CONTENT_DISPOSITION, name)];
    let mut response = (headers, body).into_response();
    response.headers_mut().insert(CACHE_CONTROL, caching(report));
    response
}

fn page(frame: Frame, report: &MonthReport, months: Months) -> ReportPage<'_> {
    ReportPage {
        frame,
        month: report.month,
        zone: report.zone.name(),
        from: Moment::fixed(report.window.from, report.zone),
        to: Moment::fixed(report.window.to, report.zone),
        as_of: Moment::fixed(report.as_of, report.zone),
        closed: report.closed,
        previous: (report.month > months.oldest).then(|| report.month.previous()),
        next: (report.month < months.newest).then(|| report.month.next()),
        monitors: report.monitors.iter().map(|month| entry(report, month)).collect(),
    }
}

fn entry<'a>(report: &MonthReport, month: &'a MonitorMonth) -> Entry<'a> {
    let length = |ms: Option<i64>| ms.map_or(NOTHING.to_owned(), duration::in_words);
    let spent = |ms: i64| (ms > 0).then(|| duration::in_words(ms));
    let rank = |of: fn(latency::Percentiles) -> u32| {
        let us = month.percentiles().map(of);
        us.map_or(NOTHING.to_owned(), |us| format!("{} ms", latency::tenths_of_ms(us)))
    };
    let caption = format!("Outages of {} in {}", month.name, report.month.name());
    Entry {
        id: &month.id,
        name: &month.name,
        url: &month.url,
        figure: Figure::of(month, report.decimals),
        downtime: spent(month.tally.down).unwrap_or_else(|| "none".to_owned()),
        down_ms: month.tally.down,
        maintenance: spent(month.tally.maintenance),
        paused: spent(month.tally.paused),
        unknown: spent(month.tally.unknown),
        outage_count: month.outages.len(),
        longest: length(month.longest_outage_ms()),
        recovery: length(month.recovery_ms()),
        blips: month.blips,
        checks: month.summary.checks,
        percentiles: [rank(|p| p.p50_us), rank(|p| p.p95_us), rank(|p| p.p99_us)],
        sla: sla(month),
        outages: (!month.outages.is_empty())
            .then(|| Outages::fixed(&month.outages, report.zone, caption)),
    }
}

fn sla(month: &MonitorMonth) -> Sla {
    let (word, mark) = match month.verdict {
        Verdict::Met => ("met", "up"),
        Verdict::Missed => ("missed", "down"),
        Verdict::NoData => ("no data", "unknown"),
    };
    let certain = month.certain || month.verdict == Verdict::NoData;
    Sla { target: month.target.to_string(), word, mark, certain }
}
