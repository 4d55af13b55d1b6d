//! The banner on the pages of others, in a real browser.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, what is not there is a failure"
)]

mod browser;
mod own_pages;
#[allow(dead_code, reason = "it belongs to the tests of the pages, which use more of it")]
#[path = "../web/sample.rs"]
mod sample;
mod stage;

use browser::Browser;
use everup::domain::maintenance::MaintenanceWindow;
use everup::domain::timestamp::MINUTE_MS;
use rstest::rstest;
use sample::{Event, NOW, Scene, Story};
use serde_json::json;
use stage::{Stage, window};
use std::time::Duration;

const SHOWN: &str = "!!document.querySelector('everup-banner')?.shadowRoot.querySelector('.k')";
const GONE: &str = "!document.querySelector('everup-banner')";
const BAR: &str = "document.querySelector('everup-banner').shadowRoot.querySelector('.k')";
const HEADLINE: &str =
    "document.querySelector('everup-banner').shadowRoot.querySelector('p').textContent";
const HOUR: i64 = 3_600;

/// An everup that watches the API, which is well, and has these windows.
fn well(windows: Vec<MaintenanceWindow>) -> Scene {
    sample::scene(&[Story::new("API")], windows)
}

/// The API is down for a quarter of an hour.
fn down(windows: Vec<MaintenanceWindow>) -> Scene {
    let story = Story::new("API").every_ms(MINUTE_MS).since(60);
    sample::scene(&[story.with(15, 20, Event::Fails("HTTP 502"))], windows)
}

fn shown(stage: &Stage, path: &str) -> Browser {
    let mut browser = Browser::open(1_000, 500);
    browser.visit(&format!("{}{path}", stage.host));
    browser.until("the bar is shown", SHOWN);
    browser
}

#[test]
fn a_bar_says_what_when_and_whom_under_the_strictest_policy() {
    let stage = Stage::of(well(vec![window(26 * HOUR, 28 * HOUR, "New disks.")]));
    let mut browser = shown(&stage, "/");
    // 12:54 UTC, in Madrid, whose zone the browser has.
    assert_eq!(
        browser.text(HEADLINE).replace(['\u{202f}', '\u{2009}'], " "),
        "Scheduled maintenance Wed, Nov 25, 1:54 – 3:54 PM GMT+1 · API"
    );
    let message = "document.querySelector('everup-banner').shadowRoot.querySelectorAll('p')[1].textContent";
    assert_eq!(browser.text(message), "New disks.");
    let facts = "(bar => [bar.firstChild.role, bar.querySelector('button').ariaLabel, \
        bar.querySelector('a').href, getComputedStyle(bar).display])";
    assert_eq!(
        browser.eval(&format!("{facts}({BAR})")),
        json!(["status", "Close", format!("{}/", stage.everup), "flex"])
    );
    assert_eq!(browser.eval("document.body.firstChild.localName"), "everup-banner");
    assert_eq!(browser.eval("forbidden"), json!([]));
    assert_eq!(browser.faults, [""; 0]);
}

#[test]
fn the_bar_appears_changes_and_disappears_on_time() {
    let stage = Stage::of(well(vec![window(6, 10, "Short.")]));
    let mut browser = shown(&stage, "/");
    assert!(browser.text(HEADLINE).starts_with("Scheduled maintenance"));
    browser.until("work begins", &format!("{HEADLINE}.startsWith('Maintenance in progress')"));
    let late_ms = stage.now().since_ms(NOW.plus_ms(6_000));
    assert!((0..1_000).contains(&late_ms), "{late_ms} ms late");
    browser.until("work ends", GONE);
    let late_ms = stage.now().since_ms(NOW.plus_ms(10_000));
    assert!((0..1_000).contains(&late_ms), "{late_ms} ms late");
    // The answer that is asked for after the end does not bring it back.
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(browser.eval(GONE), true);
}

#[test]
fn a_visitor_whose_clock_is_wrong_sees_the_same() {
    let stage = Stage::of(well(vec![window(-60, 5, "Short.")]));
    let mut browser = Browser::open(1_000, 500);
    let wrong = "{ const D = Date.now; Date.now = () => D() + 9e7 }";
    browser.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": wrong}));
    browser.visit(&stage.host);
    browser.until("the bar is shown", SHOWN);
    browser.until("work ends", GONE);
    let late_ms = stage.now().since_ms(NOW.plus_ms(5_000));
    assert!((0..1_000).contains(&late_ms), "{late_ms} ms late");
}

