//! How a period was: the report that every form prints.

use super::figures::Figures;
use super::latency::{self, Percentiles, Summary};
use super::settings::{GroupSettings, Settings};
use crate::domain::bounds::Doubt;
use crate::domain::group::{Group, Judged, Member, Rule};
use crate::domain::history::History;
use crate::domain::ledger::Account;
use crate::domain::month::Month;
use crate::domain::outage::Outage;
use crate::domain::period::Period;
use crate::domain::span::{Span, Spans};
use crate::domain::timeline::Timeline;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::{Store, StoreError};
use chrono_tz::Tz;

/// The report of one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodReport {
    /// Of which.
    pub period: Period,
    /// The zone it was cut in.
    pub zone: Tz,
    /// Its instants.
    pub window: Span,
    /// When the report was made. The figures of a monitor may end a little earlier.
    pub as_of: Timestamp,
    /// Whether the period is over and no check can change it any more.
    pub closed: bool,
    /// How many decimals uptime and coverage are printed with.
    pub decimals: u32,
    /// Every monitor that existed in it, in the owner's order.
    pub monitors: Vec<MonitorRow>,
    /// Every group with a member that existed in it, in the owner's order.
    pub groups: Vec<GroupRow>,
}

/// One monitor in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What is checked, without credentials.
    pub url: String,
    /// What the period came to.
    pub figures: Figures,
    /// Whether no check can change it any more.
    pub settled: bool,
    /// How many failing runs in time that counts were no outage.
    pub blips: usize,
    /// How many checks counted, and how fast the answers were.
    pub summary: Summary,
}

