//! The table `system_maintenance` of a Supabase project, over PostgREST, its HTTP
//! interface. Asked by `cli/import` (once) and `engine/follow` (every minute).
//!
//! A client and nothing else: it knows neither our store nor a clock, decides nothing,
//! and never shows the key.

pub mod fault;
pub mod instant;
pub mod row;
pub mod settings;
pub mod table;
