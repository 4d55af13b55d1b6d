//! Saying things on the terminal.

use std::io::{self, ErrorKind, Write};

/// Prints something whole on standard output. A reader that has gone away, as `head` does, is
/// no failure.
///
/// # Errors
/// When it cannot be written for another reason.
pub(super) fn print(text: &(impl AsRef<[u8]> + ?Sized)) -> io::Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_ref()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Prints what went wrong on standard error.
pub(super) fn complain(text: &str) {
    // If even that cannot be written, the exit code still tells.
    let _ = writeln!(io::stderr().lock(), "everup: {text}");
}
