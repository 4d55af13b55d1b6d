//! A closed month as its corrections have it: what was measured stays, and the adjusted
//! figures stand beside it; and which closed months were corrected, for reports and pages
//! that are made of them or show their figures.

use super::closed;
use super::figures::Figures;
use super::period::{MonitorRow, PeriodReport};
use crate::domain::bounds::Doubt;
use crate::domain::class::Class;
use crate::domain::month::Month;
use crate::domain::outage::OutageId;
use crate::domain::period::Period;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;
use crate::store::closed::{Correction, Instead, Subject};
use crate::store::contract::{Store, StoreError};

/// What is said of a longer period whose months were corrected.
pub const SUMS_ARE_MEASURED: &str = "The figures here are made of what was measured; the \
                                     report of a corrected month has the measured and the \
                                     adjusted figures side by side.";

/// A report with corrections of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restatement {
    /// What was corrected, in the order in which that was said.
    pub corrections: Vec<Correction>,
    /// The report with the corrected downtime counted otherwise.
    pub adjusted: PeriodReport,
}

/// A closed month of which something was corrected afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectedMonth {
    /// Which.
    pub month: Month,
    /// What was corrected, in the order in which that was said.
    pub corrections: Vec<Correction>,
    /// Whose figures that changes: monitors, then groups, each in the owner's order.
    pub rows: Vec<CorrectedRow>,
}

/// A monitor or a group whose figures of a closed month were corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectedRow {
    /// Which of the two it is.
    pub subject: Subject,
    /// Its id.
    pub id: String,
    /// Its name, as the month was closed with it.
    pub name: String,
    /// The figures as they were closed.
    pub measured: Figures,
    /// What the corrections make of them.
    pub adjusted: Figures,
}

impl CorrectedMonth {
    /// A corrected month's report; `None` where nothing of it was corrected.
    #[must_use]
    pub fn of(report: &PeriodReport) -> Option<CorrectedMonth> {
        let Period::Month(month) = report.period else { return None };
        let Restatement { corrections, adjusted } = report.restatement.as_deref()?;
        let row = |subject, id: &str, name: &str, measured: &Figures, adjusted: &Figures| {
            (measured.timeline != adjusted.timeline).then(|| CorrectedRow {
                subject,
                id: id.to_owned(),
                name: name.to_owned(),
                measured: measured.clone(),
                adjusted: adjusted.clone(),
            })
        };
        let monitors = (report.monitors.iter().zip(&adjusted.monitors))
            .filter_map(|(a, b)| row(Subject::Monitor, &a.id, &a.name, &a.figures, &b.figures));
        let groups = (report.groups.iter().zip(&adjusted.groups))
            .filter_map(|(a, b)| row(Subject::Group, &a.id, &a.name, &a.figures, &b.figures));
        Some(CorrectedMonth {
            month,
            rows: monitors.chain(groups).collect(),
            corrections: corrections.clone(),
        })
    }

    /// The figures of a monitor or a group, if they were corrected.
    #[must_use]
    pub fn row(&self, subject: Subject, id: &str) -> Option<&CorrectedRow> {
        self.rows.iter().find(|row| row.subject == subject && row.id == id)
    }

    /// Whether an outage was corrected in it.
    #[must_use]
    pub fn has(&self, outage: &OutageId) -> bool {
        of_outage(&self.corrections, outage).next().is_some()
    }

    /// What of it is about some time; `None` where nothing is.
    fn within(mut self, window: Span) -> Option<CorrectedMonth> {
        self.rows.retain(|row| !row.time().within(window).is_empty());
        let rows = &self.rows;
        self.corrections
            .retain(|of| rows.iter().any(|row| row.is_changed_by(of, window)));
        (!self.rows.is_empty()).then_some(self)
    }
}

impl CorrectedRow {
    /// The time that was measured as down and counts otherwise now.
    fn time(&self) -> Spans {
        let down = |figures: &Figures| figures.timeline.class(Class::Down);
        down(&self.measured).subtract(&down(&self.adjusted))
    }

    /// Whether a correction is of an outage that it has in some time.
    fn is_changed_by(&self, of: &Correction, window: Span) -> bool {
        let is_meant = |outage: &&super::outage::MonthOutage| {
            outage.began_at == of.outage_began_at && outage.span.overlaps(window)
        };
        let is_mine = self.subject == Subject::Monitor && self.id == of.monitor;
        is_mine && self.measured.outages.iter().any(|outage| is_meant(&outage))
    }
}

/// The adjusted figures of a monitor or a group in a month, if they were corrected.
#[must_use]
pub fn adjusted<'a>(
    months: &'a [CorrectedMonth],
    month: Month,
    subject: Subject,
    id: &str,
) -> Option<&'a Figures> {
    let month = months.iter().find(|of| of.month == month)?;
    month.row(subject, id).map(|row| &row.adjusted)
}

