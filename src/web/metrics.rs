//! `GET /metrics`: the balancers that run in this process, in the text form of Prometheus.
//!
//! Behind a token like the rest of what says how much traffic there is. Labels are ids of
//! the configuration and our own words, which need no escaping; nothing that a target or
//! a visitor said is ever in them.

use super::Site;
use super::auth;
use super::error::Problem;
use crate::balance::fleet::Member;
use crate::balance::pool::{Backend, Pool, Standing};
use crate::domain::requests::Requests;
use crate::domain::token::Scope;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderName;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use std::fmt::Display;
use std::sync::Arc;

const HEADERS: [(HeaderName, &str); 2] =
    [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (CACHE_CONTROL, "no-store")];

/// The endpoint.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new().route("/metrics", get(show))
}

async fn show(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Problem> {
    auth::admit(&site, &parts, Scope::Read).await?;
    Ok((HEADERS, print(&site.app.fleet.members())).into_response())
}

/// A number of one balancer, or of one of its backends.
type Sample = (Vec<(&'static str, String)>, u64);

/// Prints every family, also without samples, so that all are known from the start.
fn print<'a>(members: &'a [Member]) -> String {
    let here = |of: &'a Member| Some((of.wanted.settings.id.to_string(), of.pool.as_deref()?));
    let pools: Vec<(String, &Pool)> = members.iter().filter_map(here).collect();
    let of_pools = |each: &dyn Fn(&str, &Pool) -> Vec<Sample>| -> Vec<Sample> {
        pools.iter().flat_map(|(id, pool)| each(id, pool)).collect()
    };
    let of_backends = |each: &dyn Fn(&Backend) -> Vec<Sample>| -> Vec<Sample> {
        of_pools(&|id, pool| {
            pool.backends
                .iter()
                .flat_map(|backend| {
                    each(backend).into_iter().map(|(labels, number)| {
                        let own = [
                            ("balancer", id.to_owned()),
                            ("backend", backend.settings.id.to_string()),
                        ];
                        (own.into_iter().chain(labels).collect(), number)
                    })
                })
                .collect()
        })
    };
    let balancer = |id: &str| ("balancer", id.to_owned());
    let mut page = String::new();
    page += &family(
        ("everup_balancer_requests_total", "counter"),
        "Requests by what their visitors saw, since the balancer began.",
        of_pools(&|id, pool| {
            let each = outcomes(&pool.counts.read()).into_iter();
            each.map(|(outcome, number)| (vec![balancer(id), outcome], number))
                .collect()
        }),
    );
    page += &family(
        ("everup_balancer_repeats_total", "counter"),
        "How often a request was given to another backend or connection.",
        of_pools(&|id, pool| vec![(vec![balancer(id)], pool.counts.read().repeated)]),
    );
    page += &family(
        ("everup_backend_requests_total", "counter"),
        "What became of what a backend was given, since its balancer began.",
        of_backends(&|backend| {
            let each = outcomes(&backend.counts.read()).into_iter();
            each.map(|(outcome, number)| (vec![outcome], number)).collect()
        }),
    );
    page += &family(
        ("everup_backend_requests_under_way", "gauge"),
        "Requests that a backend is answering.",
        of_backends(&|backend| vec![(vec![], backend.under_way() as u64)]),
    );
    page += &family(
        ("everup_backend_standing", "gauge"),
        "1 for how a backend stands, 0 for all else.",
        of_backends(&|backend| {
            let standing = backend.standing();
            let all = [Standing::Well, Standing::Unwell, Standing::Ejected, Standing::Drained];
            let each = all.into_iter();
            each.map(|one| {
                (vec![("standing", one.word().to_owned())], u64::from(one == standing))
            })
            .collect()
        }),
    );
    page + &family(
        ("everup_backend_weight", "gauge"),
        "The configured share of a backend against those of the others.",
        of_backends(&|backend| vec![(vec![], u64::from(backend.settings.weight))]),
    )
}

fn outcomes(requests: &Requests) -> [((&'static str, String), u64); 6] {
    [
        ("answered", requests.answered),
        ("server_error", requests.server_errors),
        ("failed", requests.failed),
        ("cut", requests.cut),
        ("abandoned", requests.abandoned),
        ("refused", requests.refused),
    ]
    .map(|(word, number)| (("outcome", word.to_owned()), number))
}

fn family((name, kind): (&str, &str), help: &str, samples: Vec<Sample>) -> String {
    let mut text = format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
    for (labels, number) in samples {
        let labels: Vec<String> =
            labels.into_iter().map(|(label, value)| pair(label, &value)).collect();
        text += &format!("{name}{{{}}} {number}\n", labels.join(","));
    }
    text
}

fn pair(label: &str, value: &impl Display) -> String {
    format!("{label}=\"{value}\"")
}
