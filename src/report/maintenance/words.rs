//! A window in words: what every form for people says of it.

use super::{Beneath, Overran, Work};
use crate::domain::announcement::Status;
use crate::domain::duration::{
    Overtime, adding_up, as_printed, at_least_in_words, in_words, to_the_second,
};
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::monitor::MonitorId;
use crate::domain::span::Span;

/// More names are no longer read.
const NAMED_MAX: usize = 10;

/// Of those that were up throughout so many are named.
const WELL_NAMED_MAX: usize = 3;

/// A window in words, but for its instants, which every form prints in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkWords {
    /// `Maintenance` or `Emergency maintenance`.
    pub kind: &'static str,
    /// How far it is: `planned`, `under way`, or nothing where it is over.
    pub stage: &'static str,
    /// The time it takes or took.
    pub span: Span,
    /// How long that is, and how long it was to be.
    pub length: String,
    /// Whom it is about, by name.
    pub about: String,
    /// What its owner wrote, in one line; may be empty.
    pub message: String,
    /// Whether it leaves the figure, and why: a sentence.
    pub counting: String,
    /// What was seen beneath it.
    pub seen: Vec<SeenWords>,
}

/// What was seen of one monitor, or of some together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenWords {
    /// Who.
    pub who: String,
    /// What, without its full stop.
    pub what: String,
    /// Whether it outlasted the window.
    pub is_overrun: bool,
}

impl WorkWords {
    /// A window in words, where `name` knows what the monitors are called.
    #[must_use]
    pub fn of<'a>(
        work: &'a Work,
        name: impl Fn(&'a MonitorId) -> Option<&'a str>,
    ) -> WorkWords {
        let window = &work.window;
        WorkWords {
            kind: if window.emergency { "Emergency maintenance" } else { "Maintenance" },
            stage: match work.status {
                Status::Upcoming => "planned",
                Status::Active => "under way",
                _ => "",
            },
            span: window.span(),
            length: length(window),
            about: about(window, name),
            message: window.message.split_whitespace().collect::<Vec<_>>().join(" "),
            counting: match work.beneath.iter().any(|of| exceeds(of, window)) {
                true => counting(window)
                    .replace("figure.", "figure, as far as the contract allows."),
                false => counting(window),
            },
            seen: seen(work),
        }
    }
}

/// `2 h`; `20 min of 2 h`, where it was ended early.
fn length(window: &MaintenanceWindow) -> String {
    let planned = Span::new(window.start, window.end);
    let held = window.span();
    let [held_for, planned_for] = [held, planned].map(|span| to_the_second(as_printed(span)));
    if held == planned { planned_for } else { format!("{held_for} of {planned_for}") }
}

/// Whom a window is about, by name: `API, Web and 3 more`, `all monitors`. Only those that
/// are named are asked for.
#[must_use]
pub fn about<'a>(
    window: &'a MaintenanceWindow,
    name: impl Fn(&'a MonitorId) -> Option<&'a str>,
) -> String {
    if window.monitors.is_empty() {
        return "all monitors".to_owned();
    }
    let named = window.monitors.iter().take(NAMED_MAX);
    let names = named.map(|id| name(id).unwrap_or(id.as_str()));
    listed(&names.collect::<Vec<_>>(), window.monitors.len())
}

