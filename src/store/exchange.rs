//! Exchanges as JSON, for the lines of an export and for whoever asks, and packed, for
//! databases.
//!
//! One form for all three. What is read is never trusted: it must keep the limits that
//! the probe keeps.

use crate::domain::exchange::{Body, Certificate, Exchange, Tls};
use crate::domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The first byte of the packed form below.
const VERSION: u8 = 1;
/// No exchange within its limits has a longer text: 8 KiB of headers and 16 KiB of body,
/// each character perhaps escaped once more, and some names.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// zstd's own default, as for checks.
const ZSTD_LEVEL: i32 = 3;

/// An exchange, ready to be printed as JSON or just read from it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    tls: Option<TlsForm<'a>>,
    #[serde(borrow, default)]
    headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    #[serde(default)]
    headers_cut: bool,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    body: Option<BodyForm<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsForm<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    version: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    cipher: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    certificate: Option<CertificateForm<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateForm<'a> {
    #[serde(borrow)]
    names: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    issuer: Cow<'a, str>,
    #[serde(borrow)]
    not_before: Cow<'a, str>,
    #[serde(borrow)]
    not_after: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyForm<'a> {
    #[serde(borrow, default)]
    text: Option<Cow<'a, str>>,
    bytes: u32,
    cut: bool,
}

impl<'a> Form<'a> {
    /// The form of an exchange.
    #[must_use]
    pub fn of(exchange: &'a Exchange) -> Form<'a> {
        let some = |text: &'a Option<String>| text.as_deref().map(Cow::Borrowed);
        let certificate = |shown: &'a Certificate| CertificateForm {
            names: shown.names.iter().map(|name| Cow::Borrowed(name.as_str())).collect(),
            issuer: Cow::Borrowed(&shown.issuer),
            not_before: Cow::Owned(shown.not_before.to_string()),
            not_after: Cow::Owned(shown.not_after.to_string()),
        };
        let tls = |tls: &'a Tls| TlsForm {
            version: some(&tls.version),
            cipher: some(&tls.cipher),
            certificate: tls.certificate.as_ref().map(certificate),
        };
        let body = |body: &'a Body| BodyForm {
            text: some(&body.text),
            bytes: body.bytes,
            cut: body.cut,
        };
        let header = |(name, value): &'a (String, String)| {
            (Cow::Borrowed(name.as_str()), Cow::Borrowed(value.as_str()))
        };
        Form {
            tls: exchange.tls.as_ref().map(tls),
            headers: exchange.headers.iter().map(header).collect(),
            headers_cut: exchange.headers_cut,
            body: exchange.body.as_ref().map(body),
        }
    }

    /// The exchange of a form.
    ///
    /// # Errors
    /// A sentence that says which limit it breaks.
    pub fn exchange(self) -> Result<Exchange, String> {
        let some = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
        let tls = match self.tls {
            None => None,
            Some(tls) => Some(Tls {
                version: some(tls.version),
                cipher: some(tls.cipher),
                certificate: tls.certificate.map(certificate).transpose()?,
            }),
        };
        let header = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
            (name.into_owned(), value.into_owned())
        };
        let body = |body: BodyForm<'_>| Body {
            text: some(body.text),
            bytes: body.bytes,
            cut: body.cut,
        };
        let exchange = Exchange {
            tls,
            headers: self.headers.into_iter().map(header).collect(),
            headers_cut: self.headers_cut,
            body: self.body.map(body),
        };
        exchange.validate()?;
        Ok(exchange)
    }
}

fn certificate(form: CertificateForm<'_>) -> Result<Certificate, String> {
    Ok(Certificate {
        names: form.names.into_iter().map(Cow::into_owned).collect(),
        issuer: form.issuer.into_owned(),
        not_before: Timestamp::parse_rfc3339(&form.not_before)?,
        not_after: Timestamp::parse_rfc3339(&form.not_after)?,
    })
}

/// An exchange as few bytes; what is wrong with it if it breaks its limits.
pub(super) fn pack(exchange: &Exchange) -> Result<Vec<u8>, String> {
    exchange.validate()?;
    let text = serde_json::to_vec(&Form::of(exchange)).map_err(|error| error.to_string())?;
    let squeezed =
        zstd::bulk::compress(&text, ZSTD_LEVEL).map_err(|error| error.to_string())?;
    let mut packed = Vec::with_capacity(squeezed.len() + 1);
    packed.push(VERSION);
    packed.extend(squeezed);
    Ok(packed)
}

