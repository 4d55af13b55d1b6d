//! An uptime as people are shown it: the figure, or why there is none, with its bounds
//! and its coverage.

use super::unbroken::unbroken;
use crate::domain::duration;
use crate::domain::percent;
use crate::domain::timestamp::Timestamp;
use crate::domain::uptime::Tally;
use crate::report::figures::{Figures, Shown};

/// What stands in a cell where there is nothing to say.
pub(super) const NOTHING: &str = "–";

/// A length of time, or that there was none.
pub(super) fn length(ms: i64) -> String {
    if ms > 0 { unbroken(&duration::in_words(ms)) } else { "none".to_owned() }
}

/// The uptime of some time, ready to be printed.
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

/// The edges of a life that lie within a period, each with its word; `print` says when.
/// A figure that is of less than its period says so.
pub(super) fn life<T>(
    figures: &Figures,
    print: impl Fn(Timestamp) -> T,
) -> Vec<(&'static str, T)> {
    let edges = [("since", figures.life_from()), ("until", figures.life_to())];
    edges
        .into_iter()
        .filter_map(|(word, at)| at.map(|at| (word, print(at))))
        .collect()
}

impl Figure {
    /// The uptime of a period.
    pub(super) fn of(figures: &Figures, decimals: u32) -> Figure {
        let observed = figures.tally.observed() > 0;
        Figure {
            bounds: figures.bounds_text(decimals).filter(|_| observed),
            ..Figure::made(&figures.tally, decimals, "range only")
        }
    }

    /// The uptime of a time beside which only its coverage is said.
    pub(super) fn unbounded(tally: &Tally, decimals: u32) -> Figure {
        Figure::made(tally, decimals, "too little seen")
    }

    /// `instead` stands in place of a figure where under half of the time was observed.
    fn made(tally: &Tally, decimals: u32, instead: &'static str) -> Figure {
        let is_excused = tally.paused + tally.maintenance > 0;
        let (percent, remark) = match Shown::of(tally, decimals) {
            Shown::Figure(percent) => (Some(percent), ""),
            Shown::Partial(percent) => (Some(percent), "partial data"),
            Shown::RangeOnly => (None, instead),
            Shown::Nothing if tally.eligible() == 0 && is_excused => (None, "not counted"),
            Shown::Nothing => (None, "no data"),
        };
        let coverage = tally.coverage().map(|ratio| percent::shown(ratio, decimals));
        Figure { percent, remark, bounds: None, coverage, why: None }
    }

    /// The same figure, with the address that says how it came about.
    pub(super) fn explained(self, why: String) -> Figure {
        Figure { why: Some(why), ..self }
    }
}
