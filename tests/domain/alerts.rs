//! What is told of a monitor, and when: cases one by one, and any sequence at all.

use everup::domain::alert::{Alert, Decision, Ground, Kind, Sight, Told, UNWATCHED, decide};
use everup::domain::monitor::Key;
use everup::domain::span::{Span, Spans};
use everup::domain::timestamp::Timestamp;
use proptest::prelude::*;
use rstest::rstest;
use std::sync::Arc;

/// `d5`: it went down at 5. `x7`: the outage has ended, and nobody watched; that was found
/// out at 7.
fn alert(text: &str) -> Alert {
    let (word, at) = text.split_at(1);
    let kind = if word == "d" { Kind::Down } else { Kind::Up };
    let reason = if word == "x" { UNWATCHED } else { "" };
    let at = Timestamp(at.parse().unwrap());
    let until = (kind == Kind::Up).then_some(at);
    Alert { monitor: Key(1), kind, since: at, until, at, reason: Arc::from(reason) }
}

fn alerts(text: &str) -> Vec<Alert> {
    text.split_whitespace().map(alert).collect()
}

/// What waits in one channel, and what that was told.
struct Line {
    told: Option<Told>,
    waiting: Vec<Alert>,
    /// Whether it was tried to tell the first of them.
    tried: bool,
    /// When the monitor is watched.
    lives: Spans,
    sight: Sight,
}

impl Default for Line {
    fn default() -> Line {
        let (told, waiting, tried) = (None, Vec::new(), false);
        Line { told, waiting, tried, lives: Span::ALWAYS.into(), sight: Sight::Fresh }
    }
}

fn told(before: &str) -> Option<Told> {
    alerts(before)
        .pop()
        .map(|alert| Told { kind: alert.kind, since: alert.since })
}

impl Line {
    fn settle(&mut self) -> Alert {
        let alert = self.waiting.remove(0);
        self.told = Some(Told { kind: alert.kind, since: alert.since });
        self.tried = false;
        alert
    }

    fn decide(&self, windows: &[Span], now: i64) -> Decision {
        let (lives, sight, now) = (&self.lives, self.sight, Timestamp(now));
        let ground = Ground { windows, lives, sight, now };
        decide(self.told, &self.waiting, self.tried, &ground)
    }

    /// What is said now: `d5`, or `d5~20` where it was held until 20. A receiver that takes
    /// nothing is told one thing in vain.
    fn say(&mut self, windows: &[Span], now: i64, takes: bool) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            match self.decide(windows, now) {
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
                    let kind = match first.kind {
                        Kind::Down => "d",
                        Kind::Up if *first.reason == *UNWATCHED => "x",
                        Kind::Up => "u",
                    };
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
    let mut line = Line { told: told(before), waiting: alerts(waiting), ..Line::default() };
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
    let before = if waiting.starts_with('d') { "u1" } else { "d1" };
    let mut line = Line { told: told(before), waiting: alerts(waiting), ..Line::default() };
    let windows = spans(windows);
    assert_eq!(line.say(&windows, first, false).len(), 1);
    line.waiting.extend(alerts(later));
    if windows.iter().any(|window| window.contains(Timestamp(second - 1))) {
        assert!(line.say(&windows, second - 1, true).is_empty());
    }
    assert_eq!(line.say(&windows, second, true).join(" "), expected);
    assert!(line.waiting.is_empty());
}

/// What was looked at during maintenance was shortened there; what comes then still counts.
#[rstest]
#[case::up("u12", "u12~20")]
#[case::up_and_down("u12 d14", "d14~20")]
#[case::and_up_again("u12 d14 u15", "u15~20")]
fn told_in_vain_and_looked_at_during_maintenance(#[case] later: &str, #[case] expected: &str) {
    let mut line = Line { told: told("u1"), waiting: alerts("d3"), ..Line::default() };
    let window = spans(&[(4, 20)]);
    assert_eq!(line.say(&window, 3, false).len(), 1);
    line.waiting.extend(alerts("u7 d9"));
    assert!(line.say(&window, 10, true).is_empty());
    line.waiting.extend(alerts(later));
    assert_eq!(line.say(&window, 20, true).join(" "), expected);
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
        assert_eq!(line.decide(&window, 10), Decision::Hold(Timestamp(20)));
    }
}

