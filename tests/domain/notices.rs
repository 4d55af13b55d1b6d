//! The rules by which maintenance is announced, changed and called off, to the millisecond.

use chrono::{TimeZone, Utc};
use chrono_tz::Europe::Berlin;
use everup::domain::announcement::{Action, Announcement, WindowId};
use everup::domain::change::Change;
use everup::domain::foreign_window;
use everup::domain::maintenance::MaintenanceWindow;
use everup::domain::monitor::MonitorId;
use everup::domain::notice::{
    AHEAD_MS_MAX, LENGTH_MS_MAX, MESSAGE_CHARS_MAX, Plan, Received, Refusal,
};
use everup::domain::span::Span;
use everup::domain::timestamp::{HOUR_MS, MINUTE_MS, Timestamp};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_000_000_000);
const NOTICE_MS: i64 = 48 * HOUR_MS;

fn later(ms: i64) -> Timestamp {
    NOW.plus_ms(ms)
}

fn plan(start_ms: i64, length_ms: i64) -> Plan {
    Plan {
        start: Some(later(start_ms)),
        end: later(start_ms + length_ms),
        message: "New disks".to_owned(),
        monitors: Vec::new(),
        emergency: false,
    }
}

fn announce(plan: Plan) -> Result<MaintenanceWindow, Refusal> {
    plan.announce(Received::at(NOW), NOTICE_MS)
}

fn kept(window: MaintenanceWindow) -> Announcement {
    Announcement {
        id: WindowId(1),
        uid: String::new(),
        revision: 1,
        changed_at: window.announced_at,
        occurrence: None,
        window,
    }
}

/// A window of two hours that begins in 60 hours.
fn upcoming() -> Announcement {
    kept(announce(plan(60 * HOUR_MS, 2 * HOUR_MS)).unwrap())
}

fn start(ms: i64) -> Change {
    Change { start: Some(later(ms)), ..Change::default() }
}

fn end(ms: i64) -> Change {
    Change { end: Some(later(ms)), ..Change::default() }
}

fn ids(ids: &[&str]) -> Vec<MonitorId> {
    ids.iter().map(|id| MonitorId::new(id).unwrap()).collect()
}

#[test]
fn exactly_48_hours_are_accepted_and_excluded_and_a_millisecond_less_is_neither() {
    let window = announce(plan(172_800_000, HOUR_MS)).unwrap();
    assert_eq!(window.announced_at, NOW);
    assert_eq!(window.excluded(), Some(window.span()));
    let Err(Refusal::ShortNotice { notice_ms, starts }) = announce(plan(172_799_999, HOUR_MS))
    else {
        panic!("accepted")
    };
    assert_eq!((notice_ms, starts.earliest), (NOTICE_MS, later(NOTICE_MS)));
    // Whoever reads this writes again, and a minute later the other one still does.
    assert_eq!(starts.suggested.0 % MINUTE_MS, 0);
    let again = Plan {
        start: Some(starts.suggested),
        end: starts.suggested.plus_ms(HOUR_MS),
        ..plan(0, 0)
    };
    assert!(again.clone().announce(Received::at(later(MINUTE_MS)), NOTICE_MS).is_ok());
    assert!(again.announce(Received::at(later(2 * MINUTE_MS)), NOTICE_MS).is_err());
}

/// At a full minute the earliest start is one, too, and not a minute later.
#[test]
fn the_earliest_start_that_is_named_would_do_and_none_before_it() {
    for ms in [0, 1, 30_000, 59_999] {
        let now = Timestamp(NOW.0 - NOW.0 % MINUTE_MS + ms);
        let at = |start: Timestamp| Plan {
            start: Some(start),
            end: start.plus_ms(HOUR_MS),
            ..plan(0, 0)
        };
        let asked = at(now.plus_ms(NOTICE_MS - 1)).announce(Received::at(now), NOTICE_MS);
        let Err(Refusal::ShortNotice { starts, .. }) = asked else { panic!("accepted") };
        let does = |start| at(start).announce(Received::at(now), NOTICE_MS).is_ok();
        assert!(does(starts.earliest) && !does(starts.earliest.plus_ms(-1)), "{ms}");
    }
}

