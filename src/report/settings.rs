//! `[report]`: how the months are cut and what was promised.

use crate::domain::percent::Target;
use chrono_tz::Tz;

/// `[report]` of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The zone whose months and days are reported.
    pub zone: Tz,
    /// The uptime that was promised.
    pub target: Target,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { zone: Tz::UTC, target: Target::DEFAULT }
    }
}

impl Settings {
    /// How many decimals percentages are printed with: two, or as many as the target has.
    #[must_use]
    pub fn decimals(&self) -> u32 {
        self.target.decimals().max(2)
    }
}