/// The exchange of a pack; what is wrong with it if it is not one.
pub(super) fn unpack(packed: &[u8]) -> Result<Exchange, String> {
    let Some((&VERSION, squeezed)) = packed.split_first() else {
        return Err(format!("it is not an exchange of version {VERSION}"));
    };
    let text = zstd::bulk::decompress(squeezed, TEXT_BYTES_MAX)
        .map_err(|_| "its text is damaged".to_owned())?;
    let form: Form<'_> = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    form.exchange()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line() -> impl Strategy<Value = String> {
        any::<String>().prop_map(|text| Exchange::line(&text, Exchange::NAME_CHARS_MAX))
    }

    /// Any exchange within its limits, however strange its words.
    fn exchange() -> impl Strategy<Value = Exchange> {
        let instant = || (Timestamp::MIN.0..=Timestamp::MAX.0).prop_map(Timestamp);
        let names = prop::collection::vec(line(), 0..3);
        let certificate = (names, line(), instant(), instant()).prop_map(
            |(names, issuer, not_before, not_after)| Certificate {
                names,
                issuer,
                not_before,
                not_after,
            },
        );
        let tls = (
            prop::option::of(line()),
            prop::option::of(line()),
            prop::option::of(certificate),
        )
            .prop_map(|(version, cipher, certificate)| Tls {
                version,
                cipher,
                certificate,
            });
        let text = any::<String>().prop_map(|text| Exchange::lines(&text));
        let body = (prop::option::of(text), any::<u32>(), any::<bool>())
            .prop_map(|(text, bytes, cut)| Body { text, bytes, cut });
        let headers = prop::collection::vec((line(), line()), 0..4);
        let parts = (prop::option::of(tls), headers, any::<bool>(), prop::option::of(body));
        parts.prop_map(|(tls, headers, headers_cut, body)| Exchange {
            tls,
            headers,
            headers_cut,
            body,
        })
    }

    proptest! {
        #[test]
        fn an_exchange_comes_back_from_its_pack(exchange in exchange()) {
            prop_assert_eq!(unpack(&pack(&exchange).unwrap()), Ok(exchange));
        }

        #[test]
        fn damage_is_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = unpack(&bytes);
            let _ = unpack(&[&[VERSION], bytes.as_slice()].concat());
        }
    }

    #[test]
    fn the_largest_exchange_is_within_the_limit() {
        let line = |chars: usize| "\"".repeat(chars);
        let names = vec![line(Exchange::NAME_CHARS_MAX); Exchange::NAMES_MAX];
        let certificate = Certificate {
            names,
            issuer: line(Exchange::NAME_CHARS_MAX),
            not_before: Timestamp::MIN,
            not_after: Timestamp::MAX,
        };
        let exchange = Exchange {
            tls: Some(Tls {
                version: Some(line(Exchange::NAME_CHARS_MAX)),
                cipher: Some(line(Exchange::NAME_CHARS_MAX)),
                certificate: Some(certificate),
            }),
            headers: vec![(line(4), line(159)); Exchange::HEADERS_MAX],
            headers_cut: true,
            body: Some(Body {
                text: Some("\n".repeat(Exchange::BODY_TEXT_BYTES_MAX)),
                bytes: u32::MAX,
                cut: true,
            }),
        };
        assert_eq!(unpack(&pack(&exchange).unwrap()), Ok(exchange.clone()));
        assert!(serde_json::to_vec(&Form::of(&exchange)).unwrap().len() < TEXT_BYTES_MAX);
    }

    #[test]
    fn what_breaks_a_limit_is_neither_packed_nor_read() {
        let headers = vec![("x".to_owned(), "a\nb".to_owned())];
        assert!(pack(&Exchange { headers, ..Exchange::default() }).is_err());
        let read = |text| serde_json::from_str::<Form<'_>>(text).unwrap().exchange();
        assert!(read(r#"{"headers":[["x","a\nb"]]}"#).is_err());
        assert_eq!(read("{}"), Ok(Exchange::default()));
    }
}
