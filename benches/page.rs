//! What a visitor costs: status page and report of many monitors with a year of checks a
//! minute each, computed and rendered anew, without a cache; and the judging that made
//! their ledgers. Single checks are not read: the store has none; but in one site it is a
//! real one, in which all months before the running one are closed. Another is maintained
//! every week.
//!
//! `cargo bench --bench page`

#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "it belongs to the tests, which use more of it"
)]
#[path = "../tests/web/sample.rs"]
mod sample;

use arc_swap::ArcSwap;
use axum::body::Body;
use criterion::{Criterion, criterion_group, criterion_main};
use everup::balance::fleet::Fleet;
use everup::board::{Board, Snapshot};
use everup::clock::ManualClock;
use everup::domain::announcement::Announcement;
use everup::domain::check::{Check, Verdict};
use everup::domain::group::{Group, Rule};
use everup::domain::history::History;
use everup::domain::ledger::Ledger;
use everup::domain::maintenance::{Excluded, MaintenanceWindow};
use everup::domain::monitor::{Key, Monitor, MonitorId, ParameterHistory, Parameters};
use everup::domain::percent::Target;
use everup::domain::period::Period;
use everup::domain::span::{Span, Spans};
use everup::domain::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use everup::probe::tls::{Roots, client_config};
use everup::report::closed::seal;
use everup::report::period::PeriodReport;
use everup::report::settings::{GroupSettings, Settings};
use everup::store::contract::Store;
use everup::store::sqlite::Sqlite;
use everup::vitals::Vitals;
use everup::web;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
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

fn history(n: i64, excluded: &Excluded) -> Arc<History> {
    let monitor = monitor(n);
    let maintenance = excluded.of(&monitor.id);
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
        maintenance,
        ledger,
        latest: Some(latest),
        under_way: None,
        made_up: Spans::empty(),
        unbooked: None,
    })
}

/// Four hours of work every week, for a year and until a month from now, one of them right
/// now; of all monitors in turn with five of them; every fifth as an emergency.
fn weekly() -> Vec<Announcement> {
    let window = |week: i64| {
        let start = NOW.plus_ms(week * 7 * DAY_MS - HOUR_MS);
        let notice_ms = MaintenanceWindow::NOTICE_MS + MINUTE_MS;
        MaintenanceWindow {
            announced_at: start.plus_ms(-notice_ms),
            start,
            end: start.plus_ms(4 * HOUR_MS),
            cancelled_at: None,
            message: "The database moves to another machine".to_owned(),
            monitors: (0..week.rem_euclid(2) * 5)
                .map(|n| MonitorId::new(&format!("m{n}")).unwrap())
                .collect(),
            emergency: week.rem_euclid(5) == 4,
        }
    };
    (1..).zip((-52..=4).map(window)).map(sample::announced).collect()
}

/// Groups of five of the first monitors, by either rule.
fn groups(count: i64) -> Vec<GroupSettings> {
    let group = |n: i64| GroupSettings {
        group: Group {
            id: MonitorId::new(&format!("g{n}")).unwrap(),
            name: format!("Group {n}"),
            rule: Rule::ALL[n as usize % 2],
            members: (n * 5..n * 5 + 5)
                .map(|n| MonitorId::new(&format!("m{n}")).unwrap())
                .collect(),
        },
        target: Target::DEFAULT,
    };
    (0..count).map(group).collect()
}

/// A site, and a visitor who finds nothing that was computed before.
struct Site {
    board: Arc<Board>,
    router: axum::Router,
    /// Where its store is, if it is a real one.
    _folder: Option<TempDir>,
}

impl Site {
    fn of(monitors: i64, group_count: i64) -> Site {
        let store = Arc::new(sample::Shelf::default());
        Site::over(store, monitors, group_count, &[], None)
    }

    /// A site that is maintained every week.
    fn maintained(monitors: i64, group_count: i64) -> Site {
        let windows = weekly();
        let mut store = sample::Shelf::default();
        store.windows.clone_from(&windows);
        Site::over(Arc::new(store), monitors, group_count, &windows, None)
    }

