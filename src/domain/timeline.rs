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

    /// The timeline whose segments begin at these instants, the first at the start of the
    /// window; `None` where they are not in order, not within it, or alike.
    #[must_use]
    pub fn of_starts(window: Span, starts: &[(Timestamp, Class)]) -> Option<Timeline> {
        let ends = starts.iter().skip(1).map(|(at, _)| *at).chain([window.to]);
        let segments: Vec<Segment> = (starts.iter().zip(ends))
            .map(|((from, class), to)| Segment { span: Span::new(*from, to), class: *class })
            .collect();
        let starts_right = segments.first().map_or(window.from, |first| first.span.from);
        let is_sound = starts_right == window.from
            && segments.is_empty() == window.is_empty()
            && segments.iter().all(|segment| !segment.span.is_empty())
            && segments.windows(2).all(|pair| pair[0].class != pair[1].class);
        is_sound.then_some(Timeline { window, segments })
    }

    /// One timeline of parts that follow each other without a hole.
    fn joined(parts: &[&Timeline]) -> Timeline {
        let windows = || parts.iter().map(|part| part.window).filter(|w| !w.is_empty());
        let from = windows().next().map_or(Timestamp::MIN, |window| window.from);
        let to = windows().next_back().map_or(from, |window| window.to);
        let mut segments: Vec<Segment> = Vec::new();
        for segment in parts.iter().flat_map(|part| &part.segments) {
            match segments.last_mut() {
                Some(last) if last.class == segment.class => last.span.to = segment.span.to,
                _ => segments.push(*segment),
            }
        }
        Timeline { window: Span::new(from, to), segments }
    }

    /// The same timeline, where `spans` count as `class` whatever they were.
    #[must_use]
    pub fn painted_over(&self, spans: &Spans, class: Class) -> Timeline {
        let segments = painted(&self.segments, spans.overlapping(self.window), class);
        Timeline { window: self.window, segments }
    }

    /// The same timeline with `part` in place of what it had in that window.
    #[must_use]
    pub fn with(&self, part: &Timeline) -> Timeline {
        let before = self.within(Span::new(Timestamp::MIN, part.window.from));
        let after = self.within(Span::new(part.window.to, Timestamp::MAX));
        Timeline::joined(&[&before, &part.within(self.window), &after])
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
