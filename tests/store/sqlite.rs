//! What only a SQLite file can suffer: faults, other people's files, damage.

use crate::files::{Database, File, at, everything, fail, key, ok, registration};
use crate::recorder::Recorder;
use everup::domain::month::Month;
use everup::domain::span::{Span, Spans};
use everup::domain::timestamp::DAY_MS;
use everup::domain::token::{Scope, TokenName};
use everup::store::batch::{Alive, Batch, Committed};
use everup::store::closed::{ClosedMonth, ClosedRow, Subject};
use everup::store::contract::{Store, StoreError};
use everup::store::registration::Others;
use everup::store::secret::Secret;
use everup::store::sqlite::Sqlite;
use everup::store::token::NewToken;
use rstest::rstest;
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

/// A file in which `api` and `web` were watched for some hours.
async fn watched(file: &File) -> Recorder {
    let store = file.open().await;
    let both = [registration("api"), registration("web")];
    store.register(at(0), &both, Others::Remove).await.unwrap();
    store.begin_run(at(0), "0.1.0").await.unwrap();
    let mut recorder = Recorder::start(store).await;
    for second in (0..3 * 3_600).step_by(1_800) {
        let checks = [("api", ok(second)), ("web", fail(second + 60))];
        recorder.keep(&checks, Some(at(second))).await;
    }
    recorder
}

/// A batch that writes to every table a commit can write to.
fn full_batch(recorder: &Recorder) -> Batch {
    let checks = [("api", fail(12_000)), ("api", ok(12_060)), ("web", ok(12_000))];
    let alive = Some(Alive { started_at: at(0), at: at(12_000) });
    Batch { alive, ..recorder.batch(&checks, Some(at(12_000))) }
}

async fn refusal(path: &std::path::Path) -> String {
    match Sqlite::open(path).await {
        Err(StoreError::Refused(sentence)) => sentence,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_a_database_is_refused_with_what_to_do() {
    let file = File::new();
    let path = file.path();
    let folder = path.parent().unwrap();
    assert_eq!(
        refusal(folder).await,
        format!("{} is a folder; name a file in it", folder.display())
    );
    let lost = folder.join("nowhere/everup.db");
    assert_eq!(
        refusal(&lost).await,
        format!("{} cannot be made: create its folder first", lost.display())
    );
    let letter = "Dear database, ".repeat(100);
    std::fs::write(&path, &letter).unwrap();
    assert_eq!(
        refusal(&path).await,
        format!("{} is not a database; move it away, or name another file", path.display())
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
}

#[tokio::test]
async fn another_programs_database_is_left_as_it_was() {
    let file = File::new();
    file.execute("PRAGMA journal_mode = DELETE; CREATE TABLE recipe (name TEXT)")
        .await;
    let before = std::fs::read(file.path()).unwrap();
    let sentence = refusal(&file.path()).await;
    assert!(sentence.ends_with("is another program's database; name another file"));
    assert_eq!(std::fs::read(file.path()).unwrap(), before);
}

#[tokio::test]
async fn a_schema_of_a_later_everup_is_refused() {
    let file = File::new();
    drop(file.open().await);
    file.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9000, 'later', true, x'00', 0)",
    )
    .await;
    let sentence = refusal(&file.path()).await;
    let wanted =
        "was written by a later everup (schema 9000); run that one, or name another file";
    assert!(sentence.ends_with(wanted), "{sentence}");
}

/// Mutant: a schema that is only looked at when the file is opened.
#[tokio::test]
async fn an_everup_whose_schema_was_changed_by_a_later_one_writes_nothing_more() {
    let file = File::new();
    let store = watched(&file).await.store;
    let before = store.windows().await.unwrap();
    file.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9000, 'later', true, x'00', 0)",
    )
    .await;
    let refused = store.begin_run(at(0), "0.1.0").await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a later everup has changed the database; stop this one, and run that"
    );
    assert!(matches!(store.writable().await, Err(StoreError::Outgrown)));
    assert_eq!(store.windows().await.unwrap(), before, "it still reads what it can");
}

