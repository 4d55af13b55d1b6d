//! What cannot be imported is refused with what to do, and nothing of it is kept.

use crate::elsewhere::{Elsewhere, at};
use crate::kuma::{DOWN, Kuma, UP};
use everup::transfer::mapping::Wanted;
use rstest::rstest;
use sqlx::sqlite::SqliteJournalMode;
use std::path::Path;

/// Asserts that the file is refused with such a sentence, and that nothing has changed.
async fn refuses(ours: &Elsewhere, path: &Path, expected: &str) {
    let before = ours.everything().await;
    let error = ours.kuma(path, &Wanted::default()).await.unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
    assert!(error.contains("nothing was imported"), "{error}");
    assert_eq!(ours.everything().await, before);
}

/// Enough beats that some are handed on before the end.
async fn filled(folder: &Path, journal: SqliteJournalMode) -> Kuma {
    let mut kuma = Kuma::with(folder, journal).await;
    let api = kuma.monitor("API", "https://api.example.com/health", "http").await;
    kuma.execute(&format!(
        "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 12000)
         INSERT INTO heartbeat (monitor_id, status, msg, time)
         SELECT {api}, n % 7 > 0, 'Request failed with status code 502',
                strftime('%Y-%m-%d %H:%M:%f', '2026-11-10', '+' || (n * 60) || ' seconds')
         FROM n"
    ))
    .await;
    kuma
}

#[rstest]
#[case::of_version_1("DROP TABLE stat_daily", "is of Uptime Kuma 1; let version 2 start")]
#[case::of_a_later_version(
    "ALTER TABLE heartbeat RENAME COLUMN msg TO message",
    "does not know: heartbeat has no column msg"
)]
#[case::not_uptime_kumas("DROP TABLE monitor", "is not a database of Uptime Kuma")]
#[case::half_way(
    "UPDATE setting SET value = '\"migrating\"'",
    "is half-way from version 1 to 2"
)]
#[case::a_status(
    "UPDATE heartbeat SET status = 9 WHERE id = 11999",
    "heartbeat 11999 has the unknown status 9"
)]
#[case::a_time(
    "UPDATE heartbeat SET time = '2026-11-18T07:58:00Z' WHERE id = 11999",
    "heartbeat 11999 has a time that Uptime Kuma does not write"
)]
#[case::a_number_as_time(
    "UPDATE heartbeat SET time = 1793491200000 WHERE id = 11999",
    "1 of the heartbeats of \"API\" have a time that"
)]
#[case::the_future(
    "UPDATE heartbeat SET time = '2026-11-24 10:00:00.001' WHERE id = 11999",
    "heartbeat 11999 is of 2026-11-24T10:00:00.001Z, which is yet to come"
)]
#[case::a_day(
    "INSERT INTO stat_daily (monitor_id, timestamp, ping, up, down)
     VALUES (1, 1793491260, 0, 1, 1)",
    "has a day in stat_daily that Uptime Kuma does not write: monitor 1, timestamp 1793491260"
)]
#[case::a_count(
    "INSERT INTO stat_daily (monitor_id, timestamp, ping, up, down)
     VALUES (1, 1793491200, 0, -1, 1)",
    "up -1, down 1"
)]
#[case::a_count_beyond_its_day(
    "INSERT INTO stat_daily (monitor_id, timestamp, ping, up, down)
     VALUES (1, 1793491200, 0, 86400000, 1)",
    "up 86400000, down 1"
)]
#[case::a_count_without_end(
    "INSERT INTO stat_daily (monitor_id, timestamp, ping, up, down)
     VALUES (1, 1793491200, 0, 9223372036854775807, 9223372036854775807)",
    "up 9223372036854775807, down"
)]
#[case::a_message_that_is_no_text(
    "UPDATE heartbeat SET msg = x'41ff' WHERE id = 11998",
    "does not write: heartbeat 11998, column msg (invalid utf-8"
)]
#[case::a_name_that_is_no_text(
    "UPDATE monitor SET name = x'41ff'",
    "does not write: monitor 1, column name (invalid utf-8"
)]
#[tokio::test]
async fn a_database_that_is_not_as_it_should_be(#[case] sql: &str, #[case] expected: &str) {
    let ours = Elsewhere::new().await;
    let mut kuma = filled(ours.folder.path(), SqliteJournalMode::Wal).await;
    kuma.execute(sql).await;
    let path = kuma.stop().await;
    refuses(&ours, &path, expected).await;
}

