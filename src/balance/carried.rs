//! What a visitor is answered with: the body of a backend's answer on its way, or a text of
//! our own.

use super::body::{Broken, Pace};
use super::count::Outcome;
use super::line::Line;
use super::under_way::UnderWay;
use super::visitors::Turn;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The body of an answer.
pub enum Answer {
    /// What a backend sends.
    Carried(Carried),
    /// A text of ours, until it is taken.
    Said(Option<Bytes>),
}

impl Answer {
    /// A text.
    #[must_use]
    pub fn said(text: String) -> Answer {
        Answer::Said(Some(text.into()))
    }

    /// Nothing.
    #[must_use]
    pub fn none() -> Answer {
        Answer::Said(None)
    }
}

/// The body of a backend's answer. Once it is whole, its connection is kept for another
/// request; if it is let go before, the connection goes with it.
pub struct Carried {
    body: Incoming,
    pace: Pace,
    line: Option<Line>,
    /// Until it is known what became of it.
    under_way: Option<UnderWay>,
    outcome: Outcome,
    /// The visitor's connection is of use.
    _turn: Turn,
}

impl Carried {
    /// A body that begins; `outcome` is what becomes of the request if it ends well.
    pub(super) fn new(
        (body, pace): (Incoming, Pace),
        line: Line,
        (under_way, turn): (UnderWay, Turn),
        outcome: Outcome,
    ) -> Carried {
        let (line, under_way) = (Some(line), Some(under_way));
        let mut carried = Carried { body, pace, line, under_way, outcome, _turn: turn };
        // Of one without a body nobody will ask for a piece.
        if carried.body.is_end_stream() {
            carried.finish(outcome);
        }
        carried
    }

    fn finish(&mut self, outcome: Outcome) {
        let Some(under_way) = self.under_way.take() else { return };
        under_way.note(outcome);
        if let Some(line) = self.line.take()
            && matches!(outcome, Outcome::Answered | Outcome::ServerError)
        {
            under_way.keep(line);
        }
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        self.finish(Outcome::Abandoned);
    }
}

impl Body for Carried {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let carried = self.get_mut();
        let Some(line) = &mut carried.line else { return Poll::Ready(None) };
        let asked = line.poll_body(&mut carried.body, cx);
        let frame = ready!(carried.pace.judge(asked, cx));
        match &frame {
            Some(Err(_)) => carried.finish(Outcome::Cut),
            None => carried.finish(carried.outcome),
            Some(Ok(_)) if carried.body.is_end_stream() => carried.finish(carried.outcome),
            Some(Ok(_)) => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.get_mut() {
            Answer::Carried(carried) => Pin::new(carried).poll_frame(cx),
            Answer::Said(text) => Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Answer::Carried(carried) => carried.is_end_stream(),
            Answer::Said(text) => text.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Answer::Carried(carried) => carried.size_hint(),
            Answer::Said(text) => {
                SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64))
            }
        }
    }
}
