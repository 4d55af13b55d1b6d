//! Closed months and their corrections: texts that are only ever added.

use super::error::corrupt;
use super::write::Write;
use crate::domain::calendar::Cut;
use crate::domain::month::Month;
use crate::domain::timestamp::Timestamp;
use crate::store::closed::{
    ClosedLengths, ClosedMonth, ClosedRow, Correction, Instead, Subject, cut, lists_outage,
};
use crate::store::contract::StoreError;
use sqlx::SqliteConnection;
use std::ops::RangeInclusive;

/// Keeps a closed month, unless it is kept already.
pub(super) async fn close(mut write: Write, closed: &ClosedMonth) -> Result<(), StoreError> {
    if add(write.connection(), closed).await? {
        write.commit().await
    } else {
        write.roll_back().await
    }
}

/// Adds a closed month within a transaction; gives whether that was anything new.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    closed: &ClosedMonth,
) -> Result<bool, StoreError> {
    let month = closed.month.to_string();
    let kept: Option<String> =
        sqlx::query_scalar("SELECT sha256 FROM closed_month WHERE month = $1")
            .bind(&month)
            .fetch_optional(&mut *connection)
            .await?;
    match kept {
        Some(kept) if kept == closed.sha256 => return Ok(false),
        Some(_) => {
            let message = format!("{month} is closed already, with other figures");
            return Err(StoreError::Conflict(message));
        }
        None => {}
    }
    meets_its_neighbours(connection, closed).await?;
    sqlx::query(
        "INSERT INTO closed_month (month, closed_at, head, sha256) VALUES ($1, $2, $3, $4)",
    )
    .bind(&month)
    .bind(closed.closed_at.0)
    .bind(&closed.head)
    .bind(&closed.sha256)
    .execute(&mut *connection)
    .await?;
    for (row, position) in closed.rows.iter().zip(0_i64..) {
        sqlx::query(
            "INSERT INTO closed_row (month, subject, position, id, json)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&month)
        .bind(row.subject.word())
        .bind(position)
        .bind(&row.id)
        .bind(&row.json)
        .execute(&mut *connection)
        .await?;
    }
    Ok(true)
}

/// Two histories may have closed months in different zones. Together they would have time in
/// no month, or in two.
async fn meets_its_neighbours(
    connection: &mut SqliteConnection,
    closed: &ClosedMonth,
) -> Result<(), StoreError> {
    let Cut { month, window, .. } = cut(closed.month, &closed.head)
        .map_err(|wrong| StoreError::Conflict(format!("{}: {wrong}", closed.month)))?;
    for other in months(connection).await? {
        let (own, other) = ((month, window), (other.month, other.window));
        let (earlier, later) = match other.0 {
            before if before == month.previous() => (other, own),
            after if after == month.next() => (own, other),
            _ => continue,
        };
        if earlier.1.to != later.1.from {
            return Err(StoreError::Conflict(format!(
                "{} ends at {} and {} begins at {}: they were closed in different time zones \
                 and do not meet, so only one of them can be kept",
                earlier.0, earlier.1.to, later.0, later.1.from
            )));
        }
    }
    Ok(())
}

/// The months that are closed, oldest first, and where each was cut.
pub(super) async fn months(connection: &mut SqliteConnection) -> Result<Vec<Cut>, StoreError> {
    let heads: Vec<(String, String)> =
        sqlx::query_as("SELECT month, head FROM closed_month ORDER BY month")
            .fetch_all(connection)
            .await?;
    let cut = |(text, head): &(String, String)| {
        cut(month(text)?, head)
            .map_err(|wrong| corrupt(format!("closed_month of {text}"), wrong))
    };
    heads.iter().map(cut).collect()
}

/// A closed month, whole.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    month: Month,
) -> Result<Option<ClosedMonth>, StoreError> {
    let row: Option<(i64, String, String)> =
        sqlx::query_as("SELECT closed_at, head, sha256 FROM closed_month WHERE month = $1")
            .bind(month.to_string())
            .fetch_optional(&mut *connection)
            .await?;
    let Some((closed_at, head, sha256)) = row else { return Ok(None) };
    // `monitor` comes after `group`, so that this order is theirs turned round.
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT subject, id, json FROM closed_row WHERE month = $1
         ORDER BY subject DESC, position",
    )
    .bind(month.to_string())
    .fetch_all(connection)
    .await?;
    let row = |(word, id, json): (String, String, String)| {
        Ok(ClosedRow { subject: subject(&month.to_string(), &word)?, id, json })
    };
    let rows = rows.into_iter().map(row).collect::<Result<_, StoreError>>()?;
    let closed_at = Timestamp(closed_at);
    Ok(Some(ClosedMonth { month, closed_at, head, rows, sha256 }))
}

/// What closed months say of one monitor or group, newest first.
pub(super) async fn rows_of(
    connection: &mut SqliteConnection,
    subject: Subject,
    id: &str,
    most: u32,
) -> Result<Vec<(Month, String)>, StoreError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT month, json FROM closed_row WHERE subject = $1 AND id = $2
         ORDER BY month DESC LIMIT $3",
    )
    .bind(subject.word())
    .bind(id)
    .bind(most)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|(text, json)| Ok((month(&text)?, json))).collect()
}

