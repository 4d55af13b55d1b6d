//! The tokens by which administrators are known, and what each may do.
//!
//! What is kept of a token is its fingerprint, never its secret: `store/secret.rs` has that.
//! `web/auth.rs` asks here whose token a fingerprint is, and whether it may do what is
//! wanted. Nothing here draws, reads or prints a secret.

use super::timestamp::Timestamp;
use std::fmt;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Read what is not for everybody.
    Read,
    /// Make, change and cancel maintenance windows.
    Maintenance,
    /// Write about incidents.
    Incidents,
    /// Everything.
    Admin,
}

impl Scope {
    /// Every scope, the narrowest first.
    pub const ALL: [Scope; 4] =
        [Scope::Read, Scope::Maintenance, Scope::Incidents, Scope::Admin];

    /// The word that people and databases write for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Maintenance => "maintenance",
            Scope::Incidents => "incidents",
            Scope::Admin => "admin",
        }
    }

    /// The scope of a word; `None` where there is none.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.word() == word)
    }

    /// Whether a token of this scope may do what needs `needed`. An administrator may do
    /// everything, and who may write may read.
    #[must_use]
    pub fn holds(self, needed: Scope) -> bool {
        self == Scope::Admin || self == needed || needed == Scope::Read
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What a token is called: in lists, in logs, and as the author of what it was used for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenName(String);

impl TokenName {
    /// It stands in a column of a list, and in every line about what was done by it.
    pub const CHARS_MAX: usize = 40;

    /// Takes a name of lower-case letters, digits, `-`, `_` and `.`, the first of them a
    /// letter or a digit.
    ///
    /// # Errors
    /// A sentence that says what to write instead.
    pub fn new(text: &str) -> Result<TokenName, String> {
        let is_known = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.');
        let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let fits = text.len() <= TokenName::CHARS_MAX;
        if begins_well && fits && text.chars().all(is_known) {
            return Ok(TokenName(text.to_owned()));
        }
        let rule = format!(
            "a token's name has at most {} lower-case letters, digits, \"-\", \"_\" and \".\", \
             and begins with a letter or a digit",
            TokenName::CHARS_MAX
        );
        let instead = TokenName::nearest(text);
        Err(format!("{rule}; write it like {instead}"))
    }

    /// A name of the letters that a text has, or any.
    fn nearest(text: &str) -> String {
        let mut name = String::new();
        for c in text.chars().flat_map(char::to_lowercase) {
            if name.len() == TokenName::CHARS_MAX {
                break;
            }
            match c {
                'a'..='z' | '0'..='9' => name.push(c),
                '_' | '.' if !name.is_empty() => name.push(c),
                _ if !name.is_empty() && !name.ends_with('-') => name.push('-'),
                _ => {}
            }
        }
        match name.trim_end_matches(['-', '_', '.']) {
            "" => "ci".to_owned(),
            name => name.to_owned(),
        }
    }

    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Which token, for as long as the database lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId(pub i64);

/// What is kept of a secret: its SHA-256. It is compared in a time that does not depend on
/// what either of the two is, and is never printed.
#[derive(Clone, Copy)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// A fingerprint of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Fingerprint {
        Fingerprint(bytes)
    }

    /// Its bytes, for those who keep it.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl ConstantTimeEq for Fingerprint {
    fn ct_eq(&self, other: &Fingerprint) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Fingerprint) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Fingerprint {}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

/// A token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Which.
    pub id: TokenId,
    /// What it is called. No two living tokens share a name.
    pub name: TokenName,
    /// What it may do.
    pub scope: Scope,
    /// What is kept of its secret.
    pub fingerprint: Fingerprint,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was last used, to about a minute; `None` before its first use.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked; `None` while it lives.
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    /// Whether it may be used.
    #[must_use]
    pub fn is_living(&self) -> bool {
        self.revoked_at.is_none()
    }
}

