//! Single checks that are let go: what was closed stays, and how they were judged too.

use crate::app::{START, TestApp, one};
use crate::support::behaviour::Behaviour;
use crate::support::target::Target;
use everup::domain::ledger::Settled;
use everup::domain::monitor::Key;
use everup::domain::span::Span;
use everup::domain::timestamp::{DAY_MS, MINUTE_MS, Timestamp};
use everup::report::verify::verify;
use everup::store::contract::{Others, Registration, Store};
use everup::store::sqlite::Sqlite;
use everup::transfer::{read, write};
use serde_json::Value;

const NOVEMBER: &str = "/report/2026-11.json";
const CHECKS: &str = "/api/v1/monitors/api/checks?from=2026-11-10T12:00:00Z";

/// An outage on 10 November, which is then closed; and a year later, of which everup saw
/// the first minutes of December only.
async fn long_ago(target: &Target, config: &str) -> (TestApp, String) {
    let config = config.to_owned() + &one("api", target.url().as_str());
    let mut app = TestApp::start(&config).await;
    app.pass_ms(5 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(5 * MINUTE_MS).await;
    target.answer(Behaviour::ok());
    app.pass_ms(5 * MINUTE_MS).await;
    app.restart_after(21 * DAY_MS).await;
    let closed = app.until_it_says(NOVEMBER, "\"closing\"").await;
    app.pass_ms(5 * MINUTE_MS).await;
    (app, closed)
}

async fn settled(app: &TestApp) -> Settled {
    let store = app.store().await;
    let history = store.load().await.unwrap().histories.remove(0);
    store.close().await;
    Settled::clone(&history.ledger.settled)
}

/// Over all months, but for those that lie after November.
async fn outages(app: &TestApp) -> Value {
    serde_json::from_str(&app.page("/api/v1/outages").await).unwrap()
}

#[tokio::test]
async fn what_was_closed_outlives_its_checks() {
    let target = Target::start().await;
    let (mut app, closed) = long_ago(&target, "").await;
    let (before, told) = (settled(&app).await, outages(&app).await);
    assert_eq!(app.get(CHECKS).await.0, 200);
    app.restart_after(420 * DAY_MS).await;
    let gone = app.until_it_says(CHECKS, "no longer kept").await;
    assert!(gone.contains("from=2026-11-11T00:00:00Z"), "{gone}");
    assert_eq!(app.get(CHECKS).await.0, 410);
    assert_eq!(app.page(NOVEMBER).await, closed);
    assert!(verify(&closed).is_ok());
    let after = settled(&app).await;
    assert_eq!(after.outages[..before.outages.len()], before.outages[..]);
    assert_eq!(outages(&app).await["outages"], told["outages"]);
    // What was asked of it without an instant begins where there are checks.
    let rest = app.page("/api/v1/monitors/api/checks").await;
    assert!(rest.contains("2026-12-01T12:") && !rest.contains("2026-11-10"), "{rest}");
    let outage = told["outages"][0]["id"].as_str().unwrap();
    let dossier = app.text(&format!("/outages/{outage}")).await;
    assert!(
        dossier.contains("The single checks of this time are not kept."),
        "{dossier}"
    );
    // How many there were, and how fast, remains.
    let quarter: Value = serde_json::from_str(&app.page("/report/2026-Q4.json").await).unwrap();
    let row = &quarter["monitors"][0];
    let november: Value = serde_json::from_str(&closed).unwrap();
    let counted = november["monitors"][0]["checks"].as_u64().unwrap();
    assert!(row["checks"].as_u64().unwrap() > counted, "{row}");
    // A past that is judged again goes on from there: nothing of November is lost.
    let pause = "{\"kind\":\"pause\",\"monitor\":\"api\",\"from\":\"2026-11-10T12:06:00Z\",\
                 \"to\":\"2026-11-10T12:08:00Z\"}\n";
    assert_eq!(app.import(pause).await.unwrap().pauses, 1);
    app.restart_after(MINUTE_MS).await;
    assert_eq!(settled(&app).await.outages[0], before.outages[0]);
    assert_eq!(app.page(NOVEMBER).await, closed);
    app.stop().await;
}

#[tokio::test]
async fn what_is_left_moves_to_another_database_and_stays_the_same() {
    let target = Target::start().await;
    let (mut app, closed) = long_ago(&target, "").await;
    app.restart_after(420 * DAY_MS).await;
    app.until_it_says(CHECKS, "no longer kept").await;
    app.pass_ms(5 * MINUTE_MS).await;
    let store = app.store().await;
    let exported = lines(&store).await;
    for kind in ["baseline", "fixed", "digest"] {
        assert!(exported.contains(&format!("{{\"kind\":\"{kind}\"")), "{kind}: {exported}");
    }
    let folder = tempfile::tempdir().unwrap();
    let other = Sqlite::open(&folder.path().join("other.db")).await.unwrap();
    let history = store.load().await.unwrap().histories.remove(0);
    let registration = Registration {
        id: history.monitor.id.clone(),
        name: history.monitor.name.clone(),
        url: history.monitor.url.clone(),
        since: None,
        parameters: history.monitor.parameters.current(),
    };
    let now = everup::clock::Clock::now(&*app.clock);
    other.register(now, &[registration], Others::Keep).await.unwrap();
    let imported = read::import(&other, &mut exported.as_bytes(), Timestamp::MAX, |_| {})
        .await
        .unwrap();
    assert!(imported.digests > 2, "{imported:?}");
    assert_eq!(lines(&other).await, exported);
    let moved = other.load().await.unwrap().histories.remove(0);
    assert_eq!(moved.ledger, history.ledger);
    let month = everup::domain::month::Month::parse("2026-11").unwrap();
    assert_eq!(other.closed_month(month).await.unwrap().unwrap().text(), closed);
    // Once more changes nothing, and checks of that time are not taken again.
    let again = read::import(&other, &mut exported.as_bytes(), Timestamp::MAX, |_| {})
        .await
        .unwrap();
    assert_eq!((again.digests, again.checks), (0, 0), "{again:?}");
    let at = START.plus_ms(MINUTE_MS).0;
    let old = format!(
        "{{\"kind\":\"check\",\"monitor\":\"api\",\"started_at\":{at},\"verdict\":\"fail\"}}\n"
    );
    let old = read::import(&other, &mut old.as_bytes(), Timestamp::MAX, |_| {})
        .await
        .unwrap();
    assert_eq!((old.too_old_checks, old.checks), (1, 0));
    assert_eq!(lines(&other).await, exported);
    // What was settled then is not added to afterwards.
    let more = "{\"kind\":\"fixed\",\"monitor\":\"api\",\"was\":\"down\",\
                \"from\":\"2026-11-10T12:00:00Z\",\"to\":\"2026-11-10T12:01:00Z\"}\n";
    let refused = read::import(&other, &mut more.as_bytes(), Timestamp::MAX, |_| {})
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("is fixed"), "{refused}");
    other.close().await;
    store.close().await;
    app.stop().await;
}

