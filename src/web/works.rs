//! Maintenance windows as a table, each with what was seen beneath it: on the status page,
//! on those of monitors and groups, and in a report.

use super::View;
use super::message::Message;
use super::moment::Moment;
use super::unbroken::unbroken;
use crate::domain::monitor::MonitorId;
use crate::domain::span::Span;
use crate::report::maintenance::{Maintenance, Work, WorkWords};
use crate::report::period::PeriodReport;
use askama::Template;
use std::collections::HashMap;

/// The table.
#[derive(Template)]
#[template(path = "works.html")]
pub(super) struct Works<'a> {
    rows: Vec<Row<'a>>,
    caption: String,
}

struct Row<'a> {
    words: WorkWords,
    from: Moment,
    to: Moment,
    length: String,
    message: Message<'a>,
    /// Who, what, and whether it outlasted the window.
    seen: Vec<(String, String, bool)>,
}

impl<'a> Works<'a> {
    /// For pages where times are the viewer's; `None` where there are none.
    pub(super) fn live(
        view: &'a View,
        told: &'a Maintenance,
        caption: String,
    ) -> Option<Works<'a>> {
        let name =
            |id: &MonitorId| view.snapshot.find(id.as_str()).map(|of| of.monitor.name.as_str());
        let zone = view.settings.zone;
        Works::of(told, name, caption, |span| Moment::exact_range(span, zone))
    }

    /// For a report, where times are the report's; `None` where there are none.
    pub(super) fn fixed(report: &'a PeriodReport) -> Option<Works<'a>> {
        let names: HashMap<&str, &str> = report
            .monitors
            .iter()
            .map(|row| (row.id.as_str(), row.name.as_str()))
            .collect();
        let name = |id: &MonitorId| names.get(id.as_str()).copied();
        let caption = "Maintenance, in order of its start".to_owned();
        Works::of(&report.maintenance, name, caption, |span| {
            Moment::fixed_range(span, report.zone)
        })
    }

    fn of(
        told: &'a Maintenance,
        name: impl Fn(&'a MonitorId) -> Option<&'a str>,
        caption: String,
        moments: impl Fn(Span) -> [Moment; 2],
    ) -> Option<Works<'a>> {
        let row = |work: &'a Work| {
            let words = WorkWords::of(work, &name);
            let [from, to] = moments(words.span);
            Row {
                from,
                to,
                length: unbroken(&words.length),
                message: Message::of(&work.window.message),
                seen: (words.seen.iter())
                    .map(|of| (of.who.clone(), unbroken(&of.what), of.is_overrun))
                    .collect(),
                words,
            }
        };
        let rows: Vec<Row<'a>> = told.works.iter().map(row).collect();
        (!rows.is_empty()).then_some(Works { rows, caption })
    }
}
