//! `GET /groups/{id}/explain`: which members made a group's figure, and when. Asked for
//! like that of a monitor, and as JSON under `/api/v1`.

use super::head::{Head, Subject};
use super::rows::{Rows, words};
use super::sum::Sum;
use super::{Id, Query, address, as_json, period, refused};
use crate::domain::class::Class;
use crate::domain::duration;
use crate::domain::group::Rule;
use crate::domain::history::History;
use crate::report::bygone;
use crate::report::explain::Scope;
use crate::report::explain::group::{GroupExplanation, GroupOutage, GroupPart};
use crate::report::explain::json;
use crate::report::explain::words::grouped;
use crate::report::period::MonitorRow;
use crate::store::closed::Subject as Closed;
use crate::web::error::Problem;
use crate::web::figure::Figure;
use crate::web::frame::{self, Frame};
use crate::web::moment::Moment;
use crate::web::{Site, View};
use askama::Template;
use axum::Router;
use axum::extract;
use axum::response::Response;
use axum::routing::get;
use std::borrow::Cow;
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
    let explanation = of_group(&site, &view, id, asked).await?;
    frame::answer(&GroupPage::of(&view, &explanation))
}

async fn group_json(
    extract::State(site): extract::State<Arc<Site>>,
    id: Id,
    asked: Query,
) -> Result<Response, Problem> {
    let view = site.view();
    Ok(as_json(json::of_group(&of_group(&site, &view, id, asked).await?)))
}

async fn of_group(
    site: &Site,
    view: &View,
    id: Id,
    asked: Query,
) -> Result<GroupExplanation, Problem> {
    let extract::Path(id) = id.map_err(|_| Problem::no_such_page())?;
    let store = site.app.store.as_ref();
    let mut groups = view.settings.groups.iter();
    let configured = groups.find(|settings| settings.group.id.as_str() == id);
    let group = match configured {
        Some(group) => Cow::Borrowed(group),
        None => {
            let bygone = bygone::group(store, &id).await.map_err(Problem::unreadable)?;
            let (_, group) = bygone.ok_or_else(|| Problem::no_such_group(&id))?;
            Cow::Owned(group)
        }
    };
    let period = period(view, asked)?;
    let histories: Vec<&History> = view.snapshot.histories.iter().map(AsRef::as_ref).collect();
    let _one_at_a_time = site.explaining.lock().await;
    let made =
        GroupExplanation::make(store, &group, &histories, period, view.now, &view.settings);
    match made.await {
        Ok(explanation) => Ok(explanation),
        Err(why) => Err(refused(site, view, (Closed::Group, &id), period, why).await),
    }
}

#[derive(Template)]
#[template(path = "explain_group.html")]
struct GroupPage<'a> {
    frame: Frame,
    head: Head<'a>,
    sum: Sum,
    is_configured: bool,
    rule: &'static str,
    members: Vec<MemberRow<'a>>,
    outages: Vec<OutageRow<'a>>,
    parts: Rows,
}

struct MemberRow<'a> {
    name: &'a str,
    figure: Figure,
    down: String,
    unknown: String,
}

struct OutageRow<'a> {
    from: Moment,
    /// `None` while it lasts.
    to: Option<Moment>,
    ms: String,
    length: String,
    made_by: Vec<OwnRow<'a>>,
}

/// An outage of a member.
struct OwnRow<'a> {
    name: &'a str,
    /// Its dossier.
    href: Option<String>,
    from: Moment,
    reason: &'a str,
}

impl<'a> GroupPage<'a> {
    fn of(view: &View, explanation: &'a GroupExplanation) -> GroupPage<'a> {
        let GroupExplanation { scope, row, parts, members, outages, .. } = explanation;
        let (zone, decimals) = (scope.zone, scope.decimals);
        let ends_at = row.figures.as_of.clamp(scope.window.from, scope.window.to);
        let subject = Subject {
            kind: 'g',
            home: format!("/groups/{}", row.id),
            id: &row.id,
            name: &row.name,
            figures: &row.figures,
            months: &row.months,
            ends_at,
            ends_because: explanation.ends_because.clone(),
            agrees: explanation.agrees,
        };
        let title = format!("{}: how its uptime came about", row.name);
        let name = |place: usize| members.get(place).map_or("", |member| member.name.as_str());
        let of_part = |part: &GroupPart| {
            let names: Vec<&str> = part.made_by.iter().map(|place| name(*place)).collect();
            let what = match (part.class, &names[..]) {
                (Class::Outside, _) if part.span.from >= ends_at => {
                    "not settled yet".to_owned()
                }
                (class, []) => words(class).1.to_owned(),
                (class, names) => format!("{}: {}", words(class).1, names.join(", ")),
            };
            (part.span, part.class, what)
        };
        let outage = |of: &'a GroupOutage| OutageRow {
            from: Moment::to_the_ms(of.outage.span.from, zone),
            to: (!of.outage.ongoing).then(|| Moment::to_the_ms(of.outage.span.to, zone)),
            ms: grouped(of.outage.down_ms),
            length: duration::in_words(of.outage.down_ms),
            made_by: (of.made_by.iter())
                .map(|(place, own)| OwnRow {
                    name: name(*place),
                    href: own.id.as_ref().map(|id| format!("/outages/{id}")),
                    from: Moment::to_the_ms(own.began_at, zone),
                    reason: &own.reason,
                })
                .collect(),
        };
        GroupPage {
            frame: Frame::fixed(view, title, scope.as_of, zone),
            sum: Sum::of(&row.figures, zone, decimals),
            head: Head::of(subject, scope),
            is_configured: explanation.is_configured,
            rule: match row.rule {
                Rule::Any => {
                    "All members are needed: it is down while any live one is down, up while all \
                     live ones are up, and otherwise not checked."
                }
                Rule::All => {
                    "The members are redundant: it is up while any live one is up, down while \
                     all live ones are down, and otherwise not checked."
                }
            },
            members: members.iter().map(|of| member_row(of, scope)).collect(),
            outages: outages.iter().map(outage).collect(),
            parts: Rows::of("Every stretch of the period", parts.iter().map(of_part), zone),
        }
    }
}

fn member_row<'a>(member: &'a MonitorRow, scope: &Scope) -> MemberRow<'a> {
    let figures = &member.figures;
    MemberRow {
        name: &member.name,
        figure: Figure::of(figures, scope.decimals)
            .explained(address::of_monitor(&member.id, scope.period)),
        down: grouped(figures.tally.down),
        unknown: grouped(figures.tally.unknown),
    }
}
