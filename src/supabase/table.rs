//! Asking the table: all its rows in pages, one row, and the three ways to change it.
//!
//! Rows are read in order of their key, each page from behind the last key of the one
//! before. So a row that comes or goes meanwhile moves no other into or out of a page,
//! and a server that gives fewer rows at once than we ask for costs a request more.

use super::fault::Fault;
use super::row::{self, COLUMNS, CREATED_AT, Unfit};
use super::settings::Settings;
use crate::domain::foreign_window::{ForeignWindow, Terms};
use crate::domain::timestamp::Timestamp;
use http::{HeaderMap, HeaderValue, Method, header};
use reqwest::{Client, Response, redirect};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use url::Url;

/// Rows asked for at once: below the 1,000 that Supabase gives at most by default.
const PAGE_ROWS: usize = 500;
/// A page of 500 rows with messages of 8 KB each.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A window a day for fifty years. What is kept of a row is below 3 KB.
const ROWS_MAX: usize = 20_000;
/// All pages together, or one change, from the first name looked up to the last byte. A
/// follower asks again in a minute.
const WITHIN_S: u64 = 30;
/// Of a long silence it is better to hear at once.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// The table of one project.
pub struct Table {
    client: Client,
    settings: Settings,
    /// Whether it has `created_at`, as far as is known.
    has_created_at: AtomicBool,
}

/// A reading of the whole table, or of what ends late enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Those that make sense, in order of their key.
    pub fit: Vec<ForeignWindow>,
    /// Those that do not.
    pub unfit: Vec<Unfit>,
}

/// What there is under one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A row that makes sense.
    Fit(ForeignWindow),
    /// A row that does not.
    Unfit(Unfit),
    /// No row.
    Nothing,
}

/// An answer: rows, and how many there are in all where that was asked for.
struct Answer {
    rows: Vec<Value>,
    total: Option<usize>,
}

impl Table {
    /// The table that `settings` name. Nothing is asked yet.
    ///
    /// # Errors
    /// When the system lacks what TLS needs.
    pub fn new(settings: Settings) -> Result<Table, String> {
        let mut client = Client::builder()
            .default_headers(headers(settings.key())?)
            .user_agent(concat!("everup/", env!("CARGO_PKG_VERSION")))
            // The key goes to the address that was written down, and nowhere else.
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .http1_only()
            .pool_max_idle_per_host(1)
            .tls_backend_preconfigured(tls()?);
        if settings.is_loopback() {
            client = client.no_proxy();
        }
        let client =
            client.build().map_err(|error| format!("no client for Supabase: {error}"))?;
        Ok(Table { client, settings, has_created_at: AtomicBool::new(true) })
    }

    /// Whose table it is: scheme, host and port.
    #[must_use]
    pub fn project(&self) -> String {
        self.settings.project()
    }

    /// Whether rows say when they were made, as far as is known from readings.
    pub fn has_created_at(&self) -> bool {
        self.has_created_at.load(Ordering::Relaxed)
    }

    /// All rows, or those that end at or after `ended_after`, and those without a time.
    ///
    /// # Errors
    /// When not every one of them could be read.
    pub async fn rows(&self, ended_after: Option<Timestamp>) -> Result<Rows, Fault> {
        within(self.pages(ended_after)).await
    }

    /// The row with this key.
    ///
    /// # Errors
    /// When that could not be asked.
    pub async fn row(&self, id: &str) -> Result<Found, Fault> {
        let is_this = [("id", format!("eq.{id}")), ("limit", "2".to_owned())];
        one(within(self.select(&is_this, false)).await?, id)
    }

    /// Whether there is any row at all.
    ///
    /// # Errors
    /// When that could not be asked.
    pub async fn has_rows(&self) -> Result<bool, Fault> {
        let any = [("limit", "1".to_owned())];
        Ok(!within(self.select(&any, false)).await?.rows.is_empty())
    }

    /// Adds a row, and gives it as it was kept. If no answer comes, it may have been
    /// added nevertheless.
    ///
    /// # Errors
    /// When it was not added, or that is not known.
    pub async fn add(&self, terms: &Terms) -> Result<ForeignWindow, Fault> {
        let answer = within(self.write(Method::POST, &[], Some(terms))).await?;
        let [row] = &answer.rows[..] else {
            return Err(Fault::NotPostgrest("a new row was not given back".to_owned()));
        };
        let id = row::id(row).map_err(Fault::Partial)?;
        row::read(id, row).map_err(|unfit| Fault::Partial(unfit.why))
    }

