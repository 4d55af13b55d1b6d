//! What a store must do, and what each verb promises.
//!
//! The engine writes through this, reports read through it, and one conformance
//! suite holds every implementation to it. A store never judges by rules of its own:
//! where a history must be judged again, it feeds the domain's judge.
//!
//! **All verbs** are safe to repeat: a call that failed may have happened, and calling
//! again with the same arguments comes to the same state. No verb keeps a read open
//! while its caller works.

use crate::domain::agreement::Local;
use crate::domain::alert::{ChannelId, Told};
use crate::domain::announcement::{Action, Announcement, Deed, Occurrence, WindowId};
use crate::domain::calendar::Cut;
use crate::domain::check::Check;
use crate::domain::digest::Digest;
use crate::domain::exchange::Exchange;
use crate::domain::foreign::Foreign;
use crate::domain::gap::Gap;
use crate::domain::history::History;
use crate::domain::judge::Entry;
use crate::domain::lease::{Fence, Held, Seen};
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::{Key, MonitorId};
use crate::domain::month::Month;
use crate::domain::run::Run;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;
use crate::domain::token::{Token, TokenId, TokenName};
use crate::store::baseline::{Baseline, Purged};
use crate::store::batch::{Batch, Committed};
use crate::store::closed::{ClosedLengths, ClosedMonth, Correction, Subject};
use crate::store::import::{Import, Pause};
use crate::store::outbox::{AlertId, Outcome, Waiting};
use crate::store::registration::{Others, Registration};
use crate::store::requests::{
    Counted, CountedRun, DrainAction, DrainDeed, Drained, Kept, Place, Sum,
};
use crate::store::source::{Followed, Settled};
use crate::store::token::NewToken;
use crate::store::window::{Announced, Changed};
use async_trait::async_trait;
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Everything but the single checks, as of one commit.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Grows whenever the past, or what a known monitor is judged by, is changed by
    /// anything but [`Store::commit`].
    pub epoch: i64,
    /// Every monitor that ever was: those that live in the order of their registration,
    /// then the removed ones by id.
    pub histories: Vec<History>,
    /// Every maintenance window, in order of its start.
    pub windows: Vec<Announcement>,
    /// The months that are closed, oldest first.
    pub closed: Vec<Cut>,
}

/// What was kept lately, as of one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newest {
    /// As [`Loaded::epoch`].
    pub epoch: i64,
    /// The checks, in order of time.
    pub checks: Vec<(Key, Check)>,
}

/// Who wants to hold the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// What it is called, for people.
    pub name: String,
    /// Whether it has the lock beside the database.
    pub is_locked: bool,
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process is writing; try again.
    #[error("the database is busy with another writer")]
    Busy,
    /// Somebody else has taken over the watch; nothing was written.
    #[error("another everup watches now")]
    Fenced,
    /// A later everup has changed what this one writes to; nothing was written.
    #[error("a later everup has changed the database; stop this one, and run that")]
    Outgrown,
    /// The imported record contradicts what is kept; the past is never rewritten.
    #[error("{0}")]
    Conflict(String),
    /// The database refused; its own words, without secrets.
    #[error("{0}")]
    Refused(String),
    /// What is stored cannot be read; its place and what is wrong.
    #[error("the database holds something that everup did not write: {0}")]
    Corrupt(String),
}

/// Where everything is kept.
#[async_trait]
pub trait Store: Send + Sync {
    /// Makes `registrations` the monitors that live from `now` on; changed parameters
    /// hold from `now` on. A monitor that was removed and comes back begins a new
    /// life. Where `since` moves the beginning of a monitor's time, its past is judged
    /// again and the epoch grows. Atomic.
    async fn register(
        &self,
        now: Timestamp,
        registrations: &[Registration],
        others: Others,
    ) -> Result<(), StoreError>;

    /// Everything but the single checks, in one consistent read, with every committed
    /// check judged.
    async fn load(&self) -> Result<Loaded, StoreError>;

