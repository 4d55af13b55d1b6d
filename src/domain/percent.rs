//! Percentages as text and as targets, without a float anywhere.

use super::bounds::Bounds;
use super::uptime::Ratio;
use std::fmt;

/// A ratio in percent, rounded down, with this many decimals: `99.99` is printed only
/// for what is at least that, and `100.00` only for the whole.
#[must_use]
pub fn floored(ratio: Ratio, decimals: u32) -> String {
    let scale = 10_i128.pow(decimals);
    let units = i128::from(ratio.part) * 100 * scale / i128::from(ratio.whole);
    if decimals == 0 {
        return units.to_string();
    }
    let width = decimals as usize;
    format!("{}.{:0width$}", units / scale, units % scale)
}

/// Like [`floored`], but what is above nothing and would read as nothing becomes
/// `<0.01` (with as many decimals as asked for).
#[must_use]
pub fn shown(ratio: Ratio, decimals: u32) -> String {
    let scale = 10_i128.pow(decimals);
    let reads_as_nothing = i128::from(ratio.part) * 100 * scale < i128::from(ratio.whole);
    if ratio.part > 0 && reads_as_nothing {
        let smallest = Ratio { part: 1, whole: 100 * 10_i64.pow(decimals) };
        return format!("<{}", floored(smallest, decimals));
    }
    floored(ratio, decimals)
}

/// An uptime that was promised, in percent, exactly as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The percent figure without its point.
    units: i64,
    /// The digits behind the point.
    decimals: u32,
}

/// Whether a promise was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The figure reaches the target.
    Met,
    /// It does not.
    Missed,
    /// Nothing was observed.
    NoData,
}

impl Verdict {
    /// The word used in exports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Met => "met",
            Verdict::Missed => "missed",
            Verdict::NoData => "no_data",
        }
    }
}

impl Target {
    /// More decimals than any contract has; keeps every product far below 128 bits.
    pub const DECIMALS_MAX: u32 = 6;

    /// What is promised if nothing else is said: 99.9 %.
    pub const DEFAULT: Target = Target { units: 999, decimals: 1 };

    /// Reads `99.9`: above 0, at most 100, with at most [`Target::DECIMALS_MAX`] decimals.
    ///
    /// # Errors
    /// A sentence that says how a target is written.
    pub fn parse(text: &str) -> Result<Target, String> {
        let expected = || {
            format!(
                "{text:?} is not a percentage above 0 and up to 100 with at most {} decimals; \
                 write it like \"99.9\"",
                Self::DECIMALS_MAX
            )
        };
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(expected()),
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 3 || !digits(whole) || !digits(fraction) {
            return Err(expected());
        }
        let decimals = u32::try_from(fraction.len()).map_err(|_| expected())?;
        if decimals > Self::DECIMALS_MAX {
            return Err(expected());
        }
        let units: i64 = format!("{whole}{fraction}").parse().map_err(|_| expected())?;
        if units == 0 || units > 100 * 10_i64.pow(decimals) {
            return Err(expected());
        }
        Ok(Target { units, decimals })
    }

    /// How many decimals it was written with.
    #[must_use]
    pub fn decimals(self) -> u32 {
        self.decimals
    }

    /// As a fraction: 99.9 % is 999 of 1000.
    #[must_use]
    pub fn ratio(self) -> Ratio {
        Ratio { part: self.units, whole: 100 * 10_i64.pow(self.decimals) }
    }

    /// How much of `observed_ms` may be downtime: the most with which the uptime still
    /// reaches the target.
    #[must_use]
    pub fn allowed_ms(self, observed_ms: i64) -> i64 {
        let Ratio { part, whole } = self.ratio();
        let allowed = i128::from(observed_ms) * i128::from(whole - part) / i128::from(whole);
        // A part of `observed_ms`, so it fits.
        i64::try_from(allowed).unwrap_or(observed_ms)
    }

