//! What a closed month says of maintenance, and what `everup verify` finds in one that was
//! written by somebody else.

use crate::maintenance::{closed, forged, has, json, read, seal_month, seal_october};
use crate::sample::{self, Event, Scene, Story};
use crate::visitor::Visitor;
use everup::domain::maintenance::MaintenanceWindow;
use everup::domain::month::Month;
use everup::domain::timestamp::{HOUR_MS, MINUTE_MS};
use everup::report::settings::{Contract, Settings};
use everup::report::verify::verify;
use serde_json::{Value, json};

const DAY: i64 = 24 * 60;

/// When October began in Berlin: so many minutes ago, and seven seconds.
const OCTOBER: i64 = 54 * DAY + 12 * 60 + 54;

/// What is wrong with a closed month after a change, under a hash that fits.
#[track_caller]
fn wrong(text: &str, change: impl Fn(&mut Value), said: &str) {
    let problems = match verify(&forged(text, change)) {
        Ok(_) => panic!("nothing was found, not {said:?}"),
        Err(problems) => problems.join("\n"),
    };
    has(&problems, said);
}

const SEEN: &str = "says otherwise than its figures what was seen";
const BEYOND: &str = "says otherwise than its figures what went beyond";

#[tokio::test]
async fn an_overrun_that_is_hushed_up_is_found() {
    let text = closed().await;
    let of = |form: &mut Value, change: &dyn Fn(&mut Value)| {
        change(&mut form["maintenance"][0]["beneath"][0]);
    };
    wrong(&text, |form| of(form, &|seen| seen["overrun"] = Value::Null), BEYOND);
    for (name, ms) in [("planned", 1), ("took", 1), ("took", -1), ("counted", 1)] {
        let name = format!("{name}_milliseconds");
        let change = |seen: &mut Value| {
            let told = seen["overrun"][&name].as_i64().unwrap();
            seen["overrun"][&name] = json!(told + ms);
        };
        wrong(&text, |form| of(form, &change), BEYOND);
    }
    for name in ["ongoing", "goes_on"] {
        wrong(&text, |form| of(form, &|seen| seen["overrun"][name] = json!(true)), BEYOND);
    }
    // An overrun of a window that nobody outlasted.
    let overrun = json!({
        "planned_milliseconds": 30 * MINUTE_MS,
        "took_milliseconds": 40 * MINUTE_MS,
        "counted_milliseconds": 10 * MINUTE_MS,
        "ongoing": false,
    });
    wrong(
        &text,
        |form| form["maintenance"][1]["beneath"][0]["overrun"] = overrun.clone(),
        BEYOND,
    );
}

#[tokio::test]
async fn whoever_is_left_out_beneath_a_window_is_missed() {
    let text = closed().await;
    let none = "does not tell of the 1 monitors that were watched in it";
    wrong(&text, |form| form["maintenance"][0]["beneath"] = json!([]), none);
    let hidden = |form: &mut Value| {
        form["maintenance"][0]["beneath"] = json!([]);
        form["maintenance"][0]["more"] = json!(1);
    };
    wrong(&text, hidden, none);
    let twice = |form: &mut Value| {
        let beneath = form["maintenance"][2]["beneath"].as_array_mut().unwrap();
        beneath[1] = beneath[0].clone();
    };
    wrong(&text, twice, "does not tell of the 2 monitors that were watched in it");
    let another = |form: &mut Value| {
        let seen = form["maintenance"][1]["beneath"][0].clone();
        form["maintenance"][0]["beneath"][0] = seen;
    };
    wrong(&text, another, "of web tells of a monitor that it is not about");
}

/// Of twenty-five, four outlasted the work.
#[tokio::test]
async fn of_many_who_outlasted_the_work_no_better_one_is_told_of() {
    let stories: Vec<Story> = (0..25)
        .map(|n| {
            let story = Story::new(&format!("Service {n:02}")).since(60 * DAY);
            if n < 4 { story.with(30 * DAY, 60, Event::Fails("HTTP 500")) } else { story }
        })
        .collect();
    let windows = vec![sample::window(30 * DAY + 5, 30, 3 * DAY, "", &[])];
    let text = seal_october(&sample::scene(&stories, windows)).await;
    verify(&text).unwrap();
    let change = |form: &mut Value| {
        let beneath = form["maintenance"][0]["beneath"].as_array_mut().unwrap();
        let (first, last) = (beneath[0]["id"].clone(), beneath[19].clone());
        assert_eq!(first, "service-00");
        beneath[0] = last;
        beneath[0]["id"] = json!("service-24");
    };
    wrong(&text, change, "does not tell of service-00, who was still down after it");
}

