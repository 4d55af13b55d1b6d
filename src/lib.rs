//! everup: a self-hosted uptime monitor whose monthly figure its owner can defend.
//!
//! The modules stand in floor order, lowest first; an import only ever goes down
//! (`docs/architecture.md` draws the house, `tests/floors.rs` holds it). The program
//! is `main.rs`; this library exists so that tests can live in it.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]

pub mod domain;

pub mod clock;

pub mod board;
pub mod probe;
pub mod store;
pub mod supabase;
pub mod vitals;

pub mod balance;
pub mod notify;
pub mod planning;
pub mod report;
pub mod transfer;

pub mod engine;
pub mod web;

pub mod config;

pub mod app;
pub mod demo;

pub mod cli;
