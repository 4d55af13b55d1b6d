//! A small recorder: judges checks as the daemon does, and commits what they come to.

use crate::files::key;
use everup::domain::check::Check;
use everup::domain::monitor::Key;
use everup::domain::timestamp::Timestamp;
use everup::store::batch::{Batch, Committed, Progress};
use everup::store::contract::{Loaded, Store};
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct Recorder {
    pub store: Arc<dyn Store>,
    pub loaded: Loaded,
}

impl Recorder {
    pub async fn start(store: Arc<dyn Store>) -> Recorder {
        let loaded = store.load().await.unwrap();
        Recorder { store, loaded }
    }

    pub fn key(&self, id: &str) -> Key {
        key(&self.loaded, id)
    }

    /// What checks come to; a monitor for which that is nothing is left out, unless
    /// this is a checkpoint.
    pub fn batch(&self, checks: &[(&str, Check)], checkpoint: Option<Timestamp>) -> Batch {
        let checks: Vec<(Key, Check)> =
            checks.iter().map(|(id, check)| (self.key(id), check.clone())).collect();
        let mut progress = Vec::new();
        for history in &self.loaded.histories {
            let key = &history.key;
            let mut judge = history.ledger.judge.clone();
            let mut entries = Vec::new();
            for (_, check) in checks.iter().filter(|(of, _)| of == key) {
                judge.observe(
                    check.started_at,
                    check.verdict,
                    check.reason(),
                    &history.monitor,
                    &mut entries,
                );
            }
            let lives = history.monitor.lives().as_slice().last();
            let is_living = lives.is_some_and(|life| life.to == Timestamp::MAX);
            if !entries.is_empty() || (checkpoint.is_some() && is_living) {
                progress.push(Progress { key: *key, entries, judge });
            }
        }
        Batch { epoch: self.loaded.epoch, checks, progress, checkpoint, ..Batch::default() }
    }

    /// Commits checks, and takes them over once they are kept. Loads first, as often as
    /// the past was changed meanwhile.
    pub async fn keep(&mut self, checks: &[(&str, Check)], checkpoint: Option<Timestamp>) {
        loop {
            let batch = self.batch(checks, checkpoint);
            match self.store.commit(&batch).await.unwrap() {
                Committed::Kept => return self.take_over(batch),
                Committed::Stale => self.loaded = self.store.load().await.unwrap(),
            }
        }
    }

    fn take_over(&mut self, batch: Batch) {
        let mut of: BTreeMap<Key, Vec<Check>> = BTreeMap::new();
        for (key, check) in batch.checks {
            of.entry(key).or_default().push(check);
        }
        for history in &mut self.loaded.histories {
            let key = &history.key;
            let mut judge = history.ledger.judge.clone();
            let mut entries = Vec::new();
            for check in of.remove(key).unwrap_or_default() {
                let (at, verdict) = (check.started_at, check.verdict);
                judge.observe(at, verdict, check.reason(), &history.monitor, &mut entries);
                history.latest = Some(check);
            }
            history.ledger.settle(entries, judge);
        }
    }
}
