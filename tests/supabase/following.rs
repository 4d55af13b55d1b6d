//! Following the table: every change on either side, and everything that may go wrong.

use crate::support::postgrest::{Kind, Postgrest};
use crate::world::{World, at, row, table};
use everup::clock::Clock;
use everup::domain::announcement::{Action, Announcement, Occurrence, Status};
use everup::domain::change::Change;
use everup::domain::maintenance::MaintenanceWindow;
use everup::domain::timestamp::{HOUR_MS, MINUTE_MS};
use everup::planning::{Planner, Settings};
use everup::store::contract::Store;
use http::StatusCode;
use serde_json::json;
use std::sync::Arc;

fn planner<'a>(world: &'a World, settings: &'a Settings) -> Planner<'a> {
    Planner {
        store: &*world.store,
        settings,
        monitors: &[],
        now: world.clock.now(),
        author: "anna",
    }
}

async fn change(world: &World, kept: &Announcement, change: Change) {
    let settings = Settings::default();
    planner(world, &settings).change(kept.id, None, &change).await.unwrap();
}

async fn cancel(world: &World, kept: &Announcement) {
    let settings = Settings::default();
    planner(world, &settings).cancel(kept.id, None).await.unwrap();
}

#[tokio::test]
async fn a_new_row_is_announced_when_it_was_made() {
    let world = World::new().await;
    world.look().await;
    world.supabase.insert(row(48, 50, "Upgrade"));
    world.pass(30_000);
    world.look().await;
    let kept = world.window().await;
    assert_eq!(kept.window.announced_at, at(0));
    assert_eq!((kept.window.start, kept.window.end), (at(48), at(50)));
    assert_eq!(kept.window.message, "Upgrade");
    // Exactly 48 hours count.
    assert!(kept.window.excluded().is_some());
    let deeds = world.store.deeds(kept.id).await.unwrap();
    assert_eq!((deeds.len(), deeds[0].author.as_str()), (1, "supabase"));
    assert_eq!((deeds[0].action, deeds[0].at), (Action::Announced, world.clock.now()));
}

#[tokio::test]
async fn a_row_that_could_not_be_seen_before_is_announced_now() {
    let mut world = World::new().await;
    world.look().await;
    world.pass(6 * MINUTE_MS);
    // Somebody writes a date into the past.
    let mut backdated = row(40, 41, "Hasty");
    backdated["created_at"] = json!(at(-24).to_string());
    world.supabase.insert(backdated.clone());
    world.look().await;
    let kept = world.window().await;
    assert_eq!(kept.window.announced_at, world.clock.now());
    assert!(kept.window.excluded().is_none());
    // Nor does it help to do so while everup is off.
    world.pass(6 * MINUTE_MS);
    world.restart();
    backdated["message"] = json!("Again");
    world.supabase.insert(backdated);
    world.look().await;
    let windows = world.windows().await;
    assert!(windows.iter().all(|kept| kept.window.excluded().is_none()), "{windows:?}");
}

#[tokio::test]
async fn a_row_made_while_everup_was_off_keeps_its_notice() {
    let mut world = World::new().await;
    world.look().await;
    world.pass(HOUR_MS);
    world.supabase.insert(row(60, 61, "Seen by all but us"));
    world.pass(20 * HOUR_MS);
    world.restart();
    world.look().await;
    assert_eq!(world.window().await.window.announced_at, at(1));
}

#[tokio::test]
async fn what_had_begun_when_it_was_first_seen_takes_no_time_that_everup_was_there_for() {
    // At the first reading ever, and after a gap: rows that say they are old.
    for (ran_since, read_before, trusted) in
        [(None, false, true), (Some(-20), false, true), (Some(-30), false, false)]
            .into_iter()
            .chain([(Some(-30), true, false)])
    {
        let mut world = World::new().await;
        if read_before {
            world.store.note_reading("supabase", at(-200)).await.unwrap();
        }
        if let Some(hours) = ran_since {
            world.store.begin_run(at(hours), "1.0.0").await.unwrap();
        }
        let mut late = row(-25, 1, "It was down, and somebody knew why afterwards");
        late["created_at"] = json!(at(-100).to_string());
        world.supabase.insert(late);
        let mut to_come = row(1, 2, "To come");
        to_come["created_at"] = json!(at(-100).to_string());
        world.supabase.insert(to_come);
        world.restart();
        world.look().await;
        let announced: Vec<_> =
            world.windows().await.iter().map(|kept| kept.window.announced_at).collect();
        let expected = if trusted { at(-100) } else { at(0) };
        assert_eq!(announced, [expected, at(-100)], "{ran_since:?} {read_before}");
    }
}

