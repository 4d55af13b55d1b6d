//! Where everything is kept: the contract, and each database that fulfils it.
//!
//! The engine writes through [`contract::Store`], reports read through it; only the
//! floor that builds the program names an implementation. The codecs beside it are
//! pure and the same for every database.

pub mod baseline;
pub mod batch;
pub mod canonical;
pub mod closed;
pub mod contract;
mod digest_pack;
mod evidence;
pub mod exchange;
pub mod import;
pub(crate) mod judge_state;
pub mod lock;
pub mod outbox;
mod pack;
pub mod past;
pub mod registration;
pub mod requests;
pub mod secret;
pub mod settings;
pub mod source;
pub mod sqlite;
pub mod token;
pub mod window;
pub mod window_form;
