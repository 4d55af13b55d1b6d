//! Opening the database file: its creation, its checks, its schema, its connections.
//!
//! Called by the application and the commands. A file that is another program's is left as
//! it was found, and whatever goes wrong is said with what to do about it.

use super::file::{self, File};
use super::write::Writer;
use super::{Sqlite, error};
use crate::store::contract::StoreError;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};
use std::path::Path;
use std::time::Duration;

/// Every schema change, embedded in the program.
static MIGRATIONS: Migrator = sqlx::migrate!();
/// `evup`, which the first migration puts into the file.
const APPLICATION_ID: i64 = 1_702_262_128;
/// Older versions can lose committed pages when the write-ahead log is reset.
const SQLITE_VERSION_MIN: (u32, u32, u32) = (3, 51, 3);
/// How long a writer waits for another one, here or in another process. Long enough for
/// any commit, short enough that the daemon can keep its checks in memory meanwhile.
const BUSY_MS: u64 = 1_000;
/// How long a reader waits for one of the connections: reports are short, and many.
const READ_WAIT_MS: u64 = 10_000;
/// Two reads at a time keep two cores busy; each connection costs a thread and a cache.
const READERS_MAX: u32 = 2;
/// Page caches are kept small because the operating system caches the file anyway.
const WRITER_CACHE_KIB: u32 = 1_024;
const READER_CACHE_KIB: u32 = 512;
/// Enough for every statement of the store, which has some forty.
const STATEMENTS_MAX: usize = 64;
/// Rows that wait between SQLite's thread and ours; fewer cost a wake-up for each few.
const ROWS_WAITING_MAX: usize = 512;
/// Small pages: a commit of 100 checks touches five or six, so that their size decides
/// how much is written (174 bytes a check, against 269 with the usual 4,096). In still
/// smaller ones, a row with evidence would not fit.
const PAGE_BYTES: u32 = 2_048;
/// The write-ahead log is copied into the database when it has grown to this: a page
/// that was changed ten times by then is copied once.
const LOG_BYTES: u32 = 4 << 20;
/// The file of the log is cut back to this once a large import has passed through it.
const LOG_BYTES_MAX: u32 = 2 * LOG_BYTES;

/// What is said of a file that this user may not change.
const UNWRITABLE: &str = "cannot be written: let this user write to it and its folder";

/// What is said of a file that this user may not even read.
const UNREADABLE: &str = "cannot be read: let this user read it and the files beside it";

impl Sqlite {
    /// Opens the database in the file at `path`; makes it if there is none.
    ///
    /// # Errors
    /// A sentence with the path that says what is in the way and what to do:
    /// [`StoreError::Refused`] where the file cannot be made, read or written, is not
    /// everup's, or was written by a later everup; [`StoreError::Busy`] where another
    /// process is changing its schema.
    pub async fn open(path: &Path) -> Result<Sqlite, StoreError> {
        let (pool, readers) = open(path).await?;
        let writer = Writer { pool, fence: None };
        Ok(Sqlite { writer, readers, file: File::find(path)? })
    }

    /// Opens the database for a command that only reads: where there is none, none is made,
    /// and one that this user may only read is only read.
    ///
    /// # Errors
    /// As [`Sqlite::open`], and where there is no file.
    pub async fn open_existing(path: &Path) -> Result<Sqlite, StoreError> {
        if !path.exists() {
            let message = format!(
                "there is no database {}; everup makes it when it runs, and --store names \
                 another",
                path.display()
            );
            return Err(StoreError::Refused(message));
        }
        if file::can_be_written(path) {
            return Sqlite::open(path).await;
        }
        let (pool, readers) = open_to_read(path).await?;
        let writer = Writer { pool, fence: None };
        Ok(Sqlite { writer, readers, file: File::find(path)? })
    }
}

/// The connection that writes, and those that read.
pub(super) async fn open(path: &Path) -> Result<(SqlitePool, SqlitePool), StoreError> {
    create(path)?;
    File::find(path)?;
    if !file::can_be_written(path) {
        return Err(refused(path, UNWRITABLE));
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_millis(BUSY_MS))
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .page_size(PAGE_BYTES)
        .statement_cache_capacity(STATEMENTS_MAX)
        .row_buffer_size(ROWS_WAITING_MAX)
        .pragma("mmap_size", "0")
        .pragma("wal_autocheckpoint", (LOG_BYTES / PAGE_BYTES).to_string())
        .pragma("journal_size_limit", LOG_BYTES_MAX.to_string())
        .disable_statement_logging();
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_millis(BUSY_MS))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(
            options.clone().pragma("cache_size", format!("-{WRITER_CACHE_KIB}")),
        );
    let prepared = prepare(path, &writer).await;
    if let Err(error) = prepared {
        writer.close().await;
        return Err(error);
    }
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS_MAX)
        .acquire_timeout(Duration::from_millis(READ_WAIT_MS))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(
            options
                .pragma("cache_size", format!("-{READER_CACHE_KIB}"))
                .pragma("query_only", "ON"),
        );
    Ok((writer, readers))
}