#[tokio::test]
async fn without_created_at_the_first_sight_counts() {
    let columns = [
        ("id", Kind::Uuid),
        ("start_time", Kind::Timestamp(0)),
        ("end_time", Kind::Timestamp(0)),
        ("message", Kind::Text),
    ];
    let world = World::over(Arc::new(Postgrest::with(&columns).await)).await;
    world.supabase.insert(row(60, 61, "Old style"));
    world.next().await;
    let kept = world.window().await;
    assert_eq!(kept.window.announced_at, world.clock.now());
    assert_eq!(kept.window.start, at(60));
    world.next().await;
    assert_eq!(world.window().await, kept);
}

#[tokio::test]
async fn what_changes_in_the_table_changes_here() {
    let world = World::new().await;
    let id = world.supabase.insert(row(72, 76, "Upgrade"));
    world.look().await;
    // Narrower: announced still.
    world.supabase.update(&id, row(73, 75, "Shorter"));
    world.next().await;
    let kept = world.window().await;
    assert_eq!((kept.window.start, kept.window.end), (at(73), at(75)));
    assert_eq!((kept.window.announced_at, kept.revision), (at(0), 2));
    // Moved: announced now.
    world.supabase.update(&id, row(40, 41, "Moved"));
    world.next().await;
    let moved = world.window().await;
    assert_eq!(moved.window.announced_at, world.clock.now());
    assert!(moved.window.excluded().is_none());
    // And nothing of that is written back.
    assert!(
        world
            .supabase
            .database()
            .requests
            .iter()
            .all(|asked| asked.starts_with("GET"))
    );
}

#[tokio::test]
async fn a_row_that_is_gone_cancels_ends_or_leaves() {
    for (start, end, now, expected) in [
        (50, 51, 1, Status::Cancelled),
        (50, 60, 55, Status::Ended),
        (50, 51, 53, Status::Ended),
    ] {
        let world = World::new().await;
        let id = world.supabase.insert(row(start, end, "Upgrade"));
        world.supabase.insert(row(500, 501, "Another, much later"));
        world.look().await;
        world.pass(now * HOUR_MS);
        world.look().await;
        world.supabase.delete(&id);
        world.next().await;
        let first = world.windows().await.remove(0);
        assert_eq!(first.window.status(world.clock.now()), expected);
        let is_cut = first.window.cancelled_at == Some(world.clock.now());
        assert_eq!(is_cut, now < end);
        assert_eq!(world.rows().len(), 1, "it is not written back");
    }
}

#[tokio::test]
async fn what_is_made_changed_and_called_off_here_is_written_back() {
    let world = World::new().await;
    let kept = world.announce(50, 52, "From here").await;
    world.next().await;
    assert_eq!(world.rows(), [(50, 52, "From here".to_owned())]);
    let message = Some("Told anew".to_owned());
    change(&world, &kept, Change { message, end: Some(at(51)), ..Change::default() }).await;
    world.next().await;
    assert_eq!(world.rows(), [(50, 51, "Told anew".to_owned())]);
    let requests = world.supabase.database().requests.len();
    world.next().await;
    assert_eq!(world.supabase.database().requests.len(), requests + 1, "one look, no write");
    cancel(&world, &kept).await;
    world.next().await;
    assert_eq!(world.rows(), []);
    world.next().await;
    assert_eq!(world.status().await, Status::Cancelled);
}

