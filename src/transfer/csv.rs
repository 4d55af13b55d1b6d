//! Checks as rows of a table (RFC 4180), for spreadsheets. Only out: what comes in is NDJSON.

use crate::domain::cell::inert;
use crate::domain::check::Check;

/// The names of the columns.
pub const COLUMNS: [&str; 13] = [
    "monitor",
    "started_at",
    "verdict",
    "latency_ms",
    "reason",
    "kind",
    "address",
    "status",
    "dns_ms",
    "connect_ms",
    "tls_ms",
    "first_byte_ms",
    "total_ms",
];

/// The row of names, with its line end.
#[must_use]
pub fn head() -> String {
    row(&COLUMNS)
}

/// The row of a check, with its line end. A value that does not exist is an empty field.
#[must_use]
pub fn check(monitor: &str, check: &Check) -> String {
    let evidence = check.evidence.as_deref();
    let phases = evidence.map(|evidence| evidence.phases).unwrap_or_default();
    let us = |us: Option<u32>| us.map(milliseconds).unwrap_or_default();
    row(&[
        monitor,
        &check.started_at.to_rfc3339_ms(),
        check.verdict.word(),
        &us(check.latency_us),
        &inert(check.reason().unwrap_or_default()),
        evidence.and_then(|evidence| evidence.kind).map_or("", |kind| kind.word()),
        evidence
            .and_then(|evidence| evidence.address.as_deref())
            .unwrap_or_default(),
        &evidence
            .and_then(|e| e.status)
            .map(|status| status.to_string())
            .unwrap_or_default(),
        &us(phases.dns_us),
        &us(phases.connect_us),
        &us(phases.tls_us),
        &us(phases.first_byte_us),
        &us(phases.total_us),
    ])
}

/// Exact to the microsecond: `12.345`.
fn milliseconds(us: u32) -> String {
    format!("{}.{:03}", us / 1_000, us % 1_000)
}

fn row(fields: &[&str]) -> String {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // Writing one record into memory cannot fail.
    let _ = writer.write_record(fields);
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::{Evidence, Kind, Verdict};
    use crate::domain::timestamp::Timestamp;

    #[test]
    fn a_check_is_a_row_with_every_value_in_its_column() {
        let evidence = Evidence {
            kind: Some(Kind::Status),
            status: Some(502),
            ..Evidence::because("=HTTP 502, \"bad\"")
        };
        let failed = Check {
            started_at: Timestamp(1_793_491_200_001),
            verdict: Verdict::Fail,
            latency_us: Some(12_345),
            evidence: Some(Box::new(evidence)),
        };
        assert_eq!(
            check("api", &failed),
            "api,2026-11-01T00:00:00.001Z,fail,12.345,\"'=HTTP 502, \"\"bad\"\"\",\
             status,,502,,,,,\r\n"
        );
        assert_eq!(head().trim_end().split(',').count(), COLUMNS.len());
    }
}
