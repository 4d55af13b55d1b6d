//! What the pages say, and what no page may do.

use crate::sample::{self, Event, Scene, Story};
use crate::visitor::Visitor;
use http::Method;
use std::collections::{BTreeMap, BTreeSet};

fn scenes() -> Vec<(&'static str, Scene, Vec<&'static str>)> {
    vec![
        ("unborn", sample::unborn(), vec!["/", "/monitors/api", "/report/2026-11"]),
        ("down", sample::down(), vec!["/", "/monitors/api", "/report/2026-10"]),
        (
            "mixture",
            sample::mixture(),
            vec!["/", "/monitors/billing", "/report/2026-11"],
        ),
        ("outage", sample::outage(), vec![sample::OUTAGE]),
        (
            "grouped",
            sample::grouped(),
            vec!["/", "/groups/shop", "/groups/entrance", "/report/2026-10", "/report/2026-Q4"],
        ),
        (
            "explained",
            sample::explained(),
            vec!["/monitors/api/explain", "/groups/all/explain"],
        ),
        (
            "closed",
            sample::closed(),
            vec!["/monitors/api/explain?month=2026-10", "/monitors/api/explain?month=2026-Q4"],
        ),
        (
            "maintained",
            sample::maintained(),
            vec!["/", "/monitors/api", "/report/2026-11"],
        ),
        ("overrunning", sample::overrunning(), vec!["/"]),
        ("emergency", sample::emergency(), vec!["/"]),
        ("nightly", sample::nightly(), vec!["/"]),
        (
            "nothing",
            sample::scene(&[], Vec::new()),
            vec!["/", "/report/2026-11", "/nope"],
        ),
    ]
}

#[tokio::test]
async fn pages_read_as_they_did() {
    for (name, scene, paths) in scenes() {
        let visitor = Visitor::of(&scene);
        for path in paths {
            let page = visitor.get(path).await;
            let file = format!("{name}{}", path.replace(['/', '?', '='], "-"));
            insta::assert_snapshot!(file, page.stable());
        }
    }
}

#[tokio::test]
async fn no_page_has_inline_script_or_style_or_an_id_twice() {
    for (name, scene, paths) in scenes() {
        let visitor = Visitor::of(&scene);
        for path in paths {
            let page = visitor.get(path).await;
            let place = format!("{name} {path}");
            assert!(page.header("content-type").starts_with("text/html"), "{place}");
            assert_eq!(page.body.matches("<script").count(), 1, "{place}");
            assert!(page.body.contains("<script src=\"/assets/script."), "{place}");
            for never in ["<style", " style=", " onclick=", " onload=", "javascript:", "//cdn"]
            {
                assert!(!page.body.contains(never), "{place} has {never}");
            }
            let ids = page.attributes("id");
            let unique: BTreeSet<&String> = ids.iter().collect();
            assert!(ids.len() > 10 && ids.len() == unique.len(), "{place}: {ids:?}");
            let policy = page.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none';"), "{place}: {policy}");
            assert!(!policy.contains("unsafe") && !policy.contains('*'), "{place}: {policy}");
            assert_eq!(page.header("x-content-type-options"), "nosniff", "{place}");
            assert_eq!(page.header("referrer-policy"), "no-referrer", "{place}");
        }
    }
}

/// The explanation of a day, of which each monitor has ninety: those of one stand for all.
fn is_one_of_many(link: &str) -> bool {
    let shown = ["/monitors/billing/", "/monitors/search/", "/groups/shop/"];
    link.contains("/explain?day=") && !shown.iter().any(|home| link.starts_with(home))
}

#[tokio::test]
async fn every_link_leads_somewhere() {
    for scene in [sample::mixture(), sample::grouped(), sample::closed(), sample::nightly()] {
        let visitor = Visitor::of(&scene);
        let mut seen = BTreeSet::from(["/".to_owned()]);
        let mut open = vec!["/".to_owned()];
        let mut places = BTreeSet::new();
        let mut pages = BTreeMap::new();
        while let Some(path) = open.pop() {
            let answer = visitor.get(&path).await;
            let found = answer.status.is_success() || answer.status.is_redirection();
            assert!(found, "{path}: {}", answer.status);
            let links = [answer.attributes("href"), answer.attributes("src")].concat();
            for link in links {
                let (link, fragment) = link.split_once('#').unwrap_or((&link, ""));
                let link = if link.is_empty() { &path } else { link };
                if is_one_of_many(link) {
                    continue;
                }
                if !fragment.is_empty() {
                    places.insert((link.to_owned(), fragment.to_owned()));
                }
                if seen.insert(link.to_owned()) {
                    open.push(link.to_owned());
                }
            }
            pages.insert(path, answer.attributes("id"));
        }
        assert!(seen.len() > 20, "{seen:?}");
        for (path, fragment) in places {
            assert!(pages[&path].contains(&fragment), "{path} has no place {fragment}");
        }
    }
}

