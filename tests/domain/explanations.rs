//! An explanation adds up to the figure, whatever happened, and every gap has a cause that
//! is so.

use crate::history::{Case, span, spans};
use crate::oracle::cases;
use everup::domain::check::{Check, Evidence, Kind, Verdict};
use everup::domain::class::Class;
use everup::domain::foreign::{Foreign, Origin, Records, Source};
use everup::domain::gap::Gap;
use everup::domain::history::History;
use everup::domain::ledger::Ledger;
use everup::domain::monitor::Key;
use everup::domain::period::Period;
use everup::domain::run::Run;
use everup::domain::span::{Span, Spans};
use everup::domain::timestamp::Timestamp;
use everup::domain::uptime::Tally;
use everup::report::explain::part::{Cause, Part};
use everup::report::explain::sighting::Sightings;
use everup::report::explain::{Cited, Event, Explanation, Facts, Happened, Role};
use everup::report::headline::Piece;
use everup::report::maintenance::Maintenance;
use everup::report::period::{MonitorRow, PeriodReport};
use everup::report::settings::Settings;
use everup::store::baseline::Baseline;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A case as the store would give it.
fn history(case: &Case) -> (History, Vec<Check>) {
    let check = |(at, verdict): (i64, Verdict)| Check {
        started_at: Timestamp(at),
        verdict,
        latency_us: None,
        evidence: (verdict == Verdict::Unknown).then(|| {
            let kind = [Kind::OwnNetwork, Kind::OwnClock][at as usize % 2];
            Box::new(Evidence { kind: Some(kind), ..Evidence::because("ours") })
        }),
    };
    let checks: Vec<Check> = case.known_checks().into_iter().map(check).collect();
    let history = History {
        key: Key(1),
        monitor: Arc::new(case.monitor()),
        maintenance: spans(&case.maintenance),
        ledger: case.ledger(),
        latest: checks.last().cloned(),
        under_way: None,
        made_up: Spans::empty(),
        unbooked: None,
    };
    (history, checks)
}

fn explained(case: &Case, runs: &[Run]) -> Explanation {
    let (history, checks) = history(case);
    told(case, &history, &checks, runs, &Foreign::default())
}

/// The explanation of a report that has one monitor and nothing that was closed.
fn told(
    case: &Case,
    history: &History,
    checks: &[Check],
    runs: &[Run],
    foreign: &Foreign,
) -> Explanation {
    let report = report(case, history);
    let sightings = Sightings::of(Spans::from(Span::ALWAYS), checks);
    let (windows, sightings) = (&[][..], &sightings);
    let (baseline, gaps) = (None, &[][..]);
    let facts = Facts { history, windows, runs, foreign, baseline, gaps, sightings };
    let now = Timestamp(case.now);
    Explanation::of(facts, &report, now, &Settings::default()).unwrap()
}

/// What is told when the checks before the newest of some cuts were let go, from one cut to
/// the next.
fn told_after(
    case: &Case,
    (history, checks): &(History, Vec<Check>),
    runs: &[Run],
    cuts: &BTreeSet<i64>,
    explained_from: Timestamp,
) -> Explanation {
    let monitor = &history.monitor;
    let (mut rest, mut gaps) = (&checks[..], Vec::new());
    let mut baseline = None;
    for until in cuts.iter().map(|cut| Timestamp(*cut)) {
        let (gone, kept) =
            rest.split_at(rest.partition_point(|check| check.started_at < until));
        // The newest check stays.
        if kept.is_empty() {
            break;
        }
        let before: Option<Baseline> = baseline.take();
        let mut judge = before.map(|before| before.judge).unwrap_or_default();
        let mut entries = Vec::new();
        for check in gone {
            let (at, verdict) = (check.started_at, check.verdict);
            judge.observe(at, verdict, check.reason(), monitor, &mut entries);
        }
        let mut ledger = Ledger::default();
        ledger.settle(entries, judge.clone());
        gaps.extend(Gap::left(gone, kept.first(), ledger, monitor));
        baseline = Some(Baseline { until, judge, explained_from });
        rest = kept;
    }
    gaps.retain(|gap| gap.span.from >= explained_from);
    gaps.sort_by_key(|gap| gap.span);
    let from = baseline.as_ref().map_or(Timestamp::MIN, |baseline| baseline.until);
    let sightings = Sightings::of(Spans::from(Span::new(from, Timestamp::MAX)), rest);
    let facts = Facts {
        history,
        windows: &[],
        runs,
        foreign: &Foreign::default(),
        baseline: baseline.as_ref(),
        gaps: &gaps,
        sightings: &sightings,
    };
    let (report, now) = (report(case, history), Timestamp(case.now));
    Explanation::of(facts, &report, now, &Settings::default()).unwrap()
}

