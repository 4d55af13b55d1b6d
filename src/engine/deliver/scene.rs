//! What the deliverer looks at while it decides: the monitors, the maintenance, the time.
//! Made anew for each look, of the board and both clocks.

use crate::board::Snapshot;
use crate::clock::Clock;
use crate::domain::alert::Sight;
use crate::domain::check::Verdict;
use crate::domain::history::History;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::{Key, Monitor, MonitorId};
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use std::collections::HashMap;

/// How it was when the deliverer started.
#[derive(Default)]
pub(super) struct Beginning {
    /// When the newest check of each monitor began that was kept then.
    looked_at: HashMap<Key, Timestamp>,
    /// Until when first looks are waited for, by the steady clock.
    pub(super) looks_by_ms: i64,
}

impl Beginning {
    /// What `snapshot` shows.
    pub(super) fn of(snapshot: &Snapshot, looks_by_ms: i64) -> Beginning {
        let latest =
            |history: &History| Some((history.key, history.latest.as_ref()?.started_at));
        let looked_at = snapshot.histories.iter().filter_map(|history| latest(history));
        Beginning { looked_at: looked_at.collect(), looks_by_ms }
    }

    /// Whether something that began at `at` comes after what was kept of a monitor then.
    fn is_before(&self, key: Key, at: Timestamp) -> bool {
        self.looked_at.get(&key).is_none_or(|looked_at| *looked_at < at)
    }
}

/// One look.
pub(super) struct Scene<'s> {
    monitors: HashMap<Key, &'s History>,
    beginning: &'s Beginning,
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
        beginning: &'s Beginning,
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
        let monitors = snapshot.histories.iter().map(|history| (history.key, &**history));
        Scene {
            monitors: monitors.collect(),
            beginning,
            windows: windows.filter(may_matter).collect(),
            now,
            steady_ms,
        }
    }

    /// A monitor; `None` where it is not on the board.
    pub(super) fn monitor(&self, key: Key) -> Option<&'s Monitor> {
        self.monitors.get(&key).map(|history| &*history.monitor)
    }

    /// Whether a monitor, of which something was decided at `decided_at`, was looked at since
    /// the start.
    pub(super) fn sight_of(&self, key: Key, decided_at: Timestamp) -> Sight {
        let latest = self.monitors.get(&key).and_then(|history| history.latest.as_ref());
        let seen = latest.filter(|latest| latest.verdict != Verdict::Unknown);
        let seen_at = seen.map_or(decided_at, |seen| seen.started_at.max(decided_at));
        let wait_ms = self.beginning.looks_by_ms - self.steady_ms;
        match () {
            () if self.beginning.is_before(key, seen_at) => Sight::Fresh,
            () if wait_ms > 0 => Sight::Awaited(self.now.plus_ms(wait_ms)),
            () => Sight::Stale,
        }
    }

    /// When there is maintenance of a monitor.
    pub(super) fn maintenance_of(&self, monitor: &MonitorId) -> Vec<Span> {
        let about = self.windows.iter().filter(|window| window.is_about(monitor));
        about.map(|window| window.span()).collect()
    }
}
