//! Durations in words. Exact ones stay numbers; these are for people, and never say
//! less than it was.

use super::span::Span;
use super::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

/// What is shorter than this is told to the second.
const SHORT_MS: i64 = 10 * MINUTE_MS;

/// `40 ms`, `59 s`, `12 min`, `3 h 05 min`, `6 h`, `2 d 04 h`: rounded up to what is
/// printed.
#[must_use]
pub fn in_words(ms: i64) -> String {
    printed(ms, |unit| ms.div_euclid(unit) + i64::from(ms.rem_euclid(unit) > 0))
}

/// The same, rounded down: for what is allowed or left, which must never be overstated.
#[must_use]
pub fn at_least_in_words(ms: i64) -> String {
    printed(ms, |unit| ms.div_euclid(unit))
}

/// How long a time is for a reader who sees both of its instants, to the second, in
/// milliseconds: 20 min from 02:00:00.000 to 02:20:00.481.
#[must_use]
pub fn as_printed(span: Span) -> i64 {
    let second = |ms: i64| ms.div_euclid(SECOND_MS) * SECOND_MS;
    match second(span.to.0) - second(span.from.0) {
        ms if ms > 0 => ms,
        _ => span.length_ms(),
    }
}

/// The parts of a length in words, and the whole, in one unit: what is printed adds up. All
/// parts but the last are rounded up, and so is the whole; the last is what is left of it.
/// More than a day is told in days, and need not add up.
#[must_use]
pub fn adding_up(parts: &[i64]) -> (Vec<String>, String) {
    let whole_ms: i64 = parts.iter().sum();
    if !(SECOND_MS..=DAY_MS - MINUTE_MS).contains(&whole_ms) {
        return (parts.iter().copied().map(in_words).collect(), in_words(whole_ms));
    }
    let is_short = |ms: &i64| *ms < SHORT_MS && ms % MINUTE_MS != 0;
    let last_ms = parts.last().copied().unwrap_or_default();
    let needs_seconds =
        parts.iter().any(is_short) || (whole_ms % MINUTE_MS != 0 && last_ms % MINUTE_MS != 0);
    let unit = if needs_seconds { SECOND_MS } else { MINUTE_MS };
    let rounded = |ms: i64| ms.div_euclid(unit) + i64::from(ms.rem_euclid(unit) > 0);
    let whole = rounded(whole_ms);
    let others = parts.split_last().map_or(&[][..], |(_, others)| others);
    let mut each: Vec<i64> = others.iter().copied().map(rounded).collect();
    each.push((whole - each.iter().sum::<i64>()).max(0));
    (each.into_iter().map(|n| exact(n * unit)).collect(), exact(whole * unit))
}

