//! A dossier as JSON, schema `everup.outage/1`: documented in `docs/outages.md`, and
//! never changed but by a new schema name.

use super::dossier::{Dossier, End, Proof};
use super::json::{adjusted_address, number};
use super::listing::Listed;
use super::outlasted::Outlasted;
use crate::domain::check::{Check, Phases};
use crate::domain::class::Class;
use crate::domain::month::Month;
use crate::domain::outage::Blip;
use crate::domain::timeline::Segment;
use crate::store::closed::Correction;
use crate::store::exchange::Form;
use serde::Serialize;

/// The name and version of the form.
pub const SCHEMA: &str = "everup.outage/1";

#[derive(Serialize)]
struct Outage<'a> {
    schema: &'static str,
    id: String,
    monitor: Monitor<'a>,
    from: String,
    to: Option<String>,
    as_of: String,
    ongoing: bool,
    ended_by: Option<&'static str>,
    reason: &'a str,
    milliseconds: Milliseconds,
    uncounted: Vec<Stretch>,
    months: Vec<InMonth>,
    last_good: Option<Look<'a>>,
    evidence: Vec<Evidence<'a>>,
    checks: Vec<Line<'a>>,
    recovery: Option<Look<'a>>,
    blips: Vec<Around<'a>>,
    /// The maintenance windows that it outlasted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overrun: Vec<Beyond>,
    /// Of an outage that was corrected in a closed month.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    corrections: Vec<Corrected<'a>>,
}

#[derive(Serialize)]
struct Monitor<'a> {
    id: &'a str,
    name: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
struct Milliseconds {
    whole: i64,
    down: i64,
    unknown: i64,
    maintenance: i64,
    paused: i64,
}

#[derive(Serialize)]
struct Stretch {
    from: String,
    to: String,
    class: &'static str,
}

#[derive(Serialize)]
struct InMonth {
    month: String,
    milliseconds: i64,
    report: String,
}

#[derive(Serialize)]
struct Beyond {
    window: i64,
    from: String,
    to: String,
    excluded: bool,
    planned_milliseconds: i64,
    took_milliseconds: i64,
    counted_milliseconds: i64,
    ongoing: bool,
}

#[derive(Serialize)]
struct Corrected<'a> {
    month: String,
    instead: &'static str,
    author: &'a str,
    reason: &'a str,
    made_at: String,
    adjusted: String,
}

#[derive(Serialize)]
struct Look<'a> {
    started_at: String,
    verdict: &'static str,
    latency_ms: Option<f64>,
    reason: Option<&'a str>,
    kind: Option<&'static str>,
    address: Option<&'a str>,
    status: Option<u16>,
    phases_ms: PhasesMs,
}

#[derive(Serialize)]
struct PhasesMs {
    dns: Option<f64>,
    connect: Option<f64>,
    tls: Option<f64>,
    first_byte: Option<f64>,
    total: Option<f64>,
}

#[derive(Serialize)]
struct Evidence<'a> {
    check: Look<'a>,
    seen: Option<Form<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Check(Box<Look<'a>>),
    LeftOut { left_out: Option<u64> },
}

#[derive(Serialize)]
struct Around<'a> {
    from: String,
    to: String,
    reason: &'a str,
}

