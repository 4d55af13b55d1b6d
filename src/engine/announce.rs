//! What the log says of a monitor that goes down or comes back.
//!
//! Called by the recorder once the change is committed.

use crate::domain::duration;
use crate::domain::history::History;
use crate::domain::judge::{Entry, Judge, Seen};
use crate::domain::timestamp::Timestamp;

/// Says in the log when a monitor goes down or comes back. One whose outage ended with a
/// pause or its removal has not come back.
pub(super) fn announce(history: &History, entries: &[Entry], after: &Judge) {
    let before = &history.ledger.judge;
    let name = &history.monitor.name;
    match (&before.outage, &after.outage) {
        (None, Some((from, reason))) => tracing::warn!("{name} is down since {from}: {reason}"),
        (Some((from, _)), None) => {
            if let Some(to) = recovery(entries, *from, after) {
                let length = duration::in_words(to.since_ms(*from));
                tracing::info!("{name} is up again, after {length}");
            }
        }
        _ => {}
    }
}

/// When the outage that began at `from` ended with a success; `None` where it did not.
fn recovery(entries: &[Entry], from: Timestamp, after: &Judge) -> Option<Timestamp> {
    let ended = entries.iter().find_map(|entry| match entry {
        Entry::Outage(outage) if outage.from == from => outage.to,
        _ => None,
    });
    // It was seen well from then on, if it came back.
    ended.filter(|to| {
        let was_well = |entry: &Entry| match entry {
            Entry::Up(span) | Entry::Degraded(span) => span.from == *to,
            _ => false,
        };
        let is_well = after.open.is_some_and(|(seen, from)| seen != Seen::Down && from == *to);
        is_well || entries.iter().any(was_well)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::Verdict;
    use crate::domain::monitor::{Monitor, MonitorId, ParameterHistory, Parameters};
    use crate::domain::span::{Span, Spans};

    /// The recovery that is told of a monitor that was down from 10 on and is seen well at
    /// 60, where it was removed from 30 to 50, or not.
    fn told(removed: bool) -> Option<Timestamp> {
        let at = |second: i64| Timestamp(second * 1_000);
        let lives: Spans = match removed {
            true => {
                [Span::new(at(0), at(30)), Span::new(at(50), at(900))].into_iter().collect()
            }
            false => [Span::new(at(0), at(900))].into_iter().collect(),
        };
        let monitor = Monitor::new(
            MonitorId::new("api").unwrap(),
            String::new(),
            String::new(),
            ParameterHistory::new(Parameters { failures: 1, ..Parameters::default() }),
            lives,
            Spans::empty(),
        );
        let (mut judge, mut entries) = (Judge::default(), Vec::new());
        judge.observe(at(10), Verdict::Fail, None, &monitor, &mut entries);
        let from = judge.outage.clone().unwrap().0;
        judge.observe(at(60), Verdict::Ok, None, &monitor, &mut entries);
        recovery(&entries, from, &judge)
    }

    #[test]
    fn only_a_success_is_told_as_a_recovery() {
        assert_eq!(told(false), Some(Timestamp(60_000)));
        assert_eq!(told(true), None);
    }
}
