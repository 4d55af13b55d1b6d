//! How fast many answers were, counted by the tenth of a millisecond: as exact as they are
//! ever printed, and as small as they are alike.

/// Latencies, as how many there were of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    /// Tenths of milliseconds and how many answers took that, in order.
    counts: Vec<(u32, u32)>,
}

/// Percentiles of the right answers, in microseconds, by nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentiles {
    /// Half were at most this.
    pub p50_us: u32,
    /// 95 % were at most this.
    pub p95_us: u32,
    /// 99 % were at most this.
    pub p99_us: u32,
}

impl Latencies {
    /// Counts latencies in microseconds, rounded half up.
    #[must_use]
    pub fn of(mut latencies_us: Vec<u32>) -> Latencies {
        latencies_us.sort_unstable();
        let mut counts: Vec<(u32, u32)> = Vec::new();
        for us in latencies_us {
            let tenths = us / 100 + u32::from(us % 100 >= 50);
            match counts.last_mut() {
                Some((last, count)) if *last == tenths => *count += 1,
                _ => counts.push((tenths, 1)),
            }
        }
        Latencies { counts }
    }

    /// Tenths of milliseconds and how many answers took that, in order.
    #[must_use]
    pub fn counts(&self) -> &[(u32, u32)] {
        &self.counts
    }

    /// The latencies with these [counts](Latencies::counts); `None` where they are not in
    /// order, or one of them counts nothing.
    #[must_use]
    pub fn from_counts(counts: Vec<(u32, u32)>) -> Option<Latencies> {
        let in_order = counts.is_sorted_by(|a, b| a.0 < b.0);
        let is_right = in_order && counts.iter().all(|(_, count)| *count > 0);
        is_right.then_some(Latencies { counts })
    }

    /// The same, each to 32 steps between one power of two and the next: what is kept of
    /// latencies for ever takes a fraction of their room, and is wrong by less than 1.6 %.
    #[must_use]
    pub fn coarse(&self) -> Latencies {
        const STEPS_LOG2: u32 = 5;
        let mut counts: Vec<(u32, u32)> = Vec::with_capacity(self.counts.len());
        for (tenths, count) in &self.counts {
            let coarse = match tenths.checked_ilog2().and_then(|n| n.checked_sub(STEPS_LOG2)) {
                None | Some(0) => *tenths,
                // The middle of its step.
                Some(shift) => (tenths >> shift << shift) + (1 << (shift - 1)),
            };
            match counts.last_mut() {
                Some((last, sum)) if *last == coarse => *sum = sum.saturating_add(*count),
                _ => counts.push((coarse, *count)),
            }
        }
        Latencies { counts }
    }

    /// Both together.
    #[must_use]
    pub fn and(&self, other: &Latencies) -> Latencies {
        let mut counts = Vec::with_capacity(self.counts.len() + other.counts.len());
        let (mut a, mut b) = (self.counts.iter().peekable(), other.counts.iter().peekable());
        loop {
            let next = match (a.peek(), b.peek()) {
                (Some(x), Some(y)) if x.0 == y.0 => {
                    let both = (x.0, x.1.saturating_add(y.1));
                    a.next();
                    b.next();
                    both
                }
                (Some(x), Some(y)) if x.0 < y.0 => {
                    let one = **x;
                    a.next();
                    one
                }
                (_, Some(y)) => {
                    let one = **y;
                    b.next();
                    one
                }
                (Some(x), None) => {
                    let one = **x;
                    a.next();
                    one
                }
                (None, None) => return Latencies { counts },
            };
            counts.push(next);
        }
    }

    /// Its percentiles, to the tenth of a millisecond; `None` of none. Rounding keeps the
    /// order, so they are those of the exact values, rounded.
    #[must_use]
    pub fn percentiles(&self) -> Option<Percentiles> {
        let all: u64 = self.counts.iter().map(|(_, count)| u64::from(*count)).sum();
        let of = |percent: u64| {
            let rank = (all * percent).div_ceil(100);
            let mut seen = 0;
            let at_rank = self.counts.iter().find(|(_, count)| {
                seen += u64::from(*count);
                seen >= rank
            });
            at_rank.map(|(tenths, _)| tenths.saturating_mul(100))
        };
        Some(Percentiles { p50_us: of(50)?, p95_us: of(95)?, p99_us: of(99)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(latencies_us: &[u32]) -> Option<Percentiles> {
        Latencies::of(latencies_us.to_vec()).percentiles()
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        assert_eq!(of(&[]), None);
        let single = Percentiles { p50_us: 700, p95_us: 700, p99_us: 700 };
        assert_eq!(of(&[749]), Some(single));
        let hundred: Vec<u32> = (1..=100).rev().map(|n| n * 100).collect();
        let expected = Percentiles { p50_us: 5_000, p95_us: 9_500, p99_us: 9_900 };
        assert_eq!(of(&hundred), Some(expected));
    }

    proptest! {
        /// Mutants caught: a step one too wide; its lower edge for its middle.
        #[test]
        fn coarse_latencies_are_near_and_stay_so(
            us in prop::collection::vec(prop_oneof![0..100_000_u32, any::<u32>()], 1..200),
        ) {
            let exact = Latencies::of(us);
            let coarse = exact.coarse();
            let all = |of: &Latencies| of.counts().iter().map(|(_, n)| u64::from(*n)).sum::<u64>();
            prop_assert_eq!(all(&coarse), all(&exact));
            prop_assert_eq!(coarse.coarse(), coarse.clone());
            let ranks = |of: &Latencies| {
                let Percentiles { p50_us, p95_us, p99_us } = of.percentiles().unwrap();
                [p50_us, p95_us, p99_us].map(i64::from)
            };
            for (exact, coarse) in ranks(&exact).into_iter().zip(ranks(&coarse)) {
                prop_assert!((exact - coarse).abs() * 1_000 <= exact * 16, "{exact} {coarse}");
            }
            prop_assert_eq!(Latencies::from_counts(coarse.counts().to_vec()), Some(coarse));
        }

        /// The exact nearest rank, rounded afterwards, is what is counted.
        #[test]
        fn counting_loses_nothing_that_is_printed(
            first in prop::collection::vec(0..200_000u32, 0..80),
            second in prop::collection::vec(0..200_000u32, 0..80),
        ) {
            let both = Latencies::of(first.clone()).and(&Latencies::of(second.clone()));
            let mut all = [first, second].concat();
            prop_assert_eq!(&both, &Latencies::of(all.clone()));
            all.sort_unstable();
            let exact = |percent: usize| {
                let us = all[(all.len() * percent).div_ceil(100) - 1];
                (us + 50) / 100 * 100
            };
            let expected = (!all.is_empty()).then(|| Percentiles {
                p50_us: exact(50),
                p95_us: exact(95),
                p99_us: exact(99),
            });
            prop_assert_eq!(both.percentiles(), expected);
        }
    }
}
