//! The dossier of an outage, and the list of outages.

use crate::sample::{self, OUTAGE};
use crate::visitor::Visitor;
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::Value;
use std::collections::BTreeMap;

async fn json(visitor: &Visitor, path: &str) -> Value {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json", "{path}");
    serde_json::from_str(&answer.body).unwrap()
}

/// The ids of a list.
async fn ids(visitor: &Visitor, query: &str) -> Vec<String> {
    let list = json(visitor, &format!("/api/v1/outages{query}")).await;
    let id = |outage: &Value| outage["id"].as_str().unwrap().to_owned();
    list["outages"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn what_a_target_says_does_nothing_on_the_page() {
    let page = Visitor::of(&sample::outage()).get(OUTAGE).await;
    let body = page.body.split("<main").nth(1).unwrap();
    for harmless in ["&#60;script&#62;alert(1)", "&#60;script&#62;alert(&#34;body&#34;)"] {
        assert!(body.contains(harmless), "{harmless}");
    }
    assert!(!body.contains("<script") && !body.contains("<b>odd"));
    assert_eq!(body.matches("</pre>").count(), 1);
}

#[tokio::test]
async fn page_and_json_are_one_dossier() {
    let visitor = Visitor::of(&sample::outage());
    let page = visitor.get(OUTAGE).await;
    let dossier = json(&visitor, &format!("/api/v1{OUTAGE}")).await;
    let down_ms = dossier["milliseconds"]["down"].as_i64().unwrap();
    assert!(page.body.contains(&format!("title=\"{down_ms} ms\"")));
    let whole_ms = dossier["milliseconds"]["whole"].as_i64().unwrap();
    let others = ["unknown", "maintenance", "paused"]
        .map(|class| dossier["milliseconds"][class].as_i64().unwrap());
    assert_eq!(down_ms + others.iter().sum::<i64>(), whole_ms);
    // An hour nobody looked, and ninety minutes of announced maintenance.
    assert_eq!(others, [3_600_000, 5_400_000, 0]);
    let evidence = &dossier["evidence"][0];
    assert_eq!(evidence["check"]["started_at"], dossier["from"]);
    for text in [
        &dossier["reason"],
        &evidence["seen"]["tls"]["cipher"],
        &evidence["seen"]["tls"]["certificate"]["issuer"],
        &evidence["seen"]["headers"][0][1],
    ] {
        assert!(page.body.contains(text.as_str().unwrap()), "{text}");
    }
    let checks = dossier["checks"].as_array().unwrap();
    let left_out: i64 = checks.iter().filter_map(|line| line["left_out"].as_i64()).sum();
    let listed = checks.iter().filter(|line| line["verdict"] == "fail").count();
    // Every minute of two days but for an hour.
    assert_eq!(left_out + listed as i64, 2 * 1_440 - 60);
    assert_eq!(dossier["last_good"]["verdict"], "ok");
    assert_eq!(dossier["recovery"]["started_at"], dossier["to"]);
    assert_eq!(dossier["ended_by"], "recovery");
    assert_eq!(dossier["blips"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn downtime_over_a_months_end_is_in_both_months_and_adds_up() {
    let visitor = Visitor::of(&sample::outage());
    let dossier = json(&visitor, &format!("/api/v1{OUTAGE}")).await;
    let months = dossier["months"].as_array().unwrap();
    assert_eq!(months.len(), 2);
    let mut sum = 0;
    for month in months {
        let report = json(&visitor, month["report"].as_str().unwrap()).await;
        let outage = &report["monitors"][0]["outages"][0];
        assert_eq!((&outage["id"], &outage["continued"]), (&dossier["id"], &Value::from(true)));
        assert_eq!(outage["milliseconds"], month["milliseconds"]);
        sum += outage["milliseconds"].as_i64().unwrap();
        let name = month["month"].as_str().unwrap();
        let page = visitor.get(&format!("/report/{name}")).await;
        assert!(page.body.contains(&format!("<a href=\"{OUTAGE}\">")), "{name}");
    }
    assert_eq!(sum, dossier["milliseconds"]["down"].as_i64().unwrap());
    let page = visitor.get(OUTAGE).await;
    assert!(page.body.contains("Continued over the end of a month"));
}

#[tokio::test]
async fn an_outage_that_lasts_has_no_end() {
    let visitor = Visitor::of(&sample::down());
    let ongoing = ids(&visitor, "?ongoing=true").await;
    assert_eq!(ongoing.len(), 1);
    let path = format!("/outages/{}", ongoing[0]);
    let page = visitor.get(&path).await;
    assert!(page.body.contains("<strong class=\"down-text\">ongoing</strong>"));
    let dossier = json(&visitor, &format!("/api/v1{path}")).await;
    let null = Value::Null;
    assert_eq!((&dossier["to"], &dossier["ended_by"]), (&null, &null));
    assert_eq!(dossier["recovery"], null);
}

#[tokio::test]
async fn the_list_has_what_the_reports_have_newest_first() {
    let visitor = Visitor::of(&sample::mixture());
    let all = json(&visitor, "/api/v1/outages?limit=1000").await;
    let all = all["outages"].as_array().unwrap();
    let begins: Vec<&str> = all.iter().map(|outage| outage["from"].as_str().unwrap()).collect();
    assert!(begins.is_sorted_by(|a, b| a >= b) && begins.len() > 30, "{begins:?}");
    let mut down_ms: BTreeMap<String, i64> = BTreeMap::new();
    for month in ["2026-08", "2026-09", "2026-10", "2026-11"] {
        let report = json(&visitor, &format!("/report/{month}.json")).await;
        for monitor in report["monitors"].as_array().unwrap() {
            for outage in monitor["outages"].as_array().unwrap() {
                let id = outage["id"].as_str().unwrap().to_owned();
                *down_ms.entry(id).or_default() += outage["milliseconds"].as_i64().unwrap();
            }
        }
    }
    let listed: BTreeMap<String, i64> = (all.iter())
        .map(|o| (o["id"].as_str().unwrap().to_owned(), o["milliseconds"].as_i64().unwrap()))
        .collect();
    assert_eq!(listed, down_ms);
}

#[tokio::test]
async fn filters_take_away_and_nothing_else() {
    let visitor = Visitor::of(&sample::mixture());
    let of = async |query: &str| ids(&visitor, query).await;
    let all = of("?limit=1000").await;
    let sign_in: Vec<String> =
        all.iter().filter(|id| id.starts_with("sign-in-")).cloned().collect();
    assert_eq!(of("?monitor=sign-in").await, sign_in);
    assert_eq!(of("?monitor=documents").await, [""; 0]);
    let long = json(&visitor, "/api/v1/outages?min_ms=5400001").await;
    let long = long["outages"].as_array().unwrap();
    assert!(
        long.iter()
            .all(|outage| outage["milliseconds"].as_i64().unwrap() > 5_400_000)
    );
    assert!(!long.is_empty() && long.len() < all.len());
    let (lasting, over) = (of("?ongoing=true").await, of("?ongoing=false&limit=1000").await);
    assert_eq!(lasting.len() + over.len(), all.len());
    // Six hours twenty days ago: the window needs only to touch them.
    let around = |from: &str, to: &str| format!("?monitor=sign-in&from={from}&to={to}");
    assert_eq!(of(&around("2026-11-04", "2026-11-04")).await, sign_in[1..2]);
    assert_eq!(
        of(&around("2026-11-04T12:00:00Z", "2026-11-04T12:00:01Z")).await,
        sign_in[1..2]
    );
    assert_eq!(of(&around("2026-11-05", "2026-11-20")).await, [""; 0]);
    assert_eq!(of("?monitor=sign-in&from=2026-11-05").await, sign_in[..1]);
    assert_eq!(of("?monitor=sign-in&to=2026-11-03").await, sign_in[2..]);
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap_or_a_repetition() {
    let visitor = Visitor::of(&sample::mixture());
    let all = ids(&visitor, "?ongoing=false&limit=1000").await;
    let mut seen = Vec::new();
    let mut next = Some("/api/v1/outages?ongoing=false&limit=7".to_owned());
    while let Some(path) = next {
        let list = json(&visitor, &path).await;
        let outages = list["outages"].as_array().unwrap();
        assert!(!outages.is_empty() && outages.len() <= 7);
        seen.extend(outages.iter().map(|outage| outage["id"].as_str().unwrap().to_owned()));
        next = list["next"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, all);
    // A table has the next page in a header.
    let table = visitor.get("/api/v1/outages.csv?limit=7").await;
    let link = table.header("link");
    let next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\""));
    let after = visitor.get(next.unwrap()).await;
    assert_eq!(after.body.lines().count(), 8);
    assert!(after.body.lines().nth(1).unwrap() > "" && after.body != table.body);
    assert_eq!(visitor.get("/api/v1/outages.csv?limit=1000").await.header("link"), "");
}

#[tokio::test]
async fn the_table_has_what_the_list_has() {
    let visitor = Visitor::of(&sample::mixture());
    let query = "?limit=1000&min_ms=60000";
    let list = json(&visitor, &format!("/api/v1/outages{query}")).await;
    let table = visitor.get(&format!("/api/v1/outages.csv{query}")).await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    let rows: Vec<BTreeMap<String, String>> = csv::Reader::from_reader(table.body.as_bytes())
        .deserialize()
        .map(Result::unwrap)
        .collect();
    let outages = list["outages"].as_array().unwrap();
    assert_eq!(rows.len(), outages.len());
    for (row, outage) in rows.iter().zip(outages) {
        for key in ["id", "monitor", "name", "from", "to", "reason"] {
            assert_eq!(row[key], outage[key].as_str().unwrap_or_default(), "{key}");
        }
        assert_eq!(row["ongoing"], outage["ongoing"].to_string());
        assert_eq!(row["down_ms"], outage["milliseconds"].to_string());
        assert_eq!(row["whole_ms"], outage["whole_milliseconds"].to_string());
    }
}

#[rstest]
#[case("?from=yesterday", 400, "neither a date like 2026-11-01 nor an instant")]
#[case("?from=2026-11-02&to=2026-11-01", 400, "from must be earlier than to")]
#[case("?min_ms=1m", 400, "write whole milliseconds, like min_ms=60000")]
#[case("?min_ms=-1", 400, "write whole milliseconds")]
#[case("?ongoing=yes", 400, "write ongoing=true or ongoing=false")]
#[case("?limit=0", 400, "write a number from 1 to 1000")]
#[case("?limit=1001", 400, "write a number from 1 to 1000")]
#[case("?after=api", 400, "which is no outage")]
#[case("?month=2026-11", 400, "unknown field `month`, expected one of `monitor`, `from`")]
#[case("?monitor=api&monitor=web", 400, "duplicate field `monitor`")]
#[case("?monitor=nobody", 404, "There is no monitor with the id")]
#[tokio::test]
async fn a_wrong_question_is_told_what_to_write(
    #[case] query: &str,
    #[case] status: u16,
    #[case] words: &str,
    #[values("outages", "outages.csv")] form: &str,
) {
    let visitor = Visitor::of(&sample::mixture());
    // Also a browser is answered as a program: there is no page here.
    let path = format!("/api/v1/{form}{query}");
    let answer = visitor.ask(Method::GET, &path, &[("accept", "text/html")]).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem: Value = serde_json::from_str(&answer.body).unwrap();
    assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
}
