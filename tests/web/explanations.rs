//! How a figure came about: the page and the JSON carry all that is needed to compute it
//! again, and every percentage leads there.

use crate::sample;
use crate::visitor::Visitor;
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::Value;

async fn json(visitor: &Visitor, path: &str) -> Value {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json", "{path}");
    serde_json::from_str(&answer.body).unwrap()
}

fn ms(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

/// `part` of `whole` in percent, rounded down to some decimals, as a calculator has it.
fn percent(part: i64, whole: i64, decimals: u32) -> String {
    let scale = 10_i128.pow(decimals);
    let units = i128::from(part) * 100 * scale / i128::from(whole);
    format!("{}.{:0width$}", units / scale, units % scale, width = decimals as usize)
}

/// The milliseconds of the parts of a class.
fn of_class(explanation: &Value, class: &str) -> i64 {
    let parts = explanation["parts"].as_array().unwrap();
    let of_class = parts.iter().filter(|part| part["class"] == class);
    of_class.map(|part| ms(&part["milliseconds"])).sum()
}

/// Mutants: parts that leave a hole, bounds without the doubtful time, a verdict that
/// compares anything but the products, a figure that is not the report's.
#[rstest]
#[case("monitors", "api")]
#[case("monitors", "sign-in")]
#[case("groups", "all")]
#[tokio::test]
async fn the_figure_can_be_computed_again_from_the_explanation_alone(
    #[case] kind: &str,
    #[case] id: &str,
) {
    let visitor = Visitor::of(&sample::explained());
    let explanation = json(&visitor, &format!("/api/v1/{kind}/{id}/explain")).await;
    assert_eq!(explanation["schema"], "everup.explain/1");
    assert_eq!(explanation["month"], "2026-11");
    let report = json(&visitor, "/report/2026-11.json").await;
    let mut reported = report[kind].as_array().unwrap().iter();
    let reported = reported.find(|row| row["id"] == id).unwrap();

    let parts = explanation["parts"].as_array().unwrap();
    assert_eq!(parts[0]["from"], explanation["from"]);
    assert_eq!(parts[parts.len() - 1]["to"], explanation["to"]);
    assert!(parts.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]));
    let of = |class: &str| of_class(&explanation, class);
    for class in ["outside", "paused", "maintenance", "up", "degraded", "down", "unknown"] {
        assert_eq!(of(class), ms(&reported["milliseconds"][class]), "{class}");
        assert_eq!(of(class), ms(&explanation["sum"]["milliseconds"][class]), "{class}");
    }
    let up = of("up") + of("degraded");
    let observed = up + of("down");
    let eligible = observed + of("unknown");
    assert_eq!(percent(up, observed, 2), reported["uptime_percent"].as_str().unwrap());
    assert_eq!(
        percent(observed, eligible, 2),
        reported["coverage_percent"].as_str().unwrap()
    );
    let bounds = &explanation["sum"]["bounds"];
    let doubtful = ms(&bounds["low"]["of_it_doubtful"]);
    if kind == "monitors" {
        let listed = bounds["low"]["doubtful"].as_array().unwrap().iter();
        assert_eq!(listed.map(|span| ms(&span["milliseconds"])).sum::<i64>(), doubtful);
    }
    let perhaps = of("down") + of("unknown") + doubtful;
    let low = percent(eligible - perhaps, eligible, 4);
    assert_eq!(low, reported["uptime_low_percent"].as_str().unwrap());
    let surely = bounds["high"]["surely_down"].as_array().unwrap().iter();
    let surely: i64 = surely.map(|span| ms(&span["milliseconds"])).sum();
    let high = percent(eligible - surely, eligible, 4);
    assert_eq!(high, reported["uptime_high_percent"].as_str().unwrap());
    // 99.9 % is 999 of 1000.
    let sla = &explanation["sum"]["sla"];
    assert_eq!(sla["uptime_part_times_target_whole"], (up * 1_000).to_string());
    assert_eq!(sla["uptime_whole_times_target_part"], (observed * 999).to_string());
    assert_eq!(sla["verdict"], if up * 1_000 >= observed * 999 { "met" } else { "missed" });
    assert_eq!(sla["verdict"], reported["sla"]["verdict"]);
}

