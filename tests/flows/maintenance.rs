//! Maintenance from its announcement to the figure: by the API over real connections, and
//! beside it by another process.

use crate::app::{START, TestApp, one};
use crate::support::behaviour::Behaviour;
use crate::support::target::Target;
use everup::clock::Clock;
use everup::domain::maintenance::MaintenanceWindow;
use everup::domain::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use everup::store::contract::Store;
use reqwest::Method;
use serde_json::{Value, json};

const NOTICE_MS: i64 = 48 * HOUR_MS;

/// An administrator of an everup.
struct Admin {
    client: reqwest::Client,
    token: String,
}

/// What came back.
struct Answer {
    status: u16,
    location: Option<String>,
    tag: Option<String>,
    body: Value,
}

impl Admin {
    async fn of(app: &TestApp) -> Admin {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Admin { client, token: app.first_token().await.unwrap() }
    }

    async fn send(
        &self,
        app: &TestApp,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.client.request(method, app.url(path)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let header = |name: &str| {
            answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
        };
        Answer {
            status: answer.status().as_u16(),
            location: header("location"),
            tag: header("etag"),
            body: serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null),
        }
    }

    async fn announce(&self, app: &TestApp, plan: &Value) -> Answer {
        self.send(app, Method::POST, "/maintenance", Some(plan), &[]).await
    }

    async fn change(&self, app: &TestApp, id: i64, change: &Value) -> Answer {
        let path = format!("/maintenance/windows/{id}");
        self.send(app, Method::PATCH, &path, Some(change), &[]).await
    }

    async fn cancel(&self, app: &TestApp, id: i64) -> u16 {
        let path = format!("/maintenance/windows/{id}");
        self.send(app, Method::DELETE, &path, None, &[]).await.status
    }

    async fn audit(&self, app: &TestApp, id: i64) -> Vec<(String, String)> {
        let path = format!("/maintenance/windows/{id}/audit");
        let answer = self.send(app, Method::GET, &path, None, &[]).await;
        let text = |deed: &Value, name: &str| deed[name].as_str().unwrap().to_owned();
        let audit = answer.body["audit"].as_array().unwrap();
        audit
            .iter()
            .map(|deed| (text(deed, "author"), text(deed, "action")))
            .collect()
    }
}

fn plan(start: Timestamp, length_ms: i64) -> Value {
    json!({
        "start_time": start.to_string(),
        "end_time": start.plus_ms(length_ms).to_string(),
        "message": "New disks",
    })
}

async fn status_of(app: &TestApp) -> Value {
    serde_json::from_str(&app.page("/maintenance").await).unwrap()
}

async fn windows(app: &TestApp, question: &str) -> Value {
    serde_json::from_str(&app.page(&format!("/maintenance/windows{question}")).await).unwrap()
}

fn ms(month: &Value, class: &str) -> i64 {
    month["milliseconds"][class].as_i64().unwrap()
}

/// A target that is looked at every ten minutes, and judged at once.
fn ten_minutes(target: &Target) -> String {
    one("api", target.url().as_str()) + "interval = \"10m\"\nfailures = 1\n"
}

