//! Groups against their definition, instant by instant, and the properties that relate
//! them to their members.

use crate::history::{Case, span, spans};
use crate::oracle::cases;
use everup::domain::bounds::{Bounds, Doubt};
use everup::domain::class::Class;
use everup::domain::group::{Judged, Member, Rule};
use everup::domain::outage::Outage;
use everup::domain::span::Span;
use everup::domain::timeline::Timeline;
use everup::domain::timestamp::{HOUR_MS, MINUTE_MS, Timestamp};
use everup::domain::uptime::Ratio;
use proptest::prelude::*;
use std::sync::Arc;

struct Past {
    as_of: Timestamp,
    timeline: Timeline,
    doubt: Doubt,
    outages: Vec<Outage>,
}

fn past(case: &Case) -> Past {
    let result = case.result();
    Past {
        as_of: result.account.as_of,
        doubt: Doubt::of(&result.timeline, &result.account),
        timeline: result.timeline,
        outages: result.account.known.outages,
    }
}

fn judged(rule: Rule, window: Span, pasts: &[Past]) -> Judged {
    let members: Vec<Member<'_>> = (pasts.iter())
        .map(|past| Member {
            name: "member",
            as_of: past.as_of,
            timeline: &past.timeline,
            doubt: &past.doubt,
            outages: &past.outages,
        })
        .collect();
    Judged::of(rule, window, &members)
}

fn class_at(timeline: &Timeline, t: i64) -> Class {
    let holds =
        |segment: &&everup::domain::timeline::Segment| segment.span.contains(Timestamp(t));
    timeline.segments().iter().find(holds).unwrap().class
}

/// The definition of UPTIME, taken literally.
fn defined(rule: Rule, classes: &[Class]) -> Class {
    let live: Vec<Class> =
        classes.iter().copied().filter(|class| class.is_eligible()).collect();
    if live.is_empty() {
        let all = [Class::Maintenance, Class::Paused];
        return all
            .into_iter()
            .find(|class| classes.contains(class))
            .unwrap_or(Class::Outside);
    }
    let is_up = |class: &Class| matches!(class, Class::Up | Class::Degraded);
    let up = if live.contains(&Class::Degraded) { Class::Degraded } else { Class::Up };
    match rule {
        Rule::Any if live.contains(&Class::Down) => Class::Down,
        Rule::Any if live.iter().all(is_up) => up,
        Rule::All if live.contains(&Class::Up) => Class::Up,
        Rule::All if live.contains(&Class::Degraded) => Class::Degraded,
        Rule::All if live.iter().all(|class| *class == Class::Down) => Class::Down,
        _ => Class::Unknown,
    }
}

