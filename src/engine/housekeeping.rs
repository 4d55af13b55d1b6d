//! Work by the calendar, in UTC: packing old checks into their small form.
//!
//! tokio-cron-scheduler says when; it polls twice a second, which is fine for this and
//! would not be for checks.

use crate::clock::Clock;
use crate::domain::timestamp::HOUR_MS;
use crate::store::contract::Store;
use std::sync::Arc;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// When checks are packed: seven minutes past every hour, beside everyone else's jobs.
const PACK_AT: &str = "0 7 * * * *";
/// Checks are packed once they are this old: a check that is under way at the turn of
/// the hour is never behind the packing.
const PACK_AGE_MS: i64 = HOUR_MS;

/// The jobs; they end when it is dropped or stopped.
pub struct Housekeeping {
    scheduler: JobScheduler,
}

impl Housekeeping {
    /// Starts the jobs, and packs at once what an earlier run has left.
    ///
    /// # Errors
    /// When the scheduler cannot start.
    pub async fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Result<Housekeeping, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        let job = Job::new_async(PACK_AT, move |_, _| {
            let (store, clock) = (store.clone(), clock.clone());
            Box::pin(async move { pack(store.as_ref(), clock.as_ref()).await })
        })?;
        scheduler.add(job).await?;
        scheduler.start().await?;
        Ok(Housekeeping { scheduler })
    }

    /// Ends the jobs.
    pub async fn stop(mut self) {
        if let Err(error) = self.scheduler.shutdown().await {
            tracing::warn!("the housekeeping did not end well: {error}");
        }
    }
}

/// Packs the checks of whole hours that are old enough. A failure is tried again the
/// next hour; until then checks only take more room.
pub async fn pack(store: &dyn Store, clock: &dyn Clock) {
    let old = clock.now().plus_ms(-PACK_AGE_MS);
    let before = old.plus_ms(-old.0.rem_euclid(HOUR_MS));
    match store.pack(before).await {
        Ok(0) => {}
        Ok(count) => tracing::debug!("packed {count} checks"),
        Err(error) => tracing::warn!("old checks could not be packed: {error}"),
    }
}