#[tokio::test]
async fn what_was_announced_48_hours_ahead_leaves_the_figure_and_a_millisecond_less_does_not() {
    let target = Target::start().await;
    let app = TestApp::start(&ten_minutes(&target)).await;
    let admin = Admin::of(&app).await;
    let start = app.clock.now().plus_ms(NOTICE_MS);
    let short = admin.announce(&app, &plan(start.plus_ms(-1), HOUR_MS)).await;
    assert_eq!(short.status, 422);
    let detail = short.body["detail"].as_str().unwrap();
    let said = |name: &str| {
        let text = short.body[name].as_str().unwrap();
        assert!(detail.contains(text), "{text}: {detail}");
        Timestamp::parse_rfc3339(text).unwrap()
    };
    assert_eq!(said("earliest_start"), start);
    let suggested = said("suggested_start");
    assert!(suggested > start && suggested <= start.plus_ms(2 * MINUTE_MS));

    let announced = admin.announce(&app, &plan(start, 4 * HOUR_MS)).await;
    assert_eq!(announced.status, 201, "{}", announced.body);
    let at = announced.location.unwrap();
    let record: Value = serde_json::from_str(&app.page(&at).await).unwrap();
    assert_eq!(record, announced.body);
    assert_eq!(record["status"], "upcoming");
    assert_eq!(record["announced_at"], app.clock.now().to_string());
    assert_eq!((&record["excluded"], &record["monitors"]), (&json!(true), &Value::Null));
    // One that begins a millisecond later, and one that could not wait.
    let emergency = json!({ "emergency": true, "message": "Leak",
        "end_time": app.clock.now().plus_ms(HOUR_MS).to_string() });
    let emergency = admin.announce(&app, &emergency).await;
    assert_eq!((emergency.status, &emergency.body["excluded"]), (201, &json!(false)));
    assert_eq!(status_of(&app).await, json!({ "active": true, "message": "Leak" }));

    target.answer(Behaviour::status(503));
    app.pass_ms(HOUR_MS).await;
    assert_eq!(app.page("/maintenance").await, "{\"active\":false}");
    target.answer(Behaviour::ok());
    app.pass_ms(NOTICE_MS - HOUR_MS - 1).await;
    let before = app.month("api").await;
    assert_eq!(ms(&before, "maintenance"), 0);
    assert!(ms(&before, "down") > 50 * MINUTE_MS, "an emergency counts");
    assert_eq!(app.page("/maintenance").await, "{\"active\":false}");
    app.clock.advance_ms(1);
    assert_eq!(status_of(&app).await, json!({ "active": true, "message": "New disks" }));
    target.answer(Behaviour::status(503));
    app.pass_ms(4 * HOUR_MS - 1).await;
    assert_eq!(status_of(&app).await["active"], true);
    target.answer(Behaviour::ok());
    app.pass_ms(1).await;
    assert_eq!(app.page("/maintenance").await, "{\"active\":false}");
    app.pass_ms(HOUR_MS).await;
    let after = app.month("api").await;
    assert_eq!(ms(&after, "maintenance"), 4 * HOUR_MS);
    // What was seen meanwhile is kept, and counts only where the window did not reach.
    let down_ms = ms(&after, "down") - ms(&before, "down");
    assert!((0..=10 * MINUTE_MS).contains(&down_ms), "{down_ms}");
    app.stop().await;
}

/// 2027-03-28: Berlin's clocks go from 02:00 to 03:00. Noon to noon of two days are 47 hours.
#[tokio::test]
async fn two_calendar_days_over_a_spring_change_are_too_few() {
    let app = TestApp::start("").await;
    let admin = Admin::of(&app).await;
    let noon = Timestamp::parse_rfc3339("2027-03-26T12:00:00+01:00").unwrap();
    app.clock.advance_ms(noon.since_ms(app.clock.now()));
    let plan =
        |start: &str| json!({ "start_time": start, "end_time": "2027-03-28T20:00:00+02:00" });
    let two_days = admin.announce(&app, &plan("2027-03-28T12:00:00+02:00")).await;
    assert_eq!(two_days.status, 422, "{}", two_days.body);
    let hours = admin.announce(&app, &plan("2027-03-28T13:00:00+02:00")).await;
    assert_eq!(
        (hours.status, &hours.body["excluded"]),
        (201, &json!(true)),
        "{}",
        hours.body
    );
    assert_eq!(hours.body["start_time"], "2027-03-28T11:00:00Z");
    app.stop().await;
}

