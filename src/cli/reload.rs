//! Reading the configuration again, when its file changes and on SIGHUP.

use super::source::Source;
use crate::config::Config;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

/// Editors write a file in several steps; it is read once it has been quiet this long.
const QUIET: Duration = Duration::from_millis(300);

/// Tells when there is another configuration.
pub(super) struct Reload {
    source: Source,
    newest: Config,
    own: SocketAddr,
    /// The file as it was last read.
    text: Option<Vec<u8>>,
    touched: Arc<Notify>,
    hangup: Signal,
    /// Watches for as long as it lives.
    _watcher: Option<RecommendedWatcher>,
}

impl Reload {
    /// Watches the file of `source`, whose content is `newest`.
    ///
    /// # Errors
    /// When signals cannot be received. A file that cannot be watched is only said.
    pub(super) fn watch(
        source: Source,
        newest: Config,
        own: SocketAddr,
    ) -> anyhow::Result<Reload> {
        let touched = Arc::new(Notify::new());
        let watcher = source.file().map(|file| watcher(file, touched.clone()));
        let watcher = watcher.transpose().unwrap_or_else(|error| {
            tracing::warn!("changes of the configuration go unnoticed, send SIGHUP: {error}");
            None
        });
        let text = source.file().and_then(|file| std::fs::read(file).ok());
        let hangup = signal(SignalKind::hangup())?;
        Ok(Reload { source, newest, own, text, touched, hangup, _watcher: watcher })
    }

    /// Waits for another configuration that is right. One with mistakes is refused with
    /// all of them, and what runs goes on.
    pub(super) async fn changed(&mut self) -> Config {
        loop {
            let asked = tokio::select! {
                _ = self.hangup.recv() => true,
                () = self.touched.notified() => {
                    self.settle().await;
                    false
                }
            };
            let text = self.source.file().and_then(|file| std::fs::read(file).ok());
            if !asked && (text.is_none() || text == self.text) {
                continue;
            }
            self.text = text;
            match self.source.read(self.own) {
                Ok(mut config) => {
                    self.mention_fixed(&config);
                    self.newest = config.clone();
                    config.listen_on(self.own);
                    return config;
                }
                Err(mistakes) => tracing::error!(
                    "the changed configuration is refused and the old one stays in force:\n{mistakes}"
                ),
            }
        }
    }

    async fn settle(&self) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(QUIET) => return,
                () = self.touched.notified() => {}
            }
        }
    }

    fn mention_fixed(&self, config: &Config) {
        if config.server.listen != self.newest.server.listen {
            tracing::warn!("[server] listen has changed; that is in force after a restart");
        }
        if config.store.path != self.newest.store.path {
            tracing::warn!("[store] url has changed; that is in force after a restart");
        }
    }
}

/// Watches the folder, because editors replace files rather than change them.
fn watcher(file: &Path, touched: Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let name = file.file_name().map(ToOwned::to_owned);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let concerns = |event: &Event| {
            !event.kind.is_access()
                && event.paths.iter().any(|path| path.file_name() == name.as_deref())
        };
        if event.as_ref().is_ok_and(concerns) {
            touched.notify_one();
        }
    })?;
    watcher.watch(&folder, RecursiveMode::NonRecursive)?;
    Ok(watcher)
}
