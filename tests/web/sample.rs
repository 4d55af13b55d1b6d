//! Made-up histories for looking at pages: in tests, and by `cargo run --example gallery`.

use arc_swap::ArcSwap;
use async_trait::async_trait;
use everup::balance::fleet::Fleet;
use everup::board::{Board, Snapshot};
use everup::clock::ManualClock;
use everup::domain::agreement::Local;
use everup::domain::alert::{ChannelId, Told};
use everup::domain::announcement::{Action, Announcement, Deed, Occurrence, WindowId};
use everup::domain::calendar::Cut;
use everup::domain::check::{Check, Evidence, Kind, Phases, Verdict};
use everup::domain::digest::Digest;
use everup::domain::exchange::{Body, Certificate, Exchange, Tls};
use everup::domain::foreign::{Claim, Count, Foreign, Origin, Records, Source, Stretch};
use everup::domain::gap::Gap;
use everup::domain::group::{Group, Rule};
use everup::domain::history::History;
use everup::domain::judge::Entry;
use everup::domain::lease::{Fence, Held, Seen};
use everup::domain::ledger::Ledger;
use everup::domain::maintenance::{Excluded, MaintenanceWindow};
use everup::domain::monitor::{Key, Monitor, MonitorId, ParameterHistory, Parameters};
use everup::domain::month::Month;
use everup::domain::percent::Target;
use everup::domain::period::Period;
use everup::domain::run::Run;
use everup::domain::span::{Span, Spans};
use everup::domain::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use everup::domain::token::{Token, TokenId, TokenName};
use everup::probe::tls::{Roots, client_config};
use everup::report::closed::seal;
use everup::report::period::PeriodReport;
use everup::report::settings::{Contract, GroupSettings, Settings};
use everup::store::baseline::{Baseline, Purged};
use everup::store::batch::{Batch, Committed};
use everup::store::closed::{
    ClosedLengths, ClosedMonth, ClosedRow, Correction, Instead, Subject, cut,
};
use everup::store::contract::{Loaded, Newest, Store, StoreError, Tenant};
use everup::store::import::{Import, Pause};
use everup::store::outbox::{AlertId, Outcome, Waiting};
use everup::store::registration::{Others, Registration};
use everup::store::requests::{
    Counted, CountedRun, DrainAction, DrainDeed, Drained, Kept, Place, Sum,
};
use everup::store::source::{Followed, Settled};
use everup::store::token::NewToken;
use everup::store::window::{Announced, Changed};
use everup::vitals::Vitals;
use everup::web::App;
use futures_util::FutureExt;
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Tuesday, 2026-11-24, 11:54:07 in Berlin.
pub(crate) const NOW: Timestamp = Timestamp(1_795_517_647_000);

/// Everything that pages are made of.
pub(crate) struct Scene {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) shelf: Arc<Shelf>,
}

impl Scene {
    /// The same with other settings of the report.
    fn settled_as(self, settings: Settings) -> Scene {
        self.app.report.store(Arc::new(settings));
        self
    }
}