    /// A site whose months before the running one are closed.
    async fn closed(monitors: i64, group_count: i64) -> Site {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(&folder.path().join("everup.db")).await.unwrap());
        let site = Site::over(store.clone(), monitors, group_count, &[], Some(folder));
        let settings = Settings { groups: groups(group_count), ..Settings::default() };
        let histories = site.board.read().histories.clone();
        let histories = || histories.iter().map(AsRef::as_ref);
        for month in Period::parse("2025")
            .unwrap()
            .months()
            .into_iter()
            .chain(Period::parse("2026").unwrap().months().into_iter().take(10))
        {
            let period = Period::Month(month);
            let made =
                PeriodReport::make(&*store, histories(), period, NOW, &settings, None).await;
            // The year begins in November.
            let Ok(report) = made else { continue };
            store.close_month(&seal(&report).unwrap()).await.unwrap();
        }
        let closed = store.closed_months().await.unwrap().into();
        site.board.publish(Snapshot { closed, ..(*site.board.read()).clone() });
        site
    }

    fn over(
        store: Arc<dyn Store>,
        monitors: i64,
        group_count: i64,
        windows: &[Announcement],
        folder: Option<TempDir>,
    ) -> Site {
        let board = Arc::new(Board::default());
        let excluded = Excluded::by(windows.iter().map(|of| &of.window));
        board.publish(Snapshot {
            histories: (0..monitors).map(|n| history(n, &excluded)).collect(),
            windows: windows.into(),
            ..Snapshot::default()
        });
        let settings = Settings { groups: groups(group_count), ..Settings::default() };
        let (trust, _) = client_config(&Roots::Mozilla).unwrap();
        let router = web::router(web::App {
            board: board.clone(),
            store,
            clock: Arc::new(ManualClock::new(NOW)),
            vitals: Arc::new(Vitals::default()),
            planning: Arc::default(),
            fleet: Arc::new(Fleet::new(false, trust)),
            report: Arc::new(ArcSwap::from_pointee(settings)),
        });
        Site { board, router, _folder: folder }
    }

    /// Asks for a page, and gives its size.
    async fn get(&self, path: &str, encoding: &str) -> usize {
        self.board.publish((*self.board.read()).clone());
        let request = http::Request::get(path).header("accept-encoding", encoding);
        let request = request.body(Body::empty()).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap().len()
    }
}

fn page(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (monitors, groups) in [(100, 0), (1_000, 0), (1_000, 40)] {
        let site = Site::of(monitors, groups);
        for path in ["/", "/report/2026-11", "/report/2026"] {
            for encoding in ["identity", "gzip"] {
                let name = format!("{path}, {monitors} monitors, {groups} groups, {encoding}");
                let bytes = runtime.block_on(site.get(path, encoding));
                println!("{name}: {bytes} bytes");
                criterion.bench_function(&name, |b| {
                    b.iter(|| black_box(runtime.block_on(site.get(path, encoding))));
                });
            }
        }
    }
    let site = Site::maintained(1_000, 40);
    for path in ["/", "/report/2026-11", "/report/2026"] {
        let name = format!("{path}, 1000 monitors, 40 groups, maintained weekly, identity");
        let bytes = runtime.block_on(site.get(path, "identity"));
        println!("{name}: {bytes} bytes");
        criterion.bench_function(&name, |b| {
            b.iter(|| black_box(runtime.block_on(site.get(path, "identity"))));
        });
    }
    let site = runtime.block_on(Site::closed(1_000, 40));
    for path in ["/report/2026-11", "/report/2026-10", "/report/2026-Q3", "/report/2026"] {
        let name = format!("{path}, 1000 monitors, 40 groups, closed months, identity");
        let bytes = runtime.block_on(site.get(path, "identity"));
        println!("{name}: {bytes} bytes");
        criterion.bench_function(&name, |b| {
            b.iter(|| black_box(runtime.block_on(site.get(path, "identity"))));
        });
    }
}

fn judging(criterion: &mut Criterion) {
    let monitor = monitor(1);
    criterion.bench_function("judging a year of minutes", |b| {
        b.iter(|| black_box(Ledger::of(seen(1), &monitor)));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = page, judging
}
criterion_main!(benches);
