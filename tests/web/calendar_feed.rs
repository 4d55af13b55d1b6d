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
