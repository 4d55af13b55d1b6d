//! What the contract says of maintenance windows: what became of a wish, and a window on its
//! way from another database.

use crate::domain::announcement::{Announcement, Deed, Occurrence};
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::timestamp::Timestamp;

/// What became of an announcement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The window as it is kept.
    pub announcement: Announcement,
    /// Whether it was not kept before.
    pub is_new: bool,
    /// The epoch from which on [`crate::store::contract::Store::load`] tells of it.
    pub epoch: i64,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is kept.
    Done {
        /// The window as it is kept.
        announcement: Announcement,
        /// The epoch from which on [`crate::store::contract::Store::load`] tells of it.
        epoch: i64,
    },
    /// The window was changed since; nothing was written.
    Stale,
    /// There is no such window.
    Missing,
}

/// A maintenance window as another database, or another program, has kept it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowPast {
    /// Its name everywhere, if it has one.
    pub uid: Option<String>,
    /// How often it was written; 1 where that is not known.
    pub revision: i64,
    /// When it was announced or last changed.
    pub changed_at: Timestamp,
    /// Which turn of a recurring window it is, if it is one.
    pub occurrence: Option<Occurrence>,
    /// What it says.
    pub window: MaintenanceWindow,
    /// What was done to it, in order; empty where that is not known.
    pub deeds: Vec<Deed>,
}

impl From<MaintenanceWindow> for WindowPast {
    /// A window of which nothing else is known.
    fn from(window: MaintenanceWindow) -> WindowPast {
        WindowPast {
            uid: None,
            revision: 1,
            changed_at: window.cancelled_at.unwrap_or(window.announced_at),
            occurrence: None,
            window,
            deeds: Vec::new(),
        }
    }
}
