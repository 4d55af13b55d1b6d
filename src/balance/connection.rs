//! Opens connections to backends, within a deadline.

use super::address::Address;
use super::line::Line;
use super::stream::Stream;
use rustix::io::Errno;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio_rustls::TlsConnector;
use url::Host;

/// Why there is no connection. No request was sent.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// It could not be opened.
    #[error("it cannot be connected to: {0}")]
    Refused(io::Error),
    /// Its name has no address.
    #[error("its name has no address")]
    NoAddress,
    /// It did not stand in time.
    #[error("it cannot be connected to within {} ms", .0.as_millis())]
    TooSlow(Duration),
    /// HTTP could not be begun on it.
    #[error("it does not speak HTTP: {0}")]
    Handshake(hyper::Error),
}

impl Unreachable {
    /// Whether it is this process that has no descriptor left: no fault of the backend.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        let Unreachable::Refused(error) = self else { return false };
        let errno = error.raw_os_error().map(Errno::from_raw_os_error);
        matches!(errno, Some(Errno::MFILE | Errno::NFILE | Errno::ADDRNOTAVAIL))
    }
}

/// Opens connections to backends.
#[derive(Clone)]
pub struct Connector {
    tls: TlsConnector,
    within: Duration,
}

impl Connector {
    /// One that trusts as `tls` says, and takes at most `within` for each.
    #[must_use]
    pub fn new(mut tls: ClientConfig, within: Duration) -> Connector {
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Connector { tls: TlsConnector::from(Arc::new(tls)), within }
    }

    /// A connection over which requests can be sent.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn connect(&self, address: &Address) -> Result<Line, Unreachable> {
        let stream = self.open(address).await?;
        Line::begin(stream).await.map_err(Unreachable::Handshake)
    }

    /// A connection, with TLS where it belongs there.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn open(&self, address: &Address) -> Result<Stream, Unreachable> {
        tokio::time::timeout(self.within, self.open_sometime(address))
            .await
            .unwrap_or(Err(Unreachable::TooSlow(self.within)))
    }

    async fn open_sometime(&self, address: &Address) -> Result<Stream, Unreachable> {
        let (host, port, tls) = match address {
            Address::Unix(path) => {
                let stream = UnixStream::connect(path).await.map_err(Unreachable::Refused)?;
                return Ok(Stream::Unix(stream));
            }
            Address::Tcp { host, port, tls } => (host, *port, *tls),
        };
        let stream = match host {
            Host::Ipv4(address) => TcpStream::connect((*address, port)).await,
            Host::Ipv6(address) => TcpStream::connect((*address, port)).await,
            Host::Domain(name) => return self.open_named(name, port, tls).await,
        };
        let stream = stream.map_err(Unreachable::Refused)?;
        self.finish(stream, || server_name(host), tls).await
    }

    /// Tries the addresses of a name one after the other.
    async fn open_named(
        &self,
        name: &str,
        port: u16,
        tls: bool,
    ) -> Result<Stream, Unreachable> {
        let addresses = lookup_host((name, port)).await.map_err(Unreachable::Refused)?;
        let mut failure = Unreachable::NoAddress;
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    let name = || ServerName::try_from(name.to_owned()).ok();
                    return self.finish(stream, name, tls).await;
                }
                Err(error) => failure = Unreachable::Refused(error),
            }
        }
        Err(failure)
    }

    async fn finish(
        &self,
        stream: TcpStream,
        name: impl FnOnce() -> Option<ServerName<'static>>,
        tls: bool,
    ) -> Result<Stream, Unreachable> {
        stream.set_nodelay(true).map_err(Unreachable::Refused)?;
        if !tls {
            return Ok(Stream::Tcp(stream));
        }
        let name = name().ok_or(Unreachable::NoAddress)?;
        let stream = self.tls.connect(name, stream).await.map_err(Unreachable::Refused)?;
        Ok(Stream::Tls(Box::new(stream)))
    }
}

fn server_name(host: &Host<String>) -> Option<ServerName<'static>> {
    match host {
        Host::Ipv4(address) => Some(ServerName::from(std::net::IpAddr::from(*address))),
        Host::Ipv6(address) => Some(ServerName::from(std::net::IpAddr::from(*address))),
        Host::Domain(name) => ServerName::try_from(name.clone()).ok(),
    }
}
