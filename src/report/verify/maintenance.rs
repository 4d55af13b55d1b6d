//! Whether what a closed month says of its maintenance fits its figures. Whether a window
//! leaves the figure is computed again with everything else; here its time, and what was seen
//! beneath it, are held against the timelines and the outages.
//!
//! What cannot be seen: when a window was really announced, and whether one of less than 48 h
//! notice was called an emergency, which changes nothing that counts; what was seen beneath
//! maintenance, but for the time of outages that are listed; and whatever an earlier everup
//! did not write into a month.

use crate::domain::class::Class;
use crate::domain::maintenance::{Excluded, within_allowance};
use crate::domain::monitor::MonitorId;
use crate::domain::span::{Span, Spans};
use crate::domain::timeline::Timeline;
use crate::domain::uptime::Tally;
use crate::report::maintenance::{Beneath, MONITORS_MAX, Work};
use crate::report::outage::MonthOutage;
use crate::report::period::{MonitorRow, PeriodReport};
use std::collections::{HashMap, HashSet};

/// What does not fit, a sentence each; nothing of a month that was closed without its windows.
pub(super) fn problems(report: &PeriodReport) -> Vec<String> {
    let works = &report.maintenance.works;
    let mut found = misbooked(report);
    let rows: HashMap<&str, &MonitorRow> =
        report.monitors.iter().map(|row| (row.id.as_str(), row)).collect();
    for work in works {
        let wrong = |wrong: &str| format!("the maintenance window {} {wrong}", work.id);
        if work.status != work.window.status(report.as_of) {
            found.push(wrong("says otherwise than its times how far it was"));
        }
        found.extend(left_out(work, report).into_iter().map(|said| wrong(&said)));
        for of in &work.beneath {
            let said = match rows.get(of.id.as_str()) {
                None => "tells of a monitor that is not in the month",
                Some(row) if !is_about(work, row) => "tells of a monitor that it is not about",
                Some(row) if !is_seen(of, work, row, report.window) => {
                    "says otherwise than its figures what was seen"
                }
                Some(row) if !is_beyond(of, work, row, report.window) => {
                    "says otherwise than its figures what went beyond"
                }
                Some(_) => continue,
            };
            found.push(wrong(&format!("of {} {said}", of.id)));
        }
    }
    found
}

/// Monitors that have maintenance in their figures where no window allows it, or have none
/// where one does.
fn misbooked(report: &PeriodReport) -> Vec<String> {
    let works = &report.maintenance.works;
    // Those that are left out begin no earlier than the last that is told of.
    let known = match (works.last(), report.maintenance.left_out) {
        (None, _) => return Vec::new(),
        (Some(_), 0) => report.window,
        (Some(last), _) => Span::new(report.window.from, last.window.start),
    };
    let excluded = Excluded::by(works.iter().map(|work| &work.window));
    // An earlier everup did not write down what a contract allows, so it may be as much as
    // there is.
    let tells_allowances = works.iter().flat_map(|of| &of.beneath).any(|of| of.part.is_some());
    let problems = |row: &MonitorRow| {
        let id = MonitorId::new(&row.id).ok()?;
        let timeline = &row.figures.timeline;
        let booked = timeline.class(Class::Maintenance);
        let of_windows = excluded.of(&id).intersect(&watched(timeline));
        let unsaid = if tells_allowances { i64::MAX } else { booked.length_ms() };
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

/// Says so if a window tells of fewer monitors than were watched within it, or not of one
/// that outlasted it.
fn left_out(work: &Work, report: &PeriodReport) -> Option<String> {
    let held = work.window.span();
    let within = held.cut(report.window);
    let about = || report.monitors.iter().filter(|row| is_about(work, row));
    let has_time =
        |row: &&MonitorRow| watched_ms(&row.figures.timeline.tally_within(within)) > 0;
    let count = about().filter(has_time).count();
    let told: HashSet<&str> = work.beneath.iter().map(|of| of.id.as_str()).collect();
    let is_whole =
        told.len() + work.more == count && (work.more == 0 || told.len() >= MONITORS_MAX);
    // One that was over before the month tells only of those who outlasted it.
    if !within.is_empty() && !is_whole {
        return Some(format!("does not tell of the {count} monitors that were watched in it"));
    }
    // The worst are told of, and none are worse than these.
    let has_room = work.more == 0 || work.beneath.iter().any(|of| of.overran.is_none());
    let is_missing = |row: &&MonitorRow| {
        let outage = outlasting(row, held, report.window);
        let outlasted = outage.is_some_and(|outage| outage.began_at >= held.from);
        has_room && outlasted && !told.contains(row.id.as_str())
    };
    let missing = about().find(is_missing)?;
    Some(format!("does not tell of {}, who was still down after it", missing.id))
}

/// Whether as much was seen as the timeline has, which hides of it what is maintenance.
/// Within an outage nothing is up.
fn is_seen(of: &Beneath, work: &Work, row: &MonitorRow, month: Span) -> bool {
    let part = work.window.span().cut(month);
    let timeline = &row.figures.timeline;
    let tally = timeline.tally_within(part);
    let watched = watched_ms(&tally);
    let in_outages = row.figures.outages.iter().map(|outage| outage.span.cut(part));
    let in_outages_ms: i64 =
        in_outages.map(|span| watched_ms(&timeline.tally_within(span))).sum();
    of.watched_ms() == watched
        && of.part.is_none_or(|told| told == part)
        && of.excluded_ms == tally.maintenance
        && of.up_ms >= tally.up
        && of.degraded_ms >= tally.degraded
        && of.down_ms >= tally.down
        && of.unknown_ms >= tally.unknown
        && of.down_ms + of.unknown_ms >= in_outages_ms
}

/// The outage that went on after a window, or into the month where the window was over
/// before. One that cost nothing in the month is not listed.
fn outlasting(row: &MonitorRow, held: Span, month: Span) -> Option<&MonthOutage> {
    let end = held.to.max(month.from);
    let mut outages = row.figures.outages.iter();
    outages.find(|of| of.began_at < held.to && of.span.from <= end && of.span.to > end)
}

/// Whether what counts beyond the window is what the outage that went on after it has.
fn is_beyond(of: &Beneath, work: &Work, row: &MonitorRow, month: Span) -> bool {
    let held = work.window.span();
    let outage = outlasting(row, held, month);
    // Who was down before the work began is down for another reason; an earlier everup told
    // of that, too.
    let is_caused = outage.is_none_or(|outage| outage.began_at >= held.from);
    let Some(overran) = &of.overran else { return outage.is_none() || !is_caused };
    let end = held.from.plus_ms(overran.took_ms);
    let counted = row.figures.timeline.tally_within(Span::new(held.to, end)).down;
    let ends_with_it = match outage {
        Some(outage) => {
            (is_caused || of.part.is_none())
                && end == outage.span.to
                && (!overran.goes_on || (outage.continued && end == month.to))
        }
        None => end > held.to && end <= month.to && counted == 0,
    };
    ends_with_it
        && overran.planned_ms == held.length_ms()
        && overran.counted_ms == counted
        && !overran.lasts
}