/// Mutants: an event that is left out, a cause that is another, a check that is not the
/// one which decided.
#[tokio::test]
async fn everything_that_happened_is_told_in_order_with_its_cause_and_its_checks() {
    let visitor = Visitor::of(&sample::explained());
    let explanation = json(&visitor, "/api/v1/monitors/api/explain?month=2026-11").await;
    let events = explanation["events"].as_array().unwrap();
    let told: Vec<String> = (events.iter())
        .map(|event| {
            let cause = event["cause"].as_str().map(|cause| format!(" {cause}"));
            let roles = event["checks"].as_array().unwrap().iter();
            let roles: Vec<&str> = roles.map(|check| check["role"].as_str().unwrap()).collect();
            let kind = event["kind"].as_str().unwrap();
            format!("{kind}{}: {}", cause.unwrap_or_default(), roles.join(" "))
        })
        .collect();
    let whole = "last-good first-failure decided last-failure recovery";
    assert_eq!(
        told,
        [
            "outside before-creation: ",
            "gap before-first-check: after",
            &format!("outage: {whole}"),
            "blip: last-good first-failure recovery",
            "gap not-running: before after",
            "gap before-first-check: before after",
            "gap own-network: before first last after",
            "gap undecided: before first last after",
            "gap not-running: before after",
            "gap before-first-check: before after",
            "maintenance: ",
            &format!("outage: {whole}"),
            "pause: ",
            "gap before-first-check: after",
            "maintenance: ",
            "slow: first last after",
            "maintenance: ",
            "rules: ",
            // Of two failures the second decided, and was the last.
            "outage: last-good first-failure decided recovery",
            "outage: last-good first-failure decided last-failure",
            "outside not-settled: ",
        ]
    );
    let first = &events[2]["checks"];
    assert_eq!(first[1]["started_at"], events[2]["from"]);
    assert_eq!(first[1]["reason"], "HTTP 502 from 203.0.113.7");
    assert_eq!(first[4]["started_at"], events[2]["to"]);
    let texts: Vec<&str> = events.iter().map(|event| event["text"].as_str().unwrap()).collect();
    let says = |index: usize, words: &str| {
        assert!(texts[index].contains(words), "{}: {}", told[index], texts[index]);
    };
    says(2, "3 checks in a row failed, the last of these at 2026-11-03T10:57:03Z");
    says(
        4,
        "everup was stopped at 2026-11-06T10:54:07Z. It started again at 2026-11-06T16:54:07Z",
    );
    says(8, "last known to run at 2026-11-09T10:54:07Z and did not stop in order");
    says(
        10,
        "3,600,000 ms count, because the allowance of 10,800,000 ms a month was used up",
    );
    says(14, "3,600,000 ms ahead: too late");
    says(16, "called off at 2026-11-18T09:54:07Z, before it began");
    says(18, "2 checks in a row failed");
}

/// Mutants: a page that links a percentage to another figure, or to none.
#[tokio::test]
async fn every_percentage_on_a_page_leads_to_how_it_came_about() {
    let visitor = Visitor::of(&sample::explained());
    for path in ["/", "/monitors/api", "/report/2026-11", "/report/2026-Q4"] {
        let page = visitor.get(path).await.body;
        let mut seen = 0;
        for (at, _) in page.match_indices("&nbsp;%") {
            // What was promised is not computed, nor is what a rule says.
            let before = &page[..at];
            if ["SLA 99.9", "less than 99"].iter().any(|said| before.ends_with(said)) {
                continue;
            }
            let last = before.rfind("<a ").unwrap();
            let href = before[last..].split('"').nth(3).unwrap();
            assert!(
                before.rfind("</a>").is_none_or(|end| end < last),
                "{path}: {}",
                &before[last..]
            );
            assert!(href.contains("/explain?"), "{path}: {href}");
            seen += 1;
        }
        assert!(seen >= 4, "{path}: {seen}");
    }
    let page = visitor.get("/report?from=2026-11-03&to=2026-11-04").await;
    let mut links = page.attributes("href").into_iter();
    let link = links.find(|href| href.contains("/monitors/api/explain")).unwrap();
    let range = visitor.get(&link).await;
    assert_eq!(range.status, StatusCode::OK, "{link}");
    assert!(range.body.contains(", 2026-11-03 to 2026-11-04: how its uptime came about"));
}

