//! When each monitor is looked at next. Pure: it is told the time and never waits.
//!
//! Every monitor has a phase of its own, made of its id, so that a thousand monitors
//! are spread over their interval and a restart goes on at the same instants. While a
//! monitor is undecided it leaves its phase for the retry interval.

use crate::domain::monitor::{Key, MonitorId, Parameters};
use crate::domain::timestamp::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// First checks after a start are this far apart: 200 a second, so that neither this
/// machine nor a shared target meets a thousand connections at once.
const SPREAD_MS: i64 = 5;

/// When each monitor is looked at next.
#[derive(Debug, Default)]
pub struct Schedule {
    plans: HashMap<Key, Plan>,
    due: BTreeSet<(Timestamp, Key)>,
}

#[derive(Clone, Copy, Debug)]
struct Plan {
    interval_ms: i64,
    retry_interval_ms: i64,
    phase_ms: i64,
    last_at: Option<Timestamp>,
    next: Next,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    At(Timestamp),
    Running,
}

/// A monitor to be scheduled.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    /// Which.
    pub key: Key,
    /// Its id, of which its phase is made.
    pub id: &'a MonitorId,
    /// Its rules.
    pub parameters: Parameters,
    /// When its newest known check began.
    pub last_at: Option<Timestamp>,
}

impl Schedule {
    /// Makes `monitors` the ones that are scheduled. One that is being looked at right
    /// now stays so; one whose next check would come too late to be contiguous with
    /// its newest is due at once, with the others spread behind it.
    pub fn set<'a>(&mut self, monitors: impl IntoIterator<Item = Planned<'a>>, now: Timestamp) {
        let mut before = std::mem::take(&mut self.plans);
        for planned in monitors {
            let old = before.remove(&planned.key);
            let interval_ms = planned.parameters.interval_ms;
            let plan = Plan {
                interval_ms,
                retry_interval_ms: planned.parameters.retry_interval_ms,
                phase_ms: phase_ms(planned.id, interval_ms),
                last_at: planned.last_at.max(old.and_then(|plan| plan.last_at)),
                next: match old.map(|plan| plan.next) {
                    Some(Next::Running) => Next::Running,
                    _ => Next::At(now),
                },
            };
            self.plans.insert(planned.key, plan);
        }
        self.replan(now);
    }

    /// Plans every monitor anew from its newest check: at the start, and after the
    /// clock has jumped.
    pub fn replan(&mut self, now: Timestamp) {
        self.due.clear();
        let mut keys: Vec<Key> = self.plans.keys().copied().collect();
        keys.sort_unstable();
        let shortest_ms = self.plans.values().map(|plan| plan.interval_ms).min().unwrap_or(0);
        let count = i64::try_from(keys.len()).unwrap_or(i64::MAX);
        let spread_us =
            (SPREAD_MS * 1_000).min(shortest_ms.saturating_mul(1_000) / (count + 1));
        let mut waiting = 0;
        for key in keys {
            let Some(plan) = self.plans.get_mut(&key) else { continue };
            if plan.next == Next::Running {
                continue;
            }
            let slot = plan.last_at.map(|at| plan.slot_after(at.min(now)));
            let at = match slot {
                Some(slot) if slot > now => slot,
                _ => {
                    waiting += 1;
                    now.plus_ms(waiting * spread_us / 1_000)
                }
            };
            plan.next = Next::At(at);
            self.due.insert((at, key));
        }
    }

    /// Takes the monitors that are due, each with the instant it was planned for; they
    /// count as being looked at until [`Schedule::finished`].
    pub fn take_due(&mut self, now: Timestamp) -> Vec<(Key, Timestamp)> {
        let mut taken = Vec::new();
        while let Some(&(at, key)) = self.due.first()
            && at <= now
        {
            self.due.pop_first();
            if let Some(plan) = self.plans.get_mut(&key) {
                plan.next = Next::Running;
            }
            taken.push((key, at));
        }
        taken
    }

    /// Plans the check after one that began at `started_at` and has finished: after the
    /// retry interval while `undecided`, otherwise at the monitor's phase.
    pub fn finished(
        &mut self,
        key: Key,
        started_at: Timestamp,
        undecided: bool,
        now: Timestamp,
    ) {
        let Some(plan) = self.plans.get_mut(&key) else { return };
        plan.last_at = Some(started_at);
        let planned = match undecided {
            true => started_at.plus_ms(plan.retry_interval_ms),
            false => plan.slot_after(started_at),
        };
        let at = planned.max(now);
        plan.next = Next::At(at);
        self.due.insert((at, key));
    }

    /// When the next check is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// When the last of the monitors without any check will have had its first.
    #[must_use]
    pub fn first_checks_by(&self) -> Option<Timestamp> {
        (self.plans.values())
            .filter(|plan| plan.last_at.is_none())
            .filter_map(|plan| match plan.next {
                Next::At(at) => Some(at),
                Next::Running => None,
            })
            .max()
    }
}

