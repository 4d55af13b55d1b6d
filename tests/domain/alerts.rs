//! What is told of a monitor, and when: cases one by one, and any sequence at all.

use everup::domain::alert::{Alert, Decision, Kind, Told, decide};
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

/// What waits in one channel, and what that was told.
#[derive(Default)]
struct Line {
    told: Option<Told>,
    waiting: Vec<Alert>,
    /// Whether it was tried to tell the first of them.
    tried: bool,
}

impl Line {
    fn settle(&mut self) -> Alert {
        let alert = self.waiting.remove(0);
        self.told = Some(Told { kind: alert.kind, since: alert.since });
        self.tried = false;
        alert
    }

    /// What is said now: `d5`, or `d5~20` where it was held until 20. A receiver that takes
    /// nothing is told one thing in vain.
    fn say(&mut self, windows: &[Span], now: i64, takes: bool) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            match decide(self.told, &self.waiting, self.tried, windows, Timestamp(now)) {
                Decision::Nothing | Decision::Hold(_) => return said,
                Decision::Drop(never) => {
                    assert!(!never.is_empty());
                    self.tried &= never.start > 0;
                    self.waiting.drain(never);
                }
                Decision::GiveUp => drop(self.settle()),
                Decision::Tell { held_until } => {
                    let first = &self.waiting[0];
                    let held = held_until.map(|until| format!("~{}", until.0));
                    let kind = if first.kind == Kind::Down { "d" } else { "u" };
                    said.push(format!("{kind}{}{}", first.at.0, held.unwrap_or_default()));
                    if !takes {
                        self.tried = true;
                        return said;
                    }
                    self.settle();
                }
            }
        }
    }
}

fn spans(windows: &[(i64, i64)]) -> Vec<Span> {
    let span = |(from, to): &(i64, i64)| Span::new(Timestamp(*from), Timestamp(*to));
    windows.iter().map(span).collect()
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
#[case::decided_before_and_still_so(&[(4, 20)], "u1", "d3", 20, "d3~20")]
#[case::decided_before_and_over_is_told_by_its_end(&[(4, 20)], "u1", "d3 u7", 20, "u7~20")]
#[case::an_end_decided_before(&[(4, 20)], "d1", "u3", 20, "u3~20")]
#[case::an_end_decided_before_and_down_again(&[(4, 20)], "d1", "u3 d7", 20, "u3~20 d7~20")]
#[case::an_end_decided_before_and_up_again(&[(4, 20)], "d1", "u3 d7 u9", 20, "u3~20")]
#[case::decided_before_and_another_is(&[(4, 20)], "u1", "d3 u7 d9", 20, "d9~20")]
#[case::decided_before_and_over_later(&[(4, 20)], "u1", "d3 u25", 25, "d3~20 u25")]
#[case::history_before_maintenance(&[(4, 20)], "u1", "d2 u3 d5", 20, "d2~20 u3~20 d5~20")]
#[case::history_on_both_sides(&[(4, 20)], "u1", "d2 u3 d5 u6 d25", 25, "d2~20 u3~20 d25")]
#[case::ends_and_begins_during_it(&[(4, 20)], "u1", "d2 u3 d3 u6 d7 u8", 20, "d2~20 u3~20 u8~20")]
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
    let told = alerts(before).pop().map(|a| Told { kind: a.kind, since: a.since });
    let mut line = Line { told, waiting: alerts(waiting), tried: false };
    assert_eq!(line.say(&spans(windows), now, true).join(" "), expected);
}

/// It was told in vain at the first time, and is decided about again at the second, when more
/// has been decided. Nobody knows whether the receiver has heard it the first time.
#[rstest]
#[case::nothing_but_a_receiver_that_fails(NO_WINDOW, "d3", 3, "u7", 8, "d3 u7")]
#[case::still_down(&[(4, 20)], "d3", 3, "", 20, "d3~20")]
#[case::up_within(&[(4, 20)], "d3", 3, "u7", 20, "u7~20")]
#[case::another_within(&[(4, 20)], "d3", 3, "u7 d9", 20, "d9~20")]
#[case::up_in_the_end(&[(4, 20)], "d3", 3, "u7 d9 u11", 20, "u11~20")]
#[case::up_at_its_end(&[(4, 20)], "d3", 3, "u20", 20, "d3~20 u20")]
#[case::an_end_and_down_within(&[(4, 20)], "u3", 3, "d7", 20, "u3~20 d7~20")]
#[case::an_end_and_up_again(&[(4, 20)], "u3", 3, "d7 u9", 20, "u3~20")]
#[case::an_end_tried_between_two(&[(4, 10), (12, 20)], "u5", 11, "d15 u16", 20, "u5~20")]
#[case::tried_between_two(&[(4, 10), (12, 20)], "d5", 11, "u15", 20, "u15~20")]
#[case::tried_between_two_and_still_down(&[(4, 10), (12, 20)], "d5", 11, "", 20, "d5~20")]
#[case::tried_between_two_and_another(&[(4, 10), (12, 20)], "d5", 11, "u15 d16", 20, "d16~20")]
fn told_in_vain_and_then_maintenance(
    #[case] windows: &[(i64, i64)],
    #[case] waiting: &str,
    #[case] first: i64,
    #[case] later: &str,
    #[case] second: i64,
    #[case] expected: &str,
) {
    let kind = if waiting.starts_with('d') { Kind::Up } else { Kind::Down };
    let told = Some(Told { kind, since: Timestamp(1) });
    let mut line = Line { told, waiting: alerts(waiting), tried: false };
    let windows = spans(windows);
    assert_eq!(line.say(&windows, first, false).len(), 1);
    line.waiting.extend(alerts(later));
    if windows.iter().any(|window| window.contains(Timestamp(second - 1))) {
        assert!(line.say(&windows, second - 1, true).is_empty());
    }
    assert_eq!(line.say(&windows, second, true).join(" "), expected);
    assert!(line.waiting.is_empty());
}