#[test]
fn what_is_announced_or_called_off_is_seen_within_a_minute() {
    let stage = Stage::of(well(Vec::new()));
    let mut browser = Browser::open(1_000, 500);
    // Minutes pass as fast as they can be worked off.
    let hurry = "{ const S = setTimeout; window.setTimeout = (f, ms) => S(f, Math.min(ms, 60000) / 60); }";
    browser.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": hurry}));
    let asked = "{ const F = fetch; window.asked = 0; window.fetch = (...a) => { asked++; return F(...a) }; \
        const P = performance.now.bind(performance); performance.now = () => P() * 60; }";
    browser.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": asked}));
    browser.visit(&stage.host);
    browser.until("it has asked", "asked == 1");
    assert_eq!(browser.eval(GONE), true);
    stage.announce(vec![window(-60, 9 * HOUR, "At short notice.")]);
    let took = browser.until("the new window is shown", SHOWN);
    assert!(took < Duration::from_secs(3), "{took:?}");
    stage.announce(Vec::new());
    let took = browser.until("the window is gone", GONE);
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn a_page_out_of_sight_asks_nothing_until_it_is_looked_at() {
    let stage = Stage::of(well(vec![window(-60, 4 * HOUR, "Now.")]));
    let mut browser = Browser::open(1_000, 500);
    let away = "window.away = true; window.asked = 0; \
        Object.defineProperty(document, 'hidden', {get: () => away}); \
        { const F = fetch; window.fetch = (...a) => { asked++; return F(...a) } }";
    browser.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": away}));
    browser.visit(&stage.host);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(browser.eval("asked"), 0);
    browser.eval(
        "away = false; document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))",
    );
    browser.until("the bar is shown", SHOWN);
    assert_eq!(browser.eval("asked"), 1);
}

#[test]
fn closing_is_remembered_until_the_work_begins() {
    let stage = Stage::of(well(vec![window(9, 4 * HOUR, "Soon.")]));
    let mut browser = shown(&stage, "/");
    browser.press("Tab", 9);
    browser.press("Tab", 9);
    let focus = "document.querySelector('everup-banner').shadowRoot.activeElement";
    assert_eq!(browser.eval(&format!("{focus}.localName")), "button");
    assert_eq!(browser.eval(&format!("getComputedStyle({focus}).outlineStyle")), "solid");
    browser.press("Enter", 13);
    browser.until("it is closed", GONE);
    browser.reload();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(browser.eval(GONE), true);
    browser.until("it comes back", SHOWN);
    assert!(browser.text(HEADLINE).starts_with("Maintenance in progress"));
    assert!(stage.now() >= NOW.plus_ms(9_000));
    browser.eval(&format!("{BAR}.querySelector('button').click()"));
    browser.reload();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(browser.eval(GONE), true);
    assert_eq!(browser.faults, [""; 0]);
}

#[test]
fn it_closes_where_nothing_can_be_stored() {
    let stage = Stage::of(well(vec![window(-60, 4 * HOUR, "Now.")]));
    let mut browser = Browser::open(1_000, 500);
    let closed = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})";
    browser.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": closed}));
    browser.visit(&stage.host);
    browser.until("the bar is shown", SHOWN);
    browser.eval(&format!("{BAR}.querySelector('button').click()"));
    assert_eq!(browser.eval(GONE), true);
    browser.eval("dispatchEvent(new Event('visibilitychange'))");
    assert_eq!(browser.eval(GONE), true);
    assert_eq!(browser.faults, [""; 0]);
}

#[test]
fn whatever_the_owner_writes_stays_text() {
    let hostile = "<img src=x onerror=\"window.harmed=1\"><script>window.harmed=1</script>\n\u{202e}second";
    let about = MaintenanceWindow { monitors: Vec::new(), ..window(-60, 4 * HOUR, hostile) };
    // Without a policy nothing but the script itself stands between the words and the page.
    let lax = "<!doctype html><script src=EVERUP/banner.js defer></script>";
    let stage = Stage::with(well(vec![about]), &[("/lax", lax)]);
    for path in ["/lax", "/"] {
        let mut browser = shown(&stage, path);
        let message = format!("{BAR}.querySelectorAll('p')[1].textContent");
        assert_eq!(browser.text(&message), hostile, "{path}");
        let inside = format!("[...{BAR}.querySelectorAll('*')].map(e => e.localName).join()");
        assert_eq!(browser.eval(&inside), "div,p,a,time,p,button", "{path}");
        assert_eq!(browser.eval("window.harmed"), json!(null), "{path}");
    }
}

