//! What is seen while the clock may be wrong: held until the clock has proved itself.
//!
//! A wall clock that jumps forward and back again would otherwise leave checks that are
//! dated ahead, and as time is only ever booked once, everup would be blind until that
//! time has come. Pure: the recorder tells it both clocks, and does what it says.

use super::pulse::{JUMP_MS, Moment};
use crate::domain::check::{Check, Evidence, Kind, Verdict};
use crate::domain::duration;
use crate::domain::monitor::Key;
use crate::domain::timestamp::MINUTE_MS;

/// How long the clock must run as time does, after it has jumped forward, before what was
/// seen since is booked: a time service that has set it wrongly looks again within a minute
/// or two.
pub const PROOF_MS: i64 = 5 * MINUTE_MS;
/// Checks that are held: five minutes of a thousand monitors at 3 s, and below 20 MB.
const HELD_MAX: usize = 100_000;

/// Both clocks as they were last, and what is held.
#[derive(Debug, Default)]
pub struct Hold {
    before: Option<Moment>,
    doubt: Option<Doubt>,
}

#[derive(Debug)]
struct Doubt {
    /// How much more the wall clock has moved than time, since it was last trusted.
    ahead_ms: i64,
    /// From when on it is trusted again, by the steady clock.
    until_ms: i64,
    checks: Vec<(Key, Check)>,
}

/// What a look at the clocks has shown.
#[derive(Debug, PartialEq)]
pub enum Turn {
    /// Nothing new.
    Even,
    /// The clock has run evenly for [`PROOF_MS`]: what was held counts.
    Proved(Vec<(Key, Check)>),
    /// The clock has jumped by so much: what was held is dated wrongly.
    Jumped(i64, Vec<(Key, Check)>),
}

impl Hold {
    /// Looks at both clocks. To be called at least every few seconds.
    pub fn look(&mut self, moment: Moment) -> Turn {
        let Some(before) = self.before.replace(moment) else { return Turn::Even };
        let jumped_ms = moment.jumped_ms(before);
        if jumped_ms.abs() > JUMP_MS {
            let doubt = self.doubt.take();
            let (ahead_ms, checks) =
                doubt.map_or((0, Vec::new()), |doubt| (doubt.ahead_ms, doubt.checks));
            let ahead_ms = ahead_ms + jumped_ms;
            // A clock that is behind does no harm: it dates nothing ahead.
            if ahead_ms > JUMP_MS {
                let until_ms = moment.steady_ms + PROOF_MS;
                self.doubt = Some(Doubt { ahead_ms, until_ms, checks: Vec::new() });
            }
            return Turn::Jumped(jumped_ms, checks);
        }
        match self.doubt.take_if(|doubt| moment.steady_ms >= doubt.until_ms) {
            Some(doubt) => Turn::Proved(doubt.checks),
            None => Turn::Even,
        }
    }

    /// How far the clock has jumped ahead, while it is doubted.
    #[must_use]
    pub fn ahead_ms(&self) -> Option<i64> {
        self.doubt.as_ref().map(|doubt| doubt.ahead_ms)
    }

    /// Holds a check. Gives whether it did: beyond the limit, or without a doubt, not.
    pub fn keep(&mut self, key: Key, check: Check) -> bool {
        match &mut self.doubt {
            Some(doubt) if doubt.checks.len() < HELD_MAX => {
                doubt.checks.push((key, check));
                true
            }
            _ => false,
        }
    }

    /// Everything that is held, when there is no time left for a proof. The doubt stays.
    pub fn give_up(&mut self) -> Vec<(Key, Check)> {
        let doubt = self.doubt.as_mut();
        doubt.map_or(Vec::new(), |doubt| std::mem::take(&mut doubt.checks))
    }
}

