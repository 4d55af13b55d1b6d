//! What the pages say, and what no page may do.

use crate::sample::{self, Event, Scene, Story};
use crate::visitor::Visitor;
use http::Method;
use std::collections::BTreeSet;

fn scenes() -> Vec<(&'static str, Scene, Vec<&'static str>)> {
    vec![
        ("unborn", sample::unborn(), vec!["/", "/monitors/api", "/report/2026-11"]),
        ("down", sample::down(), vec!["/", "/monitors/api", "/report/2026-10"]),
        (
            "mixture",
            sample::mixture(),
            vec!["/", "/monitors/billing", "/report/2026-11"],
        ),
        (
            "explained",
            sample::explained(),
            vec!["/monitors/api/explain", "/groups/all/explain"],
        ),
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
            let file = format!("{name}{}", path.replace('/', "-"));
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

/// The explanation of a day, of which each monitor has ninety.
fn is_one_of_many(link: &str) -> bool {
    link.contains("/explain?day=") && !link.starts_with("/monitors/billing/")
}

#[tokio::test]
async fn every_link_leads_somewhere() {
    let visitor = Visitor::of(&sample::mixture());
    let mut seen = BTreeSet::from(["/".to_owned()]);
    let mut open = vec!["/".to_owned()];
    while let Some(path) = open.pop() {
        let answer = visitor.get(&path).await;
        let found = answer.status.is_success() || answer.status.is_redirection();
        assert!(found, "{path}: {}", answer.status);
        let links = [answer.attributes("href"), answer.attributes("src")].concat();
        for link in links {
            let (link, fragment) = link.split_once('#').unwrap_or((&link, ""));
            if link.is_empty() {
                let id = format!("id=\"{fragment}\"");
                assert!(answer.body.contains(&id), "{path} has no place {fragment}");
            } else if is_one_of_many(link) {
                // Those of one monitor stand for all.
            } else if seen.insert(link.to_owned()) {
                open.push(link.to_owned());
            }
        }
    }
    assert!(seen.len() > 20, "{seen:?}");
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

/// The title, the first sentence and the rest, as a reader has them.
async fn headline(stories: &[Story]) -> [String; 3] {
    let page = Visitor::of(&sample::scene(stories, Vec::new())).get("/").await;
    let between = |from: &str, to: &str| {
        let inner = page.body.split(from).nth(1).and_then(|rest| rest.split(to).next());
        let tags = inner.unwrap_or_default().split('<');
        tags.map(|part| part.split_once('>').map_or(part, |(_, text)| text))
            .collect::<String>()
    };
    let rest = page.body.split("</h1>").nth(1).unwrap().split("</div>").next().unwrap();
    let rest = rest.replace("<p class=\"rest\">", "").replace("</p>", "");
    [between("<title>", "</title>"), between("<h1>", "</h1>"), rest.trim().to_owned()]
}

#[tokio::test]
async fn the_first_sentence_names_the_trouble() {
    let well = || Story::new("Web");
    let down = |name| Story::new(name).with(61, 70, Event::Fails("HTTP 502."));
    let failing = || Story::new("Shop").with(15, 20, Event::Fails("HTTP 500"));
    let unseen = || Story::new("Mail").with(61, 70, Event::Gap);
    let paused = || Story::new("Old").paused(60, 600);
    let two = "A and B are down, the first since 10:54 (1 h 01 min).";
    let counts = "1 of 4 is up, 1 not checked, 1 paused.";
    let slow = Story::new("Cart").with(15, 20, Event::Slow);
    let cases: [(Vec<Story>, [&str; 3]); 9] = [
        (vec![well(), well().id("web2")], ["All up", "All 2 monitors are up.", ""]),
        (
            vec![well(), Story::new("Cart").since(0)],
            ["1 of 2 up", "1 of 2 is up, 1 waiting for the first check.", ""],
        ),
        (vec![well(), slow], ["Cart is slow", "All 2 monitors are up (1 slow).", ""]),
        (
            vec![down("A"), well(), unseen(), paused()],
            ["A is down", "A is down since 10:54 (1 h 01 min): HTTP 502.", counts],
        ),
        (vec![down("A"), down("B")], ["2 are down", two, "None of 2 is up."]),
        (
            vec![down("A"), down("B"), down("C"), well()],
            [
                "3 are down",
                "A and 2 others are down, the first since 10:54 (1 h 01 min).",
                "1 of 4 is up.",
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
        (vec![paused()], ["Paused", "Old is paused since 10:54 (1 h 00 min).", ""]),
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
