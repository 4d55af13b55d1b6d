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
    pub fn read(&self) -> Requests {
        let sum = |of: fn(&Shard) -> &AtomicU64| -> u64 {
            self.shards.iter().map(|shard| of(shard).load(Ordering::Relaxed)).sum()
        };
        Requests {
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
        let requests = counts.read();
        let expected = Requests {
            answered: 1,
            server_errors: 2,
            failed: 3,
            cut: 4,
            abandoned: 5,
            refused: 6,
            repeated: 1,
        };
        assert_eq!(requests, expected);
        std::thread::scope(|scope| scope.spawn(|| counts.note(Outcome::Cut)).join()).unwrap();
        assert_eq!(counts.read().since(&requests), Requests { cut: 1, ..Requests::default() });
    }
}
