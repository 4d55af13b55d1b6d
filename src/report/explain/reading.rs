//! What an explanation is told from: a monitor's history beside the figures that a report
//! gives of it.
//!
//! The figures are never computed here. Where a month is closed they are what was kept of
//! it, while the history is what is known today.

use super::Facts;
use crate::domain::class::Class;
use crate::domain::foreign::Source;
use crate::domain::ledger::Account;
use crate::domain::monitor::{Monitor, Parameters};
use crate::domain::outage::{Blip, Outage};
use crate::domain::span::{Span, Spans};
use crate::domain::timeline::Timeline;
use crate::domain::timestamp::Timestamp;
use crate::report::figures::Figures;
use crate::report::period::{MonitorRow, PeriodReport};
use crate::report::settings::Settings;
use crate::store::closed::Correction;

/// The facts beside the figures that are explained.
pub(super) struct Reading<'a> {
    pub(super) facts: Facts<'a>,
    pub(super) report: &'a PeriodReport,
    pub(super) row: &'a MonitorRow,
    pub(super) settings: &'a Settings,
    /// What the history says today.
    pub(super) account: Account,
    /// When it says how the target was, in the window and as far around it as a check may
    /// speak.
    pub(super) known: Spans,
    /// Whether that comes to the same as what was kept.
    pub(super) agrees: bool,
}

impl<'a> Reading<'a> {
    /// `None` where the monitor is not in the report.
    pub(super) fn of(
        facts: Facts<'a>,
        report: &'a PeriodReport,
        now: Timestamp,
        settings: &'a Settings,
    ) -> Option<Reading<'a>> {
        let id = facts.history.monitor.id.as_str();
        let row = report.monitors.iter().find(|row| row.id == id)?;
        let excused = settings.excused(facts.history);
        let (account, timeline) = facts.history.read(report.window, now, &excused);
        let agrees = is_same(&timeline, &row.figures.timeline);
        let around = around(report.window, &facts.history.monitor);
        let known = facts.history.read(around, now, &excused).0.known.observed();
        Some(Reading { facts, report, row, settings, account, known, agrees })
    }

    /// The window of the report.
    pub(super) fn window(&self) -> Span {
        self.report.window
    }

    /// The figures that are explained.
    pub(super) fn figures(&self) -> &'a Figures {
        &self.row.figures
    }

    /// The window, as far as the figures go.
    pub(super) fn settled(&self) -> Span {
        self.window().cut(Span::new(Timestamp::MIN, self.figures().as_of))
    }

    /// What was said later of an outage of the monitor that began at `from`.
    pub(super) fn corrections(&self, from: Timestamp) -> impl Iterator<Item = &'a Correction> {
        let all = self.report.corrected_parts().flat_map(|of| &of.corrections);
        let id = &self.row.id;
        all.filter(move |of| of.monitor == *id && of.outage_began_at == from)
    }

    /// When the checks of a source were taken over.
    pub(super) fn checked_by(&self, source: Source) -> Spans {
        self.facts.foreign.checked_by(source)
    }

    /// Whether any check of some time was taken over from elsewhere.
    pub(super) fn is_checked_elsewhere(&self, span: Span) -> bool {
        let checked = self.facts.foreign.checked_elsewhere();
        !checked.overlapping(span).is_empty()
    }

    /// The furthest that two contiguous checks ever were apart.
    pub(super) fn reach_ms(&self) -> i64 {
        self.facts.history.monitor.parameters.reach_max_ms()
    }

    /// From here on, the single checks are kept.
    pub(super) fn kept_from(&self) -> Option<Timestamp> {
        self.facts.baseline.map(|baseline| baseline.until)
    }

    /// From here on, what checks said of gaps is known.
    pub(super) fn explained_from(&self) -> Timestamp {
        self.facts
            .baseline
            .map_or(Timestamp::MIN, |baseline| baseline.explained_from)
    }

    /// The most that some rule ever was.
    fn most(&self, of: fn(&Parameters) -> i64) -> i64 {
        let versions = self.facts.history.monitor.parameters.within(Span::ALWAYS);
        versions.iter().map(|(_, parameters)| of(parameters)).max().unwrap_or(0)
    }

    /// Where the checks are that the explanation cites.
    pub(super) fn wanted(&self) -> Spans {
        let reach_ms = self.reach_ms();
        let (failures, successes) =
            (self.most(|p| i64::from(p.failures)), self.most(|p| i64::from(p.successes)));
        let around = |from: Timestamp, to: Timestamp, checks: i64| {
            let after_ms = reach_ms.saturating_mul(checks).saturating_add(1);
            Span::new(from.plus_ms(-reach_ms), to.plus_ms(after_ms))
        };
        let of_outage = |outage: &Outage| {
            let ended = outage.to.map(|to| around(to, to, successes));
            [Some(around(outage.from, outage.from, failures)), ended]
        };
        let of_blip = |blip: &Blip| around(blip.span.from, blip.span.to, 1);
        let known = &self.account.known;
        let outages = known.outages.iter().flat_map(of_outage).flatten();
        let parts = self.figures().timeline.segments().iter();
        let parts = parts.flat_map(|segment| match segment.class {
            Class::Unknown => vec![around(segment.span.from, segment.span.to, 1)],
            Class::Degraded => vec![
                around(segment.span.from, segment.span.from, 1),
                around(segment.span.to, segment.span.to, 1),
            ],
            _ => Vec::new(),
        });
        let wanted: Spans =
            outages.chain(known.blips.iter().map(of_blip)).chain(parts).collect();
        // What is not kept is not known, so nothing is cited across it.
        let kept = Span::new(self.kept_from().unwrap_or(Timestamp::MIN), Timestamp::MAX);
        wanted.within(kept)
    }
}

/// A window, and as far around it as a check may speak.
pub(super) fn around(window: Span, monitor: &Monitor) -> Span {
    let reach_ms = monitor.parameters.reach_max_ms();
    Span::new(window.from.plus_ms(-reach_ms), window.to.plus_ms(reach_ms))
}

/// Whether every instant is of the same class.
pub(super) fn is_same(a: &Timeline, b: &Timeline) -> bool {
    Class::ALL.into_iter().all(|class| a.class(class) == b.class(class))
}
