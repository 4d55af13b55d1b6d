//! Databases that a test has for itself, and small words to speak to them.

use async_trait::async_trait;
use everup::domain::check::{Check, Evidence, Kind, Verdict};
use everup::domain::monitor::Key;
use everup::domain::monitor::{MonitorId, Parameters};
use everup::domain::span::Span;
use everup::domain::timestamp::{SECOND_MS, Timestamp};
use everup::store::contract::{Loaded, Store};
use everup::store::registration::Registration;
use everup::store::sqlite::Sqlite;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// A database that can be opened any number of times, also while it is open.
#[async_trait]
pub trait Database: Sync {
    async fn open(&self) -> Arc<dyn Store>;
}

/// One SQLite file.
pub struct File {
    folder: TempDir,
}

impl File {
    pub fn new() -> File {
        File { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("everup.db")
    }

    /// Executes SQL behind the store's back.
    pub async fn execute(&self, sql: &str) {
        use sqlx::Connection;
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(self.path())
            .create_if_missing(true);
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Asks for one number behind the store's back.
    pub async fn number(&self, sql: &str) -> i64 {
        use sqlx::Connection;
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.path());
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        let number = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        number
    }
}

#[async_trait]
impl Database for File {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(Sqlite::open(&self.path()).await.unwrap())
    }
}

/// 2026-11-01T00:00:00Z, in seconds: when the tests' time begins.
const BEGIN_S: i64 = 1_793_491_200;

/// So many seconds after the beginning.
pub fn at(second: i64) -> Timestamp {
    Timestamp((BEGIN_S + second) * SECOND_MS)
}

pub fn span(from: i64, to: i64) -> Span {
    Span::new(at(from), at(to))
}

pub fn ok(second: i64) -> Check {
    Check {
        started_at: at(second),
        verdict: Verdict::Ok,
        latency_us: Some(20_000),
        evidence: None,
    }
}

pub fn fail(second: i64) -> Check {
    let evidence = Evidence {
        kind: Some(Kind::Status),
        status: Some(502),
        address: Some("203.0.113.7:443".to_owned()),
        ..Evidence::because(&format!("HTTP 502 in second {second}"))
    };
    Check {
        started_at: at(second),
        verdict: Verdict::Fail,
        latency_us: None,
        evidence: Some(Box::new(evidence)),
    }
}

/// One failure is an outage.
pub fn strict() -> Parameters {
    Parameters { failures: 1, ..Parameters::default() }
}

pub fn registration(id: &str) -> Registration {
    Registration {
        id: MonitorId::new(id).unwrap(),
        name: id.to_uppercase(),
        url: format!("https://{id}.example.com/health"),
        since: None,
        parameters: strict(),
    }
}

/// The key of a monitor.
pub fn key(loaded: &Loaded, id: &str) -> Key {
    let found = loaded.histories.iter().find(|h| h.monitor.id.as_str() == id);
    found.unwrap_or_else(|| panic!("{id} is not there")).key
}

/// Everything that a store answers, in a form that can be compared.
pub async fn everything(store: &dyn Store) -> String {
    let loaded = store.load().await.unwrap();
    let mut said = format!("{loaded:#?}");
    for history in &loaded.histories {
        let key = &history.key;
        let checks = store.checks(*key, Span::ALWAYS).await.unwrap();
        let extent = store.extent(*key).await.unwrap();
        let pauses = store.pauses(*key).await.unwrap();
        let exchanges = store.exchanges(*key, Span::ALWAYS, usize::MAX).await.unwrap();
        let imports = store.imports(*key, Span::ALWAYS).await.unwrap();
        said += &format!("{checks:#?}{extent:?}{pauses:?}{exchanges:?}{imports:?}");
    }
    said
}
