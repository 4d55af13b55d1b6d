//! Keeps secrets out of every sentence a look leaves behind.
//!
//! A target may send back what it was sent: a redirect that repeats a token, a
//! certificate made to quote one, an error page that lists the request. Every reason and
//! every part of an exchange passes through here before it is kept.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::ops::Range;

/// What must not be seen, in small letters, longest first.
#[derive(Clone, Default)]
pub struct Redaction {
    hidden: Vec<Box<str>>,
}

impl Redaction {
    /// Shorter strings are in every sentence; hiding them would only point at them.
    const SECRET_BYTES_MIN: usize = 4;
    /// What stands in a secret's place.
    const SHOWN: &str = "[secret]";

    /// Hides each of `secrets`, and the forms that URLs, HTTP and quotes carry them in;
    /// in small letters and in capitals, since hosts have no case.
    #[must_use]
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Redaction {
        let mut hidden: Vec<Box<str>> = Vec::new();
        for secret in secrets {
            if secret.len() < Self::SECRET_BYTES_MIN {
                continue;
            }
            // Strings cannot fail to be serialised.
            let json = serde_json::to_string(secret).unwrap_or_default();
            let in_json = json.trim_start_matches('"').trim_end_matches('"');
            let quoted = format!("{secret:?}");
            let forms = [
                secret.to_owned(),
                url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
                STANDARD.encode(secret),
                quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned(),
                in_json.replace('/', "\\/"),
                in_json.to_owned(),
                in_html(secret),
            ];
            hidden.extend(forms.map(|form| form.to_ascii_lowercase().into()));
        }
        // The longest first: a secret within a longer one must not tear it apart.
        hidden.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        hidden.dedup();
        Redaction { hidden }
    }

    /// `text` without any secret.
    #[must_use]
    pub fn of_text(&self, text: String) -> String {
        let found = self.found_in(&text);
        if found.is_empty() { text } else { without(&text, &found, text.len()) }
    }

    /// The beginning of `text`, `bytes_max` of it, without any secret. `text` is itself
    /// the beginning of something: a secret may have been cut off at its end.
    ///
    /// No secret is cut by the end of the beginning if `text` goes on for
    /// [`Redaction::longest`] after it.
    #[must_use]
    pub fn of_beginning(&self, text: &str, bytes_max: usize) -> String {
        let mut found = self.found_in(text);
        found.extend(self.cut_off_at_the_end_of(text));
        without(text, &merged(found), text.floor_char_boundary(bytes_max))
    }

    /// How many bytes the longest form of a secret has.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.hidden.first().map_or(0, |secret| secret.len())
    }

    /// Where secrets are, in order; those that overlap are one.
    fn found_in(&self, text: &str) -> Vec<Range<usize>> {
        let plain = Reading::plain(text);
        let decoded = text.contains('%').then(|| Reading::decoded(text));
        let mut found = Vec::new();
        for secret in &self.hidden {
            plain.look_for(secret, &mut found);
            if let Some(decoded) = &decoded {
                decoded.look_for(secret, &mut found);
            }
        }
        merged(found)
    }

    fn cut_off_at_the_end_of(&self, text: &str) -> Option<Range<usize>> {
        let bytes = text.as_bytes().to_ascii_lowercase();
        let begun = |secret: &str| {
            (Self::SECRET_BYTES_MIN..secret.len())
                .rev()
                .find(|length| {
                    let begins = secret.as_bytes().get(..*length);
                    begins.is_some_and(|begins| bytes.ends_with(begins))
                })
                .map(|length| text.len() - length)
        };
        let from = self.hidden.iter().filter_map(|secret| begun(secret)).min()?;
        // A secret begins where a character does.
        text.is_char_boundary(from).then_some(from..text.len())
    }
}

/// A text in small letters, and where each of its bytes came from.
struct Reading {
    bytes: Vec<u8>,
    /// Where each byte began, and where the last one ended; empty where that is the same.
    places: Vec<usize>,
}

impl Reading {
    /// The text as it is.
    fn plain(text: &str) -> Reading {
        Reading { bytes: text.as_bytes().to_ascii_lowercase(), places: Vec::new() }
    }

    /// The text without its percent-encoding, whatever was encoded and in whichever case.
    fn decoded(text: &str) -> Reading {
        let raw = text.as_bytes();
        let mut reading = Reading { bytes: Vec::new(), places: Vec::new() };
        let mut at = 0;
        while at < raw.len() {
            let encoded = (raw[at] == b'%').then(|| raw.get(at + 1..at + 3)).flatten();
            let byte = encoded.and_then(|hex| match hex {
                [high, low] => Some(digit(*high)? * 16 + digit(*low)?),
                _ => None,
            });
            reading.places.push(at);
            reading.bytes.push(byte.unwrap_or(raw[at]).to_ascii_lowercase());
            at += if byte.is_some() { 3 } else { 1 };
        }
        reading.places.push(at);
        reading
    }

