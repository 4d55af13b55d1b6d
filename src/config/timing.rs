//! How often and how strictly a monitor is judged: the keys that `[defaults]` and each
//! `[[monitor]]` have in common, and how they must fit each other.
//!
//! What is written is never changed; what is not written follows what is, so that
//! `interval = "5s"` alone is enough.

use super::duration::{self, shown};
use super::mistake::Place;
use super::reader::Reader;
use super::section::{Field, Section};
use super::setting::{Setting, Written};
use crate::domain::monitor::Parameters;
use crate::domain::timestamp::{DAY_MS, SECOND_MS};
use std::ops::RangeInclusive;
use std::time::Duration;
use toml::de::DeValue;

/// More often is a load test; less often says nothing of a day.
const INTERVAL_MS: RangeInclusive<i64> = SECOND_MS..=DAY_MS;

/// A check ends no later than this: the store relies on it where it waits for the last
/// checks of a stretch of time.
pub const TIMEOUT_MS_MAX: i64 = 300_000;

/// In less no handshake across the world can end, and the target would be blamed.
const TIMEOUT_MS: RangeInclusive<i64> = 100..=TIMEOUT_MS_MAX;

/// A target that is in trouble is not asked more often than any other may be.
const RETRY_INTERVAL_MS: RangeInclusive<i64> = SECOND_MS..=DAY_MS + Parameters::GRACE_MS_MAX;

/// What is slower than the longest timeout is no answer at all.
const DEGRADED_ABOVE_MS: RangeInclusive<i64> = 1..=TIMEOUT_MS_MAX;

/// In a row. More is a mistyped number: even re-checked every 10 s it is a quarter of an
/// hour until somebody is told.
const RUN: RangeInclusive<u32> = 1..=100;

/// The keys in common, as far as one table has them.
pub(super) struct Timing {
    interval: Setting<i64>,
    timeout: Setting<i64>,
    failures: Setting<u32>,
    retry_interval: Setting<i64>,
    successes: Setting<u32>,
    degraded_above: Setting<i64>,
}

/// What they come to for one monitor.
#[derive(Default)]
pub(super) struct Settled {
    pub parameters: Parameters,
    pub degraded_above: Option<Duration>,
    /// Where the interval was written.
    pub interval: Option<Place>,
}

impl Timing {
    /// Nothing is written.
    pub const ABSENT: Timing = Timing {
        interval: Setting::Absent,
        timeout: Setting::Absent,
        failures: Setting::Absent,
        retry_interval: Setting::Absent,
        successes: Setting::Absent,
        degraded_above: Setting::Absent,
    };

    /// Reads each key for itself.
    pub fn read(section: &Section, reader: &mut Reader) -> Timing {
        let duration = |key, allowed_ms, reader: &mut Reader| {
            duration::read(section.field(key, reader), allowed_ms, reader)
        };
        let failures = run(section.field("failures", reader), reader);
        if let Some(written) = failures.written()
            && written.value == 1
        {
            let message = "a single failed check will be an outage, with no second look";
            reader.warn(&written.place, message);
        }
        Timing {
            interval: duration("interval", INTERVAL_MS, reader),
            timeout: duration("timeout", TIMEOUT_MS, reader),
            failures,
            retry_interval: duration("retry_interval", RETRY_INTERVAL_MS, reader),
            successes: run(section.field("successes", reader), reader),
            degraded_above: duration("degraded_above", DEGRADED_ABOVE_MS, reader),
        }
    }

    /// Puts a monitor's own keys over the defaults, and tells what does not fit.
    /// `None` if anything is wrong.
    pub fn settle(&self, defaults: &Timing, reader: &mut Reader) -> Option<Settled> {
        let interval = self.interval.or(&defaults.interval);
        let built_in = Parameters::default();
        let failures = self
            .failures
            .or(&defaults.failures)
            .value_or_else(|| Some(built_in.failures));
        let successes = self
            .successes
            .or(&defaults.successes)
            .value_or_else(|| Some(built_in.successes));
        let interval_ms = interval.value_or_else(|| Some(built_in.interval_ms));

        let timeout = self.timeout.or(&defaults.timeout);
        let timeout_ms = timeout
            .value_or_else(|| Some((interval_ms? / 2).min(built_in.timeout_ms)))
            .filter(|_| fits_timeout(timeout, interval, interval_ms, reader));
        let retry_interval = self.retry_interval.or(&defaults.retry_interval);
        let retry_interval_ms = retry_interval
            .value_or_else(|| Some(interval_ms?.min(built_in.retry_interval_ms)))
            .filter(|_| fits_retry(retry_interval, interval, interval_ms, reader));

        let slow = self.degraded_above.or(&defaults.degraded_above);
        let fits = fits_degraded(slow, timeout, interval, timeout_ms, reader);
        if !fits || matches!(slow, Setting::Wrong) {
            return None;
        }
        let parameters = Parameters {
            interval_ms: interval_ms?,
            timeout_ms: timeout_ms?,
            failures: failures?,
            retry_interval_ms: retry_interval_ms?,
            successes: successes?,
        };
        let slow = slow.written().map(|written| milliseconds(written.value));
        let place = interval.written().map(|written| written.place.clone());
        Some(Settled { parameters, degraded_above: slow, interval: place })
    }
}

