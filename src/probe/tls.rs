//! TLS as every prober uses it: whom we trust, and what a refused certificate is called.
//!
//! The roots are loaded once and shared, because loading them costs milliseconds.
//! Sessions are never resumed: a resumed one shows no certificate, and a target would
//! stay green long after its certificate had expired.

use crate::domain::timestamp::Timestamp;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CertificateError, ClientConfig, Error, RootCertStore};
use std::sync::Arc;

/// Whose certificates are believed.
#[derive(Clone, Debug, Default)]
pub enum Roots {
    /// The platform's, or Mozilla's where the platform has none.
    #[default]
    Platform,
    /// Mozilla's, as they were when this program was built.
    Mozilla,
    /// These and no others; at least one.
    Only(Vec<CertificateDer<'static>>),
}

/// How many names of a wrong certificate a sentence lists.
const NAMES_SHOWN_MAX: usize = 3;

/// Decides whether a certificate is good.
pub type Verifier = Arc<dyn ServerCertVerifier>;

/// A client configuration that trusts `roots`, and what it trusts them by; to be made
/// once and cloned.
///
/// # Errors
/// When a root cannot be read, or the cryptography does not work.
pub fn client_config(roots: &Roots) -> Result<(ClientConfig, Verifier), Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    // The first use of the random generator costs 20 to 30 ms. It must not be booked as
    // some target's handshake.
    let mut warm = [0; 32];
    provider
        .secure_random
        .fill(&mut warm)
        .map_err(|_| Error::FailedToGetRandomBytes)?;
    let verifier = verifier(roots, &provider)?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&verifier))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok((config, verifier))
}

fn verifier(roots: &Roots, provider: &Arc<CryptoProvider>) -> Result<Verifier, Error> {
    if let Roots::Platform = roots {
        match rustls_platform_verifier::Verifier::new(Arc::clone(provider)) {
            Ok(verifier) => return Ok(Arc::new(verifier)),
            Err(error) => tracing::warn!(%error, "using Mozilla's roots instead"),
        }
    }
    let mut store = RootCertStore::empty();
    match roots {
        Roots::Platform | Roots::Mozilla => {
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        Roots::Only(certificates) => {
            for certificate in certificates {
                store.add(certificate.clone())?;
            }
        }
    }
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider))
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
    Ok(verifier)
}

/// What went wrong, as a sentence for people.
#[must_use]
pub fn sentence(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate_sentence(error),
        Error::AlertReceived(alert) => {
            format!("it refused the TLS handshake: {}", plain(&format!("{alert:?}")))
        }
        Error::InvalidMessage(_) => "what it speaks is not TLS".to_owned(),
        Error::PeerIncompatible(_) => "it has no TLS version or cipher that we have".to_owned(),
        Error::NoCertificatesPresented => "it shows no certificate".to_owned(),
        Error::PeerMisbehaved(how) => {
            format!("it breaks the rules of TLS: {}", plain(&format!("{how:?}")))
        }
        error => format!("TLS failed: {}", plain(&format!("{error:?}"))),
    }
}

fn certificate_sentence(error: &CertificateError) -> String {
    match error {
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("the certificate expired on {}", date(*not_after))
        }
        CertificateError::Expired => "the certificate has expired".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("the certificate is not valid before {}", date(*not_before))
        }
        CertificateError::NotValidYet => "the certificate is not valid yet".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            format!("the certificate is for {}, not {}", names(presented), expected.to_str())
        }
        CertificateError::NotValidForName => "the certificate is for another name".to_owned(),
        CertificateError::UnknownIssuer => {
            "the certificate is signed by nobody we trust".to_owned()
        }
        CertificateError::BadSignature => "the certificate is not rightly signed".to_owned(),
        CertificateError::Revoked => "the certificate was revoked".to_owned(),
        CertificateError::BadEncoding => "the certificate cannot be read".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the certificate is not one for servers".to_owned()
        }
        CertificateError::Other(other) if format!("{other:?}").contains(AN_AUTHORITY) => {
            "the certificate is that of an authority, as self-signed ones are by default, and \
             not one for a server"
                .to_owned()
        }
        error => format!("the certificate is not good: {}", plain(&format!("{error:?}"))),
    }
}

/// What the verifier calls a certificate that may sign others; its type is not ours to name.
const AN_AUTHORITY: &str = "CaUsedAsEndEntity";

/// The last name in what a program would print of a value, as words:
/// `Other(OtherError(UnknownStatusType))` is "unknown status type".
fn plain(printed: &str) -> String {
    let names = printed.split(|c: char| !c.is_ascii_alphanumeric());
    let is_word = |name: &&str| name.starts_with(|c: char| c.is_ascii_uppercase());
    let name = names.rev().find(is_word).unwrap_or("for no reason given");
    let mut words = String::new();
    for (at, c) in name.char_indices() {
        if c.is_ascii_uppercase() && at > 0 {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

/// The day in UTC, like `2026-11-01`.
fn date(time: UnixTime) -> String {
    let ms = i64::try_from(time.as_secs()).unwrap_or(i64::MAX).saturating_mul(1_000);
    let mut day = Timestamp(ms.clamp(Timestamp::MIN.0, Timestamp::MAX.0)).to_string();
    day.truncate("2026-11-01".len());
    day
}

/// The names of a certificate. rustls gives them as `DnsName("a.example")`.
fn names(presented: &[String]) -> String {
    if presented.is_empty() {
        return "no name at all".to_owned();
    }
    let name = |raw: &String| {
        let inner = raw.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        inner.unwrap_or(raw).trim_matches('"').to_owned()
    };
    let mut shown: Vec<String> = presented.iter().take(NAMES_SHOWN_MAX).map(name).collect();
    if presented.len() > NAMES_SHOWN_MAX {
        shown.push(format!("{} more", presented.len() - NAMES_SHOWN_MAX));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use rustls::pki_types::ServerName;
    use std::time::Duration;

    fn at(secs: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(secs))
    }

    #[test]
    fn an_expired_certificate_is_told_with_its_day() {
        let error =
            CertificateError::ExpiredContext { time: at(0), not_after: at(1_793_491_199) };
        let error = Error::InvalidCertificate(error);
        assert_eq!(sentence(&error), "the certificate expired on 2026-10-31");
        let absurd = CertificateError::ExpiredContext { time: at(0), not_after: at(u64::MAX) };
        assert_eq!(certificate_sentence(&absurd), "the certificate expired on 9999-12-31");
    }

    #[rstest]
    #[case("HandshakeFailure", "handshake failure")]
    #[case("Other(OtherError(UnknownStatusType))", "unknown status type")]
    #[case("General(\"it broke\")", "general")]
    #[case("Unknown(42)", "unknown")]
    #[case("", "for no reason given")]
    fn what_a_program_would_print_is_told_in_words(#[case] printed: &str, #[case] told: &str) {
        assert_eq!(plain(printed), told);
    }

    #[test]
    fn a_certificate_with_many_names_lists_a_few() {
        let presented: Vec<String> = ["a", "b", "c", "d", "e"]
            .map(|n| format!("DnsName(\"{n}.example\")"))
            .into();
        let error = CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("x.example").unwrap(),
            presented,
        };
        assert_eq!(
            certificate_sentence(&error),
            "the certificate is for a.example, b.example, c.example, 2 more, not x.example"
        );
    }

    #[test]
    fn sessions_are_never_resumed_and_the_platform_or_mozilla_is_trusted() {
        let (config, _) = client_config(&Roots::Platform).unwrap();
        assert!(format!("{:?}", config.resumption).contains("Disabled"));
    }
}
