//! What visitors of a balancer saw beside what its backends went through, in one sentence:
//! `Web 1 was down for 11 min; visitors saw 0 errors of 84,212 requests`. A group has it whose
//! id is that of a balancer. Printed by every form but the CSV; it never divides.

use super::explain::words::grouped;
use super::headline::Piece;
use super::period::{GroupRow, PeriodReport};
use crate::domain::duration;
use crate::domain::month::{TO_THE_SECOND, local_time};
use crate::domain::requests::Requests;
use crate::domain::span::Span;
use crate::domain::timestamp::{MINUTE_MS, Timestamp};
use crate::store::requests::Kept;
use chrono_tz::Tz;

/// Less than this is not called a hole: the newest minute is kept when it is over, and
/// a restart takes some seconds.
const HOLE_MS_MIN: i64 = 2 * MINUTE_MS;

/// Who was down longest is named; more names make no sentence.
const NAMED_MAX: usize = 3;

/// What visitors of a balancer saw in some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitors {
    /// Their requests.
    pub requests: Requests,
    /// The first instant of that time at which they were counted; `None` if at none.
    pub counted_from: Option<Timestamp>,
    /// For how long of it they were, in milliseconds.
    pub counted_ms: i64,
}

impl Visitors {
    /// What is kept of a balancer within `window`.
    #[must_use]
    pub fn of(kept: &Kept, window: Span) -> Visitors {
        let counted = kept.counted.within(window);
        Visitors {
            requests: kept.total,
            counted_from: counted.as_slice().first().map(|span| span.from),
            counted_ms: counted.length_ms(),
        }
    }

    /// What they saw while each of `down` was down for so many milliseconds; of a time that
    /// is over up to its end. Without a full stop, and with its instant in `zone`.
    #[must_use]
    pub fn sentence(&self, down: &[(&str, i64)], time: Span, zone: Tz) -> String {
        let say = |piece| match piece {
            Piece::Text(text) | Piece::Name(text) => text,
            Piece::At(at) | Piece::Until(Span { to: at, .. }) => {
                local_time(at, zone, TO_THE_SECOND).to_string()
            }
        };
        self.pieces(down, time).into_iter().map(say).collect()
    }

    /// The same in pieces, for pages, whose instants are in their visitor's zone.
    #[must_use]
    pub fn pieces(&self, down: &[(&str, i64)], time: Span) -> Vec<Piece> {
        let Requests { abandoned, .. } = self.requests;
        let mut text = format!("{}; {}", who_was_down(down), self.seen());
        if abandoned > 0 {
            let left = if abandoned == 1 { "its" } else { "their" };
            text += &format!(
                ", and {} left before {left} answer was whole",
                grouped(i128::from(abandoned))
            );
        }
        let mut pieces = vec![Piece::Text(text)];
        pieces.extend(self.hole(time));
        pieces
    }

    fn seen(&self) -> String {
        let (errors, total) = (self.requests.errors(), self.requests.total());
        if total == 0 && self.counted_from.is_none() {
            return "requests were not counted".to_owned();
        }
        if total == 0 {
            return "there were no requests".to_owned();
        }
        let plural = |count: u64, one: &str| {
            let ending = if count == 1 { "" } else { "s" };
            format!("{} {one}{ending}", grouped(i128::from(count)))
        };
        format!("visitors saw {} of {}", plural(errors, "error"), plural(total, "request"))
    }

    /// What of the time is not known.
    fn hole(&self, time: Span) -> Vec<Piece> {
        let text = |text: &str| Piece::Text(text.to_owned());
        let hole_ms = time.length_ms() - self.counted_ms;
        let Some(from) = self.counted_from else {
            let is_said = self.requests.total() == 0;
            return if is_said { vec![] } else { vec![text(" (requests were not counted)")] };
        };
        if hole_ms < HOLE_MS_MIN {
            return vec![];
        }
        let within_ms = time.to.since_ms(from) - self.counted_ms;
        if within_ms < HOLE_MS_MIN {
            return vec![text(" (counted since "), Piece::At(from), text(")")];
        }
        let lost = format!(
            "not counted for {} in which the balancer did not run or its counts were lost)",
            duration::in_words(within_ms)
        );
        if from.since_ms(time.from) < HOLE_MS_MIN {
            return vec![Piece::Text(format!(" ({lost}"))];
        }
        let but = Piece::Text(format!(", but {lost}"));
        vec![text(" (counted since "), Piece::At(from), but]
    }
}

