//! Databases as Uptime Kuma 2 leaves them.

use everup::domain::timestamp::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{Connection, SqliteConnection};
use std::path::{Path, PathBuf};

/// The tables that matter and one that does not, as version 2.5 has them after its
/// migrations.
const SCHEMA: &str = r#"
CREATE TABLE setting (id INTEGER PRIMARY KEY AUTOINCREMENT, key VARCHAR(200) NOT NULL UNIQUE,
    value TEXT, type VARCHAR(20));
CREATE TABLE monitor (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name VARCHAR(150),
    active BOOLEAN DEFAULT 1 NOT NULL, user_id INTEGER, interval INTEGER DEFAULT 20 NOT NULL,
    url TEXT, type VARCHAR(20), weight INTEGER DEFAULT 2000, hostname VARCHAR(255),
    port INTEGER, created_date DATETIME DEFAULT (DATETIME('now')) NOT NULL,
    maxretries INTEGER DEFAULT 0 NOT NULL, retry_interval INTEGER DEFAULT 0 NOT NULL,
    upside_down BOOLEAN DEFAULT 0 NOT NULL, push_token VARCHAR(32), parent INTEGER);
CREATE TABLE heartbeat (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    important BOOLEAN DEFAULT 0 NOT NULL,
    monitor_id INTEGER NOT NULL REFERENCES monitor (id) ON DELETE CASCADE ON UPDATE CASCADE,
    status SMALLINT NOT NULL, msg TEXT, time DATETIME NOT NULL, ping bigint,
    duration INTEGER DEFAULT 0 NOT NULL, down_count INTEGER DEFAULT 0 NOT NULL,
    end_time datetime DEFAULT null, retries integer DEFAULT '0' NOT NULL,
    response text DEFAULT null);
CREATE INDEX monitor_time_index ON heartbeat (monitor_id, time);
CREATE INDEX monitor_important_time_index ON heartbeat (monitor_id, time)
    WHERE important = 1;
CREATE TABLE stat_minutely (id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    monitor_id integer NOT NULL, timestamp integer NOT NULL, ping float NOT NULL,
    up smallint NOT NULL, down smallint NOT NULL, ping_min float DEFAULT '0' NOT NULL,
    ping_max float DEFAULT '0' NOT NULL, extras text DEFAULT null);
CREATE TABLE stat_hourly (id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    monitor_id integer NOT NULL, timestamp integer NOT NULL, ping float NOT NULL,
    ping_min float DEFAULT '0' NOT NULL, ping_max float DEFAULT '0' NOT NULL,
    up smallint NOT NULL, down smallint NOT NULL, extras text DEFAULT null);
CREATE TABLE stat_daily (id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    monitor_id integer NOT NULL, timestamp integer NOT NULL, ping float NOT NULL,
    up integer NOT NULL, down integer NOT NULL, ping_min float DEFAULT '0' NOT NULL,
    ping_max float DEFAULT '0' NOT NULL, extras text DEFAULT null);
CREATE UNIQUE INDEX stat_daily_monitor_id_timestamp_unique
    ON stat_daily (monitor_id, timestamp);
CREATE TABLE maintenance (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    title VARCHAR(150) NOT NULL, description TEXT NOT NULL, active BOOLEAN DEFAULT 1 NOT NULL,
    strategy VARCHAR(50) DEFAULT 'single' NOT NULL, start_date DATETIME, end_date DATETIME,
    timezone VARCHAR(255));
INSERT INTO setting (key, value) VALUES ('migrateAggregateTableState', '"migrated"');
"#;

/// 0 down, 1 up, 2 pending, 3 maintenance.
pub const DOWN: i64 = 0;
pub const UP: i64 = 1;
pub const PENDING: i64 = 2;
pub const MAINTENANCE: i64 = 3;

/// One database.
pub struct Kuma {
    pub path: PathBuf,
    connection: SqliteConnection,
}

impl Kuma {
    /// An empty one, which is written through a log as Uptime Kuma does.
    pub async fn new(folder: &Path) -> Kuma {
        Kuma::with(folder, SqliteJournalMode::Wal).await
    }

    pub async fn with(folder: &Path, journal: SqliteJournalMode) -> Kuma {
        let path = folder.join("kuma.db");
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(journal);
        let connection = SqliteConnection::connect_with(&options).await.unwrap();
        let mut kuma = Kuma { path, connection };
        kuma.execute(SCHEMA).await;
        kuma
    }

    pub async fn execute(&mut self, sql: &str) {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(&mut self.connection).await.unwrap();
    }

    /// A monitor, and its id.
    pub async fn monitor(&mut self, name: &str, url: &str, kind: &str) -> i64 {
        sqlx::query_scalar(
            "INSERT INTO monitor (name, url, type) VALUES ($1, $2, $3) RETURNING id",
        )
        .bind(name)
        .bind(url)
        .bind(kind)
        .fetch_one(&mut self.connection)
        .await
        .unwrap()
    }

    /// A heartbeat, with its time as Uptime Kuma writes it.
    pub async fn beat(&mut self, monitor: i64, at: Timestamp, status: i64) {
        let message = match status {
            UP => "200 - OK",
            MAINTENANCE => "Monitor under maintenance",
            _ => "Request failed with status code 502",
        };
        let ping = (status == UP).then_some(25);
        let time = at.to_utc().format("%Y-%m-%d %H:%M:%S%.3f").to_string();
        self.row(monitor, &time, status, Some(message), ping).await;
    }

    pub async fn row(
        &mut self,
        monitor: i64,
        time: &str,
        status: i64,
        message: Option<&str>,
        ping: Option<i64>,
    ) {
        sqlx::query(
            "INSERT INTO heartbeat (monitor_id, time, status, msg, ping)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(monitor)
        .bind(time)
        .bind(status)
        .bind(message)
        .bind(ping)
        .execute(&mut self.connection)
        .await
        .unwrap();
    }

    /// What was counted on the UTC day that begins at `from`.
    pub async fn day(&mut self, monitor: i64, from: Timestamp, up: i64, down: i64) {
        sqlx::query(
            "INSERT INTO stat_daily (monitor_id, timestamp, ping, up, down)
             VALUES ($1, $2, 25.5, $3, $4)",
        )
        .bind(monitor)
        .bind(from.0 / 1_000)
        .bind(up)
        .bind(down)
        .execute(&mut self.connection)
        .await
        .unwrap();
    }

    /// Stops, which leaves no log behind.
    pub async fn stop(self) -> PathBuf {
        self.connection.close().await.unwrap();
        self.path
    }
}
