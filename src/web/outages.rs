//! Outages as a table: on a monitor's page and in its report.

use super::View;
use super::moment::Moment;
use crate::domain::month::Month;
use crate::domain::span::Span;
use crate::report::outage::MonthOutage;
use crate::report::period::PeriodReport;
use crate::report::restated::CorrectedMonth;
use crate::report::story::Story;
use askama::Template;
use chrono_tz::Tz;

/// The table.
#[derive(Template)]
#[template(path = "outages.html")]
pub(super) struct Outages<'a> {
    rows: Vec<Row<'a>>,
    caption: String,
}

struct Row<'a> {
    /// Its dossier.
    href: Option<String>,
    from: Moment,
    /// `None` while it lasts.
    to: Option<Moment>,
    downtime: String,
    down_ms: i64,
    /// How long it was in all, where a part of it was not observed or does not count.
    of: Option<String>,
    reason: &'a str,
    continued: bool,
    /// The months whose reports count it otherwise in their adjusted figures.
    corrected: Vec<Month>,
}

impl<'a> Outages<'a> {
    /// For a monitor's page, where times are the viewer's.
    pub(super) fn live(story: &'a Story, view: &View, caption: String) -> Outages<'a> {
        let Story { outages, corrected, .. } = story;
        Outages::of(outages, corrected, view.settings.zone, caption, Moment::exact_range)
    }

    /// For a report, where times are the report's.
    pub(super) fn fixed(
        outages: &'a [MonthOutage],
        report: &PeriodReport,
        caption: String,
    ) -> Outages<'a> {
        Outages::of(outages, &report.corrected, report.zone, caption, Moment::fixed_range)
    }

    fn of(
        outages: &'a [MonthOutage],
        corrected: &[CorrectedMonth],
        zone: Tz,
        caption: String,
        moments: fn(Span, Tz) -> [Moment; 2],
    ) -> Outages<'a> {
        let row = |outage: &'a MonthOutage, [from, to]: [Moment; 2], (downtime, of)| Row {
            href: outage.id.as_ref().map(|id| format!("/outages/{id}")),
            from,
            to: (!outage.ongoing).then_some(to),
            downtime,
            down_ms: outage.down_ms,
            of,
            reason: &outage.reason,
            continued: outage.continued,
            corrected: (corrected.iter())
                .filter(|month| outage.id.as_ref().is_some_and(|id| month.has(id)))
                .map(|of| of.month)
                .collect(),
        };
        let told =
            |outage: &'a MonthOutage| row(outage, moments(outage.span, zone), outage.lengths());
        Outages { rows: outages.iter().map(told).collect(), caption }
    }
}
