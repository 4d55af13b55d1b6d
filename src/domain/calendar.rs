//! How time is cut into months: in one time zone, except where a month was closed in
//! another.
//!
//! Every report and page asks it where months begin. Months tile: each begins where the one
//! before it ends, also after the time zone was changed, so that no instant is in none of
//! them or in two. A closed month never moves, therefore its neighbours give way. It never
//! asks whether anything happened in a month.

use super::month::Month;
use super::period::Period;
use super::span::Span;
use super::timestamp::Timestamp;
use chrono_tz::Tz;
use std::sync::Arc;

/// Where a month was cut when it was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Which month.
    pub month: Month,
    /// Its instants.
    pub window: Span,
    /// The zone in which it begins.
    pub begins_in: Tz,
    /// The zone in which it ends.
    pub ends_in: Tz,
}

/// The beginning of a month that is that of another zone than the calendar's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seam {
    /// The month that begins there.
    pub month: Month,
    /// In which zone it does.
    pub zone: Tz,
}

/// How time is cut into months.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: Tz,
    /// The closed months, in order.
    closed: Arc<[Cut]>,
}

impl Seam {
    /// The zone in which a period with these seams begins, where that is another than its own.
    #[must_use]
    pub fn at_the_start(seams: &[Seam], period: Period) -> Option<Tz> {
        let first = period.months().first().copied()?;
        seams.iter().find(|seam| seam.month == first).map(|seam| seam.zone)
    }

    /// The zone in which it ends, where that is another than its own.
    #[must_use]
    pub fn at_the_end(seams: &[Seam], period: Period) -> Option<Tz> {
        let next = period.months().last()?.next();
        seams.iter().find(|seam| seam.month == next).map(|seam| seam.zone)
    }

    /// What to say of the seams of a period, which are in order, where its time is told.
    #[must_use]
    pub fn sentences(seams: &[Seam]) -> Vec<String> {
        let go_on = |a: &Seam, b: &Seam| a.zone == b.zone && a.month.next() == b.month;
        let sentence = |run: &[Seam]| {
            let (first, last) = (run.first()?, run.last()?);
            let (begun, over) = (first.month.name(), last.month.previous().name());
            Some(match run.len() {
                1 => format!(
                    "{over} ends and {begun} begins as in {}, the time zone of the report when \
                     one of them was closed.",
                    last.zone
                ),
                2 => format!(
                    "{over} begins and ends as in {}, the time zone of the report when it was \
                     closed.",
                    last.zone
                ),
                _ => format!(
                    "The months from {begun} to {over} begin and end as in {}, the time zone of \
                     the report when they were closed.",
                    last.zone
                ),
            })
        };
        seams.chunk_by(go_on).filter_map(sentence).collect()
    }
}

impl Calendar {
    /// The months of `zone`, around those that are `closed`, which are in order.
    #[must_use]
    pub fn new(zone: Tz, closed: Arc<[Cut]>) -> Calendar {
        Calendar { zone, closed }
    }

    /// The zone in which days are cut, and months that are not closed.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The instants of a month.
    #[must_use]
    pub fn month(&self, month: Month) -> Span {
        match self.closed(month) {
            Some(cut) => cut.window,
            None => Span::new(self.start(month).0, self.start(month.next()).0),
        }
    }

    /// The month that `at` lies in.
    #[must_use]
    pub fn around(&self, at: Timestamp) -> Month {
        let month = Month::around(at, self.zone);
        // No two zones are a month apart.
        [month, month.previous(), month.next()]
            .into_iter()
            .find(|near| self.month(*near).contains(at))
            .unwrap_or(month)
    }

    /// The instants of a period: those of its months, or its own.
    #[must_use]
    pub fn window(&self, period: Period) -> Span {
        match period {
            Period::Range(span) => span,
            calendar => {
                let months = calendar.months();
                let first = months.first().map(|month| self.month(*month).from);
                let last = months.last().map(|month| self.month(*month).to);
                // A calendar period has at least one month.
                Span::new(first.unwrap_or(Timestamp::MIN), last.unwrap_or(Timestamp::MIN))
            }
        }
    }

    /// Where the months of a period begin, or its last one ends, in another zone.
    #[must_use]
    pub fn seams(&self, period: Period) -> Vec<Seam> {
        let months = period.months();
        let ends = months.last().map(|last| last.next());
        (months.into_iter().chain(ends))
            .map(|month| Seam { month, zone: self.start(month).1 })
            .filter(|seam| seam.zone != self.zone)
            .collect()
    }

    /// Where a month begins, and in which zone that is so.
    fn start(&self, month: Month) -> (Timestamp, Tz) {
        if let Some(cut) = self.closed(month) {
            (cut.window.from, cut.begins_in)
        } else if let Some(cut) = self.closed(month.previous()) {
            (cut.window.to, cut.ends_in)
        } else {
            (month.window(self.zone).from, self.zone)
        }
    }

