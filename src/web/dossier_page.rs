//! `GET /outages/{id}` and `/api/v1/outages/{id}`: all that is known of one outage.

use super::error::Problem;
use super::figure::NOTHING;
use super::frame::{self, Frame};
use super::moment::Moment;
use super::proof::{Shown, milliseconds};
use super::sentence::Sentence;
use super::{Site, View};
use crate::domain::check::{Check, Verdict};
use crate::domain::class::Class;
use crate::domain::duration;
use crate::domain::month::Month;
use crate::domain::outage::OutageId;
use crate::domain::span::Span;
use crate::report::bygone;
use crate::report::dossier::{Dossier, End};
use crate::report::dossier_json;
use crate::report::headline::Piece;
use crate::report::listing::Listed;
use crate::report::status::State;
use crate::store::closed::Correction;
use askama::Template;
use axum::Router;
use axum::extract;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono_tz::Tz;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "dossier.html")]
struct DossierPage<'a> {
    frame: Frame,
    sentence: Sentence,
    id: String,
    monitor: &'a str,
    name: &'a str,
    url: &'a str,
    from: Moment,
    /// `None` while it lasts.
    to: Option<Moment>,
    ended: &'static str,
    whole: String,
    downtime: String,
    down_ms: i64,
    /// What of its time did not count: how long, and why.
    sums: Vec<(String, &'static str)>,
    stretches: Vec<Stretch>,
    months: Vec<InMonth>,
    corrections: Vec<Corrected<'a>>,
    /// What it has to do with maintenance that it outlasted.
    overrun: Vec<Sentence>,
    /// Whether its first failing check is among the proofs.
    first_is_kept: bool,
    proofs: Vec<Shown<'a>>,
    lines: Vec<Line<'a>>,
    blips: Vec<Blip<'a>>,
}

struct Stretch {
    from: Moment,
    to: Moment,
    length: String,
    why: &'static str,
}

struct InMonth {
    /// Its report, at this monitor.
    href: String,
    name: String,
    downtime: String,
}

/// What was said of it after a month of it was closed.
struct Corrected<'a> {
    month: Month,
    /// What its downtime counts as.
    instead: &'static str,
    author: &'a str,
    made_at: Moment,
    reason: &'a str,
}

/// A line of the checks.
enum Line<'a> {
    Check(Row<'a>),
    LeftOut(Option<u64>),
}

struct Row<'a> {
    at: Moment,
    mark: &'static str,
    verdict: &'static str,
    latency: String,
    reason: &'a str,
}

struct Blip<'a> {
    at: Moment,
    length: String,
    reason: &'a str,
}

/// Both addresses of a dossier.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new()
        .route("/outages/{id}", get(as_page))
        .route("/api/v1/outages/{id}", get(as_json))
}

type Named = Result<extract::Path<String>, PathRejection>;

async fn as_page(
    extract::State(site): extract::State<Arc<Site>>,
    id: Named,
) -> Result<Response, Problem> {
    let view = site.view();
    let dossier = find(&site, &view, id).await?;
    frame::answer(&page(&view, &dossier))
}

async fn as_json(
    extract::State(site): extract::State<Arc<Site>>,
    id: Named,
) -> Result<Response, Problem> {
    let view = site.view();
    let dossier = find(&site, &view, id).await?;
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")];
    Ok((headers, dossier_json::print(&dossier)).into_response())
}

async fn find<'a>(site: &Site, view: &'a View, id: Named) -> Result<Dossier<'a>, Problem> {
    let extract::Path(text) = id.map_err(|_| Problem::no_such_page())?;
    let no_such = || Problem::no_such_outage(&text);
    let id = OutageId::parse(&text).ok_or_else(no_such)?;
    let store = site.app.store.as_ref();
    if let Some(history) = view.snapshot.find(id.monitor.as_str()) {
        let dossier = Dossier::make(
            store,
            history,
            &view.snapshot.windows,
            id.clone(),
            view.now,
            &view.settings,
        )
        .await;
        if let Some(dossier) = dossier.map_err(Problem::unreadable)? {
            return Ok(dossier);
        }
    }
    let closed = bygone::month_of_outage(store, &id).await.map_err(Problem::unreadable)?;
    let month = closed.ok_or_else(no_such)?;
    let page = format!("/report/{month}#m-{}", id.monitor);
    let why = format!("the outage “{id}” is not known any more");
    Err(Problem::closed_in(month, &why, page, format!("/report/{month}.json")))
}

