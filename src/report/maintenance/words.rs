//! A window in words: what every form for people says of it.

use super::{Beneath, Overran, Work};
use crate::domain::announcement::Status;
use crate::domain::duration::{at_least_in_words, in_words};
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
    match held == planned {
        true => in_words(planned.length_ms()),
        false => {
            format!("{} of {}", in_words(held.length_ms()), in_words(planned.length_ms()))
        }
    }
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
    let mut seen: Vec<SeenWords> = ill
        .into_iter()
        .map(|of| SeenWords {
            who: of.name.clone(),
            what: what(of, &work.window),
            is_overrun: of.overran.is_some(),
        })
        .collect();
    let plain = |who, what: &str| SeenWords { who, what: what.to_owned(), is_overrun: false };
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

/// Whether it counts for this monitor although it was announced in time.
fn exceeds(of: &Beneath, window: &MaintenanceWindow) -> bool {
    window.excluded().is_some() && of.watched_ms() > of.excluded_ms
}

/// `down 27 min, up 3 min; planned 30 min, took 47 min: 17 min count`
fn what(of: &Beneath, window: &MaintenanceWindow) -> String {
    let kinds = [
        ("down", of.down_ms),
        ("slow", of.degraded_ms),
        ("not checked", of.unknown_ms),
        ("up", of.up_ms),
    ];
    let some: Vec<(&str, i64)> = kinds.into_iter().filter(|(_, ms)| *ms > 0).collect();
    let mut what = match some[..] {
        [(kind, _)] => format!("{kind} throughout"),
        _ => {
            let each = some.iter().map(|(kind, ms)| format!("{kind} {}", in_words(*ms)));
            each.collect::<Vec<_>>().join(", ")
        }
    };
    if exceeds(of, window) {
        let counted = count(of.watched_ms() - of.excluded_ms);
        what += &format!("; {counted}, because the contract's allowance was used up");
    }
    if let Some(overran) = &of.overran {
        what += &format!("; {}", overrun(overran, window));
    }
    what
}

/// `planned 30 min, took 47 min: 17 min count`
fn overrun(of: &Overran, window: &MaintenanceWindow) -> String {
    let was_cut = window.span().to < window.end;
    let planned = if was_cut { "ended after" } else { "planned" };
    let so_far = if of.lasts { " so far" } else { "" };
    let counts = match (window.excluded(), of.counted_ms) {
        (None, _) => "all of it counts".to_owned(),
        (Some(_), 0) => "nothing of that counts".to_owned(),
        (Some(_), ms) => count(ms),
    };
    let [length, took] = [of.planned_ms, of.took_ms].map(in_words);
    format!("{planned} {length}, took {took}{so_far}: {counts}")
}

/// `17 min count`
fn count(ms: i64) -> String {
    let length = in_words(ms);
    let is_one = length.starts_with("1 ") && length.matches(' ').count() == 1;
    format!("{length} {}", if is_one { "counts" } else { "count" })
}