#[tokio::test]
async fn a_database_of_before_the_lease_is_brought_up_to_date_and_anybody_may_take_it() {
    let file = File::new();
    drop(watched(&file).await);
    file.execute("DROP TABLE lease; DELETE FROM _sqlx_migrations WHERE version = 15")
        .await;
    let store = file.open().await;
    let held = store.lease().await.unwrap().held;
    assert_eq!((held.fence.0, held.until_ms, held.is_locked), (0, 0, false));
}

#[tokio::test]
async fn a_database_of_before_the_runs_is_brought_up_to_date() {
    let file = File::new();
    drop(watched(&file).await);
    file.execute("DROP TABLE run; DELETE FROM _sqlx_migrations WHERE version = 7")
        .await;
    let store = file.open().await;
    assert_eq!(store.runs().await.unwrap(), []);
    store.begin_run(at(0), "0.2.0").await.unwrap();
    assert_eq!(store.runs().await.unwrap().len(), 1);
    assert_eq!(store.load().await.unwrap().histories.len(), 2);
}

#[tokio::test]
async fn a_database_of_before_the_tokens_is_brought_up_to_date() {
    let file = File::new();
    drop(watched(&file).await);
    file.execute("DROP TABLE token; DELETE FROM _sqlx_migrations WHERE version = 12")
        .await;
    let store = file.open().await;
    assert_eq!(store.tokens().await.unwrap(), []);
    assert_eq!(store.load().await.unwrap().histories.len(), 2);
}

#[tokio::test]
async fn a_database_of_before_the_alerts_is_brought_up_to_date_and_tells_nothing() {
    let file = File::new();
    drop(watched(&file).await);
    let tables = "DROP TABLE alert_delivery; DROP TABLE alert_told; DROP TABLE alert;";
    file.execute(&format!("{tables} DELETE FROM _sqlx_migrations WHERE version = 13"))
        .await;
    let store = file.open().await;
    let channel = everup::domain::alert::ChannelId::new("ops").unwrap();
    assert_eq!(store.waiting_alerts(&channel, 9).await.unwrap(), []);
    assert_eq!(store.load().await.unwrap().histories.len(), 2);
}

#[tokio::test]
async fn what_is_kept_of_a_token_is_its_sha256_alone() {
    let file = File::new();
    let store = file.open().await;
    let secret = Secret::draw().unwrap();
    let new = NewToken {
        name: TokenName::new("ci").unwrap(),
        scope: Scope::Admin,
        fingerprint: secret.fingerprint(),
        made_at: at(0),
    };
    store.make_token(&new).await.unwrap();
    store.close().await;
    let digest: String = secret
        .fingerprint()
        .bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let kept = format!("SELECT count(*) FROM token WHERE sha256 = '{digest}'");
    assert_eq!(file.number(&kept).await, 1);
    let bytes = std::fs::read(file.path()).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(&digest) && !holds("everup_"));
    // What everup did not write is told by its place, and not shown.
    file.execute("UPDATE token SET scope = 'root'").await;
    let error = file.open().await.living_tokens().await.unwrap_err();
    assert!(error.to_string().ends_with("did not write: token 1: its scope"), "{error}");
}

/// SQLite would go on writing into a file that nobody can ever read again.
#[tokio::test]
async fn a_file_that_was_removed_or_replaced_is_not_written_and_one_put_back_is() {
    let file = File::new();
    let mut recorder = watched(&file).await;
    let store = recorder.store.clone();
    let (path, aside) = (file.path(), file.path().with_file_name("aside.db"));
    let wanted = format!(
        "the database file {} was removed or replaced; put it back, or restart everup to begin \
         anew",
        path.display()
    );
    std::fs::rename(&path, &aside).unwrap();
    for replaced in [false, true] {
        if replaced {
            std::fs::write(&path, "another").unwrap();
        }
        let batch = full_batch(&recorder);
        let refusals = [
            store.writable().await.err(),
            store.commit(&batch).await.err(),
            store.pack(at(100_000)).await.err(),
            store.import().await.err(),
        ];
        for refusal in refusals {
            assert_eq!(refusal.map(|error| error.to_string()).as_ref(), Some(&wanted));
        }
    }
    std::fs::rename(&aside, &path).unwrap();
    store.writable().await.unwrap();
    recorder.keep(&[("api", ok(12_000))], None).await;
}

