//! How far a command is: on standard error, if that is a terminal, of what takes longer
//! than a second. Nothing of it ever comes into what a command prints.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, Write};
use std::time::Duration;
use tokio::task::JoinHandle;

/// What is done sooner is not worth a line.
const SHOWN_AFTER: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

/// How far a command is. It vanishes when it is dropped.
pub(super) struct Progress {
    bar: ProgressBar,
    show: JoinHandle<()>,
}

impl Progress {
    /// Something of which nobody knows how long it takes: `making the report`.
    pub(super) fn waiting(what: &'static str) -> Progress {
        let bar = ProgressBar::no_length().with_message(what);
        Progress::shown(bar, "{spinner} {msg}, {elapsed}")
    }

    /// Bytes that are written, of which nobody knows how many there will be.
    pub(super) fn written(what: &'static str) -> Progress {
        let bar = ProgressBar::no_length().with_message(what);
        Progress::shown(bar, "{spinner} {msg}, {bytes}")
    }

    /// Bytes that are read, of so many.
    pub(super) fn bytes(total: u64) -> Progress {
        let bar = ProgressBar::new(total);
        Progress::shown(bar, "{bar:40} {bytes} of {total_bytes}, {eta} left")
    }

    /// So many things of as many as it is told.
    pub(super) fn things(what: &'static str) -> Progress {
        let bar = ProgressBar::new(0).with_message(what);
        Progress::shown(bar, "{bar:40} {pos} of {len} {msg}, {eta} left")
    }

    fn shown(bar: ProgressBar, template: &str) -> Progress {
        bar.set_draw_target(ProgressDrawTarget::hidden());
        // The template is one of the above; without it the bar looks as it always does.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let later = bar.clone();
        let show = tokio::spawn(async move {
            tokio::time::sleep(SHOWN_AFTER).await;
            later.set_draw_target(ProgressDrawTarget::stderr());
            later.enable_steady_tick(TICK);
        });
        Progress { bar, show }
    }

    /// So far it is.
    pub(super) fn at(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// So far it is of so much.
    pub(super) fn at_of(&self, position: u64, length: u64) {
        self.bar.set_length(length);
        self.bar.set_position(position);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.show.abort();
        self.bar.finish_and_clear();
    }
}

/// A writer that tells how much went through it.
pub(super) struct Counting<W> {
    inner: W,
    progress: Option<Progress>,
    bytes: u64,
}

impl<W: Write> Counting<W> {
    /// Tells `progress`, if there is one.
    pub(super) fn new(inner: W, progress: Option<Progress>) -> Counting<W> {
        Counting { inner, progress, bytes: 0 }
    }
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.bytes += written as u64;
        if let Some(progress) = &self.progress {
            progress.at(self.bytes);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
