//! The closed months beside a report, as they were closed. A report that is asked for
//! again remembers them: what is closed never changes, and a year of a thousand monitors
//! is twelve thousand rows.

use super::closed;
use super::period::{NoReport, PeriodReport};
use crate::domain::month::Month;
use crate::domain::timestamp::Timestamp;
use crate::domain::uptime::Tally;
use crate::store::closed::{ClosedLengths, Subject};
use crate::store::contract::{Store, StoreError};
use std::collections::{BTreeSet, HashMap};

/// How long each class lasted in closed months, of every monitor and group. It holds no
/// more than the months that the newest report has beside it.
#[derive(Debug, Default)]
pub(super) struct Beside {
    known: BTreeSet<Month>,
    of: HashMap<(Subject, String), Vec<(Month, Tally)>>,
}

impl Beside {
    /// Puts what was closed in place of what the months beside a report come to today.
    pub(super) async fn keep(
        &mut self,
        store: &dyn Store,
        report: &mut PeriodReport,
        now: Timestamp,
    ) -> Result<(), NoReport> {
        self.turn_to(store, report, now).await?;
        let monitors = report.monitors.iter_mut();
        let monitors = monitors.map(|row| (Subject::Monitor, &row.id, &mut row.months));
        let groups = report.groups.iter_mut();
        let groups = groups.map(|row| (Subject::Group, &row.id, &mut row.months));
        for (subject, id, months) in monitors.chain(groups) {
            for (month, tally) in self.of.get(&(subject, id.clone())).into_iter().flatten() {
                if let Some(sum) = months.iter_mut().find(|sum| sum.month == *month) {
                    sum.tally = *tally;
                }
            }
        }
        Ok(())
    }

    /// Reads what is not known yet, and forgets what is not beside the report.
    async fn turn_to(
        &mut self,
        store: &dyn Store,
        report: &PeriodReport,
        now: Timestamp,
    ) -> Result<(), NoReport> {
        let near: BTreeSet<Month> = report.months.iter().map(|(month, _)| *month).collect();
        self.known.retain(|month| near.contains(month));
        for months in self.of.values_mut() {
            months.retain(|(month, _)| near.contains(month));
        }
        self.of.retain(|_, months| !months.is_empty());
        let closed = store.closed_months().await?.into_iter().map(|cut| cut.month);
        let wanted: Vec<Month> = closed
            .filter(|month| near.contains(month) && !self.known.contains(month))
            .collect();
        let Some((first, last)) = wanted.first().zip(wanted.last()) else { return Ok(()) };
        for row in store.closed_lengths(*first..=*last, now).await? {
            let ClosedLengths { month, subject, id, json } = row;
            if self.known.contains(&month) {
                continue;
            }
            let tally = closed::open_lengths(&json)
                .map_err(|wrong| StoreError::Corrupt(format!("{id} in {month}: {wrong}")))?;
            self.of.entry((subject, id)).or_default().push((month, tally));
        }
        // One that is closed after `now` is asked for again; it has brought no row.
        let brought: BTreeSet<Month> =
            self.of.values().flatten().map(|(month, _)| *month).collect();
        self.known
            .extend(wanted.into_iter().filter(|month| brought.contains(month)));
        Ok(())
    }
}
