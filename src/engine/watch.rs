//! One check of one monitor: look, and decide whether the look can be trusted.

use super::pulse::{Moment, Pulse};
use crate::clock::Clock;
use crate::domain::check::{Check, Evidence, Kind, Verdict};
use crate::domain::exchange::Exchange;
use crate::probe::contract::{Outcome, Prober};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// A monitor, ready to be looked at.
pub struct Watcher {
    /// Looks.
    pub prober: Box<dyn Prober>,
    /// How long a look may take.
    pub timeout: Duration,
}

impl Watcher {
    /// Looks once, now. Gives the check and, where it failed, what was said.
    pub async fn check(
        &self,
        clock: &dyn Clock,
        pulse: &Pulse,
    ) -> (Check, Option<Box<Exchange>>) {
        let started = moment(clock);
        let looking = AssertUnwindSafe(self.prober.probe(self.timeout)).catch_unwind();
        let mut outcome = looking.await.unwrap_or_else(|_| broken_down());
        let distrust = pulse.distrust(started, moment(clock), self.timeout);
        if let Some((kind, reason)) = distrust {
            distrusted(&mut outcome, kind, reason);
        }
        let evidence = (outcome.verdict != Verdict::Ok).then(|| Box::new(outcome.evidence));
        let check = Check {
            started_at: started.wall,
            verdict: outcome.verdict,
            latency_us: outcome.latency_us,
            evidence,
        };
        (check, outcome.exchange.filter(|_| outcome.verdict == Verdict::Fail))
    }
}

/// Both clocks, now.
pub fn moment(clock: &dyn Clock) -> Moment {
    Moment { wall: clock.now(), steady_ms: clock.steady_ms() }
}

/// A right answer stands even if we stood still, only its latency means nothing then;
/// whatever else was seen may be our own doing. With a clock that jumped, nothing
/// stands: we cannot say when it was.
fn distrusted(outcome: &mut Outcome, kind: Kind, reason: String) {
    outcome.latency_us = None;
    if outcome.verdict.is_good() && kind == Kind::OwnStall {
        outcome.verdict = Verdict::Ok;
        return;
    }
    outcome.verdict = Verdict::Unknown;
    outcome.evidence.kind = Some(kind);
    outcome.evidence.reason = reason;
}

/// The probe panicked. That is a defect of ours, and no reason to stop watching.
fn broken_down() -> Outcome {
    tracing::error!("a probe broke down; this is a defect of everup, please report it");
    Outcome {
        verdict: Verdict::Unknown,
        latency_us: None,
        evidence: Evidence::because("everup's own probe broke down"),
        exchange: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::domain::timestamp::Timestamp;
    use async_trait::async_trait;
    use std::sync::Arc;

    /// Answers with a verdict after the clock was turned, or panics.
    struct Scripted {
        clock: Arc<ManualClock>,
        passes_ms: i64,
        jumps_ms: i64,
        verdict: Option<Verdict>,
    }

    #[async_trait]
    impl Prober for Scripted {
        async fn probe(&self, _timeout: Duration) -> Outcome {
            self.clock.advance_ms(self.passes_ms);
            self.clock.jump_ms(self.jumps_ms);
            let verdict = self.verdict.expect("told to panic");
            Outcome {
                verdict,
                latency_us: Some(7),
                evidence: Evidence::because("as told"),
                exchange: Some(Box::default()),
            }
        }
    }

    async fn checked(passes_ms: i64, jumps_ms: i64, verdict: Option<Verdict>) -> Check {
        checked_within(Duration::from_secs(10), passes_ms, jumps_ms, verdict).await
    }

    async fn checked_within(
        timeout: Duration,
        passes_ms: i64,
        jumps_ms: i64,
        verdict: Option<Verdict>,
    ) -> Check {
        looked_within(timeout, passes_ms, jumps_ms, verdict).await.0
    }

    async fn looked(
        passes_ms: i64,
        jumps_ms: i64,
        verdict: Option<Verdict>,
    ) -> (Check, Option<Box<Exchange>>) {
        looked_within(Duration::from_secs(10), passes_ms, jumps_ms, verdict).await
    }

    async fn looked_within(
        timeout: Duration,
        passes_ms: i64,
        jumps_ms: i64,
        verdict: Option<Verdict>,
    ) -> (Check, Option<Box<Exchange>>) {
        let clock = Arc::new(ManualClock::new(Timestamp(1_000_000)));
        let prober = Scripted { clock: clock.clone(), passes_ms, jumps_ms, verdict };
        let watcher = Watcher { prober: Box::new(prober), timeout };
        watcher.check(clock.as_ref(), &Pulse::default()).await
    }

    #[tokio::test]
    async fn what_is_seen_without_trouble_stands() {
        let check = checked(900, 0, Some(Verdict::Ok)).await;
        assert_eq!((check.verdict, check.latency_us), (Verdict::Ok, Some(7)));
        assert_eq!(check.evidence, None);
        let check = checked(900, 0, Some(Verdict::Fail)).await;
        assert_eq!((check.verdict, check.reason()), (Verdict::Fail, Some("as told")));
    }

    #[tokio::test]
    async fn a_failure_during_a_stall_is_ours() {
        let check = checked(30_000, 0, Some(Verdict::Fail)).await;
        assert_eq!(check.verdict, Verdict::Unknown);
        assert_eq!(check.reason(), Some("everup itself stood still for 30 s"));
    }

    #[tokio::test]
    async fn what_was_said_is_evidence_only_of_a_failure_that_stands() {
        assert!(looked(900, 0, Some(Verdict::Fail)).await.1.is_some());
        assert_eq!(looked(900, 0, Some(Verdict::Ok)).await.1, None);
        assert_eq!(looked(30_000, 0, Some(Verdict::Fail)).await.1, None);
        assert_eq!(looked(100, 3_600_000, Some(Verdict::Fail)).await.1, None);
    }

    #[tokio::test]
    async fn a_failure_during_a_stall_that_is_short_but_longer_than_the_timeout_is_ours() {
        let timeout = Duration::from_millis(200);
        let check = checked_within(timeout, 650, 0, Some(Verdict::Fail)).await;
        assert_eq!(check.verdict, Verdict::Unknown);
        assert_eq!(check.reason(), Some("everup itself stood still for 600 ms"));
    }

    #[tokio::test]
    async fn a_success_during_a_stall_stands_without_its_latency() {
        for seen in [Verdict::Ok, Verdict::Degraded] {
            let check = checked(30_000, 0, Some(seen)).await;
            assert_eq!((check.verdict, check.latency_us), (Verdict::Ok, None));
        }
    }

    #[tokio::test]
    async fn nothing_stands_when_the_clock_jumps() {
        for seen in [Verdict::Ok, Verdict::Degraded, Verdict::Fail] {
            let check = checked(100, 3_600_000, Some(seen)).await;
            assert_eq!(check.verdict, Verdict::Unknown);
            assert_eq!(check.evidence.unwrap().kind, Some(Kind::OwnClock));
        }
    }

    #[tokio::test]
    async fn a_probe_that_panics_is_unknown() {
        let check = checked(0, 0, None).await;
        assert_eq!(check.verdict, Verdict::Unknown);
        assert_eq!(check.reason(), Some("everup's own probe broke down"));
    }
}
