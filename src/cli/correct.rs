//! `everup correct`: a statement about an outage of a closed month, beside what was
//! measured.

use super::arguments::{CorrectionWanted, Place};
use super::progress::Progress;
use super::source::{Source, configured};
use super::terminal;
use crate::clock::{Clock, SystemClock};
use crate::domain::check::Evidence;
use crate::domain::outage::OutageId;
use crate::report::{closed, restated};
use crate::store::closed::Correction;
use crate::store::contract::Store;
use crate::store::sqlite::Sqlite;
use anyhow::{Context, bail};
use std::process::ExitCode;

pub(super) async fn correct(
    place: &Place,
    wanted: CorrectionWanted,
) -> anyhow::Result<ExitCode> {
    let month = wanted.month;
    let outage = OutageId::parse(&wanted.outage).with_context(|| {
        format!(
            "{:?} names no outage; its name is in the report of the month, like \
             api-20261103T080000.000Z",
            wanted.outage
        )
    })?;
    let author = said("--author", &wanted.author.unwrap_or_default())?;
    let reason = said("--reason", &wanted.reason)?;
    let config = configured(place, &Source::new(place, &[])?)?;
    let progress = Progress::waiting("correcting the month");
    let store = Sqlite::open_existing(&config.store.path).await?;
    let Some(kept) = store.closed_month(month).await? else {
        bail!("{month} is not closed; only closed months are corrected");
    };
    let report = closed::open(&kept.text()).map_err(anyhow::Error::msg)?;
    if !restated::has_outage(&report, &outage) {
        bail!("{month} has no outage {outage} with downtime; its report lists those it has");
    }
    let correction = Correction {
        month,
        monitor: outage.monitor.to_string(),
        outage_began_at: outage.from,
        instead: wanted.instead,
        author,
        reason,
        made_at: SystemClock::default().now(),
    };
    store.correct(&correction).await?;
    let restated = restated::restate(&report, store.corrections(Some(month)).await?);
    store.close().await;
    let uptime = |report: &crate::report::period::PeriodReport| {
        let row = report.monitors.iter().find(|row| row.id == correction.monitor);
        let text = row.and_then(|row| row.figures.uptime_text(report.decimals));
        text.map_or("none".to_owned(), |text| format!("{text} %"))
    };
    drop(progress);
    let adjusted = restated.map_or("none".to_owned(), |restated| uptime(&restated.adjusted));
    terminal::print(&format!(
        "{} in {month}: measured {}, adjusted {adjusted}\n",
        correction.monitor,
        uptime(&report),
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// A sentence that stands in the report for ever.
fn said(option: &str, text: &str) -> anyhow::Result<String> {
    let clean = Evidence::clean(text);
    if clean.is_empty() {
        bail!("give {option}; a correction says who made it and why");
    }
    if clean != text.trim() {
        bail!(
            "{option} is longer than {} characters or has control characters",
            Evidence::REASON_CHARS_MAX
        );
    }
    Ok(clean)
}
