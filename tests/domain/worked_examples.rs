//! The table of worked examples of `docs/uptime.md`, to the millisecond.

use crate::history::{Case, span};
use everup::domain::check::Verdict::{self, Fail, Ok};
use everup::domain::maintenance::{Excluded, MaintenanceWindow};
use everup::domain::monitor::{MonitorId, Parameters};
use everup::domain::month::Month;
use everup::domain::percent::{floored, shown};
use everup::domain::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use everup::domain::uptime::Ratio;

const NOVEMBER: i64 = 1_793_491_200_000;
const NOVEMBER_MS: i64 = 2_592_000_000;
/// The middle of the month, where the examples put their trouble.
const MIDDLE: i64 = NOVEMBER + 15 * DAY_MS;

/// A check every minute, from the hour before a month to the hour after it.
fn minutes(from: i64, ms: i64) -> Vec<(i64, Verdict)> {
    (from - HOUR_MS..from + ms + HOUR_MS)
        .step_by(60_000)
        .map(|at| (at, Ok))
        .collect()
}

fn november() -> Case {
    Case {
        parameters: Parameters { failures: 1, successes: 1, ..Parameters::default() },
        lives: vec![(NOVEMBER - HOUR_MS, Timestamp::MAX.0)],
        pauses: Vec::new(),
        maintenance: Vec::new(),
        checks: minutes(NOVEMBER, NOVEMBER_MS),
        window: (NOVEMBER, NOVEMBER + NOVEMBER_MS),
        now: NOVEMBER + NOVEMBER_MS + HOUR_MS,
    }
}

fn set(case: &mut Case, from: i64, to: i64, verdict: Verdict) {
    for (at, seen) in &mut case.checks {
        if (from..to).contains(at) {
            *seen = verdict;
        }
    }
}

fn remove(case: &mut Case, from: i64, to: i64) {
    case.checks.retain(|(at, _)| !(from..to).contains(at));
}

/// Up, down, unknown, maintenance; uptime; as shown; bounds with four decimals; coverage.
type Row<'a> = ([i64; 4], Option<(i64, i64)>, &'a str, (&'a str, &'a str), (i64, i64));

fn check(case: &Case, (classes, uptime, text, bounds, coverage): Row<'_>) {
    let result = case.result();
    let tally = result.tally;
    let ratio = |(part, whole)| Ratio::new(part, whole).unwrap();
    let equal = |a: Ratio, b: Ratio| a.at_least(b) && b.at_least(a);
    assert_eq!([tally.up, tally.down, tally.unknown, tally.maintenance], classes);
    match uptime {
        Some(expected) => assert!(equal(tally.uptime().unwrap(), ratio(expected))),
        None => assert_eq!(tally.uptime(), None),
    }
    let printed = tally.uptime().map_or("–".to_owned(), |ratio| shown(ratio, 2));
    assert_eq!(printed, text);
    let found = result.bounds.unwrap();
    assert_eq!((floored(found.low, 4).as_str(), floored(found.high, 4).as_str()), bounds);
    assert!(equal(tally.coverage().unwrap(), ratio(coverage)));
}

#[test]
fn all_checks_ok() {
    check(
        &november(),
        (
            [2_592_000_000, 0, 0, 0],
            Some((1, 1)),
            "100.00",
            ("100.0000", "100.0000"),
            (1, 1),
        ),
    );
}

#[test]
fn one_failed_check() {
    let mut case = november();
    set(&mut case, MIDDLE, MIDDLE + MINUTE_MS, Fail);
    check(
        &case,
        (
            [2_591_940_000, 60_000, 0, 0],
            Some((43_199, 43_200)),
            "99.99",
            ("99.9953", "100.0000"),
            (1, 1),
        ),
    );
}

#[test]
fn one_failed_check_that_is_only_a_blip() {
    let mut case = november();
    case.parameters.failures = 2;
    set(&mut case, MIDDLE, MIDDLE + MINUTE_MS, Fail);
    check(
        &case,
        (
            [2_592_000_000, 0, 0, 0],
            Some((1, 1)),
            "100.00",
            ("99.9953", "100.0000"),
            (1, 1),
        ),
    );
    assert_eq!(case.result().account.known.blips.len(), 1);
}

#[test]
fn three_failures_ten_seconds_apart() {
    let mut case = november();
    case.parameters.failures = 3;
    set(&mut case, MIDDLE, MIDDLE + MINUTE_MS, Fail);
    for (seconds, verdict) in [(10, Fail), (20, Fail), (30, Ok)] {
        case.checks.push((MIDDLE + seconds * SECOND_MS, verdict));
    }
    check(
        &case,
        (
            [2_591_970_000, 30_000, 0, 0],
            Some((86_399, 86_400)),
            "99.99",
            ("99.9965", "99.9992"),
            (1, 1),
        ),
    );
}

