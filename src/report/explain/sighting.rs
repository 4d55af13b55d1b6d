//! The checks that an explanation cites: those at the edges of what happened, and those
//! inside gaps, which say why they decided nothing.
//!
//! Read a day at a time, and only what is wanted of it is kept, so that the cost grows
//! with what happened.

use crate::domain::check::Check;
use crate::domain::monitor::{Key, Monitor};
use crate::domain::sighting::Sighting;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::{DAY_MS, Timestamp};
use crate::store::contract::{Store, StoreError};

/// The checks of one monitor that began within some time, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sightings {
    /// In this time, every check is here. What lies between two checks with a hole in it
    /// is not known, and nothing here speaks across a hole.
    within: Spans,
    all: Vec<Sighting>,
}

impl Sightings {
    /// All checks that began within `within`, in order.
    #[must_use]
    pub fn of<'a>(within: Spans, checks: impl IntoIterator<Item = &'a Check>) -> Sightings {
        let mut sightings = Sightings { within, all: Vec::new() };
        sightings.extend(checks);
        sightings
    }

    /// Reads those that began within `wanted`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn read(
        store: &dyn Store,
        key: Key,
        wanted: Spans,
    ) -> Result<Sightings, StoreError> {
        let mut sightings = Sightings { within: wanted, all: Vec::new() };
        for day in days(&sightings.within) {
            let mut checks = store.checks(key, day).await?;
            checks.retain(|check| sightings.within.contains(check.started_at));
            sightings.extend(&checks);
        }
        Ok(sightings)
    }

    fn extend<'a>(&mut self, checks: impl IntoIterator<Item = &'a Check>) {
        for check in checks {
            let mut sighting = Sighting::of(check);
            // A failing target says the same thousands of times.
            let before = self.all.last().and_then(|last| last.reason.as_ref());
            if sighting.reason.as_ref() == before {
                sighting.reason = before.cloned();
            }
            self.all.push(sighting);
        }
    }

    /// Those that began within a span.
    pub(super) fn within(&self, span: Span) -> &[Sighting] {
        let (start, end) = (self.first_from(span.from), self.first_from(span.to));
        &self.all[start..end.max(start)]
    }

    /// The one that began then.
    pub(super) fn at(&self, at: Timestamp) -> Option<&Sighting> {
        self.all.get(self.first_from(at)).filter(|sighting| sighting.at == at)
    }

    /// The newest that began before `at`, whatever it says.
    pub(super) fn before(&self, at: Timestamp) -> Option<&Sighting> {
        let before = self.all.get(self.first_from(at).checked_sub(1)?);
        before.filter(|before| self.is_whole(before.at, at))
    }

    /// The first that began at `at` or later, whatever it says.
    pub(super) fn after(&self, at: Timestamp) -> Option<&Sighting> {
        let after = self.all.get(self.first_from(at));
        after.filter(|after| self.is_whole(at, after.at))
    }

    /// The newest that counts and began before `at`.
    pub(super) fn counted_before(&self, at: Timestamp, monitor: &Monitor) -> Option<&Sighting> {
        let before = &self.all[..self.first_from(at)];
        let counted = before.iter().rev().find(|sighting| sighting.counts(monitor));
        counted.filter(|counted| self.is_whole(counted.at, at))
    }

    /// Those that count, from `at` on.
    pub(super) fn counted_from(
        &self,
        at: Timestamp,
        monitor: &Monitor,
    ) -> impl Iterator<Item = &Sighting> {
        let from = &self.all[self.first_from(at)..];
        from.iter().filter(|sighting| sighting.counts(monitor))
    }

    fn first_from(&self, at: Timestamp) -> usize {
        self.all.partition_point(|sighting| sighting.at < at)
    }

    fn is_whole(&self, from: Timestamp, to: Timestamp) -> bool {
        let span = self.within.first_ending_after(from);
        span.is_some_and(|span| span.from <= from && to <= span.to)
    }
}

/// The UTC days that hold any of `wanted`, each from the first wanted instant to the last.
fn days(wanted: &Spans) -> Vec<Span> {
    let mut days: Vec<Span> = Vec::new();
    for span in wanted.as_slice() {
        let mut from = span.from;
        while from < span.to {
            let end = Timestamp((from.0.div_euclid(DAY_MS) + 1) * DAY_MS);
            let to = end.min(span.to);
            match days.last_mut() {
                Some(last) if last.from.0.div_euclid(DAY_MS) == from.0.div_euclid(DAY_MS) => {
                    last.to = to;
                }
                _ => days.push(Span::new(from, to)),
            }
            from = to;
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_is_read_once_and_no_other() {
        let span = |from, to| Span::new(Timestamp(from), Timestamp(to));
        let wanted: Spans =
            [span(5, 9), span(20, 30), span(DAY_MS - 1, 2 * DAY_MS + 1), span(-3, -2)]
                .into_iter()
                .collect();
        let expected = [
            span(-3, -2),
            span(5, DAY_MS),
            span(DAY_MS, 2 * DAY_MS),
            span(2 * DAY_MS, 2 * DAY_MS + 1),
        ];
        assert_eq!(days(&wanted), expected);
    }
}
