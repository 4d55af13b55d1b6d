//! What our maintenance windows and the rows of somebody else's table have agreed on, and
//! what is asked of either side so that they agree again. `settlement.rs` decides that, the
//! store and `engine/follow.rs` carry it out.

use super::announcement::WindowId;
use super::foreign_window::{ForeignWindow, Terms};
use super::timestamp::Timestamp;

/// One of our windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ours {
    /// Its key in our store.
    pub id: WindowId,
    /// Grows with each change.
    pub revision: i64,
    /// Its revision when both sides last agreed.
    pub agreed_revision: i64,
    /// When it begins, when it ends (or would, had it not been called off), what it says.
    pub terms: Terms,
    /// When it counts as announced.
    pub announced_at: Timestamp,
    /// When it was called off, if it was.
    pub cancelled_at: Option<Timestamp>,
}

impl Ours {
    /// Whether it was called off before it began.
    #[must_use]
    pub fn never_takes_place(&self) -> bool {
        self.cancelled_at.is_some_and(|at| at <= self.terms.start)
    }

    /// When it really ends.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.cancelled_at.map_or(self.terms.end, |at| at.min(self.terms.end))
    }

    /// Whether it is to come or under way at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.never_takes_place() && self.end() > now
    }

    /// Whether it was changed here since.
    pub(super) fn changed(&self) -> bool {
        self.revision != self.agreed_revision
    }

    /// Lets it stand for a row as it is now.
    pub(super) fn link(&self) -> Act {
        Act::Link { id: self.id, revision: self.revision }
    }
}

/// A row that we know, and the windows that stand for it: one, or more where it was
/// extended after it began, or used again for another time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The row's key.
    pub foreign_id: String,
    /// What it said when both sides last agreed.
    pub terms: Terms,
    /// Its windows, in order of start.
    pub windows: Vec<Ours>,
}

/// What one row asks of our store, all in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// The row's key.
    pub foreign_id: String,
    /// What was agreed so far; `None`: the row was not known. If it is something else by
    /// now, nothing happens.
    pub before: Option<Terms>,
    /// What is agreed from now on; `None`: the row is gone.
    pub terms: Option<Terms>,
    /// What happens to windows.
    pub acts: Vec<Act>,
}

impl Local {
    /// Whether it makes a new window.
    #[must_use]
    pub fn announces(&self) -> bool {
        self.acts.iter().any(|act| matches!(act, Act::Announce { .. }))
    }
}

/// What happens to one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// It is made.
    Announce {
        /// What it is.
        terms: Terms,
        /// When it counts as announced.
        announced_at: Timestamp,
        /// The window whose monitors it is about; `None`: all.
        like: Option<WindowId>,
    },
    /// It becomes this.
    Change {
        /// Which.
        id: WindowId,
        /// The revision that was looked at; if it has another by now, nothing happens.
        revision: i64,
        /// What it is from now on.
        terms: Terms,
        /// When it counts as announced.
        announced_at: Timestamp,
    },
    /// It is called off, or ends now.
    Cancel {
        /// Which.
        id: WindowId,
        /// The revision that was looked at; if it has another by now, nothing happens.
        revision: i64,
    },
    /// It stands for the row as it is.
    Link {
        /// Which.
        id: WindowId,
        /// The revision that both sides agree on.
        revision: i64,
    },
}

/// What must be asked of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// A window made here becomes a row.
    Add {
        /// The window.
        window: Ours,
    },
    /// A window changed here changes its row.
    Change {
        /// The row's key.
        foreign_id: String,
        /// What was agreed so far.
        before: Terms,
        /// What it said when it was read: if it says something else by now, that is looked
        /// at first.
        seen: Terms,
        /// What it says from now on.
        terms: Terms,
        /// The windows that it stands for.
        links: Vec<Act>,
    },
    /// A window called off here takes its row away.
    Remove {
        /// The row's key.
        foreign_id: String,
        /// What was agreed so far.
        before: Terms,
        /// What it said when it was read.
        seen: Terms,
        /// The windows that it stood for.
        links: Vec<Act>,
    },
}

impl Remote {
    /// What our store notes once the table has done so: `row` as it is kept there now.
    #[must_use]
    pub fn noted(self, row: Option<&ForeignWindow>) -> Option<Local> {
        let terms = row.map(|row| row.terms.clone());
        Some(match self {
            Remote::Add { window } => {
                let foreign_id = row?.id.clone();
                Local { foreign_id, before: None, terms, acts: vec![window.link()] }
            }
            Remote::Change { foreign_id, before, links, .. }
            | Remote::Remove { foreign_id, before, links, .. } => {
                Local { foreign_id, before: Some(before), terms, acts: links }
            }
        })
    }
}
