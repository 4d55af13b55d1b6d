//! Maintenance windows, and the notice that lets them leave the figure.

use super::monitor::MonitorId;
use super::span::{Span, Spans};
use super::timestamp::{HOUR_MS, Timestamp};
use std::collections::HashMap;

/// Planned work on some monitors, or on all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaintenanceWindow {
    /// When we received it, by our own clock.
    pub announced_at: Timestamp,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// When it was called off, if it was: it ends then, if it had begun.
    pub cancelled_at: Option<Timestamp>,
    /// What users are told.
    pub message: String,
    /// The monitors it is about; empty: all.
    pub monitors: Vec<MonitorId>,
    /// Whether it was announced as an emergency: then its time counts, whatever its notice.
    pub emergency: bool,
}

impl MaintenanceWindow {
    /// The notice without which maintenance stays in the figure: 48 hours of elapsed
    /// time, not two calendar days.
    pub const NOTICE_MS: i64 = 48 * HOUR_MS;

    /// The time it takes or took place, announced in time or not: empty where it was called
    /// off before it began.
    #[must_use]
    pub fn span(&self) -> Span {
        let end = self.cancelled_at.map_or(self.end, |cancelled| cancelled.min(self.end));
        Span::new(self.start, end.max(self.start))
    }

    /// How long before its beginning it was announced, in milliseconds; negative where it
    /// had begun by then.
    #[must_use]
    pub fn notice_ms(&self) -> i64 {
        self.start.since_ms(self.announced_at)
    }

    /// The time it takes out of the figure; `None` where it was announced too late or as
    /// an emergency, or called off before it began.
    #[must_use]
    pub fn excluded(&self) -> Option<Span> {
        let span = self.span();
        let announced_in_time = self.notice_ms() >= Self::NOTICE_MS;
        (announced_in_time && !self.emergency && !span.is_empty()).then_some(span)
    }

    /// Whether it is under way at `now`, announced in time or not.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.span().contains(now)
    }

    /// Whether it is about this monitor.
    #[must_use]
    pub fn is_about(&self, monitor: &MonitorId) -> bool {
        self.monitors.is_empty() || self.monitors.contains(monitor)
    }

    /// Whether it is about any of these monitors.
    #[must_use]
    pub fn is_about_any(&self, monitors: &[MonitorId]) -> bool {
        monitors.iter().any(|monitor| self.is_about(monitor))
    }
}

/// The time that maintenance takes out of the figures of all monitors; where windows
/// overlap, once.
#[derive(Clone, Debug, Default)]
pub struct Excluded {
    /// What windows about all monitors take.
    of_all: Spans,
    /// What windows about some take of those besides.
    of_some: HashMap<MonitorId, Vec<Span>>,
}

impl Excluded {
    /// What `windows` take, read once for all monitors.
    #[must_use]
    pub fn by<'a>(windows: impl IntoIterator<Item = &'a MaintenanceWindow>) -> Excluded {
        let mut of_all = Vec::new();
        let mut of_some: HashMap<MonitorId, Vec<Span>> = HashMap::new();
        for window in windows {
            let Some(span) = window.excluded() else { continue };
            if window.monitors.is_empty() {
                of_all.push(span);
            }
            for monitor in &window.monitors {
                of_some.entry(monitor.clone()).or_default().push(span);
            }
        }
        Excluded { of_all: of_all.into_iter().collect(), of_some }
    }

    /// What they take of `monitor`.
    #[must_use]
    pub fn of(&self, monitor: &MonitorId) -> Spans {
        match self.of_some.get(monitor) {
            None => self.of_all.clone(),
            Some(more) => self.of_all.as_slice().iter().chain(more).copied().collect(),
        }
    }
}

