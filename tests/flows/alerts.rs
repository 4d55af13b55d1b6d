//! Alerts, from the check that fails to the webhook that is called: once each, held during
//! maintenance, and over crashes and receivers that fail.

use crate::app::{START, TOKEN, TestApp, one};
use crate::support::behaviour::Behaviour;
use crate::support::receiver::Receiver;
use crate::support::target::Target;
use axum::http::{HeaderMap, HeaderValue};
use everup::clock::Clock;
use everup::domain::alert::ChannelId;
use everup::domain::maintenance::MaintenanceWindow;
use everup::domain::outage::OutageId;
use everup::domain::timestamp::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use everup::store::contract::Store;
use serde_json::{Value, json};
use std::time::Duration;

/// A target that is judged at once.
fn strict(id: &str, target: &Target) -> String {
    one(id, target.url().as_str()) + "failures = 1\n"
}

fn channel(id: &str, receiver: &Receiver) -> String {
    format!("[[alert]]\nid = \"{id}\"\nwebhook = \"{}\"\n", receiver.url("/hook"))
}

async fn alerting(target: &Target, receiver: &Receiver) -> TestApp {
    TestApp::start(&(channel("ops", receiver) + &strict("api", target))).await
}

/// Announced by another process long before, as an import has it.
async fn announced(app: &TestApp, windows: &[(i64, i64)]) {
    let mut lines = String::new();
    for (from_ms, to_ms) in windows {
        lines += &format!(
            "{{\"kind\":\"maintenance\",\"announced_at\":{},\"start_time\":{},\
             \"end_time\":{},\"message\":\"Work\",\"monitors\":[\"api\"]}}\n",
            START.plus_ms(-48 * HOUR_MS).0,
            START.plus_ms(*from_ms).0,
            START.plus_ms(*to_ms).0,
        );
    }
    app.import(&lines).await.unwrap();
    app.look_ms(SECOND_MS).await;
    app.flush().await;
}

/// Lets time pass until so much of it has since the start.
async fn until(app: &TestApp, ms: i64) {
    app.pass_ms(START.plus_ms(ms).since_ms(app.clock.now())).await;
}

