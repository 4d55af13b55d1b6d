//! `GET /`: how everything is, in one sentence and a row for every monitor.

use super::bars::Bars;
use super::error::Problem;
use super::explain::address;
use super::figure::{Figure, NOTHING};
use super::frame::{self, Frame};
use super::moment::{self, Moment};
use super::sentence::Sentence;
use super::{Site, View};
use crate::domain::duration;
use crate::domain::period::Period;
use crate::report::latency;
use crate::report::notice::{Notice, notices};
use crate::report::status::{MonitorStatus, State, Status};
use askama::Template;
use axum::Router;
use axum::extract;
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;

/// A page that stays open is loaded again after the default interval of a check.
const REFRESH_S: u32 = 60;

/// While nothing is known yet, the first result is seconds away.
const REFRESH_SOON_S: u32 = 5;

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage<'a> {
    frame: Frame,
    mark: &'static str,
    sentence: Sentence,
    rest: Option<String>,
    notices: Vec<NoticeRow<'a>>,
    month: crate::domain::month::Month,
    first_day: String,
    last_day: String,
    rows: Vec<Row<'a>>,
}

struct NoticeRow<'a> {
    notice: Notice<'a>,
    from: Moment,
    to: Moment,
    about: String,
}

struct Row<'a> {
    id: &'a str,
    name: &'a str,
    /// The name of its mark and its colour.
    mark: &'static str,
    word: &'static str,
    since: Option<Moment>,
    /// How long, where that matters more than the start.
    length: Option<String>,
    reason: Option<&'a str>,
    latency: String,
    figure: Figure,
    bars: Bars,
}

/// `GET /`.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new().route("/", get(show))
}

async fn show(extract::State(site): extract::State<Arc<Site>>) -> Result<Response, Problem> {
    let view = site.view();
    let status = Status::of(view.snapshot.living(view.now), view.now, &view.settings);
    frame::answer(&page(&view, &status))
}

fn page<'a>(view: &'a View, status: &'a Status<'a>) -> StatusPage<'a> {
    let headline = status.headline(view.snapshot.first_checks_by);
    let mut frame = Frame::of(view, headline.title, headline.state);
    frame.refresh_s = Some(match headline.state {
        State::Pending => REFRESH_SOON_S,
        _ => REFRESH_S,
    });
    let days = status.monitors.first().map(|monitor| monitor.days.as_slice());
    let date = |day: Option<&crate::report::status::Day>| {
        day.map(|day| moment::day(day.date)).unwrap_or_default()
    };
    StatusPage {
        frame,
        mark: frame::mark(headline.state),
        sentence: Sentence::of(headline.first, view.now, view.settings.zone),
        rest: headline.rest,
        notices: notice_rows(view),
        month: status.month,
        first_day: date(days.and_then(<[_]>::first)),
        last_day: date(days.and_then(<[_]>::last)),
        rows: status.monitors.iter().map(|monitor| row(view, status, monitor)).collect(),
    }
}

fn row<'a>(view: &View, status: &Status<'_>, monitor: &'a MonitorStatus<'a>) -> Row<'a> {
    let now = &monitor.now;
    let zone = view.settings.zone;
    let month = Period::Month(status.month);
    let is_calm = matches!(now.state, State::Up | State::Pending | State::Paused);
    Row {
        id: monitor.history.monitor.id.as_str(),
        name: monitor.name(),
        mark: frame::mark(now.state),
        word: now.state.word(),
        since: now.since.map(|since| Moment::short(since, view.now, zone)),
        length: (now.since.filter(|_| !is_calm))
            .map(|since| duration::in_words(view.now.since_ms(since))),
        reason: now.reason.as_deref(),
        latency: (monitor.latency_us())
            .map_or(NOTHING.to_owned(), |us| format!("{} ms", latency::whole_ms(us))),
        figure: Figure::of(&monitor.month.figures, status.decimals)
            .explained(address::of_monitor(&monitor.month.id, month)),
        bars: Bars::of(&monitor.days),
    }
}

fn notice_rows(view: &View) -> Vec<NoticeRow<'_>> {
    let notices = notices(&view.snapshot.windows, view.now);
    notices.into_iter().map(|notice| notice_row(view, notice)).collect()
}

fn notice_row<'a>(view: &View, notice: Notice<'a>) -> NoticeRow<'a> {
    let name = |id: &&str| match view.snapshot.find(id) {
        Some(history) => history.monitor.name.clone(),
        None => (*id).to_owned(),
    };
    let about = match &notice.monitors[..] {
        [] => "all monitors".to_owned(),
        some => some.iter().map(name).collect::<Vec<_>>().join(", "),
    };
    let moment = |at| Moment::short(at, view.now, view.settings.zone);
    NoticeRow { from: moment(notice.span.from), to: moment(notice.span.to), about, notice }
}