/// Prints a dossier as one JSON object with a line end.
#[must_use]
pub fn print(dossier: &Dossier<'_>) -> String {
    let monitor = &dossier.history.monitor;
    let outage = &dossier.outage;
    let tally = &dossier.tally;
    let form = Outage {
        schema: SCHEMA,
        id: dossier.id.to_string(),
        monitor: Monitor { id: monitor.id.as_str(), name: &monitor.name, url: &monitor.url },
        from: outage.from.to_string(),
        to: outage.to.map(|to| to.to_string()),
        as_of: dossier.at.to_string(),
        ongoing: dossier.end == End::Lasts,
        ended_by: ended_by(dossier.end),
        reason: &outage.reason,
        milliseconds: Milliseconds {
            whole: dossier.span.length_ms(),
            down: tally.down,
            unknown: tally.unknown,
            maintenance: tally.maintenance,
            paused: tally.paused,
        },
        uncounted: dossier.uncounted.iter().map(stretch).collect(),
        months: dossier
            .months
            .iter()
            .map(|(month, down_ms)| in_month(*month, *down_ms))
            .collect(),
        last_good: dossier.last_good.as_ref().map(look),
        evidence: dossier.proofs.iter().map(evidence).collect(),
        checks: dossier.checks.iter().map(line).collect(),
        recovery: dossier.recovery.as_ref().map(look),
        blips: dossier.blips.iter().map(around).collect(),
        overrun: dossier.overrun.iter().map(beyond).collect(),
        corrections: dossier.corrections.iter().map(corrected).collect(),
    };
    // Serialising strings, integers and finite numbers into memory cannot fail.
    let mut text = serde_json::to_string(&form).unwrap_or_default();
    text.push('\n');
    text
}

fn ended_by(end: End) -> Option<&'static str> {
    match end {
        End::Lasts => None,
        End::Recovered => Some("recovery"),
        End::Paused => Some("pause"),
        End::Removed => Some("removal"),
    }
}

fn stretch(segment: &Segment) -> Stretch {
    let class = match segment.class {
        Class::Outside => "outside",
        Class::Paused => "paused",
        Class::Maintenance => "maintenance",
        Class::Down => "down",
        Class::Degraded => "degraded",
        Class::Up => "up",
        Class::Unknown => "unknown",
    };
    Stretch { from: segment.span.from.to_string(), to: segment.span.to.to_string(), class }
}

fn in_month(month: Month, down_ms: i64) -> InMonth {
    InMonth {
        month: month.to_string(),
        milliseconds: down_ms,
        report: format!("/report/{month}.json"),
    }
}

fn beyond(of: &Outlasted) -> Beyond {
    let overrun = &of.overrun;
    Beyond {
        window: of.window.0,
        from: overrun.planned.from.to_string(),
        to: overrun.planned.to.to_string(),
        excluded: of.is_excluded,
        planned_milliseconds: overrun.planned_ms(),
        took_milliseconds: overrun.took_ms(),
        counted_milliseconds: of.counted_ms,
        ongoing: overrun.lasts,
    }
}

fn corrected(of: &Correction) -> Corrected<'_> {
    Corrected {
        month: of.month.to_string(),
        instead: of.instead.word(),
        author: &of.author,
        reason: &of.reason,
        made_at: of.made_at.to_string(),
        adjusted: adjusted_address(of.month),
    }
}

fn look(check: &Check) -> Look<'_> {
    let evidence = check.evidence.as_deref();
    let Phases { dns_us, connect_us, tls_us, first_byte_us, total_us } =
        evidence.map(|seen| seen.phases).unwrap_or_default();
    let ms = |us: Option<u32>| us.map(number);
    Look {
        started_at: check.started_at.to_string(),
        verdict: check.verdict.word(),
        latency_ms: ms(check.latency_us),
        reason: check.reason().filter(|reason| !reason.is_empty()),
        kind: evidence.and_then(|seen| seen.kind).map(|kind| kind.word()),
        address: evidence.and_then(|seen| seen.address.as_deref()),
        status: evidence.and_then(|seen| seen.status),
        phases_ms: PhasesMs {
            dns: ms(dns_us),
            connect: ms(connect_us),
            tls: ms(tls_us),
            first_byte: ms(first_byte_us),
            total: ms(total_us),
        },
    }
}

fn evidence(proof: &Proof) -> Evidence<'_> {
    Evidence { check: look(&proof.check), seen: proof.exchange.as_ref().map(Form::of) }
}

fn line(listed: &Listed) -> Line<'_> {
    match listed {
        Listed::Check(check) => Line::Check(Box::new(look(check))),
        Listed::LeftOut(left_out) => Line::LeftOut { left_out: *left_out },
    }
}

fn around(blip: &Blip) -> Around<'_> {
    Around {
        from: blip.span.from.to_string(),
        to: blip.span.to.to_string(),
        reason: &blip.reason,
    }
}
