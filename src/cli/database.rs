//! The database of an import: the one that is there, or a new one that only comes into
//! being once something is in it.

use anyhow::{Context, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The database of an import. A new one is made under another name beside its own, and
/// removed again unless it is kept.
pub(super) struct Database {
    path: PathBuf,
    /// Where it is made, if it is new.
    made_at: Option<PathBuf>,
}

impl Database {
    /// The database of this name.
    ///
    /// # Errors
    /// Never where one is there. Otherwise when nothing can be made in its folder.
    pub(super) fn find(path: &Path) -> anyhow::Result<Database> {
        if path.exists() {
            return Ok(Database { path: path.to_owned(), made_at: None });
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if !folder.unwrap_or(Path::new(".")).is_dir() {
            bail!("{} cannot be made: create its folder first", path.display());
        }
        let made_at = beside(path, &format!("-import-{}", std::process::id()));
        Ok(Database { path: path.to_owned(), made_at: Some(made_at) })
    }

    /// Where it can be opened.
    pub(super) fn path(&self) -> &Path {
        self.made_at.as_deref().unwrap_or(&self.path)
    }

    /// Gives a new one its name. It must be closed.
    ///
    /// # Errors
    /// When another one has come to have that name.
    pub(super) fn keep(self) -> anyhow::Result<()> {
        let Some(made_at) = &self.made_at else { return Ok(()) };
        // A link, because it never takes the place of another file, as a renaming does.
        std::fs::hard_link(made_at, &self.path).with_context(|| {
            let path = self.path.display();
            format!("{path} was made by somebody else meanwhile; import again")
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some(made_at) = &self.made_at else { return };
        for end in ["", "-wal", "-shm"] {
            // Most of them are not there.
            let _ = std::fs::remove_file(beside(made_at, end));
        }
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}