#[test]
fn long_words_wrap_and_never_widen_the_page() {
    let mut long = window(-60, 4 * HOUR, &"long".repeat(200));
    long.monitors.clear();
    let story = Story::new(&"Name".repeat(60)).id("api");
    let stage = Stage::of(sample::scene(
        &[story],
        vec![MaintenanceWindow { monitors: window(0, 1, "").monitors, ..long }],
    ));
    let mut browser = Browser::open(360, 640);
    browser.visit(&stage.host);
    browser.until("the bar is shown", SHOWN);
    let overflows = "document.documentElement.scrollWidth > innerWidth";
    assert_eq!(browser.eval(overflows), false);
    assert_eq!(browser.eval(&format!("{BAR}.scrollWidth > {BAR}.clientWidth")), false);
    assert_eq!(browser.eval(&format!("{BAR}.offsetHeight <= innerHeight / 2 + 20")), true);
    browser.picture("phone-long");
}

#[test]
fn work_that_takes_longer_is_told_and_an_outage_only_where_it_is_wanted() {
    let stage = Stage::of(down(vec![window(-30 * 60, -10 * 60, "Disks.")]));
    let mut browser = shown(&stage, "/");
    browser.picture("overrunning");
    assert!(
        browser
            .text(HEADLINE)
            .starts_with("Maintenance takes longer than planned Tue, Nov 24, 11:24")
    );
    browser.eval(&format!("{BAR}.querySelector('button').click()"));
    browser.until(
        "the outage is next",
        &format!("{SHOWN} && {HEADLINE}.startsWith('Outage since Tue, Nov 24')"),
    );
    let again = shown(&stage, "/place").text(HEADLINE);
    assert!(again.starts_with("La maintenance dure plus"), "{again}");

    let stage = Stage::of(down(Vec::new()));
    let mut browser = shown(&stage, "/");
    assert_eq!(browser.eval(&format!("{BAR}.firstChild.role")), "alert");
    browser.picture("outage");
    browser.visit(&format!("{}/place", stage.host));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(browser.eval(GONE), true);
}

#[test]
fn a_page_may_say_where_the_bar_goes() {
    let stage = Stage::of(well(vec![window(-60, HOUR, "Now.")]));
    let mut browser = shown(&stage, "/place");
    let parent =
        "document.querySelector('everup-banner').parentNode.hasAttribute('data-everup-banner')";
    assert_eq!(browser.eval(parent), true);
    assert!(browser.text(HEADLINE).starts_with("Maintenance en cours mar. 24 nov."));
}

#[test]
fn loaded_twice_it_shows_once() {
    let page = "<!doctype html><html lang=en><head><script src=EVERUP/banner.js></script>\
        <script src=EVERUP/banner.js defer></script></head><body><p>Twice.";
    let stage = Stage::with(well(vec![window(-60, HOUR, "Now.")]), &[("/twice", page)]);
    let mut browser = shown(&stage, "/twice");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(browser.eval("document.querySelectorAll('everup-banner').length"), 1);
    assert_eq!(browser.faults, [""; 0]);
}

#[test]
fn two_everups_show_a_bar_each_and_are_closed_each() {
    let page = "<!doctype html><html lang=en><head><script src=EVERUP/banner.js defer></script>\
        <script src=EVERUP/banner.js?another defer></script></head><body><p>Two.";
    let stage = Stage::with(well(vec![window(-60, HOUR, "Now.")]), &[("/two", page)]);
    let mut browser = shown(&stage, "/two");
    let both = "document.querySelectorAll('everup-banner').length == 2";
    browser.until("both are shown", both);
    std::thread::sleep(Duration::from_millis(500));
    browser.eval(&format!("{BAR}.querySelector('button').click()"));
    browser.reload();
    browser.until("the other one is shown", SHOWN);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(browser.eval("document.querySelectorAll('everup-banner').length"), 1);
    assert_eq!(browser.faults, [""; 0]);
}

