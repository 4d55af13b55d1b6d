//! `GET /`: how everything is, in one sentence and a row for every group and monitor.

use super::error::Problem;
use super::frame::{self, Frame};
use super::notices::Notices;
use super::rows::Rows;
use super::sentence::Sentence;
use super::{Site, View};
use crate::domain::history::History;
use crate::report::group::GroupStatus;
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
    why: Sentence,
    rest: Option<String>,
    /// What is said before the monitors, and what after them.
    notices: [Notices<'a>; 2],
    /// `None` where nothing is watched.
    rows: Option<Rows<'a>>,
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
    frame.here = "/";
    frame.refresh_s = Some(match headline.state {
        State::Pending => REFRESH_SOON_S,
        _ => REFRESH_S,
    });
    let caption = "Every monitor, the troubled ones first".to_owned();
    StatusPage {
        frame,
        mark: frame::mark(headline.state),
        sentence: Sentence::of(headline.first, view.now, view.settings.zone),
        why: Sentence::of(headline.why, view.now, view.settings.zone),
        rest: headline.rest,
        notices: Notices::of_all(view),
        rows: Rows::of(view, caption, groups, status),
    }
}
