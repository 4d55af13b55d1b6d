//! `GET /groups/{id}/explain`: which members made a group's figure, and when. Asked for
//! like that of a monitor, and as JSON under `/api/v1`.

use super::head::Head;
use super::rows::{Rows, words};
use super::sum::Sum;
use super::{Id, Query, address, as_json, period};
use crate::domain::class::Class;
use crate::domain::group::Rule;
use crate::domain::history::History;
use crate::report::explain::group::{GroupExplanation, GroupPart};
use crate::report::explain::json;
use crate::report::explain::words::grouped;
use crate::report::group::GroupPast;
use crate::report::period::MonitorRow;
use crate::web::error::Problem;
use crate::web::figure::Figure;
use crate::web::frame::{self, Frame};
use crate::web::{Site, View};
use askama::Template;
use axum::Router;
use axum::extract;
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;

/// Both addresses.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new()
        .route("/groups/{id}/explain", get(group_page))
        .route("/api/v1/groups/{id}/explain", get(group_json))
}

async fn group_page(
    extract::State(site): extract::State<Arc<Site>>,
    id: Id,
    asked: Query,
) -> Result<Response, Problem> {
    let view = site.view();
    let explanation = of_group(&view, id, asked)?;
    frame::answer(&GroupPage::of(&view, &explanation))
}

async fn group_json(
    extract::State(site): extract::State<Arc<Site>>,
    id: Id,
    asked: Query,
) -> Result<Response, Problem> {
    let view = site.view();
    Ok(as_json(json::of_group(&of_group(&view, id, asked)?)))
}

fn of_group(view: &View, id: Id, asked: Query) -> Result<GroupExplanation, Problem> {
    let extract::Path(id) = id.map_err(|_| Problem::no_such_page())?;
    let histories: Vec<&History> = view.snapshot.histories.iter().map(AsRef::as_ref).collect();
    let group = GroupPast::find(&id, &histories, view.now, &view.settings);
    let group = group.ok_or_else(|| Problem::no_such_group(&id))?;
    let period = period(view, asked)?;
    let made = GroupExplanation::make(&group, period, view.now, &view.settings);
    made.map_err(Problem::from)
}

#[derive(Template)]
#[template(path = "explain_group.html")]
struct GroupPage {
    frame: Frame,
    head: Head,
    sum: Sum,
    rule: &'static str,
    members: Vec<MemberRow>,
    parts: Rows,
}

struct MemberRow {
    name: String,
    figure: Figure,
    down: String,
    unknown: String,
}

impl GroupPage {
    fn of(view: &View, explanation: &GroupExplanation) -> GroupPage {
        let GroupExplanation { row, zone, period, parts, members, decimals, .. } = explanation;
        let window = explanation.window;
        let ends_at = row.figures.as_of.clamp(window.from, window.to);
        let address = address::of_group(&row.id, *period);
        let times = (window, explanation.as_of, ends_at);
        let title = format!("{}: how its uptime came about", row.name);
        let member = |member: &MonitorRow| MemberRow {
            name: member.name.clone(),
            figure: Figure::of(&member.figures, *decimals)
                .explained(address::of_monitor(&member.id, *period)),
            down: grouped(member.figures.tally.down),
            unknown: grouped(member.figures.tally.unknown),
        };
        let of_part = |part: &GroupPart| {
            let names: Vec<&str> = (part.made_by.iter())
                .filter_map(|place| members.get(*place))
                .map(|member| member.name.as_str())
                .collect();
            let what = match (part.class, &names[..]) {
                (Class::Outside, _) if part.span.from >= ends_at => {
                    "not settled yet".to_owned()
                }
                (class, []) => words(class).1.to_owned(),
                (class, names) => format!("{}: {}", words(class).1, names.join(", ")),
            };
            (part.span, part.class, what)
        };
        GroupPage {
            frame: Frame::fixed(view, title, explanation.as_of, *zone),
            sum: Sum::of(&row.figures, *decimals),
            head: Head::of(
                &address,
                &row.name,
                (*period, *zone),
                times,
                (&row.figures, *decimals),
            ),
            rule: match explanation.rule {
                Rule::Any => {
                    "All members are needed: it is down while any live one is down, up while all \
                     live ones are up, and otherwise not checked."
                }
                Rule::All => {
                    "The members are redundant: it is up while any live one is up, down while \
                     all live ones are down, and otherwise not checked."
                }
            },
            members: members.iter().map(member).collect(),
            parts: Rows::of("Every stretch of the period", parts.iter().map(of_part), *zone),
        }
    }
}
