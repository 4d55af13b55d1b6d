//! `config.toml` becomes the settings of the parts, or every mistake at once, each with
//! its line, monitor and key.
//!
//! Imported by the application and the command line only: no part reads its
//! configuration itself, each has a settings struct of its own that is filled here. This
//! room never opens a connection, touches the store or changes the environment.

mod alert;
mod balancer;
mod dotenv;
mod duration;
mod environment;
mod file;
mod group;
mod header;
mod http;
mod identity;
mod maintenance;
mod mistake;
mod monitor;
mod named;
pub(crate) mod nearest;
mod own;
mod promise;
mod reader;
mod recurring;
mod report;
mod section;
mod server;
mod setting;
mod since;
mod status;
mod store;
mod supabase;
mod syntax;
mod target;
mod text;
mod timing;

pub use duration::duration_ms;
pub use environment::Environment;
pub use file::MONITORS_MAX;
pub use mistake::{Mistake, Mistakes, Place, Warning};
pub use own::for_urls;
pub use supabase::supabase;
pub use timing::TIMEOUT_MS_MAX;

use crate::balance::fleet::Wanted;
use crate::domain::timestamp::Timestamp;
use crate::engine::settings::Watch;
use crate::notify::Settings as ChannelSettings;
use crate::planning::Settings as PlanningSettings;
use crate::report::settings::Settings as ReportSettings;
use crate::store::settings::Settings as StoreSettings;
use crate::supabase::settings::Settings as SourceSettings;
use crate::web::settings::Settings as ServerSettings;
use reader::Reader;
use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::Path;
use timing::Settled;
use toml::de::DeTable;

/// Some twenty thousand monitors, more than are allowed; keeps a mistaken path from
/// filling the memory.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;

/// A configuration without a mistake.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[server]`.
    pub server: ServerSettings,
    /// `[store]`.
    pub store: StoreSettings,
    /// `[report]`.
    pub report: ReportSettings,
    /// `[maintenance]`.
    pub planning: PlanningSettings,
    /// The table that `[maintenance] source` names, if it names one.
    pub source: Option<SourceSettings>,
    /// Each `[[alert]]`, in their order.
    pub alerts: Vec<ChannelSettings>,
    /// Each `[[monitor]]`, in their order, then each backend; at least one.
    pub monitors: Vec<Watch>,
    /// Each `[[balancer]]`, in their order.
    pub balancers: Vec<Wanted>,
    /// In order of line, also those that hold only for a time.
    warnings: Vec<Warning>,
    /// No monitor was named, so everup watches itself.
    watches_itself: bool,
}

impl Config {
    /// What is legal, but perhaps not meant, as things are at `now`; in order of line.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        let holds = |warning: &&Warning| warning.until.is_none_or(|until| now < until);
        self.warnings.iter().filter(holds).cloned().collect()
    }

    /// Serves somewhere else than the file says. Where everup watches itself because no
    /// monitor was named, it goes on doing so there.
    pub fn listen_on(&mut self, listen: SocketAddr) {
        self.server.listen = listen;
        if self.watches_itself {
            self.monitors.iter_mut().for_each(|watch| own::move_to(watch, listen));
        }
    }

    /// Watches these instead of what the file says.
    pub fn watch_instead(&mut self, monitors: Vec<Watch>) {
        self.monitors = monitors;
        self.watches_itself = false;
    }
}

/// What holds without a file: everup watches its own `/health` at `listen`.
#[must_use]
pub fn default_for(listen: SocketAddr) -> Config {
    Config {
        server: ServerSettings { listen },
        store: StoreSettings::default(),
        report: ReportSettings::default(),
        planning: PlanningSettings::default(),
        source: None,
        alerts: vec![],
        monitors: vec![own::watch(listen, Settled::default())],
        balancers: vec![],
        warnings: vec![],
        watches_itself: true,
    }
}

/// Reads a file.
///
/// # Errors
/// Every mistake in it, or why it cannot be read.
pub fn load(path: &Path, environment: &Environment) -> Result<Config, Mistakes> {
    let name = path.display().to_string();
    let whole = |message: String| Mistakes::one(Place::whole(&name), message);
    let mut bytes = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let message = "there is no such file; begin with everup example > config.toml";
            return Err(whole(message.to_owned()));
        }
        Err(error) => return Err(whole(format!("it cannot be read: {error}"))),
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => parse(text, &name, environment),
        Err(error) => {
            let breaks = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n');
            let place = Place { line: Some(breaks.count() + 1), ..Place::whole(&name) };
            let message = "this line is not text in UTF-8; save the file as UTF-8";
            Err(Mistakes::one(place, message))
        }
    }
}

/// Reads the text of a file that is called `file_name` in messages.
///
/// # Errors
/// Every mistake in it.
pub fn parse(
    text: &str,
    file_name: &str,
    environment: &Environment,
) -> Result<Config, Mistakes> {
    if text.len() > FILE_BYTES_MAX {
        let message = format!("it is longer than {FILE_BYTES_MAX} bytes");
        return Err(Mistakes::one(Place::whole(file_name), message));
    }
    let mut reader = Reader::new(file_name, text, environment);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let place = reader.place(error.span().map_or(text.len(), |span| span.start));
        let place = syntax::locate(error, text, document.get_ref(), place);
        reader.mistake(&place, syntax::explain(error, text));
    }
    if !errors.is_empty() {
        // What could be made of the rest would only be told as mistakes that are none.
        return Err(Mistakes::new(reader.finish().0));
    }
    let config = file::read(document.get_ref(), Place::whole(file_name), &mut reader);
    let flawless = reader.is_flawless();
    let (mistakes, warnings) = reader.finish();
    match config {
        Some(config) if flawless => Ok(Config { warnings: in_order(warnings), ..config }),
        _ => Err(Mistakes::new(mistakes)),
    }
}

fn in_order(mut warnings: Vec<Warning>) -> Vec<Warning> {
    warnings.sort_by_key(|warning| (warning.place.line, warning.place.column));
    warnings.dedup();
    warnings
}
