//! `GET /report`, `/report/2026-11`, `/report/2026-Q4`, `/report/2026`, and
//! `/report?from=…&to=…`, each also as `.json`, `.csv` and the other
//! extensions of [`Form`]: the report of a period, the same in every form. `/report/2026-11.adjusted.json` is what corrections
//! make of a closed month.

use super::Site;
use super::View;
use super::error::Problem;
use super::explain::address;
use super::figure::{self, Figure, NOTHING};
use super::frame::{self, Frame};
use super::group_page;
use super::moment::{self, Moment};
use super::months::MonthTable;
use super::outages::Outages;
use super::promise::{BudgetWords, Sla};
use super::restatement::{self, Restated};
use super::trend::Trend;
use super::unbroken::unbroken;
use super::views::Views;
use crate::domain::calendar::Seam;
use crate::domain::duration;
use crate::domain::latency::Percentiles;
use crate::domain::month::{Month, days_of, local_date};
use crate::domain::period::Period;
use crate::domain::span::Span;
use crate::report::figures::Figures;
use crate::report::form::Form;
use crate::report::json;
use crate::report::latecomer::Latecomers;
use crate::report::latency;
use crate::report::past::MonthSum;
use crate::report::period::{GroupRow, MonitorRow, Months, NoReport, PeriodReport, months};
use crate::report::restated::SUMS_ARE_MEASURED;
use crate::store::closed::Subject;
use askama::Template;
use axum::Router;
use axum::extract;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use chrono::NaiveDate;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A closed month changes only when history is imported or corrected, so what is kept
/// may be a few minutes old.
const CLOSED_CACHING: &str = "max-age=300";

/// With more monitors than that on one page nobody looks at pictures of each: they are on
/// the pages of the monitors.
const PICTURED_MAX: usize = 50;

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
    closed: bool,
    previous: Option<Link>,
    next: Option<Link>,
    /// The months of a longer period, and the longer periods of a month.
    related: Vec<Link>,
    forms: Vec<Link>,
    range: RangeForm,
    entries: Vec<Entry<'a>>,
    /// When it was closed, by what, and its hash.
    closing: Option<Sealed<'a>>,
    /// Where months begin otherwise than in this zone.
    seams: Vec<String>,
    restatement: Option<Restated<'a>>,
    /// The months of a longer period that were corrected.
    corrected: Vec<Month>,
    /// Who is not in a closed month: what leads to it on the page, the address of what is
    /// known of it today, and the name.
    missing: Vec<(String, String, &'a str)>,
    /// What is said of closed months of a longer period that have no row of some.
    closed_without: Vec<String>,
    /// The months beside this one, or those it is made of.
    trend: Option<Trend<'a>>,
}

/// How a month was closed.
struct Sealed<'a> {
    at: Moment,
    program: &'a str,
    sha256: &'a str,
}

/// What another range can be asked for by: local dates, from the first that has a report
/// to today, and those of this report.
struct RangeForm {
    from: NaiveDate,
    to: NaiveDate,
    oldest: NaiveDate,
    newest: NaiveDate,
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
    /// Its own page.
    href: String,
    name: &'a str,
    /// Its address, or of what a group is made.
    about: String,
    figure: Figure,
    /// What corrections make of it, where it was corrected.
    adjusted: Option<String>,
    /// Since or until when, where that lies within the period: the day, and exactly.
    life: Vec<(&'static str, (String, Moment))>,
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
    /// What other monitors said of it, in sentences.
    imported: Vec<String>,
    /// The months of a longer period.
    months: Option<MonthTable<'a>>,
    /// Its days and hours in pictures, unless there are too many.
    views: Option<Views>,
}

struct Checks {
    blips: usize,
    count: u64,
    /// p50, p95 and p99.
    percentiles: [String; 3],
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
        let month = view.settings.calendar().around(view.now);
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
    // A form sends a date that was left out as an empty one.
    let named = named.filter(|(from, to)| !from.is_empty() && !to.is_empty());
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
            None if Period::parse(period).is_ok() => {
                return Err(Problem::no_such_form(extension));
            }
            None => (name.as_str(), None),
        },
        None => (name.as_str(), None),
    };
    if let (Some(month), Some(Form::Json)) = (period.strip_suffix(".adjusted"), form) {
        return adjusted(&site, month).await;
    }
    let period = Period::parse(period).map_err(|why| Problem::bad_period(&why))?;
    answer(&site, period, form).await
}

/// The adjusted figures of a month that was corrected.
async fn adjusted(site: &Site, month: &str) -> Result<Response, Problem> {
    let period = Period::parse(month).map_err(|why| Problem::bad_period(&why))?;
    let report = site.reports.get(site, period).await?;
    let text = json::print_adjusted(&report).ok_or_else(Problem::not_corrected)?;
    let headers = [(CONTENT_TYPE, Form::Json.media_type()), (CACHE_CONTROL, RUNNING_CACHING)];
    Ok((headers, text).into_response())
}