    fn look_for(&self, secret: &str, found: &mut Vec<Range<usize>>) {
        let place = |at: usize| self.places.get(at).copied().unwrap_or(at);
        let mut from = 0;
        while let Some(at) = find(&self.bytes[from..], secret.as_bytes()) {
            let (start, end) = (from + at, from + at + secret.len());
            found.push(place(start)..place(end));
            from = end;
        }
    }
}

fn digit(hex: u8) -> Option<u8> {
    u8::try_from(char::from(hex).to_digit(16)?).ok()
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// `text` up to `end`, with something else in the place of each of `ranges`.
fn without(text: &str, ranges: &[Range<usize>], end: usize) -> String {
    let mut shown = String::with_capacity(end);
    let mut from = 0;
    for range in ranges.iter().take_while(|range| range.start < end) {
        shown += text.get(from..range.start).unwrap_or_default();
        shown += Redaction::SHOWN;
        from = range.end;
    }
    shown + text.get(from..end).unwrap_or_default()
}

/// As an error page quotes it.
fn in_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("key s3cr/t+x!", "key [secret]")]
    #[case("to /?k=s3cr%2Ft%2Bx%21", "to /?k=[secret]")]
    #[case("Basic czNjci90K3gh", "Basic [secret]")]
    #[case("s3cr/t+x!s3cr/t+x!", "[secret][secret]")]
    #[case("k=s3cr%2ft%2bx%21", "k=[secret]")]
    #[case(r#"{"k":"s3cr\/t+x!"}"#, r#"{"k":"[secret]"}"#)]
    #[case("to /s3cr/t+x%21/", "to /[secret]/")]
    #[case("to /s3cr%2ft+x!%2f100%", "to /[secret]%2f100%")]
    #[case("for S3CR/T+X!, not", "for [secret], not")]
    #[case("nothing of it", "nothing of it")]
    fn a_secret_is_hidden_in_every_form(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(Redaction::of(["s3cr/t+x!"]).of_text(text.to_owned()), shown);
    }

    #[test]
    fn a_secret_is_hidden_as_urls_and_quotes_have_it() {
        let redaction = Redaction::of(["s3cr et/päth", "qq\"secret\"value"]);
        let url = url::Url::parse("http://a.example/x/s3cr et/päth?s3cr et/päth").unwrap();
        let shown = "http://a.example/x/[secret]?[secret]";
        assert_eq!(redaction.of_text(url.into()), shown);
        let quoted = format!("lacks {:?}", "qq\"secret\"value");
        assert_eq!(redaction.of_text(quoted), "lacks \"[secret]\"");
    }

    #[test]
    fn a_secret_within_a_longer_one_does_not_tear_it_apart() {
        let redaction = Redaction::of(["pass", "password"]);
        assert_eq!(redaction.of_text("a password".to_owned()), "a [secret]");
    }

    #[test]
    fn a_secret_is_hidden_where_it_is_quoted() {
        let redaction = Redaction::of(["a<b>\"c\"&d'"]);
        let page = "<p>a&lt;b&gt;&quot;c&quot;&amp;d&#39;</p>".to_owned();
        assert_eq!(redaction.of_text(page), "<p>[secret]</p>");
        let json = r#"{"k":"a<b>\"c\"&d'"}"#.to_owned();
        assert_eq!(redaction.of_text(json), r#"{"k":"[secret]"}"#);
    }

    #[test]
    fn secrets_that_overlap_are_hidden_together() {
        let redaction = Redaction::of(["abcde", "defghi"]);
        assert_eq!(redaction.of_text("xabcdefghix".to_owned()), "x[secret]x");
    }

    #[test]
    fn no_part_of_a_secret_is_left_where_a_text_is_cut() {
        let redaction = Redaction::of(["0123456789"]);
        let text = format!("{}0123456789 and more", "é".repeat(10));
        for bytes_max in 0..=text.len() {
            let shown = redaction.of_beginning(&text, bytes_max);
            assert!(!shown.contains(|c: char| c.is_ascii_digit()), "{shown}");
        }
        // It broke off in the middle of one; four bytes and more of it are told from chance.
        for length in 4..10 {
            let shown = redaction.of_beginning(&format!("key {}", &"0123456789"[..length]), 99);
            assert_eq!(shown, "key [secret]");
        }
        assert_eq!(redaction.of_beginning("key 012", 99), "key 012");
    }

    #[test]
    fn what_is_too_short_to_be_a_secret_is_left_alone() {
        assert_eq!(Redaction::of(["abc", ""]).of_text("abc".to_owned()), "abc");
    }
}
