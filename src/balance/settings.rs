//! What a balancer is to do. Filled by `config` and `cli`.

use super::address::Address;
use crate::domain::monitor::MonitorId;
use http::HeaderName;
use http::uri::PathAndQuery;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// A balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its name in paths and tables.
    pub id: MonitorId,
    /// What people call it.
    pub name: String,
    /// Where it takes requests.
    pub listen: SocketAddr,
    /// With what certificate, where it speaks TLS.
    pub tls: Option<TlsFiles>,
    /// Who answers; at least one, at most [`BACKENDS_MAX`].
    pub backends: Vec<BackendSettings>,
    /// How one is chosen.
    pub strategy: Strategy,
    /// How backends are asked whether they are well.
    pub health: Health,
    /// Where none is well: whether requests are tried all the same, or refused with 503.
    pub fail_open: bool,
    /// How long a backend that is well again takes to get its whole share.
    pub slow_start: Duration,
    /// How long is waited for what.
    pub timeouts: Timeouts,
    /// Whose word is taken for where a request came from.
    pub trusted: Vec<Network>,
}

impl Settings {
    /// How long a backend takes to get its whole share, if nothing else is said: its caches
    /// are cold.
    pub const SLOW_START: Duration = Duration::from_secs(10);

    /// Reads a weight.
    ///
    /// # Errors
    /// What it may be.
    pub fn weight(text: &str) -> Result<u32, String> {
        let weight = text.parse().ok().filter(|weight| (1..=WEIGHT_MAX).contains(weight));
        weight.ok_or_else(|| format!("a weight is a whole number, 1 to {WEIGHT_MAX}"))
    }
}

/// More than one machine can usefully feed; choosing looks at each.
pub const BACKENDS_MAX: usize = 64;

/// One that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendSettings {
    /// Its name in paths and tables.
    pub id: MonitorId,
    /// Where it is.
    pub address: Address,
    /// Its share against those of the others; 1 to [`WEIGHT_MAX`].
    pub weight: u32,
}

/// A share of a thousandth is as small as anyone needs.
pub const WEIGHT_MAX: u32 = 1_000;

/// How a backend is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// By chance.
    Random,
    /// In turn.
    RoundRobin,
    /// Of two by chance, the one with fewer requests under way.
    LeastRequests,
    /// The same for the same visitor, as long as it is well.
    Consistent(Sameness),
}

/// By what a visitor is known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sameness {
    /// The value of this header; without it, the address.
    Header(HeaderName),
    /// The value of this cookie; without it, the address.
    Cookie(String),
    /// The address that the request comes from.
    Address,
}

impl Strategy {
    /// Reads `random`, `round_robin`, `least_requests` or `consistent`, the last with what it
    /// goes by behind a colon: `consistent:cookie=session`, `consistent:header=x-user`,
    /// `consistent:address`.
    ///
    /// # Errors
    /// What it may be.
    pub fn parse(text: &str) -> Result<Strategy, String> {
        match text.split_once(':') {
            Some(("consistent", by)) => Ok(Strategy::Consistent(Sameness::parse(by)?)),
            _ => match text {
                "random" => Ok(Strategy::Random),
                "round_robin" => Ok(Strategy::RoundRobin),
                "least_requests" => Ok(Strategy::LeastRequests),
                "consistent" => Ok(Strategy::Consistent(Sameness::Address)),
                _ => Err("write \"random\", \"round_robin\", \"least_requests\" or \
                          \"consistent\""
                    .to_owned()),
            },
        }
    }
}

impl Sameness {
    /// Reads `address`, `cookie=NAME` or `header=NAME`.
    ///
    /// # Errors
    /// What it may be.
    pub fn parse(text: &str) -> Result<Sameness, String> {
        let is_cookie = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|c| c.is_ascii_graphic() && !b"=;,\"\\".contains(&c))
        };
        match text.split_once('=') {
            Some(("header", name)) => HeaderName::from_bytes(name.as_bytes())
                .map(Sameness::Header)
                .map_err(|_| "a header is named by letters, digits and -".to_owned()),
            Some(("cookie", name)) if is_cookie(name) => Ok(Sameness::Cookie(name.to_owned())),
            None if text == "address" => Ok(Sameness::Address),
            _ => Err("write \"address\", \"cookie=NAME\" or \"header=NAME\"".to_owned()),
        }
    }
}

impl fmt::Display for Sameness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sameness::Header(name) => write!(f, "header {name}"),
            Sameness::Cookie(name) => write!(f, "cookie {name}"),
            Sameness::Address => f.write_str("address"),
        }
    }
}

