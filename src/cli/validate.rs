//! `everup validate`: is this configuration right?

use super::arguments::Place;
use super::source::Source;
use super::terminal;
use crate::balance::tls::Certificate;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::web;
use std::path::PathBuf;
use std::process::ExitCode;

/// What keeps balancers from starting that only their files tell.
fn unusable_certificates(config: &Config) -> String {
    let told = config.balancers.iter().filter_map(|wanted| {
        let files = wanted.settings.tls.clone()?;
        let wrong = Certificate::load(files).err()?;
        Some(format!("balancer \"{}\", tls: {wrong}\n", wanted.settings.id))
    });
    told.collect()
}

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
            let unusable = unusable_certificates(&config);
            if !unusable.is_empty() {
                terminal::print(&format!("{text}{unusable}"))?;
                return Ok(ExitCode::FAILURE);
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
