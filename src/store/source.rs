//! What the contract says of windows that follow somebody else's table.

use crate::domain::agreement::{Known, Ours};
use crate::domain::timestamp::Timestamp;

/// What is known of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// Whose table it is, as far as that was noted: scheme, host and port.
    pub project: Option<String>,
    /// When it was read last, as far as that was noted.
    pub read_at: Option<Timestamp>,
    /// When the first run of the daemon began, if there was one.
    pub ran_since: Option<Timestamp>,
    /// Its rows, each with the windows that stand for it.
    pub known: Vec<Known>,
    /// The windows that stand for no row, and never stood for one.
    pub free: Vec<Ours>,
}

/// What became of a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is kept. Whether any window is other than before.
    Done {
        /// Whether a window was announced, changed or called off.
        changed: bool,
    },
    /// A window or a row is other than was looked at; nothing was written.
    Stale,
}
