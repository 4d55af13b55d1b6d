//! What was promised, and what is left of it, in words.

use super::unbroken::unbroken;
use crate::domain::budget::Budget;
use crate::domain::percent::Verdict;
use crate::report::figures::Figures;
use crate::report::promise;
use chrono_tz::Tz;

/// Whether a promise was kept.
pub(super) struct Sla {
    pub(super) target: String,
    pub(super) word: &'static str,
    /// The name of its colour.
    pub(super) mark: &'static str,
    pub(super) certain: bool,
}

/// How much downtime the promise leaves, in words of which no length and no day is torn.
pub(super) struct BudgetWords {
    pub(super) allowed: String,
    pub(super) left: String,
    /// When it was or will be used up.
    pub(super) lost: Option<String>,
}

impl Sla {
    /// Whether these figures keep their promise.
    pub(super) fn of(figures: &Figures) -> Sla {
        let (word, mark) = match figures.verdict {
            Verdict::Met => ("met", "up"),
            Verdict::Missed => ("missed", "down"),
            Verdict::NoData => ("no data", "unknown"),
        };
        let certain = figures.certain || figures.verdict == Verdict::NoData;
        // A verdict that may be another does not wear the colour of one that stands.
        let mark = if certain { mark } else { "unknown" };
        Sla { target: figures.target.to_string(), word, mark, certain }
    }
}

impl BudgetWords {
    /// A budget, with its days in `zone`.
    pub(super) fn of(budget: &Budget, zone: Tz) -> BudgetWords {
        let words = promise::BudgetWords::of(budget, zone);
        BudgetWords {
            allowed: unbroken(&words.allowed),
            left: unbroken(&words.left),
            lost: words.lost.map(|(when, day)| format!("{when} {}", unbroken(&day))),
        }
    }
}
