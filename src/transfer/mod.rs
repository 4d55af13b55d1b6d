//! A whole history as lines of JSON (NDJSON), out of one store and into another.
//!
//! `everup export` and `everup import` use it. One line is one record: a check, what was
//! said in one, a pause or a maintenance window. What comes out goes in again unchanged, and twice is
//! the same as once.

pub mod csv;
pub mod line;
pub mod read;
pub mod write;
