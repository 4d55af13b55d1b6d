//! Into a store: all lines, or none.

use super::frame::Frame;
use super::line::Record;
use crate::domain::check::Check;
use crate::domain::monitor::{Key, MonitorId};
use crate::domain::timestamp::Timestamp;
use crate::store::batch::Exchanged;
use crate::store::closed::{ClosedMonth, cut};
use crate::store::contract::{Store, StoreError};
use crate::store::import::{Import, Imported};
use std::collections::HashMap;
use std::io::{self, BufRead, Read};

/// A line is at most this long: the longest record is the row of a monitor in a closed
/// month, in which it went up and down with every check.
const LINE_BYTES_MAX: u64 = 16 << 20;
/// Checks of one monitor are handed on in pieces of this size.
const PIECE: usize = 10_000;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A line is bad.
    #[error("line {line}: {problem}; nothing was imported")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// Lines are missing.
    #[error("{0}; nothing was imported")]
    Missing(String),
    /// The input could not be read.
    #[error("the input could not be read: {0}; nothing was imported")]
    Input(io::Error),
    /// The store refused.
    #[error("the database refused: {0}; nothing was imported")]
    Store(StoreError),
}

/// Not as its source, which would be said once more.
impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> ReadError {
        ReadError::Store(error)
    }
}

struct Reading {
    import: Box<dyn Import>,
    keys: HashMap<MonitorId, Key>,
    now: Timestamp,
    /// Whether lines are missing.
    frame: Frame,
    /// Checks of one monitor that have not been handed on, with their lines.
    piece: Option<(Key, Vec<Check>, Vec<u64>)>,
    /// The closed month whose rows are being read, with the line it began in.
    closed: Option<(u64, ClosedMonth)>,
}

