//! How a figure came about: the window, everything that happened in it with the checks
//! that decided it, and the sum, so that a reader can compute it again by hand.
//!
//! The figures are those of the report, whatever it takes them from; nothing here computes
//! one. Pure over a report, a monitor's history, the runs of everup and a few checks; only
//! [`Explanation::make`] reads, and only around what happened. The page and the JSON print
//! what this says.

mod ending;
mod event;
mod gap;
pub mod group;
pub mod json;
mod outage;
pub mod part;
mod planned;
mod reading;
pub mod sighting;
pub mod words;

pub use event::{Cited, Event, Happened, Role};
pub use planned::rule;

use super::answer::answer;
use super::figures::Figures;
use super::headline::Piece;
use super::period::{Closing, MonitorRow, NoReport, PeriodReport};
use super::restated::CorrectedMonth;
use super::settings::Settings;
use crate::domain::announcement::Announcement;
use crate::domain::calendar::Seam;
use crate::domain::class::Class;
use crate::domain::foreign::Foreign;
use crate::domain::foreign::MadeUp;
use crate::domain::gap::Gap;
use crate::domain::history::History;
use crate::domain::month::Month;
use crate::domain::period::Period;
use crate::domain::run::Run;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;
use crate::store::baseline::Baseline;
use crate::store::closed::{Correction, Subject};
use crate::store::contract::Store;
use chrono_tz::Tz;
use part::Part;
use reading::Reading;
use sighting::Sightings;

/// How the figure of one monitor came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Of which time.
    pub scope: Scope,
    /// Where the figures end, within the window.
    pub ends_at: Timestamp,
    /// The sentence that says why there.
    pub ends_because: Vec<Piece>,
    /// The figures that are explained, and the rules that were in force.
    pub row: MonitorRow,
    /// The whole window, in order, without holes or overlaps.
    pub parts: Vec<Part>,
    /// Everything that happened, in order of its start.
    pub events: Vec<Event>,
    /// Time that was up or slow, but may have been down without being seen so: next to a
    /// failure or a gap. It counts against the lower bound.
    pub doubtful: Spans,
    /// Where the single checks begin, where that is after the window has begun.
    pub kept_from: Option<Timestamp>,
    /// Whether what is known today comes to these figures. Where it does not, they stand
    /// as they were closed.
    pub agrees: bool,
}

/// What is explained: a time, and what of it is closed. The same for monitors and groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Which time.
    pub period: Period,
    /// The zone it was cut in.
    pub zone: Tz,
    /// Its instants.
    pub window: Span,
    /// When the explanation was made.
    pub as_of: Timestamp,
    /// How many decimals percentages are printed with.
    pub decimals: u32,
    /// Whose checks were made up by `everup demo`, if any in it were.
    pub made_up: Option<MadeUp>,
    /// How it was closed, where it is a closed month.
    pub closing: Option<Closing>,
    /// Where its months begin or end in another zone.
    pub seams: Vec<Seam>,
    /// The months of a longer period whose part stands as they were closed, oldest first.
    pub kept: Vec<Month>,
    /// What corrections make of the figures; `None` where they leave them alone.
    pub adjusted: Option<Adjusted>,
    /// The closed months of a longer period whose figures of this one were corrected, as
    /// far as that is about its time; oldest first.
    pub corrected: Vec<CorrectedMonth>,
    /// The closed months of this time that have no row of this one, oldest first. Its
    /// figures are of what is known of them today.
    pub closed_without: Vec<Month>,
}

/// What corrections make of figures that stay as they were measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjusted {
    /// The adjusted figures.
    pub figures: Figures,
    /// What was corrected, in the order in which that was said.
    pub corrections: Vec<Correction>,
}

/// What an explanation is made of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The monitor and its past.
    pub history: &'a History,
    /// Every maintenance window.
    pub windows: &'a [Announcement],
    /// Every run of everup, in their order.
    pub runs: &'a [Run],
    /// What other monitors said of it.
    pub foreign: &'a Foreign,
    /// Where its single checks begin, where not all of them are kept.
    pub baseline: Option<&'a Baseline>,
    /// What those before said of gaps.
    pub gaps: &'a [Gap],
    /// The checks around what happened, or all.
    pub sightings: &'a Sightings,
}