#[tokio::test]
async fn a_turn_that_the_table_has_already_is_not_written_a_second_time() {
    let mut world = World::new().await;
    let id = world.supabase.insert(row(50, 52, "Weekly"));
    world.look().await;
    // The turn is another window, and no second row.
    let turn = world.window().await.window;
    let occurrence = Occurrence { rule: "weekly".to_owned(), at: turn.start };
    world.store.announce(&turn, Some(&occurrence), "everup").await.unwrap();
    for _ in 0..2 {
        world.next().await;
        world.restart();
    }
    assert_eq!((world.rows().len(), world.windows().await.len()), (1, 2));
    // Once nobody says it there any more, it is written.
    world.supabase.delete(&id);
    world.supabase.insert(row(500, 501, "Another"));
    world.next().await;
    world.next().await;
    let rows = world.rows();
    assert_eq!((rows.len(), &rows[1]), (2, &(50, 52, "Weekly".to_owned())));
    let live = world.windows().await.into_iter().filter(|kept| {
        kept.window.status(world.clock.now()) == Status::Upcoming && kept.window.start == at(50)
    });
    assert_eq!(live.count(), 1);
}

#[tokio::test]
async fn what_is_ended_here_ends_in_the_table() {
    let world = World::new().await;
    let kept = world.announce(50, 54, "From here").await;
    world.next().await;
    world.pass(51 * HOUR_MS);
    cancel(&world, &kept).await;
    let ended_at = world.clock.now();
    world.next().await;
    let rows = table(&world.supabase).rows(None).await.unwrap();
    assert_eq!((rows.fit.len(), rows.fit[0].terms.end), (1, ended_at));
    world.next().await;
    assert_eq!(world.window().await.window.cancelled_at, Some(ended_at));
}

#[tokio::test]
async fn the_table_wins_but_a_cancellation_wins_over_that() {
    let world = World::new().await;
    let id = world.supabase.insert(row(72, 76, "Theirs"));
    world.look().await;
    let kept = world.window().await;
    let message = Some("Ours".to_owned());
    change(&world, &kept, Change { message, ..Change::default() }).await;
    world.supabase.update(&id, row(73, 75, "Theirs, changed"));
    world.next().await;
    assert_eq!(world.window().await.window.message, "Theirs, changed");
    cancel(&world, &kept).await;
    world.supabase.update(&id, row(74, 75, "Theirs, once more"));
    world.next().await;
    assert_eq!((world.rows().len(), world.status().await), (0, Status::Cancelled));
}

#[tokio::test]
async fn a_crash_between_adding_a_row_and_noting_it_doubles_nothing() {
    // A table of whole seconds, which gives back another end than it was given.
    let columns = [
        ("id", Kind::BigInt),
        ("start_time", Kind::Timestamptz(0)),
        ("end_time", Kind::Timestamptz(0)),
        ("message", Kind::Text),
        ("created_at", Kind::Timestamptz(6)),
    ];
    let mut world = World::over(Arc::new(Postgrest::with(&columns).await)).await;
    let window = MaintenanceWindow {
        end: at(52).plus_ms(499),
        ..world.announce(50, 51, "Another").await.window
    };
    world.store.announce(&window, None, "ci").await.unwrap();
    world.supabase.database().swallows_writes = true;
    for _ in 0..2 {
        world.pass(MINUTE_MS);
        assert!(!world.follower.round().await);
    }
    world.supabase.database().swallows_writes = false;
    world.restart();
    world.next().await;
    world.next().await;
    assert_eq!(world.windows().await.len(), 2);
    assert_eq!(world.rows().len(), 2);
    let kept = world.windows().await;
    assert!(kept.iter().all(|kept| kept.window.excluded().is_some()), "{kept:?}");
}

#[tokio::test]
async fn a_cancellation_before_the_row_was_noted_takes_the_row_away() {
    let world = World::new().await;
    let kept = world.announce(50, 52, "From here").await;
    world.supabase.database().swallows_writes = true;
    assert!(!world.follower.round().await);
    world.supabase.database().swallows_writes = false;
    world.pass(MINUTE_MS);
    cancel(&world, &kept).await;
    world.next().await;
    world.next().await;
    assert_eq!((world.rows().len(), world.status().await), (0, Status::Cancelled));
}

