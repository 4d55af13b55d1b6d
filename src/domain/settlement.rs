//! How our maintenance windows and the rows of somebody else's table come to agree again.
//!
//! Where both sides changed, the table's change wins; but a cancellation wins on either
//! side. A row may only take time out of the figure with notice that somebody could see:
//! what moves or grows is announced when we see it, and what has begun is never
//! enlarged: an extension is a window of its own.

use super::agreement::{Act, Known, Local, Ours, Remote};
use super::foreign_window::{self, ForeignWindow, SKEW_MS, Terms, is_near};
use super::timestamp::Timestamp;
use std::collections::{HashMap, HashSet};

/// What must happen, and what must be looked at once more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// In our store.
    pub local: Vec<Local>,
    /// In the table.
    pub remote: Vec<Remote>,
    /// Rows of windows that are to come or under way, and that were not among those
    /// read. Each is asked for by its key before anything is called off; see [`gone`].
    pub missing: Vec<String>,
}

/// A reading of the table.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// When it began, by our own clock.
    pub at: Timestamp,
    /// When the reading before it began, if there was one.
    pub before: Option<Timestamp>,
    /// When everup first ran, if it ever did.
    pub ran_since: Option<Timestamp>,
    /// The rows that make sense.
    pub rows: &'a [ForeignWindow],
    /// The keys of those that do not; their windows stay as they are.
    pub unfit: &'a HashSet<String>,
}

/// What a reading of the table asks for. `free` are our windows that stand for no row.
#[must_use]
pub fn settle(reading: Reading<'_>, known: &[Known], free: &[Ours]) -> Settlement {
    let now = reading.at;
    let mut settlement = Settlement::default();
    let by_id: HashMap<&str, &Known> =
        known.iter().map(|known| (known.foreign_id.as_str(), known)).collect();
    let mut free: Vec<&Ours> = free.iter().collect();
    for row in reading.rows {
        match by_id.get(row.id.as_str()) {
            Some(known) => compare(now, known, row, &mut settlement),
            None => settlement.local.push(appear(reading, row, &mut free)),
        }
    }
    let seen: HashSet<&str> = reading.rows.iter().map(|row| row.id.as_str()).collect();
    settlement.missing.extend(
        (known.iter())
            .filter(|known| !seen.contains(known.foreign_id.as_str()))
            .filter(|known| !reading.unfit.contains(&known.foreign_id))
            .filter(|known| known.windows.iter().any(|window| window.is_live(now)))
            .map(|known| known.foreign_id.clone()),
    );
    let made_here = free.into_iter().filter(|window| window.is_live(now));
    settlement.remote.extend(unsaid(reading.rows, made_here));
    settlement
}

/// The windows made here that no row says, as new rows. Where a row says the same already,
/// as another window of it does, a second one would tell nobody anything; it is added once
/// that row is gone. So is one of two windows that differ in their monitors alone.
fn unsaid<'a>(
    rows: &[ForeignWindow],
    made_here: impl Iterator<Item = &'a Ours>,
) -> Vec<Remote> {
    let mut said: Vec<Terms> = rows.iter().map(|row| row.terms.clone()).collect();
    let mut added = Vec::new();
    for window in made_here {
        if said.iter().any(|terms| terms.is_about(&window.terms)) {
            continue;
        }
        let Ours { terms: Terms { start, end, message }, .. } = window;
        let message = foreign_window::message(message);
        said.push(Terms { start: *start, end: *end, message });
        added.push(Remote::Add { window: window.clone() });
    }
    added
}

/// What a row that was asked for by its key, and is there after all, asks for.
#[must_use]
pub fn found(now: Timestamp, known: &Known, row: &ForeignWindow) -> Settlement {
    let mut settlement = Settlement::default();
    compare(now, known, row, &mut settlement);
    settlement
}

/// What a row asks for that is certainly gone: what is to come is called off, what is
/// under way ends now, and what is past stays.
#[must_use]
pub fn gone(now: Timestamp, known: &Known) -> Local {
    let live = known.windows.iter().filter(|window| window.is_live(now));
    Local {
        foreign_id: known.foreign_id.clone(),
        before: Some(known.terms.clone()),
        terms: None,
        acts: live.map(cancel).collect(),
    }
}

