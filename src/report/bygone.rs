//! What closed months still show although nothing else knows it any more: a group that is
//! no longer configured. Their reports stay as they are, so that what these link to has to
//! be found.

use super::closed;
use super::settings::GroupSettings;
use crate::domain::month::Month;
use crate::store::closed::Subject;
use crate::store::contract::{Store, StoreError};

/// A group as the newest closed month with a row of it has it, and that month.
///
/// # Errors
/// When the store or the row cannot be read.
pub async fn group(
    store: &dyn Store,
    id: &str,
) -> Result<Option<(Month, GroupSettings)>, StoreError> {
    let newest = store.closed_rows(Subject::Group, id, 1).await?.into_iter().next();
    let Some((month, json)) = newest else { return Ok(None) };
    let group = closed::open_group(&json)
        .map_err(|wrong| StoreError::Corrupt(format!("group {id} in {month}: {wrong}")))?;
    Ok(Some((month, group)))
}
