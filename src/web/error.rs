//! One error, one answer: a page for a browser, problem+json (RFC 9457) for a program.
//!
//! Handlers return a [`Problem`]; [`tell`], around all routes, prints it in the form
//! that was asked for, and logs what was our fault. What only a closed month still shows
//! leads a browser there.

use super::frame::Frame;
use super::wish::wants_json;
use crate::domain::check::Evidence;
use crate::domain::month::Month;
use crate::domain::notice::{Refusal, Starts};
use crate::domain::timestamp::Timestamp;
use crate::planning::NotDone;
use crate::report::form::Form;
use crate::report::period::NoReport;
use askama::Template;
use axum::body::Body;
use axum::extract::Request;
use axum::extract::rejection::QueryRejection;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, VARY};
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use serde::Serialize;

/// When to try again after something that passes.
const RETRY_AFTER_S: &str = "5";

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    status: StatusCode,
    /// What is wrong, as a sentence for people.
    detail: String,
    /// What to do next: an address and its words.
    next: (String, String),
    /// The page on which a browser finds what is not here.
    elsewhere: Option<Box<str>>,
    /// What happened inside; for the log, never for the visitor.
    cause: Option<Box<str>>,
    /// What the client's program is told beside it.
    aside: Option<Box<Aside>>,
}

/// What a program is told beside the sentence.
#[derive(Clone, Debug)]
enum Aside {
    /// A header.
    Header(HeaderName, String),
    /// The starts that would do, of maintenance on too short notice.
    Starts(Starts),
}