/// A window of its own for what is added, from its end on, or from when notice allows.
#[test]
fn who_may_not_lengthen_a_window_is_told_from_when_on_another_one_would_do() {
    let window = announce(plan(60 * HOUR_MS, 2 * HOUR_MS)).unwrap();
    for (now_ms, earliest_ms) in [(13, 62), (14, 62), (15, 63), (59, 107), (61, 109)]
        .map(|(a, b)| (a * HOUR_MS, b * HOUR_MS))
    {
        let longer = kept(window.clone()).change(
            end(64 * HOUR_MS),
            Received::at(later(now_ms)),
            NOTICE_MS,
        );
        let Err(Refusal::Extension { end, starts }) = longer else { panic!("accepted") };
        assert_eq!(end, later(62 * HOUR_MS));
        assert_eq!(starts.earliest, later(earliest_ms), "{now_ms}");
        assert!(starts.suggested >= starts.earliest);
    }
}

#[test]
fn a_message_has_no_characters_that_hide_or_turn_around_what_is_said() {
    let said = |message: &str| {
        announce(Plan { message: message.to_owned(), ..plan(60 * HOUR_MS, HOUR_MS) })
            .map(|window| window.message)
    };
    for hostile in [
        '\u{202e}',
        '\u{202a}',
        '\u{2066}',
        '\u{2069}',
        '\u{2028}',
        '\u{206a}',
        '\u{feff}',
        '\u{fff9}',
        '\u{fffe}',
        '\u{ffff}',
        '\u{e0041}',
        '\u{1ffff}',
        '\u{9b}',
    ] {
        let refusal = said(&format!("New{hostile}disks")).unwrap_err();
        assert_eq!(refusal, Refusal::Unfit { character: hostile });
        let number = format!("U+{:04X}", u32::from(hostile));
        assert!(refusal.to_string().contains(&number), "{refusal}");
        // A stranger's row is shown without it.
        assert_eq!(foreign_window::message(&format!("New{hostile}disks")), "New disks");
    }
    for text in
        ["تحديث\u{200f} (API)", "می\u{200c}خواهم", "👩\u{200d}🔧 ✔\u{fe0f}", "שדרוג\u{200e}"]
    {
        assert_eq!(said(text).unwrap(), text);
        assert_eq!(foreign_window::message(text), text);
    }
}

/// 2026-03-29: Berlin's clocks go from 02:00 to 03:00.
#[test]
fn two_calendar_days_over_a_spring_change_are_47_hours_and_too_few() {
    let local = |day, hour| {
        let at = Berlin.with_ymd_and_hms(2026, 3, day, hour, 0, 0).single().unwrap();
        Timestamp(at.with_timezone(&Utc).timestamp_millis())
    };
    let (announced, start) = (local(27, 12), local(29, 12));
    assert_eq!(start.since_ms(announced), 47 * HOUR_MS);
    let plan = |start: Timestamp| Plan {
        start: Some(start),
        end: start.plus_ms(HOUR_MS),
        ..plan(0, 0)
    };
    assert!(matches!(
        plan(start).announce(Received::at(announced), NOTICE_MS),
        Err(Refusal::ShortNotice { .. })
    ));
    let whole = local(29, 13);
    assert!(
        plan(whole)
            .announce(Received::at(announced), NOTICE_MS)
            .unwrap()
            .excluded()
            .is_some()
    );
}

#[test]
fn what_cannot_be_announced_says_what_to_write_instead() {
    let refused = |plan: Plan| announce(plan).unwrap_err().to_string();
    let told = [
        (plan(60 * HOUR_MS, 0), "the maintenance must end after it begins"),
        (plan(60 * HOUR_MS, -1), "the maintenance must end after it begins"),
        (
            plan(60 * HOUR_MS, LENGTH_MS_MAX + 1),
            "maintenance lasts at most 31 d; for longer work, announce another window that begins \
             where this one ends",
        ),
        (
            plan(AHEAD_MS_MAX + 1, HOUR_MS),
            "the maintenance begins more than two years from now; write an earlier start",
        ),
        (
            plan(-1, HOUR_MS),
            "the maintenance would have begun before now (2026-11-18T11:06:40Z); write a later \
             start",
        ),
        (
            Plan { emergency: true, ..plan(-1, HOUR_MS) },
            "the maintenance would have begun before now (2026-11-18T11:06:40Z); write a later \
             start",
        ),
        (
            Plan { start: None, ..plan(0, HOUR_MS) },
            "say when the maintenance begins; only an emergency may leave that out, and begins \
             at once",
        ),
        (
            plan(HOUR_MS, HOUR_MS),
            "maintenance is announced at least 48 h before it begins: the earliest start that \
             would do now is 2026-11-20T11:06:40Z, one that still does in a minute is \
             2026-11-20T11:08:00Z. What cannot wait is an emergency; its time counts in the \
             uptime figure",
        ),
        (
            Plan { message: "a\u{7}".to_owned(), ..plan(60 * HOUR_MS, HOUR_MS) },
            "the message has a character that is not plain text (U+0007); leave it out",
        ),
        (
            Plan { message: "x".repeat(2_001), ..plan(60 * HOUR_MS, HOUR_MS) },
            "the message has 2001 characters; write at most 2000",
        ),
    ];
    for (plan, message) in told {
        assert_eq!(refused(plan), message);
    }
    let long = Plan {
        message: format!(" {}\r\n", "x".repeat(MESSAGE_CHARS_MAX)),
        monitors: ids(&["api", "web", "api"]),
        ..plan(60 * HOUR_MS, LENGTH_MS_MAX)
    };
    let window = announce(long).unwrap();
    assert_eq!(window.message.len(), MESSAGE_CHARS_MAX);
    assert_eq!(window.monitors, ids(&["api", "web"]));
}