/// What of `excluded` stays out of the figure where a contract allows only so much of it
/// each month: the first `allowance_ms` within each of `months`. What exceeds it counts.
#[must_use]
pub fn within_allowance(
    excluded: &Spans,
    allowance_ms: i64,
    months: impl IntoIterator<Item = Span>,
) -> Spans {
    let mut allowed = Spans::empty();
    for month in months {
        let mut left_ms = allowance_ms;
        for span in excluded.within(month).as_slice() {
            let length_ms = span.length_ms().min(left_ms);
            allowed.push(Span::new(span.from, span.from.plus_ms(length_ms)));
            left_ms -= length_ms;
        }
    }
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(notice_ms: i64, cancelled_at: Option<i64>) -> MaintenanceWindow {
        MaintenanceWindow {
            announced_at: Timestamp(1_000 - notice_ms),
            start: Timestamp(1_000),
            end: Timestamp(2_000),
            cancelled_at: cancelled_at.map(Timestamp),
            message: String::new(),
            monitors: Vec::new(),
            emergency: false,
        }
    }

    #[test]
    fn an_emergency_never_leaves_the_figure() {
        let emergency = MaintenanceWindow { emergency: true, ..window(10 * 172_800_000, None) };
        assert_eq!(emergency.excluded(), None);
        assert!(emergency.is_active(Timestamp(1_500)));
    }

    #[test]
    fn exactly_48_hours_count_and_a_millisecond_less_does_not() {
        let whole = Span::new(Timestamp(1_000), Timestamp(2_000));
        assert_eq!(window(172_800_000, None).excluded(), Some(whole));
        assert_eq!(window(172_799_999, None).excluded(), None);
    }

    #[test]
    fn cancelling_cuts_the_end() {
        let until = |to| Some(Span::new(Timestamp(1_000), Timestamp(to)));
        assert_eq!(window(172_800_000, Some(1_500)).excluded(), until(1_500));
        assert_eq!(window(172_800_000, Some(2_500)).excluded(), until(2_000));
        assert_eq!(window(172_800_000, Some(1_000)).excluded(), None);
        assert_eq!(window(172_800_000, Some(-5)).excluded(), None);
    }

    #[test]
    fn an_allowance_is_used_up_in_order_and_begins_anew_each_month() {
        let span = |from, to| Span::new(Timestamp(from), Timestamp(to));
        let spans = |pairs: &[(i64, i64)]| -> Spans {
            pairs.iter().map(|(from, to)| span(*from, *to)).collect()
        };
        let months = [span(0, 100), span(100, 200), span(200, 300)];
        let excluded = spans(&[(10, 30), (50, 60), (95, 130), (250, 251)]);
        let allowed = |ms| within_allowance(&excluded, ms, months);
        assert_eq!(allowed(25), spans(&[(10, 30), (50, 55), (100, 125), (250, 251)]));
        assert_eq!(allowed(0), Spans::empty());
        assert_eq!(allowed(1_000), excluded);
    }

    #[test]
    fn a_window_without_monitors_is_about_all() {
        let api = MonitorId::new("api").unwrap();
        let mut some = window(172_800_000, None);
        assert!(some.is_about(&api));
        some.monitors = vec![MonitorId::new("web").unwrap()];
        assert!(!some.is_about(&api));
        assert!(Excluded::by([&some]).of(&api).is_empty());
    }

    #[test]
    fn windows_about_all_and_about_some_are_excluded_once_where_they_overlap() {
        let [api, web] = ["api", "web"].map(|id| MonitorId::new(id).unwrap());
        let spans = |pairs: &[(i64, i64)]| -> Spans {
            let span = |(from, to): &(i64, i64)| Span::new(Timestamp(*from), Timestamp(*to));
            pairs.iter().map(span).collect()
        };
        let all = window(172_800_000, None);
        let mut some = MaintenanceWindow {
            start: Timestamp(1_500),
            end: Timestamp(3_000),
            monitors: vec![web.clone()],
            ..all.clone()
        };
        let excluded = Excluded::by([&all, &some]);
        assert_eq!(excluded.of(&api), spans(&[(1_000, 2_000)]));
        assert_eq!(excluded.of(&web), spans(&[(1_000, 3_000)]));
        some.start = Timestamp(2_500);
        let excluded = Excluded::by([&some, &all]);
        assert_eq!(excluded.of(&web), spans(&[(1_000, 2_000), (2_500, 3_000)]));
    }
}
