//! Durations as the file has them: `"500ms"`, `"60s"`, `"2m"`, `"1h"`, `"1d"`. Used for
//! every span of time in it; never rounds.

use super::reader::Reader;
use super::section::Field;
use super::setting::{Setting, Written};
use super::text::quoted;
use crate::domain::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use std::ops::RangeInclusive;
use toml::de::DeValue;

/// The units, from the longest.
const UNITS: [(&str, i64); 5] =
    [("d", DAY_MS), ("h", HOUR_MS), ("m", MINUTE_MS), ("s", SECOND_MS), ("ms", 1)];

/// What else people write for a unit.
const SPELLINGS: [(&str, &[&str]); 5] = [
    ("d", &["d", "day", "days"]),
    ("h", &["h", "hr", "hrs", "hour", "hours"]),
    ("m", &["m", "min", "mins", "minute", "minutes"]),
    ("s", &["s", "sec", "secs", "second", "seconds"]),
    ("ms", &["ms", "msec", "msecs", "millisecond", "milliseconds"]),
];

/// Reads a duration in milliseconds that must lie within `allowed_ms`.
pub(super) fn read(
    field: Option<Field>,
    allowed_ms: RangeInclusive<i64>,
    reader: &mut Reader,
) -> Setting<i64> {
    let Some(field) = field else { return Setting::Absent };
    if let DeValue::Integer(number) = field.value {
        let unit = format!("{number} has no unit; write it with one: \"{number}s\"");
        reader.mistake(&field.place, unit);
        return Setting::Wrong;
    }
    let example = "it as a string with a unit, like \"60s\"";
    let written = reader.parsed(&field, example, |text, told| {
        let ms = parse(text).ok_or_else(|| malformed(told))?;
        let (least, most) = (shown(*allowed_ms.start()), shown(*allowed_ms.end()));
        if ms < *allowed_ms.start() {
            return Err(format!("{told} is too short; write at least {least}"));
        }
        if ms > *allowed_ms.end() {
            return Err(format!("{told} is too long; write at most {most}"));
        }
        Ok((ms, told.to_owned()))
    });
    match written {
        Some((value, shown)) => Setting::Written(Written { value, shown, place: field.place }),
        None => Setting::Wrong,
    }
}

/// A duration as a command line has it, in milliseconds.
///
/// # Errors
/// What to write instead.
pub fn duration_ms(text: &str) -> Result<i64, String> {
    parse(text.trim()).ok_or_else(|| malformed(text))
}

/// The number at the start of a text, and what follows.
fn split(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// A duration's milliseconds.
fn parse(text: &str) -> Option<i64> {
    let (number, unit) = split(text);
    let (_, unit_ms) = UNITS.iter().find(|(name, _)| *name == unit)?;
    if number.is_empty() {
        return None;
    }
    // What does not fit is beyond all time: as long as can be.
    Some(number.parse().unwrap_or(i64::MAX).saturating_mul(*unit_ms))
}

/// What is said of a text that is no duration.
fn malformed(text: &str) -> String {
    let (number, unit) = split(text);
    let unit = unit.trim().to_ascii_lowercase();
    let meant = SPELLINGS.iter().find(|(_, spellings)| spellings.contains(&unit.as_str()));
    let text = quoted(text);
    match meant {
        Some((unit, _)) if !number.is_empty() => {
            format!("{text} is not a duration; write \"{number}{unit}\"")
        }
        None if unit.is_empty() && !number.is_empty() => {
            format!("{text} has no unit; write it with one: \"{number}s\"")
        }
        _ => format!(
            "{text} is not a duration; write one whole number and one of ms, s, m, h, d, \
             like \"90s\" for a minute and a half"
        ),
    }
}

/// A duration as one would write it: `59s`, `60s`, `5m`, `1500ms`, `1d`.
pub(super) fn shown(ms: i64) -> String {
    // A minute reads better as the 60 seconds that its neighbours are written in.
    let fits = |(unit, unit_ms): &&(&str, i64)| {
        ms % unit_ms == 0 && ms >= *unit_ms && (*unit != "m" || ms > MINUTE_MS)
    };
    let (unit, unit_ms) = UNITS.iter().find(fits).copied().unwrap_or(("ms", 1));
    format!("{}{unit}", ms / unit_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("500ms", 500, "500ms")]
    #[case("1s", 1_000, "1s")]
    #[case("60s", 60_000, "60s")]
    #[case("1m", 60_000, "60s")]
    #[case("90s", 90_000, "90s")]
    #[case("5m", 300_000, "5m")]
    #[case("1h", 3_600_000, "1h")]
    #[case("1d", 86_400_000, "1d")]
    #[case("2d", 172_800_000, "2d")]
    #[case("1500ms", 1_500, "1500ms")]
    #[case("0s", 0, "0ms")]
    fn a_duration_is_read_and_shown(#[case] text: &str, #[case] ms: i64, #[case] told: &str) {
        assert_eq!(parse(text), Some(ms));
        assert_eq!(shown(ms), told);
        assert_eq!(parse(told), Some(ms));
    }

    #[test]
    fn a_number_beyond_all_time_is_as_long_as_can_be() {
        assert_eq!(parse("99999999999999999999d"), Some(i64::MAX));
        assert_eq!(parse("9223372036854775807d"), Some(i64::MAX));
    }

    #[rstest]
    #[case("60", "write it with one: \"60s\"")]
    #[case("60 s", "write \"60s\"")]
    #[case("60S", "write \"60s\"")]
    #[case("2 minutes", "write \"2m\"")]
    #[case("1h 30m", "one whole number")]
    #[case("1.5s", "one whole number")]
    #[case("-1s", "one whole number")]
    #[case("", "one whole number")]
    #[case("s", "one whole number")]
    #[case("٣s", "one whole number")]
    fn a_malformed_duration_is_told_what_to_write(#[case] text: &str, #[case] told: &str) {
        assert_eq!(parse(text), None);
        let error = malformed(text);
        assert!(error.contains(told), "{error}");
    }
}
