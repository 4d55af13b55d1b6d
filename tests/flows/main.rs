//! Whole stories: what a user does and sees, with real checks, a real store and real
//! pages, and a clock that is turned by hand.

mod alerts;
mod app;
mod balancer;
mod bygone;
mod checks;
mod closing;
mod dossier;
mod explained;
mod maintenance;
mod moving;
mod overrun;
mod recurring;
mod retention;
#[path = "../support/mod.rs"]
mod support;
mod tokens;
mod twice;

use app::{START, TestApp, one};
use everup::clock::Clock;
use everup::domain::timestamp::{HOUR_MS, MINUTE_MS, SECOND_MS};
use serde_json::Value;
use std::str::FromStr;
use support::behaviour::Behaviour;
use support::target::Target;

async fn watching(target: &Target) -> TestApp {
    TestApp::start(&one("api", target.url().as_str())).await
}

fn ms(month: &Value, class: &str) -> i64 {
    month["milliseconds"][class].as_i64().unwrap()
}

#[tokio::test]
async fn a_new_monitor_has_no_data_and_then_is_up() {
    let target = Target::start().await;
    let app = watching(&target).await;
    assert!(app.text("/").await.contains("No data yet"));
    app.pass_ms(SECOND_MS).await;
    let page = app.text("/").await;
    assert!(page.contains("API is up"), "{page}");
    assert_eq!(app.month("api").await["checks"], 1);
    app.stop().await;
}

#[tokio::test]
async fn a_stopped_server_is_down_with_since_and_why_and_then_up_again() {
    let mut target = Target::start().await;
    let app = watching(&target).await;
    app.pass_ms(10 * MINUTE_MS).await;
    target.stop().await;
    app.pass_ms(2 * MINUTE_MS).await;
    let page = app.text("/").await;
    assert!(
        page.contains("API is down since") || page.contains("is down since"),
        "{page}"
    );
    assert!(page.contains("connection refused"), "{page}");
    let down = app.month("api").await;
    assert_eq!(down["outages"][0]["ongoing"], true);
    target.restart().await;
    app.pass_ms(2 * MINUTE_MS).await;
    assert!(app.text("/").await.contains("API is up"));
    let month = app.month("api").await;
    let outage = &month["outages"][0];
    assert_eq!(outage["ongoing"], false);
    assert_eq!(outage["milliseconds"].as_i64().unwrap(), ms(&month, "down"));
    // It began at a check of the phase and ended at one: whole minutes.
    assert_eq!(ms(&month, "down") % MINUTE_MS, 0);
    assert!(ms(&month, "down") >= MINUTE_MS);
    assert!(!month["uptime_percent"].as_str().unwrap().starts_with("100"));
    app.stop().await;
}

#[tokio::test]
async fn re_checks_come_ten_seconds_apart_until_it_is_decided() {
    let target = Target::start().await;
    let app = watching(&target).await;
    app.pass_ms(5 * MINUTE_MS).await;
    let before = target.requests().len();
    target.answer(Behaviour::status(502));
    app.pass_ms(80 * SECOND_MS).await;
    // One at the phase, two re-checks, and by then it is down and back at its phase.
    let seen = target.requests().len() - before;
    assert!((3..=4).contains(&seen), "{seen}");
    let month = app.month("api").await;
    assert_eq!(month["outages"][0]["reason"], "HTTP 502 from 127.0.0.1");
    app.stop().await;
}

#[tokio::test]
async fn a_single_failure_is_a_blip() {
    let target = Target::start().await;
    let app = watching(&target).await;
    app.pass_ms(5 * MINUTE_MS).await;
    target.answer(Behaviour::status(500));
    let failed_at = app.until_next_check().await;
    target.answer(Behaviour::ok());
    assert!(app.text("/").await.contains("being checked again"));
    app.pass_ms(MINUTE_MS).await;
    let month = app.month("api").await;
    assert_eq!((&month["blips"], ms(&month, "down")), (&Value::from(1), 0));
    assert_eq!(month["uptime_percent"], "100.00");
    assert!(failed_at > START);
    app.stop().await;
}