/// What happened to a monitor, other than that it was up.
#[derive(Clone, Copy)]
pub(crate) enum Event {
    /// It failed, and said so.
    Fails(&'static str),
    /// It was slow.
    Slow,
    /// Nobody looked.
    Gap,
    /// It was looked at, and could not be judged.
    Unknown(Kind, &'static str),
}

/// One monitor and what happened to it.
pub(crate) struct Story {
    pub(crate) id: String,
    name: String,
    url: String,
    since: Timestamp,
    interval_ms: i64,
    events: Vec<(Span, Event)>,
    pauses: Vec<Span>,
    /// So many minutes ago, it was to be so many failures that open an outage.
    stricter: Option<(i64, u32)>,
    said: Option<Exchange>,
}

/// Minutes before now.
pub(crate) fn ago(minutes: i64) -> Timestamp {
    NOW.plus_ms(-minutes * MINUTE_MS)
}

const DAY: i64 = DAY_MS / MINUTE_MS;
const HOUR: i64 = HOUR_MS / MINUTE_MS;

impl Story {
    /// A monitor that has been up since a hundred days, looked at every ten minutes.
    pub(crate) fn new(name: &str) -> Story {
        let id = MonitorId::slug(name).map_or("monitor".to_owned(), |id| id.to_string());
        Story {
            url: format!("https://{id}.example.com/health"),
            id,
            name: name.to_owned(),
            since: ago(100 * DAY),
            interval_ms: 10 * MINUTE_MS,
            events: Vec::new(),
            pauses: Vec::new(),
            stricter: None,
            said: None,
        }
    }

    pub(crate) fn id(self, id: &str) -> Story {
        Story { id: id.to_owned(), url: format!("https://{id}.example.com/health"), ..self }
    }

    /// Its time began this many minutes ago.
    pub(crate) fn since(self, minutes: i64) -> Story {
        Story { since: ago(minutes), ..self }
    }

    pub(crate) fn every_ms(self, interval_ms: i64) -> Story {
        Story { interval_ms, ..self }
    }

    /// Something happened from so many minutes ago, for so many minutes.
    pub(crate) fn with(mut self, from: i64, minutes: i64, event: Event) -> Story {
        self.events.push((Span::new(ago(from), ago(from - minutes)), event));
        self
    }

    pub(crate) fn paused(mut self, from: i64, minutes: i64) -> Story {
        self.pauses.push(Span::new(ago(from), ago(from - minutes)));
        self
    }

    /// From so many minutes ago, so many failures open an outage.
    pub(crate) fn failures(self, from: i64, failures: u32) -> Story {
        Story { stricter: Some((from, failures)), ..self }
    }

    /// What it says whenever it begins to fail.
    pub(crate) fn saying(self, exchange: Exchange) -> Story {
        Story { said: Some(exchange), ..self }
    }

    /// The first of each run of failing checks.
    fn exchanges(&self, checks: &[Check]) -> Vec<(Timestamp, Exchange)> {
        let Some(said) = &self.said else { return Vec::new() };
        let runs = checks.chunk_by(|a, b| a.verdict == b.verdict);
        runs.filter(|run| run[0].verdict == Verdict::Fail)
            .map(|run| (run[0].started_at, said.clone()))
            .collect()
    }

    fn parameters(&self) -> ParameterHistory {
        let first = Parameters {
            interval_ms: self.interval_ms,
            retry_interval_ms: self.interval_ms,
            ..Parameters::default()
        };
        let mut parameters = ParameterHistory::new(first);
        if let Some((from, failures)) = self.stricter {
            parameters.change(ago(from), Parameters { failures, ..first });
        }
        parameters
    }

    fn checks(&self) -> Vec<Check> {
        let count = (NOW.0 - self.since.0) / self.interval_ms;
        // The newest check is a few seconds old.
        let first = NOW.plus_ms(-4_000 - count * self.interval_ms);
        (0..=count)
            .map(|k| first.plus_ms(k * self.interval_ms))
            .filter(|at| *at >= self.since)
            .filter_map(|at| self.check(at))
            .collect()
    }

    fn check(&self, at: Timestamp) -> Option<Check> {
        let happens = |span: &Span| span.contains(at);
        if self.pauses.iter().any(happens) {
            return None;
        }
        let event = self.events.iter().find(|(span, _)| span.contains(at)).map(|(_, e)| *e);
        let latency_us = latency_us(at, self.id.len() as i64);
        let said = |reason| Some(Box::new(Evidence::because(reason)));
        let (verdict, latency_us, evidence) = match event {
            None => (Verdict::Ok, Some(latency_us), None),
            Some(Event::Gap) => return None,
            Some(Event::Slow) => {
                (Verdict::Degraded, Some(latency_us * 40), said("answered in more than 2 s"))
            }
            Some(Event::Fails(reason)) => {
                (Verdict::Fail, None, Some(Box::new(failure(reason))))
            }
            Some(Event::Unknown(kind, reason)) => {
                let evidence = Evidence { kind: Some(kind), ..Evidence::because(reason) };
                (Verdict::Unknown, None, Some(Box::new(evidence)))
            }
        };
        Some(Check { started_at: at, verdict, latency_us, evidence })
    }
}

/// The evidence that fits a sentence like `HTTP 502 from 203.0.113.7`.
fn failure(reason: &str) -> Evidence {
    let status = reason.strip_prefix("HTTP ").and_then(|rest| rest.get(..3)?.parse().ok());
    let phases = Phases {
        dns_us: Some(900),
        connect_us: Some(12_300),
        tls_us: Some(24_000),
        first_byte_us: Some(61_000),
        total_us: Some(98_700),
    };
    Evidence {
        status,
        kind: Some(if status.is_some() { Kind::Status } else { Kind::Connect }),
        address: Some("203.0.113.7:443".to_owned()),
        phases: if status.is_some() { phases } else { Phases::default() },
        ..Evidence::because(reason)
    }
}

/// A little weather: a daily wave, some noise, rarely a straggler. The same each time.
fn latency_us(at: Timestamp, seed: i64) -> u32 {
    let hash =
        (at.0 / 1_000 + seed).wrapping_mul(6_364_136_223_846_793_005).unsigned_abs() >> 40;
    let of_day = (at.0.rem_euclid(DAY_MS) - DAY_MS / 2).abs() / (HOUR_MS / 2);
    let wave = 40_000 - of_day * 600;
    let noise = (hash % 9_000) as i64;
    let straggler = if hash.is_multiple_of(97) { 160_000 } else { 0 };
    (wave + noise + straggler + seed * 700) as u32
}

/// Sets a scene in which everup has run all the time.
pub(crate) fn scene(stories: &[Story], windows: Vec<MaintenanceWindow>) -> Scene {
    scene_with(stories, windows, always())
}

/// No balancers.
fn fleet() -> Arc<Fleet> {
    let (trust, _) = client_config(&Roots::Mozilla).unwrap();
    Arc::new(Fleet::new(false, trust))
}

/// A shelf of an everup that has run all the time.
fn always() -> Shelf {
    Shelf { runs: vec![run(100 * DAY, 0, None)], ..Shelf::default() }
}

/// A run from so many minutes ago, known to live so many minutes ago.
fn run(from: i64, alive: i64, ended: Option<i64>) -> Run {
    Run {
        started_at: ago(from),
        alive_at: ago(alive),
        ended_at: ended.map(ago),
        version: "0.1.0".to_owned(),
    }
}

/// Sets a scene on a shelf where something else is kept, too.
fn scene_with(stories: &[Story], windows: Vec<MaintenanceWindow>, mut shelf: Shelf) -> Scene {
    let mut histories = Vec::new();
    let excluded = Excluded::by(&windows);
    for (key, story) in (1..).map(Key).zip(stories) {
        let id = MonitorId::new(&story.id).unwrap();
        let maintenance = excluded.of(&id);
        let monitor = Monitor::new(
            id,
            story.name.clone(),
            story.url.clone(),
            story.parameters(),
            Spans::from(Span::new(story.since, Timestamp::MAX)),
            story.pauses.iter().copied().collect(),
        );
        let checks = story.checks();
        let seen = checks.iter().map(|c| (c.started_at, c.verdict, c.reason()));
        let ledger = Ledger::of(seen, &monitor);
        let latest = checks.last().cloned();
        let monitor = Arc::new(monitor);
        histories.push(Arc::new(History {
            key,
            monitor,
            maintenance,
            ledger,
            latest,
            under_way: None,
            made_up: Spans::empty(),
            unbooked: None,
        }));
        shelf.exchanges.insert(key, story.exchanges(&checks));
        shelf.checks.insert(key, checks);
    }
    let board = Arc::new(Board::default());
    let first_checks_by = Some(NOW.plus_ms(4_000));
    shelf.windows = (1..).zip(windows).map(announced).collect();
    // In order of their start, as the engine publishes them.
    shelf.windows.sort_by_key(|of| (of.window.start, of.id));
    board.publish(Snapshot {
        histories,
        windows: shelf.windows.clone().into(),
        first_checks_by,
        ..Snapshot::default()
    });
    let shelf = Arc::new(shelf);
    let clock = Arc::new(ManualClock::new(NOW));
    let app = App {
        board,
        store: shelf.clone(),
        clock: clock.clone(),
        vitals: Arc::new(Vitals::default()),
        planning: Arc::default(),
        fleet: fleet(),
        report: Arc::new(ArcSwap::from_pointee(Settings {
            zone: chrono_tz::Europe::Berlin,
            ..Settings::default()
        })),
    };
    Scene { app, clock, shelf }
}

/// A window as it is kept.
pub(crate) fn announced((id, window): (i64, MaintenanceWindow)) -> Announcement {
    Announcement {
        id: WindowId(id),
        uid: format!("{id:032x}"),
        revision: 1,
        changed_at: window.announced_at,
        occurrence: None,
        window,
    }
}

/// A window, announced so many minutes ahead.
pub(crate) fn window(
    from: i64,
    minutes: i64,
    notice: i64,
    message: &str,
    about: &[&str],
) -> MaintenanceWindow {
    MaintenanceWindow {
        announced_at: ago(from + notice),
        start: ago(from),
        end: ago(from - minutes),
        cancelled_at: None,
        message: message.to_owned(),
        monitors: about.iter().map(|id| MonitorId::new(id).unwrap()).collect(),
        emergency: false,
    }
}

/// One monitor that has not been looked at yet.
pub(crate) fn unborn() -> Scene {
    scene(&[Story::new("API").since(0)], Vec::new())
}

/// One monitor that is well.
pub(crate) fn well() -> Scene {
    scene(&[Story::new("API")], Vec::new())
}

/// One monitor that is down, and has been before.
pub(crate) fn down() -> Scene {
    let story = Story::new("API")
        .every_ms(MINUTE_MS)
        .since(40 * DAY)
        .with(26, 30, Event::Fails("HTTP 502 from 203.0.113.7"))
        .with(9 * DAY, 4, Event::Fails("connection refused by 203.0.113.7:443"))
        .with(30 * DAY, 200, Event::Fails("no answer within 10 s"));
    scene(&[story], Vec::new())
}

/// One monitor with an outage that has everything: it goes over a month's end, parts of
/// it do not count, and its answers are hostile.
pub(crate) fn outage() -> Scene {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let certificate = Certificate {
        names: vec!["api.example.com".to_owned(), "*.example.net".to_owned()],
        issuer: "C=XX, O=Example Trust, CN=Example R3".to_owned(),
        not_before: ago(120 * DAY),
        not_after: ago(30 * DAY),
    };
    let said = Exchange {
        tls: Some(Tls {
            version: Some("TLSv1.3".to_owned()),
            cipher: Some("TLS13_AES_256_GCM_SHA384".to_owned()),
            certificate: Some(certificate),
        }),
        headers: vec![
            header("server", "nginx/1.27.3"),
            header("content-type", "text/html; charset=utf-8"),
            header("set-cookie", "[hidden]"),
            header("content-security-policy", &"default-src 'none'; ".repeat(12)),
            header("x-<b>odd</b>", "<script>alert(1)</script>\\u{1b}[31m"),
        ],
        headers_cut: true,
        body: Some(Body {
            text: Some(format!(
                "<html>\n<head><title>502 Bad Gateway</title></head>\n\
                 <body><script>alert(\"body\")</script></pre></body>\n\t{}\n</html>\n",
                "a_very_long_word_".repeat(12)
            )),
            bytes: 4_096,
            cut: true,
        }),
    };
    // The month's end in Berlin was 23 days, 10 hours and 54 minutes ago.
    let outage = 24 * DAY;
    let story = Story::new("API")
        .every_ms(MINUTE_MS)
        .since(40 * DAY)
        .saying(said)
        .with(outage - 120, 60, Event::Gap)
        .with(outage, 2 * DAY, Event::Fails("HTTP 502 from 203.0.113.7"))
        .with(outage + 300, 2, Event::Fails("connection refused by 203.0.113.7:443"));
    let moves = window(outage - 300, 90, 3 * DAY, "New disks.", &["api"]);
    scene(&[story], vec![moves])
}

/// Where the outage of [`outage`] is found.
pub(crate) const OUTAGE: &str = "/outages/api-20261031T105503.000Z";

/// Twelve monitors of which nearly each has something.
pub(crate) fn mixture() -> Scene {
    let stories = [
        Story::new("API").with(33 * DAY, 40, Event::Fails("HTTP 500 from 203.0.113.4")),
        Story::new("Sign-in")
            .with(31, 40, Event::Fails("HTTP 502 from 203.0.113.7"))
            .with(20 * DAY, 6 * HOUR, Event::Fails("HTTP 503 <b>maintenance</b>"))
            .with(61 * DAY, 90, Event::Fails("no answer within 10 s")),
        Story::new("Checkout")
            .with(41, 60, Event::Slow)
            .with(12 * DAY, 5 * HOUR, Event::Slow),
        (0..30).fold(Story::new("Search"), |story, n| {
            let from = 80 * DAY - n * (2 * DAY + 7 * HOUR);
            story.with(from, 40 + n * 11, Event::Fails("connection refused by 203.0.113.9:443"))
        }),
        Story::new("Billing")
            .with(24 * DAY, 4 * DAY, Event::Gap)
            .with(90, 200, Event::Gap),
        Story::new("Documents"),
        Story::new("Legacy import").paused(12 * DAY, 30 * DAY),
        Story::new("Mobile gateway").since(3 * DAY + 200),
        Story::new(
            "Customer notification pipeline (e-mail, SMS, push, fax) for the EU-central region",
        ),
        Story::new("خدمة الدفع").id("payments-ar"),
        Story::new("決済サービス（東京リージョン）").id("payments-ja"),
        Story::new("Reporting").since(0),
    ];
    let windows = vec![
        window(50, 120, 3 * DAY, "The document store moves to new disks.", &["documents"]),
        window(-2 * DAY, 60, 5 * DAY, "Router firmware <script>alert(1)</script>", &[]),
    ];
    scene(&stories, windows)
}

/// A monitor to which everything happened that an explanation can tell of, another one,
/// and a group of both.
pub(crate) fn explained() -> Scene {
    let stories = [
        Story::new("API")
            .every_ms(MINUTE_MS)
            .since(22 * DAY)
            .failures(5 * DAY, 2)
            .with(21 * DAY, 30, Event::Fails("HTTP 502 from 203.0.113.7"))
            .with(20 * DAY, 1, Event::Fails("connection refused by 203.0.113.7:443"))
            .with(18 * DAY, 6 * HOUR, Event::Gap)
            .with(16 * DAY, 90, Event::Unknown(Kind::OwnNetwork, "no route to any host"))
            .with(15 * DAY + 2, 2, Event::Fails("no answer within 10 s"))
            .with(15 * DAY, 12, Event::Gap)
            .with(13 * DAY, 3 * HOUR, Event::Fails("HTTP 503 <b>maintenance</b>"))
            .with(7 * DAY, 45, Event::Slow)
            .with(4 * DAY, 2, Event::Fails("HTTP 500 from 203.0.113.7"))
            .with(26, 30, Event::Fails("HTTP 502 from 203.0.113.7"))
            .paused(10 * DAY, 8 * HOUR),
        Story::new("Sign-in").with(21 * DAY - 15, 60, Event::Fails("HTTP 500")),
    ];
    let windows = vec![
        window(
            13 * DAY + 30,
            4 * HOUR,
            3 * DAY,
            "New disks <script>alert(1)</script>",
            &["api"],
        ),
        window(9 * DAY, 60, HOUR, "An urgent patch", &[]),
        MaintenanceWindow {
            cancelled_at: Some(ago(6 * DAY + 60)),
            ..window(6 * DAY, 60, 4 * DAY, "", &["api"])
        },
    ];
    let runs = vec![
        run(23 * DAY, 20 * DAY, Some(18 * DAY)),
        run(18 * DAY - 6 * HOUR, 15 * DAY, None),
        run(15 * DAY - 12, 0, None),
    ];
    let group = Group {
        id: MonitorId::new("all").unwrap(),
        name: "Everything".to_owned(),
        rule: Rule::Any,
        members: ["api", "sign-in"].map(|id| MonitorId::new(id).unwrap()).to_vec(),
    };
    let contract = Contract { allowance_ms: Some(3 * HOUR_MS), ..Contract::default() };
    let settings = Settings {
        zone: chrono_tz::Europe::Berlin,
        contracts: [(MonitorId::new("api").unwrap(), contract)].into(),
        groups: vec![GroupSettings { group, target: Target::DEFAULT }],
        ..Settings::default()
    };
    let shelf = Shelf { runs, ..Shelf::default() };
    scene_with(&stories, windows, shelf).settled_as(settings)
}

/// A month that was closed, and in which an outage was corrected afterwards; a group has
/// the monitor for a member.
pub(crate) fn closed() -> Scene {
    let outage = Event::Fails("no answer within 10 s");
    let story = || {
        let api = Story::new("API").every_ms(MINUTE_MS).since(50 * DAY);
        [api.with(30 * DAY, 200, outage), Story::new("Web").since(50 * DAY)]
    };
    let group = Group {
        id: MonitorId::new("all").unwrap(),
        name: "Everything".to_owned(),
        rule: Rule::Any,
        members: ["api", "web"].map(|id| MonitorId::new(id).unwrap()).to_vec(),
    };
    let settings = Settings {
        zone: chrono_tz::Europe::Berlin,
        groups: vec![GroupSettings { group, target: Target::DEFAULT }],
        ..Settings::default()
    };
    let month = Month::parse("2026-10").unwrap();
    let before = scene(&story(), Vec::new());
    let board = before.app.board.read();
    let histories = board.histories.iter().map(AsRef::as_ref);
    let now = ago(20 * DAY);
    let period = Period::Month(month);
    let store = before.shelf.as_ref();
    let report = PeriodReport::make(store, histories, period, now, &settings, None);
    // A shelf never lets anyone wait.
    let report = report.now_or_never().unwrap().unwrap();
    let correction = Correction {
        month,
        monitor: "api".to_owned(),
        outage_began_at: report.monitors[0].figures.outages[0].began_at,
        instead: Instead::Unknown,
        author: "Ada <ops>".to_owned(),
        reason: "our own line to the internet was cut".to_owned(),
        made_at: ago(12 * DAY),
    };
    let shelf = Shelf {
        closed: Mutex::new(vec![seal(&report).unwrap()]),
        corrections: Mutex::new(vec![correction]),
        ..always()
    };
    scene_with(&story(), Vec::new(), shelf).settled_as(settings)
}

/// One monitor of which two others have said something.
pub(crate) fn imported() -> Scene {
    let span = |from: i64, to: i64| Span::new(ago(from * DAY), ago(to * DAY));
    let origin = |source, file: &str, records, span| Origin {
        source,
        file: file.to_owned(),
        imported_at: ago(DAY),
        records,
        span,
        added: 300,
    };
    let count = |day: i64| Count {
        source: Source::UptimeKuma,
        span: span(day, day - 1),
        up: 1_438,
        down: 2,
    };
    let stretch = |from, to, claim, reason: &str| Stretch {
        source: Source::UptimeRobot,
        span: span(from, to),
        claim,
        reason: reason.to_owned(),
    };
    let foreign = Foreign {
        origins: vec![
            origin(Source::UptimeKuma, "kuma.db", Records::Checks, span(22, 19)),
            origin(Source::UptimeRobot, "logs <1>.json", Records::Stretches, span(22, 10)),
        ],
        counts: (19..=22).rev().map(count).collect(),
        stretches: vec![
            stretch(22, 15, Claim::Up, ""),
            stretch(15, 14, Claim::Down, "Connection Timeout"),
            stretch(14, 10, Claim::Up, ""),
        ],
    };
    let story = Story::new("API").since(22 * DAY).with(19 * DAY, 14 * DAY, Event::Gap);
    let imports = BTreeMap::from([(Key(1), foreign)]);
    scene_with(&[story], Vec::new(), Shelf { imports, ..always() })
}

/// Work that is under way, with one down beneath it; more to come; some that is over, of
/// which one went on for longer than it was planned.
pub(crate) fn maintained() -> Scene {
    let api = Story::new("API")
        .every_ms(MINUTE_MS)
        .since(40 * DAY)
        .with(26, 30, Event::Fails("HTTP 502 from 203.0.113.7"))
        .with(5 * DAY - 3, 44, Event::Fails("HTTP 503 from 203.0.113.7"));
    let stories = [
        api,
        Story::new("Sign-in").every_ms(MINUTE_MS).since(40 * DAY),
        Story::new("Web"),
        Story::new("Search").with(12 * DAY - 5, 30, Event::Gap),
    ];
    let long = "The database moves to new disks. While that happens what you see may be some \
                minutes old, and nothing can be changed; what you had begun is kept, and goes \
                on by itself when the work is done. Reports that were to be made tonight are \
                made tomorrow morning. Nobody has to do anything.";
    let windows = vec![
        window(30, 120, 3 * DAY, long, &["api", "sign-in"]),
        window(-20 * HOUR, 60, 5 * DAY, "Router firmware <script>alert(1)</script>", &[]),
        window(-6 * DAY, 45, 8 * DAY, "", &["web"]),
        window(5 * DAY, 30, 4 * DAY, "New certificates", &["api"]),
        window(9 * DAY, 60, HOUR, "An urgent patch", &["web", "search"]),
        MaintenanceWindow {
            cancelled_at: Some(ago(12 * DAY - 40)),
            ..window(12 * DAY, 120, 4 * DAY, "", &[])
        },
        MaintenanceWindow {
            cancelled_at: Some(ago(15 * DAY)),
            ..window(14 * DAY, 120, 4 * DAY, "called off", &[])
        },
    ];
    scene(&stories, windows)
}

/// Work on monitors with long names and names of other letters, announced in long messages and
/// in one that runs from right to left: upcoming, under way, ended early and over.
pub(crate) fn wordy() -> Scene {
    const LONG: &str =
        "Customer notification pipeline (e-mail, SMS, push, fax) for the EU-central region";
    let stories = [
        Story::new(LONG)
            .id("pipeline")
            .with(26, 30, Event::Fails("HTTP 502 from 203.0.113.7")),
        Story::new("خدمة الدفع").id("payments-ar"),
        Story::new(&"a_name_without_any_space_".repeat(3)).id("unbroken"),
        Story::new("Web").with(5 * DAY + 30, 90, Event::Fails("no answer within 10 s")),
    ];
    let arabic =
        "صيانة مجدولة لقاعدة البيانات. قد لا تتوفر بعض الخدمات (API, Web) حتى الساعة 04:00.";
    let address = format!("See https://status.example.com/{}.", "a-very-long-path/".repeat(9));
    let everybody = ["pipeline", "payments-ar", "unbroken", "web"];
    let windows = vec![
        window(40, 25 * HOUR, 3 * DAY, arabic, &everybody),
        window(-3 * HOUR, 60, 5 * DAY, &address, &["unbroken"]),
        window(
            -2 * DAY,
            26 * HOUR,
            9 * DAY,
            "Two nights.\n\nThe second one is the longer one.",
            &[],
        ),
        window(5 * DAY, 30, HOUR, arabic, &["web"]),
        MaintenanceWindow {
            cancelled_at: Some(ago(9 * DAY - 20)),
            emergency: true,
            ..window(9 * DAY, 60, 0, &address, &everybody)
        },
    ];
    scene(&stories, windows)
}

/// Work that is over by its plan, and somebody is still down.
pub(crate) fn overrunning() -> Scene {
    let stories = [
        Story::new("API").every_ms(MINUTE_MS).since(40 * DAY).with(
            44,
            60,
            Event::Fails("HTTP 502 from 203.0.113.7"),
        ),
        Story::new("Web"),
    ];
    let windows = vec![
        window(47, 30, 3 * DAY, "New disks", &["api"]),
        window(-30, 60, 3 * DAY, "Then the second shelf of disks", &["web"]),
    ];
    scene(&stories, windows)
}

/// Work that nobody was told of in time: one is down meanwhile, and that counts.
pub(crate) fn emergency() -> Scene {
    let fails = Event::Fails("connection refused by 203.0.113.7:443");
    let stories = [
        Story::new("API").every_ms(MINUTE_MS).since(40 * DAY).with(12, 30, fails),
        Story::new("Web"),
    ];
    let urgent = window(15, 60, 1, "A disk fails and is replaced", &["api"]);
    let late = window(-60, 30, 4 * HOUR, "And so is its neighbour", &["api"]);
    scene(&stories, vec![MaintenanceWindow { emergency: true, ..urgent }, late])
}

/// Work every night, more than anybody wants to read of, and a contract that allows little
/// of it.
pub(crate) fn nightly() -> Scene {
    let night = |n: i64| n * DAY + 10 * HOUR;
    let fails = Event::Fails("HTTP 503 from 203.0.113.7");
    let story = (1..=20).fold(Story::new("API").since(40 * DAY), |story, n| {
        story.with(night(n) - 10, 20 + 5 * (n % 7), fails)
    });
    let past = (1..=20).map(|n| window(night(n), 40, 3 * DAY, "Nightly backup", &["api"]));
    let to_come = (-8..0).map(|n| window(night(n), 40, 12 * DAY, "Nightly backup", &["api"]));
    let contract = Contract { allowance_ms: Some(8 * HOUR_MS), ..Contract::default() };
    let settings = Settings {
        zone: chrono_tz::Europe::Berlin,
        contracts: [(MonitorId::new("api").unwrap(), contract)].into(),
        ..Settings::default()
    };
    let stories = [story, Story::new("Web")];
    scene(&stories, past.chain(to_come).collect()).settled_as(settings)
}

/// Two groups, one of whose members is down: one needs all of them, the other does not.
/// The third is well but for a night in which both of its members were down.
pub(crate) fn grouped() -> Scene {
    let night = 13 * DAY + 9 * HOUR;
    let stories = [
        Story::new("Sign-in").with(31, 40, Event::Fails("HTTP 502 from 203.0.113.7")),
        Story::new("Checkout").with(12 * DAY, 5 * HOUR, Event::Slow),
        Story::new("Search").with(24 * DAY, 4 * DAY, Event::Gap).with(
            16 * DAY,
            26 * HOUR,
            Event::Fails("no answer within 10 s"),
        ),
        Story::new("Mirror 1").with(night, 200, Event::Fails("HTTP 503 from 203.0.113.21")),
        Story::new("Mirror 2").with(
            night - 90,
            300,
            Event::Fails("HTTP 503 from 203.0.113.22"),
        ),
        Story::new("Old shop").paused(12 * DAY, 30 * DAY),
    ];
    let group = |id: &str, name: &str, rule, members: &[&str]| GroupSettings {
        group: Group {
            id: MonitorId::new(id).unwrap(),
            name: name.to_owned(),
            rule,
            members: members.iter().map(|id| MonitorId::new(id).unwrap()).collect(),
        },
        target: Target::DEFAULT,
    };
    let groups = vec![
        group("shop", "Shop", Rule::Any, &["sign-in", "checkout", "search"]),
        group("entrance", "Entrance", Rule::All, &["sign-in", "checkout", "old-shop"]),
        group("mirrors", "Mirrors", Rule::All, &["mirror-1", "mirror-2"]),
    ];
    let scene = scene(&stories, Vec::new());
    let settings = Settings { groups, ..(**scene.app.report.load()).clone() };
    scene.settled_as(settings)
}

/// Many monitors, nearly all well.
pub(crate) fn many(count: i64) -> Scene {
    let stories: Vec<Story> = (0..count)
        .map(|n| {
            let story = Story::new(&format!("Service {:03}", n + 1));
            match n % 19 {
                3 => story.with((5 + n % 70) * DAY, 50, Event::Fails("HTTP 500")),
                7 => story.with((9 + n % 60) * DAY, 9 * HOUR, Event::Gap),
                _ => story,
            }
        })
        .collect();
    scene(&stories, Vec::new())
}

/// A shelf of checks. It can only be read.
#[derive(Default)]
pub(crate) struct Shelf {
    checks: BTreeMap<Key, Vec<Check>>,
    runs: Vec<Run>,
    exchanges: BTreeMap<Key, Vec<(Timestamp, Exchange)>>,
    imports: BTreeMap<Key, Foreign>,
    broken: AtomicBool,
    closed: Mutex<Vec<ClosedMonth>>,
    corrections: Mutex<Vec<Correction>>,
    pub(crate) windows: Vec<Announcement>,
    requests: Mutex<BTreeMap<MonitorId, Kept>>,
}

impl Shelf {
    /// From now on nothing can be read from it either.
    pub(crate) fn break_down(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    /// From now on this month is what was kept of it, with what was said of it afterwards.
    pub(crate) fn keep_closed(&self, month: ClosedMonth, corrections: Vec<Correction>) {
        *self.closed.lock().unwrap() = vec![month];
        *self.corrections.lock().unwrap() = corrections;
    }

    /// From now on this was counted of a balancer.
    pub(crate) fn keep_requests(&self, balancer: MonitorId, kept: Kept) {
        self.requests.lock().unwrap().insert(balancer, kept);
    }

    fn works(&self) -> Result<(), StoreError> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(StoreError::Refused("disk I/O error".to_owned()));
        }
        Ok(())
    }
}

fn read_only<T>() -> Result<T, StoreError> {
    Err(StoreError::Refused("this shelf can only be read".to_owned()))
}

#[async_trait]
impl Store for Shelf {
    async fn register(
        &self,
        _: Timestamp,
        _: &[Registration],
        _: Others,
    ) -> Result<(), StoreError> {
        read_only()
    }

