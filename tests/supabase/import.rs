//! Taking the rows of the table once.

use crate::support::postgrest::{KEY, Kind, Postgrest};
use crate::world::{World, at, row, table};
use everup::clock::Clock;
use everup::domain::timestamp::HOUR_MS;
use everup::engine::follow::SOURCE;
use everup::store::contract::Store;
use everup::transfer::supabase::{TakenRows, import};
use serde_json::json;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

async fn take(world: &World) -> Result<TakenRows, String> {
    take_from(world, &world.supabase, false).await
}

async fn take_from(
    world: &World,
    supabase: &Postgrest,
    may_move: bool,
) -> Result<TakenRows, String> {
    let now = world.clock.now();
    let taken = import(&*world.store, &table(supabase), SOURCE, now, may_move).await;
    taken.map_err(|error| error.to_string())
}

fn taken(new: usize, known: usize, contradicting: &[&str]) -> TakenRows {
    let contradicting = contradicting.iter().map(|id| (*id).to_owned()).collect();
    TakenRows { new, known, contradicting, has_created_at: true }
}

#[tokio::test]
async fn rows_become_windows_that_were_announced_when_they_were_made() {
    let world = World::new().await;
    for n in 0..7 {
        let mut made = row(-100 + n, -99 + n, "Past");
        made["created_at"] = json!(at(-300).to_string());
        world.supabase.insert(made);
    }
    world.supabase.insert(row(10, 11, "To come"));
    world.supabase.database().max_rows = 3;
    assert_eq!(take(&world).await, Ok(taken(8, 0, &[])));
    let windows = world.windows().await;
    assert_eq!(windows[0].window.announced_at, at(-300));
    assert_eq!(windows.iter().filter(|kept| kept.window.excluded().is_some()).count(), 7);
    // Once more changes nothing.
    let epoch = world.store.epoch().await.unwrap();
    assert_eq!(take(&world).await, Ok(taken(0, 8, &[])));
    assert_eq!(world.store.epoch().await.unwrap(), epoch);
    // And whoever follows the table from now on finds it known.
    world.look().await;
    assert_eq!(world.windows().await, windows);
    assert_eq!(world.rows().len(), 8);
}

#[tokio::test]
async fn what_is_here_stays_as_it_is() {
    let world = World::new().await;
    let same = world.announce(50, 52, "Ours too").await;
    world.supabase.insert(row(50, 52, "Ours too"));
    let id = world.supabase.insert(row(60, 62, "Theirs"));
    assert_eq!(take(&world).await, Ok(taken(1, 1, &[])));
    world.supabase.update(&id, json!({"message": "Changed"}));
    assert_eq!(take(&world).await, Ok(taken(0, 1, &["2"])));
    let windows = world.windows().await;
    assert_eq!((windows.len(), &windows[0]), (2, &same));
    assert_eq!(windows[1].window.message, "Theirs");
}

#[tokio::test]
async fn without_created_at_they_count_as_announced_now() {
    let columns = [
        ("id", Kind::BigInt),
        ("start_time", Kind::Timestamptz(6)),
        ("end_time", Kind::Timestamptz(6)),
        ("message", Kind::Text),
    ];
    let world = World::over(Arc::new(Postgrest::with(&columns).await)).await;
    world.supabase.insert(row(-10, -9, "Past"));
    let without = TakenRows { has_created_at: false, ..taken(1, 0, &[]) };
    assert_eq!(take(&world).await, Ok(without));
    let kept = world.window().await;
    assert_eq!(kept.window.announced_at, at(0));
    assert!(kept.window.excluded().is_none());
}

#[tokio::test]
async fn one_row_that_makes_no_sense_leaves_everything_as_it_was() {
    let world = World::new().await;
    world.supabase.insert(row(50, 52, "Good"));
    world.supabase.insert(row(60, 59, "Backwards"));
    let error = take(&world).await.unwrap_err();
    assert_eq!(
        error,
        format!(
            "row 2 of system_maintenance: it ends at {}, which is not after its start at {}\n\
             correct or delete what makes no sense; nothing was imported",
            at(59),
            at(60)
        )
    );
    assert_eq!(world.windows().await, []);
}

#[tokio::test]
async fn a_row_made_after_the_last_look_keeps_its_notice_and_a_backdated_one_does_not() {
    let world = World::new().await;
    world.look().await;
    world.pass(2 * HOUR_MS);
    world.supabase.insert(row(60, 61, "New"));
    let mut backdated = row(70, 71, "Back-dated");
    backdated["created_at"] = json!(at(-1).to_string());
    world.supabase.insert(backdated);
    world.pass(HOUR_MS);
    assert_eq!(take(&world).await, Ok(taken(2, 0, &[])));
    let announced: Vec<_> =
        world.windows().await.iter().map(|kept| kept.window.announced_at).collect();
    assert_eq!(announced, [at(2), at(3)]);
}

