//! Groups as a visitor finds them: named on the status page, told on a page of their own.

use crate::maintenance::{has, read};
use crate::sample::{self, Event, Story};
use crate::visitor::Visitor;
use everup::domain::group::{Group, Rule};
use everup::domain::monitor::MonitorId;
use everup::domain::percent::Target;
use everup::report::settings::{GroupSettings, Settings};
use serde_json::Value;
use std::sync::Arc;

/// The title, the first sentence and the rest of the page of a group of these, whose name
/// is Shop.
async fn headline(rule: Rule, stories: &[Story], members: &[&str]) -> [String; 3] {
    let scene = sample::scene(stories, Vec::new());
    let group = Group {
        id: MonitorId::new("shop").unwrap(),
        name: "Shop".to_owned(),
        rule,
        members: members.iter().map(|id| MonitorId::new(id).unwrap()).collect(),
    };
    let groups = vec![GroupSettings { group, target: Target::DEFAULT }];
    let settings = Settings { groups, ..(**scene.app.report.load()).clone() };
    scene.app.report.store(Arc::new(settings));
    let page = Visitor::of(&scene).get("/groups/shop").await;
    ["<title>", "<h1>", "<p class=\"rest\">"]
        .map(|tag| page.text_after(tag).replace('\u{a0}', " "))
}

#[tokio::test]
async fn the_first_sentence_of_a_group_names_the_members_that_are_down_and_why() {
    let well = || Story::new("Web");
    let down = || Story::new("A").with(61, 70, Event::Fails("HTTP 502."));
    let since = || Story::new("B").with(31, 40, Event::Fails("HTTP 500"));
    let unseen = || Story::new("Mail").with(61, 70, Event::Gap);
    let hole = || Story::new("Mail").with(120, 60, Event::Gap);
    let paused = || Story::new("Old").paused(60, 600);
    let cases: [(Rule, Vec<Story>, [&str; 3]); 9] = [
        (
            Rule::Any,
            vec![well(), well().id("b")],
            ["Shop: Up", "Shop is up since 16 Aug, 13:04 (100 d).", "Both monitors are up."],
        ),
        // What was before a gap is not known to have gone on, unless the other one has seen it.
        (
            Rule::Any,
            vec![well(), hole()],
            ["Shop: Up", "Shop is up since 11:04 (51 min).", "Both monitors are up."],
        ),
        (
            Rule::All,
            vec![well(), hole()],
            ["Shop: Up", "Shop is up since 16 Aug, 13:04 (100 d).", "Both monitors are up."],
        ),
        (
            Rule::Any,
            vec![down(), well(), since()],
            [
                "Shop: Down",
                "Shop is down since 10:54 (1 h 01 min): A (HTTP 502), B (HTTP 500).",
                "1 of 3 is up.",
            ],
        ),
        (
            Rule::All,
            vec![down(), since()],
            [
                "Shop: Down",
                "Shop is down since 11:24 (31 min): A (HTTP 502), B (HTTP 500).",
                "None of 2 is up.",
            ],
        ),
        (
            Rule::All,
            vec![down(), well()],
            [
                "Shop: Up",
                "Shop is up since 16 Aug, 13:04 (100 d), but one member is down: A (HTTP 502).",
                "1 of 2 is up.",
            ],
        ),
        (
            Rule::Any,
            vec![well(), unseen()],
            [
                "Shop: Not checked",
                "Shop cannot be judged since 10:54 (1 h 01 min): Mail (not checked).",
                "1 of 2 is up, 1 not checked.",
            ],
        ),
        (
            Rule::All,
            // Down since the other one, which was up, does not count.
            vec![down(), paused()],
            [
                "Shop: Down",
                "Shop is down since 10:54 (1 h): A (HTTP 502).",
                "None of 2 is up, 1 paused.",
            ],
        ),
        (Rule::Any, vec![paused()], ["Shop: Paused", "Shop is paused.", ""]),
    ];
    for (rule, stories, expected) in cases {
        let ids: Vec<String> = stories.iter().map(|story| story.id.clone()).collect();
        let members: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert_eq!(headline(rule, &stories, &members).await, expected);
    }
}