#[tokio::test]
async fn a_file_with_two_names_is_refused() {
    let file = File::new();
    drop(file.open().await);
    let other = file.path().with_file_name("other.db");
    std::fs::hard_link(file.path(), &other).unwrap();
    for path in [&file.path(), &other] {
        let sentence = refusal(path).await;
        assert!(sentence.contains("has another name (a hard link)"), "{sentence}");
    }
    std::fs::remove_file(other).unwrap();
    drop(file.open().await);
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_nobody_elses_to_read() {
    use std::os::unix::fs::PermissionsExt;
    let file = File::new();
    let store = file.open().await;
    store.register(at(0), &[registration("api")], Others::Remove).await.unwrap();
    for name in ["everup.db", "everup.db-wal"] {
        let metadata = std::fs::metadata(file.path().with_file_name(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn opening_does_not_wait_for_a_writer() {
    let file = File::new();
    let store = file.open().await;
    let import = store.import().await.unwrap();
    let other = file.open().await;
    assert!(other.load().await.unwrap().histories.is_empty());
    drop(import);
}

/// Makes a kind of write fail; `ROLLBACK` as a full disk does, which ends the
/// transaction behind the program's back.
async fn break_writes(file: &File, write: &str, how: &str) {
    let fault = format!(
        "CREATE TRIGGER fault BEFORE {write} BEGIN SELECT raise({how}, 'the disk is gone'); END"
    );
    file.execute(&fault).await;
}

#[rstest]
#[tokio::test]
async fn a_commit_that_fails_anywhere_keeps_nothing_and_can_be_repeated(
    #[values(
        "INSERT ON hot_check",
        "INSERT ON ledger",
        "INSERT ON judge",
        "UPDATE ON meta",
        "UPDATE ON run"
    )]
    write: &str,
    #[values("ABORT", "ROLLBACK")] how: &str,
) {
    let file = File::new();
    let recorder = watched(&file).await;
    let store = &*recorder.store;
    let before = everything(store).await;
    let batch = full_batch(&recorder);
    break_writes(&file, write, how).await;
    for _ in 0..3 {
        match store.commit(&batch).await {
            Err(StoreError::Refused(sentence)) => assert_eq!(sentence, "the disk is gone"),
            other => panic!("not refused: {other:?}"),
        }
        assert_eq!(everything(store).await, before);
    }
    assert_eq!(store.writable().await.is_err(), write == "UPDATE ON meta");
    file.execute("DROP TRIGGER fault").await;
    store.writable().await.unwrap();
    assert_eq!(store.commit(&batch).await.unwrap(), Committed::Kept);
    assert_eq!(store.checks(recorder.key("api"), Span::ALWAYS).await.unwrap().len(), 8);
}

/// From the n-th write on, all fail; n is the number in the table `fault`.
const FAULT_AT_N: &str = "
    CREATE TABLE fault (writes_left INTEGER);
    INSERT INTO fault VALUES (0);
    CREATE TRIGGER fault_fence BEFORE UPDATE ON meta BEGIN
        SELECT raise(ABORT, 'fault') FROM fault WHERE writes_left <= 0;
        UPDATE fault SET writes_left = writes_left - 1;
    END;
    CREATE TRIGGER fault_new BEFORE INSERT ON check_day BEGIN
        SELECT raise(ABORT, 'fault') FROM fault WHERE writes_left <= 0;
        UPDATE fault SET writes_left = writes_left - 1;
    END;
    CREATE TRIGGER fault_gone BEFORE DELETE ON hot_check BEGIN
        SELECT raise(ABORT, 'fault') FROM fault WHERE writes_left <= 0;
        UPDATE fault SET writes_left = writes_left - 1;
    END;";

#[tokio::test]
async fn packing_that_fails_at_any_step_changes_no_answer() {
    let mut failures = 0;
    for writes in 0.. {
        let file = File::new();
        let mut recorder = watched(&file).await;
        let before = everything(&*recorder.store).await;
        file.execute(FAULT_AT_N).await;
        file.execute(&format!("UPDATE fault SET writes_left = {writes}")).await;
        let packed = recorder.store.pack(at(100_000)).await;
        assert_eq!(everything(&*recorder.store).await, before, "after {writes} writes");
        drop(std::mem::replace(&mut recorder.store, file.open().await));
        assert_eq!(everything(&*recorder.store).await, before, "after {writes} writes");
        if packed.is_ok() {
            break;
        }
        failures += 1;
        file.execute("UPDATE fault SET writes_left = 1000").await;
        // A check that comes late, while its slice is half packed.
        recorder.keep(&[("api", ok(11_000))], None).await;
        let with_late = everything(&*recorder.store).await;
        recorder.store.pack(at(100_000)).await.unwrap();
        assert_eq!(everything(&*recorder.store).await, with_late, "after {writes} writes");
        assert_eq!(file.number("SELECT count(*) FROM hot_check").await, 0);
    }
    // Three slices; in each a fence, two packs and four rows.
    assert!(failures >= 3 * 7, "only {failures} steps could fail");
}

/// Polls a future so many times at most; whether it ended by then.
async fn poll_times<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = times;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

#[rstest]
#[case::commit("commit")]
#[case::pack("pack")]
#[case::import("import")]
#[case::register("register")]
#[tokio::test]
async fn a_verb_that_is_dropped_half_way_can_be_repeated(#[case] verb: &str) {
    let file = File::new();
    let mut recorder = watched(&file).await;
    let mut cut_short = 0;
    for times in 1.. {
        let store = recorder.store.clone();
        let api = recorder.key("api");
        let second = 20_000 + times as i64 * 100;
        let batch = recorder.batch(&[("api", ok(second))], None);
        let work = async {
            match verb {
                "commit" => drop(store.commit(&batch).await.unwrap()),
                "pack" => drop(store.pack(at(100_000)).await.unwrap()),
                "import" => {
                    let mut import = store.import().await.unwrap();
                    import.checks(api, &[ok(second)]).await.unwrap();
                    import.finish().await.unwrap();
                }
                _ => {
                    let mut changed = registration("api");
                    changed.name = format!("name {times}");
                    changed.since = Some(at(times as i64));
                    store.register(at(100_000), &[changed], Others::Keep).await.unwrap();
                }
            }
        };
        let ended = poll_times(work, times).await.is_some();
        // Whatever was done of it, the store works on, and what it holds fits together.
        recorder = Recorder::start(recorder.store).await;
        let second = 21_000 + times as i64 * 100;
        recorder.keep(&[("web", fail(second))], None).await;
        let held = recorder.loaded.histories;
        recorder.loaded = recorder.store.load().await.unwrap();
        assert_eq!(recorder.loaded.histories, held);
        if ended {
            break;
        }
        cut_short += 1;
    }
    assert!(cut_short > 0, "none was cut short");
}

#[tokio::test]
async fn commits_go_on_while_checks_are_packed() {
    let file = File::new();
    let mut recorder = watched(&file).await;
    let store: Arc<dyn Store> = recorder.store.clone();
    let packing = tokio::spawn(async move { store.pack(at(100_000)).await.unwrap() });
    for second in 12_000..12_020 {
        recorder.keep(&[("api", ok(second))], None).await;
    }
    assert!(packing.await.unwrap() >= 12);
    let held = everything(&*recorder.store).await;
    recorder.store.pack(at(100_000)).await.unwrap();
    assert_eq!(everything(&*recorder.store).await, held);
    let api = recorder.key("api");
    assert_eq!(recorder.store.checks(api, Span::ALWAYS).await.unwrap().len(), 26);
}

#[rstest]
#[case(
    "UPDATE check_day SET packed = x'010100'",
    "check_day 20758, monitor 1: its columns are damaged"
)]
#[case(
    "UPDATE check_day SET packed = x'07'",
    "check_day 20758, monitor 1: it is not a pack of version 1"
)]
#[case(
    "UPDATE hot_check SET verdict = 'maybe'",
    "hot_check 1793502000000, monitor 1: its verdict is unknown"
)]
#[case(
    "UPDATE hot_check SET latency_us = -1",
    "hot_check 1793502000000, monitor 1: its latency is out of range"
)]
#[case(
    "UPDATE judge SET state = '{}'",
    "judge of monitor 1: missing field `v` at line 1 column 2"
)]
#[case(
    "UPDATE ledger SET kind = 'rumoured ' || kind",
    "ledger of monitor 1: a kind is unknown"
)]
#[case(
    "UPDATE monitor SET id = 'A/' || key",
    "monitor 1: \"A/1\" cannot be an id: use 1 to 64 small letters, digits, '-', '_' or '.', starting with a letter or digit; try \"a-1\""
)]
#[case("DELETE FROM parameters", "monitor 1: it has no parameters")]
#[tokio::test]
async fn damage_is_told_with_its_place(#[case] damage: &str, #[case] wanted: &str) {
    let file = File::new();
    let mut recorder = watched(&file).await;
    recorder.store.pack(at(10_000)).await.unwrap();
    recorder.keep(&[("api", ok(10_800)), ("web", ok(10_860))], None).await;
    let api = recorder.key("api");
    file.execute(damage).await;
    let store = &*recorder.store;
    let mut said = Vec::new();
    said.extend(store.checks(api, Span::ALWAYS).await.err());
    said.extend(store.load().await.err());
    assert!(!said.is_empty(), "nobody noticed");
    for error in said {
        let StoreError::Corrupt(sentence) = error else { panic!("{error:?}") };
        assert_eq!(sentence, wanted);
    }
}

