//! Whether this host has any way to an address at all.
//!
//! The faults ask here before they blame a target for being unreachable, and names with
//! addresses of both families are sorted by it. No packet is ever sent.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Whether the kernel has a route to `address`.
///
/// Connecting a UDP socket sends nothing; it only looks up the route, and fails when
/// there is none. `true` when it cannot be asked for lack of resources: in doubt the
/// connection itself will tell.
#[must_use]
pub fn exists(address: SocketAddr) -> bool {
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    match UdpSocket::bind(any).and_then(|socket| socket.connect(address)) {
        Ok(()) => true,
        Err(error) => super::fault::Fault::of_our_resources(&error).is_some(),
    }
}

/// Whether a host can be at `ip` and be reached by it alone: not so for an address that
/// stands for many or for none, that is reserved, or that needs the name of a link.
#[must_use]
pub fn can_be_a_host(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            // 240.0.0.0/4 is reserved, and its last address is the broadcast.
            !(ip.is_unspecified() || ip.is_multicast() || ip.octets()[0] >= 240)
        }
        IpAddr::V6(ip) => {
            !(ip.is_unspecified() || ip.is_multicast() || ip.is_unicast_link_local())
        }
    }
}

/// Whether this host has a route to the world, over IPv4 or IPv6. Asked for by addresses
/// that are in every book and belong to nobody.
#[must_use]
pub fn to_anywhere() -> bool {
    let nobodys: [IpAddr; 2] = [
        Ipv4Addr::new(203, 0, 113, 1).into(),
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
    ];
    nobodys.into_iter().any(|ip| exists(SocketAddr::new(ip, 9)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("127.0.0.1", true)]
    #[case("10.0.0.255", true)]
    #[case("169.254.0.1", true)]
    #[case("2001:db8::1", true)]
    #[case("fd00::1", true)]
    #[case("0.0.0.0", false)]
    #[case("255.255.255.255", false)]
    #[case("240.0.0.1", false)]
    #[case("224.0.0.1", false)]
    #[case("::", false)]
    #[case("::ffff:255.255.255.255", false)]
    #[case("ff02::1", false)]
    #[case("fe80::1", false)]
    fn what_is_no_hosts_address_is_known(#[case] ip: &str, #[case] can: bool) {
        assert_eq!(can_be_a_host(ip.parse().unwrap()), can);
    }

    #[test]
    fn loopback_can_be_reached_and_an_address_without_a_link_cannot() {
        assert!(exists(SocketAddr::from(([127, 0, 0, 1], 9))));
        // Link-local without an interface: no kernel knows where to send that.
        assert!(!exists("[fe80::1]:9".parse().unwrap()));
    }
}
