//! Which single checks may go: those of months that are closed, where they still come to
//! what was closed.
//!
//! Housekeeping asks this before it purges. A month goes whole: what its report says of
//! latencies can be compared as long as all of its checks are there, and no longer.

use super::closed;
use super::latency::Remembered;
use super::period::{MonitorRow, NoReport, PeriodReport};
use super::settings::Settings;
use crate::domain::calendar::Cut;
use crate::domain::history::History;
use crate::domain::monitor::Key;
use crate::domain::month::Month;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;
use crate::store::contract::{Store, StoreError};
use std::collections::BTreeMap;

/// Which checks may go, and which may not although they are old enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// The months of each monitor whose checks may go.
    pub purgeable: BTreeMap<Key, Spans>,
    /// Monitors and months whose checks no longer come to what was closed: history was
    /// imported afterwards, for example. Both are kept.
    pub doubtful: Vec<(String, Month)>,
}

impl Retention {
    /// Looks at every closed month that ended by `before`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of(
        store: &dyn Store,
        histories: &[&History],
        before: Timestamp,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<Retention, StoreError> {
        let kept_from = store.kept_from().await?;
        let mut retention = Retention::default();
        for Cut { month, .. } in store.closed_months().await? {
            let Some(kept) = store.closed_month(month).await? else { continue };
            let kept = closed::open(&kept.text())
                .map_err(|wrong| StoreError::Corrupt(format!("a closed month: {wrong}")))?;
            if kept.window.to > before {
                continue;
            }
            // What has begun to go was compared before.
            let has_begun = |history: &History| {
                kept_from.get(&history.key).is_some_and(|from| *from > kept.window.from)
            };
            let of_row = |row: &MonitorRow| {
                let mut all = histories.iter();
                all.find(|history| history.monitor.id.as_str() == row.id).copied()
            };
            let rows = || kept.monitors.iter().filter_map(|row| Some((row, of_row(row)?)));
            let again = if rows().all(|(_, history)| has_begun(history)) {
                None
            } else {
                made_again(store, histories, &kept, now, settings).await?
            };
            for (row, history) in rows() {
                let same = |again: &PeriodReport| {
                    again.monitors.iter().any(|found| is_same(found, row))
                };
                if has_begun(history) || again.as_ref().is_some_and(same) {
                    retention.add(history.key, kept.window);
                } else {
                    retention.doubtful.push((row.id.clone(), month));
                }
            }
        }
        Ok(retention)
    }

    fn add(&mut self, key: Key, window: Span) {
        let spans = self.purgeable.entry(key).or_default();
        *spans = spans.union(&Spans::from(window));
    }
}

/// The report of a closed month as it reads now; `None` where there is none any more.
async fn made_again(
    store: &dyn Store,
    histories: &[&History],
    kept: &PeriodReport,
    now: Timestamp,
    settings: &Settings,
) -> Result<Option<PeriodReport>, StoreError> {
    let settings = Settings { zone: kept.zone, ..settings.clone() };
    let remembered = &mut Remembered::default();
    let histories = histories.iter().copied();
    let made =
        PeriodReport::make(store, histories, kept.period, now, &settings, Some(remembered))
            .await;
    match made {
        Ok(report) if report.window == kept.window => Ok(Some(report)),
        Err(NoReport::Store(error)) => Err(error),
        Ok(_) | Err(_) => Ok(None),
    }
}

/// Whether the checks of a monitor are those that its closed month was made of, as far as
/// that can be seen: how many, how fast, and what was down. Not what was promised or
/// announced, which may have changed since.
fn is_same(found: &MonitorRow, kept: &MonitorRow) -> bool {
    let outages = |row: &MonitorRow| -> Vec<Span> {
        row.figures.outages.iter().map(|outage| outage.span).collect()
    };
    found.id == kept.id
        && found.summary.checks == kept.summary.checks
        && found.percentiles() == kept.percentiles()
        && outages(found) == outages(kept)
}
