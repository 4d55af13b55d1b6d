//! What a backend is told along with a request, and a visitor with an answer: what concerns
//! one connection only stays behind (RFC 9110, section 7.6.1), where the request came from is
//! added (RFC 7239), and nobody's word is taken for it who is not trusted.

use super::settings::Network;
use http::header::{self, Entry, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response, Version};
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

pub(super) const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// By what we are called in `Via`.
const VIA_1_1: HeaderValue = HeaderValue::from_static("1.1 everup");
const VIA_2: HeaderValue = HeaderValue::from_static("2.0 everup");

/// Headers that say where a request came from, as those would read them that make
/// environment variables of names: there `_` and `-` are the same.
const OURS: [&str; 6] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "x-request-id",
];

/// So many are added to a request at most.
const ADDED: usize = 8;

/// So many proxies of our kind in a row are a circle.
const HOPS_MAX: usize = 8;

/// A longer one is no name of a request.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// Who is at the other end of a visitor's connection, as it is told on.
pub struct Visit {
    address: IpAddr,
    /// Its address, alone.
    plain: HeaderValue,
    proto: HeaderValue,
    is_trusted: bool,
    /// What `Forwarded` was made of the last `Host` of this connection, and that.
    forwarded: Mutex<Option<(HeaderValue, HeaderValue)>>,
}

impl Visit {
    /// A visitor at `address`, over TLS or not; `trusted` are those whose word is taken.
    #[must_use]
    pub fn new(address: IpAddr, is_tls: bool, trusted: &[Network]) -> Visit {
        let address = address.to_canonical();
        // An address has no character that a header may not have.
        let plain = HeaderValue::from_str(&address.to_string())
            .unwrap_or_else(|_| HeaderValue::from_static("unknown"));
        Visit {
            address,
            plain,
            proto: HeaderValue::from_static(if is_tls { "https" } else { "http" }),
            is_trusted: trusted.iter().any(|network| network.contains(address)),
            forwarded: Mutex::new(None),
        }
    }

    /// Where the visitor is.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// `for=192.0.2.7;host=example.com;proto=https`
    fn forwarded(&self, host: Option<&HeaderValue>) -> HeaderValue {
        let host = host.cloned().unwrap_or_else(|| HeaderValue::from_static(""));
        // Nothing panics while it is held.
        let mut last = self.forwarded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, forwarded)) = &*last
            && *of == host
        {
            return forwarded.clone();
        }
        let mut text = match self.address {
            IpAddr::V4(address) => format!("for={address}"),
            IpAddr::V6(address) => format!("for=\"[{address}]\""),
        };
        // A host with a port has to stand in quotes; one has passed that has none itself.
        match host.to_str() {
            Ok(host) if !host.is_empty() && !host.contains(['"', '\\']) => {
                let quote = if host.contains([':', '[']) { "\"" } else { "" };
                let _ = write!(text, ";host={quote}{host}{quote}");
            }
            _ => {}
        }
        let _ = write!(text, ";proto={}", self.proto.to_str().unwrap_or("http"));
        let forwarded = HeaderValue::try_from(text).unwrap_or_else(|_| self.plain.clone());
        *last = Some((host, forwarded.clone()));
        forwarded
    }
}

/// What a request asks to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade(pub HeaderValue);

/// Whether a request went in a circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InCircle;