#[tokio::test]
async fn a_group_whose_members_were_never_watched_says_so() {
    let [title, first, rest] = headline(Rule::Any, &[Story::new("Web")], &["gone"]).await;
    assert_eq!(title, "Shop: Paused");
    assert_eq!(first, "Shop is no longer watched: none of its members is.");
    assert_eq!(rest, "");
}

#[tokio::test]
async fn the_status_page_and_the_page_of_a_group_show_the_figure_of_the_report() {
    let visitor = Visitor::of(&sample::grouped());
    let status = visitor.get("/").await;
    let report = visitor.get("/report/2026-11.json").await;
    let report: Value = serde_json::from_str(&report.body).unwrap();
    let groups = report["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 3);
    for group in groups {
        let (id, uptime) = (group["id"].as_str().unwrap(), group["uptime_percent"].as_str());
        let figure = format!("<b class=\"percent\">{}&nbsp;%</b>", uptime.unwrap());
        let how = format!("/groups/{id}/explain?month=2026-11\">");
        let cell = status.body.split(&how).nth(1).unwrap();
        assert!(cell.starts_with(&figure), "{id}");
        let page = visitor.get(&format!("/groups/{id}")).await;
        let months = page.body.split("<h2 id=\"months\">").nth(1).unwrap();
        let newest = months.split("November 2026</a>").nth(1).unwrap();
        assert!(newest.split("</tr>").next().unwrap().contains(&figure), "{id}");
        let outages = page.body.split("<h2 id=\"outages\">").nth(1).unwrap();
        let count = outages.matches("<td role=\"cell\" class=\"reason\">").count();
        assert_eq!(count, group["outages"].as_array().unwrap().len(), "{id}");
    }
}

#[tokio::test]
async fn a_status_page_without_groups_has_no_trace_of_them() {
    let page = Visitor::of(&sample::mixture()).get("/").await;
    // Apart from the roles of the rows of tables.
    assert!(!page.body.replace("rowgroup", "").contains("roup"));
}

/// A group of API and Web, and Other beside it.
fn shop_in_maintenance() -> sample::Scene {
    let stories = [
        Story::new("API").with(6 * 24 * 60 + 55, 40, Event::Fails("HTTP 502")),
        Story::new("Web"),
        Story::new("Other"),
    ];
    let notice = 3 * 24 * 60;
    let of_group = ["api", "web"];
    let windows = vec![
        sample::window(6 * 24 * 60 + 60, 60, notice, "Old cables", &["api"]),
        sample::window(5 * 24 * 60, 60, notice, "Not theirs", &["other"]),
        sample::window(30, 120, notice, "New disks", &of_group),
        sample::window(-2 * 24 * 60, 60, notice, "Second shelf", &["web"]),
        sample::window(-3 * 24 * 60, 60, notice, "Nor this", &["other"]),
    ];
    let scene = sample::scene(&stories, windows);
    let group = Group {
        id: MonitorId::new("shop").unwrap(),
        name: "Shop".to_owned(),
        rule: Rule::Any,
        members: of_group.iter().map(|id| MonitorId::new(id).unwrap()).collect(),
    };
    let groups = vec![GroupSettings { group, target: Target::DEFAULT }];
    let settings = Settings { groups, ..(**scene.app.report.load()).clone() };
    scene.app.report.store(Arc::new(settings));
    scene
}

#[tokio::test]
async fn the_page_of_a_group_tells_of_the_maintenance_of_its_members_and_of_no_others() {
    let page = read(&shop_in_maintenance(), "/groups/shop").await;
    has(&page, "Both monitors are in maintenance.");
    has(&page, "Maintenance now · 11:24 to 13:24 (2 h) · API, Web");
    has(&page, "Beneath it, both are up.");
    has(&page, "New disks");
    has(&page, "Maintenance planned · 26 Nov, 11:54 to 12:54 (1 h) · Web");
    has(&page, "Second shelf");
    has(&page, "Old cables");
    has(&page, "API: down ");
    assert!(!page.contains("Not theirs") && !page.contains("Nor this"), "{page}");
}

#[tokio::test]
async fn members_that_are_up_beneath_maintenance_are_counted_as_up() {
    let page = read(&shop_in_maintenance(), "/").await;
    has(&page, "2 of 2 up");
    assert!(!page.contains("0 of 2 up"), "{page}");
}
