//! How a figure came about: the window, everything that happened in it with the checks
//! that decided it, and the sum, so that a reader can compute it again by hand.
//!
//! Pure over a monitor's history, the runs of everup and a few checks; only
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
pub mod sighting;
pub mod words;

pub use event::{Cited, Event, Happened, Role};
pub use planned::rule;

use super::headline::Piece;
use super::period::{MonitorRow, NoReport, months};
use super::settings::Settings;
use crate::domain::class::Class;
use crate::domain::history::History;
use crate::domain::ledger::Account;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::Parameters;
use crate::domain::period::Period;
use crate::domain::run::Run;
use crate::domain::span::{Span, Spans};
use crate::domain::timeline::Timeline;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::Store;
use chrono_tz::Tz;
use part::Part;
use sighting::Sightings;

/// How the figure of one monitor came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Of which time.
    pub period: Period,
    /// The zone it was cut in.
    pub zone: Tz,
    /// Its instants.
    pub window: Span,
    /// When the explanation was made.
    pub as_of: Timestamp,
    /// Where the figures end, within the window, and why there.
    pub ends_at: Timestamp,
    /// The sentence that says why.
    pub ends_because: Vec<Piece>,
    /// The figures that are explained.
    pub row: MonitorRow,
    /// How many decimals percentages are printed with.
    pub decimals: u32,
    /// The rules that were in force in the window, in order.
    pub rules: Vec<Version>,
    /// The whole window, in order, without holes or overlaps.
    pub parts: Vec<Part>,
    /// Everything that happened, in order of its start.
    pub events: Vec<Event>,
    /// Time that was up or slow, but may have been down without being seen so: next to a
    /// failure or a gap. It counts against the lower bound.
    pub doubtful: Spans,
}

/// One version of a monitor's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// From when on; `None` where it is the first one.
    pub from: Option<Timestamp>,
    /// The rules.
    pub parameters: Parameters,
}

/// What an explanation is made of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The monitor and its past.
    pub history: &'a History,
    /// Every maintenance window.
    pub windows: &'a [MaintenanceWindow],
    /// Every run of everup, in their order.
    pub runs: &'a [Run],
    /// The checks around what happened, or all.
    pub sightings: &'a Sightings,
}

/// The facts, read at an instant for a window.
pub(super) struct Reading<'a> {
    history: &'a History,
    windows: &'a [MaintenanceWindow],
    runs: &'a [Run],
    sightings: &'a Sightings,
    settings: &'a Settings,
    window: Span,
    account: Account,
    timeline: Timeline,
}

impl Explanation {
    /// Explains the figure of a monitor in `period`, as it reads at `now`.
    ///
    /// # Errors
    /// When the period lies in the future or before the monitor, or the store fails.
    pub async fn make(
        store: &dyn Store,
        history: &History,
        windows: &[MaintenanceWindow],
        period: Period,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<Explanation, NoReport> {
        months([history], now, settings.zone)
            .ok_or(NoReport::NoMonitor)?
            .admit(period, settings.zone)?;
        let runs = store.runs().await?;
        let nothing = Sightings::default();
        let facts = Facts { history, windows, runs: &runs, sightings: &nothing };
        let wanted = Reading::of(facts, period, now, settings).wanted();
        let sightings = Sightings::read(store, history.key, wanted).await?;
        Ok(Explanation::of(
            Facts { sightings: &sightings, ..facts },
            period,
            now,
            settings,
        ))
    }

    /// The same of facts that are at hand.
    #[must_use]
    pub fn of(
        facts: Facts<'_>,
        period: Period,
        now: Timestamp,
        settings: &Settings,
    ) -> Explanation {
        let reading = Reading::of(facts, period, now, settings);
        let row = MonitorRow::of(facts.history, reading.window, now, settings);
        let (ends_at, ends_because) = ending::of(&reading, now);
        let parts = part::parts(&reading);
        let events = event::events(&reading, &parts);
        let figures = &row.figures;
        let seen_so = figures
            .timeline
            .class(Class::Down)
            .union(&figures.timeline.class(Class::Unknown));
        Explanation {
            period,
            zone: settings.zone,
            window: reading.window,
            as_of: now,
            ends_at,
            ends_because,
            decimals: settings.decimals(),
            rules: reading.versions(),
            parts,
            events,
            doubtful: figures.doubt.perhaps_down.subtract(&seen_so),
            row,
        }
    }
}

impl<'a> Reading<'a> {
    fn of(
        facts: Facts<'a>,
        period: Period,
        now: Timestamp,
        settings: &'a Settings,
    ) -> Reading<'a> {
        let Facts { history, windows, runs, sightings } = facts;
        let window = period.window(settings.zone);
        let (account, timeline) = history.read(window, now, &settings.excused(history));
        Reading { history, windows, runs, sightings, settings, window, account, timeline }
    }

    /// The window, as far as the figures go.
    fn settled(&self) -> Span {
        self.window.cut(Span::new(Timestamp::MIN, self.account.as_of))
    }

    /// The furthest that two contiguous checks ever were apart.
    fn reach_ms(&self) -> i64 {
        let versions = self.history.monitor.parameters.versions();
        versions.map(|(_, parameters)| parameters.reach_ms()).max().unwrap_or(0)
    }

    /// The versions of the rules that were in force in the window.
    fn versions(&self) -> Vec<Version> {
        let mut versions: Vec<Version> = Vec::new();
        for (from, parameters) in self.history.monitor.parameters.versions() {
            if from.is_some_and(|from| from >= self.window.to) {
                break;
            }
            if from.is_none_or(|from| from <= self.window.from) {
                versions.clear();
            }
            versions.push(Version { from, parameters });
        }
        versions
    }

    /// Where the checks are that the explanation cites.
    fn wanted(&self) -> Spans {
        let reach_ms = self.reach_ms();
        let most = |count: fn(&Parameters) -> u32| {
            let versions = self.history.monitor.parameters.versions();
            versions
                .map(|(_, parameters)| i64::from(count(&parameters)))
                .max()
                .unwrap_or(1)
        };
        let (failures, successes) = (most(|p| p.failures), most(|p| p.successes));
        let around = |from: Timestamp, to: Timestamp, checks: i64| {
            let after_ms = reach_ms.saturating_mul(checks).saturating_add(1);
            Span::new(from.plus_ms(-reach_ms), to.plus_ms(after_ms))
        };
        let known = &self.account.known;
        let begun = known.outages.iter().map(|o| around(o.from, o.from, failures));
        let ended = known.outages.iter().filter_map(|outage| outage.to);
        let ended = ended.map(|to| around(to, to, successes));
        let blips = known.blips.iter().map(|b| around(b.span.from, b.span.to, 1));
        let parts = self.timeline.segments().iter();
        let parts = parts.filter_map(|segment| match segment.class {
            Class::Unknown => Some(vec![around(segment.span.from, segment.span.to, 1)]),
            Class::Degraded => Some(vec![
                around(segment.span.from, segment.span.from, 1),
                around(segment.span.to, segment.span.to, 1),
            ]),
            _ => None,
        });
        begun.chain(ended).chain(blips).chain(parts.flatten()).collect()
    }
}
