//! One record as one line: its form, exactly.
//!
//! `docs/export.md` documents it. Instants are written with three decimals, and read
//! as RFC 3339 with any zone or as integer milliseconds.

use super::baseline_line::{BaselineLine, DigestLine, FixedLine};
use super::foreign_line::{CountLine, OriginLine, StretchLine};
use super::monitor_line::MonitorLine;
use crate::domain::check::{Check, Evidence, Kind, Phases, Verdict};
use crate::domain::digest::Digest;
use crate::domain::exchange::Exchange;
use crate::domain::foreign::{Count, Origin, Stretch};
use crate::domain::judge::Entry;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::MonitorId;
use crate::domain::month::Month;
use crate::domain::timestamp::Timestamp;
use crate::store::baseline::Baseline;
use crate::store::closed::{ClosedMonth, ClosedRow, Correction, Instead, Subject};
use crate::store::contract::Pause;
use crate::store::exchange::Form;
use crate::store::past::Past;
use serde::de::{Error as _, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// One record.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// When a monitor existed, and how it was judged.
    Monitor(Past),
    /// A check of a monitor.
    Check(MonitorId, Check),
    /// A pause of a monitor.
    Pause(MonitorId, Pause),
    /// What was said in a check of a monitor.
    Exchange(MonitorId, Timestamp, Box<Exchange>),
    /// A maintenance window.
    Maintenance(MaintenanceWindow),
    /// A closed month; its rows follow.
    ClosedMonth(ClosedMonth),
    /// A row of the closed month before it.
    ClosedRow(Month, ClosedRow),
    /// A correction of a closed month.
    Correction(Correction),
    /// What another monitor counted.
    Count(MonitorId, Count),
    /// How another monitor says that a target was.
    Stretch(MonitorId, Stretch),
    /// Where records of a monitor came from.
    Origin(MonitorId, Origin),
    /// Where the single checks of a monitor begin.
    Baseline(MonitorId, Baseline),
    /// What checks before its baseline have settled.
    Fixed(MonitorId, Entry),
    /// What is left of an hour of such checks.
    Digest(MonitorId, Digest),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Line<'a> {
    Monitor(MonitorLine),
    Check {
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
    },
    Exchange {
        monitor: String,
        started_at: Instant,
        #[serde(borrow)]
        seen: Form<'a>,
    },
    Pause {
        monitor: String,
        from: Instant,
        #[serde(default)]
        to: Option<Instant>,
    },
    Maintenance {
        announced_at: Instant,
        start_time: Instant,
        end_time: Instant,
        #[serde(default)]
        cancelled_at: Option<Instant>,
        #[serde(default)]
        message: String,
        #[serde(default)]
        monitors: Option<Vec<String>>,
    },
    ClosedMonth {
        month: String,
        closed_at: Instant,
        head: String,
        sha256: String,
    },
    ClosedRow {
        month: String,
        subject: String,
        id: String,
        json: String,
    },
    Correction {
        month: String,
        monitor: String,
        outage_began_at: Instant,
        instead: String,
        author: String,
        reason: String,
        made_at: Instant,
    },
    Count(CountLine),
    Stretch(StretchLine),
    Origin(OriginLine),
    Baseline(BaselineLine),
    Fixed(FixedLine),
    Digest(DigestLine),
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

/// An instant of a line.
#[derive(Clone, Copy)]
pub(super) struct Instant(pub(super) Timestamp);

/// Integers below this are meant as seconds: as milliseconds they lie before March 1973,
/// as seconds they reach to the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_ms())
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        struct AnInstant;
        impl Visitor<'_> for AnInstant {
            type Value = Instant;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "an instant like \"2026-11-01T00:00:00.000Z\" or integer milliseconds",
                )
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Instant, E> {
                let at = Timestamp::parse_rfc3339(text).map_err(E::custom)?;
                if at < Timestamp(0) {
                    return Err(E::custom(format!(
                        "{at} is before 1970, when nothing was watched"
                    )));
                }
                Ok(Instant(at))
            }
            fn visit_i64<E: serde::de::Error>(self, ms: i64) -> Result<Instant, E> {
                let at = Timestamp(ms);
                if ms < 0 {
                    return Err(E::custom(format!(
                        "{ms} is before 1970, when nothing was watched"
                    )));
                }
                if ms < MILLISECONDS_FROM {
                    return Err(E::custom(format!(
                        "{ms} looks like seconds; write milliseconds since 1970, or an instant \
                         like \"2026-11-01T00:00:00.000Z\""
                    )));
                }
                if (Timestamp::MIN..=Timestamp::MAX).contains(&at) {
                    Ok(Instant(at))
                } else {
                    Err(E::invalid_value(Unexpected::Signed(ms), &self))
                }
            }
            fn visit_u64<E: serde::de::Error>(self, ms: u64) -> Result<Instant, E> {
                match i64::try_from(ms) {
                    Ok(ms) => self.visit_i64(ms),
                    Err(_) => Err(E::invalid_value(Unexpected::Unsigned(ms), &self)),
                }
            }
        }
        deserializer.deserialize_any(AnInstant)
    }
}

