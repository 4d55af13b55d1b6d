//! Sentences of the report as HTML: names kept apart from the direction of the text
//! around them, instants as `<time>`.

use super::moment::Moment;
use super::unbroken::unbroken;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::report::headline::Piece;
use askama::Template;
use chrono_tz::Tz;

/// A sentence.
#[derive(Clone, Debug, Template)]
#[template(path = "sentence.html")]
pub(super) struct Sentence {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Name(String),
    At(Moment),
}

impl Sentence {
    /// A sentence as it is said at `now`.
    pub(super) fn of(pieces: Vec<Piece>, now: Timestamp, zone: Tz) -> Sentence {
        let end = |span| {
            let [_, to] = Moment::short_range(span, now, zone);
            to
        };
        Sentence::told(pieces, |at| Moment::short(at, now, zone), end)
    }

    /// A sentence whose instants are exact and in the report's zone.
    pub(super) fn exact(pieces: Vec<Piece>, zone: Tz) -> Sentence {
        let moment = |at| Moment::to_the_ms(at, zone);
        Sentence::told(pieces, moment, |span| moment(span.to))
    }

    /// A sentence whose instants are told to the second.
    pub(super) fn to_the_second(pieces: Vec<Piece>, zone: Tz) -> Sentence {
        Sentence::told(
            pieces,
            |at| Moment::exact(at, zone),
            |span| Moment::exact(span.to, zone),
        )
    }

    fn told(
        pieces: Vec<Piece>,
        moment: impl Fn(Timestamp) -> Moment,
        end: impl Fn(Span) -> Moment,
    ) -> Sentence {
        let part = |piece| match piece {
            Piece::Text(text) => Part::Text(unbroken(&text)),
            Piece::Name(name) => Part::Name(name),
            Piece::At(at) => Part::At(moment(at)),
            Piece::Until(span) => Part::At(end(span)),
        };
        Sentence { parts: pieces.into_iter().map(part).collect() }
    }

    /// Whether there is nothing to say.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}
