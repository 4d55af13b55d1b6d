//! Every instant of a window in exactly one class: the one base of the day bars, the
//! month's figure and its explanation.

use super::ledger::Account;
use super::monitor::Monitor;
use super::span::{Span, Spans};
use super::timestamp::Timestamp;
use super::uptime::Tally;

/// What an instant counts as. Where several hold, the first in this order does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Before the monitor's creation, after its removal, or not yet settled.
    Outside,
    /// It was paused.
    Paused,
    /// Inside maintenance that was announced in time.
    Maintenance,
    /// It was down.
    Down,
    /// It was up, but slow.
    Degraded,
    /// It was up.
    Up,
    /// Nobody looked, or what was seen decides nothing.
    Unknown,
}

impl Class {
    /// Every class, in order of precedence.
    pub const ALL: [Class; 7] = [
        Class::Outside,
        Class::Paused,
        Class::Maintenance,
        Class::Down,
        Class::Degraded,
        Class::Up,
        Class::Unknown,
    ];
}

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
        let mut segments = Vec::new();
        if !window.is_empty() {
            segments.push(Segment { span: window, class: Class::Unknown });
        }
        let known = &account.known;
        let mut paint = |spans: &[Span], class| segments = painted(&segments, spans, class);
        paint(known.up.as_slice(), Class::Up);
        paint(known.degraded.as_slice(), Class::Degraded);
        paint(known.down.as_slice(), Class::Down);
        paint(maintenance.overlapping(window), Class::Maintenance);
        paint(monitor.pauses().overlapping(window), Class::Paused);
        let mut outside = monitor.lives().complement().within(window);
        outside = outside.union(&Spans::from(Span::new(account.as_of, Timestamp::MAX)));
        paint(outside.overlapping(window), Class::Outside);
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

    /// The time of one class.
    #[must_use]
    pub fn class(&self, class: Class) -> Spans {
        self.segments.iter().filter(|s| s.class == class).map(|s| s.span).collect()
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
