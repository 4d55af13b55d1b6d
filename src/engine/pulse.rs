//! Whether this process can be trusted with a verdict: did it stand still, did the
//! clock jump?
//!
//! A beat is noted twenty times a second. A check that ran while beats were missing for
//! too long says nothing about its target; nor does one during which the wall clock moved
//! otherwise than time did. What is too long depends on how long the check may take.

use crate::clock::Clock;
use crate::domain::check::Kind;
use crate::domain::duration;
use crate::domain::timestamp::Timestamp;
use crate::probe::deadline::in_words;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a beat is noted. It costs less than 0.2 % of one core (measured without
/// optimisation).
const BEAT_MS: i64 = 50;
/// Missing beats for longer than this are a stall, whatever may be checked meanwhile: a
/// busy machine may be late by a few hundred milliseconds.
const STALL_MS: i64 = 1_000;
/// A check is in doubt if beats were missing for this part of its timeout: a target that
/// answers within the rest of it is not called down for what we slept away.
const STALL_SHARE: i64 = 4;
/// Missing beats for no longer than this are nothing, whatever the timeout: it is three
/// beats, and a thread that waits for its turn is late by tens of milliseconds.
const LATE_MS: i64 = 150;
/// A wall clock that moves this much more or less than time has jumped. Slewing, at
/// most 0.05 %, moves it by 0.15 s in the longest check.
pub const JUMP_MS: i64 = 1_000;
/// Stalls are remembered while a check may have run during them: the longest timeout has
/// room for as many of the shortest.
const STALLS_MAX: usize = 2_000;

/// The beats of this process.
#[derive(Default)]
pub struct Pulse {
    beats: Mutex<Beats>,
}

#[derive(Default)]
struct Beats {
    last_ms: i64,
    stalls: VecDeque<(i64, i64)>,
}

/// Both clocks at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// What the wall clock shows.
    pub wall: Timestamp,
    /// What the steady clock shows, in milliseconds.
    pub steady_ms: i64,
}

impl Moment {
    /// How much more the wall clock moved than time did since `earlier`.
    #[must_use]
    pub fn jumped_ms(self, earlier: Moment) -> i64 {
        self.wall.since_ms(earlier.wall) - (self.steady_ms - earlier.steady_ms)
    }
}

impl Pulse {
    /// Notes beats for ever, and says when they were missing.
    pub async fn keep_beating(&self, clock: &dyn Clock) {
        let mut beats = tokio::time::interval(Duration::from_millis(BEAT_MS.unsigned_abs()));
        beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            if let Some(stalled_ms) = self.beat(clock.steady_ms()) {
                let length = duration::in_words(stalled_ms);
                tracing::warn!("everup stood still for {length}; checks meanwhile are unknown");
            }
        }
    }

    /// Notes a beat; gives the length of the stall that it ends, if there was one that
    /// no check gets over.
    pub fn beat(&self, steady_ms: i64) -> Option<i64> {
        let mut beats = self.lock();
        let last_ms = std::mem::replace(&mut beats.last_ms, steady_ms);
        let missing_ms = steady_ms - last_ms;
        if missing_ms <= LATE_MS {
            return None;
        }
        if beats.stalls.len() == STALLS_MAX {
            beats.stalls.pop_front();
        }
        beats.stalls.push_back((last_ms, steady_ms));
        (missing_ms > STALL_MS).then_some(missing_ms)
    }

    /// Why what was seen between two moments, by a check that may take `timeout`, says
    /// nothing about the target; `None` where it does.
    #[must_use]
    pub fn distrust(
        &self,
        from: Moment,
        to: Moment,
        timeout: Duration,
    ) -> Option<(Kind, String)> {
        let jumped_ms = to.jumped_ms(from);
        if jumped_ms.abs() > JUMP_MS {
            let length = duration::in_words(jumped_ms.abs());
            let way = if jumped_ms > 0 { "forward" } else { "back" };
            let reason = format!("the clock of this host jumped {way} by {length}");
            return Some((Kind::OwnClock, reason));
        }
        let borne_ms = borne_ms(timeout);
        let beats = self.lock();
        let running = (beats.last_ms, to.steady_ms);
        let stalled_ms = (std::iter::once(&running).chain(beats.stalls.iter().rev()))
            .take_while(|(_, end)| *end > from.steady_ms)
            .filter(|(start, end)| end - start > borne_ms && *start < to.steady_ms)
            .map(|(start, end)| end - start)
            .max()?;
        let length = stall_in_words(stalled_ms);
        Some((Kind::OwnStall, format!("everup itself stood still for {length}")))
    }

    fn lock(&self) -> MutexGuard<'_, Beats> {
        // Nothing panics while it is held; and beats are only numbers.
        self.beats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For how long beats may be missing during a check that may take `timeout`.
