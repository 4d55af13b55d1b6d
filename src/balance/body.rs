//! Bodies on their way, either way. Nothing of them is kept: what one side does not take,
//! the other is not asked for. A piece that does not come in time ends them.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Sleep;

/// Why a body ended before its end.
#[derive(Debug)]
pub enum Broken {
    /// No piece of it came for so long.
    TooSlow,
    /// Whoever sent it broke it off, or sent what is no body.
    Off(hyper::Error),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::TooSlow => f.write_str("no piece of the body came in time"),
            Broken::Off(error) => write!(f, "the body broke off: {error}"),
        }
    }
}

impl std::error::Error for Broken {}

/// How long the next piece of a body is waited for.
pub struct Pace {
    idle: Duration,
    /// Runs only while a piece is waited for.
    wait: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    /// A piece comes at least so often.
    #[must_use]
    pub fn new(idle: Duration) -> Pace {
        Pace { idle, wait: None }
    }

    /// What asking for a piece came to; one that was waited for too long is an error.
    pub fn judge(
        &mut self,
        asked: Poll<Option<hyper::Result<Frame<Bytes>>>>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Poll::Ready(frame) = asked {
            self.wait = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Broken::Off)));
        }
        let idle = self.idle;
        let wait = self.wait.get_or_insert_with(|| Box::pin(tokio::time::sleep(idle)));
        ready!(wait.as_mut().poll(cx));
        self.wait = None;
        Poll::Ready(Some(Err(Broken::TooSlow)))
    }
}

/// What is known of a visitor's body from outside of it.
#[derive(Clone, Default)]
pub struct Fate(Arc<Seen>);

#[derive(Default)]
struct Seen {
    pieces: AtomicU64,
    is_whole: AtomicBool,
    is_too_slow: AtomicBool,
    is_off: AtomicBool,
}

impl Fate {
    /// How many pieces of it were taken.
    #[must_use]
    pub fn pieces(&self) -> u64 {
        self.0.pieces.load(Ordering::Relaxed)
    }

    /// Whether all of it was taken.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.0.is_whole.load(Ordering::Relaxed)
    }

    /// Whether it was too slow.
    #[must_use]
    pub fn is_too_slow(&self) -> bool {
        self.0.is_too_slow.load(Ordering::Relaxed)
    }

    /// Whether it broke off, or was no body.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.0.is_off.load(Ordering::Relaxed)
    }

    fn note(&self, frame: Option<&Result<Frame<Bytes>, Broken>>, is_whole: bool) {
        if is_whole {
            self.0.is_whole.store(true, Ordering::Relaxed);
        }
        match frame {
            Some(Err(Broken::TooSlow)) => self.0.is_too_slow.store(true, Ordering::Relaxed),
            Some(Err(Broken::Off(_))) => self.0.is_off.store(true, Ordering::Relaxed),
            Some(Ok(_)) | None => {
                self.0.pieces.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// The body of a request on its way to a backend.
pub enum Outgoing {
    /// None.
    Empty,
    /// What the visitor sends.
    Coming(Incoming, Pace, Fate),
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let Outgoing::Coming(body, pace, fate) = self.get_mut() else {
            return Poll::Ready(None);
        };
        let asked = Pin::new(&mut *body).poll_frame(cx);
        let frame = ready!(pace.judge(asked, cx));
        fate.note(frame.as_ref(), frame.is_none() || body.is_end_stream());
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Outgoing::Empty => true,
            Outgoing::Coming(body, ..) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Outgoing::Empty => SizeHint::with_exact(0),
            Outgoing::Coming(body, ..) => body.size_hint(),
        }
    }
}
