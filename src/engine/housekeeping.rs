//! Work by the calendar, in UTC: packing old checks into their small form, closing the
//! months that are over, and letting go of the single checks of months long past.
//!
//! tokio-cron-scheduler says when; it polls twice a second, which is fine for this and
//! would not be for checks.

use super::recurring;
use super::run::Trust;
use crate::board::Board;
use crate::clock::Clock;
use crate::domain::history::History;
use crate::domain::month::Month;
use crate::domain::period::Period;
use crate::domain::timestamp::{DAY_MS, HOUR_MS};
use crate::planning::Settings as PlanningSettings;
use crate::report::closed;
use crate::report::latency::Remembered;
use crate::report::months::months;
use crate::report::period::{NoReport, PeriodReport};
use crate::report::retention::Retention;
use crate::report::settings::Settings;
use crate::store::baseline::Purged;
use crate::store::contract::{Store, StoreError};
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// When checks are packed: seven minutes past every hour, beside everyone else's jobs.
const PACK_AT: &str = "0 7 * * * *";
/// When months are closed that can be: often, because it costs one short read while there
/// is none.
const CLOSE_AT: &str = "30 1/10 * * * *";
/// When the turns of recurring maintenance are announced; there are days for each.
const ANNOUNCE_AT: &str = "50 3/10 * * * *";
/// When checks are purged: once a day, at a time that few jobs have.
const PURGE_AT: &str = "0 23 3 * * *";
/// Checks are packed once they are this old: a check that is under way at the turn of
/// the hour is never behind the packing.
const PACK_AGE_MS: i64 = HOUR_MS;

/// What was told is known for so long, for whoever wants to see what became of an alert.
const ALERTS_KEPT_MS: i64 = 30 * DAY_MS;

/// Requests are counted by the minute for so long at most: longer than any month waits to be
/// closed. Later their sums do, which take a hundredth of the room.
const MINUTES_KEPT_MS: i64 = 62 * DAY_MS;

/// What the jobs work with.
#[derive(Clone)]
pub struct Tools {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The newest state of every monitor.
    pub board: Arc<Board>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How months are cut and what was promised.
    pub report: Arc<ArcSwap<Settings>>,
    /// How maintenance is announced.
    pub planning: Arc<ArcSwap<PlanningSettings>>,
    /// How long single checks are kept, in milliseconds.
    pub keep_checks_ms: Arc<AtomicI64>,
    /// Whether the clock can be trusted.
    pub trust: Trust,
}

impl Tools {
    /// Whether work by the calendar may be done. What is closed, let go or announced by a
    /// clock that was ahead for a moment stays so; whatever waits has time.
    pub(super) fn know_the_time(&self) -> bool {
        let trusted = self.trust.holds();
        if !trusted {
            tracing::info!("work by the calendar waits until the clock can be trusted");
        }
        trusted
    }
}

/// The jobs; they end when it is dropped or stopped.
pub struct Housekeeping {
    scheduler: JobScheduler,
}