async fn answer(site: &Site, period: Period, form: Option<Form>) -> Result<Response, Problem> {
    let view = site.view();
    let calendar = view.settings.calendar();
    let histories = view.snapshot.histories.iter().map(AsRef::as_ref);
    let months = months(histories, view.now, &calendar).ok_or(NoReport::NoMonitor)?;
    months.admit(period, &calendar)?;
    let report = site.reports.get(site, period).await?;
    let mut response = match form {
        Some(form) => export(&report, form).await?,
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

async fn export(report: &Arc<PeriodReport>, form: Form) -> Result<Response, Problem> {
    // A range is written with a slash and colons, which file names should not have.
    let period = report.period.to_string().replace('/', "_").replace(':', "");
    let name = format!("inline; filename=\"everup-{period}.{}\"", form.extension());
    let headers = [(CONTENT_TYPE, form.media_type().to_owned()), (CONTENT_DISPOSITION, name)];
    let printed = match form.is_laborious() {
        true => aside(Arc::clone(report), form).await?,
        false => form.print(report).map_err(Problem::ours)?,
    };
    Ok((headers, printed).into_response())
}

/// Prints a report where no other visitor waits for it, one at a time: it takes a processor
/// and some megabytes. Whoever goes away meanwhile leaves the place to the next one only
/// when it is done.
async fn aside(report: Arc<PeriodReport>, form: Form) -> Result<Vec<u8>, Problem> {
    static PRESS: Semaphore = Semaphore::const_new(1);
    let place = PRESS.acquire().await.map_err(Problem::ours)?;
    let print = move || {
        let _place = place;
        form.print(&report)
    };
    tokio::task::spawn_blocking(print)
        .await
        .map_err(Problem::ours)?
        .map_err(Problem::ours)
}

fn page<'a>(view: &View, report: &'a PeriodReport, months: Months) -> ReportPage<'a> {
    let zone = report.zone;
    let name = report.period.name(zone);
    let calendar = view.settings.calendar();
    let link = |period: Period| {
        let has_report = months.admit(period, &calendar).is_ok();
        has_report.then(|| Link { href: format!("/report/{period}"), text: period.name(zone) })
    };
    let dates = match report.period {
        Period::Month(_) => days_of(report.window, zone),
        _ => Vec::new(),
    };
    let is_pictured = report.monitors.len() + report.groups.len() <= PICTURED_MAX;
    let dates = is_pictured.then_some(dates.as_slice());
    let monitors = report.monitors.iter().map(|row| of_monitor(report, row, dates));
    let groups = report.groups.iter().map(|row| of_group(report, row, dates));
    ReportPage {
        frame: Frame::fixed(view, format!("Uptime in {name}"), report.as_of, zone),
        zone: zone.name(),
        from: Moment::fixed(report.window.from, zone),
        to: Moment::fixed(report.window.to, zone),
        closed: report.closed,
        previous: report.period.previous().and_then(link),
        next: report.period.next().and_then(link),
        related: related(report.period).into_iter().filter_map(link).collect(),
        forms: forms(report.period),
        range: RangeForm {
            from: local_date(report.window.from, zone),
            to: local_date(report.window.to.plus_ms(-1), zone),
            oldest: months.oldest.first_day(),
            newest: local_date(view.now, zone),
        },
        entries: groups.chain(monitors).collect(),
        seams: report.seams.iter().map(Seam::sentence).collect(),
        closing: report.closing.as_ref().map(|closing| Sealed {
            at: Moment::fixed(closing.closed_at, zone),
            program: &closing.program,
            sha256: &closing.sha256,
        }),
        restatement: Restated::of(report),
        missing: missing(report),
        closed_without: match report.period {
            Period::Month(_) => Vec::new(),
            _ => report.latecomers.iter().map(Latecomers::sentence).collect(),
        },
        corrected: report.corrected_months().map(|of| of.month).collect(),
        trend: Trend::of(report, months, &calendar),
        name,
    }
}

