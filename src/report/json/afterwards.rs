//! What is said of closed months afterwards, as JSON: what was corrected of them, and who is
//! not in them.

use super::instant;
use crate::domain::monitor::MonitorId;
use crate::domain::month::Month;
use crate::domain::outage::OutageId;
use crate::report::latecomer::Latecomers;
use crate::report::period::Closing;
use crate::report::restated::{CorrectedMonth, Restatement};
use crate::store::closed::{Correction, Subject};
use serde::Serialize;
use serde_json::Value;

/// A closed month of a longer period that has no row of some whose time counts here.
#[derive(Serialize)]
pub(super) struct ClosedWithout<'a> {
    month: String,
    monitors: Vec<&'a str>,
    groups: Vec<&'a str>,
}

/// A closed month of a longer period that was corrected afterwards.
#[derive(Serialize)]
pub(super) struct Corrected<'a> {
    month: String,
    /// The ids of those whose figures that changes.
    monitors: Vec<&'a str>,
    groups: Vec<&'a str>,
    /// Where the adjusted figures are.
    adjusted: String,
    corrections: Vec<CorrectionForm<'a>>,
}

/// Of an adjusted report: which one it adjusts, and why. With that one in it, it can be
/// computed again.
#[derive(Serialize)]
pub(super) struct Restates<'a> {
    sha256: &'a str,
    corrections: Vec<CorrectionForm<'a>>,
    report: Value,
}

#[derive(Serialize)]
struct CorrectionForm<'a> {
    outage: String,
    monitor: &'a str,
    instead: &'static str,
    author: &'a str,
    reason: &'a str,
    made_at: String,
}

impl Corrected<'_> {
    pub(super) fn of(of: &CorrectedMonth) -> Corrected<'_> {
        let ids = |subject: Subject| {
            let rows = of.rows.iter().filter(move |row| row.subject == subject);
            rows.map(|row| row.id.as_str()).collect()
        };
        Corrected {
            month: of.month.to_string(),
            monitors: ids(Subject::Monitor),
            groups: ids(Subject::Group),
            adjusted: adjusted_address(of.month),
            corrections: of.corrections.iter().map(correction).collect(),
        }
    }
}

/// Where the adjusted figures of a corrected month are.
pub(in crate::report) fn adjusted_address(month: Month) -> String {
    format!("/report/{month}.adjusted.json")
}

fn correction(correction: &Correction) -> CorrectionForm<'_> {
    // The id was well-formed when it was stored.
    let monitor = MonitorId::new(&correction.monitor).ok();
    let name = monitor.map(|monitor| OutageId { monitor, from: correction.outage_began_at });
    CorrectionForm {
        outage: name.map(|name| name.to_string()).unwrap_or_default(),
        monitor: &correction.monitor,
        instead: correction.instead.word(),
        author: &correction.author,
        reason: &correction.reason,
        made_at: instant(correction.made_at),
    }
}

impl Restates<'_> {
    /// `None` where what was closed is no JSON.
    pub(super) fn of<'a>(
        restatement: &'a Restatement,
        closing: &'a Closing,
    ) -> Option<Restates<'a>> {
        Some(Restates {
            sha256: &closing.sha256,
            corrections: restatement.corrections.iter().map(correction).collect(),
            report: serde_json::from_str(&closing.text).ok()?,
        })
    }
}

impl ClosedWithout<'_> {
    pub(super) fn of(of: &Latecomers) -> ClosedWithout<'_> {
        let ids = |subject: Subject| {
            let who = of.who.iter().filter(move |who| who.subject == subject);
            who.map(|who| who.id.as_str()).collect()
        };
        ClosedWithout {
            month: of.month.to_string(),
            monitors: ids(Subject::Monitor),
            groups: ids(Subject::Group),
        }
    }
}
