//! Requests while they are under way: who waits, and at which backend they are. What becomes
//! of each is counted once, whatever ends it.

use super::count::{Counts, Outcome};
use super::lane::Lane;
use super::line::Line;
use super::pool::Backend;
use std::sync::Arc;

/// A visitor who waits for the head of an answer; who leaves before is counted.
pub(super) struct Wait<'a> {
    counts: &'a Counts,
    is_over: bool,
}

impl Wait<'_> {
    /// Begins to wait.
    pub(super) fn begin(counts: &Counts) -> Wait<'_> {
        Wait { counts, is_over: false }
    }

    /// What is waited for is there.
    pub(super) fn end(mut self) {
        self.is_over = true;
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.counts.note(Outcome::Abandoned);
        }
    }
}

/// Counts a request as under way at a backend, for as long as it lives.
pub(super) struct UnderWay {
    lane: Arc<Lane>,
    place: usize,
}

impl UnderWay {
    /// A request goes to the backend at `place`.
    pub(super) fn begin(lane: &Arc<Lane>, place: usize) -> UnderWay {
        let under_way = UnderWay { lane: Arc::clone(lane), place };
        under_way.backend().begin();
        under_way
    }

    /// Where it is.
    pub(super) fn backend(&self) -> &Backend {
        // It was chosen among these, and they never change.
        &self.lane.pool.backends[self.place]
    }

    /// Keeps its connection for another request.
    pub(super) fn keep(&self, line: Line) {
        self.lane.idle[self.place].keep(line);
    }

    /// Notes what became of it.
    pub(super) fn note(&self, outcome: Outcome) {
        self.lane.pool.counts.note(outcome);
        self.backend().counts.note(outcome);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.backend().end();
    }
}
