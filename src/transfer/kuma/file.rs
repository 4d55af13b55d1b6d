//! The file of Uptime Kuma: opened to be read only, looked over, and read a page at a time.
//!
//! Nothing is ever written to it, nor beside it if that can be avoided. All of it is read
//! as of one instant, and never more than a page of it is held.

use super::beat::Beat;
use crate::domain::check::Evidence;
use crate::domain::foreign::{Count, Source};
use crate::domain::span::Span;
use crate::domain::timestamp::{DAY_MS, SECOND_MS, Timestamp};
use crate::transfer::mapping::Theirs;
use crate::transfer::taking::TakeError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// So many heartbeats are read at a time: a few megabytes at most.
const BEATS_AT_ONCE: i64 = 5_000;
/// A message is cut to this when it is read; of that, a sentence is kept.
const MESSAGE_CHARS_MAX: i64 = 1_000;
/// A day cannot have more checks: one each millisecond.
const DAY_CHECKS_MAX: u64 = DAY_MS.unsigned_abs();
/// How long to wait for another program's lock.
const BUSY: Duration = Duration::from_secs(2);
/// Where the header of a SQLite file says that it has a write-ahead log, and how.
const LOGGED: (usize, u8) = (18, 2);

/// What must be there, by table.
const COLUMNS: [(&str, &[&str]); 4] = [
    ("setting", &["key", "value"]),
    ("monitor", &["id", "name", "type", "url"]),
    ("heartbeat", &["id", "monitor_id", "status", "msg", "time", "ping"]),
    ("stat_daily", &["monitor_id", "timestamp", "up", "down"]),
];

/// One monitor there that has a history.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) id: i64,
    pub(super) theirs: Theirs,
    /// How many heartbeats it has.
    pub(super) beats: u64,
}

/// The open file.
pub(super) struct File {
    path: PathBuf,
    connection: SqliteConnection,
    /// Set while it is read without locks, because nobody had it open: how it was.
    untouched: Option<(u64, Option<SystemTime>)>,
}

impl File {
    /// Opens the file, if it is whole and one of Uptime Kuma 2.
    pub(super) async fn open(path: &Path) -> Result<File, TakeError> {
        let refused = |why: String| TakeError::Input(format!("{} {why}", path.display()));
        let cannot = |error: std::io::Error| refused(format!("cannot be read: {error}"));
        // SQLite looks for the log beside the file itself, not beside a link to it.
        let path = fs::canonicalize(path).map_err(cannot)?;
        if path.is_dir() {
            return Err(refused("is a folder; name the file kuma.db in it".to_owned()));
        }
        let mut head = Vec::new();
        let file = fs::File::open(&path).map_err(cannot)?;
        file.take(100).read_to_end(&mut head).map_err(cannot)?;
        let has_log = head.get(LOGGED.0) == Some(&LOGGED.1);
        // With a log beside it, it may be open elsewhere, and the newest is in the log.
        // Without one, SQLite would have to make one.
        let alone = has_log && !log_of(&path).exists();
        let untouched = if alone { Some(look(&path).map_err(cannot)?) } else { None };
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .read_only(true)
            .immutable(alone)
            .busy_timeout(BUSY)
            .disable_statement_logging();
        let connection = options.connect().await.map_err(|error| explain(&path, &error))?;
        let mut file = File { path, connection, untouched };
        file.begin().await?;
        file.look_over().await?;
        Ok(file)
    }

    /// All reads from here on are of one instant.
    async fn begin(&mut self) -> Result<(), TakeError> {
        for statement in ["BEGIN", "SELECT count(*) FROM sqlite_schema"] {
            let begun = sqlx::query(statement).execute(&mut self.connection).await;
            begun.map_err(|error| explain(&self.path, &error))?;
        }
        Ok(())
    }