fn report(case: &Case, history: &History) -> PeriodReport {
    let (now, settings) = (Timestamp(case.now), Settings::default());
    let window = span(case.window);
    PeriodReport {
        period: Period::Range(window),
        zone: settings.zone,
        seams: Vec::new(),
        window,
        as_of: now,
        closed: false,
        decimals: settings.decimals(),
        months: Vec::new(),
        made_up: None,
        maintenance: Maintenance::default(),
        monitors: vec![MonitorRow::of(history, window, now, &settings)],
        groups: Vec::new(),
        closing: None,
        kept: Vec::new(),
        restatement: None,
        corrected: Vec::new(),
        latecomers: Vec::new(),
    }
}

/// Runs one after the other: when each began, how long it lived, and whether it stopped in
/// order.
fn runs() -> impl Strategy<Value = Vec<Run>> {
    prop::collection::vec((0..60i64, 0..80i64, any::<bool>()), 0..5).prop_map(|runs| {
        let mut at = 0;
        let run = |(off_ms, lived_ms, in_order): (i64, i64, bool)| {
            let started_at = Timestamp(at + off_ms);
            at += off_ms + lived_ms;
            let ended_at = in_order.then_some(Timestamp(at));
            Run { started_at, alive_at: Timestamp(at), ended_at, version: String::new() }
        };
        runs.into_iter().map(run).collect()
    })
}

/// Whether everup ran, taken literally.
fn ran(runs: &[Run], t: i64) -> bool {
    runs.iter().enumerate().any(|(index, run)| {
        let lasts = index + 1 == runs.len() && run.ended_at.is_none();
        run.started_at.0 <= t && (lasts || t < run.ended_at.unwrap_or(run.alive_at).0)
    })
}

