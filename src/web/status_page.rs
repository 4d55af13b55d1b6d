//! `GET /`: how everything is, in one sentence and a row for every group and monitor.

use super::error::Problem;
use super::frame::{self, Frame};
use super::notices::Notices;
use super::rows::Rows;
use super::sentence::Sentence;
use super::visitors::{self, Told};
use super::works::Works;
use super::{Site, View};
use crate::domain::duration;
use crate::domain::history::History;
use crate::domain::month::Month;
use crate::domain::timestamp::DAY_MS;
use crate::report::group::GroupStatus;
use crate::report::headline::Piece;
use crate::report::maintenance::Looking;
use crate::report::notice::{self, Notice, Standing};
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

/// The maintenance of so long ago may explain what a visitor remembers.
const PAST_MS: i64 = 30 * DAY_MS;

/// More of it is in the report of its month.
const PAST_MAX: usize = 5;

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
    /// What is over.
    works: Option<Works<'a>>,
    /// How many more are over, and the report that has them.
    works_left_out: usize,
    works_month: Month,
    /// Whether nobody has said what to watch.
    is_empty: bool,
    /// Whether there is anything that a calendar could show.
    has_calendar: bool,
    /// `None` where nothing is watched.
    rows: Option<Rows<'a>>,
    /// What the visitors of each balancer saw.
    visitors: Vec<Told>,
    month: String,
}

/// `GET /`.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new().route("/", get(show))
}

async fn show(extract::State(site): extract::State<Arc<Site>>) -> Result<Response, Problem> {
    let view = site.view();
    let (now, windows) = (view.now, view.snapshot.windows.iter());
    let looking = Looking::back(windows, None, now.plus_ms(-PAST_MS), PAST_MAX, now);
    let status = Status::beside(view.snapshot.living(now), now, &view.settings, looking);
    let histories: Vec<&History> = view.snapshot.histories.iter().map(AsRef::as_ref).collect();
    let groups = GroupStatus::all(&histories, view.now, &view.settings);
    let of_groups = groups.iter().map(|group| &group.settings.group);
    let visitors = visitors::told(&site, &view, of_groups, &status).await;
    frame::answer(&StatusPage { visitors, ..page(&view, &groups, &status) })
}

fn page<'a>(
    view: &'a View,
    groups: &'a [GroupStatus<'a>],
    status: &'a Status<'a>,
) -> StatusPage<'a> {
    let mut headline = status.headline(view.snapshot.first_checks_by);
    let behind_ms = behind_ms(view);
    if let Some(behind_ms) = behind_ms {
        let length = duration::in_words(behind_ms);
        let why = format!("The clock of this host is {length} behind what is already kept.");
        headline.first = vec![Piece::Text(why)];
        headline.title = "Not checked".to_owned();
        headline.state = State::Unknown;
    }
    let living: Vec<Standing<'_>> = (status.monitors.iter())
        .map(|of| Standing { monitor: &of.history.monitor, now: &of.now })
        .collect();
    let told = notice::Notices::of(&view.snapshot.windows, None, &living, view.now);
    // Not to be taken for an excuse, and not to be overlooked.
    if told.notices.iter().any(Notice::counts_against) {
        let during = "Maintenance is under way whose time counts.";
        let rest = headline.rest.take().map(|rest| format!("{rest} {during}"));
        headline.rest = Some(rest.unwrap_or_else(|| during.to_owned()));
    }
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
        notices: Notices::of_all(view, told),
        works: Works::live(
            view,
            &status.maintenance,
            "Maintenance of the last 30 days".to_owned(),
        ),
        works_left_out: status.maintenance.left_out,
        works_month: status.month,
        is_empty: behind_ms.is_none() && status.monitors.is_empty(),
        has_calendar: !view.snapshot.windows.is_empty(),
        rows: Rows::of(view, caption, groups, status),
        visitors: Vec::new(),
        month: status.month.name(),
    }
}

/// How far the clock is behind the beginning of all that is watched, where it is: then none of
/// it seems to live.
fn behind_ms(view: &View) -> Option<i64> {
    if view.snapshot.living(view.now).next().is_some() {
        return None;
    }
    let lives = view.snapshot.histories.iter().map(|history| history.monitor.lives());
    let begins = lives.filter_map(|lives| lives.as_slice().first()).map(|life| life.from);
    let first = begins.filter(|from| *from > view.now).min()?;
    Some(first.since_ms(view.now))
}