#[tokio::test]
async fn a_window_that_is_ended_early_stops_excluding_at_that_moment() {
    let target = Target::start().await;
    let app = TestApp::start(&ten_minutes(&target)).await;
    let admin = Admin::of(&app).await;
    let start = app.clock.now().plus_ms(NOTICE_MS);
    let id = admin.announce(&app, &plan(start, 4 * HOUR_MS)).await.body["id"]
        .as_i64()
        .unwrap();
    app.pass_ms(NOTICE_MS + HOUR_MS + 7).await;
    assert_eq!(admin.cancel(&app, id).await, 204);
    assert_eq!(app.page("/maintenance").await, "{\"active\":false}");
    assert_eq!(admin.cancel(&app, id).await, 204, "whoever asks twice is told the same");
    app.pass_ms(4 * HOUR_MS).await;
    assert_eq!(ms(&app.month("api").await, "maintenance"), HOUR_MS + 7);
    let record = windows(&app, "").await["windows"][0].clone();
    assert_eq!(record["status"], "ended");
    assert_eq!(record["cancelled_at"], start.plus_ms(HOUR_MS + 7).to_string());
    let audit = admin.audit(&app, id).await;
    let actions: Vec<&str> = audit.iter().map(|(_, action)| action.as_str()).collect();
    assert_eq!(actions, ["announced", "ended"]);
    // One that is over cannot be called off, nor changed.
    let over = app.clock.now().plus_ms(NOTICE_MS);
    let other = admin.announce(&app, &plan(over, MINUTE_MS)).await.body["id"]
        .as_i64()
        .unwrap();
    app.clock.advance_ms(NOTICE_MS + MINUTE_MS);
    assert_eq!(admin.cancel(&app, other).await, 409);
    assert_eq!(admin.change(&app, other, &json!({ "message": "x" })).await.status, 409);
    app.stop().await;
}

#[tokio::test]
async fn what_cannot_be_announced_is_told_what_is_wrong_with_it() {
    let app = TestApp::start("").await;
    let admin = Admin::of(&app).await;
    let good = plan(app.clock.now().plus_ms(3 * DAY_MS), HOUR_MS);
    let with = |name: &str, value: Value| {
        let mut plan = good.clone();
        plan[name] = value;
        plan
    };
    let told = [
        (
            with("start_time", json!("2026-12-01T02:00:00")),
            422,
            "write it with its zone",
        ),
        (
            with("end_time", json!("tomorrow")),
            422,
            "The end_time \"tomorrow\" is not an instant",
        ),
        (
            with("end_time", good["start_time"].clone()),
            422,
            "must end after it begins",
        ),
        (
            with("start_time", json!(START.plus_ms(-1).to_string())),
            422,
            "begun before now",
        ),
        (with("start_time", Value::Null), 422, "Say when the maintenance begins"),
        (
            with("message", json!("x".repeat(2_001))),
            422,
            "2001 characters; write at most 2000",
        ),
        (with("message", json!("\u{1b}[31m")), 422, "not plain text (U+001B)"),
        (with("monitors", json!(["shop"])), 422, "has the id shop"),
        (with("monitors", json!([])), 422, "leave it out where all are meant"),
        (with("monitors", json!("everup")), 400, "invalid type"),
        (
            with("announced_at", json!(START.to_string())),
            400,
            "unknown field `announced_at`",
        ),
        (with("emergency", json!("yes")), 400, "invalid type"),
        (json!({ "message": "x" }), 400, "missing field `end_time`"),
        (
            json!([START.to_string(), good["end_time"], "x", null, false]),
            400,
            "JSON object",
        ),
        (Value::Null, 400, "Send a JSON object"),
        (json!("x".repeat(200_000)), 413, "longer than"),
    ];
    for (plan, status, detail) in told {
        let answer = admin.announce(&app, &plan).await;
        let said = answer.body["detail"].as_str().unwrap_or_default();
        assert_eq!(answer.status, status, "{plan}: {said}");
        assert!(said.contains(detail), "{plan}: {said}");
    }
    let post = || admin.client.post(app.url("/maintenance")).bearer_auth(&admin.token);
    let broken = post().header("content-type", "application/json").body("{\"start_time\":");
    let broken = broken.send().await.unwrap();
    assert_eq!(broken.status().as_u16(), 400);
    assert_eq!(broken.headers()["content-type"], "application/problem+json");
    let form = post().header("content-type", "text/plain").body(good.to_string());
    assert_eq!(form.send().await.unwrap().status().as_u16(), 415);
    // Nobody else may, and nothing was announced by all this.
    let nobody = admin.client.post(app.url("/maintenance")).body(good.to_string());
    assert_eq!(nobody.send().await.unwrap().status().as_u16(), 401);
    assert_eq!(windows(&app, "").await, json!({ "windows": [], "next": null }));
    app.stop().await;
}

