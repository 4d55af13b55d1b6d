//! Whether a backend is well: what checks and requests have shown of it. Pure; time comes in
//! as milliseconds of a clock that never jumps.
//!
//! `pool` keeps one for each backend. It never knows the others: whether one may be put
//! aside is theirs too, and said by the caller.

use super::settings::Health;

/// After so many requests in a row that found no connection or no answer, a backend is put
/// aside. One may be the network's.
const FAILURES_TO_EJECT: u32 = 2;

/// How long one is put aside the first time; twice as long each time it follows soon.
const EJECTED_MS: i64 = 1_000;

/// The longest time to be put aside: it may be the requests that are at fault.
const EJECTED_MS_MAX: i64 = 30_000;

/// After so long without being put aside, the next time is a first one again.
const FORGIVEN_AFTER_MS: i64 = 60_000;

/// What is known of one.
#[derive(Clone, Debug)]
pub struct Wellness {
    /// What the checks say.
    is_well: bool,
    /// How many checks in a row say otherwise.
    against: u32,
    /// How many checks in a row were good since it was put aside.
    good: u32,
    /// How many requests in a row found no connection or no answer.
    failures: u32,
    /// Until when it is put aside at least, and how often in a row it was.
    ejected_until_ms: Option<i64>,
    ejections: u32,
    last_ejected_ms: i64,
    /// Since when it gets requests again after it had none.
    back_since_ms: Option<i64>,
}

/// What a check or a request has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flip {
    /// It gets requests again.
    Back,
    /// It gets none any more.
    Away,
}

impl Default for Wellness {
    /// One that nobody has looked at yet is taken for well: a balancer that begins answers
    /// at once.
    fn default() -> Wellness {
        Wellness {
            is_well: true,
            against: 0,
            good: 0,
            failures: 0,
            ejected_until_ms: None,
            ejections: 0,
            last_ejected_ms: i64::MIN,
            back_since_ms: None,
        }
    }
}

