//! What balancers have counted. Fresh counts are rows of a minute, in order of time; older
//! ones are added up. Whoever reads asks both.

use super::error::corrupt;
use super::write::{self, Write, Writer};
use crate::domain::monitor::MonitorId;
use crate::domain::requests::Requests;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::{DAY_MS, MINUTE_MS, Timestamp};
use crate::store::contract::StoreError;
use crate::store::requests::{Counted, Kept};
use sqlx::SqliteConnection;
use std::collections::BTreeMap;

/// The sums of longer ago of a balancer as a whole: the days of every zone of today are
/// made of these.
const SUM_MS: i64 = 15 * MINUTE_MS;

/// Those of a backend, of which no month is made.
const BACKEND_SUM_MS: i64 = DAY_MS;

/// Adds what was counted, unless that was done before.
pub(super) async fn add(mut write: Write, counted: &Counted) -> Result<(), StoreError> {
    let connection = write.connection();
    if !advance(connection, counted).await? {
        return write.roll_back().await;
    }
    let whole = std::iter::once(("", &counted.total));
    let each = counted.backends.iter().map(|(id, requests)| (id.as_str(), requests));
    let rows: Vec<_> = whole
        .chain(each)
        .filter(|(_, requests)| !requests.is_empty())
        .map(|(backend, r)| {
            let n = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
            (
                backend,
                n(r.answered),
                n(r.server_errors),
                n(r.failed),
                n(r.cut),
                n(r.abandoned),
                n(r.refused),
                n(r.repeated),
            )
        })
        .collect();
    if !rows.is_empty() {
        let began_at = counted.from.0.div_euclid(MINUTE_MS) * MINUTE_MS;
        sqlx::query(
            "INSERT INTO request_minute
             SELECT $1, $2, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
                 value ->> 5, value ->> 6, value ->> 7
             FROM json_each($3) WHERE true
             ON CONFLICT (began_at, balancer, backend) DO UPDATE SET
                 answered = answered + excluded.answered,
                 server_errors = server_errors + excluded.server_errors,
                 failed = failed + excluded.failed,
                 cut = cut + excluded.cut,
                 abandoned = abandoned + excluded.abandoned,
                 refused = refused + excluded.refused,
                 repeated = repeated + excluded.repeated",
        )
        .bind(began_at)
        .bind(counted.balancer.as_str())
        .bind(write::rows(&rows))
        .execute(connection)
        .await?;
    }
    write.commit().await
}

/// Moves forward up to where a run's counts are kept; gives whether these follow on them.
async fn advance(
    connection: &mut SqliteConnection,
    counted: &Counted,
) -> Result<bool, StoreError> {
    let moved = if counted.from == counted.run {
        sqlx::query(
            "INSERT INTO request_run (balancer, began_at, counted_until)
             VALUES ($1, $2, $4) ON CONFLICT (balancer, began_at) DO UPDATE
             SET counted_until = excluded.counted_until WHERE counted_until = $3",
        )
    } else {
        sqlx::query(
            "UPDATE request_run SET counted_until = $4
             WHERE balancer = $1 AND began_at = $2 AND counted_until = $3",
        )
    };
    let moved = moved
        .bind(counted.balancer.as_str())
        .bind(counted.run.0)
        .bind(counted.from.0)
        .bind(counted.to.0)
        .execute(connection)
        .await?;
    Ok(moved.rows_affected() > 0)
}

/// A row of sums.
type Row = (String, String, i64, i64, i64, i64, i64, i64, i64);

/// What is kept of the requests of each balancer within `span`.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    span: Span,
) -> Result<BTreeMap<MonitorId, Kept>, StoreError> {
    let mut found: BTreeMap<MonitorId, Kept> = BTreeMap::new();
    let runs: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT balancer, began_at, counted_until FROM request_run
         WHERE began_at < $2 AND counted_until > $1 ORDER BY balancer, began_at",
    )
    .bind(span.from.0)
    .bind(span.to.0)
    .fetch_all(&mut *connection)
    .await?;
    let mut spans: BTreeMap<MonitorId, Vec<Span>> = BTreeMap::new();
    for (balancer, from, to) in runs {
        let run = Span::new(Timestamp(from), Timestamp(to.max(from)));
        spans.entry(id(&balancer)?).or_default().push(run.cut(span));
    }
    for (balancer, spans) in spans {
        found.entry(balancer).or_default().counted = spans.into_iter().collect::<Spans>();
    }
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT balancer, backend, sum(answered), sum(server_errors), sum(failed), sum(cut),
             sum(abandoned), sum(refused), sum(repeated)
         FROM (SELECT * FROM request_minute WHERE began_at >= $1 AND began_at < $2
             UNION ALL SELECT * FROM request_sum WHERE began_at >= $1 AND began_at < $2)
         GROUP BY balancer, backend",
    )
    .bind(span.from.0)
    .bind(span.to.0)
    .fetch_all(connection)
    .await?;
    for row in rows {
        let kept = found.entry(id(&row.0)?).or_default();
        let number = |number: i64| u64::try_from(number).unwrap_or(0);
        let requests = Requests {
            answered: number(row.2),
            server_errors: number(row.3),
            failed: number(row.4),
            cut: number(row.5),
            abandoned: number(row.6),
            refused: number(row.7),
            repeated: number(row.8),
        };
        match row.1.as_str() {
            "" => kept.total = requests,
            backend => drop(kept.backends.insert(id(backend)?, requests)),
        }
    }
    Ok(found)
}

fn id(text: &str) -> Result<MonitorId, StoreError> {
    MonitorId::new(text).map_err(|_| corrupt("the count of requests", "an id"))
}

/// Adds up the rows of minutes of whole UTC days before `before`, a day in a transaction.
pub(super) async fn sum_up(writer: &Writer, before: Timestamp) -> Result<u64, StoreError> {
    let end = before.0.div_euclid(DAY_MS) * DAY_MS;
    let mut summed = 0;
    loop {
        let mut write = writer.begin().await?;
        let connection = write.connection();
        let oldest: Option<i64> =
            sqlx::query_scalar("SELECT min(began_at) FROM request_minute")
                .fetch_one(&mut *connection)
                .await?;
        let Some(oldest) = oldest.filter(|oldest| *oldest < end) else {
            write.roll_back().await?;
            return Ok(summed);
        };
        let day_end = oldest.div_euclid(DAY_MS) * DAY_MS + DAY_MS;
        sqlx::query(
            "INSERT INTO request_sum
             SELECT CASE backend WHEN '' THEN began_at - began_at % $2
                     ELSE began_at - began_at % $3 END AS began, balancer, backend,
                 sum(answered), sum(server_errors), sum(failed), sum(cut), sum(abandoned),
                 sum(refused), sum(repeated)
             FROM request_minute WHERE began_at < $1
             GROUP BY began, balancer, backend
             ON CONFLICT (began_at, balancer, backend) DO UPDATE SET
                 answered = answered + excluded.answered,
                 server_errors = server_errors + excluded.server_errors,
                 failed = failed + excluded.failed,
                 cut = cut + excluded.cut,
                 abandoned = abandoned + excluded.abandoned,
                 refused = refused + excluded.refused,
                 repeated = repeated + excluded.repeated",
        )
        .bind(day_end)
        .bind(SUM_MS)
        .bind(BACKEND_SUM_MS)
        .execute(&mut *connection)
        .await?;
        let gone = sqlx::query("DELETE FROM request_minute WHERE began_at < $1")
            .bind(day_end)
            .execute(connection)
            .await?;
        write.commit().await?;
        summed += gone.rows_affected();
    }
}
