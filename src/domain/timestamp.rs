//! An instant, to the millisecond.
//!
//! Every floor above speaks of instants in this type; only `clock.rs` makes one
//! from the system's clock. Durations are plain `i64` milliseconds, and their
//! names end in `_ms`.

use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt;

/// Milliseconds in a second.
pub const SECOND_MS: i64 = 1_000;
/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds in 24 hours of elapsed time (not a calendar day, which may have 23 or 25).
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// An instant in UTC: signed milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Before every instant that everup can print: 0001-01-01T00:00:00Z.
    pub const MIN: Timestamp = Timestamp(-62_135_596_800_000);
    /// After every instant that everup can print: 9999-12-31T23:59:59.999Z.
    pub const MAX: Timestamp = Timestamp(253_402_300_799_999);

    /// This instant moved by `ms` milliseconds, held between [`Self::MIN`] and [`Self::MAX`].
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(ms)).clamp(Self::MIN, Self::MAX)
    }

    /// Milliseconds from `earlier` to this instant; negative when it is the later one.
    #[must_use]
    pub fn since_ms(self, earlier: Timestamp) -> i64 {
        self.0 - earlier.0
    }

    /// Reads an instant as RFC 3339 writes it, with its zone (`2026-11-01T00:00:00Z`,
    /// `2026-11-01T01:00:00.250+01:00`). What is finer than a millisecond is cut.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    pub fn parse_rfc3339(text: &str) -> Result<Timestamp, String> {
        let expected = || {
            format!(
                "{text:?} is not an instant; write it with its zone, like 2026-11-01T00:00:00Z"
            )
        };
        let at = DateTime::parse_from_rfc3339(text.trim()).map_err(|_| expected())?;
        let at = Timestamp(at.timestamp_millis());
        if (Self::MIN..=Self::MAX).contains(&at) { Ok(at) } else { Err(expected()) }
    }

    /// The calendar's view of this instant.
    #[must_use]
    pub fn to_utc(self) -> DateTime<Utc> {
        // A `Timestamp` outside chrono's years can only be made by hand from a
        // number; it is then shown as the nearest instant that can be printed.
        DateTime::from_timestamp_millis(self.0.clamp(Self::MIN.0, Self::MAX.0))
            .unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// With exactly three decimals, as exports have it: `2026-11-01T00:00:00.000Z`.
    #[must_use]
    pub fn to_rfc3339_ms(self) -> String {
        self.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

/// Shortest exact form in UTC: whole seconds without decimals, otherwise three.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = if self.0.rem_euclid(SECOND_MS) == 0 {
            SecondsFormat::Secs
        } else {
            SecondsFormat::Millis
        };
        f.write_str(&self.to_utc().to_rfc3339_opts(format, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_comes_back_from_its_text() {
        for ms in [0, -1, 1, 1_793_487_600_000, Timestamp::MIN.0, Timestamp::MAX.0] {
            let at = Timestamp(ms);
            assert_eq!(Timestamp::parse_rfc3339(&at.to_string()), Ok(at));
            assert_eq!(Timestamp::parse_rfc3339(&at.to_rfc3339_ms()), Ok(at));
        }
    }

    #[test]
    fn whole_seconds_are_printed_without_decimals() {
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp(1).to_string(), "1970-01-01T00:00:00.001Z");
        assert_eq!(Timestamp(0).to_rfc3339_ms(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_time_without_a_zone_is_refused() {
        let error = Timestamp::parse_rfc3339("2026-11-01T00:00:00").unwrap_err();
        assert!(error.contains("with its zone"), "{error}");
    }
}