/// `API, Web and 3 more`, where there are `all` of them.
fn listed(named: &[&str], all: usize) -> String {
    let names = named.join(", ");
    match all.saturating_sub(named.len()) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

/// Whether a window leaves the figure, and why, as a sentence.
#[must_use]
pub fn counting(window: &MaintenanceWindow) -> String {
    let ahead = match window.notice_ms() {
        ms if ms < 0 => "after it had begun".to_owned(),
        0 => "at the moment it began".to_owned(),
        // Rounded down: what is short of 48 h must not read as 48 h.
        ms => format!("{} ahead", at_least_in_words(ms)),
    };
    if window.emergency {
        return format!("An emergency, announced {ahead}: its time counts.");
    }
    match window.notice_ms() >= MaintenanceWindow::NOTICE_MS {
        true => format!("Announced {ahead}: its time leaves the figure."),
        false => format!("Announced {ahead}, less than 48 h: its time counts."),
    }
}

fn seen(work: &Work) -> Vec<SeenWords> {
    let (well, ill): (Vec<&Beneath>, Vec<&Beneath>) =
        work.beneath.iter().partition(|of| of.is_up_throughout());
    let plain = |who, what: &str| SeenWords { who, what: what.to_owned(), is_overrun: false };
    let mut seen: Vec<SeenWords> = part(work)
        .map(|part| plain("Looked at here".to_owned(), &part))
        .into_iter()
        .collect();
    seen.extend(ill.into_iter().map(|of| SeenWords {
        who: of.name.clone(),
        what: what(of, &work.window),
        is_overrun: of.overran.is_some(),
    }));
    // What counts beyond an allowance is said of each.
    let (well, over): (Vec<&Beneath>, Vec<&Beneath>) =
        well.into_iter().partition(|of| !exceeds(of, &work.window));
    seen.extend(over.into_iter().map(|of| plain(of.name.clone(), &what(of, &work.window))));
    if !well.is_empty() {
        let named = well.iter().take(WELL_NAMED_MAX).map(|of| of.name.as_str());
        let names = listed(&named.collect::<Vec<_>>(), well.len());
        seen.push(plain(names, "up throughout"));
    }
    if work.more > 0 {
        let what = "no worse than these";
        seen.push(plain(format!("{} more", work.more), what));
    }
    seen
}

/// `only its first 30 min`, where the period or what is known ends before the window does, or
/// begins later; `None` where all of it was looked at, and where nothing was.
fn part(work: &Work) -> Option<String> {
    let held = work.window.span();
    let parts = || work.beneath.iter().filter_map(|of| of.part);
    let from = parts().map(|part| part.from).min()?;
    let to = parts().map(|part| part.to).max()?;
    let length = to_the_second(as_printed(Span::new(from, to)));
    if length == to_the_second(as_printed(held)) {
        return None;
    }
    Some(match (from > held.from, to < held.to) {
        (false, _) => format!("only its first {length}"),
        (true, false) => format!("only its last {length}"),
        (true, true) => format!("only {length} in its middle"),
    })
}

/// Whether it counts for this monitor although it was announced in time.
fn exceeds(of: &Beneath, window: &MaintenanceWindow) -> bool {
    window.excluded().is_some() && of.watched_ms() > of.excluded_ms
}

/// `down 26 min, up 4 min; planned 30 min, took 47 min: 17 min count`
fn what(of: &Beneath, window: &MaintenanceWindow) -> String {
    let kinds = [
        ("down", of.down_ms),
        ("slow", of.degraded_ms),
        ("not checked", of.unknown_ms),
        ("not watched", of.unwatched_ms()),
        ("up", of.up_ms),
    ];
    let some: Vec<(&str, i64)> = kinds.into_iter().filter(|(_, ms)| *ms > 0).collect();
    let mut clauses = Vec::new();
    match some[..] {
        // Of a window that was over before.
        [] => {}
        [(kind, _)] => clauses.push(format!("{kind} throughout")),
        _ => {
            let mut lengths: Vec<i64> = some.iter().map(|(_, ms)| *ms).collect();
            // Together they are as long as what was looked at is said to be.
            if let (Some(part), Some(longest)) = (of.part, lengths.iter_mut().max()) {
                *longest += as_printed(part) - part.length_ms();
            }
            let (lengths, _) = adding_up(&lengths);
            let each = some.iter().zip(lengths);
            let each = each.map(|((kind, _), length)| format!("{kind} {length}"));
            clauses.push(each.collect::<Vec<_>>().join(", "));
        }
    }
    if exceeds(of, window) {
        let counted = count(&in_words(of.watched_ms() - of.excluded_ms), "");
        clauses.push(format!("{counted}, because the contract's allowance was used up"));
    }
    clauses.extend(of.overran.iter().map(|overran| overrun(of, overran, window)));
    clauses.join("; ")
}

/// `planned 30 min, took 47 min: 17 min count`; where not all of what lies beyond counts, or
/// not here, `12 min of 17 min count`.
fn overrun(seen: &Beneath, of: &Overran, window: &MaintenanceWindow) -> String {
    let held = window.span();
    let planned = if held.to < window.end { "ended after" } else { "planned" };
    let beyond_ms = of.took_ms - of.planned_ms;
    let Overtime { planned: length, beyond, counted, took } =
        Overtime::of(held, beyond_ms, of.counted_ms);
    let further = match (of.lasts, of.goes_on) {
        (true, _) => " so far",
        (_, true) => " and went on after this period",
        _ => "",
    };
    // A window that was over before is told of for the sake of what counts here.
    let here = match (of.goes_on, seen.watched_ms()) {
        (true, _) | (_, 0) => " in this period",
        _ => "",
    };
    let counts = match (window.excluded(), of.counted_ms) {
        (None, _) => "all of it counts".to_owned(),
        (Some(_), 0) => format!("nothing of that counts{here}"),
        (Some(_), ms) if ms == beyond_ms || counted == beyond => count(&beyond, "") + here,
        (Some(_), _) => count(&counted, &format!(" of {beyond}")) + here,
    };
    format!("{planned} {length}, took {took}{further}: {counts}")
}

/// `17 min count`, `1 min of 5 min counts`
fn count(length: &str, of: &str) -> String {
    let is_one = length.starts_with("1 ") && length.matches(' ').count() == 1;
    format!("{length}{of} {}", if is_one { "counts" } else { "count" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::announcement::WindowId;
    use crate::domain::timestamp::{MINUTE_MS, SECOND_MS, Timestamp};

    /// Two hours of work that was ended after so many milliseconds.
    fn ended_after(ms: i64) -> MaintenanceWindow {
        MaintenanceWindow {
            announced_at: Timestamp(-MaintenanceWindow::NOTICE_MS),
            start: Timestamp(0),
            end: Timestamp(120 * MINUTE_MS),
            cancelled_at: Some(Timestamp(ms)),
            message: String::new(),
            monitors: Vec::new(),
            emergency: false,
        }
    }

    /// What is said of a monitor that was so long up, down and not looked at within it.
    fn words(window: &MaintenanceWindow, [up_ms, down_ms, unknown_ms]: [i64; 3]) -> WorkWords {
        told(window, [up_ms, down_ms, unknown_ms], None)
    }

    fn told(
        window: &MaintenanceWindow,
        [up_ms, down_ms, unknown_ms]: [i64; 3],
        overran: Option<Overran>,
    ) -> WorkWords {
        let beneath = Beneath {
            id: "api".to_owned(),
            name: "API".to_owned(),
            up_ms,
            degraded_ms: 0,
            down_ms,
            unknown_ms,
            excluded_ms: up_ms + down_ms + unknown_ms,
            part: Some(window.span()),
            overran,
        };
        let work = Work {
            id: WindowId(1),
            status: Status::Ended,
            window: window.clone(),
            beneath: vec![beneath],
            more: 0,
        };
        let words = WorkWords::of(&work, |_| None);
        assert_eq!(words.seen.len(), 1);
        words
    }

    fn beyond(window: &MaintenanceWindow, beyond_ms: i64, counted_ms: i64) -> Overran {
        let planned_ms = window.span().length_ms();
        let took_ms = planned_ms + beyond_ms;
        Overran { planned_ms, took_ms, counted_ms, lasts: false, goes_on: false }
    }

    #[test]
    fn a_window_is_as_long_as_its_printed_ends_are_apart() {
        let window = ended_after(20 * MINUTE_MS + 481);
        let said = words(&window, [20 * MINUTE_MS + 481, 0, 0]);
        assert_eq!(said.length, "20 min of 2 h");
        assert_eq!(said.seen[0].what, "up throughout");
        let planned = MaintenanceWindow { cancelled_at: None, ..ended_after(0) };
        let planned = MaintenanceWindow { end: planned.end.plus_ms(999), ..planned };
        assert_eq!(words(&planned, [1, 0, 0]).length, "2 h");
        let short = MaintenanceWindow { end: planned.end.plus_ms(-1_299), ..planned };
        assert_eq!(words(&short, [1, 0, 0]).length, "1 h 59 min 59 s");
    }

    #[test]
    fn what_was_seen_adds_up_to_what_was_looked_at() {
        let half_an_hour = ended_after(30 * MINUTE_MS);
        let what = |each: [i64; 3]| words(&half_an_hour, each).seen[0].what.clone();
        let [up_ms, down_ms] = [236, 1_564].map(|s| s * SECOND_MS);
        assert_eq!(what([up_ms, down_ms, 0]), "down 26 min 04 s, up 3 min 56 s");
        assert_eq!(
            what([10 * MINUTE_MS, 15 * MINUTE_MS, 0]),
            "down 15 min, not watched 5 min, up 10 min"
        );
        assert_eq!(what([25 * MINUTE_MS, 0, 0]), "not watched 5 min, up 25 min");
        // Ended by hand, with a part of a second.
        for (held_ms, up_ms, length, said) in [
            (4_700, 2_100, "4 s", "down 2 s, up 2 s"),
            (12_700, 1_900, "12 s", "down 10 s, up 2 s"),
            (1_800_481, 600_481, "30 min", "down 20 min, up 10 min"),
        ] {
            let told = words(&ended_after(held_ms), [up_ms, held_ms - up_ms, 0]);
            assert_eq!(told.length, format!("{length} of 2 h"));
            assert_eq!(told.seen[0].what, said);
        }
    }

    #[test]
    fn what_was_planned_and_what_counts_add_up_to_what_it_took() {
        let said = |held_ms: i64, beyond_ms: i64, counted_ms: i64| {
            let window = ended_after(held_ms);
            let overran = beyond(&window, beyond_ms, counted_ms);
            let what = &told(&window, [0, held_ms, 0], Some(overran)).seen[0].what;
            what.replace("down throughout; ended after ", "")
        };
        let minutes = |ms: i64| ms * MINUTE_MS;
        assert_eq!(
            said(minutes(30), minutes(17), minutes(17)),
            "30 min, took 47 min: 17 min count"
        );
        assert_eq!(
            said(minutes(10), 140 * SECOND_MS, 140 * SECOND_MS),
            "10 min, took 12 min 20 s: 2 min 20 s count"
        );
        // The end of the window has a part of a second, and so has that of the outage.
        assert_eq!(
            said(minutes(30) + 481, minutes(17) - 300, minutes(17) - 300),
            "30 min, took 47 min: 17 min count"
        );
        assert_eq!(
            said(1_780_481, 1_029_700, 1_029_700),
            "29 min 40 s, took 46 min 50 s: 17 min 10 s count"
        );
        // It ends three tenths of a second before its printed end would be full.
        assert_eq!(
            said(7_199_700, 2_429_300, 2_429_300),
            "1 h 59 min 59 s, took 2 h 40 min 29 s: 40 min 30 s count"
        );
        assert_eq!(said(minutes(60), 300, 300), "1 h, took 1 h 300 ms: 300 ms count");
        // Nobody looked at the rest, or it is of another window.
        assert_eq!(
            said(minutes(30), minutes(17), minutes(12)),
            "30 min, took 47 min: 12 min of 17 min count"
        );
        assert_eq!(
            said(minutes(30), minutes(5), minutes(1)),
            "30 min, took 35 min: 1 min of 5 min counts"
        );
        assert_eq!(
            said(minutes(30), minutes(5), 0),
            "30 min, took 35 min: nothing of that counts"
        );
    }
}
