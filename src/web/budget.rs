//! How much of all answers together may wait to be taken by those who asked.
//!
//! A visitor who asks and does not read holds an answer in memory, and over HTTP/2 may do
//! so many times at once. `router` lays [`bound`] around every page: an answer takes its
//! bytes from one budget until its last byte is written, and where that is used up the
//! next one is a 503. `serve` is told of every piece that is taken.

use super::activity::Activity;
use super::error::Problem;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Thirty status pages of a thousand monitors, or one report of as many over a year. A
/// larger answer waits for all of it to be free.
pub(super) const WAITING_BYTES_MAX: u32 = 32 * 1024 * 1024;
/// Smaller answers are not counted: `/health` is answered whatever others hold. All that
/// every connection may ask for at once is as much again.
const UNCOUNTED_BYTES_MAX: u64 = 2 * 1024;
/// An answer is handed over in pieces of this size: whoever takes one in a minute is still
/// reading.
const PIECE_BYTES: usize = 16 * 1024;

/// The budget; there is one for all connections.
#[derive(Clone)]
pub(super) struct Budget(Arc<Semaphore>);

impl Budget {
    /// A budget of so many bytes.
    pub(super) fn of(bytes: u32) -> Budget {
        Budget(Arc::new(Semaphore::new(bytes as usize)))
    }

    /// Takes an answer's bytes, if so many are left.
    fn take(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(WAITING_BYTES_MAX);
        Arc::clone(&self.0).try_acquire_many_owned(bytes).ok()
    }
}

/// Answers within the budget.
pub(super) async fn bound(
    State(budget): State<Budget>,
    request: Request,
    next: Next,
) -> Response {
    let activity = request.extensions().get::<Arc<Activity>>().cloned();
    let response = next.run(request).await;
    let bytes = response.body().size_hint().lower();
    if bytes <= UNCOUNTED_BYTES_MAX {
        return response;
    }
    let Some(permit) = budget.take(bytes) else {
        return Problem::busy("Too many answers wait to be read.").into_response();
    };
    let permit = Arc::new(permit);
    response.map(|body| Body::new(Counted { body, rest: Bytes::new(), permit, activity }))
}

/// A body whose bytes are counted until the last of them is dropped.
struct Counted {
    body: Body,
    /// What of the last frame was not handed over yet.
    rest: Bytes,
    permit: Arc<OwnedSemaphorePermit>,
    activity: Option<Arc<Activity>>,
}

/// A piece of an answer; whoever holds it holds a part of the budget.
struct Piece {
    bytes: Bytes,
    _permit: Arc<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(bytes) => self.rest = bytes,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                other => return other,
            }
        }
        if let Some(activity) = &self.activity {
            activity.note();
        }
        let length = self.rest.len().min(PIECE_BYTES);
        let bytes = self.rest.split_to(length);
        let piece = Piece { bytes, _permit: Arc::clone(&self.permit) };
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_owner(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let inner = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;
    use http::StatusCode;
    use tower::ServiceExt;

    const PAGE_BYTES: usize = 40 * 1024;

    fn router(budget: u32) -> Router {
        Router::new()
            .route("/", get(|| async { vec![b'x'; PAGE_BYTES] }))
            .route("/health", get(|| async { "ok" }))
            .layer(axum::middleware::from_fn_with_state(Budget::of(budget), bound))
    }

    async fn ask(router: &Router, path: &str) -> Response {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap()
    }

    async fn next_piece(body: &mut Body) -> Option<Bytes> {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
        frame.await.map(|frame| frame.unwrap().into_data().unwrap())
    }

    #[tokio::test]
    async fn answers_that_nobody_reads_are_so_many_and_small_ones_are_always_given() {
        let router = router(2 * PAGE_BYTES as u32);
        let held = [ask(&router, "/").await, ask(&router, "/").await];
        assert!(held.iter().all(|response| response.status() == StatusCode::OK));
        assert_eq!(ask(&router, "/").await.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(ask(&router, "/health").await.status(), StatusCode::OK);
        drop(held);
        assert_eq!(ask(&router, "/").await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn a_piece_that_was_taken_and_not_written_is_still_counted() {
        let router = router(PAGE_BYTES as u32);
        let mut body = ask(&router, "/").await.into_body();
        assert_eq!(body.size_hint().exact(), Some(PAGE_BYTES as u64));
        let mut pieces = Vec::new();
        while let Some(piece) = next_piece(&mut body).await {
            pieces.push(piece);
        }
        assert_eq!(pieces.concat(), vec![b'x'; PAGE_BYTES]);
        assert!(pieces.len() > 2 && body.is_end_stream());
        drop(body);
        let last = pieces.pop();
        drop(pieces);
        assert_eq!(ask(&router, "/").await.status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(last);
        assert_eq!(ask(&router, "/").await.status(), StatusCode::OK);
    }
}
