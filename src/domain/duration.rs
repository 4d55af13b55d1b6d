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
    printed(ms, |unit| up(ms, unit))
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

/// `29 min 40 s`: whole seconds, all of them, for what is shown beside its instants. More than
/// a day is told in days.
#[must_use]
pub fn to_the_second(ms: i64) -> String {
    if is_exact(ms) { exact(ms.div_euclid(SECOND_MS) * SECOND_MS) } else { in_words(ms) }
}

/// What is shorter is told in milliseconds, what is longer in days.
fn is_exact(ms: i64) -> bool {
    (SECOND_MS..=DAY_MS - MINUTE_MS).contains(&ms)
}

fn up(ms: i64, unit: i64) -> i64 {
    ms.div_euclid(unit) + i64::from(ms.rem_euclid(unit) > 0)
}

fn is_short(ms: i64) -> bool {
    ms < SHORT_MS && ms % MINUTE_MS != 0
}

/// The parts of a length in words, and the whole, in one unit: what is printed adds up. The
/// whole is rounded up, and each part to one of the two units that it lies between. More than a
/// day is told in days, and need not add up.
#[must_use]
pub fn adding_up(parts: &[i64]) -> (Vec<String>, String) {
    let (parts, _, whole) = adding_up_twice(parts, &[]);
    (parts, whole)
}

/// The same where the first part has parts of its own, which add up to it: those second.
#[must_use]
pub fn adding_up_twice(parts: &[i64], of_first: &[i64]) -> (Vec<String>, Vec<String>, String) {
    let whole_ms: i64 = parts.iter().sum();
    let all = |parts: &[i64]| parts.iter().copied().map(in_words).collect::<Vec<_>>();
    if !is_exact(whole_ms) {
        return (all(parts), all(of_first), in_words(whole_ms));
    }
    let longest_ms = parts.iter().copied().max().unwrap_or_default();
    let needs_seconds = parts.iter().chain(of_first).any(|ms| is_short(*ms))
        || (whole_ms % MINUTE_MS != 0 && longest_ms % MINUTE_MS != 0);
    let unit = if needs_seconds { SECOND_MS } else { MINUTE_MS };
    let whole = up(whole_ms, unit);
    let parts = shares(whole, parts, unit);
    let of_first = shares(parts.first().copied().unwrap_or_default(), of_first, unit);
    let said = |shares: Vec<i64>| shares.into_iter().map(|n| exact(n * unit)).collect();
    (said(parts), said(of_first), exact(whole * unit))
}

/// How many units of `whole` each part has: those that it fills, and of the rest one each for
/// those that would be nothing, then for those that lack the least of one.
fn shares(whole: i64, parts: &[i64], unit: i64) -> Vec<i64> {
    let mut each: Vec<i64> = parts.iter().map(|ms| ms.div_euclid(unit)).collect();
    let left = usize::try_from(whole - each.iter().sum::<i64>()).unwrap_or_default();
    let mut order: Vec<usize> = (0..parts.len()).filter(|at| parts[*at] > 0).collect();
    order.sort_by_key(|at| (each[*at] > 0, -parts[*at].rem_euclid(unit)));
    order.into_iter().take(left).for_each(|at| each[at] += 1);
    each
}

/// What was planned, what went on after it, and what of that counts, side by side: in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overtime {
    /// How long was planned, as [`to_the_second`] has it.
    pub planned: String,
    /// How long it went on after that.
    pub beyond: String,
    /// How much of it counts; never more than that.
    pub counted: String,
    /// Both together.
    pub took: String,
}

