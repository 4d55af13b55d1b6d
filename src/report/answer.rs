//! The report of a period, whoever asks: closed months as they were closed, the rest as
//! it reads now.

use super::closed;
use super::figures::Figures;
use super::imported::Imported;
use super::latecomer::Latecomers;
use super::latency::Remembered;
use super::period::{NoReport, PeriodReport};
use super::restated::restate;
use super::settings::Settings;
use crate::domain::calendar::Cut;
use crate::domain::foreign::MadeUp;
use crate::domain::history::History;
use crate::domain::period::Period;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::{Store, StoreError};
use std::collections::HashMap;

/// The report of `period` as it reads at `now`.
///
/// A month that is closed is what was kept of it, whatever has changed since. A longer
/// period takes its closed months as they are, so that it is their sum. `remembered` is as
/// in [`PeriodReport::make`]; without it the months beside a month are not asked for.
///
/// # Errors
/// As [`PeriodReport::make`], and where a closed month cannot be read.
pub async fn answer(
    store: &dyn Store,
    histories: impl IntoIterator<Item = &History>,
    period: Period,
    now: Timestamp,
    settings: &Settings,
    mut remembered: Option<&mut Remembered>,
) -> Result<PeriodReport, NoReport> {
    if let Period::Month(month) = period
        && let Some(kept) = store.closed_month(month).await?
        && kept.closed_at <= now
    {
        let histories: Vec<&History> = histories.into_iter().collect();
        let mut report = open(&kept.text())?.beside_its_months(&histories, now, settings);
        if let Some(past) = remembered {
            past.beside.keep(store, &mut report, now).await?;
        }
        tell_imported(store, histories.iter().copied(), &mut report).await?;
        let corrections = store.corrections(Some(month)).await?;
        let restatement = restate(&report, corrections).map(Box::new);
        let latecomers = Latecomers::of(&report, &histories, settings).into_iter().collect();
        let report = PeriodReport { restatement, latecomers, ..report };
        return Ok(report.with_corrected_months(store, now).await?);
    }
    let mut report =
        PeriodReport::make(store, histories, period, now, settings, remembered.as_deref_mut())
            .await?;
    if matches!(period, Period::Month(_)) {
        if let Some(past) = remembered {
            past.beside.keep(store, &mut report, now).await?;
        }
        return Ok(report.with_corrected_months(store, now).await?);
    }
    for Cut { month, window, .. } in store.closed_months().await? {
        if !window.overlaps(report.window) {
            continue;
        }
        if let Some(kept) = store.closed_month(month).await?
            && kept.closed_at <= now
        {
            let kept = open(&kept.text())?;
            report.latecomers.extend(Latecomers::among(&report, &kept));
            report = with(report, &kept);
            report.kept.push(month);
        }
    }
    report.sum_months();
    Ok(report.with_corrected_months(store, now).await?)
}

/// What another monitor has said of a closed month: it stands beside the figures and is
/// no part of what was closed, so it is told as it is known today.
async fn tell_imported(
    store: &dyn Store,
    histories: impl IntoIterator<Item = &History>,
    report: &mut PeriodReport,
) -> Result<(), StoreError> {
    let imports = store.all_imports(report.window).await?;
    for history in histories {
        let Some(foreign) = imports.get(&history.key) else { continue };
        let id = &history.monitor.id;
        if let Some(row) = report.monitors.iter_mut().find(|row| row.id == id.as_str()) {
            row.imported = Imported::of(foreign, report.window);
        }
    }
    Ok(())
}

fn open(text: &str) -> Result<PeriodReport, NoReport> {
    closed::open(text).map_err(corrupt)
}

fn corrupt(wrong: String) -> NoReport {
    StoreError::Corrupt(format!("a closed month: {wrong}")).into()
}

/// A longer report with a closed month in place of what it says of that time.
fn with(mut report: PeriodReport, month: &PeriodReport) -> PeriodReport {
    let monitors: HashMap<&str, &Figures> =
        month.monitors.iter().map(|row| (row.id.as_str(), &row.figures)).collect();
    report.made_up = report.made_up.into_iter().chain(month.made_up).reduce(MadeUp::and);
    for row in &mut report.monitors {
        if let Some(kept) = monitors.get(row.id.as_str()) {
            row.figures = row.figures.with_part(kept);
        }
    }
    for row in &mut report.groups {
        if let Some(kept) = month.groups.iter().find(|kept| kept.id == row.id) {
            row.figures = row.figures.with_part(&kept.figures);
        }
    }
    report
}