/// Makes the headers of an accepted request those that a backend is sent. Gives the name of
/// the request, and what it wants to become.
///
/// # Errors
/// When it has passed here often before.
pub fn pass_on<B>(
    request: &mut Request<B>,
    visit: &Visit,
    new_id: impl FnOnce() -> HeaderValue,
) -> Result<(HeaderValue, Option<Upgrade>), InCircle> {
    let version = request.version();
    let headers = request.headers_mut();
    // Once, instead of at each that is added.
    headers.reserve(ADDED);
    let upgrade = strip(headers);
    let upgrade = upgrade.filter(|_| version == Version::HTTP_11).filter(may_become);
    let hops = headers.get_all(header::VIA).iter();
    let hops = hops.map(|line| line.to_str().unwrap_or("").matches(" everup").count());
    if hops.sum::<usize>() >= HOPS_MAX {
        return Err(InCircle);
    }
    if version == Version::HTTP_2 {
        join_cookies(headers);
    }
    // Whoever may say something twice says it in the spelling of variables too.
    drop_doubles(headers);
    let host = headers.get(header::HOST).cloned();
    let forwarded = visit.forwarded(host.as_ref());
    if visit.is_trusted {
        append(headers, FORWARDED_FOR, &visit.plain);
        append(headers, header::FORWARDED, &forwarded);
        headers.entry(FORWARDED_PROTO).or_insert_with(|| visit.proto.clone());
        if let Some(host) = host {
            headers.entry(FORWARDED_HOST).or_insert(host);
        }
    } else {
        headers.insert(FORWARDED_FOR, visit.plain.clone());
        headers.insert(header::FORWARDED, forwarded);
        headers.insert(FORWARDED_PROTO, visit.proto.clone());
        match host {
            Some(host) => headers.insert(FORWARDED_HOST, host),
            None => headers.remove(FORWARDED_HOST),
        };
        headers.remove(REAL_IP);
    }
    let via = if version == Version::HTTP_2 { VIA_2 } else { VIA_1_1 };
    append(headers, header::VIA, &via);
    let given = headers.get(REQUEST_ID).filter(|id| visit.is_trusted && is_id(id)).cloned();
    let id = given.unwrap_or_else(new_id);
    headers.insert(REQUEST_ID, id.clone());
    // hyper asks for the body when a backend takes it, and answers this by that.
    headers.remove(header::EXPECT);
    if let Some(Upgrade(to)) = &upgrade {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, to.clone());
    }
    Ok((id, upgrade))
}

/// Makes the headers of a backend's answer those that a visitor is sent.
pub fn pass_back<B>(response: &mut Response<B>, id: &HeaderValue) {
    // A backend that speaks HTTP/1.0 does not make the visitor speak it.
    *response.version_mut() = Version::HTTP_11;
    let headers = response.headers_mut();
    // A length beside it says nothing (RFC 9112, section 6.3).
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    strip(headers);
    say_length_once(headers);
    append(headers, header::VIA, &VIA_1_1);
    if let Entry::Vacant(vacant) = headers.entry(REQUEST_ID) {
        vacant.insert(id.clone());
    }
}

/// Takes out what concerns one connection only, and gives what it was to become.
fn strip(headers: &mut HeaderMap) -> Option<Upgrade> {
    // One look at each is less than one search for each of them.
    let mut found = [false; 7];
    for name in headers.keys() {
        match *name {
            header::CONNECTION => found[0] = true,
            header::TRANSFER_ENCODING => found[1] = true,
            header::UPGRADE => found[2] = true,
            header::TE => found[3] = true,
            header::PROXY_AUTHORIZATION => found[4] = true,
            _ if *name == KEEP_ALIVE => found[5] = true,
            _ if *name == PROXY_CONNECTION => found[6] = true,
            _ => {}
        }
    }
    if found == [false; 7] {
        return None;
    }
    let mut wants_upgrade = false;
    if found[0] && !names_nothing(headers) {
        let named: Vec<HeaderName> = headers
            .get_all(header::CONNECTION)
            .iter()
            .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
            .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
            .collect();
        for name in named {
            match name {
                header::UPGRADE => wants_upgrade = true,
                // What says how to read the message, and whose it is, is not the sender's
                // to take away.
                header::HOST | header::CONTENT_LENGTH => {}
                name => {
                    headers.remove(name);
                }
            }
        }
    }
    let upgrade = if found[2] { headers.remove(header::UPGRADE) } else { None };
    for (name, _) in [
        (header::CONNECTION, 0),
        (header::TRANSFER_ENCODING, 1),
        (header::TE, 3),
        (header::PROXY_AUTHORIZATION, 4),
        (KEEP_ALIVE, 5),
        (PROXY_CONNECTION, 6),
    ]
    .into_iter()
    .filter(|(_, at)| found[*at])
    {
        headers.remove(name);
    }
    upgrade.filter(|_| wants_upgrade).map(Upgrade)
}

/// Another version of HTTP, or TLS, on the same connection would let requests pass that
/// nobody has looked at.
/// Gives an answer of our own the name of its request.
pub fn name<B>(response: &mut Response<B>, id: HeaderValue) {
    response.headers_mut().insert(REQUEST_ID, id);
}

/// The same length twice, in two lines or in one, is said once; others did not come this far.
fn say_length_once(headers: &mut HeaderMap) {
    let mut lines = headers.get_all(header::CONTENT_LENGTH).iter();
    let (first, second) = (lines.next(), lines.next());
    let Some(first) = first else { return };
    if second.is_none() && !first.as_bytes().contains(&b',') {
        return;
    }
    let once = first.as_bytes().split(|byte| *byte == b',').next().unwrap_or_default();
    if let Ok(once) = HeaderValue::from_bytes(once.trim_ascii()) {
        headers.insert(header::CONTENT_LENGTH, once);
    }
}

