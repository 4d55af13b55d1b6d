//! What was done to maintenance windows. Rows are only ever added.

use super::error::corrupt;
use crate::domain::announcement::{Action, Deed, WindowId};
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use crate::store::window_form::WindowForm;
use sqlx::SqliteConnection;

/// Notes what was done to a window.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    id: WindowId,
    deed: &Deed,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO maintenance_deed (maintenance, done_at, author, action, before, after)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id.0)
    .bind(deed.at.0)
    .bind(&deed.author)
    .bind(deed.action.word())
    .bind(deed.before.as_ref().map(|window| WindowForm::of(window).print()))
    .bind(WindowForm::of(&deed.after).print())
    .execute(connection)
    .await?;
    Ok(())
}

/// What was done to a window, in order.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    id: WindowId,
) -> Result<Vec<Deed>, StoreError> {
    let rows: Vec<(i64, String, String, Option<String>, String)> = sqlx::query_as(
        "SELECT done_at, author, action, before, after FROM maintenance_deed
         WHERE maintenance = $1 ORDER BY id",
    )
    .bind(id.0)
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|(at, author, action, before, after)| {
            let window = |text: &str| {
                WindowForm::parse(text).map_err(|wrong| corrupt("maintenance_deed", wrong))
            };
            let unknown = || corrupt("maintenance_deed", format!("no action is {action:?}"));
            Ok(Deed {
                at: Timestamp(at),
                author,
                action: Action::from_word(&action).ok_or_else(unknown)?,
                before: before.as_deref().map(window).transpose()?,
                after: window(&after)?,
            })
        })
        .collect()
}
