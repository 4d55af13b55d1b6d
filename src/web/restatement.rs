//! What was corrected of a closed month, beside what was measured: a part of its report.

use super::explain::address;
use super::figure::NOTHING;
use super::moment::Moment;
use crate::domain::duration;
use crate::report::explain::Scope;
use crate::report::figures::Figures;
use crate::report::period::PeriodReport;
use crate::store::closed::Correction;
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
        let restatement = report.restatement.as_deref()?;
        let adjusted = &restatement.adjusted;
        let row = |name: &'a str, how, measured: &Figures, adjusted: &Figures| {
            (measured.timeline != adjusted.timeline).then(|| {
                let row = row(name, measured, adjusted, report.decimals);
                Row { how: Some(how), ..row }
            })
        };
        let monitors = report.monitors.iter().zip(&adjusted.monitors).filter_map(|(a, b)| {
            let how = address::of_monitor(&a.id, report.period);
            row(&a.name, how, &a.figures, &b.figures)
        });
        let groups = report.groups.iter().zip(&adjusted.groups).filter_map(|(a, b)| {
            let how = address::of_group(&a.id, report.period);
            row(&a.name, how, &a.figures, &b.figures)
        });
        let said = restatement.corrections.iter().map(|of| said(of, report.zone));
        Some(Restated {
            month: report.period.to_string(),
            rows: groups.chain(monitors).collect(),
            corrections: said.collect(),
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

fn uptime(figures: &Figures, decimals: u32) -> String {
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
