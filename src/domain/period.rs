//! What a report is about: a calendar month, quarter or year, or any range of time.

use super::month::{self, Month};
use super::span::Span;
use super::timestamp::{DAY_MS, Timestamp};
use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use std::fmt;

/// The longest range that a report can be asked for: ten years.
pub const RANGE_MS_MAX: i64 = 3_653 * DAY_MS;

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// A month, like `2026-11`.
    Month(Month),
    /// Three months that begin with this one, like `2026-Q4`.
    Quarter(Month),
    /// Twelve months that begin with this January, like `2026`.
    Year(Month),
    /// Any other time.
    Range(Span),
}

impl Period {
    /// Reads `2026-11`, `2026-Q4` or `2026`.
    ///
    /// # Errors
    /// A sentence that says how they are written.
    pub fn parse(text: &str) -> Result<Period, String> {
        let month = |text: &str| Month::parse(text).ok();
        if let Some((year, quarter)) = text.split_once("-Q") {
            let first = match quarter {
                "1" => "01",
                "2" => "04",
                "3" => "07",
                "4" => "10",
                _ => "",
            };
            if let Some(first) = month(&format!("{year}-{first}")) {
                return Ok(Period::Quarter(first));
            }
        } else if let Some(first) = month(&format!("{text}-01")) {
            return Ok(Period::Year(first));
        } else if let Some(month) = month(text) {
            return Ok(Period::Month(month));
        }
        Err(format!(
            "{text:?} is not a month; write it with four and two digits, like 2026-11, or a \
             quarter like 2026-Q4, or a year like 2026"
        ))
    }

    /// The range from `from` to `to`. A date stands for its local day in `zone`, the last
    /// one included; an instant with its zone stands for itself.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn range(from: &str, to: &str, zone: Tz) -> Result<Period, String> {
        let span = Span::new(first_instant(from, zone)?, end_instant(to, zone)?);
        if span.is_empty() {
            return Err("the range ends before it begins; from must be earlier than to".into());
        }
        if span.length_ms() > RANGE_MS_MAX {
            return Err("the range is longer than ten years; ask for a part of it".into());
        }
        Ok(Period::Range(span))
    }

    /// The quarter that `month` lies in.
    #[must_use]
    pub fn quarter_with(month: Month) -> Period {
        let into = month.first_day().month0() % 3;
        Period::Quarter((0..into).fold(month, |month, _| month.previous()))
    }

    /// The year that `month` lies in.
    #[must_use]
    pub fn year_with(month: Month) -> Period {
        let into = month.first_day().month0();
        Period::Year((0..into).fold(month, |month, _| month.previous()))
    }

    /// Its months, where it is made of whole ones.
    #[must_use]
    pub fn months(self) -> Vec<Month> {
        let (first, count) = match self {
            Period::Month(month) => (month, 1),
            Period::Quarter(first) => (first, 3),
            Period::Year(first) => (first, 12),
            Period::Range(_) => return Vec::new(),
        };
        std::iter::successors(Some(first), |month| Some(month.next()))
            .take(count)
            .collect()
    }

    /// The period of the same kind before this one; a range has none.
    #[must_use]
    pub fn previous(self) -> Option<Period> {
        let back = |month: Month, count| (0..count).fold(month, |month, _| month.previous());
        match self {
            Period::Month(month) => Some(Period::Month(month.previous())),
            Period::Quarter(first) => Some(Period::Quarter(back(first, 3))),
            Period::Year(first) => Some(Period::Year(back(first, 12))),
            Period::Range(_) => None,
        }
    }

    /// The period of the same kind after this one; a range has none.
    #[must_use]
    pub fn next(self) -> Option<Period> {
        let next = self.months().last()?.next();
        match self {
            Period::Month(_) => Some(Period::Month(next)),
            Period::Quarter(_) => Some(Period::Quarter(next)),
            Period::Year(_) => Some(Period::Year(next)),
            Period::Range(_) => None,
        }
    }

    /// Its name within a sentence: `the 4th quarter of 2026`, otherwise as [`Period::name`].
    #[must_use]
    pub fn in_sentence(self, zone: Tz) -> String {
        let article = if matches!(self, Period::Quarter(_)) { "the " } else { "" };
        format!("{article}{}", self.name(zone))
    }

    /// Its name for people: `November 2026`, `4th quarter of 2026`, `2026`, or the range.
    #[must_use]
    pub fn name(self, zone: Tz) -> String {
        const ORDINALS: [&str; 4] = ["1st", "2nd", "3rd", "4th"];
        match self {
            Period::Month(month) => month.name(),
            Period::Quarter(first) => {
                let ordinal = ORDINALS[quarter_of(first) - 1];
                format!("{ordinal} quarter of {}", first.first_day().format("%Y"))
            }
            Period::Year(first) => first.first_day().format("%Y").to_string(),
            Period::Range(span) => {
                let whole =
                    |at: Timestamp| month::start_of(month::local_date(at, zone), zone) == at;
                if whole(span.from) && whole(span.to) {
                    let first = month::local_date(span.from, zone);
                    let last = month::local_date(span.to.plus_ms(-1), zone);
                    if first == last { first.to_string() } else { format!("{first} to {last}") }
                } else {
                    month::local_range(span, zone, month::TO_THE_SECOND)
                }
            }
        }
    }
}

