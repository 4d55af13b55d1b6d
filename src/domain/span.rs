//! Half-open stretches of time, and sets of them.
//!
//! Used wherever time is cut, joined or measured. A [`Spans`] is always sorted,
//! its members neither overlap nor touch and none is empty, so two equal sets of
//! instants are equal values.

use super::timestamp::Timestamp;

/// The instants `from <= t < to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first instant inside.
    pub from: Timestamp,
    /// The first instant after.
    pub to: Timestamp,
}

impl Span {
    /// All time that everup can speak of.
    pub const ALWAYS: Span = Span { from: Timestamp::MIN, to: Timestamp::MAX };

    /// The span from `from` to `to`; empty when `to` is not later.
    #[must_use]
    pub fn new(from: Timestamp, to: Timestamp) -> Span {
        Span { from, to }
    }

    /// Its length in milliseconds, never negative.
    #[must_use]
    pub fn length_ms(self) -> i64 {
        self.to.since_ms(self.from).max(0)
    }

    /// Whether it holds no instant.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.to <= self.from
    }

    /// Whether `at` lies inside.
    #[must_use]
    pub fn contains(self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// What both have; may be empty.
    #[must_use]
    pub fn cut(self, other: Span) -> Span {
        Span { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    /// Whether they share an instant.
    #[must_use]
    pub fn overlaps(self, other: Span) -> bool {
        !self.cut(other).is_empty()
    }
}

/// A set of instants, as sorted spans that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans(Vec<Span>);

impl Spans {
    /// The set with no instant.
    #[must_use]
    pub fn empty() -> Spans {
        Spans(Vec::new())
    }

    /// Its spans, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Span] {
        &self.0
    }

    /// Whether it holds no instant.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The milliseconds it holds.
    #[must_use]
    pub fn length_ms(&self) -> i64 {
        self.0.iter().map(|span| span.length_ms()).sum()
    }

    /// The milliseconds it holds within `window`.
    #[must_use]
    pub fn length_within(&self, window: Span) -> i64 {
        self.overlapping(window)
            .iter()
            .map(|span| span.cut(window).length_ms())
            .sum()
    }

    /// Whether `at` lies inside.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.first_ending_after(at).is_some_and(|span| span.contains(at))
    }

    /// The first span that ends after `at`: the one `at` lies in, or the next.
    #[must_use]
    pub fn first_ending_after(&self, at: Timestamp) -> Option<Span> {
        let index = self.0.partition_point(|span| span.to <= at);
        self.0.get(index).copied()
    }

    /// The spans that share an instant with `window`, uncut.
    #[must_use]
    pub fn overlapping(&self, window: Span) -> &[Span] {
        if window.is_empty() {
            return &[];
        }
        let start = self.0.partition_point(|span| span.to <= window.from);
        let end = self.0.partition_point(|span| span.from < window.to);
        &self.0[start..end.max(start)]
    }

    /// Adds a span that starts no earlier than every member; it is joined to the
    /// last one when it touches it. For building in order of time.
    pub fn push(&mut self, span: Span) {
        if span.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => self.0.push(span),
        }
    }

    /// Spans that come in the order of their starts, as a set: [`Spans::push`], each.
    pub fn in_order(spans: impl IntoIterator<Item = Span>) -> Spans {
        let mut set = Spans::empty();
        for span in spans {
            set.push(span);
        }
        set
    }

    /// What lies inside `window`.
    #[must_use]
    pub fn within(&self, window: Span) -> Spans {
        // What is cut from a set is still in order, and does not touch.
        Spans(self.overlapping(window).iter().map(|span| span.cut(window)).collect())
    }

    /// The instants in either set.
    #[must_use]
    pub fn union(&self, other: &Spans) -> Spans {
        let mut both = Spans(Vec::with_capacity(self.0.len() + other.0.len()));
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        loop {
            let next = match (a.peek(), b.peek()) {
                (Some(x), Some(y)) if y.from < x.from => b.next(),
                (Some(_), _) => a.next(),
                (None, _) => b.next(),
            };
            match next {
                Some(span) => both.push(*span),
                None => return both,
            }
        }
    }

    /// The instants in both sets.
    #[must_use]
    pub fn intersect(&self, other: &Spans) -> Spans {
        let mut both = Spans::empty();
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            both.push(x.cut(**y));
            if x.to <= y.to {
                a.next();
            } else {
                b.next();
            }
        }
        both
    }

    /// The instants in this set and not in `other`.
    #[must_use]
    pub fn subtract(&self, other: &Spans) -> Spans {
        let mut rest = Spans::empty();
        for &span in &self.0 {
            let mut from = span.from;
            for hole in other.overlapping(span) {
                rest.push(Span::new(from, hole.from));
                from = from.max(hole.to);
            }
            rest.push(Span::new(from, span.to));
        }
        rest
    }

    /// All other time.
    #[must_use]
    pub fn complement(&self) -> Spans {
        Spans(vec![Span::ALWAYS]).subtract(self)
    }
}

/// Any spans, in any order, overlapping or not.
impl FromIterator<Span> for Spans {
    fn from_iter<I: IntoIterator<Item = Span>>(spans: I) -> Spans {
        let mut sorted: Vec<Span> = spans.into_iter().filter(|span| !span.is_empty()).collect();
        sorted.sort_unstable();
        Spans::in_order(sorted)
    }
}

impl From<Span> for Spans {
    fn from(span: Span) -> Spans {
        Spans::from_iter([span])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(from: i64, to: i64) -> Span {
        Span::new(Timestamp(from), Timestamp(to))
    }

    /// Sets over a small range, so that spans often touch, overlap and coincide.
    fn spans() -> impl Strategy<Value = Spans> {
        prop::collection::vec((0..40i64, 0..12i64), 0..8).prop_map(|pairs| {
            pairs.into_iter().map(|(from, ms)| span(from, from + ms)).collect()
        })
    }

    fn members(set: &Spans) -> Vec<i64> {
        (-1..60).filter(|&t| set.contains(Timestamp(t))).collect()
    }

    proptest! {
        #[test]
        fn set_operations_agree_with_membership(a in spans(), b in spans()) {
            let (in_a, in_b) = (members(&a), members(&b));
            let either: Vec<i64> =
                (-1..60).filter(|t| in_a.contains(t) || in_b.contains(t)).collect();
            let both: Vec<i64> = in_a.iter().copied().filter(|t| in_b.contains(t)).collect();
            let only_a: Vec<i64> = in_a.iter().copied().filter(|t| !in_b.contains(t)).collect();
            prop_assert_eq!(members(&a.union(&b)), either);
            prop_assert_eq!(members(&a.intersect(&b)), both);
            prop_assert_eq!(members(&a.subtract(&b)), only_a);
            prop_assert_eq!(a.length_ms(), in_a.len() as i64);
            let part = span(7, 23);
            prop_assert_eq!(a.length_within(part), a.within(part).length_ms());
            prop_assert_eq!(a.complement().complement(), a);
        }

        #[test]
        fn spans_never_touch(a in spans()) {
            prop_assert!(a.as_slice().windows(2).all(|pair| pair[0].to < pair[1].from));
            prop_assert!(a.as_slice().iter().all(|span| !span.is_empty()));
        }
    }

    #[test]
    fn an_empty_window_overlaps_nothing() {
        let set = Spans::from(span(0, 10));
        assert!(set.overlapping(span(5, 5)).is_empty());
        assert!(set.within(span(20, 10)).is_empty());
    }
}
