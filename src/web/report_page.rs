//! `GET /report`, `/report/2026-11`, `/report/2026-Q4`, `/report/2026`, and
//! `/report?from=…&to=…`, each also as `.json`, `.csv` and the other
//! extensions of [`Form`]: the report of a period, the same in every form.
//! `/report/2026-11.adjusted.json` is what corrections make of a closed month.

use super::Site;
use super::View;
use super::error::Problem;
use super::explain::address;
use super::frame::{self, Frame};
use super::moment::Moment;
use super::report_entry::{Entry, of_group, of_monitor};
use super::restatement::Restated;
use super::trend::Trend;
use super::works::Works;
use crate::domain::calendar::Seam;
use crate::domain::month::{Month, days_of, local_date};
use crate::domain::period::Period;
use crate::report::form::Form;
use crate::report::json;
use crate::report::latecomer::Latecomers;
use crate::report::months::{Months, months};
use crate::report::period::{NoReport, PeriodReport};
use crate::report::restated::SUMS_ARE_MEASURED;
use crate::report::statement::{LONGER, RECOVERY};
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

/// The JSON of a closed month never changes; but another database may take this one's place.
const KEPT: &str = "max-age=300";

/// With more monitors than that on one page nobody looks at pictures of each: they are on
/// the pages of the monitors.
const PICTURED_MAX: usize = 50;

/// What runs changes, and so does what stands beside a closed month: what was corrected of it
/// is told at once.
const ANEW: &str = "no-cache";

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
    /// The maintenance in it, and how many windows more there were.
    works: Option<Works<'a>>,
    works_left_out: usize,
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

/// The edges of a range, as they were asked for.
#[derive(Deserialize)]
struct Edges {
    from: Option<String>,
    to: Option<String>,
}

/// All addresses under `/report`.
pub(super) fn router() -> Router<Arc<Site>> {
    let page = |site, edges| newest(site, edges, None);
    let router = Router::new()
        .route("/report", get(page))
        .route("/report/{period}", get(show));
    Form::ALL.into_iter().fold(router, |router, form| {
        let newest = move |site, edges| newest(site, edges, Some(form));
        router.route(&format!("/report.{}", form.extension()), get(newest))
    })
}

type Asked = Result<extract::Query<Edges>, extract::rejection::QueryRejection>;

/// A range where one is named. Otherwise the running month, which has an address of its
/// own, under which it can be found later.
async fn newest(
    extract::State(site): extract::State<Arc<Site>>,
    edges: Asked,
    form: Option<Form>,
) -> Result<Response, Problem> {
    if edges.as_ref().is_ok_and(|edges| edges.from.is_none() && edges.to.is_none()) {
        let view = site.view();
        let month = view.settings.calendar().around(view.now);
        let headers = [(CACHE_CONTROL, ANEW)];
        let extension = form.map(|form| format!(".{}", form.extension())).unwrap_or_default();
        let to = Redirect::temporary(&format!("/report/{month}{extension}"));
        return Ok((headers, to).into_response());
    }
    range(&site, edges, form).await
}

async fn range(site: &Site, edges: Asked, form: Option<Form>) -> Result<Response, Problem> {
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
    answer(site, period, form).await
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
    let headers = [(CONTENT_TYPE, Form::Json.media_type()), (CACHE_CONTROL, ANEW)];
    Ok((headers, text).into_response())
}

async fn answer(site: &Site, period: Period, form: Option<Form>) -> Result<Response, Problem> {
    let view = site.view();
    let calendar = view.settings.calendar();
    let histories = view.snapshot.histories.iter().map(AsRef::as_ref);
    let months = months(histories, view.now, &calendar).ok_or(NoReport::NoMonitor)?;
    // A closed month has its report for ever, also where everything begins later now.
    let mut closed = view.settings.closed.iter();
    if !closed.any(|cut| period == Period::Month(cut.month)) {
        months.admit(period, &calendar)?;
    }
    let report = site.reports.get(site, period).await?;
    let mut response = match form {
        Some(form) => export(&report, form).await?,
        None => frame::answer(&page(&view, &report, months))?,
    };
    response.headers_mut().insert(CACHE_CONTROL, caching(&report, form));
    Ok(response)
}

fn caching(report: &PeriodReport, form: Option<Form>) -> http::HeaderValue {
    http::HeaderValue::from_static(match (form, &report.closing) {
        (Some(Form::Json), Some(_)) => KEPT,
        _ => ANEW,
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
    let name = report.period.in_sentence(zone);
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
    let [from, to] = Moment::fixed_range(report.window, zone);
    ReportPage {
        frame: Frame::fixed(view, format!("Uptime in {name}"), report.as_of, zone),
        zone: zone.name(),
        from,
        to,
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
        seams: Seam::sentences(&report.seams),
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
        works: Works::fixed(report),
        works_left_out: report.maintenance.left_out,
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
