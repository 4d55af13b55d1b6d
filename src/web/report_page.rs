//! `GET /report`, `/report/2026-11`, `/report/2026-Q4`, `/report/2026`, and
//! `/report?from=…&to=…`, each also as `.json`, `.csv` and `.txt`: the report of a
//! period, the same in every form.

use super::Site;
use super::View;
use super::error::Problem;
use super::explain::address;
use super::figure::{Figure, NOTHING};
use super::frame::{self, Frame};
use super::moment::Moment;
use super::outages::Outages;
use crate::domain::budget::Budget;
use crate::domain::duration;
use crate::domain::month::Month;
use crate::domain::percent::Verdict;
use crate::domain::period::Period;
use crate::report::figures::Figures;
use crate::report::form::Form;
use crate::report::latency::{self, Percentiles};
use crate::report::period::{GroupRow, MonitorRow, Months, NoReport, PeriodReport, months};
use crate::report::status::State;
use askama::Template;
use axum::Router;
use axum::extract;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use std::sync::Arc;

/// A closed month changes only when history is imported or corrected, so what is kept
/// may be a few minutes old.
const CLOSED_CACHING: &str = "max-age=300";

/// A period that runs is asked for anew each time.
const RUNNING_CACHING: &str = "no-cache";

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage<'a> {
    frame: Frame,
    name: String,
    zone: &'static str,
    from: Moment,
    to: Moment,
    as_of: Moment,
    closed: bool,
    previous: Option<Link>,
    next: Option<Link>,
    /// The months of a longer period, and the longer periods of a month.
    related: Vec<Link>,
    forms: Vec<Link>,
    entries: Vec<Entry<'a>>,
}

/// An address and what it is called.
struct Link {
    href: String,
    text: String,
}

/// What a period came to for one monitor or group.
struct Entry<'a> {
    /// What leads to it on the page.
    anchor: String,
    /// Its own page; groups have none.
    href: Option<String>,
    name: &'a str,
    /// Its address, or of what a group is made.
    about: String,
    figure: Figure,
    downtime: String,
    down_ms: i64,
    maintenance: Option<String>,
    paused: Option<String>,
    unknown: Option<String>,
    outage_count: usize,
    longest: String,
    recovery: String,
    sla: Sla,
    budget: BudgetWords,
    /// What only monitors have.
    checks: Option<Checks>,
    outages: Option<Outages<'a>>,
}

struct Checks {
    blips: usize,
    count: u64,
    /// p50, p95 and p99.
    percentiles: [String; 3],
}

struct Sla {
    target: String,
    word: &'static str,
    /// The name of its colour.
    mark: &'static str,
    certain: bool,
}

/// How much downtime the promise leaves.
struct BudgetWords {
    allowed: String,
    left: String,
    /// When it was or will be used up.
    lost: Option<String>,
}

/// The edges of a range, as they were asked for.
#[derive(Deserialize)]
struct Edges {
    from: Option<String>,
    to: Option<String>,
}

/// All addresses under `/report`.
pub(super) fn router() -> Router<Arc<Site>> {
    let router = Router::new()
        .route("/report", get(newest))
        .route("/report/{period}", get(show));
    Form::ALL.into_iter().fold(router, |router, form| {
        let range = move |site, edges| async move { range(site, edges, Some(form)).await };
        router.route(&format!("/report.{}", form.extension()), get(range))
    })
}

type Asked = Result<extract::Query<Edges>, extract::rejection::QueryRejection>;

/// A range where one is named. Otherwise the running month, which has an address of its
/// own, under which it can be found later.
async fn newest(
    extract::State(site): extract::State<Arc<Site>>,
    edges: Asked,
) -> Result<Response, Problem> {
    if edges.as_ref().is_ok_and(|edges| edges.from.is_none() && edges.to.is_none()) {
        let view = site.view();
        let month = Month::around(view.now, view.settings.zone);
        let headers = [(CACHE_CONTROL, RUNNING_CACHING)];
        let to = Redirect::temporary(&format!("/report/{month}"));
        return Ok((headers, to).into_response());
    }
    range(extract::State(site), edges, None).await
}