/// Of what is held behind an end nothing is told, so that is told as what is so.
#[rstest]
#[case::both_go("u3 d7 u9", "u3")]
#[case::one_stays("u3 d7 u9 d11", "u3 d11")]
#[case::and_what_comes_later("u3 d7 u9 d25", "u3 d25")]
#[case::all_stay("u3 d7 u25", "u3 d7 u25")]
#[case::a_beginning_is_told_by_its_end("d3 u7 d9", "d9")]
fn nothing_waits_behind_what_is_told_but_what_is_told_too(
    #[case] waiting: &str,
    #[case] left: &str,
) {
    let mut line = Line { told: told("d1"), waiting: alerts(waiting), ..Line::default() };
    let window = spans(&[(4, 20)]);
    while let Decision::Drop(never) = line.decide(&window, 30) {
        line.waiting.drain(never);
    }
    assert_eq!(line.waiting, alerts(left));
    assert!(matches!(line.decide(&window, 30), Decision::Tell { .. }));
}

/// The monitor was watched up to 10 and is again from 30 on.
#[rstest]
#[case::a_beginning_is_so_no_more(NO_WINDOW, "u1", "d5", false, 11, "")]
#[case::nor_when_it_is_watched_again(NO_WINDOW, "u1", "d5", false, 31, "")]
#[case::its_end_was_told_to_nobody(&[(4, 20)], "u1", "d5 x31", false, 31, "")]
#[case::nor_is_it_of_a_new_channel(&[(4, 20)], "", "d5 x31", false, 31, "")]
#[case::an_end_alone(NO_WINDOW, "u1", "x31", false, 31, "")]
#[case::an_end_alone_and_a_new_channel(NO_WINDOW, "", "x31", false, 31, "")]
#[case::what_was_told_has_its_end(NO_WINDOW, "d5", "x31", false, 31, "x31")]
#[case::which_is_held_too(&[(25, 40)], "d5", "x31", false, 40, "x31~40")]
#[case::what_may_have_been_heard_has_its_end(NO_WINDOW, "u1", "d5", true, 11, "")]
#[case::so_does_what_waited_for_a_receiver(NO_WINDOW, "u1", "d5 x31", false, 31, "d5 x31")]
#[case::and_what_was_heard(NO_WINDOW, "u1", "d5 x31", true, 31, "d5 x31")]
#[case::another_follows(&[(4, 20)], "u1", "d5 x31 d31", false, 31, "d31")]
fn of_what_nobody_watched_to_its_end(
    #[case] windows: &[(i64, i64)],
    #[case] before: &str,
    #[case] waiting: &str,
    #[case] tried: bool,
    #[case] now: i64,
    #[case] expected: &str,
) {
    let lives = spans(&[(0, 10), (30, 900)]).into_iter().collect();
    let waiting = alerts(waiting);
    let mut line = Line { told: told(before), waiting, tried, lives, sight: Sight::Fresh };
    assert_eq!(line.say(&spans(windows), now, true).join(" "), expected);
    assert!(line.waiting.is_empty());
    if tried {
        assert_ne!(line.told, told("u1"), "its end is told");
    }
}

/// After a start, at 20; a first look is waited for until 22.
#[rstest]
#[case::what_is_down(NO_WINDOW, "d15", Sight::Awaited(Timestamp(22)), "")]
#[case::what_was_held(&[(14, 18)], "d15", Sight::Awaited(Timestamp(22)), "")]
#[case::what_is_up(NO_WINDOW, "u15", Sight::Awaited(Timestamp(22)), "")]
#[case::what_is_over(NO_WINDOW, "d15 u17 d19", Sight::Awaited(Timestamp(22)), "d15 u17")]
#[case::looked_at(NO_WINDOW, "d15", Sight::Fresh, "d15")]
#[case::held_and_looked_at(&[(14, 18)], "d15", Sight::Fresh, "d15~18")]
#[case::waited_for_no_longer(NO_WINDOW, "d15", Sight::Stale, "d15")]
fn what_is_so_is_told_once_it_was_looked_at(
    #[case] windows: &[(i64, i64)],
    #[case] waiting: &str,
    #[case] sight: Sight,
    #[case] expected: &str,
) {
    let before = if waiting.starts_with('d') { "u1" } else { "d1" };
    let waiting = alerts(waiting);
    let mut line = Line { told: told(before), waiting, sight, ..Line::default() };
    assert_eq!(line.say(&spans(windows), 20, true).join(" "), expected);
    if matches!(sight, Sight::Awaited(_)) {
        assert_eq!(line.decide(&spans(windows), 20), Decision::Hold(Timestamp(22)));
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
