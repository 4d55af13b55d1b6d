//! What other monitors said, as lines: the part of [`super::line`] that is about it.

use super::field::{Instant, clean};
use super::line::Record;
use crate::domain::foreign::{Claim, Count, Origin, Records, Source, Stretch};
use crate::domain::monitor::MonitorId;
use crate::domain::span::Span;
use serde::{Deserialize, Serialize};

/// [`Count`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CountLine {
    monitor: String,
    source: String,
    from: Instant,
    to: Instant,
    up: u64,
    down: u64,
}

/// [`Stretch`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StretchLine {
    monitor: String,
    source: String,
    from: Instant,
    to: Instant,
    claim: String,
    #[serde(default)]
    reason: Option<String>,
}

/// [`Origin`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OriginLine {
    monitor: String,
    source: String,
    file: String,
    imported_at: Instant,
    records: String,
    from: Instant,
    to: Instant,
    added: u64,
}

impl CountLine {
    pub(super) fn of(monitor: &MonitorId, count: &Count) -> CountLine {
        CountLine {
            monitor: monitor.to_string(),
            source: count.source.word().to_owned(),
            from: Instant(count.span.from),
            to: Instant(count.span.to),
            up: count.up,
            down: count.down,
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        let count = Count {
            source: source(&self.source)?,
            span: span(self.from, self.to, "a count")?,
            up: self.up,
            down: self.down,
        };
        Ok(Record::Count(MonitorId::new(&self.monitor)?, count))
    }
}

impl StretchLine {
    pub(super) fn of(monitor: &MonitorId, stretch: &Stretch) -> StretchLine {
        StretchLine {
            monitor: monitor.to_string(),
            source: stretch.source.word().to_owned(),
            from: Instant(stretch.span.from),
            to: Instant(stretch.span.to),
            claim: stretch.claim.word().to_owned(),
            reason: (!stretch.reason.is_empty()).then(|| stretch.reason.clone()),
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        let claim = Claim::from_word(&self.claim).ok_or_else(|| {
            format!("{:?} is no claim: use up, down, paused or unknown", self.claim)
        })?;
        let stretch = Stretch {
            source: source(&self.source)?,
            span: span(self.from, self.to, "a stretch")?,
            claim,
            reason: clean(self.reason.unwrap_or_default(), "a reason")?,
        };
        Ok(Record::Stretch(MonitorId::new(&self.monitor)?, stretch))
    }
}

impl OriginLine {
    pub(super) fn of(monitor: &MonitorId, origin: &Origin) -> OriginLine {
        OriginLine {
            monitor: monitor.to_string(),
            source: origin.source.word().to_owned(),
            file: origin.file.clone(),
            imported_at: Instant(origin.imported_at),
            records: origin.records.word().to_owned(),
            from: Instant(origin.span.from),
            to: Instant(origin.span.to),
            added: origin.added,
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        let records = Records::from_word(&self.records).ok_or_else(|| {
            format!("{:?} are no records: use checks, counts or stretches", self.records)
        })?;
        let origin = Origin {
            source: source(&self.source)?,
            file: clean(self.file, "a file name")?,
            imported_at: self.imported_at.0,
            records,
            span: span(self.from, self.to, "what was imported")?,
            added: self.added,
        };
        Ok(Record::Origin(MonitorId::new(&self.monitor)?, origin))
    }
}

fn source(word: &str) -> Result<Source, String> {
    Source::from_word(word).ok_or_else(|| {
        format!("{word:?} is no source: use uptime-kuma, uptimerobot or everup-demo")
    })
}

fn span(from: Instant, to: Instant, what: &str) -> Result<Span, String> {
    let span = Span::new(from.0, to.0);
    if span.is_empty() { Err(format!("{what} must end after it begins")) } else { Ok(span) }
}
