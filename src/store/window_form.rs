//! A maintenance window as JSON says it: in what was done to it, and in what the API
//! answers. Never read from a client: what one may say is less.

use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::MonitorId;
use crate::domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// [`MaintenanceWindow`] with instants as RFC 3339 in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowForm {
    /// When it begins.
    pub start_time: String,
    /// When it ends.
    pub end_time: String,
    /// What users are told.
    pub message: String,
    /// The ids of the monitors it is about; `null`: all.
    pub monitors: Option<Vec<String>>,
    /// Whether it was announced as an emergency.
    pub emergency: bool,
    /// When we received it.
    pub announced_at: String,
    /// When it was called off, if it was.
    pub cancelled_at: Option<String>,
}

impl WindowForm {
    /// A window as JSON says it.
    #[must_use]
    pub fn of(window: &MaintenanceWindow) -> WindowForm {
        let some = || window.monitors.iter().map(ToString::to_string).collect();
        WindowForm {
            start_time: window.start.to_string(),
            end_time: window.end.to_string(),
            message: window.message.clone(),
            monitors: (!window.monitors.is_empty()).then(some),
            emergency: window.emergency,
            announced_at: window.announced_at.to_string(),
            cancelled_at: window.cancelled_at.map(|at| at.to_string()),
        }
    }

    /// The window that it says.
    ///
    /// # Errors
    /// A sentence that says what is no instant, or no id.
    pub fn read(self) -> Result<MaintenanceWindow, String> {
        let instant = |text: &String| Timestamp::parse_rfc3339(text);
        let monitors = self.monitors.unwrap_or_default();
        Ok(MaintenanceWindow {
            announced_at: instant(&self.announced_at)?,
            start: instant(&self.start_time)?,
            end: instant(&self.end_time)?,
            cancelled_at: self.cancelled_at.as_ref().map(instant).transpose()?,
            message: self.message,
            monitors: monitors.iter().map(|id| MonitorId::new(id)).collect::<Result<_, _>>()?,
            emergency: self.emergency,
        })
    }

    /// Its text.
    #[must_use]
    pub fn print(&self) -> String {
        // Texts, a list of texts and a truth value cannot fail to be serialised.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads its text.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<MaintenanceWindow, String> {
        let form: WindowForm = serde_json::from_str(text).map_err(|error| error.to_string())?;
        form.read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_comes_back_as_it_was() {
        let window = MaintenanceWindow {
            announced_at: Timestamp(1_793_491_200_001),
            start: Timestamp(1_793_700_000_000),
            end: Timestamp(1_793_700_000_999),
            cancelled_at: Some(Timestamp(1_793_700_000_500)),
            message: "\"Disks\"\nand more".to_owned(),
            monitors: vec![MonitorId::new("api").unwrap()],
            emergency: true,
        };
        for window in [
            MaintenanceWindow { cancelled_at: None, monitors: Vec::new(), ..window.clone() },
            window,
        ] {
            assert_eq!(WindowForm::parse(&WindowForm::of(&window).print()), Ok(window));
        }
    }
}