fn cancel(window: &Ours) -> Act {
    Act::Cancel { id: window.id, revision: window.revision }
}

/// A row that is not known: one of our own windows, if there is one just like it (we
/// added the row and could not note it), otherwise a new window.
fn appear(reading: Reading<'_>, row: &ForeignWindow, free: &mut Vec<&Ours>) -> Local {
    let ours = free.iter().position(|window| {
        let may_be_ours = |cancelled_at| may_be_of(reading, row, window, cancelled_at);
        row.terms.is_about(&window.terms) && window.cancelled_at.is_none_or(may_be_ours)
    });
    let act = match ours {
        Some(at) => {
            let window = free.remove(at);
            Act::Link { id: window.id, revision: agreed_revision(window) }
        }
        None => Act::Announce {
            terms: row.terms.clone(),
            announced_at: row.announced_at(reading.before, reading.ran_since, reading.at),
            like: None,
        },
    };
    let foreign_id = row.id.clone();
    Local { foreign_id, before: None, terms: Some(row.terms.clone()), acts: vec![act] }
}

/// Whether we may have written `row` for a window that was called off since. Then it goes
/// in the next round, so it must have been made while the window stood, and after the
/// reading before: what we write is there at the next one. Anything else is somebody's own.
fn may_be_of(
    reading: Reading<'_>,
    row: &ForeignWindow,
    window: &Ours,
    cancelled_at: Timestamp,
) -> bool {
    let (Some(created), Some(before)) = (row.created_at, reading.before) else { return false };
    let not_before = window.announced_at.max(before).plus_ms(-SKEW_MS);
    (not_before..=cancelled_at).contains(&created)
}

/// A window that was called off is adopted as changed, so that this is carried over.
fn agreed_revision(window: &Ours) -> i64 {
    match window.cancelled_at {
        Some(_) => window.revision - 1,
        None => window.revision,
    }
}

/// A row that is known, and there.
fn compare(now: Timestamp, known: &Known, row: &ForeignWindow, settlement: &mut Settlement) {
    let Some(ours) = combined(&known.windows) else { return };
    let changed_here = known.windows.iter().any(Ours::changed);
    let changed_there = row.terms != known.terms;
    let is_live = known.windows.iter().any(|window| window.is_live(now));
    let links = || known.windows.iter().map(Ours::link).collect();
    let agree = |acts: Vec<Act>| Local {
        foreign_id: row.id.clone(),
        before: Some(known.terms.clone()),
        terms: Some(row.terms.clone()),
        acts,
    };
    if !is_live && changed_here && known.terms.end > now {
        // Called off or ended here, which wins.
        let (foreign_id, before) = (row.id.clone(), known.terms.clone());
        let (seen, links) = (row.terms.clone(), links());
        settlement.remote.push(match ours {
            Combined::CalledOff => Remote::Remove { foreign_id, before, seen, links },
            Combined::Is(terms) => Remote::Change { foreign_id, before, seen, terms, links },
        });
        return;
    }
    let as_ours = matches!(&ours, Combined::Is(terms) if row.terms.is_about(terms));
    match (changed_there, changed_here && is_live) {
        (false, false) => {}
        // Both are the same: we changed the row and could not note it.
        (_, true) if as_ours => settlement.local.push(agree(links())),
        (true, _) => settlement.local.push(agree(follow(now, known, &row.terms))),
        (false, true) => {
            if let Combined::Is(terms) = ours {
                let (foreign_id, before) = (row.id.clone(), known.terms.clone());
                let (seen, links) = (row.terms.clone(), links());
                let change = Remote::Change { foreign_id, before, seen, terms, links };
                settlement.remote.push(change);
            }
        }
    }
}

/// What several windows in a row come to.
enum Combined {
    CalledOff,
    Is(Terms),
}

