//! A history that moves to another database reads there as it did.

use crate::app::{TestApp, one};
use crate::support::behaviour::Behaviour;
use crate::support::target::Target;
use everup::clock::Clock;
use everup::domain::history::History;
use everup::domain::monitor::MonitorId;
use everup::domain::period::Period;
use everup::domain::requests::Requests;
use everup::domain::span::Span;
use everup::domain::timestamp::{MINUTE_MS, Timestamp};
use everup::report::latency::Remembered;
use everup::report::period::PeriodReport;
use everup::report::settings::Settings;
use everup::store::contract::Store;
use everup::store::import::Imported;
use everup::store::registration::{Others, Registration};
use everup::store::requests::Counted;
use everup::store::sqlite::Sqlite;
use everup::transfer::{read, write};

async fn lines(store: &Sqlite, from: Timestamp) -> String {
    let span = Span::new(from, Timestamp::MAX);
    let selection = write::Selection { span, monitors: Vec::new(), form: write::Form::Lines };
    let mut lines = Vec::new();
    write::export(store, &selection, &mut lines).await.unwrap();
    String::from_utf8(lines).unwrap()
}

async fn november(store: &Sqlite, now: Timestamp) -> String {
    let histories = store.load().await.unwrap().histories;
    let period = Period::parse("2026-11").unwrap();
    let (settings, mut remembered) = (Settings::default(), Remembered::default());
    let report =
        PeriodReport::make(store, &histories, period, now, &settings, Some(&mut remembered))
            .await;
    everup::report::json::print(&report.unwrap())
}

async fn import(store: &Sqlite, lines: &str) -> Imported {
    read::import(store, &mut lines.as_bytes(), Timestamp::MAX, |_| ())
        .await
        .unwrap()
}

/// The rules changed, one monitor came back and another was removed for good.
async fn eventful(target: &Target) -> TestApp {
    let of = |id: &str| one(id, target.url().as_str());
    let mut app = TestApp::start(&(of("api") + &of("web") + &of("old"))).await;
    app.pass_ms(5 * MINUTE_MS).await;
    for rules in ["", "failures = 1\n", "failures = 2\nsuccesses = 2\n"] {
        app.change(&(of("api") + rules + &of("web") + &of("old"))).await;
        app.pass_ms(5 * MINUTE_MS).await;
        target.answer(Behaviour::status(500));
        app.pass_ms(MINUTE_MS).await;
        target.answer(Behaviour::ok());
        app.pass_ms(5 * MINUTE_MS).await;
    }
    app.change(&(of("api") + "failures = 2\nsuccesses = 2\n")).await;
    app.pass_ms(5 * MINUTE_MS).await;
    app.change(&(of("api") + "failures = 2\nsuccesses = 2\n" + &of("web")))
        .await;
    app.pass_ms(5 * MINUTE_MS).await;
    app
}

#[tokio::test]
async fn with_its_changes_of_rules_its_lives_and_what_was_removed() {
    let target = Target::start().await;
    let app = eventful(&target).await;
    let (store, now) = (app.store().await, app.clock.now());
    let history = lines(&store, Timestamp::MIN).await;
    let figures = november(&store, now).await;
    assert!(figures.matches("\"continued\":").count() >= 2, "{figures}");
    let folder = tempfile::tempdir().unwrap();
    let other = Sqlite::open(&folder.path().join("other.db")).await.unwrap();
    let living: Vec<Registration> = (store.load().await.unwrap().histories.iter())
        .map(|history| &history.monitor)
        .filter(|monitor| monitor.lives().contains(now))
        .map(|monitor| Registration {
            id: monitor.id.clone(),
            name: monitor.name.clone(),
            url: monitor.url.clone(),
            since: None,
            parameters: monitor.parameters.current(),
        })
        .collect();
    assert_eq!(living.len(), 2);
    let later = now.plus_ms(MINUTE_MS);
    other.register(later, &living, Others::Keep).await.unwrap();
    assert_eq!(import(&other, &history).await.monitors, 3);
    assert_eq!(lines(&other, Timestamp::MIN).await, history);
    assert_eq!(november(&other, now).await, figures);
    // Once more, into the one and the other: nothing changes.
    for store in [&store, &other] {
        let before = store.load().await.unwrap().epoch;
        let again = import(store, &history).await;
        assert_eq!(Imported { known_checks: 0, ..again }, Imported::default());
        assert_eq!(store.load().await.unwrap().epoch, before);
        assert_eq!(lines(store, Timestamp::MIN).await, history);
    }
    app.stop().await;
}

#[tokio::test]
async fn in_two_parts_it_is_the_same() {
    let target = Target::start().await;
    let app = eventful(&target).await;
    let (store, now) = (app.store().await, app.clock.now());
    let history = lines(&store, Timestamp::MIN).await;
    let newer = lines(&store, now.plus_ms(-20 * MINUTE_MS)).await;
    assert!(newer.len() < history.len());
    let folder = tempfile::tempdir().unwrap();
    let other = Sqlite::open(&folder.path().join("other.db")).await.unwrap();
    let histories = store.load().await.unwrap().histories;
    let all: Vec<Registration> = (histories.iter())
        .map(|history| Registration {
            id: history.monitor.id.clone(),
            name: history.monitor.name.clone(),
            url: history.monitor.url.clone(),
            since: None,
            parameters: history.monitor.parameters.current(),
        })
        .collect();
    other.register(now, &all[..2], Others::Keep).await.unwrap();
    import(&other, &newer).await;
    import(&other, &history).await;
    assert_eq!(lines(&other, Timestamp::MIN).await, history);
    assert_eq!(november(&other, now).await, november(&store, now).await);
    app.stop().await;
}

