//! Whether a window tells of whom it has to: of all that were watched in it or outlasted it,
//! or of the worst of them, in their order.

use super::{is_about, outlasting, watched_ms};
use crate::domain::class::Class;
use crate::domain::span::Span;
use crate::report::maintenance::{Badness, Beneath, MONITORS_MAX, Work};
use crate::report::period::{MonitorRow, PeriodReport};
use std::cmp::Reverse;
use std::collections::HashMap;

/// What does not fit, as what the window does.
pub(super) fn problems(work: &Work, report: &PeriodReport) -> Vec<String> {
    let places: HashMap<&str, usize> = report
        .monitors
        .iter()
        .enumerate()
        .map(|(at, row)| (row.id.as_str(), at))
        .collect();
    let place = |id: &str| places.get(id).copied();
    let mut found = Vec::new();
    let mut ids: Vec<&str> = work.beneath.iter().map(|of| of.id.as_str()).collect();
    ids.sort_unstable();
    if let Some(twice) = ids.windows(2).find(|two| two[0] == two[1]) {
        found.push(format!("tells of {} twice", twice[0]));
    }
    ids.dedup();
    // Equal ones stand in the owner's order.
    let order = |of: &Beneath| (Reverse(of.badness()), place(&of.id));
    if !work.beneath.is_sorted_by_key(order) {
        found.push("does not tell of the worst first".to_owned());
    }
    found.extend(miscounted(work, ids.len(), report));
    found.extend(missing(work, &ids, report));
    found
}

/// Says so if a window is not about as many monitors as it says.
fn miscounted(work: &Work, told: usize, report: &PeriodReport) -> Option<String> {
    let held = work.window.span();
    let within = held.cut(report.window);
    let about = || report.monitors.iter().filter(|row| is_about(work, row));
    let has_room = told < MONITORS_MAX;
    if (work.more > 0 && has_room) || told > MONITORS_MAX {
        return Some(format!(
            "tells of {told} monitors and leaves out {}, where the worst {MONITORS_MAX} are \
             told of",
            work.more
        ));
    }
    if !within.is_empty() {
        let has_time =
            |row: &&MonitorRow| watched_ms(&row.figures.timeline.tally_within(within)) > 0;
        let count = about().filter(has_time).count();
        return (told + work.more != count)
            .then(|| format!("does not tell of the {count} monitors that were watched in it"));
    }
    // One that was over before the month tells only of those who outlasted it into that.
    let count = about().filter(|row| may_be_down_from_the_start(row, report.window)).count();
    if told == 0 || work.beneath.iter().any(|of| of.overran.is_none()) {
        return Some("was over before the month, and nobody outlasted it".to_owned());
    }
    (told + work.more > count)
        .then(|| format!("tells of more than the {count} monitors that may have outlasted it"))
}

/// Whether an outage may go on into the month: nothing says that there is none.
fn may_be_down_from_the_start(row: &MonitorRow, month: Span) -> bool {
    let first = Span::new(month.from, month.from.plus_ms(1));
    let tally = row.figures.timeline.tally_within(first);
    tally.down + tally.unknown + tally.maintenance > 0
}

/// Says so if somebody is left out who was watched in the window or outlasted it, or who
/// fared worse than somebody who is told of, where not all are.
fn missing(work: &Work, told: &[&str], report: &PeriodReport) -> Option<String> {
    let held = work.window.span();
    let best = work.beneath.iter().min_by_key(|of| of.badness());
    report.monitors.iter().filter(|row| is_about(work, row)).find_map(|row| {
        let least = least(row, held, report.window)?;
        if told.binary_search(&row.id.as_str()).is_ok() {
            return None;
        }
        let better = best.filter(|best| work.more > 0 && best.badness() < least);
        match (work.more, better) {
            (1.., None) => None,
            _ if least.0.is_some() => {
                Some(format!("does not tell of {}, who was still down after it", row.id))
            }
            (_, Some(better)) => {
                Some(format!("tells of {} and not of {}, who fared worse", better.id, row.id))
            }
            (0, None) => Some(format!("does not tell of {}", row.id)),
        }
    })
}

/// How badly a monitor fared at the least, as far as the month shows it; `None` where nothing
/// has to be told of it.
fn least(row: &MonitorRow, held: Span, month: Span) -> Option<Badness> {
    let part = held.cut(month);
    let timeline = &row.figures.timeline;
    let tally = timeline.tally_within(part);
    // Who was down before the work began is down for another reason.
    let outlasted = outlasting(row, held, month).filter(|of| of.began_at >= held.from);
    let took_ms = outlasted.map(|of| of.span.to.since_ms(held.from));
    let in_outages = row.figures.outages.iter().map(|of| of.span.cut(part));
    // Whether such time was down or not looked at is hidden.
    let hidden_ms: i64 = in_outages
        .map(|span| timeline.class(Class::Maintenance).length_within(span))
        .sum();
    (watched_ms(&tally) > 0 || took_ms.is_some()).then_some((
        took_ms,
        tally.down,
        tally.unknown + hidden_ms,
        tally.degraded,
    ))
}
