//! Single checks that are let go: what was closed stays, and how they were judged too.

use crate::app::{START, TestApp, one};
use crate::support::behaviour::Behaviour;
use crate::support::target::Target;
use everup::domain::ledger::Settled;
use everup::domain::monitor::Key;
use everup::domain::period::Period;
use everup::domain::span::Span;
use everup::domain::timestamp::{DAY_MS, MINUTE_MS, Timestamp};
use everup::report::explain::Explanation;
use everup::report::explain::json::of_monitor;
use everup::report::settings::Settings;
use everup::report::verify::verify;
use everup::store::contract::Store;
use everup::store::registration::{Others, Registration};
use everup::store::sqlite::Sqlite;
use everup::transfer::{read, write};
use serde_json::Value;

const NOVEMBER: &str = "/report/2026-11.json";
const CHECKS: &str = "/api/v1/monitors/api/checks?from=2026-11-10T12:00:00Z";

const EXPLAINED: &str = "/api/v1/monitors/api/explain?month=2026-11";

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

/// Mutants: causes that go with the checks; that are not exported; a stretch of a gap that is
/// told otherwise than before.
#[tokio::test]
async fn a_figure_is_explained_by_the_same_gaps_when_its_checks_are_gone() {
    let target = Target::start().await;
    let mut app = TestApp::start(&one("api", target.url().as_str())).await;
    app.pass_ms(5 * MINUTE_MS).await;
    // While everup is off: its own network, twice, and failures too few to be an outage.
    let line = |minute: i64, verdict: &str, kind: &str, reason: &str| {
        let at = START.plus_ms(minute * MINUTE_MS);
        format!(
            "{{\"kind\":\"check\",\"monitor\":\"api\",\"started_at\":{},\"verdict\":\"{verdict}\",\
             \"reason\":\"{reason}\",\"evidence\":{{\"kind\":\"{kind}\"}}}}\n",
            at.0
        )
    };
    let before = [
        line(-180, "unknown", "own-network", "no route"),
        line(-179, "unknown", "own-network", "no route"),
        line(-120, "fail", "timeout", "no answer"),
        line(-119, "fail", "timeout", "no answer"),
        line(-100, "unknown", "own-store", "the disk is full"),
        line(-60, "unknown", "own-store", "the disk is full"),
        line(-10, "fail", "timeout", "no answer"),
    ];
    // And before that, checks of another monitor, the last of which say that it did not look.
    let theirs = |minute: i64, verdict: &str| {
        format!(
            "{{\"kind\":\"check\",\"monitor\":\"api\",\"started_at\":{},\"verdict\":\"{verdict}\",\
             \"reason\":\"Uptime Kuma: under maintenance\"}}\n",
            START.plus_ms(minute * MINUTE_MS).0
        )
    };
    let origin = format!(
        "{{\"kind\":\"origin\",\"monitor\":\"api\",\"source\":\"uptime-kuma\",\"file\":\"kuma.db\",\
         \"imported_at\":{},\"records\":\"checks\",\"from\":{},\"to\":{},\"added\":3}}\n",
        START.0,
        START.plus_ms(-303 * MINUTE_MS).0,
        START.plus_ms(-300 * MINUTE_MS).0
    );
    let elsewhere =
        [theirs(-303, "fail"), theirs(-302, "unknown"), theirs(-301, "unknown"), origin];
    app.import(&elsewhere.concat()).await.unwrap();
    app.import(&before.concat()).await.unwrap();
    app.restart_after(21 * DAY_MS).await;
    app.until_it_says(NOVEMBER, "\"closing\"").await;
    app.pass_ms(5 * MINUTE_MS).await;
    let whole = gaps(&app).await;
    let causes: Vec<&str> = whole.iter().map(|gap| gap.2.as_str()).collect();
    for cause in
        ["own-network", "undecided", "own-store", "no-record", "not-running", "not-looked"]
    {
        assert!(causes.contains(&cause), "{whole:?}");
    }
    app.restart_after(420 * DAY_MS).await;
    app.until_it_says(CHECKS, "no longer kept").await;
    assert_eq!(gaps(&app).await, whole);
    let told = app.page(EXPLAINED).await;
    let said = "2 checks say why. The fault was its own, so it says nothing about the target. \
                The first reason: no route.";
    assert!(told.contains(said), "{told}");
    let said = "Uptime Kuma kept 2 checks that say neither up nor down: it was in maintenance \
                and did not look, so nothing is known of the target. The first reason: Uptime \
                Kuma: under maintenance.";
    assert!(told.contains(said), "{told}");
    // The same in another database.
    let store = app.store().await;
    let exported = lines(&store).await;
    assert!(exported.contains("{\"kind\":\"gap\""), "{exported}");
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
    read::import(&other, &mut exported.as_bytes(), Timestamp::MAX, |_| {})
        .await
        .unwrap();
    assert_eq!(lines(&other).await, exported);
    // Why nobody looked has moved with it, too.
    let november = Period::parse("2026-11").unwrap();
    let moved = other.load().await.unwrap().histories.remove(0);
    let settings = Settings::default();
    let explained = Explanation::make(&other, &moved, &[], november, now, &settings)
        .await
        .unwrap();
    assert_eq!(gaps_of(&of_monitor(&explained)), whole);
    other.close().await;
    store.close().await;
    app.stop().await;
}