    async fn load(&self) -> Result<Loaded, StoreError> {
        read_only()
    }

    async fn commit(&self, _: &Batch) -> Result<Committed, StoreError> {
        read_only()
    }

    async fn checks(&self, key: Key, span: Span) -> Result<Vec<Check>, StoreError> {
        self.works()?;
        let all = self.checks.get(&key).map(Vec::as_slice).unwrap_or_default();
        let inside = |check: &&Check| span.contains(check.started_at);
        Ok(all.iter().filter(inside).cloned().collect())
    }

    async fn edition(&self, key: Key, span: Span) -> Result<String, StoreError> {
        Ok(self.checks(key, span).await?.len().to_string())
    }

    async fn recent(
        &self,
        _: &mut (dyn for<'c> FnMut(Key, &'c Check) + Send),
    ) -> Result<Timestamp, StoreError> {
        self.works()?;
        Ok(Timestamp::MAX)
    }

    async fn newest(&self, _: Timestamp) -> Result<Newest, StoreError> {
        read_only()
    }

    async fn lease(&self) -> Result<Seen, StoreError> {
        read_only()
    }

    async fn take_lease(
        &self,
        _: &Held,
        _: &Tenant,
        _: i64,
    ) -> Result<Option<Held>, StoreError> {
        read_only()
    }