impl Overtime {
    /// What was planned for a time and went on for so many milliseconds after it, of which
    /// some count.
    #[must_use]
    pub fn of(planned: Span, beyond_ms: i64, counted_ms: i64) -> Overtime {
        let planned_ms = as_printed(planned);
        let whole_ms = planned_ms + beyond_ms;
        if !is_exact(planned_ms) || !is_exact(whole_ms) || beyond_ms < SECOND_MS {
            let (planned, beyond) = (to_the_second(planned_ms), in_words(beyond_ms));
            let took = match beyond_ms < SECOND_MS {
                true => format!("{planned} {beyond}"),
                false => in_words(whole_ms),
            };
            return Overtime { planned, beyond, counted: in_words(counted_ms), took };
        }
        let needs_seconds =
            planned_ms % MINUTE_MS != 0 || is_short(beyond_ms) || is_short(counted_ms);
        let unit = if needs_seconds { SECOND_MS } else { MINUTE_MS };
        let said = |ms: i64| exact(up(ms, unit) * unit);
        Overtime {
            planned: exact(planned_ms),
            beyond: said(beyond_ms),
            counted: said(counted_ms),
            took: said(whole_ms),
        }
    }
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
    let minutes = up(ms, MINUTE_MS);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (WHOLE_HOURS_FROM.., _) => format!("{} h", up(ms, HOUR_MS)),
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
    #[case(&[1_564_000, 2_036_000], "26 min + 34 min = 1 h")]
    #[case(&[5_970_300, 600_000, 90_000], "1 h 39 min 31 s + 10 min + 1 min 30 s = 1 h 51 min 01 s")]
    #[case(&[300, 1_799_700], "1 s + 29 min 59 s = 30 min")]
    #[case(&[2_430_000, 3_570_000], "41 min + 59 min = 1 h 40 min")]
    #[case(&[1_800_000, 1_200_400, 900_000], "30 min + 21 min + 15 min = 1 h 06 min")]
    #[case(&[700, 1_799_300], "1 s + 29 min 59 s = 30 min")]
    #[case(&[200, 300, 600], "0 s + 1 s + 1 s = 2 s")]
    #[case(&[200, 300], "200 ms + 300 ms = 500 ms")]
    #[case(&[172_800_000, 1_800_000], "2 d + 30 min = 2 d 01 h")]
    #[case(&[], " = 0 ms")]
    fn what_is_printed_adds_up(#[case] parts: &[i64], #[case] words: &str) {
        let (each, whole) = adding_up(parts);
        assert_eq!(format!("{} = {whole}", each.join(" + ")), words);
    }

    #[test]
    fn the_parts_of_a_part_add_up_to_it() {
        // Forty and a half minutes count, of which half a minute is in the next month.
        let minutes = |tenths: i64| tenths * MINUTE_MS / 10;
        let said = adding_up_twice(&[minutes(905), minutes(95)], &[minutes(500), minutes(405)]);
        let words = |said: &[String]| said.join(" + ");
        assert_eq!(words(&said.0), "1 h 30 min 30 s + 9 min 30 s");
        assert_eq!(words(&said.1), "50 min + 40 min 30 s");
        assert_eq!(said.2, "1 h 40 min");
        let said =
            adding_up_twice(&[minutes(902), minutes(598)], &[minutes(497), minutes(405)]);
        assert_eq!(words(&said.0), "1 h 30 min + 1 h");
        assert_eq!(words(&said.1), "50 min + 40 min");
        assert_eq!(said.2, "2 h 30 min");
    }

    #[rstest]
    #[case(1_800_000, 1_020_000, 1_020_000, "30 min, 47 min: 17 min of 17 min")]
    #[case(1_800_000, 1_020_500, 1_020_000, "30 min, 48 min: 17 min of 18 min")]
    // It ends three tenths of a second before ten.
    #[case(
        7_199_700,
        2_429_300,
        2_429_300,
        "1 h 59 min 59 s, 2 h 40 min 29 s: 40 min 30 s of 40 min 30 s"
    )]
    #[case(1_780_481, 1_029_700, 90_000, "29 min 40 s, 46 min 50 s: 1 min 30 s of 17 min 10 s")]
    #[case(3_600_000, 300, 300, "1 h, 1 h 300 ms: 300 ms of 300 ms")]
    #[case(172_800_000, 1_800_000, 1_799_000, "2 d, 2 d 01 h: 30 min of 30 min")]
    fn what_counts_is_never_more_than_what_went_beyond(
        #[case] planned_ms: i64,
        #[case] beyond_ms: i64,
        #[case] counted_ms: i64,
        #[case] words: &str,
    ) {
        let planned = Span::new(Timestamp(0), Timestamp(planned_ms));
        let Overtime { planned, beyond, counted, took } =
            Overtime::of(planned, beyond_ms, counted_ms);
        assert_eq!(format!("{planned}, {took}: {counted} of {beyond}"), words);
    }

    #[rstest]
    #[case(999, "999 ms")]
    #[case(1_780_481, "29 min 40 s")]
    #[case(7_200_000, "2 h")]
    #[case(86_400_000, "1 d")]
    fn beside_its_instants_a_time_is_told_to_the_second(#[case] ms: i64, #[case] words: &str) {
        assert_eq!(to_the_second(ms), words);
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
