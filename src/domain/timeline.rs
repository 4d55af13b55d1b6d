//! Every instant of a window in exactly one class: the one base of the day bars, the
//! month's figure and its explanation.

use super::class::Class;
use super::ledger::Account;
use super::monitor::Monitor;
use super::span::{Span, Spans};
use super::timestamp::Timestamp;
use super::uptime::Tally;

/// A stretch of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its time; never empty.
    pub span: Span,
    /// What it counts as.
    pub class: Class,
}

/// A window, cut into segments: without holes or overlaps, neighbours differ in class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    window: Span,
    segments: Vec<Segment>,
}

impl Timeline {
    /// The timeline of `monitor` in `window`. `account` must be of the same window;
    /// `maintenance` is the time that announced windows exclude.
    #[must_use]
    pub fn new(
        window: Span,
        monitor: &Monitor,
        maintenance: &Spans,
        account: &Account,
    ) -> Timeline {
        let known = &account.known;
        let outside = monitor.lives().complement().within(window);
        let outside = outside.union(&Spans::from(Span::new(account.as_of, Timestamp::MAX)));
        Timeline::layered(
            window,
            [
                (Class::Up, &known.up),
                (Class::Degraded, &known.degraded),
                (Class::Down, &known.down),
                (Class::Maintenance, maintenance),
                (Class::Paused, monitor.pauses()),
                (Class::Outside, &outside),
            ],
        )
    }

    /// A window that is unknown but for these layers, each laid over those before it.
    #[must_use]
    pub fn layered<'a>(
        window: Span,
        layers: impl IntoIterator<Item = (Class, &'a Spans)>,
    ) -> Timeline {
        let mut segments = Vec::new();
        if !window.is_empty() {
            segments.push(Segment { span: window, class: Class::Unknown });
        }
        for (class, spans) in layers {
            segments = painted(&segments, spans.overlapping(window), class);
        }
        Timeline { window, segments }
    }

    /// The window it was made for.
    #[must_use]
    pub fn window(&self) -> Span {
        self.window
    }

    /// Its segments, in order of time.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The same timeline, as far as it lies in a part of its window.
    #[must_use]
    pub fn within(&self, part: Span) -> Timeline {
        let window = self.window.cut(part);
        let segments = (self.segments.iter())
            .map(|segment| Segment { span: segment.span.cut(window), ..*segment })
            .filter(|segment| !segment.span.is_empty())
            .collect();
        Timeline { window, segments }
    }

    /// The time of one class.
    #[must_use]
    pub fn class(&self, class: Class) -> Spans {
        Spans::in_order(self.segments.iter().filter(|s| s.class == class).map(|s| s.span))
    }

    /// The time that could count.
    #[must_use]
    pub fn eligible(&self) -> Spans {
        let eligible = self.segments.iter().filter(|s| s.class.is_eligible());
        Spans::in_order(eligible.map(|s| s.span))
    }

    /// How long each class lasted in the whole window.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally_within(self.window)
    }

    /// How long each class lasted in a part of the window.
    #[must_use]
    pub fn tally_within(&self, part: Span) -> Tally {
        let mut tally = Tally::default();
        let start = self.segments.partition_point(|segment| segment.span.to <= part.from);
        for segment in &self.segments[start..] {
            if segment.span.from >= part.to {
                break;
            }
            tally.add(segment.class, segment.span.cut(part).length_ms());
        }
        tally
    }
}

/// `segments` with `class` in place of whatever they had within `spans`, both in order.
fn painted(segments: &[Segment], spans: &[Span], class: Class) -> Vec<Segment> {
    let mut result: Vec<Segment> = Vec::with_capacity(segments.len() + 2 * spans.len());
    let mut push = |span: Span, class: Class| {
        if span.is_empty() {
            return;
        }
        match result.last_mut() {
            Some(last) if last.class == class => last.span.to = span.to,
            _ => result.push(Segment { span, class }),
        }
    };
    let mut next = 0;
    for segment in segments {
        let mut from = segment.span.from;
        while let Some(span) = spans.get(next) {
            let inside = span.cut(segment.span);
            if inside.is_empty() {
                if span.from >= segment.span.to {
                    break;
                }
                next += 1;
                continue;
            }
            push(Span::new(from, inside.from), segment.class);
            push(inside, class);
            from = inside.to;
            if span.to > segment.span.to {
                break;
            }
            next += 1;
        }
        push(Span::new(from, segment.span.to), segment.class);
    }
    result
}
