//! The newest committed state of every monitor: one writer, many readers, swapped whole.
//!
//! The recorder publishes after each commit; pages and endpoints read. A reader holds
//! one snapshot for as long as it works. A check that has begun and is not in it yet is
//! known here by its start, so that no figure reaches into what it may still change.

use crate::domain::announcement::Announcement;
use crate::domain::calendar::Cut;
use crate::domain::history::History;
use crate::domain::monitor::Key;
use crate::domain::timestamp::Timestamp;
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

/// Everything that pages show, as of one commit.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Every monitor that ever was, those that live first, in the owner's order.
    pub histories: Vec<Arc<History>>,
    /// Every maintenance window, in order of its start.
    pub windows: Arc<[Announcement]>,
    /// The months that are closed, in order.
    pub closed: Arc<[Cut]>,
    /// When the first check of a monitor that has none is planned, at the latest.
    pub first_checks_by: Option<Timestamp>,
    /// Grows whenever the past was changed by anything but a new check.
    pub epoch: i64,
    /// How many were published before it; set by the board.
    pub number: u64,
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
    pub fn active_window(&self, now: Timestamp) -> Option<&Announcement> {
        self.windows
            .iter()
            .rev()
            .find(|announcement| announcement.window.is_active(now))
    }
}

/// The newest snapshot, and the checks that it does not know of yet.
#[derive(Default)]
pub struct Board {
    current: ArcSwap<Snapshot>,
    /// When the checks began that are under way or wait to be kept, of each monitor in
    /// order of time.
    under_way: Mutex<HashMap<Key, Vec<Timestamp>>>,
    /// Woken when what is kept was changed by someone else than the writer.
    asked: Notify,
    /// The epoch of the newest snapshot.
    epoch: watch::Sender<i64>,
}

impl Board {
    /// The newest snapshot. Where a check is under way, the history says since when.
    #[must_use]
    pub fn read(&self) -> Arc<Snapshot> {
        let current = self.current.load_full();
        let under_way = self.under_way();
        if under_way.is_empty() {
            return current;
        }
        let mark = |history: &Arc<History>| match under_way.get(&history.key) {
            Some(began) => {
                let under_way = began.first().copied();
                Arc::new(History { under_way, ..History::clone(history) })
            }
            None => Arc::clone(history),
        };
        let histories = current.histories.iter().map(mark).collect();
        Arc::new(Snapshot { histories, ..Snapshot::clone(&current) })
    }

    /// The newest snapshot, without the checks under way: for what needs none of them.
    #[must_use]
    pub fn glance(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Asks the writer to read what is kept again, because it was changed.
    pub fn ask_again(&self) {
        self.asked.notify_one();
    }

    /// Waits until someone has asked again.
    pub async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Waits until a snapshot of this epoch, or a later one, is shown.
    pub async fn shows(&self, epoch: i64) {
        // It lives as long as this board, so that the wait only ends by what is awaited.
        let _ = self.epoch.subscribe().wait_for(|shown| *shown >= epoch).await;
    }

    /// Puts a new snapshot in place of the old one.
    pub fn publish(&self, snapshot: Snapshot) {
        let number = self.current.load().number + 1;
        let snapshot = Arc::new(Snapshot { number, ..snapshot });
        // First the snapshot: whoever reads in between sees figures that end too early,
        // which is never wrong.
        self.current.store(Arc::clone(&snapshot));
        self.epoch.send_replace(snapshot.epoch);
        let mut under_way = self.under_way();
        for history in snapshot.histories.iter() {
            if let Some(latest) = &history.latest {
                forget(&mut under_way, history.key, latest.started_at);
            }
        }
    }

    /// Notes that a check of a monitor begins; not later than the check itself says.
    pub fn began(&self, key: Key, at: Timestamp) {
        self.under_way().entry(key).or_default().push(at);
    }

    /// Notes that a check which began at `at` will not be kept, nor any before it.
    pub fn given_up(&self, key: Key, at: Timestamp) {
        forget(&mut self.under_way(), key, at);
    }

    /// Notes that no check that has begun will be kept.
    pub fn nothing_under_way(&self) {
        self.under_way().clear();
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Key, Vec<Timestamp>>> {
        // Nothing panics while it is held.
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the checks of a monitor that began up to `at`.
fn forget(under_way: &mut HashMap<Key, Vec<Timestamp>>, key: Key, at: Timestamp) {
    if let Some(began) = under_way.get_mut(&key) {
        began.retain(|began| *began > at);
        if began.is_empty() {
            under_way.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::{Check, Verdict};
    use crate::domain::ledger::Ledger;
    use crate::domain::monitor::{Monitor, MonitorId, ParameterHistory, Parameters};
    use crate::domain::span::Spans;

    const KEY: Key = Key(7);

    fn snapshot(latest_at: i64) -> Snapshot {
        let monitor = Monitor::new(
            MonitorId::new("api").unwrap(),
            String::new(),
            String::new(),
            ParameterHistory::new(Parameters::default()),
            Spans::empty(),
            Spans::empty(),
        );
        let latest = Check {
            started_at: Timestamp(latest_at),
            verdict: Verdict::Ok,
            latency_us: None,
            evidence: None,
        };
        let history = History {
            key: KEY,
            monitor: monitor.into(),
            maintenance: Spans::empty(),
            ledger: Ledger::default(),
            latest: Some(latest),
            under_way: None,
            made_up: Spans::empty(),
            unbooked: None,
        };
        Snapshot { histories: vec![Arc::new(history)], ..Snapshot::default() }
    }

    fn under_way(board: &Board) -> Option<Timestamp> {
        board.read().histories[0].under_way
    }

    #[test]
    fn a_check_is_under_way_until_it_is_published() {
        let board = Board::default();
        board.publish(snapshot(10));
        assert_eq!(under_way(&board), None);
        board.began(KEY, Timestamp(20));
        board.began(KEY, Timestamp(30));
        assert_eq!(under_way(&board), Some(Timestamp(20)));
        board.publish(snapshot(10));
        assert_eq!(under_way(&board), Some(Timestamp(20)));
        board.publish(snapshot(21));
        assert_eq!(under_way(&board), Some(Timestamp(30)));
        board.publish(snapshot(30));
        assert_eq!(under_way(&board), None);
    }

    #[test]
    fn a_check_that_is_given_up_holds_nothing_back() {
        let board = Board::default();
        board.publish(snapshot(10));
        board.began(KEY, Timestamp(20));
        board.given_up(KEY, Timestamp(21));
        assert_eq!(under_way(&board), None);
    }
}
