//! A monitor as it is registered with a store, and what becomes of the others.

use crate::domain::monitor::{MonitorId, Parameters};
use crate::domain::timestamp::Timestamp;

/// A monitor as its configuration has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Its stable id.
    pub id: MonitorId,
    /// Its name for people.
    pub name: String,
    /// What is checked, fit to be shown to anyone.
    pub url: String,
    /// When its time begins, if that was said: then this holds, whatever is stored.
    pub since: Option<Timestamp>,
    /// How it is judged from now on.
    pub parameters: Parameters,
}

/// What [`crate::store::contract::Store::register`] does with monitors that are stored and not named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// Their life ends now.
    Remove,
    /// They stay as they are.
    Keep,
}
