//! Where a redirect leads, and what may go along. Pure.
//!
//! The method changes as browsers change it. What was configured for the target (its
//! credentials, headers and body) is for the target's own origin only: once a redirect
//! has left it, they stay behind, even if a later one comes back.

use super::super::SCHEMES;
use super::super::fault::Fault;
use crate::domain::check::Kind;
use http::{HeaderValue, Method, StatusCode};
use url::Url;

/// One request on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where to; never with a fragment, nor with a user name or password.
    pub url: Url,
    /// How.
    pub method: Method,
    /// Whether the configured credentials and headers go along.
    pub trusted: bool,
    /// Whether the configured body goes along.
    pub with_body: bool,
}

impl Step {
    /// The first step to `url`.
    #[must_use]
    pub fn first(url: &Url, method: &Method) -> Step {
        let url = bare(url.clone());
        Step { url, method: method.clone(), trusted: true, with_body: true }
    }

    /// The step after an answer with this status and `Location`.
    ///
    /// # Errors
    /// The target's fault when it leads nowhere that HTTP can go.
    pub fn next(&self, status: StatusCode, location: &HeaderValue) -> Result<Step, Fault> {
        let nowhere = || Fault::theirs(Kind::Protocol, "it redirects to what is no URL");
        let text = std::str::from_utf8(location.as_bytes()).map_err(|_| nowhere())?;
        let url = bare(self.url.join(text).map_err(|_| nowhere())?);
        if !SCHEMES.contains(&url.scheme()) || !matches!(url.scheme(), "http" | "https") {
            let scheme = url.scheme();
            return Err(Fault::theirs(
                Kind::Protocol,
                format!("it redirects to {scheme}:, which is not HTTP"),
            ));
        }
        let trusted = self.trusted && url.origin() == self.url.origin();
        let becomes_get = match status {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            _ => false,
        };
        let method = if becomes_get { Method::GET } else { self.method.clone() };
        let with_body = self.with_body && trusted && !becomes_get;
        Ok(Step { url, method, trusted, with_body })
    }
}

/// Whether this status asks to go on elsewhere.
#[must_use]
pub fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// `url` as people may see it: without user name, password, query and fragment.
#[must_use]
pub fn shown(url: &Url) -> String {
    let mut url = bare(url.clone());
    url.set_query(None);
    url.into()
}

fn bare(mut url: Url) -> Url {
    url.set_fragment(None);
    // Both fail only for URLs that cannot have a user name, so there is none to remove.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn step(url: &str, method: &str) -> Step {
        Step::first(&Url::parse(url).unwrap(), &method.parse().unwrap())
    }

    fn next(from: &Step, status: u16, location: &str) -> Result<Step, Fault> {
        let location = HeaderValue::from_bytes(location.as_bytes()).unwrap();
        from.next(StatusCode::from_u16(status).unwrap(), &location)
    }

    #[rstest]
    #[case(301, "POST", "GET", false)]
    #[case(302, "POST", "GET", false)]
    #[case(303, "POST", "GET", false)]
    #[case(303, "PUT", "GET", false)]
    #[case(303, "HEAD", "HEAD", true)]
    #[case(301, "PUT", "PUT", true)]
    #[case(302, "HEAD", "HEAD", true)]
    #[case(307, "POST", "POST", true)]
    #[case(308, "POST", "POST", true)]
    fn the_method_changes_as_browsers_change_it(
        #[case] status: u16,
        #[case] method: &str,
        #[case] then: &str,
        #[case] with_body: bool,
    ) {
        let next = next(&step("http://a.example/x", method), status, "/y").unwrap();
        assert_eq!((next.method.as_str(), next.with_body), (then, with_body));
        assert_eq!(next.url.as_str(), "http://a.example/y");
        assert!(next.trusted);
    }

    #[rstest]
    #[case("http://a.example/x", "http://a.example:80/y", true)]
    #[case("http://a.example/x", "//a.example/y", true)]
    #[case("http://a.example/x", "http://a.example:81/y", false)]
    #[case("http://a.example/x", "https://a.example/y", false)]
    #[case("https://a.example/x", "http://a.example/y", false)]
    #[case("https://a.example/x", "https://b.a.example/y", false)]
    #[case("https://a.example/x", "https://a.example.evil/y", false)]
    #[case("https://a.example/x", "https://a.example@evil/y", false)]
    #[case("https://a.example/x", "\\\\evil/y", false)]
    fn only_the_same_scheme_host_and_port_is_trusted(
        #[case] from: &str,
        #[case] to: &str,
        #[case] trusted: bool,
    ) {
        let next = next(&step(from, "POST"), 307, to).unwrap();
        assert_eq!((next.trusted, next.with_body), (trusted, trusted));
    }

    #[test]
    fn trust_that_was_lost_does_not_come_back() {
        let away = next(&step("https://a.example/", "GET"), 302, "https://b.example/").unwrap();
        let back = next(&away, 302, "https://a.example/").unwrap();
        assert!(!back.trusted && !back.with_body);
    }

    #[test]
    fn a_fragment_or_a_strangers_credentials_are_not_taken_along() {
        let next = next(&step("http://u:p@a.example/", "GET"), 302, "http://x:y@a.example/#z");
        assert_eq!(next.unwrap().url.as_str(), "http://a.example/");
    }

    #[rstest]
    #[case("http://", "it redirects to what is no URL")]
    #[case("http://[::1", "it redirects to what is no URL")]
    #[case("javascript:alert(1)", "it redirects to javascript:, which is not HTTP")]
    #[case("file:///etc/passwd", "it redirects to file:, which is not HTTP")]
    fn a_redirect_to_nowhere_is_a_fault(#[case] location: &str, #[case] reason: &str) {
        let fault = next(&step("http://a.example/", "GET"), 302, location).unwrap_err();
        assert_eq!((fault.kind, fault.reason.as_str()), (Kind::Protocol, reason));
    }

    #[test]
    fn a_shown_url_has_nothing_that_may_be_secret() {
        let url = Url::parse("https://u:p@a.example:8443/x?key=1#y").unwrap();
        assert_eq!(shown(&url), "https://a.example:8443/x");
    }
}
