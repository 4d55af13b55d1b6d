//! What balancers and watchdogs are told.

use crate::sample::{self, NOW, Story};
use crate::visitor::{Answer, Visitor};
use everup::domain::timestamp::{MINUTE_MS, SECOND_MS};
use http::StatusCode;
use rstest::rstest;
use serde_json::Value;

#[tokio::test]
async fn health_is_exactly_what_the_users_compare_with() {
    let scene = sample::well();
    scene.shelf.break_down();
    let answer = Visitor::of(&scene).get("/health").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body, "{\"status\":\"ok\",\"message\":\"Service online\"}");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[rstest]
#[case(None, "{\"active\":false}")]
#[case(Some("New disks."), "{\"active\":true,\"message\":\"New disks.\"}")]
#[case(Some(" "), "{\"active\":true,\"message\":\"Scheduled maintenance in progress\"}")]
#[tokio::test]
async fn maintenance_is_told_while_it_lasts(#[case] message: Option<&str>, #[case] body: &str) {
    // Announced an hour ahead: too late to leave the figure, but under way all the same.
    let windows = message.map(|message| sample::window(5, 10, 60, message, &[]));
    let scene = sample::scene(&[Story::new("API")], windows.into_iter().collect());
    let answer = Visitor::of(&scene).get("/maintenance").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, body));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

fn reasons(answer: &Answer) -> Vec<String> {
    let json: Value = serde_json::from_str(&answer.body).unwrap();
    let status = if answer.status == StatusCode::OK { "ready" } else { "not ready" };
    assert_eq!(json["status"], status);
    let reasons = json["reasons"].as_array().cloned().unwrap_or_default();
    reasons.iter().map(|reason| reason.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_daemon_that_is_well_is_ready() {
    let scene = sample::well();
    scene.app.vitals.note(|reading| reading.last_finished_at = Some(NOW));
    let answer = Visitor::of(&scene).get("/health/ready").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(reasons(&answer), [""; 0]);
}

#[tokio::test]
async fn a_store_that_refuses_is_a_reason_for_the_second_after_it_was_asked() {
    let scene = sample::well();
    let visitor = Visitor::of(&scene);
    assert_eq!(visitor.get("/health/ready").await.status, StatusCode::OK);
    scene.shelf.break_down();
    assert_eq!(visitor.get("/health/ready").await.status, StatusCode::OK);
    scene.clock.advance_ms(SECOND_MS);
    let answer = visitor.get("/health/ready").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reasons(&answer), ["the store cannot be written: disk I/O error"]);
}

#[tokio::test]
async fn everything_that_is_not_well_is_named() {
    let scene = sample::well();
    let vitals = &scene.app.vitals;
    vitals.started_late(NOW, 5_001);
    vitals.note(|reading| {
        reading.store_refuses = Some((NOW, "database is locked".to_owned()));
        reading.clock_trouble = Some("it jumped back by 3 s".to_owned());
        reading.last_finished_at = Some(NOW.plus_ms(-30 * MINUTE_MS - 10 * SECOND_MS - 1));
        reading.waiting_checks = 7;
    });
    let answer = Visitor::of(&scene).get("/health/ready").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        reasons(&answer),
        [
            "the store has refused checks since 2026-11-24T10:54:07Z: database is locked",
            "checks start up to 6 s late",
            "no check has finished for 31 min",
            "the clock cannot be trusted: it jumped back by 3 s",
        ]
    );
    let json: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(json["waiting_checks"], 7);
}

#[tokio::test]
async fn silence_counts_from_the_start_and_only_while_something_is_watched() {
    let scene = sample::well();
    let visitor = Visitor::of(&scene);
    scene.clock.advance_ms(30 * MINUTE_MS + 10 * SECOND_MS);
    assert_eq!(visitor.get("/health/ready").await.status, StatusCode::OK);
    scene.clock.advance_ms(SECOND_MS);
    assert_eq!(visitor.get("/health/ready").await.status, StatusCode::SERVICE_UNAVAILABLE);

    let paused = Story::new("API").paused(60, 600);
    let scene = sample::scene(&[paused], Vec::new());
    let visitor = Visitor::of(&scene);
    scene.clock.advance_ms(120 * MINUTE_MS);
    assert_eq!(visitor.get("/health/ready").await.status, StatusCode::OK);
}