/// Who is not in a closed month.
fn missing(report: &PeriodReport) -> Vec<(String, String, &str)> {
    if !matches!(report.period, Period::Month(_)) {
        return Vec::new();
    }
    let who = report.latecomers.iter().flat_map(|of| &of.who);
    who.map(|of| match of.subject {
        Subject::Monitor => {
            let how = address::of_monitor(&of.id, report.period);
            (format!("m-{}", of.id), how, of.name.as_str())
        }
        Subject::Group => {
            let how = address::of_group(&of.id, report.period);
            (format!("g-{}", of.id), how, of.name.as_str())
        }
    })
    .collect()
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

/// The days of a month, none of a longer period; `None` where there are no pictures.
type Dates<'a> = Option<&'a [(NaiveDate, Span)]>;

fn of_monitor<'a>(report: &PeriodReport, row: &'a MonitorRow, dates: Dates<'_>) -> Entry<'a> {
    let rank = |of: fn(Percentiles) -> u32| {
        let us = row.percentiles().map(of);
        us.map_or(NOTHING.to_owned(), |us| {
            unbroken(&format!("{} ms", latency::tenths_of_ms(us)))
        })
    };
    let checks = Checks {
        blips: row.blips,
        count: row.summary.checks,
        percentiles: [rank(|p| p.p50_us), rank(|p| p.p95_us), rank(|p| p.p99_us)],
    };
    let home = format!("/monitors/{}", row.id);
    let months = (('m', row.id.as_str()), row.name.as_str(), row.months.as_slice());
    Entry {
        adjusted: adjusted_uptime(report, Subject::Monitor, &row.id),
        anchor: format!("m-{}", row.id),
        about: row.url.clone(),
        checks: Some(checks),
        months: month_table(report, &home, months, &row.figures),
        imported: (row.imported.iter())
            .flat_map(|imported| imported.sentences(report.zone))
            .collect(),
        ..entry(report, home, &row.name, &row.figures, dates)
    }
}

fn of_group<'a>(report: &PeriodReport, row: &'a GroupRow, dates: Dates<'_>) -> Entry<'a> {
    let rule = group_page::rule(row.rule);
    let home = format!("/groups/{}", row.id);
    let months = (('g', row.id.as_str()), row.name.as_str(), row.months.as_slice());
    Entry {
        adjusted: adjusted_uptime(report, Subject::Group, &row.id),
        anchor: format!("g-{}", row.id),
        about: format!("Group of {}: {rule}", row.members.join(", ")),
        months: month_table(report, &home, months, &row.figures),
        ..entry(report, home, &row.name, &row.figures, dates)
    }
}

/// What corrections make of a row's figure in its closed month.
fn adjusted_uptime(report: &PeriodReport, subject: Subject, id: &str) -> Option<String> {
    let row = report.own_corrections()?.row(subject, id)?;
    Some(restatement::uptime(&row.adjusted, report.decimals))
}

/// What monitors and groups have in common; `home` is the page of whose entry it is.
fn entry<'a>(
    report: &PeriodReport,
    home: String,
    name: &'a str,
    figures: &'a Figures,
    dates: Dates<'_>,
) -> Entry<'a> {
    let views = |dates| {
        let period = report.period.name(report.zone);
        Views::of(&home, &figures.timeline, period, dates, report.zone, report.decimals)
    };
    let length =
        |ms: Option<i64>| ms.map_or(NOTHING.to_owned(), |ms| unbroken(&duration::in_words(ms)));
    let spent = |ms: i64| (ms > 0).then(|| unbroken(&duration::in_words(ms)));
    let caption = format!("Outages of {name} in {}", report.period.name(report.zone));
    let tally = &figures.tally;
    Entry {
        anchor: String::new(),
        name,
        about: String::new(),
        figure: Figure::of(figures, report.decimals)
            .explained(address::of(&home, report.period)),
        adjusted: None,
        life: figure::life(figures, |at| {
            (moment::day_of(at, report.zone), Moment::fixed(at, report.zone))
        }),
        downtime: figure::length(tally.down),
        down_ms: tally.down,
        maintenance: spent(tally.maintenance),
        paused: spent(tally.paused),
        unknown: spent(tally.unknown),
        outage_count: figures.outages.len(),
        longest: length(figures.longest_outage_ms()),
        recovery: length(figures.recovery_ms()),
        sla: Sla::of(figures),
        budget: BudgetWords::of(&figures.budget, report.zone),
        checks: None,
        outages: (!figures.outages.is_empty())
            .then(|| Outages::fixed(&figures.outages, report, caption)),
        imported: Vec::new(),
        months: None,
        views: dates.and_then(views),
        href: home,
    }
}

/// The months of a quarter or a year.
fn month_table<'a>(
    report: &PeriodReport,
    home: &str,
    (place, name, months): ((char, &'a str), &str, &[MonthSum]),
    figures: &Figures,
) -> Option<MonthTable<'a>> {
    let longer = matches!(report.period, Period::Quarter(_) | Period::Year(_));
    let caption = format!("The months of {name} in {}", report.period.name(report.zone));
    longer.then(|| {
        let sum = (report.period, figures, report.decimals);
        MonthTable::of(caption, home, place, months, sum).corrected(&report.corrected)
    })
}
