//! Whether this process can be trusted with a verdict: did it stand still, did the
//! clock jump?
//!
//! A beat is noted several times a second. A check that ran while beats were missing
//! says nothing about its target; nor does one during which the wall clock moved
//! otherwise than time did.

use crate::domain::check::Kind;
use crate::domain::duration;
use crate::domain::timestamp::Timestamp;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often a beat is noted.
pub const BEAT_MS: i64 = 250;
/// Missing beats for longer than this are a stall: a busy machine may be late by a few
/// hundred milliseconds, and no verdict turns on less than a second.
const STALL_MS: i64 = 1_000;
/// A wall clock that moves this much more or less than time has jumped. Slewing, at
/// most 0.05 %, moves it by 0.15 s in the longest check.
pub const JUMP_MS: i64 = 1_000;
/// Stalls are remembered while a check may have run during them; more than this many
/// within one timeout means that the machine does nothing else.
const STALLS_MAX: usize = 64;

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
    /// Notes a beat; gives the length of the stall that it ends, if there was one.
    pub fn beat(&self, steady_ms: i64) -> Option<i64> {
        let mut beats = self.lock();
        let last_ms = std::mem::replace(&mut beats.last_ms, steady_ms);
        let missing_ms = steady_ms - last_ms;
        if missing_ms <= STALL_MS {
            return None;
        }
        if beats.stalls.len() == STALLS_MAX {
            beats.stalls.pop_front();
        }
        beats.stalls.push_back((last_ms, steady_ms));
        Some(missing_ms)
    }

    /// Why what was seen between two moments says nothing about the target; `None`
    /// where it does.
    #[must_use]
    pub fn distrust(&self, from: Moment, to: Moment) -> Option<(Kind, String)> {
        let jumped_ms = to.jumped_ms(from);
        if jumped_ms.abs() > JUMP_MS {
            let length = duration::in_words(jumped_ms.abs());
            let way = if jumped_ms > 0 { "forward" } else { "back" };
            let reason = format!("the clock of this host jumped {way} by {length}");
            return Some((Kind::OwnClock, reason));
        }
        let beats = self.lock();
        let running = (beats.last_ms, to.steady_ms);
        let stalled_ms = (beats.stalls.iter().chain([&running]))
            .filter(|(start, end)| {
                end - start > STALL_MS && *start < to.steady_ms && *end > from.steady_ms
            })
            .map(|(start, end)| end - start)
            .max()?;
        let length = duration::in_words(stalled_ms);
        Some((Kind::OwnStall, format!("everup itself stood still for {length}")))
    }

    fn lock(&self) -> MutexGuard<'_, Beats> {
        // Nothing panics while it is held; and beats are only numbers.
        self.beats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(wall: i64, steady_ms: i64) -> Moment {
        Moment { wall: Timestamp(wall), steady_ms }
    }

    /// A pulse with a beat every quarter of a second up to `until_ms`, except between
    /// the two instants.
    fn pulse_with_hole(until_ms: i64, hole: (i64, i64)) -> Pulse {
        let pulse = Pulse::default();
        for ms in (0..=until_ms).step_by(250) {
            if !(hole.0 < ms && ms < hole.1) {
                pulse.beat(ms);
            }
        }
        pulse
    }

    #[test]
    fn a_regular_pulse_is_trusted() {
        let pulse = pulse_with_hole(20_000, (0, 0));
        assert_eq!(pulse.distrust(moment(1_000, 1_000), moment(20_200, 20_200)), None);
    }

    #[test]
    fn a_check_during_a_stall_is_not_trusted_and_one_beside_it_is() {
        let pulse = pulse_with_hole(20_000, (5_000, 8_000));
        let distrust = |from, to| pulse.distrust(moment(from, from), moment(to, to));
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
        assert!(pulse.distrust(moment(4_900, 4_900), moment(6_100, 6_100)).is_some());
        assert!(pulse.distrust(moment(4_900, 4_900), moment(5_900, 5_900)).is_none());
    }

    #[test]
    fn a_check_during_a_jump_of_the_clock_is_not_trusted() {
        let pulse = pulse_with_hole(5_000, (0, 0));
        let (kind, reason) =
            pulse.distrust(moment(4_000, 4_000), moment(64_500, 4_500)).unwrap();
        assert_eq!(kind, Kind::OwnClock);
        assert_eq!(reason, "the clock of this host jumped forward by 1 min");
        let (_, reason) = pulse.distrust(moment(4_000, 4_000), moment(1_000, 4_500)).unwrap();
        assert_eq!(reason, "the clock of this host jumped back by 4 s");
        assert_eq!(pulse.distrust(moment(4_000, 4_000), moment(5_500, 4_500)), None);
    }

    #[test]
    fn stalls_are_forgotten_in_the_end() {
        let pulse = Pulse::default();
        for n in 0..200 {
            pulse.beat(n * 2_000);
        }
        assert_eq!(pulse.lock().stalls.len(), STALLS_MAX);
    }
}
