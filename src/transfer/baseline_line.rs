//! What remains of checks that are no longer kept, as lines: the part of [`super::line`]
//! that is about it.

use super::field::{Instant, Milliseconds, clean};
use super::line::Record;
use crate::domain::digest::Digest;
use crate::domain::gap::{Gap, Why};
use crate::domain::judge::Entry;
use crate::domain::latency::Latencies;
use crate::domain::monitor::MonitorId;
use crate::domain::outage::{Blip, Outage};
use crate::domain::span::Span;
use crate::domain::timestamp::HOUR_MS;
use crate::store::baseline::Baseline;
use crate::store::judge_state;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// [`Baseline`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BaselineLine {
    monitor: String,
    until: Instant,
    judge: String,
    /// Left out where nothing before the baseline is explained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    explained_from: Option<Instant>,
}

impl BaselineLine {
    pub(super) fn of(monitor: &MonitorId, baseline: &Baseline) -> BaselineLine {
        BaselineLine {
            monitor: monitor.to_string(),
            until: Instant(baseline.until),
            judge: judge_state::to_text(&baseline.judge),
            explained_from: Some(baseline.explained_from)
                .filter(|from| *from < baseline.until)
                .map(Instant),
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        let judge = judge_state::from_text(&self.judge)
            .map_err(|wrong| format!("its judge cannot be read: {wrong}"))?;
        let (until, explained_from) = (self.until.0, self.explained_from);
        let explained_from = explained_from.map_or(until, |from| from.0.min(until));
        let baseline = Baseline { until, judge, explained_from };
        Ok(Record::Baseline(MonitorId::new(&self.monitor)?, baseline))
    }
}

/// [`Entry`], settled by checks before a baseline.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FixedLine {
    monitor: String,
    was: Was,
    from: Instant,
    to: Instant,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reason: String,
}

/// What an entry says that it was.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Was {
    Up,
    Degraded,
    Down,
    PerhapsDown,
    SurelyDown,
    Outage,
    Blip,
}

impl FixedLine {
    pub(super) fn of(monitor: &MonitorId, entry: &Entry) -> FixedLine {
        let (was, span, reason) = match entry {
            Entry::Up(span) => (Was::Up, *span, ""),
            Entry::Degraded(span) => (Was::Degraded, *span, ""),
            Entry::Down(span) => (Was::Down, *span, ""),
            Entry::Doubt(span) => (Was::PerhapsDown, *span, ""),
            Entry::Sure(span) => (Was::SurelyDown, *span, ""),
            Entry::Outage(outage) => (Was::Outage, outage.span(), &*outage.reason),
            Entry::Blip(blip) => (Was::Blip, blip.span, &*blip.reason),
        };
        FixedLine {
            monitor: monitor.to_string(),
            was,
            from: Instant(span.from),
            to: Instant(span.to),
            reason: reason.to_owned(),
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        let span = Span::new(self.from.0, self.to.0);
        if span.is_empty() {
            return Err("it must end after it begins".to_owned());
        }
        let reason: Arc<str> = clean(self.reason, "a reason")?.into();
        let entry = match self.was {
            Was::Up => Entry::Up(span),
            Was::Degraded => Entry::Degraded(span),
            Was::Down => Entry::Down(span),
            Was::PerhapsDown => Entry::Doubt(span),
            Was::SurelyDown => Entry::Sure(span),
            Was::Outage => Entry::Outage(Outage { from: span.from, to: Some(span.to), reason }),
            Was::Blip => Entry::Blip(Blip { span, reason }),
        };
        Ok(Record::Fixed(MonitorId::new(&self.monitor)?, entry))
    }
}

/// [`Gap`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GapLine {
    monitor: String,
    cause: String,
    from: Instant,
    to: Instant,
    checks: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reason: String,
}

impl GapLine {
    pub(super) fn of(monitor: &MonitorId, gap: &Gap) -> GapLine {
        GapLine {
            monitor: monitor.to_string(),
            cause: gap.why.word().to_owned(),
            from: Instant(gap.span.from),
            to: Instant(gap.span.to),
            checks: gap.checks,
            reason: gap.reason.to_string(),
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        let span = Span::new(self.from.0, self.to.0);
        if span.is_empty() {
            return Err("it must end after it begins".to_owned());
        }
        // The database counts to here.
        if i64::try_from(self.checks).is_err() {
            return Err(format!("it cannot be of {} checks", self.checks));
        }
        let why = Why::from_word(&self.cause).ok_or_else(|| {
            format!(
                "{:?} is no cause of a gap; it is \"undecided\", \"not-judged\" or a kind of \
                 everup's own like \"own-network\"",
                self.cause
            )
        })?;
        let reason: Arc<str> = clean(self.reason, "a reason")?.into();
        let gap = Gap { span, why, checks: self.checks, reason };
        Ok(Record::Gap(MonitorId::new(&self.monitor)?, gap))
    }
}

/// [`Digest`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DigestLine {
    monitor: String,
    from: Instant,
    checks: u64,
    /// Latencies and how many answers took that long, in order.
    latencies: Vec<(Milliseconds, u32)>,
}

impl DigestLine {
    pub(super) fn of(monitor: &MonitorId, digest: &Digest) -> DigestLine {
        let latency = |(tenths, count): &(u32, u32)| (Milliseconds::of_tenths(*tenths), *count);
        DigestLine {
            monitor: monitor.to_string(),
            from: Instant(digest.from),
            checks: digest.checks,
            latencies: digest.latencies.counts().iter().map(latency).collect(),
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        if self.from.0.0.rem_euclid(HOUR_MS) != 0 {
            return Err("a digest begins with an hour of UTC".to_owned());
        }
        let counts = self.latencies.iter().map(|(ms, count)| (ms.tenths(), *count)).collect();
        let latencies = Latencies::from_counts(counts).filter(|of| of.coarse() == *of);
        let latencies = latencies.ok_or(
            "its latencies must be in order, each once and at least one, to 32 steps between \
             one power of two of tenths of milliseconds and the next",
        )?;
        let digest = Digest { from: self.from.0, checks: self.checks, latencies };
        Ok(Record::Digest(MonitorId::new(&self.monitor)?, digest))
    }
}
