//! One record as one line: its form, exactly.
//!
//! `docs/export.md` documents it. Instants are written with three decimals, and read
//! as RFC 3339 with any zone or as integer milliseconds.

use super::baseline_line::{BaselineLine, DigestLine, FixedLine, GapLine};
use super::check_line::CheckLine;
use super::closed_line::{ClosedMonthLine, ClosedRowLine, CorrectionLine};
use super::field::Instant;
use super::foreign_line::{CountLine, OriginLine, StretchLine};
use super::monitor_line::MonitorLine;
use super::requests_line::{CountedRunLine, RequestsLine};
use super::run_line::RunLine;
use super::window_line::WindowLine;
use crate::domain::check::Check;
use crate::domain::digest::Digest;
use crate::domain::exchange::Exchange;
use crate::domain::foreign::{Count, Origin, Stretch};
use crate::domain::gap::Gap;
use crate::domain::judge::Entry;
use crate::domain::monitor::MonitorId;
use crate::domain::month::Month;
use crate::domain::run::Run;
use crate::domain::timestamp::Timestamp;
use crate::store::baseline::Baseline;
use crate::store::closed::{ClosedMonth, ClosedRow, Correction};
use crate::store::exchange::Form;
use crate::store::import::Pause;
use crate::store::past::Past;
use crate::store::requests::{CountedRun, Sum};
use crate::store::window::WindowPast;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The name and version of the form, as the head of an export has it.
const SCHEMA: &str = "everup.export/1";

/// One record.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// An export begins.
    Export,
    /// It ends, after so many lines.
    End(u64),
    /// When a monitor existed, and how it was judged.
    Monitor(Past),
    /// A check of a monitor.
    Check(MonitorId, Check),
    /// A pause of a monitor.
    Pause(MonitorId, Pause),
    /// What was said in a check of a monitor.
    Exchange(MonitorId, Timestamp, Box<Exchange>),
    /// A maintenance window.
    Maintenance(WindowPast),
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
    /// What such checks said of a gap.
    Gap(MonitorId, Gap),
    /// When everup ran.
    Run(Run),
    /// When a balancer counted.
    CountedRun(CountedRun),
    /// What it counted.
    Requests(Sum),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Line<'a> {
    Export {
        #[serde(borrow)]
        schema: Cow<'a, str>,
    },
    End {
        lines: u64,
    },
    Monitor(MonitorLine),
    #[serde(borrow)]
    Check(CheckLine<'a>),
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
    Maintenance(WindowLine),
    ClosedMonth(ClosedMonthLine),
    ClosedRow(ClosedRowLine),
    Correction(CorrectionLine),
    Count(CountLine),
    Stretch(StretchLine),
    Origin(OriginLine),
    Baseline(BaselineLine),
    Fixed(FixedLine),
    Digest(DigestLine),
    Gap(GapLine),
    Run(RunLine),
    CountedRun(CountedRunLine),
    Requests(RequestsLine),
}