#[tokio::test]
async fn work_on_short_notice_cannot_be_relabelled() {
    let text = closed().await;
    let relabelled = |form: &mut Value| {
        let window = &mut form["maintenance"][1];
        let start = sample::ago(28 * DAY);
        window["announced_at"] = json!(start.plus_ms(-72 * HOUR_MS).to_string());
        window["notice_milliseconds"] = json!(72 * HOUR_MS);
        window["excluded"] = json!(true);
    };
    let booked = "1800000 ms of the monitor web do not count as maintenance, and a window of at \
                  least 48 h notice has them";
    wrong(&text, relabelled, booked);
    // To say that it was no emergency makes it leave the figure, and its time did not.
    let emergency = |form: &mut Value| {
        form["maintenance"][2]["emergency"] = json!(true);
    };
    wrong(&text, emergency, "count as maintenance");
    let status = |form: &mut Value| form["maintenance"][0]["status"] = json!("active");
    wrong(&text, status, "says otherwise than its times how far it was");
    // On short notice an emergency counts as everything does: nothing shows it.
    let called = |form: &mut Value| form["maintenance"][1]["emergency"] = json!(true);
    verify(&forged(&text, called)).unwrap();
}

#[tokio::test]
async fn a_millisecond_that_was_seen_otherwise_is_found() {
    let text = closed().await;
    let moved = |window: usize, [from, to]: [&str; 2]| {
        let change = |form: &mut Value| {
            let seen = &mut form["maintenance"][window]["beneath"][0]["milliseconds"];
            for (name, ms) in [(from, -1), (to, 1)] {
                seen[name] = json!(seen[name].as_i64().unwrap() + ms);
            }
        };
        wrong(&text, change, SEEN);
    };
    // Beneath a window that leaves the figure, in an outage that is listed.
    moved(0, ["down", "up"]);
    moved(0, ["down", "degraded"]);
    // Beneath one that counts, everything is in the timeline.
    moved(1, ["up", "down"]);
    moved(1, ["up", "degraded"]);
    moved(1, ["up", "unknown"]);
    moved(1, ["up", "excluded"]);
    for name in ["from", "to"] {
        let change = |form: &mut Value| {
            form["maintenance"][1]["beneath"][0][name] = json!("2026-10-27T10:54:08Z");
        };
        wrong(&text, change, SEEN);
    }
}

/// Three windows of an hour, of which the contract lets ninety minutes leave the figure.
async fn allowed() -> String {
    let stories = [Story::new("API").since(60 * DAY), Story::new("Web").since(60 * DAY)];
    let windows = (0..3)
        .map(|n| sample::window((32 - n) * DAY, 60, 3 * DAY, "", &["api"]))
        .collect();
    let scene = sample::scene(&stories, windows);
    scene.app.report.rcu(|settings| Settings {
        contract: Contract { allowance_ms: Some(90 * MINUTE_MS), ..Contract::default() },
        ..Settings::clone(settings)
    });
    seal_october(&scene).await
}

#[tokio::test]
async fn what_a_contract_allows_stands_in_the_closed_month() {
    let text = allowed().await;
    let form: Value = serde_json::from_str(&text).unwrap();
    let row = &form["monitors"][0];
    assert_eq!(row["maintenance_allowance_milliseconds"], 90 * MINUTE_MS);
    assert_eq!(row["milliseconds"]["maintenance"], 90 * MINUTE_MS);
    verify(&text).unwrap();
    let allowance = "maintenance_allowance_milliseconds";
    let less = |form: &mut Value| {
        form["monitors"][0][allowance] = json!(90 * MINUTE_MS - 1);
    };
    wrong(&text, less, "1 ms of the monitor api count as maintenance");
    let none = |form: &mut Value| {
        form["monitors"][0].as_object_mut().unwrap().remove(allowance);
    };
    wrong(&text, none, "5400000 ms of the monitor api do not count as maintenance");
    assert!(!closed().await.contains(allowance));
}

/// As everup wrote it before it kept what was looked at and what contracts allow.
fn older(form: &mut Value) {
    for window in form["maintenance"].as_array_mut().unwrap() {
        for seen in window["beneath"].as_array_mut().unwrap() {
            let seen = seen.as_object_mut().unwrap();
            seen.remove("from");
            seen.remove("to");
        }
    }
    for row in form["monitors"].as_array_mut().unwrap() {
        row.as_object_mut().unwrap().remove("maintenance_allowance_milliseconds");
    }
}

