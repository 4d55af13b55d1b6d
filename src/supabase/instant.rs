//! Instants as PostgreSQL writes them. A `timestamptz` comes with an offset; a plain
//! `timestamp` has none and means UTC.

use crate::domain::timestamp::Timestamp;
use chrono::{DateTime, NaiveDateTime};

/// Longer than any instant is written; what is longer is none.
const CHARS_MAX: usize = 40;

/// What is finer than a millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finer {
    /// Is cut.
    Cut,
    /// Counts as a whole one: an announcement is never earlier than it was.
    Up,
}

/// Reads `2026-12-01T02:00:00+00:00`, with or without decimals, a `T` and an offset.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse(text: &str, finer: Finer) -> Result<Timestamp, String> {
    let shown: String = text.chars().take(CHARS_MAX).collect();
    let wrong = || {
        format!(
            "{shown:?} is not an instant; make its column timestamptz, which is written 2026-12-01T02:00:00+00:00"
        )
    };
    if shown.len() < text.len() {
        return Err(wrong());
    }
    let at = with_offset(text.trim())
        .or_else(|| naive(text.trim()).map(|at| at.and_utc().fixed_offset()))
        .ok_or_else(wrong)?;
    let below_ms = at.timestamp_subsec_nanos() % 1_000_000;
    let more = i64::from(finer == Finer::Up && below_ms > 0);
    let at = Timestamp(at.timestamp_millis() + more);
    if (Timestamp::MIN..=Timestamp::MAX).contains(&at) { Ok(at) } else { Err(wrong()) }
}

fn with_offset(text: &str) -> Option<DateTime<chrono::FixedOffset>> {
    // PostgreSQL itself leaves the minutes of an offset out where they are 0.
    ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z"]
        .iter()
        .find_map(|format| DateTime::parse_from_str(text, format).ok())
}

fn naive(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2026-12-01T02:00:00+00:00", 1_796_090_400_000)]
    #[case("2026-12-01T02:00:00Z", 1_796_090_400_000)]
    #[case("2026-12-01T02:00:00", 1_796_090_400_000)]
    #[case("2026-12-01 02:00:00", 1_796_090_400_000)]
    #[case("2026-12-01 02:00:00+00", 1_796_090_400_000)]
    #[case("2026-12-01T07:30:00+05:30", 1_796_090_400_000)]
    #[case("2026-12-01T02:00:00.1239+00:00", 1_796_090_400_123)]
    fn an_instant_is_read_as_a_database_writes_it(#[case] text: &str, #[case] at: i64) {
        assert_eq!(parse(text, Finer::Cut), Ok(Timestamp(at)));
    }

    #[test]
    fn an_announcement_is_never_earlier_than_it_was() {
        let text = "2026-12-01T02:00:00.000001+00:00";
        assert_eq!(parse(text, Finer::Up), Ok(Timestamp(1_796_090_400_001)));
        assert_eq!(parse("2026-12-01T02:00:00Z", Finer::Up), Ok(Timestamp(1_796_090_400_000)));
    }

    #[rstest]
    #[case("infinity")]
    #[case("-infinity")]
    #[case("2026-12-01")]
    #[case("2026-02-30T00:00:00Z")]
    #[case("20000-01-01T00:00:00+00:00")]
    #[case("0044-03-15T00:00:00+00:00 BC")]
    #[case("")]
    #[case("tomorrow")]
    fn what_is_no_instant_is_told(#[case] text: &str) {
        let error = parse(text, Finer::Cut).unwrap_err();
        assert!(error.contains("make its column timestamptz"), "{error}");
    }

    #[test]
    fn what_is_far_too_long_is_not_quoted_whole() {
        let error = parse(&"9".repeat(1_000_000), Finer::Cut).unwrap_err();
        assert!(error.len() < 200, "{error}");
    }
}
