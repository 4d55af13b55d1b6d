//! What remains of single checks when they are no longer kept: of every hour, how many
//! counted, and how fast the right answers were, near enough for percentiles.
//!
//! What the checks said of up and down is not in it: the ledger holds that for ever.

use super::check::{Check, Verdict};
use super::latency::Latencies;
use super::monitor::Monitor;
use super::timestamp::{HOUR_MS, Timestamp};

/// The checks of one hour of UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// When the hour begins.
    pub from: Timestamp,
    /// How many checks counted; see [`counts`].
    pub checks: u64,
    /// How fast the right answers were, [coarse](Latencies::coarse).
    pub latencies: Latencies,
}

impl Digest {
    /// The digests of checks that are in order of time; none of an hour without checks that
    /// count.
    #[must_use]
    pub fn all(checks: &[Check], monitor: &Monitor) -> Vec<Digest> {
        let hour = |check: &Check| check.started_at.0.div_euclid(HOUR_MS);
        let of_hour = |checks: &[Check]| {
            let from = Timestamp(hour(checks.first()?) * HOUR_MS);
            let counted = || checks.iter().filter(|check| counts(monitor, check));
            let latencies = Latencies::of(counted().filter_map(right).collect()).coarse();
            let checks = counted().count() as u64;
            (checks > 0).then_some(Digest { from, checks, latencies })
        };
        checks.chunk_by(|a, b| hour(a) == hour(b)).filter_map(of_hour).collect()
    }
}

/// Whether a check counts: made while the monitor existed and was not paused, and able to
/// judge.
#[must_use]
pub fn counts(monitor: &Monitor, check: &Check) -> bool {
    monitor.watched_around(check.started_at).is_some() && check.verdict != Verdict::Unknown
}

/// How fast a right answer was, in microseconds.
#[must_use]
pub fn right(check: &Check) -> Option<u32> {
    check.latency_us.filter(|_| check.verdict.is_good())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::monitor::{MonitorId, ParameterHistory, Parameters};
    use crate::domain::span::{Span, Spans};

    fn check(at_ms: i64, verdict: Verdict, latency_us: Option<u32>) -> Check {
        Check { started_at: Timestamp(at_ms), verdict, latency_us, evidence: None }
    }

    #[test]
    fn an_hour_remembers_how_many_counted_and_how_fast_they_were() {
        let from = |ms| Spans::from(Span::new(Timestamp(ms), Timestamp::MAX));
        let paused = Spans::from(Span::new(Timestamp(3_000), Timestamp(4_000)));
        let monitor = Monitor::new(
            MonitorId::new("api").unwrap(),
            "API".to_owned(),
            "https://example.com/".to_owned(),
            ParameterHistory::new(Parameters::default()),
            from(0),
            paused,
        );
        let checks = [
            check(1_000, Verdict::Ok, Some(1_000)),
            check(2_000, Verdict::Fail, Some(9_000)),
            check(3_000, Verdict::Ok, Some(7_000)),
            check(5_000, Verdict::Unknown, None),
            check(HOUR_MS + 1, Verdict::Unknown, None),
            check(2 * HOUR_MS, Verdict::Degraded, Some(2_000)),
        ];
        let digest = |from, checks, us| Digest {
            from: Timestamp(from),
            checks,
            latencies: Latencies::of(vec![us]),
        };
        let expected = [digest(0, 2, 1_000), digest(2 * HOUR_MS, 1, 2_000)];
        assert_eq!(Digest::all(&checks, &monitor), expected);
    }
}
