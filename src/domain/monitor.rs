//! What is watched: its name, its rules, and the time it was watched in.

use super::span::{Span, Spans};
use super::timestamp::{SECOND_MS, Timestamp};
use std::fmt;

/// The number under which a store keeps a monitor; it stays the same for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub i64);

/// The stable name of a monitor, on which its history hangs: 1 to 64 characters,
/// small letters, digits, `-`, `_` and `.`, starting with a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MonitorId(String);

impl MonitorId {
    /// Long enough for any slug, short enough for a path and a table.
    pub const CHARS_MAX: usize = 64;

    /// Takes a well-formed id.
    ///
    /// # Errors
    /// A sentence that says what an id may look like and suggests one.
    pub fn new(text: &str) -> Result<MonitorId, String> {
        let allowed = |c: char| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.')
        };
        let well_formed = text.len() <= Self::CHARS_MAX
            && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && text.chars().all(allowed);
        if well_formed {
            return Ok(MonitorId(text.to_owned()));
        }
        let slug = Self::slug(text);
        let suggestion = slug.map(|id| format!("; try \"{id}\"")).unwrap_or_default();
        Err(format!(
            "{text:?} cannot be an id: use 1 to 64 small letters, digits, '-', '_' or '.', \
             starting with a letter or digit{suggestion}"
        ))
    }

    /// The id that a name suggests: `Sign-in (EU)` becomes `sign-in-eu`. `None` when
    /// the name has no letter or digit that an id may have.
    #[must_use]
    pub fn slug(name: &str) -> Option<MonitorId> {
        let mut slug = String::new();
        for c in name.chars().flat_map(char::to_lowercase) {
            if c.is_ascii_alphanumeric() {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
            if slug.len() == Self::CHARS_MAX {
                break;
            }
        }
        let slug = slug.trim_end_matches('-');
        (!slug.is_empty()).then(|| MonitorId(slug.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MonitorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// How a monitor is judged. Versioned: a change never rewrites the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// `P`: from one check to the next.
    pub interval_ms: i64,
    /// `T`: the deadline of one check, below the interval.
    pub timeout_ms: i64,
    /// `F`: failures in a row that open an outage.
    pub failures: u32,
    /// From one re-check to the next while undecided.
    pub retry_interval_ms: i64,
    /// `R`: successes in a row that close it.
    pub successes: u32,
}

impl Parameters {
    /// The grace never exceeds this, however long the interval.
    pub const GRACE_MS_MAX: i64 = 15 * SECOND_MS;

    /// `G`: how much later than the interval the next check may start and still be
    /// contiguous.
    #[must_use]
    pub fn grace_ms(&self) -> i64 {
        (self.interval_ms / 4).min(Self::GRACE_MS_MAX)
    }

    /// `P + G`: the furthest that the next contiguous check may start.
    #[must_use]
    pub fn reach_ms(&self) -> i64 {
        self.interval_ms + self.grace_ms()
    }
}

/// What a monitor has if nothing else is said.
impl Default for Parameters {
    fn default() -> Parameters {
        Parameters {
            interval_ms: 60 * SECOND_MS,
            timeout_ms: 10 * SECOND_MS,
            failures: 3,
            retry_interval_ms: 10 * SECOND_MS,
            successes: 1,
        }
    }
}

/// The parameters a monitor had, each from an instant on. The first version also
/// holds for the time before it, so that imported history has rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterHistory {
    first: Parameters,
    later: Vec<(Timestamp, Parameters)>,
}

impl ParameterHistory {
    /// A history with one version.
    #[must_use]
    pub fn new(first: Parameters) -> ParameterHistory {
        ParameterHistory { first, later: Vec::new() }
    }

    /// Adds the version that holds from `from` on; versions are added in order of time.
    pub fn change(&mut self, from: Timestamp, parameters: Parameters) {
        self.later.push((from, parameters));
    }

    /// The version that held at `at`.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> Parameters {
        let index = self.later.partition_point(|(from, _)| *from <= at);
        index.checked_sub(1).map_or(self.first, |last| self.later[last].1)
    }

    /// The versions that held within `window`, each from where it began to hold there.
    #[must_use]
    pub fn within(&self, window: Span) -> Vec<(Timestamp, Parameters)> {
        let later = self.later.iter().filter(|(from, _)| *from > window.from);
        let later = later.take_while(|(from, _)| *from < window.to).copied();
        std::iter::once((window.from, self.at(window.from))).chain(later).collect()
    }

    /// The furthest that two contiguous checks ever were apart.
    #[must_use]
    pub fn reach_max_ms(&self) -> i64 {
        let later = self.later.iter().map(|(_, parameters)| parameters.reach_ms());
        later.fold(self.first.reach_ms(), i64::max)
    }

    /// The newest version.
    #[must_use]
    pub fn current(&self) -> Parameters {
        self.later.last().map_or(self.first, |(_, parameters)| *parameters)
    }
}

/// One monitor, with all that its figure depends on besides its checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monitor {
    /// Its stable id.
    pub id: MonitorId,
    /// Its name for people.
    pub name: String,
    /// What is checked, without credentials.
    pub url: String,
    /// How it is and was judged.
    pub parameters: ParameterHistory,
    /// When it existed: from its creation to its removal, perhaps more than once.
    lives: Spans,
    /// When it was paused.
    pauses: Spans,
    /// `lives` without `pauses`: when what was seen counts.
    watched: Spans,
}

