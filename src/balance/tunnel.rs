//! What follows an upgrade: bytes of any kind, both ways, until one side ends or neither
//! sends anything for too long.

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};

/// A frame of a chat has some hundred bytes; each direction has one such buffer.
const BUFFER_BYTES: usize = 4 * 1024;

/// Carries bytes between a visitor and a backend who have both left HTTP. Either may not
/// have, after all; then nothing is carried.
pub async fn run(visitor: OnUpgrade, backend: OnUpgrade, idle: Duration) {
    let Ok((visitor, backend)) = tokio::try_join!(visitor, backend) else { return };
    let (visitor_reads, visitor_writes) = split(TokioIo::new(visitor));
    let (backend_reads, backend_writes) = split(TokioIo::new(backend));
    let pieces = AtomicU64::new(0);
    let there = copy(visitor_reads, backend_writes, &pieces);
    let back = copy(backend_reads, visitor_writes, &pieces);
    tokio::select! {
        _ = futures_util::future::join(there, back) => {}
        () = silence(&pieces, idle) => tracing::debug!("a tunnel was silent for too long"),
    }
}

/// Ends once no piece has come either way for so long.
async fn silence(pieces: &AtomicU64, idle: Duration) {
    let mut before = pieces.load(Ordering::Relaxed);
    loop {
        tokio::time::sleep(idle).await;
        let now = pieces.load(Ordering::Relaxed);
        if now == before {
            return;
        }
        before = now;
    }
}

/// Carries bytes one way; tells the reader when they end, so that the other way may go on.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    pieces: &AtomicU64,
) -> std::io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        pieces.fetch_add(1, Ordering::Relaxed);
        to.write_all(&buffer[..length]).await?;
        to.flush().await?;
    }
}
