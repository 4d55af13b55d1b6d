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
use crate::domain::foreign::{Count, Foreign, Origin, Stretch};
use crate::domain::gap::Gap;
use crate::domain::history::History;
use crate::domain::judge::{Entry, Judge};
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::{Key, MonitorId, Parameters};
use crate::domain::month::Month;
use crate::domain::run::Run;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::{MINUTE_MS, Timestamp};
use crate::domain::token::{Fingerprint, Scope, Token, TokenId, TokenName};
use crate::store::baseline::{Baseline, Purged};
use crate::store::closed::{ClosedLengths, ClosedMonth, Correction, Subject};
use crate::store::outbox::{AlertId, Outcome, Outgoing, Waiting};
use crate::store::past::Past;
use crate::store::requests::{Counted, DrainAction, DrainDeed, Drained, Kept, Place};
use crate::store::source::{Followed, Settled};
use crate::store::window::{Announced, Changed, WindowPast};
use async_trait::async_trait;
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

/// A monitor as its configuration has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Its stable id.
    pub id: MonitorId,
    /// Its name for people.
    pub name: String,
    /// What is checked, fit to be shown to anyone.
    pub url: String,
    /// When its time begins, if that was said: then this holds, whatever is stored.
    pub since: Option<Timestamp>,
    /// How it is judged from now on.
    pub parameters: Parameters,
}

/// What [`Store::register`] does with monitors that are stored and not named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// Their life ends now.
    Remove,
    /// They stay as they are.
    Keep,
}

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
    /// What the checks give to tell, in order.
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

/// A token that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// What it is to be called.
    pub name: TokenName,
    /// What it may do.
    pub scope: Scope,
    /// What is kept of its secret.
    pub fingerprint: Fingerprint,
    /// When it is made.
    pub made_at: Timestamp,
}

/// So many tokens live at most: all of them are read and compared for each request that
/// brings one, and nobody looks after more.
pub const LIVING_TOKENS_MAX: usize = 100;

/// The last use of a token is noted this often at most, in milliseconds: it is there to find
/// tokens that nobody needs, and a write for each request would cost more than the request.
pub const TOKEN_USE_MS: i64 = MINUTE_MS;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process is writing; try again.
    #[error("the database is busy with another writer")]
    Busy,
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
    /// one has its name, or [`LIVING_TOKENS_MAX`] live. Atomic and durable; the same again
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

    /// Notes that a token was used, unless it is noted to have been within [`TOKEN_USE_MS`]
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
    /// known for ever.
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

    /// Lets go of what was settled before an instant, but for what [`Store::told_alerts`]
    /// tells. Gives how many deliveries went.
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

    /// Whether a write would succeed now. Writes nothing that stays.
    async fn writable(&self) -> Result<(), StoreError>;

    /// Finishes what is under way and lets go of the database.
    async fn close(&self);
}

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

    /// Adds a closed month, as [`Store::close_month`] does.
    async fn closed_month(&mut self, closed: &ClosedMonth) -> Result<(), StoreError>;

    /// Adds a correction, as [`Store::correct`] does; its month must be closed by then.
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

    /// What was added up to here.
    fn so_far(&self) -> Imported;

    /// Judges every touched monitor again, lets the time of a monitor without `since`
    /// begin no later than its earliest check, count or stretch, lets the epoch grow if
    /// anything was added, and keeps it all. Atomic.
    async fn finish(self: Box<Self>) -> Result<Imported, StoreError>;
}
