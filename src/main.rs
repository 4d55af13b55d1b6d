//! `everup`: see `cli` for its commands.

use std::process::ExitCode;

fn main() -> ExitCode {
    everup::cli::main()
}