    async fn renew_lease(&self, _: Fence, _: bool, _: i64) -> Result<(), StoreError> {
        read_only()
    }

    async fn give_up_lease(&self, _: Fence) -> Result<(), StoreError> {
        read_only()
    }

    fn under(&self, _: Fence) -> Arc<dyn Store> {
        unreachable!("nobody watches here")
    }

    async fn exchanges(
        &self,
        key: Key,
        span: Span,
        limit: usize,
    ) -> Result<Vec<(Timestamp, Exchange)>, StoreError> {
        self.works()?;
        let all = self.exchanges.get(&key).map(Vec::as_slice).unwrap_or_default();
        let inside = |(at, _): &&(Timestamp, Exchange)| span.contains(*at);
        Ok(all.iter().filter(inside).take(limit).cloned().collect())
    }

    async fn extent(&self, _: Key) -> Result<Option<Span>, StoreError> {
        read_only()
    }

    async fn pauses(&self, _: Key) -> Result<Vec<Pause>, StoreError> {
        read_only()
    }

    async fn epoch(&self) -> Result<i64, StoreError> {
        Ok(0)
    }

    async fn announce(
        &self,
        _: &MaintenanceWindow,
        _: Option<&Occurrence>,
        _: &str,
    ) -> Result<Announced, StoreError> {
        read_only()
    }

