//! Maintenance as a calendar that others subscribe to.

use crate::sample::{self, Story};
use crate::visitor::{Answer, Visitor};
use everup::domain::maintenance::MaintenanceWindow;
use http::StatusCode;

const DAY: i64 = 24 * 60;

fn scene() -> sample::Scene {
    let message = "Größere Platten, neue Kabel; und \\ am Ende\nEine zweite Zeile, die so lang \
                   ist, dass kein Kalender sie in einer einzigen Zeile haben will, weil nach \
                   75 Bytes Schluss ist";
    let upcoming = sample::window(-3 * DAY, 120, 6 * DAY, message, &["api"]);
    let called_off = MaintenanceWindow {
        cancelled_at: Some(sample::ago(2 * DAY)),
        ..sample::window(DAY, 60, 5 * DAY, "", &[])
    };
    let cut = sample::window(5 * DAY, 60, 9 * DAY, "Cut", &[]);
    let cut = MaintenanceWindow { cancelled_at: Some(cut.start.plus_ms(600_500)), ..cut };
    let emergency =
        MaintenanceWindow { emergency: true, ..sample::window(20, 30, 0, "Leak", &[]) };
    let forgotten = sample::window(500 * DAY, 60, 3 * DAY, "Long ago", &[]);
    sample::scene(&[Story::new("API")], vec![forgotten, cut, called_off, emergency, upcoming])
}

async fn feed() -> Answer {
    Visitor::of(&scene()).get("/maintenance.ics").await
}

/// The lines as they were before they were folded.
fn unfolded(feed: &str) -> Vec<String> {
    feed.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
}

#[tokio::test]
async fn it_has_every_window_as_an_event_that_keeps_its_name() {
    let answer = feed().await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    insta::assert_snapshot!(unfolded(&answer.body).join("\n"));
}

#[tokio::test]
async fn its_lines_are_as_the_standard_wants_them() {
    let body = feed().await.body;
    assert!(body.ends_with("END:VCALENDAR\r\n"));
    assert!(!body.replace("\r\n", "").contains(['\r', '\n']));
    let longest = body.split("\r\n").map(str::len).max();
    assert!(longest <= Some(75), "{longest:?}");
    assert_eq!(body.matches("BEGIN:VEVENT").count(), 4, "what is long over is not there");
}

#[tokio::test]
async fn it_is_sent_again_only_when_it_has_changed() {
    let visitor = Visitor::of(&scene());
    let first = visitor.get("/maintenance.ics").await;
    let tag = first.header("etag");
    let headers = [("if-none-match", tag)];
    let again = visitor.ask(http::Method::GET, "/maintenance.ics", &headers).await;
    assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    let headers = [("if-none-match", "\"other\"")];
    let other = visitor.ask(http::Method::GET, "/maintenance.ics", &headers).await;
    assert_eq!(other.status, StatusCode::OK);
}

/// 400 are over, one is under way, and 1,100 are planned, one each hour.
#[tokio::test]
async fn of_too_many_windows_those_that_are_next_come_first() {
    let told = |from: i64, words: &str| sample::window(from, 30, 3 * DAY, words, &[]);
    let over = (1..=400).rev().map(|n| told(60 * n, &format!("over {n}")));
    let planned = (1..=1_100).map(|n| told(-60 * n, &format!("planned {n}")));
    let windows: Vec<MaintenanceWindow> =
        over.chain([told(10, "under way")]).chain(planned).collect();
    let visitor = Visitor::of(&sample::scene(&[Story::new("API")], windows));
    let feed = visitor.get("/maintenance.ics").await.body;
    assert_eq!(feed.matches("BEGIN:VEVENT").count(), 1_000);
    for (words, is_there) in [
        ("under way", true),
        ("planned 1", true),
        ("planned 999", true),
        ("planned 1000", false),
        ("over 1", false),
    ] {
        assert_eq!(feed.contains(&format!("SUMMARY:{words}\r\n")), is_there, "{words}");
    }
    let page = visitor.get("/").await.body;
    assert!(page.contains("1096 more windows are planned"), "{page}");
    assert!(!page.contains("all are in the"), "they are not");
    assert!(page.contains("/maintenance/windows?state=active,upcoming"), "{page}");
}

/// What is left of the room has the newest of those that are over.
#[tokio::test]
async fn of_too_many_windows_that_are_over_the_newest_are_there() {
    let told = |from: i64, words: &str| sample::window(from, 30, 3 * DAY, words, &[]);
    let over = (1..=1_100).rev().map(|n| told(60 * n, &format!("over {n}")));
    let windows = over.chain([told(-60, "planned")]).collect();
    let visitor = Visitor::of(&sample::scene(&[Story::new("API")], windows));
    let feed = visitor.get("/maintenance.ics").await.body;
    let has = |words: &str| feed.contains(&format!("SUMMARY:{words}\r\n"));
    assert!(has("planned") && has("over 1") && has("over 999") && !has("over 1000"));
}

#[tokio::test]
async fn an_emergency_is_called_one_in_its_title() {
    let emergency = |message: &str| MaintenanceWindow {
        emergency: true,
        ..sample::window(20, 30, 0, message, &[])
    };
    let scene = sample::scene(&[Story::new("API")], vec![emergency("Leak"), emergency("")]);
    let feed = Visitor::of(&scene).get("/maintenance.ics").await.body;
    assert!(feed.contains("SUMMARY:Emergency: Leak\r\n"), "{feed}");
    assert!(feed.contains("SUMMARY:Emergency maintenance\r\n"), "{feed}");
}

/// A calendar without any component is none (RFC 5545, 3.6).
#[tokio::test]
async fn without_windows_it_names_its_zone_and_has_no_event() {
    let visitor = Visitor::of(&sample::scene(&[Story::new("API")], Vec::new()));
    let feed = visitor.get("/maintenance.ics").await.body;
    assert_eq!(feed.matches("BEGIN:").count(), 3, "{feed}");
    assert!(feed.contains("BEGIN:VTIMEZONE\r\nTZID:UTC\r\n") && !feed.contains("VEVENT"));
    assert!(feed.ends_with("END:VTIMEZONE\r\nEND:VCALENDAR\r\n"), "{feed}");
}
