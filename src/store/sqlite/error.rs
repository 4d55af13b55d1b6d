//! What SQLite says, as the contract's errors.

use crate::store::contract::StoreError;
use sqlx::error::DatabaseError;
use std::fmt::Display;

/// Result codes that mean that another writer is at work: SQLITE_BUSY, SQLITE_LOCKED.
const BUSY: [i32; 2] = [5, 6];
/// Result codes of a file that is damaged: SQLITE_CORRUPT, SQLITE_NOTADB.
const CORRUPT: [i32; 2] = [11, 26];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        match error {
            sqlx::Error::Database(error) => match code(&*error) {
                Some(code) if BUSY.contains(&code) => StoreError::Busy,
                Some(code) if CORRUPT.contains(&code) => {
                    StoreError::Corrupt(error.message().to_owned())
                }
                _ => StoreError::Refused(error.message().to_owned()),
            },
            // Only a writer of this very process keeps its connection for longer.
            sqlx::Error::PoolTimedOut => StoreError::Busy,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                StoreError::Corrupt(error.to_string())
            }
            other => StoreError::Refused(other.to_string()),
        }
    }
}

/// SQLite's primary result code: the low byte of the extended one.
pub(super) fn code(error: &dyn DatabaseError) -> Option<i32> {
    let extended: i32 = error.code()?.parse().ok()?;
    Some(extended & 0xff)
}

/// The error of a place in the database whose content cannot be read.
pub(super) fn corrupt(place: impl Display, wrong: impl Display) -> StoreError {
    StoreError::Corrupt(format!("{place}: {wrong}"))
}
