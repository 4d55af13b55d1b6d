//! The rules of uptime, as pure values and functions.
//!
//! Everything here is deterministic: no I/O, no async, no clock, no database
//! and no wire names. `docs/uptime.md` says in words what these modules say in
//! code; where they differ, the code is wrong.

pub mod agreement;
pub mod alert;
pub mod announcement;
pub mod bounds;
pub mod budget;
pub mod calendar;
pub mod cell;
pub mod change;
pub mod check;
pub mod class;
pub mod digest;
pub mod duration;
pub mod exchange;
pub mod foreign;
pub mod foreign_window;
pub mod gap;
pub mod group;
pub mod history;
pub mod judge;
pub mod latency;
pub mod lease;
pub mod ledger;
pub mod maintenance;
pub mod monitor;
pub mod month;
pub mod notice;
pub mod outage;
pub mod overrun;
pub mod percent;
pub mod period;
pub mod recurrence;
pub mod requests;
pub mod run;
pub mod settlement;
pub mod sighting;
pub mod span;
pub mod timeline;
pub mod timestamp;
pub mod token;
pub mod uptime;
