//! What a visitor costs: the status page of a hundred monitors with a year of checks a
//! minute each, computed and rendered anew, without a cache; and the judging that made
//! its ledgers.
//!
//! `cargo bench --bench page`

use arc_swap::ArcSwap;
use axum::body::Body;
use criterion::{Criterion, criterion_group, criterion_main};
use everup::board::{Board, Snapshot};
use everup::clock::ManualClock;
use everup::domain::check::{Check, Verdict};
use everup::domain::history::History;
use everup::domain::ledger::Ledger;
use everup::domain::monitor::{Key, Monitor, MonitorId, ParameterHistory, Parameters};
use everup::domain::span::{Span, Spans};
use everup::domain::timestamp::{DAY_MS, MINUTE_MS, Timestamp};
use everup::report::settings::Settings;
use everup::store::sqlite::Sqlite;
use everup::vitals::Vitals;
use everup::web;
use std::hint::black_box;
use std::sync::Arc;
use tower::ServiceExt;

const NOW: Timestamp = Timestamp(1_795_500_000_000);
const YEAR_MS: i64 = 365 * DAY_MS;

/// A year with an outage of twelve minutes every three weeks, a blip every week and a
/// gap of two hours every month; `n` moves them.
fn seen(n: i64) -> impl Iterator<Item = (Timestamp, Verdict, Option<&'static str>)> {
    let from = NOW.0 - YEAR_MS + n * 37;
    let reason = Some("HTTP 502 from 203.0.113.7");
    (from..NOW.0).step_by(60_000).filter_map(move |at| {
        let minute = (at - from) / MINUTE_MS + n * 997;
        if minute % 43_200 < 120 {
            None
        } else if minute % 30_240 < 12 || minute % 10_080 == 9_000 {
            Some((Timestamp(at), Verdict::Fail, reason))
        } else {
            Some((Timestamp(at), Verdict::Ok, None))
        }
    })
}

fn monitor(n: i64) -> Monitor {
    Monitor::new(
        MonitorId::new(&format!("m{n}")).unwrap(),
        format!("Monitor {n}"),
        "https://example.com/health".to_owned(),
        ParameterHistory::new(Parameters::default()),
        Spans::from(Span::new(NOW.plus_ms(-YEAR_MS), Timestamp::MAX)),
        Spans::empty(),
    )
}

fn history(n: i64) -> Arc<History> {
    let monitor = monitor(n);
    let ledger = Ledger::of(seen(n), &monitor);
    let last = ledger.judge.last.unwrap();
    let latest = Check {
        started_at: last.at,
        verdict: last.verdict,
        latency_us: Some(12_300),
        evidence: None,
    };
    Arc::new(History {
        key: Key(n),
        monitor: monitor.into(),
        maintenance: Spans::empty(),
        ledger,
        latest: Some(latest),
        under_way: None,
    })
}

fn page(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = runtime.block_on(Sqlite::open(&folder.path().join("everup.db"))).unwrap();
    let board = Arc::new(Board::default());
    board.publish(Snapshot {
        histories: (0..100).map(history).collect(),
        ..Snapshot::default()
    });
    let router = web::router(web::App {
        board,
        store: Arc::new(store),
        clock: Arc::new(ManualClock::new(NOW)),
        vitals: Arc::new(Vitals::default()),
        report: Arc::new(ArcSwap::from_pointee(Settings::default())),
    });
    let get = |encoding: &'static str| {
        let router = router.clone();
        async move {
            let request = http::Request::get("/").header("accept-encoding", encoding);
            let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap().len()
        }
    };
    println!(
        "plain {} bytes, gzip {} bytes",
        runtime.block_on(get("identity")),
        runtime.block_on(get("gzip"))
    );
    criterion.bench_function("status page, 100 monitors, a year of minutes", |b| {
        b.iter(|| black_box(runtime.block_on(get("identity"))));
    });
    criterion.bench_function("the same, compressed", |b| {
        b.iter(|| black_box(runtime.block_on(get("gzip"))));
    });
}

fn judging(criterion: &mut Criterion) {
    let monitor = monitor(1);
    criterion.bench_function("judging a year of minutes", |b| {
        b.iter(|| black_box(Ledger::of(seen(1), &monitor)));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30);
    targets = page, judging
}
criterion_main!(benches);