fn add(tally: &mut Tally, part: &Part) {
    tally.add(part.class, part.span.length_ms());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Mutants: a part that is dropped, cut short or told twice; a class that is swapped.
    #[test]
    fn the_parts_tile_the_window_and_add_up_to_the_figure(case in cases(), runs in runs()) {
        let explanation = explained(&case, &runs);
        let mut end = explanation.scope.window.from;
        let mut sum = Tally::default();
        for part in &explanation.parts {
            prop_assert_eq!(part.span.from, end, "no hole, no overlap");
            prop_assert!(!part.span.is_empty());
            let needs_cause = matches!(part.class, Class::Outside | Class::Unknown);
            prop_assert_eq!(part.cause.is_some(), needs_cause);
            end = part.span.to;
            add(&mut sum, part);
        }
        prop_assert_eq!(end, explanation.scope.window.to);
        prop_assert_eq!(sum, case.result().tally);
        prop_assert_eq!(sum, explanation.row.figures.tally);
    }

    /// Mutants: imported time that is not marked, or marked with another source; a mark
    /// that cuts a part away.
    #[test]
    fn exactly_what_imported_checks_speak_for_is_marked(
        case in cases(),
        runs in runs(),
        imported in prop::collection::vec((0..120i64, 1..60i64, 0..2usize), 0..4),
    ) {
        let (history, checks) = history(&case);
        let origin = |(from, length, source): &(i64, i64, usize)| Origin {
            source: Source::ALL[*source],
            file: "file".to_owned(),
            imported_at: Timestamp(0),
            records: Records::Checks,
            span: span((*from, from + length)),
            added: 1,
        };
        let origins: Vec<Origin> = imported.iter().map(origin).collect();
        let foreign = Foreign { origins, ..Foreign::default() };
        let explanation = told(&case, &history, &checks, &runs, &foreign);
        let mut sum = Tally::default();
        for part in &explanation.parts {
            add(&mut sum, part);
            let observed = matches!(part.class, Class::Up | Class::Degraded | Class::Down);
            for t in part.span.from.0..part.span.to.0 {
                let by = |source| foreign.checked_by(source).contains(Timestamp(t));
                let marked = Source::ALL.into_iter().find(|source| observed && by(*source));
                prop_assert_eq!(part.source, marked, "at {}", t);
            }
        }
        prop_assert_eq!(sum, explanation.row.figures.tally);
    }

    /// Mutants: an event that is left out, or whose time reaches into what is told by
    /// another of its kind.
    #[test]
    fn all_time_that_is_not_up_is_told_by_one_event_of_its_kind(case in cases(), runs in runs()) {
        let explanation = explained(&case, &runs);
        let told = |is: fn(Happened) -> bool, ms: fn(&Tally) -> i64| -> i64 {
            let events = explanation.events.iter().filter(|event| is(event.what));
            events.map(|event| ms(&event.tally)).sum()
        };
        let tally = explanation.row.figures.tally;
        prop_assert_eq!(told(|w| matches!(w, Happened::Gap(_)), |t| t.unknown), tally.unknown);
        prop_assert_eq!(told(|w| matches!(w, Happened::Outside(_)), |t| t.outside), tally.outside);
        prop_assert_eq!(told(|w| w == Happened::Outage, |t| t.down), tally.down);
        prop_assert_eq!(told(|w| w == Happened::Slow, |t| t.degraded), tally.degraded);
        prop_assert_eq!(told(|w| w == Happened::Pause, |t| t.paused), tally.paused);
        prop_assert!(explanation.events.is_sorted_by_key(|event| event.span.from));
    }

    /// Mutants: a stop that is read as a run, a run that lives on after it was killed, an
    /// own fault that is booked as a stop, silence that is booked as an own fault.
    #[test]
    fn every_cause_of_a_gap_is_so_at_each_of_its_instants(case in cases(), runs in runs()) {
        let reach_ms = case.parameters.reach_ms();
        let checks = case.known_checks();
        let first_run = runs.iter().map(|run| run.started_at.0).min();
        for part in explained(&case, &runs).parts.iter().filter(|p| p.class == Class::Unknown) {
            for t in part.span.from.0..part.span.to.0 {
                // The check before it came in time to speak of it, or the next one will.
                let near = |unknown: bool| checks.iter().any(|(at, verdict)| {
                    (t - reach_ms..=t + reach_ms).contains(at) && (*verdict == Verdict::Unknown) == unknown
                });
                match part.cause.unwrap() {
                    Cause::Own(kind) => prop_assert!(kind.is_some() && near(true), "at {}", t),
                    Cause::Undecided => prop_assert!(near(false), "at {}", t),
                    Cause::NoRecord => prop_assert!(first_run.is_none_or(|first| t < first), "at {}", t),
                    Cause::NotRunning => {
                        prop_assert!(!ran(&runs, t) && first_run.is_some_and(|first| t >= first), "at {}", t);
                    }
                    Cause::BeforeFirstCheck | Cause::Late => prop_assert!(ran(&runs, t), "at {}", t),
                    other => prop_assert!(false, "{:?} is no cause of a gap", other),
                }
            }
        }
    }

    /// Mutants: a gap that is not kept, or without its last check, or without what the first
    /// check after it says; a run that goes on in the next day and is forgotten; a check
    /// that is cited across what is not kept.
    #[test]
    fn what_is_told_of_gaps_outlives_the_checks(
        case in cases(),
        runs in runs(),
        cuts in prop::collection::btree_set(1..260i64, 1..4),
        window in (0..200i64, 20..300i64),
        is_lost in any::<bool>(),
    ) {
        let (from, length) = window;
        // A loss is told by the checks at its ends, so both must be in the window.
        let window = if is_lost { (0, 300) } else { (from, from + length) };
        let case = Case { window, ..case };
        let mut known = history(&case);
        let of_ours = known.1.iter_mut().filter_map(|check| check.evidence.as_mut());
        for evidence in of_ours.filter(|_| is_lost).step_by(2) {
            evidence.kind = Some(Kind::OwnStore);
        }
        let whole = told(&case, &known.0, &known.1, &runs, &Foreign::default());
        let after = told_after(&case, &known, &runs, &cuts, Baseline::ALL_EXPLAINED);
        prop_assert_eq!(&after.parts, &whole.parts);
        let what = |explanation: &Explanation| -> Vec<(Happened, Span, Tally)> {
            let events = explanation.events.iter();
            events.map(|event| (event.what, event.span, event.tally)).collect()
        };
        prop_assert_eq!(what(&after), what(&whole));
        for (after, whole) in after.events.iter().zip(&whole.events) {
            for Cited { role, check } in &after.checks {
                // The last may have been told as the first, or as the one that decided.
                let is_last = matches!(role, Role::Last | Role::LastFailure);
                let is_so = |cited: &Cited| cited.role == *role || is_last;
                let mut so = whole.checks.iter().filter(|cited| cited.check == *check);
                prop_assert!(so.any(is_so), "{:?} {:?} in {:?}", role, check, after);
            }
        }
    }

    /// Mutants: `unknown` checks that are told as a stop; a check that speaks for less than
    /// its time.
    #[test]
    fn the_instant_of_a_check_that_could_not_judge_is_told_by_its_kind(case in cases(), runs in runs()) {
        let explanation = explained(&case, &runs);
        let (_, checks) = history(&case);
        for check in checks.iter().filter(|check| check.verdict == Verdict::Unknown) {
            let at = check.started_at;
            let part = explanation.parts.iter().find(|part| part.span.contains(at)).unwrap();
            if part.class == Class::Unknown {
                let kind = check.evidence.as_ref().unwrap().kind;
                prop_assert_eq!(part.cause, Some(Cause::Own(kind)), "at {}", at.0);
            }
        }
    }
}

