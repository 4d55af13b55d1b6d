//! The maintenance of some time, window by window: what was seen beneath each, and what of
//! an outage went beyond it.
//!
//! The windows are chosen first; then every monitor is looked at once, while its past is at
//! hand. `words` puts it into words. It computes no figure: what leaves one is the timeline's.

mod words;

pub use words::{SeenWords, WorkWords, about, counting};

use super::past::Past;
use crate::domain::announcement::{Announcement, Status, WindowId};
use crate::domain::history::History;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::MonitorId;
use crate::domain::overrun::Overrun;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use std::cmp::Reverse;

/// A report tells of so many windows, the first ones; who plans more reads them as data.
pub const WINDOWS_MAX: usize = 500;

/// The page of a monitor or a group tells of so many windows that are over, the last ones;
/// older ones are in the reports of their months.
pub const LAST_MAX: usize = 20;

/// Of so many monitors a window says what was seen, the worst ones.
pub const MONITORS_MAX: usize = 20;

/// Some windows in order, and how many are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintenance {
    /// The windows.
    pub works: Vec<Work>,
    /// How many more there are.
    pub left_out: usize,
}

/// One window with what was seen beneath it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Its name.
    pub id: WindowId,
    /// How far it is.
    pub status: Status,
    /// What was announced, and how it was cut.
    pub window: MaintenanceWindow,
    /// What was seen of those that it is about, the worst first, at most [`MONITORS_MAX`];
    /// none before it begins.
    pub beneath: Vec<Beneath>,
    /// How many more it is about.
    pub more: usize,
}

/// What was seen of one monitor within a window and the time that is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beneath {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How long it was up, in milliseconds.
    pub up_ms: i64,
    /// How long it was up, but slow.
    pub degraded_ms: i64,
    /// How long it was down.
    pub down_ms: i64,
    /// How long nobody looked, or could not judge.
    pub unknown_ms: i64,
    /// How much of that time leaves its figure.
    pub excluded_ms: i64,
    /// The part of the window that was looked at: what of it lies in the time that is told
    /// of, up to where the figures end. `None` of a window that was over before that time,
    /// and in a month that was closed before this was kept.
    pub part: Option<Span>,
    /// What went beyond the window, if it was down when that ended.
    pub overran: Option<Overran>,
}

/// How badly somebody fared, the worst being the greatest: how long it took, and how long it was
/// down, not looked at, and slow, in milliseconds.
pub(super) type Badness = (Option<i64>, i64, i64, i64);

/// A window that somebody was still down after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overran {
    /// How long the window was, in milliseconds.
    pub planned_ms: i64,
    /// How long it took, from the start of the window to the end of the outage, or of the
    /// time that is told of.
    pub took_ms: i64,
    /// What of it counts as downtime in the time that is told of.
    pub counted_ms: i64,
    /// Whether it still lasted then.
    pub lasts: bool,
    /// Whether it went on after the time that is told of.
    pub goes_on: bool,
}

impl Work {
    /// Whether anybody was still down after it.
    #[must_use]
    pub fn is_overrun(&self) -> bool {
        self.beneath.iter().any(|of| of.overran.is_some())
    }
}

impl Beneath {
    /// How long it was watched within the window, in milliseconds.
    #[must_use]
    pub fn watched_ms(&self) -> i64 {
        self.up_ms + self.degraded_ms + self.down_ms + self.unknown_ms
    }

    /// How long it was not watched in what was looked at: it was paused, or did not exist.
    #[must_use]
    pub fn unwatched_ms(&self) -> i64 {
        self.part.map_or(0, |part| (part.length_ms() - self.watched_ms()).max(0))
    }

    /// Whether nothing is to be told but that it was up.
    #[must_use]
    pub fn is_up_throughout(&self) -> bool {
        self.overran.is_none() && self.up_ms == self.watched_ms() && self.unwatched_ms() == 0
    }

    /// The worst first: who outlasted it, who was down, who was not looked at, who was slow.
    #[must_use]
    pub(super) fn badness(&self) -> Badness {
        let took_ms = self.overran.map(|of| of.took_ms);
        (took_ms, self.down_ms, self.unknown_ms, self.degraded_ms)
    }
}

/// Windows that are being looked at.
pub struct Looking<'a> {
    found: Maintenance,
    /// Those that were over before, in order of their start: somebody may have outlasted
    /// them into that time.
    before: Vec<&'a Announcement>,
    /// Those of them that somebody did.
    outlasted: Vec<Work>,
    /// The time that is told of.
    window: Span,
    /// When it is told.
    now: Timestamp,
}

