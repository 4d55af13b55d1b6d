//! `[report]` and what monitors and groups have of their own: how the months are cut and
//! what was promised.

use crate::domain::calendar::{Calendar, Cut};
use crate::domain::group::Group;
use crate::domain::history::History;
use crate::domain::maintenance::within_allowance;
use crate::domain::monitor::MonitorId;
use crate::domain::percent::Target;
use crate::domain::span::{Span, Spans};
use arc_swap::ArcSwap;
use chrono_tz::Tz;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// How months are cut and what was promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The zone whose months and days are reported.
    pub zone: Tz,
    /// The months that were closed, in order, each in the zone of its time.
    pub closed: Arc<[Cut]>,
    /// What was promised of everything that says nothing else.
    pub contract: Contract,
    /// What was promised of single monitors instead.
    pub contracts: HashMap<MonitorId, Contract>,
    /// The groups, in the owner's order.
    pub groups: Vec<GroupSettings>,
}

/// What was promised of a monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// The uptime.
    pub target: Target,
    /// How much announced maintenance may leave the figure each month, in milliseconds;
    /// `None`: all of it.
    pub allowance_ms: Option<i64>,
}

/// A group and what was promised of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSettings {
    /// The group.
    pub group: Group,
    /// The uptime.
    pub target: Target,
}

impl Default for Contract {
    fn default() -> Contract {
        Contract { target: Target::DEFAULT, allowance_ms: None }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            zone: Tz::UTC,
            closed: Arc::from([]),
            contract: Contract::default(),
            contracts: HashMap::new(),
            groups: Vec::new(),
        }
    }
}

impl Settings {
    /// The settings in force, with the months that were closed: whoever puts new settings
    /// in place does not know of those.
    #[must_use]
    pub fn in_force(current: &ArcSwap<Settings>, closed: &Arc<[Cut]>) -> Arc<Settings> {
        let settings = current.load_full();
        if Arc::ptr_eq(&settings.closed, closed) {
            return settings;
        }
        current
            .rcu(|settings| Settings { closed: closed.clone(), ..Settings::clone(settings) });
        current.load_full()
    }

    /// How time is cut into months.
    #[must_use]
    pub fn calendar(&self) -> Calendar {
        Calendar::new(self.zone, self.closed.clone())
    }

    /// How many decimals percentages are printed with: two, or as many as the most
    /// precise target has.
    #[must_use]
    pub fn decimals(&self) -> u32 {
        let of_monitors = self.contracts.values().map(|contract| contract.target);
        let of_groups = self.groups.iter().map(|group| group.target);
        (of_monitors.chain(of_groups).chain([self.contract.target]))
            .map(Target::decimals)
            .fold(2, u32::max)
    }

    /// What was promised of a monitor.
    #[must_use]
    pub fn contract(&self, monitor: &MonitorId) -> Contract {
        self.contracts.get(monitor).copied().unwrap_or(self.contract)
    }

    /// The maintenance that leaves the figure of a monitor: what was announced in time,
    /// as far as its contract allows.
    #[must_use]
    pub fn excused<'a>(&self, history: &'a History) -> Cow<'a, Spans> {
        let Some(allowance_ms) = self.contract(&history.monitor.id).allowance_ms else {
            return Cow::Borrowed(&history.maintenance);
        };
        // A pause excuses by itself, and uses nothing up.
        let used = history.maintenance.intersect(history.monitor.watched());
        Cow::Owned(within_allowance(&used, allowance_ms, self.months_of(&used)))
    }

    /// The months in which `spans` lie, each once and in order.
    fn months_of(&self, spans: &Spans) -> Vec<Span> {
        let calendar = self.calendar();
        let mut months: Vec<Span> = Vec::new();
        for span in spans.as_slice() {
            let mut from = span.from;
            while from < span.to {
                let month = calendar.month(calendar.around(from));
                if months.last() != Some(&month) {
                    months.push(month);
                }
                // A month beyond the last that can be named ends where time does.
                from = if month.to > from { month.to } else { span.to };
            }
        }
        months
    }
}
