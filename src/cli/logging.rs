//! Where logs go, and which.

use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

/// What is logged if nothing else is said: outages, recoveries and trouble of our own.
/// The certificate verifier calls every bad certificate of a target an error; here it
/// is a finding.
const DEFAULT: &str = "warn,everup=info,rustls_platform_verifier=off";

/// Starts logging to standard error.
pub(super) fn start() {
    let filter = EnvFilter::try_from_env("EVERUP_LOG").unwrap_or_else(|_| DEFAULT.into());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false);
    let as_json = std::env::var("EVERUP_LOG_FORMAT").is_ok_and(|format| format == "json");
    // It is called once, so there is no other subscriber it could collide with.
    let _ = if as_json { log.json().try_init() } else { log.try_init() };
}