    async fn change_window(
        &self,
        _: &Announcement,
        _: Timestamp,
        _: &str,
        _: Action,
    ) -> Result<Changed, StoreError> {
        read_only()
    }

    async fn window(&self, _: WindowId) -> Result<Option<Announcement>, StoreError> {
        read_only()
    }

    async fn windows(&self) -> Result<Vec<Announcement>, StoreError> {
        self.works()?;
        Ok(self.windows.clone())
    }

    async fn deeds(&self, _: WindowId) -> Result<Vec<Deed>, StoreError> {
        read_only()
    }

    async fn followed(&self, _: &str) -> Result<Followed, StoreError> {
        read_only()
    }

    async fn settle(&self, _: &str, _: &[Local], _: Timestamp) -> Result<Settled, StoreError> {
        read_only()
    }

    async fn adopt_project(&self, _: &str, _: &str) -> Result<bool, StoreError> {
        read_only()
    }

    async fn note_reading(&self, _: &str, _: Timestamp) -> Result<(), StoreError> {
        read_only()
    }

    async fn begin_run(&self, _: Timestamp, _: &str) -> Result<(), StoreError> {
        read_only()
    }

    async fn end_run(&self, _: Timestamp, _: Timestamp) -> Result<(), StoreError> {
        read_only()
    }

