//! A closed month of which something was corrected, or in which somebody is missing: seen
//! wherever its figures are, and its own JSON untouched.

use crate::sample::{self, Scene};
use crate::visitor::Visitor;
use everup::domain::month::Month;
use everup::store::closed::ClosedMonth;
use everup::store::contract::Store;
use http::StatusCode;
use rstest::rstest;
use serde_json::{Value, json as value};
use std::collections::BTreeSet;

const OUTAGE: &str = "api-20261025T105503.000Z";
const SECTION: &str = "/report/2026-10#restatement";
const ADJUSTED: &str = "adjusted 100.00\u{a0}%</a>";

async fn json(visitor: &Visitor, path: &str) -> Value {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

async fn october(scene: &Scene) -> ClosedMonth {
    let month = Month::parse("2026-10").unwrap();
    scene.shelf.closed_month(month).await.unwrap().unwrap()
}

/// Asks for everything on a page that a link with a fragment leads to.
async fn no_link_is_dead(visitor: &Visitor, path: &str) {
    let links = visitor.get(path).await.attributes("href");
    let links: BTreeSet<String> = (links.into_iter())
        .map(|href| href.replace("&amp;", "&").replace("&#38;", "&"))
        .filter(|href| href.contains('#') || href.contains("/explain?"))
        .collect();
    assert!(links.len() > 2, "{path}");
    for link in links {
        let (page, place) = link.split_once('#').unwrap_or((&link, ""));
        let answer = visitor.get(if page.is_empty() { path } else { page }).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {link}");
        let is_there = place.is_empty() || answer.body.contains(&format!("id=\"{place}\""));
        assert!(is_there, "{path}: {link}");
    }
}

/// Mutants: the section at the end of the page again; every row marked, or none.
#[tokio::test]
async fn the_headline_of_a_corrected_month_leads_to_both_figures() {
    let scene = sample::closed();
    let visitor = Visitor::of(&scene);
    let page = visitor.get("/report/2026-10").await.body;
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} in {page}"));
    let headline = &page[at("class=\"summary ")..at("id=\"restatement\"")];
    assert!(at("id=\"restatement\"") < at("id=\"trend\""));
    let rows: Vec<&str> = headline.split("<tr ").skip(2).collect();
    let is_marked = |row: &&str| row.contains("<a href=\"#restatement\">adjusted 100.00");
    assert_eq!(rows.iter().map(is_marked).collect::<Vec<_>>(), [true, true, false]);
    let text = visitor.get("/report/2026-10.txt").await.body;
    assert_eq!(text.matches("99.47 % †").count(), 2, "{text}");
    assert!(text.find("† Corrected afterwards") < text.find("Recovery"), "{text}");
    let markdown = visitor.get("/report/2026-10.md").await.body;
    assert_eq!(markdown.matches("| 99.47 % † |").count(), 2, "{markdown}");
    assert!(
        markdown.find("† Corrected afterwards") < markdown.find("Recovery"),
        "{markdown}"
    );
    let pdf = visitor.get("/report/2026-10.pdf").await.bytes;
    let pdf = pdf_extract::extract_text_from_mem(&pdf).unwrap();
    assert!(
        pdf.find("† Corrected afterwards") < pdf.find("Uptime is the time up"),
        "{pdf}"
    );
    assert_eq!(pdf.matches("corrected afterwards †").count(), 2, "{pdf}");
    // What was closed stays the same bytes.
    let closed = october(&scene).await;
    assert_eq!(visitor.get("/report/2026-10.json").await.body, closed.text());
}

/// Mutants: marks of other months, monitors or times; a mark that leads nowhere.
#[rstest]
#[case("/report/2026-10", 2)]
#[case("/report/2026-11", 2)]
#[case("/report/2026-Q4", 2)]
#[case("/monitors/api", 0)]
#[case("/groups/all", 0)]
#[tokio::test]
async fn a_corrected_figure_is_marked_beside_other_months(
    #[case] path: &str,
    #[case] daggers: usize,
) {
    let visitor = Visitor::of(&sample::closed());
    let page = visitor.get(path).await.body;
    let dagger = format!("class=\"dagger\" href=\"{SECTION}\"");
    assert_eq!(page.matches(&dagger).count(), daggers, "{path}");
    assert_eq!(page.matches("<span class=\"unseen\"> corrected").count(), daggers, "{path}");
    let is_month_table = path == "/monitors/api" || path.ends_with("Q4");
    let is_marked = page.contains(&format!("<a href=\"{SECTION}\">{ADJUSTED}"));
    assert_eq!(is_marked, is_month_table || path == "/groups/all", "{path}");
    let has_outage = path != "/groups/all" && path != "/report/2026-11";
    let says = page.contains(&format!("<a href=\"{SECTION}\">corrected in October 2026</a>"));
    assert_eq!(says, has_outage, "{path}");
    no_link_is_dead(&visitor, path).await;
    let others = visitor.get("/monitors/web").await.body;
    assert!(!others.contains("adjusted") && !others.contains("corrected"));
}