#[tokio::test]
async fn a_change_needs_its_own_notice_and_is_made_to_what_was_seen() {
    let app = TestApp::start("").await;
    let admin = Admin::of(&app).await;
    let start = app.clock.now().plus_ms(60 * HOUR_MS);
    let announced = admin.announce(&app, &plan(start, 2 * HOUR_MS)).await;
    let (id, seen) = (announced.body["id"].as_i64().unwrap(), announced.tag.unwrap());
    app.clock.advance_ms(20 * HOUR_MS);
    let later = json!({ "end_time": start.plus_ms(3 * HOUR_MS).to_string() });
    let longer = admin.change(&app, id, &later).await;
    assert_eq!(longer.status, 422);
    let own = app.clock.now().plus_ms(NOTICE_MS).to_string();
    assert_eq!(longer.body["earliest_start"], own, "of a window of its own");
    for end in ["start_time", "end_time"] {
        let none = admin.change(&app, id, &json!({ end: null })).await;
        let detail =
            format!("The {end} cannot be taken away; leave it out where it is to stay.");
        assert_eq!((none.status, &none.body["detail"]), (422, &json!(detail)));
    }
    let sooner = json!({ "end_time": start.plus_ms(HOUR_MS).to_string(), "monitors": null });
    let narrowed = admin.change(&app, id, &sooner).await;
    assert_eq!(
        (narrowed.status, &narrowed.body["announced_at"]),
        (200, &json!(START.to_string()))
    );
    assert_eq!(narrowed.body["excluded"], true);
    let path = format!("/maintenance/windows/{id}");
    let said = json!({ "message": "Fewer disks" });
    let stale = [("if-match", seen.as_str())];
    let stale = admin.send(&app, Method::PATCH, &path, Some(&said), &stale).await;
    assert_eq!(stale.status, 412, "{}", stale.body);
    let known = narrowed.tag.unwrap();
    let fresh = [("if-match", known.as_str())];
    let fresh = admin.send(&app, Method::PATCH, &path, Some(&said), &fresh).await;
    assert_eq!((fresh.status, &fresh.body["message"]), (200, &json!("Fewer disks")));
    assert_eq!(fresh.body["revision"], 3);
    let emergency = json!({ "emergency": true });
    assert_eq!(admin.change(&app, id, &emergency).await.status, 400);
    assert_eq!(admin.change(&app, 99, &said).await.status, 404);
    assert_eq!(admin.cancel(&app, 99).await, 404);
    let moved = start.plus_ms(30 * HOUR_MS);
    let change = json!({ "start_time": moved.to_string(),
        "end_time": moved.plus_ms(HOUR_MS).to_string() });
    let moved = admin.change(&app, id, &change).await;
    assert_eq!(moved.body["announced_at"], app.clock.now().to_string());
    app.stop().await;
}