/// How backends are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// What is asked for; an answer of 200 to 399 is well.
    pub path: PathAndQuery,
    /// How often.
    pub interval: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// After so many good answers in a row one is well again.
    pub rise: u32,
    /// After so many bad ones it is not.
    pub fall: u32,
}

/// How long is waited for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the head of a visitor's next request is there, whether it takes so long or none
    /// comes.
    pub head: Duration,
    /// Until a connection to a backend stands, with TLS.
    pub connect: Duration,
    /// Until a backend begins to answer.
    pub first_byte: Duration,
    /// Between two pieces of a body, either way.
    pub idle: Duration,
    /// Between two pieces of what follows an upgrade, of either side.
    pub tunnel: Duration,
}

impl Default for Health {
    fn default() -> Health {
        Health {
            path: PathAndQuery::from_static("/health"),
            interval: Duration::from_secs(2),
            timeout: Duration::from_secs(2),
            rise: 2,
            fall: 3,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            // Long enough for whoever keeps a connection for the next request.
            head: Duration::from_secs(60),
            connect: Duration::from_secs(3),
            first_byte: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            // A chat may be silent for long, and not all of them ask whether the other is
            // still there.
            tunnel: Duration::from_secs(3_600),
        }
    }
}

/// Where a certificate and its key are; both in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those that lead to a root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u32,
}

impl Network {
    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or one address.
    ///
    /// # Errors
    /// A sentence that says what to write instead.
    pub fn parse(text: &str) -> Result<Network, String> {
        let example = "write an address like \"10.0.0.7\" or a network like \"10.0.0.0/8\"";
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let first: IpAddr = address.parse().map_err(|_| example.to_owned())?;
        let widest = if first.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => widest,
            Some(bits) => bits.parse().map_err(|_| example.to_owned())?,
        };
        if bits > widest {
            return Err(format!("a network of these has at most /{widest}"));
        }
        Ok(Network { first, bits })
    }

    /// Whether `address` is one of them.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let differs = first.to_bits() ^ address.to_bits();
                differs.checked_shr(32 - self.bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let differs = first.to_bits() ^ address.to_bits();
                differs.checked_shr(128 - self.bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("10.0.0.0/8", "10.255.0.1", true)]
    #[case("10.0.0.0/8", "11.0.0.1", false)]
    #[case("0.0.0.0/0", "203.0.113.7", true)]
    #[case("0.0.0.0/0", "::1", false)]
    #[case("192.0.2.7", "192.0.2.7", true)]
    #[case("192.0.2.7", "192.0.2.6", false)]
    #[case("2001:db8::/32", "2001:db8:ffff::1", true)]
    #[case("2001:db8::/32", "2001:db9::1", false)]
    fn a_network_has_the_addresses_that_begin_alike(
        #[case] network: &str,
        #[case] address: &str,
        #[case] is_in: bool,
    ) {
        let network = Network::parse(network).unwrap();
        assert_eq!(network.contains(address.parse().unwrap()), is_in);
    }

    #[rstest]
    #[case("random", Strategy::Random)]
    #[case("consistent", Strategy::Consistent(Sameness::Address))]
    #[case("consistent:address", Strategy::Consistent(Sameness::Address))]
    #[case("consistent:cookie=sid", Strategy::Consistent(Sameness::Cookie("sid".to_owned())))]
    #[case(
        "consistent:header=X-User",
        Strategy::Consistent(Sameness::Header(HeaderName::from_static("x-user")))
    )]
    fn a_strategy_is_read(#[case] text: &str, #[case] strategy: Strategy) {
        assert_eq!(Strategy::parse(text).unwrap(), strategy);
    }

    #[rstest]
    #[case("least", "least_requests")]
    #[case("random:address", "least_requests")]
    #[case("consistent:cookie=", "cookie=NAME")]
    #[case("consistent:cookie=a;b", "cookie=NAME")]
    #[case("consistent:header=a b", "letters")]
    #[case("consistent:user", "cookie=NAME")]
    fn what_is_no_strategy_is_told_what_to_write(#[case] text: &str, #[case] told: &str) {
        let wrong = Strategy::parse(text).unwrap_err();
        assert!(wrong.contains(told), "{wrong}");
    }

    #[rstest]
    #[case("10.0.0.0/33")]
    #[case("10.0.0/8")]
    #[case("example.com")]
    #[case("10.0.0.0/-1")]
    fn what_is_no_network_is_refused(#[case] text: &str) {
        Network::parse(text).unwrap_err();
    }
}
