//! All that is known of one monitor's past, condensed: its size grows with the
//! outages and gaps, not with the checks.

use super::check::Verdict;
use super::judge::{Entry, Judge};
use super::monitor::Monitor;
use super::outage::{Blip, Outage};
use super::span::{Span, Spans};
use super::timestamp::Timestamp;
use std::sync::Arc;

/// The entries that no later check can change, by kind and in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// When it was up.
    pub up: Spans,
    /// When it was up, but slow.
    pub degraded: Spans,
    /// When it was down.
    pub down: Spans,
    /// When it may have been down without being seen so.
    pub doubt: Spans,
    /// When it was surely down.
    pub sure: Spans,
    /// Its outages that have ended; while the ledger is read at some instant, also
    /// the one that lasts.
    pub outages: Vec<Outage>,
    /// Its failing runs that were no outage.
    pub blips: Vec<Blip>,
}

impl Settled {
    /// Adds entries, in the order in which a judge gave them.
    pub fn add(&mut self, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            match entry {
                Entry::Up(span) => self.up.push(span),
                Entry::Degraded(span) => self.degraded.push(span),
                Entry::Down(span) => self.down.push(span),
                Entry::Doubt(span) => self.doubt.push(span),
                Entry::Sure(span) => self.sure.push(span),
                Entry::Outage(outage) => self.outages.push(outage),
                Entry::Blip(blip) => self.blips.push(blip),
            }
        }
    }

    /// When it is known how it was.
    #[must_use]
    pub fn observed(&self) -> Spans {
        self.up.union(&self.degraded).union(&self.down)
    }

    /// What of it concerns `window`: time is cut to it, outages and blips stay whole.
    fn within(&self, window: Span) -> Settled {
        let first_outage =
            self.outages.partition_point(|outage| outage.span().to <= window.from);
        let first_blip = self.blips.partition_point(|blip| blip.span.to <= window.from);
        Settled {
            up: self.up.within(window),
            degraded: self.degraded.within(window),
            down: self.down.within(window),
            doubt: self.doubt.within(window),
            sure: self.sure.within(window),
            outages: (self.outages[first_outage..].iter())
                .take_while(|outage| outage.from < window.to)
                .cloned()
                .collect(),
            blips: (self.blips[first_blip..].iter())
                .take_while(|blip| blip.span.from < window.to)
                .cloned()
                .collect(),
        }
    }
}

/// A monitor's settled past and the state of its judge. Cheap to copy: the past is
/// shared until it grows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// What can no longer change.
    pub settled: Arc<Settled>,
    /// What the next check will be judged by.
    pub judge: Judge,
}

/// A ledger as it reads at some instant, for one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Where the figures end; never later than the `now` that was asked for.
    pub as_of: Timestamp,
    /// No later check can change anything before this; see [`Tail`](super::judge::Tail).
    pub settled_before: Timestamp,
    /// What is known within the window and before `as_of`.
    pub known: Settled,
}

impl Ledger {
    /// Judges a whole history, in order of time.
    #[must_use]
    pub fn of<'a>(
        checks: impl IntoIterator<Item = (Timestamp, Verdict, Option<&'a str>)>,
        monitor: &Monitor,
    ) -> Ledger {
        let mut ledger = Ledger::default();
        let mut entries = Vec::new();
        for (at, verdict, reason) in checks {
            ledger.judge.observe(at, verdict, reason, monitor, &mut entries);
        }
        ledger.settle(entries, ledger.judge.clone());
        ledger
    }

    /// Takes over what a judge has settled, and its new state.
    pub fn settle(&mut self, entries: Vec<Entry>, judge: Judge) {
        if !entries.is_empty() {
            Arc::make_mut(&mut self.settled).add(entries);
        }
        self.judge = judge;
    }

    /// How the ledger reads at `now`, within `window`.
    #[must_use]
    pub fn account(&self, window: Span, now: Timestamp, monitor: &Monitor) -> Account {
        let tail = self.judge.tail(now, monitor);
        let window = window.cut(Span::new(Timestamp::MIN, tail.as_of));
        let mut known = self.settled.within(window);
        let mut newest = Settled::default();
        newest.add(tail.entries);
        let newest = newest.within(window);
        known.up = known.up.union(&newest.up);
        known.degraded = known.degraded.union(&newest.degraded);
        known.down = known.down.union(&newest.down);
        known.doubt = known.doubt.union(&newest.doubt);
        known.sure = known.sure.union(&newest.sure);
        known.outages.extend(newest.outages);
        known.blips.extend(newest.blips);
        Account { as_of: tail.as_of, settled_before: tail.settled_before, known }
    }
}