#[test]
fn an_emergency_needs_no_notice_and_never_leaves_the_figure() {
    let now = Plan { emergency: true, start: None, ..plan(0, HOUR_MS) };
    let window = announce(now).unwrap();
    assert_eq!((window.start, window.excluded()), (NOW, None));
    let early = Plan { emergency: true, ..plan(60 * HOUR_MS, HOUR_MS) };
    assert_eq!(announce(early).unwrap().excluded(), None);
}

#[test]
fn the_notice_that_is_asked_for_may_be_more_or_less_but_the_figure_forgives_nothing_more() {
    let soon = plan(HOUR_MS, HOUR_MS);
    assert_eq!(soon.clone().announce(Received::at(NOW), HOUR_MS).unwrap().excluded(), None);
    assert!(soon.announce(Received::at(NOW), HOUR_MS + 1).is_err());
    let two_days = plan(NOTICE_MS, HOUR_MS);
    assert!(two_days.clone().announce(Received::at(NOW), 72 * HOUR_MS).is_err());
    assert!(two_days.announce(Received::at(NOW), 0).unwrap().excluded().is_some());
}

/// A clock that says less than what is already known: notice begins there, not now.
#[test]
fn behind_an_instant_at_which_we_lived_no_notice_begins_and_an_emergency_waits_for_nothing() {
    let behind = Received { now: NOW, notice_from: later(3 * 24 * HOUR_MS) };
    let lived_at = behind.notice_from;
    let soon = plan(60 * HOUR_MS, HOUR_MS).announce(behind, NOTICE_MS);
    assert_eq!(soon, Err(Refusal::ClockBehind { now: NOW, lived_at }));
    let late = plan(5 * 24 * HOUR_MS, HOUR_MS).announce(behind, NOTICE_MS).unwrap();
    assert_eq!(late.announced_at, lived_at);
    let emergency = Plan { start: None, emergency: true, ..plan(0, HOUR_MS) };
    let emergency = emergency.announce(behind, NOTICE_MS).unwrap();
    assert_eq!((emergency.announced_at, emergency.start), (NOW, NOW));
    // A step of a moment is nobody's business.
    let moment = Received { now: NOW, notice_from: later(1_000) };
    let short = plan(NOTICE_MS, HOUR_MS).announce(moment, NOTICE_MS);
    assert!(matches!(short, Err(Refusal::ShortNotice { .. })), "{short:?}");
    let narrowed = upcoming().change(start(61 * HOUR_MS), behind, NOTICE_MS).unwrap();
    assert_eq!(narrowed.announced_at, NOW, "to narrow needs none");
}

#[test]
fn what_is_added_needs_notice_of_its_own_and_gives_nothing_away() {
    let window = upcoming();
    let now = Received::at(later(50 * HOUR_MS));
    let longer = window.change(end(63 * HOUR_MS), now, NOTICE_MS);
    assert!(matches!(longer, Err(Refusal::Extension { .. })), "{longer:?}");
    // Where no notice is asked for, what left the figure would count.
    let longer = window.change(end(63 * HOUR_MS), now, 0);
    assert_eq!(longer, Err(Refusal::LosesNotice));
    let early = window.change(end(63 * HOUR_MS), Received::at(later(HOUR_MS)), 0).unwrap();
    assert!(early.excluded().is_some());
    let counts = kept(plan(2 * HOUR_MS, HOUR_MS).announce(Received::at(NOW), 0).unwrap());
    assert!(counts.change(end(9 * HOUR_MS), Received::at(NOW), 0).is_ok());
}