/// Every minute from 0 s to 300 s and from 3,600 s to 3,900 s; in between nothing.
fn with_a_hole() -> Case {
    let before = (0..=5).map(|k| (k * 60_000, Verdict::Ok));
    let after = (0..=5).map(|k| (3_600_000 + k * 60_000, Verdict::Ok));
    Case {
        parameters: everup::domain::monitor::Parameters::default(),
        lives: vec![(0, 10_000_000)],
        pauses: vec![],
        maintenance: vec![],
        checks: before.chain(after).collect(),
        window: (0, 3_900_000),
        now: 3_900_000,
    }
}

fn run(from: i64, alive: i64, ended: Option<i64>) -> Run {
    Run {
        started_at: Timestamp(from),
        alive_at: Timestamp(alive),
        ended_at: ended.map(Timestamp),
        version: "0.1.0".to_owned(),
    }
}

fn gaps(case: &Case, runs: &[Run]) -> Vec<(i64, i64, &'static str)> {
    let explanation = explained(case, runs);
    let unknown = explanation.parts.iter().filter(|part| part.class == Class::Unknown);
    unknown
        .map(|p| (p.span.from.0, p.span.to.0, p.cause.unwrap().word()))
        .collect()
}

/// Mutants: `alive_at` read as the end of a run that stopped in order, or as none.
#[test]
fn a_gap_is_cut_where_everup_stopped_and_where_it_started_again() {
    let case = with_a_hole();
    let all_along = [run(0, 3_900_000, None)];
    assert_eq!(gaps(&case, &all_along), [(360_000, 3_600_000, "late")]);
    let killed = [run(0, 301_000, None), run(3_599_000, 3_900_000, None)];
    let expected =
        [(360_000, 3_599_000, "not-running"), (3_599_000, 3_600_000, "before-first-check")];
    assert_eq!(gaps(&case, &killed), expected);
    let silent_first = [run(0, 301_000, Some(900_000)), run(3_600_000, 3_900_000, None)];
    let expected = [(360_000, 900_000, "late"), (900_000, 3_600_000, "not-running")];
    assert_eq!(gaps(&case, &silent_first), expected);
    let imported = [run(3_600_000, 3_900_000, None)];
    assert_eq!(gaps(&case, &imported), [(360_000, 3_600_000, "no-record")]);
}

