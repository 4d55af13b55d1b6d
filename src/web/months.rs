//! The months that a quarter or a year is made of, as a table that adds up to it.

use super::explain::address;
use super::figure::{Figure, length};
use super::restatement;
use crate::domain::duration;
use crate::domain::month::Month;
use crate::domain::period::Period;
use crate::domain::uptime::Tally;
use crate::report::figures::Figures;
use crate::report::past::MonthSum;
use crate::report::restated::{self, CorrectedMonth};
use crate::store::closed::Subject;
use askama::Template;

/// The table.
#[derive(Clone, Debug, Template)]
#[template(path = "months.html")]
pub(super) struct MonthTable<'a> {
    caption: String,
    /// What a place in another report begins with, and goes on with.
    kind: char,
    id: &'a str,
    decimals: u32,
    rows: Vec<Row>,
    sum: Sums,
}

#[derive(Clone, Debug)]
struct Row {
    month: Month,
    /// What corrections make of its figure, where it was corrected.
    adjusted: Option<String>,
    sums: Sums,
}

/// A month, or all of them together.
#[derive(Clone, Debug)]
struct Sums {
    figure: Figure,
    downtime: String,
    down_ms: i64,
    observed: String,
    observed_ms: i64,
}

impl<'a> MonthTable<'a> {
    /// The months of a period in which anything was there, and what it came to. `home` is
    /// the page of whose months they are.
    pub(super) fn of(
        caption: String,
        home: &str,
        (kind, id): (char, &'a str),
        months: &[MonthSum],
        (period, figures, decimals): (Period, &Figures, u32),
    ) -> MonthTable<'a> {
        let is_lived = |sum: &&MonthSum| sum.tally.window() > sum.tally.outside;
        let row = |sum: &MonthSum| Row {
            month: sum.month,
            adjusted: None,
            sums: sums(
                &sum.tally,
                Figure::unbounded(&sum.tally, decimals)
                    .explained(address::of(home, Period::Month(sum.month))),
            ),
        };
        MonthTable {
            caption,
            kind,
            id,
            decimals,
            rows: months.iter().filter(is_lived).map(row).collect(),
            sum: sums(
                &figures.tally,
                Figure::of(figures, decimals).explained(address::of(home, period)),
            ),
        }
    }

    /// The same, which says beside the figures what corrections make of them.
    pub(super) fn corrected(mut self, months: &[CorrectedMonth]) -> MonthTable<'a> {
        let subject = if self.kind == 'g' { Subject::Group } else { Subject::Monitor };
        for row in &mut self.rows {
            let adjusted = restated::adjusted(months, row.month, subject, self.id);
            row.adjusted = adjusted.map(|of| restatement::uptime(of, self.decimals));
        }
        self
    }
}

fn sums(tally: &Tally, figure: Figure) -> Sums {
    Sums {
        figure,
        downtime: length(tally.down),
        down_ms: tally.down,
        observed: match tally.observed() {
            0 => "none".to_owned(),
            ms => duration::at_least_in_words(ms),
        },
        observed_ms: tally.observed(),
    }
}