impl Wellness {
    /// Whether it is to get requests.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.is_well && self.ejected_until_ms.is_none()
    }

    /// Whether it is put aside by what requests have shown, and not by checks.
    #[must_use]
    pub fn is_ejected(&self) -> bool {
        self.is_well && self.ejected_until_ms.is_some()
    }

    /// Whether the next check is better made soon: something speaks against what is held.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        let by_requests = self.failures > 0 || self.ejected_until_ms.is_some();
        self.against > 0 || (self.is_well && by_requests)
    }

    /// Since when it has been back, if it ever was away.
    #[must_use]
    pub fn back_since_ms(&self) -> Option<i64> {
        self.back_since_ms
    }

    /// A check has ended.
    pub fn checked(&mut self, is_good: bool, rules: &Health, now_ms: i64) -> Option<Flip> {
        let was_available = self.is_available();
        self.good = if is_good { self.good.saturating_add(1) } else { 0 };
        if is_good {
            self.failures = 0;
        }
        if is_good == self.is_well {
            self.against = 0;
        } else {
            self.against += 1;
            let enough = if self.is_well { rules.fall } else { rules.rise };
            if self.against >= enough {
                self.is_well = is_good;
                self.against = 0;
                // From here on the checks speak for it.
                self.ejected_until_ms = None;
            }
        }
        if self.ejected_until_ms.is_some_and(|until| until <= now_ms) && self.good >= rules.rise
        {
            self.ejected_until_ms = None;
        }
        self.flip_from(was_available, now_ms)
    }

    /// A request found no connection, or no answer in time, or was broken off before one.
    /// `may_eject`: whether enough others are there.
    pub fn failed(&mut self, may_eject: bool, now_ms: i64) -> Option<Flip> {
        let was_available = self.is_available();
        self.failures = self.failures.saturating_add(1);
        if was_available && may_eject && self.failures >= FAILURES_TO_EJECT {
            let is_first = now_ms.saturating_sub(self.last_ejected_ms) > FORGIVEN_AFTER_MS;
            self.ejections = if is_first { 0 } else { (self.ejections + 1).min(16) };
            let length_ms = (EJECTED_MS << self.ejections).min(EJECTED_MS_MAX);
            self.ejected_until_ms = Some(now_ms.saturating_add(length_ms));
            self.last_ejected_ms = now_ms;
            self.good = 0;
        }
        self.flip_from(was_available, now_ms)
    }

    /// A request was answered.
    pub fn answered(&mut self) {
        self.failures = 0;
    }

    fn flip_from(&mut self, was_available: bool, now_ms: i64) -> Option<Flip> {
        match (was_available, self.is_available()) {
            (false, true) => {
                self.back_since_ms = Some(now_ms);
                Some(Flip::Back)
            }
            (true, false) => Some(Flip::Away),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Health {
        Health { rise: 2, fall: 3, ..Health::default() }
    }

    fn checks(wellness: &mut Wellness, outcomes: &[bool], from_ms: i64) -> Vec<Option<Flip>> {
        (from_ms..)
            .step_by(200)
            .zip(outcomes)
            .map(|(at, is_good)| wellness.checked(*is_good, &rules(), at))
            .collect()
    }

    #[test]
    fn the_third_bad_check_in_a_row_takes_it_away() {
        let mut wellness = Wellness::default();
        assert!(wellness.is_available() && !wellness.is_suspect());
        let flips = checks(&mut wellness, &[false, false, true, false, false, false], 0);
        assert_eq!(flips, [None, None, None, None, None, Some(Flip::Away)]);
        assert!(!wellness.is_available());
    }

    #[test]
    fn the_second_good_check_in_a_row_brings_it_back() {
        let mut wellness = Wellness::default();
        checks(&mut wellness, &[false; 5], 0);
        assert_eq!(wellness.back_since_ms(), None);
        let flips = checks(&mut wellness, &[true, false, true, true], 5_000);
        assert_eq!(flips, [None, None, None, Some(Flip::Back)]);
        assert_eq!(wellness.back_since_ms(), Some(5_600));
    }

    #[test]
    fn what_speaks_against_it_asks_for_a_check_soon() {
        let mut wellness = Wellness::default();
        wellness.failed(true, 0);
        assert!(wellness.is_suspect() && wellness.is_available());
        wellness.answered();
        assert!(!wellness.is_suspect());
        checks(&mut wellness, &[false], 0);
        assert!(wellness.is_suspect());
        checks(&mut wellness, &[true], 0);
        assert!(!wellness.is_suspect());
        // One that is known to be away is asked at leisure, whatever requests find out.
        checks(&mut wellness, &[false; 3], 0);
        wellness.failed(true, 0);
        assert!(!wellness.is_suspect() && !wellness.is_available());
    }

    #[test]
    fn two_failures_in_a_row_put_it_aside_where_others_are_left() {
        let mut wellness = Wellness::default();
        assert_eq!(wellness.failed(true, 0), None);
        wellness.answered();
        assert_eq!(wellness.failed(true, 10), None);
        assert_eq!(wellness.failed(false, 20), None);
        assert!(wellness.is_available());
        assert_eq!(wellness.failed(true, 30), Some(Flip::Away));
        assert!(wellness.is_ejected());
    }

    #[test]
    fn it_is_back_after_its_time_and_good_checks() {
        let mut wellness = Wellness::default();
        wellness.failed(true, 0);
        wellness.failed(true, 0);
        let flips = checks(&mut wellness, &[true; 5], 200);
        assert_eq!(flips, [None, None, None, None, Some(Flip::Back)]);
        assert_eq!(wellness.back_since_ms(), Some(1_000));
    }

    #[test]
    fn its_time_alone_does_not_bring_it_back() {
        let mut wellness = Wellness::default();
        wellness.failed(true, 0);
        wellness.failed(true, 0);
        assert_eq!(checks(&mut wellness, &[true, false, true], 2_000), [None, None, None]);
        assert_eq!(wellness.checked(true, &rules(), 3_000), Some(Flip::Back));
    }

    #[test]
    fn each_time_soon_after_lasts_twice_as_long_up_to_a_limit() {
        let mut wellness = Wellness::default();
        let mut now_ms = 0;
        let mut lengths = Vec::new();
        for _ in 0..7 {
            wellness.failed(true, now_ms);
            wellness.failed(true, now_ms);
            let from = now_ms;
            while !wellness.is_available() {
                now_ms += 100;
                wellness.checked(true, &rules(), now_ms);
            }
            lengths.push(now_ms - from);
        }
        assert_eq!(lengths, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        wellness.failed(true, now_ms + 60_000);
        wellness.failed(true, now_ms + 60_000);
        wellness.checked(true, &rules(), now_ms + 60_500);
        assert_eq!(wellness.checked(true, &rules(), now_ms + 61_000), Some(Flip::Back));
    }

    #[test]
    fn bad_checks_decide_for_one_that_is_put_aside() {
        let mut wellness = Wellness::default();
        wellness.failed(true, 0);
        wellness.failed(true, 0);
        assert_eq!(checks(&mut wellness, &[false; 3], 100), [None; 3]);
        assert!(!wellness.is_ejected() && !wellness.is_available());
        // And then it is back as soon as the checks say so.
        assert_eq!(checks(&mut wellness, &[true; 2], 700), [None, Some(Flip::Back)]);
    }
}
