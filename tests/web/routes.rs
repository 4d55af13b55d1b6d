//! Methods, addresses, caching.

use crate::sample;
use crate::visitor::Visitor;
use http::{Method, StatusCode};
use rstest::rstest;

const PAGES: [&str; 16] = [
    "/",
    "/monitors/api",
    "/report",
    "/report/2026-11",
    "/report/2026-11.json",
    "/report/2026-11.csv",
    "/health",
    "/maintenance",
    "/banner.js",
    "/banner.json",
    "/maintenance.ics",
    "/maintenance/windows",
    "/outages/api-20261124T102903.000Z",
    "/api/v1/outages",
    "/api/v1/outages.csv",
    "/nope",
];

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let visitor = Visitor::of(&sample::down());
    for path in PAGES {
        let get = visitor.get(path).await;
        let head = visitor.ask(Method::HEAD, path, &[("accept", "text/html")]).await;
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        assert_eq!(head.body, "", "{path}");
    }
}

#[tokio::test]
async fn nothing_can_be_written() {
    let visitor = Visitor::of(&sample::well());
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        for path in PAGES.into_iter().filter(|path| !["/nope", "/maintenance"].contains(path)) {
            let answer = visitor.ask(method.clone(), path, &[("accept", "text/html")]).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(answer.header("allow"), "GET,HEAD", "{method} {path}");
        }
    }
}

#[rstest]
#[case("/report/", "/report")]
#[case("/monitors/api/", "/monitors/api")]
#[case("/health/?x=1", "/health")]
#[tokio::test]
async fn a_slash_too_many_is_shown_the_way(#[case] path: &str, #[case] location: &str) {
    let answer = Visitor::of(&sample::well()).get(path).await;
    assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(answer.header("location"), location);
}

#[rstest]
#[case("//evil.example/")]
#[case("/\\evil.example/")]
#[case("///")]
#[tokio::test]
async fn no_redirect_leads_to_another_host(#[case] path: &str) {
    let answer = Visitor::of(&sample::well()).get(path).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.header("location"));
}

#[tokio::test]
async fn query_strings_change_nothing() {
    let visitor = Visitor::of(&sample::well());
    let (plain, asked) = (visitor.get("/").await, visitor.get("/?utm_source=x").await);
    assert_eq!(plain.body, asked.body);
}

#[tokio::test]
async fn the_report_is_the_one_of_the_running_month() {
    let visitor = Visitor::of(&sample::well());
    for form in ["", ".json", ".csv", ".txt", ".md", ".pdf"] {
        let answer = visitor.get(&format!("/report{form}")).await;
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{form}");
        assert_eq!(answer.header("location"), format!("/report/2026-11{form}"));
        assert_eq!(answer.header("cache-control"), "no-cache", "{form}");
        let half = visitor.get(&format!("/report{form}?from=2026-11-01")).await;
        assert_eq!(half.status, StatusCode::BAD_REQUEST, "{form}");
    }
}

#[tokio::test]
async fn assets_may_be_kept_for_ever_and_pages_may_not() {
    let visitor = Visitor::of(&sample::well());
    let page = visitor.get("/").await;
    assert_eq!(page.header("cache-control"), "no-cache");
    let links = [page.attributes("href"), page.attributes("src")].concat();
    let assets: Vec<&String> =
        links.iter().filter(|link| link.starts_with("/assets/")).collect();
    assert_eq!(assets.len(), 3, "{assets:?}");
    for path in assets {
        let asset = visitor.get(path).await;
        assert_eq!(asset.status, StatusCode::OK, "{path}");
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
        let (name, _) = path.split_once('.').unwrap();
        let other = visitor.get(&format!("{name}.0000000000000000.css")).await;
        assert_eq!(other.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[rstest]
#[case("/report/2026-13", StatusCode::BAD_REQUEST, "“2026-13” is not a month")]
#[case("/report/november", StatusCode::BAD_REQUEST, "“november” is not a month")]
#[case("/report/2026-12", StatusCode::NOT_FOUND, "the newest report is that of November 2026")]
#[case("/report/2026-07", StatusCode::NOT_FOUND, "the oldest report is that of August 2026")]
#[case("/report/2026-11.xml", StatusCode::NOT_FOUND, "There is no report in the form")]
#[case("/monitors/nobody", StatusCode::NOT_FOUND, "There is no monitor with the id")]
#[case("/outages/api", StatusCode::NOT_FOUND, "There is no outage")]
#[case("/outages/api-20261103T080000.000Z", StatusCode::NOT_FOUND, "There is no outage")]
#[case("/outages/web-20261103T080000.000Z", StatusCode::NOT_FOUND, "There is no outage")]
#[case("/groups/nobody", StatusCode::NOT_FOUND, "There is no group with the id")]
#[case("/monitors/api?month=11", StatusCode::BAD_REQUEST, "“11” is not a month")]
#[case("/monitors/api?month=2027-01", StatusCode::NOT_FOUND, "January 2027 has not begun")]
#[case("/report?from=2026-11-01", StatusCode::BAD_REQUEST, "A range needs both from and to")]
#[case("/report?from=&to=2026-11-01", StatusCode::BAD_REQUEST, "A range needs both")]
#[case("/report?from=1.11.2026&to=2026-11-09", StatusCode::BAD_REQUEST, "neither a date")]
#[case("/report?from=2026-11-09&to=2026-11-01", StatusCode::BAD_REQUEST, "ends before it")]
#[case("/report?from=1926-11-09&to=2026-11-01", StatusCode::BAD_REQUEST, "ten years")]
#[case("/report?from=2027-01-01&to=2027-01-02", StatusCode::NOT_FOUND, "This range has not")]
#[case("/report?from=2020-01-01&to=2020-01-02", StatusCode::NOT_FOUND, "watched in this")]
#[case("/nope", StatusCode::NOT_FOUND, "There is no such page.")]
#[tokio::test]
async fn a_wrong_address_is_told_what_is_wrong(
    #[case] path: &str,
    #[case] status: StatusCode,
    #[case] words: &str,
) {
    let visitor = Visitor::of(&sample::well());
    let page = visitor.get(path).await;
    assert_eq!(page.status, status);
    assert!(page.body.contains(&words.replace(['“', '”'], "&#34;")), "{}", page.body);
    assert!(page.header("content-type").starts_with("text/html"));

    let json = visitor.ask(Method::GET, path, &[("accept", "application/json")]).await;
    assert_eq!(
        (json.status, json.header("content-type")),
        (status, "application/problem+json")
    );
    let problem: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!(problem["status"], status.as_u16());
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(&words.replace(['“', '”'], "\"")), "{detail}");
}

#[tokio::test]
async fn data_addresses_answer_programs_whatever_they_accept() {
    let visitor = Visitor::of(&sample::well());
    for path in ["/report/2027-01.json", "/report/2026-1.csv", "/health/nope"] {
        let answer = visitor.get(path).await;
        assert!(answer.status.is_client_error(), "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_a_503_without_its_words() {
    let scene = sample::outage();
    scene.shelf.break_down();
    let visitor = Visitor::of(&scene);
    for path in ["/monitors/api", "/report/2026-11", "/report/2026-11.json", sample::OUTAGE] {
        let answer = visitor.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.header("retry-after"), "5", "{path}");
        assert!(!answer.body.contains("disk"), "{path}: {}", answer.body);
    }
    assert_eq!(visitor.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_large_body_is_refused_unread() {
    let headers = [("content-length", "4097"), ("accept", "text/html")];
    let answer = Visitor::of(&sample::well()).ask(Method::GET, "/", &headers).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}