    /// Whether it is Uptime Kuma's, of version 2, and not damaged.
    async fn look_over(&mut self) -> Result<(), TakeError> {
        for (table, needed) in COLUMNS {
            let columns: Vec<String> =
                sqlx::query_scalar("SELECT name FROM pragma_table_info($1)")
                    .bind(table)
                    .fetch_all(&mut self.connection)
                    .await
                    .map_err(|error| explain(&self.path, &error))?;
            let missing = needed.iter().find(|column| !columns.iter().any(|c| c == *column));
            let Some(missing) = missing else { continue };
            return Err(self.refused(&match (table, columns.is_empty()) {
                ("stat_daily", true) => {
                    "is of Uptime Kuma 1; let version 2 start with it once, and import what \
                     that has made of it"
                        .to_owned()
                }
                (_, true) => "is not a database of Uptime Kuma".to_owned(),
                _ => format!(
                    "is of a version of Uptime Kuma that everup does not know: {table} has \
                     no column {missing}"
                ),
            }));
        }
        let damage: String = sqlx::query_scalar("PRAGMA quick_check(1)")
            .fetch_one(&mut self.connection)
            .await
            .map_err(|error| explain(&self.path, &error))?;
        if damage != "ok" {
            let damage = Evidence::clean(&damage);
            return Err(self.refused(&format!("is damaged ({damage}); import a backup of it")));
        }
        // Uptime Kuma 2 notes here how far it is with the heartbeats of version 1.
        let state: Option<String> = sqlx::query_scalar(
            "SELECT CAST(value AS TEXT) FROM setting
             WHERE key = 'migrateAggregateTableState'",
        )
        .fetch_optional(&mut self.connection)
        .await
        .map_err(|error| explain(&self.path, &error))?
        .flatten();
        if state.is_some_and(|state| state.trim_matches('"') == "migrating") {
            return Err(self.refused(
                "is half-way from version 1 to 2; let Uptime Kuma finish that first",
            ));
        }
        Ok(())
    }

