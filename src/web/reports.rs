//! Reports, made one at a time and shared by everyone who asks for the same one.
//!
//! A report reads every check of its period. However many ask, one processor at most is
//! kept busy, and a page and the export that is opened from it are the same report.

use super::{Site, View};
use crate::domain::period::Period;
use crate::report::period::{NoReport, PeriodReport};
use std::sync::Arc;
use tokio::sync::Mutex;

/// So long a report is handed out again, unless something was committed meanwhile.
const SHARED_MS: i64 = 5_000;

/// A month, its neighbours, and a few that others look at.
const KEPT_MAX: usize = 8;

/// The reports that were made last.
#[derive(Default)]
pub(super) struct Reports {
    kept: Mutex<Vec<Kept>>,
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
        let mut kept = self.kept.lock().await;
        let view = site.view();
        let steady_ms = site.app.clock.steady_ms();
        kept.retain(|kept| kept.is_fresh(&view, steady_ms));
        if let Some(kept) = kept.iter().find(|kept| kept.report.period == period) {
            return Ok(Arc::clone(&kept.report));
        }
        let histories = view.snapshot.histories.iter().map(AsRef::as_ref);
        let store = site.app.store.as_ref();
        let report =
            PeriodReport::make(store, histories, period, view.now, &view.settings).await?;
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
        self.view.snapshot.number == view.snapshot.number
            && Arc::ptr_eq(&self.view.settings, &view.settings)
            && (0..SHARED_MS).contains(&age_ms)
            && steady_ms - self.made_ms < SHARED_MS
    }
}