#[test]
fn off_for_six_hours() {
    let mut case = november();
    remove(&mut case, MIDDLE, MIDDLE + 6 * HOUR_MS);
    check(
        &case,
        (
            [2_570_400_000, 0, 21_600_000, 0],
            Some((1, 1)),
            "100.00",
            ("99.1643", "100.0000"),
            (119, 120),
        ),
    );
}

#[test]
fn five_failures_and_then_off_for_six_hours() {
    let mut case = november();
    set(&mut case, MIDDLE, MIDDLE + 5 * MINUTE_MS, Fail);
    remove(&mut case, MIDDLE + 5 * MINUTE_MS, MIDDLE + 5 * MINUTE_MS + 6 * HOUR_MS);
    check(
        &case,
        (
            [2_570_100_000, 300_000, 21_600_000, 0],
            Some((8_567, 8_568)),
            "99.98",
            ("99.1527", "99.9907"),
            (119, 120),
        ),
    );
}

/// Four hours of maintenance with the target down throughout, announced this long before.
fn maintained(notice_ms: i64) -> Case {
    let window = MaintenanceWindow {
        announced_at: Timestamp(MIDDLE - notice_ms),
        start: Timestamp(MIDDLE),
        end: Timestamp(MIDDLE + 4 * HOUR_MS),
        cancelled_at: None,
        message: String::new(),
        monitors: Vec::new(),
        emergency: false,
    };
    let mut case = november();
    set(&mut case, MIDDLE, MIDDLE + 4 * HOUR_MS, Fail);
    let excluded = Excluded::by([&window]).of(&MonitorId::new("api").unwrap());
    case.maintenance = excluded.as_slice().iter().map(|s| (s.from.0, s.to.0)).collect();
    case
}

#[test]
fn maintenance_announced_in_time() {
    check(
        &maintained(48 * HOUR_MS + 1),
        (
            [2_577_600_000, 0, 0, 14_400_000],
            Some((1, 1)),
            "100.00",
            ("99.9976", "100.0000"),
            (1, 1),
        ),
    );
}

#[test]
fn maintenance_announced_a_millisecond_late() {
    check(
        &maintained(48 * HOUR_MS - 1),
        (
            [2_577_600_000, 14_400_000, 0, 0],
            Some((179, 180)),
            "99.44",
            ("99.4421", "99.4467"),
            (1, 1),
        ),
    );
}

#[test]
fn a_check_within_the_grace() {
    let mut case = november();
    remove(&mut case, MIDDLE, MIDDLE + 1);
    case.checks.push((MIDDLE + 15_000, Ok));
    check(
        &case,
        (
            [2_592_000_000, 0, 0, 0],
            Some((1, 1)),
            "100.00",
            ("100.0000", "100.0000"),
            (1, 1),
        ),
    );
}

#[test]
fn a_check_a_millisecond_beyond_the_grace() {
    let mut case = november();
    remove(&mut case, MIDDLE, MIDDLE + 1);
    case.checks.push((MIDDLE + 15_001, Ok));
    check(
        &case,
        (
            [2_591_984_999, 0, 15_001, 0],
            Some((1, 1)),
            "100.00",
            ("99.9971", "100.0000"),
            (2_591_984_999, 2_592_000_000),
        ),
    );
}

#[test]
fn nothing_observed() {
    let mut case = november();
    case.checks.clear();
    check(&case, ([0, 0, 2_592_000_000, 0], None, "–", ("0.0000", "100.0000"), (0, 1)));
}

#[test]
fn a_month_of_743_hours() {
    let window = Month::parse("2026-03").unwrap().window(chrono_tz::Europe::Berlin);
    let from = window.from.0;
    let mut case = Case {
        lives: vec![(from - HOUR_MS, Timestamp::MAX.0)],
        checks: minutes(from, window.length_ms()),
        window: (from, window.to.0),
        now: window.to.0 + HOUR_MS,
        ..november()
    };
    assert_eq!(span(case.window).length_ms(), 743 * HOUR_MS);
    set(&mut case, from + DAY_MS, from + DAY_MS + HOUR_MS, Fail);
    check(
        &case,
        (
            [2_671_200_000, 3_600_000, 0, 0],
            Some((742, 743)),
            "99.86",
            ("99.8631", "99.8676"),
            (1, 1),
        ),
    );
}
