//! Saying things on the terminal.

use crate::report::terminal::Look;
use comfy_table::Table;
use std::io::{self, ErrorKind, IsTerminal, Write};

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

/// Prints on standard output what can be read there only once.
///
/// # Errors
/// When it cannot be written, for whatever reason: nobody has read it then.
pub(super) fn deliver(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()
}

/// Prints words that go with what is printed on standard output, on standard error.
pub(super) fn explain(text: &str) {
    // What they are about is printed all the same.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Prints what went wrong on standard error.
pub(super) fn complain(text: &str) {
    // If even that cannot be written, the exit code still tells.
    let _ = writeln!(io::stderr().lock(), "everup: {text}");
}

/// What the terminal on standard output can show; `None` where it is none.
pub(super) fn look() -> Option<Look> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let width = Table::new().width()?;
    Some(look_by(width, |name| std::env::var(name).unwrap_or_default()))
}

/// The same, by the variables of the environment.
fn look_by(width: u16, variable: impl Fn(&str) -> String) -> Look {
    // The first of these that is set says in which letters this user reads.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(&variable);
    let locale = locale.into_iter().find(|value| !value.is_empty()).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    let has_letters = locale.contains("utf-8") || locale.contains("utf8");
    let is_plain = matches!(variable("TERM").as_str(), "" | "dumb");
    Look {
        width,
        has_blocks: has_letters && !is_plain,
        has_colours: !is_plain && variable("NO_COLOR").is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&[("TERM", "xterm"), ("LANG", "de_DE.UTF-8")], true, true)]
    #[case(&[("TERM", "xterm"), ("LANG", "de_DE.UTF-8"), ("NO_COLOR", "1")], true, false)]
    #[case(&[("TERM", "xterm"), ("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")], false, true)]
    #[case(&[("TERM", "dumb"), ("LANG", "C.utf8")], false, false)]
    #[case(&[("TERM", "xterm")], false, true)]
    fn a_terminal_shows_what_it_says_it_can(
        #[case] variables: &[(&str, &str)],
        #[case] has_blocks: bool,
        #[case] has_colours: bool,
    ) {
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map_or(String::new(), |(_, value)| (*value).to_owned())
        };
        assert_eq!(look_by(80, value), Look { width: 80, has_blocks, has_colours });
    }
}
