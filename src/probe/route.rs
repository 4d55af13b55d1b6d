//! Whether this host has any way to an address at all.
//!
//! The faults ask here before they blame a target for being unreachable, and names with
//! addresses of both families are sorted by it. No packet is ever sent.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_can_be_reached_and_an_address_without_a_link_cannot() {
        assert!(exists(SocketAddr::from(([127, 0, 0, 1], 9))));
        // Link-local without an interface: no kernel knows where to send that.
        assert!(!exists("[fe80::1]:9".parse().unwrap()));
    }
}
