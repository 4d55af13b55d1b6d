//! Numbers and their units kept on one line: `4 h 02 min` must not end a line after the 4.
//! For pages only; the terminal and the data have plain spaces.

/// The space at which no line ends.
const NO_BREAK: char = '\u{a0}';

/// What may follow a number.
const UNITS: [&str; 6] = ["ms", "s", "min", "h", "d", "%"];

/// A text in which every number stays with its unit, and a duration in one piece.
pub(super) fn unbroken(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut before = "";
    // Whether the word before belongs to a duration.
    let mut inside = false;
    for (index, word) in text.split(' ').enumerate() {
        let ends_in_number = before.ends_with(|last: char| last.is_ascii_digit());
        let is_unit = UNITS.contains(&word.trim_end_matches(['.', ',', ';', ':', ')']));
        let is_second_part = word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_digit());
        let joins = (ends_in_number && is_unit) || (inside && is_second_part);
        if index > 0 {
            result.push(if joins { NO_BREAK } else { ' ' });
        }
        result += word;
        inside = joins && UNITS.contains(&word);
        before = word;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", "")]
    #[case("HTTP 502 from 203.0.113.7", "HTTP 502 from 203.0.113.7")]
    #[case(" (4 h 02 min): no answer within 10 s.", " (4_h_02_min): no answer within 10_s.")]
    #[case("8 of 10 are up", "8 of 10 are up")]
    #[case("351.9 ms", "351.9_ms")]
    #[case("after 3 d 12 times", "after 3_d_12 times")]
    #[case("12 min, 30 more", "12_min, 30 more")]
    fn a_number_stays_with_its_unit(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(unbroken(text), expected.replace('_', "\u{a0}"));
    }
}
