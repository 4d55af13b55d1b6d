//! The client of Supabase against a stand-in that is as strict as PostgREST.

use crate::support::postgrest::{KEY, Kind, Postgrest};
use everup::domain::foreign_window::Terms;
use everup::domain::timestamp::Timestamp;
use everup::supabase::fault::Fault;
use everup::supabase::settings::Settings;
use everup::supabase::table::{Found, Table};
use http::StatusCode;
use rstest::rstest;
use serde_json::json;

fn table(supabase: &Postgrest) -> Table {
    with_key(supabase, KEY)
}

fn with_key(supabase: &Postgrest, key: &str) -> Table {
    Table::new(Settings::new(&supabase.url(), key).unwrap()).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn terms() -> Terms {
    let (start, end) = (at("2026-12-01T02:00:00Z"), at("2026-12-01T04:00:00.250Z"));
    Terms::new(start, end, "Database upgrade").unwrap()
}

fn fill(supabase: &Postgrest, number: u32) {
    for n in 0..number {
        supabase.insert(json!({
            "start_time": "2026-12-01T02:00:00Z",
            "end_time": format!("2026-12-{:02}T04:00:00Z", 1 + n % 28),
            "message": format!("row {n}"),
        }));
    }
}

#[tokio::test]
async fn rows_come_in_pages_of_whatever_size_the_server_gives() {
    for (number, max_rows) in [(0, 1_000), (1, 1_000), (12, 5), (10, 5), (501, 1_000), (3, 1)] {
        let supabase = Postgrest::start().await;
        fill(&supabase, number);
        supabase.database().max_rows = max_rows;
        let rows = table(&supabase).rows(None).await.unwrap();
        let messages: Vec<String> = rows.fit.into_iter().map(|row| row.terms.message).collect();
        let all: Vec<String> = (0..number).map(|n| format!("row {n}")).collect();
        assert_eq!(messages, all, "{max_rows} at once");
    }
}

#[tokio::test]
async fn only_what_ends_late_enough_is_asked_for() {
    let supabase = Postgrest::start().await;
    fill(&supabase, 28);
    let late = table(&supabase).rows(Some(at("2026-12-20T04:00:00Z"))).await.unwrap();
    assert_eq!(late.fit.len(), 9);
    assert_eq!(late.fit[0].terms.message, "row 19");
}

#[tokio::test]
async fn a_table_with_uuids_and_plain_timestamps_is_read_as_utc() {
    let supabase = Postgrest::with(&[
        ("id", Kind::Uuid),
        ("start_time", Kind::Timestamp(6)),
        ("end_time", Kind::Timestamp(6)),
        ("message", Kind::Text),
    ])
    .await;
    supabase.database().max_rows = 2;
    let table = table(&supabase);
    for _ in 0..5 {
        table.add(&terms()).await.unwrap();
    }
    let rows = table.rows(None).await.unwrap();
    assert_eq!(rows.fit.len(), 5);
    assert!(rows.fit.iter().all(|row| row.terms == terms() && row.created_at.is_none()));
    assert_eq!(supabase.rows()[0]["start_time"], json!(1_796_090_400_000_000_i64));
    assert!(!table.has_created_at());
    // That it has no created_at is found out once.
    let refused = supabase
        .database()
        .requests
        .iter()
        .filter(|r| r.contains("created_at"))
        .count();
    assert_eq!(refused, 1);
}

#[tokio::test]
async fn a_row_is_added_changed_and_taken_away() {
    let supabase = Postgrest::start().await;
    supabase.database().now_ms = 1_790_000_000_000;
    let table = table(&supabase);
    let added = table.add(&terms()).await.unwrap();
    assert_eq!((added.id.as_str(), &added.terms), ("1", &terms()));
    assert_eq!(added.created_at, Some(Timestamp(1_790_000_000_000)));
    let wanted = Terms { message: "Later".into(), ..terms() };
    let Found::Fit(changed) = table.change("1", &terms(), &wanted).await.unwrap() else {
        panic!()
    };
    assert_eq!(changed.terms, wanted);
    assert_eq!(table.row("1").await.unwrap(), Found::Fit(changed));
    fill(&supabase, 1);
    for was_there in [true, false] {
        assert_eq!(table.remove("1", &wanted).await.unwrap(), was_there);
        assert_eq!(table.row("1").await.unwrap(), Found::Nothing);
    }
    assert_eq!(table.change("1", &wanted, &wanted).await.unwrap(), Found::Nothing);
    assert_eq!(supabase.rows().len(), 1);
    assert!(table.has_rows().await.unwrap());
}

#[tokio::test]
async fn a_key_that_could_be_a_filter_is_only_a_key() {
    let supabase = Postgrest::with(&[
        ("id", Kind::Text),
        ("start_time", Kind::Timestamptz(6)),
        ("end_time", Kind::Timestamptz(6)),
        ("message", Kind::Text),
    ])
    .await;
    let odd = "a&id=neq.0 (b),\"c\"";
    for id in [odd, "b"] {
        supabase.insert(json!({
            "id": id, "start_time": "2026-12-01T02:00:00Z", "end_time": "2026-12-01T03:00:00Z",
        }));
    }
    let table = table(&supabase);
    let end = at("2026-12-01T03:00:00Z");
    let seen = Terms::new(at("2026-12-01T02:00:00Z"), end, "").unwrap();
    assert!(table.remove(odd, &seen).await.unwrap());
    assert_eq!(supabase.rows().len(), 1);
}

#[tokio::test]
async fn a_row_that_was_edited_meanwhile_is_not_overwritten_nor_taken_away() {
    let supabase = Postgrest::start().await;
    // Finer than we read it.
    let id = supabase.insert(json!({
        "start_time": "2026-12-01T02:00:00.000900Z", "end_time": "2026-12-01T04:00:00.250001Z",
    }));
    let table = table(&supabase);
    let wanted = Terms { message: "Ours".into(), ..terms() };
    supabase.update(&id, json!({"end_time": "2026-12-01T05:00:00Z"}));
    assert_eq!(table.change(&id, &terms(), &wanted).await.unwrap(), Found::Nothing);
    assert!(!table.remove(&id, &terms()).await.unwrap());
    supabase.update(&id, json!({"end_time": "2026-12-01T04:00:00.250001Z"}));
    assert!(matches!(table.change(&id, &terms(), &wanted).await.unwrap(), Found::Fit(_)));
    assert!(table.remove(&id, &wanted).await.unwrap());
}

#[tokio::test]
async fn nonsense_is_set_apart_and_the_rest_is_read() {
    let supabase = Postgrest::start().await;
    let row = |start: &str, end: &str, message: &str| {
        supabase.insert(json!({"start_time": start, "end_time": end, "message": message}))
    };
    row("2026-12-01T02:00:00Z", "2026-12-01T01:00:00Z", "backwards");
    row("2026-12-01T02:00:00Z", "infinity", "for ever");
    row("2026-12-01T02:00:00Z", "2026-12-01T03:00:00Z", "\u{1b}[2J<script>\u{202e}");
    row("2026-12-01T02:00:00Z", "2026-12-01T03:00:00Z", &"x".repeat(100_000));
    let rows = table(&supabase).rows(None).await.unwrap();
    let unfit: Vec<(&str, &str)> = rows
        .unfit
        .iter()
        .map(|unfit| (unfit.id.as_str(), &unfit.why[..9]))
        .collect();
    assert_eq!(unfit, [("1", "it ends a"), ("2", "its end_t")]);
    assert_eq!(rows.fit[0].terms.message, "[2J<script>");
    assert_eq!(rows.fit[1].terms.message.chars().count(), 2_000);
}

#[tokio::test]
async fn a_wrong_key_is_told_and_never_shown() {
    let supabase = Postgrest::start().await;
    let fault = with_key(&supabase, "sb_secret_wrong").rows(None).await.unwrap_err();
    assert!(matches!(fault, Fault::Refused { status: 401, .. }), "{fault:?}");
    let told = fault.to_string();
    assert!(
        told.contains("Invalid API key") && told.contains("SUPABASE_SERVICE_KEY"),
        "{told}"
    );
    for shown in [told, format!("{fault:?}")] {
        assert!(!shown.contains("sb_secret_wrong"), "{shown}");
    }
}

#[tokio::test]
async fn a_table_or_a_column_that_is_missing_is_told() {
    let supabase = Postgrest::start().await;
    supabase.database().has_table = false;
    let fault = table(&supabase).rows(None).await.unwrap_err();
    assert!(matches!(fault, Fault::NoTable(_)), "{fault}");
    let supabase =
        Postgrest::with(&[("id", Kind::BigInt), ("start_time", Kind::Timestamptz(6))]).await;
    let fault = table(&supabase).rows(None).await.unwrap_err();
    assert!(fault.to_string().contains("end_time does not exist"), "{fault}");
    let fault = table(&supabase).add(&terms()).await.unwrap_err();
    assert!(matches!(fault, Fault::NoColumn(_)), "{fault}");
}

#[rstest]
#[case::html(StatusCode::OK, "<html>", "is not PostgREST")]
#[case::an_object(StatusCode::OK, "{}", "is not PostgREST")]
#[case::no_rows(StatusCode::OK, "[1]", "could not be read whole")]
#[case::elsewhere(StatusCode::FOUND, "", "points elsewhere")]
#[case::paused(StatusCode::SERVICE_UNAVAILABLE, "", "Supabase answers 503")]
#[case::no_permission(
    StatusCode::FORBIDDEN,
    r#"{"code":"42501","message":"permission denied for table system_maintenance"}"#,
    "permission denied"
)]
#[tokio::test]
async fn an_answer_that_is_no_table_is_told(
    #[case] status: StatusCode,
    #[case] body: &str,
    #[case] why: &str,
) {
    let supabase = Postgrest::start().await;
    supabase.database().answers = Some((status, body.to_owned()));
    let told = table(&supabase).rows(None).await.unwrap_err().to_string();
    assert!(told.contains(why), "{told}");
}