/// Mutant: the first failure that is kept, told as the first of all.
#[tokio::test]
async fn an_outage_whose_beginning_is_not_kept_names_no_other_first_failure() {
    let target = Target::start().await;
    let mut app = TestApp::start(&one("api", target.url().as_str())).await;
    app.pass_ms(5 * MINUTE_MS).await;
    let midnight = Timestamp::parse_rfc3339("2026-12-01T00:00:00Z").unwrap();
    let line = |minute: i64, verdict: &str| {
        let at = midnight.plus_ms(minute * MINUTE_MS).0;
        format!(
            "{{\"kind\":\"check\",\"monitor\":\"api\",\"started_at\":{at},\"verdict\":\"{verdict}\",\
             \"reason\":\"HTTP 502\",\"evidence\":{{\"kind\":\"status\",\"status\":502}}}}\n"
        )
    };
    let seen = format!(
        "{{\"kind\":\"exchange\",\"monitor\":\"api\",\"started_at\":{},\
         \"seen\":{{\"headers\":[[\"server\",\"nginx\"]],\"headers_cut\":false}}}}\n",
        midnight.plus_ms(MINUTE_MS).0
    );
    let fails: String = (-2..5).map(|minute| line(minute, "fail")).collect();
    let told = [line(-3, "ok"), fails, line(5, "ok"), seen].concat();
    // Before the month is closed.
    app.import(&told).await.unwrap();
    app.restart_after(21 * DAY_MS).await;
    app.until_it_says(NOVEMBER, "\"closing\"").await;
    let dossier = "/outages/api-20261130T235800.000Z";
    let whole = app.text(dossier).await;
    assert!(whole.contains("First failure: HTTP 502"), "{whole}");
    app.restart_after(420 * DAY_MS).await;
    let kept = app.until_it_says(dossier, "The first failing check is not kept.").await;
    assert!(!kept.contains("First failure:"), "{kept}");
    let kept = app.text(dossier).await;
    assert!(kept.contains("Then: HTTP 502"), "{kept}");
    assert!(kept.contains("Its first checks are not kept."), "{kept}");
    // Which failure decided cannot be counted from what is left.
    let explained = app.page("/api/v1/monitors/api/explain?month=2026-11").await;
    assert!(
        explained.contains("in a row failed. The outage begins at the first"),
        "{explained}"
    );
    app.stop().await;
}

/// The gaps of November: from when to when, and why.
async fn gaps(app: &TestApp) -> Vec<(String, String, String)> {
    gaps_of(&app.page(EXPLAINED).await)
}

fn gaps_of(explanation: &str) -> Vec<(String, String, String)> {
    let told: Value = serde_json::from_str(explanation).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let events = told["events"].as_array().unwrap().iter();
    let gaps = events.filter(|event| event["kind"] == "gap");
    gaps.map(|gap| (text(&gap["from"]), text(&gap["to"]), text(&gap["cause"])))
        .collect()
}

async fn lines(store: &Sqlite) -> String {
    let selection =
        write::Selection { span: Span::ALWAYS, monitors: Vec::new(), form: write::Form::Lines };
    let mut lines = Vec::new();
    write::export(store, &selection, &mut lines).await.unwrap();
    String::from_utf8(lines).unwrap()
}
