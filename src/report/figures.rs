//! The figures of a window: what every report of a monitor or a group prints.

use super::outage::MonthOutage;
use crate::domain::bounds::{Bounds, Doubt};
use crate::domain::budget::Budget;
use crate::domain::outage::Outage;
use crate::domain::percent::{self, Target, Verdict};
use crate::domain::span::Spans;
use crate::domain::timeline::Timeline;
use crate::domain::timestamp::Timestamp;
use crate::domain::uptime::{Ratio, Tally};

/// What a window came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Where they end.
    pub as_of: Timestamp,
    /// What they are sums of.
    pub timeline: Timeline,
    /// What of that is in doubt.
    pub doubt: Doubt,
    /// Milliseconds by class; they add up to the window.
    pub tally: Tally,
    /// What the true uptime lies between; `None` where nothing was eligible.
    pub bounds: Option<Bounds>,
    /// What was promised.
    pub target: Target,
    /// Whether it was kept.
    pub verdict: Verdict,
    /// Whether the verdict is the same anywhere between the bounds.
    pub certain: bool,
    /// How much downtime the promise leaves.
    pub budget: Budget,
    /// The outages with downtime in the window, in order.
    pub outages: Vec<MonthOutage>,
}

/// What may be shown of an uptime where people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing was observed: no figure, and no range worth a line.
    Nothing,
    /// Under 50 % coverage: the bounds, and no figure.
    RangeOnly,
    /// Under 99 % coverage: the figure with "partial data" beside it.
    Partial(String),
    /// The figure.
    Figure(String),
}

impl Figures {
    /// The figures of a timeline with its doubt and the outages that touch it. `to_come`
    /// is the time after `as_of` that will count if it is observed.
    #[must_use]
    pub fn of(
        timeline: Timeline,
        doubt: Doubt,
        as_of: Timestamp,
        outages: &[Outage],
        target: Target,
        to_come: &Spans,
    ) -> Figures {
        let tally = timeline.tally();
        let bounds = Bounds::of(&timeline, &doubt);
        let outages = (outages.iter())
            .filter_map(|outage| MonthOutage::of(outage, &timeline, as_of))
            .collect();
        Figures {
            as_of,
            tally,
            bounds,
            target,
            verdict: target.verdict(tally.uptime()),
            certain: target.is_certain(bounds),
            budget: Budget::of(target, &timeline, as_of, to_come),
            outages,
            timeline,
            doubt,
        }
    }

    /// The uptime as it is printed; `None` where nothing was observed.
    #[must_use]
    pub fn uptime_text(&self, decimals: u32) -> Option<String> {
        self.tally.uptime().map(|ratio| percent::shown(ratio, decimals))
    }

    /// What people are shown: little coverage makes a figure partial, less makes it none.
    #[must_use]
    pub fn shown_uptime(&self, decimals: u32) -> Shown {
        const WHOLE_FROM: Ratio = Ratio { part: 99, whole: 100 };
        const FIGURE_FROM: Ratio = Ratio { part: 50, whole: 100 };
        match (self.uptime_text(decimals), self.tally.coverage()) {
            (Some(uptime), Some(coverage)) if coverage.at_least(WHOLE_FROM) => {
                Shown::Figure(uptime)
            }
            (Some(uptime), Some(coverage)) if coverage.at_least(FIGURE_FROM) => {
                Shown::Partial(uptime)
            }
            (Some(_), _) => Shown::RangeOnly,
            (None, _) => Shown::Nothing,
        }
    }

    /// The coverage as it is printed; `None` where nothing was eligible.
    #[must_use]
    pub fn coverage_text(&self, decimals: u32) -> Option<String> {
        self.tally.coverage().map(|ratio| percent::shown(ratio, decimals))
    }

    /// How many decimals bounds are printed with.
    pub const BOUND_DECIMALS: u32 = 4;

    /// The bounds as they are printed, low and high.
    #[must_use]
    pub fn bounds_text(&self) -> Option<(String, String)> {
        let text = |bound| percent::floored(bound, Self::BOUND_DECIMALS);
        self.bounds.map(|Bounds { low, high }| (text(low), text(high)))
    }

    /// What the verdict compares: the promise is kept where the first number reaches the
    /// second. `None` where nothing was observed.
    #[must_use]
    pub fn comparison(&self) -> Option<(i128, i128)> {
        let (uptime, target) = (self.tally.uptime()?, self.target.ratio());
        let product = |a: i64, b: i64| i128::from(a) * i128::from(b);
        Some((product(uptime.part, target.whole), product(uptime.whole, target.part)))
    }

    /// The longest downtime of one outage.
    #[must_use]
    pub fn longest_outage_ms(&self) -> Option<i64> {
        self.outages.iter().map(|outage| outage.down_ms).max()
    }

    /// The mean time to recovery: of the outages that began and ended in the window.
    #[must_use]
    pub fn recovery_ms(&self) -> Option<i64> {
        let recovered: Vec<i64> = (self.outages.iter())
            .filter(|outage| !outage.continued && !outage.ongoing)
            .map(|outage| outage.span.length_ms())
            .collect();
        let count = i64::try_from(recovered.len()).ok().filter(|count| *count > 0)?;
        Some(recovered.iter().sum::<i64>() / count)
    }
}