/// Mutants: a note on time that has nothing of the outage, or none on time that has.
#[rstest]
#[case("/report/2026-Q4", true)]
#[case("/report/2026", true)]
#[case("/report?from=2026-10-25&to=2026-10-25", true)]
#[case("/report?from=2026-10-26&to=2026-11-02", false)]
#[case("/report/2026-11", false)]
#[case("/monitors/api/explain?day=2026-10-25", true)]
#[case("/groups/all/explain?day=2026-10-25", true)]
#[case("/monitors/api/explain?day=2026-10-26", false)]
#[case("/monitors/web/explain?day=2026-10-25", false)]
#[case("/monitors/api/explain?month=2026-Q4", true)]
#[tokio::test]
async fn a_longer_time_says_that_it_is_of_measured_figures(
    #[case] path: &str,
    #[case] is_corrected: bool,
) {
    let visitor = Visitor::of(&sample::closed());
    let page = visitor.get(path).await.body;
    let note = format!("Corrected afterwards: <a href=\"{SECTION}\">October 2026</a>.");
    assert_eq!(page.contains(&note), is_corrected, "{path}");
    let data = match path.contains("/explain") {
        true => json(&visitor, &format!("/api/v1{path}")).await,
        false if path.contains('?') => json(&visitor, &path.replace('?', ".json?")).await,
        false => json(&visitor, &format!("{path}.json")).await,
    };
    let months = &data["corrected_months"];
    assert_eq!(months.is_array(), is_corrected, "{path}: {months}");
    if is_corrected {
        assert_eq!(months[0]["month"], "2026-10");
        assert_eq!(months[0]["monitors"], value!(["api"]));
        assert_eq!(months[0]["groups"], value!(["all"]));
        assert_eq!(months[0]["corrections"][0]["outage"], OUTAGE);
        let adjusted = json(&visitor, months[0]["adjusted"].as_str().unwrap()).await;
        assert_eq!(adjusted["restates"]["corrections"], months[0]["corrections"]);
    }
    if path == "/report/2026-Q4" {
        let words = "Corrected afterwards: October 2026. The figures here";
        for form in ["txt", "md"] {
            let text = visitor.get(&format!("{path}.{form}")).await.body;
            assert!(text.contains(words), "{text}");
        }
        let pdf = visitor.get(&format!("{path}.pdf")).await.bytes;
        let pdf = pdf_extract::extract_text_from_mem(&pdf).unwrap();
        assert!(pdf.contains("Corrected afterwards: October 2026."), "{pdf}");
    }
}

#[rstest]
#[case("2026-10", [["100.00", "2026-10"], ["", ""], ["100.00", "2026-10"]])]
#[case("2026-11", [["", ""], ["", ""], ["", ""]])]
#[case("2026-Q4", [["", "2026-10"], ["", ""], ["", "2026-10"]])]
#[tokio::test]
async fn the_csv_has_the_adjusted_uptime_and_the_months(
    #[case] period: &str,
    #[case] expected: [[&str; 2]; 3],
) {
    let visitor = Visitor::of(&sample::closed());
    let text = visitor.get(&format!("/report/{period}.csv")).await.body;
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let names = table.headers().unwrap().clone();
    let columns = ["adjusted_uptime_percent", "corrected_months"]
        .map(|name| names.iter().position(|known| known == name).unwrap());
    let rows = table.records().map(Result::unwrap);
    let seen: Vec<[String; 2]> =
        rows.map(|row| columns.map(|column| row[column].to_owned())).collect();
    assert_eq!(seen, expected.map(|row| row.map(str::to_owned)));
}