/// A check of which it is not known when it was, dated as well as it can be.
#[must_use]
pub fn disproved(check: &Check, moved_ms: i64) -> Check {
    let length = duration::in_words(moved_ms.abs());
    let reason = match moved_ms {
        0 => "everup ended before the clock of this host had proved right".to_owned(),
        ms if ms < 0 => format!("the clock of this host was ahead by {length}"),
        _ => format!("the clock of this host jumped forward by {length} afterwards"),
    };
    let evidence = Evidence { kind: Some(Kind::OwnClock), ..Evidence::because(&reason) };
    Check {
        started_at: check.started_at.plus_ms(moved_ms),
        verdict: Verdict::Unknown,
        latency_us: None,
        evidence: Some(Box::new(evidence)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timestamp::{HOUR_MS, SECOND_MS, Timestamp};

    fn moment(ahead_ms: i64, steady_ms: i64) -> Moment {
        Moment { wall: Timestamp(1_000_000_000 + steady_ms + ahead_ms), steady_ms }
    }

    fn check(at: Timestamp) -> Check {
        Check { started_at: at, verdict: Verdict::Ok, latency_us: Some(1), evidence: None }
    }

    /// A hold whose clock has jumped an hour ahead, with one check.
    fn doubting() -> (Hold, Check) {
        let mut hold = Hold::default();
        assert_eq!(hold.look(moment(0, 0)), Turn::Even);
        assert!(!hold.keep(Key(1), check(Timestamp(1))), "there is no doubt");
        assert_eq!(hold.look(moment(HOUR_MS, 1)), Turn::Jumped(HOUR_MS, vec![]));
        assert_eq!(hold.ahead_ms(), Some(HOUR_MS));
        let check = check(moment(HOUR_MS, 2).wall);
        assert!(hold.keep(Key(1), check.clone()));
        (hold, check)
    }

    #[test]
    fn a_clock_that_runs_evenly_for_a_while_is_believed() {
        let (mut hold, check) = doubting();
        assert_eq!(hold.look(moment(HOUR_MS, PROOF_MS)), Turn::Even);
        assert_eq!(
            hold.look(moment(HOUR_MS, 1 + PROOF_MS)),
            Turn::Proved(vec![(Key(1), check)])
        );
        assert_eq!(hold.ahead_ms(), None);
    }

    #[test]
    fn what_was_seen_under_a_clock_that_comes_back_is_unknown_and_dated_rightly() {
        let (mut hold, check) = doubting();
        let turn = hold.look(moment(0, 9 * SECOND_MS));
        assert_eq!(turn, Turn::Jumped(-HOUR_MS, vec![(Key(1), check.clone())]));
        assert_eq!(hold.ahead_ms(), None);
        let told = disproved(&check, -HOUR_MS);
        assert_eq!(told.started_at, moment(0, 2).wall);
        assert_eq!(told.reason(), Some("the clock of this host was ahead by 1 h"));
        assert_eq!((told.verdict, told.latency_us), (Verdict::Unknown, None));
    }

    #[test]
    fn a_clock_that_comes_back_half_way_is_doubted_again() {
        let (mut hold, _) = doubting();
        hold.look(moment(HOUR_MS / 2, 9 * SECOND_MS));
        assert_eq!(hold.ahead_ms(), Some(HOUR_MS / 2));
    }

    #[test]
    fn a_clock_that_goes_back_is_not_doubted() {
        let mut hold = Hold::default();
        hold.look(moment(0, 0));
        assert_eq!(hold.look(moment(-HOUR_MS, 1)), Turn::Jumped(-HOUR_MS, vec![]));
        assert_eq!(hold.ahead_ms(), None);
    }

    #[test]
    fn what_is_held_has_a_limit() {
        let (mut hold, check) = doubting();
        for _ in 1..HELD_MAX {
            assert!(hold.keep(Key(1), check.clone()));
        }
        assert!(!hold.keep(Key(1), check));
        assert_eq!(hold.give_up().len(), HELD_MAX);
    }
}
