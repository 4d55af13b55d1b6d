//! Histories of other monitors, from real files of theirs into a real store of ours.

mod command;
mod elsewhere;
mod kuma;
mod refusals;

use elsewhere::{Elsewhere, NOW, at};
use everup::domain::check::{Check, Verdict};
use everup::domain::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use everup::store::contract::Store;
use everup::store::import::Imported;
use everup::transfer::mapping::Wanted;
use kuma::{DOWN, Kuma, MAINTENANCE, PENDING, UP};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A history as it is found: two days of which counts are left and the beats of a change,
/// and a last day that is whole.
async fn thinned(folder: &std::path::Path) -> Kuma {
    let mut kuma = Kuma::new(folder).await;
    let api = kuma.monitor("API", "https://api.example.com/health", "http").await;
    kuma.beat(api, at(10, 0), UP).await;
    kuma.beat(api, at(11, 3_600), DOWN).await;
    kuma.beat(api, at(11, 7_200), UP).await;
    kuma.day(api, at(10, 0), 1_440, 0).await;
    kuma.day(api, at(11, 0), 1_379, 61).await;
    for minute in 0..1_440 {
        let status = match minute {
            100 => PENDING,
            101..105 => DOWN,
            200..230 => MAINTENANCE,
            _ => UP,
        };
        kuma.beat(api, at(12, minute * 60), status).await;
    }
    kuma.day(api, at(12, 0), 1_405, 5).await;
    // The day that runs is not over.
    kuma.beat(api, at(13, 0), UP).await;
    kuma.day(api, at(13, 0), 1, 0).await;
    kuma
}

#[tokio::test]
async fn beats_become_checks_and_days_without_them_stay_counts() {
    let ours = Elsewhere::new().await;
    let path = thinned(ours.folder.path()).await.stop().await;
    let taken = ours.kuma(&path, &Wanted::default()).await.unwrap();
    let imported = Imported { checks: 1_444, counts: 2, origins: 2, ..Imported::default() };
    assert_eq!(taken.imported, imported);
    assert_eq!((taken.left_out, taken.unmapped.len()), (0, 0));

    let checks = ours.of_kind("check").await;
    assert_eq!(checks[0]["latency_ms"], 25.0);
    assert_eq!((&checks[0]["verdict"], &checks[0]["reason"]), (&json!("ok"), &json!(null)));
    let said = |n: usize| (checks[n]["verdict"].clone(), checks[n]["reason"].clone());
    let failed = json!("Uptime Kuma: Request failed with status code 502");
    assert_eq!(said(1), (json!("fail"), failed.clone()));
    assert_eq!(said(103), (json!("fail"), failed), "pending is a failed check");
    let silent = json!("Uptime Kuma: Monitor under maintenance");
    assert_eq!(said(203), (json!("unknown"), silent));

    let counts = ours.of_kind("count").await;
    assert_eq!(counts.len(), 2, "of the whole day there are checks, and the last runs");
    assert_eq!(
        counts[1],
        json!({"kind": "count", "monitor": "api", "source": "uptime-kuma",
               "from": "2026-11-12T00:00:00.000Z", "to": "2026-11-13T00:00:00.000Z",
               "up": 1_379, "down": 61})
    );
}

