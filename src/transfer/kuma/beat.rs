//! One heartbeat of Uptime Kuma as a check. Pure.

use crate::domain::check::{Check, Evidence, Verdict};
use crate::domain::foreign::Source;
use crate::domain::timestamp::Timestamp;
use chrono::NaiveDateTime;

/// How a time begins: UTC, whatever the zone of its host; a fraction may follow.
const TIME: &str = "%Y-%m-%d %H:%M:%S";
/// How long that is.
const TIME_BYTES: usize = 19;

/// A row of the table `heartbeat`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Beat {
    pub(super) id: i64,
    /// When the check began, in UTC.
    pub(super) time: String,
    /// 0 down, 1 up, 2 pending, 3 maintenance.
    pub(super) status: i64,
    /// What was seen, in words.
    pub(super) message: Option<String>,
    /// How long the answer took, in microseconds.
    pub(super) ping_us: Option<i64>,
}

impl Beat {
    /// Where it stands among those of its monitor.
    pub(super) fn place(&self) -> (String, i64) {
        (self.time.clone(), self.id)
    }

    /// What it says.
    ///
    /// # Errors
    /// A sentence, where it is none that Uptime Kuma writes.
    pub(super) fn check(&self) -> Result<Check, String> {
        let verdict = match self.status {
            0 => Verdict::Fail,
            1 => Verdict::Ok,
            // A failure that retries may absorb: whether it is an outage, our rules say.
            2 => Verdict::Fail,
            // It did not look.
            3 => Verdict::Unknown,
            other => {
                return Err(format!("heartbeat {} has the unknown status {other}", self.id));
            }
        };
        let started_at = instant(&self.time).ok_or_else(|| {
            format!(
                "heartbeat {} has a time that Uptime Kuma does not write: {:?}",
                self.id,
                Evidence::clean(&self.time)
            )
        })?;
        let evidence = (verdict != Verdict::Ok).then(|| {
            let message = self.message.as_deref().unwrap_or_default().trim();
            let message = if message.is_empty() { "no reason given" } else { message };
            Box::new(Evidence::because(&format!("{}: {message}", Source::UptimeKuma)))
        });
        Ok(Check {
            started_at,
            verdict,
            latency_us: self.ping_us.and_then(|us| u32::try_from(us).ok()),
            evidence,
        })
    }
}

/// `2026-11-01 00:00:00` with or without a fraction, in UTC; what is finer than a
/// millisecond is cut.
fn instant(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_at_checked(TIME_BYTES)?;
    let seconds = NaiveDateTime::parse_from_str(whole, TIME).ok()?;
    // Digits that were left out would disturb the order of time.
    if seconds.format(TIME).to_string() != whole {
        return None;
    }
    let ms = match fraction.strip_prefix('.') {
        None if fraction.is_empty() => 0,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            let three: String = digits.chars().chain("000".chars()).take(3).collect();
            three.parse::<i64>().ok()?
        }
        _ => return None,
    };
    let at = Timestamp(seconds.and_utc().timestamp_millis().checked_add(ms)?);
    (Timestamp::MIN..=Timestamp::MAX).contains(&at).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn beat(status: i64, message: Option<&str>) -> Beat {
        Beat {
            id: 7,
            time: "2026-11-01 00:00:00.000".to_owned(),
            status,
            message: message.map(str::to_owned),
            ping_us: Some(12_000),
        }
    }

    #[rstest]
    #[case("2026-11-01 00:00:00.000", "2026-11-01T00:00:00Z")]
    #[case("2026-11-01 00:00:00", "2026-11-01T00:00:00Z")]
    #[case("2026-11-01 00:00:00.25", "2026-11-01T00:00:00.250Z")]
    #[case("2026-11-01 00:00:00.123999", "2026-11-01T00:00:00.123Z")]
    // Hours that Berlin skips and has twice: these are hours of UTC.
    #[case("2026-03-29 02:30:00.001", "2026-03-29T02:30:00.001Z")]
    #[case("2026-10-25 02:30:00.001", "2026-10-25T02:30:00.001Z")]
    #[case("2024-02-29 23:59:59.999", "2024-02-29T23:59:59.999Z")]
    fn times_are_utc(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(instant(text).unwrap().to_string(), expected);
    }

    #[rstest]
    #[case("")]
    #[case("1793491200000")]
    #[case("2026-11-01T00:00:00.000Z")]
    #[case("2026-11-1 00:00:00.0000")]
    #[case("2026-11-01 00:00:00.")]
    #[case("2026-11-01 00:00:00 +01:00")]
    #[case("2026-02-30 00:00:00")]
    #[case("2026-11-01 00:00:0ü")]
    fn other_times_are_refused(#[case] text: &str) {
        assert_eq!(instant(text), None);
        let error = Beat { time: text.to_owned(), ..beat(1, None) }.check().unwrap_err();
        assert!(error.starts_with("heartbeat 7 has a time"), "{error}");
    }

    #[rstest]
    #[case(0, Verdict::Fail, Some("Uptime Kuma: connect ECONNREFUSED 203.0.113.7:443"))]
    #[case(1, Verdict::Ok, None)]
    #[case(2, Verdict::Fail, Some("Uptime Kuma: connect ECONNREFUSED 203.0.113.7:443"))]
    #[case(3, Verdict::Unknown, Some("Uptime Kuma: connect ECONNREFUSED 203.0.113.7:443"))]
    fn a_status_becomes_a_verdict(
        #[case] status: i64,
        #[case] verdict: Verdict,
        #[case] reason: Option<&str>,
    ) {
        let check = beat(status, Some(" connect ECONNREFUSED 203.0.113.7:443\n"))
            .check()
            .unwrap();
        assert_eq!((check.verdict, check.reason()), (verdict, reason));
        assert_eq!(check.latency_us, Some(12_000));
    }

    #[test]
    fn a_message_is_made_safe_and_a_missing_one_is_said_to_be() {
        let long = beat(0, Some(&format!("\u{1b}[31m{}", "x".repeat(9_000)))).check().unwrap();
        let reason = long.reason().unwrap();
        assert_eq!(reason.chars().count(), Evidence::REASON_CHARS_MAX);
        assert!(reason.starts_with("Uptime Kuma:  [31mxx"), "{reason}");
        let silent = beat(0, None).check().unwrap();
        assert_eq!(silent.reason(), Some("Uptime Kuma: no reason given"));
    }

    #[test]
    fn a_ping_that_cannot_be_is_none() {
        for ping_us in [-1, 5_000_000_000] {
            let beat = Beat { ping_us: Some(ping_us), ..beat(1, None) };
            assert_eq!(beat.check().unwrap().latency_us, None);
        }
        assert!(beat(4, None).check().unwrap_err().contains("unknown status 4"));
    }
}