/// The living token with this fingerprint. How long that takes depends on how many tokens
/// there are, and not on which of them it is, nor on how much of one was guessed right: all
/// are compared, to the end.
#[must_use]
pub fn find<'t>(tokens: &'t [Token], given: &Fingerprint) -> Option<&'t Token> {
    let mut found = u64::MAX;
    for (index, token) in (0_u64..).zip(tokens) {
        let is_living = Choice::from(u8::from(token.is_living()));
        let is_it = token.fingerprint.ct_eq(given) & is_living;
        found.conditional_assign(&index, is_it);
    }
    tokens.get(usize::try_from(found).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn token(id: i64, first: u8) -> Token {
        let mut bytes = [7; 32];
        bytes[0] = first;
        Token {
            id: TokenId(id),
            name: TokenName::new(&format!("t{id}")).unwrap(),
            scope: Scope::Read,
            fingerprint: Fingerprint::new(bytes),
            made_at: Timestamp(0),
            last_used_at: None,
            revoked_at: None,
        }
    }

    #[test]
    fn an_administrator_may_do_everything_and_others_their_own_and_read() {
        use Scope::{Admin, Incidents, Maintenance, Read};
        let held: Vec<(Scope, Vec<Scope>)> = (Scope::ALL.into_iter())
            .map(|scope| (scope, Scope::ALL.into_iter().filter(|s| scope.holds(*s)).collect()))
            .collect();
        let expected = vec![
            (Read, vec![Read]),
            (Maintenance, vec![Read, Maintenance]),
            (Incidents, vec![Read, Incidents]),
            (Admin, vec![Read, Maintenance, Incidents, Admin]),
        ];
        assert_eq!(held, expected);
        for scope in Scope::ALL {
            assert_eq!(Scope::from_word(scope.word()), Some(scope));
        }
        assert_eq!(Scope::from_word("Admin"), None);
    }

    #[rstest]
    #[case("ci")]
    #[case("ci-2.eu_west")]
    #[case("0")]
    #[case("aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd")]
    fn a_name_is_plain(#[case] name: &str) {
        assert_eq!(TokenName::new(name).unwrap().as_str(), name);
    }

    #[rstest]
    #[case("", "ci")]
    #[case("CI", "ci")]
    #[case("Deploy bot", "deploy-bot")]
    #[case(" ci ", "ci")]
    #[case("-ci", "ci")]
    #[case("señor", "se-or")]
    #[case("日本", "ci")]
    #[case("a\nb", "a-b")]
    #[case("..", "ci")]
    #[case(
        "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde",
        "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"
    )]
    fn a_bad_name_is_told_a_good_one(#[case] name: &str, #[case] instead: &str) {
        let refusal = TokenName::new(name).unwrap_err();
        assert!(refusal.ends_with(&format!("; write it like {instead}")), "{refusal}");
        assert_eq!(TokenName::new(instead).unwrap().as_str(), instead);
    }

    #[test]
    fn a_fingerprint_finds_its_own_token_and_no_revoked_one() {
        let mut tokens = [token(1, 10), token(2, 20), token(3, 30)];
        let found = |tokens: &[Token], first| {
            find(tokens, &token(0, first).fingerprint).map(|token| token.id.0)
        };
        assert_eq!(
            [10, 20, 30].map(|first| found(&tokens, first)),
            [Some(1), Some(2), Some(3)]
        );
        assert_eq!(found(&tokens, 11), None);
        assert_eq!(found(&[], 10), None);
        tokens[1].revoked_at = Some(Timestamp(5));
        assert_eq!(found(&tokens, 20), None);
        // The last byte counts as much as the first.
        let mut bytes = *tokens[0].fingerprint.bytes();
        bytes[31] ^= 1;
        assert_eq!(find(&tokens, &Fingerprint::new(bytes)), None);
    }

    #[test]
    fn a_fingerprint_is_not_printed() {
        assert_eq!(format!("{:?}", token(1, 10).fingerprint), "Fingerprint(…)");
    }
}
