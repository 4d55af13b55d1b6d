//! Tells by a POST of JSON to a URL.
//!
//! The URL is a secret as a whole, because receivers like to have their token in its path:
//! nothing of it is said but its host. No redirect is followed, because a token would go
//! along to wherever it leads, and no connection is kept.

use super::TELL_WITHIN;
use super::contract::{Notifier, Receipt};
use super::fault::{self, Names};
use super::message::{Message, plain};
use crate::domain::check::Evidence;
use crate::probe::redaction::Redaction;
use async_trait::async_trait;
use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rustls::ClientConfig;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// So much of an answer is read: enough for the sentence of a receiver that refuses.
const ANSWER_BYTES_MAX: usize = 1024;
/// So much of it is said: a sentence or two, but no page.
const ANSWER_CHARS_SAID_MAX: usize = 200;
/// Parts of a path or a query of this length may be a token. Shorter ones are words.
const TOKEN_BYTES_MIN: usize = 8;
/// So that a receiver can tell a message from the same message again.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Said to every receiver, so that its owner knows whom to ask.
const WHO: HeaderValue =
    HeaderValue::from_static(concat!("everup/", env!("CARGO_PKG_VERSION")));

/// Where to, and what goes along.
#[derive(Clone)]
pub struct Settings {
    /// Where to.
    pub url: Url,
    /// Headers that go along.
    pub headers: HeaderMap,
    /// Whatever must never be seen, like the values that `${NAME}` stood for.
    pub secrets: Vec<String>,
}

/// Shows nothing that may be secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.keys().map(|name| name.as_str()).collect();
        f.debug_struct("Settings")
            .field("host", &self.url.host_str())
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

struct Webhook {
    client: Client,
    url: Url,
    headers: HeaderMap,
    redaction: Redaction,
}

/// A message as it is sent.
#[derive(Serialize)]
struct Body<'m> {
    id: &'m str,
    event: &'static str,
    monitor: Option<Monitor<'m>>,
    outage: Option<String>,
    since: Option<String>,
    until: Option<String>,
    reason: Option<&'m str>,
    duration_ms: Option<i64>,
    held_until: Option<String>,
    text: &'m str,
}

#[derive(Serialize)]
struct Monitor<'m> {
    id: &'m str,
    name: &'m str,
    url: &'m str,
}

/// The channel for these settings.
///
/// # Errors
/// A sentence, when no client can be made of `tls`.
pub fn notifier(settings: &Settings, tls: &ClientConfig) -> Result<Box<dyn Notifier>, String> {
    let client = Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .http1_only()
        .redirect(Policy::none())
        .no_proxy()
        .dns_resolver(Arc::new(Names))
        .pool_max_idle_per_host(0)
        .timeout(TELL_WITHIN)
        .build()
        .map_err(|error| format!("no webhook can be called: {}", error.without_url()))?;
    let mut headers = settings.headers.clone();
    headers.entry(USER_AGENT).or_insert(WHO);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let redaction = redaction(settings);
    Ok(Box::new(Webhook { client, url: settings.url.clone(), headers, redaction }))
}

/// Hides all of the URL but its host, and the values of headers.
fn redaction(settings: &Settings) -> Redaction {
    let url = &settings.url;
    let may_be_token = |part: &&str| part.len() >= TOKEN_BYTES_MIN;
    let path = url.path().split('/').filter(may_be_token);
    let query = url.query().unwrap_or_default();
    let query = query.split(['&', '=']).chain([query]).filter(may_be_token);
    let headers = settings.headers.values().filter_map(|value| value.to_str().ok());
    let headers = headers.flat_map(|value| value.split(' ').chain([value]));
    let secrets = settings.secrets.iter().map(String::as_str);
    let whole = [url.path(), url.password().unwrap_or_default()];
    let whole = whole.into_iter().filter(may_be_token);
    Redaction::of(secrets.chain(path).chain(query).chain(whole).chain(headers))
}

#[async_trait]
impl Notifier for Webhook {
    async fn tell(&self, message: &Message) -> Receipt {
        // The client has the same deadline; this one holds whatever it does.
        match tokio::time::timeout(TELL_WITHIN, self.post(message)).await {
            Ok(receipt) => receipt,
            Err(_) => Receipt::Later(silence(), None),
        }
    }
}

fn silence() -> String {
    format!("no answer within {} s", TELL_WITHIN.as_secs())
}

impl Webhook {
    async fn post(&self, message: &Message) -> Receipt {
        let mut request = self.client.post(self.url.clone()).headers(self.headers.clone());
        if let Ok(id) = HeaderValue::from_str(&message.id) {
            request = request.header(IDEMPOTENCY_KEY, id);
        }
        match request.body(body(message)).send().await {
            Ok(response) => self.receipt(response).await,
            Err(error) => Receipt::Later(self.fault(error), None),
        }
    }