fn borne_ms(timeout: Duration) -> i64 {
    let timeout_ms = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
    (timeout_ms / STALL_SHARE).clamp(LATE_MS, STALL_MS)
}

/// Exact to a tenth of a second, rounded down: `1.1 s`, `600 ms`, and from a minute on as
/// other durations.
fn stall_in_words(ms: i64) -> String {
    if ms >= 60_000 {
        return duration::in_words(ms);
    }
    in_words(Duration::from_millis(ms.unsigned_abs() / 100 * 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(wall: i64, steady_ms: i64) -> Moment {
        Moment { wall: Timestamp(wall), steady_ms }
    }

    const TIMEOUT: Duration = Duration::from_secs(10);

    /// A pulse with a beat in time up to `until_ms`, except between
    /// the two instants.
    fn pulse_with_hole(until_ms: i64, hole: (i64, i64)) -> Pulse {
        let pulse = Pulse::default();
        for ms in (0..=until_ms).step_by(50) {
            if !(hole.0 < ms && ms < hole.1) {
                pulse.beat(ms);
            }
        }
        pulse
    }

    #[test]
    fn a_regular_pulse_is_trusted() {
        let pulse = pulse_with_hole(20_000, (0, 0));
        assert_eq!(pulse.distrust(moment(1_000, 1_000), moment(20_020, 20_020), TIMEOUT), None);
    }

    #[test]
    fn a_check_during_a_stall_is_not_trusted_and_one_beside_it_is() {
        let pulse = pulse_with_hole(20_000, (5_000, 8_000));
        let distrust = |from, to| pulse.distrust(moment(from, from), moment(to, to), TIMEOUT);
        let (kind, reason) = distrust(4_000, 6_000).unwrap();
        assert_eq!(kind, Kind::OwnStall);
        assert_eq!(reason, "everup itself stood still for 3 s");
        assert!(distrust(7_900, 9_000).is_some());
        assert_eq!(distrust(3_000, 5_000), None);
        assert_eq!(distrust(8_000, 9_000), None);
    }

    #[test]
    fn a_stall_that_no_beat_has_ended_yet_is_seen() {
        let pulse = pulse_with_hole(5_000, (0, 0));
        assert!(
            pulse
                .distrust(moment(4_900, 4_900), moment(6_100, 6_100), TIMEOUT)
                .is_some()
        );
        assert!(
            pulse
                .distrust(moment(4_900, 4_900), moment(5_900, 5_900), TIMEOUT)
                .is_none()
        );
    }

    #[test]
    fn a_short_stall_counts_where_the_timeout_is_short() {
        let pulse = pulse_with_hole(20_000, (5_000, 5_600));
        let distrust = |timeout_ms| {
            let timeout = Duration::from_millis(timeout_ms);
            pulse.distrust(moment(4_900, 4_900), moment(5_650, 5_650), timeout)
        };
        let (kind, reason) = distrust(200).unwrap();
        assert_eq!(kind, Kind::OwnStall);
        assert_eq!(reason, "everup itself stood still for 600 ms");
        assert!(distrust(2_000).is_some());
        assert_eq!(distrust(2_400), None);
        assert_eq!(distrust(10_000), None);
    }

    #[test]
    fn a_stall_is_told_as_long_as_it_was() {
        for (ms, words) in [(1_103, "1.1 s"), (600, "600 ms"), (8_000, "8 s")] {
            assert_eq!(stall_in_words(ms), words);
        }
        assert_eq!(stall_in_words(90_000), duration::in_words(90_000));
    }

    #[test]
    fn a_beat_that_is_a_little_late_is_nothing() {
        let pulse = pulse_with_hole(20_000, (5_000, 5_150));
        let timeout = Duration::from_millis(100);
        assert_eq!(pulse.distrust(moment(4_900, 4_900), moment(5_160, 5_160), timeout), None);
    }

    #[test]
    fn a_check_during_a_jump_of_the_clock_is_not_trusted() {
        let pulse = pulse_with_hole(5_000, (0, 0));
        let (kind, reason) = pulse
            .distrust(moment(4_000, 4_000), moment(64_500, 4_500), TIMEOUT)
            .unwrap();
        assert_eq!(kind, Kind::OwnClock);
        assert_eq!(reason, "the clock of this host jumped forward by 1 min");
        let (_, reason) =
            pulse.distrust(moment(4_000, 4_000), moment(1_000, 4_500), TIMEOUT).unwrap();
        assert_eq!(reason, "the clock of this host jumped back by 4 s");
        assert_eq!(pulse.distrust(moment(4_000, 4_000), moment(5_500, 4_500), TIMEOUT), None);
    }

    #[test]
    fn stalls_are_forgotten_in_the_end() {
        let pulse = Pulse::default();
        for n in 0..2_200 {
            pulse.beat(n * 2_000);
        }
        assert_eq!(pulse.lock().stalls.len(), STALLS_MAX);
    }
}
