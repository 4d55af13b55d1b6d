//! What a certificate says of itself, good or not.
//!
//! Read only where a look has failed; the bytes are a stranger's, and so are the words.

use crate::domain::exchange::{Certificate, Exchange};
use crate::domain::timestamp::{SECOND_MS, Timestamp};
use std::net::{Ipv4Addr, Ipv6Addr};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

/// Reads a certificate; `None` where it is none. `hide` takes secrets out of a text.
#[must_use]
pub fn read(der: &[u8], hide: impl Fn(String) -> String) -> Option<Certificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let shown = |text: String| Exchange::line(&hide(text), Exchange::NAME_CHARS_MAX);
    let validity = certificate.validity();
    Some(Certificate {
        names: names(&certificate)
            .into_iter()
            .take(Exchange::NAMES_MAX)
            .map(&shown)
            .collect(),
        issuer: shown(certificate.issuer().to_string()),
        not_before: instant(validity.not_before),
        not_after: instant(validity.not_after),
    })
}

/// The names that count; where there are none, the one that did in former times.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let alternatives = certificate.subject_alternative_name().ok().flatten();
    let general = alternatives.map(|found| found.value.general_names.as_slice());
    let names: Vec<String> = general.unwrap_or_default().iter().filter_map(name).collect();
    if !names.is_empty() {
        return names;
    }
    let common = certificate.subject().iter_common_name();
    common.filter_map(|name| name.as_str().ok()).map(str::to_owned).collect()
}

fn name(general: &GeneralName<'_>) -> Option<String> {
    match general {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(|ip| Ipv4Addr::from(ip).to_string());
            let v6 = <[u8; 16]>::try_from(*bytes).map(|ip| Ipv6Addr::from(ip).to_string());
            v4.or(v6).ok()
        }
        _ => None,
    }
}

fn instant(time: ASN1Time) -> Timestamp {
    let ms = time.timestamp().saturating_mul(SECOND_MS);
    Timestamp(ms).clamp(Timestamp::MIN, Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    fn made(names: &[&str], common: &str) -> Certificate {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, common);
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2026, 11, 1);
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        read(certificate.der(), |text| text.replace("secret", "[secret]")).unwrap()
    }

    #[test]
    fn a_certificate_says_for_whom_it_is_by_whom_and_until_when() {
        let read =
            made(&["a.example", "*.b.example", "203.0.113.7", "2001:db8::1"], "Some One");
        assert_eq!(read.names, ["a.example", "*.b.example", "203.0.113.7", "2001:db8::1"]);
        assert_eq!(read.issuer, "CN=Some One");
        assert_eq!(read.not_before.to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(read.not_after.to_string(), "2026-11-01T00:00:00Z");
    }

    #[test]
    fn its_words_are_a_strangers() {
        let read = made(&[], "my secret\u{1b}[31m");
        assert_eq!(read.names, ["my [secret]\\u{1b}[31m"]);
        let names: Vec<String> = (0..30).map(|n| format!("{n}.example")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(made(&names, "x").names.len(), Exchange::NAMES_MAX);
        assert_eq!(super::read(b"no certificate", |text| text), None);
    }
}
