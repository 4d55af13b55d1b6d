//! The maintenance windows that one outage outlasted, for its dossier.

use super::headline::{Piece, words};
use crate::domain::announcement::{Announcement, WindowId};
use crate::domain::class::Class;
use crate::domain::duration::Overtime;
use crate::domain::monitor::MonitorId;
use crate::domain::outage::Outage;
use crate::domain::overrun::Overrun;
use crate::domain::span::Span;
use crate::domain::timeline::Timeline;

/// An outage of many nights outlasts a window each; the first ones say how it began.
pub const OUTLASTED_MAX: usize = 5;

/// A window that an outage went on after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlasted {
    /// Which.
    pub window: WindowId,
    /// Until when it was announced; it may have been ended earlier.
    pub announced: Span,
    /// Whether its own time leaves the figure.
    pub is_excluded: bool,
    /// Whether it was announced as an emergency.
    pub is_emergency: bool,
    /// How long it was, and what lies beyond.
    pub overrun: Overrun,
    /// How much of what lies beyond counts as downtime, in milliseconds.
    pub counted_ms: i64,
}

impl Outlasted {
    /// Those about `monitor` that the outage outlasted, in order of their end, at most
    /// [`OUTLASTED_MAX`]; `within` is what the time of the outage counts as.
    #[must_use]
    pub fn all(
        monitor: &MonitorId,
        windows: &[Announcement],
        outage: &Outage,
        within: &Timeline,
    ) -> Vec<Outlasted> {
        let down = within.class(Class::Down);
        let outlasted = |announcement: &Announcement| {
            let window = &announcement.window;
            let overrun = Overrun::of(window.span(), outage, within.window().to)?;
            Some(Outlasted {
                window: announcement.id,
                announced: Span::new(window.start, window.end),
                is_excluded: window.excluded().is_some(),
                is_emergency: window.emergency,
                counted_ms: overrun.counted(&down).length_ms(),
                overrun,
            })
        };
        let about = windows.iter().filter(|of| of.window.is_about(monitor));
        let mut all: Vec<Outlasted> = about.filter_map(outlasted).collect();
        all.sort_by_key(|of| of.overrun.planned.to);
        all.truncate(OUTLASTED_MAX);
        all
    }

    /// `It began during maintenance that was planned until 02:30 (30 min), and took 47 min;
    /// what lies beyond counts: 17 min.`
    #[must_use]
    pub fn sentence(&self, outage: &Outage) -> Vec<Piece> {
        let Overrun { planned, lasts, .. } = self.overrun;
        let is_older = outage.from < planned.from;
        let began = match is_older {
            true => "It had begun before maintenance that ",
            false => "It began during maintenance that ",
        };
        let until = match planned.to < self.announced.to {
            true => "was ended at ",
            false => "was planned until ",
        };
        let mut pieces = words(&format!("{began}{until}"));
        pieces.push(Piece::At(planned.to));
        let beyond_ms = self.overrun.beyond.length_ms();
        let Overtime { planned, beyond, counted, took } =
            Overtime::of(planned, beyond_ms, self.counted_ms);
        // What had begun before is no part of what the work took.
        let went_on = match (is_older, lasts) {
            (false, false) => format!("took {took}"),
            (false, true) => format!("has taken {took} so far"),
            (true, false) => format!("went on for {beyond} after it"),
            (true, true) => format!("has gone on for {beyond} after it so far"),
        };
        pieces.extend(words(&format!(" ({planned}), and {went_on}")));
        pieces.extend(match (self.is_excluded, self.counted_ms) {
            (false, _) if self.is_emergency => {
                words("; all of that counts, for it was an emergency.")
            }
            (false, _) => words("; all of that counts, for it was not announced in time."),
            (true, 0) => words("; none of what lies beyond counts."),
            (true, ms) if ms == beyond_ms && is_older => words("; that counts."),
            (true, ms) if ms == beyond_ms => {
                words(&format!("; what lies beyond counts: {beyond}."))
            }
            (true, _) if is_older => words(&format!("; {counted} of that count.")),
            (true, _) => words(&format!("; of the {beyond} beyond, {counted} count.")),
        });
        pieces
    }
}