#[derive(Serialize)]
struct ProblemJson<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    see: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    earliest_start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested_start: Option<String>,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    frame: Frame,
    status: u16,
    title: &'a str,
    detail: &'a str,
    next: (&'a str, &'a str),
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        let next = ("/".to_owned(), "See how things are now".to_owned());
        let detail = detail.into();
        Problem { status, detail, next, elsewhere: None, cause: None, aside: None }
    }

    /// 404.
    pub(super) fn no_such_page() -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "There is no such page.")
    }

    /// 404 for a monitor.
    pub(super) fn no_such_monitor(id: &str) -> Problem {
        let id = Evidence::clean(id);
        Problem::new(
            StatusCode::NOT_FOUND,
            format!("There is no monitor with the id \"{id}\"."),
        )
    }

    /// 404 for an outage.
    pub(super) fn no_such_outage(id: &str) -> Problem {
        let id = Evidence::clean(id);
        let detail = format!(
            "There is no outage “{id}”. One is named by its monitor and its first failure, \
             like “api-20261103T080000.000Z”; its monitor's page lists them."
        );
        Problem::new(StatusCode::NOT_FOUND, detail)
    }

    /// 400 for a question that cannot be understood; `why` says how it is put.
    pub(super) fn bad_query(why: &str) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, sentence(why))
    }

    /// 400 for a question with keys that are not known: what axum says of it, without its
    /// own words around it.
    pub(super) fn bad_keys(error: &QueryRejection) -> Problem {
        let text = error.body_text();
        let inner = text.split_once(": ").map_or(text.as_str(), |(_, inner)| inner);
        Problem::bad_query(&format!("the question cannot be understood: {inner}"))
    }

    /// 404 for a group.
    pub(super) fn no_such_group(id: &str) -> Problem {
        let id = Evidence::clean(id);
        Problem::new(StatusCode::NOT_FOUND, format!("There is no group with the id “{id}”."))
    }

    /// 404 for what only the closed report of `month` still shows; `why` says so.
    /// A browser is led to `page`, a program is told of `data`.
    pub(super) fn closed_in(month: Month, why: &str, page: String, data: String) -> Problem {
        let month = month.name();
        let why = sentence(why);
        let detail = format!("{why} It stands in {month} as that was closed; see {data}.");
        let next = (data, format!("See {month} as it was closed"));
        let problem = Problem::new(StatusCode::NOT_FOUND, detail);
        Problem { next, elsewhere: Some(page.into()), ..problem }
    }

    /// 400 for a period that is none; `why` says how one is written.
    pub(super) fn bad_period(why: &str) -> Problem {
        let mut problem = Problem::new(StatusCode::BAD_REQUEST, sentence(why));
        problem.next = ("/report".to_owned(), "Open the newest report".to_owned());
        problem
    }

    /// 404 for the adjusted figures of a month that nobody corrected.
    pub(super) fn not_corrected() -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "Nothing of this month was corrected.")
    }

    /// 404 for a form that no report has.
    pub(super) fn no_such_form(asked: &str) -> Problem {
        let asked = Evidence::clean(asked);
        let known: Vec<&str> = Form::ALL.iter().map(|form| form.extension()).collect();
        let known = known.join(", ");
        let detail = format!("There is no report in the form “{asked}”; there are {known}.");
        Problem::new(StatusCode::NOT_FOUND, detail)
    }

    /// 410 for single checks from before `until`.
    pub(super) fn no_longer_kept(until: Timestamp) -> Problem {
        let detail = format!(
            "The single checks before {until} are no longer kept. The reports of that time are; \
             for later checks, ask with from={until}."
        );
        let next = ("/report".to_owned(), "Open the newest report".to_owned());
        Problem { next, ..Problem::new(StatusCode::GONE, detail) }
    }

    /// 413.
    pub(super) fn too_large() -> Problem {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "No request here needs a body.")
    }

    /// 413 for a body that is longer than `bytes`.
    pub(super) fn too_long(bytes: usize) -> Problem {
        let detail = format!(
            "The body could not be read: it is longer than {bytes} bytes, or ended early."
        );
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// 415.
    pub(super) fn not_json() -> Problem {
        let detail = "Send JSON, with the header \"Content-Type: application/json\".";
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
    }

    /// 400 for a body that cannot be understood; `why` says what is wrong with it.
    pub(super) fn bad_body(why: &str) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, sentence(why))
    }

    /// 422 for what is understood and cannot be; `why` says what to write instead.
    pub(super) fn against_rules(why: &str) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, sentence(why))
    }

    /// 404 for a maintenance window.
    pub(super) fn no_such_window(id: &str) -> Problem {
        let id = Evidence::clean(id);
        let detail = format!("There is no maintenance with the id “{id}”.");
        let next = ("/maintenance/windows".to_owned(), "See all maintenance".to_owned());
        Problem { next, ..Problem::new(StatusCode::NOT_FOUND, detail) }
    }

    /// 404 for a balancer.
    pub(super) fn no_such_balancer(id: &str) -> Problem {
        let id = Evidence::clean(id);
        let detail = format!("There is no balancer with the id “{id}”.");
        let next = ("/admin/balancers".to_owned(), "See all balancers".to_owned());
        Problem { next, ..Problem::new(StatusCode::NOT_FOUND, detail) }
    }

    /// 404 for a backend.
    pub(super) fn no_such_backend(id: &str) -> Problem {
        let id = Evidence::clean(id);
        let detail = format!(
            "This balancer has no backend “{id}”; name one by its id, or by its number from 1 on."
        );
        let next = ("/admin/balancers".to_owned(), "See all balancers".to_owned());
        Problem { next, ..Problem::new(StatusCode::NOT_FOUND, detail) }
    }

    /// 503 for what the store does not take.
    pub(super) fn unkept(cause: impl ToString) -> Problem {
        let problem = Problem::busy("What was asked for cannot be kept now.");
        Problem { cause: Some(cause.to_string().into()), ..problem }
    }

    /// 503 for what passes by itself.
    pub(super) fn busy(detail: &str) -> Problem {
        let detail = format!("{detail} Try again in {RETRY_AFTER_S} seconds.");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// 503 for a store that cannot be read.
    pub(super) fn unreadable(cause: impl ToString) -> Problem {
        let problem = Problem::busy("The stored checks cannot be read now.");
        Problem { cause: Some(cause.to_string().into()), ..problem }
    }

    /// 503 for tokens that cannot be read.
    pub(super) fn tokens_unreadable(cause: impl ToString) -> Problem {
        let problem = Problem::busy("The tokens cannot be read now.");
        Problem { cause: Some(cause.to_string().into()), ..problem }
    }

    /// Somebody was not admitted; `header` tells a program what to do about it.
    pub(super) fn refused(
        status: StatusCode,
        detail: String,
        header: Option<(HeaderName, String)>,
    ) -> Problem {
        let aside = header.map(|(name, value)| Box::new(Aside::Header(name, value)));
        Problem { aside, ..Problem::new(status, detail) }
    }

    /// 500 for a mistake of ours.
    pub(super) fn ours(cause: impl ToString) -> Problem {
        let detail = "Something went wrong here. The log of everup says what.";
        let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail);
        Problem { cause: Some(cause.to_string().into()), ..problem }
    }
}

