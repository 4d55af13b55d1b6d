//! "Did you mean …?": the known word that a mistyped one is closest to. Used wherever
//! the configuration knows every word that is allowed, and by commands that know every
//! name.

/// More letters than any word that is known here; longer ones are not compared, so
/// that a hostile file costs nothing.
const CHARS_MAX: usize = 40;

/// A part of a word says which one was meant only if it has at least so many letters.
const PART_CHARS_MIN: usize = 3;

/// The candidate that `word` was probably meant to be: the same but for its case; else
/// at most one letter in three away, and never more than three; else one that has all of
/// it as a part.
pub(super) fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    let length = word.chars().count();
    if length > CHARS_MAX {
        return None;
    }
    let word = word.to_ascii_lowercase();
    let distance_max = (length / 3).clamp(1, 3);
    let distance = |candidate: &str| {
        let candidate = candidate.to_ascii_lowercase();
        let distance = strsim::osa_distance(&word, &candidate);
        let is_near = distance <= distance_max && distance < length;
        let is_part = length >= PART_CHARS_MIN && candidate.contains(&word);
        match (is_near, is_part) {
            (true, _) => Some(distance),
            (false, true) => Some(distance_max + distance),
            (false, false) => None,
        }
    };
    (candidates.into_iter())
        .filter_map(|candidate| Some((distance(candidate)?, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// `; did you mean "interval"?`, or nothing.
pub(crate) fn did_you_mean<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> String {
    nearest(word, candidates)
        .map(|other| format!("; did you mean {other:?}?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const KEYS: [&str; 5] = ["interval", "retry_interval", "timeout", "id", "successes"];

    #[rstest]
    #[case("Interval", Some("interval"))]
    #[case("intervall", Some("interval"))]
    #[case("tiemout", Some("timeout"))]
    #[case("sucesses", Some("successes"))]
    #[case("di", Some("id"))]
    #[case("retry", Some("retry_interval"))]
    #[case("val", Some("interval"))]
    #[case("i", None)]
    #[case("x", None)]
    #[case("", None)]
    #[case("weather", None)]
    fn a_mistyped_word_finds_its_neighbour(#[case] word: &str, #[case] meant: Option<&str>) {
        assert_eq!(nearest(word, KEYS), meant);
        assert_eq!(nearest(&word.repeat(50), KEYS), None);
    }
}