/// One group in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The word of its rule.
    pub rule: &'static str,
    /// The ids of its members, in the owner's order.
    pub members: Vec<String>,
    /// What the period came to.
    pub figures: Figures,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum NoReport {
    /// The period has not begun.
    #[error("{period} has not begun: the newest report is that of {newest}")]
    Future {
        /// What was asked for.
        period: Period,
        /// The running month.
        newest: Month,
    },
    /// Nothing was watched then.
    #[error("nothing was watched in {period}: the oldest report is that of {oldest}")]
    TooEarly {
        /// What was asked for.
        period: Period,
        /// The month in which the first monitor's time began.
        oldest: Month,
    },
    /// There is no monitor at all.
    #[error("there is no monitor yet, so there is no report")]
    NoMonitor,
    /// The store could not be read.
    #[error("the checks could not be read: {0}")]
    Store(#[from] StoreError),
}

impl PeriodReport {
    /// Makes the report of `period` as it reads at `now`.
    ///
    /// # Errors
    /// When the period lies in the future or before all monitors, or the store fails.
    pub async fn make(
        store: &dyn Store,
        histories: impl IntoIterator<Item = &History>,
        period: Period,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<PeriodReport, NoReport> {
        let histories: Vec<&History> = histories.into_iter().collect();
        let window = period.window(settings.zone);
        months(histories.iter().copied(), now, settings.zone)
            .ok_or(NoReport::NoMonitor)?
            .admit(period, settings.zone)?;
        let mut monitors = Vec::new();
        for history in &histories {
            if history.monitor.lives().overlapping(window).is_empty() {
                continue;
            }
            let mut monitor = MonitorRow::of(history, window, now, settings);
            monitor.summary = latency::summary(store, history, window, now).await?;
            monitors.push(monitor);
        }
        Ok(PeriodReport {
            period,
            zone: settings.zone,
            window,
            as_of: now,
            closed: window.to <= now && monitors.iter().all(|row| row.settled),
            decimals: settings.decimals(),
            groups: (settings.groups.iter())
                .filter_map(|group| GroupRow::of(group, &histories, window, now, settings))
                .collect(),
            monitors,
        })
    }
}

impl MonitorRow {
    /// One monitor's period without its summary of single checks, which only the store
    /// can give.
    #[must_use]
    pub fn of(
        history: &History,
        window: Span,
        now: Timestamp,
        settings: &Settings,
    ) -> MonitorRow {
        let monitor = &history.monitor;
        let excused = settings.excused(history);
        let (account, timeline) = history.read(window, now, &excused);
        let doubt = Doubt::of(&timeline, &account);
        let blips = (account.known.blips.iter())
            .filter(|blip| timeline.tally_within(blip.span).eligible() > 0)
            .count();
        let to_come = monitor.watched().subtract(&excused).within(window);
        let target = settings.contract(&monitor.id).target;
        let Account { as_of, settled_before, known } = account;
        let figures = Figures::of(timeline, doubt, as_of, &known.outages, target, &to_come);
        MonitorRow {
            id: monitor.id.to_string(),
            name: monitor.name.clone(),
            url: monitor.url.clone(),
            figures,
            settled: settled_before >= window.to,
            blips,
            summary: Summary::default(),
        }
    }

    /// How fast it answered; `None` where it never did.
    #[must_use]
    pub fn percentiles(&self) -> Option<Percentiles> {
        self.summary.percentiles
    }
}

/// One member's past, whole: what its group is judged by.
pub(super) struct Past<'a> {
    pub(super) history: &'a History,
    as_of: Timestamp,
    pub(super) timeline: Timeline,
    doubt: Doubt,
    outages: Vec<Outage>,
    to_come: Spans,
}

impl<'a> Past<'a> {
    fn of(history: &'a History, now: Timestamp, settings: &Settings) -> Past<'a> {
        let excused = settings.excused(history);
        let (account, timeline) = history.read(Span::ALWAYS, now, &excused);
        Past {
            history,
            as_of: account.as_of,
            doubt: Doubt::of(&timeline, &account),
            timeline,
            outages: account.known.outages,
            to_come: history.monitor.watched().subtract(&excused),
        }
    }

    /// The pasts of a group's members, in the owner's order.
    pub(super) fn of_members(
        group: &Group,
        histories: &[&'a History],
        now: Timestamp,
        settings: &Settings,
    ) -> Vec<Past<'a>> {
        (group.members.iter())
            .filter_map(|id| histories.iter().find(|history| history.monitor.id == *id))
            .map(|history| Past::of(history, now, settings))
            .collect()
    }

    /// A group judged by these pasts over all time, because an outage may begin long
    /// before any window, with a gap in between.
    pub(super) fn judged(rule: Rule, members: &[Past<'_>]) -> Judged {
        let judged_by: Vec<Member<'_>> = (members.iter())
            .map(|past| Member {
                name: &past.history.monitor.name,
                as_of: past.as_of,
                timeline: &past.timeline,
                doubt: &past.doubt,
                outages: &past.outages,
            })
            .collect();
        Judged::of(rule, Span::ALWAYS, &judged_by)
    }
}

impl GroupRow {
    /// One group's period; `None` where none of its members existed in it.
    #[must_use]
    pub fn of(
        settings_of: &GroupSettings,
        histories: &[&History],
        window: Span,
        now: Timestamp,
        settings: &Settings,
    ) -> Option<GroupRow> {
        let group = &settings_of.group;
        let members = Past::of_members(group, histories, now, settings);
        let existed =
            |past: &Past<'_>| !past.history.monitor.lives().overlapping(window).is_empty();
        if !members.iter().any(existed) {
            return None;
        }
        let judged = Past::judged(group.rule, &members);
        let to_come = members.iter().flat_map(|past| past.to_come.as_slice().to_vec());
        let to_come: Spans = to_come.collect();
        let figures = Figures::of(
            judged.timeline.within(window),
            judged.doubt.within(window),
            judged.as_of,
            &judged.outages,
            settings_of.target,
            &to_come.within(window),
        );
        Some(GroupRow {
            id: group.id.to_string(),
            name: group.name.clone(),
            rule: group.rule.word(),
            members: group.members.iter().map(ToString::to_string).collect(),
            figures,
        })
    }
}

/// The months that have a report: from the one in which the first monitor's time
/// began to the running one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Months {
    /// The oldest.
    pub oldest: Month,
    /// The running one.
    pub newest: Month,
}

impl Months {
    /// Whether there is a report of `period`.
    ///
    /// # Errors
    /// [`NoReport::Future`] and [`NoReport::TooEarly`].
    pub fn admit(self, period: Period, zone: Tz) -> Result<(), NoReport> {
        let window = period.window(zone);
        if window.from >= self.newest.window(zone).to {
            Err(NoReport::Future { period, newest: self.newest })
        } else if window.to <= self.oldest.window(zone).from {
            Err(NoReport::TooEarly { period, oldest: self.oldest })
        } else {
            Ok(())
        }
    }
}

/// The months that have a report; `None` where nothing was ever watched.
#[must_use]
pub fn months<'a>(
    histories: impl IntoIterator<Item = &'a History>,
    now: Timestamp,
    zone: Tz,
) -> Option<Months> {
    let first = (histories.into_iter())
        .filter_map(|history| history.monitor.lives().as_slice().first())
        .map(|life| life.from)
        .min()?;
    let newest = Month::around(now, zone);
    Some(Months { oldest: Month::around(first, zone).min(newest), newest })
}
