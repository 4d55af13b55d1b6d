//! How often somebody may do something: so many times at once, then so many a minute.
//!
//! `gate` counts writes by token and failed attempts by address with it. It is told the
//! time, which must be the steady one: a clock that is set back would shut somebody out.

use crate::domain::timestamp::MINUTE_MS;
use std::collections::HashMap;
use std::hash::Hash;

/// What may be done how often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// So many times at once, after a long pause.
    pub(super) burst: i64,
    /// So many times a minute, for ever.
    pub(super) per_minute: i64,
}

impl Rate {
    /// After this, one more is free.
    const fn each_ms(self) -> i64 {
        MINUTE_MS / self.per_minute
    }
}

/// Once too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooOften {
    /// After so many milliseconds it may be done again.
    pub(super) wait_ms: i64,
    /// Whether it is the first time too often since the last time that was not.
    pub(super) is_first: bool,
}

/// How much of the rate is used up.
#[derive(Clone, Copy, Debug)]
struct Used {
    /// When all of it is free again.
    until_ms: i64,
    /// Whether somebody was refused since it was last used.
    refused: bool,
}

/// A rate for each of many.
#[derive(Debug)]
pub(super) struct Limiter<K> {
    rate: Rate,
    /// So many are told apart; all others share one rate.
    keys_max: usize,
    used: HashMap<K, Used>,
    others: Used,
}

impl<K: Copy + Eq + Hash> Limiter<K> {
    /// Nobody has used anything yet.
    pub(super) fn new(rate: Rate, keys_max: usize) -> Limiter<K> {
        let others = Used { until_ms: i64::MIN, refused: false };
        Limiter { rate, keys_max, used: HashMap::new(), others }
    }

    /// Uses one, or says that it would be one too many, which costs nothing.
    pub(super) fn take(&mut self, key: K, now_ms: i64) -> Result<(), TooOften> {
        let rate = self.rate;
        let used = self.entry(key, now_ms);
        let is_first = !used.refused;
        match wait_ms(rate, used, now_ms) {
            0 => {
                let until_ms = used.until_ms.max(now_ms) + rate.each_ms();
                *used = Used { until_ms, refused: false };
                Ok(())
            }
            wait_ms => {
                used.refused = true;
                Err(TooOften { wait_ms, is_first })
            }
        }
    }

    /// Whether [`Limiter::take`] would refuse now.
    pub(super) fn is_used_up(&self, key: K, now_ms: i64) -> bool {
        let is_full = self.used.len() >= self.keys_max;
        let used = self.used.get(&key).or(is_full.then_some(&self.others));
        used.is_some_and(|used| wait_ms(self.rate, used, now_ms) > 0)
    }

    /// The entry of one; of those that nobody needs any longer none is kept where another
    /// needs the room.
    fn entry(&mut self, key: K, now_ms: i64) -> &mut Used {
        if !self.used.contains_key(&key) {
            if self.used.len() >= self.keys_max {
                self.used.retain(|_, used| used.until_ms > now_ms);
            }
            if self.used.len() >= self.keys_max {
                return &mut self.others;
            }
        }
        self.used.entry(key).or_insert(Used { until_ms: i64::MIN, refused: false })
    }
}

/// How long it takes until one more is free; 0 where one is.
fn wait_ms(rate: Rate, used: &Used, now_ms: i64) -> i64 {
    let taken_ms = used.until_ms.max(now_ms) - now_ms;
    (taken_ms + rate.each_ms() - rate.burst * rate.each_ms()).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, per_minute: 6 };

    fn wait<K: Copy + Eq + Hash>(limiter: &mut Limiter<K>, key: K, now_ms: i64) -> i64 {
        limiter.take(key, now_ms).map_or_else(|too_often| too_often.wait_ms, |()| 0)
    }

    #[test]
    fn a_burst_is_free_and_then_one_comes_after_the_other() {
        let mut limiter = Limiter::new(RATE, 10);
        for _ in 0..3 {
            assert!(!limiter.is_used_up('a', 5));
            assert_eq!(wait(&mut limiter, 'a', 5), 0);
        }
        assert!(limiter.is_used_up('a', 5));
        assert_eq!(wait(&mut limiter, 'a', 5), 10_000);
        assert_eq!(wait(&mut limiter, 'b', 5), 0, "another has a rate of its own");
        assert_eq!(wait(&mut limiter, 'a', 10_004), 1);
        assert_eq!(wait(&mut limiter, 'a', 10_005), 0);
        assert_eq!(wait(&mut limiter, 'a', 10_005), 10_000);
        // After a pause the burst is as large as before, and no larger.
        let later = 10_000_000;
        assert_eq!([0; 4].map(|_| wait(&mut limiter, 'a', later)), [0, 0, 0, 10_000]);
    }

    #[test]
    fn what_is_refused_costs_nothing_and_is_told_as_the_first_only_once() {
        let mut limiter = Limiter::new(RATE, 10);
        let mut first =
            |now_ms| limiter.take('a', now_ms).err().map(|too_often| too_often.is_first);
        assert_eq!([0; 3].map(&mut first), [None; 3]);
        assert_eq!([0, 1, 9_999].map(&mut first), [Some(true), Some(false), Some(false)]);
        assert_eq!([10_000, 10_001].map(&mut first), [None, Some(true)]);
    }

    #[test]
    fn a_flood_of_newcomers_shares_one_rate_and_takes_nobodys_place() {
        let mut limiter = Limiter::new(RATE, 100);
        for key in 0..100 {
            assert_eq!(wait(&mut limiter, key, 0), 0);
        }
        let newcomers: Vec<i64> = (100..1_000).map(|key| wait(&mut limiter, key, 0)).collect();
        assert_eq!(newcomers[..4], [0, 0, 0, 10_000]);
        assert_eq!(limiter.used.len(), 100);
        assert_eq!(wait(&mut limiter, 99, 0), 0, "who is known has a rate still");
        // Those that were known long ago give their places up.
        assert_eq!(wait(&mut limiter, 2_000, 30_000), 0);
        assert_eq!(limiter.used.len(), 1);
    }
}
