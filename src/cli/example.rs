//! `everup example`: a configuration with every setting explained, to begin with.

use super::terminal;
use std::process::ExitCode;

/// The file that stands beside the source, for those who have only the program.
const EXAMPLE: &str = include_str!("../../config.toml.example");

pub(super) fn example() -> anyhow::Result<ExitCode> {
    terminal::print(EXAMPLE)?;
    Ok(ExitCode::SUCCESS)
}