#[tokio::test]
async fn troubled_monitors_come_first_and_the_first_sentence_names_them() {
    let page = Visitor::of(&sample::mixture()).get("/").await;
    assert!(page.body.contains("<title>Sign-in is down</title>"));
    let order = ["Sign-in", "Checkout", "Billing", "API", "Reporting"];
    let places: Vec<usize> = order
        .iter()
        .map(|name| page.body.find(&format!(">{name}</a>")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test]
async fn text_from_targets_and_owners_is_escaped() {
    let scene = sample::mixture();
    let visitor = Visitor::of(&scene);
    let page = visitor.get("/").await;
    assert!(page.body.contains("&#60;script&#62;alert(1)"));
    for path in ["/", "/monitors/sign-in", "/report/2026-11"] {
        let page = visitor.get(path).await;
        assert!(!page.body.contains("<script>") && !page.body.contains("<b>maint"), "{path}");
    }
    let page = visitor.get("/monitors/%3Cscript%3E").await;
    assert!(page.body.contains("&#60;script&#62;") && !page.body.contains("<script>"));
}

#[tokio::test]
async fn a_hundred_monitors_are_a_small_page() {
    let visitor = Visitor::of(&sample::many(100));
    let headers = [("accept-encoding", "gzip")];
    let page = visitor.ask(Method::GET, "/", &headers).await;
    assert_eq!(page.header("content-encoding"), "gzip");
    // What is not text grows when it is read as text, so this is an upper bound.
    assert!(page.body.len() < 30_000, "{} bytes", page.body.len());
}

#[tokio::test]
async fn half_a_month_unseen_shows_no_figure_but_the_range() {
    let story =
        Story::new("API")
            .since(20 * 24 * 60)
            .with(19 * 24 * 60, 15 * 24 * 60, Event::Gap);
    let page = Visitor::of(&sample::scene(&[story], Vec::new())).get("/").await;
    assert!(page.body.contains("<span class=\"none\">range only</span>"));
    assert!(!page.body.contains("class=\"percent\""));
}

#[tokio::test]
async fn a_day_that_was_hardly_watched_has_no_figure() {
    // Tuesday, 11:54: a third of Monday is missing, and more than half of Sunday.
    let story =
        Story::new("API")
            .with(30 * 60, 8 * 60, Event::Gap)
            .with(58 * 60, 15 * 60, Event::Gap);
    let page = Visitor::of(&sample::scene(&[story], Vec::new())).get("/monitors/api").await;
    let figure = |date: &str| {
        let row = page
            .body
            .split(&format!(">{date}</th><td role=\"cell\" class=\"number\">"))
            .nth(1);
        row.unwrap().split("</td>").next().unwrap().to_owned()
    };
    let whole = "<b class=\"percent\">100.00&nbsp;%</b>";
    let partial = format!("{whole} <small class=\"remark\">partial data</small>");
    let figures = [
        ("2026-11-21", whole),
        ("2026-11-22", "<span class=\"none\">too little seen</span>"),
        ("2026-11-23", &partial),
    ];
    for (day, told) in figures {
        let how = format!("<a class=\"how\" href=\"/monitors/api/explain?day={day}\">");
        assert_eq!(figure(day), format!("{how}{told}</a>"));
    }
}

#[tokio::test]
async fn maintenance_of_another_day_is_told_below_the_monitors() {
    let page = Visitor::of(&sample::mixture()).get("/").await;
    let place = |text: &str| page.body.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(place(">Maintenance now<") < place("class=\"monitors\""));
    assert!(place(">Maintenance planned<") > place("</table>"));
    let labels: BTreeSet<String> = (page.attributes("aria-label").into_iter())
        .filter(|label| label.starts_with("Maintenance"))
        .collect();
    assert_eq!(labels.len(), 2, "{labels:?}");
}

#[tokio::test]
async fn a_monitor_tells_of_its_own_maintenance_and_what_fell_into_it() {
    let stories =
        [Story::new("Shop").with(65, 30, Event::Fails("HTTP 503")), Story::new("Mail")];
    let windows = vec![sample::window(70, 100, 3 * 24 * 60, "New disks.", &["shop"])];
    let visitor = Visitor::of(&sample::scene(&stories, windows));
    let shop = visitor.get("/monitors/shop").await;
    assert!(shop.body.contains("New disks."));
    assert!(
        shop.body
            .contains("None that counts: 1 fell wholly into announced maintenance.")
    );
    let mail = visitor.get("/monitors/mail").await;
    assert!(!mail.body.contains("New disks.") && mail.body.contains("None was seen."));
}

#[tokio::test]
async fn a_figure_of_less_than_its_period_says_so() {
    let stories = [Story::new("Old"), Story::new("New").since(26 * 60)];
    let visitor = Visitor::of(&sample::scene(&stories, Vec::new()));
    let status = visitor.get("/").await;
    let cell = |id: &str| {
        let how = format!("/monitors/{id}/explain?month=2026-11\">");
        let cell = status.body.split(&how).nth(1).unwrap();
        cell.split("</span>").next().unwrap().to_owned()
    };
    assert!(!cell("old").contains("since"));
    assert!(cell("new").contains("since <time datetime=\"2026-11-23T08:54:07Z\""));
    let report = visitor.get("/report/2026-11").await;
    assert_eq!(report.body.matches("since 23 Nov").count(), 2);
    let fact = "<dt>Watched</dt><dd>since <time datetime=\"2026-11-23T08:54:07Z\"";
    assert_eq!(report.body.matches(fact).count(), 1);
    assert_eq!(report.body.matches("<dt>Watched</dt>").count(), 1);
}

/// The title, the first sentence and the rest, as a reader has them.
async fn headline(stories: &[Story]) -> [String; 3] {
    let mut page = Visitor::of(&sample::scene(stories, Vec::new())).get("/").await;
    page.body = page.body.replace('\u{a0}', " ");
    let rest = page.body.split("</h1>").nth(1).unwrap().split("</div>").next().unwrap();
    let rest = ["<p class=\"rest\">", "</p>", "<bdi>", "</bdi>", "\n"]
        .iter()
        .fold(rest.to_owned(), |rest, tag| rest.replace(tag, ""));
    [page.text_after("<title>"), page.text_after("<h1>"), rest.trim().to_owned()]
}

#[tokio::test]
async fn the_first_sentence_names_the_trouble() {
    let well = || Story::new("Web");
    let down = |name| Story::new(name).with(61, 70, Event::Fails("HTTP 502."));
    let failing = || Story::new("Shop").with(15, 20, Event::Fails("HTTP 500"));
    let unseen = || Story::new("Mail").with(61, 70, Event::Gap);
    let paused = || Story::new("Old").paused(60, 600);
    let long = "the upstream gateway answered with a page instead of JSON, and the certificate \
                chain names another host";
    let older = Story::new("B").with(95, 100, Event::Fails("no answer within 10 s"));
    let two = "B (since 10:24) and A (since 10:54) are down.";
    let reasons = "B: no answer within 10 s. A: HTTP 502.None of 2 is up.";
    let counts = "1 of 4 is up, 1 not checked, 1 paused.";
    let slow = Story::new("Cart").with(15, 20, Event::Slow);
    let seen_again = Story::new("Shop").with(65, 30, Event::Gap).with(95, 100, Event::Slow);
    let cases: [(Vec<Story>, [&str; 3]); 12] = [
        (
            vec![Story::new("Shop").with(95, 60, Event::Gap)],
            ["All up", "Shop is up since 11:24 (31 min).", ""],
        ),
        (
            vec![seen_again],
            [
                "Shop is slow",
                "Shop is up but slow since 11:24 (31 min): answered in more than 2 s.",
                "",
            ],
        ),
        (vec![well(), well().id("web2")], ["All up", "Both monitors are up.", ""]),
        (
            vec![well(), Story::new("Cart").since(0)],
            ["1 of 2 up", "1 of 2 is up, 1 waiting for the first check.", ""],
        ),
        (vec![well(), slow], ["Cart is slow", "Both monitors are up (1 slow).", ""]),
        (
            vec![down("A"), well(), unseen(), paused()],
            ["A is down", "A is down since 10:54 (1 h 01 min): HTTP 502.", counts],
        ),
        (
            vec![Story::new("A").with(61, 70, Event::Fails(long)), well()],
            [
                "A is down",
                "A is down since 10:54 (1 h 01 min).",
                &format!("{long}.1 of 2 is up."),
            ],
        ),
        (vec![down("A"), older], ["2 are down", two, reasons]),
        (
            vec![well(), down("A"), down("B"), down("C")],
            [
                "3 are down",
                "A and 2 others are down, the first since 10:54 (1 h 01 min).",
                "A: HTTP 502.1 of 4 is up.",
            ],
        ),
        (
            vec![failing(), well()],
            [
                "Shop is failing",
                "Shop is failing and being checked again since 11:44 (11 min): HTTP 500.",
                "1 of 2 is up, 1 failing and being checked again.",
            ],
        ),
        (vec![paused()], ["Paused", "Old is paused since 10:54 (1 h).", ""]),
        (
            Vec::new(),
            [
                "No data yet",
                "Nothing is watched yet.",
                "Name a URL when you start \
          everup, or add a <code>[[monitor]]</code> to <code>config.toml</code>.",
            ],
        ),
    ];
    for (stories, expected) in cases {
        assert_eq!(headline(&stories).await, expected);
    }
}

/// Its clock lies before anything was ever watched: somebody set it back.
#[tokio::test]
async fn a_host_whose_clock_was_set_back_is_not_told_to_name_a_monitor() {
    let scene = sample::scene(&[Story::new("API").since(24 * 60)], Vec::new());
    scene.clock.jump_ms(-48 * 3_600_000);
    let page = Visitor::of(&scene).get("/").await;
    let said = page.text_after("<h1>").replace('\u{a0}', " ");
    assert_eq!(said, "The clock of this host is 1 d behind what is already kept.");
    assert!(!page.body.contains("Nothing is watched") && !page.body.contains("Name a URL"));
}
