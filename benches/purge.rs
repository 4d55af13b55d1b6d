//! How long a commit waits while single checks are purged, and how long that takes: two
//! months of checks, of many monitors that are checked each minute and of one that is
//! checked each second, in a database on disk.
//!
//! `cargo bench --bench purge -- [MONITORS] [DAYS]`

use everup::domain::check::{Check, Verdict};
use everup::domain::monitor::{MonitorId, Parameters};
use everup::domain::span::{Span, Spans};
use everup::domain::timestamp::{DAY_MS, Timestamp};
use everup::store::batch::Batch;
use everup::store::contract::Store;
use everup::store::registration::{Others, Registration};
use everup::store::sqlite::Sqlite;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// 2026-01-01T00:00:00Z.
const BEGIN: Timestamp = Timestamp(1_767_225_600_000);

fn main() {
    let arguments: Vec<String> = std::env::args().filter(|a| a != "--bench").collect();
    let number =
        |n: usize, or: i64| arguments.get(n).and_then(|a| a.parse().ok()).unwrap_or(or);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure(number(1, 100), number(2, 60)));
}

fn registration(n: i64) -> Registration {
    Registration {
        id: MonitorId::new(&format!("m{n}")).unwrap(),
        name: format!("Monitor {n}"),
        url: "https://example.com/health".to_owned(),
        since: None,
        parameters: Parameters {
            interval_ms: if n == 0 { 1_000 } else { 60_000 },
            timeout_ms: 900,
            ..Parameters::default()
        },
    }
}

/// A day of a monitor: an outage of some minutes each, and latencies that scatter.
fn day(n: i64, from: Timestamp, interval_ms: i64) -> Vec<Check> {
    (0..DAY_MS / interval_ms)
        .map(|k| {
            let is_down = (k + n * 37) % 1_440 < 5;
            Check {
                started_at: from.plus_ms(k * interval_ms + n),
                verdict: if is_down { Verdict::Fail } else { Verdict::Ok },
                latency_us: (!is_down).then_some(20_000 + (k * k * 131 % 9_970) as u32),
                evidence: None,
            }
        })
        .collect()
}

async fn measure(monitors: i64, days: i64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("everup.db");
    let store = Arc::new(Sqlite::open(&path).await.unwrap());
    let registrations: Vec<_> = (0..monitors).map(registration).collect();
    store.register(BEGIN, &registrations, Others::Remove).await.unwrap();
    let keys: Vec<_> = store
        .load()
        .await
        .unwrap()
        .histories
        .iter()
        .map(|history| history.key)
        .collect();
    let mut import = store.import().await.unwrap();
    for (n, (key, registration)) in (0..).zip(keys.iter().zip(&registrations)) {
        for past in 0..days {
            let from = BEGIN.plus_ms(past * DAY_MS);
            let checks = day(n, from, registration.parameters.interval_ms);
            import.checks(*key, &checks).await.unwrap();
        }
    }
    let imported = import.finish().await.unwrap();
    let bytes = || std::fs::metadata(&path).unwrap().len();
    println!("{} checks of {monitors} monitors, {} bytes", imported.checks, bytes());
    let stop = Arc::new(AtomicBool::new(false));
    let committing = tokio::spawn(commit(store.clone(), keys[0], days, stop.clone()));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let spans = Spans::from(Span::new(BEGIN, BEGIN.plus_ms((days - 1) * DAY_MS)));
    let all = keys.iter().map(|key| (*key, spans.clone())).collect();
    let started = Instant::now();
    let purged = store.purge(&all).await.unwrap();
    let took = started.elapsed();
    stop.store(true, Ordering::Relaxed);
    let mut waits = committing.await.unwrap();
    waits.sort_unstable();
    assert!(purged.doubtful.is_empty());
    println!(
        "purged {} checks of {} days in {took:.1?}; {} commits meanwhile: p50 {:.1?}, p99 {:.1?}, \
         worst {:.1?}",
        purged.checks,
        purged.days,
        waits.len(),
        waits[waits.len() / 2],
        waits[waits.len() * 99 / 100],
        waits[waits.len() - 1],
    );
}

/// Commits a check after the other, each a moment after the last, and gives how long each
/// took.
async fn commit(
    store: Arc<Sqlite>,
    key: everup::domain::monitor::Key,
    days: i64,
    stop: Arc<AtomicBool>,
) -> Vec<Duration> {
    let epoch = store.load().await.unwrap().epoch;
    let mut waits = Vec::new();
    let mut at = BEGIN.plus_ms((days + 1) * DAY_MS);
    while !stop.load(Ordering::Relaxed) {
        at = at.plus_ms(1_000);
        let check = Check {
            started_at: at,
            verdict: Verdict::Ok,
            latency_us: Some(1_000),
            evidence: None,
        };
        let batch = Batch {
            epoch,
            checks: vec![(key, check)],
            progress: Vec::new(),
            checkpoint: None,
            exchanges: Vec::new(),
            alerts: Vec::new(),
            alive: None,
        };
        let started = Instant::now();
        store.commit(&batch).await.unwrap();
        waits.push(started.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    waits
}
