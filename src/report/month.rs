//! How a month was: the report that every form prints.

use super::latency::{self, Percentiles, Summary};
use super::settings::Settings;
use crate::domain::history::History;
use crate::domain::ledger::Account;
use crate::domain::month::Month;
use crate::domain::outage::Outage;
use crate::domain::percent::{self, Target, Verdict};
use crate::domain::span::Span;
use crate::domain::timeline::Timeline;
use crate::domain::timestamp::Timestamp;
use crate::domain::uptime::{Bounds, Ratio, Tally};
use crate::store::contract::{Store, StoreError};
use chrono_tz::Tz;

/// The report of one month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthReport {
    /// Which month.
    pub month: Month,
    /// The zone it was cut in.
    pub zone: Tz,
    /// Its instants, from its first to the first of the next month.
    pub window: Span,
    /// When the report was made. The figures of a monitor may end a little earlier.
    pub as_of: Timestamp,
    /// Whether the month is over and no check can change it any more.
    pub closed: bool,
    /// How many decimals uptime and coverage are printed with.
    pub decimals: u32,
    /// Every monitor that existed in the month, in the owner's order.
    pub monitors: Vec<MonitorMonth>,
}

/// One monitor's month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorMonth {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What is checked, without credentials.
    pub url: String,
    /// Milliseconds by class; they add up to the month.
    pub tally: Tally,
    /// What the true uptime lies between; `None` where nothing was eligible.
    pub bounds: Option<Bounds>,
    /// What was promised.
    pub target: Target,
    /// Whether it was kept.
    pub verdict: Verdict,
    /// Whether the verdict is the same anywhere between the bounds.
    pub certain: bool,
    /// The outages with downtime in the month, in order.
    pub outages: Vec<MonthOutage>,
    /// How many failing runs in time that counts were no outage.
    pub blips: usize,
    /// How many checks counted, and how fast the answers were.
    pub summary: Summary,
}

/// An outage, as far as it lies in the month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthOutage {
    /// Its time in the month, up to `as_of`.
    pub span: Span,
    /// The downtime it cost: its time without gaps, pauses and announced maintenance.
    pub down_ms: i64,
    /// What its first failure said.
    pub reason: String,
    /// Whether it began in an earlier month or goes on in a later one.
    pub continued: bool,
    /// Whether it lasts as of the report.
    pub ongoing: bool,
}

