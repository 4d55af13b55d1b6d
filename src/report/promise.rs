//! How much downtime a promise leaves, in words: the same in every form and on every page.

use crate::domain::budget::Budget;
use crate::domain::duration;
use crate::domain::month::local_date;
use chrono_tz::Tz;

/// An error budget in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetWords {
    /// How much downtime is allowed: `43 min`.
    pub allowed: String,
    /// What is left of that, or what was too much: `27 min left`.
    pub left: String,
    /// When that was or at this pace will be used up, if it is, and the day: `lost on` and
    /// `3 Nov`.
    pub lost: Option<(&'static str, String)>,
}

impl BudgetWords {
    /// A budget, with its day in `zone`.
    #[must_use]
    pub fn of(budget: &Budget, zone: Tz) -> BudgetWords {
        BudgetWords {
            allowed: duration::at_least_in_words(budget.allowed_ms),
            left: match budget.left_ms() {
                left if left >= 0 => format!("{} left", duration::at_least_in_words(left)),
                over => format!("{} too much", duration::in_words(-over)),
            },
            lost: budget.lost_at.map(|at| {
                let is_lost = budget.used_ms > budget.allowed_ms;
                let when = if is_lost { "lost on" } else { "at this pace lost on" };
                (when, local_date(at, zone).format("%-d %b").to_string())
            }),
        }
    }
}
