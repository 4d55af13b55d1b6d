//! Who watches, where several daemons share a database: the one that holds the lease.
//!
//! The store keeps the lease and refuses what carries an older fence. Here are its lengths,
//! how long its holder may believe in it, and when another may take it. Nobody's clock is
//! compared with another's: the holder counts from before it asked to when it stops, the
//! other from when it saw, which is later, to when it begins. Pure: told the time, by steady
//! clocks, in milliseconds.

use super::timestamp::SECOND_MS;

/// How long a lease lasts from each renewal. The default grace is 15 s: a monitor that is
/// checked each minute loses no turn as long as somebody goes on within that, so that
/// this, both [`LOOK_EVERY_MS`], [`YIELD_MS`] and a start stay below 13 s.
pub const LENGTH_MS: i64 = 10 * SECOND_MS;
/// How often its holder renews it: two may fail, and the third comes in time.
pub const RENEW_EVERY_MS: i64 = 3 * SECOND_MS;
/// How soon a renewal is tried again that the store refused.
pub const RENEW_AGAIN_MS: i64 = 250;
/// How often those who stand by look at it: one read of one row.
pub const LOOK_EVERY_MS: i64 = 500;
/// So long before its end its holder stops what cannot be undone. What is sent within it
/// is on its way before another may begin.
pub const MARGIN_MS: i64 = SECOND_MS;
/// Once the database can be written, a holder that an import has kept waiting has so long
/// to renew a lease that ran out meanwhile: twice [`RENEW_AGAIN_MS`].
pub const YIELD_MS: i64 = 500;

/// The number of a tenure; each has a greater one than all before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence(pub i64);

/// The lease as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Who holds it, or held it last, for people.
    pub holder: String,
    /// The number of its tenure; 0 where nobody ever held it.
    pub fence: Fence,
    /// When it runs out, by the database's clock; 0 once it was given up.
    pub until_ms: i64,
    /// Whether its holder has the lock beside the database.
    pub is_locked: bool,
}

/// The lease at one look, and what the database's clock said then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The lease.
    pub held: Held,
    /// What time it was for the database.
    pub now_ms: i64,
}

/// How long a holder may believe in its lease, by its own clock alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    sure_until_ms: i64,
    excused_until_ms: i64,
}

impl Term {
    /// Of a lease that was asked for, or renewed, at this moment.
    #[must_use]
    pub fn asked_at(ms: i64) -> Term {
        let sure_until_ms = ms.saturating_add(LENGTH_MS - MARGIN_MS);
        Term { sure_until_ms, excused_until_ms: sure_until_ms }
    }

    /// A renewal that was asked for at this moment found a store that takes nothing, and so
    /// takes no other holder either.
    #[must_use]
    pub fn excused_at(self, ms: i64) -> Term {
        let until_ms = ms.saturating_add(RENEW_EVERY_MS);
        Term { excused_until_ms: self.excused_until_ms.max(until_ms), ..self }
    }

    /// Whether nobody else can have the lease: what cannot be undone may be done.
    #[must_use]
    pub fn is_sure(self, now_ms: i64) -> bool {
        now_ms < self.sure_until_ms
    }

    /// Whether checks may begin: it is sure, or the store has just refused a renewal for
    /// reasons of its own. What they see is kept only if nobody else has the lease then.
    #[must_use]
    pub fn may_look(self, now_ms: i64) -> bool {
        now_ms < self.excused_until_ms
    }
}

/// What one who stands by has seen of the lease.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookout {
    /// The lease as it was seen last, and since when it is so.
    seen: Option<(Held, i64)>,
    /// Whether it was ever seen to change.
    was_renewed: bool,
    /// Since when the database could be written, with the lease run out.
    writable_from_ms: Option<i64>,
}

/// What is known of the lock beside the database, which the holder of the lease should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// A living process has it.
    Taken,
    /// Nobody has it.
    Free,
}

/// What may be done about a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing: somebody watches.
    Wait,
    /// It has run out, which may be the database's fault: see whether it can be written.
    Try,
    /// It may be taken as it is now.
    Take,
}

impl Lookout {
    /// Takes note of a look, and of the lock as it was just after it.
    pub fn look(&mut self, seen: &Seen, lock: Lock, now_ms: i64) -> Turn {
        let held = &seen.held;
        let since_ms = match &self.seen {
            Some((known, since_ms)) if known == held => *since_ms,
            before => {
                self.was_renewed |= before.is_some();
                self.writable_from_ms = None;
                self.seen = Some((held.clone(), now_ms));
                now_ms
            }
        };
        if held.fence == Fence(0) && lock == Lock::Taken {
            // An everup of before there was a lease watches, or one that is just taking it.
            return Turn::Wait;
        }
        let is_orphaned = held.is_locked && lock == Lock::Free;
        if held.until_ms == 0 || is_orphaned {
            return Turn::Take;
        }
        // Of one that was seen to be renewed, our own clock says when it has run out, however
        // the database's may jump; of one that never was, the database's does.
        let has_run_out = now_ms - since_ms >= LENGTH_MS
            || (!self.was_renewed && held.until_ms <= seen.now_ms);
        match self.writable_from_ms {
            _ if !has_run_out => Turn::Wait,
            Some(from_ms) if now_ms - from_ms >= YIELD_MS => Turn::Take,
            Some(_) => Turn::Wait,
            None => Turn::Try,
        }
    }

