//! The lock beside a database: the daemon that watches has it.
//!
//! It is the system's, on a file, and goes with the process however it ends: the others need
//! not wait then until its lease has run out. It says nothing more; who watches is the
//! lease's to say. An everup of before there was a lease had it for as long as it ran.
//! Commands never take it. It is the database's own, by whatever link the database was
//! named; a second name of the file itself is refused where it is opened.

use crate::domain::lease;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The lock, held as long as it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a database; `None` where another process has it.
    ///
    /// # Errors
    /// When its file cannot be written. Without a lock, a lease holds all the same.
    pub fn take(database: &Path) -> io::Result<Option<Lock>> {
        let mut options = OpenOptions::new();
        options.create(true).read(true).write(true).truncate(false);
        let file = options.open(path(database)?)?;
        match try_lock(&file) {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// How the lock of a database is now; taken where that cannot be known.
    #[must_use]
    pub fn state(database: &Path) -> lease::Lock {
        // Held together with others who ask, and only for as long as it takes to ask.
        match path(database).and_then(File::open) {
            Ok(file) if file.try_lock_shared().is_ok() => lease::Lock::Free,
            Err(error) if error.kind() == ErrorKind::NotFound => lease::Lock::Free,
            Ok(_) | Err(_) => lease::Lock::Taken,
        }
    }
}

/// Takes a lock, and tries twice: somebody may be asking just then whether it is taken.
fn try_lock(file: &File) -> Result<(), TryLockError> {
    const MOMENT: Duration = Duration::from_millis(20);
    file.try_lock().or_else(|_| {
        std::thread::sleep(MOMENT);
        file.try_lock()
    })
}

/// Where the lock of a database lies.
fn path(database: &Path) -> io::Result<PathBuf> {
    let mut path = database.canonicalize()?.into_os_string();
    path.push("-lock");
    Ok(PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_has_the_lock_and_whoever_asks_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("everup.db");
        std::fs::write(&database, "").unwrap();
        assert_eq!(Lock::state(&database), lease::Lock::Free);
        let lock = Lock::take(&database).unwrap().unwrap();
        assert_eq!(Lock::state(&database), lease::Lock::Taken);
        assert!(Lock::take(&database).unwrap().is_none());
        drop(lock);
        assert_eq!(Lock::state(&database), lease::Lock::Free);
        assert!(Lock::take(&database).unwrap().is_some());
    }

    #[test]
    fn a_database_has_one_lock_by_whatever_link_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("everup.db");
        std::fs::write(&database, "").unwrap();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink("everup.db", &link).unwrap();
        let _lock = Lock::take(&database).unwrap().unwrap();
        assert!(Lock::take(&link).unwrap().is_none());
    }
}