    async fn runs(&self) -> Result<Vec<Run>, StoreError> {
        self.works()?;
        Ok(self.runs.clone())
    }

    async fn close_month(&self, _: &ClosedMonth) -> Result<(), StoreError> {
        read_only()
    }

    async fn closed_months(&self) -> Result<Vec<Cut>, StoreError> {
        let closed = self.closed.lock().unwrap();
        Ok(closed.iter().map(|kept| cut(kept.month, &kept.head).unwrap()).collect())
    }

    async fn closed_lengths(
        &self,
        months: RangeInclusive<Month>,
        closed_by: Timestamp,
    ) -> Result<Vec<ClosedLengths>, StoreError> {
        let closed = self.closed.lock().unwrap();
        let asked = closed
            .iter()
            .filter(|kept| months.contains(&kept.month) && kept.closed_at <= closed_by);
        let lengths = |kept: &ClosedMonth, row: &ClosedRow| ClosedLengths {
            month: kept.month,
            subject: row.subject,
            id: row.id.clone(),
            json: serde_json::from_str::<serde_json::Value>(&row.json).unwrap()["milliseconds"]
                .to_string(),
        };
        Ok(asked
            .flat_map(|kept| kept.rows.iter().map(move |row| lengths(kept, row)))
            .collect())
    }

