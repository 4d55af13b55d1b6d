//! Where the configuration comes from: a file, the arguments, or nowhere.

use super::arguments::Place;
use crate::config::{self, Config, Environment, Mistakes};
use crate::store::settings::Settings;
use anyhow::bail;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The file that is read if it is there and no other is named.
pub(super) const USUAL_FILE: &str = "config.toml";

/// Where the configuration comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// This file.
    File(PathBuf),
    /// The URLs of the command line.
    Urls(Vec<String>),
    /// There is none: the usual file, should it appear.
    Nothing,
}

impl Source {
    /// The source that the arguments name.
    ///
    /// # Errors
    /// When a configuration is named that is not there, or URLs beside one.
    pub(super) fn new(place: &Place, urls: &[String]) -> anyhow::Result<Source> {
        match &place.config {
            Some(file) if urls.is_empty() => {
                if !file.is_file() {
                    bail!("there is no configuration {}", file.display());
                }
                Ok(Source::File(file.clone()))
            }
            Some(_) => bail!("name either a configuration or URLs, not both"),
            None if !urls.is_empty() => Ok(Source::Urls(urls.to_vec())),
            None if Path::new(USUAL_FILE).is_file() => Ok(Source::File(USUAL_FILE.into())),
            None => Ok(Source::Nothing),
        }
    }

    /// The file whose changes matter.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Source::File(file) => Some(file),
            Source::Urls(_) => None,
            Source::Nothing => Some(Path::new(USUAL_FILE)),
        }
    }

    /// Reads it for whoever runs by it. `own` is where everup itself answers, if that is
    /// known already.
    ///
    /// # Errors
    /// Every mistake at once.
    pub(super) fn read(&self, own: SocketAddr) -> Result<Config, Mistakes> {
        self.read_in(&Environment::of_process(Path::new(".")), own)
    }

    fn read_in(&self, environment: &Environment, own: SocketAddr) -> Result<Config, Mistakes> {
        match self {
            Source::File(file) => config::load(file, environment),
            Source::Urls(urls) => {
                let mut config = config::default_for(own);
                config.watch_instead(config::for_urls(urls)?);
                Ok(config)
            }
            Source::Nothing if Path::new(USUAL_FILE).is_file() => {
                config::load(Path::new(USUAL_FILE), environment)
            }
            Source::Nothing => Ok(config::default_for(own)),
        }
    }
}

/// The configuration with what the arguments say instead, for a command that is over soon:
/// no table is followed, so the key to it may be missing.
///
/// # Errors
/// Every mistake, as one message of several lines.
pub(super) fn configured(place: &Place, source: &Source) -> anyhow::Result<Config> {
    let environment = Environment::of_process(Path::new("."));
    configured_in(&environment.following_nothing(), place, source)
}

/// The configuration with what the arguments say instead, for the daemon.
///
/// # Errors
/// Every mistake, as one message of several lines.
pub(super) fn configured_to_run(place: &Place, source: &Source) -> anyhow::Result<Config> {
    configured_in(&Environment::of_process(Path::new(".")), place, source)
}

fn configured_in(
    environment: &Environment,
    place: &Place,
    source: &Source,
) -> anyhow::Result<Config> {
    let own = place.listen.unwrap_or(crate::web::settings::Settings::default().listen);
    let read = source.read_in(environment, own);
    let mut config = read.map_err(|mistakes| anyhow::anyhow!("{mistakes}"))?;
    if let Some(listen) = place.listen {
        config.listen_on(listen);
    }
    if let Some(store) = &place.store {
        config.store.path = named_store(store)?.path;
    }
    Ok(config)
}

/// A store as the command line names it: a file, or a URL as in the configuration.
fn named_store(store: &str) -> anyhow::Result<Settings> {
    if store.contains("://") || store.starts_with("sqlite:") {
        let settings = Settings::from_url(store);
        return settings.map_err(|problem| anyhow::anyhow!("--store: {problem}"));
    }
    if store.is_empty() {
        bail!("--store: no file is named; write one, like everup.db");
    }
    Ok(Settings::at(PathBuf::from(store)))
}