/// What the check will say is not known yet: a figure that went on while it waits would
/// have to be taken back.
#[tokio::test]
async fn while_a_check_is_under_way_the_figure_ends_where_it_began() {
    let target = Target::start().await;
    let config = one("api", target.url().as_str()) + "timeout = \"1s\"\n";
    let app = TestApp::start(&config).await;
    // The second check comes at the phase, earlier than the first one reaches.
    app.pass_ms(SECOND_MS).await;
    target.answer(Behaviour::silent());
    let began_at = app.begin_next_check().await;
    app.clock.advance_ms(30 * SECOND_MS);
    let month = app.month("api").await;
    let eligible = ms(&month, "up") + ms(&month, "unknown") + ms(&month, "down");
    assert_eq!(eligible, began_at.since_ms(START));
    assert!(eligible < MINUTE_MS - SECOND_MS, "the first check reaches no further");
    app.stop().await;
}

#[tokio::test]
async fn while_it_is_undecided_the_figure_ends_before_the_run() {
    let target = Target::start().await;
    let app = watching(&target).await;
    app.pass_ms(5 * MINUTE_MS).await;
    target.answer(Behaviour::status(500));
    let failed_at = app.until_next_check().await;
    let month = app.month("api").await;
    let observed = ms(&month, "up") + ms(&month, "unknown");
    assert_eq!(observed, failed_at.since_ms(START));
    assert_eq!(ms(&month, "down"), 0);
    app.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_everything_and_the_hole_is_unknown() {
    let target = Target::start().await;
    let mut app = watching(&target).await;
    app.pass_ms(10 * MINUTE_MS).await;
    let before = app.month("api").await;
    app.restart_after(6 * HOUR_MS).await;
    app.pass_ms(10 * MINUTE_MS).await;
    let after = app.month("api").await;
    assert!(after["checks"].as_i64() >= before["checks"].as_i64());
    let unknown_ms = ms(&after, "unknown");
    assert!(
        (6 * HOUR_MS - 2 * MINUTE_MS..=6 * HOUR_MS).contains(&unknown_ms),
        "{unknown_ms}"
    );
    assert_eq!(after["uptime_percent"], "100.00");
    assert_eq!(ms(&after, "down"), 0);
    app.stop().await;
}

#[tokio::test]
async fn an_outage_stays_open_over_a_restart() {
    let mut target = Target::start().await;
    let mut app = watching(&target).await;
    app.pass_ms(5 * MINUTE_MS).await;
    target.stop().await;
    app.pass_ms(5 * MINUTE_MS).await;
    app.restart_after(HOUR_MS).await;
    app.pass_ms(MINUTE_MS).await;
    assert!(app.text("/").await.contains("is down since"));
    let month = app.month("api").await;
    assert_eq!(month["outages"].as_array().unwrap().len(), 1);
    assert!(ms(&month, "down") < 10 * MINUTE_MS, "the gap is not down");
    app.stop().await;
}

#[tokio::test]
async fn monitors_come_and_go_while_it_runs() {
    let target = Target::start().await;
    let url = target.url();
    let mut app = TestApp::start(&one("api", url.as_str())).await;
    app.pass_ms(MINUTE_MS).await;
    app.change(&(one("api", url.as_str()) + &one("web", url.as_str()))).await;
    app.pass_ms(MINUTE_MS).await;
    assert!(app.text("/").await.contains("Both monitors are up"));
    app.change(&one("web", url.as_str())).await;
    app.pass_ms(MINUTE_MS).await;
    let page = app.text("/").await;
    assert!(page.contains("WEB is up") && !page.contains("API"), "{page}");
    let gone = app.month("api").await;
    assert!(ms(&gone, "up") >= MINUTE_MS, "the report still has it");
    let before = ms(&gone, "up");
    app.pass_ms(5 * MINUTE_MS).await;
    assert_eq!(ms(&app.month("api").await, "up"), before, "its time has ended");
    app.stop().await;
}

#[tokio::test]
async fn changed_rules_hold_from_now_on_and_the_past_stays() {
    let target = Target::start().await;
    let mut app = watching(&target).await;
    app.pass_ms(5 * MINUTE_MS).await;
    target.answer(Behaviour::status(500));
    app.until_next_check().await;
    target.answer(Behaviour::ok());
    app.pass_ms(2 * MINUTE_MS).await;
    assert_eq!(app.month("api").await["blips"], 1);
    let strict = one("api", target.url().as_str()) + "failures = 1\n";
    app.change(&strict).await;
    app.pass_ms(2 * MINUTE_MS).await;
    let month = app.month("api").await;
    assert_eq!((&month["blips"], ms(&month, "down")), (&Value::from(1), 0));
    target.answer(Behaviour::status(500));
    app.until_next_check().await;
    assert!(app.text("/").await.contains("is down since"));
    app.stop().await;
}

#[tokio::test]
async fn while_the_database_refuses_checks_wait_and_none_is_lost() {
    let target = Target::start().await;
    let app = watching(&target).await;
    app.pass_ms(5 * MINUTE_MS).await;
    let checks = app.month("api").await["checks"].as_i64().unwrap();
    let lock = Lock::on(&app).await;
    app.look_ms(10 * MINUTE_MS).await;
    assert!(!app.flush().await, "the database is locked");
    assert_eq!(app.month("api").await["checks"].as_i64().unwrap(), checks, "nothing unkept");
    let (status, ready) = app.get("/health/ready").await;
    assert_eq!(status, 503, "{ready}");
    lock.release().await;
    app.pass_ms(MINUTE_MS).await;
    let month = app.month("api").await;
    assert!(month["checks"].as_i64().unwrap() >= checks + 10, "{month}");
    assert_eq!(ms(&month, "unknown"), ms(&month, "unknown").min(SECOND_MS), "no hole");
    app.stop().await;
}

/// Another connection to its database.
async fn connection(app: &TestApp) -> sqlx::SqliteConnection {
    use sqlx::Connection;
    let url = format!("sqlite://{}", app.database().display());
    let options = sqlx::sqlite::SqliteConnectOptions::from_str(&url).unwrap();
    sqlx::SqliteConnection::connect_with(&options).await.unwrap()
}

/// A writer in another connection, which holds the database.
struct Lock {
    connection: sqlx::SqliteConnection,
}

impl Lock {
    async fn on(app: &TestApp) -> Lock {
        let mut connection = connection(app).await;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
        Lock { connection }
    }

    async fn release(mut self) {
        sqlx::query("ROLLBACK").execute(&mut self.connection).await.unwrap();
    }
}

#[tokio::test]
async fn an_import_from_outside_is_taken_in_while_it_runs() {
    let target = Target::start().await;
    let app = watching(&target).await;
    app.pass_ms(3 * MINUTE_MS).await;
    let own = app.month("api").await["checks"].as_i64().unwrap();
    let mut lines = String::new();
    for minute in 0..60 {
        let at = START.plus_ms(-2 * HOUR_MS + minute * MINUTE_MS).0;
        lines += &format!(
            "{{\"kind\":\"check\",\"monitor\":\"api\",\"started_at\":{at},\"verdict\":\"ok\"}}\n"
        );
    }
    assert_eq!(app.import(&lines).await.unwrap().checks, 60);
    app.look_ms(3 * MINUTE_MS).await;
    // The first commit finds that the past has changed; the next one keeps.
    app.flush().await;
    app.pass_ms(MINUTE_MS).await;
    let month = app.month("api").await;
    assert!(month["checks"].as_i64().unwrap() >= own + 60 + 3, "{month}");
    assert_eq!(ms(&month, "outside"), ms(&month, "window") - 2 * HOUR_MS - 7 * MINUTE_MS);
    app.stop().await;
}

#[tokio::test]
async fn a_bad_line_leaves_nothing_behind() {
    let target = Target::start().await;
    let app = watching(&target).await;
    app.pass_ms(MINUTE_MS).await;
    let before = app.month("api").await["checks"].clone();
    let good = r#"{"kind":"check","monitor":"api","started_at":1794300000000,"verdict":"ok"}"#;
    let bad = r#"{"kind":"check","monitor":"nope","started_at":1794300000000,"verdict":"ok"}"#;
    let error = app.import(&format!("{good}\n\n{bad}\n")).await.unwrap_err();
    assert!(error.starts_with("line 3: there is no monitor \"nope\""), "{error}");
    assert_eq!(app.month("api").await["checks"], before);
    let other = good.replace("\"ok\"", "\"fail\"");
    let error = app.import(&format!("{good}\n{other}\n{{\n")).await.unwrap_err();
    assert!(
        error.starts_with("line 2: api: the check of"),
        "the first bad line: {error}"
    );
    app.stop().await;
}

/// A check from the future keeps every real one out until its time has come; the page must
/// say that, and not that all is well.
#[tokio::test]
async fn behind_a_check_from_the_future_the_page_says_that_nothing_is_booked() {
    let target = Target::start().await;
    let app = watching(&target).await;
    app.pass_ms(MINUTE_MS).await;
    let at = app.clock.now().plus_ms(HOUR_MS).0;
    let line =
        format!(r#"{{"kind":"check","monitor":"api","started_at":{at},"verdict":"ok"}}"#);
    app.import(&line).await.unwrap();
    // The first commit after the import learns of it, and the next check is behind it.
    app.look_ms(2 * MINUTE_MS).await;
    app.flush().await;
    app.look_ms(2 * MINUTE_MS).await;
    let page = app.text("/").await;
    assert!(page.contains("behind"), "{page}");
    assert_eq!(app.get("/health/ready").await.0, 503);
    app.stop().await;
}

#[tokio::test]
async fn announced_maintenance_is_told_and_leaves_the_figure() {
    let mut target = Target::start().await;
    let app = watching(&target).await;
    app.pass_ms(MINUTE_MS).await;
    let window = |announced: i64, message: &str| {
        format!(
            "{{\"kind\":\"maintenance\",\"announced_at\":{},\"start_time\":{},\"end_time\":{},\
             \"message\":\"{message}\",\"monitors\":[\"api\"]}}\n",
            START.plus_ms(announced).0,
            START.plus_ms(10 * MINUTE_MS).0,
            START.plus_ms(20 * MINUTE_MS).0,
        )
    };
    app.import(&window(-48 * HOUR_MS, "Database upgrade")).await.unwrap();
    app.look_ms(MINUTE_MS).await;
    app.flush().await;
    assert_eq!(app.page("/maintenance").await.trim(), r#"{"active":false}"#);
    app.pass_ms(9 * MINUTE_MS).await;
    target.stop().await;
    app.pass_ms(5 * MINUTE_MS).await;
    assert_eq!(
        app.page("/maintenance").await.trim(),
        r#"{"active":true,"message":"Database upgrade"}"#
    );
    target.restart().await;
    app.pass_ms(15 * MINUTE_MS).await;
    let month = app.month("api").await;
    assert_eq!(ms(&month, "maintenance"), 10 * MINUTE_MS);
    assert_eq!((ms(&month, "down"), month["outages"].as_array().unwrap().len()), (0, 0));
    app.stop().await;
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_makes_a_gap_and_no_outage() {
    let target = Target::start().await;
    let app = watching(&target).await;
    app.pass_ms(5 * MINUTE_MS).await;
    let before = app.month("api").await["checks"].as_i64().unwrap();
    app.jump_ms(2 * HOUR_MS).await;
    app.pass_ms(4 * MINUTE_MS).await;
    assert_eq!(app.month("api").await["checks"], before, "the clock has to prove itself");
    let page = app.text("/").await;
    assert!(page.contains("API is up"), "{page}");
    assert!(page.contains("The clock of this host jumped forward by 2 h"), "{page}");
    assert_eq!(app.get("/health/ready").await.0, 503);
    app.pass_ms(3 * MINUTE_MS).await;
    let month = app.month("api").await;
    assert!(
        month["checks"].as_i64().unwrap() >= before + 6,
        "what was held counts: {month}"
    );
    assert_eq!(ms(&month, "down"), 0);
    assert!(ms(&month, "unknown") > HOUR_MS);
    let page = app.text("/").await;
    assert!(page.contains("API is up") && !page.contains("The clock"), "{page}");
    assert_eq!(app.get("/health/ready").await.0, 200);
    app.stop().await;
}

/// It used to blind everup for as long as the clock had been ahead.
#[tokio::test]
async fn a_clock_that_jumps_ahead_and_comes_back_leaves_a_small_gap() {
    let mut target = Target::start().await;
    let mut app = watching(&target).await;
    app.pass_ms(5 * MINUTE_MS).await;
    let before = app.month("api").await["checks"].as_i64().unwrap();
    app.jump_ms(HOUR_MS).await;
    app.pass_ms(3 * MINUTE_MS).await;
    app.jump_ms(-HOUR_MS).await;
    app.pass_ms(2 * MINUTE_MS).await;
    let month = app.month("api").await;
    let added = month["checks"].as_i64().unwrap() - before;
    assert!((1..=3).contains(&added), "{added} are booked at once, and none ahead");
    let unknown_ms = ms(&month, "unknown");
    assert!((2 * MINUTE_MS..=5 * MINUTE_MS).contains(&unknown_ms), "{unknown_ms}");
    app.restart_after(MINUTE_MS).await;
    target.stop().await;
    app.pass_ms(2 * MINUTE_MS).await;
    let page = app.text("/").await;
    assert!(page.contains("API is down since") && !page.contains("The clock"), "{page}");
    app.stop().await;
}

#[tokio::test]
async fn a_clock_that_jumps_back_books_nothing_twice_and_says_so() {
    let target = Target::start().await;
    let app = watching(&target).await;
    app.pass_ms(30 * MINUTE_MS).await;
    let before = app.month("api").await["checks"].as_i64().unwrap();
    app.jump_ms(-10 * MINUTE_MS).await;
    app.pass_ms(5 * MINUTE_MS).await;
    let (status, ready) = app.get("/health/ready").await;
    assert_eq!(status, 503, "{ready}");
    app.pass_ms(10 * MINUTE_MS).await;
    let month = app.month("api").await;
    let added = month["checks"].as_i64().unwrap() - before;
    assert!((4..=7).contains(&added), "{added}");
    assert_eq!(app.get("/health/ready").await.0, 200);
    app.stop().await;
}

/// Nothing can be booked then, but what is seen is shown, with the reason.
#[tokio::test]
async fn behind_what_is_kept_the_page_still_says_how_things_are() {
    let mut target = Target::start().await;
    let mut app = watching(&target).await;
    app.pass_ms(30 * MINUTE_MS).await;
    let before = app.month("api").await["checks"].as_i64().unwrap();
    app.restart_after(-20 * MINUTE_MS).await;
    let page = app.text("/").await;
    assert!(
        page.contains("API is not being checked: the clock of this host is"),
        "{page}"
    );
    app.pass_ms(2 * MINUTE_MS).await;
    let page = app.text("/").await;
    assert!(page.contains("API is up"), "{page}");
    assert!(page.contains("behind what is already kept, so nothing is booked"), "{page}");
    target.stop().await;
    app.pass_ms(2 * MINUTE_MS).await;
    for path in ["/", "/monitors/api"] {
        let page = app.text(path).await;
        assert!(page.contains("API is down since"), "{page}");
        assert!(page.contains("connection refused"), "{page}");
    }
    app.pass_ms(18 * MINUTE_MS).await;
    let added = app.month("api").await["checks"].as_i64().unwrap() - before;
    assert!((1..=4).contains(&added), "{added}");
    let page = app.text("/").await;
    assert!(page.contains("API is down since") && !page.contains("The clock"), "{page}");
    app.stop().await;
}

#[tokio::test]
async fn a_slow_answer_is_degraded_and_counts_as_up() {
    let target = Target::start().await;
    let config = one("api", target.url().as_str()) + "degraded_above = \"50ms\"\n";
    let app = TestApp::start(&config).await;
    app.pass_ms(MINUTE_MS).await;
    target.answer(Behaviour::slow(std::time::Duration::from_millis(120)));
    app.pass_ms(3 * MINUTE_MS).await;
    let month = app.month("api").await;
    assert!(ms(&month, "degraded") >= MINUTE_MS, "{month}");
    assert_eq!(month["uptime_percent"], "100.00");
    assert!(app.text("/").await.contains("Slow"));
    app.stop().await;
}

#[tokio::test]
async fn page_report_and_exports_give_the_same_figure() {
    let mut target = Target::start().await;
    let app = watching(&target).await;
    app.pass_ms(20 * MINUTE_MS).await;
    target.stop().await;
    app.pass_ms(5 * MINUTE_MS).await;
    target.restart().await;
    app.pass_ms(20 * MINUTE_MS).await;
    let month = app.month("api").await;
    let uptime = month["uptime_percent"].as_str().unwrap();
    assert!(app.text("/").await.contains(uptime));
    assert!(app.page("/monitors/api").await.contains(uptime));
    assert!(app.page("/report/2026-11").await.contains(uptime));
    let table = app.page("/report/2026-11.csv").await;
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let headers = rows.headers().unwrap().clone();
    let column = headers.iter().position(|name| name == "uptime_percent").unwrap();
    assert_eq!(&rows.records().next().unwrap().unwrap()[column], uptime);
    assert_eq!(app.clock.now().since_ms(START), 45 * MINUTE_MS);
    app.stop().await;
}