/// A duration that was read from the file, where none is negative.
fn milliseconds(ms: i64) -> Duration {
    Duration::from_millis(ms.unsigned_abs())
}

fn fits_timeout(
    timeout: &Setting<i64>,
    interval: &Setting<i64>,
    interval_ms: Option<i64>,
    reader: &mut Reader,
) -> bool {
    let (Some(written), Some(interval_ms)) = (timeout.written(), interval_ms) else {
        return true;
    };
    if written.value < interval_ms {
        return true;
    }
    let most = below(interval_ms).min(TIMEOUT_MS_MAX);
    let limit = format!("not below the interval of {}", told(interval, interval_ms));
    tell(written, "timeout", &limit, most, &[interval], reader);
    false
}

fn fits_retry(
    retry_interval: &Setting<i64>,
    interval: &Setting<i64>,
    interval_ms: Option<i64>,
    reader: &mut Reader,
) -> bool {
    let (Some(written), Some(interval_ms)) = (retry_interval.written(), interval_ms) else {
        return true;
    };
    let most = Parameters { interval_ms, ..Parameters::default() }.reach_ms();
    if written.value <= most {
        return true;
    }
    let limit = format!(
        "more than the interval of {} and its grace together, so that two re-checks would \
         leave unwatched time between them",
        told(interval, interval_ms)
    );
    tell(written, "retry_interval", &limit, most, &[interval], reader);
    false
}

fn fits_degraded(
    slow: &Setting<i64>,
    timeout: &Setting<i64>,
    interval: &Setting<i64>,
    timeout_ms: Option<i64>,
    reader: &mut Reader,
) -> bool {
    let (Some(written), Some(timeout_ms)) = (slow.written(), timeout_ms) else { return true };
    if written.value < timeout_ms {
        return true;
    }
    let limit = format!("not below the timeout of {}", told(timeout, timeout_ms));
    tell(
        written,
        "degraded_above",
        &limit,
        below(timeout_ms),
        &[timeout, interval],
        reader,
    );
    false
}

/// Tells that a value does not fit others: at its own place, or where it is inherited
/// and one of the others is the monitor's own, there.
fn tell(
    written: &Written<i64>,
    key: &str,
    limit: &str,
    most_ms: i64,
    others: &[&Setting<i64>],
    reader: &mut Reader,
) {
    let most = shown(most_ms);
    let own = |other: &&&Setting<i64>| {
        other.written().is_some_and(|other| other.place.subject.is_some())
    };
    let inherited = written.place.subject.is_none();
    match others
        .iter()
        .find(own)
        .and_then(|other| other.written())
        .filter(|_| inherited)
    {
        Some(other) => {
            let line = written.place.line.unwrap_or_default();
            let value = &written.shown;
            let message = format!(
                "the {key} of {value} from line {line} is {limit}; write {key} = \"{most}\" \
                 or less for this monitor"
            );
            reader.mistake(&other.place, message);
        }
        None => {
            let message = format!("{} is {limit}; write at most {most}", written.shown);
            reader.mistake(&written.place, message);
        }
    }
}

/// A value as it was written, else as it would be.
fn told(setting: &Setting<i64>, ms: i64) -> String {
    setting.written().map_or_else(|| shown(ms), |written| written.shown.clone())
}

/// What is below a limit and sensible to write.
fn below(limit_ms: i64) -> i64 {
    let step = if limit_ms > SECOND_MS { SECOND_MS } else { limit_ms.min(100) };
    // Never nothing: half of the limit where the step would leave none.
    if limit_ms > step { limit_ms - step } else { limit_ms / 2 }
}

/// Reads how many in a row.
fn run(field: Option<Field>, reader: &mut Reader) -> Setting<u32> {
    let Some(field) = field else { return Setting::Absent };
    let DeValue::Integer(number) = field.value else {
        reader.wrong_kind(&field, "a whole number, like 3");
        return Setting::Wrong;
    };
    let value = u32::from_str_radix(number.as_str(), number.radix()).ok();
    match value.filter(|value| RUN.contains(value)) {
        Some(value) => {
            let shown = value.to_string();
            Setting::Written(Written { value, shown, place: field.place })
        }
        None => {
            let (least, most) = (RUN.start(), RUN.end());
            let message =
                format!("{number} is not from {least} to {most}; write such a number");
            reader.mistake(&field.place, message);
            Setting::Wrong
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_proposed_below_a_limit_is_below_it_and_something() {
        for (limit_ms, below_ms) in
            [(60_000, 59_000), (1_500, 500), (1_000, 900), (500, 400), (100, 50), (2, 1)]
        {
            assert_eq!(below(limit_ms), below_ms);
        }
    }
}
