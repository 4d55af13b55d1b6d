//! Reports, made one at a time and shared by everyone who asks for the same one.
//!
//! A report reads every check of its period, but only those that the one before it has not
//! read. However many ask, one processor at most is kept busy, and a page and the export
//! that is opened from it are the same report.

use super::{Site, View};
use crate::domain::period::Period;
use crate::report::answer::answer;
use crate::report::latency::Remembered;
use crate::report::period::{NoReport, PeriodReport};
use std::sync::Arc;
use tokio::sync::Mutex;

/// So long a report is handed out again, unless something was committed meanwhile.
const SHARED_MS: i64 = 5_000;

/// The running month, and one that somebody else looks at: with the course of every monitor
/// a report takes up to ten megabytes.
const KEPT_MAX: usize = 2;

/// The reports that were made last.
#[derive(Default)]
pub(super) struct Reports {
    kept: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    reports: Vec<Kept>,
    /// Of the checks of the window that was asked for last.
    remembered: Remembered,
}

struct Kept {
    made_ms: i64,
    view: View,
    report: Arc<PeriodReport>,
}

impl Reports {
    /// The report of `period`. Waits while another one is made.
    pub(super) async fn get(
        &self,
        site: &Site,
        period: Period,
    ) -> Result<Arc<PeriodReport>, NoReport> {
        let mut shelf = self.kept.lock().await;
        let Shelf { reports: kept, remembered } = &mut *shelf;
        let view = site.view();
        let steady_ms = site.app.clock.steady_ms();
        kept.retain(|kept| kept.is_fresh(&view, steady_ms));
        if let Some(kept) = kept.iter().find(|kept| kept.report.period == period) {
            return Ok(Arc::clone(&kept.report));
        }
        let histories = view.snapshot.histories.iter().map(AsRef::as_ref);
        let store = site.app.store.as_ref();
        remembered.renew(view.snapshot.epoch);
        let report =
            answer(store, histories, period, view.now, &view.settings, Some(remembered))
                .await?;
        let report = Arc::new(report);
        if kept.len() >= KEPT_MAX {
            kept.remove(0);
        }
        kept.push(Kept { made_ms: steady_ms, view, report: Arc::clone(&report) });
        Ok(report)
    }
}

impl Kept {
    /// Whether it would read the same, but for the seconds that have passed.
    fn is_fresh(&self, view: &View, steady_ms: i64) -> bool {
        let age_ms = view.now.since_ms(self.view.now);
        // What is closed can only be corrected, and not by a commit.
        let is_same =
            self.report.closing.is_some() || self.view.snapshot.number == view.snapshot.number;
        is_same
            && Arc::ptr_eq(&self.view.settings, &view.settings)
            && (0..SHARED_MS).contains(&age_ms)
            && steady_ms - self.made_ms < SHARED_MS
    }
}
