//! Reading the configuration again, when its file changes and on SIGHUP.

use super::arguments::Place;
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

/// What a configuration says of things that only a restart changes, as it is in force;
/// `None` where the arguments say it, so that the configuration does not matter.
pub(super) struct Fixed {
    listen: Option<SocketAddr>,
    store: Option<PathBuf>,
}

impl Fixed {
    /// What `config`, with the arguments in it, brings into force.
    /// `is_passed`: it listens on a socket that was passed, wherever the configuration says.
    pub(super) fn of(config: &Config, place: &Place, is_passed: bool) -> Fixed {
        Fixed {
            listen: (place.listen.is_none() && !is_passed).then_some(config.server.listen),
            store: place.store.is_none().then(|| config.store.path.clone()),
        }
    }

    /// What of it `config` says otherwise.
    fn changed_by(&self, config: &Config) -> Vec<&'static str> {
        let listen = self.listen.is_some_and(|listen| listen != config.server.listen);
        let store = self.store.as_ref().is_some_and(|path| *path != config.store.path);
        [(listen, "[server] listen"), (store, "[store] url")]
            .into_iter()
            .filter_map(|(changed, key)| changed.then_some(key))
            .collect()
    }
}

/// Tells when there is another configuration.
pub(super) struct Reload {
    source: Source,
    fixed: Fixed,
    own: SocketAddr,
    /// The file as it was last read.
    text: Option<Vec<u8>>,
    touched: Arc<Notify>,
    /// It was touched, and has not been read since.
    stirred: bool,
    hangup: Signal,
    /// Watches for as long as it lives.
    _watcher: Option<RecommendedWatcher>,
}

impl Reload {
    /// Watches the file of `source`.
    ///
    /// # Errors
    /// When signals cannot be received. A file that cannot be watched is only said.
    pub(super) fn watch(
        source: Source,
        fixed: Fixed,
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
        Ok(Reload {
            source,
            fixed,
            own,
            text,
            touched,
            stirred: false,
            hangup,
            _watcher: watcher,
        })
    }

    /// Waits for another configuration. One with mistakes is refused with all of them, and
    /// what runs goes on; then it gives `None`. Dropped half way, it loses no change.
    pub(super) async fn changed(&mut self) -> Option<Config> {
        loop {
            let asked = tokio::select! {
                _ = self.hangup.recv() => true,
                () = self.touched.notified(), if !self.stirred => {
                    self.stirred = true;
                    continue;
                }
                () = settle(&self.touched), if self.stirred => false,
            };
            self.stirred = false;
            let text = self.source.file().and_then(|file| std::fs::read(file).ok());
            if !asked && (text.is_none() || text == self.text) {
                continue;
            }
            self.text = text;
            match self.source.read(self.own) {
                Ok(mut config) => {
                    for key in self.fixed.changed_by(&config) {
                        tracing::warn!("{key} has changed; that is in force after a restart");
                    }
                    config.listen_on(self.own);
                    return Some(config);
                }
                Err(mistakes) => {
                    tracing::error!(
                        "the changed configuration is refused and the old one stays in force:\n{mistakes}"
                    );
                    return None;
                }
            }
        }
    }
}

async fn settle(touched: &Notify) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(QUIET) => return,
            () = touched.notified() => {}
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::default_for;

    #[test]
    fn what_the_arguments_say_is_not_missed_in_the_file() {
        let file = default_for(SocketAddr::from(([127, 0, 0, 1], 8000)));
        let mut running = file.clone();
        running.listen_on(SocketAddr::from(([127, 0, 0, 1], 9000)));
        running.store.path = PathBuf::from("other.db");
        let place = |named: bool| Place {
            config: None,
            store: named.then(|| "other.db".to_owned()),
            listen: named.then_some(running.server.listen),
        };
        let changed = |named| Fixed::of(&running, &place(named), false).changed_by(&file);
        assert_eq!(changed(true), Vec::<&str>::new());
        assert_eq!(changed(false), ["[server] listen", "[store] url"]);
        assert!(Fixed::of(&running, &place(false), false).changed_by(&running).is_empty());
        let passed = Fixed::of(&running, &place(false), true);
        assert_eq!(passed.changed_by(&file), ["[store] url"]);
    }
}