    /// Whether an uptime reaches it.
    #[must_use]
    pub fn verdict(self, uptime: Option<Ratio>) -> Verdict {
        match uptime {
            None => Verdict::NoData,
            Some(uptime) if uptime.at_least(self.ratio()) => Verdict::Met,
            Some(_) => Verdict::Missed,
        }
    }

    /// Whether the verdict would be the same anywhere between the bounds.
    #[must_use]
    pub fn is_certain(self, bounds: Option<Bounds>) -> bool {
        bounds.is_some_and(|bounds| {
            bounds.low.at_least(self.ratio()) == bounds.high.at_least(self.ratio())
        })
    }
}

/// As it was written.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&floored(self.ratio(), self.decimals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn ratio(part: i64, whole: i64) -> Ratio {
        Ratio::new(part, whole).unwrap()
    }

    #[rstest]
    #[case(1, 1, 2, "100.00")]
    #[case(43_199, 43_200, 2, "99.99")]
    #[case(2_591_999_999, 2_592_000_000, 2, "99.99")]
    #[case(2_591_999_999, 2_592_000_000, 6, "99.999999")]
    #[case(0, 5, 2, "0.00")]
    #[case(1, 3, 0, "33")]
    #[case(1, 10_000, 2, "0.01")]
    fn percentages_are_floored(
        #[case] part: i64,
        #[case] whole: i64,
        #[case] decimals: u32,
        #[case] text: &str,
    ) {
        assert_eq!(floored(ratio(part, whole), decimals), text);
        assert_eq!(shown(ratio(part, whole), decimals), text);
    }

    #[test]
    fn something_never_reads_as_nothing() {
        assert_eq!(shown(ratio(1, 10_001), 2), "<0.01");
        assert_eq!(shown(ratio(1, 1_000_000_000), 3), "<0.001");
        assert_eq!(floored(ratio(1, 10_001), 2), "0.00");
    }

    #[rstest]
    #[case("99.9")]
    #[case("100")]
    #[case("99.995")]
    #[case("0.5")]
    fn a_target_is_printed_as_written(#[case] text: &str) {
        assert_eq!(Target::parse(text).unwrap().to_string(), text);
    }

    #[rstest]
    #[case("")]
    #[case("0")]
    #[case("100.1")]
    #[case("99,9")]
    #[case("-1")]
    #[case("99.")]
    #[case(".9")]
    #[case("99.9%")]
    #[case("99.9999999")]
    fn a_bad_target_is_told_how_to_be_written(#[case] text: &str) {
        assert!(Target::parse(text).unwrap_err().contains("\"99.9\""));
    }

    proptest! {
        /// A printed figure reaches a target exactly when the real one does.
        #[test]
        fn the_printed_figure_and_the_verdict_agree(
            whole in 1..2_678_400_000_i64,
            missing in 0..100_000_i64,
            target in 1..=1000_i64,
        ) {
            let uptime = ratio((whole - missing).max(0), whole);
            let text = format!("{}.{}", target / 10, target % 10);
            let target = Target::parse(&text).unwrap();
            let printed: f64 = floored(uptime, 2).parse().unwrap();
            let met = target.verdict(Some(uptime)) == Verdict::Met;
            prop_assert_eq!(met, printed >= text.parse::<f64>().unwrap());
        }

        /// The budget and the verdict agree to the millisecond.
        #[test]
        fn a_promise_is_kept_exactly_while_downtime_is_allowed(
            observed in 1..2_678_400_000_i64,
            down in 0..10_000_000_i64,
            target in 1..=100_000_i64,
        ) {
            let down = down.min(observed);
            let text = format!("{}.{:03}", target / 1_000, target % 1_000);
            let target = Target::parse(&text).unwrap();
            let met = target.verdict(Ratio::new(observed - down, observed)) == Verdict::Met;
            prop_assert_eq!(met, down <= target.allowed_ms(observed));
        }
    }
}
