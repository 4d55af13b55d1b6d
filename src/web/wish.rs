//! In which form an answer is wished for, where there is a choice.

use http::HeaderMap;
use http::header::ACCEPT;

/// Whether a program asks: by its `Accept`, or at an address that has no page.
pub(super) fn wants_json(path: &str, headers: &HeaderMap) -> bool {
    let is_data = path.ends_with(".json")
        || path.ends_with(".csv")
        || ["/api/", "/admin/", "/health", "/maintenance"]
            .iter()
            .any(|service| path.starts_with(service));
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let accept = accept.unwrap_or_default().to_ascii_lowercase();
    is_data || wish(&accept, "json") > wish(&accept, "html")
}

/// How much is wished for a media type whose name ends so, in thousandths (RFC 9110).
fn wish(accept: &str, end: &str) -> u32 {
    let wish = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.ends_with(end));
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        if named { weight.map_or(1_000, thousandths) } else { 0 }
    };
    accept.split(',').map(wish).max().unwrap_or(0)
}

/// `0.5` as 500; what is not written like that wishes nothing.
fn thousandths(weight: &str) -> u32 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let whole = if whole == "1" { 1_000 } else { 0 };
    let fraction: u32 = format!("{fraction:0<3}").parse().unwrap_or(0);
    (whole + fraction).min(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use rstest::rstest;

    #[rstest]
    #[case("", false)]
    #[case("*/*", false)]
    #[case("application/json", true)]
    #[case("application/problem+json, */*", true)]
    #[case("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false)]
    #[case("text/html;q=0.1, application/json", true)]
    #[case("text/html, application/json", false)]
    #[case("text/html;q=0.9, application/json;q=0.85", false)]
    #[case("TEXT/HTML;Q=0.5, Application/JSON;Q=0.75", true)]
    #[case("application/json;q=0", false)]
    #[case("application/json;q=x", false)]
    fn the_form_is_what_is_wished_for_most(#[case] accept: &'static str, #[case] json: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        assert_eq!(wants_json("/nowhere", &headers), json);
    }
}