#[test]
fn an_emergency_is_called_so() {
    for (from_s, words) in
        [(26 * HOUR, "Emergency maintenance Wed"), (-60, "Emergency maintenance Tue")]
    {
        let emergency =
            MaintenanceWindow { emergency: true, ..window(from_s, 28 * HOUR, "At once.") };
        let stage = Stage::of(well(vec![emergency]));
        let mut browser = shown(&stage, "/");
        let text = browser.text(HEADLINE);
        assert!(text.starts_with(words), "{text}");
    }
}

#[test]
fn the_bar_is_not_printed() {
    let stage = Stage::of(well(vec![window(-60, HOUR, "Now.")]));
    let mut browser = shown(&stage, "/");
    browser.call("Emulation.setEmulatedMedia", json!({"media": "print"}));
    assert_eq!(browser.eval(&format!("getComputedStyle({BAR}).display")), "none");
}

#[test]
fn names_of_another_kind_are_shown_as_they_are() {
    let stage = Stage::of(well(vec![window(-60, HOUR, "Now.")]));
    let mut browser = Browser::open(1_000, 500);
    let odd = "{ const F = fetch; window.fetch = async (...a) => { \
        const j = await (await F(...a)).json(); j.windows[0].monitors = 'all'; \
        return {json: async () => j} } }";
    browser.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": odd}));
    browser.visit(&stage.host);
    browser.until("the bar is shown", SHOWN);
    let text = browser.text(HEADLINE);
    assert!(text.ends_with(" · all"), "{text}");
    assert_eq!(browser.faults, [""; 0]);
}

#[test]
fn a_bar_that_comes_back_never_says_what_it_said_before() {
    let stage = Stage::of(well(vec![window(5, 4 * HOUR, "Soon.")]));
    let mut browser = shown(&stage, "/");
    browser.eval(&format!("{BAR}.querySelector('button').click()"));
    assert_eq!(browser.eval(GONE), true);
    // What is said at the very moment when it is there again.
    browser.eval(
        "window.said = null; new MutationObserver(() => { \
         const e = document.querySelector('everup-banner'); \
         if (e && said === null) said = e.shadowRoot.textContent }) \
         .observe(document.body, {childList: true})",
    );
    browser.until("it comes back", "said !== null");
    assert!(
        !browser.text("said").contains("Scheduled"),
        "it said what it had said before"
    );
}

#[rstest]
#[case("lang=de-AT", "", "Wartung läuft Di., 24. Nov.")]
#[case("lang=en-GB", "", "Maintenance in progress Tue 24 Nov")]
#[case("lang=es", "", "Mantenimiento en curso mar, 24 nov")]
#[case("lang=zh-Hans", "", "正在维护 11/24周二")]
#[case("lang=zh-TW", "", "Maintenance in progress Tue, Nov 24")]
#[case("lang=zh-Hant-HK", "", "Maintenance in progress Tue, Nov 24")]
#[case("lang=en", "data-lang=fr", "Maintenance en cours mar. 24 nov.")]
#[case("lang=tlh", "", "Maintenance in progress Tue, Nov 24")]
#[case("lang=constructor", "", "Maintenance in progress Tue, Nov 24")]
#[case("lang=de_DE", "", "Wartung läuft Di., 24. Nov.")]
#[case("", "", "Maintenance in progress Tue, Nov 24")]
fn it_speaks_the_language_of_the_page(
    #[case] lang: &str,
    #[case] data: &str,
    #[case] words: &str,
) {
    let page = format!(
        "<!doctype html><html {lang}><script src=EVERUP/banner.js defer {data}></script><p>Hi."
    );
    let stage = Stage::with(well(vec![window(-60, HOUR, "")]), &[("/lang", &page)]);
    let mut browser = shown(&stage, "/lang");
    let text = browser.text(HEADLINE);
    assert!(text.starts_with(words), "{text}");
    assert_eq!(browser.faults, [""; 0]);
}

#[test]
fn on_a_page_from_right_to_left_the_bar_is_turned() {
    let stage = Stage::of(well(vec![window(26 * HOUR, 28 * HOUR, "أقراص جديدة.")]));
    let mut browser = shown(&stage, "/rtl");
    browser.picture("rtl");
    let sides = "(bar => [getComputedStyle(bar).direction, bar.querySelector('time').dir, \
        bar.querySelector('button').getBoundingClientRect().x < 100, \
        getComputedStyle(bar).borderRightWidth, getComputedStyle(bar).borderLeftWidth])";
    assert_eq!(
        browser.eval(&format!("{sides}({BAR})")),
        json!(["rtl", "auto", true, "4px", "0px"])
    );
}

