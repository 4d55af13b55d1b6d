//! A maintenance window as the API answers it.

use crate::domain::announcement::{Announcement, Deed};
use crate::domain::timestamp::Timestamp;
use crate::store::window_form::WindowForm;
use serde::Serialize;

/// A window, with its name and where it stands.
#[derive(Serialize)]
pub struct WindowRecord<'a> {
    id: i64,
    status: &'static str,
    #[serde(flatten)]
    form: WindowForm,
    /// Whether its time leaves the uptime figure.
    excluded: bool,
    /// The rule of which it is a turn.
    recurring: Option<&'a str>,
    revision: i64,
}

impl<'a> WindowRecord<'a> {
    /// What is told of a window at `now`.
    #[must_use]
    pub fn of(announcement: &'a Announcement, now: Timestamp) -> WindowRecord<'a> {
        let window = &announcement.window;
        WindowRecord {
            id: announcement.id.0,
            status: window.status(now).word(),
            form: WindowForm::of(window),
            excluded: window.excluded().is_some(),
            recurring: announcement.occurrence.as_ref().map(|turn| turn.rule.as_str()),
            revision: announcement.revision,
        }
    }
}

/// Where a window is found.
pub(super) fn address(announcement: &Announcement) -> String {
    format!("/maintenance/windows/{}", announcement.id)
}

/// What a client compares with: another one after every change.
pub(super) fn tag(announcement: &Announcement) -> String {
    format!("\"{}-{}\"", announcement.id, announcement.revision)
}

/// One thing that was done to a window.
#[derive(Serialize)]
pub(super) struct DeedRecord<'a> {
    at: String,
    author: &'a str,
    action: &'static str,
    before: Option<WindowForm>,
    after: WindowForm,
}

impl<'a> DeedRecord<'a> {
    /// What is told of it.
    pub(super) fn of(deed: &'a Deed) -> DeedRecord<'a> {
        DeedRecord {
            at: deed.at.to_string(),
            author: &deed.author,
            action: deed.action.word(),
            before: deed.before.as_ref().map(WindowForm::of),
            after: WindowForm::of(&deed.after),
        }
    }
}
