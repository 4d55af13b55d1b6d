//! What balancers have counted, and which of their backends are taken out, as the store has
//! it: the values of its verbs about them.

use crate::domain::monitor::MonitorId;
use crate::domain::requests::Requests;
use crate::domain::span::Spans;
use crate::domain::timestamp::Timestamp;
use std::collections::BTreeMap;

/// What a balancer has counted since it was last kept, to be added to what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Which balancer.
    pub balancer: MonitorId,
    /// When the run began that counted it.
    pub run: Timestamp,
    /// Up to where that run's counts are kept; where it began, if none are.
    pub from: Timestamp,
    /// Up to where they are with this.
    pub to: Timestamp,
    /// What visitors saw.
    pub total: Requests,
    /// What became of what each backend was given.
    pub backends: Vec<(MonitorId, Requests)>,
}

/// What is kept of one balancer's requests in some time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// What visitors saw.
    pub total: Requests,
    /// What became of what each backend was given.
    pub backends: BTreeMap<MonitorId, Requests>,
    /// When it was counted; outside of this nobody knows.
    pub counted: Spans,
}

/// A backend of a balancer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The balancer.
    pub balancer: MonitorId,
    /// The backend.
    pub backend: MonitorId,
}

/// A backend that somebody took out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Which.
    pub place: Place,
    /// When.
    pub at: Timestamp,
    /// Who: the name of a token.
    pub author: String,
}

/// What was done to a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrainAction {
    /// It was taken out.
    Drained,
    /// It was let back.
    Undrained,
}

impl DrainAction {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            DrainAction::Drained => "drained",
            DrainAction::Undrained => "undrained",
        }
    }

    /// The action with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<DrainAction> {
        [DrainAction::Drained, DrainAction::Undrained]
            .into_iter()
            .find(|action| action.word() == word)
    }
}

/// One thing that was done to a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrainDeed {
    /// Which.
    pub backend: MonitorId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub author: String,
    /// What.
    pub action: DrainAction,
}
