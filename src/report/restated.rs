//! A closed month as its corrections have it: what was measured stays, and the adjusted
//! figures stand beside it.

use super::period::{MonitorRow, PeriodReport};
use crate::domain::bounds::Doubt;
use crate::domain::class::Class;
use crate::domain::outage::OutageId;
use crate::domain::span::Spans;
use crate::store::closed::{Correction, Instead};

/// A report with corrections of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restatement {
    /// What was corrected, in the order in which that was said.
    pub corrections: Vec<Correction>,
    /// The report with the corrected downtime counted otherwise.
    pub adjusted: PeriodReport,
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
