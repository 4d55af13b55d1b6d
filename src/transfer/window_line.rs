//! A maintenance window, as a line: the part of [`super::line`] that is about it.

use super::field::{Instant, message};
use super::line::Record;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::MonitorId;
use serde::{Deserialize, Serialize};

/// [`MaintenanceWindow`].
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
}

impl WindowLine {
    pub(super) fn of(window: &MaintenanceWindow) -> WindowLine {
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
        }
    }

    pub(super) fn read(self) -> Result<Record, String> {
        if self.end_time.0 <= self.start_time.0 {
            return Err("maintenance must end after it begins".to_owned());
        }
        Ok(Record::Maintenance(MaintenanceWindow {
            announced_at: self.announced_at.0,
            start: self.start_time.0,
            end: self.end_time.0,
            cancelled_at: self.cancelled_at.map(|at| at.0),
            message: message(self.message)?,
            monitors: read_monitors(self.monitors)?,
        }))
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
