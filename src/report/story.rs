//! What the page of a monitor and that of a group have in common: days, months and
//! outages, all from one past.

use super::closed;
use super::figures::Figures;
use super::outage::MonthOutage;
use super::past::Past;
use super::restated::{CorrectedMonth, corrected_months};
use super::settings::Settings;
use super::status::{DAYS, Day};
use crate::domain::calendar::Calendar;
use crate::domain::monitor::MonitorId;
use crate::domain::month::{self, Month};
use crate::domain::timestamp::Timestamp;
use crate::store::closed::{Correction, Subject};
use crate::store::contract::{Store, StoreError};

/// Three years of months fit on a page; older ones are a link away, in their reports.
pub const MONTHS_MAX: usize = 36;

/// More outages than anyone reads on one page; older ones are in the reports.
pub const OUTAGES_MAX: usize = 200;

/// A whole past, as a page tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// When its time began; `None` where it never did.
    pub since: Option<Timestamp>,
    /// The last [`DAYS`] local days, oldest first.
    pub days: Vec<Day>,
    /// The months in which it existed, newest first, at most [`MONTHS_MAX`].
    pub months: Vec<(Month, Figures)>,
    /// How many months there are in all.
    pub months_count: usize,
    /// Its outages with downtime, newest first, at most [`OUTAGES_MAX`].
    pub outages: Vec<MonthOutage>,
    /// How many outages there are in all.
    pub outages_count: usize,
    /// How many cost no downtime, because all of their time was maintenance.
    pub outages_excused: usize,
    /// The closed months of [`Story::months`] that were corrected, oldest first.
    pub corrected: Vec<CorrectedMonth>,
    /// Those of [`Story::months`] that were closed without a row of it, so that its figures
    /// are of what is known today.
    pub closed_without: Vec<Month>,
}

impl Story {
    /// The story of a past that was read over all time, as it is told at `now`.
    #[must_use]
    pub fn of(past: &Past, now: Timestamp, settings: &Settings) -> Story {
        let (months, months_count) = months(past, now, &settings.calendar());
        let mut outages: Vec<MonthOutage> = (past.outages.iter().rev())
            .filter_map(|outage| past.outage(outage, &past.timeline))
            .collect();
        let outages_count = outages.len();
        outages.truncate(OUTAGES_MAX);
        Story {
            since: past.lives.as_slice().first().map(|life| life.from),
            days: past.days(&month::days_until(now, DAYS, settings.zone)),
            months,
            months_count,
            outages,
            outages_count,
            outages_excused: past.outages.len().saturating_sub(outages_count),
            corrected: Vec::new(),
            closed_without: Vec::new(),
        }
    }

    /// Puts the months that were closed in place of what would be computed now, with the
    /// corrections that are of these monitors.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn keep_closed(
        &mut self,
        store: &dyn Store,
        (subject, id): (Subject, &MonitorId),
        monitors: &[MonitorId],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // No more than there are on the page.
        let most = u32::try_from(MONTHS_MAX).unwrap_or(u32::MAX);
        let closed = store.closed_months().await?.into_iter().map(|cut| cut.month);
        let is_shown = |month: &Month| self.months.iter().any(|of| of.0 == *month);
        self.closed_without = closed.filter(is_shown).collect();
        for (month, json) in store.closed_rows(subject, id.as_str(), most).await? {
            let figures = closed::open_row(subject, &json)
                .map_err(|wrong| StoreError::Corrupt(format!("{id} in {month}: {wrong}")))?;
            if let Some(shown) = self.months.iter_mut().find(|(shown, _)| *shown == month) {
                shown.1 = figures;
            }
            self.closed_without.retain(|of| *of != month);
        }
        let is_wanted = |of: &Correction| {
            monitors.iter().any(|id| id.as_str() == of.monitor)
                && self.months.iter().any(|(shown, _)| *shown == of.month)
        };
        self.corrected = corrected_months(store, now, is_wanted).await?;
        Ok(())
    }
}

/// The months in which it existed, newest first, and how many there are.
fn months(past: &Past, now: Timestamp, calendar: &Calendar) -> (Vec<(Month, Figures)>, usize) {
    let Some(first) = past.lives.as_slice().first().map(|life| life.from) else {
        return (Vec::new(), 0);
    };
    let oldest = calendar.around(first);
    let mut month = calendar.around(now);
    let mut months = Vec::new();
    let mut count = 0;
    while month >= oldest {
        let window = calendar.month(month);
        if !past.lives.overlapping(window).is_empty() {
            count += 1;
            if months.len() < MONTHS_MAX {
                months.push((month, past.figures(window)));
            }
        }
        month = month.previous();
    }
    (months, count)
}
