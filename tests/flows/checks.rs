//! The single checks, as a program asks for them.

use crate::app::{START, TestApp, one};
use crate::support::behaviour::Behaviour;
use crate::support::target::Target;
use everup::domain::span::Span;
use everup::domain::timestamp::{HOUR_MS, MINUTE_MS};
use everup::store::contract::Store;
use everup::transfer::write;

const CHECKS: &str = "/api/v1/monitors/api/checks";

#[tokio::test]
async fn they_are_the_lines_of_the_export_and_the_rows_of_its_table() {
    let target = Target::start().await;
    let app = TestApp::start(&one("api", target.url().as_str())).await;
    app.pass_ms(3 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    let store = app.store().await;
    for (form, query) in [(write::Form::Lines, ""), (write::Form::Table, "?format=csv")] {
        let selection = write::Selection { span: Span::ALWAYS, monitors: Vec::new(), form };
        let mut exported = Vec::new();
        write::export(&store, &selection, &mut exported).await.unwrap();
        let answered = app.page(&format!("{CHECKS}{query}")).await;
        let exported = String::from_utf8(exported).unwrap();
        let is_other = |line: &&str| {
            line.starts_with("{\"kind\":") && !line.starts_with("{\"kind\":\"check\"")
        };
        let checks = exported.split_inclusive('\n').filter(|line| !is_other(line));
        assert_eq!(answered, checks.collect::<String>());
        assert!(answered.lines().count() > 6 && answered.contains("HTTP 502"), "{answered}");
    }
    store.close().await;
    // An hour before, and no minute of this one.
    let (from, to) = (START.plus_ms(-HOUR_MS), START);
    assert_eq!(app.page(&format!("{CHECKS}?from={from}&to={to}")).await, "");
    app.stop().await;
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again_and_a_new_check_is() {
    let target = Target::start().await;
    let app = TestApp::start(&one("api", target.url().as_str())).await;
    app.pass_ms(3 * MINUTE_MS).await;
    let to = START.plus_ms(2 * MINUTE_MS);
    let past = format!("{CHECKS}?from={START}&to={to}");
    let open = format!("{CHECKS}?from={START}&to=2026-11-11");
    let tag = async |path: &str| {
        let answer = app.ask(path, ("accept", "*/*")).await;
        assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
        answer.headers()["etag"].to_str().unwrap().to_owned()
    };
    let (past_tag, open_tag) = (tag(&past).await, tag(&open).await);
    for (path, tag) in [(&past, &past_tag), (&open, &open_tag)] {
        let answer = app.ask(path, ("if-none-match", tag)).await;
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().len()), (304, 0));
    }
    app.pass_ms(2 * MINUTE_MS).await;
    assert_eq!(app.ask(&past, ("if-none-match", &past_tag)).await.status(), 304);
    assert_eq!(app.ask(&open, ("if-none-match", &open_tag)).await.status(), 200);
    app.stop().await;
}

/// Nothing is committed by the daemon meanwhile.
#[tokio::test]
async fn what_another_process_imports_is_sent_at_once() {
    let target = Target::start().await;
    let app = TestApp::start(&one("api", target.url().as_str())).await;
    app.pass_ms(3 * MINUTE_MS).await;
    let to = START.plus_ms(2 * MINUTE_MS);
    let past = format!("{CHECKS}?from={START}&to={to}");
    let answer = app.ask(&past, ("accept", "*/*")).await;
    let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
    let line = format!(
        "{{\"kind\":\"check\",\"monitor\":\"api\",\"started_at\":{},\"verdict\":\"fail\"}}\n",
        START.plus_ms(MINUTE_MS + 7).0
    );
    assert_eq!(app.import(&line).await.unwrap().checks, 1);
    let answer = app.ask(&past, ("if-none-match", &tag)).await;
    assert_eq!(answer.status(), 200);
    assert_ne!(answer.headers()["etag"].to_str().unwrap(), tag);
    assert!(answer.text().await.unwrap().contains("\"verdict\":\"fail\""));
    app.stop().await;
}

#[tokio::test]
async fn a_bad_question_is_told_what_is_wrong() {
    let target = Target::start().await;
    let app = TestApp::start(&one("api", target.url().as_str())).await;
    for (query, status, words) in [
        ("?from=yesterday&to=2026-11-11", 400, "neither a date"),
        ("?from=2026-11-11&to=2026-11-10", 400, "ends before it begins"),
        ("?from=1900-01-01&to=2026-11-10", 400, "longer than ten years"),
        ("?format=xml", 400, "ndjson or csv"),
        ("?form=csv", 400, "unknown field `form`"),
        ("?from=2027-01-01", 400, "From is 2027-01-01, which is yet to come"),
        (
            "?to=2024-01-01",
            400,
            "nothing is known of the time before 2026-11-10T12:00:00",
        ),
        ("?from=2026-11-10T00:00:00+01:00", 400, "%2B in an address"),
    ] {
        let (found, body) = app.get(&format!("{CHECKS}{query}")).await;
        assert_eq!(found, status, "{query}");
        assert!(body.contains(words) && body.contains("\"status\":"), "{query}: {body}");
    }
    assert_eq!(app.get("/api/v1/monitors/nope/checks").await.0, 404);
    app.stop().await;
}
