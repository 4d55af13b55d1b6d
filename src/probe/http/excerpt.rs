//! What is kept of an answer that turns out wrong: its headers and how its body begins,
//! bounded, escaped and without secrets.
//!
//! While an answer is read only bytes are kept; they become text when it is wrong.

use super::super::certificate;
use super::super::redaction::Redaction;
use super::trace::Secured;
use crate::domain::exchange::{Body, Exchange, Tls, is_plain};
use http::header::{CONTENT_LOCATION, LINK, LOCATION, REFRESH, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName};
use reqwest::Response;
use std::time::Duration;

/// How long a wrong answer may take to say more: the verdict waits for that.
pub const EXCERPT_WITHIN: Duration = Duration::from_secs(1);

/// What stands for a value that may prove who somebody is.
const HIDDEN: &str = "[hidden]";

/// Headers whose names have one of these prove who somebody is.
const TELLTALES: [&str; 10] = [
    "auth", "cookie", "token", "secret", "password", "session", "csrf", "xsrf", "api-key",
    "apikey",
];

/// Headers with an address, whose query may hold anything.
const ADDRESSES: [HeaderName; 4] = [LOCATION, CONTENT_LOCATION, LINK, REFRESH];

/// One strange character in so many makes a body no text.
const STRANGE_ONE_IN: usize = 10;

/// The beginning of a body, while it is read.
#[derive(Clone, Debug, Default)]
pub struct Excerpt {
    bytes: Vec<u8>,
    /// How many are wanted: those that are shown, and enough after them that no secret
    /// is cut in two.
    wanted: usize,
    /// Whether there were more.
    more: bool,
}

impl Excerpt {
    /// Nothing yet, for a body in which `redaction` will look for secrets.
    #[must_use]
    pub fn begin(redaction: &Redaction) -> Excerpt {
        let wanted = Exchange::BODY_BYTES_MAX + redaction.longest();
        Excerpt { wanted, ..Excerpt::default() }
    }

    /// Takes what has come.
    pub fn add(&mut self, chunk: &[u8]) {
        let room = self.wanted - self.bytes.len();
        self.more |= chunk.len() > room;
        self.bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
    }

    /// Reads as much as is wanted, if it comes soon. However that ends, it is no news:
    /// the answer is already known to be wrong.
    pub async fn read(&mut self, response: &mut Response) {
        let reading = async {
            while !self.more
                && let Ok(Some(chunk)) = response.chunk().await
            {
                self.add(&chunk);
            }
        };
        // What came in time is kept.
        let _ = tokio::time::timeout(EXCERPT_WITHIN, reading).await;
    }

    /// What is shown of it; `None` where nothing came.
    #[must_use]
    fn shown(&self, redaction: &Redaction) -> Option<Body> {
        if self.bytes.is_empty() {
            return None;
        }
        let text = String::from_utf8_lossy(&self.bytes);
        let text = redaction.of_beginning(&text, Exchange::BODY_BYTES_MAX);
        let bytes = self.bytes.len().min(Exchange::BODY_BYTES_MAX);
        Some(Body {
            text: is_text(&text).then(|| Exchange::lines(&text)),
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            cut: self.more || self.bytes.len() > Exchange::BODY_BYTES_MAX,
        })
    }
}

fn is_text(text: &str) -> bool {
    let strange = |c: &char| {
        let spaces = matches!(c, '\n' | '\r' | '\t');
        *c == char::REPLACEMENT_CHARACTER || !(is_plain(*c) || spaces)
    };
    let count = text.chars().filter(strange).count();
    !text.contains('\0') && count * STRANGE_ONE_IN <= text.chars().count()
}

/// Everything that was seen, fit to be kept; `None` where that is nothing.
#[must_use]
pub fn exchange(
    secured: &Secured,
    headers: &HeaderMap,
    excerpt: &Excerpt,
    redaction: &Redaction,
) -> Option<Box<Exchange>> {
    let (headers, headers_cut) = shown_headers(headers, redaction);
    let body = excerpt.shown(redaction);
    let exchange = Exchange { tls: tls(secured, redaction), headers, headers_cut, body };
    (!exchange.is_empty()).then(|| Box::new(exchange))
}

fn tls(secured: &Secured, redaction: &Redaction) -> Option<Tls> {
    let name = |name: Option<&str>| name.map(|name| name.replace('_', "."));
    let der = secured.certificate.as_deref()?;
    Some(Tls {
        version: name(secured.version.as_ref().and_then(|version| version.as_str())),
        cipher: secured.cipher.and_then(|cipher| cipher.as_str()).map(str::to_owned),
        certificate: certificate::read(der, |text| redaction.of_text(text)),
    })
}

/// The first headers, and whether there are more.
fn shown_headers(headers: &HeaderMap, redaction: &Redaction) -> (Vec<(String, String)>, bool) {
    let mut shown = Vec::with_capacity(headers.len().min(Exchange::HEADERS_MAX));
    let mut left = Exchange::HEADERS_BYTES_MAX;
    for (name, value) in headers {
        let value = shown_value(name, &String::from_utf8_lossy(value.as_bytes()), redaction);
        let line =
            |text: String| Exchange::line(&redaction.of_text(text), Exchange::HEADER_CHARS_MAX);
        let header = (line(name.as_str().to_owned()), line(value));
        let bytes = header.0.len() + header.1.len();
        if shown.len() == Exchange::HEADERS_MAX || bytes > left {
            return (shown, true);
        }
        left -= bytes;
        shown.push(header);
    }
    (shown, false)
}

