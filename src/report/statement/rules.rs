//! What the figures mean, in the words that all forms for people have below their tables.

use super::{NOTHING, Statement};

/// What the figures mean, in two sentences that fit below a table.
pub const RULE: &str = "Uptime is the time up divided by the time observed; time that nobody \
                        observed is neither, and coverage says how much was observed. The true \
                        figure lies between the bounds if nothing changed more than once \
                        between two checks; a question mark says that they lie on both sides \
                        of the target. Percentages are rounded down, durations up.";

/// What the mean time to recovery is of.
pub const RECOVERY: &str = "The mean time to recovery is of whole outages, those that began and \
                            ended in this time.";

/// What stands beside an outage that was longer than its downtime.
pub const LONGER: &str = "A downtime like “17 min of 47 min” has the length of the outage beside \
                          it: the rest was announced maintenance, or nobody looked.";

impl Statement {
    /// What must be said of its outages: of [`RECOVERY`] and [`LONGER`] what applies.
    #[must_use]
    pub fn of_outages(&self) -> Vec<&'static str> {
        let recovered = self.entries().any(|entry| entry.recovery != NOTHING);
        let mut outages = self.entries().flat_map(|entry| &entry.outages);
        let longer = outages.any(|outage| outage.is_longer);
        let both = [(recovered, RECOVERY), (longer, LONGER)];
        both.into_iter()
            .filter(|(applies, _)| *applies)
            .map(|(_, said)| said)
            .collect()
    }
}