fn luminance(colour: &str) -> f64 {
    let inner = colour.strip_prefix("rgb(").unwrap().strip_suffix(')').unwrap();
    let parts: Vec<f64> = inner.split(", ").map(|part| part.parse().unwrap()).collect();
    let linear = |value: f64| {
        let share = value / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(parts[0]) + 0.7152 * linear(parts[1]) + 0.0722 * linear(parts[2])
}

/// Text 4.5:1, the mark 3:1 (WCAG 2). The ground says whether the bar is dark.
#[rstest]
#[case("/", "light", false)]
#[case("/", "dark", true)]
#[case("/dark", "light", true)]
#[case("/lit", "dark", false)]
#[case("/own", "light", true)]
fn the_bar_is_readable_in_light_and_dark(
    #[case] path: &str,
    #[case] preferred: &str,
    #[case] dark: bool,
) {
    let pages = [
        (
            "/lit",
            "<!doctype html><meta name=color-scheme content=light><script src=EVERUP/banner.js defer></script>",
        ),
        (
            "/own",
            "<!doctype html><script src=EVERUP/banner.js data-theme=dark data-outage defer></script>",
        ),
    ];
    for scene in [down(Vec::new()), well(vec![window(-60, HOUR, "Disks.")])] {
        let is_down = scene.app.board.read().windows.is_empty();
        if is_down && !matches!(path, "/" | "/own") {
            continue;
        }
        let stage = Stage::with(scene, &pages);
        let mut browser = Browser::open(1_000, 500);
        browser.prefer("prefers-color-scheme", preferred);
        browser.visit(&format!("{}{path}", stage.host));
        browser.until("the bar is shown", SHOWN);
        browser.picture(&format!("{}-{preferred}-{is_down}", path.replace('/', "page")));
        let mut colour = |element: &str, property: &str| {
            luminance(&browser.text(&format!("getComputedStyle({element}).{property}")))
        };
        let link = format!("{BAR}.querySelector('a')");
        let button = format!("{BAR}.querySelector('button')");
        let ground = colour(BAR, "backgroundColor");
        assert_eq!(ground < 0.5, dark);
        let contrast = |one: f64| (one.max(ground) + 0.05) / (one.min(ground) + 0.05);
        for text in [colour(BAR, "color"), colour(&link, "color"), colour(&button, "color")] {
            assert!(contrast(text) >= 4.5, "{}", contrast(text));
        }
        let mark = contrast(colour(BAR, "borderInlineStartColor"));
        assert!(mark >= 3.0, "{mark}");
    }
}

#[test]
fn nothing_moves_and_nothing_else_is_pushed() {
    let stage = Stage::of(well(vec![window(-60, 4 * HOUR, "Now.")]));
    let mut browser = shown(&stage, "/");
    assert_eq!(browser.eval("document.getAnimations().length"), 0);
    assert_eq!(browser.eval(&format!("getComputedStyle({BAR}).transitionDuration")), "0s");
    let script = include_str!("../../assets/banner.js");
    for motion in ["animation", "transition", "@keyframes", "innerHTML", "insertAdjacent"] {
        assert!(!script.contains(motion), "{motion}");
    }
}

#[test]
fn an_everup_that_does_not_answer_is_asked_less_and_less() {
    let stage = Stage::of(well(vec![window(-60, 4 * HOUR, "Now.")]));
    let mut browser = Browser::open(1_000, 500);
    let broken = "window.waits = []; { const S = setTimeout; let n = 0; \
        window.setTimeout = (f, ms) => { if (ms < 100) return S(f, ms); waits.push(Math.round(ms / 1000)); return S(f, n++ < 9 ? 1 : 1e6) }; \
        const P = performance.now.bind(performance); let ahead = 0; \
        performance.now = () => P() + waits.reduce((a, b) => a + b * 1000, 0); \
        window.fetch = () => Promise.reject(new TypeError('no')); }";
    browser.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": broken}));
    browser.visit(&stage.host);
    browser.until("it has waited often", "waits.length > 8");
    let waits = browser.eval("waits.slice(0, 8)");
    assert_eq!(waits, json!([30, 60, 120, 240, 480, 480, 480, 480]));
    assert_eq!(browser.eval(GONE), true);
}
