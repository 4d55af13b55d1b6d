//! How the daemon itself is doing: written by the engine, read by `/health/ready`.
//!
//! It is about everup, never about a monitor. Its `rounds` are what the watchdog goes by.

pub mod rounds;

use crate::domain::timestamp::{MINUTE_MS, Timestamp};
use rounds::Rounds;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a daemon does, where several share a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// It watches: it has the lease.
    #[default]
    Active,
    /// It shows what another watches, and would take over.
    Standby,
}

/// What is known of the daemon at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Whether it watches.
    pub role: Role,
    /// When a check last finished, of any monitor.
    pub last_finished_at: Option<Timestamp>,
    /// When checks were last committed.
    pub last_committed_at: Option<Timestamp>,
    /// Since when the store refuses, and what it says.
    pub store_refuses: Option<(Timestamp, String)>,
    /// How many finished checks wait for the store.
    pub waiting_checks: usize,
    /// The worst lateness of a check's start, in milliseconds, within this minute and
    /// the last.
    pub lateness_ms: i64,
    /// Why the clock is not trusted, while it is not.
    pub clock_trouble: Option<String>,
    /// Since when the maintenance table and ours are not in step, and why.
    pub source_trouble: Option<(Timestamp, String)>,
}

/// The newest reading.
#[derive(Default)]
pub struct Vitals {
    current: Mutex<(Reading, Lateness)>,
    rounds: Rounds,
}

#[derive(Clone, Copy, Default)]
struct Lateness {
    minute: i64,
    worst_ms: i64,
    worst_before_ms: i64,
}

impl Vitals {
    /// The newest reading.
    #[must_use]
    pub fn read(&self, now: Timestamp) -> Reading {
        let mut current = self.lock();
        current.1.turn(now);
        let lateness_ms = current.1.worst_ms.max(current.1.worst_before_ms);
        Reading { lateness_ms, ..current.0.clone() }
    }

    /// The loops that must come round.
    #[must_use]
    pub fn rounds(&self) -> &Rounds {
        &self.rounds
    }

    /// Notes a check that began this much after its time.
    pub fn started_late(&self, now: Timestamp, late_ms: i64) {
        let mut current = self.lock();
        current.1.turn(now);
        current.1.worst_ms = current.1.worst_ms.max(late_ms);
    }

    /// Changes the rest of the reading.
    pub fn note(&self, change: impl FnOnce(&mut Reading)) {
        change(&mut self.lock().0);
    }

    fn lock(&self) -> MutexGuard<'_, (Reading, Lateness)> {
        // Nothing panics while it is held; and if it did, the numbers would still do.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lateness {
    fn turn(&mut self, now: Timestamp) {
        let minute = now.0.div_euclid(MINUTE_MS);
        match minute - self.minute {
            0 => {}
            1 => *self = Lateness { minute, worst_ms: 0, worst_before_ms: self.worst_ms },
            _ => *self = Lateness { minute, ..Lateness::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lateness_is_forgotten_after_a_minute_and_a_bit() {
        let vitals = Vitals::default();
        vitals.started_late(Timestamp(MINUTE_MS), 40);
        vitals.started_late(Timestamp(MINUTE_MS + 1), 3);
        assert_eq!(vitals.read(Timestamp(MINUTE_MS + 2)).lateness_ms, 40);
        assert_eq!(vitals.read(Timestamp(2 * MINUTE_MS)).lateness_ms, 40);
        assert_eq!(vitals.read(Timestamp(3 * MINUTE_MS)).lateness_ms, 0);
    }
}
