//! How a period was: the report that every form prints.

use super::figures::Figures;
use super::group::GroupPast;
use super::imported::Imported;
use super::latecomer::Latecomers;
use super::latency::{self, Remembered, Summary};
use super::maintenance::{Looking, Maintenance};
use super::months::months;
use super::past::{MonthSum, Past, months_beside};
use super::restated::{CorrectedMonth, Restatement};
use super::settings::Settings;
use super::visitors::Visitors;
use crate::domain::calendar::Seam;
use crate::domain::foreign::MadeUp;
use crate::domain::group::{Group, Judged, Member, Rule};
use crate::domain::history::History;
use crate::domain::latency::Percentiles;
use crate::domain::monitor::Parameters;
use crate::domain::month::Month;
use crate::domain::outage::Blip;
use crate::domain::period::Period;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::domain::uptime::Tally;
use crate::store::contract::{Store, StoreError};
use chrono_tz::Tz;
use std::collections::HashMap;
use std::sync::Arc;

/// The report of one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodReport {
    /// Of which.
    pub period: Period,
    /// The zone it was cut in.
    pub zone: Tz,
    /// Where its months begin or end in another zone.
    pub seams: Vec<Seam>,
    /// Its instants.
    pub window: Span,
    /// When the report was made. The figures of a monitor may end a little earlier.
    pub as_of: Timestamp,
    /// Whether the period is over and no check can change it any more.
    pub closed: bool,
    /// How many decimals uptime and coverage are printed with.
    pub decimals: u32,
    /// The months that it is compared with or made of, each with its instants: the twelve
    /// up to a month, those of a quarter or a year, none of a range.
    pub months: Vec<(Month, Span)>,
    /// Whose checks were made up by `everup demo`, if any in it were; of a closed month as it
    /// was closed.
    pub made_up: Option<MadeUp>,
    /// The maintenance in it.
    pub maintenance: Maintenance,
    /// Every monitor that existed in it, in the owner's order.
    pub monitors: Vec<MonitorRow>,
    /// Every group with a member that existed in it, in the owner's order.
    pub groups: Vec<GroupRow>,
    /// How the month was closed, where it was and is kept.
    pub closing: Option<Closing>,
    /// The months of a longer period whose part stands as they were closed, oldest first.
    pub kept: Vec<Month>,
    /// What was corrected afterwards, if anything was.
    pub restatement: Option<Box<Restatement>>,
    /// The closed months that were corrected afterwards: those that it is made of, as far
    /// as that is about its time, or those that it stands beside. Oldest first.
    pub corrected: Vec<CorrectedMonth>,
    /// Who is known today and not in it, of a closed month; of a longer period, who is not
    /// in the closed months that it is made of. Oldest first.
    pub latecomers: Vec<Latecomers>,
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
    /// How much announced maintenance may leave the figure each month; `None`: all of it.
    pub allowance_ms: Option<i64>,
    /// Whether no check can change it any more.
    pub settled: bool,
    /// How many failing runs in time that counts were no outage.
    pub blips: usize,
    /// How many checks counted, and how fast the answers were.
    pub summary: Summary,
    /// What other monitors said, which is no part of the figures.
    pub imported: Vec<Imported>,
    /// Its months in [`PeriodReport::months`].
    pub months: Vec<MonthSum>,
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
    /// What the visitors of a balancer saw, where the group is one.
    pub visitors: Option<Visitors>,
    /// Its months in [`PeriodReport::months`].
    pub months: Vec<MonthSum>,
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
    /// Somebody else was.
    #[error("{who} was not watched in {period}")]
    NotWatched {
        /// The name of who was asked for.
        who: String,
        /// The name of the time.
        period: String,
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
    /// `remembered` is what an earlier report may have left; without it no single checks
    /// are read, and the summaries stay empty.
    ///
    /// # Errors
    /// When the period lies in the future or before all monitors, or the store fails.
    pub async fn make(
        store: &dyn Store,
        histories: impl IntoIterator<Item = &History>,
        period: Period,
        now: Timestamp,
        settings: &Settings,
        remembered: Option<&mut Remembered>,
    ) -> Result<PeriodReport, NoReport> {
        let histories: Vec<&History> = histories.into_iter().collect();
        let calendar = settings.calendar();
        let window = calendar.window(period);
        months(histories.iter().copied(), now, &calendar)
            .ok_or(NoReport::NoMonitor)?
            .admit(period, &calendar)?;
        let beside = months_beside(period, &calendar);
        // A month is the last of its twelve, longer periods are made of theirs.
        let reach = Span::new(beside.first().map_or(window.from, |m| m.1.from), window.to);
        let existed =
            |history: &&History| !history.monitor.lives().overlapping(window).is_empty();
        let shown: Vec<&History> = histories.iter().copied().filter(existed).collect();
        let mut summaries = match remembered {
            Some(past) => latency::summaries(store, &shown, window, now, past).await?,
            None => HashMap::new(),
        };
        let imports = store.all_imports(window).await?;
        let requests = store.requests(window).await?;
        let windows = store.windows().await?;
        let mut looking = Looking::at(&windows, window, now);
        let row = |history: &&History| {
            let past = Past::of(history, reach, now, settings);
            looking.see(history, &past);
            let imported = imports.get(&history.key);
            MonitorRow {
                summary: summaries.remove(&history.key).unwrap_or_default(),
                imported: imported.map(|of| Imported::of(of, window)).unwrap_or_default(),
                months: past.months(&beside),
                ..MonitorRow::cut(history, &past, window)
            }
        };
        let monitors: Vec<MonitorRow> = shown.iter().map(row).collect();
        let group = |group: GroupPast<'_>| {
            let row = GroupRow::of(&group, window)?;
            let kept = requests.get(&group.settings.group.id);
            Some(GroupRow {
                visitors: kept.map(|kept| Visitors::of(kept, window)),
                months: group.past.months(&beside),
                ..row
            })
        };
        let groups = GroupPast::all(&histories, now, settings).into_iter();
        let groups = groups.filter_map(group).collect();
        Ok(PeriodReport {
            period,
            zone: settings.zone,
            seams: calendar.seams(period),
            window,
            as_of: now,
            closed: window.to <= now && monitors.iter().all(|row| row.settled),
            decimals: settings.decimals(),
            months: beside,
            made_up: MadeUp::within(shown.iter().map(|history| &history.made_up), window),
            maintenance: looking.found(),
            monitors,
            groups,
            closing: None,
            kept: Vec::new(),
            restatement: None,
            corrected: Vec::new(),
            latecomers: Vec::new(),
        })
    }
}