/// The last window, and those that it extends. An extension that was called off leaves
/// what it would have extended; without that, all is called off.
fn combined(windows: &[Ours]) -> Option<Combined> {
    let mut windows = windows.iter().rev().peekable();
    let mut off: Option<&Ours> = None;
    while let Some(window) = windows.next_if(|window| window.never_takes_place()) {
        off = Some(window);
    }
    let extends = |last: &Ours| off.is_none_or(|off| last.terms.end >= off.terms.start);
    let Some(last) = windows.next().filter(|last| extends(last)) else {
        return off.map(|_| Combined::CalledOff);
    };
    let mut start = last.terms.start;
    for before in windows {
        if before.never_takes_place() || before.end() < start || before.terms.start > start {
            break;
        }
        start = before.terms.start;
    }
    Some(Combined::Is(Terms {
        start,
        end: last.end(),
        message: last.terms.message.clone(),
    }))
}

/// What our windows must do so that they say what a changed row says.
fn follow(now: Timestamp, known: &Known, row: &Terms) -> Vec<Act> {
    let live: Vec<&Ours> = known.windows.iter().filter(|window| window.is_live(now)).collect();
    let row = &unrounded(&known.terms, &live, row);
    let anew = |like| Act::Announce { terms: row.clone(), announced_at: now, like };
    let Some(first) = live.first() else {
        // What is over stays as it was; the row is used again for another time.
        return if row.end > now { vec![anew(None)] } else { Vec::new() };
    };
    if row.end <= now {
        return live.iter().map(|window| cancel(window)).collect();
    }
    if first.terms.start > now {
        let mut acts = vec![moved(first, row, now)];
        acts.extend(live[1..].iter().map(|window| cancel(window)));
        return acts;
    }
    if row.start > now {
        // Put off after it had begun: what has been stays, and ends now.
        let mut acts: Vec<Act> = live.iter().map(|window| cancel(window)).collect();
        acts.push(anew(live.last().map(|window| window.id)));
        return acts;
    }
    under_way(now, &live, row)
}

/// A row's terms, with our own times where the row's stayed as they were and differ only by
/// what a column of whole seconds has rounded: what did not move keeps its notice.
fn unrounded(agreed: &Terms, live: &[&Ours], row: &Terms) -> Terms {
    let ours = |agreed: Timestamp, row: Timestamp, ours: Option<Timestamp>| {
        let is_rounded = |ours: &Timestamp| row == agreed && is_near(*ours, row);
        ours.filter(is_rounded).unwrap_or(row)
    };
    Terms {
        start: ours(agreed.start, row.start, live.first().map(|window| window.terms.start)),
        end: ours(agreed.end, row.end, live.iter().map(|window| window.end()).max()),
        message: row.message.clone(),
    }
}

/// A window that has not begun becomes what its row says.
fn moved(window: &Ours, row: &Terms, now: Timestamp) -> Act {
    let narrower = row.start >= window.terms.start && row.end <= window.terms.end;
    Act::Change {
        id: window.id,
        revision: window.revision,
        terms: row.clone(),
        announced_at: if narrower { window.announced_at } else { now },
    }
}

/// Windows that are under way are cut; where the row goes on, a new one follows them.
fn under_way(now: Timestamp, live: &[&Ours], row: &Terms) -> Vec<Act> {
    let mut acts: Vec<Act> = Vec::new();
    for window in live {
        let terms = Terms {
            start: window.terms.start,
            end: window.end().min(row.end),
            message: row.message.clone(),
        };
        if terms.end <= terms.start {
            acts.push(cancel(window));
        } else if terms != window.terms {
            let Ours { id, revision, announced_at, .. } = **window;
            acts.push(Act::Change { id, revision, terms, announced_at });
        } else {
            acts.push(window.link());
        }
    }
    let covered = live.iter().map(|window| window.end()).max().unwrap_or(now);
    if row.end > covered {
        let terms = Terms { start: covered, end: row.end, message: row.message.clone() };
        let like = live.last().map(|window| window.id);
        acts.push(Act::Announce { terms, announced_at: now, like });
    }
    acts
}
