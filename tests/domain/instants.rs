//! The definition, taken literally and slowly: every millisecond of a small window is
//! classed by itself, with look-ahead instead of a state machine. It shares no code
//! with the program but the plain values.

use crate::history::Case;
use everup::domain::check::Verdict;
use everup::domain::class::Class;

/// What became of one check.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    Up,
    Degraded,
    Down,
    Blip,
    Undecided,
    Unknown,
}

/// What the definition says of a case.
#[derive(Debug)]
pub struct Definition {
    pub as_of: i64,
    pub classes: Vec<Class>,
    pub perhaps_down: Vec<bool>,
    pub surely_down: Vec<bool>,
}

fn inside(spans: &[(i64, i64)], t: i64) -> bool {
    spans.iter().any(|&(from, to)| from <= t && t < to)
}

struct Seen {
    at: i64,
    verdict: Verdict,
    /// The next check is contiguous.
    joined: bool,
    covers_to: i64,
    /// A pause or the end of a life comes before the next check, or before `now`.
    reset_after: bool,
}

pub fn define(case: &Case) -> Definition {
    let p = case.parameters.interval_ms;
    let g = (p / 4).min(15_000);
    let watched = |t: i64| inside(&case.lives, t) && !inside(&case.pauses, t);
    let checks: Vec<(i64, Verdict)> = (case.known_checks().into_iter())
        .filter(|(at, verdict)| *verdict != Verdict::Unknown && watched(*at))
        .collect();
    let mut seen: Vec<Seen> = Vec::new();
    for (i, &(at, verdict)) in checks.iter().enumerate() {
        let next = checks.get(i + 1).map(|(at, _)| *at);
        let reset_after = (at..=next.unwrap_or(case.now)).any(|t| !watched(t));
        let joined = next.is_some_and(|next| next - at <= p + g) && !reset_after;
        let free_to = (at..at + p).find(|&t| !watched(t)).unwrap_or(at + p);
        let covers_to = if joined { next.unwrap() } else { free_to };
        seen.push(Seen { at, verdict, joined, covers_to, reset_after });
    }
    let fates = fates(case, &seen, p + g);
    let as_of = as_of(case, &seen, &fates, p, g);
    classes(case, &seen, &fates, as_of)
}

fn fates(case: &Case, seen: &[Seen], reach: i64) -> Vec<Fate> {
    let mut fates = Vec::new();
    let mut down = false;
    while fates.len() < seen.len() {
        let i = fates.len();
        let good = seen[i].verdict.is_good();
        let direct = match seen[i].verdict {
            Verdict::Degraded => Fate::Degraded,
            _ => Fate::Up,
        };
        if good != down {
            fates.push(if down { Fate::Down } else { direct });
            if !seen[i].joined && seen[i].reset_after {
                down = false;
            }
            continue;
        }
        // A run of the opposite kind: how long is it, and what ends it?
        let needed = if down { case.parameters.successes } else { case.parameters.failures };
        let mut end = i;
        while seen[end].joined
            && seen[end + 1].verdict.is_good() == good
            && (end + 1 - i) < needed as usize
        {
            end += 1;
        }
        let length = end + 1 - i;
        if length >= needed as usize {
            // Decided. Only the first check is booked here; the rest follow by state.
            down = !down;
            fates.push(if down { Fate::Down } else { direct });
            if !seen[i].joined && seen[i].reset_after {
                down = false;
            }
            continue;
        }
        let live =
            end + 1 == seen.len() && !seen[end].reset_after && case.now - seen[end].at <= reach;
        let fate = match (seen[end].joined, live) {
            (true, _) if down => Fate::Down,
            (true, _) => Fate::Blip,
            (false, true) => Fate::Undecided,
            (false, false) => Fate::Unknown,
        };
        fates.extend(std::iter::repeat_n(fate, length));
        if !seen[end].joined && seen[end].reset_after {
            down = false;
        }
    }
    fates
}

fn as_of(case: &Case, seen: &[Seen], fates: &[Fate], p: i64, g: i64) -> i64 {
    let mut as_of = case.now;
    if let Some(last) = seen.last()
        && case.now - last.at <= p + g
    {
        as_of = as_of.min(last.at + p);
    }
    if let Some(first) = fates.iter().position(|fate| *fate == Fate::Undecided) {
        as_of = as_of.min(seen[first].at);
    }
    as_of
}

fn classes(case: &Case, seen: &[Seen], fates: &[Fate], as_of: i64) -> Definition {
    let (from, to) = case.window;
    let covering = |t: i64| seen.iter().position(|s| s.at <= t && t < s.covers_to);
    let class = |t: i64| {
        if !inside(&case.lives, t) || t >= as_of {
            return Class::Outside;
        }
        if inside(&case.pauses, t) {
            return Class::Paused;
        }
        if inside(&case.maintenance, t) {
            return Class::Maintenance;
        }
        match covering(t).map(|i| fates[i]) {
            Some(Fate::Down) => Class::Down,
            Some(Fate::Degraded) => Class::Degraded,
            Some(Fate::Up | Fate::Blip) => Class::Up,
            _ => Class::Unknown,
        }
    };
    let classes: Vec<Class> = (from..to).map(class).collect();
    let eligible = |t: i64| {
        matches!(
            classes[(t - from) as usize],
            Class::Down | Class::Degraded | Class::Up | Class::Unknown
        )
    };
    let mut high: Vec<(i64, i64)> = Vec::new();
    let mut low: Vec<(i64, i64)> = Vec::new();
    for (i, check) in seen.iter().enumerate() {
        let before = i.checked_sub(1).filter(|&before| seen[before].joined);
        if matches!(fates[i], Fate::Down | Fate::Blip) {
            high.push((before.map_or(check.at, |before| seen[before].at), check.covers_to));
        }
        // What a gap follows: nothing contiguous comes, or what comes decides nothing.
        let decided_next =
            check.joined && !matches!(fates[i + 1], Fate::Unknown | Fate::Undecided);
        if !decided_next {
            high.push((check.at, check.covers_to));
        }
        if check.joined
            && fates[i] == Fate::Down
            && fates[i + 1] == Fate::Down
            && check.verdict == Verdict::Fail
            && seen[i + 1].verdict == Verdict::Fail
        {
            low.push((check.at, seen[i + 1].at));
        }
    }
    let unknown = |t: i64| classes[(t - from) as usize] == Class::Unknown;
    Definition {
        as_of,
        perhaps_down: (from..to)
            .map(|t| eligible(t) && (unknown(t) || inside(&high, t)))
            .collect(),
        surely_down: (from..to).map(|t| eligible(t) && inside(&low, t)).collect(),
        classes,
    }
}
