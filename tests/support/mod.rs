//! What tests share: targets, certificates and name servers that do as they are told.
//! Everything listens on loopback, on a port of its own.

// Each test binary uses only some of it.
#![allow(dead_code)]

pub mod authority;
pub mod behaviour;
pub mod frames;
pub mod name_server;
pub mod postgrest;
pub mod receiver;
pub mod server;
pub mod target;