#[tokio::test]
async fn a_count_is_beside_the_figure_and_its_time_is_unknown() {
    let ours = Elsewhere::new().await;
    let path = thinned(ours.folder.path()).await.stop().await;
    ours.kuma(&path, &Wanted::default()).await.unwrap();
    let api = ours.november("api").await;
    let ms = |class: &str| api["milliseconds"][class].as_i64().unwrap();
    // The last day without its maintenance, the minute of the next day, and the lone
    // beats of the days before; with F = 1 the pending one opens the outage.
    let lone = 3 * MINUTE_MS;
    assert_eq!(ms("down"), 5 * MINUTE_MS + MINUTE_MS);
    let seen = (DAY_MS - 30 * MINUTE_MS) + MINUTE_MS + lone;
    assert_eq!(ms("up") + ms("down"), seen);
    let before = at(10, 0).since_ms(at(0, 0));
    // Time begins with the first record.
    assert_eq!(ms("outside"), before + at(30, 0).since_ms(NOW));
    assert_eq!(ms("unknown"), ms("window") - ms("outside") - seen);
    assert_eq!(
        api["imported"][0]["counted"],
        json!({"from": "2026-11-11T00:00:00Z", "to": "2026-11-13T00:00:00Z",
               "up_checks": 2_819, "down_checks": 61, "counts": 2,
               "counted_milliseconds": 2 * DAY_MS})
    );
    let files = api["imported"][0]["files"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    assert_eq!(files[0]["records"], "counts");
    assert_eq!(
        (&files[1]["records"], &files[1]["added"]),
        (&json!("checks"), &json!(1_444))
    );
    assert_eq!(files[1]["to"], "2026-11-14T00:01:00Z");
}

/// Mutant: maintenance of Uptime Kuma that is told as a fault of everup.
#[tokio::test]
async fn maintenance_there_is_explained_as_theirs() {
    let ours = Elsewhere::new().await;
    let path = thinned(ours.folder.path()).await.stop().await;
    ours.kuma(&path, &Wanted::default()).await.unwrap();
    let told = ours.explained("api").await;
    let in_maintenance = |values: &Value| -> Vec<Value> {
        let values = values.as_array().unwrap().iter();
        values.filter(|of| of["from"] == "2026-11-13T03:20:00Z").cloned().collect()
    };
    let [event] = &in_maintenance(&told["events"])[..] else { panic!("{told}") };
    assert_eq!((&event["kind"], &event["cause"]), (&json!("gap"), &json!("not-looked")));
    assert_eq!(event["source"], "uptime-kuma");
    assert_eq!(event["counts_as"]["unknown"], 30 * MINUTE_MS);
    assert_eq!(
        event["text"],
        "Uptime Kuma kept 30 checks that say neither up nor down: it was in maintenance and \
         did not look, so nothing is known of the target."
    );
    assert_eq!(event["checks"][1]["reason"], "Uptime Kuma: Monitor under maintenance");
    let [part] = &in_maintenance(&told["parts"])[..] else { panic!("{told}") };
    assert_eq!((&part["class"], &part["cause"]), (&json!("unknown"), &json!("not-looked")));
    assert_eq!(part["source"], "uptime-kuma");
    assert!(!told.to_string().contains("not-judged"), "{told}");
}

#[tokio::test]
async fn the_same_again_changes_nothing() {
    let ours = Elsewhere::new().await;
    let path = thinned(ours.folder.path()).await.stop().await;
    ours.kuma(&path, &Wanted::default()).await.unwrap();
    let before = ours.everything().await;
    let again = ours.kuma(&path, &Wanted::default()).await.unwrap();
    let known = Imported { known_checks: 1_444, ..Imported::default() };
    assert_eq!((again.imported, again.left_out), (known, 0));
    assert_eq!(ours.everything().await, before);
}

#[tokio::test]
async fn a_later_state_of_the_same_file_adds_what_is_new() {
    let ours = Elsewhere::new().await;
    let mut kuma = thinned(ours.folder.path()).await;
    ours.kuma(&kuma.path, &Wanted::default()).await.unwrap();
    // A day on, the beats of the whole day are gone but for the changes. The next beat
    // comes within a minute of the last one that was taken over.
    kuma.execute("DELETE FROM heartbeat WHERE time LIKE '2026-11-13%' AND status = 1")
        .await;
    for second in [20, 40, 60] {
        kuma.beat(1, at(13, second), DOWN).await;
    }
    kuma.beat(1, at(14, 5), UP).await;
    kuma.execute("UPDATE stat_daily SET up = 1, down = 3 WHERE timestamp = 1794614400")
        .await;
    let path = kuma.stop().await;
    let taken = ours.kuma(&path, &Wanted::default()).await.unwrap();
    assert_eq!((taken.imported.checks, taken.left_out), (4, 0));
    // The day that is whole here is now a count there.
    assert_eq!(taken.imported.counts, 1);
    let before = ours.everything().await;
    assert_eq!(ours.kuma(&path, &Wanted::default()).await.unwrap().imported.checks, 0);
    assert_eq!(ours.everything().await, before);
}

#[tokio::test]
async fn what_everup_saw_itself_stands() {
    let ours = Elsewhere::new().await;
    // Watched on day 12 from 01:00 to 02:00.
    let histories = ours.store.load().await.unwrap();
    let key = histories.histories[0].key;
    let own = |minute: i64| Check {
        started_at: at(12, minute * 60 + 7),
        verdict: Verdict::Ok,
        latency_us: Some(9_000),
        evidence: None,
    };
    let checks: Vec<Check> = (60..120).map(own).collect();
    let mut import = ours.store.import().await.unwrap();
    import.checks(key, &checks).await.unwrap();
    import.finish().await.unwrap();

    let path = thinned(ours.folder.path()).await.stop().await;
    let taken = ours.kuma(&path, &Wanted::default()).await.unwrap();
    // From 01:00:07 to 02:00:07 there are 60 beats; of these the outage is.
    assert_eq!((taken.left_out, taken.imported.checks), (60, 1_384));
    let november = ours.november("api").await;
    assert_eq!(november["milliseconds"]["down"], MINUTE_MS);
    let ranges: Vec<_> = (november["imported"][0]["files"].as_array().unwrap().iter())
        .filter(|file| file["records"] == "checks")
        .map(|file| (file["from"].as_str().unwrap(), file["to"].as_str().unwrap()))
        .collect();
    assert_eq!(
        ranges,
        [
            ("2026-11-11T00:00:00Z", "2026-11-13T01:00:07Z"),
            ("2026-11-13T02:01:00Z", "2026-11-14T00:01:00Z")
        ]
    );
    let before = ours.everything().await;
    let again = ours.kuma(&path, &Wanted::default()).await.unwrap();
    assert_eq!((again.left_out, again.imported.known_checks), (60, 1_384));
    assert_eq!(ours.everything().await, before);
}

#[tokio::test]
async fn of_two_beats_of_one_millisecond_the_worse_is_kept() {
    let ours = Elsewhere::new().await;
    let mut kuma = Kuma::new(ours.folder.path()).await;
    let api = kuma.monitor("API", "", "push").await;
    for status in [UP, DOWN, MAINTENANCE, UP] {
        kuma.row(api, "2026-11-10 00:00:00", status, None, None).await;
    }
    kuma.row(api, "2026-11-10 00:00:00.000", UP, None, None).await;
    let path = kuma.stop().await;
    let taken = ours.kuma(&path, &Wanted::default()).await.unwrap();
    assert_eq!(taken.imported.checks, 1);
    let checks = ours.of_kind("check").await;
    assert_eq!(checks[0]["reason"], "Uptime Kuma: no reason given");
    assert_eq!(checks[0]["verdict"], "fail");
    assert_eq!(ours.kuma(&path, &Wanted::default()).await.unwrap().imported.known_checks, 1);
}

#[tokio::test]
async fn a_file_that_is_in_use_is_read_with_its_log_and_left_as_it_was() {
    let ours = Elsewhere::new().await;
    let mut kuma = thinned(ours.folder.path()).await;
    kuma.execute("PRAGMA wal_autocheckpoint = 0").await;
    kuma.beat(1, at(13, 60), UP).await;
    let log = kuma.path.with_extension("db-wal");
    let read = |path: &std::path::Path| std::fs::read(path).unwrap();
    let before = (read(&kuma.path), read(&log));
    assert!(!before.1.is_empty());
    let taken = ours.kuma(&kuma.path, &Wanted::default()).await.unwrap();
    assert_eq!(taken.imported.checks, 1_445);
    assert_eq!((read(&kuma.path), read(&log)), before);

    // And a file that nobody has open, with nothing beside it then.
    let path = kuma.stop().await;
    let before = read(&path);
    ours.kuma(&path, &Wanted::default()).await.unwrap();
    assert_eq!(read(&path), before);
    assert!(!log.exists() && !path.with_extension("db-shm").exists());
}

#[tokio::test]
async fn groups_and_monitors_without_a_history_need_no_counterpart() {
    let ours = Elsewhere::new().await;
    let mut kuma = Kuma::new(ours.folder.path()).await;
    let group = kuma.monitor("All", "", "group").await;
    kuma.beat(group, at(10, 0), UP).await;
    kuma.monitor("New", "", "http").await;
    let api = kuma.monitor("API", "", "http").await;
    kuma.day(api, at(10, 0), 5, 0).await;
    kuma.beat(api, at(12, 0), UP).await;
    let path = kuma.stop().await;
    let taken = ours.kuma(&path, &Wanted::default()).await.unwrap();
    assert_eq!((taken.imported.checks, taken.imported.counts), (1, 1));
}

#[tokio::test]
async fn uptimerobots_logs_stand_beside_the_figure() {
    let ours = Elsewhere::new().await;
    let answer = include_str!("answer.json");
    let taken = ours.uptimerobot(answer).await.unwrap();
    let imported = Imported { stretches: 8, origins: 2, ..Imported::default() };
    assert_eq!((taken.imported, taken.notes.len()), (imported, 0));
    let api = ours.november("api").await;
    assert_eq!(api["uptime_percent"], json!(null));
    assert_eq!(api["milliseconds"]["down"], 0);
    let told = &api["imported"][0]["told"];
    let down_ms = 4_200_000;
    assert_eq!(told["down_milliseconds"], down_ms);
    let up_ms = NOW.since_ms(at(0, 0)) - down_ms;
    assert_eq!(told["up_milliseconds"], up_ms);
    assert_eq!(told["uptime_percent"], "99.79");
    assert_eq!(
        told["outages"],
        json!([
            {"from": "2026-11-01T01:26:40Z", "to": "2026-11-01T02:26:40Z",
             "milliseconds": HOUR_MS, "reason": "Connection Timeout"},
            {"from": "2026-11-18T11:06:40Z", "to": "2026-11-18T11:16:40Z",
             "milliseconds": 600_000, "reason": "Bad Gateway"}
        ])
    );
    let before = ours.everything().await;
    assert_eq!(ours.uptimerobot(answer).await.unwrap().imported, Imported::default());
    assert_eq!(ours.everything().await, before);
    // Asked again later, the newest log has lasted longer, and one has come.
    let later = answer.replace(
        r#"{"id":44,"type":2,"datetime":1795000600,"duration":513800,"#,
        r#"{"id":45,"type":1,"datetime":1795514400,"duration":60},
           {"id":44,"type":2,"datetime":1795000600,"duration":513800,"#,
    );
    let longer = later.replace(r#""duration":1936800"#, r#""duration":1940400"#);
    let error = ours.uptimerobot(&longer).await.unwrap_err().to_string();
    assert!(error.contains("ends in the future"), "{error}");
    assert_eq!(ours.everything().await, before);
    let taken = ours.uptimerobot_at(NOW.plus_ms(HOUR_MS), &longer).await.unwrap();
    assert_eq!((taken.imported.stretches, taken.imported.origins), (2, 2));
}

/// Pairs of numbers, as many as there are.
type Pairs = Vec<(i64, i64)>;

/// A beat a minute or so with its status, and what was counted on some days.
fn histories() -> impl Strategy<Value = (Pairs, Pairs)> {
    let beats = prop::collection::vec((1..200i64, 0..4i64), 0..60);
    let days = prop::collection::vec((0..3_000i64, 0..30i64), 0..6);
    (beats, days)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// What was imported and exported comes to the same elsewhere, and the same file or
    /// the same lines change nothing there.
    #[test]
    fn imported_and_exported_it_is_the_same_elsewhere((beats, days) in histories()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (here, there) = (Elsewhere::new().await, Elsewhere::new().await);
            let mut kuma = Kuma::new(here.folder.path()).await;
            let api = kuma.monitor("API", "", "http").await;
            let mut time = at(9, 80_000);
            for (seconds, status) in beats {
                time = Timestamp(time.0 + seconds * 1_000 + status);
                kuma.beat(api, time, status).await;
            }
            for (day, (up, down)) in (1..).zip(days) {
                kuma.day(api, at(day, 0), up, down).await;
            }
            let path = kuma.stop().await;
            here.kuma(&path, &Wanted::default()).await.unwrap();
            here.uptimerobot(include_str!("answer.json")).await.unwrap();
            let lines = here.lines().await;
            there.import_lines(&lines).await;
            assert_eq!(there.lines().await, lines);
            assert_eq!(there.everything().await, here.everything().await);
            assert_eq!(there.november("api").await, here.november("api").await);
            let again = there.import_lines(&lines).await;
            assert_eq!(Imported { known_checks: 0, ..again }, Imported::default());
            let again = there.kuma(&path, &Wanted::default()).await.unwrap().imported;
            assert_eq!(Imported { known_checks: 0, ..again }, Imported::default());
            assert_eq!(there.lines().await, lines);
        });
    }
}
