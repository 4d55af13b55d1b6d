//! What a store must do while a history is taken over, and what that has added.

use crate::domain::check::Check;
use crate::domain::digest::Digest;
use crate::domain::foreign::{Count, Origin, Stretch};
use crate::domain::gap::Gap;
use crate::domain::judge::Entry;
use crate::domain::monitor::Key;
use crate::domain::run::Run;
use crate::domain::timestamp::Timestamp;
use crate::store::baseline::Baseline;
use crate::store::batch::Exchanged;
use crate::store::closed::{ClosedMonth, Correction};
use crate::store::contract::StoreError;
use crate::store::past::Past;
use crate::store::requests::{CountedRun, Sum};
use crate::store::window::WindowPast;
use async_trait::async_trait;

/// An import under way. Dropped without [`Import::finish`], nothing of it is kept.
#[async_trait]
pub trait Import: Send {
    /// Lets a monitor's time and rules reach as far back as `past`; from where its own
    /// begin, these hold. Makes one that is not there if it was removed where it comes
    /// from. Gives its key; `None` where it is not there and is watched still.
    async fn past(&mut self, past: &Past) -> Result<Option<Key>, StoreError>;

    /// Adds checks of one monitor, in any order, within one call and over several.
    /// [`StoreError::Conflict`] where a check with the same start says something else.
    async fn checks(&mut self, key: Key, checks: &[Check]) -> Result<(), StoreError>;

    /// Adds a pause, or an end to one that lasts.
    async fn pause(&mut self, key: Key, pause: Pause) -> Result<(), StoreError>;

    /// Adds a maintenance window, or what has become of one since. It is the same if its
    /// `uid` is, or if it differs in nothing but that and its cancellation.
    /// [`StoreError::Conflict`] where it is kept otherwise.
    async fn window(&mut self, past: &WindowPast) -> Result<(), StoreError>;

    /// Adds a closed month, as [`crate::store::contract::Store::close_month`] does.
    async fn closed_month(&mut self, closed: &ClosedMonth) -> Result<(), StoreError>;

    /// Adds a correction, as [`crate::store::contract::Store::correct`] does; its month must be closed by then.
    async fn correction(&mut self, correction: &Correction) -> Result<(), StoreError>;

    /// Adds what was said in one check. [`StoreError::Conflict`] where something else is
    /// kept.
    async fn exchange(&mut self, exchanged: &Exchanged) -> Result<(), StoreError>;

    /// Adds what another monitor counted. [`StoreError::Conflict`] where its source is
    /// kept to have counted something else in any of that time.
    async fn count(&mut self, key: Key, count: &Count) -> Result<(), StoreError>;

    /// Adds how another monitor says it was, or more time to a stretch with the same
    /// start, claim and reason. [`StoreError::Conflict`] where its source is kept to say
    /// something else of any of that time.
    async fn stretch(&mut self, key: Key, stretch: &Stretch) -> Result<(), StoreError>;

    /// Adds where records came from.
    async fn origin(&mut self, key: Key, origin: &Origin) -> Result<(), StoreError>;

    /// Lets the single checks of a monitor begin at a baseline. [`StoreError::Conflict`]
    /// where another is kept, or checks from before it.
    async fn baseline(&mut self, key: Key, baseline: &Baseline) -> Result<(), StoreError>;

    /// Adds what checks before a baseline have settled, which must be there by then.
    async fn fixed(&mut self, key: Key, entry: &Entry) -> Result<(), StoreError>;

    /// Adds what is left of checks before a baseline. [`StoreError::Conflict`] where other
    /// numbers are kept of the hour.
    async fn digest(&mut self, key: Key, digest: &Digest) -> Result<(), StoreError>;

    /// Adds what checks before a baseline said of a gap. [`StoreError::Conflict`] where
    /// the baseline was there before.
    async fn gap(&mut self, key: Key, gap: &Gap) -> Result<(), StoreError>;

    /// Adds a run of the everup whose history this is. It is told before those over this
    /// database. One that began when another is known to have begun tells at most that it
    /// lasted longer.
    async fn run(&mut self, run: &Run) -> Result<(), StoreError>;

    /// Adds when a run of a balancer counted, or that it did for longer.
    async fn counted_run(&mut self, run: &CountedRun) -> Result<(), StoreError>;

    /// Adds what was counted of requests. Of a stretch of which something is kept, the larger
    /// number of each kind holds; a longer stretch stands for the minutes in it.
    async fn sum(&mut self, sum: &Sum) -> Result<(), StoreError>;

    /// What was added up to here.
    fn so_far(&self) -> Imported;

    /// Judges every touched monitor again, lets the time of a monitor without `since`
    /// begin no later than its earliest check, count or stretch, lets the epoch grow if
    /// anything was added, and keeps it all. Atomic.
    async fn finish(self: Box<Self>) -> Result<Imported, StoreError>;
}

/// What an import added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Checks that were not there before.
    pub checks: u64,
    /// Checks that were there already.
    pub known_checks: u64,
    /// Of the new checks those of months that are closed, by the calendar of UTC: their
    /// reports stay as they were closed.
    pub closed_checks: u64,
    /// Checks from before a monitor's baseline, which were not taken: what was then is fixed.
    pub too_old_checks: u64,
    /// Hours of checks that are no longer kept singly, what these had settled, and what they
    /// said of gaps, that were not there before.
    pub digests: u64,
    /// Runs of everup that were not there before, or lasted longer than was known.
    pub runs: u64,
    /// Counts of requests that were not there before, or have grown.
    pub sums: u64,
    /// Pauses that were not there before, or have now an end.
    pub pauses: u64,
    /// Maintenance windows that were not there before, or have now been cancelled.
    pub windows: u64,
    /// Closed months and corrections that were not there before.
    pub closed: u64,
    /// Exchanges that were not there before.
    pub exchanges: u64,
    /// Counts of other monitors that were not there before.
    pub counts: u64,
    /// Stretches of other monitors that were not there before, or have now grown.
    pub stretches: u64,
    /// Origins that were not there before.
    pub origins: u64,
    /// Monitors that were not there before, or whose time or rules have changed.
    pub monitors: u64,
}

/// A stretch in which a monitor was paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pause {
    /// Its start.
    pub from: Timestamp,
    /// Its end; `None` while it lasts.
    pub to: Option<Timestamp>,
}
