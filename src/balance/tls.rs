//! TLS towards visitors, with a certificate from files. When they change, connections from
//! then on get the new one; files that cannot be used change nothing, and are told.

use super::settings::TlsFiles;
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::zeroize::Zeroizing;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::TlsAcceptor;

/// How often the files are read again. A certificate is replaced weeks before it is needed.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A chain of a few certificates has 10 KB; keeps a mistaken path from filling the memory.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The certificate as it is now.
pub struct Certificate {
    files: TlsFiles,
    current: ArcSwap<(Texts, TlsAcceptor)>,
}

/// What the files said.
#[derive(PartialEq, Eq)]
struct Texts {
    chain: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl Certificate {
    /// Reads the files.
    ///
    /// # Errors
    /// Which of them cannot be used, and why.
    pub fn load(files: TlsFiles) -> Result<Certificate, String> {
        let texts = Texts::read(&files)?;
        let acceptor = texts.acceptor(&files)?;
        Ok(Certificate { files, current: ArcSwap::from_pointee((texts, acceptor)) })
    }

    /// How a connection is begun now.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        self.current.load().1.clone()
    }

    /// Looks at the files again and again. Ends only when it is dropped.
    pub async fn keep_up(&self) {
        let mut told = None;
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            match self.look() {
                Ok(true) => {
                    let file = self.files.certificate.display();
                    tracing::info!("the certificate in {file} is used from now on");
                    told = None;
                }
                Ok(false) => told = None,
                Err(wrong) if told.as_ref() == Some(&wrong) => {}
                Err(wrong) => {
                    tracing::error!("the changed certificate is not used: {wrong}");
                    told = Some(wrong);
                }
            }
        }
    }

    /// Takes over what the files say now. Gives whether that is something new.
    ///
    /// # Errors
    /// What cannot be used of it; then what was before is used on.
    pub fn look(&self) -> Result<bool, String> {
        let texts = Texts::read(&self.files)?;
        if texts == self.current.load().0 {
            return Ok(false);
        }
        let acceptor = texts.acceptor(&self.files)?;
        self.current.store(Arc::new((texts, acceptor)));
        Ok(true)
    }
}

impl Texts {
    fn read(files: &TlsFiles) -> Result<Texts, String> {
        Ok(Texts { chain: read(&files.certificate)?, key: Zeroizing::new(read(&files.key)?) })
    }

    fn acceptor(&self, files: &TlsFiles) -> Result<TlsAcceptor, String> {
        let (certificate, key) = (files.certificate.display(), files.key.display());
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.chain).collect();
        let chain = chain.map_err(|wrong| format!("{certificate} is no PEM: {wrong}"))?;
        if chain.is_empty() {
            return Err(format!("{certificate} has no certificate in PEM"));
        }
        let secret = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| format!("{key} has no private key in PEM"))?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
            .map_err(|wrong| format!("{certificate} and {key} do not go together: {wrong}"))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut bytes));
    read.map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn write(folder: &Path) -> TlsFiles {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let files = TlsFiles { certificate: folder.join("c.pem"), key: folder.join("k.pem") };
        fs::write(&files.certificate, made.cert.pem()).unwrap();
        fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        files
    }

    #[test]
    fn a_changed_certificate_is_taken_over_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let certificate = Certificate::load(write(folder.path())).unwrap();
        assert_eq!(certificate.look(), Ok(false));
        let before = fs::read(folder.path().join("k.pem")).unwrap();
        write(folder.path());
        assert_eq!(certificate.look(), Ok(true));
        assert_eq!(certificate.look(), Ok(false));
        // Half replaced: the key of another.
        fs::write(folder.path().join("k.pem"), before).unwrap();
        let wrong = certificate.look().unwrap_err();
        assert!(wrong.contains("do not go together"), "{wrong}");
        fs::remove_file(folder.path().join("k.pem")).unwrap();
        assert!(certificate.look().unwrap_err().contains("cannot be read"));
    }

    #[test]
    fn what_is_no_certificate_is_told_by_its_file_and_never_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let files = write(folder.path());
        fs::write(&files.certificate, "secret words").unwrap();
        let wrong = Certificate::load(files.clone()).err().unwrap();
        assert!(wrong.contains("c.pem has no certificate"), "{wrong}");
        let files = write(folder.path());
        fs::write(&files.key, "secret words").unwrap();
        let wrong = Certificate::load(files).err().unwrap();
        assert!(wrong.contains("k.pem has no private key"), "{wrong}");
        assert!(!wrong.contains("secret"));
    }
}
