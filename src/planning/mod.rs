//! Announces, changes and calls off maintenance, whoever asks for it: the API, a command,
//! a calendar rule, another system.
//!
//! The rules are the domain's (`domain/notice.rs`); this reads what they are about, keeps
//! what they give, and tries again where someone else was faster. It never looks at a clock
//! and shows nothing: whoever changes something beside a running daemon asks the board
//! again.

mod recurring;

pub use recurring::KeptUp;

use crate::domain::announcement::{Action, Announcement, WindowId};
use crate::domain::change::Change;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::MonitorId;
use crate::domain::notice::{Plan, Received, Refusal};
use crate::domain::recurrence::Recurrence;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::{Store, StoreError};
use crate::store::window::{Announced, Changed};

/// How often a change is made up anew because someone else was faster: each time one of
/// those who change the same window at once is done, so this lets so many of them through.
const TRIES: u32 = 16;

/// How maintenance is announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long before its beginning a window is announced at least, in milliseconds. What
    /// leaves the figure was announced [`MaintenanceWindow::NOTICE_MS`] ahead, whatever this
    /// says.
    pub notice_ms: i64,
    /// The rules by which maintenance comes again.
    pub rules: Vec<Recurrence>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { notice_ms: MaintenanceWindow::NOTICE_MS, rules: Vec::new() }
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// The rules of maintenance are against it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A monitor is not there, or is not watched any more.
    #[error("no monitor that is watched has the id {0}")]
    NoMonitor(MonitorId),
    /// There is no such window.
    #[error("no maintenance has the id {0}")]
    NoWindow(WindowId),
    /// It is not what the asker has seen.
    #[error("the maintenance was changed since: it has revision {0} now; read it again")]
    Changed(i64),
    /// Someone else was faster, time after time.
    #[error("the maintenance is being changed by someone else")]
    Contended,
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The window as it is kept now.
    pub announcement: Announcement,
    /// The epoch from which on it is shown.
    pub epoch: i64,
}

/// Someone who plans maintenance.
pub struct Planner<'a> {
    /// Where windows are kept.
    pub store: &'a dyn Store,
    /// How they are announced.
    pub settings: &'a Settings,
    /// The monitors that are watched.
    pub monitors: &'a [MonitorId],
    /// When it was asked for, by our own clock.
    pub now: Timestamp,
    /// Who asks.
    pub author: &'a str,
}

impl Planner<'_> {
    /// Announces a window; one that says the same and stands already is found instead.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn announce(&self, plan: Plan) -> Result<Announced, NotDone> {
        self.are_watched(&plan.monitors)?;
        let received = received(self.store, self.now).await?;
        match plan.clone().announce(received, self.settings.notice_ms) {
            Ok(window) => Ok(self.store.announce(&window, None, self.author).await?),
            // Whoever did not hear that it was accepted asks again, later.
            Err(refusal) => self.standing(&plan).await?.ok_or(refusal.into()),
        }
    }

    /// The window that stands and says what `plan` says.
    async fn standing(&self, plan: &Plan) -> Result<Option<Announced>, NotDone> {
        let epoch = self.store.epoch().await?;
        let windows = self.store.windows().await?;
        let found = windows.into_iter().find(|kept| plan.is_announced_by(&kept.window));
        Ok(found.map(|announcement| Announced { announcement, is_new: false, epoch }))
    }

    /// Changes a window, where it still has the `expected` revision, if one is.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn change(
        &self,
        id: WindowId,
        expected: Option<i64>,
        change: &Change,
    ) -> Result<Done, NotDone> {
        self.are_watched(change.monitors.as_deref().unwrap_or_default())?;
        let notice_ms = self.settings.notice_ms;
        let changed = |kept: &Announcement, received| {
            let window = kept.change(change.clone(), received, notice_ms)?;
            Ok((window, Action::Changed))
        };
        self.put(id, expected, changed).await
    }

    /// Calls a window off: before its start it never takes place, afterwards it ends now.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn cancel(&self, id: WindowId, expected: Option<i64>) -> Result<Done, NotDone> {
        let cancelled = |kept: &Announcement, received: Received| kept.cancel(received.now);
        self.put(id, expected, cancelled).await
    }

    /// Ends a window that is under way.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn end(&self, id: WindowId, expected: Option<i64>) -> Result<Done, NotDone> {
        let ended = |kept: &Announcement, received: Received| {
            Ok((kept.end(received.now)?, Action::Ended))
        };
        self.put(id, expected, ended).await
    }

    async fn put(
        &self,
        id: WindowId,
        expected: Option<i64>,
        make: impl Fn(&Announcement, Received) -> Result<(MaintenanceWindow, Action), Refusal>,
    ) -> Result<Done, NotDone> {
        let received = received(self.store, self.now).await?;
        for _ in 0..TRIES {
            let kept = self.store.window(id).await?.ok_or(NotDone::NoWindow(id))?;
            if expected.is_some_and(|revision| revision != kept.revision) {
                return Err(NotDone::Changed(kept.revision));
            }
            let (window, action) = make(&kept, received)?;
            if window == kept.window {
                let epoch = self.store.epoch().await?;
                return Ok(Done { announcement: kept, epoch });
            }
            let new = Announcement { window, ..kept };
            match self.store.change_window(&new, self.now, self.author, action).await? {
                Changed::Done { announcement, epoch } => {
                    return Ok(Done { announcement, epoch });
                }
                Changed::Stale => {}
                Changed::Missing => return Err(NotDone::NoWindow(id)),
            }
        }
        Err(NotDone::Contended)
    }

    fn are_watched(&self, monitors: &[MonitorId]) -> Result<(), NotDone> {
        match monitors.iter().find(|id| !self.monitors.contains(id)) {
            None => Ok(()),
            Some(id) => Err(NotDone::NoMonitor(id.clone())),
        }
    }
}

/// When something was received that arrived at `now`. A clock that was put back lies behind
/// an instant at which we surely lived: notice begins no earlier than that.
///
/// # Errors
/// When the store cannot be read.
pub async fn received(store: &dyn Store, now: Timestamp) -> Result<Received, StoreError> {
    let runs = store.runs().await?;
    let lived_at = runs.iter().map(|run| run.known_end()).max();
    Ok(Received { now, notice_from: lived_at.map_or(now, |at| at.max(now)) })
}