/// `2 h 05 min 20 s`: whole seconds, all of them.
fn exact(ms: i64) -> String {
    let places =
        [(ms / HOUR_MS, "h"), (ms / MINUTE_MS % 60, "min"), (ms / SECOND_MS % 60, "s")];
    let first = places.iter().position(|(much, _)| *much > 0).unwrap_or(2);
    let last = places.iter().rposition(|(much, _)| *much > 0).unwrap_or(2);
    let words = places[first..=last].iter().enumerate().map(|(place, (much, unit))| {
        if place == 0 { format!("{much} {unit}") } else { format!("{much:02} {unit}") }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// `12 min`, `3 h 05`, `6 h`, `24 h`: rounded up, in few letters, where there is no room
/// for what [`in_words`] says.
#[must_use]
pub fn in_brief(ms: i64) -> String {
    /// From so many hours on, their minutes are left out.
    const WHOLE_HOURS_FROM: i64 = 10;
    let up = |unit: i64| ms.div_euclid(unit) + i64::from(ms.rem_euclid(unit) > 0);
    let minutes = up(MINUTE_MS);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (WHOLE_HOURS_FROM.., _) => format!("{} h", up(HOUR_MS)),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes:02}"),
    }
}

/// `rounded` gives how many of a unit there are.
fn printed(ms: i64, rounded: impl Fn(i64) -> i64) -> String {
    let seconds = rounded(SECOND_MS);
    if ms < SECOND_MS {
        return format!("{} ms", ms.max(0));
    }
    if seconds < 60 {
        return format!("{seconds} s");
    }
    // A second part that is nothing is left out.
    let two = |much: i64, unit: &str, rest: i64, part: &str| match rest {
        0 => format!("{much} {unit}"),
        rest => format!("{much} {unit} {rest:02} {part}"),
    };
    if ms < SHORT_MS && seconds % 60 != 0 {
        return two(seconds / 60, "min", seconds % 60, "s");
    }
    let minutes = rounded(MINUTE_MS);
    if minutes < 60 {
        return format!("{minutes} min");
    }
    if ms <= DAY_MS && minutes < 24 * 60 {
        return two(minutes / 60, "h", minutes % 60, "min");
    }
    let hours = rounded(HOUR_MS);
    two(hours / 24, "d", hours % 24, "h")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timestamp::Timestamp;
    use rstest::rstest;

    #[rstest]
    #[case(0, "0 ms")]
    #[case(999, "999 ms")]
    #[case(1_000, "1 s")]
    #[case(1_001, "2 s")]
    #[case(59_001, "1 min")]
    #[case(60_000, "1 min")]
    #[case(60_001, "1 min 01 s")]
    #[case(599_001, "10 min")]
    #[case(720_000, "12 min")]
    #[case(720_001, "13 min")]
    #[case(3_540_001, "1 h")]
    #[case(21_600_000, "6 h")]
    #[case(11_100_000, "3 h 05 min")]
    #[case(86_340_001, "1 d")]
    #[case(86_400_000, "1 d")]
    #[case(187_200_000, "2 d 04 h")]
    #[case(187_200_001, "2 d 05 h")]
    fn durations_round_up(#[case] ms: i64, #[case] words: &str) {
        assert_eq!(in_words(ms), words);
    }
    #[rstest]
    #[case(1, "1 min")]
    #[case(60_001, "2 min")]
    #[case(3_540_001, "1 h")]
    #[case(3_600_001, "1 h 01")]
    #[case(14_400_000, "4 h")]
    #[case(35_999_999, "10 h")]
    #[case(36_000_001, "11 h")]
    #[case(86_400_000, "24 h")]
    fn in_brief_it_is_never_less_either(#[case] ms: i64, #[case] words: &str) {
        assert_eq!(in_brief(ms), words);
        // Where there is room for it, what is said in words begins like that.
        assert!(!(600_000..36_000_000).contains(&ms) || in_words(ms).starts_with(words));
    }

    #[rstest]
    #[case(999, "999 ms")]
    #[case(1_999, "1 s")]
    #[case(59_999, "59 s")]
    #[case(60_999, "1 min")]
    #[case(599_999, "9 min 59 s")]
    #[case(2_592_000, "43 min")]
    #[case(3_659_999, "1 h")]
    #[case(86_399_999, "23 h 59 min")]
    #[case(187_199_999, "2 d 03 h")]
    fn what_is_left_rounds_down(#[case] ms: i64, #[case] words: &str) {
        assert_eq!(at_least_in_words(ms), words);
    }

    #[rstest]
    #[case(&[1_020_000, 1_800_000], "17 min + 30 min = 47 min")]
    // Half a second more of an outage is a minute more of all.
    #[case(&[1_020_500, 1_800_000], "18 min + 30 min = 48 min")]
    // Each rounded up by itself would come to 13 min and 2 min 20 s.
    #[case(&[140_000, 600_000], "2 min 20 s + 10 min = 12 min 20 s")]
    #[case(&[20_000, 7_200_000], "20 s + 2 h = 2 h 00 min 20 s")]
    // Work that was ended early.
    #[case(&[1_030_000, 1_780_000], "17 min 10 s + 29 min 40 s = 46 min 50 s")]
    #[case(&[1_029_100, 1_780_000], "17 min 10 s + 29 min 40 s = 46 min 50 s")]
    #[case(&[1_564_000, 236_000], "26 min 04 s + 3 min 56 s = 30 min")]
    #[case(&[1_564_000, 2_036_000], "27 min + 33 min = 1 h")]
    #[case(&[700, 1_799_300], "1 s + 29 min 59 s = 30 min")]
    #[case(&[200, 300, 600], "1 s + 1 s + 0 s = 2 s")]
    #[case(&[200, 300], "200 ms + 300 ms = 500 ms")]
    #[case(&[172_800_000, 1_800_000], "2 d + 30 min = 2 d 01 h")]
    #[case(&[], " = 0 ms")]
    fn what_is_printed_adds_up(#[case] parts: &[i64], #[case] words: &str) {
        let (each, whole) = adding_up(parts);
        assert_eq!(format!("{} = {whole}", each.join(" + ")), words);
    }

    #[rstest]
    #[case(0, 1_200_481, 1_200_000)]
    #[case(900, 1_200_100, 1_200_000)]
    #[case(-1, 1_200_000, 1_201_000)]
    #[case(100, 900, 800)]
    fn a_time_is_as_long_as_its_printed_instants_are_apart(
        #[case] from: i64,
        #[case] to: i64,
        #[case] ms: i64,
    ) {
        assert_eq!(as_printed(Span::new(Timestamp(from), Timestamp(to))), ms);
    }
}