impl Explanation {
    /// Explains the figure of a monitor in `period`, as it reads at `now`.
    ///
    /// # Errors
    /// When the period has no report with the monitor in it, or the store fails.
    pub async fn make(
        store: &dyn Store,
        history: &History,
        windows: &[Announcement],
        period: Period,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<Explanation, NoReport> {
        let mut report = answer(store, [history], period, now, settings, None).await?;
        let late = (Subject::Monitor, history.monitor.id.as_str());
        if report.is_closed_without(late) {
            report = PeriodReport {
                latecomers: report.latecomers,
                ..PeriodReport::make(store, [history], period, now, settings, None).await?
            };
        }
        let runs = store.runs().await?;
        let foreign = store.imports(history.key, report.window).await?;
        let baseline = store.baseline(history.key).await?;
        let around = reading::around(report.window, &history.monitor);
        let gaps = store.gaps(history.key, around).await?;
        let sightings = Sightings::default();
        let facts = Facts {
            history,
            windows,
            runs: &runs,
            foreign: &foreign,
            baseline: baseline.as_ref(),
            gaps: &gaps,
            sightings: &sightings,
        };
        let reading = Reading::of(facts, &report, now, settings);
        let reading = reading.ok_or_else(|| NoReport::NotWatched {
            who: history.monitor.name.clone(),
            period: period.in_sentence(report.zone),
        })?;
        let sightings = Sightings::read(store, history.key, reading.wanted()).await?;
        let facts = Facts { sightings: &sightings, ..facts };
        Ok(Explanation::told(&Reading { facts, ..reading }, now))
    }

    /// The same of facts that are at hand; `None` where the monitor is not in the report.
    #[must_use]
    pub fn of(
        facts: Facts<'_>,
        report: &PeriodReport,
        now: Timestamp,
        settings: &Settings,
    ) -> Option<Explanation> {
        let reading = Reading::of(facts, report, now, settings)?;
        Some(Explanation::told(&reading, now))
    }

    fn told(reading: &Reading<'_>, now: Timestamp) -> Explanation {
        let (ends_at, ends_because) = ending::of(reading, now);
        let parts = part::parts(reading);
        let events = event::events(reading, &parts);
        let Figures { timeline, doubt, .. } = reading.figures();
        let seen_so = timeline.class(Class::Down).union(&timeline.class(Class::Unknown));
        let rows = |report: &PeriodReport| {
            let row = report.monitors.iter().find(|row| row.id == reading.row.id);
            row.map(|row| row.figures.clone())
        };
        Explanation {
            scope: Scope::of(
                reading.report,
                now,
                (Subject::Monitor, &reading.row.id),
                rows,
                |of| of.monitor == reading.row.id,
            ),
            ends_at,
            ends_because,
            doubtful: doubt.perhaps_down.subtract(&seen_so),
            row: reading.row.clone(),
            kept_from: reading.kept_from().filter(|from| *from > reading.window().from),
            agrees: reading.agrees,
            parts,
            events,
        }
    }
}

impl Scope {
    /// The scope of the figures of somebody, that `row` finds in a report, and of which
    /// `is_about` says whether a correction is about them.
    fn of(
        report: &PeriodReport,
        now: Timestamp,
        (subject, id): (Subject, &str),
        row: impl Fn(&PeriodReport) -> Option<Figures>,
        is_about: impl Fn(&Correction) -> bool,
    ) -> Scope {
        let adjusted = report.restatement.as_deref().and_then(|restatement| {
            let corrections: Vec<Correction> =
                restatement.corrections.iter().filter(|of| is_about(of)).cloned().collect();
            let figures = row(&restatement.adjusted)?;
            (!corrections.is_empty()).then_some(Adjusted { figures, corrections })
        });
        let corrected = report.corrected_months();
        let corrected = corrected.filter(|month| month.row(subject, id).is_some());
        Scope {
            period: report.period,
            zone: report.zone,
            window: report.window,
            as_of: now,
            decimals: report.decimals,
            made_up: report.made_up,
            closing: report.closing.clone(),
            seams: report.seams.clone(),
            kept: report.kept.clone(),
            adjusted,
            corrected: corrected.cloned().collect(),
            closed_without: (report.latecomers.iter())
                .filter(|of| of.has(subject, id))
                .map(|of| of.month)
                .collect(),
        }
    }
}