#[test]
fn narrowing_keeps_the_announcement_and_moving_needs_its_own_notice() {
    let window = upcoming();
    let narrower = Change {
        start: Some(later(60 * HOUR_MS + 1)),
        end: Some(later(62 * HOUR_MS - 1)),
        monitors: Some(ids(&["api"])),
        message: Some("Fewer disks".to_owned()),
    };
    // Fifty hours later, when nothing new could be announced for that time.
    let now = later(50 * HOUR_MS);
    let changed = window.change(narrower, Received::at(now), NOTICE_MS).unwrap();
    assert_eq!((changed.announced_at, changed.start), (NOW, later(60 * HOUR_MS + 1)));
    assert_eq!((changed.monitors, &*changed.message), (ids(&["api"]), "Fewer disks"));
    for wider in [start(60 * HOUR_MS - 1), end(62 * HOUR_MS + 1)] {
        let refused = window.change(wider.clone(), Received::at(now), NOTICE_MS);
        let expected =
            matches!(refused, Err(Refusal::ShortNotice { .. } | Refusal::Extension { .. }));
        assert!(expected, "{refused:?}");
        // At once, there is notice enough.
        let moved = window.change(wider, Received::at(later(1)), NOTICE_MS).unwrap();
        assert_eq!(moved.announced_at, later(1));
    }
    let moved = Change { end: Some(later(122 * HOUR_MS)), ..start(120 * HOUR_MS) };
    let moved = window.change(moved, Received::at(now), NOTICE_MS).unwrap();
    assert_eq!((moved.announced_at, moved.start), (now, later(120 * HOUR_MS)));
}

#[test]
fn more_monitors_need_their_own_notice_and_fewer_do_not() {
    let of = |monitors: &[&str]| Change { monitors: Some(ids(monitors)), ..Change::default() };
    let some = Plan { monitors: ids(&["api", "web"]), ..plan(60 * HOUR_MS, HOUR_MS) };
    let some = kept(announce(some).unwrap());
    let now = later(50 * HOUR_MS);
    assert!(some.change(of(&["web"]), Received::at(now), NOTICE_MS).is_ok());
    assert!(some.change(of(&["web", "api"]), Received::at(now), NOTICE_MS).is_ok());
    assert!(some.change(of(&["api", "shop"]), Received::at(now), NOTICE_MS).is_err());
    assert!(some.change(of(&[]), Received::at(now), NOTICE_MS).is_err());
    assert!(upcoming().change(of(&["api"]), Received::at(now), NOTICE_MS).is_ok());
}

#[test]
fn under_way_only_the_message_and_an_earlier_end_can_change() {
    let window = upcoming();
    let now = later(61 * HOUR_MS);
    let changed = |change| window.change(change, Received::at(now), NOTICE_MS);
    let said = Change { message: Some("Soon".to_owned()), ..Change::default() };
    assert_eq!(changed(said).unwrap().message, "Soon");
    assert_eq!(changed(end(61 * HOUR_MS)).unwrap().end, now);
    assert_eq!(changed(end(61 * HOUR_MS - 1)), Err(Refusal::PastEnd { now }));
    assert!(matches!(changed(end(62 * HOUR_MS + 1)), Err(Refusal::Extension { .. })));
    assert_eq!(changed(start(60 * HOUR_MS + 1)), Err(Refusal::Begun));
    let fewer = Change { monitors: Some(ids(&["api"])), ..Change::default() };
    assert_eq!(changed(fewer), Err(Refusal::Begun));
}

#[test]
fn an_emergency_may_be_moved_and_lengthened_while_it_is_not_over() {
    let emergency = Plan { emergency: true, ..plan(HOUR_MS, HOUR_MS) };
    let emergency = kept(announce(emergency).unwrap());
    let sooner = emergency.change(start(10), Received::at(later(5)), NOTICE_MS).unwrap();
    assert_eq!((sooner.start, sooner.announced_at), (later(10), later(5)));
    let longer = emergency
        .change(end(9 * HOUR_MS), Received::at(later(90 * MINUTE_MS)), NOTICE_MS)
        .unwrap();
    assert_eq!((longer.end, longer.excluded()), (later(9 * HOUR_MS), None));
    let too_long =
        emergency.change(end(LENGTH_MS_MAX + HOUR_MS + 1), Received::at(later(HOUR_MS)), 0);
    assert_eq!(too_long, Err(Refusal::TooLong));
}

