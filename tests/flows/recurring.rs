//! Maintenance that comes again: announced by itself, each turn once.

use crate::app::{START, TestApp};
use crate::support::target::Target;
use everup::domain::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use serde_json::Value;
use std::time::Duration;

/// A rule beside a monitor that is looked at once a day.
fn rule(target: &Target, rest: &str) -> String {
    format!(
        "{}interval = \"1d\"\ntimeout = \"10s\"\n\n[maintenance]\n[[maintenance.recurring]]\n\
         id = \"weekly\"\ntime_zone = \"Europe/Madrid\"\n{rest}",
        crate::app::one("api", target.url().as_str())
    )
}

const WEEKLY: &str = "schedule = \"0 2 * * SUN\"\nduration = \"2h\"\nmessage = \"Updates\"\n";

async fn windows(app: &TestApp, state: &str) -> Vec<Value> {
    let path = format!("/maintenance/windows?state={state}");
    let answer: Value = serde_json::from_str(&app.page(&path).await).unwrap();
    answer["windows"].as_array().unwrap().clone()
}

/// Waits until so many windows have this state; for what is done by itself.
async fn until(app: &TestApp, state: &str, count: usize) -> Vec<Value> {
    for _ in 0..500 {
        let windows = windows(app, state).await;
        if windows.len() == count {
            return windows;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{state}: {:?}", windows(app, state).await);
}

fn starts(windows: &[Value]) -> Vec<&str> {
    windows
        .iter()
        .map(|window| window["start_time"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_next_turns_are_announced_once_and_each_leaves_the_figure() {
    let target = Target::start().await;
    // A Tuesday. The first Sunday is more than 48 hours away.
    let mut app = TestApp::start(&rule(&target, WEEKLY)).await;
    let announced = until(&app, "upcoming", 8).await;
    assert_eq!(starts(&announced)[..2], ["2026-11-15T01:00:00Z", "2026-11-22T01:00:00Z"]);
    for window in &announced {
        assert_eq!(
            (&window["recurring"], &window["message"]),
            (&"weekly".into(), &"Updates".into())
        );
        assert_eq!(window["excluded"], true);
        assert_eq!(window["announced_at"], START.to_string());
    }
    // A restart announces nothing again; a week later there is one more.
    app.restart_after_kill(HOUR_MS).await;
    app.pass_ms(MINUTE_MS).await;
    assert_eq!(until(&app, "upcoming", 8).await, announced);
    app.restart_after(7 * DAY_MS).await;
    let later = until(&app, "upcoming", 8).await;
    assert_eq!(starts(&later)[0], "2026-11-22T01:00:00Z");
    assert_eq!(windows(&app, "ended").await.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_turn_with_less_than_48_hours_left_is_not_announced() {
    let target = Target::start().await;
    // In 47 hours and 59 minutes, and then again every day.
    let soon = "schedule = \"59 12 * * *\"\nduration = \"30m\"\n";
    let app = TestApp::start(&rule(&target, soon)).await;
    let announced = until(&app, "upcoming", 8).await;
    assert_eq!(starts(&announced)[0], "2026-11-13T11:59:00Z");
    // Just 48 hours are enough.
    app.stop().await;
    let just = "schedule = \"0 13 * * *\"\nduration = \"30m\"\n";
    let app = TestApp::start(&rule(&target, just)).await;
    assert_eq!(starts(&until(&app, "upcoming", 8).await)[0], "2026-11-12T12:00:00Z");
    app.stop().await;
}

#[tokio::test]
async fn a_rule_that_changes_takes_its_turns_along_and_one_that_goes_calls_them_off() {
    let target = Target::start().await;
    let mut app = TestApp::start(&rule(&target, WEEKLY)).await;
    until(&app, "upcoming", 8).await;
    let shorter = WEEKLY.replace("2h", "1h").replace("Updates", "Security updates");
    app.change(&rule(&target, &shorter)).await;
    let changed = until_told(&app, 0, "Security updates").await;
    assert_eq!(changed.len(), 8);
    for window in &changed {
        let [start, end] = ["start_time", "end_time"]
            .map(|name| Timestamp::parse_rfc3339(window[name].as_str().unwrap()).unwrap());
        assert_eq!(end.since_ms(start), HOUR_MS);
        assert_eq!(
            (&window["message"], &window["revision"]),
            (&"Security updates".into(), &2.into())
        );
        assert_eq!(window["announced_at"], START.to_string(), "to narrow needs no notice");
    }
    // On another day: what was announced is called off, what is new is announced.
    let moved = shorter.replace("SUN", "SAT");
    app.change(&rule(&target, &moved)).await;
    until(&app, "cancelled", 8).await;
    assert_eq!(starts(&until(&app, "upcoming", 8).await)[0], "2026-11-14T01:00:00Z");
    // And back: a turn that nobody but its rule called off may come again.
    app.change(&rule(&target, &shorter)).await;
    until(&app, "cancelled", 16).await;
    assert_eq!(starts(&until(&app, "upcoming", 8).await)[0], "2026-11-15T01:00:00Z");
    app.change(&crate::app::one("api", target.url().as_str())).await;
    until(&app, "cancelled", 24).await;
    assert!(until(&app, "upcoming", 0).await.is_empty());
    app.stop().await;
}

/// Waits until every upcoming window but the first `kept` says this; they change one by one.
async fn until_told(app: &TestApp, kept: usize, message: &str) -> Vec<Value> {
    for _ in 0..500 {
        let windows = windows(app, "upcoming").await;
        if windows[kept..].iter().all(|window| window["message"] == message) {
            return windows;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nothing changes");
}

#[tokio::test]
async fn what_an_administrator_did_to_a_turn_stays() {
    let target = Target::start().await;
    let mut app = TestApp::start(&rule(&target, WEEKLY)).await;
    let announced = until(&app, "upcoming", 8).await;
    let token = app.first_token().await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = |window: &Value| app.url(&format!("/maintenance/windows/{}", window["id"]));
    let off = client.delete(url(&announced[0])).bearer_auth(&token).send().await.unwrap();
    assert_eq!(off.status().as_u16(), 204);
    let said = client
        .patch(url(&announced[1]))
        .bearer_auth(&token)
        .header("content-type", "application/json")
        .body("{\"message\":\"Two hours without search\"}");
    assert_eq!(said.send().await.unwrap().status().as_u16(), 200);
    app.change(&rule(&target, &WEEKLY.replace("Updates", "Other updates")))
        .await;
    let upcoming = until_told(&app, 1, "Other updates").await;
    assert_eq!(upcoming.len(), 7, "the one that was called off does not come back");
    assert_eq!(upcoming[0]["message"], "Two hours without search");
    // On another day: those that only the rule has touched go, and that one stays.
    let moved = WEEKLY.replace("Updates", "Other updates").replace("SUN", "SAT");
    app.change(&rule(&target, &moved)).await;
    until(&app, "cancelled", 7).await;
    let upcoming = until(&app, "upcoming", 9).await;
    assert!(
        upcoming
            .iter()
            .any(|window| window["message"] == "Two hours without search")
    );
    assert!(!starts(&upcoming).contains(&"2026-11-15T01:00:00Z"));
    app.stop().await;
}

/// A month ahead by mistake, and back again.
#[tokio::test]
async fn a_clock_that_is_put_forward_and_back_doubles_and_loses_no_turn() {
    let target = Target::start().await;
    let mut app = TestApp::start(&rule(&target, WEEKLY)).await;
    let before = until(&app, "upcoming", 8).await;
    app.jump_ms(28 * DAY_MS).await;
    app.change(&rule(&target, WEEKLY)).await;
    // Four of the eight are over by this clock, and none is announced under it.
    until(&app, "upcoming", 4).await;
    app.jump_ms(-28 * DAY_MS).await;
    app.change(&rule(&target, WEEKLY)).await;
    assert_eq!(until(&app, "upcoming", 8).await, before);
    assert!(windows(&app, "cancelled").await.is_empty());
    app.stop().await;
}
