//! All of one monitor: what its page shows.

use super::closed;
use super::latency::{self, Picture};
use super::outage::MonthOutage;
use super::period::MonitorRow;
use super::settings::Settings;
use super::status::{self, DAYS, Day, Now};
use crate::domain::history::History;
use crate::domain::month::{self, Month};
use crate::domain::span::Span;
use crate::domain::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use crate::store::closed::Subject;
use crate::store::contract::{Store, StoreError};

/// Three years of months fit on a page; older ones are a link away, in their reports.
pub const MONTHS_MAX: usize = 36;

/// More outages than anyone reads on one page; older ones are in the reports.
pub const OUTAGES_MAX: usize = 200;

/// The last day is drawn by stretches of ten minutes: 144 points.
const DAY_STRETCH_MS: i64 = 10 * MINUTE_MS;

/// A month is drawn by stretches of four hours: at most 186 points.
const MONTH_STRETCH_MS: i64 = 4 * HOUR_MS;

/// One monitor's story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorReport<'a> {
    /// The monitor and its past.
    pub history: &'a History,
    /// When this is told.
    pub at: Timestamp,
    /// What it is now.
    pub now: Now,
    /// When it was removed, if it no longer lives.
    pub removed_at: Option<Timestamp>,
    /// When its time began; `None` where it never did.
    pub since: Option<Timestamp>,
    /// How many decimals percentages are printed with.
    pub decimals: u32,
    /// The last [`DAYS`] local days, oldest first.
    pub days: Vec<Day>,
    /// Its months, newest first, at most [`MONTHS_MAX`].
    pub months: Vec<(Month, MonitorRow)>,
    /// How many months there are in all.
    pub months_count: usize,
    /// Its outages with downtime, newest first, at most [`OUTAGES_MAX`].
    pub outages: Vec<MonthOutage>,
    /// How many outages there are in all.
    pub outages_count: usize,
    /// How fast it was in the last 24 hours.
    pub last_day: Picture,
    /// How fast it was in the running month.
    pub month: Picture,
}

impl<'a> MonitorReport<'a> {
    /// The story of a monitor as it reads at `now`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn make(
        store: &dyn Store,
        history: &'a History,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<MonitorReport<'a>, StoreError> {
        let lives = history.monitor.lives();
        let first = lives.as_slice().first().map(|life| life.from);
        let last = lives.as_slice().last().map(|life| life.to);
        let month = Month::around(now, settings.zone);
        let in_month = month.window(settings.zone);
        let last_day = Span::new(now.plus_ms(-DAY_MS), now);
        let (mut months, months_count) = months(history, now, settings);
        keep_closed(store, &mut months).await?;
        let mut outages = outages(history, now, settings);
        let outages_count = outages.len();
        outages.truncate(OUTAGES_MAX);
        let dates = month::days_until(now, DAYS, settings.zone);
        let picture =
            |window, stretch_ms| latency::picture(store, history, window, now, stretch_ms);
        Ok(MonitorReport {
            history,
            at: now,
            now: Now::of(history, now),
            removed_at: last.filter(|_| !lives.contains(now)),
            since: first,
            decimals: settings.decimals(),
            days: status::days(history, &dates, now, settings),
            months,
            months_count,
            outages,
            outages_count,
            last_day: picture(last_day, DAY_STRETCH_MS).await?,
            month: picture(in_month, MONTH_STRETCH_MS).await?,
        })
    }
}

/// The months in which the monitor lived, newest first, and how many there are.
fn months(
    history: &History,
    now: Timestamp,
    settings: &Settings,
) -> (Vec<(Month, MonitorRow)>, usize) {
    let lives = history.monitor.lives();
    let Some(first) = lives.as_slice().first().map(|life| life.from) else {
        return (Vec::new(), 0);
    };
    let oldest = Month::around(first, settings.zone);
    let mut month = Month::around(now, settings.zone);
    let mut months = Vec::new();
    let mut count = 0;
    while month >= oldest {
        let window = month.window(settings.zone);
        if !lives.overlapping(window).is_empty() {
            count += 1;
            if months.len() < MONTHS_MAX {
                months.push((month, MonitorRow::of(history, window, now, settings)));
            }
        }
        month = month.previous();
    }
    (months, count)
}

/// Puts what was closed in place of what would be computed now.
async fn keep_closed(
    store: &dyn Store,
    months: &mut [(Month, MonitorRow)],
) -> Result<(), StoreError> {
    let Some(id) = months.first().map(|(_, row)| row.id.clone()) else { return Ok(()) };
    // No more than there are on the page.
    let most = u32::try_from(MONTHS_MAX).unwrap_or(u32::MAX);
    for (month, json) in store.closed_rows(Subject::Monitor, &id, most).await? {
        let row = closed::open_monitor(&json)
            .map_err(|wrong| StoreError::Corrupt(format!("{id} in {month}: {wrong}")))?;
        if let Some(shown) = months.iter_mut().find(|(shown, _)| *shown == month) {
            shown.1 = row;
        }
    }
    Ok(())
}

/// Every outage that cost downtime, newest first.
fn outages(history: &History, now: Timestamp, settings: &Settings) -> Vec<MonthOutage> {
    let (account, timeline) = history.read(Span::ALWAYS, now, &settings.excused(history));
    let mut outages: Vec<MonthOutage> = (account.known.outages.iter())
        .filter_map(|outage| MonthOutage::of(outage, &timeline, account.as_of))
        .map(|outage| outage.named(&history.monitor.id))
        .collect();
    outages.reverse();
    outages
}
