//! Whether a request can be read in one way only. What could be read otherwise by a backend
//! than by us is refused here, before any backend is asked (RFC 9112, sections 3.2, 6 and
//! 11.2). What hyper refuses by itself does not come this far: `docs/balancer.md` lists both.

use super::refusal::Refusal;
use http::header::{HeaderMap, HeaderValue};
use http::uri::{Authority, PathAndQuery};
use http::{Method, Request, Uri, Version, header};

/// Line and path of a request: browsers send 2 KB at most, links of some services 6 KB.
pub const URI_BYTES_MAX: usize = 8 * 1024;

/// As many as hyper takes of HTTP/1.1; of HTTP/2 it counts only bytes.
const HEADERS_MAX: usize = 100;

/// Looks at the head of a request, and gives it the form in which it may pass on: its target
/// is a path, and where it names a host, `Host` has it.
///
/// # Errors
/// Why it may not pass.
pub fn accept<B>(request: &mut Request<B>) -> Result<(), Refusal> {
    match *request.method() {
        Method::CONNECT => {
            return Err(Refusal::NotHere("This server makes no tunnels; CONNECT is refused."));
        }
        Method::TRACE => {
            return Err(Refusal::NotHere("This server does not echo; TRACE is refused."));
        }
        _ => {}
    }
    if request
        .uri()
        .path_and_query()
        .is_some_and(|path| path.as_str().len() > URI_BYTES_MAX)
    {
        return Err(Refusal::UriTooLong);
    }
    if request.headers().len() > HEADERS_MAX {
        return Err(Refusal::TooManyHeaders);
    }
    has_one_framing(request.headers(), request.version())?;
    has_one_host(request)?;
    set_path(request);
    Ok(())
}

/// One `Transfer-Encoding`, and that `chunked`. hyper has taken out a `Content-Length` beside
/// it and will close the connection after the answer; two lengths it has refused.
fn has_one_framing(headers: &HeaderMap, version: Version) -> Result<(), Refusal> {
    if headers.get_all(header::CONTENT_LENGTH).iter().nth(1).is_some() {
        return Err(Refusal::Malformed("This request has more than one Content-Length."));
    }
    let mut lines = headers.get_all(header::TRANSFER_ENCODING).iter();
    let Some(first) = lines.next() else { return Ok(()) };
    if lines.next().is_some() {
        return Err(Refusal::Malformed("This request has more than one Transfer-Encoding."));
    }
    if version != Version::HTTP_11 {
        return Err(Refusal::Malformed(
            "This version of HTTP has no Transfer-Encoding, and this request has one.",
        ));
    }
    if !first.as_bytes().eq_ignore_ascii_case(b"chunked") {
        return Err(Refusal::Malformed(
            "The only Transfer-Encoding that is understood here is \"chunked\".",
        ));
    }
    if headers.contains_key(header::CONTENT_LENGTH) {
        return Err(Refusal::Malformed(
            "This request has a Content-Length beside a Transfer-Encoding.",
        ));
    }
    Ok(())
}

/// One `Host`, and no other in the target. Where only the target has one, it becomes the
/// `Host`.
fn has_one_host<B>(request: &mut Request<B>) -> Result<(), Refusal> {
    let mut lines = request.headers().get_all(header::HOST).iter();
    let first = lines.next();
    if lines.next().is_some() {
        return Err(Refusal::Malformed("This request has more than one Host."));
    }
    let target = request.uri().authority();
    let host = match first {
        None => None,
        Some(value) if target.is_none() && is_plain_name(value.as_bytes()) => return Ok(()),
        Some(value) => Some(authority(value)?),
    };
    match (host, target) {
        (Some(_), None) => Ok(()),
        (Some(host), Some(target)) if host.as_str().eq_ignore_ascii_case(target.as_str()) => {
            Ok(())
        }
        (Some(_), Some(_)) => Err(Refusal::Malformed(
            "This request names one host in its target and another in Host.",
        )),
        (None, Some(target)) if request.version() == Version::HTTP_2 => {
            let value = HeaderValue::from_str(target.as_str());
            let value =
                value.map_err(|_| Refusal::Malformed("The host of this request is none."))?;
            authority(&value)?;
            request.headers_mut().insert(header::HOST, value);
            Ok(())
        }
        (None, None) if request.version() == Version::HTTP_10 => Ok(()),
        (None, _) => Err(Refusal::Malformed("This request has no Host.")),
    }
}

/// Whether a `Host` is a name or an IPv4 address, and maybe a port: what it nearly always is,
/// and what takes no closer look.
fn is_plain_name(host: &[u8]) -> bool {
    // A port of more is looked at more closely.
    const PORT_DIGITS_MAX: usize = 5;
    let (name, port) = match host.iter().position(|byte| *byte == b':') {
        Some(at) => (&host[..at], &host[at + 1..]),
        None => (host, &host[host.len()..]),
    };
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let number = |port: &[u8]| port.iter().fold(0, |n, digit| n * 10 + u32::from(digit - b'0'));
    !name.is_empty()
        && name.iter().all(is_of_name)
        && port.len() <= PORT_DIGITS_MAX
        && port.iter().all(u8::is_ascii_digit)
        && number(port) <= u32::from(u16::MAX)
}