impl Plan {
    /// The first instant of the monitor's phase after `at`; at most an interval later.
    fn slot_after(&self, at: Timestamp) -> Timestamp {
        let into_slot_ms = (at.0 - self.phase_ms).rem_euclid(self.interval_ms);
        at.plus_ms(self.interval_ms - into_slot_ms)
    }
}

/// Where in its interval a monitor is looked at: the FNV-1a hash of its id, so that it
/// is the same on every machine and after every restart.
fn phase_ms(id: &MonitorId, interval_ms: i64) -> i64 {
    let hash = id.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    // An interval is positive and the remainder below it.
    i64::try_from(hash % interval_ms.unsigned_abs().max(1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: i64) -> MonitorId {
        MonitorId::new(&format!("m{n}")).unwrap()
    }

    fn schedule(ids: &[MonitorId], last_at: Option<Timestamp>, now: Timestamp) -> Schedule {
        let mut schedule = Schedule::default();
        let planned = ids.iter().enumerate().map(|(n, id)| Planned {
            key: Key(n as i64),
            id,
            parameters: Parameters::default(),
            last_at,
        });
        schedule.set(planned, now);
        schedule
    }

    const NOW: Timestamp = Timestamp(1_793_491_200_000);

    #[test]
    fn a_new_monitor_is_due_at_once_and_then_at_its_phase() {
        let mut schedule = schedule(&[id(1)], None, NOW);
        let first = schedule.next_due().unwrap();
        assert!(first.since_ms(NOW) <= SPREAD_MS);
        assert_eq!(schedule.first_checks_by(), Some(first));
        assert_eq!(schedule.take_due(first), vec![(Key(0), first)]);
        assert_eq!(schedule.next_due(), None);
        schedule.finished(Key(0), first, false, first.plus_ms(40));
        let second = schedule.next_due().unwrap();
        assert!(second > first && second.since_ms(first) <= 60_000);
        schedule.take_due(second);
        schedule.finished(Key(0), second, false, second.plus_ms(40));
        assert_eq!(schedule.next_due().unwrap().since_ms(second), 60_000);
    }

    #[test]
    fn an_undecided_monitor_is_due_after_the_retry_interval() {
        let mut schedule = schedule(&[id(1)], None, NOW);
        let first = schedule.next_due().unwrap();
        schedule.take_due(first);
        schedule.finished(Key(0), first, true, first.plus_ms(40));
        assert_eq!(schedule.next_due(), Some(first.plus_ms(10_000)));
    }

    #[test]
    fn a_check_that_outlasts_its_next_instant_is_followed_at_once() {
        let mut schedule = schedule(&[id(1)], None, NOW);
        let first = schedule.next_due().unwrap();
        schedule.take_due(first);
        let late = first.plus_ms(70_000);
        schedule.finished(Key(0), first, false, late);
        assert_eq!(schedule.next_due(), Some(late));
    }

    #[test]
    fn a_restart_goes_on_at_the_same_phase() {
        let mut before = schedule(&[id(1)], None, NOW);
        let first = before.next_due().unwrap();
        before.take_due(first);
        before.finished(Key(0), first, false, first);
        let slot = before.next_due().unwrap();
        let restarted = schedule(&[id(1)], Some(first), first.plus_ms(1));
        assert_eq!(restarted.next_due(), Some(slot));
    }

    #[test]
    fn a_monitor_whose_instant_was_missed_is_due_at_once() {
        let now = NOW.plus_ms(600_000);
        let schedule = schedule(&[id(1)], Some(NOW), now);
        assert!(schedule.next_due().unwrap().since_ms(now) <= SPREAD_MS);
    }

    #[test]
    fn a_thousand_new_monitors_are_all_due_within_an_interval_and_never_at_once() {
        let ids: Vec<MonitorId> = (0..1_000).map(id).collect();
        let mut schedule = schedule(&ids, None, NOW);
        let due = schedule.take_due(NOW.plus_ms(60_000));
        assert_eq!(due.len(), 1_000);
        let mut at_once = HashMap::new();
        for (_, at) in due {
            *at_once.entry(at).or_insert(0) += 1;
        }
        assert_eq!(at_once.values().max(), Some(&1));
    }

    #[test]
    fn phases_are_spread_over_the_interval() {
        let mut tenths = [0; 10];
        for n in 0..1_000 {
            tenths[(phase_ms(&id(n), 60_000) / 6_000) as usize] += 1;
        }
        assert!(tenths.iter().all(|count| (50..150).contains(count)), "{tenths:?}");
    }

    #[test]
    fn after_the_clock_went_back_monitors_are_still_looked_at() {
        let mut schedule = schedule(&[id(1)], Some(NOW), NOW);
        let back = NOW.plus_ms(-3_600_000);
        schedule.replan(back);
        assert!(schedule.next_due().unwrap().since_ms(back) <= 60_000);
    }

    #[test]
    fn a_monitor_that_is_gone_is_not_planned_again() {
        let mut schedule = schedule(&[id(1)], None, NOW);
        let first = schedule.next_due().unwrap();
        schedule.take_due(first);
        schedule.set([], first);
        schedule.finished(Key(0), first, false, first);
        assert_eq!(schedule.next_due(), None);
    }
}