/// Whether `Connection` says only what it says most often, by which no other header is named.
fn names_nothing(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(header::CONNECTION).iter();
    let only = lines.next().filter(|_| lines.next().is_none());
    only.is_some_and(|only| {
        only.as_bytes().eq_ignore_ascii_case(b"keep-alive")
            || only.as_bytes().eq_ignore_ascii_case(b"close")
    })
}

fn may_become(upgrade: &Upgrade) -> bool {
    let Ok(to) = upgrade.0.to_str() else { return false };
    !to.split(',').any(|one| {
        let one = one.trim().to_ascii_lowercase();
        one.is_empty()
            || one.starts_with("h2")
            || one.starts_with("http")
            || one.starts_with("tls")
    })
}

/// HTTP/2 may send the cookies one by one; HTTP/1.1 knows only one line of them (RFC 9113,
/// section 8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    let mut lines = headers.get_all(header::COOKIE).iter();
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return };
    let mut joined = first.as_bytes().to_vec();
    for line in std::iter::once(second).chain(lines) {
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(line.as_bytes());
    }
    if let Ok(value) = HeaderValue::from_bytes(&joined) {
        headers.insert(header::COOKIE, value);
    }
}

/// Takes out headers that are one of [`OURS`] in another spelling.
fn drop_doubles(headers: &mut HeaderMap) {
    let is_double = |name: &HeaderName| {
        name.as_str().contains('_') && OURS.contains(&name.as_str().replace('_', "-").as_str())
    };
    let doubles: Vec<HeaderName> =
        headers.keys().filter(|name| is_double(name)).cloned().collect();
    for name in doubles {
        headers.remove(name);
    }
}

/// Adds to what the others before us wrote, in one line.
fn append(headers: &mut HeaderMap, name: HeaderName, value: &HeaderValue) {
    let mut lines = headers.get_all(&name).iter();
    let Some(first) = lines.next() else {
        headers.insert(name, value.clone());
        return;
    };
    let mut joined = first.as_bytes().to_vec();
    for line in lines.chain([value]) {
        joined.extend_from_slice(b", ");
        joined.extend_from_slice(line.as_bytes());
    }
    // Joined of values, it is one.
    let joined = HeaderValue::from_bytes(&joined).unwrap_or_else(|_| value.clone());
    headers.insert(name, joined);
}

