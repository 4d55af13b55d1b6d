//! Who is at the other end of a connection.
//!
//! `serve` puts it into every request; `auth` counts failed attempts by it. It is what the
//! system says of the connection, never what a header claims: anyone can write a header.

use http::Extensions;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The address at the other end. Behind a reverse proxy it is that of the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(IpAddr);

impl Peer {
    /// Where the address is not known: all such count as one.
    const UNKNOWN: Peer = Peer(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    /// The one at this end of a connection.
    #[must_use]
    pub fn at(address: SocketAddr) -> Peer {
        Peer(address.ip().to_canonical())
    }

    /// The one who sent a request.
    pub(super) fn of(extensions: &Extensions) -> Peer {
        extensions.get().copied().unwrap_or(Peer::UNKNOWN)
    }

    /// By what it is told apart from others: of IPv6 the first 64 bits, because whoever has
    /// one of those addresses has them all.
    pub(super) fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
            }
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Peer::UNKNOWN => f.write_str("unknown"),
            Peer(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("192.0.2.7:80", "192.0.2.7:81", true)]
    #[case("192.0.2.7:80", "192.0.2.8:80", false)]
    #[case("[::ffff:192.0.2.7]:80", "192.0.2.7:80", true)]
    #[case("[::ffff:192.0.2.7]:80", "[::ffff:192.0.2.8]:80", false)]
    #[case("[2001:db8:0:1::1]:80", "[2001:db8:0:1:ffff:ffff:ffff:ffff]:80", true)]
    #[case("[2001:db8:0:1::1]:80", "[2001:db8:0:2::1]:80", false)]
    fn whoever_has_one_address_has_its_network(
        #[case] one: &str,
        #[case] other: &str,
        #[case] same: bool,
    ) {
        let [one, other] = [one, other].map(|text| Peer::at(text.parse().unwrap()).network());
        assert_eq!(one == other, same);
    }
}
