//! What is wrong or surprising in a configuration, and where. Made by every reader of
//! this room, printed by the command line; it never holds the value of a variable.

use crate::domain::timestamp::Timestamp;
use std::fmt;
use std::sync::Arc;

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as it was named, or which argument it was.
    pub file: Arc<str>,
    /// The line, counted from 1; `None` where it concerns the whole.
    pub line: Option<usize>,
    /// The character in that line, counted from 1; `None` where it is far behind.
    pub column: Option<usize>,
    /// What it concerns, by its id, its name or its number in the file: `monitor "api"`,
    /// `group #2`.
    pub subject: Option<Arc<str>>,
    /// The key with the tables it stands in: `server.listen`; within a subject from
    /// there on: `http.method`.
    pub key: Option<String>,
}

impl Place {
    /// A whole file, or an argument.
    pub(super) fn whole(file: &str) -> Place {
        Place { file: file.into(), line: None, column: None, subject: None, key: None }
    }
}

/// `config.toml:12: monitor "api", timeout`, so that editors jump to it.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(subject) = &self.subject {
            write!(f, ": {subject}")?;
        }
        match (&self.subject, &self.key) {
            (Some(_), Some(key)) => write!(f, ", {key}"),
            (None, Some(key)) => write!(f, ": {key}"),
            (_, None) => Ok(()),
        }
    }
}

/// Something that keeps a configuration from being used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is.
    pub place: Place,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Every mistake of a configuration, in order of line; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Puts them in order. What would read the same is said once: several monitors inherit
    /// from one line, and a list may be wrong throughout.
    pub(super) fn new(mut mistakes: Vec<Mistake>) -> Mistakes {
        mistakes.sort_by(|one, other| order(&one.place, &one.message, other));
        mistakes.dedup_by(|other, one| {
            let place = |mistake: &Mistake| Place { column: None, ..mistake.place.clone() };
            other.message == one.message && place(other) == place(one)
        });
        Mistakes(mistakes)
    }

    /// Only one.
    pub(super) fn one(place: Place, message: impl Into<String>) -> Mistakes {
        Mistakes(vec![Mistake { place, message: message.into() }])
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }
}

fn order(place: &Place, message: &str, other: &Mistake) -> std::cmp::Ordering {
    let there = &other.place;
    (&place.file, place.line, place.column, message).cmp(&(
        &there.file,
        there.line,
        there.column,
        other.message.as_str(),
    ))
}

/// One a line.
impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// Something legal that its author may not have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where it is.
    pub place: Place,
    /// What it leads to.
    pub message: String,
    /// From this instant on it is no longer true; `None` where it always is.
    pub(super) until: Option<Timestamp>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}
