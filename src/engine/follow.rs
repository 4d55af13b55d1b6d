//! Follows somebody else's table of maintenance windows: reads it every minute, announces
//! what is new in it, carries changes over in both directions, and says so where it cannot.
//! Built by `app.rs`; what must happen is decided by `domain/settlement.rs`.
//!
//! While the table cannot be read, and where it does not look whole, the known windows stay
//! in force: nothing is ever called off because somebody does not answer.

use super::lease::Grip;
use crate::board::Board;
use crate::clock::Clock;
use crate::domain::agreement::{Known, Local, Remote};
use crate::domain::foreign_window::ForeignWindow;
use crate::domain::settlement::{self, Reading, Settlement};
use crate::domain::timestamp::{DAY_MS, MINUTE_MS, Timestamp};
use crate::planning::received;
use crate::store::contract::{Store, StoreError};
use crate::store::source::{Followed, Settled};
use crate::supabase::fault::Fault;
use crate::supabase::row::Unfit;
use crate::supabase::table::{Found, Rows, Table};
use crate::vitals::Vitals;
use arc_swap::ArcSwapOption;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// What the table is called in our store, and who did what it asked for.
pub const SOURCE: &str = "supabase";

/// How often the table is read, by the steady clock.
const EVERY: Duration = Duration::from_secs(60);
/// After failures it is read less often, but never less than this: whoever repairs
/// something wants to see it work.
const EVERY_MAX: Duration = Duration::from_secs(300);
/// Rows that ended longer than this before the last reading are not read again.
const LOOK_BACK_MS: i64 = DAY_MS;
/// A reading is noted only so often, because it costs a commit.
const NOTE_EVERY_MS: i64 = 5 * MINUTE_MS;
/// So many rows that are missing are asked for by their key in one round, and so many
/// changes are written; the rest waits for the next round.
const ASKED_MAX: usize = 50;
/// A table that was emptied looks like one that hides its rows from our key. It is
/// believed when it has been empty in so many readings in a row.
const EMPTY_ROUNDS: u32 = 10;
/// What so many rows ask for is kept at once; checks wait that long to be kept.
const KEPT_AT_ONCE: usize = 200;
/// So many rows that make no sense are named.
const UNFIT_NAMED_MAX: usize = 5;

/// Follows one table, or none.
pub struct Follower {
    parts: Parts,
    table: ArcSwapOption<Table>,
    changed: Notify,
    state: Mutex<State>,
}

/// What a follower is built of.
pub struct Parts {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where windows are kept.
    pub store: Arc<dyn Store>,
    /// Who is told that windows have changed.
    pub board: Arc<Board>,
    /// Where it is noted that the table cannot be read.
    pub vitals: Arc<Vitals>,
    /// By what right it writes into the table.
    pub grip: Grip,
}

/// What is remembered between two rounds.
#[derive(Default)]
struct State {
    read_at: Option<Timestamp>,
    noted_at: Option<Timestamp>,
    empty_rounds: u32,
    failures: u32,
    /// What the last reading had that makes no sense.
    unfit: Vec<Unfit>,
    /// Rows that were asked for by their key and make no sense.
    asked_in_vain: HashSet<String>,
}

/// Why the table and everup are not in step.
struct Trouble {
    why: String,
    /// Whether somebody must put it right; otherwise it may pass.
    is_mistake: bool,
}

/// Why a round did not end.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error(transparent)]
    Table(#[from] Fault),
    #[error(
        "the table looks empty, though {0} windows that it announced are to come or under \
         way; they stay in force until it has looked so for {EMPTY_ROUNDS} minutes"
    )]
    Empty(usize),
    #[error("the table is read, but a window made here cannot be written into it: {0}")]
    Write(Fault),
    #[error(
        "the windows here follow the table of {kept}, but SUPABASE_URL names {named}, which \
         is not touched; name the old one again, or, if the table has moved, run everup \
         import supabase --project-changed"
    )]
    Moved { kept: String, named: String },
    #[error("what the table says cannot be kept: {0}")]
    Store(#[from] StoreError),
}

impl Follower {
    /// Follows nothing yet.
    #[must_use]
    pub fn new(parts: Parts) -> Follower {
        Follower {
            parts,
            table: ArcSwapOption::empty(),
            changed: Notify::new(),
            state: Mutex::default(),
        }
    }

    /// Follows this table from now on; `None`: none.
    pub fn follow(&self, table: Option<Table>) {
        self.table.store(table.map(Arc::new));
        *self.state() = State::default();
        self.changed.notify_one();
    }

