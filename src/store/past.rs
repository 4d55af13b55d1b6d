//! What stands behind a monitor's checks: when it existed, and how it was judged.
//!
//! `transfer` moves it, so that a history that comes to another database reads there as it
//! did. Nothing here judges.

use crate::domain::monitor::{Monitor, MonitorId, Parameters};
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;

/// A monitor's time, and its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Its stable id.
    pub id: MonitorId,
    /// Its name for people.
    pub name: String,
    /// What is or was checked, fit to be shown to anyone.
    pub url: String,
    /// When it existed; a life that lasts ends at [`Timestamp::MAX`]. Not empty.
    pub lives: Spans,
    /// How it was judged, each version from an instant on, in order. Not empty.
    pub parameters: Vec<(Timestamp, Parameters)>,
}

impl Past {
    /// The past of a monitor from an instant on; `None` if it did not exist since.
    #[must_use]
    pub fn of(monitor: &Monitor, from: Timestamp) -> Option<Past> {
        let lives = monitor.lives().within(Span::new(from, Timestamp::MAX));
        let first = lives.as_slice().first()?.from;
        Some(Past {
            id: monitor.id.clone(),
            name: monitor.name.clone(),
            url: monitor.url.clone(),
            lives,
            parameters: monitor.parameters.within(Span::new(first, Timestamp::MAX)),
        })
    }

    /// Whether it is watched still.
    #[must_use]
    pub fn is_living(&self) -> bool {
        self.lives.as_slice().last().is_some_and(|life| life.to == Timestamp::MAX)
    }
}
