//! The store in one SQLite file.
//!
//! One connection writes, a few read; each verb is a file below. The newest checks are
//! rows in order of time, which are cheap to append; all others are packed, one blob a
//! monitor and day, which is cheap to keep and to read. Every reader asks both.
//! Nothing here looks at a clock, and nothing judges but by the domain's judge.

mod commit;
mod days;
mod error;
mod hot;
mod import;
mod ledger;
mod load;
mod maintenance;
mod meta;
mod monitors;
mod open;
mod packing;
mod read;
mod register;
mod runs;
mod write;

use crate::domain::check::Check;
use crate::domain::monitor::Key;
use crate::domain::run::Run;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::{
    Batch, Committed, Import, Loaded, Others, Pause, Registration, Store, StoreError,
};
use async_trait::async_trait;
use sqlx::SqlitePool;
use std::path::Path;
use write::Write;

/// A store in one SQLite file.
#[derive(Clone, Debug)]
pub struct Sqlite {
    /// One connection.
    writer: SqlitePool,
    /// A few connections, which cannot write.
    readers: SqlitePool,
}

impl Sqlite {
    /// Opens the database in the file at `path`; makes it if there is none.
    ///
    /// # Errors
    /// A sentence with the path that says what is in the way and what to do:
    /// [`StoreError::Refused`] where the file cannot be made, read or written, is not
    /// everup's, or was written by a later everup; [`StoreError::Busy`] where another
    /// process is changing its schema.
    pub async fn open(path: &Path) -> Result<Sqlite, StoreError> {
        let (writer, readers) = open::open(path).await?;
        Ok(Sqlite { writer, readers })
    }

    /// Opens the database for a command that only reads: where there is none, none is made.
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
        Sqlite::open(path).await
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn register(
        &self,
        now: Timestamp,
        registrations: &[Registration],
        others: Others,
    ) -> Result<(), StoreError> {
        let write = Write::begin(&self.writer).await?;
        register::register(write, now, registrations, others).await
    }

    async fn load(&self) -> Result<Loaded, StoreError> {
        let mut read = self.readers.begin().await?;
        load::load(&mut read).await
    }

    async fn commit(&self, batch: &Batch) -> Result<Committed, StoreError> {
        let write = Write::begin(&self.writer).await?;
        commit::commit(write, batch).await
    }

    async fn checks(&self, key: Key, span: Span) -> Result<Vec<Check>, StoreError> {
        let mut read = self.readers.begin().await?;
        read::checks(&mut read, key, span).await
    }

    async fn extent(&self, key: Key) -> Result<Option<Span>, StoreError> {
        let mut read = self.readers.begin().await?;
        read::extent(&mut read, key).await
    }

    async fn pauses(&self, key: Key) -> Result<Vec<Pause>, StoreError> {
        let mut read = self.readers.begin().await?;
        read::pauses(&mut read, key).await
    }

    async fn begin_run(&self, started_at: Timestamp, version: &str) -> Result<(), StoreError> {
        runs::begin(Write::begin(&self.writer).await?, started_at, version).await
    }

    async fn end_run(
        &self,
        started_at: Timestamp,
        ended_at: Timestamp,
    ) -> Result<(), StoreError> {
        runs::end(Write::begin(&self.writer).await?, started_at, ended_at).await
    }

    async fn runs(&self) -> Result<Vec<Run>, StoreError> {
        let mut read = self.readers.begin().await?;
        runs::read_all(&mut read).await
    }

    async fn import(&self) -> Result<Box<dyn Import>, StoreError> {
        let write = Write::begin(&self.writer).await?;
        Ok(Box::new(import::SqliteImport::begin(write).await?))
    }

    async fn pack(&self, before: Timestamp) -> Result<u64, StoreError> {
        packing::pack(&self.writer, &self.readers, before).await
    }

    async fn writable(&self) -> Result<(), StoreError> {
        let mut write = Write::begin(&self.writer).await?;
        sqlx::query("UPDATE meta SET epoch = epoch")
            .execute(write.connection())
            .await?;
        write.roll_back().await
    }

    async fn close(&self) {
        // The last connection to close empties the write-ahead log, so it must be one
        // that can write.
        self.readers.close().await;
        self.writer.close().await;
    }
}
