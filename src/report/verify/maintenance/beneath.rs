//! Whether what is said of one monitor beneath a window fits its timeline and its outages.

use super::{outlasting, watched_ms};
use crate::domain::span::Span;
use crate::report::maintenance::{Beneath, Overran, Work};
use crate::report::outage::MonthOutage;
use crate::report::period::MonitorRow;

/// Whether as much was seen as the timeline has, which hides of it what is maintenance.
/// Within an outage nothing is up, and where one begins it is down.
pub(super) fn is_seen(
    of: &Beneath,
    work: &Work,
    row: &MonitorRow,
    month: Span,
    parts_are_told: bool,
) -> bool {
    let part = work.window.span().cut(month);
    let timeline = &row.figures.timeline;
    let tally = timeline.tally_within(part);
    let outages = &row.figures.outages;
    let in_outages = outages.iter().map(|outage| outage.span.cut(part));
    let in_outages_ms: i64 =
        in_outages.map(|span| watched_ms(&timeline.tally_within(span))).sum();
    let begins = outages.iter().any(|outage| part.contains(outage.began_at));
    let looked_at = (parts_are_told && !part.is_empty()).then_some(part);
    of.watched_ms() == watched_ms(&tally)
        && of.part == looked_at
        && of.excluded_ms == tally.maintenance
        && of.up_ms >= tally.up
        && of.degraded_ms >= tally.degraded
        && of.down_ms >= tally.down.max(i64::from(begins))
        && of.unknown_ms >= tally.unknown
        && of.down_ms + of.unknown_ms >= in_outages_ms
}

/// Whether what counts beyond the window is what the outage that went on after it has.
pub(super) fn is_beyond(of: &Beneath, work: &Work, row: &MonitorRow, month: Span) -> bool {
    let held = work.window.span();
    let outage = outlasting(row, held, month);
    // Who was down before the work began is down for another reason; an earlier everup told
    // of that, too.
    let is_caused = outage.is_none_or(|outage| outage.began_at >= held.from);
    let Some(overran) = &of.overran else { return outage.is_none() || !is_caused };
    let end = held.from.plus_ms(overran.took_ms);
    let beyond = row.figures.timeline.tally_within(Span::new(held.to, end));
    let ends_with_it = match outage {
        Some(outage) => {
            (is_caused || of.part.is_none())
                && end == outage.span.to
                && goes_on(overran, of, outage, month)
        }
        // One that cost nothing here is not listed; but it has all of the time.
        None => {
            end > held.to.max(month.from)
                && end <= month.to
                && beyond.down + beyond.up + beyond.degraded + beyond.paused + beyond.outside
                    == 0
                && (!overran.goes_on || end == month.to)
        }
    };
    // Who was down at its end was not up all the time before.
    let was_down = of.down_ms + of.unknown_ms > 0 || held.to <= month.from;
    ends_with_it
        && was_down
        && overran.planned_ms == held.length_ms()
        && overran.counted_ms == beyond.down
        && !overran.lasts
}

/// Whether it is said rightly if an outage went on after the month.
fn goes_on(overran: &Overran, of: &Beneath, outage: &MonthOutage, month: Span) -> bool {
    let may = outage.continued && outage.span.to == month.to;
    // One that began before the month is continued either way, and an earlier everup did not
    // say it.
    let must = may && outage.began_at >= month.from && of.part.is_some();
    if overran.goes_on { may } else { !must }
}
