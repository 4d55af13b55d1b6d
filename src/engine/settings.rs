//! What the engine is told of a monitor.

use crate::probe;
use crate::store::registration::Registration;

/// One monitor: how it is kept and how it is looked at.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Its id, name, shown address and rules.
    pub registration: Registration,
    /// How it is looked at.
    pub probe: probe::Settings,
}
