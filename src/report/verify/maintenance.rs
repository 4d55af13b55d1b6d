//! Whether what a closed month says of its maintenance fits its figures. Whether a window
//! leaves the figure is computed again with everything else; here its time is held against
//! the timelines.

use crate::domain::class::Class;
use crate::domain::maintenance::{Excluded, MaintenanceWindow};
use crate::domain::monitor::MonitorId;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::report::figures::Figures;
use crate::report::maintenance::Beneath;
use crate::report::period::PeriodReport;
use std::collections::HashMap;

/// What does not fit, a sentence each; nothing of a month that was closed without its
/// windows, or with only some of them.
pub(super) fn problems(report: &PeriodReport) -> Vec<String> {
    let works = &report.maintenance.works;
    let mut found = Vec::new();
    if !works.is_empty() && report.maintenance.left_out == 0 {
        found.extend(without_window(report));
    }
    let rows: HashMap<&str, &Figures> =
        report.monitors.iter().map(|row| (row.id.as_str(), &row.figures)).collect();
    for (work, of) in
        works.iter().flat_map(|work| work.beneath.iter().map(move |of| (work, of)))
    {
        let wrong = match rows.get(of.id.as_str()) {
            None => "tells of a monitor that is not in the month",
            Some(row) if !is_seen(of, &work.window, row, report.window) => {
                "says otherwise than its figures what was seen"
            }
            Some(row) if !is_beyond(of, &work.window, row) => {
                "says otherwise than its figures what went beyond"
            }
            Some(_) => continue,
        };
        found.push(format!("the maintenance window {} of {} {wrong}", work.id, of.id));
    }
    found
}

/// Monitors that have maintenance in their figures where no window allows it.
fn without_window(report: &PeriodReport) -> Vec<String> {
    let works = report.maintenance.works.iter();
    let excluded = Excluded::by(works.map(|work| &work.window));
    let problem = |id: &str, figures: &Figures| {
        let allowed = excluded.of(&MonitorId::new(id).ok()?);
        let beyond = figures.timeline.class(Class::Maintenance).subtract(&allowed);
        (!beyond.is_empty()).then(|| {
            format!(
                "{} ms of the monitor {id} count as maintenance, and no window of at least 48 h \
                 notice has them",
                beyond.length_ms()
            )
        })
    };
    (report.monitors.iter())
        .filter_map(|row| problem(&row.id, &row.figures))
        .collect()
}

/// Whether as much was seen as the timeline has, which hides of it what is maintenance.
fn is_seen(of: &Beneath, window: &MaintenanceWindow, figures: &Figures, month: Span) -> bool {
    let tally = figures.timeline.tally_within(window.span().cut(month));
    let watched_ms = tally.up + tally.degraded + tally.down + tally.unknown + tally.maintenance;
    of.watched_ms() == watched_ms
        && of.excluded_ms == tally.maintenance
        && of.up_ms >= tally.up
        && of.degraded_ms >= tally.degraded
        && of.down_ms >= tally.down
        && of.unknown_ms >= tally.unknown
}

/// Whether what counts beyond the window is downtime in the timeline.
fn is_beyond(of: &Beneath, window: &MaintenanceWindow, figures: &Figures) -> bool {
    let Some(overran) = &of.overran else { return true };
    let held = window.span();
    let Some(to) = held.from.0.checked_add(overran.took_ms) else { return false };
    let beyond = Span::new(held.to, Timestamp(to));
    overran.planned_ms == held.length_ms()
        && overran.took_ms > overran.planned_ms
        && overran.counted_ms == figures.timeline.tally_within(beyond).down
}
