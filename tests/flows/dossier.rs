//! From a target that fails to the dossier that proves it.

use crate::app::{START, TOKEN, TestApp, one};
use crate::support::behaviour::{Act, Behaviour};
use crate::support::target::Target;
use everup::domain::monitor::{Key, MonitorId, Parameters};
use everup::domain::span::Span;
use everup::domain::timestamp::{HOUR_MS, MINUTE_MS, Timestamp};
use everup::store::contract::Store;
use everup::store::registration::{Others, Registration};
use everup::store::sqlite::Sqlite;
use everup::transfer::read;
use everup::transfer::write::{Form, Selection, export};
use serde_json::Value;

/// The newest outage, by its list and its dossier.
async fn newest(app: &TestApp) -> Value {
    let list: Value = serde_json::from_str(&app.page("/api/v1/outages").await).unwrap();
    let id = list["outages"][0]["id"].as_str().unwrap().to_owned();
    serde_json::from_str(&app.page(&format!("/api/v1/outages/{id}")).await).unwrap()
}

fn answering(status: u16, page: &str) -> Behaviour {
    Behaviour::answer(status, "server: nginx\r\ncontent-type: text/html\r\n", page)
}

#[tokio::test]
async fn a_failing_target_has_a_dossier_from_its_first_failure_to_its_recovery() {
    let target = Target::start().await;
    let app = TestApp::start(&one("api", target.url().as_str())).await;
    app.pass_ms(5 * MINUTE_MS).await;
    target.answer(answering(502, "<h1>Bad Gateway</h1>"));
    let failed_at = app.until_next_check().await;
    app.pass_ms(MINUTE_MS).await;
    target.answer(answering(503, "<h1>Starting</h1>"));
    app.pass_ms(2 * MINUTE_MS).await;
    let id = format!("api-{}Z", failed_at.to_utc().format("%Y%m%dT%H%M%S%.3f"));
    let page = app.text(&format!("/outages/{id}")).await;
    assert!(page.contains("API is down since"), "{page}");
    target.answer(Behaviour::ok());
    app.pass_ms(2 * MINUTE_MS).await;

    let page = app.text(&format!("/outages/{id}")).await;
    for words in [
        "API was down from",
        "HTTP 502 from 127.0.0.1",
        "&#60;h1&#62;Bad Gateway&#60;/h1&#62;",
        "&#60;h1&#62;Starting&#60;/h1&#62;",
        "nginx",
        "the first right answer",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let dossier = newest(&app).await;
    assert_eq!(dossier["id"], id);
    let evidence = dossier["evidence"].as_array().unwrap();
    let statuses: Vec<&Value> =
        evidence.iter().map(|proof| &proof["check"]["status"]).collect();
    assert_eq!(statuses, [502, 503], "one of each, not one of every check");
    assert_eq!(evidence[0]["check"]["address"], target.address().to_string());
    assert!(evidence[0]["check"]["phases_ms"]["total"].as_f64().unwrap() > 0.0);
    let checks = dossier["checks"].as_array().unwrap();
    assert!(checks.len() >= 5 && checks.iter().all(|check| check["verdict"] == "fail"));
    assert_eq!(dossier["last_good"]["verdict"], "ok");
    assert_eq!(dossier["recovery"]["started_at"], dossier["to"]);
    let month = app.month("api").await;
    assert_eq!(month["outages"][0]["id"], id);
    assert_eq!(month["outages"][0]["milliseconds"], dossier["milliseconds"]["down"]);
    app.stop().await;
}

#[tokio::test]
async fn a_dossier_survives_a_restart_and_moves_with_the_history() {
    let target = Target::start().await;
    let config = one("api", target.url().as_str());
    let mut app = TestApp::start(&config).await;
    app.pass_ms(5 * MINUTE_MS).await;
    target.answer(answering(502, "<h1>Bad Gateway</h1>"));
    app.pass_ms(3 * MINUTE_MS).await;
    app.restart_after(HOUR_MS).await;
    app.pass_ms(3 * MINUTE_MS).await;
    target.answer(Behaviour::ok());
    app.pass_ms(3 * MINUTE_MS).await;
    let before = newest(&app).await;
    assert_eq!(before["evidence"].as_array().unwrap().len(), 1, "the same run goes on");
    assert!(before["milliseconds"]["unknown"].as_i64().unwrap() > HOUR_MS / 2);
    let lines = exported(&app).await;
    assert_eq!(lines.matches("\"kind\":\"exchange\"").count(), 1);
    app.stop().await;

    let folder = tempfile::tempdir().unwrap();
    let other = Sqlite::open(&folder.path().join("other.db")).await.unwrap();
    let registration = Registration {
        id: MonitorId::new("api").unwrap(),
        name: "API".to_owned(),
        url: target.url().to_string(),
        since: None,
        parameters: Parameters::default(),
    };
    other.register(START, &[registration], Others::Remove).await.unwrap();
    for exchanges in [1, 0] {
        let imported = read::import(&other, &mut lines.as_bytes(), Timestamp::MAX, |_| {})
            .await
            .unwrap();
        assert_eq!(imported.exchanges, exchanges);
        assert_eq!(lines_of(&other).await, lines, "byte for byte");
    }
}

async fn exported(app: &TestApp) -> String {
    let store = Sqlite::open(&app.database()).await.unwrap();
    let lines = lines_of(&store).await;
    store.close().await;
    lines
}

async fn lines_of(store: &Sqlite) -> String {
    let mut lines = Vec::new();
    let selection = Selection { span: Span::ALWAYS, monitors: Vec::new(), form: Form::Lines };
    export(store, &selection, &mut lines).await.unwrap();
    String::from_utf8(lines).unwrap()
}

#[tokio::test]
async fn no_secret_is_in_a_dossier_nor_in_an_export_nor_in_the_store() {
    let target = Target::start().await;
    let quoted = TOKEN.replace('/', "\\/");
    let head = format!("HTTP/1.1 500 x\r\nx-you-sent: Bearer {TOKEN}\r\n\r\n");
    let page = format!("{{\"env\":\"{quoted}\",\"raw\":\"{TOKEN}\"}}\n{}", ".".repeat(4_000));
    let acts = vec![
        Act::Send(head.into_bytes()),
        Act::Send(page.into_bytes()),
        // Its token lies across the end of what is kept.
        Act::Echo,
    ];
    target.answer(Behaviour(acts));
    let config = one("api", target.url().as_str())
        + "[monitor.http]\nheaders = { Authorization = \"Bearer ${API_TOKEN}\" }\n";
    let app = TestApp::start(&config).await;
    app.pass_ms(5 * MINUTE_MS).await;
    assert!(target.requests()[0].contains(TOKEN), "it was sent");
    let dossier = newest(&app).await;
    let seen = &dossier["evidence"][0]["seen"];
    assert!(seen["body"]["text"].as_str().unwrap().starts_with("{\"env\":\"[secret]\""));
    let id = dossier["id"].as_str().unwrap();
    let mut all = vec![dossier.to_string(), app.page(&format!("/outages/{id}")).await];
    all.push(exported(&app).await);
    let store = Sqlite::open(&app.database()).await.unwrap();
    all.push(format!("{:?}", store.exchanges(Key(1), Span::ALWAYS, 99).await.unwrap()));
    store.close().await;
    for text in all {
        for part in ["s3cret", "4711"] {
            assert!(!text.contains(part), "{part} in {text}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn a_day_of_downtime_keeps_a_handful_of_exchanges() {
    let target = Target::start().await;
    let config = one("api", target.url().as_str()) + "interval = \"10m\"\n";
    let app = TestApp::start(&config).await;
    target.answer(answering(502, &"All work and no play. ".repeat(400)));
    app.pass_ms(12 * HOUR_MS).await;
    target.answer(answering(503, "and now for something else"));
    app.pass_ms(12 * HOUR_MS).await;
    let store = Sqlite::open(&app.database()).await.unwrap();
    let checks = store.checks(Key(1), Span::ALWAYS).await.unwrap();
    let exchanges = store.exchanges(Key(1), Span::ALWAYS, 99).await.unwrap();
    assert!(checks.len() > 100, "{}", checks.len());
    assert_eq!(exchanges.len(), 2);
    assert_eq!(exchanges[0].0, checks[0].started_at);
    store.close().await;
    app.stop().await;
}
