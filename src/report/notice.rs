//! What users should know first: maintenance that is overrunning, under way or planned, and
//! what is seen beneath it right now.

use super::banner::Stage;
use super::headline::{Piece, since, words};
use super::status::{Now, State};
use crate::domain::announcement::{Announcement, Status};
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::{Monitor, MonitorId};
use crate::domain::overrun::{BLAMED_MS, overrunning};
use crate::domain::span::Span;
use crate::domain::timestamp::{DAY_MS, Timestamp};
use std::cmp::Reverse;
use std::collections::HashSet;

/// More would push the monitors off the screen.
pub const NOTICES_MAX: usize = 5;

/// What begins later than this can wait until the state of the monitors has been read.
const SOON_MS: i64 = DAY_MS;

/// So many windows that ended last are asked whether somebody outlasts them.
const RECENT_MAX: usize = 100;

/// Of those in trouble so many are named.
const NAMED_MAX: usize = 5;

/// What a window says where its owner wrote nothing.
pub const DEFAULT_MESSAGE: &str = "Scheduled maintenance in progress";

/// What it is called where there is nothing else to call it.
pub const DEFAULT_SUMMARY: &str = "Scheduled maintenance";

/// One maintenance window that is not over, or that somebody outlasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice<'a> {
    /// How far it is.
    pub stage: Stage,
    /// The window.
    pub window: &'a MaintenanceWindow,
    /// What is seen of those that it is about, in a sentence; empty before it begins.
    pub beneath: Vec<Piece>,
    /// Whether any of those is down.
    pub is_down: bool,
}

/// One monitor and what it is.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// Which.
    pub monitor: &'a Monitor,
    /// What.
    pub now: &'a Now,
}

/// Some notices, and how many more windows are planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notices<'a> {
    /// At most [`NOTICES_MAX`]: what is overrunning, what is under way, what begins next.
    pub notices: Vec<Notice<'a>>,
    /// How many more there are.
    pub left_out: usize,
}

impl Notice<'_> {
    /// Whether it is under way or about to begin.
    #[must_use]
    pub fn is_soon(&self, now: Timestamp) -> bool {
        self.window.start <= now.plus_ms(SOON_MS)
    }

    /// Whether somebody is down now, and that counts although work is under way.
    #[must_use]
    pub fn counts_against(&self) -> bool {
        self.stage == Stage::Active && self.is_down && self.window.excluded().is_none()
    }
}

impl<'a> Notices<'a> {
    /// What there is to say at `now` of the windows about any of `monitors` or about anybody,
    /// which are in order of their start, where these monitors live.
    #[must_use]
    pub fn of(
        windows: &'a [Announcement],
        monitors: Option<&[MonitorId]>,
        living: &[Standing<'_>],
        now: Timestamp,
    ) -> Notices<'a> {
        let overrun = overrun(windows, living, now);
        let is_over = |window: &MaintenanceWindow| {
            matches!(window.status(now), Status::Ended | Status::Cancelled)
        };
        let coming = (windows.iter())
            .map(|announcement| &announcement.window)
            .filter(|window| !is_over(window))
            .filter(|window| monitors.is_none_or(|monitors| window.is_about_any(monitors)))
            .map(|window| match window.is_active(now) {
                true => (Stage::Active, window),
                false => (Stage::Upcoming, window),
            });
        let late = overrun.into_iter().map(|window| (Stage::Overrunning, window));
        let all: Vec<(Stage, &MaintenanceWindow)> = late.chain(coming).collect();
        let left_out = all.len().saturating_sub(NOTICES_MAX);
        let shown = all.into_iter().take(NOTICES_MAX);
        Notices {
            notices: shown.map(|(stage, window)| notice(stage, window, living, now)).collect(),
            left_out,
        }
    }
}

/// The windows that somebody outlasts, the one that ended last first.
fn overrun<'a>(
    windows: &'a [Announcement],
    living: &[Standing<'_>],
    now: Timestamp,
) -> Vec<&'a MaintenanceWindow> {
    let is_recent = |span: Span| span.from <= now && span.to.plus_ms(BLAMED_MS) >= now;
    let mut recent: Vec<&MaintenanceWindow> = (windows.iter())
        .map(|announcement| &announcement.window)
        .filter(|window| is_recent(window.span()))
        .collect();
    recent.sort_by_key(|window| Reverse(window.span().to));
    recent.truncate(RECENT_MAX);
    if recent.is_empty() {
        return recent;
    }
    let down = living.iter().filter(|one| one.now.state == State::Down);
    let blamed: Vec<&MaintenanceWindow> = down
        .filter_map(|one| {
            let since = one.now.since.unwrap_or(now);
            overrunning(recent.iter().copied(), &one.monitor.id, since, now)
        })
        .collect();
    recent.retain(|window| blamed.iter().any(|blamed| std::ptr::eq(*blamed, *window)));
    recent
}

