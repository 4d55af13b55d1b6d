//! The history of UptimeRobot, from the answer of its API, version 2, to `getMonitors`
//! with `logs=1`.
//!
//! A log is a change of state and how long it lasted. No check is told, so none is made
//! up: a log becomes a stretch, which stands beside the figure. `docs/import.md` says more.

use super::mapping::{Mapping, Theirs, Wanted};
use super::taking::{Reading, TakeError, Taken, Taking};
use crate::domain::check::Evidence;
use crate::domain::foreign::{Claim, Source, Stretch};
use crate::domain::span::Span;
use crate::domain::timestamp::{MINUTE_MS, SECOND_MS, Timestamp};
use crate::store::contract::Store;
use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::io::{BufRead, Read};

/// An answer has at most 50 monitors; with ten thousand logs each it is far below this.
const BYTES_MAX: u64 = 64 << 20;

/// The newest log lasts until the answer was made. So far beyond now it may reach, since
/// clocks differ; what is beyond now has not been seen and is cut off.
const AHEAD_MS_MAX: i64 = 5 * MINUTE_MS;

/// What to ask for, for all messages that tell to.
const ASK: &str = "ask for it with POST https://api.uptimerobot.com/v2/getMonitors and \
                   format=json&logs=1";

/// The whole answer.
#[derive(Deserialize)]
struct Answer {
    stat: Option<String>,
    #[serde(default)]
    error: Option<Failure>,
    pagination: Option<Pagination>,
    monitors: Option<Vec<Monitor>>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Pagination {
    #[serde(default)]
    total: u64,
}

#[derive(Deserialize)]
struct Monitor {
    id: Number,
    #[serde(default)]
    friendly_name: String,
    #[serde(default)]
    url: String,
    logs: Option<Vec<Log>>,
}

#[derive(Deserialize)]
struct Log {
    #[serde(rename = "type")]
    kind: Number,
    /// When it began, in seconds since 1970.
    datetime: Number,
    /// How long it lasted, in seconds; of the newest, until it was asked for.
    duration: Option<Number>,
    reason: Option<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    detail: Option<String>,
}

/// A whole number, which the API writes with or without quotes.
#[derive(Clone, Copy)]
struct Number(i64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        struct ANumber;
        impl Visitor<'_> for ANumber {
            type Value = Number;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Number, E> {
                Ok(Number(number))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Number, E> {
                let number = i64::try_from(number);
                number.map(Number).map_err(|_| E::custom("a number is too large"))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Number, E> {
                let wrong = |_| E::invalid_value(Unexpected::Str(text), &self);
                text.trim().parse().map(Number).map_err(wrong)
            }
        }
        deserializer.deserialize_any(ANumber)
    }
}

/// Reads an answer into the store.
///
/// # Errors
/// When it is not such an answer or breaks off, when it is not clear which monitor is
/// which, or when the store refuses; then nothing of it is kept.
pub async fn import(
    store: &dyn Store,
    input: &mut (dyn BufRead + Send),
    reading: &Reading,
    wanted: &Wanted,
) -> Result<Taken, TakeError> {
    let (monitors, total) = read(input).map_err(TakeError::Input)?;
    let mut theirs = Vec::new();
    let mut histories_of = Vec::new();
    for monitor in monitors {
        let stretches = stretches(&monitor, reading.now).map_err(TakeError::Input)?;
        let url = (!monitor.url.is_empty()).then_some(monitor.url);
        if !stretches.is_empty() {
            let id = monitor.id.0.to_string();
            theirs.push(Theirs { id, name: monitor.friendly_name, url });
            histories_of.push(stretches);
        }
    }
    let histories = store.load().await?.histories;
    let mapping = Mapping::of(&theirs, &histories, wanted).map_err(TakeError::Mapping)?;
    let mut taking = Taking::begin(store, Source::UptimeRobot, reading).await?;
    for (stretches, ours) in histories_of.iter().zip(&mapping.ours) {
        if let Some(history) = ours.and_then(|ours| histories.get(ours)) {
            taking.stretches(history.key, stretches).await?;
        }
    }
    let taken = taking.finish().await?;
    let notes = total.map(|(of, total)| {
        format!(
            "the answer has {of} of {total} monitors: ask for the others with offset={of}, \
             and import that too"
        )
    });
    Ok(Taken { unmapped: mapping.left_out, notes: notes.into_iter().collect(), ..taken })
}

/// How many monitors the answer has, of how many, where those are not all.
type Part = Option<(u64, u64)>;

fn read(input: &mut (dyn BufRead + Send)) -> Result<(Vec<Monitor>, Part), String> {
    let mut text = Vec::new();
    let cannot = |error: std::io::Error| format!("the answer cannot be read: {error}");
    input.take(BYTES_MAX + 1).read_to_end(&mut text).map_err(cannot)?;
    if text.len() as u64 > BYTES_MAX {
        return Err(format!("the answer is larger than {} MiB", BYTES_MAX >> 20));
    }
    let answer: Answer = serde_json::from_slice(&text).map_err(|error| {
        if error.is_eof() {
            format!("the answer breaks off ({error}); {ASK} once more")
        } else {
            format!("this is not an answer of UptimeRobot ({error}); {ASK}")
        }
    })?;
    if answer.stat.as_deref() == Some("fail") {
        let said =
            Evidence::clean(&answer.error.map(|error| error.message).unwrap_or_default());
        return Err(format!("UptimeRobot answered with a failure ({said}); {ASK}"));
    }
    let monitors = answer
        .monitors
        .ok_or_else(|| format!("this is not an answer of UptimeRobot to getMonitors; {ASK}"))?;
    if !monitors.is_empty() && monitors.iter().all(|monitor| monitor.logs.is_none()) {
        return Err(format!("the answer has no logs; {ASK}"));
    }
    let count = monitors.len() as u64;
    let total = answer.pagination.map_or(count, |pagination| pagination.total);
    Ok((monitors, (total > count).then_some((count, total))))
}

/// How a monitor was, in order of time. A log lasts until the next one at most.
fn stretches(monitor: &Monitor, now: Timestamp) -> Result<Vec<Stretch>, String> {
    let mut logs: Vec<(Timestamp, &Log)> = Vec::new();
    for log in monitor.logs.as_deref().unwrap_or_default() {
        let at = log.datetime.0.checked_mul(SECOND_MS).map(Timestamp);
        let at = at.filter(|at| (Timestamp::MIN..=now).contains(at)).ok_or_else(|| {
            format!(
                "monitor {}: a log has the datetime {}, which is yet to come or no time at all",
                monitor.id.0, log.datetime.0
            )
        })?;
        logs.push((at, log));
    }
    // The API gives the newest first. Of those of one second, only the last lasted.
    logs.sort_by_key(|(at, log)| (*at, log.duration.map_or(0, |Number(seconds)| seconds)));
    let mut stretches = Vec::new();
    for (n, (from, log)) in logs.iter().enumerate() {
        let next = logs.get(n + 1).map(|(at, _)| *at);
        let lasted = log.duration.map(|Number(s)| s.max(0).saturating_mul(SECOND_MS));
        let to = match (lasted.map(|ms| from.plus_ms(ms)), next) {
            (Some(end), Some(next)) => end.min(next),
            (Some(end), None) | (None, Some(end)) => end,
            (None, None) => {
                return Err(format!(
                    "monitor {}: its newest log has no duration",
                    monitor.id.0
                ));
            }
        };
        if to.since_ms(now) > AHEAD_MS_MAX {
            return Err(format!(
                "monitor {}: its newest log has the datetime {} and the duration {}, and so \
                 ends in the future; set the clock of this machine, or {ASK} once more",
                monitor.id.0,
                log.datetime.0,
                lasted.unwrap_or_default() / SECOND_MS
            ));
        }
        let span = Span::new(*from, to.min(now));
        if !span.is_empty() {
            let claim =
                claim(log.kind.0).ok_or_else(|| unknown_kind(monitor.id.0, log.kind.0))?;
            let reason = if claim == Claim::Down { reason(log) } else { String::new() };
            stretches.push(Stretch { source: Source::UptimeRobot, span, claim, reason });
        }
    }
    Ok(stretches)
}

/// What the type of a log stands for.
fn claim(kind: i64) -> Option<Claim> {
    match kind {
        1 => Some(Claim::Down),
        2 => Some(Claim::Up),
        // Started: it had not looked yet.
        98 => Some(Claim::Unknown),
        99 => Some(Claim::Paused),
        _ => None,
    }
}

fn unknown_kind(monitor: i64, kind: i64) -> String {
    format!("monitor {monitor}: a log has the unknown type {kind}, and not 1, 2, 98 or 99")
}

fn reason(log: &Log) -> String {
    let detail = log.reason.as_ref().and_then(|reason| reason.detail.as_deref());
    Evidence::clean(detail.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// 2026-11-24T00:00:00Z.
    const NOW: Timestamp = Timestamp(1_795_478_400_000);

    fn read_text(text: &str) -> Result<(Vec<Monitor>, Part), String> {
        read(&mut text.as_bytes())
    }

    fn stretches_of(logs: &str) -> Result<Vec<(i64, i64, Claim, String)>, String> {
        let text = format!(r#"{{"stat":"ok","monitors":[{{"id":7,"logs":[{logs}]}}]}}"#);
        let (monitors, _) = read_text(&text)?;
        let stretches = stretches(&monitors[0], NOW)?;
        let plain = |s: Stretch| {
            (s.span.from.0 / SECOND_MS, s.span.to.0 / SECOND_MS, s.claim, s.reason)
        };
        Ok(stretches.into_iter().map(plain).collect())
    }

    #[test]
    fn logs_become_stretches_in_order_of_time() {
        let logs = r#"
            {"id":4,"type":2,"datetime":1000,"duration":50,"reason":{"code":"200","detail":"OK"}},
            {"id":3,"type":1,"datetime":"900","duration":"100","reason":{"code":333333,"detail":" Connection\nTimeout "}},
            {"id":2,"type":99,"datetime":800,"duration":100,"reason":{"code":99,"detail":"Paused"}},
            {"id":1,"type":98,"datetime":700,"duration":20}"#;
        let text = String::new;
        assert_eq!(
            stretches_of(logs).unwrap(),
            [
                (700, 720, Claim::Unknown, text()),
                (800, 900, Claim::Paused, text()),
                (900, 1000, Claim::Down, "Connection Timeout".to_owned()),
                (1000, 1050, Claim::Up, text()),
            ]
        );
    }

    #[test]
    fn a_log_ends_where_the_next_begins() {
        let logs = r#"{"type":2,"datetime":100,"duration":500},{"type":1,"datetime":300,"duration":9},
                      {"type":2,"datetime":50},{"type":1,"datetime":300,"duration":0}"#;
        let spans: Vec<(i64, i64)> = stretches_of(logs)
            .unwrap()
            .into_iter()
            .map(|(from, to, ..)| (from, to))
            .collect();
        assert_eq!(spans, [(50, 100), (100, 300), (300, 309)]);
    }

    #[test]
    fn what_a_clock_that_is_ahead_says_of_the_future_is_cut_off() {
        let log = |seconds: i64| {
            format!(r#"{{"type":2,"datetime":1795478300,"duration":{seconds}}}"#)
        };
        for seconds in [100, 101, 400] {
            let told = stretches_of(&log(seconds)).unwrap();
            assert_eq!(told, [(1_795_478_300, 1_795_478_400, Claim::Up, String::new())]);
        }
        for seconds in [401, 250_000_000_000, i64::MAX] {
            let error = stretches_of(&log(seconds)).unwrap_err();
            assert!(error.contains("ends in the future"), "{error}");
        }
    }

    #[rstest]
    #[case(
        r#"{"type":3,"datetime":1,"duration":1}"#,
        "monitor 7: a log has the unknown type 3"
    )]
    #[case(r#"{"type":1,"datetime":1}"#, "its newest log has no duration")]
    #[case(r#"{"type":1,"datetime":1795478401,"duration":1}"#, "yet to come")]
    #[case(r#"{"type":1,"datetime":9223372036854775807,"duration":1}"#, "no time at all")]
    #[case(r#"{"type":1,"datetime":1.5,"duration":1}"#, "a whole number")]
    #[case(r#"{"type":1,"datetime":"soon","duration":1}"#, "a whole number")]
    #[case(r#"{"type":1,"duration":1}"#, "missing field `datetime`")]
    fn a_bad_log_is_told(#[case] logs: &str, #[case] expected: &str) {
        let error = stretches_of(logs).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }

    #[rstest]
    #[case("", "breaks off")]
    #[case(r#"{"stat":"ok","monitors":[{"id":7,"logs":[{"ty"#, "breaks off")]
    #[case("<?xml version=\"1.0\"?>", "not an answer of UptimeRobot (")]
    #[case(
        r#"{"stat":"fail","error":{"type":"invalid_parameter","message":"api_key is wrong"}}"#,
        "a failure (api_key is wrong)"
    )]
    #[case(r#"{"data":[]}"#, "not an answer of UptimeRobot to getMonitors")]
    #[case(r#"{"stat":"ok","monitors":[{"id":7}]}"#, "has no logs")]
    fn what_is_no_answer_is_told_what_to_ask_for(#[case] text: &str, #[case] expected: &str) {
        let error = read_text(text).err().unwrap();
        assert!(error.contains(expected), "{error}");
        assert!(error.contains("format=json&logs=1"), "{error}");
    }

    #[test]
    fn a_page_of_many_says_so() {
        let text = r#"{"stat":"ok","pagination":{"offset":0,"limit":1,"total":3},
                       "monitors":[{"id":7,"logs":[]}]}"#;
        assert_eq!(read_text(text).unwrap().1, Some((1, 3)));
    }
}