#[tokio::test]
async fn an_import_is_a_reading_and_what_is_dated_before_it_counts_from_its_first_sight() {
    let mut world = World::new().await;
    assert_eq!(take(&world).await, Ok(taken(0, 0, &[])));
    world.pass(HOUR_MS);
    let mut backdated = row(40, 41, "Back-dated");
    backdated["created_at"] = json!(at(-24).to_string());
    world.supabase.insert(backdated.clone());
    assert_eq!(take(&world).await, Ok(taken(1, 0, &[])));
    assert_eq!(world.window().await.window.announced_at, at(1));
    // Nor does following believe it, which begins with what an import has noted.
    world.pass(HOUR_MS);
    world.restart();
    backdated["message"] = json!("Again");
    world.supabase.insert(backdated);
    world.look().await;
    assert_eq!(world.windows().await[1].window.announced_at, at(2));
}

#[tokio::test]
async fn a_row_that_began_while_everup_ran_and_is_taken_later_counts() {
    let world = World::new().await;
    world.store.begin_run(at(-10), "1.0.0").await.unwrap();
    for (start, end) in [(-20, -19), (-9, -8), (10, 11)] {
        let mut old = row(start, end, "Old");
        old["created_at"] = json!(at(-300).to_string());
        world.supabase.insert(old);
    }
    assert_eq!(take(&world).await, Ok(taken(3, 0, &[])));
    let excluded: Vec<bool> = world
        .windows()
        .await
        .iter()
        .map(|kept| kept.window.excluded().is_some())
        .collect();
    assert_eq!(excluded, [true, false, true]);
}

#[tokio::test]
async fn another_project_is_taken_only_where_that_is_said() {
    let world = World::new().await;
    world.supabase.insert(row(50, 52, "Upgrade"));
    world.look().await;
    let kept = world.windows().await;
    let another = Postgrest::start().await;
    another.database().now_ms = world.clock.now().0;
    another.insert(row(50, 52, "Upgrade"));
    let error = take_from(&world, &another, false).await.unwrap_err();
    assert!(
        error.contains(&world.supabase.url()) && error.contains(&another.url()),
        "{error}"
    );
    assert!(error.contains("add --project-changed"), "{error}");
    assert_eq!(take_from(&world, &another, true).await, Ok(taken(0, 1, &[])));
    assert_eq!(world.windows().await, kept);
    // From now on it is the other one that is followed.
    world.follower.follow(Some(table(&another)));
    world.look().await;
    assert_eq!((world.windows().await, another.rows().len()), (kept, 1));
}

fn everup(folder: &Path, variables: &[(&str, &str)]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_everup"))
        .current_dir(folder)
        .args(["import", "supabase"])
        .env_remove("SUPABASE_URL")
        .env_remove("SUPABASE_SERVICE_KEY")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_says_what_it_did_and_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let config = "[[monitor]]\nid = \"api\"\nurl = \"https://api.example.com/\"\n";
    std::fs::write(folder.join("config.toml"), config).unwrap();
    let (code, _, said) = everup(folder, &[]);
    assert_eq!(code, 1);
    assert!(
        said.contains("${SUPABASE_URL} is not set in the environment nor in .env"),
        "{said}"
    );

    let supabase = Postgrest::start().await;
    let url = supabase.url();
    let right = [("SUPABASE_URL", &*url), ("SUPABASE_SERVICE_KEY", KEY)];
    let (code, said, _) = everup(folder, &right);
    assert_eq!(code, 0);
    assert!(said.contains("row-level security hides all of them"), "{said}");
    supabase.insert(row(50, 52, "Upgrade"));
    let id = supabase.insert(row(60, 62, "Upgrade"));
    let wrong = [("SUPABASE_URL", &*url), ("SUPABASE_SERVICE_KEY", "sb_secret_nope")];
    let (code, _, said) = everup(folder, &wrong);
    assert_eq!(code, 1);
    assert!(said.contains("SUPABASE_SERVICE_KEY must be the secret key"), "{said}");
    assert!(
        said.contains("nothing was imported") && !said.contains("sb_secret_nope"),
        "{said}"
    );

    let dotenv = format!("SUPABASE_URL={url}\nSUPABASE_SERVICE_KEY={KEY}\n");
    std::fs::write(folder.join(".env"), dotenv).unwrap();
    let first = everup(folder, &[]);
    assert_eq!(first, (0, "imported 2 maintenance windows\n".to_owned(), String::new()));
    supabase.update(&id, json!({"message": "Else"}));
    supabase.insert(row(70, 71, "More"));
    let again = everup(folder, &[]);
    let expected = "imported 1 maintenance window (1 was there already)\n\
                    left as they are here, though the table says something else by now: row 2\n";
    assert_eq!(again, (0, expected.to_owned(), String::new()));
}
