//! How a figure came about: the page and the JSON carry all that is needed to compute it
//! again, and every percentage leads there.

use crate::sample;
use crate::visitor::Visitor;
use everup::domain::group::Rule;
use everup::report::settings::Settings;
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::Value;
use std::sync::Arc;

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
    let november = "/report?from=2026-11-03&to=2026-11-04";
    let shown = [
        (
            sample::explained(),
            vec!["/", "/monitors/api", "/groups/all", "/report/2026-11"],
        ),
        (sample::explained(), vec!["/report/2026-Q4", "/report/2026", november]),
        (
            sample::grouped(),
            vec!["/", "/groups/shop", "/report/2026-11", "/report/2026-Q4"],
        ),
        (
            sample::closed(),
            vec!["/monitors/api", "/report/2026-10", "/report/2026-Q4"],
        ),
    ];
    let shown: Vec<(Visitor, &str)> = (shown.iter())
        .flat_map(|(scene, paths)| paths.iter().map(|path| (Visitor::of(scene), *path)))
        .collect();
    for (visitor, path) in &shown {
        let page = visitor.get(path).await.body.replace('\u{a0}', "&nbsp;");
        let mut seen = 0;
        for (at, _) in page.match_indices("&nbsp;%") {
            // What was promised is not computed, nor is what a rule says.
            let before = &page[..at];
            let promised = ["SLA 99.9", "<dd>99.9", "less than 99"];
            if promised.iter().any(|said| before.ends_with(said)) {
                continue;
            }
            let last = before.rfind("<a ").unwrap();
            let href = before[last..].split("href=\"").nth(1).unwrap();
            let href = href.split('"').next().unwrap();
            assert!(
                before.rfind("</a>").is_none_or(|end| end < last),
                "{path}: {}",
                &before[last..]
            );
            // An adjusted one leads to where it stands beside the measured one.
            let is_adjusted = href.ends_with("#restatement");
            assert!(href.contains("/explain?") || is_adjusted, "{path}: {href}");
            seen += 1;
        }
        assert!(seen >= 4, "{path}: {seen}");
    }
    let visitor = Visitor::of(&sample::explained());
    let page = visitor.get(november).await;
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
#[case(
    "/monitors/api/explain?day=2026-11-01",
    StatusCode::NOT_FOUND,
    "api was not watched in 2026-11-01"
)]
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

/// Mutants: own checks that are marked, imported ones that are not; what was only said of
/// the target told as a part of the figure.
#[tokio::test]
async fn imported_time_is_marked_with_its_source() {
    let visitor = Visitor::of(&sample::imported());
    let explanation = json(&visitor, "/api/v1/monitors/api/explain").await;
    let parts = explanation["parts"].as_array().unwrap().iter();
    let (imported, own): (Vec<&Value>, Vec<&Value>) = parts
        .filter(|part| part["class"] == "up")
        .partition(|part| !part["source"].is_null());
    // Three days were imported, and the first check of these came ten minutes later.
    let sum: i64 = imported.iter().map(|part| ms(&part["milliseconds"])).sum();
    assert_eq!(sum, 3 * 86_400_000 - 596_000);
    assert!(imported.iter().all(|part| part["source"] == "uptime-kuma"));
    assert!(own.len() >= 2, "{own:?}");
    let events = explanation["events"].as_array().unwrap().iter();
    let imports: Vec<&Value> = events.filter(|event| event["kind"] == "imported").collect();
    assert_eq!(imports.len(), 1);
    assert_eq!(imports[0]["source"], "uptime-kuma");
    let text = imports[0]["text"].as_str().unwrap();
    assert!(text.contains("made by Uptime Kuma, and read from kuma.db at"), "{text}");
    assert_eq!(explanation["imported"][1]["source"], "uptimerobot");
    let page = visitor.get("/monitors/api/explain").await;
    assert!(page.body.contains("up: imported from Uptime Kuma"));
    assert!(page.body.contains("UptimeRobot says 91.66 % uptime"));
    assert_eq!(page.body.matches("not part of the figure").count(), 2);
}

