//! What reports say of the visitors of a balancer, and what closed months keep of it.

use crate::maintenance::{has, read, seal_october};
use crate::sample::{self, Scene};
use crate::visitor::Visitor;
use everup::domain::monitor::MonitorId;
use everup::domain::requests::Requests;
use everup::domain::span::{Span, Spans};
use everup::report::closed::open;
use everup::report::verify::verify;
use everup::store::canonical;
use everup::store::requests::Kept;
use serde_json::{Value, json};

const SAID: &str =
    "visitors saw 321 errors of 84,212 requests, and 2 left before their answer was whole";

/// The shop is a balancer, whose requests were counted all the time.
fn scene() -> Scene {
    let scene = sample::grouped();
    let total = Requests {
        answered: 83_888,
        server_errors: 1,
        failed: 20,
        cut: 300,
        abandoned: 2,
        refused: 1,
        repeated: 5,
    };
    let counted = Spans::from(Span::ALWAYS);
    let kept = Kept { total, counted, ..Kept::default() };
    scene.shelf.keep_requests(MonitorId::new("shop").unwrap(), kept);
    scene
}

#[tokio::test]
async fn every_form_of_a_report_says_what_visitors_saw() {
    let scene = scene();
    for path in ["/report/2026-10", "/report/2026-10.txt", "/report/2026-10.md"] {
        let body = Visitor::of(&scene).get(path).await.body;
        assert_eq!(body.matches(SAID).count(), 1, "{path}: {body}");
    }
    has(&read(&scene, "/report/2026-Q4").await, SAID);
    let report = crate::maintenance::json(&scene, "/report/2026-10.json").await;
    let groups = report["groups"].as_array().unwrap();
    let of = |id: &str| groups.iter().find(|group| group["id"] == id).unwrap();
    let visitors = &of("shop")["visitors"];
    assert_eq!((&visitors["requests"], &visitors["errors"]), (&json!(84_212), &json!(321)));
    assert_eq!(
        visitors["counted_milliseconds"],
        report["groups"][0]["milliseconds"]["window"]
    );
    let others = groups.iter().filter(|group| group["id"] != "shop");
    assert!(others.clone().count() > 0);
    assert!(others.clone().all(|group| group.get("visitors").is_none()));
}

/// The text with a change in it, and the hash that it then has.
fn forged(text: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut form: Value = serde_json::from_str(text).unwrap();
    form.as_object_mut().unwrap().remove("sha256");
    let group = form["groups"].as_array_mut().unwrap().iter_mut();
    change(&mut group.into_iter().find(|group| group["id"] == "shop").unwrap()["visitors"]);
    form["sha256"] = json!(canonical::sha256(&form));
    form.to_string()
}

#[tokio::test]
async fn a_closed_month_keeps_it_and_its_sums_are_verified() {
    let scene = scene();
    let text = seal_october(&scene).await;
    verify(&text).unwrap();
    let report = open(&text).unwrap();
    let shop = report.groups.iter().find(|group| group.id == "shop").unwrap();
    assert!(shop.visitors_sentence(&report).unwrap().contains(SAID));
    let wrong = |change: &dyn Fn(&mut Value), said: &str| {
        let problems = verify(&forged(&text, change)).unwrap_err().join("\n");
        assert!(problems.contains(said), "{problems}");
    };
    verify(&forged(&text, |_| {})).unwrap();
    wrong(&|of| of["errors"] = json!(0), "errors");
    wrong(&|of| of["failed"] = json!(19), "errors");
    wrong(&|of| of["requests"] = json!(84_213), "requests");
    let longer = |of: &mut Value| {
        let ms = of["counted_milliseconds"].as_i64().unwrap();
        of["counted_milliseconds"] = json!(ms + 1);
    };
    wrong(&longer, "counted for longer than there was time");
}
