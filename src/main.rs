//! `everup`: see `cli` for its commands.

use std::process::ExitCode;

fn main() -> ExitCode {
    share_memory();
    everup::cli::main()
}

/// Has all threads take memory from one place. By itself glibc gives nearly each its own,
/// and what one has freed there no other can use: a third more is held, for nothing that
/// could be measured. Who has set `MALLOC_ARENA_MAX` knows better.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the only place: the library forbids it")]
fn share_memory() {
    if std::env::var_os("MALLOC_ARENA_MAX").is_none() {
        // SAFETY: it sets a number in the allocator, and no other thread runs yet.
        let _set = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn share_memory() {}
