//! What balancers counted, as lines: the part of [`super::line`] that is about requests.

use super::field::Instant;
use super::line::Record;
use crate::domain::monitor::MonitorId;
use crate::domain::requests::Requests;
use crate::domain::span::Span;
use crate::domain::timestamp::MINUTE_MS;
use crate::store::requests::{CountedRun, Sum, SumOf};
use serde::{Deserialize, Serialize};

/// More come to no balancer in a day, and sums of a million such days still are numbers.
const REQUESTS_MAX: u64 = 1_000_000_000_000;

/// [`CountedRun`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CountedRunLine {
    balancer: String,
    from: Instant,
    to: Instant,
}

impl CountedRunLine {
    pub(super) fn of(run: &CountedRun) -> CountedRunLine {
        CountedRunLine {
            balancer: run.balancer.to_string(),
            from: Instant(run.span.from),
            to: Instant(run.span.to),
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        if self.to.0 < self.from.0 {
            return Err("what was counted must end no earlier than it begins".to_owned());
        }
        let balancer = MonitorId::new(&self.balancer)?;
        Ok(Record::CountedRun(CountedRun {
            balancer,
            span: Span::new(self.from.0, self.to.0),
        }))
    }
}

/// [`Sum`]. Kinds of which there were none are left out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestsLine {
    balancer: String,
    #[serde(default)]
    backend: Option<String>,
    from: Instant,
    minutes: i64,
    #[serde(default, skip_serializing_if = "is_none")]
    answered: u64,
    #[serde(default, skip_serializing_if = "is_none")]
    server_errors: u64,
    #[serde(default, skip_serializing_if = "is_none")]
    failed: u64,
    #[serde(default, skip_serializing_if = "is_none")]
    cut: u64,
    #[serde(default, skip_serializing_if = "is_none")]
    abandoned: u64,
    #[serde(default, skip_serializing_if = "is_none")]
    refused: u64,
    #[serde(default, skip_serializing_if = "is_none")]
    repeated: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none(number: &u64) -> bool {
    *number == 0
}

impl RequestsLine {
    pub(super) fn of(sum: &Sum) -> RequestsLine {
        let Requests { answered, server_errors, failed, cut, abandoned, refused, repeated } =
            sum.requests;
        RequestsLine {
            balancer: sum.balancer.to_string(),
            backend: sum.backend.as_ref().map(ToString::to_string),
            from: Instant(sum.from),
            minutes: sum.of.ms() / MINUTE_MS,
            answered,
            server_errors,
            failed,
            cut,
            abandoned,
            refused,
            repeated,
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        let balancer = MonitorId::new(&self.balancer)?;
        let backend = self.backend.as_deref().map(MonitorId::new).transpose()?;
        let long_ago = SumOf::long_ago(backend.is_some());
        let of = [SumOf::Minute, long_ago]
            .into_iter()
            .find(|of| of.ms() == self.minutes.saturating_mul(MINUTE_MS))
            .ok_or_else(|| {
                let whose = if backend.is_some() { "a backend" } else { "a balancer" };
                format!("minutes of {whose} is 1 or {}", long_ago.ms() / MINUTE_MS)
            })?;
        if self.from.0.0 % of.ms() != 0 {
            return Err(format!(
                "from must be at a whole stretch of {} min since 1970",
                self.minutes
            ));
        }
        let numbers = [
            self.answered,
            self.server_errors,
            self.failed,
            self.cut,
            self.abandoned,
            self.refused,
            self.repeated,
        ];
        if numbers.iter().any(|number| *number > REQUESTS_MAX) {
            return Err(format!("a number of requests is at most {REQUESTS_MAX}"));
        }
        let requests = Requests {
            answered: self.answered,
            server_errors: self.server_errors,
            failed: self.failed,
            cut: self.cut,
            abandoned: self.abandoned,
            refused: self.refused,
            repeated: self.repeated,
        };
        Ok(Record::Requests(Sum { balancer, backend, from: self.from.0, of, requests }))
    }
}
