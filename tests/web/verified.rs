//! What a closed month says of maintenance, and what `everup verify` finds in one that was
//! written by somebody else.

use crate::maintenance::{closed, forged, has, json, read, seal_month, seal_october};
use crate::sample::{self, Event, Scene, Story};
use crate::visitor::Visitor;
use everup::domain::maintenance::MaintenanceWindow;
use everup::domain::month::Month;
use everup::domain::timestamp::{HOUR_MS, MINUTE_MS};
use everup::report::json::print_adjusted;
use everup::report::restated::restate;
use everup::report::settings::{Contract, Settings};
use everup::report::verify::verify;
use everup::store::closed::{Correction, Instead};
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
    wrong(&text, hidden, "tells of 0 monitors and leaves out 1, where the worst 20");
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

/// Of twenty-five, one was down before the work began and until after it.
#[tokio::test]
async fn of_many_no_better_one_is_told_of_in_place_of_one_who_was_down_throughout() {
    let stories: Vec<Story> = (0..25)
        .map(|n| {
            let story = Story::new(&format!("Service {n:02}")).since(60 * DAY);
            if n == 7 {
                story.with(30 * DAY + 60, 120, Event::Fails("HTTP 500"))
            } else {
                story
            }
        })
        .collect();
    let windows = vec![sample::window(30 * DAY, 30, 3 * DAY, "", &[])];
    let text = seal_october(&sample::scene(&stories, windows)).await;
    verify(&text).unwrap();
    let beneath = |form: &mut Value, change: &dyn Fn(&mut Vec<Value>)| {
        change(form["maintenance"][0]["beneath"].as_array_mut().unwrap());
    };
    let better = |of: &mut Vec<Value>| {
        assert_eq!(of[0]["id"], "service-07");
        let mut last = of[19].clone();
        (last["id"], last["name"]) = (json!("service-24"), json!("Service 24"));
        of.remove(0);
        of.push(last);
    };
    let fared = "tells of service-00 and not of service-07, who fared worse";
    wrong(&text, |form| beneath(form, &better), fared);
    let order = "does not tell of the worst first";
    wrong(&text, |form| beneath(form, &|of| of.reverse()), order);
    wrong(&text, |form| beneath(form, &|of| of.swap(0, 1)), order);
    wrong(&text, |form| beneath(form, &|of| of.swap(4, 5)), order);
    let fewer = |form: &mut Value| {
        beneath(form, &|of| of.truncate(19));
        form["maintenance"][0]["more"] = json!(6);
    };
    wrong(&text, fewer, "tells of 19 monitors and leaves out 6, where the worst 20");
}

#[tokio::test]
async fn nothing_is_told_of_twice_or_by_another_name() {
    let text = closed().await;
    let windows = |form: &mut Value, change: &dyn Fn(&mut Vec<Value>)| {
        change(form["maintenance"].as_array_mut().unwrap());
    };
    let twice = |of: &mut Vec<Value>| of.push(of[3].clone());
    let id = |id: i64| format!("the id {id} is not that of one maintenance window");
    wrong(&text, |form| windows(form, &twice), &id(4));
    for wrong_id in [1, 0, -1] {
        wrong(
            &text,
            |form| windows(form, &|of| of[1]["id"] = json!(wrong_id)),
            &id(wrong_id),
        );
    }
    let order = "the maintenance windows are not in order of their start";
    wrong(&text, |form| windows(form, &|of| of.reverse()), order);
    wrong(&text, |form| windows(form, &|of| of.swap(1, 2)), order);
    // Of one monitor twice, the second time as if it had been down.
    let seen_twice = |form: &mut Value| {
        let beneath = form["maintenance"][2]["beneath"].as_array_mut().unwrap();
        let mut again = beneath[0].clone();
        again["milliseconds"]["down"] = again["milliseconds"]["up"].take();
        again["milliseconds"]["up"] = json!(0);
        beneath.insert(0, again);
    };
    wrong(&text, seen_twice, "tells of api twice");
    let name = "tells of a monitor by another name";
    let swapped = |form: &mut Value| {
        form["maintenance"][2]["beneath"][0]["name"] = json!("Web");
        form["maintenance"][2]["beneath"][1]["name"] = json!("API");
    };
    wrong(&text, swapped, &format!("of api {name}"));
    wrong(&text, swapped, &format!("of web {name}"));
}

