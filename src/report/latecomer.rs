//! Who is not in the report of a closed month although something is known of that time
//! today: monitors whose history was imported after the month was closed, and groups that
//! were configured later. A closed month never changes, so that it is said beside it.

use super::period::PeriodReport;
use super::settings::Settings;
use crate::domain::history::History;
use crate::domain::month::Month;
use crate::domain::period::Period;
use crate::store::closed::Subject;
use std::collections::HashSet;

/// A sentence names so many.
const NAMED_MAX: usize = 5;

/// Those without whom a month was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latecomers {
    /// The closed month.
    pub month: Month,
    /// Who they are: monitors, then groups, each in the owner's order; never empty.
    pub who: Vec<Latecomer>,
}

/// A monitor or a group without which a month was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latecomer {
    /// Which of the two it is.
    pub subject: Subject,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl PeriodReport {
    /// Whether it is the report of a closed month that has no row of somebody who is known
    /// today.
    #[must_use]
    pub fn is_closed_without(&self, (subject, id): (Subject, &str)) -> bool {
        let is_month = matches!(self.period, Period::Month(_));
        is_month && self.latecomers.iter().any(|of| of.has(subject, id))
    }
}

impl Latecomers {
    /// Those of whom something is known in a closed month that has no row of them.
    pub(super) fn of(
        report: &PeriodReport,
        histories: &[&History],
        settings: &Settings,
    ) -> Option<Latecomers> {
        let is_there = |history: &&&History| {
            !history.monitor.lives().overlapping(report.window).is_empty()
        };
        let there: Vec<&&History> = histories.iter().filter(is_there).collect();
        let monitors = there.iter().map(|history| Latecomer {
            subject: Subject::Monitor,
            id: history.monitor.id.to_string(),
            name: history.monitor.name.clone(),
        });
        let groups = settings.groups.iter().map(|settings| &settings.group);
        let groups = groups
            .filter(|group| there.iter().any(|of| group.members.contains(&of.monitor.id)))
            .map(|group| Latecomer {
                subject: Subject::Group,
                id: group.id.to_string(),
                name: group.name.clone(),
            });
        Latecomers::without(report, monitors.chain(groups))
    }

    /// Those of a longer report that a closed month of it has no row of.
    pub(super) fn among(longer: &PeriodReport, report: &PeriodReport) -> Option<Latecomers> {
        let is_there = |timeline: &crate::domain::timeline::Timeline| {
            let tally = timeline.tally_within(report.window);
            tally.window() > tally.outside
        };
        let monitors = longer.monitors.iter().filter(|row| is_there(&row.figures.timeline));
        let monitors = monitors.map(|row| Latecomer {
            subject: Subject::Monitor,
            id: row.id.clone(),
            name: row.name.clone(),
        });
        let groups = longer.groups.iter().filter(|row| is_there(&row.figures.timeline));
        let groups = groups.map(|row| Latecomer {
            subject: Subject::Group,
            id: row.id.clone(),
            name: row.name.clone(),
        });
        Latecomers::without(report, monitors.chain(groups))
    }

    fn without(
        report: &PeriodReport,
        all: impl Iterator<Item = Latecomer>,
    ) -> Option<Latecomers> {
        let Period::Month(month) = report.period else { return None };
        let ids = |subject| move |id| (subject, id);
        let monitors = report.monitors.iter().map(|row| row.id.as_str());
        let groups = report.groups.iter().map(|row| row.id.as_str());
        let rows: HashSet<(Subject, &str)> = monitors
            .map(ids(Subject::Monitor))
            .chain(groups.map(ids(Subject::Group)))
            .collect();
        let has_row = |of: &Latecomer| rows.contains(&(of.subject, of.id.as_str()));
        let who: Vec<Latecomer> = all.filter(|of| !has_row(of)).collect();
        (!who.is_empty()).then_some(Latecomers { month, who })
    }

    /// Whether a monitor or a group is one of them.
    #[must_use]
    pub fn has(&self, subject: Subject, id: &str) -> bool {
        self.who.iter().any(|of| of.subject == subject && of.id == id)
    }

    /// `The report of October 2026 was closed without Web: …`, to be said of whatever
    /// counts their time.
    #[must_use]
    pub fn sentence(&self) -> String {
        let named = self.who.iter().take(NAMED_MAX).map(|of| of.name.as_str());
        let more = self.who.len().saturating_sub(NAMED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!(
            "The report of {} was closed without {}{more}: what is known of that time today \
             counts here, and not there.",
            self.month.name(),
            named.collect::<Vec<_>>().join(", "),
        )
    }
}
