//! Connections to one backend over which nothing is asked at the moment. Each thread of a
//! crew has its own.

use super::line::Line;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// As many as a thread can have had under way at once where it has much to do.
const KEPT_MAX: usize = 256;

/// How long one is kept. Servers close theirs after 5 to 75 seconds; whoever closes first
/// spares the other a request that is lost on the way.
const KEPT_FOR: Duration = Duration::from_secs(30);

/// How often it is looked for those that were kept long enough.
pub const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// A request that may not be repeated is only sent over a connection that was used within
/// this time: the shortest that common servers keep theirs is 2 s, and when a server closes
/// one just as the request arrives, nobody knows whether it was carried out.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// Those to one backend, the last used on top.
#[derive(Default)]
pub struct Idle {
    kept: Mutex<Vec<Kept>>,
}

struct Kept {
    line: Line,
    since: Instant,
}

impl Idle {
    /// One that can be used, if there is one; for a request that may not be repeated, one
    /// that was used just now.
    pub fn take(&self, is_repeatable: bool) -> Option<Line> {
        let mut kept = self.lock();
        while let Some(Kept { mut line, since }) = kept.pop() {
            if !is_repeatable && since.elapsed() > FRESH_FOR {
                kept.push(Kept { line, since });
                return None;
            }
            if line.is_usable() {
                return Some(line);
            }
        }
        None
    }

    /// Keeps one over which the answer has been read to its end.
    pub fn keep(&self, mut line: Line) {
        line.rest();
        let mut kept = self.lock();
        if kept.len() < KEPT_MAX {
            kept.push(Kept { line, since: Instant::now() });
        }
    }

    /// Closes those that were kept long enough.
    pub fn sweep(&self) {
        self.lock()
            .retain_mut(|kept| kept.since.elapsed() < KEPT_FOR && kept.line.is_usable());
    }

    /// Closes all: the backend has broken one off, so the others are no better.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        // Nothing panics while it is held.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