#[tokio::test]
async fn what_is_missing_of_a_window_or_has_impossible_times_is_found() {
    let text = closed().await;
    let seen = |form: &mut Value, change: &dyn Fn(&mut Value)| {
        change(&mut form["maintenance"][0]["beneath"][0]);
    };
    let without = |name: &'static str| {
        move |of: &mut Value| {
            of.as_object_mut().unwrap().remove(name);
        }
    };
    for form in [&text, &forged(&text, older)] {
        wrong(form, |form| seen(form, &without("overrun")), "missing field `overrun`");
    }
    wrong(&text, |form| seen(form, &without("from")), SEEN);
    let both = |of: &mut Value| {
        without("from")(of);
        without("to")(of);
    };
    wrong(&text, |form| seen(form, &both), SEEN);
    // It went down within the window, so it was down there.
    let unknown = |of: &mut Value| {
        let down = of["milliseconds"]["down"].take();
        of["milliseconds"]["unknown"] = down;
        of["milliseconds"]["down"] = json!(0);
    };
    wrong(&text, |form| seen(form, &unknown), SEEN);
    let after = |form: &mut Value| {
        form["maintenance"][1]["cancelled_at"] = json!(sample::ago(28 * DAY - 31).to_string());
    };
    wrong(&text, after, "was called off after it had ended");
    let later = |form: &mut Value| {
        let mut window = form["maintenance"][1].clone();
        window["id"] = json!(9);
        window["start_time"] = json!(sample::ago(23 * DAY).to_string());
        window["end_time"] = json!(sample::ago(23 * DAY - 30).to_string());
        form["maintenance"].as_array_mut().unwrap().push(window);
    };
    wrong(&text, later, "the maintenance window 9 has no time in the month");
}

#[tokio::test]
async fn who_was_up_did_not_make_work_take_longer() {
    let text = closed().await;
    let made_up = |took: i64, counted: i64| {
        json!({
            "planned_milliseconds": 30 * MINUTE_MS,
            "took_milliseconds": took * MINUTE_MS,
            "counted_milliseconds": counted * MINUTE_MS,
            "ongoing": false,
        })
    };
    for overrun in [made_up(300, 0), made_up(31, 0), made_up(30, 0)] {
        let change = |form: &mut Value| {
            form["maintenance"][1]["beneath"][0]["overrun"] = overrun.clone();
        };
        wrong(&text, change, BEYOND);
    }
    // Of a window that was over before the month.
    let scene = over_the_end_of(10, &[]);
    let october = seal_october(&scene).await;
    verify(&october).unwrap();
    let window = |form: &mut Value, change: &dyn Fn(&mut Value)| {
        change(&mut form["maintenance"][0]);
    };
    let invented = |window: &mut Value| {
        let mut seen = window["beneath"][0].clone();
        (seen["id"], seen["name"]) = (json!("web"), json!("Web"));
        seen["overrun"] = made_up(300, 0);
        window["beneath"].as_array_mut().unwrap().insert(0, seen);
    };
    wrong(&october, |form| window(form, &invented), &format!("of web {BEYOND}"));
    let nobody = "was over before the month, and nobody outlasted it";
    wrong(&october, |form| window(form, &|of| of["beneath"] = json!([])), nobody);
    let more = |more: i64| move |window: &mut Value| window["more"] = json!(more);
    wrong(
        &october,
        |form| window(form, &more(50)),
        "tells of 1 monitors and leaves out 50",
    );
    let others = |window: &mut Value| window["monitors"] = json!(["web"]);
    wrong(
        &october,
        |form| window(form, &others),
        "tells of a monitor that it is not about",
    );
    // It began before the outage did, and ended after that had begun.
    let late = |window: &mut Value| {
        window["start_time"] = json!(sample::ago(OCTOBER + 34).to_string());
    };
    wrong(&october, |form| window(form, &late), BEYOND);
}

#[tokio::test]
async fn that_an_outage_went_on_after_the_month_is_not_hushed_up() {
    let september = seal_month(&over_the_end(10), "2026-09").await;
    let silent = |form: &mut Value| {
        let overrun = &mut form["maintenance"][0]["beneath"][0]["overrun"];
        assert_eq!(overrun.as_object_mut().unwrap().remove("goes_on"), Some(json!(true)));
    };
    wrong(&september, silent, BEYOND);
    // An earlier everup did not say it.
    let then = |form: &mut Value| {
        older(form);
        silent(form);
    };
    verify(&forged(&september, then)).unwrap();
}

/// One number must not hide that all windows were taken out.
#[tokio::test]
async fn no_window_is_left_out_before_as_many_are_told_of_as_a_report_has() {
    for text in [closed().await, allowed().await] {
        let told = "500 are told of";
        for left_out in [1, 5, 500] {
            let emptied = |form: &mut Value| {
                form.as_object_mut().unwrap().remove("maintenance");
                form["maintenance_left_out"] = json!(left_out);
            };
            wrong(&text, emptied, told);
            wrong(&text, |form| form["maintenance_left_out"] = json!(left_out), told);
            let first = |form: &mut Value| {
                form["maintenance"].as_array_mut().unwrap().truncate(1);
                form["maintenance_left_out"] = json!(left_out);
            };
            wrong(&text, first, told);
        }
    }
    // Where the month says what contracts allow, it was not closed without its windows.
    let emptied = |form: &mut Value| {
        form.as_object_mut().unwrap().remove("maintenance");
    };
    wrong(&allowed().await, emptied, "count as maintenance, and no window");
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
    let fewer = |form: &mut Value| {
        form["maintenance"].as_array_mut().unwrap().pop();
        form["maintenance_left_out"] = json!(11);
    };
    wrong(&text, fewer, "499 maintenance windows are told of and 11 left out");
}