fn page<'a>(view: &View, dossier: &'a Dossier<'a>) -> DossierPage<'a> {
    let zone = view.settings.zone;
    let monitor = &dossier.history.monitor;
    let from = dossier.outage.from;
    let state = if dossier.end == End::Lasts { State::Down } else { State::Paused };
    let day = from.to_utc().with_timezone(&zone).format("%-d %b %Y");
    let title = format!("{}: outage of {day}", monitor.name);
    let good = dossier.last_good.iter().map(|check| Line::Check(row(check, zone)));
    let checks = dossier.checks.iter().map(|listed| match listed {
        Listed::Check(check) => Line::Check(row(check, zone)),
        Listed::LeftOut(count) => Line::LeftOut(*count),
    });
    let recovery = dossier.recovery.iter().map(|check| Line::Check(row(check, zone)));
    let blip = |blip: &'a crate::domain::outage::Blip| Blip {
        at: Moment::exact(blip.span.from, zone),
        length: duration::in_words(blip.span.length_ms()),
        reason: &blip.reason,
    };
    let lengths = Lengths::of(dossier);
    DossierPage {
        frame: Frame::of(view, title, state),
        sentence: Sentence::of(sentence(dossier, &lengths.whole), view.now, zone),
        id: dossier.id.to_string(),
        monitor: monitor.id.as_str(),
        name: &monitor.name,
        url: &monitor.url,
        from: Moment::exact(from, zone),
        to: dossier.outage.to.map(|to| Moment::exact(to, zone)),
        ended: match dossier.end {
            End::Lasts => "",
            End::Recovered => "the first right answer",
            End::Paused => "paused while it was down",
            End::Removed => "removed while it was down",
        },
        down_ms: dossier.tally.down,
        stretches: stretches(dossier, zone),
        months: months(dossier, lengths.months),
        whole: lengths.whole,
        downtime: lengths.downtime,
        sums: lengths.sums,
        corrections: dossier.corrections.iter().map(|of| corrected(of, zone)).collect(),
        overrun: (dossier.overrun.iter())
            .map(|of| Sentence::of(of.sentence(&dossier.outage), view.now, zone))
            .collect(),
        first_is_kept: dossier.proofs.iter().any(|proof| proof.check.started_at == from),
        proofs: dossier.proofs.iter().map(|proof| Shown::of(proof, from, zone)).collect(),
        lines: good.chain(checks).chain(recovery).collect(),
        blips: dossier.blips.iter().map(blip).collect(),
    }
}

/// `API was down from 3 Nov, 08:00 to 08:16 (16 min): HTTP 502 from 203.0.113.7`
fn sentence(dossier: &Dossier<'_>, length: &str) -> Vec<Piece> {
    let text = |text: &str| Piece::Text(text.to_owned());
    let mut pieces = vec![Piece::Name(dossier.history.monitor.name.clone())];
    match dossier.outage.to {
        None => pieces.extend([text(" is down since "), Piece::At(dossier.outage.from)]),
        Some(to) => pieces.extend([
            text(" was down from "),
            Piece::At(dossier.outage.from),
            text(" to "),
            Piece::Until(Span::new(dossier.outage.from, to)),
        ]),
    }
    let reason = dossier.outage.reason.trim_end_matches('.');
    pieces.push(Piece::Text(format!(" ({length}): {reason}.")));
    pieces
}

fn why(class: Class) -> &'static str {
    match class {
        Class::Unknown => "not checked",
        Class::Maintenance => "maintenance, announced in time",
        Class::Paused => "paused",
        // None of these is inside an outage but for a monitor that was removed.
        Class::Outside | Class::Up | Class::Degraded | Class::Down => "not watched",
    }
}

/// How long it was, and what of that counts where, in words that add up.
struct Lengths {
    whole: String,
    downtime: String,
    sums: Vec<(String, &'static str)>,
    /// The downtime of each month.
    months: Vec<String>,
}

impl Lengths {
    fn of(dossier: &Dossier<'_>) -> Lengths {
        let tally = &dossier.tally;
        let others = [
            (tally.unknown, Class::Unknown),
            (tally.maintenance, Class::Maintenance),
            (tally.paused, Class::Paused),
            (tally.outside, Class::Outside),
        ];
        let others: Vec<_> = others.into_iter().filter(|(ms, _)| *ms > 0).collect();
        let parts: Vec<i64> = std::iter::once(tally.down)
            .chain(others.iter().map(|(ms, _)| *ms))
            .collect();
        let months: Vec<i64> = dossier.months.iter().map(|(_, down_ms)| *down_ms).collect();
        let (parts, months, whole) = duration::adding_up_twice(&parts, &months);
        let mut parts = parts.into_iter();
        let downtime = parts.next().filter(|_| tally.down > 0);
        Lengths {
            whole,
            downtime: downtime.unwrap_or_else(|| "none".to_owned()),
            sums: parts.zip(others).map(|(length, (_, class))| (length, why(class))).collect(),
            months,
        }
    }
}

fn stretches(dossier: &Dossier<'_>, zone: Tz) -> Vec<Stretch> {
    let stretch = |segment: &crate::domain::timeline::Segment| {
        let [from, to] = Moment::exact_range(segment.span, zone);
        let length = duration::in_words(segment.span.length_ms());
        Stretch { from, to, length, why: why(segment.class) }
    };
    dossier.uncounted.iter().map(stretch).collect()
}

fn months(dossier: &Dossier<'_>, lengths: Vec<String>) -> Vec<InMonth> {
    let monitor = &dossier.history.monitor.id;
    let in_month = |((month, _), downtime): (&(Month, i64), String)| InMonth {
        href: format!("/report/{month}#m-{monitor}"),
        name: month.name(),
        downtime,
    };
    dossier.months.iter().zip(lengths).map(in_month).collect()
}

fn corrected(of: &Correction, zone: Tz) -> Corrected<'_> {
    Corrected {
        month: of.month,
        instead: of.instead.words(),
        author: &of.author,
        made_at: Moment::exact(of.made_at, zone),
        reason: of.reason.trim_end_matches('.'),
    }
}

fn row(check: &Check, zone: Tz) -> Row<'_> {
    let mark = match check.verdict {
        Verdict::Ok => "up",
        Verdict::Degraded => "degraded",
        Verdict::Fail => "down",
        Verdict::Unknown => "unknown",
    };
    Row {
        at: Moment::exact(check.started_at, zone),
        mark,
        verdict: check.verdict.word(),
        latency: check.latency_us.map_or(NOTHING.to_owned(), milliseconds),
        reason: check.reason().unwrap_or_default(),
    }
}
