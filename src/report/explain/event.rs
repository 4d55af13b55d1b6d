//! Everything that happened in a window, in order, each with the checks that began and
//! ended it and the rule that was applied.

use super::gap::{Witnesses, run_after, run_around};
use super::part::{Cause, Part};
use super::reading::Reading;
use super::words::{Words, count};
use super::{outage, planned};
use crate::domain::check::Verdict;
use crate::domain::class::Class;
use crate::domain::duration;
use crate::domain::foreign::Source;
use crate::domain::outage::OutageId;
use crate::domain::sighting::Sighting;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::domain::uptime::Tally;
use crate::report::headline::Piece;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What it was.
    pub what: Happened,
    /// Its time within the window; empty for what happened in an instant.
    pub span: Span,
    /// What that time counts as. Several events may tell of the same time: a pause cuts
    /// an outage.
    pub tally: Tally,
    /// What is to be said of it, and the rule that was applied.
    pub said: Vec<Piece>,
    /// The checks that began and ended it, in order of time.
    pub checks: Vec<Cited>,
    /// The outage that it is, which has a dossier.
    pub outage: Option<OutageId>,
}

/// What something was. In the order in which those of one instant are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Happened {
    /// The rules changed.
    Rules,
    /// The monitor did not exist, or what it was is still open.
    Outside(Cause),
    /// Its checks were made by another monitor.
    Imported(Source),
    /// A pause.
    Pause,
    /// A maintenance window.
    Maintenance,
    /// An outage.
    Outage,
    /// A failing run that was no outage.
    Blip,
    /// It answered rightly, but too slowly.
    Slow,
    /// Nobody knows how it was.
    Gap(Cause),
}

impl Happened {
    /// The word used in exports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Happened::Rules => "rules",
            Happened::Outside(_) => "outside",
            Happened::Imported(_) => "imported",
            Happened::Pause => "pause",
            Happened::Maintenance => "maintenance",
            Happened::Outage => "outage",
            Happened::Blip => "blip",
            Happened::Slow => "slow",
            Happened::Gap(_) => "gap",
        }
    }

    /// Why, where it is outside or a gap.
    #[must_use]
    pub fn cause(self) -> Option<Cause> {
        match self {
            Happened::Outside(cause) | Happened::Gap(cause) => Some(cause),
            _ => None,
        }
    }

    /// Whose checks say so, where they were imported.
    #[must_use]
    pub fn source(self) -> Option<Source> {
        match self {
            Happened::Imported(source) => Some(source),
            Happened::Gap(cause) => cause.source(),
            _ => None,
        }
    }

    /// A few words for people.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Happened::Rules => "Rules changed".to_owned(),
            Happened::Outside(cause) => capital(cause.name()),
            Happened::Imported(source) => format!("Imported from {source}"),
            Happened::Pause => "Paused".to_owned(),
            Happened::Maintenance => "Maintenance".to_owned(),
            Happened::Outage => "Outage".to_owned(),
            Happened::Blip => "Blip".to_owned(),
            Happened::Slow => "Slow".to_owned(),
            Happened::Gap(cause) => format!("Not checked: {}", cause.name()),
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

/// A check, and what it was to the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited {
    /// What it was to the event.
    pub role: Role,
    /// The check.
    pub check: Sighting,
}

/// What a check was to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The newest before it.
    Before,
    /// The newest right answer before a failure.
    LastGood,
    /// The first that failed: there it begins.
    FirstFailure,
    /// The failure that made it an outage.
    Decided,
    /// The newest failure before it ended.
    LastFailure,
    /// The first right answer: there it ends.
    Recovery,
    /// The right answer that confirmed the end.
    Confirmed,
    /// The first that was of this kind.
    First,
    /// The newest that was of this kind.
    Last,
    /// The first after it.
    After,
}

