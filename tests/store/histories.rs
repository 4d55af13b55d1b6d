//! Random histories: whatever happens in whatever order, a store answers what was kept,
//! and what it loads is what all that comes to.

use crate::files::{Database, File, registration};
use crate::recorder::Recorder;
use everup::domain::check::{Check, Evidence, Verdict};
use everup::domain::ledger::Ledger;
use everup::domain::monitor::{Monitor, Parameters};
use everup::domain::span::{Span, Spans};
use everup::domain::timestamp::{DAY_MS, HOUR_MS, SECOND_MS, Timestamp};
use everup::store::import::Pause;
use everup::store::registration::{Others, Registration};
use proptest::prelude::*;
use std::collections::BTreeMap;

const IDS: [&str; 3] = ["api", "web", "db"];
/// Ten minutes before a day ends, so that histories cross midnight and full hours.
const BEGIN_MS: i64 = 1_793_491_200_000 - 600 * SECOND_MS;

#[derive(Clone, Debug)]
enum Step {
    /// Checks of some monitors, each so many seconds after its last; perhaps a
    /// checkpoint, so far from the newest check of all.
    Keep(Vec<(usize, i64, Verdict)>, Option<i64>),
    /// The process dies and starts again.
    Crash,
    /// Packs until so far from the newest check of all.
    Pack(i64),
    /// Lets go of the checks of days that ended so many days before the newest check.
    Purge(i64),
    /// Another process imports checks that are so much older than the monitor's newest.
    Import(usize, Vec<(i64, Verdict)>),
    /// Another process imports a pause, from and to so long before the newest check.
    Pause(usize, i64, Option<i64>),
    /// The configuration is read again: who lives, and after how many failures it is down.
    Register(Vec<bool>, u32),
    /// A monitor's time begins so long after everything, or whenever it did.
    Since(usize, Option<i64>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let verdict = || {
        prop_oneof![
            4 => Just(Verdict::Ok),
            1 => Just(Verdict::Degraded),
            4 => Just(Verdict::Fail),
            1 => Just(Verdict::Unknown),
        ]
    };
    let which = || 0..IDS.len();
    // Mostly contiguous, sometimes not, seldom over hours or days.
    let gap = || {
        prop_oneof![
            12 => 10..=75_i64,
            4 => 76..=300_i64,
            1 => 3_000..=8_000_i64,
            2 => 60_000..=100_000_i64,
        ]
    };
    let around = || -400..=200_i64;
    let keep = (
        prop::collection::vec((which(), gap(), verdict()), 0..6),
        prop::option::of(around()),
    );
    let import = (which(), prop::collection::vec((0..=4_000_i64, verdict()), 0..5));
    let pause = (which(), 0..=900_i64, prop::option::of(1..=600_i64));
    let lives = prop::collection::vec(prop::bool::weighted(0.8), IDS.len());
    let step = prop_oneof![
        8 => keep.prop_map(|(checks, checkpoint)| Step::Keep(checks, checkpoint)),
        2 => Just(Step::Crash),
        3 => around().prop_map(Step::Pack),
        2 => (0..=1_i64).prop_map(Step::Purge),
        2 => import.prop_map(|(which, checks)| Step::Import(which, checks)),
        1 => pause.prop_map(|(which, before, length)| Step::Pause(which, before, length)),
        1 => (lives, 1..=3_u32).prop_map(|(lives, failures)| Step::Register(lives, failures)),
        1 => (which(), prop::option::of(-600..=900_i64))
            .prop_map(|(which, since)| Step::Since(which, since)),
    ];
    prop::collection::vec(step, 1..24)
}

/// The world beside the store: what it was given.
struct World {
    file: File,
    recorder: Recorder,
    registrations: Vec<Registration>,
    /// What is kept of each monitor.
    kept: Vec<BTreeMap<Timestamp, Check>>,
    /// What was before that has come to, and until when that was.
    fixed: Vec<(Timestamp, Ledger)>,
    /// When the newest check of each monitor began.
    newest: Vec<Timestamp>,
}

fn check(at: Timestamp, verdict: Verdict) -> Check {
    let evidence = (verdict != Verdict::Ok)
        .then(|| Box::new(Evidence::because(&format!("{verdict} at {}", at.0))));
    Check { started_at: at, verdict, latency_us: Some((at.0 % 997) as u32), evidence }
}

/// Lets a ledger go on with checks.
fn judge<'a>(ledger: &mut Ledger, checks: impl Iterator<Item = &'a Check>, monitor: &Monitor) {
    let (mut judge, mut entries) = (ledger.judge.clone(), Vec::new());
    for check in checks {
        let (at, verdict) = (check.started_at, check.verdict);
        judge.observe(at, verdict, check.reason(), monitor, &mut entries);
    }
    ledger.settle(entries, judge);
}