/// Reads every line of `input` into the store. A check that began after `now` is refused:
/// no other could be booked before its time has come. `progress` is told how many bytes
/// were read, now and then.
///
/// # Errors
/// When a line is bad or missing, the input breaks off, or the store refuses; then nothing of it
/// is kept.
pub async fn import(
    store: &dyn Store,
    input: &mut (dyn BufRead + Send),
    now: Timestamp,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Imported, ReadError> {
    let histories = store.load().await?.histories;
    let keys: HashMap<MonitorId, Key> = histories
        .into_iter()
        .map(|history| (history.monitor.id.clone(), history.key))
        .collect();
    let import = store.import().await?;
    let frame = Frame::default();
    let mut reading = Reading { import, keys, now, frame, piece: None, closed: None };
    let bytes = match reading.lines(input, &mut progress).await {
        Ok(bytes) => bytes,
        Err(error) => {
            // The waiting checks stand on earlier lines, so what is wrong there comes first.
            reading.hand_on().await?;
            return Err(error);
        }
    };
    reading.hand_on().await?;
    reading.hand_on_closed().await?;
    progress(bytes);
    Ok(reading.import.finish().await?)
}

impl Reading {
    /// Reads every line. Gives how many bytes there were.
    async fn lines(
        &mut self,
        input: &mut (dyn BufRead + Send),
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, ReadError> {
        let mut text = Vec::new();
        let (mut line, mut bytes) = (0_u64, 0_u64);
        loop {
            text.clear();
            let read = (&mut *input).take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut text);
            let read = read.map_err(ReadError::Input)?;
            if read == 0 {
                self.frame.end().map_err(ReadError::Missing)?;
                return Ok(bytes);
            }
            line += 1;
            bytes += read as u64;
            let problem = |problem: String| ReadError::Line { line, problem };
            if read as u64 > LINE_BYTES_MAX {
                return Err(problem(format!("it is longer than {LINE_BYTES_MAX} bytes")));
            }
            let is_last = !text.ends_with(b"\n");
            let text =
                std::str::from_utf8(&text).map_err(|_| problem("not UTF-8".to_owned()))?;
            let text = text.trim_start_matches('\u{feff}').trim();
            if !text.is_empty() {
                let record = Record::parse(text).map_err(|wrong| {
                    problem(self.frame.broken_off(is_last).unwrap_or(wrong))
                })?;
                self.frame.take(line, &record).map_err(problem)?;
                self.add(line, record).await?;
            }
            if line.is_multiple_of(1_000) {
                progress(bytes);
            }
        }
    }

    async fn add(&mut self, line: u64, record: Record) -> Result<(), ReadError> {
        if !matches!(record, Record::ClosedRow(..)) {
            self.hand_on_closed().await?;
        }
        match record {
            Record::Export | Record::End(_) => Ok(()),
            Record::Monitor(past) => match at(line, self.import.past(&past).await)? {
                Some(key) => {
                    self.keys.insert(past.id, key);
                    Ok(())
                }
                None => self.key(line, &past.id).map(drop),
            },
            Record::Check(id, check) => {
                if check.started_at > self.now {
                    let problem = format!("{} lies in the future", check.started_at);
                    return Err(ReadError::Line { line, problem });
                }
                let key = self.key(line, &id)?;
                let full = |(of, checks, _): &(Key, Vec<Check>, Vec<u64>)| {
                    *of != key || checks.len() >= PIECE
                };
                if self.piece.as_ref().is_some_and(full) {
                    self.hand_on().await?;
                }
                let (_, checks, lines) =
                    self.piece.get_or_insert_with(|| (key, Vec::new(), Vec::new()));
                checks.push(check);
                lines.push(line);
                Ok(())
            }
            Record::Exchange(id, started_at, exchange) => {
                let key = self.key(line, &id)?;
                let exchanged = Exchanged { key, started_at, exchange };
                at(line, self.import.exchange(&exchanged).await)
            }
            Record::Run(run) => {
                if run.known_end() > self.now {
                    let problem = format!("{} lies in the future", run.known_end());
                    return Err(ReadError::Line { line, problem });
                }
                at(line, self.import.run(&run).await)
            }
            Record::CountedRun(run) => {
                if run.span.to > self.now {
                    let problem = format!("{} lies in the future", run.span.to);
                    return Err(ReadError::Line { line, problem });
                }
                at(line, self.import.counted_run(&run).await)
            }
            Record::Requests(sum) => {
                if sum.from > self.now {
                    let problem = format!("{} lies in the future", sum.from);
                    return Err(ReadError::Line { line, problem });
                }
                at(line, self.import.sum(&sum).await)
            }
            Record::Pause(id, pause) => {
                let key = self.key(line, &id)?;
                at(line, self.import.pause(key, pause).await)
            }
            Record::Maintenance(past) => {
                for id in &past.window.monitors {
                    self.key(line, id)?;
                }
                at(line, self.import.window(&past).await)
            }
            Record::ClosedMonth(closed) => {
                self.closed = Some((line, closed));
                Ok(())
            }
            Record::ClosedRow(month, row) => match &mut self.closed {
                Some((_, closed)) if closed.month == month => {
                    closed.rows.push(row);
                    Ok(())
                }
                _ => {
                    let problem = format!("the closed_month {month} does not stand before it");
                    Err(ReadError::Line { line, problem })
                }
            },
            Record::Correction(correction) => {
                if correction.made_at > self.now {
                    let problem = format!("{} lies in the future", correction.made_at);
                    return Err(ReadError::Line { line, problem });
                }
                at(line, self.import.correction(&correction).await)
            }
            Record::Count(id, count) => {
                let key = self.key(line, &id)?;
                at(line, self.import.count(key, &count).await)
            }
            Record::Stretch(id, stretch) => {
                let key = self.key(line, &id)?;
                at(line, self.import.stretch(key, &stretch).await)
            }
            Record::Origin(id, origin) => {
                let key = self.key(line, &id)?;
                at(line, self.import.origin(key, &origin).await)
            }
            Record::Baseline(id, baseline) => {
                let key = self.key(line, &id)?;
                self.hand_on().await?;
                at(line, self.import.baseline(key, &baseline).await)
            }
            Record::Fixed(id, entry) => {
                let key = self.key(line, &id)?;
                at(line, self.import.fixed(key, &entry).await)
            }
            Record::Digest(id, digest) => {
                let key = self.key(line, &id)?;
                at(line, self.import.digest(key, &digest).await)
            }
            Record::Gap(id, gap) => {
                let key = self.key(line, &id)?;
                at(line, self.import.gap(key, &gap).await)
            }
        }
    }

    fn key(&self, line: u64, id: &MonitorId) -> Result<Key, ReadError> {
        let problem = || {
            format!(
                "there is no monitor \"{id}\"; add it to the configuration, or correct the line"
            )
        };
        let key = self.keys.get(id).copied();
        key.ok_or_else(|| ReadError::Line { line, problem: problem() })
    }

    /// Hands the closed month on whose last row has been read.
    async fn hand_on_closed(&mut self) -> Result<(), ReadError> {
        let Some((line, closed)) = self.closed.take() else { return Ok(()) };
        if !closed.is_whole() {
            let problem = format!("{} and its rows do not have this sha256", closed.month);
            return Err(ReadError::Line { line, problem });
        }
        let problem = |problem| ReadError::Line { line, problem };
        let cut = cut(closed.month, &closed.head)
            .map_err(|wrong| problem(format!("{}: {wrong}", closed.month)))?;
        if cut.window.to > self.now || closed.closed_at > self.now {
            return Err(problem(format!("{} is not over yet", closed.month)));
        }
        at(line, self.import.closed_month(&closed).await)
    }

    /// Hands the waiting checks on. Where they contradict what is kept, the first line
    /// that does is found by handing them on one by one.
    async fn hand_on(&mut self) -> Result<(), ReadError> {
        let Some((key, checks, lines)) = self.piece.take() else { return Ok(()) };
        match self.import.checks(key, &checks).await {
            Err(StoreError::Conflict(_)) => {}
            result => return Ok(result?),
        }
        for (check, line) in checks.iter().zip(&lines) {
            at(*line, self.import.checks(key, std::slice::from_ref(check)).await)?;
        }
        Ok(())
    }
}

fn at<T>(line: u64, result: Result<T, StoreError>) -> Result<T, ReadError> {
    match result {
        Err(StoreError::Conflict(problem)) => Err(ReadError::Line { line, problem }),
        result => Ok(result?),
    }
}
