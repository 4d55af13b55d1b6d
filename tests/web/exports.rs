//! Page, JSON and CSV are one report.

use crate::sample;
use crate::visitor::Visitor;
use everup::domain::timestamp::SECOND_MS;
use serde_json::Value;
use std::collections::BTreeMap;

/// The rows of a CSV, each by the names of its columns.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

#[tokio::test]
async fn page_json_and_csv_give_the_same_figures() {
    let visitor = Visitor::of(&sample::mixture());
    for month in ["2026-11", "2026-10", "2026-08"] {
        let page = visitor.get(&format!("/report/{month}")).await;
        let json = visitor.get(&format!("/report/{month}.json")).await;
        let csv = visitor.get(&format!("/report/{month}.csv")).await;
        let json: Value = serde_json::from_str(&json.body).unwrap();
        let monitors = json["monitors"].as_array().unwrap();
        let rows = rows(&csv.body);
        assert!(monitors.len() > 8 && monitors.len() == rows.len(), "{month}");
        for (monitor, row) in monitors.iter().zip(&rows) {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let id = text(&monitor["id"]);
            let article = page.body.split(&format!("<article id=\"m-{id}\"")).nth(1).unwrap();
            let article = article.split("</article>").next().unwrap();
            // On the page, bounds have two of their four decimals: all are floored.
            for (key, cut) in [
                ("uptime_percent", 0),
                ("uptime_low_percent", 2),
                ("uptime_high_percent", 2),
                ("coverage_percent", 0),
            ] {
                let value = text(&monitor[key]);
                assert_eq!(row[key], value, "{month} {id} {key}");
                let observed = monitor["uptime_percent"].is_string();
                let shown = &value[..value.len().saturating_sub(cut)];
                assert!(!observed || article.contains(shown), "{month} {id} {key} {value}");
                let too_exact = cut > 0 && observed && article.contains(&value);
                assert!(!too_exact, "{month} {id} {key} {value}");
            }
            let down = monitor["milliseconds"]["down"].to_string();
            assert_eq!(row["down_ms"], down, "{month} {id}");
            assert!(article.contains(&format!("title=\"{down} ms\"")), "{month} {id}");
            let outages = monitor["outages"].as_array().unwrap();
            assert_eq!(row["outages"], outages.len().to_string(), "{month} {id}");
            assert_eq!(
                article.matches("<td role=\"cell\" class=\"reason\">").count(),
                outages.len()
            );
        }
    }
}

#[tokio::test]
async fn the_status_page_shows_the_figure_of_the_report() {
    let visitor = Visitor::of(&sample::mixture());
    let page = visitor.get("/").await;
    let json = visitor.get("/report/2026-11.json").await;
    let json: Value = serde_json::from_str(&json.body).unwrap();
    let mut seen = 0;
    for monitor in json["monitors"].as_array().unwrap() {
        let Some(uptime) = monitor["uptime_percent"].as_str() else { continue };
        let id = monitor["id"].as_str().unwrap();
        let why = format!("href=\"/monitors/{id}/explain?month=2026-11\">");
        let cell = page.body.split(&why).nth(1).unwrap();
        assert!(
            cell.starts_with(&format!("<b class=\"percent\">{uptime}&nbsp;%</b>")),
            "{id}"
        );
        seen += 1;
    }
    assert_eq!(seen, 11);
}

#[tokio::test]
async fn an_export_opened_from_a_page_is_the_same_report() {
    let scene = sample::down();
    let visitor = Visitor::of(&scene);
    let as_of = async |visitor: &Visitor| {
        let answer = visitor.get("/report/2026-11.json").await;
        let json: Value = serde_json::from_str(&answer.body).unwrap();
        json["as_of"].as_str().unwrap().to_owned()
    };
    assert_eq!(as_of(&visitor).await, "2026-11-24T10:54:07Z");
    scene.clock.advance_ms(4 * SECOND_MS);
    assert_eq!(as_of(&visitor).await, "2026-11-24T10:54:07Z");
    scene.clock.advance_ms(SECOND_MS);
    assert_eq!(as_of(&visitor).await, "2026-11-24T10:54:12Z");
    // What was committed meanwhile is always in it.
    scene.clock.advance_ms(SECOND_MS);
    scene.app.board.publish((*scene.app.board.read()).clone());
    assert_eq!(as_of(&visitor).await, "2026-11-24T10:54:13Z");
}

#[tokio::test]
async fn exports_have_their_type_their_name_and_their_caching() {
    let visitor = Visitor::of(&sample::closed());
    // What may be corrected tomorrow is asked for anew.
    let page = visitor.get("/report/2026-10").await;
    assert_eq!(page.header("cache-control"), "no-cache");
    for (path, media_type, caching) in [
        ("/report/2026-11.json", "application/json", "no-cache"),
        ("/report/2026-10.json", "application/json", "max-age=300"),
        ("/report/2026-10.csv", "text/csv; charset=utf-8", "no-cache"),
        ("/report/2026-10.md", "text/markdown; charset=utf-8", "no-cache"),
        ("/report/2026-10.pdf", "application/pdf", "no-cache"),
    ] {
        let answer = visitor.get(path).await;
        assert_eq!(answer.header("content-type"), media_type);
        assert_eq!(answer.header("cache-control"), caching, "{path}");
        let name = path.replace("/report/", "everup-");
        assert_eq!(
            answer.header("content-disposition"),
            format!("inline; filename=\"{name}\"")
        );
    }
}

#[tokio::test]
async fn what_others_said_is_in_every_form_and_no_part_of_the_figure() {
    let visitor = Visitor::of(&sample::imported());
    let counted = "Uptime Kuma counted 5,752 of 5,760 checks up on 4 days (2 Nov 2026 to 6 Nov \
                   2026); not part of the figure";
    let told = "UptimeRobot says 91.66 % uptime and 1 outage, 1 d (2 Nov 2026 to 14 Nov \
                2026); not part of the figure";
    let taken = "Checks of 2 Nov 2026 to 5 Nov 2026 were imported from Uptime Kuma (kuma.db) \
                 and are part of the figure";
    let csv = visitor.get("/report/2026-11.csv").await;
    assert_eq!(rows(&csv.body)[0]["imported"], format!("{counted}; {taken}; {told}"));
    let text = visitor.get("/report/2026-11.txt").await;
    let page = visitor.get("/report/2026-11").await;
    for sentence in [counted, told, taken] {
        assert!(text.body.contains(&format!("\n  {sentence}\n")), "{}", text.body);
        assert!(page.body.contains(&format!("<p class=\"imported\">{sentence}.</p>")));
    }
    let json = visitor.get("/report/2026-11.json").await;
    let json: Value = serde_json::from_str(&json.body).unwrap();
    let monitor = &json["monitors"][0];
    insta::assert_json_snapshot!("imported", monitor["imported"]);
    // Neither the day of the other's outage nor any that it counted was observed here.
    assert_eq!(monitor["milliseconds"]["down"], 0);
    assert!(monitor["milliseconds"]["unknown"].as_i64().unwrap() > 13 * 86_400_000);
    // Nothing is said where nothing was.
    let visitor = Visitor::of(&sample::well());
    let json = visitor.get("/report/2026-11.json").await;
    assert!(!json.body.contains("imported"));
}