impl Role {
    /// The word used in exports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Role::Before => "before",
            Role::LastGood => "last-good",
            Role::FirstFailure => "first-failure",
            Role::Decided => "decided",
            Role::LastFailure => "last-failure",
            Role::Recovery => "recovery",
            Role::Confirmed => "confirmed",
            Role::First => "first",
            Role::Last => "last",
            Role::After => "after",
        }
    }

    /// A few words for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Before => "The check before",
            Role::LastGood => "Last good check",
            Role::FirstFailure => "First failing check",
            Role::Decided => "The failure that decided",
            Role::LastFailure => "Last failing check",
            Role::Recovery => "Recovery",
            Role::Confirmed => "Recovery confirmed",
            Role::First => "First of them",
            Role::Last => "Last of them",
            Role::After => "The check after",
        }
    }

    /// This check in this role, if it is there.
    pub(super) fn of(self, check: Option<&Sighting>) -> Option<Cited> {
        Some(Cited { role: self, check: check?.clone() })
    }
}

/// All of them, in order of their start.
pub(super) fn events(reading: &Reading<'_>, parts: &[Part]) -> Vec<Event> {
    let known = &reading.account.known;
    let kept = reading.figures().outages.iter();
    let forgotten = kept.filter(|kept| known.outages.iter().all(|o| o.from != kept.began_at));
    let of_parts = parts.iter().filter_map(|part| match (part.class, part.cause) {
        (Class::Unknown, Some(cause)) => Some(gap(reading, part.span, cause)),
        (Class::Degraded, _) => Some(slow(reading, part.span)),
        (Class::Outside, Some(cause)) => Some(planned::outside(reading, part.span, cause)),
        _ => None,
    });
    let mut events: Vec<Event> = (known.outages.iter())
        .map(|outage| outage::outage(reading, outage))
        .chain(forgotten.map(|outage| outage::kept(reading, outage)))
        .chain(known.blips.iter().map(|blip| outage::blip(reading, blip)))
        .chain(of_parts)
        .chain(planned::maintenance(reading))
        .chain(planned::pauses(reading))
        .chain(planned::imports(reading))
        .chain(planned::rules(reading))
        .collect();
    events.sort_by_key(|event| (event.span.from, event.what));
    events
}

/// An event of this time.
pub(super) fn event(
    reading: &Reading<'_>,
    what: Happened,
    span: Span,
    said: Words,
    checks: impl IntoIterator<Item = Option<Cited>>,
) -> Event {
    let tally = reading.figures().timeline.tally_within(span);
    let mut checks: Vec<Cited> = checks.into_iter().flatten().collect();
    checks.sort_by_key(|cited| cited.check.at);
    checks.dedup_by_key(|cited| cited.check.at);
    Event { what, span, tally, said: said.pieces(), checks, outage: None }
}

fn gap(reading: &Reading<'_>, span: Span, cause: Cause) -> Event {
    let witnesses = Witnesses::of(reading, span, cause);
    let checks = [
        Role::Before.of(reading.facts.sightings.before(span.from)),
        Role::First.of(witnesses.first()),
        Role::Last.of(witnesses.last()),
        Role::After.of(reading.facts.sightings.after(span.to)),
    ];
    let said = why(reading, span, cause, &witnesses);
    event(reading, Happened::Gap(cause), span, said, checks)
}

