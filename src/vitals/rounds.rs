//! Loops that must come round again and again: whoever runs one says each time that it did.
//!
//! Entered by the engine, by who stands by and by the threads of balancers; read by the
//! watchdog, which lets the service manager end a daemon of which a part is stuck. What
//! waits for a disk or another process comes round with an error, and is not stuck.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// All loops that run now.
#[derive(Clone, Debug, Default)]
pub struct Rounds(Arc<Mutex<Vec<Weak<Lap>>>>);

/// One loop, for as long as it lives.
#[derive(Debug)]
pub struct Round(Arc<Lap>);

#[derive(Debug)]
struct Lap {
    what: &'static str,
    within: Duration,
    turned: Mutex<Instant>,
}

impl Rounds {
    /// Enters a loop that does `what` (in words, as in “committing checks”) and comes round
    /// `within` this time, whatever happens. It leaves when the answer is dropped.
    #[must_use]
    pub fn enter(&self, what: &'static str, within: Duration) -> Round {
        let lap = Arc::new(Lap { what, within, turned: Mutex::new(Instant::now()) });
        let mut laps = self.lock();
        laps.retain(|lap| lap.strong_count() > 0);
        laps.push(Arc::downgrade(&lap));
        Round(lap)
    }

    /// What has not come round in its time, and for how long; `None` where all has.
    #[must_use]
    pub fn stuck(&self) -> Option<(&'static str, Duration)> {
        let laps = self.lock();
        let late = |lap: Arc<Lap>| {
            let since = lap.turned().elapsed();
            (since > lap.within).then_some((lap.what, since))
        };
        laps.iter().filter_map(Weak::upgrade).find_map(late)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Lap>>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Round {
    /// It has come round.
    pub fn turn(&self) {
        *self.0.turned() = Instant::now();
    }
}

impl Lap {
    fn turned(&self) -> MutexGuard<'_, Instant> {
        // Nothing panics while it is held.
        self.turned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(30);

    #[test]
    fn a_loop_that_does_not_come_round_is_stuck_until_it_does_or_ends() {
        let rounds = Rounds::default();
        let (quick, slow) = (rounds.enter("quick", SOON), rounds.enter("slow", 100 * SOON));
        assert_eq!(rounds.stuck(), None);
        std::thread::sleep(2 * SOON);
        let (what, since) = rounds.stuck().unwrap();
        assert!(what == "quick" && since >= 2 * SOON, "{what} {since:?}");
        quick.turn();
        assert_eq!(rounds.stuck(), None);
        std::thread::sleep(2 * SOON);
        assert!(rounds.stuck().is_some());
        drop(quick);
        assert_eq!(rounds.stuck(), None);
        drop(slow);
        let _one = rounds.enter("one", SOON);
        assert_eq!(rounds.lock().len(), 1, "those that have ended are forgotten");
    }
}
