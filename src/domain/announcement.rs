//! A maintenance window as it is announced and kept: with a name, and with what was done
//! to it.

use super::maintenance::MaintenanceWindow;
use super::timestamp::Timestamp;
use std::fmt;

/// Names a window in one database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowId(pub i64);

impl fmt::Display for WindowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which turn of a recurring window this is. It stays when the window is moved, so that no
/// turn is announced twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Occurrence {
    /// The id of the rule.
    pub rule: String,
    /// When the rule says that it begins.
    pub at: Timestamp,
}

/// A window that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Its name here.
    pub id: WindowId,
    /// Its name everywhere, in calendars too: 32 hexadecimal digits.
    pub uid: String,
    /// Grows by one with every change.
    pub revision: i64,
    /// When it was announced or last changed.
    pub changed_at: Timestamp,
    /// Which turn of a recurring window it is, if it is one.
    pub occurrence: Option<Occurrence>,
    /// What it says.
    pub window: MaintenanceWindow,
}

/// How far a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It will begin.
    Upcoming,
    /// It is under way.
    Active,
    /// It is over, as planned or earlier.
    Ended,
    /// It was called off before it began.
    Cancelled,
}

impl Status {
    /// Every status, in the order of a window's life.
    pub const ALL: [Status; 4] =
        [Status::Upcoming, Status::Active, Status::Ended, Status::Cancelled];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::Upcoming => "upcoming",
            Status::Active => "active",
            Status::Ended => "ended",
            Status::Cancelled => "cancelled",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Status> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }
}

impl MaintenanceWindow {
    /// How far it is at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> Status {
        let span = self.span();
        match self.cancelled_at {
            Some(at) if at <= self.start => Status::Cancelled,
            _ if now < span.from => Status::Upcoming,
            _ if now < span.to => Status::Active,
            _ => Status::Ended,
        }
    }
}

/// What was done to a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It was announced.
    Announced,
    /// It was changed.
    Changed,
    /// It was called off before it began.
    Cancelled,
    /// It was ended before its time.
    Ended,
}

impl Action {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Action::Announced => "announced",
            Action::Changed => "changed",
            Action::Cancelled => "cancelled",
            Action::Ended => "ended",
        }
    }

    /// The action with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Action> {
        [Action::Announced, Action::Changed, Action::Cancelled, Action::Ended]
            .into_iter()
            .find(|action| action.word() == word)
    }
}

/// One thing that was done to a window: who, when, and what it was before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// When, by our own clock.
    pub at: Timestamp,
    /// Who: the name of a token, a user of this machine, or a part of everup.
    pub author: String,
    /// What.
    pub action: Action,
    /// The window before; `None` where there was none.
    pub before: Option<MaintenanceWindow>,
    /// The window after.
    pub after: MaintenanceWindow,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_upcoming_then_active_then_ended_to_the_millisecond() {
        let window = |cancelled_at: Option<i64>| MaintenanceWindow {
            announced_at: Timestamp(0),
            start: Timestamp(1_000),
            end: Timestamp(2_000),
            cancelled_at: cancelled_at.map(Timestamp),
            message: String::new(),
            monitors: Vec::new(),
            emergency: false,
        };
        let status = |cancelled_at, now| window(cancelled_at).status(Timestamp(now)).word();
        assert_eq!(status(None, 999), "upcoming");
        assert_eq!(status(None, 1_000), "active");
        assert_eq!(status(None, 1_999), "active");
        assert_eq!(status(None, 2_000), "ended");
        assert_eq!(status(Some(1_500), 1_499), "active");
        assert_eq!(status(Some(1_500), 1_500), "ended");
        assert_eq!(status(Some(1_000), 900), "cancelled");
        assert_eq!(status(Some(3_000), 1_999), "active");
    }

    #[test]
    fn words_are_read_back() {
        for status in Status::ALL {
            assert_eq!(Status::from_word(status.word()), Some(status));
        }
        assert_eq!(Action::from_word("ended"), Some(Action::Ended));
        assert_eq!(Action::from_word("lost"), None);
    }
}