fn why(reading: &Reading<'_>, span: Span, cause: Cause, witnesses: &Witnesses<'_>) -> Words {
    let said = match cause {
        Cause::NotRunning => not_running(reading, span),
        Cause::Own(_) => witnesses.quoted(Words::new(format!(
            "everup looked and could not judge{}. The fault was its own, so it says nothing \
             about the target.",
            match witnesses.count() {
                None | Some(0) => String::new(),
                Some(1) => "; 1 check says why".to_owned(),
                Some(checks) => format!("; {} say why", count(checks, "check")),
            }
        ))),
        Cause::NotLooked(source) => {
            return witnesses.quoted(Words::new(format!(
                "{source} kept {} that {} neither up nor down: it was in maintenance and did \
                 not look, so nothing is known of the target.",
                match witnesses.count() {
                    None | Some(0) => "checks".to_owned(),
                    Some(checks) => count(checks, "check"),
                },
                if witnesses.count() == Some(1) { "says" } else { "say" }
            )));
        }
        Cause::Undecided => witnesses.quoted(Words::new(format!(
            "{} in a row said otherwise than those before, too few to decide, and then no \
             check came in time. What they meant is not known.",
            match witnesses.count() {
                None | Some(0) => "Some checks".to_owned(),
                Some(checks) => count(checks, "check"),
            }
        ))),
        Cause::BeforeFirstCheck => {
            Words::new("everup ran, but its first check of this monitor had not begun.")
        }
        Cause::Late => late(reading, span),
        Cause::NotKept => Words::new(
            "The single checks of this time are not kept any more, nor is what they said of \
             why nothing was seen: an earlier everup let them go without noting that. What \
             they came to is kept.",
        ),
        _ => Words::new(
            "everup had not begun to note when it runs. Only imported checks, or those of an \
             everup that kept no such record, can speak for this time, and none does.",
        ),
    };
    match reading.is_checked_elsewhere(span) {
        true => said.text(" Imported checks speak for the time around it."),
        false => said,
    }
}

fn not_running(reading: &Reading<'_>, span: Span) -> Words {
    let last_check_at =
        reading.facts.sightings.before(span.from).map_or(Timestamp::MIN, |c| c.at);
    let said = match run_around(reading.facts.runs, span.from) {
        Some(run) => match run.ended_at {
            Some(ended_at) => Words::new("everup was stopped at ").at(ended_at),
            None => Words::new("everup was last known to run at ")
                // A check that it kept is a sign of life, too.
                .at(run.alive_at.max(last_check_at))
                .text(" and did not stop in order: it was killed, it crashed, stood still or lost power"),
        },
        None => Words::new("everup was not running"),
    };
    match run_after(reading.facts.runs, span.from) {
        Some(next) => said.text(". It started again at ").at(next.started_at).text("."),
        None => said.text(". It has not started since."),
    }
}

fn late(reading: &Reading<'_>, span: Span) -> Words {
    let rules = reading.facts.history.monitor.parameters.at(span.from);
    Words::new(format!(
        "everup ran, but no check began in time: a check speaks until the next one if that \
         begins at most {} later, otherwise for {}. The machine was too busy or asleep, or its \
         clock was set ahead.",
        duration::in_words(rules.reach_ms()),
        duration::in_words(rules.interval_ms)
    ))
}

fn slow(reading: &Reading<'_>, span: Span) -> Event {
    let said = Words::new(
        "It answered rightly, but slower than it should. That counts as up and is reported \
         apart.",
    );
    let last = reading.facts.sightings.before(span.to);
    let last = last.filter(|last| last.at > span.from && last.verdict == Verdict::Degraded);
    let checks = [
        Role::First.of(reading.facts.sightings.at(span.from)),
        Role::Last.of(last),
        Role::After.of(reading.facts.sightings.after(span.to)),
    ];
    event(reading, Happened::Slow, span, said, checks)
}

/// The span of something in the window, up to where the figures end; what lies outside of
/// that is told apart.
pub(super) fn shown(reading: &Reading<'_>, whole: Span) -> Span {
    let span = whole.cut(reading.settled());
    // What began after the figures end is told where it begins.
    if span.is_empty() { Span::new(span.from, span.from) } else { span }
}

/// Goes on with where something really began or ended, if that is beyond the window.
pub(super) fn beyond(reading: &Reading<'_>, said: Words, whole: Span) -> Words {
    let said = match whole.from < reading.window().from {
        true => said.text(" It began before this period, at ").at(whole.from).text("."),
        false => said,
    };
    match whole.to > reading.window().to && whole.to < Timestamp::MAX {
        true => said.text(" It goes on after this period, to ").at(whole.to).text("."),
        false => said,
    }
}