#[tokio::test]
async fn an_answer_without_end_is_left() {
    let supabase = Postgrest::start().await;
    let body = format!("[\"{}\"]", "x".repeat(5 * 1024 * 1024));
    supabase.database().answers = Some((StatusCode::OK, body));
    let fault = table(&supabase).rows(None).await.unwrap_err();
    assert!(matches!(fault, Fault::TooLong(_)), "{fault}");
}

#[tokio::test]
async fn a_table_with_too_many_rows_is_told_by_the_first_page() {
    let supabase = Postgrest::start().await;
    fill(&supabase, 20_001);
    let fault = table(&supabase).rows(None).await.unwrap_err();
    assert_eq!(fault, Fault::TooMany { rows: 20_001, max: 20_000 });
    assert_eq!(supabase.database().requests.len(), 1);
}

#[tokio::test]
async fn nobody_there_is_told() {
    let mut supabase = Postgrest::start().await;
    let table = table(&supabase);
    supabase.stop().await;
    let fault = table.rows(None).await.unwrap_err();
    assert!(matches!(fault, Fault::Unreachable(_)), "{fault}");
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_may_have_happened() {
    let supabase = Postgrest::start().await;
    supabase.database().swallows_writes = true;
    assert!(table(&supabase).add(&terms()).await.is_err());
    assert_eq!(supabase.rows().len(), 1);
}
