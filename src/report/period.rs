//! How a period was: the report that every form prints.

use super::figures::Figures;
use super::imported::Imported;
use super::latency::{self, Remembered, Summary};
use super::restated::Restatement;
use super::settings::{GroupSettings, Settings};
use crate::domain::bounds::Doubt;
use crate::domain::group::{Judged, Member, Rule};
use crate::domain::history::History;
use crate::domain::latency::Percentiles;
use crate::domain::ledger::Account;
use crate::domain::monitor::Parameters;
use crate::domain::month::Month;
use crate::domain::outage::Outage;
use crate::domain::period::Period;
use crate::domain::span::{Span, Spans};
use crate::domain::timeline::Timeline;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::{Store, StoreError};
use chrono_tz::Tz;
use std::sync::Arc;

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
    /// How the month was closed, where it was and is kept.
    pub closing: Option<Closing>,
    /// What was corrected afterwards, if anything was.
    pub restatement: Option<Box<Restatement>>,
}

/// How a month was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// When.
    pub closed_at: Timestamp,
    /// By which everup, like `everup 0.1.0`.
    pub program: String,
    /// The version of the zone database that its edges were found with, like `2026a`.
    pub zone_database: String,
    /// The SHA-256 of its canonical JSON.
    pub sha256: String,
    /// Its JSON, which stays the same bytes for ever.
    pub text: Arc<str>,
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
    /// How it was judged: each version from where it began to hold in the period.
    pub parameters: Vec<(Timestamp, Parameters)>,
    /// Whether no check can change it any more.
    pub settled: bool,
    /// How many failing runs in time that counts were no outage.
    pub blips: usize,
    /// How many checks counted, and how fast the answers were.
    pub summary: Summary,
    /// What other monitors said, which is no part of the figures.
    pub imported: Vec<Imported>,
}

/// One group in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How its members make it.
    pub rule: Rule,
    /// The ids of its members, in the owner's order.
    pub members: Vec<String>,
    /// What the period came to.
    pub figures: Figures,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum NoReport {
    /// The period has not begun.
    #[error("{period} has not begun: the newest report is that of {}", .newest.name())]
    Future {
        /// The name of what was asked for.
        period: String,
        /// The running month.
        newest: Month,
    },
    /// Nothing was watched then.
    #[error("nothing was watched in {period}: the oldest report is that of {}", .oldest.name())]
    TooEarly {
        /// The name of what was asked for.
        period: String,
        /// The month in which the first monitor's time began.
        oldest: Month,
    },
    /// There is no monitor at all.
    #[error("there is no monitor yet, so there is no report")]
    NoMonitor,
    /// The store could not be read.
    #[error("the checks could not be read: {0}")]
    Store(StoreError),
}

/// Not as its source, which would be said once more.
impl From<StoreError> for NoReport {
    fn from(error: StoreError) -> NoReport {
        NoReport::Store(error)
    }
}

impl PeriodReport {
    /// Makes the report of `period` as it reads at `now`.
    ///
    /// `remembered` is what an earlier report may have left, or nothing.
    ///
    /// # Errors
    /// When the period lies in the future or before all monitors, or the store fails.
    pub async fn make(
        store: &dyn Store,
        histories: impl IntoIterator<Item = &History>,
        period: Period,
        now: Timestamp,
        settings: &Settings,
        remembered: &mut Remembered,
    ) -> Result<PeriodReport, NoReport> {
        let histories: Vec<&History> = histories.into_iter().collect();
        let window = period.window(settings.zone);
        months(histories.iter().copied(), now, settings.zone)
            .ok_or(NoReport::NoMonitor)?
            .admit(period, settings.zone)?;
        let existed =
            |history: &&History| !history.monitor.lives().overlapping(window).is_empty();
        let shown: Vec<&History> = histories.iter().copied().filter(existed).collect();
        let mut summaries = latency::summaries(store, &shown, window, now, remembered).await?;
        let imports = store.all_imports(window).await?;
        let row = |history: &&History| {
            let summary = summaries.remove(&history.key).unwrap_or_default();
            let imported = imports.get(&history.key);
            MonitorRow {
                summary,
                imported: imported.map(|of| Imported::of(of, window)).unwrap_or_default(),
                ..MonitorRow::of(history, window, now, settings)
            }
        };
        let monitors: Vec<MonitorRow> = shown.iter().map(row).collect();
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
            closing: None,
            restatement: None,
        })
    }
}

impl PeriodReport {
    /// A group, judged again by the rows of its members.
    #[must_use]
    pub fn judge(&self, group: &GroupRow) -> Judged {
        let rows = (group.members.iter())
            .filter_map(|id| self.monitors.iter().find(|row| row.id == *id));
        let members: Vec<Member<'_>> = rows
            .map(|row| Member {
                name: &row.name,
                as_of: row.figures.as_of,
                timeline: &row.figures.timeline,
                doubt: &row.figures.doubt,
                outages: &[],
            })
            .collect();
        Judged::of(group.rule, self.window, &members)
    }
}

impl MonitorRow {
    /// One monitor's period without its summary of single checks and what was imported,
    /// which only the store can give.
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
        let mut figures = Figures::of(timeline, doubt, as_of, &known.outages, target, to_come);
        let outages = std::mem::take(&mut figures.outages).into_iter();
        figures.outages = outages.map(|outage| outage.named(&monitor.id)).collect();
        MonitorRow {
            id: monitor.id.to_string(),
            name: monitor.name.clone(),
            url: monitor.url.clone(),
            figures,
            parameters: monitor.parameters.within(window),
            settled: settled_before >= window.to,
            blips,
            summary: Summary::default(),
            imported: Vec::new(),
        }
    }

    /// How fast it answered; `None` where it never did.
    #[must_use]
    pub fn percentiles(&self) -> Option<Percentiles> {
        self.summary.percentiles
    }
}

/// One member's past, whole: what its group is judged by.
struct Past<'a> {
    history: &'a History,
    as_of: Timestamp,
    timeline: Timeline,
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
}

impl GroupRow {
    /// One group's period; `None` where none of its members existed in it.
    ///
    /// The group is judged over all time, because an outage may begin long before the
    /// window, with a gap in between.
    #[must_use]
    pub fn of(
        settings_of: &GroupSettings,
        histories: &[&History],
        window: Span,
        now: Timestamp,
        settings: &Settings,
    ) -> Option<GroupRow> {
        let group = &settings_of.group;
        let members: Vec<Past<'_>> = (group.members.iter())
            .filter_map(|id| histories.iter().find(|history| history.monitor.id == *id))
            .map(|history| Past::of(history, now, settings))
            .collect();
        let existed =
            |past: &Past<'_>| !past.history.monitor.lives().overlapping(window).is_empty();
        if !members.iter().any(existed) {
            return None;
        }
        let judged_by: Vec<Member<'_>> = (members.iter())
            .map(|past| Member {
                name: &past.history.monitor.name,
                as_of: past.as_of,
                timeline: &past.timeline,
                doubt: &past.doubt,
                outages: &past.outages,
            })
            .collect();
        let judged = Judged::of(group.rule, Span::ALWAYS, &judged_by);
        let to_come = members.iter().flat_map(|past| past.to_come.as_slice().to_vec());
        let to_come: Spans = to_come.collect();
        let figures = Figures::of(
            judged.timeline.within(window),
            judged.doubt.within(window),
            judged.as_of,
            &judged.outages,
            settings_of.target,
            to_come.within(window),
        );
        Some(GroupRow {
            id: group.id.to_string(),
            name: group.name.clone(),
            rule: group.rule,
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
        let period = period.name(zone);
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
