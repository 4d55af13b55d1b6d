//! The rules by which announced maintenance is changed and called off.
//!
//! On the notice that [`super::notice`] asks for, and for whoever asks.

use super::announcement::{Action, Announcement, Status};
use super::maintenance::MaintenanceWindow;
use super::monitor::MonitorId;
use super::notice::{
    LENGTH_MS_MAX, Received, Refusal, Starts, announced_at, clean, each_once, has_sound_time,
    is_announced_in_time, is_same_set,
};
use super::timestamp::Timestamp;

/// What someone wants to be different; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// When it begins.
    pub start: Option<Timestamp>,
    /// When it ends.
    pub end: Option<Timestamp>,
    /// What users are told.
    pub message: Option<String>,
    /// The monitors it is about; empty: all.
    pub monitors: Option<Vec<MonitorId>>,
}

impl Announcement {
    /// The window as it is after a change at `now`, where `notice_ms` is asked for; the
    /// same as before where the change says nothing new.
    ///
    /// # Errors
    /// A sentence that says what to write instead.
    pub fn change(
        &self,
        change: Change,
        received: Received,
        notice_ms: i64,
    ) -> Result<MaintenanceWindow, Refusal> {
        let now = received.now;
        let old = &self.window;
        let message = change.message.as_deref().map(clean).transpose()?;
        let changed = MaintenanceWindow {
            start: change.start.unwrap_or(old.start),
            end: change.end.unwrap_or(old.end),
            message: message.unwrap_or_else(|| old.message.clone()),
            monitors: change.monitors.map_or_else(|| old.monitors.clone(), each_once),
            ..old.clone()
        };
        match old.status(now) {
            Status::Ended => Err(Refusal::Over),
            Status::Cancelled => Err(Refusal::Cancelled),
            Status::Active => under_way(old, changed, received, notice_ms),
            Status::Upcoming => beforehand(old, changed, received, notice_ms),
        }
    }

    /// The window as it is once it is called off at `now`: before its start it never takes
    /// place, afterwards it ends. And which of the two it was.
    ///
    /// # Errors
    /// [`Refusal::Over`] and [`Refusal::Cancelled`].
    pub fn cancel(&self, now: Timestamp) -> Result<(MaintenanceWindow, Action), Refusal> {
        let action = match self.window.status(now) {
            Status::Ended => return Err(Refusal::Over),
            Status::Cancelled => return Err(Refusal::Cancelled),
            Status::Upcoming => Action::Cancelled,
            Status::Active => Action::Ended,
        };
        Ok((MaintenanceWindow { cancelled_at: Some(now), ..self.window.clone() }, action))
    }

    /// [`Announcement::cancel`] of what is under way.
    ///
    /// # Errors
    /// [`Refusal::NotBegun`], and those of [`Announcement::cancel`].
    pub fn end(&self, now: Timestamp) -> Result<MaintenanceWindow, Refusal> {
        match self.cancel(now)? {
            (window, Action::Ended) => Ok(window),
            _ => Err(Refusal::NotBegun),
        }
    }
}

/// A change of a window that is under way.
fn under_way(
    old: &MaintenanceWindow,
    changed: MaintenanceWindow,
    received: Received,
    notice_ms: i64,
) -> Result<MaintenanceWindow, Refusal> {
    let now = received.now;
    if changed.start != old.start || !is_same_set(&changed.monitors, &old.monitors) {
        return Err(Refusal::Begun);
    }
    if changed.end < now && changed.end != old.end {
        return Err(Refusal::PastEnd { now });
    }
    // The time of an emergency counts anyway, and more of it flatters nobody.
    if changed.end > old.end && !old.emergency {
        return Err(extension(old.end, received, notice_ms));
    }
    if changed.end.since_ms(changed.start) > LENGTH_MS_MAX {
        return Err(Refusal::TooLong);
    }
    Ok(changed)
}

/// A change of a window that has not begun.
fn beforehand(
    old: &MaintenanceWindow,
    changed: MaintenanceWindow,
    received: Received,
    notice_ms: i64,
) -> Result<MaintenanceWindow, Refusal> {
    has_sound_time(&changed, received.now)?;
    if is_within(&changed, old) {
        return Ok(changed);
    }
    let announced_at = announced_at(received, old.emergency);
    let moved = MaintenanceWindow { announced_at, ..changed };
    let in_time = is_announced_in_time(&moved, received, notice_ms);
    let is_longer = moved.start == old.start && moved.end > old.end;
    if matches!(in_time, Err(Refusal::ShortNotice { .. })) && is_longer {
        return Err(extension(old.end, received, notice_ms));
    }
    in_time?;
    // Where little notice is asked for, what users were told long before is not given away.
    if old.excluded().is_some() && moved.excluded().is_none() {
        return Err(Refusal::LosesNotice);
    }
    Ok(moved)
}

/// What comes after `end` is maintenance of its own.
fn extension(end: Timestamp, received: Received, notice_ms: i64) -> Refusal {
    let starts = Starts::from(end, announced_at(received, false), notice_ms);
    Refusal::Extension { end, starts }
}

/// Whether a window takes no time of any monitor that the other does not take: what was
/// announced then is announced still.
fn is_within(window: &MaintenanceWindow, other: &MaintenanceWindow) -> bool {
    let about_no_more = other.monitors.is_empty()
        || (!window.monitors.is_empty() && window.monitors.iter().all(|id| other.is_about(id)));
    window.start >= other.start && window.end <= other.end && about_no_more
}
