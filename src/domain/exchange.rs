//! What a failing check and its target said to each other: more than a sentence, for the
//! few checks whose evidence someone may have to show.
//!
//! The probe makes one, the store keeps those that an outage needs, the dossier shows
//! them. All text in it is a stranger's: it is bounded, without secrets, and has its
//! control and direction characters escaped, but it is not safe to be printed as HTML.

use super::timestamp::Timestamp;

/// What was seen of an answer besides what every check keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// How the connection was secured, as far as that went.
    pub tls: Option<Tls>,
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
    /// Whether there were more headers than are kept.
    pub headers_cut: bool,
    /// The beginning of the body; `None` where nothing of it was read.
    pub body: Option<Body>,
}

/// How a connection was secured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// `TLSv1.3`; `None` where the handshake did not come to it.
    pub version: Option<String>,
    /// The cipher suite, where the target gave it away: over TLS 1.3, with the session
    /// ticket that nearly every server sends.
    pub cipher: Option<String>,
    /// What it showed, good or not.
    pub certificate: Option<Certificate>,
}

/// What the target's own certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// For which names and addresses it is, at most [`Exchange::NAMES_MAX`].
    pub names: Vec<String>,
    /// Who signed it.
    pub issuer: String,
    /// From when on it holds.
    pub not_before: Timestamp,
    /// Until when it holds.
    pub not_after: Timestamp,
}

/// The beginning of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Its text; `None` where it is not text.
    pub text: Option<String>,
    /// How many bytes this is, after decoding and before anything was hidden.
    pub bytes: u32,
    /// Whether it went on.
    pub cut: bool,
}

impl Exchange {
    /// More headers than any health endpoint has.
    pub const HEADERS_MAX: usize = 50;
    /// Names and values together: what most servers allow for a whole head.
    pub const HEADERS_BYTES_MAX: usize = 8 * 1024;
    /// A policy or a trace may go on for kilobytes; its beginning says what it is.
    pub const HEADER_CHARS_MAX: usize = 500;
    /// An error page says what it has to say in its first kilobytes.
    pub const BODY_BYTES_MAX: usize = 4 * 1024;
    /// What that can grow to where characters are escaped and secrets replaced.
    pub const BODY_TEXT_BYTES_MAX: usize = 4 * Exchange::BODY_BYTES_MAX;
    /// Some certificates have a hundred names; the first tell whose it is.
    pub const NAMES_MAX: usize = 20;
    /// Longer than any host name or common issuer.
    pub const NAME_CHARS_MAX: usize = 300;

    /// Whether it says anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Exchange::default()
    }

    /// A stranger's text on one line, escaped and cut to `chars_max`.
    #[must_use]
    pub fn line(text: &str, chars_max: usize) -> String {
        let text = escaped(text, |c| c == ' ');
        if text.chars().count() <= chars_max {
            return text;
        }
        let kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
        kept + "…"
    }

    /// A stranger's text on many lines, escaped.
    #[must_use]
    pub fn lines(text: &str) -> String {
        escaped(&text.replace("\r\n", "\n"), |c| matches!(c, '\n' | '\t'))
    }

    /// Whether everything in it keeps the limits and is escaped, as the probe leaves it.
    ///
    /// # Errors
    /// A sentence that says what does not.
    pub fn validate(&self) -> Result<(), String> {
        let is_line = |text: &str, chars_max| Exchange::line(text, chars_max) == text;
        let bytes: usize =
            self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        if self.headers.len() > Self::HEADERS_MAX || bytes > Self::HEADERS_BYTES_MAX {
            return Err(format!(
                "an exchange has at most {} headers of {} bytes in all",
                Self::HEADERS_MAX,
                Self::HEADERS_BYTES_MAX
            ));
        }
        let header = |(name, value): &(String, String)| {
            is_line(name, Self::HEADER_CHARS_MAX) && is_line(value, Self::HEADER_CHARS_MAX)
        };
        if !self.headers.iter().all(header) {
            return Err(format!(
                "a header is at most {} characters, without control characters",
                Self::HEADER_CHARS_MAX
            ));
        }
        if let Some(tls) = &self.tls {
            let words = [&tls.version, &tls.cipher].into_iter().flatten();
            let certificate = tls.certificate.iter();
            let names = certificate.clone().flat_map(|shown| &shown.names);
            let mut all = words.chain(names).chain(certificate.map(|shown| &shown.issuer));
            let names_count = tls.certificate.as_ref().map_or(0, |shown| shown.names.len());
            if names_count > Self::NAMES_MAX
                || !all.all(|text| is_line(text, Self::NAME_CHARS_MAX))
            {
                return Err(format!(
                    "what is said of TLS is at most {} characters a name and {} names",
                    Self::NAME_CHARS_MAX,
                    Self::NAMES_MAX
                ));
            }
        }
        let text = self.body.as_ref().and_then(|body| body.text.as_deref()).unwrap_or_default();
        if text.len() > Self::BODY_TEXT_BYTES_MAX || Exchange::lines(text) != text {
            return Err(format!(
                "the text of a body is at most {} bytes, without control characters",
                Self::BODY_TEXT_BYTES_MAX
            ));
        }
        Ok(())
    }
}

