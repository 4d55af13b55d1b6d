//! What pages and reports say of maintenance: what is under way and what is seen beneath it,
//! what takes longer than it was planned, what is over.

use crate::sample::{self, Event, Scene, Story};
use crate::visitor::Visitor;
use everup::domain::maintenance::MaintenanceWindow;
use everup::domain::period::Period;
use everup::domain::timestamp::MINUTE_MS;
use everup::report::closed::seal;
use everup::report::period::PeriodReport;
use everup::report::settings::{Contract, Settings};
use everup::report::verify::verify;
use everup::store::canonical;
use serde_json::{Value, json};

const DAY: i64 = 24 * 60;

/// What a reader reads of a page: no tags, plain spaces.
pub(crate) async fn read(scene: &Scene, path: &str) -> String {
    let page = Visitor::of(scene).get(path).await.body.replace('\u{a0}', " ");
    let page = page.replace("&nbsp;", " ").replace("&#39;", "'");
    let parts = page.split('<').skip(1);
    let text: String = parts.filter_map(|part| Some(part.split_once('>')?.1)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) async fn json(scene: &Scene, path: &str) -> Value {
    serde_json::from_str(&Visitor::of(scene).get(path).await.body).unwrap()
}

#[track_caller]
pub(crate) fn has(text: &str, said: &str) {
    assert!(text.contains(said), "{said:?} is not in {text}");
}

#[tokio::test]
async fn work_that_is_under_way_says_what_is_seen_beneath_it() {
    let scene = sample::maintained();
    let page = read(&scene, "/").await;
    has(&page, "2 of 4 are up, 2 in maintenance (API is down beneath).");
    has(&page, "Maintenance now · 11:24 to 13:24 (2 h) · API, Sign-in");
    has(&page, "Beneath it, API is down since 11:29 (26 min), Sign-in is up.");
    has(&page, "Down beneath it for 26 min: HTTP 502 from 203.0.113.7");
    has(&page, "Maintenance planned · 25 Nov, 07:54 to 08:54 (1 h) · all monitors");
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(place("Maintenance now") < place("Latency"));
    // API, which is in trouble beneath it, stands before Sign-in, which is not.
    assert!(place("Down beneath it") < place("100.00 %"));
    let monitor = read(&scene, "/monitors/api").await;
    has(
        &monitor,
        "API is in maintenance since 11:24 (30 min), and down beneath it since 11:29 (26 min): \
         HTTP 502 from 203.0.113.7.",
    );
    let quiet = read(&scene, "/monitors/sign-in").await;
    has(&quiet, "Sign-in is in maintenance since 11:24 (30 min).");
    assert!(quiet.contains("Beneath it, Sign-in is up.") && !quiet.contains("down beneath"));
}

#[tokio::test]
async fn where_all_are_in_maintenance_they_are_not_counted_one_by_one() {
    let page = read(&sample::wordy(), "/").await;
    has(&page, "All 4 monitors are in maintenance (Customer notification pipeline");
    let stories = [Story::new("API").paused(60, 90), Story::new("Web").paused(60, 90)];
    let page = read(&sample::scene(&stories, Vec::new()), "/").await;
    has(&page, "Both monitors are paused.");
}

#[tokio::test]
async fn an_outage_ranks_before_maintenance() {
    let stories = [
        Story::new("API").with(61, 70, Event::Fails("HTTP 502")),
        Story::new("Web").with(61, 70, Event::Fails("HTTP 503")),
    ];
    let windows = vec![sample::window(90, 120, 3 * DAY, "", &["api"])];
    let page = read(&sample::scene(&stories, windows), "/").await;
    has(&page, "Web is down since 10:54 (1 h 01 min): HTTP 503.");
    has(&page, "None of 2 is up, 1 in maintenance (API is down beneath).");
}

#[tokio::test]
async fn work_that_takes_longer_stands_first_and_says_so() {
    let scene = sample::overrunning();
    let page = read(&scene, "/").await;
    has(&page, "API is down since 11:11 (44 min): HTTP 502 from 203.0.113.7.");
    has(&page, "Maintenance takes longer · 11:07 to 11:37 (30 min) · API");
    has(
        &page,
        "It was planned until 11:37, 17 min ago, and API is still down, since 11:11. What lies \
         beyond its end counts.",
    );
    has(&page, "planned 30 min, took 47 min so far: 17 min count");
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(place("Maintenance takes longer") < place("Maintenance planned"));
    assert!(read(&scene, "/monitors/api").await.contains("Maintenance takes longer"));
    let other = read(&scene, "/monitors/web").await;
    assert!(!other.contains("takes longer") && other.contains("the second shelf"));
}

/// The same work twice: once it took its target down, once that was down before.
#[tokio::test]
async fn who_was_down_before_the_work_began_does_not_make_it_take_longer() {
    let told = async |down_since: i64| {
        let story = Story::new("API").every_ms(MINUTE_MS).since(2 * DAY).with(
            down_since,
            down_since - 80,
            Event::Fails("HTTP 502"),
        );
        let windows = vec![sample::window(110, 20, 3 * DAY, "New disks", &["api"])];
        read(&sample::scene(&[story], windows), "/").await
    };
    has(&told(108).await, "planned 20 min, took 31 min: 11 min count");
    let before = told(115).await;
    assert!(before.contains("New disks") && !before.contains("took"), "{before}");
}

#[tokio::test]
async fn whoever_is_down_in_an_emergency_is_down_and_both_are_said() {
    let page = read(&sample::emergency(), "/").await;
    has(&page, "API is down since 11:43 (12 min)");
    has(&page, "1 of 2 is up. Maintenance is under way whose time counts.");
    has(&page, "Emergency maintenance now · 11:39 to 12:39 (1 h) · API");
    has(&page, "An emergency, announced 1 min ahead: its time counts.");
    has(&page, "Beneath it, API is down since 11:43 (12 min).");
    has(&page, "Announced 4 h ahead, less than 48 h: its time counts.");
}

#[tokio::test]
async fn what_is_over_is_listed_with_what_was_seen_and_what_counts() {
    let scene = sample::maintained();
    for path in ["/", "/monitors/api"] {
        let page = read(&scene, path).await;
        has(
            &page,
            "API: down 26 min 04 s, up 3 min 56 s; planned 30 min, took 48 min: 18 min count",
        );
        has(&page, "40 min of 2 h");
        assert!(!page.contains("called off"), "it never took place");
    }
    let page = read(&scene, "/").await;
    has(&page, "Search: not checked 30 min, up 10 min");
    has(&page, "API, Sign-in, Web: up throughout");
    has(
        &page,
        "Web, Search: up throughout Announced 1 h ahead, less than 48 h: its time counts.",
    );
    assert!(!read(&scene, "/monitors/api").await.contains("An urgent patch"));
    // What a long message begins with is shown, and the rest is at hand.
    assert_eq!(page.matches("The database moves to new disks.").count(), 2);
    let well = read(&sample::well(), "/").await;
    assert!(!well.contains("aintenance of the") && !well.contains("maintenance.ics"));
}

#[tokio::test]
async fn more_windows_than_anyone_reads_are_counted() {
    let scene = sample::nightly();
    let page = read(&scene, "/").await;
    assert_eq!(page.matches("Maintenance planned").count(), 5);
    has(
        &page,
        "3 more windows are planned: the next ones are in the calendar, all of them in the \
         list of windows, as data.",
    );
    has(&page, "15 more are in the reports of their months.");
    has(&page, "40 min count, because the contract's allowance was used up");
    has(&page, "its time leaves the figure, as far as the contract allows.");
    let report = read(&scene, "/report/2026-11").await;
    assert_eq!(
        report.matches("Nightly backup").count(),
        28 - 2,
        "those of December are not"
    );
}

#[tokio::test]
async fn of_many_monitors_the_worst_are_told_of() {
    let stories: Vec<Story> = (0..60)
        .map(|n| {
            let story = Story::new(&format!("Service {n:02}"));
            match n {
                41 => story.with(3 * DAY + 40, 100, Event::Fails("HTTP 500")),
                52 => story.with(3 * DAY + 40, 30, Event::Gap),
                _ => story,
            }
        })
        .collect();
    let windows = vec![sample::window(3 * DAY + 60, 60, 3 * DAY, "", &[])];
    let scene = sample::scene(&stories, windows);
    let report = json(&scene, "/report/2026-11.json").await;
    let window = &report["maintenance"][0];
    let ids: Vec<&str> = (window["beneath"].as_array().unwrap().iter())
        .map(|of| of["id"].as_str().unwrap())
        .collect();
    assert_eq!((ids.len(), &window["more"]), (20, &json!(40)));
    assert_eq!(ids[..3], ["service-41", "service-52", "service-00"]);
    let page = read(&scene, "/").await;
    has(&page, "Service 00, Service 01, Service 02 and 15 more: up throughout");
    has(&page, "40 more: no worse than these");
}

#[tokio::test]
async fn every_form_of_a_report_tells_of_maintenance() {
    let scene = sample::maintained();
    let overrun =
        "API: down 26 min 04 s, up 3 min 56 s; planned 30 min, took 48 min: 18 min count";
    for path in ["/report/2026-11", "/report/2026-11.txt", "/report/2026-11.md"] {
        let page = Visitor::of(&scene).get(path).await.body.replace('\u{a0}', " ");
        for said in [
            "Maintenance",
            if path.contains('.') {
                overrun
            } else {
                "planned 30 min, took 48 min: 18 min count"
            },
            if path.contains('.') { "18 min of 44 min" } else { "<small>of 44 min</small>" },
            "The mean time to recovery is of whole outages",
            if path.contains('.') {
                "Looked at here: only its first 30 min"
            } else {
                "<bdi>Looked at here</bdi>: only its first 30 min"
            },
            "New certificates",
            "Announced 1 h ahead, less than 48 h: its time counts.",
        ] {
            has(&page, said);
        }
        assert!(!page.contains("<script>alert") || path.ends_with(".txt"), "{path}");
        // A day that both ends have is said once.
        let separator = if path.ends_with(".txt") { " to " } else { " | " };
        if path.contains('.') {
            has(&page, &format!("2026-11-19 11:54:07{separator}12:24:07"));
        }
    }
    let pdf = Visitor::of(&scene).get("/report/2026-11.pdf").await.bytes;
    let pdf = pdf_extract::extract_text_from_mem(&pdf).unwrap();
    let pdf: Vec<&str> = pdf.split_whitespace().collect();
    for said in [
        overrun,
        "18 min of 44 min",
        "The mean time to recovery is of whole outages",
        "2026-11-19 11:54:07 to 12:24:07 · 30 min · API",
        "Looked at here: only its first 30 min",
    ] {
        has(&pdf.join(" "), said);
    }
    let report = json(&scene, "/report/2026-11.json").await;
    let windows = report["maintenance"].as_array().unwrap();
    let ids: Vec<i64> = windows.iter().map(|of| of["id"].as_i64().unwrap()).collect();
    assert_eq!(
        ids,
        [6, 5, 4, 1, 2, 3],
        "in order of their start, without what was called off"
    );
    assert_eq!(windows[0]["to"], "2026-11-12T11:34:07Z");
    assert_eq!(windows[1]["excluded"], false);
    assert_eq!(windows[2]["excluded"], true);
    assert_eq!(
        windows[2]["beneath"],
        json!([{
            "id": "api",
            "name": "API",
            "from": "2026-11-19T10:54:07Z",
            "to": "2026-11-19T11:24:07Z",
            "milliseconds": {
                "up": 236_000, "degraded": 0, "down": 1_564_000, "unknown": 0,
                "excluded": 30 * MINUTE_MS,
            },
            "overrun": {
                "planned_milliseconds": 30 * MINUTE_MS,
                "took_milliseconds": 2_876_000,
                "counted_milliseconds": 1_076_000,
                "ongoing": false,
            },
        }])
    );
    let api = &report["monitors"][0]["milliseconds"];
    assert_eq!(api["down"], 1_076_000, "what lies beyond is all the downtime that counts");
    assert_eq!(windows[4]["beneath"], json!([]), "nothing is seen before it begins");
    let under_way = &windows[3]["beneath"][0];
    assert_eq!(
        (&windows[3]["from"], &windows[3]["to"], &under_way["from"], &under_way["to"]),
        (
            &json!("2026-11-24T10:24:07Z"),
            &json!("2026-11-24T12:24:07Z"),
            &json!("2026-11-24T10:24:07Z"),
            &json!("2026-11-24T10:54:07Z"),
        )
    );
}

#[tokio::test]
async fn a_month_without_maintenance_has_no_section() {
    let scene = sample::well();
    assert!(json(&scene, "/report/2026-11.json").await.get("maintenance").is_none());
    for path in ["/report/2026-11.txt", "/report/2026-11.md"] {
        let text = Visitor::of(&scene).get(path).await.body;
        assert!(!text.contains("Maintenance"), "{text}");
    }
    assert!(
        !Visitor::of(&scene)
            .get("/report/2026-11")
            .await
            .body
            .contains("\"maintenance\"")
    );
}

#[tokio::test]
async fn an_outage_says_which_maintenance_it_outlasted() {
    let scene = sample::overrunning();
    let home = "/outages/api-20261124T101103.000Z";
    has(
        &read(&scene, home).await,
        "It began during maintenance that was planned until 11:37 (30 min), and has taken 47 min \
         so far; what lies beyond counts: 17 min.",
    );
    let told = json(&scene, &format!("/api/v1{home}")).await;
    let beyond_ms = told["milliseconds"]["down"].as_i64().unwrap();
    let overrun = &told["overrun"][0];
    assert_eq!(overrun["window"], 1);
    assert_eq!((&overrun["excluded"], &overrun["ongoing"]), (&json!(true), &json!(true)));
    assert_eq!(overrun["planned_milliseconds"], 30 * MINUTE_MS);
    assert_eq!(overrun["counted_milliseconds"], beyond_ms);
    assert_eq!(overrun["took_milliseconds"], 30 * MINUTE_MS + beyond_ms);
    let other = json(&sample::down(), "/api/v1/outages/api-20261124T102803.000Z").await;
    assert!(other.get("overrun").is_none());
}

/// Somebody looked away for four minutes after the work should have been over.
#[tokio::test]
async fn where_not_all_beyond_maintenance_counts_both_are_said() {
    let story = Story::new("API").every_ms(MINUTE_MS).since(2 * DAY);
    let story = story.with(86, 4, Event::Gap).with(108, 28, Event::Fails("HTTP 502"));
    let windows = vec![sample::window(110, 20, 3 * DAY, "New disks", &["api"])];
    let scene = sample::scene(&[story], windows);
    has(
        &read(&scene, "/").await,
        "planned 20 min, took 30 min 56 s: 6 min 56 s of 10 min 56 s count",
    );
    let outages = json(&scene, "/api/v1/outages").await;
    let id = outages["outages"][0]["id"].as_str().unwrap();
    has(
        &read(&scene, &format!("/outages/{id}")).await,
        "(20 min), and took 30 min 56 s; of the 10 min 56 s beyond, 6 min 56 s count.",
    );
}

/// What the dossier of the one outage says of the window that it outlasted.
async fn told_in_its_dossier(down_since: i64, window: MaintenanceWindow) -> String {
    let event = Event::Fails("HTTP 502");
    let story = Story::new("API").every_ms(MINUTE_MS).since(2 * DAY);
    let scene = sample::scene(&[story.with(down_since, down_since - 60, event)], vec![window]);
    let outages = json(&scene, "/api/v1/outages").await;
    read(
        &scene,
        &format!("/outages/{}", outages["outages"][0]["id"].as_str().unwrap()),
    )
    .await
}

#[tokio::test]
async fn a_dossier_says_why_the_time_of_work_counts() {
    let emergency = MaintenanceWindow {
        emergency: true,
        ..sample::window(110, 20, 17 * DAY, "", &["api"])
    };
    let told = told_in_its_dossier(108, emergency).await;
    has(&told, "and took 51 min; all of that counts, for it was an emergency.");
    let late = sample::window(110, 20, DAY, "", &["api"]);
    has(
        &told_in_its_dossier(108, late).await,
        "all of that counts, for it was not announced in time.",
    );
}

#[tokio::test]
async fn work_did_not_take_what_an_outage_took_that_had_begun_before() {
    let window = sample::window(110, 20, 3 * DAY, "", &["api"]);
    let told = told_in_its_dossier(150, window).await;
    has(
        &told,
        "It had begun before maintenance that was planned until 10:24 (20 min), and",
    );
    has(&told, "and went on for 31 min after it; that counts.");
    assert!(!told.contains("took"), "{told}");
}

/// Of an hour 28 min 25.3 s were maintenance, and 31 min 34.7 s count.
#[tokio::test]
async fn the_lengths_of_a_dossier_add_up() {
    let window = MaintenanceWindow {
        end: sample::ago(91).plus_ms(21_300),
        ..sample::window(130, 60, 3 * DAY, "", &["api"])
    };
    let told = told_in_its_dossier(120, window).await;
    has(
        &told,
        "Duration1 h Downtime that counts32 min Does not count28 min maintenance",
    );
    has(&told, "MonthNovember 2026: 32 min");
}

/// The closed report of October, with an outage that outlasted a window by seventeen minutes.
pub(crate) async fn closed() -> String {
    let story = Story::new("API").every_ms(MINUTE_MS).since(60 * DAY).with(
        30 * DAY,
        47,
        Event::Fails("HTTP 502"),
    );
    let web = Story::new("Web").since(60 * DAY);
    let windows = vec![
        sample::window(30 * DAY, 30, 3 * DAY, "New disks", &["api"]),
        sample::window(28 * DAY, 30, 60, "An urgent patch", &["web"]),
        MaintenanceWindow {
            cancelled_at: Some(sample::ago(27 * DAY - 10)),
            ..sample::window(27 * DAY, 120, 5 * DAY, "", &[])
        },
        // It begins in October and ends in November.
        sample::window(24 * DAY, 2 * DAY, 5 * DAY, "A move", &["web"]),
    ];
    seal_october(&sample::scene(&[story, web], windows)).await
}

pub(crate) async fn seal_october(scene: &Scene) -> String {
    seal_month(scene, "2026-10").await
}

pub(crate) async fn seal_month(scene: &Scene, month: &str) -> String {
    let board = scene.app.board.read();
    let histories = board.histories.iter().map(AsRef::as_ref);
    let period = Period::parse(month).unwrap();
    let (store, settings) = (scene.shelf.as_ref(), scene.app.report.load());
    let now = sample::ago(20 * DAY);
    let report = PeriodReport::make(store, histories, period, now, &settings, None).await;
    seal(&report.unwrap()).unwrap().text().to_string()
}

/// The same report with something changed, under a hash that fits.
pub(crate) fn forged(text: &str, change: impl Fn(&mut Value)) -> String {
    let mut form: Value = serde_json::from_str(text).unwrap();
    form.as_object_mut().unwrap().remove("sha256");
    change(&mut form);
    let hash = canonical::sha256(&form);
    form["sha256"] = json!(hash);
    form.to_string()
}

#[tokio::test]
async fn a_closed_month_has_its_maintenance_inside_its_hash() {
    let text = closed().await;
    let report = verify(&text).unwrap().report;
    assert_eq!(report.maintenance.works.len(), 4);
    let form: Value = serde_json::from_str(&text).unwrap();
    let windows = form["maintenance"].as_array().unwrap();
    assert_eq!(
        windows[0]["beneath"][0]["overrun"]["took_milliseconds"],
        48 * MINUTE_MS - 4_000
    );
    assert_eq!(windows[3]["status"], "ended");
    let changed = text.replace("New disks", "Old disks");
    let problems = verify(&changed).unwrap_err();
    assert!(problems[0].contains("sha256"), "{problems:?}");
}

#[tokio::test]
async fn a_month_that_was_closed_without_its_windows_still_verifies() {
    let old = forged(&closed().await, |form| {
        form.as_object_mut().unwrap().remove("maintenance");
    });
    assert!(verify(&old).unwrap().report.maintenance.works.is_empty());
}

#[tokio::test]
async fn maintenance_that_does_not_fit_the_figures_is_found() {
    let text = closed().await;
    let wrong = |change: &dyn Fn(&mut Value), said: &str| {
        let problems = verify(&forged(&text, |form| change(&mut form["maintenance"])));
        let problems = problems.unwrap_err().join("\n");
        assert!(problems.contains(said), "{said:?} is not in {problems}");
    };
    let no_window = "count as maintenance, and no window of at least 48 h notice has them";
    wrong(&|of| of[0]["emergency"] = json!(true), no_window);
    wrong(&|of| of[0]["emergency"] = json!(true), "/maintenance/0/excluded says true");
    // A millisecond less than 48 hours, and a window that ended earlier.
    let too_late = |of: &mut Value| of[0]["announced_at"] = json!("2026-10-23T10:54:07.001Z");
    wrong(&too_late, no_window);
    wrong(
        &|of| of[0]["end_time"] = json!("2026-10-25T11:24:06Z"),
        "1000 ms of the monitor api",
    );
    wrong(&|of| of[0]["monitors"] = json!(["web"]), no_window);
    wrong(&|of| of[1]["excluded"] = json!(true), "/maintenance/1/excluded says true");
    let seen = "says otherwise than its figures what was seen";
    wrong(&|of| of[0]["beneath"][0]["milliseconds"]["excluded"] = json!(0), seen);
    wrong(&|of| of[1]["beneath"][0]["milliseconds"]["down"] = json!(1), seen);
    let beyond = "says otherwise than its figures what went beyond";
    wrong(
        &|of| of[0]["beneath"][0]["overrun"]["counted_milliseconds"] = json!(1),
        beyond,
    );
    wrong(&|of| of[0]["beneath"][0]["id"] = json!("nobody"), "is not in the month");
    wrong(&|of| of[0]["status"] = json!("done"), "is no status");
}

#[tokio::test]
async fn whatever_was_announced_and_seen_a_closed_month_verifies() {
    let mut seed: u64 = 1;
    let mut below = |limit: i64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(seed >> 33).unwrap() % limit
    };
    for _ in 0..40 {
        let mut story = |name: &str| {
            let mut story = Story::new(name).since(65 * DAY - below(25) * DAY);
            for _ in 0..6 {
                let (from, minutes) = (20 * DAY + below(40 * DAY), below(3_000));
                let event =
                    [Event::Fails("HTTP 502"), Event::Slow, Event::Gap][below(3) as usize];
                story = story.with(from, minutes, event);
            }
            story.paused(25 * DAY + below(20 * DAY), below(2_000))
        };
        let stories = [story("API"), story("Web")];
        let windows = (0..6).map(|_| {
            let from = 22 * DAY + below(38 * DAY);
            let about: &[&str] = [&[][..], &["api"], &["web"]][below(3) as usize];
            let window = sample::window(from, below(4_000), below(5 * DAY), "", about);
            let cancelled_at = sample::ago(from - below(2_000));
            // What is over is not called off any more.
            let cancelled_at =
                (below(3) == 0 && cancelled_at <= window.end).then_some(cancelled_at);
            MaintenanceWindow { emergency: below(4) == 0, cancelled_at, ..window }
        });
        let scene = sample::scene(&stories, windows.collect());
        let allowance_ms = (below(2) == 0).then(|| below(3_000) * MINUTE_MS);
        scene.app.report.rcu(|settings| Settings {
            contract: Contract { allowance_ms, ..Contract::default() },
            ..Settings::clone(settings)
        });
        if let Err(problems) = verify(&seal_october(&scene).await) {
            panic!("{problems:#?}");
        }
    }
}

/// A table beside others, each with the day.
#[tokio::test]
async fn maintenance_that_is_over_is_told_with_its_day_and_to_the_second() {
    let windows = vec![sample::window(60, 30, 3 * DAY, "New disks", &[])];
    let scene = sample::scene(&[Story::new("API")], windows);
    for path in ["/", "/monitors/api"] {
        has(&read(&scene, path).await, "2026-11-24 10:54:0711:24:07");
    }
}

#[tokio::test]
async fn a_window_of_a_moment_is_told_to_the_second() {
    let moment = |from: i64, ms: i64| {
        let window = sample::window(from, 1, 3 * DAY, "", &[]);
        MaintenanceWindow { end: window.start.plus_ms(ms), ..window }
    };
    let scene = sample::scene(&[Story::new("API")], vec![moment(-10, 30_000)]);
    has(&read(&scene, "/").await, "2026-11-24 12:04:07 to 12:04:37 (30 s)");
    let scene = sample::scene(&[Story::new("API")], vec![moment(-10, 2 * MINUTE_MS)]);
    has(&read(&scene, "/").await, "12:04 to 12:06 (2 min)");
}