#[tokio::test]
async fn a_registration_that_says_nothing_new_writes_nothing() {
    let file = File::new();
    let recorder = watched(&file).await;
    let log = file.path().with_file_name("everup.db-wal");
    let before = std::fs::metadata(&log).unwrap().len();
    let same = [registration("api"), registration("web")];
    recorder.store.register(at(50_000), &same, Others::Remove).await.unwrap();
    recorder.store.writable().await.unwrap();
    assert_eq!(std::fs::metadata(&log).unwrap().len(), before);
    recorder
        .store
        .register(at(50_000), &same[..1], Others::Remove)
        .await
        .unwrap();
    assert!(std::fs::metadata(&log).unwrap().len() > before);
}

#[tokio::test]
async fn a_day_of_minutes_packs_into_a_few_kilobytes() {
    let file = File::new();
    let store = file.open().await;
    store.register(at(0), &[registration("api")], Others::Remove).await.unwrap();
    let api = key(&store.load().await.unwrap(), "api");
    let mut import = store.import().await.unwrap();
    let day: Vec<_> = (0..1_440_i64)
        .map(|minute| {
            let mut check = ok(minute * 60);
            check.started_at.0 += minute * minute * 7 % 5;
            check.latency_us = Some(20_000 + (minute * minute * 131 % 997) as u32);
            check
        })
        .collect();
    import.checks(api, &day).await.unwrap();
    import.finish().await.unwrap();
    let bytes = file.number("SELECT sum(length(packed)) FROM check_day").await;
    assert!(bytes < 3 * 1_440, "{bytes}");
    assert_eq!(store.checks(api, Span::ALWAYS).await.unwrap(), day);
}

