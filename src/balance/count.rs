//! What became of requests, counted. Read by `engine` each minute and by the metrics.

use crate::domain::requests::Requests;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What became of a request, as the visitor saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A backend answered it, with anything below 500.
    Answered,
    /// A backend answered with 500 or more.
    ServerError,
    /// No backend answered: none was well, or none could be reached, or none did in time.
    Failed,
    /// The answer began and broke off.
    Cut,
    /// The visitor left before the answer was whole.
    Abandoned,
    /// It was malformed, or asked for what a balancer does not do; no backend saw it.
    Refused,
}

/// Threads count in so many places of their own, so that they do not wait for each other.
const SHARDS: usize = 8;

/// Counters since the start, of a pool or of one backend.
#[derive(Debug, Default)]
pub struct Counts {
    shards: [Shard; SHARDS],
}

/// A part of the counters, on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard {
    by_outcome: [AtomicU64; 6],
    /// Requests that were given to another backend or another connection.
    repeated: AtomicU64,
}

thread_local! {
    /// In which part this thread counts.
    static OWN: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS
    };
}

/// What [`Counts`] were at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Answered with anything below 500.
    pub answered: u64,
    /// Answered with 500 or more.
    pub server_errors: u64,
    /// Not answered.
    pub failed: u64,
    /// Answered in part.
    pub cut: u64,
    /// Left by the visitor.
    pub abandoned: u64,
    /// Refused as malformed.
    pub refused: u64,
    /// Given to another backend or connection.
    pub repeated: u64,
}

impl Counts {
    /// A request has ended.
    pub fn note(&self, outcome: Outcome) {
        self.own().by_outcome[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// A request is given to another.
    pub fn note_repeated(&self) {
        self.own().repeated.fetch_add(1, Ordering::Relaxed);
    }

    fn own(&self) -> &Shard {
        &self.shards[OWN.with(|own| *own)]
    }

    /// What they are now.
    #[must_use]
    pub fn read(&self) -> Tally {
        let sum = |of: fn(&Shard) -> &AtomicU64| -> u64 {
            self.shards.iter().map(|shard| of(shard).load(Ordering::Relaxed)).sum()
        };
        Tally {
            answered: sum(|shard| &shard.by_outcome[Outcome::Answered as usize]),
            server_errors: sum(|shard| &shard.by_outcome[Outcome::ServerError as usize]),
            failed: sum(|shard| &shard.by_outcome[Outcome::Failed as usize]),
            cut: sum(|shard| &shard.by_outcome[Outcome::Cut as usize]),
            abandoned: sum(|shard| &shard.by_outcome[Outcome::Abandoned as usize]),
            refused: sum(|shard| &shard.by_outcome[Outcome::Refused as usize]),
            repeated: sum(|shard| &shard.repeated),
        }
    }
}

impl From<Tally> for Requests {
    fn from(tally: Tally) -> Requests {
        Requests {
            answered: tally.answered,
            server_errors: tally.server_errors,
            failed: tally.failed,
            cut: tally.cut,
            abandoned: tally.abandoned,
            refused: tally.refused,
            repeated: tally.repeated,
        }
    }
}

impl Tally {
    /// What has come to it since `before`.
    #[must_use]
    pub fn since(&self, before: &Tally) -> Tally {
        Tally {
            answered: self.answered.saturating_sub(before.answered),
            server_errors: self.server_errors.saturating_sub(before.server_errors),
            failed: self.failed.saturating_sub(before.failed),
            cut: self.cut.saturating_sub(before.cut),
            abandoned: self.abandoned.saturating_sub(before.abandoned),
            refused: self.refused.saturating_sub(before.refused),
            repeated: self.repeated.saturating_sub(before.repeated),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_counted_as_itself() {
        let counts = Counts::default();
        let all = [
            Outcome::Answered,
            Outcome::ServerError,
            Outcome::Failed,
            Outcome::Cut,
            Outcome::Abandoned,
            Outcome::Refused,
        ];
        for (times, outcome) in (1..).zip(all) {
            (0..times).for_each(|_| counts.note(outcome));
        }
        counts.note_repeated();
        let tally = counts.read();
        let expected = Tally {
            answered: 1,
            server_errors: 2,
            failed: 3,
            cut: 4,
            abandoned: 5,
            refused: 6,
            repeated: 1,
        };
        assert_eq!(tally, expected);
        std::thread::scope(|scope| scope.spawn(|| counts.note(Outcome::Cut)).join()).unwrap();
        assert_eq!(counts.read().since(&tally), Tally { cut: 1, ..Tally::default() });
    }
}
