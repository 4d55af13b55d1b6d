//! The properties that the definition of uptime promises.

use crate::history::{Case, spans};
use crate::oracle::cases;
use everup::domain::bounds::Doubt;
use everup::domain::check::Verdict;
use everup::domain::class::Class;
use everup::domain::ledger::Ledger;
use everup::domain::monitor::Parameters;
use everup::domain::span::{Span, Spans};
use everup::domain::timestamp::Timestamp;
use everup::domain::uptime::{Ratio, Tally};
use proptest::prelude::*;

fn sum(a: Tally, b: Tally) -> Tally {
    Tally {
        outside: a.outside + b.outside,
        paused: a.paused + b.paused,
        maintenance: a.maintenance + b.maintenance,
        up: a.up + b.up,
        degraded: a.degraded + b.degraded,
        down: a.down + b.down,
        unknown: a.unknown + b.unknown,
    }
}

fn shifted(case: &Case, ms: i64) -> Case {
    let shift = |pairs: &[(i64, i64)]| -> Vec<(i64, i64)> {
        pairs.iter().map(|(from, to)| (from + ms, to + ms)).collect()
    };
    Case {
        parameters: case.parameters,
        lives: shift(&case.lives),
        pauses: shift(&case.pauses),
        maintenance: shift(&case.maintenance),
        checks: case.checks.iter().map(|(at, verdict)| (at + ms, *verdict)).collect(),
        window: (case.window.0 + ms, case.window.1 + ms),
        now: case.now + ms,
    }
}

/// A target whose state changes at most once between two checks, and what was seen of
/// it; the state changes at the given instants.
fn truths() -> impl Strategy<Value = (Case, Vec<(i64, bool)>)> {
    (cases(), prop::collection::vec((any::<bool>(), 0..10i64), 60)).prop_map(
        |(mut case, changes)| {
            let mut up = true;
            let mut truth = vec![(i64::MIN, true)];
            let mut before = 0;
            for ((at, verdict), (change, after)) in case.checks.iter_mut().zip(changes) {
                if change {
                    let when = (before + 1 + after).min(*at);
                    up = !up;
                    truth.push((when, up));
                }
                before = *at;
                // A check that could not judge would let the state change twice between
                // two that could, so there is none.
                *verdict = match (up, *verdict) {
                    (false, _) => Verdict::Fail,
                    (true, Verdict::Degraded) => Verdict::Degraded,
                    (true, _) => Verdict::Ok,
                };
            }
            (case, truth)
        },
    )
}

