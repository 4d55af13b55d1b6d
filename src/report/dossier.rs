//! All that is known of one outage: what it was, what it cost, and what proves it.
//!
//! The page and the JSON print it. It is found by its name alone, whatever month it lies
//! in, and never cut to one.

use super::listing::{self, Listed};
use super::outlasted::Outlasted;
use super::restated::of_outage;
use super::settings::Settings;
use crate::domain::announcement::Announcement;
use crate::domain::check::Check;
use crate::domain::class::Class;
use crate::domain::exchange::Exchange;
use crate::domain::history::History;
use crate::domain::month::Month;
use crate::domain::outage::{Blip, Outage, OutageId};
use crate::domain::span::Span;
use crate::domain::timeline::{Segment, Timeline};
use crate::domain::timestamp::{DAY_MS, Timestamp};
use crate::domain::uptime::Tally;
use crate::store::closed::Correction;
use crate::store::contract::{Store, StoreError};

/// Blips this long before and after belong to the story.
const AROUND_MS: i64 = DAY_MS;
/// Further back, a good check says little about when the trouble began.
const LAST_GOOD_WITHIN_MS: i64 = 2 * DAY_MS;
/// As many ways of failing as are kept of one run.
const EVIDENCE_MAX: usize = 8;
/// More stretches that do not count than anyone reads; their sums are whole.
pub const UNCOUNTED_MAX: usize = 50;

/// How an outage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It lasts.
    Lasts,
    /// A check was right again.
    Recovered,
    /// The monitor was paused.
    Paused,
    /// The monitor was removed.
    Removed,
}

/// A failing check with what was said in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The check.
    pub check: Check,
    /// What was said, where that was kept.
    pub exchange: Option<Exchange>,
}

/// All of one outage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier<'a> {
    /// Its name.
    pub id: OutageId,
    /// The monitor and its past.
    pub history: &'a History,
    /// When this is told.
    pub at: Timestamp,
    /// The outage, whole.
    pub outage: Outage,
    /// How it ended.
    pub end: End,
    /// Its time, up to where the figures end while it lasts.
    pub span: Span,
    /// What that time counts as.
    pub tally: Tally,
    /// The stretches of it that do not count as down, in order, at most
    /// [`UNCOUNTED_MAX`].
    pub uncounted: Vec<Segment>,
    /// The months it lies in, in order, and the downtime it cost in each.
    pub months: Vec<(Month, i64)>,
    /// The last check before it that was right, if one was in the two days before.
    pub last_good: Option<Check>,
    /// Its first check, and the first of each other way in which it failed.
    pub proofs: Vec<Proof>,
    /// Its checks one by one.
    pub checks: Vec<Listed>,
    /// The check that ended it.
    pub recovery: Option<Check>,
    /// The failing runs of the day before and the day after that were no outage.
    pub blips: Vec<Blip>,
    /// The windows that it outlasted, in order of their end, at most
    /// [`OUTLASTED_MAX`](super::outlasted::OUTLASTED_MAX).
    pub overrun: Vec<Outlasted>,
    /// What was said of it after a month of it was closed, in the order in which that was
    /// said: at most once of each month.
    pub corrections: Vec<Correction>,
}

impl<'a> Dossier<'a> {
    /// The dossier as it reads at `now`; `None` where the monitor had no such outage.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn make(
        store: &dyn Store,
        history: &'a History,
        windows: &[Announcement],
        id: OutageId,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<Option<Dossier<'a>>, StoreError> {
        let Some(outage) = find(history, &id, now) else { return Ok(None) };
        let key = history.key;
        let ends = outage.to.unwrap_or(now);
        let around = Span::new(outage.from.plus_ms(-AROUND_MS), ends.plus_ms(AROUND_MS));
        let (account, timeline) = history.read(around, now, &settings.excused(history));
        let span = outage.span().cut(Span::new(Timestamp::MIN, account.as_of));
        let within = timeline.within(span);
        let before = Span::new(outage.from.plus_ms(-LAST_GOOD_WITHIN_MS), outage.from);
        let last_good = store.checks(key, before).await?.into_iter().rev();
        // While it lasts, the checks that have not decided anything yet belong to it.
        let listed = Span::new(outage.from, outage.to.unwrap_or(now.plus_ms(1)));
        let end = end(history, &outage);
        let corrections = store.corrections(None).await?;
        Ok(Some(Dossier {
            at: now,
            end,
            tally: within.tally(),
            overrun: Outlasted::all(&history.monitor.id, windows, &outage, &within),
            uncounted: uncounted(&within),
            months: months(&within, settings),
            last_good: last_good.into_iter().find(|check| check.verdict.is_good()),
            proofs: proofs(store, history, listed).await?,
            checks: listing::list(store, key, listed).await?,
            recovery: match outage.to.filter(|_| end == End::Recovered) {
                Some(to) => check_at(store, history, to).await?,
                None => None,
            },
            blips: account.known.blips,
            corrections: of_outage(&corrections, &id).cloned().collect(),
            id,
            history,
            outage,
            span,
        }))
    }
}

/// The outage of this name, whole.
fn find(history: &History, id: &OutageId, now: Timestamp) -> Option<Outage> {
    let begin = Span::new(id.from, id.from.plus_ms(1));
    let outages = history.ledger.account(begin, now, &history.monitor).known.outages;
    outages.into_iter().find(|outage| outage.from == id.from)
}

fn end(history: &History, outage: &Outage) -> End {
    let monitor = &history.monitor;
    match outage.to {
        None => End::Lasts,
        Some(to) if monitor.pauses().contains(to) => End::Paused,
        Some(to) if !monitor.lives().contains(to) => End::Removed,
        Some(_) => End::Recovered,
    }
}

fn uncounted(within: &Timeline) -> Vec<Segment> {
    let others = within.segments().iter().filter(|segment| segment.class != Class::Down);
    others.take(UNCOUNTED_MAX).copied().collect()
}

fn months(within: &Timeline, settings: &Settings) -> Vec<(Month, i64)> {
    let span = within.window();
    let mut months = Vec::new();
    let calendar = settings.calendar();
    let mut month = calendar.around(span.from);
    loop {
        let window = calendar.month(month);
        months.push((month, within.tally_within(window).down));
        // A month beyond the last that can be named ends where time does.
        if window.to >= span.to || window.is_empty() {
            return months;
        }
        month = month.next();
    }
}

async fn proofs(
    store: &dyn Store,
    history: &History,
    span: Span,
) -> Result<Vec<Proof>, StoreError> {
    let mut exchanges = store.exchanges(history.key, span, EVIDENCE_MAX).await?;
    let first_was_kept = exchanges.first().is_some_and(|(at, _)| *at == span.from);
    let mut proofs = Vec::new();
    if !first_was_kept && let Some(check) = check_at(store, history, span.from).await? {
        proofs.push(Proof { check, exchange: None });
    }
    for (at, exchange) in exchanges.drain(..) {
        if let Some(check) = check_at(store, history, at).await? {
            proofs.push(Proof { check, exchange: Some(exchange) });
        }
    }
    Ok(proofs)
}

async fn check_at(
    store: &dyn Store,
    history: &History,
    at: Timestamp,
) -> Result<Option<Check>, StoreError> {
    let checks = store.checks(history.key, Span::new(at, at.plus_ms(1))).await?;
    Ok(checks.into_iter().next())
}
