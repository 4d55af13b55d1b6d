//! Work that takes longer than it was announced for, from the announcement to the closed
//! month.

use crate::app::{TestApp, one};
use crate::support::behaviour::Behaviour;
use crate::support::target::Target;
use everup::clock::Clock as _;
use everup::domain::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS};
use everup::report::verify::verify;
use serde_json::{Value, json};

const NOVEMBER: &str = "/report/2026-11.json";

#[tokio::test]
async fn what_lies_beyond_a_window_counts_and_everything_says_so() {
    let target = Target::start().await;
    let config = one("api", target.url().as_str()) + "interval = \"10m\"\nfailures = 1\n";
    let mut app = TestApp::start(&config).await;
    let start = app.clock.now().plus_ms(48 * HOUR_MS);
    let plan = json!({
        "start_time": start.to_string(),
        "end_time": start.plus_ms(30 * MINUTE_MS).to_string(),
        "message": "New disks",
        "monitors": ["api"],
    });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let announce = client
        .post(app.url("/maintenance"))
        .bearer_auth(app.first_token().await.unwrap())
        .header("content-type", "application/json")
        .body(plan.to_string());
    assert_eq!(announce.send().await.unwrap().status().as_u16(), 201);
    assert!(app.text("/").await.contains("Maintenance planned"));

    app.pass_ms(48 * HOUR_MS).await;
    target.answer(Behaviour::status(503));
    app.pass_ms(20 * MINUTE_MS).await;
    let page = app.text("/").await;
    assert!(
        page.contains("Maintenance now") && page.contains("and down beneath it"),
        "{page}"
    );
    app.pass_ms(30 * MINUTE_MS).await;
    let page = app.text("/").await;
    assert!(page.contains("Maintenance takes longer"), "{page}");
    target.answer(Behaviour::ok());
    app.pass_ms(10 * MINUTE_MS).await;
    let page = app.text("/").await;
    assert!(!page.contains("takes longer"), "{page}");
    assert!(page.contains("planned 30") && page.contains("took "), "{page}");

    let report: Value = serde_json::from_str(&app.page(NOVEMBER).await).unwrap();
    let beneath = &report["maintenance"][0]["beneath"][0];
    let down_ms = report["monitors"][0]["milliseconds"]["down"].as_i64().unwrap();
    assert!((15 * MINUTE_MS..=30 * MINUTE_MS).contains(&down_ms), "{down_ms}");
    assert_eq!(beneath["overrun"]["counted_milliseconds"], down_ms);
    assert_eq!(beneath["overrun"]["took_milliseconds"], 30 * MINUTE_MS + down_ms);
    assert_eq!(beneath["milliseconds"]["excluded"], 30 * MINUTE_MS);
    assert!(beneath["milliseconds"]["down"].as_i64().unwrap() >= 15 * MINUTE_MS);

    app.restart_after(21 * DAY_MS).await;
    let closed = app.until_it_says(NOVEMBER, "\"closing\"").await;
    verify(&closed).unwrap();
    let kept: Value = serde_json::from_str(&closed).unwrap();
    assert_eq!(kept["maintenance"], report["maintenance"]);
    app.stop().await;
}
