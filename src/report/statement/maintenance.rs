//! The maintenance of a report in words, with its instants.

use super::local;
use crate::domain::month::{TO_THE_SECOND, local_end};
use crate::report::maintenance::{SeenWords, WorkWords};
use crate::report::period::PeriodReport;
use std::collections::HashMap;

/// A window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowWords {
    /// When it begins or began.
    pub from: String,
    /// When it ends or ended, said after that: without its day where that is the same.
    pub to: String,
    /// How long that is.
    pub length: String,
    /// Whom it is about; with what kind it is and how far, where that must be said.
    pub about: String,
    /// What its owner wrote: nothing in it can be trusted to be plain. May be empty.
    pub message: String,
    /// Whether its time leaves the figures, and why.
    pub counting: String,
    /// What was seen beneath it, a sentence each without its full stop.
    pub seen: Vec<String>,
}

impl WindowWords {
    /// All of it but its instants, in one paragraph.
    #[must_use]
    pub fn paragraph(&self) -> String {
        let mut parts = vec![self.about.clone()];
        parts.extend((!self.message.is_empty()).then(|| self.message.clone()));
        parts.extend(self.seen.iter().cloned());
        let ended = parts.into_iter().map(|part| match part.ends_with(['.', '!', '?']) {
            true => part,
            false => part + ".",
        });
        let parts: Vec<String> = ended.chain([self.counting.clone()]).collect();
        parts.join(" ")
    }
}

/// The windows of a report.
pub(super) fn windows(report: &PeriodReport) -> Vec<WindowWords> {
    let names: HashMap<&str, &str> = report
        .monitors
        .iter()
        .map(|row| (row.id.as_str(), row.name.as_str()))
        .collect();
    let words = report.maintenance.works.iter().map(|work| {
        let words = WorkWords::of(work, |id| names.get(id.as_str()).copied());
        let kind = match (words.kind, words.stage) {
            ("Maintenance", "") => String::new(),
            (kind, "") => format!(" ({})", kind.to_lowercase()),
            ("Maintenance", stage) => format!(" ({stage})"),
            (kind, stage) => format!(" ({}, {stage})", kind.to_lowercase()),
        };
        WindowWords {
            from: local(words.span.from, report.zone),
            to: local_end(words.span, report.zone, TO_THE_SECOND),
            about: words.about + &kind,
            length: words.length,
            message: words.message,
            counting: words.counting,
            seen: words.seen.into_iter().map(in_one).collect(),
        }
    });
    words.collect()
}

fn in_one(SeenWords { who, what, .. }: SeenWords) -> String {
    format!("{who}: {what}")
}