/// Announced without notice, from now on.
async fn emergency(app: &TestApp, length_ms: i64) {
    let now = app.clock.now();
    let window = MaintenanceWindow {
        announced_at: now,
        start: now,
        end: now.plus_ms(length_ms),
        cancelled_at: None,
        message: String::new(),
        monitors: Vec::new(),
        emergency: true,
    };
    app.store().await.announce(&window, None, "anna").await.unwrap();
    while !app.page("/maintenance").await.contains("true") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn instant(message: &Value, member: &str) -> Timestamp {
    Timestamp::parse_rfc3339(message[member].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn an_outage_is_told_once_with_its_reason_and_then_its_end() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    app.pass_ms(3 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    let failed_at = app.until_next_check().await;
    app.pass_ms(5 * MINUTE_MS).await;
    receiver.has_only(&["down api"]).await;
    target.answer(Behaviour::ok());
    let well_at = app.until_next_check().await;
    app.pass_ms(5 * MINUTE_MS).await;
    receiver.has_only(&["down api", "up api"]).await;

    let [down, up] = &receiver.got()[..] else { panic!() };
    let api = json!({ "id": "api", "name": "API", "url": target.url().as_str() });
    assert_eq!(down.body["monitor"], api);
    assert_eq!(down.text("reason"), "HTTP 502 from 127.0.0.1");
    assert_eq!(instant(&down.body, "since"), failed_at);
    for absent in ["until", "duration_ms", "held_until"] {
        assert_eq!(down.body[absent], Value::Null, "{absent}");
    }
    let outage = OutageId::parse(down.text("outage")).unwrap();
    assert_eq!((outage.monitor.as_str(), outage.from), ("api", failed_at));
    assert_eq!(down.headers["idempotency-key"], down.text("id"));
    assert_eq!(down.headers["content-type"], "application/json");
    assert!(down.headers["user-agent"].to_str().unwrap().starts_with("everup/"));
    let text = format!("API is down since {failed_at}: HTTP 502 from 127.0.0.1");
    assert_eq!(down.text("text"), text);

    assert_eq!(up.text("outage"), down.text("outage"));
    assert_ne!(up.text("id"), down.text("id"));
    assert_eq!(
        (instant(&up.body, "since"), instant(&up.body, "until")),
        (failed_at, well_at)
    );
    assert_eq!(up.body["duration_ms"], well_at.since_ms(failed_at));
    assert_eq!(up.body["reason"], Value::Null);
    app.stop().await;
}

#[tokio::test]
async fn during_announced_maintenance_nothing_is_told_and_what_stays_down_once_at_its_end() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    announced(&app, &[(10 * MINUTE_MS, 20 * MINUTE_MS)]).await;
    until(&app, 10 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    let failed_at = app.until_next_check().await;
    until(&app, 20 * MINUTE_MS - 1).await;
    receiver.has_only(&[]).await;
    app.pass_ms(1).await;
    receiver.has_only(&["down api"]).await;
    let told = receiver.got()[0].body.clone();
    assert_eq!(instant(&told, "since"), failed_at);
    assert_eq!(instant(&told, "held_until"), START.plus_ms(20 * MINUTE_MS));
    let text = told["text"].as_str().unwrap();
    assert!(
        text.ends_with("(held during maintenance until 2026-11-10T12:20:00Z)"),
        "{text}"
    );
    target.answer(Behaviour::ok());
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.has_only(&["down api", "up api"]).await;
    app.stop().await;
}

#[tokio::test]
async fn what_is_up_again_before_the_end_of_an_emergency_is_never_told() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    emergency(&app, HOUR_MS).await;
    for _ in 0..3 {
        target.answer(Behaviour::status(502));
        app.pass_ms(3 * MINUTE_MS).await;
        target.answer(Behaviour::ok());
        app.pass_ms(3 * MINUTE_MS).await;
    }
    app.pass_ms(HOUR_MS).await;
    receiver.has_only(&[]).await;
    // The next one is told again.
    target.answer(Behaviour::status(503));
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.has_only(&["down api"]).await;
    app.stop().await;
}

#[tokio::test]
async fn an_end_before_maintenance_and_one_during_it_are_told_where_they_belong() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.has_only(&["down api"]).await;
    emergency(&app, HOUR_MS).await;
    target.answer(Behaviour::ok());
    app.pass_ms(30 * MINUTE_MS).await;
    receiver.has_only(&["down api"]).await;
    app.pass_ms(30 * MINUTE_MS).await;
    receiver.has_only(&["down api", "up api"]).await;
    let [down, up] = &receiver.got()[..] else { panic!() };
    assert_eq!(up.text("outage"), down.text("outage"));
    app.stop().await;
}

#[tokio::test]
async fn where_maintenance_is_ended_early_it_is_told_then() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    let token = app.first_token().await.unwrap();
    announced(&app, &[(10 * MINUTE_MS, 3 * HOUR_MS)]).await;
    until(&app, 10 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(5 * MINUTE_MS).await;
    receiver.has_only(&[]).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let delete = client.delete(app.url("/maintenance/windows/1")).bearer_auth(&token);
    assert_eq!(delete.send().await.unwrap().status().as_u16(), 204);
    let ended_at = app.clock.now();
    receiver.has_only(&["down api"]).await;
    assert_eq!(instant(&receiver.got()[0].body, "held_until"), ended_at);
    app.stop().await;
}

/// Held for it, and then the configuration says otherwise: nothing is so any more.
#[tokio::test]
async fn what_is_held_of_a_monitor_that_goes_is_not_told() {
    let (target, other) = (Target::start().await, Target::start().await);
    let (ops, two) = (Receiver::start().await, Receiver::start().await);
    let quiet = Target::start().await;
    let monitors = strict("api", &target) + &strict("shop", &quiet);
    let with_web = monitors.clone() + &strict("web", &other);
    let alerts = |monitors: &str| {
        channel("ops", &ops) + &channel("two", &two) + &format!("monitors = [{monitors}]\n")
    };
    let mut app = TestApp::start(&(alerts("\"api\", \"shop\"") + &with_web)).await;
    app.pass_ms(3 * MINUTE_MS).await;
    // Of one outage both are told.
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    target.answer(Behaviour::ok());
    app.pass_ms(2 * MINUTE_MS).await;
    two.has_only(&["down api", "up api"]).await;
    emergency(&app, 10 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    other.answer(Behaviour::status(502));
    app.pass_ms(3 * MINUTE_MS).await;
    // One channel is for less, and one monitor is gone.
    app.change(&(alerts("\"shop\"") + &monitors)).await;
    app.pass_ms(10 * MINUTE_MS).await;
    ops.has_only(&["down api", "up api", "down api"]).await;
    two.has_only(&["down api", "up api"]).await;
    app.stop().await;
}

#[tokio::test]
async fn windows_that_follow_each_other_hold_to_the_end_of_the_last() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    let minutes = |from, to| (from * MINUTE_MS, to * MINUTE_MS);
    announced(&app, &[minutes(10, 20), minutes(20, 30)]).await;
    until(&app, 12 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    until(&app, 30 * MINUTE_MS - 1).await;
    receiver.has_only(&[]).await;
    app.pass_ms(1).await;
    receiver.has_only(&["down api"]).await;
    let held_until = instant(&receiver.got()[0].body, "held_until");
    assert_eq!(held_until, START.plus_ms(30 * MINUTE_MS));
    app.stop().await;
}

#[tokio::test]
async fn what_a_failing_receiver_has_not_taken_before_maintenance_is_held_to_its_end() {
    let (target, mut receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    announced(&app, &[(10 * MINUTE_MS, 30 * MINUTE_MS)]).await;
    until(&app, 5 * MINUTE_MS).await;
    receiver.stop().await;
    target.answer(Behaviour::status(502));
    let failed_at = app.until_next_check().await;
    until(&app, 10 * MINUTE_MS).await;
    receiver.restart().await;
    until(&app, 30 * MINUTE_MS - 1).await;
    receiver.has_only(&[]).await;
    app.pass_ms(1).await;
    receiver.has_only(&["down api"]).await;
    let told = receiver.got()[0].clone();
    assert_eq!(instant(&told.body, "since"), failed_at);
    assert_eq!(instant(&told.body, "held_until"), START.plus_ms(30 * MINUTE_MS));
    let held = "(held during maintenance until 2026-11-10T12:30:00Z)";
    assert!(told.text("text").ends_with(held), "{}", told.text("text"));
    app.stop().await;
}

/// Whether the receiver has heard of the beginning, nobody knows.
#[tokio::test]
async fn what_may_have_been_heard_before_maintenance_and_ended_during_it_is_told_by_its_end() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let mut app = alerting(&target, &receiver).await;
    announced(&app, &[(10 * MINUTE_MS, 30 * MINUTE_MS)]).await;
    until(&app, 5 * MINUTE_MS).await;
    // It takes the message, and its answer says otherwise.
    receiver.answer(503);
    target.answer(Behaviour::status(502));
    let failed_at = app.until_next_check().await;
    receiver.until(1).await;
    until(&app, 10 * MINUTE_MS).await;
    let heard = receiver.news().len();
    receiver.answer(200);
    target.answer(Behaviour::ok());
    app.restart_after(5 * MINUTE_MS).await;
    until(&app, 30 * MINUTE_MS - 1).await;
    assert_eq!(receiver.news().len(), heard);
    app.pass_ms(1).await;
    receiver.until(heard + 1).await;
    app.pass_ms(HOUR_MS).await;
    let got = receiver.got();
    let (up, before) = got.split_last().unwrap();
    assert!(before.len() == heard && before.iter().all(|got| got.news() == "down api"));
    assert_eq!((up.news(), up.text("outage")), ("up api".into(), before[0].text("outage")));
    assert_eq!(instant(&up.body, "since"), failed_at);
    assert_eq!(instant(&up.body, "held_until"), START.plus_ms(30 * MINUTE_MS));
    app.stop().await;
}

#[tokio::test]
async fn what_was_tried_between_two_windows_is_told_by_its_end_after_the_second() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    let minutes = |from, to| (from * MINUTE_MS, to * MINUTE_MS);
    announced(&app, &[minutes(10, 20), minutes(25, 40)]).await;
    receiver.answer(503);
    until(&app, 12 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    until(&app, 20 * MINUTE_MS).await;
    receiver.until(1).await;
    until(&app, 25 * MINUTE_MS).await;
    let heard = receiver.news().len();
    receiver.answer(200);
    target.answer(Behaviour::ok());
    until(&app, 40 * MINUTE_MS).await;
    let got = receiver.until(heard + 1).await;
    app.pass_ms(HOUR_MS).await;
    assert_eq!(receiver.news().len(), heard + 1);
    let [first, .., last] = &got[..] else { panic!() };
    assert_eq!((first.news(), last.news()), ("down api".into(), "up api".into()));
    assert_eq!(instant(&first.body, "held_until"), START.plus_ms(20 * MINUTE_MS));
    assert_eq!(instant(&last.body, "held_until"), START.plus_ms(40 * MINUTE_MS));
    app.stop().await;
}

#[tokio::test]
async fn a_receiver_that_was_down_for_an_hour_is_told_everything_in_order() {
    let (target, mut receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.stop().await;
    for _ in 0..2 {
        target.answer(Behaviour::status(502));
        app.pass_ms(15 * MINUTE_MS).await;
        target.answer(Behaviour::ok());
        app.pass_ms(15 * MINUTE_MS).await;
    }
    receiver.has_only(&[]).await;
    receiver.restart().await;
    // The first within the longest back-off, and then all of them.
    app.pass_ms(16 * MINUTE_MS).await;
    receiver.has_only(&["down api", "up api", "down api", "up api"]).await;
    let got = receiver.got();
    let outages: Vec<&str> = got.iter().map(|got| got.text("outage")).collect();
    assert_eq!((outages[0], outages[2]), (outages[1], outages[3]));
    assert!(outages[0] < outages[2]);
    // By then it was over, and says so.
    for pair in got.chunks(2) {
        for member in ["since", "until", "duration_ms"] {
            assert_eq!(pair[0].body[member], pair[1].body[member], "{member}");
        }
        assert!(pair[0].text("text").starts_with("API was down from 2026-"));
    }
    let [first, .., last] = &got[..] else { panic!() };
    assert_eq!(first.body["held_until"], Value::Null);
    assert!(got[1].text("text").starts_with("API was up again, after "));
    assert!(last.text("text").starts_with("API is up again, after "));
    app.stop().await;
}

#[tokio::test]
async fn a_receiver_that_fails_is_tried_again_and_left_alone_as_it_wishes() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    let mut wish = HeaderMap::new();
    wish.insert("retry-after", HeaderValue::from_static("600"));
    receiver.answer_with(429, wish, "slow down");
    target.answer(Behaviour::status(502));
    app.until_next_check().await;
    receiver.has_only(&["down api"]).await;
    app.pass_ms(9 * MINUTE_MS).await;
    receiver.has_only(&["down api"]).await;
    receiver.answer(200);
    app.pass_ms(MINUTE_MS).await;
    receiver.has_only(&["down api", "down api"]).await;
    let got = receiver.got();
    assert_eq!(got[0].text("id"), got[1].text("id"));
    assert_eq!(got[0].headers["idempotency-key"], got[1].headers["idempotency-key"]);
    app.pass_ms(HOUR_MS).await;
    receiver.has_only(&["down api", "down api"]).await;
    app.stop().await;
}

#[tokio::test]
async fn what_a_receiver_refuses_is_given_up_and_the_next_is_told() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    let mut elsewhere = HeaderMap::new();
    elsewhere.insert("location", HeaderValue::from_static("/elsewhere"));
    for (status, headers) in [(404, HeaderMap::new()), (302, elsewhere)] {
        let before = receiver.news().len();
        receiver.answer_with(status, headers, "");
        target.answer(Behaviour::status(502));
        app.pass_ms(HOUR_MS).await;
        receiver.until(before + 1).await;
        target.answer(Behaviour::ok());
        app.pass_ms(HOUR_MS).await;
        receiver.until(before + 2).await;
    }
    receiver.has_only(&["down api", "up api", "down api", "up api"]).await;
    assert!(
        receiver.got().iter().all(|got| got.path == "/hook"),
        "no redirect is followed"
    );
    app.stop().await;
}

#[tokio::test]
async fn what_was_committed_before_a_crash_is_told_after_it() {
    let (target, mut receiver) = (Target::start().await, Receiver::start().await);
    let mut app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.stop().await;
    target.answer(Behaviour::status(502));
    let failed_at = app.until_next_check().await;
    app.restart_after_kill(HOUR_MS).await;
    receiver.restart().await;
    app.pass_ms(16 * MINUTE_MS).await;
    receiver.has_only(&["down api"]).await;
    assert_eq!(instant(&receiver.got()[0].body, "since"), failed_at);
    // And a restart tells nothing again.
    app.restart_after(HOUR_MS).await;
    app.pass_ms(5 * MINUTE_MS).await;
    receiver.has_only(&["down api"]).await;
    app.stop().await;
}

#[tokio::test]
async fn what_was_told_before_a_crash_and_not_noted_is_told_again_by_the_same_name() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let mut app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.be_silent();
    target.answer(Behaviour::status(502));
    app.until_next_check().await;
    receiver.until(1).await;
    // It has the message; that it has, everup does not know.
    app.restart_after_kill(MINUTE_MS).await;
    receiver.answer(200);
    app.until_next_check().await;
    receiver.until(2).await;
    let got = receiver.got();
    assert_eq!((got[0].news(), got[1].news()), ("down api".into(), "down api".into()));
    assert_eq!(got[0].text("id"), got[1].text("id"));
    assert_eq!(got[0].headers["idempotency-key"], got[1].headers["idempotency-key"]);
    app.stop().await;
}

