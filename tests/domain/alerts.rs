//! What is told of a monitor, and when: cases one by one, and any sequence at all.

use everup::domain::alert::{Alert, Kind, Then, Told, decide};
use everup::domain::monitor::Key;
use everup::domain::span::Span;
use everup::domain::timestamp::Timestamp;
use proptest::prelude::*;
use rstest::rstest;
use std::sync::Arc;

/// `d5`: it went down at 5.
fn alert(text: &str) -> Alert {
    let (kind, at) = text.split_at(1);
    let kind = if kind == "d" { Kind::Down } else { Kind::Up };
    let at = Timestamp(at.parse().unwrap());
    let until = (kind == Kind::Up).then_some(at);
    Alert { monitor: Key(1), kind, since: at, until, at, reason: Arc::from("") }
}

fn alerts(text: &str) -> Vec<Alert> {
    text.split_whitespace().map(alert).collect()
}

/// What is told in the end: `d5`, or `d5~20` where it was held until 20.
fn told_at(
    told: &mut Option<Told>,
    waiting: &mut Vec<Alert>,
    windows: &[Span],
    now: Timestamp,
) -> Vec<String> {
    let mut said = Vec::new();
    loop {
        let decision = decide(*told, waiting, windows, now);
        let next = match decision.then {
            Then::Tell { place, held_until } => {
                let alert = waiting[place].clone();
                *told = Some(Told { kind: alert.kind, since: alert.since });
                let held = held_until.map(|until| format!("~{}", until.0));
                let kind = if alert.kind == Kind::Down { "d" } else { "u" };
                said.push(format!("{kind}{}{}", alert.at.0, held.unwrap_or_default()));
                Some(place)
            }
            _ => None,
        };
        let is_over = next.is_none() && decision.never.is_empty();
        let mut place = 0;
        waiting.retain(|_| {
            let goes = decision.never.contains(&place) || next == Some(place);
            place += 1;
            !goes
        });
        if is_over {
            return said;
        }
    }
}

const NO_WINDOW: &[(i64, i64)] = &[];

#[rstest]
#[case::an_outage_is_told(NO_WINDOW, "", "d5", 6, "d5")]
#[case::both_ends_in_order(NO_WINDOW, "", "d5 u7 d9", 9, "d5 u7 d9")]
#[case::nothing_during_maintenance(&[(4, 20)], "u1", "d5", 19, "")]
#[case::still_down_at_its_end(&[(4, 20)], "u1", "d5", 20, "d5~20")]
#[case::up_again_before_its_end(&[(4, 20)], "u1", "d5 u7", 20, "")]
#[case::down_again(&[(4, 20)], "u1", "d5 u7 d9", 20, "d9~20")]
#[case::the_end_itself_is_outside(&[(4, 20)], "u1", "d20", 20, "d20")]
#[case::the_beginning_itself_is_inside(&[(5, 20)], "u1", "d5 u6", 20, "")]
#[case::was_down_before_and_came_up(&[(4, 20)], "d3", "u7", 20, "u7~20")]
#[case::was_down_before_and_is_again(&[(4, 20)], "d3", "u7 d9", 20, "")]
#[case::back_to_back_holds_on(&[(4, 10), (10, 20)], "u1", "d5", 10, "")]
#[case::back_to_back_tells_at_the_last_end(&[(4, 10), (10, 20)], "u1", "d5", 20, "d5~20")]
#[case::overlapping(&[(4, 12), (10, 20)], "u1", "d5", 13, "")]
#[case::two_apart_and_nobody_looked_between(&[(4, 10), (12, 20)], "u1", "d5 u15", 20, "")]
#[case::between_two_it_is_told(&[(4, 10), (12, 20)], "u1", "d5", 11, "d5~10")]
#[case::up_after_the_end(&[(4, 20)], "u1", "d5 u25", 25, "d5~20 u25")]
#[case::decided_before_and_not_told_in_time(&[(4, 20)], "u1", "d3", 5, "")]
#[case::decided_before_is_told_afterwards(&[(4, 20)], "u1", "d3 u7", 20, "d3 u7~20")]
#[case::a_new_channel_learns_of_the_end(NO_WINDOW, "", "u7", 8, "u7")]
#[case::a_new_channel_during_maintenance(&[(4, 20)], "", "d5 u7", 20, "")]
#[case::a_new_channel_while_it_is_down(&[(4, 20)], "", "u7 d9", 20, "")]
#[case::a_new_channel_and_still_down(&[(4, 20)], "", "d5", 20, "d5~20")]
fn cases(
    #[case] windows: &[(i64, i64)],
    #[case] before: &str,
    #[case] waiting: &str,
    #[case] now: i64,
    #[case] expected: &str,
) {
    let windows: Vec<Span> = (windows.iter())
        .map(|(from, to)| Span::new(Timestamp(*from), Timestamp(*to)))
        .collect();
    let mut told = alerts(before).pop().map(|a| Told { kind: a.kind, since: a.since });
    let mut waiting = alerts(waiting);
    let said = told_at(&mut told, &mut waiting, &windows, Timestamp(now));
    assert_eq!(said.join(" "), expected);
}

