//! Which exchanges are kept: enough to show what an outage was, however long it lasts.
//!
//! The recorder hands in every failing check with what was said; few of them are kept.
//! A failing run needs one for its first check, and one for each other way in which it
//! fails. They wait here for the commit of their checks.

use crate::domain::check::{Check, Kind, Verdict};
use crate::domain::exchange::Exchange;
use crate::domain::monitor::Key;
use crate::domain::timestamp::DAY_MS;
use crate::store::batch::Exchanged;
use std::collections::HashMap;

/// A run that fails in more ways than this shows no more by the next one.
const WAYS_MAX: usize = 8;
/// A target that flaps all day would fill the disk: at most some 0.5 MB a day are kept of
/// it, and of a usual error page a tenth of that.
const OF_DAY_MAX: usize = 64;
/// While the store refuses, these many wait: below 20 MB. The checks themselves wait on.
const WAITING_MAX: usize = 1_000;

/// How a check failed, as far as that makes it worth another exchange.
type Way = (Option<Kind>, Option<u16>);

/// The exchanges that wait for a commit, and what has been kept of each monitor.
#[derive(Default)]
pub(super) struct Exchanges {
    waiting: Vec<Exchanged>,
    kept: HashMap<Key, Kept>,
}

#[derive(Default)]
struct Kept {
    /// The ways in which the present failing run has failed.
    ways: Vec<Way>,
    /// The newest day with an exchange, and how many it has.
    day: i64,
    of_day: usize,
}

impl Exchanges {
    /// Notes a check that is to be committed, and keeps what was said if that is needed.
    pub(super) fn take(&mut self, key: Key, check: &Check, exchange: Option<Box<Exchange>>) {
        match check.verdict {
            Verdict::Ok | Verdict::Degraded => {
                if let Some(kept) = self.kept.get_mut(&key) {
                    kept.ways.clear();
                }
            }
            // The same as no check.
            Verdict::Unknown => {}
            Verdict::Fail => {
                let kept = self.kept.entry(key).or_default();
                if !kept.is_new(way(check)) {
                    return;
                }
                let Some(exchange) = exchange else { return };
                let day = check.started_at.0.div_euclid(DAY_MS);
                if self.waiting.len() < WAITING_MAX && kept.has_room_on(day) {
                    let started_at = check.started_at;
                    self.waiting.push(Exchanged { key, started_at, exchange });
                }
            }
        }
    }

    /// All that wait.
    pub(super) fn batch(&mut self) -> Vec<Exchanged> {
        std::mem::take(&mut self.waiting)
    }

    /// Those of a batch that was not kept wait again.
    pub(super) fn put_back(&mut self, batch: Vec<Exchanged>) {
        let since = std::mem::replace(&mut self.waiting, batch);
        self.waiting.extend(since);
        self.waiting.truncate(WAITING_MAX);
    }

    /// After a start: a run that goes on needs no second exchange for the way in which
    /// it failed last.
    pub(super) fn go_on_after(&mut self, key: Key, latest: &Check) {
        if latest.verdict == Verdict::Fail {
            self.kept
                .entry(key)
                .or_insert_with(|| Kept { ways: vec![way(latest)], ..Kept::default() });
        }
    }
}

impl Kept {
    fn is_new(&mut self, way: Way) -> bool {
        if self.ways.len() >= WAYS_MAX || self.ways.contains(&way) {
            return false;
        }
        self.ways.push(way);
        true
    }

    fn has_room_on(&mut self, day: i64) -> bool {
        if self.day != day {
            (self.day, self.of_day) = (day, 0);
        }
        self.of_day += 1;
        self.of_day <= OF_DAY_MAX
    }
}

fn way(check: &Check) -> Way {
    let evidence = check.evidence.as_deref();
    (evidence.and_then(|seen| seen.kind), evidence.and_then(|seen| seen.status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::Evidence;
    use crate::domain::timestamp::Timestamp;

    const API: Key = Key(1);

    fn fail(minute: i64, status: u16) -> Check {
        let evidence =
            Evidence { status: Some(status), kind: Some(Kind::Status), ..Evidence::default() };
        Check {
            started_at: Timestamp(minute * 60_000),
            verdict: Verdict::Fail,
            latency_us: None,
            evidence: Some(Box::new(evidence)),
        }
    }

    fn with(verdict: Verdict, minute: i64) -> Check {
        Check { verdict, evidence: None, ..fail(minute, 0) }
    }

    /// The minutes of the checks whose exchanges were kept.
    fn kept(checks: impl IntoIterator<Item = Check>) -> Vec<i64> {
        let mut exchanges = Exchanges::default();
        for check in checks {
            exchanges.take(API, &check, Some(Box::default()));
        }
        exchanges.batch().iter().map(|kept| kept.started_at.0 / 60_000).collect()
    }

    #[test]
    fn a_long_outage_keeps_its_first_and_each_other_way_it_fails() {
        let statuses = [502, 502, 502, 503, 503, 502, 504, 502];
        let checks = statuses.into_iter().cycle().take(1_440).zip(0..);
        assert_eq!(kept(checks.map(|(status, minute)| fail(minute, status))), [0, 3, 6]);
        let inventive = (0..1_440).map(|minute| fail(minute, minute as u16));
        assert_eq!(kept(inventive), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn a_new_run_begins_anew_and_what_nobody_saw_ends_none() {
        let checks = [
            fail(0, 502),
            with(Verdict::Unknown, 1),
            fail(2, 502),
            with(Verdict::Degraded, 3),
            fail(4, 502),
            with(Verdict::Ok, 5),
            fail(6, 502),
        ];
        assert_eq!(kept(checks), [0, 4, 6]);
    }

    #[test]
    fn a_target_that_flaps_is_bounded_by_the_day() {
        let flapping = (0..2 * 1_440).map(|minute| match minute % 2 {
            0 => fail(minute, 502),
            _ => with(Verdict::Ok, minute),
        });
        let kept = kept(flapping);
        let on_first_day = kept.iter().filter(|minute| **minute < 1_440).count();
        assert_eq!((on_first_day, kept.len()), (OF_DAY_MAX, 2 * OF_DAY_MAX));
    }

    #[test]
    fn what_was_not_kept_waits_again_up_to_a_limit() {
        let mut exchanges = Exchanges::default();
        exchanges.take(API, &fail(0, 502), Some(Box::default()));
        let batch = exchanges.batch();
        exchanges.take(API, &fail(1, 503), Some(Box::default()));
        exchanges.put_back(batch);
        let minutes: Vec<i64> =
            exchanges.batch().iter().map(|kept| kept.started_at.0 / 60_000).collect();
        assert_eq!(minutes, [0, 1]);
        for key in 2..3_000 {
            exchanges.take(Key(key), &fail(0, 502), Some(Box::default()));
        }
        assert_eq!(exchanges.batch().len(), WAITING_MAX);
    }

    #[test]
    fn a_run_that_goes_on_after_a_start_is_known() {
        let mut exchanges = Exchanges::default();
        exchanges.go_on_after(API, &fail(0, 502));
        exchanges.take(API, &fail(1, 502), Some(Box::default()));
        exchanges.take(API, &fail(2, 503), Some(Box::default()));
        // Reading the history again forgets nothing.
        exchanges.go_on_after(API, &fail(0, 504));
        exchanges.take(API, &fail(3, 502), Some(Box::default()));
        assert_eq!(exchanges.batch().len(), 1);
    }
}