fn who_was_down(down: &[(&str, i64)]) -> String {
    let mut down: Vec<_> = down.iter().filter(|(_, ms)| *ms > 0).collect();
    down.sort_by_key(|(_, ms)| std::cmp::Reverse(*ms));
    if down.is_empty() {
        return "No backend was down".to_owned();
    }
    let more = down.len().saturating_sub(NAMED_MAX);
    let named: Vec<String> = (down.iter().take(NAMED_MAX))
        .map(|(name, ms)| format!("{name} was down for {}", duration::in_words(*ms)))
        .collect();
    let more = if more > 0 { format!(" and {more} more were") } else { String::new() };
    named.join(", ") + &more
}

impl GroupRow {
    /// What the visitors of a balancer saw in the period of `report`; `None` of any other
    /// group. Without a full stop.
    #[must_use]
    pub fn visitors_sentence(&self, report: &PeriodReport) -> Option<String> {
        let visitors = self.visitors.as_ref()?;
        let rows = report.monitors.iter().filter(|row| self.members.contains(&row.id));
        let down: Vec<(&str, i64)> =
            rows.map(|row| (row.name.as_str(), row.figures.tally.down)).collect();
        let end = report.window.to.min(report.as_of);
        let time = Span::new(report.window.from, end.max(report.window.from));
        Some(visitors.sentence(&down, time, report.zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-01T00:00:00Z, and an hour from then.
    const FROM: Timestamp = Timestamp(1_793_491_200_000);
    const HOUR: Span = Span { from: FROM, to: Timestamp(FROM.0 + 60 * MINUTE_MS) };

    fn visitors(from_min: i64, counted_min: i64, requests: Requests) -> Visitors {
        let counted_from = (counted_min > 0).then(|| FROM.plus_ms(from_min * MINUTE_MS));
        Visitors { requests, counted_from, counted_ms: counted_min * MINUTE_MS }
    }

    fn said(visitors: &Visitors, down: &[(&str, i64)]) -> String {
        visitors.sentence(down, HOUR, Tz::UTC)
    }

    #[test]
    fn errors_are_told_of_all_requests_and_who_left_apart() {
        let all = Requests { answered: 84_211, abandoned: 1, ..Requests::default() };
        let down = [("A", 11 * MINUTE_MS), ("B", 0)];
        assert_eq!(
            said(&visitors(0, 60, all), &down),
            "A was down for 11 min; visitors saw 0 errors of 84,212 requests, and 1 left before \
             its answer was whole"
        );
        let one = Requests { failed: 1, ..Requests::default() };
        let expected = "No backend was down; visitors saw 1 error of 1 request";
        assert_eq!(said(&visitors(0, 60, one), &[]), expected);
        let none = visitors(0, 60, Requests::default());
        assert_eq!(said(&none, &[]), "No backend was down; there were no requests");
    }

    #[test]
    fn the_three_that_were_down_longest_are_named() {
        let down = [("A", 60_000), ("B", 120_000), ("C", 1_000), ("D", 180_000), ("E", 2_000)];
        let told = said(&visitors(0, 60, Requests::default()), &down);
        assert!(
            told.starts_with(
                "D was down for 3 min, B was down for 2 min, A was down for 1 min and 2 more \
                 were; "
            ),
            "{told}"
        );
    }

    #[test]
    fn a_hole_is_told_and_never_hidden() {
        let some = Requests { answered: 7, ..Requests::default() };
        let told = |from, counted| said(&visitors(from, counted, some), &[]);
        let plain = "No backend was down; visitors saw 0 errors of 7 requests";
        assert_eq!(told(0, 59), plain);
        assert_eq!(told(10, 49), format!("{plain} (counted since 2026-11-01 00:10:00)"));
        let hole = "in which the balancer did not run or its counts were lost)";
        assert_eq!(told(0, 50), format!("{plain} (not counted for 10 min {hole}"));
        assert_eq!(
            told(10, 40),
            format!(
                "{plain} (counted since 2026-11-01 00:10:00, but not counted for 10 min {hole}"
            )
        );
        assert_eq!(told(0, 0), format!("{plain} (requests were not counted)"));
    }
}
