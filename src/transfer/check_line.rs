//! A check, as a line: the part of [`super::line`] that is about it.

use super::field::{Instant, Milliseconds, clean};
use super::line::Record;
use crate::domain::check::{Check, Evidence, Kind, Phases, Verdict};
use crate::domain::monitor::MonitorId;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// [`Check`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckLine<'a> {
    monitor: String,
    started_at: Instant,
    #[serde(borrow)]
    verdict: Cow<'a, str>,
    #[serde(default)]
    latency_ms: Option<Milliseconds>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence: Option<Details>,
}

/// Evidence besides the reason.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dns_ms: Option<Milliseconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connect_ms: Option<Milliseconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tls_ms: Option<Milliseconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_byte_ms: Option<Milliseconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total_ms: Option<Milliseconds>,
}

impl CheckLine<'_> {
    pub(super) fn of(monitor: &MonitorId, check: &Check) -> CheckLine<'static> {
        CheckLine {
            monitor: monitor.to_string(),
            started_at: Instant(check.started_at),
            verdict: Cow::Borrowed(check.verdict.word()),
            latency_ms: check.latency_us.map(Milliseconds),
            reason: check.reason().filter(|text| !text.is_empty()).map(str::to_owned),
            evidence: check.evidence.as_deref().and_then(details),
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        let word = self.verdict;
        let verdict = Verdict::from_word(&word).ok_or_else(|| {
            format!("{word:?} is no verdict: use ok, degraded, fail or unknown")
        })?;
        let check = Check {
            started_at: self.started_at.0,
            verdict,
            latency_us: self.latency_ms.map(|ms| ms.0),
            evidence: read_evidence(self.reason.unwrap_or_default(), self.evidence)?,
        };
        Ok(Record::Check(MonitorId::new(&self.monitor)?, check))
    }
}

fn read_evidence(
    reason: String,
    details: Option<Details>,
) -> Result<Option<Box<Evidence>>, String> {
    let reason = clean(reason, "a reason")?;
    if reason.is_empty() && details.is_none() {
        return Ok(None);
    }
    let Some(details) = details else {
        return Ok(Some(Box::new(Evidence { reason, ..Evidence::default() })));
    };
    let kind = match details.kind {
        None => None,
        Some(word) => {
            let kind = Kind::from_word(&word);
            Some(kind.ok_or_else(|| format!("{word:?} is no kind of failure"))?)
        }
    };
    let address = details.address;
    if address
        .as_ref()
        .is_some_and(|address| address.len() > 100 || !address.is_ascii())
    {
        return Err("an address is at most 100 plain characters".to_owned());
    }
    let us = |ms: Option<Milliseconds>| ms.map(|ms| ms.0);
    Ok(Some(Box::new(Evidence {
        reason,
        kind,
        address,
        status: details.status,
        phases: Phases {
            dns_us: us(details.dns_ms),
            connect_us: us(details.connect_ms),
            tls_us: us(details.tls_ms),
            first_byte_us: us(details.first_byte_ms),
            total_us: us(details.total_ms),
        },
    })))
}

fn details(evidence: &Evidence) -> Option<Details> {
    let Evidence { reason: _, kind, address, status, phases } = evidence;
    let nothing = Evidence { reason: evidence.reason.clone(), ..Evidence::default() };
    if *evidence == nothing {
        return None;
    }
    Some(Details {
        kind: kind.map(|kind| kind.word().to_owned()),
        address: address.clone(),
        status: *status,
        dns_ms: phases.dns_us.map(Milliseconds),
        connect_ms: phases.connect_us.map(Milliseconds),
        tls_ms: phases.tls_us.map(Milliseconds),
        first_byte_ms: phases.first_byte_us.map(Milliseconds),
        total_ms: phases.total_us.map(Milliseconds),
    })
}