#[tokio::test]
async fn what_an_older_everup_closed_still_verifies() {
    for text in [closed().await, allowed().await] {
        verify(&forged(&text, older)).unwrap();
    }
    // What exceeds an allowance is used up in order, also where it is not told.
    let moved = |form: &mut Value| {
        older(form);
        form["maintenance"][0]["end_time"] = json!(sample::ago(32 * DAY - 50).to_string());
    };
    wrong(&allowed().await, moved, "count as maintenance");
}

/// Work that began while its target was down for another reason, as everup told of it before.
#[tokio::test]
async fn an_older_everup_blamed_work_also_for_what_had_begun_before() {
    let story = Story::new("API").every_ms(MINUTE_MS).since(60 * DAY);
    let story = story.with(30 * DAY + 10, 60, Event::Fails("HTTP 502"));
    let windows = vec![sample::window(30 * DAY, 30, 3 * DAY, "", &["api"])];
    let text = seal_october(&sample::scene(&[story], windows)).await;
    verify(&text).unwrap();
    let form: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(form["maintenance"][0]["beneath"][0]["overrun"], Value::Null);
    let beyond_ms = 20 * MINUTE_MS + 56_000;
    let blamed = |form: &mut Value| {
        form["maintenance"][0]["beneath"][0]["overrun"] = json!({
            "planned_milliseconds": 30 * MINUTE_MS,
            "took_milliseconds": 30 * MINUTE_MS + beyond_ms,
            "counted_milliseconds": beyond_ms,
            "ongoing": false,
        });
    };
    wrong(&text, blamed, BEYOND);
    let then = |form: &mut Value| {
        older(form);
        blamed(form);
    };
    verify(&forged(&text, then)).unwrap();
}

/// More windows than a report tells of.
#[tokio::test]
async fn where_windows_are_left_out_those_before_are_held_against_the_figures() {
    let stories = [Story::new("API").since(60 * DAY)];
    let windows = (0..510)
        .map(|n| {
            sample::window(50 * DAY - n * 50, 20, if n == 3 { 60 } else { 3 * DAY }, "", &[])
        })
        .collect();
    let text = seal_october(&sample::scene(&stories, windows)).await;
    let form: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(form["maintenance_left_out"], 10);
    verify(&text).unwrap();
    let relabelled = |form: &mut Value| {
        let window = &mut form["maintenance"][3];
        let start = sample::ago(50 * DAY - 150);
        window["announced_at"] = json!(start.plus_ms(-72 * HOUR_MS).to_string());
        window["notice_milliseconds"] = json!(72 * HOUR_MS);
        window["excluded"] = json!(true);
    };
    wrong(
        &text,
        relabelled,
        "1200000 ms of the monitor api do not count as maintenance",
    );
}

/// Work that took its target down beyond the end of September; `ends_early` minutes before
/// that it was to be over.
fn over_the_end(ends_early: i64) -> Scene {
    let story = Story::new("API").every_ms(MINUTE_MS).since(80 * DAY);
    let window = sample::window(OCTOBER + 30 + ends_early, 30, 3 * DAY, "New disks", &["api"]);
    let start = window.start.plus_ms(-7_000);
    // To the second of the month's end.
    let window = MaintenanceWindow { start, end: window.end.plus_ms(-7_000), ..window };
    let story =
        story.with(OCTOBER + 25 + ends_early, 40 + ends_early, Event::Fails("HTTP 502"));
    sample::scene(&[story], vec![window])
}

fn overrun(text: &str) -> Value {
    let form: Value = serde_json::from_str(text).unwrap();
    form["maintenance"][0]["beneath"][0]["overrun"].clone()
}

