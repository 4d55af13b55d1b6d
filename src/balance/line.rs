//! A connection to a backend that works within the task of the request that uses it.
//!
//! hyper's connection is a future of its own, which is usually spawned. Then two tasks hand
//! each other every request, answer and piece of a body, and each hand-over wakes the other
//! task. Here whoever waits for an answer moves the connection along meanwhile, so that only
//! what arrives from outside wakes anybody; `docs/performance.md` says what that spares. While
//! nobody uses it, nobody looks at it: whether it is still open is seen when it is taken.

use super::body::Outgoing;
use super::stream::Stream;
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use http::{Request, Response};
use http_body::{Body, Frame};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// The head of a backend's answer. Some set cookies of several kilobytes. The number of
/// headers is what hyper takes by itself, 100: any other costs it an allocation for each.
const HEAD_BYTES_MAX: usize = 64 * 1024;

type Connection = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// A connection to a backend, for one request after the other.
pub struct Line {
    sender: SendRequest<Outgoing>,
    /// `None` once it works by itself, or has ended.
    connection: Option<Connection>,
    works_apart: bool,
    bell: Arc<Quiet>,
    waker: Waker,
}

/// Wakes whoever uses the connection, except while it is being moved along: then it is
/// noted that it wants to be moved once more.
#[derive(Default)]
struct Quiet {
    user: AtomicWaker,
    state: AtomicU8,
}

/// The connection is being moved along.
const MOVING: u8 = 1;
/// Since that began it was woken.
const AGAIN: u8 = 2;

impl Wake for Quiet {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.fetch_or(AGAIN, Ordering::AcqRel) & MOVING == 0 {
            self.user.wake();
        }
    }
}

impl Line {
    /// Begins HTTP on a connection that stands.
    ///
    /// # Errors
    /// When hyper refuses.
    pub async fn begin(stream: Stream) -> hyper::Result<Line> {
        let mut builder = Builder::new();
        builder.max_header_size(HEAD_BYTES_MAX);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        let bell = Arc::new(Quiet::default());
        let waker = Waker::from(Arc::clone(&bell));
        let connection: Connection = Box::pin(connection.with_upgrades());
        let connection = Some(connection);
        let mut line = Line { sender, connection, works_apart: false, bell, waker };
        // A connection takes a request once it has been looked at.
        line.is_usable();
        Ok(line)
    }

    /// Sends a request and waits for the head of its answer.
    ///
    /// # Errors
    /// What went wrong, with the request where nothing of it was sent.
    pub async fn ask(
        &mut self,
        request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Outgoing>>> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let mut mover =
            Mover { connection: &mut self.connection, bell: &self.bell, waker: &self.waker };
        poll_fn(|cx| mover.until(cx, |cx| answer.as_mut().poll(cx))).await
    }

    /// Waits for the next piece of an answer's body.
    pub fn poll_body(
        &mut self,
        body: &mut Incoming,
        cx: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let mut mover =
            Mover { connection: &mut self.connection, bell: &self.bell, waker: &self.waker };
        mover.until(cx, |cx| Pin::new(&mut *body).poll_frame(cx))
    }

    /// Lets go of whoever has used it, who is not to be woken any more. Whether it is still
    /// open is seen when it is taken again.
    pub fn rest(&mut self) {
        self.bell.user.take();
    }

    /// Looks whether another request can be sent: it is open, and done with the last.
    pub fn is_usable(&mut self) -> bool {
        if self.works_apart || self.connection.is_none() {
            return false;
        }
        let connection = self.connection.as_mut();
        let mut cx = Context::from_waker(&self.waker);
        if connection.is_some_and(|connection| connection.as_mut().poll(&mut cx).is_ready()) {
            self.connection = None;
            return false;
        }
        self.sender.is_ready()
    }

    /// Lets it work by itself from now on: for an upload that goes on while the answer is
    /// read, and for an upgrade. It is of no use for another request.
    pub fn work_apart(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.works_apart = true;
            tokio::spawn(connection);
        }
    }
}

/// Moves a connection along.
struct Mover<'a> {
    connection: &'a mut Option<Connection>,
    bell: &'a Arc<Quiet>,
    waker: &'a Waker,
}

impl Mover<'_> {
    /// Moves the connection until `wanted` is there, or nothing moves any more.
    fn until<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut wanted: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if self.connection.is_none() {
            return wanted(cx);
        }
        self.bell.user.register(cx.waker());
        // What is wanted comes from the connection alone, so nobody has to be woken for it
        // but by the connection.
        let mut quiet = Context::from_waker(Waker::noop());
        let found = loop {
            self.bell.state.store(MOVING, Ordering::Release);
            let mut moved = Context::from_waker(self.waker);
            let connection = self.connection.as_mut();
            let has_ended = connection
                .is_none_or(|connection| connection.as_mut().poll(&mut moved).is_ready());
            if has_ended {
                *self.connection = None;
                break wanted(cx);
            }
            if let Poll::Ready(found) = wanted(&mut quiet) {
                break Poll::Ready(found);
            }
            // A wake-up from another thread is either seen here or wakes by itself.
            let ended = self.bell.state.compare_exchange(
                MOVING,
                0,
                Ordering::AcqRel,
                Ordering::Acquire,
            );
            if ended.is_ok() {
                return Poll::Pending;
            }
        };
        // What it wants now it gets when the next piece is asked for.
        self.bell.state.store(0, Ordering::Release);
        found
    }
}
