//! everup's own pages in a real browser, which is here anyway: what they say in another time
//! zone, and whether a phone can show them.

use crate::browser::Browser;
use crate::sample::{self, Event, NOW, OUTAGE, Scene, Story};
use crate::stage::Stage;
use everup::domain::timestamp::HOUR_MS;
use rstest::rstest;
use serde_json::json;

/// A page of everup as somebody in this zone sees it, at the time that it is for everup.
fn seen_in(zone: &str, stage: &Stage, path: &str) -> Browser {
    let mut browser = Browser::open(1_000, 800);
    browser.call("Emulation.setTimezoneOverride", json!({"timezoneId": zone}));
    let now = format!(
        "{{ const D = Date; window.Date = class extends D {{ \
           constructor(...of) {{ of.length ? super(...of) : super({}); }} }}; }}",
        NOW.0
    );
    browser.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": now}));
    browser.visit(&format!("{}{path}", stage.everup));
    browser
}

/// In Berlin, where the report is made, the windows are on 2 December from 02:00 to 04:00 and
/// from 08:00 to 10:00, and from 23:00 on that day to 01:00 on the next.
///
/// Mutants of the script: the day is always said; it is never said; it is the one in Berlin.
#[rstest]
#[case("Europe/Berlin", ["2 Dec, 02:00 to 04:00", "2 Dec, 08:00 to 10:00", "2 Dec, 23:00 to 3 Dec, 01:00"])]
#[case("America/Los_Angeles", ["1 Dec, 17:00 to 19:00", "1 Dec, 23:00 to 2 Dec, 01:00", "2 Dec, 14:00 to 16:00"])]
#[case("Asia/Kolkata", ["2 Dec, 06:30 to 08:30", "2 Dec, 12:30 to 14:30", "3 Dec, 03:30 to 05:30"])]
fn a_day_is_said_once_where_both_ends_lie_on_it_in_the_zone_of_the_viewer(
    #[case] zone: &str,
    #[case] told: [&str; 3],
) {
    // 2026-12-01T23:00:00Z is midnight in Berlin.
    let midnight = 1_796_166_000_000;
    let window = |hour: i64| {
        let mut window = sample::window(0, 1, 14 * 24 * 60, "", &["api"]);
        window.start.0 = midnight + hour * HOUR_MS;
        window.end.0 = window.start.0 + 2 * HOUR_MS;
        window
    };
    let stage = Stage::of(sample::scene(&[Story::new("API")], [2, 8, 23].map(window).into()));
    let mut browser = seen_in(zone, &stage, "/");
    let notices = "[...document.querySelectorAll('.notice p')].map(p => p.textContent)";
    let lines = told.map(|when| format!("Maintenance planned · {when} (2 h) · API"));
    let said = browser.eval(notices).to_string().replace('\u{a0}', " ");
    assert_eq!(said, json!(lines).to_string());
    assert_eq!(browser.faults, [""; 0]);
}

/// The same of instants to the second, in a table that says them in both zones.
#[rstest]
#[case("Europe/Berlin", "2026-10-31 16:54:07", "18:24:07")]
#[case("Asia/Tokyo", "2026-11-01 00:54:07", "02:24:07")]
#[case("Asia/Kolkata", "2026-10-31 21:24:07", "22:54:07")]
#[case("Asia/Yangon", "2026-10-31 22:24:07", "23:54:07")]
#[case("Asia/Dhaka", "2026-10-31 21:54:07", "23:24:07")]
#[case("Australia/Eucla", "2026-11-01 00:39:07", "02:09:07")]
#[case("Asia/Novosibirsk", "2026-10-31 22:54:07", "2026-11-01 00:24:07")]
fn an_exact_end_says_its_day_only_where_it_is_another(
    #[case] zone: &str,
    #[case] from: &str,
    #[case] to: &str,
) {
    let stage = Stage::of(sample::outage());
    let mut browser = seen_in(zone, &stage, OUTAGE);
    let cells = "[...document.querySelectorAll('[aria-labelledby=uncounted] tr:last-child time')]\
                 .map(time => time.textContent)";
    assert_eq!(browser.eval(cells), json!([from, to]));
}