    /// Changes a row that still has the times of `seen`, and gives it as it was kept;
    /// nothing where there is none such. Whoever edits it meanwhile is not overwritten.
    ///
    /// # Errors
    /// When it was not changed, or that is not known.
    pub async fn change(&self, id: &str, seen: &Terms, terms: &Terms) -> Result<Found, Fault> {
        let is_this = still(id, seen);
        one(within(self.write(Method::PATCH, &is_this, Some(terms))).await?, id)
    }

    /// Takes a row away that still has the times of `seen`. Gives whether there was one.
    ///
    /// # Errors
    /// When it was not taken away, or that is not known.
    pub async fn remove(&self, id: &str, seen: &Terms) -> Result<bool, Fault> {
        let is_this = still(id, seen);
        let gone = within(self.write(Method::DELETE, &is_this, None)).await?;
        Ok(!gone.rows.is_empty())
    }

    async fn pages(&self, ended_after: Option<Timestamp>) -> Result<Rows, Fault> {
        let mut rows = Rows::default();
        let mut seen = HashSet::new();
        let mut after: Option<String> = None;
        loop {
            let mut query =
                vec![("order", "id.asc".to_owned()), ("limit", PAGE_ROWS.to_string())];
            query.extend(ended_after.map(|at| ("or", late_or_endless(at))));
            query.extend(after.as_ref().map(|id| ("id", format!("gt.{id}"))));
            let page = self.select(&query, true).await?;
            let number = page.rows.len();
            let rows_in_all = seen.len() + page.total.unwrap_or(number).max(number);
            if rows_in_all > ROWS_MAX {
                return Err(Fault::TooMany { rows: rows_in_all, max: ROWS_MAX });
            }
            if number == 0 && page.total.is_some_and(|total| total > 0) {
                let why = "a page is empty though rows are left".to_owned();
                return Err(Fault::Partial(why));
            }
            for row in &page.rows {
                let id = row::id(row).map_err(Fault::Partial)?;
                if !seen.insert(id.clone()) {
                    return Err(Fault::Partial(format!("two rows have the id {id}")));
                }
                after = Some(id.clone());
                match row::read(id, row) {
                    Ok(row) => rows.fit.push(row),
                    Err(unfit) => rows.unfit.push(unfit),
                }
            }
            if number == 0 || page.total == Some(number) {
                return Ok(rows);
            }
        }
    }

    async fn select(&self, query: &[(&str, String)], count: bool) -> Result<Answer, Fault> {
        self.ask(Method::GET, query, count.then_some("count=exact"), None).await
    }

    async fn write(
        &self,
        method: Method,
        query: &[(&str, String)],
        terms: Option<&Terms>,
    ) -> Result<Answer, Fault> {
        let body = terms.map(|terms| {
            json!({
                "start_time": terms.start.to_string(),
                "end_time": terms.end.to_string(),
                "message": terms.message,
            })
        });
        self.ask(method, query, Some("return=representation"), body).await
    }

    /// Asks; once more without `created_at` where the table turns out not to have it. What
    /// is refused for that has changed nothing.
    async fn ask(
        &self,
        method: Method,
        query: &[(&str, String)],
        prefer: Option<&str>,
        body: Option<Value>,
    ) -> Result<Answer, Fault> {
        let answer = self.ask_once(method.clone(), query, prefer, body.clone()).await;
        match answer {
            Err(fault) if self.has_created_at() && fault.lacks(CREATED_AT) => {
                self.has_created_at.store(false, Ordering::Relaxed);
                self.ask_once(method, query, prefer, body).await
            }
            answer => answer,
        }
    }