    /// The monitors that have a history. Groups have none of their own.
    pub(super) async fn monitors(&mut self) -> Result<Vec<Listed>, TakeError> {
        let rows = sqlx::query(
            "SELECT id, CAST(name AS TEXT), CAST(url AS TEXT),
                 (SELECT count(*) FROM heartbeat WHERE monitor_id = monitor.id) AS beats
             FROM monitor
             WHERE type IS NOT 'group' AND (beats > 0 OR EXISTS
                 (SELECT 1 FROM stat_daily WHERE monitor_id = monitor.id))
             ORDER BY id",
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(|error| explain(&self.path, &error))?;
        let listed = |row: &SqliteRow| -> Result<Listed, sqlx::Error> {
            let id: i64 = row.try_get(0)?;
            let name: Option<String> = row.try_get(1)?;
            let beats: i64 = row.try_get(3)?;
            Ok(Listed {
                id,
                theirs: Theirs {
                    id: id.to_string(),
                    name: name.unwrap_or_default(),
                    url: row.try_get(2)?,
                },
                beats: beats.unsigned_abs(),
            })
        };
        let columns = ["id", "name", "url"];
        let listed = rows.iter().map(|row| {
            listed(row).map_err(|error| self.unreadable("monitor", &columns, row, &error))
        });
        listed.collect()
    }

    /// The time of the newest heartbeat of all: until then Uptime Kuma was running.
    pub(super) async fn newest(
        &mut self,
        listed: &[Listed],
    ) -> Result<Option<Timestamp>, TakeError> {
        let mut newest = None;
        for monitor in listed {
            let beat = self.beat("ORDER BY time DESC, id DESC LIMIT 1", monitor.id).await?;
            let at = beat.map(|beat| beat.check()).transpose().map_err(TakeError::Input)?;
            newest = newest.max(at.map(|check| check.started_at));
        }
        Ok(newest)
    }

    async fn beat(&mut self, which: &str, monitor: i64) -> Result<Option<Beat>, TakeError> {
        let sql = format!("{BEAT} WHERE monitor_id = $1 {which}");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(monitor)
            .bind(MESSAGE_CHARS_MAX)
            .fetch_optional(&mut self.connection)
            .await
            .map_err(|error| explain(&self.path, &error))?;
        row.map(|row| self.read_beat(&row)).transpose()
    }

    /// Some heartbeats of a monitor in order of time, after the one at a place.
    pub(super) async fn beats(
        &mut self,
        monitor: i64,
        after: Option<&(String, i64)>,
    ) -> Result<Vec<Beat>, TakeError> {
        let sql = format!(
            "{BEAT} WHERE monitor_id = $1 AND (time, id) > ($3, $4)
             ORDER BY time, id LIMIT {BEATS_AT_ONCE}"
        );
        let (time, id) = after.map_or(("", i64::MIN), |(time, id)| (time.as_str(), *id));
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(monitor)
            .bind(MESSAGE_CHARS_MAX)
            .bind(time)
            .bind(id)
            .fetch_all(&mut self.connection)
            .await
            .map_err(|error| explain(&self.path, &error))?;
        rows.iter().map(|row| self.read_beat(row)).collect()
    }

    /// What was counted of a monitor, by UTC day, in order.
    pub(super) async fn day_counts(&mut self, monitor: i64) -> Result<Vec<Count>, TakeError> {
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
            "SELECT CAST(timestamp AS INTEGER), CAST(up AS INTEGER), CAST(down AS INTEGER)
             FROM stat_daily WHERE monitor_id = $1 ORDER BY timestamp",
        )
        .bind(monitor)
        .fetch_all(&mut self.connection)
        .await
        .map_err(|error| explain(&self.path, &error))?;
        let count = |(second, up, down): (i64, i64, i64)| {
            let from = Timestamp(second.checked_mul(SECOND_MS)?);
            let (up, down) = (u64::try_from(up).ok()?, u64::try_from(down).ok()?);
            up.checked_add(down).filter(|all| *all <= DAY_CHECKS_MAX)?;
            let is_day = from.0.rem_euclid(DAY_MS) == 0
                && (Timestamp::MIN..Timestamp::MAX).contains(&from);
            is_day.then_some(Count {
                source: Source::UptimeKuma,
                span: Span::new(from, from.plus_ms(DAY_MS)),
                up,
                down,
            })
        };
        let read = |row: (i64, i64, i64)| {
            count(row).ok_or_else(|| {
                self.refused(&format!(
                    "has a day in stat_daily that Uptime Kuma does not write: monitor \
                     {monitor}, timestamp {}, up {}, down {}",
                    row.0, row.1, row.2
                ))
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Lets go of the file. An error where it has changed while it was read without locks.
    pub(super) async fn close(self) -> Result<(), TakeError> {
        let changed = self.untouched.as_ref().is_some_and(|before| {
            let now = look(&self.path);
            log_of(&self.path).exists() || now.is_ok_and(|now| now != *before)
        });
        if changed {
            return Err(self
                .refused("was changed while it was read; stop Uptime Kuma, or import a copy"));
        }
        self.connection.close().await.map_err(|error| explain(&self.path, &error))
    }

    fn read_beat(&self, row: &SqliteRow) -> Result<Beat, TakeError> {
        let columns = ["id", "time", "status", "msg", "ping"];
        beat(row).map_err(|error| self.unreadable("heartbeat", &columns, row, &error))
    }

    /// What is wrong with a row of a table, the first of whose columns is its id.
    fn unreadable(
        &self,
        table: &str,
        columns: &[&str],
        row: &SqliteRow,
        error: &sqlx::Error,
    ) -> TakeError {
        let sqlx::Error::ColumnDecode { index, source } = error else {
            return explain(&self.path, error);
        };
        let column = index.parse().ok().and_then(|place: usize| columns.get(place));
        let id = row.try_get(0).map_or("?".to_owned(), |id: i64| id.to_string());
        self.refused(&format!(
            "has a value that Uptime Kuma does not write: {table} {id}, column {} ({source}); \
             mend it in a copy, and import that",
            column.unwrap_or(&"?")
        ))
    }

    fn refused(&self, why: &str) -> TakeError {
        TakeError::Input(format!("{} {why}", self.path.display()))
    }
}

/// The columns of a heartbeat, whatever types they were stored with.
const BEAT: &str = "SELECT id, CAST(time AS TEXT), CAST(status AS INTEGER),
     substr(CAST(msg AS TEXT), 1, $2),
     CASE WHEN typeof(ping) IN ('integer', 'real') AND abs(ping) < 1e9
         THEN CAST(round(ping * 1000.0) AS INTEGER) END
 FROM heartbeat";

fn beat(row: &SqliteRow) -> Result<Beat, sqlx::Error> {
    Ok(Beat {
        id: row.try_get(0)?,
        time: row.try_get::<Option<String>, _>(1)?.unwrap_or_default(),
        status: row.try_get(2)?,
        message: row.try_get(3)?,
        ping_us: row.try_get(4)?,
    })
}

fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    PathBuf::from(log)
}

/// What changes when a file does.
fn look(path: &Path) -> std::io::Result<(u64, Option<SystemTime>)> {
    let data = fs::metadata(path)?;
    Ok((data.len(), data.modified().ok()))
}

/// What SQLite says, with what to do about it.
fn explain(path: &Path, error: &sqlx::Error) -> TakeError {
    let (code, said) = match error {
        // The low byte of an extended result code is the primary one.
        sqlx::Error::Database(error) => {
            let code: Option<i32> = error.code().and_then(|code| code.parse().ok());
            (code.map(|code| code & 0xff), error.message().to_owned())
        }
        error => (None, error.to_string()),
    };
    let why = match code {
        Some(5 | 6) => {
            "is locked by another program; stop Uptime Kuma, or import a copy".to_owned()
        }
        Some(8) => "was not closed in order; start and stop Uptime Kuma once".to_owned(),
        Some(11) => format!("is damaged ({said}); import a backup of it"),
        Some(26) => "is not a SQLite database".to_owned(),
        _ => format!("cannot be read: {said}"),
    };
    TakeError::Input(format!("{} {why}", path.display()))
}
