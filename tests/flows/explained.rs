//! Why nobody looked: what an explanation says of stops, kills and faults of everup's own.

use crate::app::{START, TestApp, one};
use crate::support::behaviour::Behaviour;
use crate::support::target::Target;
use everup::clock::Clock;
use everup::domain::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use serde_json::Value;

fn at(value: &Value) -> Timestamp {
    Timestamp::parse_rfc3339(value.as_str().unwrap()).unwrap()
}

/// The gaps of some causes, in order of time.
fn gaps<'a>(explanation: &'a Value, cause: &str) -> Vec<&'a Value> {
    let events = explanation["events"].as_array().unwrap().iter();
    events
        .filter(|event| event["kind"] == "gap" && event["cause"] == cause)
        .collect()
}

fn assert_adds_up(explanation: &Value, month: &Value) {
    let parts = explanation["parts"].as_array().unwrap();
    for class in ["outside", "paused", "maintenance", "up", "degraded", "down", "unknown"] {
        let of_class = parts.iter().filter(|part| part["class"] == class);
        let ms: i64 = of_class.map(|part| part["milliseconds"].as_i64().unwrap()).sum();
        assert_eq!(month["milliseconds"][class], ms, "{class}");
    }
}

/// Mutants: a kill that reads as a stop in order, or as a late check; a last sign of life
/// that is later than the kill, or minutes before it.
#[tokio::test]
async fn after_a_kill_the_gap_says_that_everup_was_not_running_and_since_when() {
    let target = Target::start().await;
    let mut app = TestApp::start(&one("api", target.url().as_str())).await;
    app.pass_ms(30 * MINUTE_MS).await;
    let killed_at = app.clock.now();
    app.restart_after_kill(2 * HOUR_MS).await;
    let started_at = app.clock.now();
    app.pass_ms(10 * MINUTE_MS).await;
    let explanation = app.explanation("api").await;
    assert_adds_up(&explanation, &app.month("api").await);
    let gaps = gaps(&explanation, "not-running");
    assert_eq!(gaps.len(), 1, "{explanation}");
    assert_eq!(at(&gaps[0]["to"]), started_at);
    let last = at(&gaps[0]["checks"][0]["started_at"]);
    assert_eq!(
        at(&gaps[0]["from"]),
        last.plus_ms(MINUTE_MS),
        "the last check speaks so long"
    );
    let text = gaps[0]["text"].as_str().unwrap();
    assert!(text.contains("did not stop in order"), "{text}");
    let alive_at = text.split("last known to run at ").nth(1).unwrap().split(' ').next();
    let alive_at = Timestamp::parse_rfc3339(alive_at.unwrap()).unwrap();
    assert!(last <= alive_at && alive_at <= killed_at, "{text}");
    assert!(killed_at.since_ms(alive_at) <= MINUTE_MS, "{text}");
    assert!(text.ends_with(&format!("It started again at {started_at}.")), "{text}");
    let page = app.text("/monitors/api/explain").await;
    assert!(page.contains("Not checked: everup was not running"), "{page}");
    app.stop().await;
}

/// Mutant: a stop in order that reads as a kill.
#[tokio::test]
async fn after_a_stop_in_order_the_gap_says_when_it_was_stopped() {
    let target = Target::start().await;
    let mut app = TestApp::start(&one("api", target.url().as_str())).await;
    app.pass_ms(10 * MINUTE_MS).await;
    let stopped_at = app.clock.now();
    app.restart_after(6 * HOUR_MS).await;
    let started_at = app.clock.now();
    app.pass_ms(10 * MINUTE_MS).await;
    let explanation = app.explanation("api").await;
    assert_adds_up(&explanation, &app.month("api").await);
    let gaps = gaps(&explanation, "not-running");
    assert_eq!(gaps.len(), 1, "{explanation}");
    let expected =
        format!("everup was stopped at {stopped_at}. It started again at {started_at}.");
    assert_eq!(gaps[0]["text"], expected);
    app.stop().await;
}