impl World {
    async fn new() -> World {
        let file = File::new();
        let store = file.open().await;
        let registrations: Vec<Registration> = IDS.iter().map(|id| registration(id)).collect();
        let begin = Timestamp(BEGIN_MS);
        store.register(begin, &registrations, Others::Remove).await.unwrap();
        World {
            file,
            recorder: Recorder::start(store).await,
            registrations,
            kept: vec![BTreeMap::new(); IDS.len()],
            fixed: vec![(Timestamp::MIN, Ledger::default()); IDS.len()],
            newest: vec![begin; IDS.len()],
        }
    }

    fn now(&self) -> Timestamp {
        self.newest.iter().copied().max().unwrap()
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Keep(checks, checkpoint) => self.keep(checks, checkpoint).await,
            Step::Crash => self.crash().await,
            Step::Pack(around) => {
                let until = self.now().plus_ms(around * SECOND_MS);
                self.recorder.store.pack(until).await.unwrap();
            }
            Step::Purge(days) => self.purge(days).await,
            Step::Import(which, checks) => self.import(which, checks).await,
            Step::Pause(which, before, length) => {
                let from = Timestamp(self.newest[which].0 - before * SECOND_MS);
                let to = length.map(|seconds| from.plus_ms(seconds * SECOND_MS));
                let other = self.file.open().await;
                let mut import = other.import().await.unwrap();
                let key = self.recorder.key(IDS[which]);
                // It may contradict one that is there.
                if import.pause(key, Pause { from, to }).await.is_ok() {
                    import.finish().await.unwrap();
                }
            }
            Step::Register(lives, failures) => {
                for registration in &mut self.registrations {
                    registration.parameters =
                        Parameters { failures, ..registration.parameters };
                }
                let living: Vec<Registration> = (self.registrations.iter().zip(lives))
                    .filter(|(_, lives)| *lives)
                    .map(|(registration, _)| registration.clone())
                    .collect();
                let (store, now) = (&self.recorder.store, self.now());
                store.register(now, &living, Others::Remove).await.unwrap();
            }
            Step::Since(which, since) => {
                let begin = Timestamp(BEGIN_MS);
                self.registrations[which].since =
                    since.map(|seconds| begin.plus_ms(seconds * SECOND_MS));
                let (store, now) = (&self.recorder.store, self.now());
                let one = &self.registrations[which..=which];
                store.register(now, one, Others::Keep).await.unwrap();
            }
        }
    }

    async fn keep(&mut self, checks: Vec<(usize, i64, Verdict)>, checkpoint: Option<i64>) {
        let mut batch = Vec::new();
        for (which, gap, verdict) in checks {
            self.newest[which] = self.newest[which].plus_ms(gap * SECOND_MS);
            let check = check(self.newest[which], verdict);
            self.kept[which].insert(check.started_at, check.clone());
            batch.push((IDS[which], check));
        }
        let checkpoint = checkpoint.map(|around| self.now().plus_ms(around * SECOND_MS));
        self.recorder.keep(&batch, checkpoint).await;
    }

    async fn crash(&mut self) {
        let held = std::mem::take(&mut self.recorder.loaded.histories);
        let epoch = self.recorder.loaded.epoch;
        self.recorder = Recorder::start(self.file.open().await).await;
        if self.recorder.loaded.epoch == epoch {
            assert_eq!(self.recorder.loaded.histories, held);
        }
    }

    /// Checks of odd milliseconds, so that none is one of the recorder's.
    async fn import(&mut self, which: usize, checks: Vec<(i64, Verdict)>) {
        let key = self.recorder.key(IDS[which]);
        let other = self.file.open().await;
        let mut import = other.import().await.unwrap();
        for (before, verdict) in checks {
            let at = Timestamp(self.newest[which].0 - before * SECOND_MS - 1);
            let check = self.kept[which].get(&at).cloned().unwrap_or(check(at, verdict));
            if at >= self.fixed[which].0 {
                self.kept[which].insert(at, check.clone());
            }
            import.checks(key, &[check]).await.unwrap();
        }
        import.finish().await.unwrap();
    }

    async fn purge(&mut self, days: i64) {
        let midnight = self.now().0.div_euclid(DAY_MS) * DAY_MS;
        let old = Spans::from(Span::new(Timestamp::MIN, Timestamp(midnight - days * DAY_MS)));
        let old = IDS.iter().map(|id| (self.recorder.key(id), old.clone())).collect();
        let store = self.recorder.store.clone();
        // Only what is packed goes.
        store.pack(Timestamp(midnight)).await.unwrap();
        let purged = store.purge(&old).await.unwrap();
        assert_eq!(purged.doubtful, []);
        let kept_from = store.kept_from().await.unwrap();
        let loaded = store.load().await.unwrap();
        for (which, id) in IDS.iter().enumerate() {
            let key = self.recorder.key(id);
            let Some(until) = kept_from.get(&key).copied() else { continue };
            let history = loaded.histories.iter().find(|h| h.key == key).unwrap();
            let rest = self.kept[which].split_off(&until);
            let gone = std::mem::replace(&mut self.kept[which], rest);
            self.fixed[which].0 = until;
            judge(&mut self.fixed[which].1, gone.values(), &history.monitor);
            assert!(!self.kept[which].is_empty(), "the newest check stays");
        }
    }

    async fn compare(&self) {
        let store = &*self.recorder.store;
        let loaded = store.load().await.unwrap();
        for ((id, kept), fixed) in IDS.iter().zip(&self.kept).zip(&self.fixed) {
            let key = self.recorder.key(id);
            let all: Vec<Check> = kept.values().cloned().collect();
            assert_eq!(store.checks(key, Span::ALWAYS).await.unwrap(), all);
            let history = loaded.histories.iter().find(|h| h.key == key).unwrap();
            let mut ledger = fixed.1.clone();
            judge(&mut ledger, all.iter(), &history.monitor);
            assert_eq!(history.ledger, ledger, "{id}");
            let until = store.baseline(key).await.unwrap().map(|baseline| baseline.until);
            assert_eq!(until.unwrap_or(Timestamp::MIN), fixed.0);
            assert_eq!(history.latest.as_ref(), all.last(), "{id}");
            let hour = Span::new(Timestamp(BEGIN_MS), Timestamp(BEGIN_MS + HOUR_MS));
            let within = all.iter().filter(|check| hour.contains(check.started_at));
            assert!(store.checks(key, hour).await.unwrap().iter().eq(within));
            let ends = all.first().zip(all.last());
            let extent = ends
                .map(|(first, last)| Span::new(first.started_at, last.started_at.plus_ms(1)));
            assert_eq!(store.extent(key).await.unwrap(), extent);
        }
    }
}

proptest! {
    // Every case is a database on disk.
    #![proptest_config(ProptestConfig::with_cases(80))]
    #[test]
    fn whatever_happens_a_store_answers_what_was_kept_and_what_it_comes_to(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for step in steps {
                world.take(step).await;
                world.compare().await;
            }
        });
    }
}
