//! Where the single checks of a monitor begin: what was before is fixed.

use crate::domain::judge::Judge;
use crate::domain::timestamp::Timestamp;

/// Where the single checks of a monitor begin, where not all of them are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// Checks that began before this are not kept any more.
    pub until: Timestamp,
    /// The judge after the last of them.
    pub judge: Judge,
    /// From here on, what the checks before `until` said of gaps is kept. Earlier ones were
    /// let go by an everup that did not keep it.
    pub explained_from: Timestamp,
}

impl Baseline {
    /// Where [`Baseline::explained_from`] is if that is kept of all checks: none is older.
    pub const ALL_EXPLAINED: Timestamp = Timestamp(0);
}

/// What a purge came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// How many days of checks are gone, over all monitors.
    pub days: u64,
    /// How many checks that were.
    pub checks: u64,
    /// The days that stay because what their checks come to is not what is kept of it: a
    /// monitor's id and the beginning of its first such day.
    pub doubtful: Vec<(String, Timestamp)>,
}

impl Purged {
    /// Whether nothing has happened.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.days == 0 && self.doubtful.is_empty()
    }
}
