//! Monitors and groups as a table: each with its state, its month and its days. On the
//! status page, and for the members of a group.

use super::View;
use super::bars::Bars;
use super::explain::address;
use super::figure::{self, Figure, NOTHING};
use super::frame;
use super::moment::{self, Moment};
use super::unbroken::unbroken;
use crate::domain::duration;
use crate::domain::month::Month;
use crate::domain::period::Period;
use crate::domain::timestamp::Timestamp;
use crate::report::figures::Figures;
use crate::report::group::GroupStatus;
use crate::report::headline;
use crate::report::latency;
use crate::report::status::{Day, MonitorStatus, Now, State, Status};
use askama::Template;
use std::borrow::Cow;

/// The table.
#[derive(Template)]
#[template(path = "rows.html")]
pub(super) struct Rows<'a> {
    caption: String,
    month: Month,
    first_day: String,
    last_day: String,
    groups: Vec<Row<'a>>,
    monitors: Vec<Row<'a>>,
}

struct Row<'a> {
    /// What its address begins with.
    folder: &'static str,
    id: &'a str,
    name: &'a str,
    state: StateCell,
    /// What is the matter.
    why: Option<Cow<'a, str>>,
    /// How fast a monitor was; of a group, which is not checked itself, how many are up.
    speed: String,
    figure: Figure,
    /// The address that says how that came about.
    how: String,
    /// Since or until when, where that lies within the month.
    life: Vec<(&'static str, Moment)>,
    /// By days and by weeks.
    bars: [Bars; 2],
}

struct StateCell {
    /// The name of its mark and its colour.
    mark: &'static str,
    word: &'static str,
    since: Option<Moment>,
    /// The same, exact and with the zone, for where there is no room.
    since_exact: String,
    /// How long, where that matters more than the start.
    length: Option<String>,
}

impl<'a> Rows<'a> {
    /// The table; `None` where there is nothing to show.
    pub(super) fn of(
        view: &View,
        caption: String,
        groups: &'a [GroupStatus<'a>],
        status: &'a Status<'a>,
    ) -> Option<Rows<'a>> {
        let days = status.monitors.first()?.days.as_slice();
        let date = |day: Option<&Day>| day.map(|day| moment::day(day.date)).unwrap_or_default();
        Some(Rows {
            caption,
            month: status.month,
            first_day: date(days.first()),
            last_day: date(days.last()),
            groups: groups.iter().map(|group| of_group(view, status, group)).collect(),
            monitors: (status.monitors.iter())
                .map(|monitor| of_monitor(view, status, monitor))
                .collect(),
        })
    }
}

fn of_monitor<'a>(view: &View, status: &Status<'_>, monitor: &'a MonitorStatus<'a>) -> Row<'a> {
    let id = monitor.history.monitor.id.as_str();
    Row {
        folder: "/monitors",
        id,
        name: monitor.name(),
        state: state(view, monitor.now.state, monitor.now.since),
        why: why(&monitor.now, view.now),
        speed: (monitor.latency_us())
            .map_or(NOTHING.to_owned(), |us| unbroken(&latency::brief(us))),
        figure: Figure::of(&monitor.month, status.decimals),
        how: address::of_monitor(id, Period::Month(status.month)),
        life: life(view, &monitor.month),
        bars: Bars::of_days(&monitor.days),
    }
}

/// What is the matter; of what is in maintenance, what is the matter beneath it.
fn why(of: &Now, now: Timestamp) -> Option<Cow<'_, str>> {
    let Some(seen) = of.trouble_beneath() else {
        return of.reason.as_deref().map(Cow::Borrowed);
    };
    let mut why = format!("{} beneath it", seen.state.word());
    if let Some(since) = seen.since {
        why += &unbroken(&format!(" for {}", duration::in_words(now.since_ms(since))));
    }
    if let Some(reason) = &seen.reason {
        why += &format!(": {reason}");
    }
    Some(Cow::Owned(why))
}

fn of_group<'a>(view: &View, status: &Status<'_>, of: &'a GroupStatus<'a>) -> Row<'a> {
    let group = &of.settings.group;
    let blame = headline::plain(&of.now.blame(), |at| at.to_string());
    let (up, all) = of.now.up;
    Row {
        folder: "/groups",
        id: group.id.as_str(),
        name: &group.name,
        state: state(view, of.now.state, of.now.since),
        why: Some(if blame.is_empty() { Cow::Borrowed("Group") } else { Cow::Owned(blame) }),
        speed: format!("{up} of {all} up"),
        figure: Figure::of(&of.month, status.decimals),
        how: address::of_group(group.id.as_str(), Period::Month(status.month)),
        life: life(view, &of.month),
        bars: Bars::of_days(&of.days),
    }
}

fn state(view: &View, state: State, since: Option<Timestamp>) -> StateCell {
    let zone = view.settings.zone;
    let is_calm = matches!(state, State::Up | State::Pending | State::Paused);
    StateCell {
        mark: frame::mark(state),
        word: state.word(),
        since: since.map(|since| Moment::short(since, view.now, zone)),
        since_exact: since.map_or(String::new(), |since| moment::exact(since, zone)),
        length: (since.filter(|_| !is_calm))
            .map(|since| unbroken(&duration::in_words(view.now.since_ms(since)))),
    }
}

fn life(view: &View, month: &Figures) -> Vec<(&'static str, Moment)> {
    figure::life(month, |at| Moment::short(at, view.now, view.settings.zone))
}
