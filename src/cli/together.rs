//! A process that was started by another everup ends with it, however that one ends: by a
//! signal, by a crash, by `kill -9`.
//!
//! `demo` starts such processes. Their standard input is a pipe that only it can write to, so
//! that the system ends it when it is gone. Unlike the signal that Linux can send at a parent's
//! death, that does not hang on the thread that started them, and it is the same everywhere.

use super::terminal;
use crate::demo::ENDS_WITH_STDIN;
use rustix::process::{Signal, getpid, kill_process};
use std::io;
use std::time::Duration;

/// An end in order takes less than a second; this one is not watched by anybody any more.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// Ends this process once its standard input does, if whoever started it wants that.
pub(super) fn end_with_who_started_us() {
    if std::env::var_os(ENDS_WITH_STDIN).is_none() {
        return;
    }
    let watching = std::thread::Builder::new().name("together".to_owned()).spawn(|| {
        // Nothing is ever written to it; an error is an end, too.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = kill_process(getpid(), Signal::TERM);
        std::thread::sleep(ENDS_WITHIN);
        std::process::exit(1);
    });
    if let Err(error) = watching {
        terminal::complain(&format!("this system lets no thread be started: {error}"));
        std::process::exit(1);
    }
}
