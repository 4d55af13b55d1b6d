//! How much downtime a promise leaves: allowed, used, and when it will be gone.

use super::class::Class;
use super::percent::Target;
use super::span::{Span, Spans};
use super::timeline::Timeline;
use super::timestamp::Timestamp;

/// The error budget of a window: the downtime with which its uptime still reaches the
/// target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How much downtime is allowed, in milliseconds: of the time that was observed and,
    /// while the window runs, the time that is left to be observed.
    pub allowed_ms: i64,
    /// How much there was.
    pub used_ms: i64,
    /// When it was used up, or at this pace will be; `None` where it lasts.
    pub lost_at: Option<Timestamp>,
}

impl Budget {
    /// What is left; below zero where more was used than is allowed.
    #[must_use]
    pub fn left_ms(&self) -> i64 {
        self.allowed_ms - self.used_ms
    }

    /// The budget of a timeline whose figures end at `as_of`. `to_come` is the time
    /// that will count if all of it is observed: without planned maintenance and pauses.
    #[must_use]
    pub fn of(
        target: Target,
        timeline: &Timeline,
        as_of: Timestamp,
        to_come: &Spans,
    ) -> Budget {
        let tally = timeline.tally();
        let ahead = to_come.within(Span::new(as_of, timeline.window().to));
        let allowed_ms = target.allowed_ms(tally.observed() + ahead.length_ms());
        let used_ms = tally.down;
        let lost_at = if used_ms > allowed_ms {
            spent_at(&timeline.class(Class::Down), allowed_ms)
        } else if used_ms > 0 {
            // At this pace: every observed millisecond costs `used / observed`.
            let left = i128::from(allowed_ms - used_ms) * i128::from(tally.observed());
            let lasts_ms = left / i128::from(used_ms);
            i64::try_from(lasts_ms).ok().and_then(|ms| spent_at(&ahead, ms))
        } else {
            None
        };
        Budget { allowed_ms, used_ms, lost_at }
    }
}

/// The instant at which more than `ms` of `spans` have passed; `None` if that never is.
fn spent_at(spans: &Spans, mut ms: i64) -> Option<Timestamp> {
    for span in spans.as_slice() {
        if ms < span.length_ms() {
            return Some(span.from.plus_ms(ms));
        }
        ms -= span.length_ms();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timestamp::DAY_MS;

    const MONTH_MS: i64 = 30 * DAY_MS;

    fn span(from: i64, to: i64) -> Spans {
        Spans::from(Span::new(Timestamp(from), Timestamp(to)))
    }

    /// A month that was up until `as_of` but for `down`.
    fn budget(target: &str, down: &Spans, as_of: i64) -> Budget {
        let window = Span::new(Timestamp(0), Timestamp(MONTH_MS));
        let layers = [
            (Class::Up, &span(0, as_of)),
            (Class::Down, down),
            (Class::Outside, &span(as_of, MONTH_MS)),
        ];
        let timeline = Timeline::layered(window, layers);
        let target = Target::parse(target).unwrap();
        Budget::of(target, &timeline, Timestamp(as_of), &Spans::from(window))
    }

    #[test]
    fn a_month_of_30_days_at_99_9_allows_43_minutes_12_seconds() {
        let budget = budget("99.9", &Spans::empty(), 0);
        assert_eq!((budget.allowed_ms, budget.used_ms), (2_592_000, 0));
        assert_eq!((budget.left_ms(), budget.lost_at), (2_592_000, None));
    }

    #[test]
    fn a_pace_that_lasts_loses_nothing_and_a_faster_one_tells_the_day() {
        // 20 minutes in 10 days are an hour in 30, and 43 minutes are gone on day 21.6.
        let fast = budget("99.9", &span(0, 20 * 60_000), 10 * DAY_MS);
        assert_eq!(fast.lost_at, Some(Timestamp(216 * DAY_MS / 10)));
        let slow = budget("99.9", &span(0, 14 * 60_000), 10 * DAY_MS);
        assert_eq!(slow.lost_at, None);
    }

    #[test]
    fn a_budget_that_is_used_up_tells_when_it_was() {
        let lost = budget("99.9", &span(DAY_MS, 2 * DAY_MS), 10 * DAY_MS);
        assert_eq!(lost.left_ms(), 2_592_000 - DAY_MS);
        assert_eq!(lost.lost_at, Some(Timestamp(DAY_MS + 2_592_000)));
        let just = budget("99.9", &span(0, 2_592_000), MONTH_MS);
        assert_eq!((just.left_ms(), just.lost_at), (0, None));
    }
}
