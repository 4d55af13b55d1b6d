//! The figures of a window: what every report of a monitor or a group prints.

use super::outage::MonthOutage;
use crate::domain::bounds::{Bounds, Doubt};
use crate::domain::budget::Budget;
use crate::domain::class::Class;
use crate::domain::outage::Outage;
use crate::domain::percent::{self, Target, Verdict};
use crate::domain::span::{Span, Spans};
use crate::domain::timeline::Timeline;
use crate::domain::timestamp::Timestamp;
use crate::domain::uptime::{Ratio, Tally};

/// Bounds in data have more decimals than any figure, so that others can round them.
pub const BOUNDS_DECIMALS: u32 = 4;

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
    /// The time after `as_of` that will count if it is observed.
    pub to_come: Spans,
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

impl Shown {
    /// What people are shown of the uptime of some time: little coverage makes a figure
    /// partial, less makes it none.
    #[must_use]
    pub fn of(tally: &Tally, decimals: u32) -> Shown {
        const WHOLE_FROM: Ratio = Ratio { part: 99, whole: 100 };
        const FIGURE_FROM: Ratio = Ratio { part: 50, whole: 100 };
        let (Some(uptime), Some(coverage)) = (tally.uptime(), tally.coverage()) else {
            return Shown::Nothing;
        };
        let uptime = percent::shown(uptime, decimals);
        if coverage.at_least(WHOLE_FROM) {
            Shown::Figure(uptime)
        } else if coverage.at_least(FIGURE_FROM) {
            Shown::Partial(uptime)
        } else {
            Shown::RangeOnly
        }
    }
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
        to_come: Spans,
    ) -> Figures {
        let outages = (outages.iter())
            .filter_map(|outage| MonthOutage::of(outage, &timeline, as_of))
            .collect();
        Figures::with(timeline, doubt, as_of, outages, target, to_come)
    }

    /// The same, where the outages were cut to the window before.
    #[must_use]
    pub fn with(
        timeline: Timeline,
        doubt: Doubt,
        as_of: Timestamp,
        outages: Vec<MonthOutage>,
        target: Target,
        to_come: Spans,
    ) -> Figures {
        let tally = timeline.tally();
        let bounds = Bounds::of(&timeline, &doubt);
        Figures {
            as_of,
            tally,
            bounds,
            target,
            verdict: target.verdict(tally.uptime()),
            certain: target.is_certain(bounds),
            budget: Budget::of(target, &timeline, as_of, &to_come),
            outages,
            timeline,
            doubt,
            to_come,
        }
    }

    /// The same figures where another timeline and doubt hold: what was put in place of
    /// some of it changes the sums, and the downtime of the outages.
    #[must_use]
    pub fn replaced(&self, timeline: Timeline, doubt: Doubt) -> Figures {
        let measured = |outage: &MonthOutage| {
            let down_ms = timeline.tally_within(outage.span).down;
            (down_ms > 0).then(|| MonthOutage { down_ms, ..outage.clone() })
        };
        let outages = self.outages.iter().filter_map(measured).collect();
        Figures::with(timeline, doubt, self.as_of, outages, self.target, self.to_come.clone())
    }

    /// The same figures with those of a part of the window in place of their own.
    #[must_use]
    pub fn with_part(&self, part: &Figures) -> Figures {
        let window = part.timeline.window();
        let doubt = part.doubt.within(self.timeline.window());
        self.replaced(self.timeline.with(&part.timeline), self.doubt.with(&doubt, window))
    }

    /// The uptime as it is printed; `None` where nothing was observed.
    #[must_use]
    pub fn uptime_text(&self, decimals: u32) -> Option<String> {
        self.tally.uptime().map(|ratio| percent::shown(ratio, decimals))
    }

    /// When its life began, where that was after the window had begun.
    #[must_use]
    pub fn life_from(&self) -> Option<Timestamp> {
        let first = self.timeline.segments().first()?;
        let begins_in_it = first.class == Class::Outside && first.span.to < self.as_of;
        begins_in_it.then_some(first.span.to)
    }

    /// When its life ended, where that was before the figures end.
    #[must_use]
    pub fn life_to(&self) -> Option<Timestamp> {
        let last = self.timeline.segments().last()?;
        let ends_in_it = last.class == Class::Outside
            && last.span.from < self.as_of
            && last.span.from > self.timeline.window().from;
        ends_in_it.then_some(last.span.from)
    }

    /// The coverage as it is printed; `None` where nothing was eligible.
    #[must_use]
    pub fn coverage_text(&self, decimals: u32) -> Option<String> {
        self.tally.coverage().map(|ratio| percent::shown(ratio, decimals))
    }

    /// The bounds as they are printed, low and high: for people with the decimals of the
    /// figure, in data with [`BOUNDS_DECIMALS`].
    #[must_use]
    pub fn bounds_text(&self, decimals: u32) -> Option<(String, String)> {
        self.bounds.map(|Bounds { low, high }| {
            (percent::floored(low, decimals), percent::floored(high, decimals))
        })
    }

    /// How much time after [`Figures::as_of`] will count if it is observed: what the budget
    /// takes beside the time that was.
    #[must_use]
    pub fn ahead_ms(&self) -> i64 {
        let ahead = Span::new(self.as_of, self.timeline.window().to);
        self.to_come.within(ahead).length_ms()
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
