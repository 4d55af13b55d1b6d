//! Whom alerts are for: the channels of the configuration, ready to tell.
//!
//! The recorder addresses what it commits to them, and stirs them then; the deliverer waits
//! for that, and tells. They are replaced as a whole when the configuration changes.

use crate::domain::alert::{Alert, ChannelId};
use crate::domain::monitor::MonitorId;
use crate::notify::contract::Notifier;
use crate::notify::{self, Settings};
use crate::store::outbox::Outgoing;
use arc_swap::ArcSwap;
use rustls::ClientConfig;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// One channel.
pub struct Receiver {
    /// As the configuration has it.
    pub settings: Settings,
    /// Tells.
    pub notifier: Box<dyn Notifier>,
}

/// Every channel.
#[derive(Default)]
pub struct Receivers {
    current: ArcSwap<Vec<Arc<Receiver>>>,
    stirred: Notify,
    awaits_checks: AtomicBool,
}

/// Makes channels of their settings.
///
/// # Errors
/// A sentence, when one cannot be made.
pub fn made(settings: Vec<Settings>, tls: &ClientConfig) -> Result<Vec<Receiver>, String> {
    let made = settings.into_iter().map(|settings| {
        let notifier = notify::notifier(&settings.way, tls)?;
        Ok(Receiver { settings, notifier })
    });
    made.collect()
}

impl Receivers {
    /// Makes these the channels from now on, and has them looked at.
    pub fn set(&self, receivers: Vec<Receiver>) {
        self.current.store(Arc::new(receivers.into_iter().map(Arc::new).collect()));
        self.stir();
    }

    /// The channels that there are now.
    #[must_use]
    pub fn all(&self) -> Arc<Vec<Arc<Receiver>>> {
        self.current.load_full()
    }

    /// What they are called.
    #[must_use]
    pub fn ids(&self) -> Vec<ChannelId> {
        self.all().iter().map(|receiver| receiver.settings.id.clone()).collect()
    }

    /// Alerts of a monitor with the channels that they are for, which may be none: whoever
    /// is not told of them is known by that.
    #[must_use]
    pub fn address(&self, monitor: &MonitorId, alerts: Vec<Alert>) -> Vec<Outgoing> {
        if alerts.is_empty() {
            return Vec::new();
        }
        let channels: Vec<ChannelId> = (self.all().iter())
            .filter(|receiver| receiver.settings.is_for(monitor))
            .map(|receiver| receiver.settings.id.clone())
            .collect();
        let outgoing = |alert| Outgoing { alert, channels: channels.clone() };
        alerts.into_iter().map(outgoing).collect()
    }

    /// Says whether whoever delivers wants to look again after checks that changed nothing.
    pub fn await_checks(&self, awaits: bool) {
        self.awaits_checks.store(awaits, Ordering::Relaxed);
    }

    /// Whether somebody waits for checks that change nothing.
    #[must_use]
    pub fn awaits_checks(&self) -> bool {
        self.awaits_checks.load(Ordering::Relaxed)
    }

    /// Has whoever delivers look again.
    pub fn stir(&self) {
        self.stirred.notify_one();
    }

    /// Waits until there is something to look at again.
    pub async fn stirred(&self) {
        self.stirred.notified().await;
    }
}