/// Mutant: a correction told of every outage of the monitor.
#[tokio::test]
async fn an_outage_says_that_it_was_corrected() {
    let scene = sample::closed();
    let visitor = Visitor::of(&scene);
    let path = format!("/outages/{OUTAGE}");
    let page = visitor.get(&path).await.body;
    let note = page
        .split("Corrected in the ")
        .nth(1)
        .unwrap()
        .split("</p>")
        .next()
        .unwrap();
    for text in [
        format!("<a href=\"{SECTION}\">report of October 2026</a>"),
        "count this downtime as not checked".to_owned(),
        "<bdi>Ada &#60;ops&#62;</bdi> said so on".to_owned(),
        "2026-11-12 11:54:07".to_owned(),
        "our own line to the internet was cut".to_owned(),
    ] {
        assert!(note.contains(&text), "{text} in {note}");
    }
    let dossier = json(&visitor, &format!("/api/v1{path}")).await;
    let corrections = value!([{
        "month": "2026-10",
        "instead": "unknown",
        "author": "Ada <ops>",
        "reason": "our own line to the internet was cut",
        "made_at": "2026-11-12T10:54:07Z",
        "adjusted": "/report/2026-10.adjusted.json",
    }]);
    assert_eq!(dossier["corrections"], corrections);
    let list = json(&visitor, "/api/v1/outages").await;
    assert_eq!(list["outages"][0]["corrected_in"], value!(["2026-10"]));
    let csv = visitor.get("/api/v1/outages.csv").await.body;
    assert!(csv.contains(",no answer within 10 s,2026-10\r\n"), "{csv}");
    // Of one that was not corrected nothing is said.
    scene.shelf.keep_closed(october(&scene).await, Vec::new());
    assert!(!visitor.get(&path).await.body.contains("Corrected"));
    assert!(json(&visitor, &format!("/api/v1{path}")).await.get("corrections").is_none());
    let list = json(&visitor, "/api/v1/outages").await;
    assert!(list["outages"][0].get("corrected_in").is_none());
}

/// Mutants: a place in the closed report that is not there, an explanation that is a 404,
/// a longer period that counts their time without a word.
#[tokio::test]
async fn who_is_not_in_a_closed_month_is_named_and_leads_somewhere() {
    let scene = sample::closed();
    let mut closed = october(&scene).await;
    closed.rows.retain(|row| row.id == "api");
    scene.shelf.keep_closed(closed, Vec::new());
    let visitor = Visitor::of(&scene);
    for path in [
        "/report/2026-10",
        "/report/2026-11",
        "/report/2026-Q4",
        "/monitors/api",
        "/monitors/web",
        "/groups/all",
        "/monitors/web/explain?month=2026-10",
        "/groups/all/explain?month=2026-10",
    ] {
        no_link_is_dead(&visitor, path).await;
    }
    let report = visitor.get("/report/2026-10").await.body;
    assert!(report.contains("Not in this report, because it was closed before"));
    let late = "not in the closed report";
    for (path, is_late) in [("/monitors/api", false), ("/monitors/web", true)] {
        assert_eq!(visitor.get(path).await.body.contains(late), is_late, "{path}");
    }
    let path = "/monitors/web/explain?month=2026-10";
    assert!(visitor.get(path).await.body.contains("Closed without it: October 2026."));
    let explained = json(&visitor, &format!("/api/v1{path}")).await;
    assert_eq!(explained["closed_without"], value!(["2026-10"]));
    assert!(explained.get("closed").is_none());
    let sentence = "The report of October 2026 was closed without Web, Everything: what is known \
                    of that time today counts here, and not there.";
    let quarter = "/report/2026-Q4";
    for form in ["", ".txt", ".md"] {
        let body = visitor.get(&format!("{quarter}{form}")).await.body;
        assert!(body.contains(sentence), "{body}");
    }
    let without = value!([{ "month": "2026-10", "monitors": ["web"], "groups": ["all"] }]);
    assert_eq!(json(&visitor, "/report/2026-Q4.json").await["closed_without"], without);
    // Where nobody is missing, nothing is said.
    let whole = Visitor::of(&sample::closed());
    assert!(!whole.get(quarter).await.body.contains("closed without"));
    assert!(!whole.get("/report/2026-10").await.body.contains("Not in this report"));
}
