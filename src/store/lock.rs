//! One daemon a database: two would book every check twice.
//!
//! The lock is the system's, on a file beside the database, and goes with the process
//! however it ends. Commands that read or import do not take it. It is the database's own,
//! by whatever link the database was named; a second name of the file itself is refused
//! where it is opened.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The lock, held as long as it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another daemon has it.
    #[error(
        "{database} is in use by another everup{process}; stop that one, or give this one a \
         database of its own with --store"
    )]
    Taken {
        /// Whose lock it is.
        database: String,
        /// ` (process 123)`, if that is known.
        process: String,
    },
    /// The database cannot be where it is said to be.
    #[error("{0} {1}")]
    Misplaced(String, &'static str),
    /// The file cannot be made.
    #[error("{0} cannot be written: {1}")]
    Refused(String, std::io::Error),
}

impl Lock {
    /// Takes the lock of a database.
    ///
    /// # Errors
    /// When another process has it, or its file cannot be written.
    pub fn take(database: &Path) -> Result<Lock, LockError> {
        let path = path(database)?;
        let refused = |error| LockError::Refused(path.display().to_string(), error);
        let mut options = OpenOptions::new();
        options.create(true).read(true).write(true).truncate(false);
        let mut file = options.open(&path).map_err(refused)?;
        match try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // Only for the message: a number, or nothing.
                let _ = (&mut file).take(20).read_to_string(&mut pid);
                let pid = pid.trim().parse::<u32>();
                let process = pid.map_or(String::new(), |pid| format!(" (process {pid})"));
                let database = database.display().to_string();
                return Err(LockError::Taken { database, process });
            }
            Err(TryLockError::Error(error)) => return Err(refused(error)),
        }
        // The number helps a person; without it the lock holds all the same.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Lock { _file: file })
    }

    /// Whether a daemon has the lock of a database now.
    #[must_use]
    pub fn is_taken(database: &Path) -> bool {
        // Held together with others who ask, and only for as long as it takes to ask.
        let asked = path(database).ok().and_then(|path| File::open(path).ok());
        asked
            .is_some_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
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
fn path(database: &Path) -> Result<PathBuf, LockError> {
    let misplaced = |why| LockError::Misplaced(database.display().to_string(), why);
    if database.is_dir() {
        return Err(misplaced("is a folder; name a file in it"));
    }
    let real = database.canonicalize().or_else(|_| {
        let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize();
        folder.map(|folder| folder.join(database.file_name().unwrap_or_default()))
    });
    let real = real.map_err(|_| misplaced("cannot be made: create its folder first"))?;
    let mut path = real.into_os_string();
    path.push("-lock");
    Ok(PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_daemon_is_told_who_has_the_database() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("everup.db");
        assert!(!Lock::is_taken(&database));
        let lock = Lock::take(&database).unwrap();
        assert!(Lock::is_taken(&database));
        let error = Lock::take(&database).unwrap_err().to_string();
        assert!(error.contains(&format!("(process {})", std::process::id())), "{error}");
        drop(lock);
        assert!(!Lock::is_taken(&database));
        Lock::take(&database).unwrap();
    }

    #[test]
    fn a_database_has_one_lock_by_whatever_link_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("everup.db");
        std::fs::write(&database, "").unwrap();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink("everup.db", &link).unwrap();
        let _lock = Lock::take(&database).unwrap();
        assert!(matches!(Lock::take(&link), Err(LockError::Taken { .. })));
    }

    #[test]
    fn a_database_that_cannot_be_there_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let lost = folder.path().join("nowhere/everup.db");
        assert_eq!(
            Lock::take(&lost).unwrap_err().to_string(),
            format!("{} cannot be made: create its folder first", lost.display())
        );
        assert_eq!(
            Lock::take(folder.path()).unwrap_err().to_string(),
            format!("{} is a folder; name a file in it", folder.path().display())
        );
    }
}
