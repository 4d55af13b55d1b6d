//! A whole history as lines of JSON (NDJSON), out of one store and into another, and the
//! histories of other monitors into ours.
//!
//! `everup export` and `everup import` use it. `line` is one record; what `write` writes
//! `read` reads unchanged, and twice is the same as once; `frame` knows whether lines are
//! missing; `csv` has the checks alone, for spreadsheets. `kuma` and `uptimerobot` read what
//! is not ours: `mapping` says which of
//! their monitors is which of ours, and `taking` what becomes of a record. All of a file
//! goes in, or nothing. `made_up` brings a past that nobody has seen, and marks it.

mod baseline_line;
mod check_line;
mod closed_line;
pub mod csv;
mod field;
mod foreign_line;
mod frame;
pub mod kuma;
pub mod line;
pub mod made_up;
pub mod mapping;
mod monitor_line;
pub mod read;
mod requests_line;
mod run_line;
pub mod supabase;
pub mod taking;
pub mod uptimerobot;
mod window_line;
pub mod write;
