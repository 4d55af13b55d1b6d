//! What the true uptime lies between, because nobody sees what happens between two checks.
//!
//! Both sets of instants are kept apart from the figure, so that a group can be bounded
//! by what its members are bounded by.

use super::class::Class;
use super::ledger::Account;
use super::span::{Span, Spans};
use super::timeline::Timeline;
use super::uptime::Ratio;

/// What of the eligible time of a timeline was perhaps, and what surely, down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    /// Down, unknown, or next to a failure or a gap.
    pub perhaps_down: Spans,
    /// Between two contiguous failures of one outage.
    pub surely_down: Spans,
}

impl Doubt {
    /// The doubt of a monitor's timeline; `account` must be what that was made of.
    #[must_use]
    pub fn of(timeline: &Timeline, account: &Account) -> Doubt {
        let eligible = timeline.eligible();
        let perhaps_down = (account.known.doubt.intersect(&eligible))
            .union(&timeline.class(Class::Down))
            .union(&timeline.class(Class::Unknown));
        Doubt { perhaps_down, surely_down: account.known.sure.intersect(&eligible) }
    }

    /// The same doubt, as far as it lies in `window`.
    #[must_use]
    pub fn within(&self, window: Span) -> Doubt {
        Doubt {
            perhaps_down: self.perhaps_down.within(window),
            surely_down: self.surely_down.within(window),
        }
    }
}

impl Doubt {
    /// The same doubt with `part` in place of what it had in `window`.
    #[must_use]
    pub fn with(&self, part: &Doubt, window: Span) -> Doubt {
        let window_set = Spans::from(window);
        let replaced = |whole: &Spans, part: &Spans| {
            whole.subtract(&window_set).union(&part.within(window))
        };
        Doubt {
            perhaps_down: replaced(&self.perhaps_down, &part.perhaps_down),
            surely_down: replaced(&self.surely_down, &part.surely_down),
        }
    }
}

/// What the true uptime lies between, if the target changes its state at most once
/// between two contiguous checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// As if all that was perhaps down had been.
    pub low: Ratio,
    /// As if only what was surely down had been.
    pub high: Ratio,
}

impl Bounds {
    /// The bounds of a timeline with its doubt. `None` where nothing was eligible.
    #[must_use]
    pub fn of(timeline: &Timeline, doubt: &Doubt) -> Option<Bounds> {
        let whole = timeline.tally().eligible();
        Some(Bounds {
            low: Ratio::new(whole - doubt.perhaps_down.length_ms(), whole)?,
            high: Ratio::new(whole - doubt.surely_down.length_ms(), whole)?,
        })
    }
}