#[test]
fn what_is_over_or_called_off_stays_as_it_was() {
    let window = upcoming();
    let over = later(62 * HOUR_MS);
    let said = Change { message: Some("x".to_owned()), ..Change::default() };
    assert_eq!(
        window.change(said.clone(), Received::at(over), NOTICE_MS),
        Err(Refusal::Over)
    );
    assert_eq!(window.cancel(over), Err(Refusal::Over));
    let (called_off, action) = window.cancel(later(60 * HOUR_MS - 1)).unwrap();
    assert_eq!((called_off.excluded(), action), (None, Action::Cancelled));
    let called_off = kept(called_off);
    assert_eq!(
        called_off.change(said, Received::at(NOW), NOTICE_MS),
        Err(Refusal::Cancelled)
    );
    assert_eq!(called_off.cancel(NOW), Err(Refusal::Cancelled));
    let (cut, action) = window.cancel(later(61 * HOUR_MS)).unwrap();
    assert_eq!(action, Action::Ended);
    assert_eq!(cut.excluded().map(|span| span.length_ms()), Some(HOUR_MS));
    assert_eq!(window.end(later(61 * HOUR_MS)), Ok(cut));
    assert_eq!(window.end(later(59 * HOUR_MS)), Err(Refusal::NotBegun));
}

/// One thing that an administrator may try.
#[derive(Clone, Debug)]
enum Try {
    Change(Option<i64>, Option<i64>, Option<bool>),
    Cancel,
}

fn tries() -> impl Strategy<Value = Vec<(i64, Try)>> {
    let hours = prop::option::of(0_i64..200);
    let change = (hours.clone(), hours, prop::option::of(any::<bool>()))
        .prop_map(|(start, end, all)| Try::Change(start, end, all));
    let tried = prop_oneof![4 => change, 1 => Just(Try::Cancel)];
    prop::collection::vec((0_i64..60, tried), 0..8)
}

proptest! {
    /// Whatever an administrator tries: what leaves the figure in the end was announced, for
    /// that monitor, 48 hours ahead, and nothing leaves it that had passed by then.
    #[test]
    fn nothing_leaves_the_figure_that_was_not_announced_48_hours_before(
        first in 48_i64..150,
        length in 1_i64..30,
        tries in tries(),
    ) {
        let api = ids(&["api"]);
        let mut window = kept(announce(plan(first * HOUR_MS, length * HOUR_MS)).unwrap());
        // What stood announced, and since when it did without a break.
        let mut stood = vec![(NOW, window.window.clone())];
        let mut now = NOW;
        for (pass, tried) in tries {
            now = now.plus_ms(pass * HOUR_MS + 1);
            let changed = match tried {
                Try::Change(start, end, all) => window.change(
                    Change {
                        start: start.map(|hours| later(hours * HOUR_MS)),
                        end: end.map(|hours| later(hours * HOUR_MS)),
                        message: None,
                        monitors: all.map(|all| if all { Vec::new() } else { api.clone() }),
                    },
                    Received::at(now),
                    NOTICE_MS,
                ),
                Try::Cancel => window.cancel(now).map(|(window, _)| window),
            };
            if let Ok(changed) = changed {
                // What has passed stays as it was.
                let passed = |w: &MaintenanceWindow| {
                    let before = Span::new(Timestamp::MIN, now);
                    w.excluded().map_or(0, |span| span.cut(before).length_ms())
                };
                prop_assert_eq!(passed(&window.window), passed(&changed));
                window = kept(changed);
                stood.push((now, window.window.clone()));
            }
        }
        let Some(excluded) = window.window.excluded() else { return Ok(()) };
        for at in [excluded.from, excluded.to.plus_ms(-1)] {
            // Every version since 48 hours before the start of it said so.
            let from = excluded.from.plus_ms(-NOTICE_MS);
            let first = stood.iter().rposition(|(since, _)| *since <= from);
            prop_assert!(first.is_some(), "nothing stood announced 48 hours ahead");
            for (_, version) in &stood[first.unwrap_or(0)..] {
                prop_assert!(Span::new(version.start, version.end).contains(at));
            }
        }
    }
}