/// A value without what it may prove or give access to.
fn shown_value(name: &HeaderName, value: &str, redaction: &Redaction) -> String {
    // What a server asks for is no answer to it.
    let is_demand = *name == WWW_AUTHENTICATE;
    if !is_demand && TELLTALES.iter().any(|telltale| name.as_str().contains(telltale)) {
        return HIDDEN.to_owned();
    }
    // Before anything is cut off, or a part of a secret would be left.
    let value = redaction.of_text(value.to_owned());
    match value.split_once('?') {
        Some((address, _)) if ADDRESSES.contains(name) => format!("{address}?…"),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use rstest::rstest;

    fn shown(bytes: &[u8], redaction: &Redaction) -> Body {
        let mut excerpt = Excerpt::begin(redaction);
        bytes.chunks(1_000).for_each(|chunk| excerpt.add(chunk));
        assert!(excerpt.bytes.len() <= excerpt.wanted);
        excerpt.shown(redaction).unwrap()
    }

    #[rstest]
    #[case::plain(b"<h1>Bad Gateway</h1>\r\n\tnginx", Some("<h1>Bad Gateway</h1>\n\tnginx"))]
    #[case::one_control_in_many(b"0123456789\x1b[31m", Some("0123456789\\u{1b}[31m"))]
    #[case::latin_1(b"Nicht verf\xfcgbar, leider", Some("Nicht verf\u{fffd}gbar, leider"))]
    #[case::zero(b"all text but for a\0zero", None)]
    #[case::picture(b"\x89PNG\r\n\x1a\n\xff\xd8\xff", None)]
    fn text_is_shown_and_anything_else_is_not(
        #[case] bytes: &[u8],
        #[case] text: Option<&str>,
    ) {
        let body = shown(bytes, &Redaction::default());
        assert_eq!((body.text.as_deref(), body.cut), (text, false));
        assert_eq!(body.bytes as usize, bytes.len());
    }

    #[test]
    fn a_secret_across_the_end_is_hidden_whole() {
        let secret = "s3cret-".repeat(9);
        let redaction = Redaction::of([secret.as_str()]);
        for before in [4_000, 4_050, 4_090, 4_095] {
            let bytes = format!("{}{secret}{}", ".".repeat(before), "x".repeat(9_000));
            let body = shown(bytes.as_bytes(), &redaction);
            let text = body.text.unwrap();
            assert!(body.cut && body.bytes == 4_096);
            assert!(text.starts_with(&(".".repeat(before) + "[secret]")), "{before}");
            assert!(!text.contains("s3c"), "{before}");
        }
    }

    #[test]
    fn exactly_as_much_as_is_shown_is_not_cut() {
        assert!(!shown(&[b'x'; 4_096], &Redaction::default()).cut);
        assert!(shown(&[b'x'; 4_097], &Redaction::default()).cut);
    }

    #[test]
    fn headers_are_bounded_and_prove_nothing() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("server", "nginx"),
            ("set-cookie", "id=1"),
            ("x-auth-user", "me"),
            ("x-amz-security-token", "abc"),
            ("www-authenticate", "Bearer realm=\"api\""),
            ("location", "https://a.example/next?code=77"),
            ("x-echo", "Bearer hunter22"),
            ("x-hunter22", "yes"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers.append("x-odd", HeaderValue::from_bytes(b"\xff\ty").unwrap());
        let (shown, cut) = shown_headers(&headers, &Redaction::of(["hunter22"]));
        let shown: Vec<String> = shown.iter().map(|(n, v)| format!("{n}: {v}")).collect();
        assert!(!cut);
        assert_eq!(
            shown,
            [
                "server: nginx",
                "set-cookie: [hidden]",
                "x-auth-user: [hidden]",
                "x-amz-security-token: [hidden]",
                "www-authenticate: Bearer realm=\"api\"",
                "location: https://a.example/next?…",
                "x-echo: Bearer [secret]",
                "x-[secret]: yes",
                "x-odd: \u{fffd}\\u{9}y",
            ]
        );
        for n in 0..60 {
            let name = HeaderName::try_from(format!("x-{n}")).unwrap();
            headers.append(name, HeaderValue::from_static("1"));
        }
        let (shown, cut) = shown_headers(&headers, &Redaction::default());
        assert!(cut && shown.len() == Exchange::HEADERS_MAX);
        let mut headers = HeaderMap::new();
        for _ in 0..20 {
            headers.append("x", HeaderValue::try_from("y".repeat(9_000)).unwrap());
        }
        let (shown, cut) = shown_headers(&headers, &Redaction::default());
        assert!(cut && shown.len() == 16, "{}", shown.len());
        assert_eq!(shown[0].1.chars().count(), Exchange::HEADER_CHARS_MAX);
    }
}