/// Only what still comes to what is kept may go.
#[tokio::test]
async fn a_day_whose_ledger_was_touched_stays_with_all_later_ones() {
    let file = File::new();
    let mut recorder = Recorder::start({
        let store = file.open().await;
        store.register(at(0), &[registration("api")], Others::Remove).await.unwrap();
        store
    })
    .await;
    let day = DAY_MS / 1_000;
    for second in [0, day, 2 * day] {
        for check in [ok(second), fail(second + 60), ok(second + 120)] {
            recorder.keep(&[("api", check)], None).await;
        }
    }
    let (store, api) = (recorder.store.clone(), recorder.key("api"));
    store.pack(at(3 * day)).await.unwrap();
    file.execute("UPDATE ledger SET note = 'all was well' WHERE kind = 'outage'")
        .await;
    let all = BTreeMap::from([(api, Spans::from(Span::ALWAYS))]);
    let purged = store.purge(&all).await.unwrap();
    assert_eq!((purged.days, purged.doubtful), (0, vec![("api".to_owned(), at(0))]));
    assert_eq!(store.checks(api, Span::ALWAYS).await.unwrap().len(), 9);
    assert_eq!(store.baseline(api).await.unwrap(), None);
    assert!(store.fixed(api).await.unwrap().is_empty(), "nothing of it is left fixed");
}

