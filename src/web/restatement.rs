//! What was corrected of a closed month, beside what was measured: a part of its report.

use super::explain::address;
use super::figure::NOTHING;
use super::moment::Moment;
use crate::domain::duration;
use crate::domain::period::Period;
use crate::report::explain::Scope;
use crate::report::figures::Figures;
use crate::report::period::PeriodReport;
use crate::store::closed::{Correction, Subject};
use askama::Template;
use chrono_tz::Tz;

/// Measured and adjusted figures, and who said what.
#[derive(Template)]
#[template(path = "restatement.html")]
pub(super) struct Restated<'a> {
    month: String,
    rows: Vec<Row<'a>>,
    corrections: Vec<Said<'a>>,
}

struct Row<'a> {
    name: &'a str,
    /// The address that says how its figures came about; `None` on that very page.
    how: Option<String>,
    measured: String,
    adjusted: String,
    down_measured: String,
    down_adjusted: String,
}

struct Said<'a> {
    began_at: Moment,
    monitor: &'a str,
    instead: &'static str,
    author: &'a str,
    made_at: Moment,
    reason: &'a str,
}

impl<'a> Restated<'a> {
    /// The corrections of a report; `None` where there are none.
    pub(super) fn of(report: &'a PeriodReport) -> Option<Restated<'a>> {
        let corrected = report.own_corrections()?;
        let rows_of = |subject: Subject, how: fn(&str, Period) -> String| {
            let rows = corrected.rows.iter().filter(move |row| row.subject == subject);
            rows.map(move |of| Row {
                how: Some(how(&of.id, report.period)),
                ..row(&of.name, &of.measured, &of.adjusted, report.decimals)
            })
        };
        let groups = rows_of(Subject::Group, address::of_group);
        let monitors = rows_of(Subject::Monitor, address::of_monitor);
        Some(Restated {
            month: corrected.month.to_string(),
            rows: groups.chain(monitors).collect(),
            corrections: corrected.corrections.iter().map(|of| said(of, report.zone)).collect(),
        })
    }

    /// The corrections of one monitor or group; `None` where there are none.
    pub(super) fn of_one(
        name: &'a str,
        measured: &Figures,
        scope: &'a Scope,
    ) -> Option<Restated<'a>> {
        let adjusted = scope.adjusted.as_ref()?;
        Some(Restated {
            month: scope.period.to_string(),
            rows: vec![row(name, measured, &adjusted.figures, scope.decimals)],
            corrections: adjusted.corrections.iter().map(|of| said(of, scope.zone)).collect(),
        })
    }
}

fn row<'a>(name: &'a str, measured: &Figures, adjusted: &Figures, decimals: u32) -> Row<'a> {
    Row {
        name,
        how: None,
        measured: uptime(measured, decimals),
        adjusted: uptime(adjusted, decimals),
        down_measured: downtime(measured),
        down_adjusted: downtime(adjusted),
    }
}

fn said(correction: &Correction, zone: Tz) -> Said<'_> {
    Said {
        began_at: Moment::fixed(correction.outage_began_at, zone),
        monitor: &correction.monitor,
        instead: correction.instead.word(),
        author: &correction.author,
        made_at: Moment::fixed(correction.made_at, zone),
        reason: &correction.reason,
    }
}

/// An uptime that stands beside another one.
pub(super) fn uptime(figures: &Figures, decimals: u32) -> String {
    figures
        .uptime_text(decimals)
        .map_or(NOTHING.to_owned(), |text| format!("{text}\u{a0}%"))
}

fn downtime(figures: &Figures) -> String {
    match figures.tally.down {
        0 => "none".to_owned(),
        ms => duration::in_words(ms),
    }
}