#[tokio::test]
async fn a_receiver_that_hangs_delays_no_check_and_no_other_receiver() {
    let (target, other) = (Target::start().await, Target::start().await);
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.be_silent();
    let channels = channel("slow", &slow) + &channel("quick", &quick);
    let app =
        TestApp::start(&(channels + &strict("api", &target) + &strict("web", &other))).await;
    app.pass_ms(2 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(MINUTE_MS).await;
    slow.until(1).await;
    let before = other.requests().len();
    let begun = std::time::Instant::now();
    app.pass_ms(30 * MINUTE_MS).await;
    other.answer(Behaviour::status(500));
    app.pass_ms(MINUTE_MS).await;
    quick.has_only(&["down api", "down web"]).await;
    assert!(other.requests().len() >= before + 30);
    assert!(begun.elapsed() < Duration::from_secs(9), "nothing waited for the slow one");
    app.stop().await;
}

#[tokio::test]
async fn what_was_seen_last_is_told_while_everup_stops() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.look_ms(MINUTE_MS).await;
    app.stop().await;
    assert_eq!(receiver.news(), ["down api"]);
}

#[tokio::test]
async fn a_new_channel_begins_silently_and_one_that_is_gone_is_not_told() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let (mut app, later) = (alerting(&target, &receiver).await, Receiver::start().await);
    app.pass_ms(2 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.has_only(&["down api"]).await;
    app.change(&(channel("later", &later) + &strict("api", &target))).await;
    app.pass_ms(2 * MINUTE_MS).await;
    later.has_only(&[]).await;
    target.answer(Behaviour::ok());
    app.pass_ms(2 * MINUTE_MS).await;
    later.has_only(&["up api"]).await;
    receiver.has_only(&["down api"]).await;
    // The first one comes back, and is not told what was meanwhile.
    let both = channel("ops", &receiver) + &channel("later", &later);
    app.change(&(both + &strict("api", &target))).await;
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.has_only(&["down api"]).await;
    app.stop().await;
}

