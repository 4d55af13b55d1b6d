//! That everup runs, as the store is told: since when, until when, and now and then that
//! it still does. So a gap can say that nobody was there to look.
//!
//! The recorder begins and ends a life, and sends a sign of it along with its commits;
//! a sign by itself would be a write of its own.

use crate::domain::timestamp::{MINUTE_MS, Timestamp};
use crate::store::batch::Alive;
use crate::store::contract::{Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A commit carries a sign of life this often: it writes a page of 4 KB, which is below
/// two bytes a check for a thousand monitors every 20 s.
const SIGN_MS: i64 = MINUTE_MS;

/// One run of the daemon.
pub struct Life {
    store: Arc<dyn Store>,
    started_at: Timestamp,
    /// The newest sign that is kept.
    signed_ms: AtomicI64,
}

impl Life {
    /// Notes that everup runs from `now` on.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn begin(store: Arc<dyn Store>, now: Timestamp) -> Result<Life, StoreError> {
        store.begin_run(now, env!("CARGO_PKG_VERSION")).await?;
        Ok(Life { store, started_at: now, signed_ms: AtomicI64::new(now.0) })
    }

    /// The sign that a commit at `now` should carry, if one is due.
    #[must_use]
    pub fn sign(&self, now: Timestamp) -> Option<Alive> {
        let signed = Timestamp(self.signed_ms.load(Ordering::Relaxed));
        let alive = Alive { started_at: self.started_at, at: now };
        (now.since_ms(signed) >= SIGN_MS).then_some(alive)
    }

    /// Notes that a sign is kept.
    pub fn signed(&self, alive: Alive) {
        self.signed_ms.store(alive.at.0, Ordering::Relaxed);
    }

    /// Notes that everup stops in order at `now`. Should the store refuse, the run reads
    /// as one that was killed, which claims less than was so.
    pub async fn end(&self, now: Timestamp) {
        if let Err(error) = self.store.end_run(self.started_at, now).await {
            tracing::warn!("that everup stops could not be kept: {error}");
        }
    }
}