    async fn closed_month(&self, month: Month) -> Result<Option<ClosedMonth>, StoreError> {
        self.works()?;
        Ok(self.closed.lock().unwrap().iter().find(|kept| kept.month == month).cloned())
    }

    async fn closed_rows(
        &self,
        subject: Subject,
        id: &str,
        _: u32,
    ) -> Result<Vec<(Month, String)>, StoreError> {
        let closed = self.closed.lock().unwrap();
        let rows = closed.iter().flat_map(|kept| kept.rows.iter().map(|row| (kept.month, row)));
        let rows = rows.filter(|(_, row)| row.subject == subject && row.id == id);
        Ok(rows.map(|(month, row)| (month, row.json.clone())).collect())
    }

    async fn correct(&self, _: &Correction) -> Result<(), StoreError> {
        read_only()
    }

    async fn corrections(&self, month: Option<Month>) -> Result<Vec<Correction>, StoreError> {
        let all = self.corrections.lock().unwrap();
        Ok(all
            .iter()
            .filter(|of| month.is_none_or(|month| of.month == month))
            .cloned()
            .collect())
    }

    async fn imports(&self, key: Key, span: Span) -> Result<Foreign, StoreError> {
        Ok(self.all_imports(span).await?.remove(&key).unwrap_or_default())
    }

