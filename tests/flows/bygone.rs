//! What only a closed month still shows: whatever its page links to is found.

use crate::app::{TestApp, one};
use crate::closing::{november_is_over, targets};
use serde_json::Value;
use std::collections::BTreeSet;

const NOVEMBER: &str = "/report/2026-11";

/// The addresses here that a page links to, without their places.
fn links(page: &str) -> BTreeSet<String> {
    let hrefs = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let hrefs = hrefs.filter(|href| href.starts_with('/'));
    let here = hrefs.filter_map(|href| href.split('#').next());
    here.map(|href| href.replace("&amp;", "&").replace("&#38;", "&")).collect()
}

/// Follows every link of the closed report, and gives those that contain `part`.
async fn follow_all(app: &TestApp, part: &str) -> Vec<String> {
    let links = links(&app.page(NOVEMBER).await);
    let mut dead = Vec::new();
    for link in &links {
        let (status, _) = app.get(link).await;
        if status != 200 {
            dead.push((status, link));
        }
    }
    assert!(dead.is_empty(), "{dead:?}");
    links.into_iter().filter(|link| link.contains(part)).collect()
}

/// The problem that is the answer to a program.
async fn problem(app: &TestApp, path: &str) -> Value {
    let answer = app.ask(path, ("accept", "application/json")).await;
    assert_eq!(answer.status().as_u16(), 404, "{path}");
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_group_that_is_no_longer_configured_is_found_in_its_closed_months() {
    let targets = targets().await;
    let (mut app, _) = november_is_over(&targets).await;
    let monitors = [0, 1].map(|n| one(["api", "web"][n], targets[n].url().as_str()));
    app.change(&monitors.concat()).await;
    let of_group = follow_all(&app, "/groups/shop").await;
    assert!(of_group.iter().any(|link| link.contains("?day=")), "{of_group:?}");
    let explained = "/groups/shop/explain?month=2026-11";
    let text = app.text(explained).await;
    for words in ["SHA-256", "This group is no longer configured.", "API", "WEB"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    for time in ["month=2026-11", "month=2026-Q4", "day=2026-11-10"] {
        let json = app.page(&format!("/api/v1/groups/shop/explain?{time}")).await;
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["group"]["configured"], false);
        assert_eq!(json["outages"].as_array().unwrap().len(), 1, "{time}: {json}");
    }
    assert_eq!(app.sent_to("/groups/shop").await, "/report/2026-11#g-shop");
    let problem = problem(&app, "/groups/shop").await;
    assert_eq!(problem["see"], "/report/2026-11.json");
    assert_eq!(app.get("/groups/nobody").await.0, 404);
    assert_eq!(app.get("/groups/nobody/explain").await.0, 404);
    app.stop().await;
}

#[tokio::test]
async fn what_lies_before_a_later_since_is_found_in_its_closed_month() {
    let targets = targets().await;
    let (mut app, closed) = november_is_over(&targets).await;
    let closed: Value = serde_json::from_str(&closed).unwrap();
    let outage = closed["monitors"][0]["outages"][0]["id"].as_str().unwrap();
    // Both members, so that the group was not there either.
    let later = |n: usize| {
        let monitor = one(["api", "web"][n], targets[n].url().as_str());
        monitor + "group = \"shop\"\nsince = \"2026-12-01T00:00:00Z\"\n"
    };
    let first = "[[monitor]]\nid = \"old\"\nname = \"Old\"\nurl = \"http://127.0.0.1:9/\"\n\
                 since = \"2026-10-01T00:00:00Z\"\n";
    let group = "[[group]]\nid = \"shop\"\nname = \"Shop\"\n";
    app.change(&[group, &later(0), &later(1), first].concat()).await;
    assert_eq!(app.month("api").await["outages"][0]["id"], outage);
    let of_monitor = follow_all(&app, "/monitors/api").await;
    assert!(of_monitor.iter().any(|link| link.contains("?day=")), "{of_monitor:?}");
    let dossier = format!("/outages/{outage}");
    assert_eq!(follow_all(&app, "/outages/").await, std::slice::from_ref(&dossier));
    assert_eq!(app.sent_to(&dossier).await, "/report/2026-11#m-api");
    let told = problem(&app, &format!("/api/v1{dossier}")).await;
    assert_eq!(told["see"], "/report/2026-11.json");
    for home in ["/monitors/api", "/groups/shop"] {
        let month = format!("{home}/explain?month=2026-11");
        for time in ["day=2026-11-10", "from=2026-10-03&to=2026-11-10"] {
            let path = format!("{home}/explain?{time}");
            assert_eq!(app.sent_to(&path).await, month, "{path}");
            let told = problem(&app, &format!("/api/v1{path}")).await;
            assert_eq!(told["see"], format!("/api/v1{month}"), "{path}");
        }
        assert_eq!(app.get(&format!("{home}/explain?day=2026-10-10")).await.0, 404);
    }
    assert_eq!(app.get("/outages/api-20261110T115959.000Z").await.0, 404);
    app.stop().await;
}

#[tokio::test]
async fn a_closed_month_has_its_report_also_where_everything_began_later() {
    let targets = targets().await;
    let (mut app, closed) = november_is_over(&targets).await;
    let later = |n: usize| {
        let monitor = one(["api", "web"][n], targets[n].url().as_str());
        monitor + "since = \"2026-12-01T00:00:00Z\"\n"
    };
    app.change(&[later(0), later(1)].concat()).await;
    assert_eq!(app.page("/report/2026-11.json").await, closed);
    let outages = follow_all(&app, "/outages/").await;
    assert_eq!(outages.len(), 1);
    assert_eq!(app.get("/report/2026-10").await.0, 404);
    app.stop().await;
}