#[tokio::test]
async fn a_file_that_is_damaged_or_no_database() {
    let ours = Elsewhere::new().await;
    let path = filled(ours.folder.path(), SqliteJournalMode::Wal).await.stop().await;
    let whole = std::fs::read(&path).unwrap();
    for length in [50, 4_000, whole.len() / 2, whole.len() - 5_000] {
        std::fs::write(&path, &whole[..length]).unwrap();
        refuses(&ours, &path, "is damaged").await;
    }
    let mut torn = whole.clone();
    let middle = torn.len() / 2;
    torn[middle..middle + 6_000].fill(0xA5);
    std::fs::write(&path, &torn).unwrap();
    refuses(&ours, &path, "is damaged").await;
    std::fs::write(&path, "Dear database, ".repeat(100)).unwrap();
    refuses(&ours, &path, "is not a SQLite database").await;
    std::fs::write(&path, "").unwrap();
    refuses(&ours, &path, "is not a database of Uptime Kuma").await;
    refuses(&ours, ours.folder.path(), "is a folder; name the file kuma.db in it").await;
    refuses(&ours, Path::new("/nowhere/kuma.db"), "cannot be read").await;
    let own = ours.folder.path().join("everup.db");
    refuses(&ours, &own, "is not a database of Uptime Kuma").await;
}

#[tokio::test]
async fn a_file_that_is_locked() {
    let ours = Elsewhere::new().await;
    let mut kuma = filled(ours.folder.path(), SqliteJournalMode::Delete).await;
    kuma.execute("BEGIN EXCLUSIVE").await;
    kuma.beat(1, at(20, 0), UP).await;
    refuses(&ours, &kuma.path, "is locked by another program; stop Uptime Kuma").await;
    kuma.execute("ROLLBACK").await;
    assert_eq!(
        ours.kuma(&kuma.path, &Wanted::default()).await.unwrap().imported.checks,
        12_001
    );
}

#[tokio::test]
async fn monitors_without_a_counterpart() {
    let ours = Elsewhere::new().await;
    let mut kuma = filled(ours.folder.path(), SqliteJournalMode::Wal).await;
    let blog = kuma.monitor("Blog", "https://blog.example.com/", "http").await;
    kuma.beat(blog, at(10, 0), UP).await;
    kuma.beat(blog, at(11, 0), DOWN).await;
    let path = kuma.stop().await;
    refuses(&ours, &path, "--map \"Blog=ID\"").await;
    let lenient = Wanted { only_mapped: true, ..Wanted::default() };
    let taken = ours.kuma(&path, &lenient).await.unwrap();
    assert_eq!(
        (taken.imported.checks, &*taken.unmapped),
        (12_001, &["Blog".to_owned()][..])
    );
    let pair = ("Blog".to_owned(), "web".to_owned());
    let said = Wanted { pairs: vec![pair], only_mapped: false };
    let taken = ours.kuma(&path, &said).await.unwrap();
    assert_eq!((taken.imported.checks, taken.imported.known_checks), (2, 12_001));
}

#[tokio::test]
async fn a_contradiction_to_what_is_kept() {
    let ours = Elsewhere::new().await;
    let mut kuma = filled(ours.folder.path(), SqliteJournalMode::Wal).await;
    ours.kuma(&kuma.path, &Wanted::default()).await.unwrap();
    kuma.execute("UPDATE heartbeat SET status = 0 WHERE id = 11998").await;
    let path = kuma.stop().await;
    refuses(&ours, &path, "is kept as ok, and cannot become fail").await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_or_is_another_thing() {
    let ours = Elsewhere::new().await;
    let answer = include_str!("answer.json");
    let before = ours.everything().await;
    let end = answer.trim_end().len();
    for length in (0..end).step_by(97).chain([end - 1]) {
        let error = ours.uptimerobot(&answer[..length]).await.unwrap_err().to_string();
        assert!(error.contains("breaks off"), "{length}: {error}");
        assert!(error.contains("nothing was imported"), "{error}");
    }
    let elsewhere = answer.replace("\"Site\"", "\"Shop\"").replace("web.ex", "shop.ex");
    let error = ours.uptimerobot(&elsewhere).await.unwrap_err().to_string();
    assert!(error.contains("--map \"Shop=ID\""), "{error}");
    assert_eq!(ours.everything().await, before);
}
