//! What the visitors of balancers saw in the running month, as pages say it. The database is
//! asked every ten seconds at most, however many look; while it cannot be read, pages say nothing
//! of it.

use super::sentence::Sentence;
use super::{Site, View};
use crate::domain::group::Group;
use crate::domain::monitor::MonitorId;
use crate::domain::span::Span;
use crate::report::status::Status;
use crate::report::visitors::Visitors;
use crate::store::requests::Kept;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// As often as counts are kept.
const READ_EVERY_MS: i64 = 10_000;

/// What was read last: in which ten seconds, of which month.
type Read = (i64, Span, Arc<BTreeMap<MonitorId, Kept>>);

/// What is remembered between two pages.
#[derive(Default)]
pub(super) struct Remembered(Mutex<Option<Read>>);

/// What is said of one balancer.
pub(super) struct Told {
    pub(super) id: String,
    pub(super) name: String,
    /// A sentence without its full stop.
    pub(super) sentence: Sentence,
}

/// What is said of those groups that are balancers.
pub(super) async fn told<'g>(
    site: &Site,
    view: &View,
    groups: impl IntoIterator<Item = &'g Group>,
    status: &Status<'_>,
) -> Vec<Told> {
    let members = site.app.fleet.members();
    let is_balancer =
        |group: &&Group| members.iter().any(|of| of.wanted.settings.id == group.id);
    let groups: Vec<&Group> = groups.into_iter().filter(is_balancer).collect();
    if groups.is_empty() {
        return Vec::new();
    }
    let calendar = view.settings.calendar();
    let month = calendar.month(calendar.around(view.now));
    let Some(kept) = read(site, view, month).await else { return Vec::new() };
    let nothing = Kept::default();
    let tell = |group: &Group| {
        let visitors = Visitors::of(kept.get(&group.id).unwrap_or(&nothing), month);
        let of_group = status
            .monitors
            .iter()
            .filter(|of| group.members.contains(&of.history.monitor.id));
        let down: Vec<(&str, i64)> = of_group
            .map(|of| (of.history.monitor.name.as_str(), of.month.tally.down))
            .collect();
        let time = Span::new(month.from, view.now.max(month.from));
        let pieces = visitors.pieces(&down, time);
        let sentence = Sentence::to_the_second(pieces, view.settings.zone);
        Told { id: group.id.to_string(), name: group.name.clone(), sentence }
    };
    groups.into_iter().map(tell).collect()
}

async fn read(site: &Site, view: &View, month: Span) -> Option<Arc<BTreeMap<MonitorId, Kept>>> {
    let time = view.now.0.div_euclid(READ_EVERY_MS);
    let mut last = site.visitors.0.lock().await;
    if let Some((read_in, of, kept)) = &*last
        && (*read_in, *of) == (time, month)
    {
        return Some(Arc::clone(kept));
    }
    let kept = Arc::new(site.app.store.requests(month).await.ok()?);
    *last = Some((time, month, Arc::clone(&kept)));
    Some(kept)
}
