//! The newest committed state of every monitor: one writer, many readers, swapped whole.
//!
//! The recorder publishes after each commit; pages and endpoints read. A reader holds
//! one snapshot for as long as it works and never waits for anyone.

use crate::domain::history::History;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::timestamp::Timestamp;
use arc_swap::ArcSwap;
use std::sync::Arc;

/// Everything that pages show, as of one commit.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Every monitor that ever was, those that live first, in the owner's order.
    pub histories: Vec<Arc<History>>,
    /// Every maintenance window, in order of its start.
    pub windows: Arc<[MaintenanceWindow]>,
    /// When the first check of a monitor that has none is planned, at the latest.
    pub first_checks_by: Option<Timestamp>,
}

impl Snapshot {
    /// The monitors that live at `now`.
    pub fn living(&self, now: Timestamp) -> impl Iterator<Item = &History> {
        (self.histories.iter())
            .map(AsRef::as_ref)
            .filter(move |history| history.monitor.lives().contains(now))
    }

    /// The monitor with this id, living or not.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&History> {
        (self.histories.iter())
            .map(AsRef::as_ref)
            .find(|history| history.monitor.id.as_str() == id)
    }

    /// The announced window that is active at `now`; of several, the one that began last.
    #[must_use]
    pub fn active_window(&self, now: Timestamp) -> Option<&MaintenanceWindow> {
        self.windows.iter().rev().find(|window| window.is_active(now))
    }
}

/// The newest snapshot.
#[derive(Default)]
pub struct Board {
    current: ArcSwap<Snapshot>,
}

impl Board {
    /// The newest snapshot.
    #[must_use]
    pub fn read(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Puts a new snapshot in place of the old one.
    pub fn publish(&self, snapshot: Snapshot) {
        self.current.store(Arc::new(snapshot));
    }
}