/// Wherever it is cut, also where a line ends; of a part nothing is taken.
#[tokio::test]
async fn it_moves_whole_or_not_at_all() {
    let target = Target::start().await;
    let app = eventful(&target).await;
    let (store, now) = (app.store().await, app.clock.now());
    let history = lines(&store, Timestamp::MIN).await;
    let all: Vec<&str> = history.split_inclusive('\n').collect();
    let end = format!("{{\"kind\":\"end\",\"lines\":{}}}\n", all.len() - 1);
    assert_eq!(all[all.len() - 1], end);
    let folder = tempfile::tempdir().unwrap();
    let other = Sqlite::open(&folder.path().join("other.db")).await.unwrap();
    let registration = |history: &History| Registration {
        id: history.monitor.id.clone(),
        name: history.monitor.name.clone(),
        url: history.monitor.url.clone(),
        since: None,
        parameters: history.monitor.parameters.current(),
    };
    let histories = store.load().await.unwrap().histories;
    let living: Vec<Registration> = histories[..2].iter().map(registration).collect();
    other.register(now, &living, Others::Keep).await.unwrap();
    let before = lines(&other, Timestamp::MIN).await;
    let refused = async |lines: &str| {
        let refused = read::import(&other, &mut lines.as_bytes(), Timestamp::MAX, |_| ()).await;
        refused.unwrap_err().to_string()
    };
    assert!(refused("").await.starts_with("there are no lines in it;"));
    for lines in 1..all.len() {
        let said = refused(&all[..lines].concat()).await;
        assert!(said.contains("line 1 has no end: it is cut short"), "{lines}: {said}");
        assert!(said.ends_with("nothing was imported"), "{said}");
    }
    let said = refused(&[&all[..9], &all[10..]].concat().concat()).await;
    assert!(said.contains("lines of the export should stand before its end"), "{said}");
    let said = refused(&all[1..].concat()).await;
    assert!(said.contains("its first line, is missing"), "{said}");
    let said = refused(&(history.clone() + all[all.len() - 2])).await;
    assert!(said.contains("it stands after the end of an export"), "{said}");
    let said = refused(&(all[..3].concat() + &history)).await;
    assert!(said.contains("another export begins here"), "{said}");
    assert_eq!(lines(&other, Timestamp::MIN).await, before);
    // Two that are whole are as good as one after the other, and lines alone are no export.
    let newer = lines(&store, now.plus_ms(-20 * MINUTE_MS)).await;
    import(&other, &(newer + "\n" + &history)).await;
    assert_eq!(lines(&other, Timestamp::MIN).await, history);
    let again = import(&other, &all[1..all.len() - 1].concat()).await;
    assert_eq!(Imported { known_checks: 0, ..again }, Imported::default());
    app.stop().await;
}

#[tokio::test]
async fn a_monitor_that_is_watched_where_it_comes_from_must_be_configured() {
    let target = Target::start().await;
    let app = eventful(&target).await;
    let history = lines(&app.store().await, Timestamp::MIN).await;
    let folder = tempfile::tempdir().unwrap();
    let other = Sqlite::open(&folder.path().join("other.db")).await.unwrap();
    let refused = read::import(&other, &mut history.as_bytes(), Timestamp::MAX, |_| ())
        .await
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("line 2: there is no monitor \"api\"; add it"),
        "{refused}"
    );
    assert!(other.load().await.unwrap().histories.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn with_what_its_balancers_counted() {
    let folder = tempfile::tempdir().unwrap();
    let open = async |name: &str| Sqlite::open(&folder.path().join(name)).await.unwrap();
    let (store, other) = (open("one.db").await, open("other.db").await);
    let id = |text: &str| MonitorId::new(text).unwrap();
    let begin = Timestamp(1_793_491_200_000 + 20_000);
    let counted = Counted {
        balancer: id("web"),
        run: begin,
        from: begin,
        to: begin.plus_ms(MINUTE_MS),
        total: Requests { answered: 84_212, failed: 3, repeated: 7, ..Requests::default() },
        backends: vec![(id("web-1"), Requests { answered: 42_000, ..Requests::default() })],
    };
    store.count_requests(&counted).await.unwrap();
    let history = lines(&store, Timestamp::MIN).await;
    assert_eq!(
        history.matches(r#""kind":"requests","balancer":"web""#).count(),
        2,
        "{history}"
    );
    assert_eq!(import(&other, &history).await.sums, 3);
    assert_eq!(lines(&other, Timestamp::MIN).await, history);
    let all = store.requests(Span::ALWAYS).await.unwrap();
    assert_eq!(other.requests(Span::ALWAYS).await.unwrap(), all);
    assert_eq!(import(&other, &history).await, Imported::default());
    let later = lines(&store, begin.plus_ms(2 * MINUTE_MS)).await;
    assert!(!later.contains("web"), "{later}");
    let ahead = read::import(&other, &mut history.as_bytes(), begin, |_| ()).await;
    assert!(ahead.unwrap_err().to_string().contains("lies in the future"));
}
