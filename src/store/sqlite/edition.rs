//! What stands for the checks of a monitor: [`crate::store::contract::Store::edition`].
//!
//! Packs change with the epoch (imports, and commits that come late), and with the baseline
//! (purges); packing changes no answer. What is not packed is only added to, as long as the
//! instant stays where packs end, so that the number of its rows says which they are.

use super::meta::Meta;
use super::{baseline, hot};
use crate::domain::monitor::Key;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use sqlx::SqliteConnection;

/// The edition of the checks that began within `span`; `connection` is inside a read
/// transaction.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    key: Key,
    span: Span,
) -> Result<String, StoreError> {
    let Meta { epoch, packed_until, .. } = Meta::read(connection).await?;
    let gone = baseline::read(connection, key)
        .await?
        .map_or(0, |baseline| baseline.until.0);
    let settled = format!("{epoch}-{gone}");
    let fresh = span.cut(Span::new(packed_until.unwrap_or(Timestamp::MIN), Timestamp::MAX));
    if fresh.is_empty() {
        return Ok(settled);
    }
    let packed = packed_until.map_or(0, |until| until.0);
    let rows = hot::count(connection, key, fresh).await?;
    Ok(format!("{settled}-{packed}-{rows}"))
}
