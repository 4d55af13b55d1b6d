//! The checks of an outage one by one, as far as anyone reads them.
//!
//! A day of downtime has a thousand checks that say the same. The first are listed, the
//! last, and those that say something else than the one before them.

use crate::domain::check::{Check, Kind, Verdict};
use crate::domain::monitor::Key;
use crate::domain::span::Span;
use crate::domain::timestamp::DAY_MS;
use crate::store::contract::{Store, StoreError};
use std::collections::VecDeque;

/// The run that opened an outage, and the first minutes after it.
const FIRST_MAX: usize = 12;
/// What came right before the recovery.
const LAST_MAX: usize = 3;
/// A target that fails in turns would list every check.
const CHANGES_MAX: usize = 40;
/// Of an outage that is longer than both together, only so many days at its start and at
/// its end are read: a day is a few milliseconds.
const DAYS_AT_START: i64 = 2;
const DAYS_AT_END: i64 = 1;

/// A line of the listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// A check.
    Check(Box<Check>),
    /// So many checks that said the same as the one before; `None` where they were not
    /// counted.
    LeftOut(Option<u64>),
}

/// The checks of a monitor that began within `span`.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(store: &dyn Store, key: Key, span: Span) -> Result<Vec<Listed>, StoreError> {
    let first = span.from.plus_ms(DAYS_AT_START * DAY_MS);
    let last = span.to.plus_ms(-DAYS_AT_END * DAY_MS);
    let parts = match first < last {
        true => vec![Span::new(span.from, first), Span::new(last, span.to)],
        false => vec![span],
    };
    let mut lines = Vec::new();
    for part in parts {
        if !lines.is_empty() {
            lines.push(Listed::LeftOut(None));
        }
        let mut listing = Listing::default();
        let mut from = part.from;
        while from < part.to {
            let to = from.plus_ms(DAY_MS).min(part.to);
            for check in store.checks(key, Span::new(from, to)).await? {
                listing.add(check);
            }
            from = to;
        }
        lines.extend(listing.finish());
    }
    Ok(lines)
}

/// A listing under way.
#[derive(Default)]
struct Listing {
    lines: Vec<Listed>,
    checks: usize,
    changes: usize,
    /// What the newest check said.
    newest: Option<Said>,
    /// The newest ones that are not listed yet, and how many before them will not be.
    waiting: VecDeque<Check>,
    left_out: u64,
}

type Said = (Verdict, Option<Kind>, Option<u16>);

impl Listing {
    fn add(&mut self, check: Check) {
        let evidence = check.evidence.as_deref();
        let kind = evidence.and_then(|seen| seen.kind);
        let said = (check.verdict, kind, evidence.and_then(|seen| seen.status));
        let is_change = self.newest.replace(said) != Some(said) && self.changes < CHANGES_MAX;
        self.checks += 1;
        if self.checks <= FIRST_MAX {
            self.lines.push(Listed::Check(Box::new(check)));
        } else if is_change {
            self.changes += 1;
            self.flush();
            self.lines.push(Listed::Check(Box::new(check)));
        } else {
            self.waiting.push_back(check);
            if self.waiting.len() > LAST_MAX {
                self.waiting.pop_front();
                self.left_out += 1;
            }
        }
    }

    fn flush(&mut self) {
        if self.left_out > 0 {
            self.lines.push(Listed::LeftOut(Some(self.left_out)));
            self.left_out = 0;
        }
        let waiting = self.waiting.drain(..);
        self.lines.extend(waiting.map(|check| Listed::Check(Box::new(check))));
    }

    fn finish(mut self) -> Vec<Listed> {
        self.flush();
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::Evidence;
    use crate::domain::timestamp::Timestamp;

    fn fail(minute: i64, status: u16) -> Check {
        let evidence = Evidence { status: Some(status), ..Evidence::default() };
        Check {
            started_at: Timestamp(minute),
            verdict: Verdict::Fail,
            latency_us: None,
            evidence: Some(Box::new(evidence)),
        }
    }

    /// The minutes of those that are listed, negative where some are left out.
    fn listed(statuses: impl IntoIterator<Item = u16>) -> Vec<i64> {
        let mut listing = Listing::default();
        for (status, minute) in statuses.into_iter().zip(0..) {
            listing.add(fail(minute, status));
        }
        let number = |line| match line {
            Listed::Check(check) => check.started_at.0,
            Listed::LeftOut(count) => -i64::try_from(count.unwrap()).unwrap(),
        };
        listing.finish().into_iter().map(number).collect()
    }

    #[test]
    fn a_short_outage_is_listed_whole() {
        let all: Vec<i64> = (0..15).collect();
        assert_eq!(listed([502; 15]), all);
        assert_eq!(listed([502; 0]), [0; 0]);
    }

    #[test]
    fn of_a_long_one_the_beginning_the_end_and_every_change() {
        let mut statuses = [502; 1_000];
        statuses[500] = 503;
        let first: Vec<i64> = (0..12).collect();
        let rest = [-485, 497, 498, 499, 500, 501, -495, 997, 998, 999];
        assert_eq!(listed(statuses), [first.as_slice(), &rest].concat());
    }

    #[test]
    fn a_target_that_fails_in_turns_is_bounded() {
        let turns = (0..10_000).map(|minute| 500 + (minute % 2));
        assert!(listed(turns).len() <= FIRST_MAX + CHANGES_MAX + LAST_MAX + 1);
    }
}