/// The months in which an outage was corrected, each with what was said.
pub fn of_outage<'a>(
    corrections: &'a [Correction],
    outage: &'a OutageId,
) -> impl Iterator<Item = &'a Correction> {
    let is_meant = |of: &&Correction| {
        of.monitor == outage.monitor.as_str() && of.outage_began_at == outage.from
    };
    corrections.iter().filter(is_meant)
}

/// The months closed by `now` of which something was corrected that is wanted, oldest first.
///
/// # Errors
/// When one cannot be read.
pub async fn corrected_months(
    store: &dyn Store,
    now: Timestamp,
    is_wanted: impl Fn(&Correction) -> bool,
) -> Result<Vec<CorrectedMonth>, StoreError> {
    let all = store.corrections(None).await?;
    let mut wanted: Vec<Month> =
        all.iter().filter(|of| is_wanted(of)).map(|of| of.month).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut months = Vec::new();
    for month in wanted {
        let kept = store.closed_month(month).await?;
        let Some(kept) = kept.filter(|kept| kept.closed_at <= now) else { continue };
        let report = closed::open(&kept.text())
            .map_err(|wrong| StoreError::Corrupt(format!("{month}: {wrong}")))?;
        let corrections = all.iter().filter(|of| of.month == month).cloned().collect();
        let restatement = restate(&report, corrections).map(Box::new);
        months.extend(CorrectedMonth::of(&PeriodReport { restatement, ..report }));
    }
    Ok(months)
}

impl PeriodReport {
    /// What was corrected of it, where it is of a closed month.
    #[must_use]
    pub fn own_corrections(&self) -> Option<&CorrectedMonth> {
        let Period::Month(own) = self.period else { return None };
        self.corrected.iter().find(|of| of.month == own)
    }

    /// The corrected months that its figures are made of, where it is of a longer period.
    pub fn corrected_months(&self) -> impl Iterator<Item = &CorrectedMonth> {
        let is_longer = !matches!(self.period, Period::Month(_));
        self.corrected.iter().filter(move |_| is_longer)
    }

    /// The corrected months that its figures are of: itself, or those that it is made of.
    pub fn corrected_parts(&self) -> impl Iterator<Item = &CorrectedMonth> {
        self.own_corrections().into_iter().chain(self.corrected_months())
    }

    /// The same with the closed months that it is made of or stands beside, as far as they
    /// were corrected.
    pub(super) async fn with_corrected_months(
        mut self,
        store: &dyn Store,
        now: Timestamp,
    ) -> Result<PeriodReport, StoreError> {
        let is_month = matches!(self.period, Period::Month(_));
        let is_near = |month: Month| match is_month {
            true => self.months.iter().any(|beside| beside.0 == month),
            false => self.kept.contains(&month),
        };
        let months = corrected_months(store, now, |of| is_near(of.month)).await?.into_iter();
        self.corrected = match is_month {
            true => months.collect(),
            false => months.filter_map(|month| month.within(self.window)).collect(),
        };
        Ok(self)
    }
}

/// The report with its corrections; `None` where there are none.
#[must_use]
pub fn restate(report: &PeriodReport, corrections: Vec<Correction>) -> Option<Restatement> {
    if corrections.is_empty() {
        return None;
    }
    let mut adjusted = PeriodReport { closing: None, restatement: None, ..report.clone() };
    for correction in &corrections {
        let rows = adjusted.monitors.iter_mut();
        for row in rows.filter(|row| row.id == correction.monitor) {
            correct(row, correction);
        }
    }
    for index in 0..adjusted.groups.len() {
        let judged = adjusted.judge(&adjusted.groups[index]);
        let figures = &mut adjusted.groups[index].figures;
        *figures = figures.replaced(judged.timeline, judged.doubt);
    }
    Some(Restatement { corrections, adjusted })
}

/// Whether a report has the outage, with downtime that counts.
#[must_use]
pub fn has_outage(report: &PeriodReport, outage: &OutageId) -> bool {
    let mut rows = report.monitors.iter().filter(|row| row.id == outage.monitor.as_str());
    rows.any(|row| row.figures.outages.iter().any(|known| known.began_at == outage.from))
}

fn correct(row: &mut MonitorRow, correction: &Correction) {
    let figures = &row.figures;
    let same =
        |known: &&super::outage::MonthOutage| known.began_at == correction.outage_began_at;
    let Some(outage) = figures.outages.iter().find(same) else { return };
    let down = figures.timeline.class(Class::Down).within(outage.span);
    let class = match correction.instead {
        Instead::Unknown => Class::Unknown,
        Instead::Up => Class::Up,
    };
    let not_down = |spans: &Spans| spans.subtract(&down);
    let doubt = Doubt {
        // Nobody knows of unknown time that it was not down.
        perhaps_down: match correction.instead {
            Instead::Unknown => figures.doubt.perhaps_down.clone(),
            Instead::Up => not_down(&figures.doubt.perhaps_down),
        },
        surely_down: not_down(&figures.doubt.surely_down),
    };
    row.figures = figures.replaced(figures.timeline.painted_over(&down, class), doubt);
}
