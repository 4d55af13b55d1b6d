//! What the deliverer looks at while it decides: the monitors, the maintenance, the time.
//! Made anew for each look, of the board and both clocks.

use crate::board::Snapshot;
use crate::clock::Clock;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::{Key, Monitor, MonitorId};
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use std::collections::HashMap;

/// One look.
pub(super) struct Scene<'s> {
    monitors: HashMap<Key, &'s Monitor>,
    /// The windows that may matter: of ten thousand, usually none or one.
    windows: Vec<&'s MaintenanceWindow>,
    /// The wall clock: for maintenance.
    pub(super) now: Timestamp,
    /// The steady clock: for trying again.
    pub(super) steady_ms: i64,
}

impl<'s> Scene<'s> {
    /// A look at what was decided at these instants.
    pub(super) fn new(
        snapshot: &'s Snapshot,
        clock: &dyn Clock,
        instants: impl Iterator<Item = Timestamp>,
    ) -> Scene<'s> {
        let (now, steady_ms) = (clock.now(), clock.steady_ms());
        let (oldest, newest) =
            instants.fold((now, now), |(oldest, newest), at| (oldest.min(at), newest.max(at)));
        let may_matter = |window: &&MaintenanceWindow| {
            let span = window.span();
            !span.is_empty() && span.to > oldest && span.from <= newest
        };
        let windows = snapshot.windows.iter().map(|known| &known.window);
        let monitors =
            snapshot.histories.iter().map(|history| (history.key, &*history.monitor));
        Scene {
            monitors: monitors.collect(),
            windows: windows.filter(may_matter).collect(),
            now,
            steady_ms,
        }
    }

    /// A monitor; `None` where it is not on the board.
    pub(super) fn monitor(&self, key: Key) -> Option<&'s Monitor> {
        self.monitors.get(&key).copied()
    }

    /// When there is maintenance of a monitor.
    pub(super) fn maintenance_of(&self, monitor: &MonitorId) -> Vec<Span> {
        let about = self.windows.iter().filter(|window| window.is_about(monitor));
        about.map(|window| window.span()).collect()
    }
}