fn groups() -> impl Strategy<Value = (Rule, Vec<Case>)> {
    let rule = prop_oneof![Just(Rule::Any), Just(Rule::All)];
    (rule, prop::collection::vec(cases(), 1..4), 0..300i64).prop_map(
        |(rule, mut cases, now)| {
            cases.iter_mut().for_each(|case| case.now = now);
            (rule, cases)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_group_is_judged_as_it_is_defined((rule, cases) in groups()) {
        let pasts: Vec<Past> = cases.iter().map(past).collect();
        let window = span((0, 300));
        let group = judged(rule, window, &pasts);
        let as_of = pasts.iter().map(|past| past.as_of).min().unwrap();
        prop_assert_eq!(group.as_of, as_of);
        for t in 0..300 {
            let classes: Vec<Class> = pasts.iter().map(|past| class_at(&past.timeline, t)).collect();
            let settled = Timestamp(t) < as_of;
            let expected = if settled { defined(rule, &classes) } else { Class::Outside };
            prop_assert_eq!(class_at(&group.timeline, t), expected, "at {}", t);
            let of_live = |which: fn(&Doubt) -> &everup::domain::span::Spans| -> bool {
                let mut live = pasts.iter().zip(&classes).filter(|(_, class)| class.is_eligible());
                let holds = |(past, _): (&Past, &Class)| which(&past.doubt).contains(Timestamp(t));
                settled && expected.is_eligible() && match rule {
                    Rule::Any => live.any(holds),
                    Rule::All => live.all(holds),
                }
            };
            let perhaps = group.doubt.perhaps_down.contains(Timestamp(t));
            prop_assert_eq!(perhaps, of_live(|doubt| &doubt.perhaps_down), "at {}", t);
            let surely = group.doubt.surely_down.contains(Timestamp(t));
            prop_assert_eq!(surely, of_live(|doubt| &doubt.surely_down), "at {}", t);
        }
    }

    #[test]
    fn all_downtime_of_a_group_lies_in_its_outages((rule, cases) in groups()) {
        let pasts: Vec<Past> = cases.iter().map(past).collect();
        let group = judged(rule, span((0, 300)), &pasts);
        let outages = group.outages.iter().map(Outage::span);
        let outages: everup::domain::span::Spans = outages.collect();
        let down = group.timeline.class(Class::Down);
        prop_assert_eq!(down.subtract(&outages), everup::domain::span::Spans::empty());
        for outage in &group.outages {
            prop_assert_eq!(class_at(&group.timeline, outage.from.0), Class::Down);
            let up = |t: &i64| matches!(class_at(&group.timeline, *t), Class::Up | Class::Degraded);
            let end = outage.to.map_or(300, |to| to.0);
            prop_assert_eq!((outage.from.0..end).find(up), None);
        }
        let lasts = group.outages.iter().rev().skip(1).any(|outage| outage.to.is_none());
        prop_assert!(!lasts, "only the last one may last");
    }

    #[test]
    fn the_bounds_of_a_group_hold_its_figure((rule, cases) in groups()) {
        let pasts: Vec<Past> = cases.iter().map(past).collect();
        let group = judged(rule, span((0, 300)), &pasts);
        let bounds = Bounds::of(&group.timeline, &group.doubt);
        if let (Some(uptime), Some(bounds)) = (group.timeline.tally().uptime(), bounds) {
            prop_assert!(uptime.at_least(bounds.low) && bounds.high.at_least(uptime));
        }
    }

    /// any-group ≤ worst member ≤ best member ≤ all-group, where everything was observed.
    #[test]
    fn needing_all_is_never_better_than_the_worst_and_redundancy_never_worse_than_the_best(
        downs in prop::collection::vec(prop::collection::vec((0..280i64, 1..20i64), 0..5), 1..5),
    ) {
        let window = span((0, 300));
        let pasts: Vec<Past> = (downs.iter())
            .map(|pairs| {
                let down = spans(&pairs.iter().map(|(from, ms)| (*from, from + ms)).collect::<Vec<_>>());
                let up = spans(&[(0, 300)]);
                let timeline = Timeline::layered(window, [(Class::Up, &up), (Class::Down, &down)]);
                Past { as_of: window.to, timeline, doubt: Doubt::default(), outages: vec![] }
            })
            .collect();
        let uptime = |timeline: &Timeline| timeline.tally().uptime().unwrap();
        let members: Vec<Ratio> = pasts.iter().map(|past| uptime(&past.timeline)).collect();
        let any = uptime(&judged(Rule::Any, window, &pasts).timeline);
        let all = uptime(&judged(Rule::All, window, &pasts).timeline);
        prop_assert!(members.iter().all(|member| member.at_least(any)));
        prop_assert!(members.iter().all(|member| all.at_least(*member)));
    }
}

/// A down 10–20 min and B down 15–30 min, over one hour.
#[test]
fn the_worked_example_of_two_members() {
    let window = span((0, HOUR_MS));
    let member = |from: i64, to: i64| {
        let down = spans(&[(from * MINUTE_MS, to * MINUTE_MS)]);
        let up = spans(&[(0, HOUR_MS)]);
        let outage = Outage {
            from: Timestamp(from * MINUTE_MS),
            to: Some(Timestamp(to * MINUTE_MS)),
            reason: Arc::from("HTTP 502"),
        };
        Past {
            as_of: window.to,
            timeline: Timeline::layered(window, [(Class::Up, &up), (Class::Down, &down)]),
            doubt: Doubt::default(),
            outages: vec![outage],
        }
    };
    let pasts = [member(10, 20), member(15, 30)];
    let any = judged(Rule::Any, window, &pasts);
    let tally = any.timeline.tally();
    assert_eq!((tally.up, tally.down), (2_400_000, 1_200_000));
    assert_eq!(any.outages.len(), 1);
    assert_eq!(&*any.outages[0].reason, "member: HTTP 502");
    let all = judged(Rule::All, window, &pasts);
    let tally = all.timeline.tally();
    assert_eq!((tally.up, tally.down), (3_300_000, 300_000));
    assert_eq!(&*all.outages[0].reason, "member: HTTP 502; member: HTTP 502");
}
