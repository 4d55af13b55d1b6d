//! A maintenance window, as a line: the part of [`super::line`] that is about it.

use super::field::{Instant, clean, message};
use super::line::Record;
use crate::domain::announcement::{Action, Deed, Occurrence};
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::MonitorId;
use crate::store::window::WindowPast;
use crate::store::window_form::WindowForm;
use serde::{Deserialize, Serialize};

/// [`WindowPast`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowLine {
    announced_at: Instant,
    start_time: Instant,
    end_time: Instant,
    #[serde(default)]
    cancelled_at: Option<Instant>,
    #[serde(default)]
    message: String,
    #[serde(default)]
    monitors: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    emergency: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revision: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed_at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    occurrence: Option<OccurrenceLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    audit: Vec<DeedLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OccurrenceLine {
    rule: String,
    at: Instant,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeedLine {
    at: Instant,
    author: String,
    action: String,
    before: Option<WindowForm>,
    after: WindowForm,
}

impl WindowLine {
    pub(super) fn of(past: &WindowPast) -> WindowLine {
        let window = &past.window;
        // Where nothing else is known, nothing else is said.
        let is_known = past.uid.is_some();
        WindowLine {
            announced_at: Instant(window.announced_at),
            start_time: Instant(window.start),
            end_time: Instant(window.end),
            cancelled_at: window.cancelled_at.map(Instant),
            message: window.message.clone(),
            monitors: match &window.monitors[..] {
                [] => None,
                some => Some(some.iter().map(ToString::to_string).collect()),
            },
            emergency: window.emergency,
            uid: past.uid.clone(),
            revision: is_known.then(|| u32::try_from(past.revision).unwrap_or(u32::MAX)),
            changed_at: is_known.then_some(Instant(past.changed_at)),
            occurrence: past.occurrence.as_ref().map(|Occurrence { rule, at }| {
                OccurrenceLine { rule: rule.clone(), at: Instant(*at) }
            }),
            audit: past.deeds.iter().map(DeedLine::of).collect(),
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        if self.end_time.0 <= self.start_time.0 {
            return Err("maintenance must end after it begins".to_owned());
        }
        let window = MaintenanceWindow {
            announced_at: self.announced_at.0,
            start: self.start_time.0,
            end: self.end_time.0,
            cancelled_at: self.cancelled_at.map(|at| at.0),
            message: message(self.message)?,
            monitors: read_monitors(self.monitors)?,
            emergency: self.emergency,
        };
        let plain = WindowPast::from(window);
        let occurrence = match self.occurrence {
            Some(OccurrenceLine { rule, at }) => {
                Some(Occurrence { rule: clean(rule, "the rule")?, at: at.0 })
            }
            None => None,
        };
        Ok(Record::Maintenance(WindowPast {
            uid: self.uid.map(read_uid).transpose()?,
            revision: self
                .revision
                .map_or(plain.revision, |revision| i64::from(revision.max(1))),
            changed_at: self.changed_at.map_or(plain.changed_at, |at| at.0),
            occurrence,
            deeds: self.audit.into_iter().map(DeedLine::read).collect::<Result<_, _>>()?,
            ..plain
        }))
    }
}

impl DeedLine {
    fn of(deed: &Deed) -> DeedLine {
        DeedLine {
            at: Instant(deed.at),
            author: deed.author.clone(),
            action: deed.action.word().to_owned(),
            before: deed.before.as_ref().map(WindowForm::of),
            after: WindowForm::of(&deed.after),
        }
    }

    fn read(self) -> Result<Deed, String> {
        let action = Action::from_word(&self.action).ok_or_else(|| {
            format!("nothing that is done to maintenance is {:?}", self.action)
        })?;
        Ok(Deed {
            at: self.at.0,
            author: clean(self.author, "the author")?,
            action,
            before: self.before.map(WindowForm::read).transpose()?,
            after: self.after.read()?,
        })
    }
}

fn read_uid(uid: String) -> Result<String, String> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    match uid.len() == 32 && uid.bytes().all(is_digit) {
        true => Ok(uid),
        false => Err("a uid of maintenance has 32 small hexadecimal digits".to_owned()),
    }
}

fn read_monitors(monitors: Option<Vec<String>>) -> Result<Vec<MonitorId>, String> {
    match monitors {
        None => Ok(Vec::new()),
        Some(none) if none.is_empty() => {
            Err("monitors is empty; leave it out where all are meant".to_owned())
        }
        Some(some) => some.iter().map(|id| MonitorId::new(id)).collect(),
    }
}