fn is_up(truth: &[(i64, bool)], t: i64) -> bool {
    truth.iter().rev().find(|(from, _)| *from <= t).is_none_or(|(_, up)| *up)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_classes_add_up_to_the_window(case in cases()) {
        let tally = case.result().tally;
        prop_assert_eq!(tally.window(), case.window.1 - case.window.0);
    }

    #[test]
    fn uptime_is_none_without_observation_and_one_without_downtime(case in cases()) {
        let tally = case.result().tally;
        prop_assert_eq!(tally.uptime().is_none(), tally.observed() == 0);
        let whole = tally.uptime().is_some_and(|ratio| ratio.part == ratio.whole);
        prop_assert_eq!(whole, tally.down == 0 && tally.observed() > 0);
    }

    #[test]
    fn the_bounds_hold_the_figure(case in cases()) {
        let result = case.result();
        if let (Some(uptime), Some(bounds)) = (result.tally.uptime(), result.bounds) {
            prop_assert!(uptime.at_least(bounds.low) && bounds.high.at_least(uptime));
        }
    }

    #[test]
    fn the_bounds_hold_the_truth((case, truth) in truths()) {
        let result = case.result();
        if let Some(bounds) = result.bounds {
            let counts = |class| !matches!(class, Class::Outside | Class::Paused | Class::Maintenance);
            let up: i64 = (result.timeline.segments().iter())
                .filter(|segment| counts(segment.class))
                .map(|s| (s.span.from.0..s.span.to.0).filter(|&t| is_up(&truth, t)).count() as i64)
                .sum();
            let truth = Ratio::new(up, result.tally.eligible()).unwrap();
            prop_assert!(truth.at_least(bounds.low), "{truth:?} below {bounds:?}");
            prop_assert!(bounds.high.at_least(truth), "{truth:?} above {bounds:?}");
        }
    }

    #[test]
    fn a_window_is_the_sum_of_its_parts(case in cases(), cut in 0..300i64) {
        let (from, to) = case.window;
        let parts = sum(
            case.result_within((from, cut)).tally,
            case.result_within((cut, to)).tally,
        );
        let whole = case.result();
        prop_assert_eq!(parts, whole.tally);
        let within = |a, b| whole.timeline.tally_within(Span::new(Timestamp(a), Timestamp(b)));
        prop_assert_eq!(sum(within(from, cut), within(cut, to)), whole.tally);
        prop_assert_eq!(within(from, cut), case.result_within((from, cut)).tally);
    }

    #[test]
    fn shifting_order_and_duplicates_change_nothing(case in cases(), ms in -5_000..5_000i64) {
        let moved = shifted(&case, ms).result();
        prop_assert_eq!(moved.tally, case.result().tally);
        prop_assert_eq!(moved.bounds, case.result().bounds);
        let mut jumbled = case.clone();
        jumbled.checks.reverse();
        jumbled.checks.extend(case.checks.clone());
        prop_assert_eq!(jumbled.result(), case.result());
    }

    #[test]
    fn a_failure_instead_of_a_success_never_raises_up(
        case in cases(),
        which in any::<prop::sample::Index>(),
    ) {
        let good: Vec<usize> = (0..case.checks.len())
            .filter(|&i| case.checks[i].1 == Verdict::Ok)
            .collect();
        let mut worse = case.clone();
        if !good.is_empty() {
            worse.checks[good[which.index(good.len())]].1 = Verdict::Fail;
        }
        let up = |case: &Case| case.result().tally.up + case.result().tally.degraded;
        prop_assert!(up(&worse) <= up(&case));
    }

    /// With runs of one, every check decides by itself. With longer runs an undecided
    /// failure makes time unknown that the success before it would otherwise cover.
    #[test]
    fn taking_checks_away_never_adds_observed_time(
        case in cases(),
        keep in prop::collection::vec(any::<bool>(), 40),
    ) {
        let mut all = case;
        all.parameters = Parameters { failures: 1, successes: 1, ..all.parameters };
        let mut fewer = all.clone();
        let mut keep = keep.into_iter();
        fewer.checks.retain(|_| keep.next().unwrap_or(true));
        prop_assert!(fewer.result().tally.observed() <= all.result().tally.observed());
    }

    #[test]
    fn nothing_is_observed_long_after_the_last_check(case in cases()) {
        let result = case.result();
        let checks = case.known_checks();
        for segment in result.timeline.segments() {
            if matches!(segment.class, Class::Up | Class::Degraded | Class::Down) {
                for t in segment.span.from.0..segment.span.to.0 {
                    let before = checks.iter().rev().find(|(at, _)| *at <= t).unwrap().0;
                    let next = checks.iter().find(|(at, _)| *at > t);
                    let p = case.parameters.interval_ms;
                    prop_assert!(t - before < p || next.is_some_and(|(at, _)| at - before <= p + p / 4));
                }
            }
        }
    }

    #[test]
    fn maintenance_where_nothing_was_down_never_raises_the_figure(case in cases(), from in 0..280i64, ms in 1..30i64) {
        let mut more = case.clone();
        more.maintenance.push((from, from + ms));
        let added = case.result().timeline.tally_within(Span::new(Timestamp(from), Timestamp(from + ms)));
        let (before, after) = (case.result().tally.uptime(), more.result().tally.uptime());
        if let (Some(before), Some(after)) = (before, after) {
            if added.down == 0 {
                prop_assert!(before.at_least(after));
            }
            if added.up + added.degraded == 0 {
                prop_assert!(after.at_least(before));
            }
        }
        let mut twice = more.clone();
        twice.maintenance.push((from, from + ms));
        prop_assert_eq!(twice.result(), more.result());
    }

    #[test]
    fn unknown_is_the_same_as_no_check(case in cases()) {
        let mut without = case.clone();
        without.checks.retain(|(_, verdict)| *verdict != Verdict::Unknown);
        prop_assert_eq!(without.result(), case.result());
    }

    /// What a daemon holds after every check equals what a recomputation finds.
    #[test]
    fn every_prefix_is_what_a_recomputation_finds(case in cases()) {
        let monitor = case.monitor();
        let mut running = Ledger::default();
        let checks = case.known_checks();
        for (n, (at, verdict)) in checks.iter().enumerate() {
            let mut judge = running.judge.clone();
            let mut entries = Vec::new();
            judge.observe(Timestamp(*at), *verdict, None, &monitor, &mut entries);
            running.settle(entries, judge);
            let fresh = checks[..=n].iter().map(|(at, verdict)| (Timestamp(*at), *verdict, None));
            prop_assert_eq!(&running, &Ledger::of(fresh, &monitor));
        }
    }

    /// What was published as settled at one moment is the same at every later one.
    #[test]
    fn a_published_figure_is_never_taken_back(case in cases(), later in 0..300i64) {
        let first = case.result();
        let mut then = case.clone();
        then.now = case.now.max(later);
        let second = then.result();
        let settled = Span::new(Timestamp(case.window.0), first.account.as_of);
        prop_assert_eq!(
            first.timeline.tally_within(settled),
            second.timeline.tally_within(settled)
        );
    }

    /// What no later check can change: neither the classes, nor the bounds, nor the
    /// outages that end before it. Taking the start of the newest decided check for the
    /// end of what it covers, or for `as_of`, breaks it.
    #[test]
    fn what_is_settled_never_changes(case in cases(), later in 0..300i64) {
        let first = case.result();
        let mut then = case.clone();
        then.now = case.now.max(later);
        let second = then.result();
        let settled = Span::new(Timestamp(case.window.0), first.account.settled_before);
        prop_assert!(first.account.settled_before <= first.account.as_of);
        let of = |result: &crate::history::Result| {
            let doubt = Doubt::of(&result.timeline, &result.account).within(settled);
            let outages: Vec<Span> = (result.account.known.outages.iter())
                .map(|outage| outage.span().cut(settled))
                .filter(|span| !span.is_empty())
                .collect();
            (result.timeline.within(settled), doubt, outages)
        };
        prop_assert_eq!(of(&first), of(&second));
    }

    #[test]
    fn an_outage_never_costs_more_than_its_time(case in cases()) {
        let result = case.result();
        let all: Spans = (result.account.known.outages.iter()).map(|outage| outage.span()).collect();
        for segment in result.timeline.segments() {
            if segment.class == Class::Down {
                prop_assert!(all.overlapping(segment.span).len() == 1);
            }
        }
        prop_assert!(spans(&case.pauses).intersect(&result.timeline.class(Class::Down)).is_empty());
    }
}

#[test]
fn a_changed_interval_never_rewrites_the_past() {
    let monitor = |with_change: bool| {
        let first = Parameters { interval_ms: 8, failures: 2, ..Parameters::default() };
        let mut parameters = everup::domain::monitor::ParameterHistory::new(first);
        if with_change {
            let second = Parameters { interval_ms: 100, failures: 1, ..first };
            parameters.change(Timestamp(50), second);
        }
        everup::domain::monitor::Monitor::new(
            everup::domain::monitor::MonitorId::new("api").unwrap(),
            String::new(),
            String::new(),
            parameters,
            Spans::from(Span::ALWAYS),
            Spans::empty(),
        )
    };
    let checks = [(0, Verdict::Ok), (8, Verdict::Fail), (16, Verdict::Ok), (40, Verdict::Ok)];
    let read = |monitor| {
        let seen = checks.iter().map(|(at, verdict)| (Timestamp(*at), *verdict, None));
        let window = Span::new(Timestamp(0), Timestamp(60));
        Ledger::of(seen, &monitor).account(window, Timestamp(60), &monitor)
    };
    assert_eq!(read(monitor(false)), read(monitor(true)));
}
