//! Which backend gets a request. Pure: chance, turns and what is under way come in.
//!
//! `forward` asks. It never knows why a backend is no candidate.

/// A backend that may be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its place in the pool.
    pub index: usize,
    /// Its share against those of the others; at least 1.
    pub weight: u64,
    /// How many requests it is answering.
    pub under_way: usize,
}

/// One of them by chance, each as often as its weight says; `chance` is any number.
#[must_use]
pub fn by_chance(candidates: &[Candidate], chance: u64) -> Option<usize> {
    chosen(candidates.iter(), chance)
}

fn chosen<'a>(
    candidates: impl Iterator<Item = &'a Candidate> + Clone,
    chance: u64,
) -> Option<usize> {
    let total: u64 = candidates.clone().map(|candidate| candidate.weight).sum();
    // The upper half of the product is chance scaled to the total, without the bias that
    // a remainder has.
    let mut at = u64::try_from((u128::from(chance) * u128::from(total)) >> 64).ok()?;
    for candidate in candidates {
        if at < candidate.weight {
            return Some(candidate.index);
        }
        at -= candidate.weight;
    }
    None
}

/// The one with fewer requests for its weight of two by chance, which are not the same
/// where there are two.
#[must_use]
pub fn lighter_of_two(candidates: &[Candidate], chance: [u64; 2]) -> Option<usize> {
    let first = by_chance(candidates, chance[0])?;
    let others = || candidates.iter().filter(|other| other.index != first);
    let Some(second) = chosen(others(), chance[1]) else { return Some(first) };
    let of = |index| candidates.iter().find(|candidate| candidate.index == index);
    let (one, other) = (of(first)?, of(second)?);
    // Compared with the request it would get: (a + 1) / wa > (b + 1) / wb.
    let load = |candidate: &Candidate, weight: u64| {
        u128::from(weight) * (candidate.under_way as u128 + 1)
    };
    Some(if load(one, other.weight) > load(other, one.weight) { second } else { first })
}

/// Whose turn it is among backends of unequal weight, spread as evenly as can be.
#[derive(Clone, Debug, Default)]
pub struct Turns {
    /// What each is owed, by its place in the pool.
    owed: Vec<i128>,
}

impl Turns {
    /// The one that is owed most, once each has been credited with its weight.
    pub fn next(&mut self, candidates: &[Candidate]) -> Option<usize> {
        let last = candidates.iter().map(|candidate| candidate.index).max()?;
        if self.owed.len() <= last {
            self.owed.resize(last + 1, 0);
        }
        let mut total = 0;
        let mut best: Option<usize> = None;
        for candidate in candidates {
            let weight = i128::from(candidate.weight);
            total += weight;
            self.owed[candidate.index] += weight;
            if best.is_none_or(|best| self.owed[candidate.index] > self.owed[best]) {
                best = Some(candidate.index);
            }
        }
        let best = best?;
        self.owed[best] -= total;
        Some(best)
    }
}

/// The one that has the highest score for `key`: the same as long as it is a candidate, and
/// when another comes or goes, only those keys move that it gets or had.
#[must_use]
pub fn always_same(candidates: &[Candidate], key: u64) -> Option<usize> {
    let score = |candidate: &Candidate| {
        // Weighted rendezvous hashing: -w / ln(u), with u in (0, 1).
        let mixed = mix(key ^ mix(candidate.index as u64 + 1));
        #[expect(clippy::cast_precision_loss, reason = "chance needs no more than 53 bits")]
        let unit = ((mixed >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        #[expect(clippy::cast_precision_loss, reason = "weights are small")]
        let weight = candidate.weight as f64;
        -weight / unit.ln()
    };
    candidates
        .iter()
        .max_by(|one, other| score(one).total_cmp(&score(other)))
        .map(|candidate| candidate.index)
}

/// A number that looks like chance, and is the same for the same bytes on any machine.
#[must_use]
pub fn key_of(bytes: &[u8]) -> u64 {
    // FNV-1a, then mixed: short keys differ in few bits.
    let folded = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mix(folded)
}

/// The finish of `SplitMix64`.
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(weights: &[u64]) -> Vec<Candidate> {
        let candidate =
            |(index, weight): (usize, &u64)| Candidate { index, weight: *weight, under_way: 0 };
        weights.iter().enumerate().map(candidate).collect()
    }

    fn chance(n: u64) -> u64 {
        mix(n)
    }

    #[test]
    fn chance_gives_each_its_share() {
        let all = candidates(&[1, 2, 5]);
        let mut got = [0_u64; 3];
        for n in 0..80_000 {
            got[by_chance(&all, chance(n)).unwrap()] += 1;
        }
        for (got, share) in got.into_iter().zip([10_000_u64, 20_000, 50_000]) {
            assert!(got.abs_diff(share) < share / 20 + 300, "{got} of {share}");
        }
    }

    #[test]
    fn the_edges_of_chance_are_the_first_and_the_last() {
        let all = candidates(&[3, 4]);
        assert_eq!(by_chance(&all, 0), Some(0));
        assert_eq!(by_chance(&all, u64::MAX), Some(1));
        assert_eq!(by_chance(&[], 7), None);
    }

    #[test]
    fn of_two_the_lighter_one_is_taken_by_its_weight() {
        let mut all = candidates(&[1, 1]);
        all[0].under_way = 1;
        for n in 0..100 {
            assert_eq!(lighter_of_two(&all, [chance(n), chance(n + 1)]), Some(1));
        }
        // Three times the weight carries three times as much.
        let mut all = candidates(&[1, 3]);
        (all[0].under_way, all[1].under_way) = (1, 4);
        for n in 0..100 {
            assert_eq!(lighter_of_two(&all, [chance(n), chance(n + 1)]), Some(1));
        }
        assert_eq!(lighter_of_two(&candidates(&[9]), [1, 2]), Some(0));
        assert_eq!(lighter_of_two(&[], [1, 2]), None);
    }

    #[test]
    fn turns_are_spread_evenly() {
        let all = candidates(&[5, 1, 1]);
        let mut turns = Turns::default();
        let order: Vec<usize> = (0..7).filter_map(|_| turns.next(&all)).collect();
        assert_eq!(order, [0, 0, 1, 0, 2, 0, 0]);
    }

    #[test]
    fn turns_go_on_among_those_that_are_left() {
        let all = candidates(&[1, 1, 1]);
        let mut turns = Turns::default();
        let mut got = [0; 3];
        for n in 0..300 {
            let left = if n < 150 { &all[..2] } else { &all[..] };
            got[turns.next(left).unwrap()] += 1;
        }
        assert_eq!(got, [125, 125, 50]);
        assert_eq!(turns.next(&[]), None);
    }

    #[test]
    fn the_same_key_stays_and_only_those_of_a_lost_one_move() {
        let all = candidates(&[1, 1, 1, 2]);
        let mut got = [0_u64; 4];
        for n in 0..10_000_u64 {
            let key = key_of(&n.to_le_bytes());
            let at = always_same(&all, key).unwrap();
            got[at] += 1;
            let left = [all[0], all[2], all[3]];
            let then = always_same(&left, key).unwrap();
            assert!(then == at || at == 1, "a key moved that had no reason to");
        }
        for (got, share) in got.into_iter().zip([2_000_u64, 2_000, 2_000, 4_000]) {
            assert!(got.abs_diff(share) < 200, "{got} of {share}");
        }
    }
}
