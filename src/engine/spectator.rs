//! Shows what another daemon watches: reads what is new in the store, and publishes it.
//!
//! Used by `app.rs` while this daemon stands by. New checks are judged here as they are
//! read, by the same judge that the other one asks, so that a look costs as much as what
//! is new; everything is read again where the past was changed, where checks do not join
//! on to those before, and now and then. It writes nothing, and only shows what is kept.

use super::run::COMMIT_WITHIN;
use crate::board::{Board, Snapshot};
use crate::domain::announcement::Announcement;
use crate::domain::calendar::Cut;
use crate::domain::check::Check;
use crate::domain::history::History;
use crate::domain::monitor::Key;
use crate::domain::timestamp::{MINUTE_MS, SECOND_MS, Timestamp};
use crate::store::contract::{Loaded, Newest, Store, StoreError};
use std::collections::HashMap;
use std::sync::Arc;

/// Checks are kept in the order in which they end: so far behind the newest one, and the
/// longest timeout further, others may come in late. It is what a commit waits, three times.
const STRAGGLE_MS: i64 = 6 * SECOND_MS;
/// All is read again this often, whatever came: what was missed is missed no longer.
const READ_AGAIN_MS: i64 = 10 * MINUTE_MS;
/// No sooner than this is all read again for checks that do not join on: after a long gap
/// those of a thousand monitors do not, one after the other.
const READ_AGAIN_MS_MIN: i64 = 10 * SECOND_MS;

/// Shows what another watches.
pub struct Spectator {
    store: Arc<dyn Store>,
    board: Arc<Board>,
    epoch: i64,
    /// In the owner's order.
    histories: Vec<Arc<History>>,
    places: HashMap<Key, usize>,
    windows: Arc<[Announcement]>,
    closed: Arc<[Cut]>,
    /// When the newest check began.
    newest: Timestamp,
    timeout_ms: i64,
    /// By the steady clock.
    read_at_ms: i64,
    /// Whether some checks did not join on.
    is_doubtful: bool,
}

impl Spectator {
    /// Reads everything and shows it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn new(
        store: Arc<dyn Store>,
        board: Arc<Board>,
        now: Timestamp,
        steady_ms: i64,
    ) -> Result<Spectator, StoreError> {
        let mut spectator = Spectator {
            store,
            board,
            epoch: 0,
            histories: Vec::new(),
            places: HashMap::new(),
            windows: Arc::default(),
            closed: Arc::default(),
            newest: Timestamp::MIN,
            timeout_ms: 0,
            read_at_ms: steady_ms,
            is_doubtful: false,
        };
        spectator.read_again(steady_ms).await?;
        spectator.end_figures(now);
        spectator.publish();
        Ok(spectator)
    }

    /// Reads what is new and shows it; `now` by the wall clock, and the steady one.
    ///
    /// # Errors
    /// When the store cannot be read; then everything stays as it was shown.
    pub async fn follow(&mut self, now: Timestamp, steady_ms: i64) -> Result<(), StoreError> {
        // A check may be dated ahead, by a clock that was wrong.
        let from = self.newest.min(now).plus_ms(-self.timeout_ms - STRAGGLE_MS);
        let Newest { epoch, checks } = self.store.newest(from).await?;
        let age_ms = steady_ms - self.read_at_ms;
        let is_other = epoch != self.epoch;
        let mut has_news = is_other
            || age_ms >= READ_AGAIN_MS
            || (self.is_doubtful && age_ms >= READ_AGAIN_MS_MIN);
        if has_news {
            self.read_again(steady_ms).await?;
        } else {
            for (key, check) in checks {
                has_news |= self.take(key, check);
            }
        }
        if self.end_figures(now) || has_news {
            self.publish();
        }
        Ok(())
    }

    async fn read_again(&mut self, steady_ms: i64) -> Result<(), StoreError> {
        let Loaded { epoch, histories, windows, closed } = self.store.load().await?;
        self.epoch = epoch;
        self.places = (histories.iter().enumerate())
            .map(|(place, history)| (history.key, place))
            .collect();
        self.newest = (histories.iter())
            .filter_map(|history| history.latest.as_ref())
            .map(|latest| latest.started_at)
            .max()
            .unwrap_or(Timestamp::MIN);
        self.timeout_ms = (histories.iter())
            .map(|history| history.monitor.parameters.current().timeout_ms)
            .max()
            .unwrap_or(0);
        self.histories = histories.into_iter().map(Arc::new).collect();
        self.windows = windows.into();
        self.closed = closed.into();
        self.read_at_ms = steady_ms;
        self.is_doubtful = false;
        Ok(())
    }

    /// Judges a check, if it is new; gives whether it was.
    fn take(&mut self, key: Key, check: Check) -> bool {
        let place = self.places.get(&key);
        let Some(history) = place.and_then(|place| self.histories.get_mut(*place)) else {
            self.is_doubtful = true;
            return false;
        };
        let at = check.started_at;
        let before = history.latest.as_ref().map(|latest| latest.started_at);
        if before.is_some_and(|before| at <= before) {
            return false;
        }
        let reach_ms = history.monitor.parameters.at(at).reach_ms();
        self.is_doubtful |= before.is_some_and(|before| at.since_ms(before) > reach_ms);
        self.newest = self.newest.max(at);
        let history = Arc::make_mut(history);
        let mut judge = history.ledger.judge.clone();
        let mut entries = Vec::new();
        judge.observe(at, check.verdict, check.reason(), &history.monitor, &mut entries);
        history.ledger.settle(entries, judge);
        history.latest = Some(check);
        true
    }

    /// Lets the figures end where the other may still change what they say. Gives whether
    /// that is elsewhere now.
    fn end_figures(&mut self, now: Timestamp) -> bool {
        let kept_within_ms = i64::try_from(COMMIT_WITHIN.as_millis()).unwrap_or(i64::MAX);
        let mut changed = false;
        for history in &mut self.histories {
            let end = history.end_where(now, kept_within_ms);
            if end != history.under_way {
                Arc::make_mut(history).under_way = end;
                changed = true;
            }
        }
        changed
    }

    fn publish(&self) {
        self.board.publish(Snapshot {
            histories: self.histories.clone(),
            windows: self.windows.clone(),
            closed: self.closed.clone(),
            first_checks_by: None,
            epoch: self.epoch,
            number: 0,
        });
    }
}
