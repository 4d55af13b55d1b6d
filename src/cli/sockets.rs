//! Sockets that the service manager has made and passes to this process (`sd_listen_fds(3)`):
//! they go on listening while no everup runs, so that a restart refuses no visitor.
//!
//! Taken once, by `super::main` before there are threads; the commands that run for long say
//! which is for what, and what is wrong with one that is for nothing.

use crate::balance::fleet::Wanted;
use crate::domain::monitor::MonitorId;
use anyhow::{Context, bail};
use listenfd::ListenFd;
use rustix::net::sockopt::socket_acceptconn;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};

/// What the socket for the pages is called, where it is called anything.
const PAGES: &str = "pages";

/// What systemd calls a socket to which nobody gave a name, if not after its unit.
const UNNAMED: &str = "unknown";

/// All that were passed.
#[derive(Debug, Default)]
pub(super) struct Sockets(Vec<Passed>);

#[derive(Debug)]
struct Passed {
    name: String,
    listener: TcpListener,
    address: SocketAddr,
}

/// Which socket is for what.
#[derive(Debug, Default)]
pub(super) struct Assigned {
    /// For the pages.
    pub(super) pages: Option<TcpListener>,
    /// For balancers, by their id.
    pub(super) balancers: BTreeMap<MonitorId, TcpListener>,
}

impl Sockets {
    /// Those that were passed to this process. It changes the environment, and so is called
    /// while there is one thread.
    ///
    /// # Errors
    /// What is no TCP socket that listens, and what to write instead.
    pub(super) fn of_process() -> anyhow::Result<Sockets> {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut passed = ListenFd::from_env();
        let mut sockets = Vec::new();
        for number in 0..passed.len() {
            let name = names.next().filter(|name| !name.is_empty()).unwrap_or(UNNAMED);
            let taken = passed.take_tcp_listener(number).ok().flatten();
            let listener = taken.with_context(|| {
                format!(
                    "the socket {name} that was passed is none for TCP; write \
                     ListenStream=127.0.0.1:8000 in its unit, with an address and a port"
                )
            })?;
            if !socket_acceptconn(&listener).unwrap_or_default() {
                bail!(
                    "the socket {name} that was passed does not listen; write Accept=no in its \
                     unit, so that everup gets it before anybody has connected"
                );
            }
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            sockets.push(Passed { name: name.to_owned(), listener, address });
        }
        Ok(Sockets(sockets))
    }

    /// For the daemon: its pages and those of its balancers that it runs itself.
    ///
    /// # Errors
    /// What is for nothing, or twice for the same.
    pub(super) fn for_daemon(self, balancers: &[Wanted]) -> anyhow::Result<Assigned> {
        self.assign(balancers, false)
    }

    /// For the balancers that run apart.
    ///
    /// # Errors
    /// What is for nothing, or twice for the same.
    pub(super) fn for_apart(self, balancers: &[Wanted]) -> anyhow::Result<Assigned> {
        self.assign(balancers, true)
    }

    /// For whoever listens at one address only; `wanted` is what the arguments say of that.
    ///
    /// # Errors
    /// When there is more than one, or it listens elsewhere.
    pub(super) fn for_one(
        self,
        wanted: Option<SocketAddr>,
    ) -> anyhow::Result<Option<TcpListener>> {
        if self.0.len() > 1 {
            let names: Vec<&str> = self.0.iter().map(|passed| passed.name.as_str()).collect();
            bail!(
                "these are {} sockets ({}), and only one is listened on; leave one in the units",
                names.len(),
                names.join(", ")
            );
        }
        let Some(passed) = self.0.into_iter().next() else { return Ok(None) };
        agree(&passed.listener, wanted)?;
        Ok(Some(passed.listener))
    }

    fn assign(self, balancers: &[Wanted], apart: bool) -> anyhow::Result<Assigned> {
        let mut assigned = Assigned::default();
        let here = || balancers.iter().filter(|one| one.apart == apart);
        let lone = || here().next().filter(|_| apart && here().count() == 1);
        for Passed { name, listener, address } in self.0 {
            let is_unnamed = name == UNNAMED || name.ends_with(".socket");
            let named = balancers.iter().find(|one| one.settings.id.as_str() == name);
            let named =
                named.or_else(|| balancers.iter().find(|one| one.settings.name == name));
            let before = if !apart && (is_unnamed || name == PAGES) {
                assigned.pages.replace(listener)
            } else if let Some(one) = named.or_else(|| lone().filter(|_| is_unnamed)) {
                if one.apart != apart {
                    let who = if one.apart { "everup balance" } else { "everup run" };
                    bail!(
                        "the socket {name} is for a balancer that {who} runs; name it in the \
                         service of that, or change its apart"
                    );
                }
                assigned.balancers.insert(one.settings.id.clone(), listener)
            } else {
                let mut names = here().map(|one| one.settings.id.as_str()).collect::<Vec<_>>();
                if !apart {
                    names.insert(0, PAGES);
                }
                bail!(
                    "the socket {name} at {address} is for nothing; write FileDescriptorName= in \
                     its unit with what it is for: {}",
                    names.join(", ")
                );
            };
            if before.is_some() {
                bail!(
                    "two sockets that were passed are for the same, the second is {name} at \
                     {address}; write one ListenStream= in each unit, and FileDescriptorName= \
                     with what it is for"
                );
            }
        }
        Ok(assigned)
    }
}

/// Whether a socket listens where the arguments say, if they say so.
///
/// # Errors
/// Where each of them is.
pub(super) fn agree(passed: &TcpListener, wanted: Option<SocketAddr>) -> anyhow::Result<()> {
    let address = passed.local_addr()?;
    match wanted {
        Some(wanted) if wanted != address => bail!(
            "the socket that was passed listens on {address}, and --listen says {wanted}; leave \
             --listen out, or write ListenStream={wanted}"
        ),
        _ => Ok(()),
    }
}