impl Monitor {
    /// Puts a monitor together.
    #[must_use]
    pub fn new(
        id: MonitorId,
        name: String,
        url: String,
        parameters: ParameterHistory,
        lives: Spans,
        pauses: Spans,
    ) -> Monitor {
        let watched = lives.subtract(&pauses);
        Monitor { id, name, url, parameters, lives, pauses, watched }
    }

    /// When it existed.
    #[must_use]
    pub fn lives(&self) -> &Spans {
        &self.lives
    }

    /// When it was paused.
    #[must_use]
    pub fn pauses(&self) -> &Spans {
        &self.pauses
    }

    /// When it existed and was not paused: when what was seen counts.
    #[must_use]
    pub fn watched(&self) -> &Spans {
        &self.watched
    }

    /// The stretch around `at` in which the monitor existed and was not paused;
    /// `None` when what was seen at `at` does not count.
    #[must_use]
    pub fn watched_around(&self, at: Timestamp) -> Option<Span> {
        self.watched.first_ending_after(at).filter(|span| span.contains(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("API", "api")]
    #[case("Sign-in (EU)", "sign-in-eu")]
    #[case("  Zahlung / Kasse  ", "zahlung-kasse")]
    #[case("https://example.com:8443/health?x=1", "https-example-com-8443-health-x-1")]
    fn a_name_suggests_an_id(#[case] name: &str, #[case] id: &str) {
        assert_eq!(MonitorId::slug(name).unwrap().as_str(), id);
        assert!(MonitorId::new(id).is_ok());
    }

    #[test]
    fn every_slug_is_an_id_and_a_name_without_letters_has_none() {
        let long = "a".repeat(63) + " b";
        let id = MonitorId::slug(&long).unwrap();
        assert!(MonitorId::new(id.as_str()).is_ok());
        assert_eq!(MonitorId::slug("日本"), None);
    }

    #[test]
    fn a_bad_id_is_told_what_would_do() {
        let error = MonitorId::new("My API").unwrap_err();
        assert!(error.ends_with("; try \"my-api\""), "{error}");
        for bad in ["", "-a", "a/b", "Ä", &"a".repeat(65)] {
            assert!(MonitorId::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn grace_is_a_quarter_of_the_interval_up_to_fifteen_seconds() {
        let with = |interval_ms| Parameters { interval_ms, ..Parameters::default() };
        assert_eq!(with(1_000).grace_ms(), 250);
        assert_eq!(with(20_000).grace_ms(), 5_000);
        assert_eq!(with(60_000).grace_ms(), 15_000);
        assert_eq!(with(3_600_000).grace_ms(), 15_000);
    }

    #[test]
    fn the_first_version_holds_for_the_time_before_it() {
        let first = Parameters::default();
        let second = Parameters { failures: 1, ..first };
        let mut history = ParameterHistory::new(first);
        history.change(Timestamp(100), second);
        assert_eq!(history.at(Timestamp(-5)), first);
        assert_eq!(history.at(Timestamp(99)), first);
        assert_eq!(history.at(Timestamp(100)), second);
        assert_eq!(history.current(), second);
    }
}
