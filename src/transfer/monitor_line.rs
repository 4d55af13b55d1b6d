//! When a monitor existed and how it was judged, as a line: the part of [`super::line`]
//! that is about it.

use super::line::{Instant, Record, clean};
use crate::domain::monitor::{MonitorId, Parameters};
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::{DAY_MS, Timestamp};
use crate::store::past::Past;
use serde::{Deserialize, Serialize};

/// No duration of a monitor's rules is longer: twice what a configuration may say.
const DURATION_MS_MAX: i64 = 2 * DAY_MS;
/// An address is at most this long, which is what browsers take.
const URL_BYTES_MAX: usize = 2_000;

/// [`Past`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MonitorLine {
    monitor: String,
    name: String,
    url: String,
    lives: Vec<LifeForm>,
    parameters: Vec<VersionForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LifeForm {
    from: Instant,
    #[serde(default)]
    to: Option<Instant>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionForm {
    from: Instant,
    interval_ms: i64,
    timeout_ms: i64,
    failures: u32,
    retry_interval_ms: i64,
    successes: u32,
}

impl MonitorLine {
    pub(super) fn of(past: &Past) -> MonitorLine {
        let life = |life: &Span| LifeForm {
            from: Instant(life.from),
            to: (life.to < Timestamp::MAX).then_some(Instant(life.to)),
        };
        let version = |(from, rules): &(Timestamp, Parameters)| VersionForm {
            from: Instant(*from),
            interval_ms: rules.interval_ms,
            timeout_ms: rules.timeout_ms,
            failures: rules.failures,
            retry_interval_ms: rules.retry_interval_ms,
            successes: rules.successes,
        };
        MonitorLine {
            monitor: past.id.to_string(),
            name: past.name.clone(),
            url: past.url.clone(),
            lives: past.lives.as_slice().iter().map(life).collect(),
            parameters: past.parameters.iter().map(version).collect(),
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        if self.url.len() > URL_BYTES_MAX || self.url.chars().any(char::is_control) {
            return Err(format!(
                "a url is at most {URL_BYTES_MAX} bytes, without control characters"
            ));
        }
        Ok(Record::Monitor(Past {
            id: MonitorId::new(&self.monitor)?,
            name: clean(self.name, "a name")?,
            url: self.url,
            lives: lives(&self.lives)?,
            parameters: parameters(&self.parameters)?,
        }))
    }
}

fn lives(forms: &[LifeForm]) -> Result<Spans, String> {
    let lives: Vec<Span> = (forms.iter())
        .map(|life| Span::new(life.from.0, life.to.map_or(Timestamp::MAX, |to| to.0)))
        .collect();
    let in_order = lives.windows(2).all(|pair| pair[0].to < pair[1].from);
    if lives.is_empty() || !in_order || lives.iter().any(|life| life.is_empty()) {
        return Err("lives must be one after the other, at least one; only the last may have \
                    no end"
            .to_owned());
    }
    Ok(lives.into_iter().collect())
}

fn parameters(forms: &[VersionForm]) -> Result<Vec<(Timestamp, Parameters)>, String> {
    if forms.is_empty() || forms.windows(2).any(|pair| pair[0].from.0 >= pair[1].from.0) {
        return Err("parameters must be in order of time, at least one version".to_owned());
    }
    forms.iter().map(|form| Ok((form.from.0, form.rules()?))).collect()
}

impl VersionForm {
    fn rules(&self) -> Result<Parameters, String> {
        for (name, ms) in [
            ("interval_ms", self.interval_ms),
            ("timeout_ms", self.timeout_ms),
            ("retry_interval_ms", self.retry_interval_ms),
        ] {
            if !(1..=DURATION_MS_MAX).contains(&ms) {
                return Err(format!("{name} is 1 to {DURATION_MS_MAX}, not {ms}"));
            }
        }
        for (name, number) in [("failures", self.failures), ("successes", self.successes)] {
            if number == 0 {
                return Err(format!("{name} is 1 or more"));
            }
        }
        Ok(Parameters {
            interval_ms: self.interval_ms,
            timeout_ms: self.timeout_ms,
            failures: self.failures,
            retry_interval_ms: self.retry_interval_ms,
            successes: self.successes,
        })
    }
}
