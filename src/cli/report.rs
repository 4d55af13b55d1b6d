//! `everup report`: the month, in one of its forms.

use super::arguments::{Place, ReportWanted};
use super::source::{Source, configured};
use super::terminal;
use crate::clock::{Clock, SystemClock};
use crate::domain::history::History;
use crate::domain::ledger::Ledger;
use crate::domain::month::Month;
use crate::domain::period::Period;
use crate::domain::span::Span;
use crate::domain::timestamp::{DAY_MS, Timestamp};
use crate::report::answer::answer;
use crate::report::latency::Remembered;
use crate::store::contract::{Store, StoreError};
use crate::store::sqlite::Sqlite;
use chrono_tz::Tz;
use std::process::ExitCode;

pub(super) async fn report(place: &Place, wanted: ReportWanted) -> anyhow::Result<ExitCode> {
    let config = configured(place, &Source::new(place, &[])?)?;
    let store = Sqlite::open_existing(&config.store.path).await?;
    let mut histories = store.load().await?.histories;
    let now = wanted.as_of.unwrap_or_else(|| SystemClock::default().now());
    if let Some(as_of) = wanted.as_of {
        for history in &mut histories {
            rewind(&store, history, as_of).await?;
        }
    }
    let period = period(&wanted, now, config.report.zone)?;
    let report = {
        let remembered = &mut Remembered::default();
        answer(&store, &histories, period, now, &config.report, remembered).await?
    };
    terminal::print(&wanted.format.print(&report))?;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// What the report is about; the running month if nothing is said.
fn period(wanted: &ReportWanted, now: Timestamp, zone: Tz) -> anyhow::Result<Period> {
    if let (Some(from), Some(to)) = (&wanted.from, &wanted.to) {
        return Period::range(from, to, zone).map_err(anyhow::Error::msg);
    }
    Ok(wanted.month.unwrap_or_else(|| Period::Month(Month::around(now, zone))))
}

/// Takes back all that was seen after `as_of`: the ledger is made again of the checks
/// up to then.
async fn rewind(
    store: &dyn Store,
    history: &mut History,
    as_of: Timestamp,
) -> Result<(), StoreError> {
    let newest = history.ledger.judge.last.map(|last| last.at);
    if newest.is_none_or(|newest| newest <= as_of) {
        return Ok(());
    }
    let mut ledger = Ledger::default();
    let Some(extent) = store.extent(history.key).await? else { return Ok(()) };
    let extent = extent.cut(Span::new(Timestamp::MIN, as_of.plus_ms(1)));
    let mut from = extent.from;
    while from < extent.to {
        let to = from.plus_ms(DAY_MS).min(extent.to);
        let mut judge = ledger.judge.clone();
        let mut entries = Vec::new();
        for check in store.checks(history.key, Span::new(from, to)).await? {
            let (at, verdict) = (check.started_at, check.verdict);
            judge.observe(at, verdict, check.reason(), &history.monitor, &mut entries);
        }
        ledger.settle(entries, judge);
        from = to;
    }
    history.ledger = ledger;
    Ok(())
}
