//! Why the table could not be asked, in sentences that say what to do.

use super::settings::TABLE;
use crate::domain::check::Evidence;
use serde::Deserialize;
use std::error::Error;
use thiserror::Error;

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// It does not answer.
    #[error("Supabase cannot be reached: {0}")]
    Unreachable(String),
    /// It takes too long.
    #[error("Supabase has not answered whole within {0} s")]
    Slow(u64),
    /// It does not know the key, or the key may not do this.
    #[error(
        "Supabase refuses the key ({status}{said}); SUPABASE_SERVICE_KEY must be the secret \
         key (sb_secret_… or service_role) of the project that SUPABASE_URL names"
    )]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it says.
        said: String,
    },
    /// The key is known, but the database lets it not do this.
    #[error(
        "the database lets this key not do that ({status}{said}); a policy of the table \
         {TABLE}, or a right that is missing, stands in the way: take the secret key \
         (sb_secret_… or service_role), which no policy holds back, or grant its role \
         select, insert, update and delete"
    )]
    Forbidden {
        /// The HTTP status.
        status: u16,
        /// What it says.
        said: String,
    },
    /// There is no such table.
    #[error(
        "the project has no table {TABLE} that its API shows{0}; make it, or check \
         SUPABASE_URL and the schemas that the API exposes"
    )]
    NoTable(String),
    /// The table lacks a column.
    #[error(
        "the table {TABLE} lacks a column{0}; it needs id, start_time, end_time and message"
    )]
    NoColumn(String),
    /// The answer is something else.
    #[error("what answers at SUPABASE_URL is not PostgREST: {0}")]
    NotPostgrest(String),
    /// It sends us elsewhere.
    #[error(
        "Supabase answers {status} and points elsewhere, where the key is not sent; write the \
         right address into SUPABASE_URL"
    )]
    Redirected {
        /// The HTTP status.
        status: u16,
    },
    /// An answer is too long.
    #[error(
        "a page of the table {TABLE} is longer than {0} bytes; its messages must be shorter"
    )]
    TooLong(usize),
    /// There are too many rows.
    #[error(
        "the table {TABLE} has {rows} rows to read, and more than {max} are not read; delete old ones"
    )]
    TooMany {
        /// How many there are.
        rows: usize,
        /// How many there may be.
        max: usize,
    },
    /// The rows are not all of them.
    #[error("the table {TABLE} could not be read whole: {0}")]
    Partial(String),
    /// It says that something else is wrong.
    #[error("Supabase answers {status}{said}")]
    Answered {
        /// The HTTP status.
        status: u16,
        /// What it says.
        said: String,
    },
}

/// The body of an error, as PostgREST and the gateway before it send them.
#[derive(Default, Deserialize)]
struct Said {
    code: Option<String>,
    message: Option<String>,
    hint: Option<String>,
}

impl Fault {
    /// What an answer with this status and body means. `key` is taken out of whatever
    /// is quoted.
    pub(super) fn answered(status: u16, body: &[u8], key: &str) -> Fault {
        if (300..400).contains(&status) {
            return Fault::Redirected { status };
        }
        let parsed: Option<Said> = serde_json::from_slice(body).ok();
        let is_json = parsed.is_some();
        let said = parsed.unwrap_or_default();
        let code = said.code.clone().unwrap_or_default();
        let said = quoted(&said, key);
        match (status, code.as_str()) {
            (_, "42P01" | "PGRST205" | "PGRST106") => Fault::NoTable(said),
            (_, "42703" | "PGRST204") => Fault::NoColumn(said),
            (_, "42501") => Fault::Forbidden { status, said },
            (401 | 403, _) => Fault::Refused { status, said },
            (404, _) if !is_json => {
                Fault::NotPostgrest("it answers 404, and not in JSON".to_owned())
            }
            _ => Fault::Answered { status, said },
        }
    }

    /// What a request that got no answer means.
    pub(super) fn of_request(error: reqwest::Error, within_s: u64) -> Fault {
        if error.is_timeout() {
            return Fault::Slow(within_s);
        }
        let error = error.without_url();
        let mut cause: &dyn Error = &error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        Fault::Unreachable(Evidence::clean(&cause.to_string()))
    }

    /// Whether it says that the table has no `column`.
    pub(super) fn lacks(&self, column: &str) -> bool {
        matches!(self, Fault::NoColumn(said) if said.contains(column))
    }
}

/// `: column … does not exist (42703)`, or nothing.
fn quoted(said: &Said, key: &str) -> String {
    let Some(message) = &said.message else { return String::new() };
    let mut text = format!(": {message}");
    if let Some(hint) = &said.hint {
        text += &format!("; {hint}");
    }
    if let Some(code) = &said.code {
        text += &format!(" ({code})");
    }
    Evidence::clean(&text.replace(key, "…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_says_what_to_do_and_hides_the_key() {
        let body = br#"{"message":"Invalid API key s3cret","hint":"Double check"}"#;
        let fault = Fault::answered(401, body, "s3cret").to_string();
        assert_eq!(
            fault,
            "Supabase refuses the key (401: Invalid API key …; Double check); \
             SUPABASE_SERVICE_KEY must be the secret key (sb_secret_… or service_role) of \
             the project that SUPABASE_URL names"
        );
    }

    #[test]
    fn a_policy_is_not_mistaken_for_a_wrong_key() {
        let body = br#"{"code":"42501","message":"new row violates row-level security policy for table \"system_maintenance\""}"#;
        for status in [401, 403] {
            let fault = Fault::answered(status, body, "k").to_string();
            let expected = format!(
                "the database lets this key not do that ({status}: new row violates row-level \
                 security policy for table \"system_maintenance\" (42501)); a policy of the \
                 table system_maintenance, or a right that is missing, stands in the way: take \
                 the secret key (sb_secret_… or service_role), which no policy holds back, or \
                 grant its role select, insert, update and delete"
            );
            assert_eq!(fault, expected);
        }
    }

    #[test]
    fn a_page_of_html_is_not_postgrest() {
        let fault = Fault::answered(404, b"<html>", "k").to_string();
        assert_eq!(
            fault,
            "what answers at SUPABASE_URL is not PostgREST: it answers 404, and not in JSON"
        );
        assert_eq!(Fault::answered(503, b"busy", "k").to_string(), "Supabase answers 503");
    }
}
