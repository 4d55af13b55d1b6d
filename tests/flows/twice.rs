//! Two everups over one database in this process: what the one that stands by shows, and
//! what becomes of the other when it is not the one any more.

use crate::app::{TestApp, one};
use crate::support::behaviour::Behaviour;
use crate::support::receiver::Receiver;
use crate::support::target::Target;
use everup::clock::Clock;
use everup::domain::timestamp::{HOUR_MS, MINUTE_MS};
use everup::store::contract::Store;
use serde_json::json;
use std::time::{Duration, Instant};

/// Somebody else takes the lease for good.
const TAKEN: &str = "UPDATE lease SET holder = 'another', fence = fence + 1, is_locked = 0,
    until_ms = until_ms + 3600000";
/// And gives it up.
const GIVEN_UP: &str = "UPDATE lease SET fence = fence + 1, until_ms = 0";

/// Mutants: a standby that registers its monitors, or that looks; new checks that are only
/// read with all others.
#[tokio::test]
async fn one_that_stands_by_shows_what_the_other_keeps_and_changes_nothing() {
    let target = Target::start().await;
    let config = one("api", target.url().as_str()) + "failures = 1\n";
    let app = TestApp::start(&config).await;
    app.pass_ms(5 * MINUTE_MS).await;
    let other = one("web", target.url().as_str());
    let second = app.beside(&other).await;
    assert!(app.watches() && !second.watches());
    let page = second.text("/").await;
    assert!(page.contains("API is up") && !page.contains("WEB"), "{page}");
    let (_, ready) = second.get("/health/ready").await;
    assert!(ready.contains("\"role\":\"standby\""), "{ready}");
    assert!(app.get("/health/ready").await.1.contains("\"role\":\"active\""));
    let asked = target.requests().len();
    target.answer(Behaviour::status(502));
    app.pass_ms(MINUTE_MS).await;
    assert_eq!(target.requests().len(), asked + 1, "only one looks");
    let kept = Instant::now();
    let says_so = async |second: &TestApp| second.text("/").await.contains("is down since");
    second.until("it says so", says_so).await;
    assert!(kept.elapsed() < Duration::from_secs(2), "{:?}", kept.elapsed());
    app.pass_ms(10 * MINUTE_MS).await;
    let checks = app.month("api").await["checks"].clone();
    let shows_all = async |second: &TestApp| {
        // A report is shared for a few seconds.
        second.clock.advance_ms(6_000);
        second.month("api").await["checks"] == checks
    };
    second.until("it shows all", shows_all).await;
    let (mine, theirs) = (second.month("api").await, app.month("api").await);
    assert_eq!(mine["outages"][0]["from"], theirs["outages"][0]["from"]);
    // It takes over with what its own file says.
    app.stop().await;
    second.until("it watches", async |second| second.watches()).await;
    second.pass_ms(MINUTE_MS).await;
    let page = second.text("/").await;
    assert!(page.contains("WEB is") && !page.contains("API"), "{page}");
    second.stop().await;
}

#[tokio::test]
async fn users_may_ask_either_of_them() {
    let target = Target::start().await;
    let config = one("api", target.url().as_str());
    let app = TestApp::start(&config).await;
    app.pass_ms(MINUTE_MS).await;
    let second = app.beside(&config).await;
    let token = second.first_token().await.unwrap();
    assert_eq!(app.first_token().await, None);
    let end = app.clock.now().plus_ms(HOUR_MS).to_string();
    let wish = json!({ "emergency": true, "message": "we move", "end_time": end });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client
        .post(second.url("/maintenance"))
        .bearer_auth(token)
        .header("content-type", "application/json")
        .body(wish.to_string())
        .send()
        .await
        .unwrap();
    let (status, said) = (answer.status().as_u16(), answer.text().await.unwrap());
    assert!((200..300).contains(&status), "{status}: {said}");
    for daemon in [&second, &app] {
        let shows =
            async |daemon: &TestApp| daemon.page("/maintenance").await.contains("we move");
        daemon.until("it shows the work", shows).await;
    }
    assert!(second.store().await.tokens().await.unwrap()[0].last_used_at.is_some());
    second.stop().await;
    app.stop().await;
}

/// Mutants: checks that wait and are booked by the next tenure; a fenced commit that is
/// tried for ever; an outbox that is told by one who has lost the lease.
#[tokio::test]
async fn one_that_has_lost_the_lease_keeps_tells_and_shows_nothing_more() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let config = format!("[[alert]]\nid = \"ops\"\nwebhook = \"{}\"\n", receiver.url("/hook"))
        + &one("api", target.url().as_str())
        + "failures = 1\n";
    let app = TestApp::start(&config).await;
    app.pass_ms(5 * MINUTE_MS).await;
    let checks = app.month("api").await["checks"].as_i64().unwrap();
    app.execute(TAKEN).await;
    target.answer(Behaviour::status(502));
    app.clock.advance_ms(MINUTE_MS);
    app.until("it stands by", async |app| !app.watches()).await;
    target.answer(Behaviour::ok());
    tokio::time::sleep(Duration::from_secs(1)).await;
    let asked = target.requests().len();
    app.clock.advance_ms(5 * MINUTE_MS);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(target.requests().len(), asked, "it looks no more");
    assert_eq!(receiver.got().len(), 0);
    let page = app.text("/").await;
    assert!(!page.contains("down since"), "what was not kept is not shown: {page}");
    app.execute(GIVEN_UP).await;
    app.until("it watches", async |app| app.watches()).await;
    app.pass_ms(2 * MINUTE_MS).await;
    let month = app.month("api").await;
    assert_eq!(month["outages"].as_array().unwrap().len(), 0, "{month}");
    let now = month["checks"].as_i64().unwrap();
    assert!((checks + 2..=checks + 4).contains(&now), "{checks}, then {now}");
    assert_eq!(receiver.got().len(), 0);
    app.stop().await;
}

/// Mutant: a lease that is taken from a living holder because a clock was set.
#[tokio::test]
async fn a_clock_of_the_database_that_was_set_gives_the_lease_to_nobody() {
    let target = Target::start().await;
    let config = one("api", target.url().as_str());
    let app = TestApp::start(&config).await;
    let second = app.beside(&config).await;
    tokio::time::sleep(Duration::from_millis(4_500)).await;
    for shift in [-3_600_000, 3_600_000] {
        app.execute(&format!("UPDATE lease SET until_ms = until_ms + {shift}"))
            .await;
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert!(app.watches() && !second.watches(), "{shift}");
    }
    second.stop().await;
    app.stop().await;
}

/// Mutants: a holder that stops looking once its lease is in doubt; one who stands by and
/// takes the lease as soon as the database lets go of it.
#[tokio::test]
async fn a_database_that_is_held_for_longer_than_a_lease_passes_it_to_nobody() {
    let target = Target::start().await;
    let config = one("api", target.url().as_str());
    let app = TestApp::start(&config).await;
    app.pass_ms(MINUTE_MS).await;
    let second = app.beside(&config).await;
    let (asked, lock) = (target.requests().len(), crate::Lock::on(&app).await);
    for _ in 0..26 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        app.look_ms(MINUTE_MS / 2).await;
    }
    let seen = target.requests().len() - asked;
    assert!(seen >= 12, "it looked only {seen} times");
    lock.release().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(app.watches() && !second.watches());
    app.pass_ms(MINUTE_MS).await;
    let unknown = app.month("api").await["milliseconds"]["unknown"].as_i64().unwrap();
    assert!(unknown <= 1_000, "a hole of {unknown} ms");
    second.stop().await;
    app.stop().await;
}
