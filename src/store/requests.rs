//! What balancers have counted, and which of their backends are taken out, as the store has
//! it: the values of its verbs about them.

use crate::domain::monitor::MonitorId;
use crate::domain::requests::Requests;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::{DAY_MS, MINUTE_MS, Timestamp};
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

/// How long a time a sum is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SumOf {
    /// A minute: what was counted of late.
    Minute,
    /// A quarter of an hour: what older counts of a balancer as a whole are kept by, since
    /// the days of every zone of today are made of these.
    Quarter,
    /// A day of UTC: what older counts of a backend are kept by, of which no month is made.
    Day,
}

impl SumOf {
    /// Every length, the shortest first.
    pub const ALL: [SumOf; 3] = [SumOf::Minute, SumOf::Quarter, SumOf::Day];

    /// How long that is.
    #[must_use]
    pub const fn ms(self) -> i64 {
        match self {
            SumOf::Minute => MINUTE_MS,
            SumOf::Quarter => 15 * MINUTE_MS,
            SumOf::Day => DAY_MS,
        }
    }

    /// By what older counts are kept: of a backend, or of a balancer as a whole.
    #[must_use]
    pub const fn long_ago(is_of_backend: bool) -> SumOf {
        if is_of_backend { SumOf::Day } else { SumOf::Quarter }
    }
}

/// What is kept of the requests of one stretch of time, as it goes from one store to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Which balancer.
    pub balancer: MonitorId,
    /// Which of its backends; `None`: the balancer as a whole.
    pub backend: Option<MonitorId>,
    /// Where the stretch begins: at a whole one since 1970.
    pub from: Timestamp,
    /// How long it is: a minute, or what is kept of long ago.
    pub of: SumOf,
    /// What there was in it.
    pub requests: Requests,
}

/// When one run of a balancer counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedRun {
    /// Which balancer.
    pub balancer: MonitorId,
    /// From its start until its counts are kept.
    pub span: Span,
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
