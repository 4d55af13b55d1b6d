//! The past of a monitor or a group, read once: every figure, day, month and outage of
//! its report and its page is cut from it.

use super::figures::Figures;
use super::outage::MonthOutage;
use super::settings::Settings;
use super::status::Day;
use crate::domain::bounds::Doubt;
use crate::domain::calendar::Calendar;
use crate::domain::history::History;
use crate::domain::ledger::Account;
use crate::domain::monitor::MonitorId;
use crate::domain::month::Month;
use crate::domain::outage::{Blip, Outage};
use crate::domain::percent::Target;
use crate::domain::period::Period;
use crate::domain::span::{Span, Spans};
use crate::domain::timeline::Timeline;
use crate::domain::timestamp::Timestamp;
use crate::domain::uptime::Tally;
use chrono::NaiveDate;

/// What a monitor or a group was in some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Whose outages it has; a group's are those of its members, and have no dossier.
    pub monitor: Option<MonitorId>,
    /// When it existed, in that time or outside.
    pub lives: Spans,
    /// Where its figures end.
    pub as_of: Timestamp,
    /// Before this no check can change it any more.
    pub settled_before: Timestamp,
    /// What it counts as, instant by instant.
    pub timeline: Timeline,
    /// What its checks saw, whatever that counts as; of a group nothing.
    pub seen: Seen,
    /// What of that is in doubt.
    pub doubt: Doubt,
    /// Its outages, in order of time.
    pub outages: Vec<Outage>,
    /// Its failing runs that were no outage; a group has none of its own.
    pub blips: Vec<Blip>,
    /// What was promised.
    pub target: Target,
    /// How much announced maintenance may leave the figure each month; `None`: all of it,
    /// and of a group.
    pub allowance_ms: Option<i64>,
    /// The time that counts if it is observed, then or later.
    pub to_come: Spans,
}

/// What the checks of a monitor saw. Maintenance hides nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// When it was up.
    pub up: Spans,
    /// When it was up, but slow.
    pub degraded: Spans,
    /// When it was down.
    pub down: Spans,
}

/// One month of a past, summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthSum {
    /// Which.
    pub month: Month,
    /// Its milliseconds by class; they add up to the month.
    pub tally: Tally,
}

impl Past {
    /// The past of a monitor within `window`, as it reads at `now`.
    #[must_use]
    pub fn of(history: &History, window: Span, now: Timestamp, settings: &Settings) -> Past {
        let monitor = &history.monitor;
        let (contract, excused) = (settings.contract(&monitor.id), settings.excused(history));
        let (account, timeline) = history.read(window, now, &excused);
        let doubt = Doubt::of(&timeline, &account);
        let Account { as_of, settled_before, known } = account;
        Past {
            monitor: Some(monitor.id.clone()),
            lives: monitor.lives().clone(),
            as_of,
            settled_before,
            timeline,
            seen: Seen { up: known.up, degraded: known.degraded, down: known.down },
            doubt,
            outages: known.outages,
            blips: known.blips,
            target: contract.target,
            allowance_ms: contract.allowance_ms,
            to_come: monitor.watched().subtract(&excused),
        }
    }

    /// What a part of that time came to.
    #[must_use]
    pub fn figures(&self, part: Span) -> Figures {
        let timeline = self.timeline.within(part);
        let outages = self.outages.iter().filter_map(|of| self.outage(of, &timeline)).collect();
        Figures::with(
            timeline,
            self.doubt.within(part),
            self.as_of,
            outages,
            self.target,
            self.to_come.within(part),
        )
    }

    /// One of its outages within a part of its timeline; `None` where it cost no downtime
    /// there.
    #[must_use]
    pub fn outage(&self, outage: &Outage, timeline: &Timeline) -> Option<MonthOutage> {
        let outage = MonthOutage::of(outage, timeline, self.as_of)?;
        Some(match &self.monitor {
            Some(id) => outage.named(id),
            None => outage,
        })
    }

    /// Local days of that time.
    #[must_use]
    pub fn days(&self, dates: &[(NaiveDate, Span)]) -> Vec<Day> {
        days(&self.timeline, dates)
    }

    /// Months of that time, each with its instants.
    #[must_use]
    pub fn months(&self, months: &[(Month, Span)]) -> Vec<MonthSum> {
        let sum = |&(month, span)| MonthSum { month, tally: self.timeline.tally_within(span) };
        months.iter().map(sum).collect()
    }
}

/// Local days of a timeline.
#[must_use]
pub fn days(timeline: &Timeline, dates: &[(NaiveDate, Span)]) -> Vec<Day> {
    let day = |&(date, span)| Day { date, span, tally: timeline.tally_within(span) };
    dates.iter().map(day).collect()
}

/// The months that a report of `period` shows beside it, each with its instants.
pub(super) fn months_beside(period: Period, calendar: &Calendar) -> Vec<(Month, Span)> {
    const BESIDE_A_MONTH: usize = 12;
    let mut months = match period {
        Period::Month(month) => {
            let back = std::iter::successors(Some(month), |month| Some(month.previous()));
            back.take(BESIDE_A_MONTH).collect()
        }
        longer => longer.months(),
    };
    months.sort_unstable();
    months.into_iter().map(|month| (month, calendar.month(month))).collect()
}
