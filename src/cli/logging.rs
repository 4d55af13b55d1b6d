//! Where logs go, and which.

use super::terminal;
use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

/// What is logged if nothing else is said: outages, recoveries and trouble of our own.
const DEFAULT: &str = "warn,everup=info";

/// What is not logged unless it is named. TLS calls every bad certificate and broken
/// handshake of a target an error or a warning; here it is a finding. The watch over the
/// configuration would, at `trace`, tell of every line that a log beside it grows by.
const QUIET: &str = "rustls_platform_verifier=off,rustls=off,notify=off,mio=off";

/// Starts logging to standard error.
pub(super) fn start() {
    let asked = std::env::var_os("EVERUP_LOG").unwrap_or_default();
    let filter = filter(asked.to_str()).unwrap_or_else(|why| {
        terminal::complain(&format!(
            "EVERUP_LOG is not understood ({why}); write like debug, or warn,everup=debug. \
             It is as if it were not set."
        ));
        usual()
    });
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false);
    let as_json = std::env::var("EVERUP_LOG_FORMAT").is_ok_and(|format| format == "json");
    // It is called once, so there is no other subscriber it could collide with.
    let _ = if as_json { log.json().try_init() } else { log.try_init() };
}

fn usual() -> EnvFilter {
    EnvFilter::new(format!("{QUIET},{DEFAULT}"))
}

/// The filter that was asked for; what it names counts more than what is quiet by itself.
fn filter(asked: Option<&str>) -> Result<EnvFilter, String> {
    match asked.map(str::trim) {
        None => Err("it is not text in UTF-8".to_owned()),
        Some("") => Ok(usual()),
        Some(asked) => {
            let filter = EnvFilter::try_new(format!("{QUIET},{asked}"));
            filter.map_err(|error| error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn printed(asked: &str) -> String {
        filter(Some(asked)).unwrap().to_string()
    }

    #[rstest]
    #[case("")]
    #[case("trace")]
    #[case("warn,everup=debug")]
    fn what_would_only_repeat_itself_is_quiet(#[case] asked: &str) {
        for quiet in QUIET.split(',') {
            assert!(printed(asked).contains(quiet), "{}", printed(asked));
        }
    }

    #[test]
    fn what_is_named_is_not_quiet() {
        let printed = printed("info,rustls=debug");
        assert!(
            printed.contains("rustls=debug") && !printed.contains("rustls=off"),
            "{printed}"
        );
    }

    #[rstest]
    #[case(None)]
    #[case(Some("everup=loud"))]
    #[case(Some("a=b=c"))]
    fn what_is_not_understood_is_told(#[case] asked: Option<&str>) {
        assert!(filter(asked).is_err());
    }
}
