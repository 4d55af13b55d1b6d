//! What the pages of others are given: the script of the banner, and what it asks.

use crate::sample::{self, Event, Scene, Story};
use crate::visitor::{Answer, Visitor};
use everup::domain::maintenance::MaintenanceWindow;
use everup::domain::timestamp::MINUTE_MS;
use http::{Method, StatusCode};
use serde_json::{Value, json};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

async fn news(scene: &Scene) -> Value {
    let answer = Visitor::of(scene).get("/banner.json").await;
    serde_json::from_str(&answer.body).unwrap()
}

/// State and message of each window.
fn told(news: &Value) -> Vec<String> {
    let windows = news["windows"].as_array().unwrap().iter();
    let line = |window: &Value| {
        let text = |key: &str| window[key].as_str().unwrap().to_owned();
        format!("{} {}", text("state"), text("message"))
    };
    windows.map(line).collect()
}

/// A monitor that went down so many minutes ago and still is.
fn down(name: &str, since: i64) -> Story {
    let story = Story::new(name).every_ms(MINUTE_MS).since(2 * DAY);
    story.with(since, since + 1, Event::Fails("HTTP 502"))
}

/// A window so many minutes ago, announced in time.
fn window(from: i64, minutes: i64, message: &str, about: &[&str]) -> MaintenanceWindow {
    sample::window(from, minutes, 5 * DAY, message, about)
}

fn is_for_all(answer: &Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin");
}

#[tokio::test]
async fn the_script_is_under_4_kb_and_may_be_kept_for_minutes() {
    let visitor = Visitor::of(&sample::well());
    let answer = visitor.get("/banner.js").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.bytes.len() < 4_096, "{} bytes", answer.bytes.len());
    assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    is_for_all(&answer);
    assert!(!answer.body.contains("//"), "a remark is served");
    // Nothing that a policy without 'unsafe-inline' or 'unsafe-eval' forbids, nothing that
    // becomes markup.
    for word in ["innerHTML", "outerHTML", "insertAdjacent", "eval(", "<style", "setAttribute"]
    {
        assert!(!answer.body.contains(word), "{word}");
    }

    let etag = answer.header("etag").to_owned();
    for known in [etag.clone(), format!("\"other\", {etag}")] {
        let again = visitor.ask(Method::GET, "/banner.js", &[("if-none-match", &known)]).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!(again.header("etag"), etag);
        is_for_all(&again);
    }
    let other = visitor
        .ask(Method::GET, "/banner.js", &[("if-none-match", "\"other\"")])
        .await;
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn the_news_is_told_without_the_store() {
    let windows = vec![window(-HOUR, 30, "New disks.", &["api"])];
    let scene = sample::scene(&[Story::new("API")], windows);
    scene.shelf.break_down();
    let answer = Visitor::of(&scene).get("/banner.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "public, max-age=5");
    is_for_all(&answer);
    let news: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        news,
        json!({
            "now": "2026-11-24T10:54:07Z",
            "windows": [{
                "id": 1,
                "revision": 1,
                "state": "upcoming",
                "start_time": "2026-11-24T11:54:07Z",
                "end_time": "2026-11-24T12:24:07Z",
                "message": "New disks.",
                "monitors": ["API"],
                "emergency": false,
            }],
            "outage": null,
        })
    );
}

#[tokio::test]
async fn a_window_is_told_from_48_hours_before_until_it_ends() {
    let at = |from, message| window(from, 30, message, &[]);
    let mut late = at(-2 * DAY, "too far");
    late.start = late.start.plus_ms(1);
    let mut over = at(30, "over");
    over.cancelled_at = None;
    let cancelled =
        MaintenanceWindow { cancelled_at: Some(sample::ago(DAY)), ..at(-HOUR, "called off") };
    let ended =
        MaintenanceWindow { cancelled_at: Some(sample::ago(1)), ..at(20, "ended early") };
    let windows = vec![
        over,
        at(29, "active"),
        ended,
        at(10, "began last"),
        cancelled,
        at(-1, "next"),
        at(-2 * DAY, "two days"),
        late,
    ];
    let scene = sample::scene(&[Story::new("API")], windows);
    assert_eq!(
        told(&news(&scene).await),
        ["active began last", "active active", "upcoming next", "upcoming two days"]
    );
}

#[tokio::test]
async fn work_overruns_while_somebody_it_is_about_is_still_down() {
    let windows = vec![
        window(4 * HOUR, 30, "about others", &["web"]),
        window(3 * HOUR, 60, "overrun", &["api"]),
        window(3 * HOUR, 61, "its extension", &["api"]),
        window(20, 10, "too soon for this outage", &["web"]),
    ];
    let stories = [down("API", 150), down("Web", 5)];
    let news = news(&sample::scene(&stories, windows)).await;
    assert_eq!(told(&news), ["overrunning its extension"]);
    assert_eq!(news["outage"]["monitors"], json!(["API", "Web"]));
    assert_eq!(news["outage"]["since"], "2026-11-24T08:25:03Z");
}

#[tokio::test]
async fn work_that_everybody_came_back_from_is_over() {
    let story = Story::new("API").every_ms(MINUTE_MS).since(2 * DAY);
    let story = story.with(30, 25, Event::Fails("HTTP 502"));
    let scene = sample::scene(&[story], vec![window(40, 20, "Disks.", &[])]);
    let news = news(&scene).await;
    assert_eq!((told(&news), &news["outage"]), (Vec::new(), &Value::Null));
}

#[tokio::test]
async fn who_is_down_within_an_active_window_is_no_outage() {
    // Announced an hour ahead: its time counts, but it says what is going on.
    let late = sample::window(20, 60, 60, "Urgent.", &["api"]);
    let stories = [down("API", 10), down("Web", 5)];
    let now = news(&sample::scene(&stories, vec![late.clone()])).await;
    assert_eq!(now["outage"]["monitors"], json!(["Web"]));
    let now = news(&sample::scene(&[down("API", 10)], vec![late])).await;
    assert_eq!(now["outage"], Value::Null);
}

#[tokio::test]
async fn at_most_5_windows_and_10_names_are_told() {
    let names: Vec<String> = (0..12).map(|n| format!("m{n}")).collect();
    let ids: Vec<&str> = names.iter().map(String::as_str).collect();
    let windows = (1..=7).map(|n| window(-n, 30, &n.to_string(), &ids)).collect();
    let stories: Vec<Story> = names.iter().map(|name| down(name, 10)).collect();
    let news = news(&sample::scene(&stories, windows)).await;
    assert_eq!(told(&news).len(), 5);
    for of in [&news["windows"][0], &news["outage"]] {
        assert_eq!(of["monitors"].as_array().unwrap().len(), 10, "{of}");
        assert_eq!(of["more"], 2, "{of}");
    }
}
