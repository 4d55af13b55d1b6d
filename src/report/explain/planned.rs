//! What its owner did: creation and removal, pauses, maintenance, other rules.

use super::event::{Event, Happened, beyond, event, shown};
use super::part::Cause;
use super::reading::Reading;
use super::words::{Words, count, grouped};
use crate::domain::class::Class;
use crate::domain::duration;
use crate::domain::foreign::{Records, Source};
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::Parameters;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;

/// Time in which the monitor did not exist, or of which it is still open what it was.
pub(super) fn outside(reading: &Reading<'_>, span: Span, cause: Cause) -> Event {
    let lives = reading.facts.history.monitor.lives();
    let said = match cause {
        Cause::BeforeCreation => match lives.first_ending_after(span.from) {
            Some(life) => Words::new("The monitor's time began at ").at(life.from).text("."),
            None => Words::new("The monitor's time never began."),
        },
        Cause::AfterRemoval => {
            let mut removed_at = lives.as_slice().iter().map(|life| life.to);
            match removed_at.rfind(|to| *to <= span.from) {
                Some(to) => Words::new("The monitor was removed at ").at(to).text("."),
                None => Words::new("The monitor did not exist."),
            }
        }
        _ => Words::new("Not part of the figure yet."),
    };
    event(reading, Happened::Outside(cause), span, said, [])
}

/// The pauses in the window.
pub(super) fn pauses<'a>(reading: &'a Reading<'_>) -> impl Iterator<Item = Event> + 'a {
    let monitor = &reading.facts.history.monitor;
    monitor.pauses().overlapping(reading.settled()).iter().map(|pause| {
        let said = Words::new(
            "Its owner paused it. The time does not count, and what was seen in it is ignored.",
        );
        let said = match pause.to < Timestamp::MAX {
            true => beyond(reading, said, *pause),
            false => said.text(" It lasts."),
        };
        event(reading, Happened::Pause, shown(reading, *pause), said, [])
    })
}

/// Where other rules began to hold within the window.
pub(super) fn rules<'a>(reading: &'a Reading<'_>) -> impl Iterator<Item = Event> + 'a {
    let settled = reading.settled();
    let begun = reading.row.parameters.iter();
    begun
        .filter(move |(from, _)| *from > settled.from && settled.contains(*from))
        .map(|(from, parameters)| {
            let said =
                Words::new(format!("From here on: {}. The past stays.", rule(parameters)));
            event(reading, Happened::Rules, Span::new(*from, *from), said, [])
        })
}

/// What other monitors' checks were taken over, file by file.
pub(super) fn imports<'a>(reading: &'a Reading<'_>) -> impl Iterator<Item = Event> + 'a {
    let origins = reading.facts.foreign.origins.iter();
    let of_checks = origins.filter(|origin| origin.records == Records::Checks);
    of_checks
        .filter(|origin| origin.span.overlaps(reading.settled()))
        .map(|origin| {
            let whose = match origin.source {
                Source::Demo => {
                    "The checks of this time were made up by everup demo at ".into()
                }
                source => format!(
                    "The checks of this time were made by {source}, and read from {} at ",
                    origin.file
                ),
            };
            let said = Words::new(whose);
            let said = said.at(origin.imported_at).text(format!(
                "; {} had not been known. They are part of the figure, and judged by the \
                 rule above.",
                count(usize::try_from(origin.added).unwrap_or(usize::MAX), "check")
            ));
            let said = beyond(reading, said, origin.span);
            let what = Happened::Imported(origin.source);
            event(reading, what, shown(reading, origin.span), said, [])
        })
}

/// Rules in words: `checked every 1 min (at most 15 s late), time limit 10 s; …`.
#[must_use]
pub fn rule(parameters: &Parameters) -> String {
    let words = duration::in_words;
    let down = match parameters.failures {
        1 => "1 failure opens an outage".to_owned(),
        failures => format!(
            "{failures} failures in a row, re-checked {} apart, open an outage",
            words(parameters.retry_interval_ms)
        ),
    };
    let up = match parameters.successes {
        1 => "1 success closes it".to_owned(),
        successes => format!("{successes} successes in a row close it"),
    };
    format!(
        "checked every {} (a check may be {} late), time limit {}; {down}; {up}",
        words(parameters.interval_ms),
        words(parameters.grace_ms()),
        words(parameters.timeout_ms)
    )
}

/// The maintenance windows about the monitor that touch the window of the explanation.
pub(super) fn maintenance<'a>(reading: &'a Reading<'_>) -> impl Iterator<Item = Event> + 'a {
    let monitor = &reading.facts.history.monitor;
    (reading.facts.windows.iter())
        .map(|announcement| &announcement.window)
        .filter(|window| window.is_about(&monitor.id))
        .filter(|window| Span::new(window.start, window.end).overlaps(reading.settled()))
        .map(|window| one_window(reading, window))
}

fn one_window(reading: &Reading<'_>, window: &MaintenanceWindow) -> Event {
    let planned = Span::new(window.start, window.end);
    let held = window.span();
    let said = Words::new("Announced at ").at(window.announced_at).text(notice(window));
    let said = match window.cancelled_at {
        Some(at) if at < window.end => {
            said.text(" It was called off at ").at(at).text(match at <= window.start {
                true => ", before it began.",
                false => ", and ends there.",
            })
        }
        _ => said,
    };
    let said = match window.excluded() {
        Some(excluded) => what_left(reading, said, excluded),
        None => said.text(" Nothing of it leaves the figure."),
    };
    let said = match window.message.trim() {
        "" => said,
        message => said.text(format!(" Its message: {message}")),
    };
    let said = beyond(reading, said, planned);
    event(reading, Happened::Maintenance, shown(reading, held), said, [])
}

/// How long before its beginning it was announced, and whether that is enough.
fn notice(window: &MaintenanceWindow) -> String {
    let ahead_ms = window.start.since_ms(window.announced_at);
    let needed_ms = MaintenanceWindow::NOTICE_MS;
    let ahead = match ahead_ms {
        ms if ms < 0 => "after it had begun".to_owned(),
        ms => format!("{} ms ahead", grouped(ms)),
    };
    if window.emergency {
        return format!(", {ahead}, as an emergency: its time counts.");
    }
    match ahead_ms >= needed_ms {
        true => {
            format!(", {ahead}: at least the {} ms (48 h) that are needed.", grouped(needed_ms))
        }
        false => format!(
            ", {ahead}: too late. It takes {} ms (48 h), so the time counts.",
            grouped(needed_ms)
        ),
    }
}

/// How much of a window that was announced in time left the figure, and why not all.
fn what_left(reading: &Reading<'_>, said: Words, excluded: Span) -> Words {
    let excluded = excluded.cut(reading.settled());
    let left = reading.figures().timeline.class(Class::Maintenance).within(excluded);
    let said = said.text(format!(" {} ms of it leave the figure.", grouped(left.length_ms())));
    let watched = Spans::from(excluded).intersect(reading.facts.history.monitor.watched());
    let counted_ms = watched.length_ms() - left.length_ms();
    let allowance = reading.settings.contract(&reading.facts.history.monitor.id).allowance_ms;
    match allowance {
        _ if counted_ms == 0 => said,
        // What was kept of a closed month follows the contract of then.
        _ if !reading.agrees => said.text(format!(
            " The other {} ms count, by the contract when the month was closed.",
            grouped(counted_ms)
        )),
        Some(allowance_ms) => said.text(format!(
            " The other {} ms count, because the allowance of {} ms a month was used up.",
            grouped(counted_ms),
            grouped(allowance_ms)
        )),
        None => said,
    }
}
