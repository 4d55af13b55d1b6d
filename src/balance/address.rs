//! Where a backend is. Read by `config` and `cli`, connected to by `connection`.

use http::uri::Authority;
use std::fmt;
use std::path::PathBuf;
use url::{Host, Url};

/// Where a backend takes connections.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// A host and a port, over TCP.
    Tcp {
        /// A name, or an IP address.
        host: Host<String>,
        /// Its port.
        port: u16,
        /// Whether TLS is spoken there.
        tls: bool,
    },
    /// A socket in the file system of this machine.
    Unix(PathBuf),
}

/// The longest path that the system takes for a socket, with the zero at its end.
const UNIX_PATH_BYTES_MAX: usize = 107;

impl Address {
    /// Reads `http://127.0.0.1:8000`, `https://app.internal`, or `unix:/run/app.sock`.
    ///
    /// # Errors
    /// A sentence that says what to write instead, without repeating the text.
    pub fn parse(text: &str) -> Result<Address, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return unix(path);
        }
        let example = "like \"http://127.0.0.1:8000\" or \"unix:/run/app.sock\"";
        let url = Url::parse(text).map_err(|wrong| match wrong {
            url::ParseError::RelativeUrlWithoutBase => {
                format!("it has no scheme; write it {example}")
            }
            wrong => format!("it is no address of a backend ({wrong}); write it {example}"),
        })?;
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => {
                return Err(format!("a backend speaks http or https; write it {example}"));
            }
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a backend has no user and no password; leave them out".to_owned());
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some()
        {
            return Err(
                "a backend is an address without a path: requests keep the path they came \
                 with; leave out what follows the port"
                    .to_owned(),
            );
        }
        let host = url.host().ok_or_else(|| format!("it has no host; write it {example}"))?;
        let port = url.port().unwrap_or(if tls { 443 } else { 80 });
        if port == 0 {
            return Err("port 0 is no port; write the one that the backend has".to_owned());
        }
        Ok(Address::Tcp { host: host.to_owned(), port, tls })
    }

    /// What a request is addressed to that came without a host, as HTTP/1.0 may.
    #[must_use]
    pub fn authority(&self) -> Authority {
        let text = match self {
            Address::Tcp { host, port, tls } if *port == if *tls { 443 } else { 80 } => {
                host.to_string()
            }
            Address::Tcp { host, port, .. } => format!("{host}:{port}"),
            Address::Unix(_) => String::new(),
        };
        text.parse().unwrap_or_else(|_| Authority::from_static("localhost"))
    }

    /// Whether TLS is spoken there.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self, Address::Tcp { tls: true, .. })
    }
}

fn unix(path: &str) -> Result<Address, String> {
    if !path.starts_with('/') {
        let message = "a socket is named by its whole path, like \"unix:/run/app.sock\"";
        return Err(message.to_owned());
    }
    if path.len() > UNIX_PATH_BYTES_MAX || path.contains('\0') {
        return Err(format!("a socket's path has at most {UNIX_PATH_BYTES_MAX} bytes"));
    }
    Ok(Address::Unix(path.into()))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp { tls, .. } => {
                let scheme = if *tls { "https" } else { "http" };
                write!(f, "{scheme}://{}", self.authority())
            }
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("http://127.0.0.1:8000", "http://127.0.0.1:8000", "127.0.0.1:8000")]
    #[case("http://[::1]:8000/", "http://[::1]:8000", "[::1]:8000")]
    #[case("HTTP://App.Internal", "http://app.internal", "app.internal")]
    #[case("https://app.internal:443", "https://app.internal", "app.internal")]
    #[case("unix:/run/app.sock", "unix:/run/app.sock", "localhost")]
    fn an_address_is_read(#[case] text: &str, #[case] shown: &str, #[case] authority: &str) {
        let address = Address::parse(text).unwrap();
        assert_eq!(address.to_string(), shown);
        assert_eq!(address.authority(), authority);
        assert_eq!(Address::parse(shown).unwrap(), address);
    }

    #[rstest]
    #[case("127.0.0.1:8000", "write it like")]
    #[case("app", "no scheme")]
    #[case("ftp://app", "http or https")]
    #[case("http://user:word@app", "no user")]
    #[case("http://app/path", "without a path")]
    #[case("http://app?x", "without a path")]
    #[case("http://app:0", "port 0")]
    #[case("unix:run/app.sock", "whole path")]
    #[case("http://", "write it like")]
    fn what_is_no_address_is_told_what_to_write(#[case] text: &str, #[case] told: &str) {
        let error = Address::parse(text).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
}