    fn closed(&self, month: Month) -> Option<&Cut> {
        let index = self.closed.binary_search_by_key(&month, |cut| cut.month).ok()?;
        self.closed.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timestamp::HOUR_MS;
    use chrono_tz::{America, Asia, Europe, Pacific};
    use proptest::prelude::*;
    use rstest::rstest;

    fn month(text: &str) -> Month {
        Month::parse(text).unwrap()
    }

    /// A calendar of `zone` after `text` was closed in `other`.
    fn changed(text: &str, other: Tz, zone: Tz) -> Calendar {
        let month = month(text);
        let cut = Cut { month, window: month.window(other), begins_in: other, ends_in: other };
        Calendar::new(zone, [cut].into())
    }

    #[rstest]
    #[case::to_the_west(Europe::Berlin, America::New_York, 5)]
    #[case::to_the_east(America::New_York, Asia::Tokyo, -13)]
    #[case::by_more_than_a_day(Pacific::Pago_Pago, Pacific::Kiritimati, -25)]
    fn the_neighbours_of_a_closed_month_give_way(
        #[case] other: Tz,
        #[case] zone: Tz,
        #[case] later_h: i64,
    ) {
        let calendar = changed("2026-10", other, zone);
        let (september, november) = (month("2026-09"), month("2026-11"));
        let closed = calendar.month(month("2026-10"));
        assert_eq!(closed, month("2026-10").window(other));
        assert_eq!(calendar.month(september).to, closed.from);
        assert_eq!(calendar.month(september).from, september.window(zone).from);
        assert_eq!(calendar.month(november).from, closed.to);
        assert_eq!(calendar.month(november).to, november.window(zone).to);
        let moved_ms = november.window(zone).from.since_ms(closed.to);
        assert_eq!(moved_ms, later_h * HOUR_MS);
        let seam = |text: &str| Seam { month: month(text), zone: other };
        assert_eq!(calendar.seams(Period::Month(november)), [seam("2026-11")]);
        assert_eq!(calendar.seams(Period::Month(month("2026-12"))), []);
        let quarter = Period::parse("2026-Q4").unwrap();
        assert_eq!(calendar.seams(quarter), [seam("2026-10"), seam("2026-11")]);
        assert_eq!(calendar.window(quarter).from, closed.from);
    }

    #[test]
    fn seams_are_told_in_sentences() {
        let seam = |text: &str, zone| Seam { month: month(text), zone };
        let told = Seam::sentences(&[
            seam("2026-02", Europe::Berlin),
            seam("2026-03", Europe::Berlin),
            seam("2026-04", Europe::Berlin),
            seam("2026-05", Asia::Tokyo),
            seam("2026-06", Asia::Tokyo),
            seam("2026-11", Asia::Tokyo),
        ]);
        let expected = [
            "The months from February 2026 to March 2026 begin and end as in Europe/Berlin, the \
             time zone of the report when they were closed.",
            "May 2026 begins and ends as in Asia/Tokyo, the time zone of the report when it was \
             closed.",
            "October 2026 ends and November 2026 begins as in Asia/Tokyo, the time zone of the \
             report when one of them was closed.",
        ];
        assert_eq!(told, expected);
        assert!(Seam::sentences(&[]).is_empty());
    }

    fn zones() -> impl Strategy<Value = Tz> {
        prop::sample::select(vec![
            Tz::UTC,
            Europe::Berlin,
            America::New_York,
            Asia::Kathmandu,
            Pacific::Apia,
            Pacific::Pago_Pago,
            Pacific::Kiritimati,
        ])
    }

    proptest! {
        /// However often the zone changes while months close one after another, every
        /// instant is in exactly one month, and that is the one that is found.
        #[test]
        fn months_tile_whatever_zones_they_were_closed_in(
            zones in prop::collection::vec(zones(), 1..12),
            last in self::zones(),
            closes in prop::collection::vec(any::<bool>(), 12),
        ) {
            let mut closed: Vec<Cut> = Vec::new();
            let mut next = month("2026-01");
            for (zone, closes) in zones.iter().zip(&closes) {
                let calendar = Calendar::new(*zone, closed.as_slice().into());
                if *closes {
                    let (begins_in, ends_in) =
                        (calendar.start(next).1, calendar.start(next.next()).1);
                    let window = calendar.month(next);
                    closed.push(Cut { month: next, window, begins_in, ends_in });
                }
                next = next.next();
            }
            let calendar = Calendar::new(last, closed.as_slice().into());
            let year = Period::parse("2026").unwrap();
            let mut end = calendar.window(year).from;
            for month in year.months() {
                let window = calendar.month(month);
                prop_assert_eq!(window.from, end);
                prop_assert!(window.from < window.to);
                prop_assert_eq!(calendar.around(window.from), month);
                prop_assert_eq!(calendar.around(window.to.plus_ms(-1)), month);
                end = window.to;
            }
            prop_assert_eq!(end, calendar.window(year).to);
        }
    }
}
