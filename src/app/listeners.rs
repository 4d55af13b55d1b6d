//! Where everup answers: sockets that listen already, made by its own command or passed by the
//! service manager.

use crate::domain::monitor::MonitorId;
use std::collections::BTreeMap;
use tokio::net::TcpListener;

/// What is listened on from the start.
pub struct Listeners {
    /// Where the pages are.
    pub pages: TcpListener,
    /// Where balancers take visitors that need not open a socket of their own, by their id.
    pub balancers: BTreeMap<MonitorId, std::net::TcpListener>,
}

/// Only the pages; balancers open sockets of their own.
impl From<TcpListener> for Listeners {
    fn from(pages: TcpListener) -> Listeners {
        Listeners { pages, balancers: BTreeMap::new() }
    }
}
