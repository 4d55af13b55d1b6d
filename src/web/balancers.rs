//! `/admin/balancers`: how the backends of each balancer stand, and taking one out or letting
//! it back. For administrators and their programs.
//!
//! Whoever is taken out stands in the store, so that it reaches a balancer in another
//! process and outlasts this one; the clerk of the balancer does it within a second.

use super::Site;
use super::auth;
use super::error::Problem;
use crate::balance::fleet::Member;
use crate::balance::pool::{Backend, Pool};
use crate::balance::settings::BackendSettings;
use crate::domain::monitor::MonitorId;
use crate::domain::requests::Requests;
use crate::domain::token::Scope;
use crate::report::by_outcome::ByOutcome;
use crate::store::requests::{DrainAction, Drained, Place};
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::HeaderName;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use serde::Serialize;
use std::sync::Arc;

/// Nobody keeps the answer, and no page of another site may read it.
const HEADERS: [(HeaderName, &str); 2] =
    [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];

/// So much of what was done is told; a row is some hundred bytes.
const DEEDS_MAX: u32 = 100;

#[derive(Serialize)]
struct Balancers {
    balancers: Vec<BalancerRecord>,
}

#[derive(Serialize)]
struct BalancerRecord {
    id: String,
    name: String,
    listen: String,
    /// Whether this process runs it; what only the one that does knows is `null` otherwise.
    runs_here: bool,
    apart: bool,
    /// What visitors saw since it began here.
    requests: Option<Counts>,
    backends: Vec<BackendRecord>,
}

#[derive(Serialize)]
struct BackendRecord {
    id: String,
    address: String,
    weight: u32,
    standing: Option<&'static str>,
    under_way: Option<usize>,
    requests: Option<Counts>,
    /// By whom it was taken out, and when; `null` where nobody has.
    drained: Option<DrainRecord>,
}

#[derive(Serialize)]
struct DrainRecord {
    at: String,
    by: String,
}

/// Requests by what became of them.
#[derive(Serialize)]
struct Counts {
    total: u64,
    errors: u64,
    #[serde(flatten)]
    by_outcome: ByOutcome,
}

#[derive(Serialize)]
struct Audit {
    audit: Vec<DeedRecord>,
}

#[derive(Serialize)]
struct DeedRecord {
    at: String,
    author: String,
    action: &'static str,
    backend: String,
}

/// The endpoints.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new()
        .route("/admin/balancers", get(list))
        .route("/admin/balancers/{id}", get(show))
        .route("/admin/balancers/{id}/audit", get(audit))
        .route("/admin/balancers/{id}/backends/{backend}/drain", post(drain))
        .route("/admin/balancers/{id}/backends/{backend}/undrain", post(undrain))
}