/// Each of them asks ten times at once; of the same there is one, and no change is lost.
#[tokio::test]
async fn two_administrators_at_once_lose_and_double_nothing() {
    let app = TestApp::start("").await;
    let admin = Admin::of(&app).await;
    let start = app.clock.now().plus_ms(3 * DAY_MS);
    let same = plan(start, HOUR_MS);
    let asked = (0..8).map(|_| admin.announce(&app, &same));
    let answers = futures_util::future::join_all(asked).await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(created, 1);
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 201)));
    let id = answers[0].body["id"].as_i64().unwrap();
    assert!(answers.iter().all(|answer| answer.body["id"] == id));
    app.clock.advance_ms(MINUTE_MS);
    let changes: Vec<Value> =
        (0..6).map(|n| json!({ "message": format!("Disk {n}") })).collect();
    let asked = changes.iter().map(|change| admin.change(&app, id, change));
    let answers = futures_util::future::join_all(asked).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 6);
    let revision = windows(&app, "").await["windows"][0]["revision"].as_u64().unwrap();
    assert_eq!(revision, 1 + done as u64);
    assert_eq!(admin.audit(&app, id).await.len(), 1 + done);
    app.stop().await;
}

/// As soon as it is accepted it is on disk, whatever happens to who accepted it.
#[tokio::test]
async fn what_was_accepted_is_announced_after_a_crash_and_not_twice() {
    let mut app = TestApp::start("").await;
    let admin = Admin::of(&app).await;
    let start = app.clock.now().plus_ms(NOTICE_MS);
    let planned = plan(start, HOUR_MS);
    assert_eq!(admin.announce(&app, &planned).await.status, 201);
    app.restart_after_kill(MINUTE_MS).await;
    // Who did not hear of it asks again.
    let again = admin.announce(&app, &planned).await;
    assert_eq!(
        (again.status, &again.body["announced_at"]),
        (200, &json!(START.to_string()))
    );
    assert_eq!(windows(&app, "").await["windows"].as_array().unwrap().len(), 1);
    app.clock.advance_ms(NOTICE_MS - MINUTE_MS);
    assert_eq!(status_of(&app).await["active"], true);
    app.stop().await;
}

/// Three days back: 48 hours from then are over long before 48 hours from now.
#[tokio::test]
async fn a_clock_that_was_put_back_buys_no_notice() {
    let target = Target::start().await;
    let app = TestApp::start(&ten_minutes(&target)).await;
    let admin = Admin::of(&app).await;
    app.pass_ms(2 * HOUR_MS).await;
    let lived = app.clock.now();
    app.jump_ms(-3 * DAY_MS).await;
    let bought = admin.announce(&app, &plan(lived.plus_ms(-HOUR_MS), HOUR_MS)).await;
    assert_eq!(bought.status, 422, "{}", bought.body);
    assert!(
        bought.body["detail"].as_str().unwrap().contains("everup ran at"),
        "{}",
        bought.body
    );
    // What wins nothing is done by the clock as it is.
    let emergency = json!({ "emergency": true, "message": "Leak",
        "end_time": app.clock.now().plus_ms(HOUR_MS).to_string() });
    let emergency = admin.announce(&app, &emergency).await;
    assert_eq!((emergency.status, &emergency.body["status"]), (201, &json!("active")));
    assert_eq!(admin.cancel(&app, emergency.body["id"].as_i64().unwrap()).await, 204);
    assert_eq!(app.page("/maintenance").await, "{\"active\":false}");
    let honest = admin.announce(&app, &plan(lived.plus_ms(NOTICE_MS), HOUR_MS)).await;
    assert_eq!(honest.status, 201);
    let announced_at = honest.body["announced_at"].as_str().unwrap();
    let announced_at = Timestamp::parse_rfc3339(announced_at).unwrap();
    assert!(announced_at > lived.plus_ms(-11 * MINUTE_MS), "{announced_at}");
    app.stop().await;
}

