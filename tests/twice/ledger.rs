//! What the database says of it all, read behind everybody's back.

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, SqlitePool};
use std::path::Path;
use std::time::{Duration, Instant};

/// So many monitors are checked each minute.
pub const MINUTES: usize = 12;
/// Nothing here takes this long; what does is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Ledger(SqlitePool);

impl Ledger {
    pub async fn open(database: &Path) -> Ledger {
        let options = SqliteConnectOptions::new()
            .filename(database)
            .busy_timeout(Duration::from_secs(5))
            .pragma("query_only", "ON");
        Ledger(SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options))
    }

    async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        sqlx::query_scalar(sql).fetch_one(&self.0).await.unwrap()
    }

    pub async fn fence(&self) -> i64 {
        self.number("SELECT fence FROM lease").await
    }

    /// When the newest check of a monitor began.
    pub async fn newest(&self, id: &str) -> i64 {
        self.number(&format!(
            "SELECT coalesce(max(started_at), 0) FROM hot_check
             WHERE monitor = (SELECT key FROM monitor WHERE id = '{id}')"
        ))
        .await
    }

    pub async fn until_newer(&self, id: &str, than: i64) {
        let started = Instant::now();
        while self.newest(id).await <= than {
            assert!(started.elapsed() < PATIENCE, "no check of {id} is kept");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until so many alerts wait to be told.
    pub async fn until_waiting(&self, count: i64) {
        let started = Instant::now();
        let waiting = "SELECT count(*) FROM alert_delivery WHERE outcome IS NULL";
        while self.number(waiting).await != count {
            assert!(started.elapsed() < PATIENCE, "never {count} that wait");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What was told, in order, as it is kept.
    pub async fn told(&self) -> Vec<String> {
        let sql = "SELECT alert.kind || ' ' || monitor.id FROM alert_delivery
             JOIN alert ON alert.id = alert_delivery.alert
             JOIN monitor ON monitor.key = alert.monitor
             WHERE outcome = 'told' ORDER BY alert.id";
        sqlx::query_scalar(sql).fetch_all(&self.0).await.unwrap()
    }

    /// Asserts that no turn of a monitor was looked at twice, and that those of a minute
    /// join on: no check began more than the interval and its grace after the one before.
    /// Of the others, two seconds may wait to be kept when everup is killed.
    pub async fn has_each_slot_once_and_no_gap(&self) {
        let mut seen = 0;
        let ids = (0..MINUTES).map(|n| (format!("minute{n}"), 60_000));
        let quick = ["quick", "flapping"].map(|id| (id.to_owned(), 1_000));
        for (id, interval_ms) in ids.chain(quick) {
            let starts: Vec<i64> = sqlx::query_scalar(
                "SELECT started_at FROM hot_check
                 WHERE monitor = (SELECT key FROM monitor WHERE id = $1) ORDER BY started_at",
            )
            .bind(&id)
            .fetch_all(&self.0)
            .await
            .unwrap();
            seen += starts.len();
            let phase_ms = phase_ms(&id, interval_ms);
            let slots: Vec<i64> =
                starts.iter().map(|at| (at - phase_ms).div_euclid(interval_ms)).collect();
            assert!(slots.windows(2).all(|two| two[0] < two[1]), "{id}: {slots:?}");
            let widest = starts.windows(2).map(|two| two[1] - two[0]).max().unwrap_or(0);
            let allowed = if interval_ms == 60_000 { 75_000 } else { interval_ms + 15_000 };
            assert!(widest <= allowed, "{id}: a gap of {widest} ms");
        }
        assert!(seen > 60, "only {seen} checks");
    }
}

/// As the schedule has it.
fn phase_ms(id: &str, interval_ms: i64) -> i64 {
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    i64::try_from(hash % interval_ms.unsigned_abs()).unwrap()
}