/// The same for a user who may only read: neither connection writes.
pub(super) async fn open_to_read(path: &Path) -> Result<(SqlitePool, SqlitePool), StoreError> {
    File::find(path)?;
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        // Without a log nobody is writing, and none has to be made to be able to read.
        .immutable(!Path::new(&log).exists())
        .busy_timeout(Duration::from_millis(BUSY_MS))
        .row_buffer_size(ROWS_WAITING_MAX)
        .pragma("mmap_size", "0")
        .pragma("query_only", "ON")
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(READERS_MAX)
        .acquire_timeout(Duration::from_millis(READ_WAIT_MS))
        .connect_lazy_with(options);
    let mut connection = pool.acquire().await.map_err(|error| match code_of(&error) {
        Some(3 | 8 | 14) => refused(path, UNREADABLE),
        _ => explain(path, error),
    })?;
    if !inspect(path, &mut connection).await? {
        let why = "is of an earlier everup; let a user who may write to it open it once";
        return Err(refused(path, why));
    }
    drop(connection);
    Ok((pool.clone(), pool))
}

/// Makes an empty file that nobody but its owner can read, if there is none. A file
/// that is there is not opened here: closing it would end the locks that SQLite holds
/// on it for another part of this process.
fn create(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Err(refused(path, "is a folder; name a file in it"));
    }
    if !file::folder(path).is_dir() {
        return Err(refused(path, "cannot be made: create its folder first"));
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(refused(path, "cannot be made: this user may not write into its folder"))
        }
        Err(error) => Err(refused(path, &format!("cannot be made: {error}"))),
    }
}

/// Looks whether the file is ours, and brings its schema up to date.
async fn prepare(path: &Path, writer: &SqlitePool) -> Result<(), StoreError> {
    let mut connection = writer.acquire().await.map_err(|error| explain(path, error))?;
    let current = inspect(path, &mut connection).await?;
    if current {
        return migrate(path, &mut connection).await;
    }
    sqlx::query("PRAGMA journal_mode = WAL")
        .execute(&mut *connection)
        .await
        .map_err(|error| explain(path, error))?;
    // Two processes may be starting at once: only one of them changes the schema. A
    // transaction that sqlx knows of, since it opens others within it.
    let mut transaction = connection
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(|error| explain(path, error))?;
    migrate(path, &mut transaction).await?;
    transaction.commit().await.map_err(|error| explain(path, error))
}

/// Whether the file has every migration already. An error where it is not ours.
async fn inspect(path: &Path, connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    let asked = async {
        let version: String = sqlx::query_scalar("SELECT sqlite_version()")
            .fetch_one(&mut *connection)
            .await?;
        let application: i64 = sqlx::query_scalar("PRAGMA application_id")
            .fetch_one(&mut *connection)
            .await?;
        let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
            .fetch_one(&mut *connection)
            .await?;
        Ok((version, application, tables))
    };
    let (version, application, tables) =
        asked.await.map_err(|error: sqlx::Error| explain(path, error))?;
    if !is_recent(&version) {
        let (major, minor, patch) = SQLITE_VERSION_MIN;
        return Err(StoreError::Refused(format!(
            "this everup was built with SQLite {version}, which can lose data; build it \
             with {major}.{minor}.{patch} or later"
        )));
    }
    if tables == 0 {
        return Ok(false);
    }
    if application != APPLICATION_ID {
        return Err(refused(path, "is another program's database; name another file"));
    }
    // One may have come later than those that follow it.
    let applied: Vec<i64> = sqlx::query_scalar("SELECT version FROM _sqlx_migrations")
        .fetch_all(connection)
        .await
        .map_err(|error| explain(path, error))?;
    Ok(MIGRATIONS.iter().all(|migration| applied.contains(&migration.version)))
}

/// Whether another everup has changed the schema since this one opened the database.
pub(super) async fn is_outgrown(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    let applied: i64 = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations")
        .fetch_one(connection)
        .await?;
    Ok(usize::try_from(applied).unwrap_or(0) > MIGRATIONS.iter().count())
}

async fn migrate(path: &Path, connection: &mut SqliteConnection) -> Result<(), StoreError> {
    // What `run` does, but with a future that can go to another thread.
    match MIGRATIONS.run_direct(None, connection, false).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(version)) => Err(refused(
            path,
            &format!(
                "was written by a later everup (schema {version}); run that one, or name \
                 another file"
            ),
        )),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
            Err(explain(path, error))
        }
        Err(error) => Err(refused(path, &format!("has a schema of its own: {error}"))),
    }
}

/// Whether a version of SQLite is one that can be trusted.
fn is_recent(version: &str) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next()) >= SQLITE_VERSION_MIN
}

fn refused(path: &Path, why: &str) -> StoreError {
    StoreError::Refused(format!("{} {why}", path.display()))
}

/// What stands in the way of opening a file, and what to do about it.
fn explain(path: &Path, error: sqlx::Error) -> StoreError {
    match code_of(&error) {
        // SQLITE_PERM, SQLITE_READONLY, SQLITE_CANTOPEN
        Some(3 | 8 | 14) => refused(path, UNWRITABLE),
        // SQLITE_NOTADB
        Some(26) => refused(path, "is not a database; move it away, or name another file"),
        // SQLITE_FULL
        Some(13) => refused(path, "cannot grow: the disk is full"),
        _ => error.into(),
    }
}

fn code_of(error: &sqlx::Error) -> Option<i32> {
    match error {
        sqlx::Error::Database(error) => error::code(&**error),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("3.51.3", true)]
    #[case("3.52.0", true)]
    #[case("4.0", true)]
    #[case("3.51.2", false)]
    #[case("3.9.9", false)]
    #[case("rubbish", false)]
    fn a_version_that_can_lose_data_is_told(#[case] version: &str, #[case] recent: bool) {
        assert_eq!(is_recent(version), recent);
    }
}
