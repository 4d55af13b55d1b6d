//! Which months have a report: pages ask before they link or compute one.

use super::period::NoReport;
use crate::domain::calendar::Calendar;
use crate::domain::history::History;
use crate::domain::month::Month;
use crate::domain::period::Period;
use crate::domain::timestamp::Timestamp;
use chrono_tz::Tz;

/// The months that have a report: from the one in which the first monitor's time
/// began to the running one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Months {
    /// The oldest.
    pub oldest: Month,
    /// The running one.
    pub newest: Month,
}

impl Months {
    /// Whether there is a report of `period`.
    ///
    /// # Errors
    /// [`NoReport::Future`] and [`NoReport::TooEarly`].
    pub fn admit(self, period: Period, calendar: &Calendar) -> Result<(), NoReport> {
        let window = calendar.window(period);
        let period = named(period, calendar.zone());
        if window.from >= calendar.month(self.newest).to {
            Err(NoReport::Future { period, newest: self.newest })
        } else if window.to <= calendar.month(self.oldest).from {
            Err(NoReport::TooEarly { period, oldest: self.oldest })
        } else {
            Ok(())
        }
    }
}

/// The months that have a report; `None` where nothing was ever watched.
#[must_use]
pub fn months<'a>(
    histories: impl IntoIterator<Item = &'a History>,
    now: Timestamp,
    calendar: &Calendar,
) -> Option<Months> {
    let first = (histories.into_iter())
        .filter_map(|history| history.monitor.lives().as_slice().first())
        .map(|life| life.from)
        .min()?;
    let newest = calendar.around(now);
    Some(Months { oldest: calendar.around(first).min(newest), newest })
}

/// A period in an error: the instants of a range were only just written.
fn named(period: Period, zone: Tz) -> String {
    match period {
        Period::Range(_) => "this range".to_owned(),
        calendar => calendar.in_sentence(zone),
    }
}