impl PeriodReport {
    /// The zone in which it begins, where that is another than its own.
    #[must_use]
    pub fn begins_in(&self) -> Option<Tz> {
        Seam::at_the_start(&self.seams, self.period)
    }

    /// The zone in which it ends, where that is another than its own.
    #[must_use]
    pub fn ends_in(&self) -> Option<Tz> {
        Seam::at_the_end(&self.seams, self.period)
    }

    /// The same with the months beside it, as they read at `now`; its own time stays what
    /// its figures say. A row of nobody who is known any more has no others.
    #[must_use]
    pub(super) fn beside_its_months(
        mut self,
        histories: &[&History],
        now: Timestamp,
        settings: &Settings,
    ) -> PeriodReport {
        self.months = months_beside(self.period, &settings.calendar());
        let Some((_, first)) = self.months.first() else { return self };
        let reach = Span::new(first.from, self.window.to);
        let months = &self.months;
        let known: HashMap<&str, &History> =
            histories.iter().map(|of| (of.monitor.id.as_str(), *of)).collect();
        for row in &mut self.monitors {
            let history = known.get(row.id.as_str());
            let past = history.map(|history| Past::of(history, reach, now, settings));
            row.months = sums(months, past.as_ref(), &row.figures);
        }
        let groups = GroupPast::all(histories, now, settings);
        for row in &mut self.groups {
            let group = groups.iter().find(|of| of.settings.group.id.as_str() == row.id);
            row.months = sums(months, group.map(|group| &group.past), &row.figures);
        }
        self
    }

    /// Sums its months up again, all of which lie within it.
    pub(super) fn sum_months(&mut self) {
        for row in &mut self.monitors {
            row.months = sums(&self.months, None, &row.figures);
        }
        for row in &mut self.groups {
            row.months = sums(&self.months, None, &row.figures);
        }
    }

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
        MonitorRow::cut(history, &Past::of(history, window, now, settings), window)
    }

    /// The same, from a past that was read over a longer time.
    #[must_use]
    pub fn cut(history: &History, past: &Past, window: Span) -> MonitorRow {
        let monitor = &history.monitor;
        let figures = past.figures(window);
        let counts = |blip: &&Blip| figures.timeline.tally_within(blip.span).eligible() > 0;
        MonitorRow {
            id: monitor.id.to_string(),
            name: monitor.name.clone(),
            url: monitor.url.clone(),
            blips: past.blips.iter().filter(counts).count(),
            figures,
            parameters: monitor.parameters.within(window),
            allowance_ms: past.allowance_ms,
            settled: past.settled_before >= window.to,
            summary: Summary::default(),
            imported: Vec::new(),
            months: Vec::new(),
        }
    }

    /// How fast it answered; `None` where it never did.
    #[must_use]
    pub fn percentiles(&self) -> Option<Percentiles> {
        self.summary.percentiles
    }
}

impl GroupRow {
    /// One group's period; `None` where none of its members existed in it.
    #[must_use]
    pub fn of(group: &GroupPast<'_>, window: Span) -> Option<GroupRow> {
        if group.past.lives.overlapping(window).is_empty() {
            return None;
        }
        let Group { id, name, rule, members } = &group.settings.group;
        Some(GroupRow {
            id: id.to_string(),
            name: name.clone(),
            rule: *rule,
            members: members.iter().map(ToString::to_string).collect(),
            figures: group.past.figures(window),
            visitors: None,
            months: Vec::new(),
        })
    }
}

/// Months as the figures of a period have them, and before it as a past has them.
fn sums(months: &[(Month, Span)], past: Option<&Past>, figures: &Figures) -> Vec<MonthSum> {
    let own = figures.timeline.window();
    let sum = |&(month, span): &(Month, Span)| {
        let tally = match past {
            _ if span.overlaps(own) => figures.timeline.tally_within(span),
            Some(past) => past.timeline.tally_within(span),
            None => Tally { outside: span.length_ms(), ..Tally::default() },
        };
        MonthSum { month, tally }
    };
    months.iter().map(sum).collect()
}