async fn range(
    extract::State(site): extract::State<Arc<Site>>,
    edges: Asked,
    form: Option<Form>,
) -> Result<Response, Problem> {
    let named = edges.ok().and_then(|extract::Query(Edges { from, to })| from.zip(to));
    let (from, to) = named.ok_or_else(|| {
        Problem::bad_period(
            "a range needs both from and to, like ?from=2026-11-01&to=2026-11-15",
        )
    })?;
    let zone = site.app.report.load().zone;
    let period = Period::range(&from, &to, zone).map_err(|why| Problem::bad_period(&why))?;
    answer(&site, period, form).await
}

async fn show(
    extract::State(site): extract::State<Arc<Site>>,
    name: Result<extract::Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let extract::Path(name) = name.map_err(|_| Problem::no_such_page())?;
    let form =
        |extension: &str| Form::ALL.into_iter().find(|form| form.extension() == extension);
    let (period, form) = match name.rsplit_once('.') {
        Some((period, extension)) => match form(extension) {
            Some(form) => (period, Some(form)),
            None => (name.as_str(), None),
        },
        None => (name.as_str(), None),
    };
    let period = Period::parse(period).map_err(|why| Problem::bad_period(&why))?;
    answer(&site, period, form).await
}

async fn answer(site: &Site, period: Period, form: Option<Form>) -> Result<Response, Problem> {
    let view = site.view();
    let zone = view.settings.zone;
    let histories = view.snapshot.histories.iter().map(AsRef::as_ref);
    let months = months(histories, view.now, zone).ok_or(NoReport::NoMonitor)?;
    months.admit(period, zone)?;
    let report = site.reports.get(site, period).await?;
    let mut response = match form {
        Some(form) => export(&report, form),
        None => frame::answer(&page(&view, &report, months))?,
    };
    response.headers_mut().insert(CACHE_CONTROL, caching(&report));
    Ok(response)
}

fn caching(report: &PeriodReport) -> http::HeaderValue {
    http::HeaderValue::from_static(match report.closed {
        true => CLOSED_CACHING,
        false => RUNNING_CACHING,
    })
}

fn export(report: &PeriodReport, form: Form) -> Response {
    // A range is written with a slash and colons, which file names should not have.
    let period = report.period.to_string().replace('/', "_").replace(':', "");
    let name = format!("inline; filename=\"everup-{period}.{}\"", form.extension());
    let headers = [(CONTENT_TYPE, form.media_type().to_owned()), (CONTENT_DISPOSITION, name)];
    (headers, form.print(report)).into_response()
}

fn page<'a>(view: &View, report: &'a PeriodReport, months: Months) -> ReportPage<'a> {
    let zone = report.zone;
    let name = report.period.name(zone);
    let link = |period: Period| {
        let has_report = months.admit(period, zone).is_ok();
        has_report.then(|| Link { href: format!("/report/{period}"), text: period.name(zone) })
    };
    let monitors = report.monitors.iter().map(|row| of_monitor(report, row));
    let groups = report.groups.iter().map(|row| of_group(report, row));
    ReportPage {
        frame: Frame::of(view, format!("Uptime in {name}"), State::Paused),
        zone: zone.name(),
        from: Moment::fixed(report.window.from, zone),
        to: Moment::fixed(report.window.to, zone),
        as_of: Moment::fixed(report.as_of, zone),
        closed: report.closed,
        previous: report.period.previous().and_then(link),
        next: report.period.next().and_then(link),
        related: related(report.period).into_iter().filter_map(link).collect(),
        forms: forms(report.period),
        entries: groups.chain(monitors).collect(),
        name,
    }
}

/// The months of a longer period, or the quarter and the year of a month.
fn related(period: Period) -> Vec<Period> {
    match period {
        Period::Month(month) => vec![Period::quarter_with(month), Period::year_with(month)],
        longer => longer.months().into_iter().map(Period::Month).collect(),
    }
}