/// What may be shown of an uptime where people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing was observed: no figure, and no range worth a line.
    Nothing,
    /// Under 50 % coverage: the bounds, and no figure.
    RangeOnly,
    /// Under 99 % coverage: the figure with "partial data" beside it.
    Partial(String),
    /// The figure.
    Figure(String),
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum NoReport {
    /// The month has not begun.
    #[error("{month} has not begun: the newest report is that of {newest}")]
    Future {
        /// What was asked for.
        month: Month,
        /// The running month.
        newest: Month,
    },
    /// Nothing was watched then.
    #[error("nothing was watched in {month}: the oldest report is that of {oldest}")]
    TooEarly {
        /// What was asked for.
        month: Month,
        /// The month in which the first monitor's time began.
        oldest: Month,
    },
    /// There is no monitor at all.
    #[error("there is no monitor yet, so there is no report")]
    NoMonitor,
    /// The store could not be read.
    #[error("the checks could not be read: {0}")]
    Store(#[from] StoreError),
}

impl MonthReport {
    /// Makes the report of `month` as it reads at `now`.
    ///
    /// # Errors
    /// When the month lies in the future or before all monitors, or the store fails.
    pub async fn make(
        store: &dyn Store,
        histories: impl IntoIterator<Item = &History>,
        month: Month,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<MonthReport, NoReport> {
        let histories: Vec<&History> = histories.into_iter().collect();
        let window = month.window(settings.zone);
        months(histories.iter().copied(), now, settings.zone)
            .ok_or(NoReport::NoMonitor)?
            .admit(month)?;
        let mut closed = window.to <= now;
        let mut monitors = Vec::new();
        for history in histories {
            if history.monitor.lives().overlapping(window).is_empty() {
                continue;
            }
            let (account, mut monitor) = MonitorMonth::of(history, window, now, settings);
            closed &= account.as_of >= window.to;
            monitor.summary = latency::summary(store, history, window, now).await?;
            monitors.push(monitor);
        }
        Ok(MonthReport {
            month,
            zone: settings.zone,
            window,
            as_of: now,
            closed,
            decimals: settings.decimals(),
            monitors,
        })
    }
}

impl MonitorMonth {
    /// One monitor's month without its summary of single checks, which only the store
    /// can give; and the account it was made of.
    #[must_use]
    pub fn of(
        history: &History,
        window: Span,
        now: Timestamp,
        settings: &Settings,
    ) -> (Account, MonitorMonth) {
        let (account, timeline) = history.read(window, now);
        let tally = timeline.tally();
        let bounds = Bounds::of(&timeline, &account);
        let outages = (account.known.outages.iter())
            .filter_map(|outage| MonthOutage::of(outage, &timeline, account.as_of))
            .collect();
        let blips = (account.known.blips.iter())
            .filter(|blip| timeline.tally_within(blip.span).eligible() > 0)
            .count();
        let monitor = MonitorMonth {
            id: history.monitor.id.to_string(),
            name: history.monitor.name.clone(),
            url: history.monitor.url.clone(),
            tally,
            bounds,
            target: settings.target,
            verdict: settings.target.verdict(tally.uptime()),
            certain: settings.target.is_certain(bounds),
            outages,
            blips,
            summary: Summary::default(),
        };
        (account, monitor)
    }

    /// The uptime as it is printed; `None` where nothing was observed.
    #[must_use]
    pub fn uptime_text(&self, decimals: u32) -> Option<String> {
        self.tally.uptime().map(|ratio| percent::shown(ratio, decimals))
    }

    /// What people are shown: little coverage makes a figure partial, less makes it none.
    #[must_use]
    pub fn shown_uptime(&self, decimals: u32) -> Shown {
        const WHOLE_FROM: Ratio = Ratio { part: 99, whole: 100 };
        const FIGURE_FROM: Ratio = Ratio { part: 50, whole: 100 };
        match (self.uptime_text(decimals), self.tally.coverage()) {
            (Some(uptime), Some(coverage)) if coverage.at_least(WHOLE_FROM) => {
                Shown::Figure(uptime)
            }
            (Some(uptime), Some(coverage)) if coverage.at_least(FIGURE_FROM) => {
                Shown::Partial(uptime)
            }
            (Some(_), _) => Shown::RangeOnly,
            (None, _) => Shown::Nothing,
        }
    }

    /// The coverage as it is printed; `None` where nothing was eligible.
    #[must_use]
    pub fn coverage_text(&self, decimals: u32) -> Option<String> {
        self.tally.coverage().map(|ratio| percent::shown(ratio, decimals))
    }

    /// The bounds as they are printed, low and high, with four decimals.
    #[must_use]
    pub fn bounds_text(&self) -> Option<(String, String)> {
        const DECIMALS: u32 = 4;
        self.bounds.map(|Bounds { low, high }| {
            (percent::floored(low, DECIMALS), percent::floored(high, DECIMALS))
        })
    }

    /// The longest downtime of one outage.
    #[must_use]
    pub fn longest_outage_ms(&self) -> Option<i64> {
        self.outages.iter().map(|outage| outage.down_ms).max()
    }

    /// The mean time to recovery: of the outages that began and ended in the month.
    #[must_use]
    pub fn recovery_ms(&self) -> Option<i64> {
        let recovered: Vec<i64> = (self.outages.iter())
            .filter(|outage| !outage.continued && !outage.ongoing)
            .map(|outage| outage.span.length_ms())
            .collect();
        let count = i64::try_from(recovered.len()).ok().filter(|count| *count > 0)?;
        Some(recovered.iter().sum::<i64>() / count)
    }

    /// How fast it answered; `None` where it never did.
    #[must_use]
    pub fn percentiles(&self) -> Option<Percentiles> {
        self.summary.percentiles
    }
}

impl MonthOutage {
    /// The part of an outage that a timeline shows; `None` where it cost no downtime.
    #[must_use]
    pub fn of(outage: &Outage, timeline: &Timeline, as_of: Timestamp) -> Option<MonthOutage> {
        let window = timeline.window();
        let span = outage.span().cut(window).cut(Span::new(Timestamp::MIN, as_of));
        let down_ms = timeline.tally_within(span).down;
        let goes_on = outage.to.map_or(as_of >= window.to, |to| to > window.to);
        (down_ms > 0).then(|| MonthOutage {
            span,
            down_ms,
            reason: outage.reason.to_string(),
            continued: outage.from < window.from || goes_on,
            ongoing: outage.to.is_none() && as_of < window.to,
        })
    }
}

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
    /// Whether there is a report of `month`.
    ///
    /// # Errors
    /// [`NoReport::Future`] and [`NoReport::TooEarly`].
    pub fn admit(self, month: Month) -> Result<(), NoReport> {
        if month > self.newest {
            Err(NoReport::Future { month, newest: self.newest })
        } else if month < self.oldest {
            Err(NoReport::TooEarly { month, oldest: self.oldest })
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
    zone: Tz,
) -> Option<Months> {
    let first = (histories.into_iter())
        .filter_map(|history| history.monitor.lives().as_slice().first())
        .map(|life| life.from)
        .min()?;
    let newest = Month::around(now, zone);
    Some(Months { oldest: Month::around(first, zone).min(newest), newest })
}
