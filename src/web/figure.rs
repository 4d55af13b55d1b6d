//! A month's uptime as people are shown it: the figure, or why there is none, with its
//! bounds and its coverage.

use crate::domain::duration;
use crate::domain::percent;
use crate::domain::uptime::Tally;
use crate::report::figures::{Figures, Shown};

/// What stands in a cell where there is nothing to say.
pub(super) const NOTHING: &str = "–";

/// A length of time, or that there was none.
pub(super) fn length(ms: i64) -> String {
    if ms > 0 { duration::in_words(ms) } else { "none".to_owned() }
}

/// A month's uptime, ready to be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Figure {
    /// The percentage, without its sign; `None` where too little was observed for one.
    pub(super) percent: Option<String>,
    /// What must be said beside or in place of the figure.
    pub(super) remark: &'static str,
    /// Low and high bound; `None` where nothing was eligible or observed.
    pub(super) bounds: Option<(String, String)>,
    /// How much of the eligible time was observed; `None` where nothing was eligible.
    pub(super) coverage: Option<String>,
}

impl Figure {
    /// The uptime of a month.
    pub(super) fn of(figures: &Figures, decimals: u32) -> Figure {
        let observed = figures.tally.observed() > 0;
        Figure {
            bounds: figures.bounds_text().filter(|_| observed),
            ..Figure::of_tally(&figures.tally, decimals)
        }
    }

    /// The uptime of a sum, without bounds.
    pub(super) fn of_tally(tally: &Tally, decimals: u32) -> Figure {
        let is_excused = tally.paused + tally.maintenance > 0;
        let (percent, remark) = match Shown::of(tally, decimals) {
            Shown::Figure(percent) => (Some(percent), ""),
            Shown::Partial(percent) => (Some(percent), "partial data"),
            Shown::RangeOnly => (None, "range only"),
            Shown::Nothing if tally.eligible() == 0 && is_excused => (None, "not counted"),
            Shown::Nothing => (None, "no data"),
        };
        Figure {
            percent,
            remark,
            bounds: None,
            coverage: tally.coverage().map(|ratio| percent::shown(ratio, decimals)),
        }
    }
}
