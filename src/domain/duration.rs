//! Durations in words. Exact ones stay numbers; these are for people, and never say
//! less than it was.

use super::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

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
    if ms < 10 * MINUTE_MS && seconds % 60 != 0 {
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
}
