//! What the web server is told by the configuration. Filled by `config`, read by the
//! server when it starts; it never changes while that runs.

use std::net::{Ipv4Addr, SocketAddr};

/// `[server]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the pages are served.
    pub listen: SocketAddr,
}

impl Settings {
    /// Served here if nothing else is said.
    pub const PORT: u16 = 8000;
}

/// Seen from this machine only: nobody publishes a page by accident.
impl Default for Settings {
    fn default() -> Settings {
        Settings { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, Self::PORT)) }
    }
}