/// Mutants: figures of a closed month that are computed anew; a correction that touches
/// what was measured.
#[rstest]
#[case("monitors", "api")]
#[case("groups", "all")]
#[tokio::test]
async fn a_closed_month_is_explained_as_it_was_closed(#[case] kind: &str, #[case] id: &str) {
    let visitor = Visitor::of(&sample::closed());
    let path = format!("/{kind}/{id}/explain?month=2026-10");
    let explanation = json(&visitor, &format!("/api/v1{path}")).await;
    let report = json(&visitor, "/report/2026-10.json").await;
    let mut rows = report[kind].as_array().unwrap().iter();
    let row = rows.find(|row| row["id"] == id).unwrap();
    assert_eq!(explanation["closed"]["sha256"], report["sha256"]);
    for class in ["outside", "paused", "maintenance", "up", "degraded", "down", "unknown"] {
        let told = &explanation["sum"]["milliseconds"][class];
        assert_eq!(*told, row["milliseconds"][class], "{class}");
        assert_eq!(of_class(&explanation, class), ms(told), "{class}");
    }
    assert_eq!(ms(&explanation["sum"]["milliseconds"]["down"]), 200 * 60_000);
    let adjusted = &explanation["adjusted"];
    assert_eq!(ms(&adjusted["sum"]["milliseconds"]["down"]), 0);
    assert_eq!(adjusted["corrections"][0]["author"], "Ada <ops>");
    let page = visitor.get(&path).await;
    for text in ["Closed on <time", "Corrected afterwards", "Ada &#60;ops&#62;"] {
        assert!(page.body.contains(text), "{text}");
    }
    assert!(!page.body.contains("What is known today comes to something else"));
}

/// Mutant: a group that agrees whatever is known.
#[tokio::test]
async fn a_group_says_whether_what_is_known_today_comes_to_what_was_closed() {
    let scene = sample::closed();
    let path = "/groups/all/explain?month=2026-10";
    let disagrees = "What is known today comes to something else";
    let visitor = Visitor::of(&scene);
    let known = json(&visitor, &format!("/api/v1{path}")).await;
    assert_eq!(known["agrees_with_what_is_known"], true);
    assert!(!visitor.get(path).await.body.contains(disagrees));
    let mut settings = Settings::clone(&scene.app.report.load());
    settings.groups[0].group.rule = Rule::All;
    scene.app.report.store(Arc::new(settings));
    let other = json(&visitor, &format!("/api/v1{path}")).await;
    assert_eq!(other["agrees_with_what_is_known"], false);
    assert_eq!(other["sum"], known["sum"]);
    let page = visitor.get(path).await.body;
    assert!(page.contains(disagrees) && page.contains("all is told as it was closed"));
}

#[tokio::test]
async fn a_longer_period_says_which_of_its_months_are_closed() {
    let visitor = Visitor::of(&sample::closed());
    let explanation = json(&visitor, "/api/v1/monitors/api/explain?month=2026-Q4").await;
    assert_eq!(explanation["closed_months"].to_string(), r#"["2026-10"]"#);
    let report = json(&visitor, "/report/2026-Q4.json").await;
    let told = &explanation["sum"]["milliseconds"];
    for class in ["outside", "up", "down", "unknown"] {
        assert_eq!(told[class], report["monitors"][0]["milliseconds"][class], "{class}");
        assert_eq!(of_class(&explanation, class), ms(&told[class]), "{class}");
    }
    let page = visitor.get("/monitors/api/explain?month=2026-Q4").await;
    assert!(page.body.contains("As closed, and not computed anew: October 2026."));
    assert!(page.body.contains("href=\"/monitors/api/explain?month=2026-10\""));
}

/// Mutant: an outage whose link is that of another, or of none.
#[tokio::test]
async fn an_outage_leads_to_its_dossier() {
    let visitor = Visitor::of(&sample::explained());
    let explanation = json(&visitor, "/api/v1/monitors/api/explain").await;
    let page = visitor.get("/monitors/api/explain").await.body;
    let events = explanation["events"].as_array().unwrap().iter();
    let mut seen = 0;
    for event in events.filter(|event| event["kind"] == "outage") {
        let id = event["outage"].as_str().unwrap();
        let dossier = json(&visitor, &format!("/api/v1/outages/{id}")).await;
        assert!(dossier.to_string().contains(event["from"].as_str().unwrap()), "{id}");
        assert!(page.contains(&format!("<a href=\"/outages/{id}\">Outage</a>")), "{id}");
        seen += 1;
    }
    assert_eq!(seen, 4);
    let group = json(&visitor, "/api/v1/groups/all/explain").await;
    let made_by = group["outages"][0]["made_by"].as_array().unwrap().iter();
    let ids: Vec<&str> = made_by.map(|own| own["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["api-20261103T105503.000Z", "sign-in-20261103T111403.000Z"]);
}

#[tokio::test]
async fn the_downtime_allowed_can_be_computed_again() {
    let visitor = Visitor::of(&sample::explained());
    let explanation = json(&visitor, "/api/v1/monitors/api/explain").await;
    let sum = &explanation["sum"];
    let budget = &sum["budget"];
    let counted = ms(&budget["counted_milliseconds"]);
    let to_come = ms(&budget["of_it_to_come"]);
    assert_eq!(counted, ms(&sum["observed_milliseconds"]) + to_come);
    // What is outside is not watched yet, or to come.
    assert_eq!(to_come, of_class(&explanation, "outside") - 129_247_000);
    // 99.9 % leaves a thousandth.
    assert_eq!(ms(&budget["allowed_milliseconds"]), counted / 1_000);
    assert_eq!(budget["used_milliseconds"], sum["milliseconds"]["down"]);
}
