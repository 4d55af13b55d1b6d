//! Keeps secrets out of every sentence a look leaves behind.
//!
//! A target may send back what it was sent: a redirect that repeats a token, a
//! certificate made to quote one. Every reason passes through here before it is kept.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// What must not be seen, longest first.
#[derive(Clone, Default)]
pub struct Redaction {
    hidden: Vec<Box<str>>,
}

impl Redaction {
    /// Shorter strings are in every sentence; hiding them would only point at them.
    const SECRET_BYTES_MIN: usize = 4;
    /// What stands in a secret's place.
    const SHOWN: &str = "[secret]";

    /// Hides each of `secrets`, and the forms that URLs and HTTP carry them in.
    #[must_use]
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Redaction {
        let mut hidden: Vec<Box<str>> = Vec::new();
        for secret in secrets {
            if secret.len() < Self::SECRET_BYTES_MIN {
                continue;
            }
            hidden.push(secret.into());
            hidden.push(utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string().into());
            hidden.push(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect());
            hidden.push(STANDARD.encode(secret).into());
        }
        // The longest first: a secret within a longer one must not tear it apart.
        hidden.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        hidden.dedup();
        Redaction { hidden }
    }

    /// `text` without any secret.
    #[must_use]
    pub fn of_text(&self, text: String) -> String {
        self.hidden.iter().fold(text, |text, secret| {
            if text.contains(&**secret) { text.replace(&**secret, Self::SHOWN) } else { text }
        })
    }
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
    #[case("nothing of it", "nothing of it")]
    fn a_secret_is_hidden_in_every_form(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(Redaction::of(["s3cr/t+x!"]).of_text(text.to_owned()), shown);
    }

    #[test]
    fn a_secret_within_a_longer_one_does_not_tear_it_apart() {
        let redaction = Redaction::of(["pass", "password"]);
        assert_eq!(redaction.of_text("a password".to_owned()), "a [secret]");
    }

    #[test]
    fn what_is_too_short_to_be_a_secret_is_left_alone() {
        assert_eq!(Redaction::of(["abc", ""]).of_text("abc".to_owned()), "abc");
    }
}
