//! Whether what a closed month says of its maintenance fits its figures. Whether a window
//! leaves the figure is computed again with everything else; here the list of windows, their
//! time, and what was seen beneath them, are held against the timelines and the outages.
//!
//! What cannot be seen: when a window was really announced, and whether one of less than 48 h
//! notice was called an emergency, which changes nothing that counts; how long a window was
//! that was over before the month; what was seen beneath maintenance, but for the time of
//! outages that are listed; and whatever an earlier everup did not write into a month.

mod beneath;
mod told;

use crate::domain::class::Class;
use crate::domain::maintenance::{Excluded, within_allowance};
use crate::domain::monitor::MonitorId;
use crate::domain::span::{Span, Spans};
use crate::domain::timeline::Timeline;
use crate::domain::uptime::Tally;
use crate::report::maintenance::{WINDOWS_MAX, Work};
use crate::report::outage::MonthOutage;
use crate::report::period::{MonitorRow, PeriodReport};
use std::collections::{HashMap, HashSet};

/// What does not fit, a sentence each; nothing of a month that was closed without its windows.
pub(super) fn problems(report: &PeriodReport) -> Vec<String> {
    let mut found = mislisted(report);
    found.extend(misbooked(report));
    let rows: HashMap<&str, &MonitorRow> =
        report.monitors.iter().map(|row| (row.id.as_str(), row)).collect();
    let parts_are_told = parts_are_told(report);
    for work in &report.maintenance.works {
        let wrong = |wrong: &str| format!("the maintenance window {} {wrong}", work.id);
        found.extend(misdated(work, report).map(wrong));
        found.extend(told::problems(work, report).iter().map(|said| wrong(said)));
        for of in &work.beneath {
            let said = match rows.get(of.id.as_str()) {
                None => "tells of a monitor that is not in the month",
                Some(row) if !is_about(work, row) => "tells of a monitor that it is not about",
                Some(row) if of.name != row.name => "tells of a monitor by another name",
                Some(row)
                    if !beneath::is_seen(of, work, row, report.window, parts_are_told) =>
                {
                    "says otherwise than its figures what was seen"
                }
                Some(row) if !beneath::is_beyond(of, work, row, report.window) => {
                    "says otherwise than its figures what went beyond"
                }
                Some(_) => continue,
            };
            found.push(wrong(&format!("of {} {said}", of.id)));
        }
    }
    found
}

/// What is wrong with the list of windows as a whole.
fn mislisted(report: &PeriodReport) -> Vec<String> {
    let (works, left_out) = (&report.maintenance.works, report.maintenance.left_out);
    let mut found = Vec::new();
    if works.len() > WINDOWS_MAX || (left_out > 0 && works.len() < WINDOWS_MAX) {
        found.push(format!(
            "{} maintenance windows are told of and {left_out} left out, where the first \
             {WINDOWS_MAX} are told of",
            works.len()
        ));
    }
    let mut seen = HashSet::new();
    for work in works.iter().filter(|work| work.id.0 < 1 || !seen.insert(work.id)) {
        found.push(format!("the id {} is not that of one maintenance window", work.id));
    }
    // Those that were over before the month, and then those in it.
    let place = |work: &Work| (work.window.span().to > report.window.from, work.window.start);
    if !works.is_sorted_by_key(place) {
        found.push("the maintenance windows are not in order of their start".to_owned());
    }
    found
}

/// What is wrong with the times of a window.
fn misdated(work: &Work, report: &PeriodReport) -> Option<&'static str> {
    let (window, held) = (&work.window, work.window.span());
    if work.status != window.status(report.as_of) {
        return Some("says otherwise than its times how far it was");
    }
    if window.cancelled_at.is_some_and(|at| at > window.end) {
        return Some("was called off after it had ended");
    }
    let was_before = !held.is_empty() && held.to <= report.window.from;
    (!was_before && !held.overlaps(report.window)).then_some("has no time in the month")
}

/// Whether the month was closed by an everup that kept what was looked at, and what contracts
/// allow.
fn parts_are_told(report: &PeriodReport) -> bool {
    let mut seen = report.maintenance.works.iter().flat_map(|of| &of.beneath);
    seen.any(|of| of.part.is_some())
        || report.monitors.iter().any(|row| row.allowance_ms.is_some())
}

/// Monitors that have maintenance in their figures where no window allows it, or have none
/// where one does.
fn misbooked(report: &PeriodReport) -> Vec<String> {
    let works = &report.maintenance.works;
    // Those that are left out begin no earlier than the last that is told of.
    let known = match (works.last(), report.maintenance.left_out) {
        (None, _) if !parts_are_told(report) => return Vec::new(),
        (None, _) => report.window,
        (Some(_), 0) => report.window,
        (Some(last), _) => Span::new(report.window.from, last.window.start),
    };
    let excluded = Excluded::by(works.iter().map(|work| &work.window));
    // An earlier everup did not write down what a contract allows, so it may be as much as
    // there is.
    let parts_are_told = parts_are_told(report);
    let problems = |row: &MonitorRow| {
        let id = MonitorId::new(&row.id).ok()?;
        let timeline = &row.figures.timeline;
        let booked = timeline.class(Class::Maintenance);
        let of_windows = excluded.of(&id).intersect(&watched(timeline));
        let unsaid = if parts_are_told { i64::MAX } else { booked.length_ms() };
        let allowance_ms = row.allowance_ms.unwrap_or(unsaid);
        let due = within_allowance(&of_windows, allowance_ms, [report.window]);
        let ms = |spans: Spans| Some(spans.length_within(known)).filter(|ms| *ms > 0);
        let too_much = ms(booked.subtract(&due)).map(|ms| {
            format!(
                "{ms} ms of the monitor {id} count as maintenance, and no window of at least 48 h \
                 notice has them"
            )
        });
        let too_little = ms(due.subtract(&booked)).map(|ms| {
            format!(
                "{ms} ms of the monitor {id} do not count as maintenance, and a window of at \
                 least 48 h notice has them"
            )
        });
        Some(too_much.into_iter().chain(too_little))
    };
    report.monitors.iter().filter_map(problems).flatten().collect()
}

/// The time in which it existed and was not paused.
fn watched(timeline: &Timeline) -> Spans {
    timeline.eligible().union(&timeline.class(Class::Maintenance))
}

fn watched_ms(tally: &Tally) -> i64 {
    tally.eligible() + tally.maintenance
}

fn is_about(work: &Work, row: &MonitorRow) -> bool {
    MonitorId::new(&row.id).is_ok_and(|id| work.window.is_about(&id))
}

/// The outage that went on after a window, or into the month where the window was over
/// before. One that cost nothing in the month is not listed.
fn outlasting(row: &MonitorRow, held: Span, month: Span) -> Option<&MonthOutage> {
    let end = held.to.max(month.from);
    let mut outages = row.figures.outages.iter();
    outages.find(|of| of.began_at < held.to && of.span.from <= end && of.span.to > end)
}
