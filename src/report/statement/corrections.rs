//! What was corrected of a closed month, in words.

use super::{local, percent};
use crate::report::figures::Figures;
use crate::report::period::PeriodReport;
use crate::report::restated::{CorrectedMonth, CorrectedRow};

/// What was corrected of a closed month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrections {
    /// Whose figures change: the name, the measured and the adjusted uptime.
    pub rows: Vec<[String; 3]>,
    /// Who said what.
    pub said: Vec<Said>,
}

/// A correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The id of the monitor.
    pub monitor: String,
    /// When the outage began.
    pub since: String,
    /// What its downtime counts as.
    pub instead: &'static str,
    /// Who says so.
    pub author: String,
    /// Why.
    pub reason: String,
}

/// What was corrected of a report, and who said so.
pub(super) fn corrections(report: &PeriodReport, corrected: &CorrectedMonth) -> Corrections {
    let uptime = |figures: &Figures| percent(figures.uptime_text(report.decimals));
    let row =
        |row: &CorrectedRow| [row.name.clone(), uptime(&row.measured), uptime(&row.adjusted)];
    let said = corrected.corrections.iter().map(|correction| Said {
        monitor: correction.monitor.clone(),
        since: local(correction.outage_began_at, report.zone),
        instead: correction.instead.word(),
        author: correction.author.clone(),
        reason: correction.reason.clone(),
    });
    Corrections { rows: corrected.rows.iter().map(row).collect(), said: said.collect() }
}