#[test]
fn while_it_is_held_little_is_kept_and_the_end_is_named() {
    let mut waiting = alerts("d5 u6 d7 u8 d9");
    let window = [Span::new(Timestamp(4), Timestamp(20))];
    let decision = decide(None, &waiting, &window, Timestamp(10));
    assert_eq!((decision.never, decision.then), (1..4, Then::Hold(Timestamp(20))));
    let mut told = None;
    assert!(told_at(&mut told, &mut waiting, &window, Timestamp(10)).is_empty());
    assert_eq!(waiting, alerts("d5 d9"));
}

proptest! {
    /// Outages and maintenance at any times, looked at at any times.
    #[test]
    fn no_news_is_told_twice_none_during_maintenance_and_the_last_is_true(
        changes in prop::collection::btree_set(0_i64..200, 0..30),
        windows in prop::collection::vec((0_i64..200, 1_i64..50), 0..5),
        looks in prop::collection::btree_set(0_i64..260, 0..60),
    ) {
        let windows: Vec<Span> = (windows.iter())
            .map(|(from, length)| Span::new(Timestamp(*from), Timestamp(from + length)))
            .collect();
        let kinds = ["d", "u"].iter().cycle();
        let all: Vec<Alert> =
            changes.iter().zip(kinds).map(|(at, kind)| alert(&format!("{kind}{at}"))).collect();
        let (mut told, mut waiting, mut said) = (None, Vec::new(), Vec::new());
        let mut coming = all.iter().peekable();
        for now in looks.into_iter().chain([300]) {
            while let Some(next) = coming.next_if(|alert| alert.at.0 <= now) {
                waiting.push(next.clone());
            }
            let now = Timestamp(now);
            let news = told_at(&mut told, &mut waiting, &windows, now);
            let covered = windows.iter().any(|window| window.contains(now));
            prop_assert!(news.is_empty() || !covered);
            said.extend(news);
        }
        prop_assert!(waiting.is_empty());
        for pair in said.windows(2) {
            prop_assert_ne!(&pair[0][..1], &pair[1][..1]);
        }
        let is_down = all.last().is_some_and(|alert| alert.kind == Kind::Down);
        prop_assert_eq!(said.last().is_some_and(|news| news.starts_with('d')), is_down);
        // What was decided outside maintenance is told, each once, and in order.
        let outside = all.iter().filter(|a| !windows.iter().any(|w| w.contains(a.at)));
        let outside: Vec<String> = outside
            .map(|a| format!("{}{}", if a.kind == Kind::Down { "d" } else { "u" }, a.at.0))
            .collect();
        let told: Vec<String> = said.into_iter().filter(|news| !news.contains('~')).collect();
        prop_assert_eq!(told, outside);
    }
}