    /// Keeps a batch. Atomic and durable: when it returns [`Committed::Kept`], a power
    /// cut loses nothing of it. A check that is already kept is kept once, and so are an
    /// exchange and an alert.
    async fn commit(&self, batch: &Batch) -> Result<Committed, StoreError>;

    /// The checks of a monitor that began within `span`, in order of time. Bounded by
    /// its caller: ask for a day or so at a time.
    async fn checks(&self, key: Key, span: Span) -> Result<Vec<Check>, StoreError>;

    /// Stands for the checks of a monitor that began within `span`, in digits and dashes:
    /// while it is the same, so are they, whoever writes. It may change without them, and
    /// what it was before they changed never comes back.
    async fn edition(&self, key: Key, span: Span) -> Result<String, StoreError>;

    /// Calls `each` with the newest checks of all monitors, in order of time: those of a
    /// few hours, as the store chooses. Gives the instant from which on these are all;
    /// earlier ones are had by [`Store::checks`], at little cost.
    async fn recent(
        &self,
        each: &mut (dyn for<'c> FnMut(Key, &'c Check) + Send),
    ) -> Result<Timestamp, StoreError>;

    /// The checks of all monitors that began at `from` or later. Bounded by its caller, who
    /// asks for the last few minutes; earlier checks may be missing.
    async fn newest(&self, from: Timestamp) -> Result<Newest, StoreError>;

    /// What was said in checks of a monitor that began within `span`, in order of time,
    /// at most `limit` of them: each is up to some ten kilobytes.
    async fn exchanges(
        &self,
        key: Key,
        span: Span,
        limit: usize,
    ) -> Result<Vec<(Timestamp, Exchange)>, StoreError>;

    /// From the first to just after the last check of a monitor; `None` without checks.
    async fn extent(&self, key: Key) -> Result<Option<Span>, StoreError>;

    /// The pauses of a monitor, in order.
    async fn pauses(&self, key: Key) -> Result<Vec<Pause>, StoreError>;

    /// The epoch that [`Store::load`] would tell now. Cheap: one row.
    async fn epoch(&self) -> Result<i64, StoreError>;

    /// Announces a maintenance window for `author`, and notes that. One that is kept, was
    /// not called off and says the same is found instead, whenever that was announced; an
    /// emergency also where it is under way at the start of this one. With an `occurrence`,
    /// the window is the same if that is. [`StoreError::Refused`] where it names a monitor
    /// that is not there. The epoch grows. Atomic and durable.
    async fn announce(
        &self,
        window: &MaintenanceWindow,
        occurrence: Option<&Occurrence>,
        author: &str,
    ) -> Result<Announced, StoreError>;

    /// Puts a window in place of the one with its id that has its revision, which then grows
    /// by one, and notes what `author` did at `at`. The epoch grows. Atomic and durable.
    async fn change_window(
        &self,
        changed: &Announcement,
        at: Timestamp,
        author: &str,
        action: Action,
    ) -> Result<Changed, StoreError>;

    /// One maintenance window.
    async fn window(&self, id: WindowId) -> Result<Option<Announcement>, StoreError>;

    /// Every maintenance window, in order of its start.
    async fn windows(&self) -> Result<Vec<Announcement>, StoreError>;

    /// What was done to a maintenance window, in order.
    async fn deeds(&self, id: WindowId) -> Result<Vec<Deed>, StoreError>;

    /// What is known of somebody else's table of windows, called `source`, and since when
    /// the daemon has been running now and then, in one read.
    async fn followed(&self, source: &str) -> Result<Followed, StoreError>;

    /// Carries out at `at` what rows of the table `source` ask for, in order, and notes what
    /// is agreed with each; `source` is the author of every deed. Where a row or a window is
    /// other than was looked at, nothing is written: [`Settled::Stale`]. A row of which all
    /// is agreed already is passed over. The epoch grows if a window changes. Atomic and
    /// durable.
    async fn settle(
        &self,
        source: &str,
        locals: &[Local],
        at: Timestamp,
    ) -> Result<Settled, StoreError>;

    /// Notes that `source` is the table of `project` from now on. Where another project is
    /// noted, what was agreed on with that and when it was read is forgotten, and its windows
    /// stay as they are; gives whether it was so. The epoch stays. Atomic and durable.
    async fn adopt_project(&self, source: &str, project: &str) -> Result<bool, StoreError>;

    /// Notes that the whole table `source` was read at `read_at`; an earlier reading than
    /// the one noted changes nothing. The epoch stays.
    async fn note_reading(&self, source: &str, read_at: Timestamp) -> Result<(), StoreError>;

    /// Notes that a run of the daemon, of this version of everup, began at `started_at`;
    /// one that is noted to have begun then goes on. Durable. Changes nothing that any
    /// verb but [`Store::runs`] answers, nor the epoch.
    async fn begin_run(&self, started_at: Timestamp, version: &str) -> Result<(), StoreError>;

    /// Notes that the run that began at `started_at` stopped in order at `ended_at`. A run
    /// that is not noted stays so. Durable.
    async fn end_run(
        &self,
        started_at: Timestamp,
        ended_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Every run, in the order in which they were begun. A run was alive at the newest
    /// [`Batch::alive`] that was kept, and never at an earlier one than was kept before.
    async fn runs(&self) -> Result<Vec<Run>, StoreError>;

    /// Keeps a closed month for ever. [`StoreError::Conflict`] where it is closed already
    /// with another text. Atomic and durable.
    async fn close_month(&self, closed: &ClosedMonth) -> Result<(), StoreError>;

    /// The months that are closed, oldest first, and where each was cut.
    async fn closed_months(&self) -> Result<Vec<Cut>, StoreError>;

    /// A closed month, the same bytes as it was kept; `None` while it is not closed.
    async fn closed_month(&self, month: Month) -> Result<Option<ClosedMonth>, StoreError>;

    /// The rows of one monitor or group in the newest `most` months that are closed,
    /// newest first.
    async fn closed_rows(
        &self,
        subject: Subject,
        id: &str,
        most: u32,
    ) -> Result<Vec<(Month, String)>, StoreError>;

    /// How long each class of time lasted in each row of the closed months of `months`
    /// that were closed by `closed_by`.
    async fn closed_lengths(
        &self,
        months: RangeInclusive<Month>,
        closed_by: Timestamp,
    ) -> Result<Vec<ClosedLengths>, StoreError>;

    /// Keeps a correction of a closed month. [`StoreError::Conflict`] where the outage was
    /// corrected already in another way. Atomic and durable.
    async fn correct(&self, correction: &Correction) -> Result<(), StoreError>;

    /// The corrections of a month, or of all, in the order in which they were made.
    async fn corrections(&self, month: Option<Month>) -> Result<Vec<Correction>, StoreError>;

    /// What other monitors said of this one's target, and where its imported records
    /// came from: all that shares an instant with `span`, uncut, each kind in order of
    /// its start. Nothing of it is observed time; checks that were imported are among
    /// [`Store::checks`] like any other, and an origin says which time's.
    async fn imports(&self, key: Key, span: Span) -> Result<Foreign, StoreError>;

    /// [`Store::imports`] of every monitor that has any, in one read.
    async fn all_imports(&self, span: Span) -> Result<BTreeMap<Key, Foreign>, StoreError>;

    /// Begins an import, which holds all other writers off until it is finished or
    /// dropped.
    async fn import(&self) -> Result<Box<dyn Import>, StoreError>;

    /// Moves checks that began before `before` from the form that is fast to write to
    /// the form that is small to keep. Changes nothing that any other verb answers.
    /// Gives how many were moved.
    async fn pack(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Lets go of single checks: of each monitor those of whole UTC days within its spans,
    /// from its oldest day on, but never of the day with its newest check. What they have
    /// come to stays for ever: [`Store::load`] answers as before, and what is left of the
    /// checks themselves is a [`Digest`] of every hour, and of [`Gap`]s what they said. A day
    /// whose checks do not come to what is kept of it stays, with all later ones, and is told. Other writers wait for
    /// one day of one monitor at most.
    async fn purge(&self, spans: &BTreeMap<Key, Spans>) -> Result<Purged, StoreError>;

    /// The [`Baseline::until`] of every monitor that has one.
    async fn kept_from(&self) -> Result<HashMap<Key, Timestamp>, StoreError>;

    /// Where the single checks of a monitor begin; `None` while all of them are kept.
    async fn baseline(&self, key: Key) -> Result<Option<Baseline>, StoreError>;

    /// What the checks before a monitor's [`Baseline`] have settled, of each kind in order
    /// of time.
    async fn fixed(&self, key: Key) -> Result<Vec<Entry>, StoreError>;

    /// What is left of the checks before a monitor's [`Baseline`], of the hours that begin
    /// within `span`, in order.
    async fn digests(&self, key: Key, span: Span) -> Result<Vec<Digest>, StoreError>;

    /// What the checks before a monitor's [`Baseline`] said of gaps, as far as that is kept:
    /// all that shares an instant with `span`, uncut, in order of its start.
    async fn gaps(&self, key: Key, span: Span) -> Result<Vec<Gap>, StoreError>;

    /// Makes a token. [`StoreError::Conflict`], whose sentence says what to do, where a living
    /// one has its name, or [`crate::store::token::LIVING_TOKENS_MAX`] live. Atomic and durable; the same again
    /// changes nothing.
    async fn make_token(&self, new: &NewToken) -> Result<(), StoreError>;

    /// Makes the first token; gives whether it is. Where there ever was one, living or not,
    /// nothing is made. Atomic and durable.
    async fn make_first_token(&self, new: &NewToken) -> Result<bool, StoreError>;

    /// Every token that ever was, in the order in which they were made. Exports have none of
    /// them.
    async fn tokens(&self) -> Result<Vec<Token>, StoreError>;

    /// The tokens that live, in the order in which they were made, as of now: one that was
    /// revoked, by whichever process, is no longer among them.
    async fn living_tokens(&self) -> Result<Vec<Token>, StoreError>;

    /// Ends the life of the living token of this name; gives whether there was one. It stays
    /// among [`Store::tokens`], and its name is free. Durable.
    async fn revoke_token(&self, name: &TokenName, at: Timestamp) -> Result<bool, StoreError>;

    /// Notes that a token was used, unless it is noted to have been within [`crate::store::token::TOKEN_USE_MS`]
    /// before `at`, or later; gives whether anything was written.
    async fn note_token_use(&self, id: TokenId, at: Timestamp) -> Result<bool, StoreError>;

    /// The oldest alerts that wait to be told by a channel, at most so many, in the order in
    /// which they were committed.
    async fn waiting_alerts(
        &self,
        channel: &ChannelId,
        most: u32,
    ) -> Result<Vec<Waiting>, StoreError>;

    /// What a channel has told last of each monitor; what was given up counts as told. It is
    /// known until an alert of the monitor is committed that is not for the channel.
    async fn told_alerts(&self, channel: &ChannelId) -> Result<HashMap<Key, Told>, StoreError>;

    /// Notes that an alert was tried so often, the last time at `at`; a smaller number than
    /// is known changes nothing. Durable.
    async fn note_attempts(
        &self,
        channel: &ChannelId,
        id: AlertId,
        attempts: u32,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Notes what became of alerts in a channel; what is settled there already stays so.
    /// Atomic and durable.
    async fn settle_alerts(
        &self,
        channel: &ChannelId,
        ids: &[AlertId],
        outcome: Outcome,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Drops what waits for any other channel than these: one that comes back begins anew.
    async fn leave_channels(
        &self,
        channels: &[ChannelId],
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Lets go of what was settled before an instant; [`Store::told_alerts`] tells the same.
    /// Gives how many deliveries went.
    async fn forget_alerts(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Adds what a run of a balancer has counted, if its `from` is where the counts of that
    /// run are kept up to; else it is kept already, and nothing changes. What several runs
    /// have counted of one minute is added up. Atomic; the epoch stays.
    async fn count_requests(&self, counted: &Counted) -> Result<(), StoreError>;

    /// What was counted of the requests of each balancer in the minutes that begin within
    /// `span`, and when within it was counted, in one read. Of days that were summed, the
    /// total is exact where `span` begins and ends at a quarter of an hour, and a backend's
    /// where it does at a day in UTC.
    async fn requests(&self, span: Span) -> Result<BTreeMap<MonitorId, Kept>, StoreError>;

    /// When the runs of balancers counted that touch `span`, by balancer and start.
    async fn counted_runs(&self, span: Span) -> Result<Vec<CountedRun>, StoreError>;

    /// What is kept of requests, each sum as it is kept, of those that begin within `span`, in
    /// order of time. A day of one balancer has some thousands at most.
    async fn sums(&self, span: Span) -> Result<Vec<Sum>, StoreError>;

    /// Moves counts of minutes of whole UTC days before `before` into sums, which stay for
    /// ever: of a balancer by quarters of an hour, of a backend by days. Gives how many went.
    /// Other writers wait for one day at most.
    async fn sum_requests(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Takes a backend out of its balancer, or lets it back, and notes that `author` did so
    /// at `at`; the epoch grows. Gives whether it was otherwise before; if not, nothing
    /// changes. Atomic and durable.
    async fn set_drain(
        &self,
        place: &Place,
        action: DrainAction,
        at: Timestamp,
        author: &str,
    ) -> Result<bool, StoreError>;

    /// Every backend that is taken out, also of balancers that are no more, in order.
    async fn drains(&self) -> Result<Vec<Drained>, StoreError>;

    /// What was done to the backends of a balancer, the newest first, at most so much.
    async fn drain_deeds(
        &self,
        balancer: &MonitorId,
        most: u32,
    ) -> Result<Vec<DrainDeed>, StoreError>;

    /// Who watches, and what the database's clock says. Cheap: one row.
    async fn lease(&self) -> Result<Seen, StoreError>;

    /// Takes the lease from where it is as it was `seen`, for so long by the database's
    /// clock, with a greater fence; `None` where it is otherwise by now. Whether it may be
    /// taken, the caller knows. Atomic and durable.
    async fn take_lease(
        &self,
        seen: &Held,
        tenant: &Tenant,
        length_ms: i64,
    ) -> Result<Option<Held>, StoreError>;

    /// Lets the lease of this fence last for so long from now on, by the database's clock.
    /// [`StoreError::Fenced`] where there is a newer one.
    async fn renew_lease(
        &self,
        fence: Fence,
        is_locked: bool,
        length_ms: i64,
    ) -> Result<(), StoreError>;

    /// Gives the lease of this fence up: it may be taken at once, and nothing is written
    /// under this fence any more. Where there is a newer one, nothing happens. Durable.
    async fn give_up_lease(&self, fence: Fence) -> Result<(), StoreError>;

    /// The same store for those who watch: each of its writes is refused with
    /// [`StoreError::Fenced`], in the very transaction that it would be made in, once there
    /// is a newer fence.
    fn under(&self, fence: Fence) -> Arc<dyn Store>;

    /// Whether a write would succeed now. Writes nothing that stays.
    async fn writable(&self) -> Result<(), StoreError>;

    /// Finishes what is under way and lets go of the database.
    async fn close(&self);
}
