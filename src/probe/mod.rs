//! Looks at targets: the table from a URL's scheme to the prober that speaks it.
//!
//! `config` validates against [`SCHEMES`], `engine` and `cli` get a [`Prober`] here and
//! know no protocol. A new protocol is one module and one row of the table.

pub mod certificate;
pub mod contract;
pub mod deadline;
pub mod fault;
pub mod http;
pub mod redaction;
pub mod resolver;
pub mod route;
pub mod shared;
pub mod tls;

use crate::domain::check::{Evidence, Verdict};
use async_trait::async_trait;
use contract::{Outcome, Prober};
use shared::Shared;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// What to look at, and what to expect.
#[derive(Clone)]
pub struct Settings {
    /// The target. Its scheme picks the prober; a user name and password in it are sent
    /// as the protocol does that, and never shown.
    pub url: Url,
    /// An answer that takes longer than this is [`Verdict::Degraded`].
    pub degraded_above: Option<Duration>,
    /// What only HTTP knows.
    pub http: http::Settings,
    /// Whatever must never be seen in a reason, like the values that `${NAME}` stood for.
    pub secrets: Vec<String>,
}

impl Settings {
    /// A plain look at `url`: GET, any 2xx status.
    #[must_use]
    pub fn of(url: Url) -> Settings {
        Settings {
            url,
            degraded_above: None,
            http: http::Settings::default(),
            secrets: Vec::new(),
        }
    }
}

/// Shows nothing that may be secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("url", &http::redirect::shown(&self.url))
            .field("degraded_above", &self.degraded_above)
            .field("http", &self.http)
            .finish_non_exhaustive()
    }
}

type Make = fn(Settings, Arc<Shared>) -> Box<dyn Prober>;

/// One row a scheme.
const TABLE: &[(&str, Make)] = &[("http", http::prober), ("https", http::prober)];

/// The schemes that a target's URL may have.
pub const SCHEMES: &[&str] = &{
    let mut schemes = [""; TABLE.len()];
    let mut row = 0;
    while row < TABLE.len() {
        schemes[row] = TABLE[row].0;
        row += 1;
    }
    schemes
};

/// The prober for `settings`. `config` has let through none but [`SCHEMES`]; should
/// another one come by, every look at it is `unknown` and says so.
#[must_use]
pub fn prober(settings: Settings, shared: &Arc<Shared>) -> Box<dyn Prober> {
    let scheme = settings.url.scheme();
    match TABLE.iter().find(|(known, _)| *known == scheme) {
        Some((_, make)) => make(settings, Arc::clone(shared)),
        None => Box::new(Unspoken { scheme: scheme.to_owned() }),
    }
}

/// Stands in for a protocol that nobody here speaks.
struct Unspoken {
    scheme: String,
}

#[async_trait]
impl Prober for Unspoken {
    async fn probe(&self, _timeout: Duration) -> Outcome {
        let reason = format!("everup does not speak {}", self.scheme);
        Outcome {
            verdict: Verdict::Unknown,
            latency_us: None,
            evidence: Evidence::because(&reason),
            exchange: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_scheme_that_nobody_speaks_is_unknown_not_down() {
        assert_eq!(SCHEMES, ["http", "https"]);
        let shared = Arc::new(Shared::new().unwrap());
        let settings = Settings::of(Url::parse("ftp://a.example/").unwrap());
        let outcome = prober(settings, &shared).probe(Duration::from_secs(1)).await;
        assert_eq!(outcome.verdict, Verdict::Unknown);
        assert_eq!(outcome.evidence.reason, "everup does not speak ftp");
    }

    #[test]
    fn settings_print_no_secrets() {
        let url = Url::parse("https://me:hunter22@a.example/health?key=topsecret").unwrap();
        let mut settings = Settings::of(url);
        settings.secrets.push("topsecret".to_owned());
        settings
            .http
            .headers
            .insert("authorization", ::http::HeaderValue::from_static("Bearer topsecret"));
        settings.http.body = bytes::Bytes::from_static(b"topsecret");
        let shown = format!("{settings:?}");
        assert!(shown.contains("https://a.example/health"), "{shown}");
        assert!(shown.contains("authorization"), "{shown}");
        assert!(!shown.contains("hunter22") && !shown.contains("topsecret"), "{shown}");
    }
}
