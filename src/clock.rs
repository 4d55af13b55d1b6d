//! What time it is, and how long to wait: the only place that asks the system.
//!
//! Everything that needs the time is handed a [`Clock`]; tests hand out a
//! [`ManualClock`] and turn it by hand.

use crate::domain::timestamp::{SECOND_MS, Timestamp};
use async_trait::async_trait;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A source of time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The instant, as the wall clock has it. It may jump.
    fn now(&self) -> Timestamp;

    /// Milliseconds since some fixed moment. Never jumps, and stands still while the
    /// host sleeps.
    fn steady_ms(&self) -> i64;

    /// Waits until the wall clock reaches `at`, or a second: a clock that jumps is
    /// noticed by then. The caller asks [`Clock::now`] again.
    async fn wait_until(&self, at: Timestamp);
}

/// The system's clock.
pub struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    fn default() -> SystemClock {
        SystemClock { started: Instant::now() }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
        Timestamp(chrono::Utc::now().timestamp_millis())
    }

    fn steady_ms(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    async fn wait_until(&self, at: Timestamp) {
        let ms = at.since_ms(self.now()).clamp(0, SECOND_MS);
        tokio::time::sleep(Duration::from_millis(ms.unsigned_abs())).await;
    }
}

/// A clock that stands still until it is turned.
pub struct ManualClock {
    time: watch::Sender<(Timestamp, i64)>,
}

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> ManualClock {
        ManualClock { time: watch::Sender::new((now, 0)) }
    }

    /// Lets `ms` milliseconds pass.
    pub fn advance_ms(&self, ms: i64) {
        self.time.send_modify(|(now, steady)| {
            *now = now.plus_ms(ms);
            *steady += ms;
        });
    }

    /// Lets the wall clock jump by `ms` while no time passes.
    pub fn jump_ms(&self, ms: i64) {
        self.time.send_modify(|(now, _)| *now = now.plus_ms(ms));
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.time.borrow().0
    }

    fn steady_ms(&self) -> i64 {
        self.time.borrow().1
    }

    async fn wait_until(&self, at: Timestamp) {
        let started_ms = self.steady_ms();
        let mut time = self.time.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = time
            .wait_for(|(now, steady)| *now >= at || steady - started_ms >= SECOND_MS)
            .await;
    }
}
