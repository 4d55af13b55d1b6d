//! Checks that cannot be booked, because the clock cannot be trusted: they still say how
//! things are.
//!
//! Behind what is kept, nothing is booked until the clock has caught up; after a jump
//! forward, what is seen is held until the clock has proved itself (`hold.rs`).

use super::desk::{Desk, Kept};
use super::{Recorder, Taken};
use crate::board::Board;
use crate::domain::check::Check;
use crate::domain::duration;
use crate::domain::history::Unbooked;
use crate::domain::judge::Judge;
use crate::domain::monitor::Key;
use crate::domain::timestamp::Timestamp;
use crate::engine::hold::{self, PROOF_MS, Turn};
use crate::engine::pulse::Moment;
use std::sync::Arc;

impl Recorder {
    /// Looks whether the wall clock still runs as time does.
    pub fn look_at_clock(&self, moment: Moment) {
        self.look(&mut self.desk(), moment);
    }

    pub(super) fn look(&self, desk: &mut Desk, moment: Moment) {
        match desk.hold.look(moment) {
            Turn::Even => return,
            Turn::Proved(checks) => {
                for (key, check) in checks {
                    let at = check.started_at;
                    if desk.accept(key, check, None).is_none() {
                        self.board.given_up(key, at);
                    }
                }
            }
            Turn::Jumped(jumped_ms, checks) => {
                if !checks.is_empty() {
                    let count = checks.len();
                    tracing::warn!("{count} checks under a wrong clock are kept as unknown");
                }
                desk.disprove(&checks, jumped_ms, &self.board);
            }
        }
        let trouble = desk.hold.ahead_ms().map(|ahead_ms| {
            format!("the clock jumped forward by {}", duration::in_words(ahead_ms))
        });
        if trouble.is_some() {
            let proof = duration::in_words(PROOF_MS);
            tracing::warn!("checks are not booked until the clock has run evenly for {proof}");
        }
        self.vitals.note(|reading| reading.clock_trouble = trouble);
        self.urgent.notify_one();
    }

    /// Notes that the clock is behind what is kept, and says so once.
    pub(super) fn note_behind(&self, behind_ms: Option<i64>) {
        let Some(behind_ms) = behind_ms else { return };
        let length = duration::in_words(behind_ms);
        let trouble = format!("the clock is {length} behind what is already kept");
        self.vitals.note(|reading| {
            if reading.clock_trouble.is_none() {
                tracing::warn!("{trouble}; checks are not booked until it has caught up");
            }
            reading.clock_trouble = Some(trouble);
        });
    }

    /// Takes a check that is not booked, for `why`.
    pub(super) fn show_only(
        &self,
        desk: &mut Desk,
        key: Key,
        check: Check,
        why: &str,
    ) -> Option<Taken> {
        let kept = desk.monitors.get_mut(&key)?;
        let flipped = kept.show_only(&check, why);
        let undecided = flipped.1;
        desk.unshown = true;
        if flipped.0 {
            self.urgent.notify_one();
        }
        // What is held is under way still: it may be booked, and no figure reaches into it.
        Some(match desk.hold.keep(key, check) {
            true => Taken::Held { undecided },
            false => Taken::Unbooked { undecided },
        })
    }

    /// Admits what is still held as unknown: there is no time left for a proof.
    pub fn give_up_held(&self) {
        let mut desk = self.desk();
        let checks = desk.hold.give_up();
        desk.disprove(&checks, 0, &self.board);
    }
}

impl Desk {
    /// Why a check cannot be booked.
    pub(super) fn unbookable(&self, kept: &Kept, check: &Check) -> Option<String> {
        if let Some(behind_ms) = kept.behind_ms(check) {
            let length = duration::in_words(behind_ms);
            return Some(format!(
                "The clock of this host is {length} behind what is already kept, so nothing \
                 is booked until it has caught up"
            ));
        }
        self.hold.ahead_ms().map(|ahead_ms| {
            format!(
                "The clock of this host jumped forward by {}, so nothing is booked until it \
                 has run evenly for {}",
                duration::in_words(ahead_ms),
                duration::in_words(PROOF_MS)
            )
        })
    }

    /// Whether a check that began at `now` would be behind what is booked of some monitor.
    pub(super) fn is_behind(&self, now: Timestamp) -> bool {
        let newest = self.monitors.values().filter_map(|kept| kept.judge.last);
        newest.map(|last| last.at).any(|at| at > now)
    }

    /// What was held is dated wrongly: it becomes unknown, and shows nothing any more.
    fn disprove(&mut self, checks: &[(Key, Check)], moved_ms: i64, board: &Board) {
        for (key, check) in checks {
            board.given_up(*key, check.started_at);
            self.waiting.push((*key, hold::disproved(check, moved_ms)));
        }
        for kept in self.monitors.values_mut() {
            if kept.committed.unbooked.is_some() {
                Arc::make_mut(&mut kept.committed).unbooked = None;
                self.unshown = true;
            }
        }
        self.shed();
    }
}

impl Kept {
    /// How far a check lies behind the newest that is booked; `None` where it does not.
    pub(super) fn behind_ms(&self, check: &Check) -> Option<i64> {
        let newest = self.judge.last?.at;
        (check.started_at <= newest).then(|| newest.since_ms(check.started_at))
    }

    /// Lets a check say how things are. Gives whether that is something new, and whether
    /// it is undecided.
    fn show_only(&mut self, check: &Check, why: &str) -> (bool, bool) {
        let unbooked = self.committed.unbooked.as_ref();
        let before = unbooked.map_or(&self.judge, |unbooked| &unbooked.judge);
        let mut judge = Judge {
            // It goes on from there, but for the time that was never.
            last: before.last.filter(|last| last.at < check.started_at),
            ..before.clone()
        };
        let state = |judge: &Judge| (judge.is_down(), judge.is_undecided());
        let (is_first, before) = (unbooked.is_none(), state(before));
        let (at, verdict) = (check.started_at, check.verdict);
        let monitor = &self.committed.monitor;
        judge.observe(at, verdict, check.reason(), monitor, &mut Vec::new());
        let flipped = is_first || before != state(&judge);
        let undecided = judge.is_undecided();
        Arc::make_mut(&mut self.committed).unbooked =
            Some(Unbooked { judge, why: Arc::from(why) });
        (flipped, undecided)
    }
}