/// Mutant: silence of a running everup that reads as a stop.
#[tokio::test]
async fn a_clock_that_jumps_ahead_is_no_stop() {
    let target = Target::start().await;
    let app = TestApp::start(&one("api", target.url().as_str())).await;
    app.pass_ms(5 * MINUTE_MS).await;
    app.jump_ms(2 * HOUR_MS).await;
    app.pass_ms(3 * MINUTE_MS).await;
    let held = app.explanation("api").await;
    let because = held["ends_because"].as_str().unwrap();
    assert!(because.contains("waits to be kept"), "{because}");
    assert!(because.contains("clock of this host jumped forward by 2 h"), "{because}");
    app.pass_ms(4 * MINUTE_MS).await;
    let explanation = app.explanation("api").await;
    assert_adds_up(&explanation, &app.month("api").await);
    assert_eq!(gaps(&explanation, "late").len(), 1, "{explanation}");
    assert!(gaps(&explanation, "not-running").is_empty(), "{explanation}");
    app.stop().await;
}

/// Mutants: an outage that names another check than the one which opened or closed it; an
/// undecided run that is left out.
#[tokio::test]
async fn an_outage_names_the_checks_that_began_decided_and_ended_it() {
    let target = Target::start().await;
    let app = TestApp::start(&one("api", target.url().as_str())).await;
    app.pass_ms(5 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    let failed_at = app.until_next_check().await;
    let undecided = app.explanation("api").await;
    assert_eq!(at(&undecided["ends_at"]), failed_at);
    let because = undecided["ends_because"].as_str().unwrap();
    assert!(
        because.contains("undecided run of checks begins: 1 check failing"),
        "{because}"
    );
    app.pass_ms(3 * MINUTE_MS).await;
    target.answer(Behaviour::ok());
    let good_at = app.until_next_check().await;
    app.pass_ms(3 * MINUTE_MS).await;
    let explanation = app.explanation("api").await;
    assert_adds_up(&explanation, &app.month("api").await);
    let events = explanation["events"].as_array().unwrap();
    let outage = events.iter().find(|event| event["kind"] == "outage").unwrap();
    assert_eq!((at(&outage["from"]), at(&outage["to"])), (failed_at, good_at));
    let roles: Vec<(&str, i64)> = (outage["checks"].as_array().unwrap().iter())
        .map(|check| {
            let since_ms = at(&check["started_at"]).since_ms(failed_at);
            (check["role"].as_str().unwrap(), since_ms)
        })
        .collect();
    assert_eq!(roles[0], ("last-good", -MINUTE_MS));
    assert_eq!(roles[1], ("first-failure", 0));
    assert_eq!(roles[2], ("decided", MINUTE_MS / 3), "the third, ten seconds apart");
    assert_eq!(roles[3].0, "last-failure");
    assert_eq!(roles[4], ("recovery", good_at.since_ms(failed_at)));
    assert_eq!(outage["checks"][1]["reason"], "HTTP 502 from 127.0.0.1");
    assert!(START < failed_at);
    app.stop().await;
}

/// Mutant: an explanation of a closed month that adds up to what is known today.
#[tokio::test]
async fn a_closed_month_stays_explained_when_what_is_known_of_it_changes() {
    let target = Target::start().await;
    let mut app = TestApp::start(&one("api", target.url().as_str())).await;
    app.pass_ms(10 * MINUTE_MS).await;
    app.restart_after(21 * DAY_MS).await;
    app.until_it_says("/report/2026-11.json", "\"closing\"").await;
    let before = app.explanation("api").await;
    assert_adds_up(&before, &app.month("api").await);
    assert_eq!(before["agrees_with_what_is_known"], true);
    let checks: String = (0..5)
        .map(|minute| {
            let at = START.plus_ms(DAY_MS + minute * MINUTE_MS).0;
            format!(
                "{{\"kind\":\"check\",\"monitor\":\"api\",\"started_at\":{at},\
                 \"verdict\":\"fail\"}}\n"
            )
        })
        .collect();
    app.import(&checks).await.unwrap();
    app.restart_after(MINUTE_MS).await;
    let after = app.explanation("api").await;
    assert_eq!(after["agrees_with_what_is_known"], false);
    assert_eq!(after["sum"], before["sum"]);
    assert_adds_up(&after, &app.month("api").await);
    let page = app.text("/monitors/api/explain?month=2026-11").await;
    assert!(page.contains("comes to something else than what was closed"), "{page}");
    app.stop().await;
}