/// What an earlier everup let go is not told as if it had said nothing.
#[tokio::test]
async fn a_baseline_from_before_gaps_were_kept_explains_nothing() {
    let file = File::new();
    let mut recorder = Recorder::start({
        let store = file.open().await;
        store.register(at(0), &[registration("api")], Others::Remove).await.unwrap();
        store
    })
    .await;
    let day = DAY_MS / 1_000;
    for second in [0, day, 2 * day] {
        recorder.keep(&[("api", ok(second))], None).await;
    }
    let api = recorder.key("api");
    recorder.store.pack(at(3 * day)).await.unwrap();
    let old = |until| BTreeMap::from([(api, Spans::from(Span::new(at(-day), at(until))))]);
    assert_eq!(recorder.store.purge(&old(day)).await.unwrap().days, 1);
    drop(recorder);
    file.execute(
        "DROP TABLE gap; ALTER TABLE baseline DROP COLUMN explained_from;
         DELETE FROM _sqlx_migrations WHERE version = 9",
    )
    .await;
    let store = file.open().await;
    let baseline = store.baseline(api).await.unwrap().unwrap();
    assert_eq!((baseline.until, baseline.explained_from), (at(day), at(day)));
    assert_eq!(store.purge(&old(2 * day)).await.unwrap().days, 1);
    let baseline = store.baseline(api).await.unwrap().unwrap();
    assert_eq!((baseline.until, baseline.explained_from), (at(2 * day), at(day)));
}

/// Months that an earlier everup has closed stand beside others as they were closed, too.
#[tokio::test]
async fn months_closed_before_their_lengths_stood_by_themselves_have_them() {
    let file = File::new();
    let store = file.open().await;
    let october = Month::parse("2026-10").unwrap();
    let window = october.window(chrono_tz::UTC);
    let mut closed = ClosedMonth {
        month: october,
        closed_at: at(7),
        head: format!(
            "{{\"month\":\"2026-10\",\"time_zone\":\"UTC\",\"from\":\"{}\",\"to\":\"{}\",\
             \"monitors\":[",
            window.from, window.to
        ),
        rows: vec![ClosedRow {
            subject: Subject::Monitor,
            id: "api".to_owned(),
            json: r#"{"id":"api","milliseconds":{"up":7}}"#.to_owned(),
        }],
        sha256: String::new(),
    };
    closed.sha256 = closed.hash().unwrap();
    store.close_month(&closed).await.unwrap();
    store.close().await;
    file.execute(
        "DROP INDEX closed_row_lengths;
         ALTER TABLE closed_row DROP COLUMN lengths;
         DELETE FROM _sqlx_migrations WHERE version = 10",
    )
    .await;
    let store = file.open().await;
    let lengths = store.closed_lengths(october..=october, at(7)).await.unwrap();
    let told: Vec<_> = lengths.iter().map(|of| (of.id.as_str(), of.json.as_str())).collect();
    assert_eq!(told, [("api", r#"{"up":7}"#)]);
    assert_eq!(store.closed_month(october).await.unwrap(), Some(closed));
}
