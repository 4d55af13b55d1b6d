//! What is kept together, or not at all: the checks of a moment, and what they came to.

use crate::domain::check::Check;
use crate::domain::exchange::Exchange;
use crate::domain::judge::{Entry, Judge};
use crate::domain::monitor::Key;
use crate::domain::timestamp::Timestamp;
use crate::store::outbox::Outgoing;

/// What one commit adds for one monitor.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Which monitor.
    pub key: Key,
    /// What became settled, in order. With entries the judge is always stored too, so
    /// that none is settled twice after a restart.
    pub entries: Vec<Entry>,
    /// The judge after the batch's checks of this monitor.
    pub judge: Judge,
}

/// What was said in one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchanged {
    /// Of which monitor.
    pub key: Key,
    /// When the check began.
    pub started_at: Timestamp,
    /// What was said.
    pub exchange: Box<Exchange>,
}

/// Checks that are kept together, or not at all.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The epoch that the judges were loaded at.
    pub epoch: i64,
    /// The checks; of one monitor in order of time.
    pub checks: Vec<(Key, Check)>,
    /// What they came to. A monitor whose checks settled nothing may be left out: its
    /// judge is then found again from its checks.
    pub progress: Vec<Progress>,
    /// Set when `progress` has the judge of every living monitor: checks that began
    /// before this instant need then not be read again at the next start.
    pub checkpoint: Option<Timestamp>,
    /// What was said in some of the checks that failed.
    pub exchanges: Vec<Exchanged>,
    /// What the checks give to tell, in order, also what is for no channel.
    pub alerts: Vec<Outgoing>,
    /// A sign of life of the run that commits.
    pub alive: Option<Alive>,
}

/// A sign of life of a run of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alive {
    /// When that run began.
    pub started_at: Timestamp,
    /// When it lived.
    pub at: Timestamp,
}

/// What became of a [`Batch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It is on disk.
    Kept,
    /// The past was changed since the batch's epoch; nothing was written. Load again,
    /// judge the checks again, and commit that.
    Stale,
}
