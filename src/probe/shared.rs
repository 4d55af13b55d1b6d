//! What all probers share, made once: whom TLS trusts, and how names are resolved.
//!
//! Made by `app` and `cli`, handed to every prober. It holds no state of any target.

use super::resolver::{NameServers, Resolver};
use super::tls::{self, Roots, Verifier};
use hickory_resolver::net::NetError;
use rustls::ClientConfig;

/// The pieces that are too dear to make for each check.
pub struct Shared {
    tls: ClientConfig,
    verifier: Verifier,
    resolver: Resolver,
}

/// Why the shared pieces could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SharedError {
    /// TLS does not work here.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The resolver does not work here.
    #[error("the resolver cannot be set up: {0}")]
    Resolver(#[from] NetError),
}

impl Shared {
    /// With the platform's roots and name servers.
    ///
    /// # Errors
    /// When TLS or the resolver cannot be set up at all. A platform without roots or name
    /// servers is no error: Mozilla's roots are used, and names outside the hosts file
    /// become `unknown`.
    pub fn new() -> Result<Shared, SharedError> {
        Shared::with(&Roots::Platform, NameServers::Platform)
    }

    /// With given roots and name servers.
    ///
    /// # Errors
    /// As [`Shared::new`], and when one of the roots is not a certificate.
    pub fn with(roots: &Roots, name_servers: NameServers) -> Result<Shared, SharedError> {
        let (tls, verifier) = tls::client_config(roots)?;
        Ok(Shared { tls, verifier, resolver: Resolver::new(name_servers)? })
    }

    /// A TLS configuration to clone; it offers no application protocol and resumes nothing.
    #[must_use]
    pub fn tls(&self) -> &ClientConfig {
        &self.tls
    }

    /// What that configuration decides by, for those who want to see what it is shown.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Finds the addresses of names.
    #[must_use]
    pub fn resolver(&self) -> &Resolver {
        &self.resolver
    }
}