/// A latency of a line: milliseconds with up to three decimals, kept as microseconds.
#[derive(Clone, Copy)]
pub(super) struct Milliseconds(u32);

impl Milliseconds {
    /// Whole tenths, as digests have them.
    pub(super) fn of_tenths(tenths: u32) -> Milliseconds {
        Milliseconds(tenths.saturating_mul(100))
    }

    pub(super) fn tenths(self) -> u32 {
        self.0 / 100
    }
}

impl Serialize for Milliseconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Exact to the microsecond: 32 bits of them fit a float's 53 many times over.
        serializer.serialize_f64(f64::from(self.0) / 1_000.0)
    }
}

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Milliseconds, D::Error> {
        let ms = f64::deserialize(deserializer)?;
        let us = (ms * 1_000.0).round();
        if (0.0..=f64::from(u32::MAX)).contains(&us) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked"
            )]
            Ok(Milliseconds(us as u32))
        } else {
            Err(D::Error::custom(format!("{ms} is not a latency in milliseconds")))
        }
    }
}

impl Record {
    /// Reads one line.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(line: &str) -> Result<Record, String> {
        let line: Line<'_> = serde_json::from_str(line).map_err(|error| plain(&error))?;
        match line {
            Line::Check { monitor, started_at, verdict, latency_ms, reason, evidence } => {
                let verdict = Verdict::from_word(&verdict).ok_or_else(|| {
                    format!("{verdict:?} is no verdict: use ok, degraded, fail or unknown")
                })?;
                let check = Check {
                    started_at: started_at.0,
                    verdict,
                    latency_us: latency_ms.map(|ms| ms.0),
                    evidence: read_evidence(reason.unwrap_or_default(), evidence)?,
                };
                Ok(Record::Check(MonitorId::new(&monitor)?, check))
            }
            Line::Exchange { monitor, started_at, seen } => {
                let exchange = Box::new(seen.exchange()?);
                Ok(Record::Exchange(MonitorId::new(&monitor)?, started_at.0, exchange))
            }
            Line::Pause { monitor, from, to } => {
                let pause = Pause { from: from.0, to: to.map(|to| to.0) };
                if pause.to.is_some_and(|to| to <= pause.from) {
                    return Err("a pause must end after it begins".to_owned());
                }
                Ok(Record::Pause(MonitorId::new(&monitor)?, pause))
            }
            Line::Maintenance {
                announced_at,
                start_time,
                end_time,
                cancelled_at,
                message,
                monitors,
            } => {
                if end_time.0 <= start_time.0 {
                    return Err("maintenance must end after it begins".to_owned());
                }
                Ok(Record::Maintenance(MaintenanceWindow {
                    announced_at: announced_at.0,
                    start: start_time.0,
                    end: end_time.0,
                    cancelled_at: cancelled_at.map(|at| at.0),
                    message: read_message(message)?,
                    monitors: read_monitors(monitors)?,
                }))
            }
            Line::ClosedMonth { month, closed_at, head, sha256 } => {
                Ok(Record::ClosedMonth(ClosedMonth {
                    month: Month::parse(&month)?,
                    closed_at: closed_at.0,
                    head,
                    rows: Vec::new(),
                    sha256,
                }))
            }
            Line::ClosedRow { month, subject, id, json } => {
                let known = Subject::from_word(&subject);
                let subject = known.ok_or_else(|| {
                    format!("{subject:?} is no subject: use monitor or group")
                })?;
                Ok(Record::ClosedRow(Month::parse(&month)?, ClosedRow { subject, id, json }))
            }
            Line::Correction {
                month,
                monitor,
                outage_began_at,
                instead,
                author,
                reason,
                made_at,
            } => {
                let known = Instead::from_word(&instead);
                Ok(Record::Correction(Correction {
                    month: Month::parse(&month)?,
                    monitor,
                    outage_began_at: outage_began_at.0,
                    instead: known
                        .ok_or_else(|| format!("{instead:?} is wrong: use unknown or up"))?,
                    author: read_message(author)?,
                    reason: read_message(reason)?,
                    made_at: made_at.0,
                }))
            }
            Line::Monitor(line) => line.read(),
            Line::Count(line) => line.read(),
            Line::Stretch(line) => line.read(),
            Line::Origin(line) => line.read(),
            Line::Baseline(line) => line.read(),
            Line::Fixed(line) => line.read(),
            Line::Digest(line) => line.read(),
        }
    }

    /// Prints the record, without a line end.
    #[must_use]
    pub fn print(&self) -> String {
        let line = match self {
            Record::Check(monitor, check) => Line::Check {
                monitor: monitor.to_string(),
                started_at: Instant(check.started_at),
                verdict: Cow::Borrowed(check.verdict.word()),
                latency_ms: check.latency_us.map(Milliseconds),
                reason: check.reason().filter(|text| !text.is_empty()).map(str::to_owned),
                evidence: check.evidence.as_deref().and_then(details),
            },
            Record::Exchange(monitor, at, exchange) => Line::Exchange {
                monitor: monitor.to_string(),
                started_at: Instant(*at),
                seen: Form::of(exchange),
            },
            Record::Pause(monitor, pause) => Line::Pause {
                monitor: monitor.to_string(),
                from: Instant(pause.from),
                to: pause.to.map(Instant),
            },
            Record::Maintenance(window) => Line::Maintenance {
                announced_at: Instant(window.announced_at),
                start_time: Instant(window.start),
                end_time: Instant(window.end),
                cancelled_at: window.cancelled_at.map(Instant),
                message: window.message.clone(),
                monitors: match &window.monitors[..] {
                    [] => None,
                    some => Some(some.iter().map(ToString::to_string).collect()),
                },
            },
            Record::ClosedMonth(closed) => Line::ClosedMonth {
                month: closed.month.to_string(),
                closed_at: Instant(closed.closed_at),
                head: closed.head.clone(),
                sha256: closed.sha256.clone(),
            },
            Record::ClosedRow(month, row) => Line::ClosedRow {
                month: month.to_string(),
                subject: row.subject.word().to_owned(),
                id: row.id.clone(),
                json: row.json.clone(),
            },
            Record::Correction(correction) => Line::Correction {
                month: correction.month.to_string(),
                monitor: correction.monitor.clone(),
                outage_began_at: Instant(correction.outage_began_at),
                instead: correction.instead.word().to_owned(),
                author: correction.author.clone(),
                reason: correction.reason.clone(),
                made_at: Instant(correction.made_at),
            },
            Record::Monitor(past) => Line::Monitor(MonitorLine::of(past)),
            Record::Count(monitor, count) => Line::Count(CountLine::of(monitor, count)),
            Record::Stretch(monitor, stretch) => {
                Line::Stretch(StretchLine::of(monitor, stretch))
            }
            Record::Origin(monitor, origin) => Line::Origin(OriginLine::of(monitor, origin)),
            Record::Baseline(monitor, baseline) => {
                Line::Baseline(BaselineLine::of(monitor, baseline))
            }
            Record::Fixed(monitor, entry) => Line::Fixed(FixedLine::of(monitor, entry)),
            Record::Digest(monitor, digest) => Line::Digest(DigestLine::of(monitor, digest)),
        };
        // Serialising strings, integers and finite numbers into memory cannot fail.
        serde_json::to_string(&line).unwrap_or_default()
    }
}

