//! What the log says of a monitor that goes down or comes back.
//!
//! Called by the recorder once the change is committed.

use crate::domain::alert::recovery;
use crate::domain::duration;
use crate::domain::history::History;
use crate::domain::judge::{Entry, Judge};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::Verdict;
    use crate::domain::monitor::{Monitor, MonitorId, ParameterHistory, Parameters};
    use crate::domain::span::{Span, Spans};
    use crate::domain::timestamp::Timestamp;

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
