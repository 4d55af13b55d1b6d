//! What waits to be told, and what became of it, as the store's verbs speak of it.

use crate::domain::alert::{Alert, ChannelId};

/// An alert, and the channels that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// What is to be told.
    pub alert: Alert,
    /// By which channels; the others know nothing of the monitor from then on.
    pub channels: Vec<ChannelId>,
}

/// The place of an alert among all: later ones have larger numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(pub i64);

/// An alert that waits to be told by a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its place among all.
    pub id: AlertId,
    /// What is to be told.
    pub alert: Alert,
    /// How often that was tried.
    pub attempts: u32,
}

/// What became of an alert in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The channel has taken it.
    Told,
    /// It is never to be told: maintenance was over before it mattered, or the channel is
    /// gone.
    Dropped,
    /// It was tried for as long as is reasonable, or the channel will never take it, or what
    /// it says was over before it was taken. It counts as told, since it may have been heard.
    GivenUp,
}

impl Outcome {
    /// Its word in a database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Told => "told",
            Outcome::Dropped => "dropped",
            Outcome::GivenUp => "given_up",
        }
    }

    /// Whether the channel may know what the alert says.
    #[must_use]
    pub fn counts_as_told(self) -> bool {
        match self {
            Outcome::Told | Outcome::GivenUp => true,
            Outcome::Dropped => false,
        }
    }
}
