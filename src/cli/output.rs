//! Where what a command makes goes: standard output, or a file that is replaced whole.

use super::terminal;
use anyhow::{Context, bail};
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// As for any new file: what the user's umask takes away is taken away.
const MODE: u32 = 0o666;

/// Where something goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// Standard output.
    Standard,
    /// This file.
    File(PathBuf),
}

impl Output {
    /// The file that is named; `-` or none is standard output.
    pub(super) fn named(file: Option<PathBuf>) -> Output {
        match file {
            Some(file) if file != Path::new("-") => Output::File(file),
            _ => Output::Standard,
        }
    }

    /// Whether it is a terminal, on which people read.
    pub(super) fn is_terminal(&self) -> bool {
        *self == Output::Standard && io::stdout().is_terminal()
    }

    /// Refuses bytes that are no text where people would see them. `example` is a file that
    /// could be named instead.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub(super) fn admit_binary(&self, example: &str) -> anyhow::Result<()> {
        if self.is_terminal() {
            bail!("this is no text for a terminal; name a file, like --output {example}");
        }
        Ok(())
    }

    /// Writes all of it, or leaves what was there.
    ///
    /// # Errors
    /// When it cannot be written; a file is then as it was.
    pub(super) fn write(&self, bytes: &[u8]) -> anyhow::Result<()> {
        match self {
            Output::Standard => Ok(terminal::print(bytes)?),
            Output::File(file) => replace(file, bytes)
                .map_err(unnamed)
                .with_context(|| format!("{} cannot be written", file.display())),
        }
    }
}

/// Written beside it and renamed, so that nobody ever reads a half. What is no file, as
/// `/dev/stdout`, is written to.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link stays one.
    let place = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    match fs::metadata(&place) {
        Ok(there) if !there.is_file() => {
            File::options().write(true).open(&place)?.write_all(bytes)
        }
        there => {
            let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
            let mut new = tempfile::Builder::new()
                .permissions(Permissions::from_mode(MODE))
                .tempfile_in(folder.unwrap_or(Path::new(".")))?;
            new.write_all(bytes)?;
            if let Ok(there) = there {
                new.as_file().set_permissions(there.permissions())?;
            }
            new.as_file().sync_all()?;
            new.persist(&place).map_err(|error| error.error)?;
            Ok(())
        }
    }
}

/// An error without the name of the file that stood in for another meanwhile, which is gone.
fn unnamed(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            io::Error::other("there is no such folder")
        }
        _ if error.raw_os_error().is_some() => error,
        kind => kind.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("report"), folder.path().join("link"));
        let write = |file: &Path, bytes: &[u8]| Output::File(file.to_owned()).write(bytes);
        write(&file, b"longer than the next").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write(&link, b"short").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"short");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        let refusal = write(&folder.path().join("nowhere/x"), b"").unwrap_err();
        assert!(refusal.to_string().ends_with("nowhere/x cannot be written"));
        for no_folder in [folder.path().join("nowhere/x"), file.join("x")] {
            let told = format!("{:#}", write(&no_folder, b"").unwrap_err());
            assert!(told.ends_with("cannot be written: there is no such folder"), "{told}");
        }
        Output::File("/dev/null".into()).write(b"gone").unwrap();
        assert!(!Path::new("/dev/null").is_file());
    }
}