impl Record {
    /// Reads one line.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(line: &str) -> Result<Record, String> {
        let line: Line<'_> = serde_json::from_str(line).map_err(|error| plain(&error))?;
        match line {
            Line::Export { schema } if schema == SCHEMA => Ok(Record::Export),
            Line::Export { schema } => Err(format!(
                "it is an export of the schema {schema:?}, and this everup reads {SCHEMA}; \
                 import it with the everup that wrote it, or a later one"
            )),
            Line::End { lines } => Ok(Record::End(lines)),
            Line::Check(line) => line.read(),
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
            Line::Maintenance(line) => line.read(),
            Line::ClosedMonth(line) => line.read(),
            Line::ClosedRow(line) => line.read(),
            Line::Correction(line) => line.read(),
            Line::Monitor(line) => line.read(),
            Line::Count(line) => line.read(),
            Line::Stretch(line) => line.read(),
            Line::Origin(line) => line.read(),
            Line::Baseline(line) => line.read(),
            Line::Fixed(line) => line.read(),
            Line::Digest(line) => line.read(),
            Line::Gap(line) => line.read(),
            Line::Run(line) => line.read(),
            Line::CountedRun(line) => line.read(),
            Line::Requests(line) => line.read(),
        }
    }

    /// Prints the record, without a line end.
    #[must_use]
    pub fn print(&self) -> String {
        let line = match self {
            Record::Export => Line::Export { schema: Cow::Borrowed(SCHEMA) },
            Record::End(lines) => Line::End { lines: *lines },
            Record::Check(monitor, check) => Line::Check(CheckLine::of(monitor, check)),
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
            Record::Maintenance(window) => Line::Maintenance(WindowLine::of(window)),
            Record::ClosedMonth(closed) => Line::ClosedMonth(ClosedMonthLine::of(closed)),
            Record::ClosedRow(month, row) => Line::ClosedRow(ClosedRowLine::of(*month, row)),
            Record::Correction(correction) => Line::Correction(CorrectionLine::of(correction)),
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
            Record::Gap(monitor, gap) => Line::Gap(GapLine::of(monitor, gap)),
            Record::Run(run) => Line::Run(RunLine::of(run)),
            Record::CountedRun(run) => Line::CountedRun(CountedRunLine::of(run)),
            Record::Requests(sum) => Line::Requests(RequestsLine::of(sum)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::Verdict;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case(r#"{"kind":"export","schema":"everup.export/1"}"#)]
    #[case(r#"{"kind":"end","lines":2}"#)]
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
        r#"{"kind":"run","started_at":"2026-11-01T00:00:00.000Z","alive_at":"2026-11-02T00:00:00.000Z","ended_at":null,"version":"0.1.0"}"#
    )]
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
    #[case(
        r#"{"kind":"baseline","monitor":"api","until":"2025-11-01T00:00:00.000Z","judge":"{\"v\":1}"}"#
    )]
    #[case(
        r#"{"kind":"baseline","monitor":"api","until":"2025-11-01T00:00:00.000Z","judge":"{\"v\":1}","explained_from":"1970-01-01T00:00:00.000Z"}"#
    )]
    #[case(
        r#"{"kind":"gap","monitor":"api","cause":"own-network","from":"2025-10-03T08:00:00.000Z","to":"2025-10-03T08:12:00.000Z","checks":12,"reason":"no route to 192.0.2.1"}"#
    )]
    #[case(
        r#"{"kind":"gap","monitor":"api","cause":"undecided","from":"2025-10-03T08:00:00.000Z","to":"2025-10-03T08:12:00.000Z","checks":2}"#
    )]
    #[case(
        r#"{"kind":"fixed","monitor":"api","was":"outage","from":"2025-10-03T08:00:00.000Z","to":"2025-10-03T08:12:00.000Z","reason":"HTTP 502 from 203.0.113.7"}"#
    )]
    #[case(
        r#"{"kind":"fixed","monitor":"api","was":"perhaps_down","from":"2025-10-03T08:00:00.000Z","to":"2025-10-03T08:12:00.000Z"}"#
    )]
    #[case(
        r#"{"kind":"digest","monitor":"api","from":"2025-10-03T08:00:00.000Z","checks":60,"latencies":[[1.2,58],[40.4,2]]}"#
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
    #[case(
        r#"{"kind":"baseline","monitor":"api","until":1793491200000,"judge":"{\"v\":9}"}"#,
        "its judge cannot be read"
    )]
    #[case(
        r#"{"kind":"fixed","monitor":"api","was":"up","from":1793491200001,"to":1793491200001}"#,
        "must end after"
    )]
    #[case(
        r#"{"kind":"fixed","monitor":"api","was":"odd","from":1793491200001,"to":1793491200002}"#,
        "unknown variant"
    )]
    #[case(
        r#"{"kind":"digest","monitor":"api","from":1793491200001,"checks":1,"latencies":[]}"#,
        "begins with an hour"
    )]
    #[case(
        r#"{"kind":"digest","monitor":"api","from":1793491200000,"checks":1,"latencies":[[2.0,1],[1.0,1]]}"#,
        "must be in order"
    )]
    #[case(
        r#"{"kind":"digest","monitor":"api","from":1793491200000,"checks":1,"latencies":[[40.3,1]]}"#,
        "to 32 steps"
    )]
    #[case(r#"{"kind":"export","schema":"everup.export/2"}"#, "or a later one")]
    #[case(r#"{"kind":"end","lines":-1}"#, "invalid value")]
    #[case(r#"{"kind":"end","lines":2,"x":1}"#, "unknown field")]
    #[case(
        r#"{"kind":"run","started_at":1793491200001,"alive_at":1793491200000,"ended_at":null,"version":"0.1.0"}"#,
        "no earlier than it"
    )]
    #[case(
        r#"{"kind":"run","started_at":1793491200000,"alive_at":1793491200002,"ended_at":1793491200001,"version":"0.1.0"}"#,
        "no earlier than it"
    )]
    #[case(
        r#"{"kind":"counted_run","balancer":"web","from":1793491200001,"to":1793491200000}"#,
        "no earlier than it begins"
    )]
    #[case(
        r#"{"kind":"requests","balancer":"web","from":1793491200000,"minutes":1440,"answered":1}"#,
        "minutes of a balancer is 1 or 15"
    )]
    #[case(
        r#"{"kind":"requests","balancer":"web","backend":"web-1","from":1793491200000,"minutes":15}"#,
        "minutes of a backend is 1 or 1440"
    )]
    #[case(
        r#"{"kind":"requests","balancer":"web","from":1793491260000,"minutes":15,"answered":1}"#,
        "at a whole stretch of 15 min"
    )]
    #[case(
        r#"{"kind":"requests","balancer":"web","from":1793491200000,"minutes":1,"answered":-1}"#,
        "invalid value"
    )]
    #[case(
        r#"{"kind":"requests","balancer":"web","from":1793491200000,"minutes":1,"answered":9223372036854775807}"#,
        "at most 1000000000000"
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