impl<'a> Looking<'a> {
    /// At the windows that share an instant with `window`, in order of their start, as far as
    /// they were announced by `now`.
    #[must_use]
    pub fn at(
        windows: impl IntoIterator<Item = &'a Announcement>,
        window: Span,
        now: Timestamp,
    ) -> Looking<'a> {
        let (mut found, mut before) = (Maintenance::default(), Vec::new());
        for announcement in windows {
            let said = &announcement.window;
            if said.announced_at > now {
                continue;
            }
            if said.span().to <= window.from {
                before.push(announcement);
            }
            if !said.span().overlaps(window) {
                continue;
            }
            match found.works.len() {
                WINDOWS_MAX => found.left_out += 1,
                _ => found.works.push(work(announcement, now)),
            }
        }
        Looking { found, before, outlasted: Vec::new(), window, now }
    }

    /// At the last windows that ended by `now` and not before `since`, about any of `monitors`
    /// or anybody, at most `most`, the newest first.
    #[must_use]
    pub fn back(
        windows: impl IntoIterator<Item = &'a Announcement>,
        monitors: Option<&[MonitorId]>,
        since: Timestamp,
        most: usize,
        now: Timestamp,
    ) -> Looking<'a> {
        let is_meant = |announcement: &&Announcement| {
            let window = &announcement.window;
            let span = window.span();
            !span.is_empty()
                && span.to <= now
                && span.to >= since
                && monitors.is_none_or(|monitors| window.is_about_any(monitors))
        };
        let mut past: Vec<&Announcement> = windows.into_iter().filter(is_meant).collect();
        past.sort_by_key(|announcement| {
            let span = announcement.window.span();
            Reverse((span.to, span.from, announcement.id))
        });
        let left_out = past.len().saturating_sub(most);
        let works = past.into_iter().take(most).map(|of| work(of, now)).collect();
        let found = Maintenance { works, left_out };
        let (before, outlasted) = (Vec::new(), Vec::new());
        Looking { found, before, outlasted, window: Span::ALWAYS, now }
    }

    /// Sees how a monitor was within those about it.
    pub fn see(&mut self, history: &History, past: &Past) {
        for work in &mut self.found.works {
            if !work.window.is_about(&history.monitor.id) {
                continue;
            }
            let Some(beneath) = beneath(&work.window, self.window, history, past) else {
                continue;
            };
            work.beneath.push(beneath);
            // Few are ever told of, so no more than a few are kept.
            if work.beneath.len() >= 2 * MONITORS_MAX {
                work.keep_the_worst();
            }
        }
        self.see_outlasted(history, past);
    }

    /// Sees which windows that were over before a monitor outlasted into this time: what
    /// counts of that here is told of here.
    fn see_outlasted(&mut self, history: &History, past: &Past) {
        let from = self.window.from;
        let first = past.outages.partition_point(|outage| outage.span().to <= from);
        let Some(outage) = past.outages.get(first).filter(|of| of.from < from) else { return };
        for announcement in &self.before {
            let window = &announcement.window;
            let began_in_it = window.span().contains(outage.from);
            if !began_in_it || !window.is_about(&history.monitor.id) {
                continue;
            }
            let Some(overran) = overran(window.span(), self.window, past) else { continue };
            let seen = Beneath { overran: Some(overran), ..unseen(history) };
            match self.outlasted.iter_mut().find(|work| work.id == announcement.id) {
                Some(work) => work.beneath.push(seen),
                None => self
                    .outlasted
                    .push(Work { beneath: vec![seen], ..work(announcement, self.now) }),
            }
        }
    }

    /// What was seen.
    #[must_use]
    pub fn found(self) -> Maintenance {
        let Maintenance { works, mut left_out } = self.found;
        let mut all = self.outlasted;
        all.sort_by_key(|work| (work.window.start, work.id));
        all.extend(works);
        left_out += all.len().saturating_sub(WINDOWS_MAX);
        all.truncate(WINDOWS_MAX);
        all.iter_mut().for_each(Work::keep_the_worst);
        Maintenance { works: all, left_out }
    }
}

impl Work {
    fn keep_the_worst(&mut self) {
        // Equal ones stay in the owner's order.
        self.beneath.sort_by_key(|of| Reverse(of.badness()));
        self.more += self.beneath.len().saturating_sub(MONITORS_MAX);
        self.beneath.truncate(MONITORS_MAX);
    }
}

fn work(announcement: &Announcement, now: Timestamp) -> Work {
    Work {
        id: announcement.id,
        status: announcement.window.status(now),
        window: announcement.window.clone(),
        beneath: Vec::new(),
        more: 0,
    }
}

/// `None` where it was not watched in that time.
fn beneath(
    window: &MaintenanceWindow,
    told: Span,
    history: &History,
    past: &Past,
) -> Option<Beneath> {
    let until = past.as_of.min(told.to);
    let held = window.span();
    let part = held.cut(Span::new(told.from, until));
    let watched_ms = history.monitor.watched().length_within(part);
    if watched_ms == 0 {
        return None;
    }
    let Past { seen, timeline, .. } = past;
    let [up_ms, degraded_ms, down_ms] =
        [&seen.up, &seen.degraded, &seen.down].map(|seen| seen.length_within(part));
    Some(Beneath {
        up_ms,
        degraded_ms,
        down_ms,
        unknown_ms: (watched_ms - up_ms - degraded_ms - down_ms).max(0),
        excluded_ms: timeline.tally_within(part).maintenance,
        part: Some(part),
        overran: overran(held, told, past),
        ..unseen(history)
    })
}

/// A monitor of which nothing was seen.
fn unseen(history: &History) -> Beneath {
    Beneath {
        id: history.monitor.id.to_string(),
        name: history.monitor.name.clone(),
        up_ms: 0,
        degraded_ms: 0,
        down_ms: 0,
        unknown_ms: 0,
        excluded_ms: 0,
        part: None,
        overran: None,
    }
}

/// What of an outage that began within a window went beyond it, up to where `told` ends.
fn overran(held: Span, told: Span, past: &Past) -> Option<Overran> {
    let Past { timeline, outages, as_of, .. } = past;
    // Outages follow each other: no other one can go over the window's end.
    let last = outages.partition_point(|outage| outage.span().to <= held.to);
    // Who was down before the work began is down for another reason.
    let caused = outages.get(last).filter(|of| of.from >= held.from)?;
    let of = Overrun::of(held, caused, (*as_of).min(told.to))?;
    let is_over = *as_of >= told.to;
    Some(Overran {
        planned_ms: of.planned_ms(),
        took_ms: of.took_ms(),
        counted_ms: timeline.tally_within(of.beyond.cut(told)).down,
        lasts: of.lasts && !is_over,
        goes_on: of.lasts && is_over,
    })
}
