//! How many requests may be sent twice: a share of all, so that a backend in trouble is not
//! buried under repetitions.

use std::sync::atomic::{AtomicI64, Ordering};

/// Thousandths of a repetition that each request earns: one in five may be repeated.
const EARNED: i64 = 200;

/// What one repetition costs.
const COST: i64 = 1_000;

/// What can be saved: as many as one backend of two may have under way when it goes away.
const SAVED_MAX: i64 = 512 * COST;

/// What is left of it.
#[derive(Debug)]
pub struct Budget {
    left: AtomicI64,
}

impl Default for Budget {
    /// One that is full.
    fn default() -> Budget {
        Budget { left: AtomicI64::new(SAVED_MAX) }
    }
}

impl Budget {
    /// A request has come.
    pub fn earn(&self) {
        // A lost update costs a fifth of a repetition.
        let left = self.left.load(Ordering::Relaxed);
        if left < SAVED_MAX {
            self.left.fetch_add(EARNED, Ordering::Relaxed);
        }
    }

    /// Takes one repetition out, if there is one.
    #[must_use]
    pub fn spend(&self) -> bool {
        let spent = |left: i64| (left >= COST).then_some(left - COST);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_five_may_be_repeated_once_what_was_saved_is_spent() {
        let budget = Budget::default();
        assert_eq!((0..1_000).filter(|_| budget.spend()).count(), 512);
        let repeated = (0..1_000).filter(|_| {
            budget.earn();
            budget.spend()
        });
        assert_eq!(repeated.count(), 200);
    }

    #[test]
    fn no_more_is_saved_than_the_limit() {
        let budget = Budget::default();
        (0..10).for_each(|_| budget.earn());
        assert_eq!((0..1_000).filter(|_| budget.spend()).count(), 512);
    }
}
