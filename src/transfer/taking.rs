//! Records of another monitor on their way into the store: all of a file, or nothing.
//!
//! What everup itself saw stands: a check from elsewhere that began in time that our own
//! checks cover is left out, lest two observers be judged as one. Where the others come
//! from is kept with them.

use crate::domain::check::{Check, Verdict};
use crate::domain::foreign::{Count, Foreign, Origin, Records, Source, Stretch};
use crate::domain::history::History;
use crate::domain::monitor::Key;
use crate::domain::run::Run;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;
use crate::store::contract::{Store, StoreError};
use crate::store::import::{Import, Imported};
use crate::store::window::WindowPast;

/// Checks are handed on in pieces of this size.
const PIECE: usize = 10_000;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// What was to be read is not what it should be; a sentence with what to do.
    #[error("{0}; nothing was imported")]
    Input(String),
    /// It is not clear which monitor is which; what to write.
    #[error("{0}")]
    Mapping(String),
    /// The store refused.
    #[error("the database refused: {0}; nothing was imported")]
    Store(#[from] StoreError),
}

/// What is read, and when.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The name of the file, without its folder.
    pub file: String,
    /// Now.
    pub now: Timestamp,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// What was added.
    pub imported: Imported,
    /// Checks that were left out because everup itself was watching.
    pub left_out: u64,
    /// Monitors that were left out because they have no counterpart.
    pub unmapped: Vec<String>,
    /// What else its owner should know.
    pub notes: Vec<String>,
}

/// An import of one file under way.
pub(super) struct Taking {
    import: Box<dyn Import>,
    source: Source,
    reading: Reading,
    left_out: u64,
}

impl Taking {
    /// Begins, with all other writers held off.
    pub(super) async fn begin(
        store: &dyn Store,
        source: Source,
        reading: &Reading,
    ) -> Result<Taking, StoreError> {
        let import = store.import().await?;
        Ok(Taking { import, source, reading: reading.clone(), left_out: 0 })
    }

    /// Adds counts of one monitor, in order of time.
    pub(super) async fn counts(
        &mut self,
        key: Key,
        counts: &[Count],
    ) -> Result<(), StoreError> {
        let before = self.import.so_far().counts;
        for count in counts {
            self.import.count(key, count).await?;
        }
        let added = self.import.so_far().counts - before;
        let ends = counts.first().zip(counts.last());
        let span = ends.map(|(first, last)| Span::new(first.span.from, last.span.to));
        self.came(key, Records::Counts, span, added).await
    }

    /// Adds stretches of one monitor, in order of time.
    pub(super) async fn stretches(
        &mut self,
        key: Key,
        stretches: &[Stretch],
    ) -> Result<(), StoreError> {
        let before = self.import.so_far().stretches;
        for stretch in stretches {
            self.import.stretch(key, stretch).await?;
        }
        let added = self.import.so_far().stretches - before;
        let ends = stretches.first().zip(stretches.last());
        let span = ends.map(|(first, last)| Span::new(first.span.from, last.span.to));
        self.came(key, Records::Stretches, span, added).await
    }

    /// Adds a run of an everup.
    pub(super) async fn run(&mut self, run: &Run) -> Result<(), StoreError> {
        self.import.run(run).await
    }

    /// Adds a maintenance window.
    pub(super) async fn window(&mut self, window: &WindowPast) -> Result<(), StoreError> {
        self.import.window(window).await
    }

    /// Begins with the checks of one monitor. `foreign` is what was imported for it before.
    pub(super) fn checks<'a>(
        &'a mut self,
        history: &'a History,
        foreign: &Foreign,
    ) -> Checks<'a> {
        let own = own(history, foreign, self.reading.now);
        Checks { taking: self, history, own, piece: Vec::new(), range: None }
    }

    /// Notes where records came from, if any was new.
    async fn came(
        &mut self,
        key: Key,
        records: Records,
        span: Option<Span>,
        added: u64,
    ) -> Result<(), StoreError> {
        let Some(span) = span.filter(|_| added > 0) else { return Ok(()) };
        let Reading { file, now } = self.reading.clone();
        let origin =
            Origin { source: self.source, file, imported_at: now, records, span, added };
        self.import.origin(key, &origin).await
    }

    /// Keeps all of it.
    pub(super) async fn finish(self) -> Result<Taken, StoreError> {
        let imported = self.import.finish().await?;
        let (unmapped, notes) = (Vec::new(), Vec::new());
        Ok(Taken { imported, left_out: self.left_out, unmapped, notes })
    }
}

/// When everup itself saw how the target was.
fn own(history: &History, foreign: &Foreign, now: Timestamp) -> Spans {
    let known = history.ledger.account(Span::ALWAYS, now, &history.monitor).known;
    let observed = known.up.union(&known.degraded).union(&known.down);
    observed.subtract(&foreign.checked_elsewhere())
}

/// Checks of one monitor, between two stretches of our own.
struct Range {
    from: Timestamp,
    last: Timestamp,
    /// Where our own begin again.
    until: Timestamp,
    /// How many checks had been added before.
    before: u64,
}

/// The checks of one monitor on their way, in order of time.
pub(super) struct Checks<'a> {
    taking: &'a mut Taking,
    history: &'a History,
    own: Spans,
    piece: Vec<Check>,
    range: Option<Range>,
}

impl Checks<'_> {
    /// Takes the next check. Of two that began at the same millisecond, the worse is kept.
    pub(super) async fn add(&mut self, check: Check) -> Result<(), StoreError> {
        let at = check.started_at;
        let own = self.own.first_ending_after(at);
        if own.is_some_and(|own| own.contains(at)) {
            self.taking.left_out += 1;
            return Ok(());
        }
        let until = own.map_or(Timestamp::MAX, |own| own.from);
        if self.range.as_ref().is_some_and(|range| range.until != until) {
            self.end_range().await?;
        }
        if let Some(last) = self.piece.last_mut().filter(|last| last.started_at == at) {
            if badness(check.verdict) > badness(last.verdict) {
                *last = check;
            }
            return Ok(());
        }
        if self.piece.len() >= PIECE {
            self.hand_on().await?;
        }
        let before = self.taking.import.so_far().checks;
        let range = self.range.get_or_insert(Range { from: at, last: at, until, before });
        range.last = at;
        self.piece.push(check);
        Ok(())
    }

    /// Hands on what still waits.
    pub(super) async fn finish(mut self) -> Result<(), StoreError> {
        self.end_range().await
    }

    async fn hand_on(&mut self) -> Result<(), StoreError> {
        let piece = std::mem::take(&mut self.piece);
        self.taking.import.checks(self.history.key, &piece).await
    }

    async fn end_range(&mut self) -> Result<(), StoreError> {
        self.hand_on().await?;
        let Some(range) = self.range.take() else { return Ok(()) };
        let interval_ms = self.history.monitor.parameters.at(range.last).interval_ms;
        // The last one speaks for an interval, unless one of our own comes first.
        let to = range.last.plus_ms(interval_ms).min(range.until);
        let added = self.taking.import.so_far().checks - range.before;
        let span = Some(Span::new(range.from, to));
        self.taking.came(self.history.key, Records::Checks, span, added).await
    }
}

/// Of two checks that contradict each other, the one that must not be lost.
fn badness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Ok => 0,
        Verdict::Degraded => 1,
        Verdict::Unknown => 2,
        Verdict::Fail => 3,
    }
}