/// `text` with its control and direction characters in their escaped form, but for those
/// that `stays`.
fn escaped(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_plain(c) || stays(c) {
            escaped.push(c);
        } else {
            escaped.extend(c.escape_unicode());
        }
    }
    escaped
}

/// Whether a character prints as itself and changes nothing around it.
#[must_use]
pub fn is_plain(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    !c.is_control() && !turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_would_act_on_a_terminal_or_a_page_is_escaped() {
        assert_eq!(Exchange::line("a\r\nb\u{1b}[31m", 99), "a\\u{d}\\u{a}b\\u{1b}[31m");
        assert_eq!(Exchange::lines("a\r\nb\tc\u{202e}\0"), "a\nb\tc\\u{202e}\\u{0}");
        assert_eq!(Exchange::line("abcdef", 4), "abc…");
        assert_eq!(Exchange::line("abcd", 4), "abcd");
    }

    #[test]
    fn what_breaks_a_limit_is_told() {
        let header = |value: &str| Exchange {
            headers: vec![("x".to_owned(), value.to_owned())],
            ..Exchange::default()
        };
        assert_eq!(header("fine").validate(), Ok(()));
        assert!(header("a\nb").validate().unwrap_err().contains("control"));
        assert!(header(&"x".repeat(501)).validate().unwrap_err().contains("500"));
        let many = Exchange { headers: vec![Default::default(); 51], ..Exchange::default() };
        assert!(many.validate().unwrap_err().contains("50 headers"));
        let body = |text: String| Exchange {
            body: Some(Body { text: Some(text), bytes: 1, cut: false }),
            ..Exchange::default()
        };
        assert_eq!(body("a\n\tb".to_owned()).validate(), Ok(()));
        assert!(body("\u{7}".to_owned()).validate().is_err());
        assert!(body("x".repeat(Exchange::BODY_TEXT_BYTES_MAX + 1)).validate().is_err());
        let certificate = Certificate {
            names: vec!["a".to_owned(); 21],
            issuer: String::new(),
            not_before: Timestamp(0),
            not_after: Timestamp(1),
        };
        let tls = Some(Tls { certificate: Some(certificate), ..Tls::default() });
        assert!(Exchange { tls, ..Exchange::default() }.validate().is_err());
    }

    proptest! {
        #[test]
        fn what_is_escaped_stays_as_it_is(text in any::<String>(), chars_max in 1..40_usize) {
            let line = Exchange::line(&text, chars_max);
            prop_assert!(line.chars().count() <= chars_max && line.chars().all(is_plain));
            prop_assert_eq!(Exchange::line(&line, chars_max), line);
            let lines = Exchange::lines(&text);
            prop_assert_eq!(Exchange::lines(&lines), lines);
        }
    }
}
