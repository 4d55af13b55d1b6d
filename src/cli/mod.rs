//! The command line: arguments, one file a command, exit codes; nothing else.
//!
//! Exit codes: 0 done; 1 it did not work, or there are mistakes; 2 the arguments are
//! wrong. `probe` ends with 1 where the target fails and with 3 where we cannot judge.

mod alert;
mod apart;
mod arguments;
mod balance;
mod completions;
mod correct;
mod database;
mod demo;
mod example;
mod export;
mod import;
mod limits;
mod logging;
mod maintenance;
mod output;
mod probe;
mod progress;
mod reload;
mod report;
mod run;
mod service;
mod sockets;
mod source;
mod terminal;
mod together;
mod token;
mod validate;
mod verify;

use arguments::{Arguments, Command};
use sockets::Sockets;
use std::process::ExitCode;

/// Runs the program with the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    together::end_with_who_started_us();
    let arguments = Arguments::read();
    logging::start();
    let sockets = Sockets::of_process();
    // Without a provider of cryptography nothing works; a second one is never installed.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(BLOCKING_MAX)
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(command(arguments, sockets)),
        Err(error) => Err(anyhow::anyhow!("this system lets no thread be started: {error}")),
    };
    result.unwrap_or_else(|error| {
        terminal::complain(&format!("{error:#}"));
        ExitCode::FAILURE
    })
}

/// Two threads carry ten thousand checks a minute; more would only cost memory.
const WORKERS: usize = 2;
/// Threads for what blocks (host look-ups, files): few, because little does.
const BLOCKING_MAX: usize = 8;

async fn command(
    arguments: Arguments,
    sockets: anyhow::Result<Sockets>,
) -> anyhow::Result<ExitCode> {
    let Arguments { command, place } = arguments;
    match command.unwrap_or_default() {
        Command::Run { urls } => run::run(&place, &urls, sockets?).await,
        Command::Validate { file } => validate::validate(&place, file),
        Command::Probe { target } => probe::probe(&place, &target).await,
        Command::Report(wanted) => report::report(&place, wanted).await,
        Command::Import(wanted) => import::import(&place, wanted).await,
        Command::Verify { file } => verify::verify(&file),
        Command::Correct(wanted) => correct::correct(&place, wanted).await,
        Command::Maintenance(wanted) => maintenance::maintenance(&place, wanted).await,
        Command::Export(wanted) => export::export(&place, wanted).await,
        Command::Alert(wanted) => alert::alert(&place, wanted).await,
        Command::Token(wanted) => token::token(&place, wanted).await,
        Command::Demo => demo::demo(&place).await,
        Command::Balance(wanted) => balance::balance(&place, wanted, sockets?).await,
        Command::Example => example::example(),
        Command::Completions { shell } => completions::completions(shell),
    }
}
