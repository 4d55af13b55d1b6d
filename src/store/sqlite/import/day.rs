//! The days that an import is adding checks to, while they are in memory.
//!
//! Used by [`super::SqliteImport`] only. A day is read when its first check comes, and
//! written when the days in memory become too large, or at the end.

use super::super::{days, packing};
use super::SqliteImport;
use crate::domain::check::{Check, Evidence};
use crate::domain::monitor::Key;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What the days in memory may take, roughly: a month of minutes
/// of four monitors.
const BYTES_WAITING_MAX: usize = 16 << 20;
/// What a check without evidence takes in such a day.
const CHECK_BYTES: usize = 2 * size_of::<Check>();

/// The checks of one monitor and day, while they are being added to.
#[derive(Default)]
pub(super) struct Day {
    checks: BTreeMap<Timestamp, Check>,
    /// Whether some of them are not in the pack yet.
    is_new: bool,
}

impl SqliteImport {
    /// Packs the hot rows, so that packs are all there is.
    pub(super) async fn pack_hot(&mut self) -> Result<(), StoreError> {
        if !self.packed {
            packing::pack_all(self.write.connection()).await?;
            self.packed = true;
        }
        Ok(())
    }

    /// Brings a day into memory, if it is not there.
    pub(super) async fn open_day(&mut self, key: Key, day: i64) -> Result<(), StoreError> {
        if self.days.contains_key(&(key, day)) {
            return Ok(());
        }
        if self.bytes_waiting >= BYTES_WAITING_MAX {
            self.write_days().await?;
        }
        let kept = days::read(self.write.connection(), key, day).await?;
        self.bytes_waiting += kept.iter().map(weight).sum::<usize>();
        let checks = kept.into_iter().map(|check| (check.started_at, check)).collect();
        self.days.insert((key, day), Day { checks, is_new: false });
        Ok(())
    }

    /// Adds a check of a day that is in memory.
    pub(super) fn add(&mut self, key: Key, day: i64, check: &Check) -> Result<(), StoreError> {
        let day = self.days.entry((key, day)).or_default();
        match day.checks.entry(check.started_at) {
            Entry::Vacant(place) => {
                place.insert(check.clone());
                day.is_new = true;
                self.bytes_waiting += weight(check);
                self.imported.checks += 1;
                let is_closed =
                    self.closed.iter().any(|cut| cut.window.contains(check.started_at));
                self.imported.closed_checks += u64::from(is_closed);
                self.begins(key, check.started_at);
                self.latest = self.latest.max(Some(check.started_at));
                Ok(())
            }
            Entry::Occupied(kept) if kept.get() == check => {
                self.imported.known_checks += 1;
                Ok(())
            }
            Entry::Occupied(kept) => {
                let message = contradiction(kept.get(), check);
                let id = &self.stored(key)?.id;
                Err(StoreError::Conflict(format!("{id}: {message}")))
            }
        }
    }

    pub(super) async fn write_days(&mut self) -> Result<(), StoreError> {
        for ((key, day), content) in std::mem::take(&mut self.days) {
            if content.is_new {
                let checks: Vec<Check> = content.checks.into_values().collect();
                days::write(self.write.connection(), key, day, &checks).await?;
            }
        }
        self.bytes_waiting = 0;
        Ok(())
    }
}

/// Its day, as packs are kept by it.
pub(super) fn day(check: &Check) -> i64 {
    days::day_of(check.started_at)
}

fn weight(check: &Check) -> usize {
    let said = |evidence: &Evidence| {
        let address = evidence.address.as_ref().map_or(0, String::len);
        size_of::<Evidence>() + evidence.reason.len() + address
    };
    CHECK_BYTES + check.evidence.as_deref().map_or(0, said)
}

fn contradiction(kept: &Check, given: &Check) -> String {
    let at = kept.started_at;
    let (is, would) = (kept.verdict, given.verdict);
    if is == would {
        format!("the check of {at} is kept with another latency or reason")
    } else {
        format!("the check of {at} is kept as {is}, and cannot become {would}")
    }
}