/// Checks were imported into November after it was closed: its report stays, and so do they.
#[tokio::test]
async fn checks_that_no_longer_come_to_what_was_closed_stay() {
    let target = Target::start().await;
    let (mut app, closed) = long_ago(&target, "").await;
    let at = START.plus_ms(-DAY_MS).0;
    let line = format!(
        "{{\"kind\":\"check\",\"monitor\":\"api\",\"started_at\":{at},\"verdict\":\"fail\"}}\n"
    );
    assert_eq!(app.import(&line).await.unwrap().checks, 1);
    app.restart_after(420 * DAY_MS).await;
    app.until_it_says("/report/2026-12.json", "\"closing\"").await;
    app.restart_after(DAY_MS).await;
    app.pass_ms(5 * MINUTE_MS).await;
    assert_eq!(app.get(CHECKS).await.0, 200);
    assert_eq!(app.page(NOVEMBER).await, closed);
    app.stop().await;
}

#[tokio::test]
async fn checks_are_kept_as_long_as_the_configuration_says() {
    let target = Target::start().await;
    let (mut app, _) = long_ago(&target, "[store]\nkeep_checks = \"500d\"\n").await;
    app.restart_after(420 * DAY_MS).await;
    app.until_it_says("/report/2026-12.json", "\"closing\"").await;
    app.pass_ms(5 * MINUTE_MS).await;
    let store = app.store().await;
    let all = Span::new(Timestamp::MIN, START.plus_ms(DAY_MS));
    assert!(!store.checks(Key(1), all).await.unwrap().is_empty());
    assert!(store.kept_from().await.unwrap().is_empty());
    app.stop().await;
}

async fn lines(store: &Sqlite) -> String {
    let selection =
        write::Selection { span: Span::ALWAYS, monitors: Vec::new(), form: write::Form::Lines };
    let mut lines = Vec::new();
    write::export(store, &selection, &mut lines).await.unwrap();
    String::from_utf8(lines).unwrap()
}