#[tokio::test]
async fn what_waits_for_a_channel_that_goes_is_dropped_for_good() {
    let (target, mut receiver) = (Target::start().await, Receiver::start().await);
    let mut app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.stop().await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    app.change(&strict("api", &target)).await;
    until_nothing_waits(&app, "ops").await;
    app.change(&(channel("ops", &receiver) + &strict("api", &target))).await;
    receiver.restart().await;
    app.pass_ms(HOUR_MS).await;
    receiver.has_only(&[]).await;
    app.stop().await;
}

/// How a channel is told nothing of a monitor for a while.
#[derive(Clone, Copy)]
enum Away {
    Gone,
    ForOthers,
    GoneWhileStopped,
}

#[rstest::rstest]
#[case::gone(Away::Gone)]
#[case::for_others(Away::ForOthers)]
#[case::gone_while_stopped(Away::GoneWhileStopped)]
#[tokio::test]
async fn what_a_channel_was_told_before_it_was_away_decides_nothing_when_it_is_back(
    #[case] away: Away,
) {
    let (target, quiet) = (Target::start().await, Target::start().await);
    let (one, two) = (Receiver::start().await, Receiver::start().await);
    let others = channel("one", &one) + &strict("api", &target) + &strict("web", &quiet);
    let with_two = others.clone() + &channel("two", &two);
    let without = match away {
        Away::ForOthers => with_two.clone() + "monitors = [\"web\"]\n",
        _ => others,
    };
    let mut app = TestApp::start(&with_two).await;
    app.pass_ms(2 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    two.has_only(&["down api"]).await;
    change(&mut app, away, &without).await;
    target.answer(Behaviour::ok());
    app.pass_ms(2 * MINUTE_MS).await;
    change(&mut app, away, &with_two).await;
    // It is down, and nobody has told that yet.
    emergency(&app, 10 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(11 * MINUTE_MS).await;
    one.has_only(&["down api", "up api", "down api"]).await;
    two.has_only(&["down api", "down api"]).await;
    // It goes away while it knows of this outage, and is back in the next.
    change(&mut app, away, &without).await;
    target.answer(Behaviour::ok());
    app.pass_ms(2 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    change(&mut app, away, &with_two).await;
    target.answer(Behaviour::ok());
    app.pass_ms(2 * MINUTE_MS).await;
    two.has_only(&["down api", "down api", "up api"]).await;
    let [.., down, up] = &one.got()[..] else { panic!() };
    let told = two.got().pop().unwrap();
    assert_eq!((told.body, up.text("outage")), (up.body.clone(), down.text("outage")));
    app.stop().await;
}

async fn change(app: &mut TestApp, away: Away, config: &str) {
    match away {
        Away::GoneWhileStopped => app.restart_as(config).await,
        _ => app.change(config).await,
    }
}

#[tokio::test]
async fn a_channel_that_is_back_is_told_of_an_end_within_maintenance_like_a_new_one() {
    let target = Target::start().await;
    let (one, two, new) =
        (Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let others = channel("one", &one) + &strict("api", &target);
    let mut app = TestApp::start(&(others.clone() + &channel("two", &two))).await;
    app.pass_ms(2 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    target.answer(Behaviour::ok());
    app.pass_ms(2 * MINUTE_MS).await;
    two.has_only(&["down api", "up api"]).await;
    app.change(&others).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    app.change(&(others + &channel("two", &two) + &channel("new", &new))).await;
    emergency(&app, 10 * MINUTE_MS).await;
    target.answer(Behaviour::ok());
    app.pass_ms(11 * MINUTE_MS).await;
    one.has_only(&["down api", "up api", "down api", "up api"]).await;
    new.has_only(&["up api"]).await;
    two.has_only(&["down api", "up api", "up api"]).await;
    app.stop().await;
}

#[tokio::test]
async fn of_an_outage_that_was_not_told_no_end_is_told_when_its_monitor_is_back() {
    let (target, other) = (Target::start().await, Target::start().await);
    let receiver = Receiver::start().await;
    let without = channel("ops", &receiver) + &strict("web", &other);
    let with_api = without.clone() + &strict("api", &target);
    let mut app = TestApp::start(&with_api).await;
    app.pass_ms(2 * MINUTE_MS).await;
    emergency(&app, 10 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(3 * MINUTE_MS).await;
    app.change(&without).await;
    app.pass_ms(10 * MINUTE_MS).await;
    app.change(&with_api).await;
    target.answer(Behaviour::ok());
    app.pass_ms(3 * MINUTE_MS).await;
    receiver.has_only(&[]).await;
    // Of the next, both ends are.
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.has_only(&["down api"]).await;
    app.change(&without).await;
    app.pass_ms(MINUTE_MS).await;
    app.change(&with_api).await;
    target.answer(Behaviour::ok());
    app.pass_ms(3 * MINUTE_MS).await;
    receiver.has_only(&["down api", "up api"]).await;
    assert!(receiver.got()[1].text("text").ends_with("it was no longer watched"));
    app.stop().await;
}

/// It is back before maintenance is over, and is not down any more.
#[tokio::test]
async fn what_was_down_before_its_monitor_was_gone_is_not_told_once_it_is_back() {
    let (target, other) = (Target::start().await, Target::start().await);
    let receiver = Receiver::start().await;
    let without = channel("ops", &receiver) + &strict("web", &other);
    let hourly = strict("api", &target) + "interval = \"1h\"\n";
    let mut app = TestApp::start(&(without.clone() + &strict("api", &target))).await;
    app.pass_ms(2 * MINUTE_MS).await;
    emergency(&app, 10 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(3 * MINUTE_MS).await;
    app.change(&without).await;
    app.pass_ms(MINUTE_MS).await;
    app.change(&(without + &hourly)).await;
    target.answer(Behaviour::ok());
    app.pass_ms(2 * HOUR_MS).await;
    receiver.has_only(&[]).await;
    app.stop().await;
}

/// Both of what is held behind it are dropped, so nothing follows it.
#[tokio::test]
async fn an_end_that_nothing_follows_is_told_as_it_is() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.answer(503);
    target.answer(Behaviour::status(502));
    app.pass_ms(MINUTE_MS).await;
    target.answer(Behaviour::ok());
    app.pass_ms(MINUTE_MS).await;
    emergency(&app, 10 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    target.answer(Behaviour::ok());
    app.pass_ms(2 * MINUTE_MS).await;
    let heard = receiver.news().len();
    receiver.answer(200);
    app.pass_ms(10 * MINUTE_MS).await;
    receiver.until(heard + 2).await;
    app.pass_ms(30 * MINUTE_MS).await;
    let got = receiver.got();
    let [.., down, up] = &got[..] else { panic!() };
    assert_eq!(got.len(), heard + 2);
    assert!(down.text("text").starts_with("API was down from "), "{}", down.text("text"));
    assert!(up.text("text").starts_with("API is up again, "), "{}", up.text("text"));
    app.stop().await;
}

/// What is down when everup is killed, held or not yet taken.
#[rstest::rstest]
#[case::held_for_maintenance(true)]
#[case::its_receiver_failed(false)]
#[tokio::test]
async fn after_a_start_nothing_is_told_to_be_so_before_it_was_looked_at(#[case] held: bool) {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let mut app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    if held {
        emergency(&app, 10 * MINUTE_MS).await;
    } else {
        receiver.answer(503);
    }
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    target.answer(Behaviour::ok());
    app.restart_after_kill(HOUR_MS).await;
    receiver.answer(200);
    let heard = receiver.news().len();
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(receiver.news().len(), heard, "nobody has looked");
    app.until_next_check().await;
    receiver.until(heard + 2).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    let got = receiver.got();
    assert_eq!(got.len(), heard + 2);
    let [.., down, up] = &got[..] else { panic!() };
    assert_eq!((down.news(), up.news()), ("down api".into(), "up api".into()));
    assert!(down.text("text").starts_with("API was down from "), "{}", down.text("text"));
    assert_eq!(down.body["until"], up.body["until"]);
    app.stop().await;
}

#[tokio::test]
async fn what_is_still_so_is_told_with_the_first_look_after_a_start() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let mut app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    emergency(&app, 10 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    app.restart_after_kill(HOUR_MS).await;
    receiver.has_only(&[]).await;
    app.until_next_check().await;
    receiver.has_only(&["down api"]).await;
    let told = receiver.got().pop().unwrap();
    assert!(told.text("text").starts_with("API is down since "), "{}", told.text("text"));
    app.stop().await;
}

#[tokio::test]
async fn what_nobody_looks_at_after_a_start_is_told_as_it_was_and_keeps_nothing_waiting() {
    let (target, other) = (Target::start().await, Target::start().await);
    let receiver = Receiver::start().await;
    let seldom = strict("api", &target) + "interval = \"1h\"\n";
    let config = channel("ops", &receiver) + &seldom + &strict("web", &other);
    let mut app = TestApp::start(&config).await;
    app.pass_ms(2 * HOUR_MS).await;
    receiver.answer(503);
    target.answer(Behaviour::status(502));
    app.pass_ms(HOUR_MS).await;
    receiver.until(1).await;
    app.restart_after_kill(0).await;
    receiver.answer(200);
    let heard = receiver.news().len();
    other.answer(Behaviour::status(502));
    app.pass_ms(90 * SECOND_MS).await;
    receiver.until(heard + 1).await;
    assert_eq!(receiver.news().split_off(heard), ["down web"]);
    app.pass_ms(30 * SECOND_MS).await;
    receiver.until(heard + 2).await;
    let told = receiver.got().pop().unwrap();
    assert_eq!((told.news(), &told.body["until"]), ("down api".into(), &Value::Null));
    let text = told.text("text");
    assert!(
        text.starts_with("API was down when it was last looked at, since "),
        "{text}"
    );
    app.stop().await;
}

/// Waits until the store has nothing that waits for a channel.
async fn until_nothing_waits(app: &TestApp, id: &str) {
    let (store, id) = (app.store().await, ChannelId::new(id).unwrap());
    let started = std::time::Instant::now();
    while !store.waiting_alerts(&id, 1).await.unwrap().is_empty() {
        assert!(started.elapsed() < Duration::from_secs(20), "something waits for {id}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A configuration is in force as a whole, or not at all.
#[tokio::test]
async fn a_store_that_drops_nothing_keeps_no_part_of_a_change_from_being_in_force() {
    let (target, other) = (Target::start().await, Target::start().await);
    let (mut receiver, later) = (Receiver::start().await, Receiver::start().await);
    let mut app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.stop().await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    let mut fault = crate::connection(&app).await;
    let refusing = "CREATE TRIGGER refusing BEFORE UPDATE OF outcome ON alert_delivery
                    BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    sqlx::query(refusing).execute(&mut fault).await.unwrap();
    let web = channel("later", &later) + &strict("web", &other);
    app.change(&web).await;
    app.pass_ms(2 * MINUTE_MS).await;
    assert!(!other.requests().is_empty(), "the new monitor is watched");
    sqlx::query("DROP TRIGGER refusing").execute(&mut fault).await.unwrap();
    until_nothing_waits(&app, "ops").await;
    other.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    later.has_only(&["down web"]).await;
    app.stop().await;
}

#[tokio::test]
async fn a_change_that_the_store_refuses_leaves_all_as_it_was() {
    let (target, other) = (Target::start().await, Target::start().await);
    let (receiver, later) = (Receiver::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    let lock = crate::Lock::on(&app).await;
    let web = channel("later", &later) + &strict("api", &target) + &strict("web", &other);
    let why = app.refuse_to_change(&web).await;
    assert!(why.contains("busy with another writer"), "{why}");
    lock.release().await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.has_only(&["down api"]).await;
    later.has_only(&[]).await;
    assert!(other.requests().is_empty());
    app.stop().await;
}

#[tokio::test]
async fn a_channel_is_told_of_the_monitors_that_it_is_for() {
    let (target, other) = (Target::start().await, Target::start().await);
    let receiver = Receiver::start().await;
    let only = channel("ops", &receiver) + "monitors = [\"web\"]\n";
    let app = TestApp::start(&(only + &strict("api", &target) + &strict("web", &other))).await;
    app.pass_ms(2 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    other.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.has_only(&["down web"]).await;
    app.stop().await;
}

#[tokio::test]
async fn what_is_imported_is_no_alert() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    let mut lines = String::new();
    for minute in 0..60 {
        let at = START.plus_ms(-2 * HOUR_MS + minute * MINUTE_MS).0;
        let verdict = if minute % 20 < 10 { "fail" } else { "ok" };
        lines += &format!(
            "{{\"kind\":\"check\",\"monitor\":\"api\",\"started_at\":{at},\
             \"verdict\":\"{verdict}\"}}\n"
        );
    }
    app.import(&lines).await.unwrap();
    app.look_ms(2 * MINUTE_MS).await;
    app.flush().await;
    app.pass_ms(2 * MINUTE_MS).await;
    assert!(app.month("api").await["outages"].as_array().unwrap().len() >= 3);
    receiver.has_only(&[]).await;
    app.stop().await;
}

#[tokio::test]
async fn secrets_of_a_channel_are_sent_and_taken_from_the_environment() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let config = format!(
        "[[alert]]\nid = \"ops\"\nwebhook = \"{}?token=${{API_TOKEN}}\"\n\
         headers = {{ Authorization = \"Bearer ${{API_TOKEN}}\" }}\n{}",
        receiver.url("/hook"),
        strict("api", &target)
    );
    let app = TestApp::start(&config).await;
    app.pass_ms(2 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    let got = receiver.until(1).await;
    assert_eq!(got[0].path, format!("/hook?token={TOKEN}"));
    assert_eq!(got[0].headers["authorization"], format!("Bearer {TOKEN}"));
    app.stop().await;
}

#[tokio::test]
async fn what_was_seen_while_the_database_refused_is_told_once_afterwards() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    let lock = crate::Lock::on(&app).await;
    target.answer(Behaviour::status(502));
    app.look_ms(2 * MINUTE_MS).await;
    assert!(!app.flush().await, "the database is locked");
    target.answer(Behaviour::ok());
    app.look_ms(2 * MINUTE_MS).await;
    assert!(!app.flush().await, "the database is locked");
    receiver.has_only(&[]).await;
    lock.release().await;
    app.pass_ms(MINUTE_MS).await;
    receiver.has_only(&["down api", "up api"]).await;
    app.stop().await;
}

#[tokio::test]
async fn a_database_that_refuses_the_note_lets_nothing_be_told_twice() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let mut app = alerting(&target, &receiver).await;
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.answer(503);
    target.answer(Behaviour::status(502));
    app.until_next_check().await;
    receiver.until(1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let lock = crate::Lock::on(&app).await;
    receiver.answer(200);
    app.look_ms(10 * SECOND_MS).await;
    receiver.has_only(&["down api", "down api"]).await;
    app.look_ms(10 * MINUTE_MS).await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    lock.release().await;
    app.pass_ms(30 * MINUTE_MS).await;
    // Long enough for the store to be asked again.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    receiver.has_only(&["down api", "down api"]).await;
    app.restart_after(MINUTE_MS).await;
    app.pass_ms(MINUTE_MS).await;
    receiver.has_only(&["down api", "down api"]).await;
    app.stop().await;
}

#[tokio::test]
async fn many_monitors_that_go_down_together_are_all_told() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let mut config = channel("ops", &receiver);
    for n in 0..50 {
        config += &strict(&format!("m{n}"), &target);
    }
    let app = TestApp::start(&config).await;
    app.pass_ms(2 * MINUTE_MS).await;
    target.answer(Behaviour::status(502));
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.until(50).await;
    target.answer(Behaviour::ok());
    app.pass_ms(2 * MINUTE_MS).await;
    receiver.until(100).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    let news = receiver.news();
    assert_eq!(news.len(), 100);
    for n in 0..50 {
        let [down, up] = ["down", "up"].map(|word| format!("{word} m{n}"));
        let place = |what: &String| news.iter().position(|news| news == what).unwrap();
        assert!(place(&down) < place(&up));
    }
    app.stop().await;
}