    async fn receipt(&self, response: Response) -> Receipt {
        let status = response.status();
        let wait = retry_after(response.headers());
        let answer = self.answer(response).await;
        let said = match answer.is_empty() {
            true => format!("HTTP {}", status.as_u16()),
            false => format!("HTTP {}: {answer}", status.as_u16()),
        };
        match status {
            _ if status.is_success() => Receipt::Taken(said),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Receipt::Later(said, wait)
            }
            _ if status.is_server_error() => Receipt::Later(said, wait),
            _ if status.is_redirection() => {
                let hint = "a redirect is not followed; write the address that it leads to";
                Receipt::Refused(format!("HTTP {}: {hint}", status.as_u16()))
            }
            _ => Receipt::Refused(said),
        }
    }

    /// The beginning of an answer, without secrets. What cannot be read of it does not
    /// matter: its status has come.
    async fn answer(&self, mut response: Response) -> String {
        let wanted = ANSWER_BYTES_MAX + self.redaction.longest();
        let mut bytes = Vec::new();
        while bytes.len() < wanted
            && let Ok(Some(chunk)) = response.chunk().await
        {
            bytes.extend_from_slice(&chunk);
        }
        bytes.truncate(wanted);
        let text = String::from_utf8_lossy(&bytes);
        in_one_line(&self.redaction.of_beginning(&text, ANSWER_BYTES_MAX))
    }

    /// Why no answer came, without the URL.
    fn fault(&self, error: reqwest::Error) -> String {
        if error.is_timeout() {
            return silence();
        }
        plain(&self.redaction.of_text(fault::why(&error.without_url())))
    }
}

fn body(message: &Message) -> Vec<u8> {
    let instant =
        |at: Option<crate::domain::timestamp::Timestamp>| at.map(|at| at.to_rfc3339_ms());
    let body = Body {
        id: &message.id,
        event: message.event.word(),
        monitor: message.monitor.as_ref().map(|subject| Monitor {
            id: subject.id.as_str(),
            name: &subject.name,
            url: &subject.url,
        }),
        outage: message.outage.as_ref().map(ToString::to_string),
        since: instant(message.since),
        until: instant(message.until),
        reason: message.reason.as_deref(),
        duration_ms: message.duration_ms(),
        held_until: instant(message.held_until),
        text: &message.text,
    };
    // Only maps with keys that are no strings can fail.
    serde_json::to_vec(&body).unwrap_or_default()
}

/// The words of an answer, safe to print anywhere: a page of HTML is mostly space.
fn in_one_line(answer: &str) -> String {
    let words: Vec<&str> = answer.split_whitespace().collect();
    let line = Evidence::clean(&words.join(" "));
    let Some((end, _)) = line.char_indices().nth(ANSWER_CHARS_SAID_MAX - 1) else {
        return line;
    };
    match line[end..].chars().nth(1) {
        None => line,
        Some(_) => format!("{}…", line[..end].trim_end()),
    }
}

/// How long the other side wants to be left alone. An HTTP date is not understood: the
/// back-off will do then.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer hunter2-token"));
        Settings {
            url: Url::parse(
                "https://hooks.example/services/T0000/B1111111/Xsecretpath?key=q1q2q3q4",
            )
            .unwrap(),
            headers,
            secrets: vec!["from-variable".to_owned()],
        }
    }

    #[test]
    fn settings_print_no_secrets() {
        let shown = format!("{:?}", settings());
        assert!(
            shown.contains("hooks.example") && shown.contains("authorization"),
            "{shown}"
        );
        for secret in ["hunter2", "Xsecret", "q1q2", "from-variable", "services"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn what_a_receiver_says_back_is_told_without_secrets() {
        let said = "no Xsecretpath with q1q2q3q4, hunter2-token or from-variable".to_owned();
        let shown = redaction(&settings()).of_text(said);
        assert_eq!(shown, "no [secret] with [secret], [secret] or [secret]");
    }

    #[test]
    fn an_answer_is_said_in_one_line_of_some_words() {
        let page = "<html>\r\n  <b>\u{1b}[31mNo\u{202e} such\thook</b>\n</html>\n";
        assert_eq!(in_one_line(page), "<html> <b> [31mNo  such hook</b> </html>");
        let full = "é".repeat(ANSWER_CHARS_SAID_MAX);
        assert_eq!(in_one_line(&full), full);
        let cut = in_one_line(&"é".repeat(ANSWER_CHARS_SAID_MAX + 1));
        assert_eq!(cut.chars().count(), ANSWER_CHARS_SAID_MAX);
        assert!(cut.ends_with("é…"), "{cut}");
        assert_eq!(in_one_line(" \n "), "");
    }

    #[test]
    fn only_seconds_are_understood_as_a_wish_to_be_left_alone() {
        let wish = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(text));
            retry_after(&headers)
        };
        assert_eq!(wish("120"), Some(Duration::from_secs(120)));
        assert_eq!(wish("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(wish("-1"), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