    async fn all_imports(&self, _: Span) -> Result<BTreeMap<Key, Foreign>, StoreError> {
        self.works()?;
        Ok(self.imports.clone())
    }

    async fn import(&self) -> Result<Box<dyn Import>, StoreError> {
        read_only()
    }

    async fn pack(&self, _: Timestamp) -> Result<u64, StoreError> {
        read_only()
    }

    async fn purge(&self, _: &BTreeMap<Key, Spans>) -> Result<Purged, StoreError> {
        read_only()
    }

    async fn kept_from(&self) -> Result<HashMap<Key, Timestamp>, StoreError> {
        self.works()?;
        Ok(HashMap::new())
    }

    async fn baseline(&self, _: Key) -> Result<Option<Baseline>, StoreError> {
        self.works()?;
        Ok(None)
    }

    async fn fixed(&self, _: Key) -> Result<Vec<Entry>, StoreError> {
        read_only()
    }

    async fn digests(&self, _: Key, _: Span) -> Result<Vec<Digest>, StoreError> {
        read_only()
    }

    async fn gaps(&self, _: Key, _: Span) -> Result<Vec<Gap>, StoreError> {
        self.works()?;
        Ok(Vec::new())
    }

    async fn make_token(&self, _: &NewToken) -> Result<(), StoreError> {
        read_only()
    }

    async fn make_first_token(&self, _: &NewToken) -> Result<bool, StoreError> {
        read_only()
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.living_tokens().await
    }

    async fn living_tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.works()?;
        Ok(Vec::new())
    }

    async fn revoke_token(&self, _: &TokenName, _: Timestamp) -> Result<bool, StoreError> {
        read_only()
    }

    async fn note_token_use(&self, _: TokenId, _: Timestamp) -> Result<bool, StoreError> {
        read_only()
    }

    async fn waiting_alerts(&self, _: &ChannelId, _: u32) -> Result<Vec<Waiting>, StoreError> {
        read_only()
    }

    async fn told_alerts(&self, _: &ChannelId) -> Result<HashMap<Key, Told>, StoreError> {
        read_only()
    }

    async fn note_attempts(
        &self,
        _: &ChannelId,
        _: AlertId,
        _: u32,
        _: Timestamp,
    ) -> Result<(), StoreError> {
        read_only()
    }

    async fn settle_alerts(
        &self,
        _: &ChannelId,
        _: &[AlertId],
        _: Outcome,
        _: Timestamp,
    ) -> Result<(), StoreError> {
        read_only()
    }

    async fn leave_channels(&self, _: &[ChannelId], _: Timestamp) -> Result<(), StoreError> {
        read_only()
    }

    async fn forget_alerts(&self, _: Timestamp) -> Result<u64, StoreError> {
        read_only()
    }

    async fn count_requests(&self, _: &Counted) -> Result<(), StoreError> {
        read_only()
    }

    async fn requests(&self, _: Span) -> Result<BTreeMap<MonitorId, Kept>, StoreError> {
        self.works()?;
        Ok(self.requests.lock().unwrap().clone())
    }

    async fn counted_runs(&self, _: Span) -> Result<Vec<CountedRun>, StoreError> {
        self.works()?;
        Ok(Vec::new())
    }

    async fn sums(&self, _: Span) -> Result<Vec<Sum>, StoreError> {
        self.works()?;
        Ok(Vec::new())
    }

    async fn sum_requests(&self, _: Timestamp) -> Result<u64, StoreError> {
        read_only()
    }

    async fn set_drain(
        &self,
        _: &Place,
        _: DrainAction,
        _: Timestamp,
        _: &str,
    ) -> Result<bool, StoreError> {
        read_only()
    }

    async fn drains(&self) -> Result<Vec<Drained>, StoreError> {
        self.works()?;
        Ok(Vec::new())
    }

    async fn drain_deeds(&self, _: &MonitorId, _: u32) -> Result<Vec<DrainDeed>, StoreError> {
        self.works()?;
        Ok(Vec::new())
    }

    async fn writable(&self) -> Result<(), StoreError> {
        self.works()
    }

    async fn close(&self) {}
}