#[tokio::test]
async fn somebody_elses_row_stays_though_it_equals_a_window_that_was_called_off_here() {
    let world = World::new().await;
    world.look().await;
    world.pass(HOUR_MS);
    let mut theirs = row(50, 52, "Upgrade");
    theirs["created_at"] = json!(at(0).to_string());
    world.supabase.insert(theirs);
    let kept = world.announce(50, 52, "Upgrade").await;
    cancel(&world, &kept).await;
    world.next().await;
    world.next().await;
    assert_eq!(world.rows(), [(50, 52, "Upgrade".to_owned())]);
    assert_eq!(world.windows().await.len(), 2);
}

#[tokio::test]
async fn the_table_of_another_project_is_not_touched() {
    let world = World::new().await;
    world.supabase.insert(row(50, 52, "Upgrade"));
    world.announce(60, 61, "From here").await;
    world.look().await;
    let kept = world.windows().await;
    let another = Postgrest::start().await;
    another.database().now_ms = world.clock.now().0;
    another.insert(row(70, 71, "Elsewhere"));
    world.follower.follow(Some(table(&another)));
    for _ in 0..12 {
        world.pass(MINUTE_MS);
        assert!(!world.follower.round().await);
    }
    let (_, why) = world.vitals.read(at(0)).source_trouble.unwrap();
    assert!(why.contains("everup import supabase --project-changed"), "{why}");
    assert!(why.contains(&another.url()) && why.contains(&world.supabase.url()), "{why}");
    assert_eq!(world.windows().await, kept);
    assert!(another.database().requests.is_empty());
    world.follower.follow(Some(table(&world.supabase)));
    world.next().await;
    assert_eq!(world.windows().await, kept);
}

#[tokio::test]
async fn while_nobody_answers_the_windows_stay_and_everup_says_so() {
    let mut world = World::new().await;
    world.supabase.insert(row(1, 4, "Upgrade"));
    world.look().await;
    let kept = world.window().await;
    Arc::get_mut(&mut world.supabase).unwrap().stop().await;
    world.pass(2 * HOUR_MS);
    let since = world.clock.now();
    for _ in 0..3 {
        assert!(!world.follower.round().await);
        world.pass(MINUTE_MS);
    }
    assert_eq!(world.window().await, kept);
    assert_eq!(world.status().await, Status::Active);
    let (told_since, why) = world.vitals.read(since).source_trouble.unwrap();
    assert_eq!(told_since, since);
    assert!(why.starts_with("Supabase cannot be reached: "), "{why}");
    Arc::get_mut(&mut world.supabase).unwrap().restart().await;
    world.look().await;
    assert_eq!(world.vitals.read(since).source_trouble, None);
    assert_eq!(world.window().await, kept);
}

#[tokio::test]
async fn whatever_it_answers_instead_calls_nothing_off() {
    let world = World::new().await;
    world.supabase.insert(row(50, 52, "Upgrade"));
    world.look().await;
    let kept = world.window().await;
    for (status, body) in [
        (StatusCode::UNAUTHORIZED, "{\"message\":\"Invalid API key\"}"),
        (StatusCode::OK, "{}"),
        (StatusCode::OK, "[{}]"),
        (StatusCode::SERVICE_UNAVAILABLE, ""),
        (StatusCode::OK, ""),
    ] {
        world.supabase.database().answers = Some((status, body.to_owned()));
        world.pass(MINUTE_MS);
        assert!(!world.follower.round().await, "{body}");
        assert_eq!(world.window().await, kept);
    }
}

#[tokio::test]
async fn a_table_that_takes_no_rows_is_followed_all_the_same() {
    let world = World::new().await;
    world.announce(50, 52, "From here").await;
    world.announce(54, 55, "From here too").await;
    let body = "{\"code\":\"23502\",\"message\":\"null value in column \\\"owner\\\"\"}";
    world.supabase.database().refuses_writes = Some((StatusCode::BAD_REQUEST, body.to_owned()));
    for _ in 0..2 {
        world.pass(MINUTE_MS);
        assert!(!world.follower.round().await);
    }
    let (_, why) = world.vitals.read(at(0)).source_trouble.unwrap();
    assert_eq!(
        why,
        "the table is read, but a window made here cannot be written into it: Supabase \
         answers 400: null value in column \"owner\" (23502)"
    );
    let tried = |world: &World| {
        let database = world.supabase.database();
        database.requests.iter().filter(|asked| asked.starts_with("POST")).count()
    };
    assert_eq!(tried(&world), 4);
    world.supabase.insert(row(60, 61, "From there"));
    world.pass(MINUTE_MS);
    assert!(!world.follower.round().await);
    assert_eq!(world.windows().await.len(), 3);
    world.supabase.database().refuses_writes = None;
    world.next().await;
    assert_eq!((world.rows().len(), world.windows().await.len()), (3, 3));
}

