//! What the recorder works on: every monitor as it is committed and as the waiting checks
//! make it, and what waits. Nothing here waits or touches the store.

use crate::board::Snapshot;
use crate::domain::alert::Alert;
use crate::domain::announcement::Announcement;
use crate::domain::calendar::Cut;
use crate::domain::check::{Check, Evidence, Kind, Verdict};
use crate::domain::exchange::Exchange;
use crate::domain::history::History;
use crate::domain::judge::{Entry, Judge};
use crate::domain::monitor::Key;
use crate::domain::timestamp::{MINUTE_MS, Timestamp};
use crate::engine::announce::announce;
use crate::engine::exchanges::Exchanges;
use crate::engine::hold::Hold;
use crate::engine::receivers::Receivers;
use crate::store::batch::{Batch, Progress};
use crate::store::contract::Loaded;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Checks that wait for the store: over half an hour of a thousand monitors at 20 s,
/// and below 20 MB.
const WAITING_MAX: usize = 100_000;
/// Every judge is stored this often, so that a start has few checks to judge again.
pub(super) const CHECKPOINT_MS: i64 = 10 * MINUTE_MS;

#[derive(Default)]
pub(super) struct Desk {
    pub(super) epoch: i64,
    pub(super) monitors: HashMap<Key, Kept>,
    /// The keys of `monitors` in the owner's order.
    pub(super) order: Vec<Key>,
    pub(super) windows: Arc<[Announcement]>,
    closed: Arc<[Cut]>,
    pub(super) waiting: Vec<(Key, Check)>,
    /// How many checks are being committed just now.
    under_way: usize,
    pub(super) exchanges: Exchanges,
    /// Where checks were lost: of each monitor the first and the newest, and how many.
    pub(super) lost: BTreeMap<Key, (Timestamp, Timestamp, u64)>,
    /// Set when checks were lost while a batch was under way: once it is kept, what
    /// waits has to be judged on top of it.
    pub(super) torn: bool,
    pub(super) checkpoint_due: Timestamp,
    pub(super) first_checks_by: Option<Timestamp>,
    /// What waits for the clock.
    pub(super) hold: Hold,
    /// Set when a monitor shows something else that is not booked.
    pub(super) unshown: bool,
}

/// A monitor: as it is committed and shown, and as the waiting checks make it.
pub(super) struct Kept {
    pub(super) committed: Arc<History>,
    pub(super) judge: Judge,
    pub(super) entries: Vec<Entry>,
    /// What the waiting checks give to tell.
    pub(super) alerts: Vec<Alert>,
}

/// What is committed together.
pub(super) struct Bundle {
    pub(super) batch: Batch,
    /// The judges of the monitors whose checks settled nothing. Those of the others are in
    /// the batch.
    quiet: Vec<(Key, Judge)>,
}

impl Desk {
    /// Puts what is kept on the desk, and judges what waits on top of it.
    pub(super) fn lay_out(&mut self, loaded: Loaded) {
        let Loaded { epoch, histories, windows, closed } = loaded;
        self.epoch = epoch;
        self.windows = windows.into();
        self.closed = closed.into();
        self.order = histories.iter().map(|history| history.key).collect();
        for history in &histories {
            if let Some(latest) = &history.latest {
                self.exchanges.go_on_after(history.key, latest);
            }
        }
        self.monitors = (histories.into_iter())
            .map(|history| (history.key, Kept::new(history)))
            .collect();
        self.judge_waiting();
    }

    /// Everything that waits, with what of it is to be told to whom; `None` if nothing does.
    pub(super) fn bundle(&mut self, now: Timestamp, receivers: &Receivers) -> Option<Bundle> {
        let is_due = now >= self.checkpoint_due && self.hold.ahead_ms().is_none();
        let checkpoint = is_due.then_some(now);
        if self.waiting.is_empty() && self.lost.is_empty() && checkpoint.is_none() {
            return None;
        }
        let mut checks = self.admit_losses();
        checks.append(&mut self.waiting);
        let touched: BTreeSet<Key> = match checkpoint {
            Some(_) => self.order.iter().copied().collect(),
            None => checks.iter().map(|(key, _)| *key).collect(),
        };
        let (mut progress, mut quiet, mut alerts) = (Vec::new(), Vec::new(), Vec::new());
        for key in touched {
            let Some(kept) = self.monitors.get_mut(&key) else { continue };
            let entries = std::mem::take(&mut kept.entries);
            let judge = kept.judge.clone();
            let news = std::mem::take(&mut kept.alerts);
            alerts.extend(receivers.address(&kept.committed.monitor.id, news));
            if entries.is_empty() && checkpoint.is_none() {
                quiet.push((key, judge));
            } else {
                progress.push(Progress { key, entries, judge });
            }
        }
        self.under_way = checks.len();
        let exchanges = self.exchanges.batch();
        let epoch = self.epoch;
        // Of several monitors in the order in which it was decided.
        alerts.sort_by_key(|outgoing| outgoing.alert.at);
        let batch =
            Batch { epoch, checks, progress, checkpoint, exchanges, alerts, alive: None };
        Some(Bundle { batch, quiet })
    }

    /// How many checks are not kept yet.
    pub(super) fn unkept(&self) -> usize {
        self.waiting.len() + self.under_way
    }

