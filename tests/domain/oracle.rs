//! The program against the definition, instant by instant, on random histories.

use crate::history::Case;
use crate::instants::{Definition, define};
use everup::domain::check::Verdict;
use everup::domain::class::Class;
use everup::domain::monitor::Parameters;
use everup::domain::timestamp::Timestamp;
use proptest::prelude::*;

/// Small enough that every instant can be looked at, dense enough that runs, gaps,
/// pauses and maintenance meet in every way: P = 8, G = 2.
pub fn cases() -> impl Strategy<Value = Case> {
    let verdict = prop_oneof![
        4 => Just(Verdict::Ok),
        1 => Just(Verdict::Degraded),
        4 => Just(Verdict::Fail),
        1 => Just(Verdict::Unknown),
    ];
    let gap = prop_oneof![8 => 1..=10i64, 1 => 11..30i64];
    let checks = prop::collection::vec((gap, verdict), 0..40);
    let spans = |most| prop::collection::vec((0..260i64, 1..25i64), 0..most);
    let lives = prop_oneof![
        3 => Just(vec![(0, 400)]),
        1 => Just(vec![(10, 150)]),
        1 => Just(vec![(5, 90), (100, 400)]),
    ];
    (checks, spans(3), spans(3), lives, 1..=3u32, 1..=3u32, 0..300i64).prop_map(
        |(gaps, pauses, maintenance, lives, failures, successes, now)| {
            let mut at = 0;
            let checks = (gaps.into_iter())
                .map(|(gap, verdict)| {
                    at += gap;
                    (at, verdict)
                })
                .collect();
            let long = |pairs: Vec<(i64, i64)>| {
                pairs.into_iter().map(|(from, ms)| (from, from + ms)).collect()
            };
            Case {
                parameters: Parameters {
                    interval_ms: 8,
                    timeout_ms: 4,
                    failures,
                    successes,
                    retry_interval_ms: 2,
                },
                lives,
                pauses: long(pauses),
                maintenance: long(maintenance),
                checks,
                window: (0, 300),
                now,
            }
        },
    )
}

fn classes(case: &Case) -> Vec<Class> {
    let timeline = case.result().timeline;
    (case.window.0..case.window.1)
        .map(|t| {
            let found = timeline.segments().iter().find(|s| s.span.contains(Timestamp(t)));
            found.expect("the segments leave no hole").class
        })
        .collect()
}

fn count(instants: &[bool]) -> i64 {
    instants.iter().filter(|set| **set).count() as i64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_program_and_the_definition_agree(case in cases()) {
        let Definition { as_of, classes: defined, perhaps_down, surely_down } = define(&case);
        let result = case.result();
        prop_assert_eq!(result.account.as_of, Timestamp(as_of));
        prop_assert_eq!(classes(&case), defined);
        if let Some(bounds) = result.bounds {
            prop_assert_eq!(bounds.low.whole - bounds.low.part, count(&perhaps_down));
            prop_assert_eq!(bounds.high.whole - bounds.high.part, count(&surely_down));
        } else {
            prop_assert_eq!(result.tally.eligible(), 0);
        }
    }
}