async fn list(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Problem> {
    auth::admit(&site, &parts, Scope::Read).await?;
    let drains = site.app.store.drains().await.map_err(Problem::unreadable)?;
    let members = site.app.fleet.members();
    let balancers = members.iter().map(|member| BalancerRecord::of(member, &drains)).collect();
    Ok(json(&Balancers { balancers }))
}

async fn show(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    auth::admit(&site, &parts, Scope::Read).await?;
    one(&site, &member(&site, &id)?).await
}

async fn audit(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    auth::admit(&site, &parts, Scope::Read).await?;
    let member = member(&site, &id)?;
    let deeds = site.app.store.drain_deeds(&member.wanted.settings.id, DEEDS_MAX).await;
    let record = |deed: crate::store::requests::DrainDeed| DeedRecord {
        at: deed.at.to_string(),
        author: deed.author,
        action: deed.action.word(),
        backend: deed.backend.to_string(),
    };
    let audit = deeds.map_err(Problem::unreadable)?.into_iter().map(record).collect();
    Ok(json(&Audit { audit }))
}

async fn drain(
    State(site): State<Arc<Site>>,
    Path((id, backend)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    set(&site, &id, &backend, DrainAction::Drained, request).await
}

async fn undrain(
    State(site): State<Arc<Site>>,
    Path((id, backend)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    set(&site, &id, &backend, DrainAction::Undrained, request).await
}

/// Whoever asks twice is told the same twice.
async fn set(
    site: &Site,
    id: &str,
    backend: &str,
    action: DrainAction,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let author = auth::admit(site, &parts, Scope::Admin).await?;
    let member = member(site, id)?;
    let settings = backend_of(&member, backend)?;
    let place =
        Place { balancer: member.wanted.settings.id.clone(), backend: settings.id.clone() };
    let now = site.app.clock.now();
    let kept = site.app.store.set_drain(&place, action, now, author.name.as_str()).await;
    kept.map_err(Problem::unkept)?;
    // At once where it runs here. It is let back by the clerk, who knows of maintenance.
    if let (Some(pool), DrainAction::Drained) = (&member.pool, action) {
        pool.drain(&place.backend, true);
    }
    one(site, &member).await
}

async fn one(site: &Site, member: &Member) -> Result<Response, Problem> {
    let drains = site.app.store.drains().await.map_err(Problem::unreadable)?;
    Ok(json(&BalancerRecord::of(member, &drains)))
}

fn member(site: &Site, id: &str) -> Result<Member, Problem> {
    let members = site.app.fleet.members();
    let found = members.iter().find(|member| member.wanted.settings.id.as_str() == id);
    found.cloned().ok_or_else(|| Problem::no_such_balancer(id))
}

/// The backend that an address names: by its id, or by its number from 1 on.
fn backend_of<'m>(member: &'m Member, named: &str) -> Result<&'m BackendSettings, Problem> {
    let backends = &member.wanted.settings.backends;
    let by_id = backends.iter().find(|backend| backend.id.as_str() == named);
    let by_number = || {
        let number: usize = named.parse().ok()?;
        backends.get(number.checked_sub(1)?)
    };
    by_id.or_else(by_number).ok_or_else(|| Problem::no_such_backend(named))
}

impl BalancerRecord {
    fn of(member: &Member, drains: &[Drained]) -> BalancerRecord {
        let settings = &member.wanted.settings;
        let pool = member.pool.as_deref();
        let backends = settings.backends.iter().enumerate();
        let backends = backends.map(|(place, backend)| {
            let live = pool.and_then(|pool: &Pool| pool.backends.get(place));
            BackendRecord::of(backend, live, drained(drains, &settings.id, &backend.id))
        });
        BalancerRecord {
            id: settings.id.to_string(),
            name: settings.name.clone(),
            listen: settings.listen.to_string(),
            runs_here: pool.is_some(),
            apart: member.wanted.apart,
            requests: pool.map(|pool| Counts::of(&pool.counts.read())),
            backends: backends.collect(),
        }
    }
}

fn drained<'d>(
    drains: &'d [Drained],
    balancer: &MonitorId,
    backend: &MonitorId,
) -> Option<&'d Drained> {
    drains.iter().find(|drained| {
        (&drained.place.balancer, &drained.place.backend) == (balancer, backend)
    })
}

impl BackendRecord {
    fn of(
        settings: &BackendSettings,
        live: Option<&Backend>,
        drained: Option<&Drained>,
    ) -> BackendRecord {
        BackendRecord {
            id: settings.id.to_string(),
            address: settings.address.to_string(),
            weight: settings.weight,
            standing: live.map(|backend| backend.standing().word()),
            under_way: live.map(Backend::under_way),
            requests: live.map(|backend| Counts::of(&backend.counts.read())),
            drained: drained.map(|drained| DrainRecord {
                at: drained.at.to_string(),
                by: drained.author.clone(),
            }),
        }
    }
}

impl Counts {
    fn of(requests: &Requests) -> Counts {
        Counts {
            total: requests.total(),
            errors: requests.errors(),
            by_outcome: ByOutcome::from(*requests),
        }
    }
}

fn json(record: &impl Serialize) -> Response {
    // Texts and numbers cannot fail to be serialised.
    (HEADERS, serde_json::to_string(record).unwrap_or_default()).into_response()
}
