//! A month's uptime as people are shown it: the figure, or why there is none, with its
//! bounds and its coverage.

use crate::report::figures::{Figures, Shown};

/// What stands in a cell where there is nothing to say.
pub(super) const NOTHING: &str = "–";

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
    /// The address that says how it came about; `None` where it is said right here.
    pub(super) why: Option<String>,
}

impl Figure {
    /// The uptime of a month.
    pub(super) fn of(figures: &Figures, decimals: u32) -> Figure {
        let is_excused = figures.tally.paused + figures.tally.maintenance > 0;
        let (percent, remark) = match figures.shown_uptime(decimals) {
            Shown::Figure(percent) => (Some(percent), ""),
            Shown::Partial(percent) => (Some(percent), "partial data"),
            Shown::RangeOnly => (None, "range only"),
            Shown::Nothing if figures.tally.eligible() == 0 && is_excused => {
                (None, "not counted")
            }
            Shown::Nothing => (None, "no data"),
        };
        let observed = figures.tally.observed() > 0;
        Figure {
            percent,
            remark,
            bounds: figures.bounds_text().filter(|_| observed),
            coverage: figures.coverage_text(decimals),
            why: None,
        }
    }

    /// The same figure, with the address that says how it came about.
    pub(super) fn explained(self, why: String) -> Figure {
        Figure { why: Some(why), ..self }
    }
}