    /// A bundle is kept: it is what is shown from now on.
    pub(super) fn settle(&mut self, bundle: Bundle, now: Timestamp) {
        let Bundle { batch, quiet } = bundle;
        self.under_way = 0;
        let loud = (batch.progress.into_iter())
            .map(|Progress { key, entries, judge }| (key, entries, judge));
        let quiet = quiet.into_iter().map(|(key, judge)| (key, Vec::new(), judge));
        for (key, entries, judge) in loud.chain(quiet) {
            if let Some(kept) = self.monitors.get_mut(&key) {
                let history = Arc::make_mut(&mut kept.committed);
                announce(history, &entries, &judge);
                history.ledger.settle(entries, judge);
            }
        }
        for (key, check) in batch.checks {
            if let Some(kept) = self.monitors.get_mut(&key) {
                let history = Arc::make_mut(&mut kept.committed);
                if check.verdict != Verdict::Unknown {
                    history.unbooked = None;
                }
                let latest = &mut history.latest;
                if latest.as_ref().is_none_or(|latest| latest.started_at < check.started_at) {
                    *latest = Some(check);
                }
            }
        }
        if std::mem::take(&mut self.torn) {
            self.judge_waiting();
        }
        if batch.checkpoint.is_some() {
            self.checkpoint_due = now.plus_ms(CHECKPOINT_MS);
        }
    }

    /// Books a check. Gives whether that has changed something, and whether the monitor is
    /// undecided; `None` where the monitor is gone, or a later check is booked.
    pub(super) fn accept(
        &mut self,
        key: Key,
        check: Check,
        exchange: Option<Box<Exchange>>,
    ) -> Option<(bool, bool)> {
        let kept = self.monitors.get_mut(&key)?;
        if kept.behind_ms(&check).is_some() {
            return None;
        }
        let before = (kept.judge.is_down(), kept.judge.is_undecided());
        kept.observe(&check);
        let after = (kept.judge.is_down(), kept.judge.is_undecided());
        self.exchanges.take(key, &check, exchange);
        self.waiting.push((key, check));
        self.shed();
        Some((before != after, after.1))
    }

    /// A bundle that was not kept waits again, before what has come since.
    pub(super) fn put_back(&mut self, Bundle { batch, .. }: Bundle) {
        self.under_way = 0;
        let since = std::mem::replace(&mut self.waiting, batch.checks);
        self.waiting.extend(since);
        self.exchanges.put_back(batch.exchanges);
        let mut news: HashMap<Key, Vec<Alert>> = HashMap::new();
        for outgoing in batch.alerts {
            news.entry(outgoing.alert.monitor).or_default().push(outgoing.alert);
        }
        for (key, mut news) in news {
            if let Some(kept) = self.monitors.get_mut(&key) {
                news.append(&mut kept.alerts);
                kept.alerts = news;
            }
        }
        for progress in batch.progress {
            if let Some(kept) = self.monitors.get_mut(&progress.key) {
                let since = std::mem::replace(&mut kept.entries, progress.entries);
                kept.entries.extend(since);
            }
        }
        self.shed();
    }

    /// Drops the older half when too many wait, and remembers what was lost.
    pub(super) fn shed(&mut self) {
        if self.waiting.len() <= WAITING_MAX {
            return;
        }
        for (key, check) in self.waiting.drain(..WAITING_MAX / 2) {
            let at = check.started_at;
            let lost = self.lost.entry(key).or_insert((at, at, 0));
            *lost = (lost.0.min(at), lost.1.max(at), lost.2 + 1);
        }
        tracing::error!("too many checks wait for the database; the oldest are lost");
        self.torn = true;
        self.judge_waiting();
    }

    /// What was lost, as checks that say so: one at each end of every hole.
    fn admit_losses(&mut self) -> Vec<(Key, Check)> {
        let mut checks = Vec::new();
        for (key, (first, newest, count)) in std::mem::take(&mut self.lost) {
            let reason = format!("the database refused: {count} checks could not be kept");
            let evidence =
                Evidence { kind: Some(Kind::OwnStore), ..Evidence::because(&reason) };
            let admission = |started_at| Check {
                started_at,
                verdict: Verdict::Unknown,
                latency_us: None,
                evidence: Some(Box::new(evidence.clone())),
            };
            checks.push((key, admission(first)));
            if newest > first {
                checks.push((key, admission(newest)));
            }
        }
        checks
    }

    /// Judges what waits anew, on top of what is committed.
    fn judge_waiting(&mut self) {
        for kept in self.monitors.values_mut() {
            kept.judge = kept.committed.ledger.judge.clone();
            kept.entries.clear();
            kept.alerts.clear();
        }
        for (key, check) in &self.waiting {
            if let Some(kept) = self.monitors.get_mut(key) {
                kept.observe(check);
            }
        }
    }

    pub(super) fn histories(&self) -> Vec<Arc<History>> {
        (self.order.iter())
            .filter_map(|key| self.monitors.get(key))
            .map(|kept| kept.committed.clone())
            .collect()
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            histories: self.histories(),
            windows: self.windows.clone(),
            closed: self.closed.clone(),
            first_checks_by: self.first_checks_by,
            epoch: self.epoch,
            number: 0,
        }
    }
}

impl Kept {
    fn new(history: History) -> Kept {
        let judge = history.ledger.judge.clone();
        let (entries, alerts) = (Vec::new(), Vec::new());
        Kept { committed: Arc::new(history), judge, entries, alerts }
    }

    fn observe(&mut self, check: &Check) {
        let at = check.started_at;
        let before = self.judge.outage.as_ref().map(|(since, _)| *since);
        let known = self.entries.len();
        let (monitor, entries) = (&self.committed.monitor, &mut self.entries);
        self.judge.observe(at, check.verdict, check.reason(), monitor, entries);
        let settled = self.entries.get(known..).unwrap_or_default();
        let news = Alert::of_check(self.committed.key, at, before, settled, &self.judge);
        self.alerts.extend(news);
    }
}
