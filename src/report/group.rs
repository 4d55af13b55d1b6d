//! A group with its past, judged by its rule from those of its members, and all that its
//! page shows.

use super::figures::Figures;
use super::group_now::GroupNow;
use super::maintenance::{LAST_MAX, Looking, Maintenance};
use super::past::{Past, Seen};
use super::settings::{GroupSettings, Settings};
use super::status::{DAYS, Day, Status};
use super::story::Story;
use crate::domain::announcement::Announcement;
use crate::domain::group::{Group, Judged, Member};
use crate::domain::history::History;
use crate::domain::month;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;
use crate::store::closed::Subject;
use crate::store::contract::{Store, StoreError};
use std::collections::HashMap;

/// A group with its past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPast<'a> {
    /// The group and what was promised of it.
    pub settings: &'a GroupSettings,
    /// Those of its members that ever were, in the owner's order, each with its own past.
    pub members: Vec<(&'a History, Past)>,
    /// What it was, over all time.
    pub past: Past,
}

/// The members of all groups are looked for among all monitors.
type ById<'a> = HashMap<&'a str, &'a History>;

impl<'a> GroupPast<'a> {
    /// Every group, in the owner's order, as it reads at `now`.
    #[must_use]
    pub fn all(
        histories: &[&'a History],
        now: Timestamp,
        settings: &'a Settings,
    ) -> Vec<GroupPast<'a>> {
        if settings.groups.is_empty() {
            return Vec::new();
        }
        let by_id = by_id(histories);
        let group = |group| GroupPast::of(group, &by_id, now, settings);
        settings.groups.iter().map(group).collect()
    }

    /// The group with this id.
    #[must_use]
    pub fn find(
        id: &str,
        histories: &[&'a History],
        now: Timestamp,
        settings: &'a Settings,
    ) -> Option<GroupPast<'a>> {
        let group = settings.groups.iter().find(|group| group.group.id.as_str() == id)?;
        Some(GroupPast::of(group, &by_id(histories), now, settings))
    }

    /// A group is judged over all time, because an outage may begin long before the time
    /// that is asked about, with a gap in between.
    fn of(
        of: &'a GroupSettings,
        by_id: &ById<'a>,
        now: Timestamp,
        settings: &Settings,
    ) -> GroupPast<'a> {
        let members: Vec<(&History, Past)> = (of.group.members.iter())
            .filter_map(|id| by_id.get(id.as_str()).copied())
            .map(|history| (history, Past::of(history, Span::ALWAYS, now, settings)))
            .collect();
        let judged_by: Vec<Member<'_>> = (members.iter())
            .map(|(history, past)| Member {
                name: &history.monitor.name,
                as_of: past.as_of,
                timeline: &past.timeline,
                doubt: &past.doubt,
                outages: &past.outages,
            })
            .collect();
        let Judged { as_of, timeline, doubt, outages } =
            Judged::of(of.group.rule, Span::ALWAYS, &judged_by);
        let all = |spans: fn(&Past) -> &Spans| -> Spans {
            members
                .iter()
                .flat_map(|(_, past)| spans(past).as_slice())
                .copied()
                .collect()
        };
        let settled = members.iter().map(|(_, past)| past.settled_before);
        let past = Past {
            allowance_ms: None,
            monitor: None,
            lives: all(|past| &past.lives),
            as_of,
            settled_before: settled.min().unwrap_or(as_of),
            timeline,
            seen: Seen::default(),
            doubt,
            outages,
            blips: Vec::new(),
            target: of.target,
            to_come: all(|past| &past.to_come),
        };
        GroupPast { settings: of, members, past }
    }

    /// What it is now; `None` where none of its members lives.
    #[must_use]
    pub fn now(&self, now: Timestamp) -> Option<GroupNow> {
        let living = self.living(now);
        let rule = self.settings.group.rule;
        (!living.is_empty()).then(|| GroupNow::of(rule, &living, &self.past, now))
    }

    fn living(&self, now: Timestamp) -> Vec<&'a History> {
        let members = self.members.iter().map(|(history, _)| *history);
        members.filter(|history| history.monitor.lives().contains(now)).collect()
    }
}

fn by_id<'a>(histories: &[&'a History]) -> ById<'a> {
    histories
        .iter()
        .map(|history| (history.monitor.id.as_str(), *history))
        .collect()
}

/// One group on the status page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupStatus<'a> {
    /// The group and what was promised of it.
    pub settings: &'a GroupSettings,
    /// What it is now.
    pub now: GroupNow,
    /// What the running month came to.
    pub month: Figures,
    /// The last [`DAYS`] local days, oldest first.
    pub days: Vec<Day>,
}

impl<'a> GroupStatus<'a> {
    /// Every group with a living member, in the owner's order.
    #[must_use]
    pub fn all(
        histories: &[&'a History],
        now: Timestamp,
        settings: &'a Settings,
    ) -> Vec<GroupStatus<'a>> {
        let calendar = settings.calendar();
        let window = calendar.month(calendar.around(now));
        let dates = month::days_until(now, DAYS, settings.zone);
        let status = |group: GroupPast<'a>| {
            Some(GroupStatus {
                settings: group.settings,
                now: group.now(now)?,
                month: group.past.figures(window),
                days: group.past.days(&dates),
            })
        };
        GroupPast::all(histories, now, settings)
            .into_iter()
            .filter_map(status)
            .collect()
    }
}

/// All of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupReport<'a> {
    /// The group with its past.
    pub group: GroupPast<'a>,
    /// When this is told.
    pub at: Timestamp,
    /// What it is now; `None` where none of its members lives.
    pub now: Option<GroupNow>,
    /// Its living members.
    pub members: Status<'a>,
    /// Its days, months and outages.
    pub story: Story,
    /// The last maintenance windows about its members that are over, the newest first.
    pub maintenance: Maintenance,
}

impl<'a> GroupReport<'a> {
    /// The story of a group as it reads at `now`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn make(
        store: &dyn Store,
        group: GroupPast<'a>,
        windows: &[Announcement],
        now: Timestamp,
        settings: &Settings,
    ) -> Result<GroupReport<'a>, StoreError> {
        let mut story = Story::of(&group.past, now, settings);
        let Group { id, members, .. } = &group.settings.group;
        story.keep_closed(store, (Subject::Group, id), members, now).await?;
        let since = group.past.lives.as_slice().first().map_or(now, |life| life.from);
        let mut looking = Looking::back(windows, Some(members), since, LAST_MAX, now);
        for (history, past) in &group.members {
            looking.see(history, past);
        }
        Ok(GroupReport {
            at: now,
            now: group.now(now),
            maintenance: looking.found(),
            members: Status::of(group.living(now), now, settings),
            story,
            group,
        })
    }
}
