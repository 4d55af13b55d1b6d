//! What another monitor said of the same target: kept as what it is, never observed time.
//!
//! A count does not say when, and a stretch was not seen by checks that we know, so
//! neither is an observation: they stand beside the figure, with their source, and are
//! no part of it. What was taken over as checks is; an origin says where from. That is also
//! how a past is told that nobody has seen at all, because a demonstration made it up.

use super::span::{Span, Spans};
use super::timestamp::Timestamp;
use std::fmt;

/// The other monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// Uptime Kuma, version 2.
    UptimeKuma,
    /// UptimeRobot, by its API.
    UptimeRobot,
    /// Nobody: `everup demo` made it up.
    Demo,
}

impl Source {
    /// Every source, in the order in which they are declared.
    pub const ALL: [Source; 3] = [Source::UptimeKuma, Source::UptimeRobot, Source::Demo];

    /// The word used in exports and the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Source::UptimeKuma => "uptime-kuma",
            Source::UptimeRobot => "uptimerobot",
            Source::Demo => "everup-demo",
        }
    }

    /// The source a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|source| source.word() == word)
    }
}

/// That some checks were never made by anybody: the words with which everything says so that
/// shows what they come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeUp {
    /// From the first of them to the end of the last; there may be others in between.
    pub span: Span,
}

impl MadeUp {
    /// What lies in `window` of the times whose checks were made up; `None` where nothing does.
    #[must_use]
    pub fn within<'a>(
        times: impl IntoIterator<Item = &'a Spans>,
        window: Span,
    ) -> Option<MadeUp> {
        let parts = times.into_iter().flat_map(|spans| spans.overlapping(window));
        let parts = parts.map(|span| MadeUp { span: span.cut(window) });
        parts.reduce(MadeUp::and)
    }

    /// Both as one.
    #[must_use]
    pub fn and(self, other: MadeUp) -> MadeUp {
        let (a, b) = (self.span, other.span);
        MadeUp { span: Span::new(a.from.min(b.from), a.to.max(b.to)) }
    }
}

/// Its name for people.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Source::UptimeKuma => "Uptime Kuma",
            Source::UptimeRobot => "UptimeRobot",
            Source::Demo => "everup demo",
        })
    }
}

/// What a source counted in a stretch of time, without saying when in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Who counted.
    pub source: Source,
    /// When; never empty.
    pub span: Span,
    /// Checks that it took as up.
    pub up: u64,
    /// Checks that it took as down.
    pub down: u64,
}

/// How a source says that the target was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Claim {
    /// It was up.
    Up,
    /// It was down.
    Down,
    /// The source did not look, because it was told not to.
    Paused,
    /// The source does not say.
    Unknown,
}

impl Claim {
    /// Every claim, in the order in which they are declared.
    pub const ALL: [Claim; 4] = [Claim::Up, Claim::Down, Claim::Paused, Claim::Unknown];

    /// The word used in exports and the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Claim::Up => "up",
            Claim::Down => "down",
            Claim::Paused => "paused",
            Claim::Unknown => "unknown",
        }
    }

    /// The claim a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Claim> {
        Claim::ALL.into_iter().find(|claim| claim.word() == word)
    }
}

/// A stretch of time of which a source says how the target was throughout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Who says so.
    pub source: Source,
    /// When; never empty. It may grow later: the newest one ended only where the source
    /// was asked.
    pub span: Span,
    /// How it was.
    pub claim: Claim,
    /// Why, as [`super::check::Evidence::clean`] leaves it; empty where nothing was said.
    pub reason: String,
}

/// Which kind of record an import brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Records {
    /// Single checks; these count.
    Checks,
    /// [`Count`]s.
    Counts,
    /// [`Stretch`]es.
    Stretches,
}

impl Records {
    /// Every kind, in the order in which they are declared.
    pub const ALL: [Records; 3] = [Records::Checks, Records::Counts, Records::Stretches];

    /// The word used in exports and the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Records::Checks => "checks",
            Records::Counts => "counts",
            Records::Stretches => "stretches",
        }
    }

    /// The kind a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Records> {
        Records::ALL.into_iter().find(|records| records.word() == word)
    }
}

/// Where records of one monitor came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who made them.
    pub source: Source,
    /// The name of the file they were read from, without its folder, as
    /// [`super::check::Evidence::clean`] leaves it.
    pub file: String,
    /// When they were read.
    pub imported_at: Timestamp,
    /// What they are.
    pub records: Records,
    /// The time that they speak of: no check of our own lies in it when they are checks.
    pub span: Span,
    /// How many there were that were not known yet.
    pub added: u64,
}

/// All that other monitors said of one monitor's target, each kind in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreign {
    /// Where it came from.
    pub origins: Vec<Origin>,
    /// What they counted. Those of one source never overlap.
    pub counts: Vec<Count>,
    /// How they say it was. Those of one source never overlap.
    pub stretches: Vec<Stretch>,
}

impl Foreign {
    /// The time whose checks were taken over from a source.
    #[must_use]
    pub fn checked_by(&self, source: Source) -> Spans {
        let of_checks = |of: &&Origin| of.records == Records::Checks && of.source == source;
        self.origins.iter().filter(of_checks).map(|origin| origin.span).collect()
    }

    /// The time whose checks were not our own.
    #[must_use]
    pub fn checked_elsewhere(&self) -> Spans {
        let of_checks = |origin: &&Origin| origin.records == Records::Checks;
        self.origins.iter().filter(of_checks).map(|origin| origin.span).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_comes_back() {
        for source in Source::ALL {
            assert_eq!(Source::from_word(source.word()), Some(source));
        }
        for claim in Claim::ALL {
            assert_eq!(Claim::from_word(claim.word()), Some(claim));
        }
        for records in Records::ALL {
            assert_eq!(Records::from_word(records.word()), Some(records));
        }
        assert_eq!(Source::from_word("Uptime Kuma"), None);
    }
}