/// Which quarter begins with `month`, from 1.
fn quarter_of(month: Month) -> usize {
    // A month is 1 to 12.
    (month.first_day().month0() / 3) as usize + 1
}

/// Where a time begins that someone asks for: an instant, or the start of a local day.
///
/// # Errors
/// A sentence that says how either is written.
pub fn first_instant(text: &str, zone: Tz) -> Result<Timestamp, String> {
    edge(text, |date| Some(month::start_of(date, zone)))
}

/// Where a time ends that someone asks for: an instant, or the end of a local day.
///
/// # Errors
/// A sentence that says how either is written.
pub fn end_instant(text: &str, zone: Tz) -> Result<Timestamp, String> {
    edge(text, |date| date.succ_opt().map(|next| month::start_of(next, zone)))
}

fn edge(
    text: &str,
    of_date: impl Fn(NaiveDate) -> Option<Timestamp>,
) -> Result<Timestamp, String> {
    let expected = || {
        let hint = if has_lost_its_plus(text) {
            "; the + of a zone is written %2B in an address"
        } else {
            ""
        };
        format!(
            "{text:?} is neither a date like 2026-11-01 nor an instant like \
             2026-11-01T00:00:00Z{hint}"
        )
    };
    let digits = |part: &str| part.len() == 10 && part.is_ascii();
    let at = match text.parse::<NaiveDate>() {
        Ok(date) if digits(text) => of_date(date).ok_or_else(expected)?,
        _ => Timestamp::parse_rfc3339(text).map_err(|_| expected())?,
    };
    if (Timestamp::MIN..=Timestamp::MAX).contains(&at) { Ok(at) } else { Err(expected()) }
}

/// Whether it is an instant but for a space, which a `+` in an address stands for.
fn has_lost_its_plus(text: &str) -> bool {
    let parts = text.rsplit_once(' ');
    parts.is_some_and(|(at, zone)| Timestamp::parse_rfc3339(&format!("{at}+{zone}")).is_ok())
}

