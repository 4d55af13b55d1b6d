//! `GET /`: how everything is, in one sentence and a row for every group and monitor.

use super::error::Problem;
use super::frame::{self, Frame};
use super::moment::Moment;
use super::rows::Rows;
use super::sentence::Sentence;
use super::{Site, View};
use crate::domain::history::History;
use crate::report::group::GroupStatus;
use crate::report::notice::{Notice, notices};
use crate::report::status::{State, Status};
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
    /// `None` where nothing is watched.
    rows: Option<Rows<'a>>,
}

struct NoticeRow<'a> {
    notice: Notice<'a>,
    from: Moment,
    to: Moment,
    about: String,
}

/// `GET /`.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new().route("/", get(show))
}

async fn show(extract::State(site): extract::State<Arc<Site>>) -> Result<Response, Problem> {
    let view = site.view();
    let status = Status::of(view.snapshot.living(view.now), view.now, &view.settings);
    let histories: Vec<&History> = view.snapshot.histories.iter().map(AsRef::as_ref).collect();
    let groups = GroupStatus::all(&histories, view.now, &view.settings);
    frame::answer(&page(&view, &groups, &status))
}

fn page<'a>(
    view: &'a View,
    groups: &'a [GroupStatus<'a>],
    status: &'a Status<'a>,
) -> StatusPage<'a> {
    let headline = status.headline(view.snapshot.first_checks_by);
    let mut frame = Frame::of(view, headline.title, headline.state);
    frame.refresh_s = Some(match headline.state {
        State::Pending => REFRESH_SOON_S,
        _ => REFRESH_S,
    });
    let caption = "Every monitor, the troubled ones first".to_owned();
    StatusPage {
        frame,
        mark: frame::mark(headline.state),
        sentence: Sentence::of(headline.first, view.now, view.settings.zone),
        rest: headline.rest,
        notices: notice_rows(view),
        rows: Rows::of(view, caption, groups, status),
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