fn notice<'a>(
    stage: Stage,
    window: &'a MaintenanceWindow,
    living: &[Standing<'_>],
    now: Timestamp,
) -> Notice<'a> {
    let ids: HashSet<&MonitorId> = window.monitors.iter().collect();
    let is_about = |one: &&Standing<'_>| ids.is_empty() || ids.contains(&one.monitor.id);
    let mut about: Vec<Standing<'_>> = living.iter().filter(is_about).copied().collect();
    let is_down = about.iter().any(|one| one.now.seen().state == State::Down);
    let end = window.span().to;
    if stage == Stage::Overrunning {
        about.retain(|one| {
            one.now.state == State::Down && one.now.since.is_some_and(|since| since < end)
        });
    }
    let beneath = match stage {
        Stage::Upcoming => Vec::new(),
        Stage::Active => beneath(&about, now),
        Stage::Overrunning => outlasting(&about, window, now),
    };
    Notice { stage, window, beneath, is_down }
}

/// `Beneath it, API is down since 02:04 (27 min), Sign-in is up.`
fn beneath(about: &[Standing<'_>], now: Timestamp) -> Vec<Piece> {
    if about.is_empty() {
        return Vec::new();
    }
    let mut troubled: Vec<&Standing<'_>> = (about.iter())
        .filter(|one| one.now.seen().state < State::Maintenance)
        .collect();
    troubled.sort_by_key(|one| (one.now.seen().state, one.now.seen().since));
    let well: Vec<&Standing<'_>> =
        about.iter().filter(|one| one.now.seen().state == State::Up).collect();
    let mut clauses: Vec<Vec<Piece>> = (troubled.iter().take(NAMED_MAX))
        .map(|one| {
            let seen = one.now.seen();
            let mut clause = called(one, verb(seen.state));
            clause.extend(since(seen.since, now));
            clause
        })
        .collect();
    let others = troubled.len().saturating_sub(NAMED_MAX);
    if others > 0 {
        clauses.push(words(&format!("{others} more are not well")));
    }
    match well[..] {
        [] => {}
        [one] => clauses.push(called(one, " is up")),
        [_, _] if about.len() == 2 => clauses.push(words("both are up")),
        _ if well.len() == about.len() => {
            clauses.push(words(&format!("all {} are up", well.len())));
        }
        _ if troubled.is_empty() => clauses.push(words(&format!("{} are up", well.len()))),
        _ => clauses.push(words(&format!("{} others are up", well.len()))),
    }
    let rest = about.len() - troubled.len() - well.len();
    if rest > 0 {
        let waiting = "paused or not yet checked";
        clauses
            .push(words(&format!("{rest} {} {waiting}", if rest == 1 { "is" } else { "are" })));
    }
    joined("Beneath it, ", clauses)
}

/// `It was to end at 02:30 (17 min ago), and API is still down since 02:04; that counts.`
fn outlasting(
    about: &[Standing<'_>],
    window: &MaintenanceWindow,
    now: Timestamp,
) -> Vec<Piece> {
    let end = window.span().to;
    let was_cut = end < window.end;
    let ago = crate::domain::duration::in_words(now.since_ms(end));
    let mut pieces = words(if was_cut { "It was ended at " } else { "It was planned until " });
    pieces.push(Piece::At(end));
    pieces.extend(words(&format!(", {ago} ago, and ")));
    let clauses = (about.iter().take(NAMED_MAX)).map(|one| {
        let mut clause = called(one, " is still down, since ");
        clause.extend(one.now.since.map(Piece::At));
        clause
    });
    let mut clauses: Vec<Vec<Piece>> = clauses.collect();
    let others = about.len().saturating_sub(NAMED_MAX);
    if others > 0 {
        clauses.push(words(&format!("{others} more are")));
    }
    let mut said = joined("", clauses);
    said.pop();
    pieces.extend(said);
    pieces.extend(words(match window.excluded() {
        Some(_) => ". What lies beyond its end counts.",
        None => ". All of it counts.",
    }));
    pieces
}

fn called(one: &Standing<'_>, verb: &str) -> Vec<Piece> {
    vec![Piece::Name(one.monitor.name.clone()), Piece::Text(verb.to_owned())]
}

fn verb(state: State) -> &'static str {
    match state {
        State::Down => " is down",
        State::Failing => " is failing",
        State::Degraded => " is up but slow",
        _ => " is not being checked",
    }
}

/// Clauses as one sentence.
fn joined(opening: &str, clauses: Vec<Vec<Piece>>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if !opening.is_empty() {
        pieces.extend(words(opening));
    }
    for (index, clause) in clauses.into_iter().enumerate() {
        if index > 0 {
            pieces.extend(words(", "));
        }
        pieces.extend(clause);
    }
    pieces.extend(words("."));
    pieces
}
