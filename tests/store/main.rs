//! What every store must do, held against every store there is.

mod conformance;
mod files;
mod histories;
mod recorder;
mod requests;
mod sqlite;
