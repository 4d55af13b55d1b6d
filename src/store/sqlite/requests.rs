//! What balancers have counted. Fresh counts are rows of a minute, in order of time; older
//! ones are added up. Whoever reads asks both.

use super::error::corrupt;
use super::write::{self, Write, Writer};
use crate::domain::monitor::MonitorId;
use crate::domain::requests::Requests;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::{DAY_MS, MINUTE_MS, Timestamp};
use crate::store::contract::StoreError;
use crate::store::requests::{Counted, CountedRun, Kept, Sum, SumOf};
use sqlx::SqliteConnection;
use std::collections::BTreeMap;

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
        .map(|(backend, requests)| {
            let [a, b, c, d, e, f, g] = numbers(requests);
            (backend, a, b, c, d, e, f, g)
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
    let mut spans: BTreeMap<MonitorId, Vec<Span>> = BTreeMap::new();
    for run in runs(connection, span).await? {
        spans.entry(run.balancer).or_default().push(run.span.cut(span));
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
        let requests = requests([row.2, row.3, row.4, row.5, row.6, row.7, row.8]);
        match row.1.as_str() {
            "" => kept.total = requests,
            backend => drop(kept.backends.insert(id(backend)?, requests)),
        }
    }
    Ok(found)
}

/// When the runs of balancers counted that touch `span`.
pub(super) async fn runs(
    connection: &mut SqliteConnection,
    span: Span,
) -> Result<Vec<CountedRun>, StoreError> {
    let runs: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT balancer, began_at, counted_until FROM request_run
         WHERE began_at < $2 AND counted_until > $1 ORDER BY balancer, began_at",
    )
    .bind(span.from.0)
    .bind(span.to.0)
    .fetch_all(connection)
    .await?;
    let run = |(balancer, from, to): (String, i64, i64)| {
        let span = Span::new(Timestamp(from), Timestamp(to.max(from)));
        Ok(CountedRun { balancer: id(&balancer)?, span })
    };
    runs.into_iter().map(run).collect()
}

/// What is kept of requests, as it is kept.
pub(super) async fn sums(
    connection: &mut SqliteConnection,
    span: Span,
) -> Result<Vec<Sum>, StoreError> {
    type Kept = (i64, bool, String, String, i64, i64, i64, i64, i64, i64, i64);
    let rows: Vec<Kept> = sqlx::query_as(
        "SELECT began_at, false, balancer, backend, answered, server_errors, failed, cut,
             abandoned, refused, repeated
         FROM request_minute WHERE began_at >= $1 AND began_at < $2
         UNION ALL
         SELECT began_at, true, balancer, backend, answered, server_errors, failed, cut,
             abandoned, refused, repeated
         FROM request_sum WHERE began_at >= $1 AND began_at < $2
         ORDER BY 1, 3, 4",
    )
    .bind(span.from.0)
    .bind(span.to.0)
    .fetch_all(connection)
    .await?;
    let sum = |row: Kept| {
        let backend = Some(row.3.as_str()).filter(|backend| !backend.is_empty());
        let of = if row.1 { SumOf::long_ago(backend.is_some()) } else { SumOf::Minute };
        Ok(Sum {
            balancer: id(&row.2)?,
            backend: backend.map(id).transpose()?,
            from: Timestamp(row.0),
            of,
            requests: requests([row.4, row.5, row.6, row.7, row.8, row.9, row.10]),
        })
    };
    rows.into_iter().map(sum).collect()
}

/// Takes over when a run counted. Gives how many runs that adds, or lengthens.
pub(super) async fn take_run(
    connection: &mut SqliteConnection,
    run: &CountedRun,
) -> Result<u64, StoreError> {
    let taken = sqlx::query(
        "INSERT INTO request_run VALUES ($1, $2, $3)
         ON CONFLICT (balancer, began_at) DO UPDATE
         SET counted_until = excluded.counted_until
         WHERE excluded.counted_until > counted_until",
    )
    .bind(run.balancer.as_str())
    .bind(run.span.from.0)
    .bind(run.span.to.0)
    .execute(connection)
    .await?;
    Ok(taken.rows_affected())
}

/// Puts what is taken over into a table, where `$condition` holds; of what is there already,
/// the larger number of each kind holds.
macro_rules! take_into {
    ($table:literal, $condition:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 WHERE ",
            $condition,
            " ON CONFLICT (began_at, balancer, backend) DO UPDATE SET
                 answered = max(answered, excluded.answered),
                 server_errors = max(server_errors, excluded.server_errors),
                 failed = max(failed, excluded.failed),
                 cut = max(cut, excluded.cut),
                 abandoned = max(abandoned, excluded.abandoned),
                 refused = max(refused, excluded.refused),
                 repeated = max(repeated, excluded.repeated)
             WHERE excluded.answered > answered OR excluded.server_errors > server_errors
                 OR excluded.failed > failed OR excluded.cut > cut
                 OR excluded.abandoned > abandoned OR excluded.refused > refused
                 OR excluded.repeated > repeated"
        )
    };
}

/// A minute, unless the longer stretch is there that `$11` begins.
const TAKE_MINUTE: &str = take_into!(
    "request_minute",
    "NOT EXISTS (SELECT 1 FROM request_sum
         WHERE began_at = $11 AND balancer = $2 AND backend = $3)"
);

/// A longer stretch, whose minutes are gone.
const TAKE_LONG_AGO: &str = take_into!("request_sum", "true");

/// Takes over a sum. Gives how many that adds, or lets grow.
pub(super) async fn take(
    connection: &mut SqliteConnection,
    sum: &Sum,
) -> Result<u64, StoreError> {
    let backend = sum.backend.as_ref().map_or("", MonitorId::as_str);
    let long_ago_ms = SumOf::long_ago(sum.backend.is_some()).ms();
    let long_ago_from = sum.from.0.div_euclid(long_ago_ms) * long_ago_ms;
    if sum.of != SumOf::Minute {
        sqlx::query(
            "DELETE FROM request_minute
             WHERE began_at >= $1 AND began_at < $2 AND balancer = $3 AND backend = $4",
        )
        .bind(sum.from.0)
        .bind(sum.from.plus_ms(long_ago_ms).0)
        .bind(sum.balancer.as_str())
        .bind(backend)
        .execute(&mut *connection)
        .await?;
    }
    let take = if sum.of == SumOf::Minute { TAKE_MINUTE } else { TAKE_LONG_AGO };
    let mut take = sqlx::query(take).bind(sum.from.0).bind(sum.balancer.as_str()).bind(backend);
    for number in numbers(&sum.requests) {
        take = take.bind(number);
    }
    if sum.of == SumOf::Minute {
        take = take.bind(long_ago_from);
    }
    Ok(take.execute(connection).await?.rows_affected())
}

/// In the order of the columns.
fn numbers(requests: &Requests) -> [i64; 7] {
    [
        requests.answered,
        requests.server_errors,
        requests.failed,
        requests.cut,
        requests.abandoned,
        requests.refused,
        requests.repeated,
    ]
    .map(|number| i64::try_from(number).unwrap_or(i64::MAX))
}

/// Back from the order of the columns.
fn requests(numbers: [i64; 7]) -> Requests {
    let [answered, server_errors, failed, cut, abandoned, refused, repeated] =
        numbers.map(|number| u64::try_from(number).unwrap_or(0));
    Requests { answered, server_errors, failed, cut, abandoned, refused, repeated }
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
        .bind(SumOf::long_ago(false).ms())
        .bind(SumOf::long_ago(true).ms())
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