/// Mutants: the loss told as two moments with a stop in between; a loss that reaches over
/// other checks.
#[test]
fn what_the_database_lost_is_one_gap_between_the_checks_that_say_so() {
    let case = with_a_hole();
    let (history, mut checks) = history(&case);
    let loss = |at: i64| Check {
        started_at: Timestamp(at),
        verdict: Verdict::Unknown,
        latency_us: None,
        evidence: Some(Box::new(Evidence {
            kind: Some(Kind::OwnStore),
            ..Evidence::because("the database refused: 50 checks could not be kept")
        })),
    };
    checks.extend([loss(360_000), loss(3_540_000)]);
    checks.sort_by_key(|check| check.started_at);
    let runs = [run(0, 3_900_000, None)];
    let parts = told(&case, &history, &checks, &runs, &Foreign::default()).parts;
    let unknown: Vec<&Part> =
        parts.iter().filter(|part| part.class == Class::Unknown).collect();
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    assert_eq!(unknown[0].span, span((360_000, 3_600_000)));
    assert_eq!(unknown[0].cause.unwrap().word(), "own-store");
}

/// Mutant: time whose checks were let go that is told as late, or as a fault of our own.
#[test]
fn a_gap_whose_checks_are_not_kept_says_so_unless_everup_was_off() {
    let case = with_a_hole();
    let (history, checks) = history(&case);
    let runs = [run(0, 301_000, Some(900_000)), run(3_500_000, 3_900_000, None)];
    let kept_from = Timestamp(3_600_000);
    let cuts = BTreeSet::from([kept_from.0]);
    let told = told_after(&case, &(history, checks), &runs, &cuts, kept_from);
    assert_eq!(told.kept_from, Some(kept_from));
    let unknown = told.parts.iter().filter(|part| part.class == Class::Unknown);
    let unknown: Vec<(i64, i64, &str)> = unknown
        .map(|p| (p.span.from.0, p.span.to.0, p.cause.unwrap().word()))
        .collect();
    let expected = [
        (360_000, 900_000, "not-kept"),
        (900_000, 3_500_000, "not-running"),
        (3_500_000, 3_600_000, "not-kept"),
    ];
    assert_eq!(unknown, expected);
    let text = text(&told.events[1]);
    assert!(!text.contains("everup ran"), "{text}");
}

/// Mutant: time whose checks were let go that is told as if there had been none.
#[test]
fn where_checks_were_let_go_in_silence_nobody_says_that_there_were_none() {
    let case = with_a_hole();
    let known = history(&case);
    let runs = [run(3_600_000, 3_900_000, None)];
    let cuts = BTreeSet::from([3_600_000]);
    let parts = told_after(&case, &known, &runs, &cuts, Timestamp(3_600_000)).parts;
    let silent = parts.iter().find(|part| part.class == Class::Unknown).unwrap();
    assert_eq!(silent.cause, Some(Cause::NotKept));
    let parts = told_after(&case, &known, &runs, &cuts, Baseline::ALL_EXPLAINED).parts;
    let silent = parts.iter().find(|part| part.class == Class::Unknown).unwrap();
    assert_eq!(silent.cause, Some(Cause::NoRecord), "none of them spoke for it");
}

fn text(event: &Event) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Name(text) => text.clone(),
        Piece::At(at) | Piece::Until(Span { to: at, .. }) => at.to_string(),
    };
    event.said.iter().map(piece).collect()
}
