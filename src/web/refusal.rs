//! Why somebody was not admitted, for the log and as an answer. Said by `auth`.

use super::error::Problem;
use super::limit::TooOften;
use crate::domain::timestamp::SECOND_MS;
use crate::domain::token::{Scope, TokenName};
use http::StatusCode;
use http::header::{HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use std::fmt;

/// How a token is sent and had; every 401 ends with it.
const HOW: &str = "Send the header \"Authorization: Bearer everup_…\"; \"everup token new\" makes \
     a token.";

/// Asks for a token, of which none came.
const CHALLENGE: &str = "Bearer realm=\"everup\"";

/// Asks for another token than came.
const CHALLENGE_AGAIN: &str = "Bearer realm=\"everup\", error=\"invalid_token\"";

/// Why somebody was not admitted.
#[derive(Debug)]
pub(super) enum Refusal {
    /// There is no credential.
    Missing,
    /// There is one of another scheme.
    OtherScheme,
    /// What there is cannot be a token; why.
    Malformed(&'static str),
    /// No living token is that one.
    Unknown,
    /// From this address there came too many that were no tokens.
    TooManyFailures(TooOften),
    /// This token wrote too often.
    TooManyWrites(TokenName, TooOften),
    /// The token may not do this.
    Scope {
        /// Which token.
        name: TokenName,
        /// What it may do.
        has: Scope,
        /// What is needed.
        needed: Scope,
    },
    /// The tokens cannot be read; the store's own words.
    Store(String),
}

impl Refusal {
    /// Whether it is worth a line in the log: of those that come too often only the first
    /// is, and a store that fails is logged as that.
    pub(super) fn is_news(&self) -> bool {
        match self {
            Refusal::TooManyFailures(too_often) | Refusal::TooManyWrites(_, too_often) => {
                too_often.is_first
            }
            Refusal::Store(_) => false,
            _ => true,
        }
    }
}

/// The reason, for the log.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Missing => f.write_str("no token was sent"),
            Refusal::OtherScheme => f.write_str("the credential is no Bearer token"),
            Refusal::Malformed(why) => write!(f, "what was sent is no token: {why}"),
            Refusal::Unknown => f.write_str("the token is not known, or was revoked"),
            Refusal::TooManyFailures(_) => {
                f.write_str("too many attempts without a token that is known")
            }
            Refusal::TooManyWrites(name, _) => {
                write!(f, "the token \"{name}\" writes too often")
            }
            Refusal::Scope { name, has, needed } => write!(
                f,
                "the token \"{name}\" has the scope {has}, and this needs {}",
                enough(*needed)
            ),
            Refusal::Store(error) => f.write_str(error),
        }
    }
}

/// `maintenance or admin`
fn enough(needed: Scope) -> String {
    if needed == Scope::Admin { needed.to_string() } else { format!("{needed} or admin") }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let unauthorized = |detail: String, challenge: &str| {
            let challenge = (WWW_AUTHENTICATE, challenge.to_owned());
            Problem::refused(StatusCode::UNAUTHORIZED, detail, Some(challenge))
        };
        match refusal {
            Refusal::Missing => unauthorized(format!("This needs a token. {HOW}"), CHALLENGE),
            Refusal::OtherScheme => {
                let detail = format!("This needs a token, and nothing else will do. {HOW}");
                unauthorized(detail, CHALLENGE)
            }
            Refusal::Malformed(why) => {
                let detail = format!("What was sent is no token: {why}. {HOW}");
                unauthorized(detail, CHALLENGE_AGAIN)
            }
            Refusal::Unknown => {
                let detail = format!("This token is not known, or was revoked. {HOW}");
                unauthorized(detail, CHALLENGE_AGAIN)
            }
            Refusal::TooManyFailures(too_often) => {
                too_many("Too many attempts without a token that is known.", too_often)
            }
            Refusal::TooManyWrites(name, too_often) => {
                too_many(&format!("The token \"{name}\" writes too often."), too_often)
            }
            Refusal::Scope { name, has, needed } => {
                let detail = format!(
                    "The token \"{name}\" has the scope {has}; this needs {}. Make another: \
                     everup token new --name NAME --scope {needed}",
                    enough(needed)
                );
                Problem::refused(StatusCode::FORBIDDEN, detail, None)
            }
            Refusal::Store(error) => Problem::tokens_unreadable(error),
        }
    }
}

fn too_many(detail: &str, too_often: TooOften) -> Problem {
    let wait_s = (too_often.wait_ms + SECOND_MS - 1) / SECOND_MS;
    let after: (HeaderName, String) = (RETRY_AFTER, wait_s.to_string());
    let seconds = if wait_s == 1 { "second" } else { "seconds" };
    let detail = format!("{detail} Try again in {wait_s} {seconds}.");
    Problem::refused(StatusCode::TOO_MANY_REQUESTS, detail, Some(after))
}