impl Housekeeping {
    /// Starts the jobs.
    ///
    /// # Errors
    /// When the scheduler cannot start.
    pub async fn start(tools: Tools) -> Result<Housekeeping, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        let packing = tools.clone();
        let pack_job = Job::new_async(PACK_AT, move |_, _| {
            let tools = packing.clone();
            Box::pin(async move {
                if tools.know_the_time() {
                    pack(tools.store.as_ref(), tools.clock.as_ref()).await;
                }
            })
        })?;
        let closing = tools.clone();
        let close_job = Job::new_async(CLOSE_AT, move |_, _| {
            let tools = closing.clone();
            Box::pin(async move { close_months(&tools).await })
        })?;
        let announcing = tools.clone();
        let announce_job = Job::new_async(ANNOUNCE_AT, move |_, _| {
            let tools = announcing.clone();
            Box::pin(async move { recurring::keep_up(&tools).await })
        })?;
        let purge_job = Job::new_async(PURGE_AT, move |_, _| {
            let tools = tools.clone();
            Box::pin(async move {
                purge(&tools).await;
                forget_alerts(&tools).await;
                sum_requests(&tools).await;
            })
        })?;
        for job in [pack_job, close_job, announce_job, purge_job] {
            scheduler.add(job).await?;
        }
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

/// What is done at every start: what an earlier run has left.
pub async fn catch_up(tools: &Tools) {
    recurring::keep_up(tools).await;
    close_months(tools).await;
    pack(tools.store.as_ref(), tools.clock.as_ref()).await;
    purge(tools).await;
    forget_alerts(tools).await;
    sum_requests(tools).await;
}

/// Closes every month that is over, was watched, and that no check can change any more. A
/// failure is tried again the next time; until then the month is computed anew.
pub async fn close_months(tools: &Tools) {
    if !tools.know_the_time() {
        return;
    }
    match try_to_close(tools).await {
        Ok(closed) => closed.iter().for_each(|month| tracing::info!("{month} is closed")),
        Err(error) => tracing::warn!("a month could not be closed: {error}"),
    }
}

async fn try_to_close(tools: &Tools) -> Result<Vec<Month>, StoreError> {
    let now = tools.clock.now();
    let kept = tools.store.closed_months().await?;
    // What has been closed a moment ago may not be on the board yet.
    let settings =
        Settings { closed: kept.as_slice().into(), ..Settings::clone(&tools.report.load()) };
    let snapshot = tools.board.read();
    let histories: Vec<&History> = snapshot.histories.iter().map(AsRef::as_ref).collect();
    let known = months(histories.iter().copied(), now, &settings.calendar());
    let Some(known) = known else { return Ok(Vec::new()) };
    let over = std::iter::successors(Some(known.oldest), |month| Some(month.next()));
    let over = over.take_while(|month| *month < known.newest);
    let mut closed = Vec::new();
    for month in over.filter(|month| !kept.iter().any(|cut| cut.month == *month)) {
        let period = Period::Month(month);
        let remembered = &mut Remembered::default();
        let shown = histories.iter().copied();
        let made =
            PeriodReport::make(&*tools.store, shown, period, now, &settings, Some(remembered));
        let report = match made.await {
            Ok(report) => report,
            Err(NoReport::Store(error)) => return Err(error),
            Err(_) => continue,
        };
        // A month in which nothing was seen may still be imported.
        let was_seen =
            |row: &crate::report::period::MonitorRow| row.figures.tally.observed() > 0;
        if !report.monitors.iter().any(was_seen) {
            continue;
        }
        if let Some(sealed) = closed::seal(&report) {
            tools.store.close_month(&sealed).await?;
            closed.push(month);
        }
    }
    Ok(closed)
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

/// Lets go of the single checks of closed months that are old enough. A failure is tried
/// again the next day; until then checks only take room.
pub async fn purge(tools: &Tools) {
    if !tools.know_the_time() {
        return;
    }
    match try_to_purge(tools).await {
        Ok(Purged { days: 0, .. }) => {}
        Ok(Purged { days, checks, .. }) => {
            tracing::info!(
                "let go of {checks} single checks: {days} days, counted anew for each monitor"
            );
        }
        Err(error) => tracing::warn!("old checks could not be purged: {error}"),
    }
}

async fn try_to_purge(tools: &Tools) -> Result<Purged, StoreError> {
    let now = tools.clock.now();
    let before = now.plus_ms(-tools.keep_checks_ms.load(Ordering::Relaxed));
    let snapshot = tools.board.read();
    let settings = Settings::in_force(&tools.report, &snapshot.closed);
    let histories: Vec<&History> = snapshot.histories.iter().map(AsRef::as_ref).collect();
    let retention = Retention::of(&*tools.store, &histories, before, now, &settings).await?;
    for (id, month) in retention.doubtful {
        tracing::warn!(
            "the single checks of {id} in {month} stay: they do not come to what was closed"
        );
    }
    let purged = tools.store.purge(&retention.purgeable).await?;
    for (id, day) in &purged.doubtful {
        tracing::warn!(
            "the single checks of {id} from {day} on stay: they do not come to what is kept \
             of them"
        );
    }
    Ok(purged)
}

/// Lets go of what became of alerts long ago. A failure is tried again the next day.
pub async fn forget_alerts(tools: &Tools) {
    let before = tools.clock.now().plus_ms(-ALERTS_KEPT_MS);
    match tools.store.forget_alerts(before).await {
        Ok(0) => {}
        Ok(count) => tracing::debug!("let go of {count} settled alerts"),
        Err(error) => tracing::warn!("settled alerts could not be let go of: {error}"),
    }
}

/// Adds up the requests of long ago. A failure is tried again the next day; until then they
/// only take room.
pub async fn sum_requests(tools: &Tools) {
    if !tools.know_the_time() {
        return;
    }
    let kept_ms = tools.keep_checks_ms.load(Ordering::Relaxed).min(MINUTES_KEPT_MS);
    match tools.store.sum_requests(tools.clock.now().plus_ms(-kept_ms)).await {
        Ok(0) => {}
        Ok(count) => tracing::debug!("added up {count} counts of requests"),
        Err(error) => tracing::warn!("old counts of requests could not be added up: {error}"),
    }
}
