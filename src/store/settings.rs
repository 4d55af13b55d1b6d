//! Where the history is kept, as the configuration and the command line name it, and how
//! long its single checks are. Reads the name only; it never touches the file.

use crate::domain::timestamp::DAY_MS;
use std::path::PathBuf;

/// How long single checks are kept, unless it is said: a year, and a month to look back
/// from its end.
pub const KEEP_CHECKS_MS: i64 = 400 * DAY_MS;

/// `[store]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The SQLite file; a relative path counts from the working directory.
    pub path: PathBuf,
    /// How long single checks are kept at least, in milliseconds. Those of a month go
    /// together, once it is closed.
    pub keep_checks_ms: i64,
}

impl Settings {
    /// Keeps in the file at `path`, all else as by default.
    #[must_use]
    pub fn at(path: PathBuf) -> Settings {
        Settings { path, keep_checks_ms: KEEP_CHECKS_MS }
    }

    /// Reads `sqlite://relative.db`, `sqlite:///absolute.db` or `sqlite:file.db`.
    ///
    /// # Errors
    /// A sentence that says what to write. It never quotes `url`, which may hold a
    /// password.
    pub fn from_url(url: &str) -> Result<Settings, String> {
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Err("PostgreSQL is not supported yet; use sqlite://everup.db".to_owned());
        }
        let Some(path) = url.strip_prefix("sqlite:") else {
            return Err("this is not a store; write sqlite:// and a file, like \
                        \"sqlite://everup.db\""
                .to_owned());
        };
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.starts_with("~/") {
            return Err("\"~\" means nothing outside a shell; write a path, like \
                        \"sqlite://${HOME}/everup.db\""
                .to_owned());
        }
        let refused = if path.is_empty() || path.ends_with('/') {
            Some("no file is named")
        } else if path == ":memory:" {
            Some("a history in memory is lost at the first restart")
        } else if path.contains('?') {
            Some("a store takes no options")
        } else if path.chars().any(char::is_control) {
            Some("a control character is in the path")
        } else {
            None
        };
        match refused {
            Some(why) => Err(format!("{why}; write a file, like \"sqlite://everup.db\"")),
            None => Ok(Settings::at(PathBuf::from(path))),
        }
    }
}

/// `everup.db` in the working directory.
impl Default for Settings {
    fn default() -> Settings {
        Settings::at(PathBuf::from("everup.db"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("sqlite://everup.db", "everup.db")]
    #[case("sqlite:everup.db", "everup.db")]
    #[case("sqlite://data/everup.db", "data/everup.db")]
    #[case("sqlite:///var/lib/everup.db", "/var/lib/everup.db")]
    #[case("sqlite:/var/lib/everup.db", "/var/lib/everup.db")]
    fn a_store_names_its_file(#[case] url: &str, #[case] path: &str) {
        assert_eq!(Settings::from_url(url).unwrap().path, PathBuf::from(path));
    }

    #[rstest]
    #[case("")]
    #[case("everup.db")]
    #[case("sqlite://")]
    #[case("sqlite:///")]
    #[case("sqlite::memory:")]
    #[case("sqlite://everup.db?mode=ro")]
    #[case("sqlite://~/everup.db")]
    #[case("sqlite://a\0b")]
    #[case("mysql://user:hunter2@host/everup")]
    #[case("postgres://user:hunter2@host/everup")]
    fn a_bad_store_is_told_what_to_write_and_no_password(#[case] url: &str) {
        let error = Settings::from_url(url).unwrap_err();
        assert!(error.contains("sqlite://"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