/// 400 days ahead for a moment: nothing that is done then may stand in the way afterwards.
#[tokio::test]
async fn a_clock_that_was_ahead_for_a_moment_costs_no_announcement() {
    let target = Target::start().await;
    let mut app = TestApp::start(&ten_minutes(&target)).await;
    let admin = Admin::of(&app).await;
    let end = app.clock.now().plus_ms(DAY_MS).to_string();
    let emergency = json!({ "emergency": true, "end_time": end });
    let id = admin.announce(&app, &emergency).await.body["id"].as_i64().unwrap();
    app.pass_ms(HOUR_MS).await;
    app.jump_ms(400 * DAY_MS).await;
    app.look_ms(20 * SECOND_MS).await;
    app.flush().await;
    app.jump_ms(-400 * DAY_MS).await;
    app.pass_ms(20 * MINUTE_MS).await;
    let start = app.clock.now().plus_ms(NOTICE_MS);
    let announced = admin.announce(&app, &plan(start, HOUR_MS)).await;
    assert_eq!(announced.status, 201, "{}", announced.body);
    assert_eq!(admin.cancel(&app, id).await, 204);
    assert_eq!(app.page("/maintenance").await, "{\"active\":false}");
    // Also where it is stopped just then.
    app.jump_ms(400 * DAY_MS).await;
    app.restart_after(0).await;
    app.jump_ms(-400 * DAY_MS).await;
    app.pass_ms(20 * MINUTE_MS).await;
    let lived = app.store().await.runs().await.unwrap();
    let ends: Vec<Timestamp> = lived.iter().map(|run| run.known_end()).collect();
    assert!(ends[0] < app.clock.now(), "{ends:?}");
    app.stop().await;
}

#[tokio::test]
async fn what_another_process_announces_is_seen_within_a_second_or_so() {
    let app = TestApp::start("").await;
    let now = app.clock.now();
    let window = MaintenanceWindow {
        announced_at: now,
        start: now,
        end: now.plus_ms(HOUR_MS),
        cancelled_at: None,
        message: "By hand".to_owned(),
        monitors: Vec::new(),
        emergency: true,
    };
    app.store().await.announce(&window, None, "anna").await.unwrap();
    let begun = std::time::Instant::now();
    while status_of(&app).await["active"] == false {
        assert!(begun.elapsed().as_secs() < 10, "it is never seen");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn windows_are_listed_in_pages_by_their_state_and_their_time() {
    let app = TestApp::start("").await;
    let admin = Admin::of(&app).await;
    let hour = |n: i64| START.plus_ms(NOTICE_MS + n * HOUR_MS);
    for n in 0..5 {
        assert_eq!(admin.announce(&app, &plan(hour(n), 30 * MINUTE_MS)).await.status, 201);
    }
    let cancelled = windows(&app, "").await["windows"][4]["id"].as_i64().unwrap();
    assert_eq!(admin.cancel(&app, cancelled).await, 204);
    app.clock.advance_ms(NOTICE_MS + HOUR_MS + SECOND_MS);
    let ids = |answer: &Value| -> Vec<i64> {
        let windows = answer["windows"].as_array().unwrap();
        windows.iter().map(|window| window["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids(&windows(&app, "?state=ended").await), [1]);
    assert_eq!(ids(&windows(&app, "?state=active,upcoming").await), [2, 3, 4]);
    assert_eq!(ids(&windows(&app, "?state=cancelled").await), [5]);
    let to = hour(2).to_string();
    assert_eq!(ids(&windows(&app, &format!("?to={to}")).await), [1, 2]);
    let first = windows(&app, "?limit=2&state=ended,active,upcoming").await;
    assert_eq!(ids(&first), [1, 2]);
    let next = first["next"]
        .as_str()
        .unwrap()
        .strip_prefix("/maintenance/windows")
        .unwrap();
    let second = windows(&app, next).await;
    assert_eq!((ids(&second), &second["next"]), (vec![3, 4], &Value::Null));
    for wrong in ["?limit=0", "?limit=1001", "?state=over", "?from=x", "?after=x", "?page=2"] {
        assert_eq!(app.get(&format!("/maintenance/windows{wrong}")).await.0, 400, "{wrong}");
    }
    for nobody in ["x", "+1", "01", "99"] {
        assert_eq!(app.get(&format!("/maintenance/windows/{nobody}")).await.0, 404, "{nobody}");
    }
    assert_eq!(app.get("/maintenance/windows/1/audit").await.0, 401);
    app.stop().await;
}
