//! Work that took longer than it was announced for: what of an outage lies beyond the
//! end of a maintenance window. That time counts, like any other.

use super::maintenance::MaintenanceWindow;
use super::monitor::MonitorId;
use super::outage::Outage;
use super::span::{Span, Spans};
use super::timestamp::{DAY_MS, Timestamp};

/// How long after the end of a window somebody who is still down is put down to it. Later
/// it is an outage like any other.
pub const BLAMED_MS: i64 = DAY_MS;

/// One window that one outage outlasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overrun {
    /// The window, as [`MaintenanceWindow::span`] has it.
    pub planned: Span,
    /// What lies beyond it: from its end to the end of the outage, or to `now` while the
    /// outage lasts.
    pub beyond: Span,
    /// Whether the outage still lasts.
    pub lasts: bool,
}

impl Overrun {
    /// What of `outage` lies beyond `planned` at `now`; `None` unless the outage began
    /// before the end of the window and went on after it. Whoever shows one that began
    /// before the window says so: the work did not cause it.
    #[must_use]
    pub fn of(planned: Span, outage: &Outage, now: Timestamp) -> Option<Overrun> {
        let beyond = Span::new(planned.to, outage.span().to.min(now));
        let is_outlasted = !planned.is_empty() && outage.from < planned.to;
        let lasts = outage.to.is_none_or(|to| to > now);
        (is_outlasted && !beyond.is_empty()).then_some(Overrun { planned, beyond, lasts })
    }

    /// How long the work was announced for, in milliseconds.
    #[must_use]
    pub fn planned_ms(&self) -> i64 {
        self.planned.length_ms()
    }

    /// How long it took, from the start of the window to the end of the outage or to now,
    /// in milliseconds.
    #[must_use]
    pub fn took_ms(&self) -> i64 {
        Span::new(self.planned.from, self.beyond.to).length_ms()
    }

    /// What of it counts as downtime, where `down` is what the monitor's timeline has as
    /// down: neither time that nobody watched nor another announced window.
    #[must_use]
    pub fn counted(&self, down: &Spans) -> Spans {
        down.within(self.beyond)
    }
}

