//! What the pages of others should say: maintenance that is soon, under way or overrunning,
//! and who is down. Read from the board alone.

use super::status::{Now, State};
use crate::board::Snapshot;
use crate::domain::announcement::{Announcement, Status, WindowId};
use crate::domain::history::History;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::MonitorId;
use crate::domain::overrun::{BLAMED_MS, overrunning};
use crate::domain::span::Span;
use crate::domain::timestamp::{HOUR_MS, Timestamp};

/// A banner has one line; programs that show more are told of a few.
pub const WINDOWS_MAX: usize = 5;

/// More names are no longer read.
pub const NAMES_MAX: usize = 10;

/// How long before its start a window is told of.
pub const SOON_MS: i64 = 48 * HOUR_MS;

/// How far a window is. In order of how urgent it is to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It is over by its plan, and somebody is still down.
    Overrunning,
    /// It is under way.
    Active,
    /// It begins within [`SOON_MS`].
    Upcoming,
}

impl Stage {
    /// The word for it, as programs read it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Stage::Overrunning => "overrunning",
            Stage::Active => "active",
            Stage::Upcoming => "upcoming",
        }
    }
}

/// Some monitors by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names<'a> {
    /// At most [`NAMES_MAX`]; the id of one that is not known by a name.
    pub names: Vec<&'a str>,
    /// How many more there are.
    pub more: usize,
}

/// One window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced<'a> {
    /// Its name.
    pub id: WindowId,
    /// Grows with each change of it.
    pub revision: i64,
    /// How far it is.
    pub stage: Stage,
    /// Its time; cut where it was ended early.
    pub span: Span,
    /// What its owner wrote, as it is; may be empty.
    pub message: &'a str,
    /// Whom it is about; `None`: all.
    pub monitors: Option<Names<'a>>,
    /// Whether it was announced on short notice on purpose.
    pub emergency: bool,
}

/// Who is down, and not because of work that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentOutage<'a> {
    /// Since when the first of them is.
    pub since: Timestamp,
    /// They, the first one first.
    pub monitors: Names<'a>,
}

/// All that a banner may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banner<'a> {
    /// At most [`WINDOWS_MAX`], the most urgent first.
    pub windows: Vec<Announced<'a>>,
    /// Who is down.
    pub outage: Option<CurrentOutage<'a>>,
}

impl<'a> Banner<'a> {
    /// What there is to say at `now`.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot, now: Timestamp) -> Banner<'a> {
        let recent: Vec<&Announcement> = (snapshot.windows.iter())
            .filter(|announcement| is_news(announcement.window.span(), now))
            .collect();
        let down = down(snapshot, now);
        let windows = || recent.iter().map(|announcement| &announcement.window);
        let overrun: Vec<&MaintenanceWindow> = (down.iter())
            .filter_map(|(since, of)| overrunning(windows(), &of.monitor.id, *since, now))
            .collect();
        let mut told: Vec<(Stage, &Announcement)> = (recent.iter())
            .filter_map(|announcement| {
                let window = &announcement.window;
                let is_overrun =
                    || overrun.iter().any(|overrun| std::ptr::eq(*overrun, window));
                let stage = match window.status(now) {
                    Status::Upcoming => Stage::Upcoming,
                    Status::Active => Stage::Active,
                    Status::Ended if is_overrun() => Stage::Overrunning,
                    Status::Ended | Status::Cancelled => return None,
                };
                Some((stage, *announcement))
            })
            .collect();
        // What begins next, what began last, what ended last.
        told.sort_by_key(|(stage, announcement)| match (stage, announcement.window.span()) {
            (Stage::Upcoming, span) => (*stage, span.from.0),
            (Stage::Active, span) => (*stage, -span.from.0),
            (Stage::Overrunning, span) => (*stage, -span.to.0),
        });
        let told = told.into_iter().take(WINDOWS_MAX);
        let told = told.map(|(stage, announcement)| announced(snapshot, stage, announcement));
        Banner { windows: told.collect(), outage: outage(&down, windows(), now) }
    }
}

/// Whether a window with this time is soon, under way or may be overrunning.
fn is_news(span: Span, now: Timestamp) -> bool {
    span.from <= now.plus_ms(SOON_MS) && span.to.plus_ms(BLAMED_MS) >= now
}

/// Who is down at `now`, and since when, the earliest first.
fn down(snapshot: &Snapshot, now: Timestamp) -> Vec<(Timestamp, &History)> {
    let mut down: Vec<(Timestamp, &History)> = (snapshot.living(now))
        .filter_map(|history| {
            let at = Now::of(history, now);
            (at.state == State::Down).then(|| (at.since.unwrap_or(now), history))
        })
        .collect();
    down.sort_by_key(|(since, _)| *since);
    down
}

fn outage<'a>(
    down: &[(Timestamp, &'a History)],
    windows: impl Iterator<Item = &'a MaintenanceWindow>,
    now: Timestamp,
) -> Option<CurrentOutage<'a>> {
    let active: Vec<_> = windows.filter(|window| window.is_active(now)).collect();
    let is_excused = |id: &MonitorId| active.iter().any(|window| window.is_about(id));
    let mut unexpected = down.iter().filter(|(_, history)| !is_excused(&history.monitor.id));
    let (since, first) = unexpected.next()?;
    let all = std::iter::once(*first).chain(unexpected.map(|(_, history)| *history));
    let monitors = names(all.map(|history| history.monitor.name.as_str()));
    Some(CurrentOutage { since: *since, monitors })
}

fn announced<'a>(
    snapshot: &'a Snapshot,
    stage: Stage,
    announcement: &'a Announcement,
) -> Announced<'a> {
    let name = |id: &'a MonitorId| match snapshot.find(id.as_str()) {
        Some(history) => history.monitor.name.as_str(),
        None => id.as_str(),
    };
    let window = &announcement.window;
    let about = names(window.monitors.iter().map(name));
    Announced {
        id: announcement.id,
        revision: announcement.revision,
        stage,
        span: window.span(),
        message: window.message.trim(),
        monitors: (!window.monitors.is_empty()).then_some(about),
        emergency: window.emergency,
    }
}

fn names<'a>(all: impl Iterator<Item = &'a str>) -> Names<'a> {
    let mut names: Vec<&str> = all.collect();
    let more = names.len().saturating_sub(NAMES_MAX);
    names.truncate(NAMES_MAX);
    Names { names, more }
}
