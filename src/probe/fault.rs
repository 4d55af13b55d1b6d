//! Why a look did not come to a good end, and whose fault that is.
//!
//! Every prober ends a bad look with one of these. The rules for what is *ours* are
//! here, because they are the same for every protocol: a fault of the monitor must never
//! be booked as the target's.

use super::route;
use crate::domain::check::{Kind, Verdict};
use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

/// A bad end: a verdict, its kind, and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// [`Verdict::Fail`] or [`Verdict::Unknown`].
    pub verdict: Verdict,
    /// Where it went wrong.
    pub kind: Kind,
    /// Why, as one sentence; not yet cleaned or redacted.
    pub reason: String,
}

impl Fault {
    /// The target's fault.
    #[must_use]
    pub fn theirs(kind: Kind, reason: impl Into<String>) -> Fault {
        Fault { verdict: Verdict::Fail, kind, reason: reason.into() }
    }

    /// Our own fault: nothing can be said of the target.
    #[must_use]
    pub fn ours(kind: Kind, reason: impl Into<String>) -> Fault {
        Fault { verdict: Verdict::Unknown, kind, reason: reason.into() }
    }

    /// The fault when `error` says that this process or host ran out of something;
    /// `None` when it says anything else.
    #[must_use]
    pub fn of_our_resources(error: &io::Error) -> Option<Fault> {
        let missing = match error.raw_os_error()? {
            libc::EMFILE => "this process has no file descriptors left",
            libc::ENFILE => "this host has no file descriptors left",
            libc::ENOMEM => "this host has no memory left",
            libc::ENOBUFS => "this host has no network buffers left",
            _ => return None,
        };
        Some(Fault::ours(Kind::OwnResources, missing))
    }

    /// The fault when this process cannot open a socket at all, for errors that have lost
    /// their cause on the way.
    #[must_use]
    pub fn of_missing_descriptors() -> Option<Fault> {
        let error = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).err()?;
        Fault::of_our_resources(&error)
    }

    /// The fault when `error` on the way to `addresses` arose on this side of the wire;
    /// `None` when the network or the target said it. `before` is where the target sent
    /// us from, if it did.
    ///
    /// "Unreachable" is said by our kernel when it has no route, and by routers far away
    /// when theirs is gone; both arrive as the same error, so the kernel is asked again.
    #[must_use]
    pub fn of_our_network(
        error: &io::Error,
        addresses: &[SocketAddr],
        before: Option<SocketAddr>,
    ) -> Option<Fault> {
        if error.raw_os_error() == Some(libc::EPERM) {
            return Some(Fault::ours(Kind::OwnNetwork, "this host forbids the connection"));
        }
        match error.kind() {
            io::ErrorKind::AddrNotAvailable => Some(Fault::ours(
                Kind::OwnNetwork,
                "this host has no free local port or address",
            )),
            io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::Unsupported => {
                let cut_off = !addresses.is_empty()
                    && !addresses.iter().any(|address| route::exists(*address));
                cut_off.then(|| Fault::no_route(addresses, before))
            }
            _ => None,
        }
    }

    /// The fault when this host has no route to any of `addresses`. It is the target's
    /// where it sent us there from `before`, which can still be reached, and where no
    /// host can have such an address while the rest of the world can be reached.
    #[must_use]
    pub fn no_route(addresses: &[SocketAddr], before: Option<SocketAddr>) -> Fault {
        let to = match addresses {
            [one] => one.ip().to_string(),
            _ => "any of its addresses".to_owned(),
        };
        let is_theirs = match before {
            Some(before) => route::exists(before),
            None => {
                let mut ips = addresses.iter().map(SocketAddr::ip);
                !ips.any(route::can_be_a_host) && route::to_anywhere()
            }
        };
        if is_theirs {
            return Fault::theirs(Kind::Connect, format!("no host can be reached at {to}"));
        }
        Fault::ours(Kind::OwnNetwork, format!("this host has no route to {to}"))
    }
}

/// The errors below `error`, outermost first, itself included.
///
/// `io::Error` hides the error it carries from `source`; this finds that one too.
pub fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    fn below<'a>(error: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    }
    std::iter::successors(Some(error), below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(libc::EMFILE)]
    #[case(libc::ENFILE)]
    #[case(libc::ENOMEM)]
    #[case(libc::ENOBUFS)]
    fn running_out_of_anything_is_ours(#[case] code: i32) {
        let fault = Fault::of_our_resources(&io::Error::from_raw_os_error(code)).unwrap();
        assert_eq!((fault.verdict, fault.kind), (Verdict::Unknown, Kind::OwnResources));
    }

    #[rstest]
    #[case(libc::ECONNREFUSED)]
    #[case(libc::ECONNRESET)]
    #[case(libc::ETIMEDOUT)]
    // Somebody far away has no route: ours to loopback is there.
    #[case(libc::ENETUNREACH)]
    #[case(libc::EHOSTUNREACH)]
    #[case(libc::ENETDOWN)]
    fn what_the_far_side_says_is_not_ours(#[case] code: i32) {
        let error = io::Error::from_raw_os_error(code);
        let loopback = [SocketAddr::from(([127, 0, 0, 1], 9))];
        assert_eq!(Fault::of_our_resources(&error), None);
        assert_eq!(Fault::of_our_network(&error, &loopback, None), None);
    }

    #[rstest]
    #[case(libc::EADDRNOTAVAIL)]
    #[case(libc::EPERM)]
    fn what_only_our_kernel_says_is_ours(#[case] code: i32) {
        let error = io::Error::from_raw_os_error(code);
        let loopback = [SocketAddr::from(([127, 0, 0, 1], 9))];
        let fault = Fault::of_our_network(&error, &loopback, None).unwrap();
        assert_eq!((fault.verdict, fault.kind), (Verdict::Unknown, Kind::OwnNetwork));
    }

    #[test]
    fn an_error_carried_inside_an_io_error_is_found() {
        let inner = io::Error::from_raw_os_error(libc::EMFILE);
        let outer = io::Error::other(io::Error::other(inner));
        let found = causes(&outer)
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .find_map(Fault::of_our_resources);
        assert_eq!(found.map(|fault| fault.kind), Some(Kind::OwnResources));
    }
}