#[test]
fn while_it_is_held_little_is_kept_and_the_end_is_named() {
    let window = spans(&[(4, 20)]);
    for (waiting, kept) in [
        ("d5 u6 d7 u8 d9", "d5 d9"),
        ("d1 u2 d3 u6 d7 u8", "d1 u2 d3 u8"),
        ("u2 d6 u7 d8", "u2 d6 d8"),
    ] {
        let mut line = Line { waiting: alerts(waiting), ..Line::default() };
        assert!(line.say(&window, 10, true).is_empty());
        assert_eq!(line.waiting, alerts(kept));
        let decision = decide(None, &line.waiting, false, &window, Timestamp(10));
        assert_eq!(decision, Decision::Hold(Timestamp(20)));
    }
}

proptest! {
    /// Outages and maintenance at any times, looked at at any times, and a receiver that
    /// takes what it is told or not.
    #[test]
    fn nothing_is_told_during_maintenance_and_the_receiver_knows_the_truth_in_the_end(
        changes in prop::collection::btree_set(0_i64..200, 0..30),
        windows in prop::collection::vec((0_i64..200, 1_i64..50), 0..5),
        looks in prop::collection::btree_map(0_i64..260, any::<bool>(), 0..60),
    ) {
        let windows: Vec<(i64, i64)> =
            windows.into_iter().map(|(from, length)| (from, from + length)).collect();
        let windows = spans(&windows);
        let is_covered = |at: i64| windows.iter().any(|window| window.contains(Timestamp(at)));
        let kinds = ["d", "u"].iter().cycle();
        let all: Vec<Alert> =
            changes.iter().zip(kinds).map(|(at, kind)| alert(&format!("{kind}{at}"))).collect();
        let (mut line, mut tried, mut taken) = (Line::default(), Vec::new(), Vec::new());
        let mut coming = all.iter().peekable();
        for (now, takes) in looks.into_iter().chain([(300, true)]) {
            while let Some(next) = coming.next_if(|alert| alert.at.0 <= now) {
                line.waiting.push(next.clone());
            }
            let news = line.say(&windows, now, takes);
            prop_assert!(news.is_empty() || !is_covered(now));
            for news in &news {
                // Whatever maintenance lay between says so.
                let mut parts = news[1..].split('~');
                let at: i64 = parts.next().unwrap().parse().unwrap();
                let ends = windows.iter().map(|window| window.to.0);
                let end = ends.filter(|end| at < *end && *end <= now).max();
                prop_assert_eq!(parts.next().map(|end| end.parse().unwrap()), end);
            }
            tried.extend(news.clone());
            if takes {
                taken.extend(news);
            }
        }
        prop_assert!(line.waiting.is_empty());
        // Whether it has heard what it has not taken, or not.
        let is_down = all.last().is_some_and(|alert| alert.kind == Kind::Down);
        for heard in [&tried, &taken] {
            prop_assert_eq!(heard.last().is_some_and(|news| news.starts_with('d')), is_down);
        }
        // What was decided outside maintenance is told, each once and in order, but for what
        // ended during it.
        let places = |news: &[String]| -> Vec<i64> {
            let at = |news: &String| news[1..].split('~').next().unwrap().parse().unwrap();
            news.iter().map(at).collect()
        };
        let told = places(&taken);
        prop_assert!(told.is_sorted_by(|one, next| one < next));
        for (place, alert) in all.iter().enumerate() {
            let next = all.get(place + 1).filter(|_| alert.kind == Kind::Down);
            if !is_covered(alert.at.0) && next.is_none_or(|next| !is_covered(next.at.0)) {
                prop_assert!(told.contains(&alert.at.0), "{} of {told:?}", alert.at);
            }
        }
    }
}
