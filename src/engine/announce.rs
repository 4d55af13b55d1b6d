//! What the log says of a monitor that goes down or comes back.
//!
//! Called by the recorder once the change is committed.

use crate::domain::duration;
use crate::domain::history::History;
use crate::domain::judge::Judge;

/// Says in the log when a monitor goes down or comes back.
pub(super) fn announce(history: &History, after: &Judge) {
    let before = &history.ledger.judge;
    let name = &history.monitor.name;
    match (&before.outage, &after.outage) {
        (None, Some((from, reason))) => tracing::warn!("{name} is down since {from}: {reason}"),
        (Some((from, _)), None) => {
            let up = after.well_since.map_or(0, |to| to.since_ms(*from));
            tracing::info!("{name} is up again, after {}", duration::in_words(up));
        }
        _ => {}
    }
}
