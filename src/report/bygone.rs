//! What closed months still show although nothing else knows it any more: a group that is
//! no longer configured, an outage or a time from before a later `since`. Their reports
//! stay as they are, so that what these link to has to be found.

use super::closed;
use super::settings::GroupSettings;
use crate::domain::month::Month;
use crate::domain::outage::OutageId;
use crate::domain::span::Span;
use crate::store::closed::{Subject, lists_outage};
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

/// The closed month in which an outage began, or the first one that lists it.
///
/// # Errors
/// When the store or a row cannot be read.
pub async fn month_of_outage(
    store: &dyn Store,
    outage: &OutageId,
) -> Result<Option<Month>, StoreError> {
    let OutageId { monitor, from } = outage;
    let closed = store.closed_months().await?.into_iter();
    let reaching = closed.filter(|cut| cut.window.to > *from).count();
    let most = u32::try_from(reaching).unwrap_or(u32::MAX);
    let mut first = None;
    for (month, json) in store.closed_rows(Subject::Monitor, monitor.as_str(), most).await? {
        let is_listed = lists_outage(&json, *from)
            .map_err(|wrong| StoreError::Corrupt(format!("{monitor} in {month}: {wrong}")))?;
        if is_listed {
            first = Some(month);
        }
    }
    Ok(first)
}

/// The newest closed month that has time in `window` and a row of a monitor or a group.
///
/// # Errors
/// When the store cannot be read.
pub async fn month_within(
    store: &dyn Store,
    (subject, id): (Subject, &str),
    window: Span,
) -> Result<Option<Month>, StoreError> {
    let closed = store.closed_months().await?;
    let reaching = closed.iter().filter(|cut| cut.window.to > window.from).count();
    let most = u32::try_from(reaching).unwrap_or(u32::MAX);
    let is_within = |month: &Month| {
        closed.iter().any(|cut| cut.month == *month && cut.window.overlaps(window))
    };
    let newest_first = store.closed_rows(subject, id, most).await?.into_iter();
    Ok(newest_first.map(|(month, _)| month).find(is_within))
}
