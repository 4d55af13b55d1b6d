//! What a visitor sees: pages, exports and service endpoints.
//!
//! `app` builds an [`App`], asks [`router`] for its routes and hands them to [`serve()`].
//! Every file has one page and its `router()`. Nothing here computes a figure: pages
//! print what `report` says, as the exports do. Nothing here writes, and no visitor can
//! make it: nothing but `announce` and `balancers` takes more than GET and HEAD, and these
//! stand behind `auth`, which only notes that a token was used.

mod activity;
mod announce;
mod asset;
mod auth;
mod balancers;
mod banner;
mod bars;
mod budget;
mod calendar;
mod calendar_feed;
mod chart;
mod checks;
mod days;
mod dossier_page;
mod error;
mod explain;
mod figure;
mod frame;
mod gate;
mod group_page;
mod hours;
mod limit;
mod message;
mod metrics;
mod moment;
mod monitor_page;
mod months;
mod notices;
mod outage_list;
mod outages;
pub mod peer;
mod promise;
mod proof;
mod readiness;
mod refusal;
mod report_entry;
mod report_page;
mod reports;
mod restatement;
mod rows;
mod security;
mod sentence;
pub mod serve;
mod service;
pub mod settings;
mod status_page;
mod story;
mod token;
mod trend;
mod unbroken;
mod views;
mod visitors;
pub mod window_record;
mod windows;
mod wish;
mod works;

pub use serve::serve;

use crate::balance::fleet::Fleet;
use crate::board::{Board, Snapshot};
use crate::clock::Clock;
use crate::domain::timestamp::Timestamp;
use crate::planning::Settings as PlanningSettings;
use crate::report::settings::Settings as ReportSettings;
use crate::store::contract::Store;
use crate::vitals::Vitals;
use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use budget::{Budget, WAITING_BYTES_MAX};
use error::Problem;
use gate::Gate;
use http::Method;
use http::header::CONTENT_LENGTH;
use readiness::Readiness;
use reports::Reports;
use std::sync::Arc;
use std::time::Duration;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// The longest that an answer may take: a report of a thousand monitors reads millions
/// of checks.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// No request but those that write needs a body; this much is forgiven, and never read.
const BODY_BYTES_MAX: u64 = 4 * 1024;

/// Below one network packet compression gains nothing.
const COMPRESS_BYTES_MIN: u16 = 1_024;

/// On a status page, higher levels cost twice the time for a tenth less.
const COMPRESSION_LEVEL: i32 = 4;

/// What the pages are made of.
#[derive(Clone)]
pub struct App {
    /// The newest state of every monitor.
    pub board: Arc<Board>,
    /// Where the single checks are.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How the daemon itself is doing.
    pub vitals: Arc<Vitals>,
    /// How months are cut and what was promised.
    pub report: Arc<ArcSwap<ReportSettings>>,
    /// How maintenance is announced.
    pub planning: Arc<ArcSwap<PlanningSettings>>,
    /// The balancers.
    pub fleet: Arc<Fleet>,
}

/// An [`App`] and what is remembered between two requests.
struct Site {
    app: App,
    reports: Reports,
    readiness: Readiness,
    /// Held while an explanation is made: however many ask, one processor at most is kept
    /// busy.
    explaining: tokio::sync::Mutex<()>,
    /// The door before what is not for everybody.
    gate: Gate,
    /// What was read last of the balancers' visitors.
    visitors: visitors::Remembered,
}

/// What one answer is made of, taken once.
struct View {
    now: Timestamp,
    snapshot: Arc<Snapshot>,
    settings: Arc<ReportSettings>,
}

impl Site {
    /// A site that has answered nothing yet.
    fn new(app: App) -> Site {
        Site {
            readiness: Readiness::new(app.clock.steady_ms()),
            app,
            reports: Reports::default(),
            explaining: tokio::sync::Mutex::default(),
            gate: Gate::default(),
            visitors: visitors::Remembered::default(),
        }
    }

    fn view(&self) -> View {
        let snapshot = self.app.board.read();
        View {
            now: self.app.clock.now(),
            settings: ReportSettings::in_force(&self.app.report, &snapshot.closed),
            snapshot,
        }
    }
}

/// All routes.
pub fn router(app: App) -> Router {
    let site = Arc::new(Site::new(app));
    let compressible =
        SizeAbove::new(COMPRESS_BYTES_MIN).and(NotForContentType::const_new("image/png"));
    let compression =
        CompressionLayer::new().quality(CompressionLevel::Precise(COMPRESSION_LEVEL));
    Router::new()
        .merge(status_page::router())
        .merge(monitor_page::router())
        .merge(group_page::router())
        .merge(report_page::router())
        .merge(explain::router())
        .merge(checks::router())
        .merge(dossier_page::router())
        .merge(outage_list::router())
        .merge(service::router())
        .merge(announce::router())
        .merge(windows::router())
        .merge(calendar_feed::router())
        .merge(token::router())
        .merge(balancers::router())
        .merge(metrics::router())
        .merge(asset::router())
        .merge(banner::router())
        .fallback(error::no_such_page)
        .method_not_allowed_fallback(error::wrong_method)
        .with_state(site)
        .layer(middleware::from_fn(in_time))
        .layer(middleware::from_fn(without_body))
        .layer(middleware::from_fn_with_state(Budget::of(WAITING_BYTES_MAX), budget::bound))
        .layer(middleware::from_fn(error::tell))
        .layer(compression.compress_when(compressible))
        .layer(middleware::from_fn(security::protect))
}

/// Ends an answer that takes too long.
async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::busy("The answer took too long.").into_response(),
    }
}

/// Refuses a request that only reads and announces a large body. Smaller ones are not read
/// either; who writes has a limit of its own.
async fn without_body(request: Request, next: Next) -> Response {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|text| text.to_str().ok());
    let length: u64 = length.and_then(|text| text.parse().ok()).unwrap_or(0);
    let only_reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if only_reads && length > BODY_BYTES_MAX {
        return Problem::too_large().into_response();
    }
    next.run(request).await
}
