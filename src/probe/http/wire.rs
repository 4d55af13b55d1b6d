//! The wire of one request, under TLS and HTTP: counts what comes over it, and lets others
//! have their turn.
//!
//! Laid by `connection`. HTTP takes in whatever there is, without a pause, and much of it
//! never becomes a part of an answer: interim heads, frames without content, padding. Only
//! down here all of it is seen, so here it is bounded. It changes no byte.

use super::body::BODY_BYTES_MAX;
use super::trace::Trace;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What may come before the head of an answer is complete: a TLS handshake (up to some
/// 20 KiB), and the head itself (64 KiB). The rest is interim answers, of which an honest
/// target sends a few.
pub const BEFORE_ANSWER_BYTES_MAX: u64 = 512 * 1024;
/// The same over HTTP/2, where as much of the body may come with the head as may be on the
/// way unasked (64 KiB), and where every interim head is kept: a byte of it can stand for a
/// header, which takes some 70.
pub const BEFORE_HTTP_2_ANSWER_BYTES_MAX: u64 = 160 * 1024;
/// What may come in all: the body as far as it is read, and four times as much again for
/// whatever it comes in: heads, TLS records, the marks of chunks and frames.
pub const ANSWER_BYTES_MAX: u64 = 5 * BODY_BYTES_MAX as u64;
/// So much is handed on before others have their turn: in the smallest heads that HTTP has
/// it is a millisecond's work.
const TURN_BYTES: usize = 64 * 1024;

/// A stream of which only so much is taken.
pub struct Wire<S> {
    stream: S,
    trace: Arc<Trace>,
    /// What was handed on since others had their turn.
    turn_bytes: usize,
}

impl<S> Wire<S> {
    /// Counts what comes over `stream` for the request that `trace` follows.
    pub fn new(stream: S, trace: Arc<Trace>) -> Wire<S> {
        Wire { stream, trace, turn_bytes: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.turn_bytes >= TURN_BYTES {
            self.turn_bytes = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let count = buffer.filled().len() - before;
        self.turn_bytes += count;
        if self.trace.received(count as u64) {
            return Poll::Ready(Ok(()));
        }
        Poll::Ready(Err(io::Error::other("it sends too much")))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    /// Takes in `bytes` at most, by reads of 16 KiB; gives how much came and how often
    /// others had their turn.
    async fn take_in(wire: &mut Wire<tokio::io::Repeat>, bytes: u64) -> (u64, usize) {
        let (mut came, mut turns) = (0, 0);
        let mut buffer = vec![0; 16 * 1024];
        while came < bytes {
            let reading = wire.read(&mut buffer);
            let mut reading = std::pin::pin!(reading);
            let read = std::future::poll_fn(|context| {
                let read = reading.as_mut().poll(context);
                turns += usize::from(read.is_pending());
                read
            })
            .await;
            let Ok(count) = read else { break };
            came += count as u64;
        }
        (came, turns)
    }

    #[tokio::test]
    async fn so_much_comes_before_an_answer_so_much_in_all_and_others_have_their_turn() {
        let trace = Trace::start(false);
        let mut wire = Wire::new(tokio::io::repeat(b'x'), Arc::clone(&trace));
        let (came, turns) = take_in(&mut wire, BEFORE_ANSWER_BYTES_MAX).await;
        assert_eq!((came, turns), (BEFORE_ANSWER_BYTES_MAX, 7));
        assert_eq!(trace.flood(), None);
        trace.answered();
        let (came, _) = take_in(&mut wire, u64::MAX).await;
        assert_eq!(came, ANSWER_BYTES_MAX - BEFORE_ANSWER_BYTES_MAX);
        assert_eq!(trace.flood(), Some("it sends more than 1280 KiB for one answer"));
    }

    #[tokio::test]
    async fn what_is_too_much_before_an_answer_is_said() {
        let trace = Trace::start(false);
        let mut wire = Wire::new(tokio::io::repeat(b'x'), Arc::clone(&trace));
        let (came, _) = take_in(&mut wire, u64::MAX).await;
        assert_eq!(came, BEFORE_ANSWER_BYTES_MAX);
        assert_eq!(trace.flood(), Some("it sends more than 512 KiB before an answer"));
    }
}