/// All of a page can be read on a phone: it never scrolls sideways itself, and what does so
/// within it is the months, which show that there are more.
#[rstest]
#[case::states(sample::mixture(), &["/", "/monitors/sign-in", "/monitors/billing", "/report/2026-11", "/report/2026"])]
#[case::outage(sample::outage(), &[OUTAGE, "/monitors/api"])]
#[case::groups(sample::grouped(), &["/", "/groups/shop", "/report/2026-Q4"])]
#[case::corrected(sample::closed(), &["/report/2026-10", "/monitors/api/explain?month=2026-10"])]
#[case::explained(sample::explained(), &["/monitors/api/explain?month=2026-11", "/groups/all/explain?month=2026-11"])]
#[case::maintained(sample::maintained(), &["/", "/monitors/api", "/report/2026-11"])]
#[case::emergency(sample::emergency(), &["/", "/monitors/api", "/report/2026-11"])]
#[case::words(sample::wordy(), &["/", "/monitors/unbroken", "/monitors/pipeline", "/report/2026-11"])]
#[case::nothing(sample::scene(&[], Vec::new()), &["/", "/nope", "/report"])]
fn a_phone_shows_every_column(#[case] scene: Scene, #[case] paths: &[&str]) {
    let stage = Stage::of(scene);
    let mut browser = Browser::open(360, 800);
    for path in paths {
        browser.visit(&format!("{}{path}", stage.everup));
        browser.eval("document.querySelectorAll('details').forEach(of => of.open = true)");
        let fits =
            "document.documentElement.scrollWidth == document.documentElement.clientWidth";
        assert_eq!(browser.eval(fits), true, "{path}");
        let cut = "[...document.querySelectorAll('.scroll:not(.newest)')]\
                   .filter(box => box.scrollWidth > box.clientWidth)\
                   .map(box => box.getAttribute('aria-label'))";
        assert_eq!(browser.eval(cut), json!([]), "{path}");
        let months = "[...document.querySelectorAll('.newest')]\
                      .filter(box => box.scrollWidth > box.clientWidth).every(box => box.tabIndex == 0 \
                      && getComputedStyle(box.querySelector('tbody th'), '::after').opacity == 1)";
        assert_eq!(browser.eval(months), true, "{path}");
    }
}

/// One that is down and one in maintenance, each since a few days, with a gap: the figure
/// beside the state is long.
fn long_figures() -> Scene {
    let young = |name: &str| {
        let gap = (26 * 60, 300, Event::Gap);
        Story::new(name).since(2 * 24 * 60).with(gap.0, gap.1, gap.2)
    };
    let down = young("API").with(41, 60, Event::Fails("HTTP 502 from 203.0.113.7"));
    let windows = vec![sample::window(38, 120, 3 * 24 * 60, "New disks", &["web"])];
    sample::scene(&[down, young("Web")], windows)
}

/// `Down sinc / e 15:17` is no way to say it.
#[test]
fn no_word_of_a_state_is_broken_beside_a_long_figure() {
    let stage = Stage::of(long_figures());
    let mut browser = Browser::open(360, 800);
    browser.visit(&stage.everup);
    let broken = "[...document.querySelectorAll('td.state, td.uptime')].flatMap(cell => {
        const words = [], walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        for (let node; node = walk.nextNode();)
            for (const word of node.data.matchAll(/[^\\s–-]+/g)) {
                const range = document.createRange();
                range.setStart(node, word.index);
                range.setEnd(node, word.index + word[0].length);
                const tops = [...range.getClientRects()].map(of => of.top);
                if (new Set(tops).size > 1) words.push(word[0]);
            }
        return words;
    })";
    assert_eq!(browser.eval(broken), json!([]));
    browser.picture("long_figures_360");
}

#[test]
fn a_figure_of_three_lines_does_not_touch_the_rules_of_its_row() {
    let stage = Stage::of(long_figures());
    let mut browser = Browser::open(1_280, 800);
    browser.visit(&stage.everup);
    let room = "Math.min(...[...document.querySelectorAll('td.uptime')].map(cell => {
        const row = cell.getBoundingClientRect();
        const within = [...cell.children].map(of => of.getBoundingClientRect());
        return Math.min(within[0].top - row.top, row.bottom - within.at(-1).bottom);
    })) >= 3";
    assert_eq!(browser.eval(room), true);
    browser.picture("long_figures_1280");
}
