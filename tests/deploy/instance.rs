//! An instance behind a proxy that tells what came, and does as it is told.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, StatusCode, header};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::copy;
use tokio::net::TcpListener;

/// How long an event stream pauses before its second event.
pub const PAUSE: Duration = Duration::from_secs(1);

/// Two of them at once, which count together.
pub struct Instances {
    pub addresses: [SocketAddr; 2],
    broken: Arc<AtomicUsize>,
}

impl Instances {
    pub async fn start() -> Instances {
        let broken = Arc::new(AtomicUsize::new(0));
        let start = || async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let router = Router::new().fallback(answer).with_state(broken.clone());
            tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
            address
        };
        let addresses = [start().await, start().await];
        Instances { addresses, broken }
    }

    /// How many requests were broken off.
    pub fn broken(&self) -> usize {
        self.broken.load(Ordering::SeqCst)
    }
}

async fn answer(State(broken): State<Arc<AtomicUsize>>, mut request: Request) -> Response {
    let answer = Response::builder();
    match request.uri().path() {
        "/headers" => answer.body(Body::from(lines(request.headers()))).unwrap(),
        "/events" => {
            let first =
                stream::once(async { Ok::<_, std::io::Error>(Bytes::from("data: 1\n\n")) });
            let second = stream::once(async {
                tokio::time::sleep(PAUSE).await;
                Ok(Bytes::from("data: 2\n\n"))
            });
            let answer = answer.header(header::CONTENT_TYPE, "text/event-stream");
            answer.body(Body::from_stream(first.chain(second))).unwrap()
        }
        "/length" => {
            let mut length = 0;
            let mut body = request.into_body().into_data_stream();
            while let Some(Ok(piece)) = body.next().await {
                length += piece.len();
            }
            answer.body(Body::from(length.to_string())).unwrap()
        }
        "/broken" => {
            broken.fetch_add(1, Ordering::SeqCst);
            // hyper ends a connection whose answer panics, before a byte of it.
            std::panic::resume_unwind(Box::new("as it was told"))
        }
        "/socket" => {
            let upgraded = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let Ok(upgraded) = upgraded.await else { return };
                let (mut read, mut write) = tokio::io::split(TokioIo::new(upgraded));
                let _ = copy(&mut read, &mut write).await;
            });
            let answer = answer.status(StatusCode::SWITCHING_PROTOCOLS);
            let answer = answer.header("upgrade", "websocket").header("connection", "upgrade");
            // That of the key in RFC 6455, 1.3.
            let answer = answer.header("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
            answer.body(Body::empty()).unwrap()
        }
        _ => answer.body(Body::from("ok")).unwrap(),
    }
}

fn lines(headers: &HeaderMap) -> String {
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        format!("{name}: {}\n", value.to_str().unwrap())
    };
    headers.iter().map(line).collect()
}