fn is_id(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    !bytes.is_empty()
        && bytes.len() <= REQUEST_ID_BYTES_MAX
        && bytes.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const ID: HeaderValue = HeaderValue::from_static("0123456789abcdef");

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let mut builder = Request::builder().version(Version::HTTP_11).header("host", "a:80");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(()).unwrap()
    }

    fn visit(is_trusted: bool) -> Visit {
        let trusted = Network::parse("192.0.2.0/24").unwrap();
        let trusted = if is_trusted { vec![trusted] } else { vec![] };
        Visit::new("::ffff:192.0.2.7".parse().unwrap(), false, &trusted)
    }

    fn passed(headers: &[(&str, &str)], is_trusted: bool) -> (Vec<String>, Option<Upgrade>) {
        let mut request = request(headers);
        let (_, upgrade) = pass_on(&mut request, &visit(is_trusted), || ID).unwrap();
        let line = |(name, value): (&HeaderName, &HeaderValue)| {
            format!("{name}: {}", value.to_str().unwrap())
        };
        let mut lines: Vec<String> = request.headers().iter().map(line).collect();
        lines.sort();
        (lines, upgrade)
    }

    const PLAIN: [&str; 7] = [
        "forwarded: for=192.0.2.7;host=\"a:80\";proto=http",
        "host: a:80",
        "via: 1.1 everup",
        "x-forwarded-for: 192.0.2.7",
        "x-forwarded-host: a:80",
        "x-forwarded-proto: http",
        "x-request-id: 0123456789abcdef",
    ];

    #[rstest]
    #[case(&[])]
    #[case(&[("connection", "keep-alive, X-Private"), ("x-private", "1"), ("keep-alive", "5")])]
    #[case(&[("connection", "close"), ("connection", "te"), ("te", "trailers")])]
    #[case(&[("transfer-encoding", "chunked"), ("proxy-connection", "keep-alive")])]
    #[case(&[("proxy-authorization", "Basic x"), ("expect", "100-continue")])]
    #[case(&[("connection", "host, x-forwarded-for"), ("x-forwarded-for", "6.6.6.6")])]
    #[case(&[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "b"), ("forwarded", "for=6.6.6.6"), ("x-real-ip", "6.6.6.6"),
        ("x-request-id", "mine")])]
    #[case(&[("x_forwarded_for", "6.6.6.6"), ("X-Forwarded_Proto", "https"),
        ("x_real-ip", "6.6.6.6")])]
    #[case(&[("upgrade", "websocket")])]
    #[case(&[("connection", "upgrade, http2-settings"), ("upgrade", "h2c"),
        ("http2-settings", "x")])]
    #[case(&[("connection", "upgrade"), ("upgrade", "websocket, h2c")])]
    #[case(&[("connection", "upgrade"), ("upgrade", "TLS/1.0")])]
    fn nothing_of_this_gets_through(#[case] headers: &[(&str, &str)]) {
        let (lines, upgrade) = passed(headers, false);
        assert_eq!(lines, PLAIN);
        assert_eq!(upgrade, None);
    }

    #[test]
    fn the_word_of_those_who_are_trusted_is_passed_on() {
        let (lines, _) = passed(
            &[
                ("x-forwarded-for", "203.0.113.9"),
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", "shop"),
                ("forwarded", "for=203.0.113.9"),
                ("x-request-id", "mine"),
                ("x-real-ip", "203.0.113.9"),
                ("via", "1.0 other"),
                ("via", "2 another"),
            ],
            true,
        );
        let expected = [
            "forwarded: for=203.0.113.9, for=192.0.2.7;host=\"a:80\";proto=http",
            "host: a:80",
            "via: 1.0 other, 2 another, 1.1 everup",
            "x-forwarded-for: 203.0.113.9, 192.0.2.7",
            "x-forwarded-host: shop",
            "x-forwarded-proto: https",
            "x-real-ip: 203.0.113.9",
            "x-request-id: mine",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn an_upgrade_is_passed_on_by_itself() {
        let (lines, upgrade) =
            passed(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")], false);
        assert_eq!(upgrade, Some(Upgrade(HeaderValue::from_static("websocket"))));
        assert!(lines.contains(&"connection: upgrade".to_owned()));
        assert!(lines.contains(&"upgrade: websocket".to_owned()));
    }

    #[test]
    fn a_name_that_is_none_is_not_taken_even_from_the_trusted() {
        for id in ["", "a b", &"x".repeat(REQUEST_ID_BYTES_MAX + 1)] {
            let (lines, _) = passed(&[("x-request-id", id)], true);
            assert!(lines.contains(&"x-request-id: 0123456789abcdef".to_owned()), "{id:?}");
        }
    }

    #[test]
    fn cookies_of_http2_become_one_line() {
        let mut request = request(&[("cookie", "a=1"), ("cookie", "b=2"), ("cookie", "c=3")]);
        *request.version_mut() = Version::HTTP_2;
        pass_on(&mut request, &visit(false), || ID).unwrap();
        let lines: Vec<_> = request.headers().get_all(header::COOKIE).iter().collect();
        assert_eq!(lines, ["a=1; b=2; c=3"]);
        assert_eq!(request.headers()[header::VIA], "2.0 everup");
    }

    #[test]
    fn a_circle_is_noticed() {
        let via = ["1.1 everup"; HOPS_MAX - 1].join(", ");
        pass_on(&mut request(&[("via", &via)]), &visit(false), || ID).unwrap();
        let via = format!("{via}, 1.1 everup");
        pass_on(&mut request(&[("via", &via)]), &visit(false), || ID).unwrap_err();
    }

    #[test]
    fn an_answer_leaves_behind_what_was_between_us_and_the_backend() {
        let mut response = Response::builder()
            .header("connection", "close, x-private")
            .header("x-private", "1")
            .header("keep-alive", "timeout=5")
            .header("transfer-encoding", "chunked")
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .body(())
            .unwrap();
        pass_back(&mut response, &ID);
        let headers = response.headers();
        assert_eq!(headers.len(), 4);
        assert_eq!(headers.get_all("set-cookie").iter().count(), 2);
        assert_eq!(headers["via"], "1.1 everup");
        assert_eq!(headers["x-request-id"], ID);
    }
}
