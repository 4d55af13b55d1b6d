//! The maintenance windows of a Supabase table: all its rows, or nothing.
//!
//! A row becomes a window that was announced when the row was made, as the table says; see
//! [`ForeignWindow::announced_at`](crate::domain::foreign_window::ForeignWindow::announced_at).
//! A window that says the same already is the row's from then on. What is known stays as it
//! is here, also where the table says something else by now.

use super::taking::TakeError;
use crate::domain::settlement::{self, Reading};
use crate::domain::timestamp::Timestamp;
use crate::store::contract::Store;
use crate::store::source::Settled;
use crate::supabase::row::Unfit;
use crate::supabase::settings::TABLE;
use crate::supabase::table::Table;
use std::collections::{HashMap, HashSet};

/// So many rows are named in one message.
const NAMED_MAX: usize = 10;

/// How often the import is made up anew because the daemon was faster.
const TRIES: u32 = 4;

/// What became of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenRows {
    /// How many windows were added.
    pub new: usize,
    /// How many rows were known, or are windows that were here already.
    pub known: usize,
    /// The keys of rows that say something else than what is kept.
    pub contradicting: Vec<String>,
    /// Whether rows say when they were made.
    pub has_created_at: bool,
}

/// Imports the table as it is at `now`; `source` is what it is called in the store. Where
/// that was the table of another project, this one takes its place if `may_move`.
///
/// # Errors
/// Where the table cannot be read whole, a row makes no sense, or the store refuses.
/// Nothing was imported then.
pub async fn import(
    store: &dyn Store,
    table: &Table,
    source: &str,
    now: Timestamp,
    may_move: bool,
) -> Result<TakenRows, TakeError> {
    let input = |error: String| TakeError::Input(error);
    let rows = table.rows(None).await.map_err(|fault| input(fault.to_string()))?;
    if !rows.unfit.is_empty() {
        return Err(input(nonsense(&rows.unfit)));
    }
    let named = table.project();
    let kept = store.followed(source).await?.project;
    if let Some(kept) = kept.filter(|kept| *kept != named && !may_move) {
        return Err(input(format!(
            "the windows here follow the table of {kept}, but SUPABASE_URL names {named}; if \
             the table has moved there, add --project-changed"
        )));
    }
    store.adopt_project(source, &named).await?;
    for _ in 0..TRIES {
        let followed = store.followed(source).await?;
        let known: HashMap<&str, _> = (followed.known.iter())
            .map(|known| (known.foreign_id.as_str(), &known.terms))
            .collect();
        let (old, new): (Vec<_>, Vec<_>) = rows
            .fit
            .iter()
            .cloned()
            .partition(|row| known.contains_key(row.id.as_str()));
        let other = old.iter().filter(|row| known[row.id.as_str()] != &row.terms);
        let contradicting: Vec<String> = other.map(|row| row.id.clone()).collect();
        let unfit = HashSet::new();
        let (before, ran_since) = (followed.read_at, followed.ran_since);
        let reading = Reading { at: now, before, ran_since, rows: &new, unfit: &unfit };
        let locals = settlement::settle(reading, &[], &followed.free).local;
        let added = locals.iter().filter(|local| local.announces()).count();
        if let Settled::Done { .. } = store.settle(source, &locals, now).await? {
            // What claims to be older and was not there now was not there.
            store.note_reading(source, now).await?;
            return Ok(TakenRows {
                new: added,
                known: rows.fit.len() - added - contradicting.len(),
                contradicting,
                has_created_at: table.has_created_at(),
            });
        }
    }
    Err(input(
        "the table is being followed by a running everup; try again".to_owned(),
    ))
}

/// Names rows that make no sense, and what to do about them.
fn nonsense(unfit: &[Unfit]) -> String {
    let named = unfit.iter().take(NAMED_MAX);
    let mut named: Vec<String> = named
        .map(|Unfit { id, why }| format!("row {id} of {TABLE}: {why}"))
        .collect();
    if unfit.len() > NAMED_MAX {
        named.push(format!("and {} more", unfit.len() - NAMED_MAX));
    }
    format!("{}\ncorrect or delete what makes no sense", named.join("\n"))
}