#[tokio::test]
async fn an_empty_table_is_believed_only_after_ten_looks() {
    let world = World::new().await;
    world.supabase.insert(row(50, 52, "Upgrade"));
    world.look().await;
    let kept = world.window().await;
    world.supabase.database().hides_rows = true;
    for _ in 0..9 {
        world.pass(MINUTE_MS);
        assert!(!world.follower.round().await);
    }
    let (_, why) = world.vitals.read(at(0)).source_trouble.unwrap();
    assert!(why.starts_with("the table looks empty"), "{why}");
    // It shows its rows again, and everything is as before.
    world.supabase.database().hides_rows = false;
    world.next().await;
    assert_eq!(world.window().await, kept);
    world.supabase.database().hides_rows = true;
    for _ in 0..9 {
        world.pass(MINUTE_MS);
        assert!(!world.follower.round().await);
    }
    world.next().await;
    assert_eq!(world.status().await, Status::Cancelled);
}

#[tokio::test]
async fn a_row_that_only_moved_out_of_sight_is_not_gone() {
    let world = World::new().await;
    let id = world.supabase.insert(row(48, 400, "Long"));
    world.supabase.insert(row(500, 501, "Another"));
    world.look().await;
    world.pass(100 * HOUR_MS);
    // It says that it was over long ago: it ends now, and not then.
    world.supabase.update(&id, row(48, 49, "Was short"));
    world.next().await;
    let first = world.windows().await.remove(0);
    assert_eq!(first.window.cancelled_at, Some(world.clock.now()));
    world.next().await;
    assert_eq!(world.rows()[0], (48, 49, "Was short".to_owned()));
}

#[tokio::test]
async fn rows_that_make_no_sense_change_nothing() {
    let world = World::new().await;
    let id = world.supabase.insert(row(50, 52, "Upgrade"));
    world.look().await;
    let kept = world.window().await;
    world.supabase.update(&id, json!({"end_time": "infinity"}));
    world.supabase.insert(row(60, 59, "Backwards"));
    world.supabase.insert(row(60, 60 + 24 * 32, "Far too long"));
    let mut odd = row(70, 71, "");
    odd["message"] = json!(format!("\u{1b}]0;evil\u{7}{}", "x".repeat(100_000)));
    world.supabase.insert(odd);
    world.next().await;
    let windows = world.windows().await;
    assert_eq!((windows.len(), &windows[0]), (2, &kept));
    assert!(windows[1].window.message.starts_with("]0;evil x"), "{windows:?}");
    assert_eq!(windows[1].window.message.chars().count(), 2_000);
    // Once it makes sense again, it is followed again.
    world.supabase.update(&id, json!({"end_time": at(51).to_string()}));
    world.next().await;
    assert_eq!(world.windows().await[0].window.end, at(51));
}

#[tokio::test]
async fn a_row_without_a_time_is_named_and_its_window_stays() {
    let world = World::new().await;
    world.look().await;
    let id = world.supabase.insert(row(50, 52, "Upgrade"));
    world.next().await;
    let kept = world.window().await;
    for without in ["end_time", "start_time"] {
        world.supabase.update(&id, json!({ without: null }));
        world.next().await;
        assert_eq!(world.window().await, kept);
        let (_, why) = world.vitals.read(at(0)).source_trouble.unwrap();
        let expected =
            format!("rows that make no sense are not followed: row \"1\": it has no {without}");
        assert_eq!(why, expected);
        world.supabase.update(&id, row(50, 52, "Upgrade"));
        world.next().await;
        assert_eq!(world.vitals.read(at(0)).source_trouble, None);
    }
    // One that was never known, too, which no reading by its time would show.
    world
        .supabase
        .insert(json!({"start_time": at(60).to_string(), "message": "Until when?"}));
    world.next().await;
    let (_, why) = world.vitals.read(at(0)).source_trouble.unwrap();
    assert!(why.ends_with("row \"2\": it has no end_time"), "{why}");
}

