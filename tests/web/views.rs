//! The pictures and their tables say what the figures say.

use crate::sample::{self, Scene};
use crate::visitor::{Answer, Visitor};
use chrono_tz::Tz;
use everup::report::settings::Settings;
use http::StatusCode;
use rstest::rstest;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The months in which the samples lived.
const MONTHS: [&str; 4] = ["2026-08", "2026-09", "2026-10", "2026-11"];

fn in_zone(scene: Scene, zone: Tz) -> Scene {
    let settings = Settings { zone, ..(**scene.app.report.load()).clone() };
    scene.app.report.store(Arc::new(settings));
    scene
}

/// What monitors and groups came to, by their places in the report.
async fn rows(visitor: &Visitor, period: &str) -> BTreeMap<String, Value> {
    let answer = visitor.get(&format!("/report/{period}.json")).await;
    if answer.status == StatusCode::NOT_FOUND {
        return BTreeMap::new();
    }
    let json: Value = serde_json::from_str(&answer.body).unwrap();
    let rows = [("m", "monitors"), ("g", "groups")].map(|(kind, key)| {
        let rows = json[key].as_array().cloned().unwrap_or_default().into_iter();
        rows.map(move |row| (format!("{kind}-{}", row["id"].as_str().unwrap()), row))
    });
    rows.into_iter().flatten().collect()
}

fn article<'a>(page: &'a Answer, place: &str) -> &'a str {
    let article = page.body.split(&format!("<article id=\"{place}\"")).nth(1).unwrap();
    article.split("</article>").next().unwrap()
}

/// Every number of milliseconds that stands in a title, in order.
fn exact(html: &str) -> Vec<i64> {
    let titles = html.split("title=\"").skip(1);
    titles.filter_map(|rest| rest.split(" ms\"").next()?.parse().ok()).collect()
}

#[rstest]
#[case(Tz::UTC)]
#[case(Tz::Europe__Berlin)]
#[case(Tz::America__New_York)]
#[case(Tz::Australia__Lord_Howe)]
#[case(Tz::Asia__Kathmandu)]
#[case(Tz::America__Asuncion)]
#[case(Tz::Pacific__Apia)]
#[case(Tz::America__Havana)]
#[tokio::test]
async fn a_year_is_the_sum_of_its_months_to_the_millisecond(#[case] zone: Tz) {
    let visitor = Visitor::of(&in_zone(sample::grouped(), zone));
    let mut months = Vec::new();
    for month in MONTHS {
        months.push(rows(&visitor, month).await);
    }
    let year = rows(&visitor, "2026").await;
    let page = visitor.get("/report/2026").await;
    assert_eq!(year.len(), 9);
    for (place, row) in year {
        for class in ["paused", "maintenance", "up", "degraded", "down", "unknown"] {
            let of = |row: &Value| row["milliseconds"][class].as_i64().unwrap();
            let of_month = |rows: &BTreeMap<String, Value>| rows.get(&place).map_or(0, of);
            let sum: i64 = months.iter().map(of_month).sum();
            assert_eq!(of(&row), sum, "{zone} {place} {class}");
        }
        // The table on the page: downtime and observed time of each month, and together.
        let table = article(&page, &place).split("<table class=\"months ").nth(1).unwrap();
        let (body, foot) =
            table.split("</table>").next().unwrap().split_once("<tfoot").unwrap();
        let (months, together) = (exact(body), exact(foot));
        assert!(months.len() >= 8 && together.len() == 2, "{zone} {place}");
        for column in [0, 1] {
            let sum: i64 = months.iter().skip(column).step_by(2).sum();
            assert_eq!(sum, together[column], "{zone} {place}");
        }
        assert_eq!(together[0], row["milliseconds"]["down"].as_i64().unwrap());
    }
}