    /// Reads the table, at once and then every minute. Never ends.
    pub async fn run(&self) {
        loop {
            self.round().await;
            let failures = self.state().failures.min(8);
            let wait = (EVERY * 2_u32.pow(failures)).min(EVERY_MAX);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.changed.notified() => {}
            }
        }
    }

    /// One look at the table, and all that follows from it. Gives whether all went well.
    pub async fn round(&self) -> bool {
        let now = self.parts.clock.now();
        let Some(table) = self.table.load_full() else {
            self.parts.vitals.note(|reading| reading.source_trouble = None);
            return true;
        };
        // By a clock that cannot be trusted, no notice can be counted.
        if self.parts.vitals.read(now).clock_trouble.is_some() {
            return true;
        }
        let done = self.look(&table, now).await;
        {
            let mut state = self.state();
            state.failures = match &done {
                // It can be read, so that it is read every minute.
                Ok(()) | Err(Stopped::Write(_) | Stopped::Empty(_)) => 0,
                Err(_) => state.failures.saturating_add(1),
            };
        }
        match &done {
            Ok(()) => self.tell(now, self.unfit()),
            Err(stopped) => {
                let is_mistake = matches!(stopped, Stopped::Moved { .. });
                self.tell(now, Some(Trouble { why: stopped.to_string(), is_mistake }));
            }
        }
        done.is_ok()
    }

    async fn look(&self, table: &Table, now: Timestamp) -> Result<(), Stopped> {
        let store = &*self.parts.store;
        let noted = store.followed(SOURCE).await?;
        let named = table.project();
        if let Some(kept) = noted.project.clone().filter(|kept| *kept != named) {
            return Err(Stopped::Moved { kept, named });
        }
        let read_at = self.state().read_at.max(noted.read_at);
        let rows = table.rows(read_at.map(|at| at.plus_ms(-LOOK_BACK_MS))).await?;
        if noted.project.is_none() {
            store.adopt_project(SOURCE, &named).await?;
        }
        // Whatever was done here while the table was read is known by now.
        let followed = store.followed(SOURCE).await?;
        self.is_not_emptied(table, &rows, &followed, now).await?;
        let at = received(store, now).await?.notice_from;
        let unfit: HashSet<String> = rows.unfit.iter().map(|row| row.id.clone()).collect();
        let ran_since = followed.ran_since;
        let reading =
            Reading { at, before: read_at, ran_since, rows: &rows.fit, unfit: &unfit };
        let wanted = settlement::settle(reading, &followed.known, &followed.free);
        self.state().unfit = rows.unfit;
        let missing = self.ask_for(table, &wanted.missing, &followed.known, at).await;
        let (more, missing) = match missing {
            Ok(more) => (more, Ok(())),
            Err(fault) => (Settlement::default(), Err(fault)),
        };
        let locals: Vec<Local> = wanted.local.into_iter().chain(more.local).collect();
        for some in locals.chunks(KEPT_AT_ONCE) {
            self.keep(some, at).await?;
        }
        self.note_reading(now).await?;
        missing?;
        let remote = wanted.remote.into_iter().chain(more.remote);
        let mut refused = None;
        for remote in remote.take(ASKED_MAX) {
            if !self.parts.grip.is_sure() {
                // Whoever has the lease by now does that.
                return Ok(());
            }
            match self.write(table, remote, at).await {
                // That one is refused says nothing of the next.
                Err(Stopped::Table(
                    fault @ (Fault::Answered { .. } | Fault::Forbidden { .. }),
                )) => {
                    refused.get_or_insert(fault);
                }
                Err(Stopped::Table(fault)) => return Err(Stopped::Write(fault)),
                done => done?,
            }
        }
        refused.map_or(Ok(()), |fault| Err(Stopped::Write(fault)))
    }

    /// Believes an empty table only after a while: to a key without the right, a table
    /// looks empty, and says nothing of it.
    async fn is_not_emptied(
        &self,
        table: &Table,
        rows: &Rows,
        followed: &Followed,
        now: Timestamp,
    ) -> Result<(), Stopped> {
        let is_live = |known: &&Known| known.windows.iter().any(|window| window.is_live(now));
        let live = followed.known.iter().filter(is_live).count();
        let is_empty = live > 0
            && rows.fit.is_empty()
            && rows.unfit.is_empty()
            && !table.has_rows().await?;
        let mut state = self.state();
        state.empty_rounds = if is_empty { state.empty_rounds.saturating_add(1) } else { 0 };
        match is_empty && state.empty_rounds < EMPTY_ROUNDS {
            true => Err(Stopped::Empty(live)),
            false => Ok(()),
        }
    }

    /// Asks for rows that were missing, each by its key.
    async fn ask_for(
        &self,
        table: &Table,
        missing: &[String],
        known: &[Known],
        at: Timestamp,
    ) -> Result<Settlement, Fault> {
        let mut asked = Settlement::default();
        let mut missing: Vec<&String> = missing.iter().collect();
        let mut in_vain = std::mem::take(&mut self.state().asked_in_vain);
        in_vain.retain(|id| missing.contains(&id));
        // Those that made no sense last time come last, or they could keep all others waiting.
        missing.sort_by_key(|id| in_vain.contains(*id));
        for id in missing.into_iter().take(ASKED_MAX) {
            let Some(known) = known.iter().find(|known| known.foreign_id == *id) else {
                continue;
            };
            match table.row(id).await? {
                Found::Nothing => asked.local.push(settlement::gone(at, known)),
                Found::Unfit(unfit) => {
                    in_vain.insert(unfit.id.clone());
                    self.state().unfit.push(unfit);
                }
                Found::Fit(row) => {
                    let more = settlement::found(at, known, &row);
                    asked.local.extend(more.local);
                    asked.remote.extend(more.remote);
                }
            }
        }
        self.state().asked_in_vain = in_vain;
        Ok(asked)
    }

    /// Keeps what rows ask for: all at once, or, where something has changed here
    /// meanwhile, each by itself but for that, which is looked at again in the next round.
    async fn keep(&self, locals: &[Local], at: Timestamp) -> Result<(), StoreError> {
        let store = &self.parts.store;
        let settled = store.settle(SOURCE, locals, at).await?;
        if settled == Settled::Stale {
            for local in locals {
                store.settle(SOURCE, std::slice::from_ref(local), at).await?;
            }
        }
        if settled != (Settled::Done { changed: false }) {
            self.parts.board.ask_again();
        }
        Ok(())
    }

    /// Writes one change into the table, and notes that. If that cannot be noted, the next
    /// round finds the row as it is now.
    async fn write(&self, table: &Table, remote: Remote, at: Timestamp) -> Result<(), Stopped> {
        let row: Option<ForeignWindow> = match &remote {
            Remote::Add { window } => Some(table.add(&window.terms).await?),
            Remote::Change { foreign_id, seen, terms, .. } => {
                match table.change(foreign_id, seen, terms).await? {
                    Found::Fit(row) => Some(row),
                    // Somebody was faster, or it has become nonsense: the next round looks
                    // at it.
                    Found::Nothing | Found::Unfit(_) => return Ok(()),
                }
            }
            Remote::Remove { foreign_id, seen, .. } => {
                if !table.remove(foreign_id, seen).await? {
                    return Ok(());
                }
                None
            }
        };
        if let Some(local) = remote.noted(row.as_ref()) {
            self.keep(&[local], at).await?;
        }
        Ok(())
    }

    async fn note_reading(&self, now: Timestamp) -> Result<(), StoreError> {
        let noted_at = {
            let mut state = self.state();
            state.read_at = state.read_at.max(Some(now));
            state.noted_at
        };
        if noted_at.is_some_and(|at| now.since_ms(at) < NOTE_EVERY_MS) {
            return Ok(());
        }
        self.parts.store.note_reading(SOURCE, now).await?;
        self.state().noted_at = Some(now);
        Ok(())
    }

    /// Says once that the table cannot be read, and once that it can be again.
    fn tell(&self, now: Timestamp, trouble: Option<Trouble>) {
        let vitals = &self.parts.vitals;
        let before = vitals.read(now).source_trouble;
        match (&before, &trouble) {
            (None, None) => {}
            (Some((since, _)), None) => {
                tracing::info!(
                    "the maintenance table and everup are in step again, as they were \
                     until {since}"
                );
            }
            (Some((_, why)), Some(trouble)) if *why == trouble.why => {}
            (_, Some(Trouble { why, is_mistake: true })) => {
                tracing::error!("the maintenance table is not followed: {why}");
            }
            (_, Some(Trouble { why, .. })) => {
                tracing::warn!("the maintenance table and everup are not in step: {why}");
            }
        }
        let since = before.map_or(now, |(since, _)| since);
        vitals.note(|reading| reading.source_trouble = trouble.map(|now| (since, now.why)));
    }

    /// Names rows that make no sense.
    fn unfit(&self) -> Option<Trouble> {
        let state = self.state();
        let named = state.unfit.iter().take(UNFIT_NAMED_MAX);
        let mut named: Vec<String> =
            named.map(|Unfit { id, why }| format!("row {id:?}: {why}")).collect();
        match state.unfit.len().saturating_sub(named.len()) {
            0 if named.is_empty() => return None,
            0 => {}
            more => named.push(format!("and {more} more")),
        }
        let why = format!("rows that make no sense are not followed: {}", named.join("; "));
        Some(Trouble { why, is_mistake: false })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; and what it holds is remade in each round.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