impl From<NoReport> for Problem {
    fn from(no_report: NoReport) -> Problem {
        let other = |month: Month| {
            (format!("/report/{month}"), format!("Open the report of {}", month.name()))
        };
        let next = match &no_report {
            NoReport::Store(error) => return Problem::unreadable(error),
            NoReport::Future { newest, .. } => Some(other(*newest)),
            NoReport::TooEarly { oldest, .. } => Some(other(*oldest)),
            NoReport::NoMonitor | NoReport::NotWatched { .. } => None,
        };
        let problem = Problem::new(StatusCode::NOT_FOUND, sentence(&no_report.to_string()));
        Problem { next: next.unwrap_or_else(|| problem.next.clone()), ..problem }
    }
}

impl From<NotDone> for Problem {
    fn from(not_done: NotDone) -> Problem {
        let detail = sentence(&not_done.to_string());
        let status = match not_done {
            NotDone::NoWindow(id) => return Problem::no_such_window(&id.to_string()),
            NotDone::Store(error) => return Problem::unkept(error),
            NotDone::Refused(
                Refusal::ShortNotice { starts, .. } | Refusal::Extension { starts, .. },
            ) => {
                let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
                let aside = Some(Box::new(Aside::Starts(starts)));
                return Problem { aside, ..problem };
            }
            NotDone::Contended => return Problem::busy(&detail),
            NotDone::Refused(Refusal::Over | Refusal::Cancelled | Refusal::NotBegun) => {
                StatusCode::CONFLICT
            }
            NotDone::Refused(_) | NotDone::NoMonitor(_) => StatusCode::UNPROCESSABLE_ENTITY,
            NotDone::Changed(_) => StatusCode::PRECONDITION_FAILED,
        };
        Problem::new(status, detail)
    }
}

/// Carries the problem to [`tell`], which knows what form was asked for.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(Aside::Header(name, value)) = self.aside.as_deref()
            && let Ok(value) = HeaderValue::from_str(value)
        {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Any path without a page. One with a slash too many is shown the way.
pub(super) async fn no_such_page(method: Method, uri: Uri) -> Response {
    let path = uri.path();
    let shorter = path.trim_end_matches('/');
    // A path like `//host/` must not become an address of another host.
    let is_ours = shorter.starts_with('/') && !shorter[1..].starts_with(['/', '\\']);
    if shorter != path && is_ours && matches!(method, Method::GET | Method::HEAD) {
        return Redirect::permanent(shorter).into_response();
    }
    Problem::no_such_page().into_response()
}

/// A method that an address does not have; the router adds the `Allow` header.
pub(super) async fn wrong_method(uri: Uri) -> Problem {
    let path = uri.path();
    let detail = match path.starts_with("/maintenance") || path.starts_with("/admin/") {
        true => "This address does not take that method; the header Allow says which it takes.",
        false => "This page can only be read (GET or HEAD).",
    };
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}

/// Prints a problem in the form that was asked for.
pub(super) async fn tell(request: Request, next: Next) -> Response {
    let wants_json = wants_json(request.uri().path(), request.headers());
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    if let Some(cause) = &problem.cause {
        tracing::error!(status = problem.status.as_u16(), cause, "a page could not be made");
    }
    if let (Some(page), false) = (&problem.elsewhere, wants_json) {
        let headers = [(CACHE_CONTROL, "no-cache"), (VARY, "accept")];
        return (headers, Redirect::temporary(page)).into_response();
    }
    let title = problem.status.canonical_reason().unwrap_or("Error");
    let json = || {
        let starts = match problem.aside.as_deref() {
            Some(Aside::Starts(starts)) => Some(starts),
            _ => None,
        };
        let form = ProblemJson {
            r#type: "about:blank",
            title,
            status: problem.status.as_u16(),
            detail: &problem.detail,
            see: &problem.next.0,
            earliest_start: starts.map(|starts| starts.earliest.to_string()),
            suggested_start: starts.map(|starts| starts.suggested.to_string()),
        };
        // Strings and a number cannot fail to be serialised.
        serde_json::to_string(&form).unwrap_or_default()
    };
    let page = ErrorPage {
        frame: Frame::plain(title),
        status: problem.status.as_u16(),
        title,
        detail: &problem.detail,
        next: (&problem.next.0, &problem.next.1),
    };
    let (media_type, body) = match page.render() {
        Ok(page) if !wants_json => ("text/html; charset=utf-8", page),
        _ => ("application/problem+json", json()),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    if problem.status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
    }
    *response.body_mut() = Body::from(body);
    response
}

/// With a capital at its start and a full stop at its end.
fn sentence(text: &str) -> String {
    let text = Evidence::clean(text);
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}