#[tokio::test]
async fn the_hours_of_the_day_add_up_to_the_downtime() {
    let mut seen = 0;
    for scene in [sample::grouped(), sample::mixture(), sample::down()] {
        let visitor = Visitor::of(&scene);
        for period in ["2026-10", "2026-11", "2026-Q4", "2026"] {
            let page = visitor.get(&format!("/report/{period}")).await;
            for (place, row) in rows(&visitor, period).await {
                let down = row["milliseconds"]["down"].as_i64().unwrap();
                let hours = article(&page, &place).split("The hours as a table").nth(1);
                assert_eq!(hours.is_some(), down > 0, "{period} {place}");
                let Some(hours) = hours else { continue };
                assert_eq!(exact(hours).iter().sum::<i64>(), down, "{period} {place}");
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "only {seen} were seen");
}

#[tokio::test]
async fn the_twelve_months_are_those_of_their_reports() {
    let visitor = Visitor::of(&sample::grouped());
    let page = visitor.get("/report/2026-11").await;
    let trend = page.body.split("<table class=\"trend\">").nth(1).unwrap();
    let trend = trend.split("</table>").next().unwrap();
    let mut seen = 0;
    for month in MONTHS {
        for (place, row) in rows(&visitor, month).await {
            let home = place.replace("m-", "/monitors/").replace("g-", "/groups/");
            let link = format!("<a class=\"how\" href=\"{home}/explain?month={month}\">");
            let cell = trend.split(&link).nth(1).unwrap();
            assert!(
                cell.starts_with(row["uptime_percent"].as_str().unwrap()),
                "{month} {place}"
            );
            seen += 1;
        }
    }
    assert_eq!(seen, 36);
    // Eight months before anything was watched.
    assert_eq!(trend.matches("<td class=\"number\">–</td>").count(), 9 * 8);
}

#[tokio::test]
async fn a_calendar_shows_and_tells_the_days_of_its_month() {
    let visitor = Visitor::of(&sample::grouped());
    let report = visitor.get("/report/2026-10").await;
    let mirror = article(&report, "m-mirror-1");
    let label = "aria-label=\"31 days from 1 Oct to 31 Oct: up all the time\"";
    assert!(mirror.contains(label), "{mirror}");
    assert!(mirror.contains("31 days up all the time."), "{mirror}");
    // The same month on the page of the monitor, and another one.
    let page = visitor.get("/monitors/mirror-1?month=2026-10").await;
    assert!(page.body.contains(label));
    let page = visitor.get("/monitors/mirror-1?month=2026-11").await;
    assert!(!page.body.contains(label));
    assert!(
        page.body
            .contains("30 days from 1 Nov to 30 Nov: 1 day with downtime (3 h 20 min)")
    );
    assert!(page.body.contains("Besides, 23 days up all the time."));
}

#[tokio::test]
async fn a_crowded_report_leaves_the_pictures_to_the_pages_of_the_monitors() {
    let few = Visitor::of(&sample::many(50)).get("/report/2026-11").await;
    assert_eq!(few.body.matches("<svg class=\"calendar\"").count(), 50);
    let visitor = Visitor::of(&sample::many(51));
    let many = visitor.get("/report/2026-11").await;
    assert_eq!(many.body.matches("<svg class=\"calendar\"").count(), 0);
    let page = visitor.get("/monitors/service-001").await;
    assert_eq!(page.body.matches("<svg class=\"calendar\"").count(), 1);
}

#[tokio::test]
async fn a_range_can_be_asked_for_by_a_form_of_our_own() {
    let visitor = Visitor::of(&sample::well());
    let page = visitor.get("/report/2026-11").await;
    assert!(
        page.body
            .contains("<form class=\"range\" action=\"/report\" method=\"get\">")
    );
    assert_eq!(page.attributes("value"), ["2026-11-01", "2026-11-30"]);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self'"), "{policy}");
    let asked = visitor.get("/report?from=2026-10-25&to=2026-10-25").await;
    assert_eq!(asked.text_after("<h1>"), "Uptime in 2026-10-25");
    assert_eq!(asked.attributes("value"), ["2026-10-25", "2026-10-25"]);
}
