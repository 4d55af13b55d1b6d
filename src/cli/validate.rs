//! `everup validate`: is this configuration right?

use super::arguments::Place;
use super::source::Source;
use super::terminal;
use crate::clock::{Clock, SystemClock};
use crate::web;
use std::path::PathBuf;
use std::process::ExitCode;

pub(super) fn validate(place: &Place, file: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let place = Place { config: file.or(place.config.clone()), ..place.clone() };
    let source = Source::new(&place, &[])?;
    let Source::File(file) = &source else {
        anyhow::bail!("there is no config.toml here; name the file: everup validate FILE");
    };
    match source.read(web::settings::Settings::default().listen) {
        Ok(config) => {
            let mut text = String::new();
            for warning in config.warnings(SystemClock::default().now()) {
                text += &format!("{warning}\n");
            }
            let count = config.monitors.len();
            let monitors = if count == 1 { "monitor" } else { "monitors" };
            let balancers = match config.balancers.len() {
                0 => String::new(),
                1 => ", 1 balancer".to_owned(),
                count => format!(", {count} balancers"),
            };
            text += &format!("{} is valid: {count} {monitors}{balancers}\n", file.display());
            terminal::print(&text)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(mistakes) => {
            terminal::print(&format!("{mistakes}\n"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}