/// Work that took its target down beyond the end of September; `ends_early` minutes before
/// that it was to be over.
fn over_the_end(ends_early: i64) -> Scene {
    over_the_end_of(ends_early, &["api"])
}

/// The same of work on some monitors or all, where another one was up.
fn over_the_end_of(ends_early: i64, about: &[&str]) -> Scene {
    let story = Story::new("API").every_ms(MINUTE_MS).since(80 * DAY);
    let window = sample::window(OCTOBER + 30 + ends_early, 30, 3 * DAY, "New disks", about);
    let start = window.start.plus_ms(-7_000);
    // To the second of the month's end.
    let window = MaintenanceWindow { start, end: window.end.plus_ms(-7_000), ..window };
    let story =
        story.with(OCTOBER + 25 + ends_early, 40 + ends_early, Event::Fails("HTTP 502"));
    let web = Story::new("Web").since(80 * DAY);
    sample::scene(&[story, web], vec![window])
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
            "Looked at here: only its first 39 min 53 s",
            ["2026-09-30T21:20:07Z", "2026-09-30T22:00:00Z"],
        ),
        (
            "2026-10",
            "Looked at here: only its last 20 min 07 s",
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

/// Of more monitors than are told of, in windows before, over and within the month.
#[tokio::test]
async fn of_many_monitors_and_windows_of_every_shape_a_closed_month_verifies() {
    let mut seed: u64 = 7;
    let mut below = |limit: i64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(seed >> 33).unwrap() % limit
    };
    for _ in 0..4 {
        let stories: Vec<Story> = (0..26)
            .map(|n| {
                let mut story = Story::new(&format!("Service {n:02}")).since(60 * DAY);
                for near in [OCTOBER, 40 * DAY, 23 * DAY + 12 * 60] {
                    let event = [Event::Fails("HTTP 502"), Event::Slow, Event::Gap];
                    let from = near + below(120) - 40;
                    story = story.with(from, below(400), event[below(3) as usize]);
                }
                story.paused(OCTOBER - 60 - below(300), below(400))
            })
            .collect();
        let mut windows = Vec::new();
        for near in [OCTOBER, 40 * DAY, 23 * DAY + 12 * 60] {
            for _ in 0..4 {
                let about: &[&str] =
                    [&[][..], &["service-00", "service-01"]][below(2) as usize];
                let window = sample::window(
                    near + below(120) - 20,
                    1 + below(200),
                    below(5 * DAY),
                    "",
                    about,
                );
                windows.push(MaintenanceWindow { emergency: below(4) == 0, ..window });
            }
        }
        let scene = sample::scene(&stories, windows);
        for month in ["2026-09", "2026-10"] {
            let text = seal_month(&scene, month).await;
            if let Err(problems) = verify(&text) {
                panic!("{month}: {problems:#?}");
            }
            verify(&forged(&text, older_if_any)).unwrap();
        }
    }
}

fn older_if_any(form: &mut Value) {
    if form.get("maintenance").is_some() {
        older(form);
    }
}

/// What was seen beneath maintenance was measured: beside adjusted figures it would not fit.
#[tokio::test]
async fn an_adjusted_report_has_the_maintenance_in_the_report_that_it_restates() {
    let mut report = verify(&closed().await).unwrap().report;
    let outage = &report.monitors[0].figures.outages[0];
    let correction = Correction {
        month: Month::parse("2026-10").unwrap(),
        monitor: "api".to_owned(),
        outage_began_at: outage.began_at,
        instead: Instead::Unknown,
        author: "Ada".to_owned(),
        reason: "our own network was down".to_owned(),
        made_at: sample::ago(10),
    };
    report.restatement = restate(&report, vec![correction]).map(Box::new);
    let text = print_adjusted(&report).unwrap();
    verify(&text).unwrap();
    let form: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(form.get("maintenance"), None);
    let restated = &form["restates"]["report"];
    assert_eq!(restated["maintenance"].as_array().unwrap().len(), 4);
    let counted_ms =
        &restated["maintenance"][0]["beneath"][0]["overrun"]["counted_milliseconds"];
    assert_eq!(counted_ms, &restated["monitors"][0]["milliseconds"]["down"]);
    assert_eq!(form["monitors"][0]["milliseconds"]["down"], 0);
}
