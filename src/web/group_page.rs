//! `GET /groups/{id}`: one group: its state and why, its members, its months, its outages.
//! `?month=2026-10` shows that month in pictures.

use super::error::Problem;
use super::frame::{self, Frame};
use super::moment::Moment;
use super::notices::Notices;
use super::rows::Rows;
use super::sentence::Sentence;
use super::story::{self, AskedMonth, Sections, Subject};
use super::visitors::{self, Told};
use super::works::Works;
use super::{Site, View};
use crate::domain::group::Rule;
use crate::domain::history::History;
use crate::domain::month::Month;
use crate::report::bygone;
use crate::report::group::{GroupPast, GroupReport};
use crate::report::headline::Piece;
use crate::report::notice::Standing;
use crate::report::settings::GroupSettings;
use crate::report::status::State;
use crate::store::contract::Store;
use askama::Template;
use axum::Router;
use axum::extract;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "group.html")]
struct GroupPage<'a> {
    frame: Frame,
    mark: &'static str,
    sentence: Sentence,
    /// How many members are in which state; `None` where that goes without saying.
    rest: Option<String>,
    notices: Notices<'a>,
    rule: &'static str,
    /// When an outage of it begins, where that does not go without saying.
    begins: &'static str,
    target: String,
    since: Option<Moment>,
    /// What the visitors of a balancer saw.
    visitors: Option<Told>,
    month: String,
    /// `None` where no member lives.
    members: Option<Rows<'a>>,
    story: Sections<'a>,
    /// The maintenance that is over.
    works: Option<Works<'a>>,
    works_left_out: usize,
}

/// `GET /groups/{id}`.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new().route("/groups/{id}", get(show))
}

/// A rule in plain words, to be said of a group.
pub(super) fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Any => "down while any of its members is, because all are needed",
        Rule::All => "down only while all of its members are, because they are redundant",
    }
}

async fn show(
    extract::State(site): extract::State<Arc<Site>>,
    id: Result<extract::Path<String>, PathRejection>,
    asked: Result<extract::Query<AskedMonth>, QueryRejection>,
) -> Result<Response, Problem> {
    let extract::Path(id) = id.map_err(|_| Problem::no_such_page())?;
    let view = site.view();
    let histories: Vec<&History> = view.snapshot.histories.iter().map(AsRef::as_ref).collect();
    let store = site.app.store.as_ref();
    let Some(group) = GroupPast::find(&id, &histories, view.now, &view.settings) else {
        return Err(not_configured(store, &id).await);
    };
    let month = story::month(asked, &view)?;
    let windows = &view.snapshot.windows;
    let report = GroupReport::make(store, group, windows, view.now, &view.settings)
        .await
        .map_err(Problem::unreadable)?;
    let group = [&report.group.settings.group];
    let visitors = visitors::told(&site, &view, group, &report.members).await.pop();
    frame::answer(&GroupPage { visitors, ..page(&view, &report, month) })
}

/// A group that closed months have and the configuration has not is found in the newest of
/// them.
async fn not_configured(store: &dyn Store, id: &str) -> Problem {
    match bygone::group(store, id).await {
        Ok(Some((month, GroupSettings { group, .. }))) => {
            let why = format!("{} is no longer configured", group.name);
            let page = format!("/report/{month}#g-{}", group.id);
            Problem::closed_in(month, &why, page, format!("/report/{month}.json"))
        }
        Ok(None) => Problem::no_such_group(id),
        Err(error) => Problem::unreadable(error),
    }
}

fn page<'a>(view: &'a View, report: &'a GroupReport<'a>, month: Month) -> GroupPage<'a> {
    let zone = view.settings.zone;
    let of = report.group.settings;
    let name = &of.group.name;
    let (state, pieces) = match &report.now {
        Some(now) => (now.state, now.sentence(name, report.at)),
        None => {
            let words = " is no longer watched: none of its members is.".to_owned();
            (State::Paused, vec![Piece::Name(name.clone()), Piece::Text(words)])
        }
    };
    let subject = Subject {
        folder: "/groups",
        kind: 'g',
        id: of.group.id.as_str(),
        name: &of.group.name,
    };
    let caption = format!("The members of {name}, the troubled ones first");
    let living: Vec<Standing<'_>> = (report.members.monitors.iter())
        .map(|of| Standing { monitor: &of.history.monitor, now: &of.now })
        .collect();
    GroupPage {
        frame: Frame::of(view, format!("{name}: {}", state.word()), state),
        mark: frame::mark(state),
        sentence: Sentence::of(pieces, view.now, zone),
        rest: (report.members.monitors.len() > 1).then(|| report.members.counts()),
        notices: Notices::about(view, &of.group.members, &living),
        rule: rule(of.group.rule),
        begins: match of.group.rule {
            Rule::Any => "",
            Rule::All => ": its outage begins when the last of them goes down",
        },
        target: of.target.to_string(),
        since: report.story.since.map(|since| Moment::exact(since, zone)),
        visitors: None,
        month: report.members.month.name(),
        members: Rows::of(view, caption, &[], &report.members),
        story: Sections::of(view, &subject, &report.group.past, &report.story, month),
        works: Works::live(view, &report.maintenance, format!("Past maintenance of {name}")),
        works_left_out: report.maintenance.left_out,
    }
}
