//! `[monitor.http]`: what is asked over HTTP, and what a right answer is.

use super::header::{self, Headers};
use super::nearest::did_you_mean;
use super::reader::Reader;
use super::section::{Field, Section};
use super::status;
use super::text::quoted;
use crate::probe;
use bytes::Bytes;
use http::Method;

/// CONNECT and TRACE are for proxies and their makers, and are refused by servers.
const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
];

/// The section as the prober wants it.
#[derive(Default)]
pub(super) struct Http {
    pub settings: probe::http::Settings,
    /// What must never be shown.
    pub secrets: Vec<String>,
}

/// Reads the section. `None` if anything is wrong.
pub(super) fn read(section: &Section, reader: &mut Reader) -> Option<Http> {
    let method = section.field("method", reader);
    let headers = section.field("headers", reader);
    let body = section.field("body", reader);
    let statuses = section.field("expect_status", reader);
    let contains = section.field("expect_body_contains", reader);

    let asked = method.map_or(Some(Method::GET), |field| {
        reader.parsed(&field, "a method, like \"GET\"", parse_method)
    });
    if let Some(method) = &asked {
        warn(method, body.as_ref(), contains.as_ref(), reader);
    }
    let headers =
        headers.map_or(Some(Headers::default()), |field| header::read(&field, reader));
    let body = body.map(|field| reader.text(&field, "it as a string in quotes"));
    let statuses = statuses.map(|field| status::read(&field, reader));
    let contains = contains.map(|field| {
        let text = reader.text(&field, "it as a string in quotes")?;
        if text.value.is_empty() {
            reader.mistake(&field.place, "every body contains nothing; leave the key out");
            return None;
        }
        Some(text)
    });
    let built_in = probe::http::Settings::default();
    let mut http = Http { settings: built_in, secrets: vec![] };
    http.settings.method = asked?;
    let headers = headers?;
    http.settings.headers = headers.map;
    http.secrets = headers.secrets;
    if let Some(body) = body {
        let body = body?;
        http.settings.body = Bytes::from(body.value);
        http.secrets.extend(body.secrets);
    }
    if let Some(statuses) = statuses {
        http.settings.expect_status = statuses?;
    }
    if let Some(contains) = contains {
        let contains = contains?;
        http.settings.expect_body_shown = contains.has_variables().then_some(contains.shown);
        http.settings.expect_body_contains = Some(contains.value);
        http.secrets.extend(contains.secrets);
    }
    Some(http)
}

fn parse_method(text: &str, told: &str) -> Result<Method, String> {
    if let Some(method) = METHODS.iter().find(|method| method.as_str() == text) {
        return Ok(method.clone());
    }
    let names = METHODS.iter().map(Method::as_str);
    let hint = did_you_mean(told, names.clone());
    let names: Vec<&str> = names.collect();
    Err(format!("{} is not one of {}{hint}", quoted(told), names.join(", ")))
}

fn warn(method: &Method, body: Option<&Field>, contains: Option<&Field>, reader: &mut Reader) {
    let has_body = |field: &&Field| field.value.as_str().is_some_and(|body| !body.is_empty());
    if *method == Method::HEAD
        && let Some(contains) = contains
    {
        reader.warn(
            &contains.place,
            "an answer to HEAD has no body, so that this check always fails; write \
             method = \"GET\"",
        );
    }
    if (*method == Method::GET || *method == Method::HEAD)
        && let Some(body) = body.filter(has_body)
    {
        let message = format!("a body with {method} is refused by many servers");
        reader.warn(&body.place, message);
    }
}
