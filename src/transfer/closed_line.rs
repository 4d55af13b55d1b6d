//! Closed months and their corrections, as lines: the part of [`super::line`] that is about
//! them.

use super::field::{Instant, clean};
use super::line::Record;
use crate::domain::month::Month;
use crate::store::closed::{ClosedMonth, ClosedRow, Correction, Instead, Subject};
use serde::{Deserialize, Serialize};

/// [`ClosedMonth`], without its rows.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClosedMonthLine {
    month: String,
    closed_at: Instant,
    head: String,
    sha256: String,
}

impl ClosedMonthLine {
    pub(super) fn of(closed: &ClosedMonth) -> ClosedMonthLine {
        ClosedMonthLine {
            month: closed.month.to_string(),
            closed_at: Instant(closed.closed_at),
            head: closed.head.clone(),
            sha256: closed.sha256.clone(),
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        Ok(Record::ClosedMonth(ClosedMonth {
            month: Month::parse(&self.month)?,
            closed_at: self.closed_at.0,
            head: self.head,
            rows: Vec::new(),
            sha256: self.sha256,
        }))
    }
}

/// [`ClosedRow`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClosedRowLine {
    month: String,
    subject: String,
    id: String,
    json: String,
}

impl ClosedRowLine {
    pub(super) fn of(month: Month, row: &ClosedRow) -> ClosedRowLine {
        ClosedRowLine {
            month: month.to_string(),
            subject: row.subject.word().to_owned(),
            id: row.id.clone(),
            json: row.json.clone(),
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        let word = self.subject;
        let subject = Subject::from_word(&word)
            .ok_or_else(|| format!("{word:?} is no subject: use monitor or group"))?;
        let row = ClosedRow { subject, id: self.id, json: self.json };
        Ok(Record::ClosedRow(Month::parse(&self.month)?, row))
    }
}

/// Words that stand in a report for ever.
fn said(text: String, what: &str) -> Result<String, String> {
    match clean(text, what)? {
        empty if empty.is_empty() => Err(format!("{what} is empty")),
        text => Ok(text),
    }
}

/// [`Correction`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CorrectionLine {
    month: String,
    monitor: String,
    outage_began_at: Instant,
    instead: String,
    author: String,
    reason: String,
    made_at: Instant,
}

impl CorrectionLine {
    pub(super) fn of(correction: &Correction) -> CorrectionLine {
        CorrectionLine {
            month: correction.month.to_string(),
            monitor: correction.monitor.clone(),
            outage_began_at: Instant(correction.outage_began_at),
            instead: correction.instead.word().to_owned(),
            author: correction.author.clone(),
            reason: correction.reason.clone(),
            made_at: Instant(correction.made_at),
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        let word = self.instead;
        let instead = Instead::from_word(&word)
            .ok_or_else(|| format!("{word:?} is wrong: use unknown or up"))?;
        Ok(Record::Correction(Correction {
            month: Month::parse(&self.month)?,
            monitor: self.monitor,
            outage_began_at: self.outage_began_at.0,
            instead,
            author: said(self.author, "an author")?,
            reason: said(self.reason, "a reason")?,
            made_at: self.made_at.0,
        }))
    }
}
