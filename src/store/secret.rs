//! The secret of a token: drawn once, shown once, and then only known by its fingerprint.
//!
//! `cli` draws one for a new token and `app` for the first; `web` reads those that are sent.
//! It is wiped from memory when it is dropped, and has no `Debug`, so that no log and no
//! error can show it by accident.

use crate::domain::token::Fingerprint;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// What every secret begins with, so that people and scanners of sources know it for one.
pub const PREFIX: &str = "everup_";

/// As many as SHA-256 has: nobody will ever guess 256 bits.
const BYTES: usize = 32;

/// So many characters 32 bytes have in base64 without padding.
const TEXT_CHARS: usize = 43;

/// A token's secret.
pub struct Secret(SecretString);

impl Secret {
    /// A new one, from the system's random source.
    ///
    /// # Errors
    /// When the system has none; its own words.
    pub fn draw() -> Result<Secret, String> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        getrandom::fill(&mut *bytes).map_err(|error| error.to_string())?;
        let mut text = Zeroizing::new(PREFIX.to_owned());
        // All that is to come has room, or what is moved would stay behind.
        text.reserve_exact(TEXT_CHARS);
        URL_SAFE_NO_PAD.encode_string(*bytes, &mut text);
        Ok(Secret(SecretString::from(text.as_str())))
    }

    /// Takes a text that has the form of a secret; `None` for any other, which no token
    /// can have.
    #[must_use]
    pub fn read(text: &str) -> Option<Secret> {
        let code = text.strip_prefix(PREFIX)?;
        let is_code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (code.len() == TEXT_CHARS && code.chars().all(is_code))
            .then(|| Secret(SecretString::from(text)))
    }

    /// What is kept of it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new(Sha256::digest(self.0.expose_secret()).into())
    }

    /// The text itself, to show it once.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_can_be_read_and_is_never_drawn_again() {
        let (one, other) = (Secret::draw().unwrap(), Secret::draw().unwrap());
        assert_ne!(one.expose(), other.expose());
        let code = one.expose().strip_prefix(PREFIX).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(code).unwrap().len(), BYTES);
        let read = Secret::read(one.expose()).unwrap();
        assert!(read.fingerprint() == one.fingerprint());
        assert!(read.fingerprint() != other.fingerprint());
    }

    /// Whoever looks into the database with other tools finds what `sha256sum` says.
    #[test]
    fn the_fingerprint_is_that_of_the_whole_text() {
        let secret = Secret::read(&format!("{PREFIX}{}", "A".repeat(TEXT_CHARS))).unwrap();
        let hex: String = secret
            .fingerprint()
            .bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(hex, "0dfa4d16070be14ded99d53262f7cbfa0b06e4d148477cf8991df1f0c0e24bdb");
    }

    #[test]
    fn what_has_not_the_form_is_none() {
        let good = format!("{PREFIX}{}", "A".repeat(TEXT_CHARS));
        assert!(Secret::read(&good).is_some());
        for bad in [
            String::new(),
            PREFIX.to_owned(),
            good.replace(PREFIX, "Everup_"),
            good[1..].to_owned(),
            good.clone() + "A",
            good.replace("AA", "=="),
            good.replace("AAA", "ää"),
            good.repeat(100),
        ] {
            assert!(Secret::read(&bad).is_none(), "{bad}");
        }
    }
}