#[rstest]
#[case("", "2026-11-01T00:00:00")]
#[case("?month=2026-11", "2026-11-01T00:00:00")]
#[case("?month=2026-Q4", "2026-10-01T00:00:00")]
#[case("?month=2026", "2026-01-01T00:00:00")]
#[case("?day=2026-11-03", "2026-11-03T00:00:00")]
#[case("?from=2026-11-03&to=2026-11-05", "2026-11-03T00:00:00")]
#[tokio::test]
async fn any_period_can_be_explained(#[case] query: &str, #[case] local: &str) {
    let visitor = Visitor::of(&sample::explained());
    let of = async |kind: &str| json(&visitor, &format!("/api/v1/{kind}/explain{query}")).await;
    for kind in ["monitors/api", "groups/all"] {
        let from = of(kind).await["from"].as_str().unwrap().to_owned();
        let from = chrono::DateTime::parse_from_rfc3339(&from).unwrap();
        let from = from.with_timezone(&chrono_tz::Europe::Berlin);
        assert_eq!(from.format("%Y-%m-%dT%H:%M:%S").to_string(), local, "{kind}");
    }
}

#[rstest]
#[case("/monitors/api/explain?month=2026-13", StatusCode::BAD_REQUEST, "is not a month")]
#[case("/monitors/api/explain?day=tomorrow", StatusCode::BAD_REQUEST, "neither a date")]
#[case("/monitors/api/explain?from=2026-11-01", StatusCode::BAD_REQUEST, "named once")]
#[case(
    "/monitors/api/explain?month=2026-11&day=2026-11-01",
    StatusCode::BAD_REQUEST,
    "named once"
)]
#[case(
    "/monitors/api/explain?month=2026-11&month=2026-11",
    StatusCode::BAD_REQUEST,
    "named once"
)]
#[case(
    "/monitors/api/explain?from=1926-01-01&to=2026-01-01",
    StatusCode::BAD_REQUEST,
    "ten years"
)]
#[case("/monitors/api/explain?month=2026-12", StatusCode::NOT_FOUND, "has not begun")]
#[case("/monitors/api/explain?month=2026-10", StatusCode::NOT_FOUND, "nothing was watched")]
#[case("/monitors/nobody/explain", StatusCode::NOT_FOUND, "no monitor with the id")]
#[case("/groups/nobody/explain", StatusCode::NOT_FOUND, "no group with the id")]
#[case("/groups/all/explain?month=november", StatusCode::BAD_REQUEST, "is not a month")]
#[tokio::test]
async fn a_question_that_has_no_answer_is_told_why(
    #[case] path: &str,
    #[case] status: StatusCode,
    #[case] words: &str,
) {
    let visitor = Visitor::of(&sample::explained());
    let page = visitor.get(path).await;
    assert_eq!(page.status, status, "{}", page.body);
    assert!(page.header("content-type").starts_with("text/html"));
    let json = visitor.ask(Method::GET, &format!("/api/v1{path}"), &[]).await;
    assert_eq!(
        (json.status, json.header("content-type")),
        (status, "application/problem+json")
    );
    let problem: Value = serde_json::from_str(&json.body).unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.to_lowercase().contains(words), "{detail}");
}

#[tokio::test]
async fn a_store_that_cannot_be_read_explains_nothing_and_says_so() {
    let scene = sample::explained();
    scene.shelf.break_down();
    let visitor = Visitor::of(&scene);
    for path in ["/monitors/api/explain", "/api/v1/monitors/api/explain"] {
        let answer = visitor.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(!answer.body.contains("disk"), "{path}: {}", answer.body);
    }
}

/// Mutant: a group whose stretches name members that were of another class.
#[tokio::test]
async fn a_group_tells_which_members_made_it_down_and_when() {
    let visitor = Visitor::of(&sample::explained());
    let explanation = json(&visitor, "/api/v1/groups/all/explain").await;
    let parts = explanation["parts"].as_array().unwrap().iter();
    let down = parts.filter(|part| part["class"] == "down").take(3);
    let down: Vec<(i64, String)> = down
        .map(|part| (ms(&part["milliseconds"]), part["made_by"].to_string()))
        .collect();
    // One is down from 10:55 to 11:25, the other from 11:10 to 12:10, checked every ten.
    let expected = [
        (1_140_000, r#"["api"]"#),
        (660_000, r#"["api","sign-in"]"#),
        (2_940_000, r#"["sign-in"]"#),
    ];
    assert_eq!(down, expected.map(|(ms, ids)| (ms, ids.to_owned())));
    let members = explanation["members"].as_array().unwrap();
    assert_eq!(members.len(), 2);
    assert!(ms(&members[1]["milliseconds"]["down"]) > 0);
}

#[tokio::test]
async fn what_targets_and_owners_wrote_is_escaped() {
    let visitor = Visitor::of(&sample::explained());
    let page = visitor.get("/monitors/api/explain").await.body;
    assert!(page.contains("New disks &#60;script&#62;") && !page.contains("<script>"));
    assert!(page.contains("HTTP 503 &#60;b&#62;") && !page.contains("<b>maint"));
}
