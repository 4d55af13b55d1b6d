//! Tells alerts: the table from a channel's settings to the channel that is made of them.
//!
//! `config` fills [`Settings`], `engine` and `cli` get a [`Notifier`] here and know no
//! channel. A new channel is one module, one variant of [`Way`] and one row of the table in
//! [`notifier`]. It stands above `probe`, whose TLS and whose way to hide secrets it shares.

pub mod contract;
mod fault;
pub mod message;
pub mod webhook;

use crate::domain::alert::ChannelId;
use crate::domain::monitor::MonitorId;
use contract::Notifier;
use rustls::ClientConfig;
use std::time::Duration;

/// How long it may take to tell one message, all together. A receiver needs a second; one
/// that takes longer than this holds up what waits behind.
pub const TELL_WITHIN: Duration = Duration::from_secs(10);

/// A channel as its configuration has it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What it is called: what was told is kept by this.
    pub id: ChannelId,
    /// The monitors it is for; empty: all.
    pub monitors: Vec<MonitorId>,
    /// How it tells.
    pub way: Way,
}

/// How a channel tells.
#[derive(Clone, Debug)]
pub enum Way {
    /// By a POST of JSON.
    Webhook(webhook::Settings),
}

impl Settings {
    /// Whether alerts of this monitor are for it.
    #[must_use]
    pub fn is_for(&self, monitor: &MonitorId) -> bool {
        self.monitors.is_empty() || self.monitors.contains(monitor)
    }
}

/// The channel for `way`. `tls` offers no application protocol.
///
/// # Errors
/// A sentence, when the system lacks what it needs.
pub fn notifier(way: &Way, tls: &ClientConfig) -> Result<Box<dyn Notifier>, String> {
    match way {
        Way::Webhook(settings) => webhook::notifier(settings, tls),
    }
}
