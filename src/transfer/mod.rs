//! A whole history as lines of JSON (NDJSON), out of one store and into another.
//!
//! `everup export` and `everup import` use it. One line is one record: a check, a
//! pause, a maintenance window, or what another monitor said. What comes out goes in
//! again unchanged, and twice is the same as once.

mod foreign_line;
pub mod line;
pub mod read;
pub mod write;