/// The window that `monitor`, down since `down_since`, is overrunning at `now`: the last
/// one about it that ended, if that is at most [`BLAMED_MS`] ago and it went down within it,
/// or within those that it extends. Who was down before the work began is down for another
/// reason. None while another window about it is active, which is what an extension is.
#[must_use]
pub fn overrunning<'a>(
    windows: impl IntoIterator<Item = &'a MaintenanceWindow>,
    monitor: &MonitorId,
    down_since: Timestamp,
    now: Timestamp,
) -> Option<&'a MaintenanceWindow> {
    let mut last: Option<(Timestamp, &MaintenanceWindow)> = None;
    let mut planned: Vec<Span> = Vec::new();
    for window in windows.into_iter().filter(|window| window.is_about(monitor)) {
        let span = window.span();
        if span.contains(now) {
            return None;
        }
        planned.push(span);
        let is_over = !span.is_empty() && span.to <= now;
        if is_over && last.is_none_or(|(end, _)| span.to > end) {
            last = Some((span.to, window));
        }
    }
    let (end, window) = last?;
    // Windows that touch are one span.
    let work = Spans::from_iter(planned).first_ending_after(down_since);
    let is_within = work.is_some_and(|work| work.contains(down_since) && work.to >= end);
    (is_within && down_since < end && now.since_ms(end) <= BLAMED_MS).then_some(window)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timestamp::MINUTE_MS;

    fn at(minute: i64) -> Timestamp {
        Timestamp(minute * MINUTE_MS)
    }

    fn span(from: i64, to: i64) -> Span {
        Span::new(at(from), at(to))
    }

    fn outage(from: i64, to: Option<i64>) -> Outage {
        Outage { from: at(from), to: to.map(at), reason: "".into() }
    }

    fn window(from: i64, to: i64) -> MaintenanceWindow {
        MaintenanceWindow {
            announced_at: at(from - 3 * 24 * 60),
            start: at(from),
            end: at(to),
            cancelled_at: None,
            message: String::new(),
            monitors: Vec::new(),
            emergency: false,
        }
    }

    fn end_of(windows: &[MaintenanceWindow], down_since: Timestamp, now: i64) -> Option<i64> {
        let api = MonitorId::new("api").unwrap();
        let window = overrunning(windows, &api, down_since, at(now))?;
        Some(window.end.0 / MINUTE_MS)
    }

    #[test]
    fn of_30_planned_minutes_that_took_47_17_count() {
        let overrun = Overrun::of(span(0, 30), &outage(2, Some(47)), at(600)).unwrap();
        assert_eq!(overrun.planned_ms(), 30 * MINUTE_MS);
        assert_eq!(overrun.took_ms(), 47 * MINUTE_MS);
        let down = Spans::from(span(30, 47));
        assert_eq!(overrun.counted(&down).length_ms(), 17 * MINUTE_MS);
        assert!(!overrun.lasts);
    }

    #[test]
    fn time_that_nobody_watched_and_another_window_do_not_count() {
        let overrun = Overrun::of(span(0, 30), &outage(2, Some(60)), at(600)).unwrap();
        let down: Spans = [span(30, 35), span(50, 60), span(70, 80)].into_iter().collect();
        assert_eq!(overrun.counted(&down).length_ms(), 15 * MINUTE_MS);
    }

    #[test]
    fn an_outage_that_lasts_reaches_to_now() {
        let overrun = Overrun::of(span(0, 30), &outage(2, None), at(41)).unwrap();
        assert_eq!((overrun.beyond, overrun.lasts), (span(30, 41), true));
        assert_eq!(Overrun::of(span(0, 30), &outage(2, None), at(30)), None);
        // It began before the window, too.
        assert!(Overrun::of(span(10, 30), &outage(2, None), at(41)).is_some());
    }

    #[test]
    fn an_outage_within_or_after_a_window_is_no_overrun() {
        let of = |from, to| Overrun::of(span(0, 30), &outage(from, Some(to)), at(600));
        assert_eq!(of(2, 30), None);
        assert_eq!(of(30, 40), None);
        let a_moment = Outage { to: Some(at(30).plus_ms(1)), ..outage(2, None) };
        let overrun = Overrun::of(span(0, 30), &a_moment, at(600)).unwrap();
        assert_eq!(overrun.beyond.length_ms(), 1);
    }

    #[test]
    fn a_window_that_was_called_off_is_not_overrun() {
        let called_off = MaintenanceWindow { cancelled_at: Some(at(-5)), ..window(0, 30) };
        assert_eq!(end_of(&[called_off], at(-10), 40), None);
    }

    #[test]
    fn who_is_still_down_overruns_the_last_window_that_ended() {
        let windows = [window(0, 30), window(30, 60)];
        assert_eq!(end_of(&windows, at(5), 70), Some(60));
        // The second is an extension: while it is active, nothing is overrun.
        assert_eq!(end_of(&windows, at(5), 59), None);
        assert_eq!(end_of(&windows, at(60), 70), None);
        assert_eq!(end_of(&windows, at(60).plus_ms(-1), 70), Some(60));
        assert_eq!(end_of(&windows, at(5), 60 + 24 * 60), Some(60));
        assert_eq!(end_of(&windows, at(5), 61 + 24 * 60), None);
    }

    #[test]
    fn who_was_down_before_the_work_began_does_not_overrun_it() {
        assert_eq!(end_of(&[window(0, 30)], at(0), 40), Some(30));
        assert_eq!(end_of(&[window(0, 30)], at(0).plus_ms(-1), 40), None);
        // Nor an extension of it, nor a window that is another piece of work.
        let windows = [window(0, 30), window(30, 60)];
        assert_eq!(end_of(&windows, at(0).plus_ms(-1), 70), None);
        assert_eq!(end_of(&[window(0, 30), window(31, 60)], at(5), 70), None);
    }

    #[test]
    fn a_window_about_others_is_not_overrun() {
        let web = MonitorId::new("web").unwrap();
        let windows = [MaintenanceWindow { monitors: vec![web], ..window(0, 30) }];
        assert_eq!(end_of(&windows, at(5), 40), None);
    }

    #[test]
    fn a_window_that_was_ended_early_is_overrun_from_there() {
        let ended = MaintenanceWindow { cancelled_at: Some(at(20)), ..window(0, 30) };
        assert_eq!(end_of(&[ended], at(25), 40), None);
        let ended = MaintenanceWindow { cancelled_at: Some(at(20)), ..window(0, 30) };
        assert_eq!(end_of(&[ended], at(19), 25), Some(30));
    }
}
