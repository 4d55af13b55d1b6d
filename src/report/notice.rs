//! What users should know beforehand: maintenance that is under way or planned.

use crate::domain::announcement::Announcement;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::MonitorId;
use crate::domain::span::Span;
use crate::domain::timestamp::{DAY_MS, Timestamp};

/// More would push the monitors off the screen.
pub const NOTICES_MAX: usize = 5;

/// What begins later than this can wait until the state of the monitors has been read.
const SOON_MS: i64 = DAY_MS;

/// What a window says where its owner wrote nothing.
pub const DEFAULT_MESSAGE: &str = "Scheduled maintenance in progress";

/// What it is called where there is nothing else to call it.
pub const DEFAULT_SUMMARY: &str = "Scheduled maintenance";

/// One maintenance window that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice<'a> {
    /// Its time.
    pub span: Span,
    /// Whether it is under way.
    pub active: bool,
    /// Whether its time leaves the figure, because it was announced in time.
    pub excluded: bool,
    /// What its owner wrote; may be empty.
    pub message: &'a str,
    /// The ids of the monitors it is about; empty: all.
    pub monitors: Vec<&'a str>,
}

impl Notice<'_> {
    /// Whether it is under way or about to begin.
    #[must_use]
    pub fn is_soon(&self, now: Timestamp) -> bool {
        self.span.from <= now.plus_ms(SOON_MS)
    }
}

/// The windows under way and to come, of `monitor` or of any, the next [`NOTICES_MAX`] in
/// order of their start.
#[must_use]
pub fn notices<'a>(
    windows: &'a [Announcement],
    monitor: Option<&MonitorId>,
    now: Timestamp,
) -> Vec<Notice<'a>> {
    let concerns =
        |window: &MaintenanceWindow| monitor.is_none_or(|monitor| window.is_about(monitor));
    let not_over = |window: &MaintenanceWindow| {
        window.cancelled_at.is_none_or(|cancelled| cancelled > now) && window.end > now
    };
    (windows.iter())
        .map(|announcement| &announcement.window)
        .filter(|window| not_over(window) && concerns(window))
        .take(NOTICES_MAX)
        .map(|window| Notice {
            span: Span::new(window.start, window.end),
            active: window.is_active(now),
            excluded: window.excluded().is_some(),
            message: window.message.trim(),
            monitors: window.monitors.iter().map(|id| id.as_str()).collect(),
        })
        .collect()
}