fn authority(value: &HeaderValue) -> Result<Authority, Refusal> {
    let wrong = Refusal::Malformed("The Host of this request is no host.");
    let authority = Authority::try_from(value.as_bytes()).map_err(|_| wrong)?;
    let host = authority.host();
    let port = authority.as_str().strip_prefix(host);
    let is_port = |port: &str| {
        let number = port.strip_prefix(':').unwrap_or(port);
        number.is_empty() || number.parse::<u16>().is_ok()
    };
    // One with a user does not begin with its host.
    let is_plain = !host.is_empty() && port.is_some_and(is_port);
    is_plain.then_some(authority).ok_or(wrong)
}

/// A backend is asked for a path; `*` stays.
fn set_path<B>(request: &mut Request<B>) {
    let uri = request.uri();
    if uri.scheme().is_none() && uri.authority().is_none() {
        return;
    }
    let path = uri.path_and_query().cloned();
    let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn request(version: Version, uri: &str, headers: &[(&str, &str)]) -> Request<()> {
        let mut builder = Request::builder().version(version).uri(uri);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(()).unwrap()
    }

    #[rstest]
    #[case(&[("host", "a")], "/x?y", "/x?y")]
    #[case(&[("host", "A:80")], "http://a:80/x", "/x")]
    #[case(&[("host", "a"), ("transfer-encoding", "Chunked")], "/", "/")]
    #[case(&[("host", "[::1]:80"), ("content-length", "7")], "/", "/")]
    fn what_can_be_read_in_one_way_passes(
        #[case] headers: &[(&str, &str)],
        #[case] uri: &str,
        #[case] path: &str,
    ) {
        let mut request = request(Version::HTTP_11, uri, headers);
        accept(&mut request).unwrap();
        assert_eq!(request.uri(), path);
    }

    #[rstest]
    #[case(&[], "/", "no Host")]
    #[case(&[("host", "a"), ("host", "a")], "/", "more than one Host")]
    #[case(&[("host", "a")], "http://b/", "another in Host")]
    #[case(&[("host", "a:80")], "http://a/", "another in Host")]
    #[case(&[("host", "")], "/", "no host")]
    #[case(&[("host", "u@a")], "/", "no host")]
    #[case(&[("host", "a:b")], "/", "no host")]
    #[case(&[("host", "a:65536")], "/", "no host")]
    #[case(&[("host", "a b")], "/", "no host")]
    #[case(&[("host", "a/b")], "/", "no host")]
    #[case(&[("host", "a, b")], "/", "no host")]
    #[case(&[], "http://a/", "no Host")]
    #[case(&[("host", "a"), ("content-length", "3"), ("content-length", "3")], "/", "more than one Content-Length")]
    #[case(&[("host", "a"), ("transfer-encoding", "gzip, chunked")], "/", "only Transfer-Encoding")]
    #[case(&[("host", "a"), ("transfer-encoding", "identity")], "/", "only Transfer-Encoding")]
    #[case(&[("host", "a"), ("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
        "/", "more than one Transfer-Encoding")]
    #[case(&[("host", "a"), ("transfer-encoding", "chunked"), ("content-length", "1")],
        "/", "beside a Transfer-Encoding")]
    fn what_can_be_read_otherwise_is_refused(
        #[case] headers: &[(&str, &str)],
        #[case] uri: &str,
        #[case] told: &str,
    ) {
        let refusal = accept(&mut request(Version::HTTP_11, uri, headers)).unwrap_err();
        assert_eq!(refusal.status(), 400);
        assert!(refusal.ends_connection());
        assert!(refusal.sentence().contains(told), "{}", refusal.sentence());
    }

    #[test]
    fn the_target_of_http2_becomes_the_host() {
        let mut request = request(Version::HTTP_2, "https://a:8443/x", &[]);
        accept(&mut request).unwrap();
        assert_eq!(request.headers()[header::HOST], "a:8443");
        assert_eq!(request.uri(), "/x");
    }

    #[test]
    fn http_1_0_may_come_without_a_host() {
        accept(&mut request(Version::HTTP_10, "/", &[])).unwrap();
        let chunked = &[("transfer-encoding", "chunked")];
        accept(&mut request(Version::HTTP_10, "/", chunked)).unwrap_err();
    }

    #[test]
    fn tunnels_and_echoes_are_not_made() {
        for method in [Method::CONNECT, Method::TRACE] {
            let mut request = request(Version::HTTP_11, "/", &[("host", "a")]);
            *request.method_mut() = method;
            assert_eq!(accept(&mut request).unwrap_err().status(), 501);
        }
    }

    #[test]
    fn a_target_may_be_so_long() {
        let long = |length: usize| format!("/{}", "x".repeat(length - 1));
        let of = |length| request(Version::HTTP_11, &long(length), &[("host", "a")]);
        accept(&mut of(URI_BYTES_MAX)).unwrap();
        assert_eq!(accept(&mut of(URI_BYTES_MAX + 1)).unwrap_err(), Refusal::UriTooLong);
    }
}