/// As it is written in an address: `2026-11`, `2026-Q4`, `2026`, or both instants.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Period::Month(month) => month.fmt(f),
            Period::Quarter(first) => {
                write!(f, "{}-Q{}", first.first_day().format("%Y"), quarter_of(*first))
            }
            Period::Year(first) => write!(f, "{}", first.first_day().format("%Y")),
            Period::Range(span) => write!(f, "{}/{}", span.from, span.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Calendar;
    use rstest::rstest;

    const BERLIN: Tz = chrono_tz::Europe::Berlin;

    fn length_ms(range: Period) -> i64 {
        let Period::Range(span) = range else { panic!("{range} is no range") };
        span.length_ms()
    }

    #[rstest]
    #[case("2026-11", "November 2026", "November 2026", 1)]
    #[case("2026-Q4", "4th quarter of 2026", "the 4th quarter of 2026", 3)]
    #[case("2026-Q1", "1st quarter of 2026", "the 1st quarter of 2026", 3)]
    #[case("2026", "2026", "2026", 12)]
    fn a_period_comes_back_from_its_text(
        #[case] text: &str,
        #[case] name: &str,
        #[case] in_sentence: &str,
        #[case] months: usize,
    ) {
        let period = Period::parse(text).unwrap();
        assert_eq!(period.to_string(), text);
        assert_eq!(period.name(BERLIN), name);
        assert_eq!(period.in_sentence(BERLIN), in_sentence);
        assert_eq!(period.months().len(), months);
        assert_eq!(period.next().unwrap().previous(), Some(period));
        let calendar = Calendar::new(BERLIN, [].into());
        let next = calendar.window(period.next().unwrap());
        assert_eq!(next.from, calendar.window(period).to);
    }

    #[test]
    fn a_month_lies_in_a_quarter_and_a_year() {
        let month = Month::parse("2026-11").unwrap();
        assert_eq!(Period::quarter_with(month).to_string(), "2026-Q4");
        assert_eq!(Period::year_with(month).to_string(), "2026");
    }

    #[rstest]
    #[case("2026-1")]
    #[case("2026-Q5")]
    #[case("2026-Q04")]
    #[case("2026-q4")]
    #[case("26")]
    #[case("2026-11-01")]
    #[case("")]
    fn a_malformed_period_is_told_how_to_be_written(#[case] text: &str) {
        let error = Period::parse(text).unwrap_err();
        assert!(error.contains("like 2026-11, or"), "{error}");
    }

    #[test]
    fn a_range_of_dates_holds_its_last_day_and_knows_its_zone() {
        let range = Period::range("2026-10-25", "2026-10-25", BERLIN).unwrap();
        assert_eq!(length_ms(range), 25 * 3_600_000);
        assert_eq!(range.name(BERLIN), "2026-10-25");
        let two = Period::range("2026-10-25", "2026-10-26", BERLIN).unwrap();
        assert_eq!(two.name(BERLIN), "2026-10-25 to 2026-10-26");
        let exact =
            Period::range("2026-11-01T00:00:00Z", "2026-11-01T00:00:01Z", BERLIN).unwrap();
        assert_eq!(length_ms(exact), 1_000);
        assert_eq!(exact.name(BERLIN), "2026-11-01 01:00:00 to 01:00:01");
        let doubled =
            Period::range("2026-10-25T00:45:00Z", "2026-10-25T01:15:00Z", BERLIN).unwrap();
        let name = "2026-10-25 02:45:00 +02:00 to 02:15:00 +01:00";
        assert_eq!(doubled.name(BERLIN), name);
    }

    #[rstest]
    #[case("2026-11-02", "2026-11-01", "ends before it begins")]
    #[case("1926-11-01", "2026-11-01", "longer than ten years")]
    #[case("yesterday", "2026-11-01", "neither a date")]
    #[case("2026-11-01T00:00:00", "2026-11-02", "neither a date")]
    #[case("+262142-12-31", "2026-11-02", "neither a date")]
    #[case("2026-11-01T00:00:00 01:00", "2026-11-02", "+ of a zone is written %2B")]
    #[case("2026-11-01 00:00:00", "2026-11-02", "like 2026-11-01T00:00:00Z")]
    fn a_bad_range_is_told_what_is_wrong(
        #[case] from: &str,
        #[case] to: &str,
        #[case] expected: &str,
    ) {
        let error = Period::range(from, to, BERLIN).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