    /// Notes whether the database could be written just now.
    pub fn tried(&mut self, could_write: bool, now_ms: i64) {
        self.writable_from_ms = could_write.then_some(now_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(fence: i64, until_ms: i64) -> Held {
        Held { holder: "one".to_owned(), fence: Fence(fence), until_ms, is_locked: false }
    }

    fn seen(held: &Held, now_ms: i64) -> Seen {
        Seen { held: held.clone(), now_ms }
    }

    /// When a lease that was renewed last at `renewed_ms` of the steady clock is taken, by
    /// one who looks from `first_ms` on; the database's clock is `ahead_ms` ahead from 5 s on.
    fn taken_at(renewed_ms: i64, first_ms: i64, ahead_ms: i64) -> Option<i64> {
        let mut lookout = Lookout::default();
        for now_ms in (first_ms..60_000).step_by(usize::try_from(LOOK_EVERY_MS).unwrap()) {
            let beat_ms = (now_ms / RENEW_EVERY_MS * RENEW_EVERY_MS).min(renewed_ms);
            let lease = held(1, 1_000_000 + beat_ms + LENGTH_MS);
            let database_ms = 1_000_000 + now_ms + if now_ms > 5_000 { ahead_ms } else { 0 };
            match lookout.look(&seen(&lease, database_ms), Lock::Taken, now_ms) {
                Turn::Wait => {}
                Turn::Try => lookout.tried(true, now_ms),
                Turn::Take => return Some(now_ms),
            }
        }
        None
    }

    #[test]
    fn a_lease_that_is_not_renewed_any_more_is_taken_within_twelve_seconds_and_never_early() {
        for first_ms in 0..LOOK_EVERY_MS {
            let at = taken_at(9_000, first_ms, 0).unwrap();
            assert!((9_000 + LENGTH_MS..=9_000 + 12_000).contains(&at), "{first_ms}: {at}");
        }
        let worst = LENGTH_MS + 2 * LOOK_EVERY_MS + YIELD_MS;
        assert!(worst + SECOND_MS < 13_000, "a second is left for the start");
    }

    #[test]
    fn a_clock_of_the_database_that_jumps_gives_the_lease_to_nobody() {
        for ahead_ms in [3_600_000, -3_600_000] {
            let at = taken_at(9_000, 0, ahead_ms).unwrap();
            assert!((19_000..=21_000).contains(&at), "{ahead_ms}: {at}");
            assert_eq!(taken_at(i64::MAX, 0, ahead_ms), None, "it is renewed");
        }
    }

    #[test]
    fn whoever_comes_later_takes_a_lease_that_has_long_run_out() {
        let mut lookout = Lookout::default();
        let lease = held(4, 1_000);
        let look =
            |lookout: &mut Lookout, ms| lookout.look(&seen(&lease, 900_000), Lock::Free, ms);
        assert_eq!(look(&mut lookout, 0), Turn::Try);
        lookout.tried(true, 1);
        assert_eq!(look(&mut lookout, 400), Turn::Wait);
        assert_eq!(look(&mut lookout, 501), Turn::Take);
    }

    #[test]
    fn a_holder_that_an_import_keeps_waiting_may_renew_first() {
        let mut lookout = Lookout::default();
        let lease = held(4, 1_000);
        let look =
            |lookout: &mut Lookout, ms| lookout.look(&seen(&lease, 900_000), Lock::Taken, ms);
        for ms in (0..9_000).step_by(500) {
            assert_eq!(look(&mut lookout, ms), Turn::Try);
            lookout.tried(false, ms);
        }
        assert_eq!(look(&mut lookout, 9_000), Turn::Try);
        lookout.tried(true, 9_000);
        assert_eq!(look(&mut lookout, 9_499), Turn::Wait);
        let renewed = held(4, 950_000);
        assert_eq!(lookout.look(&seen(&renewed, 900_400), Lock::Taken, 9_500), Turn::Wait);
        const { assert!(YIELD_MS >= 2 * RENEW_AGAIN_MS) };
    }

    #[test]
    fn what_was_given_up_or_whose_holder_has_died_is_taken_at_once() {
        let look = |held: &Held, lock| Lookout::default().look(&seen(held, 10), lock, 0);
        assert_eq!(look(&held(4, 0), Lock::Free), Turn::Take);
        assert_eq!(look(&held(4, 0), Lock::Taken), Turn::Take, "by one that stands still");
        let locked = Held { is_locked: true, ..held(4, 9_000) };
        assert_eq!(look(&locked, Lock::Free), Turn::Take);
        assert_eq!(look(&locked, Lock::Taken), Turn::Wait);
        assert_eq!(look(&held(4, 9_000), Lock::Free), Turn::Wait, "it never had the lock");
        assert_eq!(look(&held(0, 0), Lock::Free), Turn::Take);
        assert_eq!(look(&held(0, 0), Lock::Taken), Turn::Wait, "an earlier everup watches");
    }

    #[test]
    fn a_holder_stops_before_another_can_begin() {
        let term = Term::asked_at(5_000);
        assert!(term.is_sure(5_000 + LENGTH_MS - MARGIN_MS - 1));
        assert!(!term.is_sure(5_000 + LENGTH_MS - MARGIN_MS));
        assert!(!term.may_look(5_000 + LENGTH_MS - MARGIN_MS));
        let excused = term.excused_at(13_500);
        assert!(!excused.is_sure(14_000) && excused.may_look(14_000));
        assert!(!excused.may_look(13_500 + RENEW_EVERY_MS));
    }
}
