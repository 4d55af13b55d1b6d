//! A window cut into parts that each have one class and, where nothing was seen, one
//! cause. The parts leave no hole and do not overlap, so their sums are the figure.

use super::gap;
use super::reading::Reading;
use crate::domain::check::Kind;
use crate::domain::class::Class;
use crate::domain::foreign::Source;
use crate::domain::gap::Why;
use crate::domain::span::{Span, Spans};
use crate::domain::timeline::Segment;
use crate::domain::timestamp::Timestamp;

/// A stretch of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its time; never empty.
    pub span: Span,
    /// What it counts as.
    pub class: Class,
    /// Why it is outside or unknown; the other classes speak for themselves.
    pub cause: Option<Cause>,
    /// Whose checks say so, where they are not our own. Of unknown time only where they say
    /// themselves that nobody looked.
    pub source: Option<Source>,
}

/// Why some time is outside, or why nobody knows how it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Outside: the monitor did not exist yet.
    BeforeCreation,
    /// Outside: the monitor did not exist any more.
    AfterRemoval,
    /// Outside: what it will count as is still open.
    NotSettled,
    /// Unknown: there were checks, but everup could not judge; of this kind.
    Own(Option<Kind>),
    /// Unknown: there were imported checks, and by them their source did not look.
    NotLooked(Source),
    /// Unknown: there were checks, too few to decide, and then nothing came in time.
    Undecided,
    /// Unknown: the checks that might say why are not kept any more, nor what they said.
    NotKept,
    /// Unknown: from before everup noted when it runs.
    NoRecord,
    /// Unknown: everup did not run.
    NotRunning,
    /// Unknown: everup ran, and its first check had not begun.
    BeforeFirstCheck,
    /// Unknown: everup ran, and no check began in time.
    Late,
}

impl Cause {
    /// Why checks decided nothing, as the cause of a gap in time that is our own.
    pub(super) fn of(why: Why) -> Cause {
        match why {
            Why::Own(kind) => Cause::Own(kind),
            Why::Undecided => Cause::Undecided,
        }
    }

    /// What checks say of themselves that make it the cause of a gap.
    pub(super) fn why(self) -> Option<Why> {
        match self {
            Cause::Own(kind) => Some(Why::Own(kind)),
            Cause::NotLooked(_) => Some(Why::Own(None)),
            Cause::Undecided => Some(Why::Undecided),
            _ => None,
        }
    }

    /// Whose checks say so, where they are not our own.
    pub(super) fn source(self) -> Option<Source> {
        match self {
            Cause::NotLooked(source) => Some(source),
            _ => None,
        }
    }

    /// The word used in exports. A check that could not judge has that of its kind.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Cause::BeforeCreation => "before-creation",
            Cause::AfterRemoval => "after-removal",
            Cause::NotSettled => "not-settled",
            Cause::Own(kind) => Why::Own(kind).word(),
            Cause::NotLooked(_) => "not-looked",
            Cause::Undecided => Why::Undecided.word(),
            Cause::NotKept => "not-kept",
            Cause::NoRecord => "no-record",
            Cause::NotRunning => "not-running",
            Cause::BeforeFirstCheck => "before-first-check",
            Cause::Late => "late",
        }
    }

    /// A few words for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Cause::BeforeCreation => "not watched yet",
            Cause::AfterRemoval => "no longer watched",
            Cause::NotSettled => "not settled yet",
            Cause::Own(Some(Kind::OwnNetwork)) => "everup's own network",
            Cause::Own(Some(Kind::OwnResolver)) => "everup's own resolver",
            Cause::Own(Some(Kind::OwnResources)) => "everup's own resources",
            Cause::Own(Some(Kind::OwnStall)) => "everup stood still",
            Cause::Own(Some(Kind::OwnClock)) => "everup's clock",
            Cause::Own(Some(Kind::OwnStore)) => "everup's database",
            Cause::Own(_) => "everup could not judge",
            Cause::NotLooked(Source::UptimeKuma) => "Uptime Kuma did not look",
            Cause::NotLooked(Source::UptimeRobot) => "UptimeRobot did not look",
            Cause::NotLooked(Source::Demo) => "made up by everup demo",
            Cause::Undecided => "undecided when the checks stopped",
            Cause::NotKept => "its checks are not kept any more",
            Cause::NoRecord => "no record",
            Cause::NotRunning => "everup was not running",
            Cause::BeforeFirstCheck => "before the first check",
            Cause::Late => "no check came in time",
        }
    }
}

/// The parts of the window, in order.
pub(super) fn parts(reading: &Reading<'_>) -> Vec<Part> {
    let elsewhere = Source::ALL.map(|source| (source, reading.checked_by(source)));
    let cut = |Segment { span, class }: Segment| -> Vec<Part> {
        let part = |span| Part { span, class, cause: None, source: None };
        let because = |(span, cause): (Span, Cause)| Part {
            cause: Some(cause),
            source: cause.source(),
            ..part(span)
        };
        match class {
            Class::Outside => outside(reading, span).into_iter().map(because).collect(),
            Class::Unknown => gap::causes(reading, span).into_iter().map(because).collect(),
            Class::Paused | Class::Maintenance => vec![part(span)],
            Class::Up | Class::Degraded | Class::Down => {
                let by = elsewhere.iter().map(|(source, spans)| (Some(*source), spans.clone()));
                let by = divided(span, by, |_| None);
                by.into_iter().map(|(span, source)| Part { source, ..part(span) }).collect()
            }
        }
    };
    let segments = reading.figures().timeline.segments();
    segments.iter().copied().flat_map(cut).collect()
}

fn outside(reading: &Reading<'_>, span: Span) -> Vec<(Span, Cause)> {
    let lives = reading.facts.history.monitor.lives();
    let born = lives.as_slice().first().map_or(Timestamp::MAX, |life| life.from);
    let unborn = Spans::from(Span::new(Timestamp::MIN, born));
    let layers = [(Cause::BeforeCreation, unborn), (Cause::AfterRemoval, lives.complement())];
    divided(span, layers, |_| Cause::NotSettled)
}

/// A span cut by layers, each before those that follow it; `rest` says what is left.
pub(super) fn divided<T: Copy + Ord>(
    span: Span,
    layers: impl IntoIterator<Item = (T, Spans)>,
    rest: impl Fn(Span) -> T,
) -> Vec<(Span, T)> {
    let mut left = Spans::from(span);
    let mut pieces: Vec<(Span, T)> = Vec::new();
    for (of, spans) in layers {
        let taken = left.intersect(&spans);
        pieces.extend(taken.as_slice().iter().map(|span| (*span, of)));
        left = left.subtract(&spans);
    }
    pieces.extend(left.as_slice().iter().map(|span| (*span, rest(*span))));
    pieces.sort_unstable();
    let mut joined: Vec<(Span, T)> = Vec::with_capacity(pieces.len());
    for (span, of) in pieces {
        match joined.last_mut() {
            Some((last, known)) if *known == of => last.to = span.to,
            _ => joined.push((span, of)),
        }
    }
    joined
}
