//! A certificate authority of the test's own.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

static MADE: AtomicUsize = AtomicUsize::new(0);

/// Signs whatever it is asked to.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    key: Vec<u8>,
    root: CertificateDer<'static>,
}

impl Authority {
    pub fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        // A name of its own: two of the same name would be taken for one that signs wrongly.
        let number = MADE.fetch_add(1, Ordering::SeqCst);
        params
            .distinguished_name
            .push(DnType::CommonName, format!("authority {number}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap().der().clone();
        let bytes = key.serialize_der();
        Authority { issuer: Issuer::new(params, key), key: bytes, root }
    }

    /// What to trust.
    pub fn root(&self) -> CertificateDer<'static> {
        self.root.clone()
    }

    /// A server with a good certificate for `names` (or IP addresses).
    pub fn server(&self, names: &[&str]) -> ServerConfig {
        self.server_between(names, 2000, 4000)
    }

    /// A server that speaks nothing newer than TLS 1.2, with a good certificate for `names`.
    pub fn older_server(&self, names: &[&str]) -> ServerConfig {
        self.server_of(names, 2000, 4000, &[&rustls::version::TLS12])
    }

    /// A server whose certificate holds from the first of January of a year to that of
    /// another.
    pub fn server_between(&self, names: &[&str], from: i32, to: i32) -> ServerConfig {
        self.server_of(names, from, to, rustls::DEFAULT_VERSIONS)
    }

    fn server_of(
        &self,
        names: &[&str],
        from: i32,
        to: i32,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> ServerConfig {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        showing(certificate.der().clone(), key.serialize_der(), versions)
    }

    /// A server that shows the authority's own certificate.
    pub fn server_as_itself(&self) -> ServerConfig {
        showing(self.root.clone(), self.key.clone(), rustls::ALL_VERSIONS)
    }
}

fn showing(
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key).unwrap())
        .unwrap()
}
