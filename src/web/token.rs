//! `/api/token`: which token this is, and what it may do. For a user who wants to know
//! whether a token works before a script depends on it.

use super::Site;
use super::auth;
use super::error::Problem;
use crate::domain::token::Scope;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderName;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use serde::Serialize;
use std::sync::Arc;

/// Nobody keeps the answer, and no page of another site may read it.
const HEADERS: [(HeaderName, &str); 2] =
    [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];

#[derive(Serialize)]
struct Own<'a> {
    name: &'a str,
    scope: &'a str,
}

/// The endpoint.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new().route("/api/token", get(own))
}

async fn own(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Problem> {
    let author = auth::admit(&site, &parts, Scope::Read).await?;
    let own = Own { name: author.name.as_str(), scope: author.scope.word() };
    // A struct of texts cannot fail to be serialised.
    let json = serde_json::to_string(&own).unwrap_or_default();
    Ok((HEADERS, json).into_response())
}