/// How long each class of time lasted in each row of some closed months. A month comes as one
/// row: twelve thousand of them take twice as long. What is put to `lengths` makes it plain
/// text, which it is by itself only where it comes from the index.
pub(super) async fn lengths(
    connection: &mut SqliteConnection,
    months: RangeInclusive<Month>,
    closed_by: Timestamp,
) -> Result<Vec<ClosedLengths>, StoreError> {
    let kept: Vec<(String, String)> = sqlx::query_as(
        "SELECT month, json_group_array(json_array(subject, id, lengths || '')) FROM closed_row
         WHERE month IN (SELECT month FROM closed_month
                         WHERE month BETWEEN $1 AND $2 AND closed_at <= $3)
         GROUP BY month",
    )
    .bind(months.start().to_string())
    .bind(months.end().to_string())
    .bind(closed_by.0)
    .fetch_all(connection)
    .await?;
    let mut all = Vec::new();
    for (text, rows) in kept {
        let rows: Vec<(String, String, String)> = serde_json::from_str(&rows)
            .map_err(|error| corrupt(format!("closed_row of {text}"), error.to_string()))?;
        let month = month(&text)?;
        for (word, id, json) in rows {
            all.push(ClosedLengths { month, subject: subject(&text, &word)?, id, json });
        }
    }
    Ok(all)
}

/// Keeps a correction, unless it is kept already.
pub(super) async fn correct(
    mut write: Write,
    correction: &Correction,
) -> Result<(), StoreError> {
    if add_correction(write.connection(), correction).await? {
        write.commit().await
    } else {
        write.roll_back().await
    }
}

/// Adds a correction within a transaction; gives whether that was anything new.
pub(super) async fn add_correction(
    connection: &mut SqliteConnection,
    correction: &Correction,
) -> Result<bool, StoreError> {
    let kept = corrections(connection, Some(correction.month)).await?;
    let same = |kept: &&Correction| {
        (&kept.monitor, kept.outage_began_at)
            == (&correction.monitor, correction.outage_began_at)
    };
    match kept.iter().find(same) {
        Some(kept) if kept == correction => return Ok(false),
        Some(kept) => {
            return Err(StoreError::Conflict(format!(
                "this outage of {} in {} was corrected already, by {} at {}",
                kept.monitor, kept.month, kept.author, kept.made_at
            )));
        }
        None => {}
    }
    is_of_its_month(connection, correction).await?;
    sqlx::query(
        "INSERT INTO correction
             (month, monitor, outage_began_at, class, author, reason, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(correction.month.to_string())
    .bind(&correction.monitor)
    .bind(correction.outage_began_at.0)
    .bind(correction.instead.word())
    .bind(&correction.author)
    .bind(&correction.reason)
    .bind(correction.made_at.0)
    .execute(connection)
    .await?;
    Ok(true)
}

/// Refuses a correction of what is not in a closed month.
async fn is_of_its_month(
    connection: &mut SqliteConnection,
    correction: &Correction,
) -> Result<(), StoreError> {
    let Correction { month, monitor, outage_began_at, made_at, .. } = correction;
    let closed: Option<(i64, Option<String>)> = sqlx::query_as(
        "SELECT closed_at, json FROM closed_month LEFT JOIN closed_row
             ON closed_row.month = closed_month.month AND subject = $2 AND id = $3
         WHERE closed_month.month = $1",
    )
    .bind(month.to_string())
    .bind(Subject::Monitor.word())
    .bind(monitor)
    .fetch_optional(connection)
    .await?;
    let refused = match closed {
        None => format!("{month} is not closed; only closed months are corrected"),
        Some((closed_at, _)) if *made_at < Timestamp(closed_at) => {
            let closed_at = Timestamp(closed_at);
            format!("{month} was closed at {closed_at}, and cannot be corrected before that")
        }
        Some((_, row)) => {
            let lists = |row: String| lists_outage(&row, *outage_began_at);
            let is_listed = row.map_or(Ok(false), lists);
            if is_listed.map_err(|wrong| corrupt(format!("closed_row of {month}"), wrong))? {
                return Ok(());
            }
            format!("{month} has no outage of {monitor} that began at {outage_began_at}")
        }
    };
    Err(StoreError::Conflict(refused))
}

/// The corrections of a month, or of all, in the order in which they were made.
pub(super) async fn corrections(
    connection: &mut SqliteConnection,
    of: Option<Month>,
) -> Result<Vec<Correction>, StoreError> {
    let rows: Vec<(String, String, i64, String, String, String, i64)> = sqlx::query_as(
        "SELECT month, monitor, outage_began_at, class, author, reason, made_at
         FROM correction WHERE $1 IS NULL OR month = $1
         ORDER BY made_at, month, monitor, outage_began_at",
    )
    .bind(of.map(|month| month.to_string()))
    .fetch_all(connection)
    .await?;
    let correction = |(text, monitor, began_at, word, author, reason, made_at): (
        String,
        String,
        i64,
        String,
        String,
        String,
        i64,
    )| {
        let instead = Instead::from_word(&word)
            .ok_or_else(|| corrupt(format!("correction of {text}"), "its class is unknown"))?;
        Ok(Correction {
            month: month(&text)?,
            monitor,
            outage_began_at: Timestamp(began_at),
            instead,
            author,
            reason,
            made_at: Timestamp(made_at),
        })
    };
    rows.into_iter().map(correction).collect()
}

fn subject(month: &str, word: &str) -> Result<Subject, StoreError> {
    Subject::from_word(word)
        .ok_or_else(|| corrupt(format!("closed_row of {month}"), "a subject is unknown"))
}

fn month(text: &str) -> Result<Month, StoreError> {
    Month::parse(text).map_err(|wrong| corrupt("closed_month", wrong))
}
