//! An outage and a blip with the checks that decided them.

use super::event::{Cited, Event, Happened, Role, beyond, event, shown};
use super::reading::Reading;
use super::words::{Words, count};
use crate::domain::check::Verdict;
use crate::domain::outage::{Blip, Outage, OutageId};
use crate::domain::sighting::Sighting;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::report::outage::MonthOutage;

/// An outage, as far as it lies in the window.
pub(super) fn outage(reading: &Reading<'_>, outage: &Outage) -> Event {
    let monitor = &reading.facts.history.monitor;
    let decided = decider(reading, outage.from, false, |failures, _| failures);
    // A rule that changed within the run is the one by which it was decided.
    let rules = monitor.parameters.at(decided.map_or(outage.from, |decided| decided.at));
    let checks = [
        Role::LastGood.of(good_before(reading, outage.from)),
        Role::FirstFailure.of(reading.facts.sightings.at(outage.from)),
        Role::Decided.of(decided),
    ];
    let said = match rules.failures {
        1 => Words::new("Down from the first failing check, since one failure is an outage."),
        failures => {
            let said = Words::new(format!(
                "Down, because {} in a row failed",
                count(failures as usize, "check")
            ));
            let said = match decided {
                Some(decided) => said.text(", the last of these at ").at(decided.at),
                None => said,
            };
            said.text(". The outage begins at the first of them.")
        }
    };
    let (said, ending) = match outage.to {
        Some(to) => ended(reading, said, to),
        None => {
            let newest = reading.facts.history.latest.as_ref().map(Sighting::of);
            let newest = newest.filter(|newest| newest.verdict == Verdict::Fail);
            (said.text(" It lasts."), [Role::LastFailure.of(newest.as_ref()), None, None])
        }
    };
    let said = beyond(reading, said, outage.span());
    let said = corrected(reading, said, outage.from);
    let span = shown(reading, outage.span());
    let id = OutageId { monitor: monitor.id.clone(), from: outage.from };
    let checks = checks.into_iter().chain(ending);
    Event { outage: Some(id), ..event(reading, Happened::Outage, span, said, checks) }
}

/// An outage of a closed month that is not known any more.
pub(super) fn kept(reading: &Reading<'_>, outage: &MonthOutage) -> Event {
    let said = Words::new(format!(
        "Down, as it was known when the month was closed: {}.",
        outage.reason.trim_end_matches('.')
    ));
    let said = match outage.began_at < outage.span.from {
        true => said.text(" It began before this period, at ").at(outage.began_at).text("."),
        false => said,
    };
    let said = corrected(reading, said, outage.began_at);
    event(reading, Happened::Outage, outage.span, said, [])
}

/// Goes on with what was said of it after its month was closed.
fn corrected(reading: &Reading<'_>, said: Words, began_at: Timestamp) -> Words {
    reading.corrections(began_at).fold(said, |said, correction| {
        let instead = correction.instead.words();
        said.text(format!(" {} corrected it at ", correction.author))
            .at(correction.made_at)
            .text(format!(
                ": the adjusted figure counts it as {instead}, because {}.",
                correction.reason.trim_end_matches('.')
            ))
    })
}

/// How an outage ended: by right answers, or cut by a pause or the removal.
fn ended(reading: &Reading<'_>, said: Words, to: Timestamp) -> (Words, [Option<Cited>; 3]) {
    let monitor = &reading.facts.history.monitor;
    let recovery = reading.facts.sightings.at(to).filter(|check| check.verdict.is_good());
    let last = reading.facts.sightings.counted_before(to, monitor);
    let last = last.filter(|check| !check.verdict.is_good());
    let Some(recovery) = recovery else {
        let is_cut = |span: &Span| span.to == to;
        let said = match monitor.lives().as_slice().iter().any(is_cut) {
            true => said.text(" The removal of the monitor cut it at ").at(to).text("."),
            false if monitor.pauses().contains(to) => {
                said.text(" A pause cut it at ").at(to).text(".")
            }
            false => said.text(" It ended at ").at(to).text("."),
        };
        return (said, [Role::LastFailure.of(last), None, None]);
    };
    let confirmed = decider(reading, to, true, |_, successes| successes);
    let successes = monitor.parameters.at(to).successes;
    let said = match successes {
        1 => said.text(" It ended at the first success, at ").at(to).text("."),
        successes => said
            .text(format!(
                " It ended when {} in a row were good, at the first of them, at ",
                count(successes as usize, "check")
            ))
            .at(to)
            .text("."),
    };
    let checks = [
        Role::LastFailure.of(last),
        Role::Recovery.of(Some(recovery)),
        Role::Confirmed.of(confirmed),
    ];
    (said, checks)
}

/// The newest right answer before `at`.
fn good_before<'a>(reading: &'a Reading<'_>, at: Timestamp) -> Option<&'a Sighting> {
    let before = reading.facts.sightings.counted_before(at, &reading.facts.history.monitor);
    before.filter(|check| check.verdict.is_good())
}

/// The check that made a run long enough that begins at `from`; `None` where one is.
fn decider<'a>(
    reading: &'a Reading<'_>,
    from: Timestamp,
    good: bool,
    needed: fn(u32, u32) -> u32,
) -> Option<&'a Sighting> {
    // Where the run begins with checks that are not kept, the kept ones cannot be counted.
    reading.facts.sightings.at(from)?;
    let monitor = &reading.facts.history.monitor;
    let run = reading.facts.sightings.counted_from(from, monitor);
    let mut checks = 0;
    for check in run.take_while(|check| check.verdict.is_good() == good) {
        checks += 1;
        let rules = monitor.parameters.at(check.at);
        if checks >= needed(rules.failures, rules.successes) {
            return Some(check).filter(|_| checks > 1);
        }
    }
    None
}

/// A failing run that ended before it was an outage.
pub(super) fn blip(reading: &Reading<'_>, blip: &Blip) -> Event {
    let monitor = &reading.facts.history.monitor;
    let run = reading.facts.sightings.counted_from(blip.span.from, monitor);
    let run: Vec<&Sighting> = run.take_while(|check| check.at < blip.span.to).collect();
    let failures = monitor.parameters.at(blip.span.from).failures;
    let last = run.last().copied().filter(|last| last.at > blip.span.from);
    let is_kept = reading.kept_from().is_none_or(|from| blip.span.from >= from);
    let failed = match is_kept {
        true => count(run.len().max(1), "check"),
        false => "Fewer checks".to_owned(),
    };
    let said = Words::new(format!(
        "{failed} failed, and it takes {} in a row to be an outage. The time counts as up; the lower \
         bound takes it as down.",
        failures
    ));
    let said = beyond(reading, said, blip.span);
    let checks = [
        Role::LastGood.of(good_before(reading, blip.span.from)),
        Role::FirstFailure.of(reading.facts.sightings.at(blip.span.from)),
        Role::LastFailure.of(last),
        Role::Recovery.of(reading.facts.sightings.at(blip.span.to)),
    ];
    event(reading, Happened::Blip, shown(reading, blip.span), said, checks)
}
