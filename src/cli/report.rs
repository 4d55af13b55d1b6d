//! `everup report`: the month, in one of its forms.

use super::arguments::{Place, ReportWanted};
use super::output::Output;
use super::progress::Progress;
use super::source::{Source, configured};
use super::terminal;
use crate::clock::{Clock, SystemClock};
use crate::domain::calendar::Calendar;
use crate::domain::history::History;
use crate::domain::lease;
use crate::domain::ledger::Ledger;
use crate::domain::period::Period;
use crate::domain::span::Span;
use crate::domain::timestamp::{DAY_MS, Timestamp};
use crate::engine::run::COMMIT_WITHIN;
use crate::report::answer::answer;
use crate::report::form::Form;
use crate::report::latency::Remembered;
use crate::report::settings::Settings;
use crate::report::text;
use crate::store::baseline::Baseline;
use crate::store::contract::{Loaded, Store};
use crate::store::lock::Lock;
use crate::store::sqlite::Sqlite;
use anyhow::bail;
use std::process::ExitCode;

pub(super) async fn report(place: &Place, wanted: ReportWanted) -> anyhow::Result<ExitCode> {
    let now = SystemClock::default().now();
    let form = wanted.format;
    let output = Output::named(wanted.output.clone());
    if form.is_binary() {
        output.admit_binary(&format!("report.{}", form.extension()))?;
    }
    if let Some(as_of) = wanted.as_of.filter(|as_of| *as_of > now) {
        bail!("--as-of {as_of} lies in the future; nobody has seen it yet");
    }
    let config = configured(place, &Source::new(place, &[])?)?;
    let progress = Progress::waiting("making the report");
    let store = Sqlite::open_existing(&config.store.path).await?;
    let Loaded { mut histories, closed, .. } = store.load().await?;
    let settings = Settings { closed: closed.into(), ..config.report };
    match wanted.as_of {
        Some(as_of) => {
            for history in &mut histories {
                rewind(&store, history, as_of).await?;
            }
        }
        // Asked after the reading, so that a daemon that has just ended has kept it all.
        None if Lock::state(&config.store.path) == lease::Lock::Taken => {
            let kept_within_ms = i64::try_from(COMMIT_WITHIN.as_millis()).unwrap_or(i64::MAX);
            for history in &mut histories {
                history.under_way = history.end_where(now, kept_within_ms);
            }
        }
        None => {}
    }
    let now = wanted.as_of.unwrap_or(now);
    let period = period(&wanted, now, &settings.calendar())?;
    let report = {
        let remembered = &mut Remembered::default();
        answer(&store, &histories, period, now, &settings, Some(remembered)).await?
    };
    let look = terminal::look().filter(|_| form == Form::Text && output.is_terminal());
    let printed = match look {
        Some(look) => text::print_on(&report, Some(look)).into_bytes(),
        None => form.print(&report)?,
    };
    drop(progress);
    output.write(&printed)?;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// What the report is about; the running month if nothing is said.
fn period(
    wanted: &ReportWanted,
    now: Timestamp,
    calendar: &Calendar,
) -> anyhow::Result<Period> {
    if let (Some(from), Some(to)) = (&wanted.from, &wanted.to) {
        return Period::range(from, to, calendar.zone()).map_err(anyhow::Error::msg);
    }
    Ok(wanted.month.unwrap_or_else(|| Period::Month(calendar.around(now))))
}

/// Takes back all that was seen after `as_of`: the ledger is made again of the checks
/// up to then, as far as they are kept.
async fn rewind(
    store: &dyn Store,
    history: &mut History,
    as_of: Timestamp,
) -> anyhow::Result<()> {
    let newest = history.ledger.judge.last.map(|last| last.at);
    if newest.is_none_or(|newest| newest <= as_of) {
        return Ok(());
    }
    let mut ledger = Ledger::default();
    if let Some(Baseline { until, judge, .. }) = store.baseline(history.key).await? {
        if as_of < until {
            bail!(
                "the single checks of {} are kept from {until} on; --as-of cannot go further \
                 back than that",
                history.monitor.id
            );
        }
        ledger.settle(store.fixed(history.key).await?, judge);
    }
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