    async fn ask_once(
        &self,
        method: Method,
        query: &[(&str, String)],
        prefer: Option<&str>,
        body: Option<Value>,
    ) -> Result<Answer, Fault> {
        let mut request = self.client.request(method, self.address(query));
        if let Some(prefer) = prefer {
            request = request.header("Prefer", prefer);
        }
        if let Some(body) = body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        let of_request = |error| Fault::of_request(error, WITHIN_S);
        let response = request.send().await.map_err(of_request)?;
        let status = response.status();
        let total = total(response.headers());
        let body = body_of(response).await?;
        if !status.is_success() {
            return Err(Fault::answered(status.as_u16(), &body, self.settings.key()));
        }
        let rows = serde_json::from_slice(&body).map_err(|_| {
            Fault::NotPostgrest("its answer is not a list of rows in JSON".to_owned())
        })?;
        Ok(Answer { rows, total })
    }

    fn address(&self, query: &[(&str, String)]) -> Url {
        let mut url = self.settings.table().clone();
        let columns = match self.has_created_at() {
            true => format!("{COLUMNS},{CREATED_AT}"),
            false => COLUMNS.to_owned(),
        };
        url.query_pairs_mut().append_pair("select", &columns).extend_pairs(query);
        url
    }
}

/// What ends late enough, and what has no start or no end: a filter on a time passes those
/// over, and then nobody would hear of them.
fn late_or_endless(at: Timestamp) -> String {
    format!("(end_time.gte.\"{at}\",end_time.is.null,start_time.is.null)")
}

/// The row `id`, as long as it begins and ends as was seen. A column may be finer than a
/// millisecond, so it is the whole millisecond that is asked for.
fn still(id: &str, seen: &Terms) -> [(&'static str, String); 5] {
    let from = |at: Timestamp| format!("gte.{at}");
    let below = |at: Timestamp| format!("lt.{}", at.plus_ms(1));
    [
        ("id", format!("eq.{id}")),
        ("start_time", from(seen.start)),
        ("start_time", below(seen.start)),
        ("end_time", from(seen.end)),
        ("end_time", below(seen.end)),
    ]
}

/// The headers of every request. The key is marked, so that nothing prints it.
fn headers(key: &str) -> Result<HeaderMap, String> {
    let secret = |value: &str| {
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| "SUPABASE_SERVICE_KEY fits into no header".to_owned())?;
        value.set_sensitive(true);
        Ok::<_, String>(value)
    };
    let mut headers = HeaderMap::new();
    headers.insert("apikey", secret(key)?);
    headers.insert(header::AUTHORIZATION, secret(&format!("Bearer {key}"))?);
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    Ok(headers)
}

/// Trusts whom the platform trusts, or Mozilla's list where it has none.
fn tls() -> Result<ClientConfig, String> {
    let wrong = |error: rustls::Error| format!("TLS does not work here: {error}");
    let builder = || {
        ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(wrong)
    };
    let platform = builder()?.with_platform_verifier();
    Ok(match platform {
        Ok(builder) => builder.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(%error, "using Mozilla's roots instead");
            let roots =
                webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<RootCertStore>();
            builder()?.with_root_certificates(roots).with_no_client_auth()
        }
    })
}

async fn within<T>(asking: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let limit = Duration::from_secs(WITHIN_S);
    tokio::time::timeout(limit, asking)
        .await
        .unwrap_or(Err(Fault::Slow(WITHIN_S)))
}

/// How many rows there are in all: what stands behind the `/` of `Content-Range`.
fn total(headers: &HeaderMap) -> Option<usize> {
    let range = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.rsplit_once('/')?.1.parse().ok()
}

async fn body_of(mut response: Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    let of_request = |error| Fault::of_request(error, WITHIN_S);
    while let Some(piece) = response.chunk().await.map_err(of_request)? {
        if body.len() + piece.len() > PAGE_BYTES_MAX {
            return Err(Fault::TooLong(PAGE_BYTES_MAX));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// The row of an answer about the key `id`.
fn one(answer: Answer, id: &str) -> Result<Found, Fault> {
    match &answer.rows[..] {
        [] => Ok(Found::Nothing),
        [row] if row::id(row).is_ok_and(|read| read == id) => {
            Ok(match row::read(id.to_owned(), row) {
                Ok(row) => Found::Fit(row),
                Err(unfit) => Found::Unfit(unfit),
            })
        }
        [_] => Err(Fault::NotPostgrest("it gives another row than was asked for".to_owned())),
        _ => Err(Fault::Partial(format!("two rows have the id {id}"))),
    }
}
