//! One write transaction on the one connection that writes.
//!
//! Every verb that changes anything begins one, by the store's [`Writer`]: which sees first
//! that the schema is the one it knows and, for those who watch, that nobody has taken over. sqlx's own transactions are not used
//! for that: when SQLite has rolled back by itself, as it may on a full disk, their
//! count of open transactions never comes back to zero, and the connection refuses
//! every later one. Here a transaction that does not end cleanly takes its connection
//! with it, and the pool opens another.

use super::{lease, open};
use crate::domain::lease::Fence;
use crate::store::contract::StoreError;
use serde::Serialize;
use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqliteConnection, SqlitePool};

/// Begins write transactions, for everybody or under a fence.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    /// One connection.
    pub(super) pool: SqlitePool,
    /// Under which its writes are made; `None` for what users ask for.
    pub(super) fence: Option<Fence>,
}

impl Writer {
    /// As [`Write::begin`], if the schema is known and no fence is newer than ours.
    pub(super) async fn begin(&self) -> Result<Write, StoreError> {
        let mut write = Write::begin(&self.pool).await?;
        match self.admit(write.connection()).await {
            Ok(()) => Ok(write),
            Err(error @ (StoreError::Fenced | StoreError::Outgrown)) => {
                write.roll_back().await?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    async fn admit(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        if open::is_outgrown(connection).await? {
            return Err(StoreError::Outgrown);
        }
        match self.fence {
            Some(fence) if lease::fence(connection).await? != fence => Err(StoreError::Fenced),
            _ => Ok(()),
        }
    }
}

/// A write transaction. Dropped without [`Write::commit`], nothing of it is kept.
pub(super) struct Write {
    connection: PoolConnection<Sqlite>,
    /// Whether SQLite may still be inside the transaction.
    open: bool,
}

impl Write {
    /// Waits for its turn, for a second or so, and keeps all other writers off from
    /// then on.
    pub(super) async fn begin(writer: &SqlitePool) -> Result<Write, StoreError> {
        let connection = writer.acquire().await?;
        // Already open: if this future is dropped, the statement may still be executed.
        let mut write = Write { connection, open: true };
        match sqlx::query("BEGIN IMMEDIATE").execute(write.connection()).await {
            Ok(_) => Ok(write),
            Err(error) => {
                let error = StoreError::from(error);
                // Whatever else is wrong may be wrong with the connection: one that was
                // opened while the file could not be written never writes again.
                write.open = !matches!(error, StoreError::Busy);
                Err(error)
            }
        }
    }

    /// The connection to read and write through.
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Keeps all that was written. After an error it may be kept or not.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        self.end("COMMIT").await
    }

    /// Undoes all that was written.
    pub(super) async fn roll_back(self) -> Result<(), StoreError> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, statement: &'static str) -> Result<(), StoreError> {
        sqlx::query(statement).execute(self.connection()).await?;
        self.open = false;
        Ok(())
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        if self.open {
            self.connection.close_on_drop();
        }
    }
}

/// Many rows as the one text that `json_each` takes: a statement with one parameter is
/// prepared once for any number of rows, and measured as fast as a row a parameter list.
pub(super) fn rows<T: Serialize>(rows: &[T]) -> String {
    // Only maps with keys that are no strings can fail, and rows are lists.
    serde_json::to_string(rows).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

    #[tokio::test]
    async fn a_connection_that_cannot_write_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("everup.db"))
            .create_if_missing(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options);
        let mut connection = pool.acquire().await.unwrap();
        sqlx::query("PRAGMA query_only = ON")
            .execute(&mut *connection)
            .await
            .unwrap();
        drop(connection);
        let refused = Write::begin(&pool).await.err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), Some("attempt to write a readonly database"));
        Write::begin(&pool).await.unwrap().commit().await.unwrap();
    }
}
