//! The figures: sums of classes, and exact ratios.

use super::class::Class;
use std::iter::Sum;

/// An exact fraction of two durations, between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// Milliseconds above the line; never negative nor above `whole`.
    pub part: i64,
    /// Milliseconds below the line; above 0.
    pub whole: i64,
}

impl Ratio {
    /// `part` of `whole`; `None` where `whole` is nothing.
    #[must_use]
    pub fn new(part: i64, whole: i64) -> Option<Ratio> {
        (whole > 0).then_some(Ratio { part, whole })
    }

    /// Whether this fraction is at least `other`, by cross-multiplication.
    #[must_use]
    pub fn at_least(self, other: Ratio) -> bool {
        i128::from(self.part) * i128::from(other.whole)
            >= i128::from(other.part) * i128::from(self.whole)
    }
}

/// Milliseconds by class. They add up to the window they were counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Before creation, after removal, after `as_of`.
    pub outside: i64,
    /// Paused.
    pub paused: i64,
    /// Announced maintenance.
    pub maintenance: i64,
    /// Up.
    pub up: i64,
    /// Up, but slow.
    pub degraded: i64,
    /// Down.
    pub down: i64,
    /// Not observed.
    pub unknown: i64,
}

/// The tally of windows that follow each other.
impl<'a> Sum<&'a Tally> for Tally {
    fn sum<I: Iterator<Item = &'a Tally>>(tallies: I) -> Tally {
        tallies.fold(Tally::default(), |sum, tally| Tally {
            outside: sum.outside + tally.outside,
            paused: sum.paused + tally.paused,
            maintenance: sum.maintenance + tally.maintenance,
            up: sum.up + tally.up,
            degraded: sum.degraded + tally.degraded,
            down: sum.down + tally.down,
            unknown: sum.unknown + tally.unknown,
        })
    }
}

impl Tally {
    /// Adds time of a class.
    pub fn add(&mut self, class: Class, ms: i64) {
        let sum = match class {
            Class::Outside => &mut self.outside,
            Class::Paused => &mut self.paused,
            Class::Maintenance => &mut self.maintenance,
            Class::Down => &mut self.down,
            Class::Degraded => &mut self.degraded,
            Class::Up => &mut self.up,
            Class::Unknown => &mut self.unknown,
        };
        *sum += ms;
    }

    /// The whole window.
    #[must_use]
    pub fn window(&self) -> i64 {
        self.outside + self.paused + self.maintenance + self.eligible()
    }

    /// The time that could count.
    #[must_use]
    pub fn eligible(&self) -> i64 {
        self.observed() + self.unknown
    }

    /// The time that does count.
    #[must_use]
    pub fn observed(&self) -> i64 {
        self.up + self.degraded + self.down
    }

    /// Up of observed; `None` where nothing was observed.
    #[must_use]
    pub fn uptime(&self) -> Option<Ratio> {
        Ratio::new(self.up + self.degraded, self.observed())
    }

    /// Observed of eligible; `None` where nothing was eligible.
    #[must_use]
    pub fn coverage(&self) -> Option<Ratio> {
        Ratio::new(self.observed(), self.eligible())
    }
}
