//! One failing check as evidence: what the target said, how fast, and by which certificate.
//! A part of a dossier.

use super::moment::Moment;
use crate::domain::check::Phases;
use crate::domain::exchange::{Certificate, Exchange};
use crate::domain::timestamp::Timestamp;
use crate::report::dossier::Proof;
use crate::report::latency::tenths_of_ms;
use askama::Template;
use chrono_tz::Tz;

/// A failing check and what was said.
#[derive(Template)]
#[template(path = "proof.html")]
pub(super) struct Shown<'a> {
    /// Whether it began the outage.
    is_first: bool,
    at: Moment,
    reason: &'a str,
    address: Option<&'a str>,
    status: Option<u16>,
    phases: Vec<(&'static str, String)>,
    tls: Option<Tls<'a>>,
    /// What is said in place of headers and body where there are none.
    absence: &'static str,
    exchange: Option<&'a Exchange>,
}

struct Tls<'a> {
    /// Version and cipher suite.
    protocol: String,
    certificate: Option<Shown509<'a>>,
}

struct Shown509<'a> {
    names: String,
    issuer: &'a str,
    not_before: Moment,
    not_after: Moment,
    /// What it was when it was shown.
    remark: &'static str,
}

impl Shown<'_> {
    /// One of the proofs of an outage that began at `from`.
    pub(super) fn of(proof: &Proof, from: Timestamp, zone: Tz) -> Shown<'_> {
        let check = &proof.check;
        let evidence = check.evidence.as_deref();
        let exchange = proof.exchange.as_ref();
        let status = evidence.and_then(|seen| seen.status);
        Shown {
            is_first: check.started_at == from,
            at: Moment::exact(check.started_at, zone),
            reason: check.reason().unwrap_or("failed"),
            address: evidence.and_then(|seen| seen.address.as_deref()),
            status,
            phases: phases(evidence.map(|seen| seen.phases).unwrap_or_default()),
            tls: exchange.and_then(|seen| tls(seen, check.started_at, zone)),
            absence: match (exchange, status) {
                (None, Some(_)) => "Its headers and body were not kept.",
                (_, None) if evidence.is_some_and(|seen| seen.kind.is_some()) => {
                    "No answer came."
                }
                (_, None) => "Nothing more is known of it.",
                _ => "",
            },
            exchange: exchange.filter(|_| status.is_some()),
        }
    }
}

fn phases(phases: Phases) -> Vec<(&'static str, String)> {
    let Phases { dns_us, connect_us, tls_us, first_byte_us, total_us } = phases;
    [
        ("DNS", dns_us),
        ("Connect", connect_us),
        ("TLS", tls_us),
        ("First byte", first_byte_us),
        ("Total", total_us),
    ]
    .into_iter()
    .filter_map(|(name, us)| Some((name, milliseconds(us?))))
    .collect()
}

fn tls(exchange: &Exchange, at: Timestamp, zone: Tz) -> Option<Tls<'_>> {
    let tls = exchange.tls.as_ref()?;
    let protocol: Vec<&str> = [&tls.version, &tls.cipher]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    Some(Tls {
        protocol: match &protocol[..] {
            [] => "the handshake did not come to an end".to_owned(),
            some => some.join(", "),
        },
        certificate: tls.certificate.as_ref().map(|shown| certificate(shown, at, zone)),
    })
}

fn certificate(certificate: &Certificate, at: Timestamp, zone: Tz) -> Shown509<'_> {
    Shown509 {
        names: certificate.names.join(", "),
        issuer: &certificate.issuer,
        not_before: Moment::exact(certificate.not_before, zone),
        not_after: Moment::exact(certificate.not_after, zone),
        remark: if at > certificate.not_after {
            "it had expired"
        } else if at < certificate.not_before {
            "it was not valid yet"
        } else {
            ""
        },
    }
}

/// A latency as evidence has it: `12.3 ms`.
pub(super) fn milliseconds(us: u32) -> String {
    format!("{} ms", tenths_of_ms(us))
}
