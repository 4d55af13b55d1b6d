//! `everup`: see `cli` for its commands.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Carrying a request makes and drops some forty small pieces, on each thread of a balancer at
/// once; `docs/performance.md` says what this spares, and what memory it holds.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    everup::cli::main()
}