#[tokio::test]
async fn rows_that_make_no_sense_keep_no_deletion_waiting() {
    let world = World::new().await;
    let insert = |n: i64| world.supabase.insert(row(50 + n, 51 + n, "One of many"));
    let ids: Vec<String> = (0..60).map(insert).collect();
    world.look().await;
    // Long over, as it seems, so that only asking for it by its key shows what it is.
    for id in &ids[..59] {
        let far =
            json!({"start_time": at(-1_000).to_string(), "end_time": at(-2_000).to_string()});
        world.supabase.update(id, far);
    }
    world.supabase.delete(&ids[59]);
    world.supabase.insert(row(500, 501, "Another"));
    world.next().await;
    world.next().await;
    let windows = world.windows().await;
    let cancelled: Vec<_> =
        windows.iter().filter(|kept| kept.window.cancelled_at.is_some()).collect();
    assert_eq!(cancelled.len(), 1);
    assert_eq!(cancelled[0].window.start, at(109));
}

#[tokio::test]
async fn a_table_in_many_pages_is_followed_whole() {
    let world = World::new().await;
    for n in 0..23 {
        world.supabase.insert(row(50 + n, 51 + n, "One of many"));
    }
    world.supabase.database().max_rows = 4;
    world.look().await;
    world.next().await;
    assert_eq!(world.windows().await.len(), 23);
    assert_eq!(world.rows().len(), 23);
}

#[tokio::test]
async fn an_extension_under_way_is_a_window_of_its_own() {
    let world = World::new().await;
    let id = world.supabase.insert(row(50, 52, "Upgrade"));
    world.look().await;
    world.pass(51 * HOUR_MS);
    world.supabase.update(&id, row(50, 54, "Upgrade"));
    world.look().await;
    let windows = world.windows().await;
    let spans: Vec<_> =
        windows.iter().map(|kept| (kept.window.start, kept.window.end)).collect();
    assert_eq!(spans, [(at(50), at(52)), (at(52), at(54))]);
    assert!(windows[0].window.excluded().is_some());
    assert!(windows[1].window.excluded().is_none());
    world.next().await;
    assert_eq!(world.windows().await, windows);
    assert_eq!(world.rows(), [(50, 54, "Upgrade".to_owned())]);
    // Ended here, both end, and so does the row.
    cancel(&world, &windows[0]).await;
    cancel(&world, &windows[1]).await;
    world.next().await;
    assert_eq!(world.rows()[0].0, 50);
    assert_eq!(world.rows()[0].1, 51);
}

#[tokio::test]
async fn two_everups_over_one_table_agree() {
    let supabase = Arc::new(Postgrest::start().await);
    let (here, there) =
        (World::over(supabase.clone()).await, World::over(supabase.clone()).await);
    let kept = here.announce(50, 52, "From here").await;
    for world in [&here, &there, &here, &there] {
        world.look().await;
    }
    assert_eq!((here.rows().len(), here.windows().await.len()), (1, 1));
    let copy = there.window().await;
    assert_eq!(copy.window.start, kept.window.start);
    cancel(&there, &copy).await;
    for world in [&there, &here] {
        world.pass(MINUTE_MS);
        // The table is empty now, which is not believed at once.
        for _ in 0..10 {
            world.follower.round().await;
        }
    }
    assert_eq!(here.status().await, Status::Cancelled);
}

#[tokio::test]
async fn a_quiet_minute_changes_nothing_here() {
    let world = World::new().await;
    world.supabase.insert(row(50, 52, "Upgrade"));
    world.look().await;
    let epoch = world.store.epoch().await.unwrap();
    for _ in 0..12 {
        world.next().await;
    }
    assert_eq!(world.store.epoch().await.unwrap(), epoch);
}