/// What serde_json says, without its position: a record is one line.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text[..end].to_owned()
}

/// A text that is safe to print anywhere, or what it has to be like.
pub(super) fn clean(text: String, what: &str) -> Result<String, String> {
    if Evidence::clean(&text) == text {
        return Ok(text);
    }
    Err(format!(
        "{what} is at most {} characters, without control characters or spaces around it",
        Evidence::REASON_CHARS_MAX
    ))
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

fn read_message(message: String) -> Result<String, String> {
    const CHARS_MAX: usize = 2_000;
    if message.chars().count() > CHARS_MAX {
        return Err(format!("a message is at most {CHARS_MAX} characters"));
    }
    Ok(message)
}

fn read_monitors(monitors: Option<Vec<String>>) -> Result<Vec<MonitorId>, String> {
    match monitors {
        None => Ok(Vec::new()),
        Some(none) if none.is_empty() => {
            Err("monitors is empty; leave it out where all are meant".to_owned())
        }
        Some(some) => some.iter().map(|id| MonitorId::new(id)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case(
        r#"{"kind":"check","monitor":"api","started_at":"2026-11-01T00:00:00.000Z","verdict":"ok","latency_ms":12.3,"reason":null}"#
    )]
    #[case(
        r#"{"kind":"check","monitor":"api","started_at":"2026-11-01T00:00:00.001Z","verdict":"fail","latency_ms":null,"reason":"HTTP 502 from 203.0.113.7","evidence":{"kind":"status","address":"203.0.113.7:443","status":502,"dns_ms":0.9,"total_ms":12.345}}"#
    )]
    #[case(
        r#"{"kind":"exchange","monitor":"api","started_at":"2026-11-01T00:00:00.001Z","seen":{"tls":{"version":"TLSv1.3","cipher":"TLS13_AES_256_GCM_SHA384","certificate":{"names":["api.example.com"],"issuer":"CN=R3","not_before":"2026-10-01T00:00:00Z","not_after":"2026-12-30T00:00:00Z"}},"headers":[["server","nginx \"1\""]],"headers_cut":false,"body":{"text":"<h1>\n502","bytes":8,"cut":false}}}"#
    )]
    #[case(
        r#"{"kind":"monitor","monitor":"api","name":"API","url":"https://api.example.com/health","lives":[{"from":"2026-10-01T00:00:00.000Z","to":"2026-10-02T00:00:00.000Z"},{"from":"2026-11-01T00:00:00.000Z","to":null}],"parameters":[{"from":"2026-10-01T00:00:00.000Z","interval_ms":60000,"timeout_ms":10000,"failures":3,"retry_interval_ms":10000,"successes":1}]}"#
    )]
    #[case(r#"{"kind":"pause","monitor":"api","from":"2026-11-01T00:00:00.000Z","to":null}"#)]
    #[case(
        r#"{"kind":"maintenance","announced_at":"2026-11-01T00:00:00.000Z","start_time":"2026-11-04T00:00:00.000Z","end_time":"2026-11-04T02:00:00.000Z","cancelled_at":null,"message":"upgrade","monitors":["api"]}"#
    )]
    #[case(
        r#"{"kind":"count","monitor":"api","source":"uptime-kuma","from":"2026-11-01T00:00:00.000Z","to":"2026-11-02T00:00:00.000Z","up":1436,"down":4}"#
    )]
    #[case(
        r#"{"kind":"stretch","monitor":"api","source":"uptimerobot","from":"2026-11-01T00:00:00.000Z","to":"2026-11-02T00:00:00.000Z","claim":"down","reason":"Connection Timeout"}"#
    )]
    #[case(
        r#"{"kind":"origin","monitor":"api","source":"uptime-kuma","file":"kuma.db","imported_at":"2026-11-24T10:54:07.000Z","records":"checks","from":"2026-11-01T00:00:00.000Z","to":"2026-11-02T00:00:00.000Z","added":1440}"#
    )]
    fn a_line_comes_back_as_it_was(#[case] line: &str) {
        assert_eq!(Record::parse(line).unwrap().print(), line);
    }

    #[test]
    fn an_instant_may_be_integer_milliseconds() {
        let line =
            r#"{"kind":"check","monitor":"api","started_at":1793491200000,"verdict":"ok"}"#;
        let Record::Check(_, check) = Record::parse(line).unwrap() else { panic!() };
        assert_eq!(check.started_at.to_string(), "2026-11-01T00:00:00Z");
    }

    #[rstest]
    #[case(
        r#"{"kind":"check","monitor":"api","started_at":1793491200000,"verdict":"good"}"#,
        "no verdict"
    )]
    #[case(
        r#"{"kind":"check","monitor":"api","started_at":1.5,"verdict":"ok"}"#,
        "integer milli"
    )]
    #[case(
        r#"{"kind":"check","monitor":"A B","started_at":1793491200000,"verdict":"ok"}"#,
        "cannot be an id"
    )]
    #[case(r#"{"kind":"check","monitor":"api","verdict":"ok"}"#, "missing field `started_at`")]
    #[case(
        r#"{"kind":"check","monitor":"api","started_at":1793491200000,"verdict":"ok","x":1}"#,
        "unknown field"
    )]
    #[case(
        r#"{"kind":"check","monitor":"api","started_at":1793491200000,"verdict":"ok","latency_ms":-1}"#,
        "not a latency"
    )]
    #[case(
        r#"{"kind":"check","monitor":"api","started_at":9223372036854775807,"verdict":"ok"}"#,
        "an instant"
    )]
    #[case(
        r#"{"kind":"exchange","monitor":"api","started_at":1793491200000,"seen":{"headers":[["x","a\u0007"]]}}"#,
        "without control characters"
    )]
    #[case(
        r#"{"kind":"exchange","monitor":"api","started_at":1793491200000,"seen":{"mood":"bad"}}"#,
        "unknown field"
    )]
    #[case(
        r#"{"kind":"pause","monitor":"api","from":1793491200005,"to":1793491200005}"#,
        "must end after"
    )]
    #[case(
        r#"{"kind":"maintenance","announced_at":1793491200001,"start_time":1793491200009,"end_time":1793491200005}"#,
        "must end after"
    )]
    #[case(
        r#"{"kind":"maintenance","announced_at":1793491200001,"start_time":1793491200003,"end_time":1793491200005,"monitors":[]}"#,
        "leave it out"
    )]
    #[case(
        r#"{"kind":"check","monitor":"api","started_at":1793491200,"verdict":"ok"}"#,
        "1793491200 looks like seconds; write milliseconds"
    )]
    #[case(
        r#"{"kind":"check","monitor":"api","started_at":-1,"verdict":"ok"}"#,
        "-1 is before 1970"
    )]
    #[case(
        r#"{"kind":"check","monitor":"api","started_at":"1969-12-31T23:59:59Z","verdict":"ok"}"#,
        "1969-12-31T23:59:59Z is before 1970"
    )]
    #[case(
        r#"{"kind":"count","monitor":"api","source":"kuma","from":1793491200001,"to":1793491200002,"up":1,"down":0}"#,
        "no source: use uptime-kuma"
    )]
    #[case(
        r#"{"kind":"count","monitor":"api","source":"uptime-kuma","from":1793491200002,"to":1793491200002,"up":1,"down":0}"#,
        "must end after"
    )]
    #[case(
        r#"{"kind":"count","monitor":"api","source":"uptime-kuma","from":1793491200001,"to":1793491200002,"up":-1,"down":0}"#,
        "invalid value"
    )]
    #[case(
        r#"{"kind":"count","monitor":"api","source":"uptime-kuma","from":1793491200001,"to":1793491200002,"up":1,"down":0,"x":1}"#,
        "unknown field"
    )]
    #[case(
        r#"{"kind":"stretch","monitor":"api","source":"uptimerobot","from":1793491200001,"to":1793491200002,"claim":"odd"}"#,
        "no claim"
    )]
    #[case(
        r#"{"kind":"stretch","monitor":"api","source":"uptimerobot","from":1793491200001,"to":1793491200002,"claim":"up","reason":" a"}"#,
        "spaces around"
    )]
    #[case(
        r#"{"kind":"origin","monitor":"api","source":"uptimerobot","file":"f","imported_at":1793491200000,"records":"all","from":1793491200001,"to":1793491200002,"added":1}"#,
        "are no records"
    )]
    #[case(
        r#"{"kind":"monitor","monitor":"api","name":"API","url":"","lives":[],"parameters":[]}"#,
        "at least one; only the last"
    )]
    #[case(
        r#"{"kind":"monitor","monitor":"api","name":"API","url":"","lives":[{"from":1793491200001},{"from":1793491200002}],"parameters":[]}"#,
        "at least one; only the last"
    )]
    #[case(
        r#"{"kind":"monitor","monitor":"api","name":"API","url":"","lives":[{"from":1793491200001}],"parameters":[]}"#,
        "at least one version"
    )]
    #[case(
        r#"{"kind":"monitor","monitor":"api","name":"API","url":"","lives":[{"from":1793491200001}],"parameters":[{"from":1793491200001,"interval_ms":0,"timeout_ms":1,"failures":1,"retry_interval_ms":1,"successes":1}]}"#,
        "interval_ms is 1 to"
    )]
    #[case(
        r#"{"kind":"monitor","monitor":"api","name":"API","url":"","lives":[{"from":1793491200001}],"parameters":[{"from":1793491200001,"interval_ms":1,"timeout_ms":1,"failures":0,"retry_interval_ms":1,"successes":1}]}"#,
        "failures is 1 or more"
    )]
    #[case(
        r#"{"kind":"monitor","monitor":"api","name":"A\u0007","url":"","lives":[{"from":1793491200001}],"parameters":[]}"#,
        "a name is at most"
    )]
    #[case(
        r#"{"kind":"monitor","monitor":"api","name":"API","url":"\u0007","lives":[{"from":1793491200001}],"parameters":[]}"#,
        "a url is at most"
    )]
    #[case(r#"{"kind":"outage"}"#, "unknown variant")]
    #[case("{", "EOF")]
    fn a_bad_line_is_told_what_is_wrong(#[case] line: &str, #[case] expected: &str) {
        let error = Record::parse(line).unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("at line"), "{error}");
    }

    proptest! {
        #[test]
        fn every_latency_comes_back(us in any::<u32>()) {
            let id = MonitorId::new("api").unwrap();
            let check = Check {
                started_at: Timestamp(0),
                verdict: Verdict::Ok,
                latency_us: Some(us),
                evidence: None,
            };
            let record = Record::Check(id, check);
            prop_assert_eq!(Record::parse(&record.print()), Ok(record));
        }

        #[test]
        fn any_text_is_refused_or_read(text in ".{0,200}") {
            let _ = Record::parse(&text);
        }
    }
}
