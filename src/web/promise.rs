//! What was promised, and what is left of it, in words.

use super::moment;
use super::unbroken::unbroken;
use crate::domain::budget::Budget;
use crate::domain::duration;
use crate::domain::percent::Verdict;
use crate::domain::timestamp::Timestamp;
use crate::report::figures::Figures;
use chrono_tz::Tz;

/// Whether a promise was kept.
pub(super) struct Sla {
    pub(super) target: String,
    pub(super) word: &'static str,
    /// The name of its colour.
    pub(super) mark: &'static str,
    pub(super) certain: bool,
}

/// How much downtime the promise leaves.
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
        let day = |at: Timestamp| unbroken(&moment::day_of(at, zone));
        let lost = budget.lost_at.map(|at| match budget.used_ms > budget.allowed_ms {
            true => format!("lost on {}", day(at)),
            false => format!("at this pace lost on {}", day(at)),
        });
        let left = match budget.left_ms() {
            left if left >= 0 => format!("{} left", duration::at_least_in_words(left)),
            over => format!("{} too much", duration::in_words(-over)),
        };
        let allowed = unbroken(&duration::at_least_in_words(budget.allowed_ms));
        BudgetWords { allowed, left: unbroken(&left), lost }
    }
}
