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

    /// Both together.
    #[must_use]
    pub fn and(&self, other: &Latencies) -> Latencies {
        let mut counts = Vec::with_capacity(self.counts.len() + other.counts.len());
        let (mut a, mut b) = (self.counts.iter().peekable(), other.counts.iter().peekable());
        loop {
            let next = match (a.peek(), b.peek()) {
                (Some(x), Some(y)) if x.0 == y.0 => {
                    let both = (x.0, x.1 + y.1);
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
