//! What `everup demo` shows: two instances over one database, a balancer in front of them,
//! services that fail now and then, and a past.
//!
//! `configuration` is the file that the processes read, `past` what is to have happened before,
//! `services` what they watch, `process` one of them, and `stage` all of it together, which
//! `cli` runs and whose `news` it prints. Nothing here prints.

pub mod configuration;
pub mod news;
pub mod past;
mod process;
mod services;
pub mod stage;
mod story;

pub use story::{FAILS_AFTER_S, SLOW_AFTER_S};

/// The variable of the environment that makes an everup end once its standard input does: what
/// starts others here must not be outlived by them. It is not for users.
pub const ENDS_WITH_STDIN: &str = "EVERUP_ENDS_WITH_STDIN";
