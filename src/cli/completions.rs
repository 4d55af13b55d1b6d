//! `everup completions`: a script that teaches a shell the commands.

use super::arguments::Arguments;
use super::terminal;
use clap::CommandFactory;
use clap_complete::Shell;
use std::process::ExitCode;

pub(super) fn completions(shell: Shell) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "everup", &mut script);
    terminal::print(&script)?;
    Ok(ExitCode::SUCCESS)
}
