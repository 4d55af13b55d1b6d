//! What happens without a visitor: when to look, looking, keeping what was seen.
//!
//! `app.rs` builds an [`Engine`](run::Engine) and stops it. Nothing here answers a
//! request or reads a configuration file.

mod announce;
pub mod deliver;
mod exchanges;
pub mod follow;
pub mod hold;
pub mod housekeeping;
pub mod lease;
pub mod life;
pub mod pulse;
pub mod receivers;
pub mod record;
pub mod recurring;
pub mod requests;
pub mod run;
pub mod schedule;
pub mod settings;
pub mod spectator;
pub mod watch;
