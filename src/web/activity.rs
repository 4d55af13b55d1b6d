//! When a connection was last of use: which of them is idle, and for how long.
//!
//! Counted in requests and in pieces of answers, never in bytes: a client may send PINGs
//! for ever. Noted by `serve` and `budget`, read by `serve`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The newest use of one connection.
#[derive(Debug)]
pub(super) struct Activity {
    last: Mutex<Last>,
    first_asked: Notify,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    at: Instant,
    /// Whether anything was asked yet.
    asked: bool,
}

impl Activity {
    /// A connection that begins now.
    pub(super) fn begin() -> Activity {
        let last = Mutex::new(Last { at: Instant::now(), asked: false });
        Activity { last, first_asked: Notify::new() }
    }

    /// Something was asked, or a piece of an answer taken.
    pub(super) fn note(&self) {
        let before =
            std::mem::replace(&mut *self.lock(), Last { at: Instant::now(), asked: true });
        if !before.asked {
            self.first_asked.notify_one();
        }
    }

    /// Waits until something is asked for the first time, for one that waits.
    pub(super) async fn asked(&self) {
        if !self.lock().asked {
            self.first_asked.notified().await;
        }
    }

    /// When it was of use last.
    pub(super) fn at(&self) -> Instant {
        self.lock().at
    }

    /// Waits until it is of no use for `first` from its beginning, or for `between` once
    /// something was asked.
    pub(super) async fn ended(&self, first: Duration, between: Duration) {
        // Looked at again when either may have passed: which of them counts may change.
        let shorter = first.min(between);
        loop {
            let (last, now) = (*self.lock(), Instant::now());
            let until = last.at + if last.asked { between } else { first };
            if until <= now {
                return;
            }
            tokio::time::sleep_until(until.min(now + shorter)).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Last> {
        // Nothing panics while it is held.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(20);
    const NEVER: Duration = Duration::from_secs(3_600);

    #[tokio::test]
    async fn silence_is_borne_for_another_time_before_the_first_request_than_after_it() {
        let activity = Activity::begin();
        activity.ended(SOON, NEVER).await;
        assert!(activity.at().elapsed() >= SOON);
        activity.note();
        activity.ended(NEVER, SOON).await;
        assert!(activity.at().elapsed() >= SOON);
    }

    #[tokio::test]
    async fn who_goes_on_asking_is_kept() {
        let (began, activity) = (Instant::now(), Activity::begin());
        let asking = async {
            for _ in 0..5 {
                tokio::time::sleep(SOON / 2).await;
                activity.note();
            }
        };
        tokio::join!(asking, activity.ended(NEVER, 5 * SOON));
        assert!(began.elapsed() >= SOON / 2 * 5 + 5 * SOON);
    }
}
