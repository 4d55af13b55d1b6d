//! All of one monitor: what its page shows.

use super::latency::{self, Picture};
use super::maintenance::{LAST_MAX, Looking, Maintenance};
use super::past::Past;
use super::settings::Settings;
use super::status::Now;
use super::story::Story;
use crate::domain::announcement::Announcement;
use crate::domain::history::History;
use crate::domain::span::Span;
use crate::domain::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use crate::store::closed::Subject;
use crate::store::contract::{Store, StoreError};

/// The last day is drawn by stretches of ten minutes: 144 points.
const DAY_STRETCH_MS: i64 = 10 * MINUTE_MS;

/// A month is drawn by stretches of four hours: at most 186 points.
const MONTH_STRETCH_MS: i64 = 4 * HOUR_MS;

/// One monitor's story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorReport<'a> {
    /// The monitor and its past.
    pub history: &'a History,
    /// When this is told.
    pub at: Timestamp,
    /// What it is now.
    pub now: Now,
    /// When it was removed, if it no longer lives.
    pub removed_at: Option<Timestamp>,
    /// How many decimals percentages are printed with.
    pub decimals: u32,
    /// Its whole past.
    pub past: Past,
    /// Its days, months and outages.
    pub story: Story,
    /// The last maintenance windows about it that are over, the newest first.
    pub maintenance: Maintenance,
    /// How fast it was in the last 24 hours.
    pub last_day: Picture,
    /// How fast it was in the running month.
    pub month: Picture,
}

impl<'a> MonitorReport<'a> {
    /// The story of a monitor as it reads at `now`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn make(
        store: &dyn Store,
        history: &'a History,
        windows: &[Announcement],
        now: Timestamp,
        settings: &Settings,
    ) -> Result<MonitorReport<'a>, StoreError> {
        let lives = history.monitor.lives();
        let last = lives.as_slice().last().map(|life| life.to);
        let calendar = settings.calendar();
        let in_month = calendar.month(calendar.around(now));
        let last_day = Span::new(now.plus_ms(-DAY_MS), now);
        let past = Past::of(history, Span::ALWAYS, now, settings);
        let mut story = Story::of(&past, now, settings);
        let id = &history.monitor.id;
        let since = lives.as_slice().first().map_or(now, |life| life.from);
        let alone = std::slice::from_ref(id);
        let mut looking = Looking::back(windows, Some(alone), since, LAST_MAX, now);
        looking.see(history, &past);
        story.keep_closed(store, (Subject::Monitor, id), alone, now).await?;
        let picture =
            |window, stretch_ms| latency::picture(store, history, window, now, stretch_ms);
        Ok(MonitorReport {
            history,
            at: now,
            now: Now::of(history, now),
            removed_at: last.filter(|_| !lives.contains(now)),
            decimals: settings.decimals(),
            story,
            past,
            maintenance: looking.found(),
            last_day: picture(last_day, DAY_STRETCH_MS).await?,
            month: picture(in_month, MONTH_STRETCH_MS).await?,
        })
    }
}
