//! Which file the database is: the one that was opened, and no other that has its name.
//!
//! Asked before every write. SQLite goes on writing into a file that was removed, and
//! nobody would ever read that again. The file itself is never opened here: closing it
//! would end the locks that SQLite holds on it.

use crate::store::contract::StoreError;
use rustix::fs::{Access, access};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The file of an open database.
#[derive(Clone, Debug)]
pub(super) struct File {
    path: PathBuf,
    /// Its device and its number there.
    identity: (u64, u64),
}

impl File {
    /// The file that has this name now.
    ///
    /// # Errors
    /// When it is not there, or has another name besides: SQLite keeps its log and its
    /// locks beside the name, so that two names of one file would be two databases.
    pub(super) fn find(path: &Path) -> Result<File, StoreError> {
        let refused = |why: &str| StoreError::Refused(format!("{} {why}", path.display()));
        let metadata = std::fs::metadata(path)
            .map_err(|error| refused(&format!("cannot be read: {error}")))?;
        if metadata.nlink() > 1 {
            return Err(refused(
                "has another name (a hard link), and a database must have only one: remove \
                 the other, or make it a copy",
            ));
        }
        Ok(File { path: path.to_owned(), identity: identity(&metadata) })
    }

    /// Whether its name still leads to it.
    ///
    /// # Errors
    /// When it was removed, or another file is in its place.
    pub(super) fn is_in_place(&self) -> Result<(), StoreError> {
        let found = std::fs::metadata(&self.path);
        if found.is_ok_and(|metadata| identity(&metadata) == self.identity) {
            return Ok(());
        }
        Err(StoreError::Refused(format!(
            "the database file {} was removed or replaced; put it back, or restart everup to \
             begin anew",
            self.path.display()
        )))
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// The folder that a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Whether this user may write to a file and its folder, where SQLite keeps its log.
pub(super) fn can_be_written(path: &Path) -> bool {
    let may_write = |path: &Path| access(path, Access::WRITE_OK).is_ok();
    may_write(path) && may_write(folder(path))
}