#[tokio::test]
async fn who_outlasts_work_over_the_end_of_a_month_is_told_of_in_both() {
    let scene = over_the_end(10);
    let [september, october] =
        [seal_month(&scene, "2026-09").await, seal_month(&scene, "2026-10").await];
    let [before, after] = [&september, &october].map(|text| overrun(text));
    assert_eq!(before["counted_milliseconds"], 10 * MINUTE_MS);
    assert_eq!(before["took_milliseconds"], 40 * MINUTE_MS);
    assert_eq!(before["goes_on"], true);
    let counted_ms = after["counted_milliseconds"].as_i64().unwrap();
    assert_eq!(counted_ms, 16 * MINUTE_MS + 3_000);
    assert_eq!(after["took_milliseconds"], 40 * MINUTE_MS + counted_ms);
    assert_eq!(after.get("goes_on"), None);
    for text in [&september, &october] {
        verify(text).unwrap();
        wrong(
            text,
            |form| form["maintenance"][0]["beneath"][0]["overrun"] = Value::Null,
            BEYOND,
        );
        let changed = |form: &mut Value| {
            form["maintenance"][0]["beneath"][0]["overrun"]["took_milliseconds"] = json!(1);
        };
        wrong(text, changed, BEYOND);
    }
    // The dossier has both parts.
    let form: Value = serde_json::from_str(&september).unwrap();
    let id = form["monitors"][0]["outages"][0]["id"].as_str().unwrap();
    let dossier = json(&scene, &format!("/api/v1/outages/{id}")).await;
    assert_eq!(dossier["overrun"][0]["counted_milliseconds"], 10 * MINUTE_MS + counted_ms);
    for (month, said) in [
        (
            "2026-09",
            "took 40 min and went on after this period: 10 min count in this period",
        ),
        (
            "2026-10",
            "planned 30 min, took 57 min: 17 min of 27 min count in this period",
        ),
    ] {
        for form in ["", ".txt", ".md"] {
            let page = Visitor::of(&scene).get(&format!("/report/{month}{form}")).await;
            has(&page.body.replace(['\u{a0}'], " "), said);
        }
    }
}

#[tokio::test]
async fn work_that_ended_with_the_month_is_told_of_in_the_next_one_where_it_took_longer() {
    let scene = over_the_end(0);
    let end = Month::parse("2026-10").unwrap().window(chrono_tz::Europe::Berlin).from;
    let october = seal_october(&scene).await;
    let form: Value = serde_json::from_str(&october).unwrap();
    assert_eq!(form["maintenance"][0]["to"], end.to_string());
    assert_eq!(overrun(&october)["counted_milliseconds"], 16 * MINUTE_MS + 3_000);
    verify(&october).unwrap();
    assert_eq!(overrun(&seal_month(&scene, "2026-09").await), Value::Null);
    // Who is up again by then has nothing to tell in October.
    let story = Story::new("API").every_ms(MINUTE_MS).since(80 * DAY);
    let story = story.with(OCTOBER + 35, 30, Event::Fails("HTTP 502"));
    let windows = vec![sample::window(OCTOBER + 40, 30, 3 * DAY, "", &[])];
    let quiet: Value =
        serde_json::from_str(&seal_october(&sample::scene(&[story], windows)).await).unwrap();
    assert_eq!(quiet.get("maintenance"), None);
}

#[tokio::test]
async fn where_a_part_of_a_window_was_looked_at_every_form_says_so() {
    let story = Story::new("API").every_ms(MINUTE_MS).since(80 * DAY);
    // An hour, of which forty minutes lie in September.
    let windows = vec![sample::window(OCTOBER + 40, 60, 3 * DAY, "New disks", &["api"])];
    let scene = sample::scene(&[story], windows);
    for (month, said, [from, to]) in [
        (
            "2026-09",
            "Looked at here: only its first 40 min",
            ["2026-09-30T21:20:07Z", "2026-09-30T22:00:00Z"],
        ),
        (
            "2026-10",
            "Looked at here: only its last 21 min",
            ["2026-09-30T22:00:00Z", "2026-09-30T22:20:07Z"],
        ),
    ] {
        let page = read(&scene, &format!("/report/{month}")).await;
        has(&page, said);
        has(&page, "API: up throughout");
        for form in [".txt", ".md"] {
            has(&Visitor::of(&scene).get(&format!("/report/{month}{form}")).await.body, said);
        }
        let pdf = Visitor::of(&scene).get(&format!("/report/{month}.pdf")).await.bytes;
        let pdf = pdf_extract::extract_text_from_mem(&pdf).unwrap();
        has(&pdf.split_whitespace().collect::<Vec<_>>().join(" "), said);
        let text = seal_month(&scene, month).await;
        verify(&text).unwrap();
        let form: Value = serde_json::from_str(&text).unwrap();
        let window = &form["maintenance"][0];
        assert_eq!(window["from"], "2026-09-30T21:20:07Z");
        assert_eq!(window["to"], "2026-09-30T22:20:07Z");
        let seen = &window["beneath"][0];
        assert_eq!((&seen["from"], &seen["to"]), (&json!(from), &json!(to)));
    }
    // A range within it, and all of it.
    let range = "/report?from=2026-09-30T21:30:00Z&to=2026-09-30T22:10:00Z";
    has(&read(&scene, range).await, "Looked at here: only 40 min in its middle");
    let whole = read(&scene, "/report?from=2026-09-30&to=2026-10-01").await;
    assert!(whole.contains("New disks") && !whole.contains("Looked at here"), "{whole}");
}