fn forms(period: Period) -> Vec<Link> {
    let link = |form: Form| {
        let extension = form.extension();
        let href = match period {
            Period::Range(span) => {
                format!("/report.{extension}?from={}&to={}", span.from, span.to)
            }
            calendar => format!("/report/{calendar}.{extension}"),
        };
        Link { href, text: form.name().to_owned() }
    };
    Form::ALL.into_iter().map(link).collect()
}

fn of_monitor<'a>(report: &PeriodReport, row: &'a MonitorRow) -> Entry<'a> {
    let rank = |of: fn(Percentiles) -> u32| {
        let us = row.percentiles().map(of);
        us.map_or(NOTHING.to_owned(), |us| format!("{} ms", latency::tenths_of_ms(us)))
    };
    let checks = Checks {
        blips: row.blips,
        count: row.summary.checks,
        percentiles: [rank(|p| p.p50_us), rank(|p| p.p95_us), rank(|p| p.p99_us)],
    };
    let why = address::of_monitor(&row.id, report.period);
    Entry {
        anchor: format!("m-{}", row.id),
        href: Some(format!("/monitors/{}", row.id)),
        about: row.url.clone(),
        checks: Some(checks),
        ..entry(report, &row.name, &row.figures, why)
    }
}

fn of_group<'a>(report: &PeriodReport, row: &'a GroupRow) -> Entry<'a> {
    let rule = match row.rule {
        "all" => "redundant: down while all are",
        _ => "all are needed: down while any is",
    };
    let why = address::of_group(&row.id, report.period);
    Entry {
        anchor: format!("g-{}", row.id),
        href: Some(format!("/groups/{}", row.id)),
        about: format!("Group of {} ({rule})", row.members.join(", ")),
        checks: None,
        ..entry(report, &row.name, &row.figures, why)
    }
}

/// `why` is the address that says how the figures came about.
fn entry<'a>(
    report: &PeriodReport,
    name: &'a str,
    figures: &'a Figures,
    why: String,
) -> Entry<'a> {
    let length = |ms: Option<i64>| ms.map_or(NOTHING.to_owned(), duration::in_words);
    let spent = |ms: i64| (ms > 0).then(|| duration::in_words(ms));
    let caption = format!("Outages of {name} in {}", report.period.name(report.zone));
    let tally = &figures.tally;
    Entry {
        anchor: String::new(),
        href: None,
        name,
        about: String::new(),
        figure: Figure::of(figures, report.decimals).explained(why),
        downtime: spent(tally.down).unwrap_or_else(|| "none".to_owned()),
        down_ms: tally.down,
        maintenance: spent(tally.maintenance),
        paused: spent(tally.paused),
        unknown: spent(tally.unknown),
        outage_count: figures.outages.len(),
        longest: length(figures.longest_outage_ms()),
        recovery: length(figures.recovery_ms()),
        sla: sla(figures),
        budget: budget(report, &figures.budget),
        checks: None,
        outages: (!figures.outages.is_empty())
            .then(|| Outages::fixed(&figures.outages, report.zone, caption)),
    }
}

fn sla(figures: &Figures) -> Sla {
    let (word, mark) = match figures.verdict {
        Verdict::Met => ("met", "up"),
        Verdict::Missed => ("missed", "down"),
        Verdict::NoData => ("no data", "unknown"),
    };
    let certain = figures.certain || figures.verdict == Verdict::NoData;
    Sla { target: figures.target.to_string(), word, mark, certain }
}

fn budget(report: &PeriodReport, budget: &Budget) -> BudgetWords {
    let day = |at: crate::domain::timestamp::Timestamp| {
        at.to_utc().with_timezone(&report.zone).format("%-d %b").to_string()
    };
    let lost = budget.lost_at.map(|at| match budget.used_ms > budget.allowed_ms {
        true => format!("lost on {}", day(at)),
        false => format!("at this pace lost on {}", day(at)),
    });
    let left = match budget.left_ms() {
        left if left >= 0 => format!("{} left", duration::at_least_in_words(left)),
        over => format!("{} too much", duration::in_words(-over)),
    };
    BudgetWords { allowed: duration::at_least_in_words(budget.allowed_ms), left, lost }
}
