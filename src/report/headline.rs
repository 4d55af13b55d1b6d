//! How things are, in a sentence: what a page says first and the terminal prints.
//!
//! Instants stay instants ([`Piece::At`]) until whoever shows the sentence prints them,
//! so that a page can hand them to the viewer's clock.

use super::status::{MonitorStatus, Now, State, Status};
use crate::domain::duration;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;

/// A longer reason has a line of its own: with it, the first sentence would no longer be
/// read at a glance.
const REASON_CHARS_MAX: usize = 80;

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words. They may quote a target.
    Text(String),
    /// The name of a monitor, which may be written in another direction.
    Name(String),
    /// An instant.
    At(Timestamp),
    /// The end of a time whose start is said right before it.
    Until(Span),
}

/// The overall state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// The worst state that is news; without monitors, that there is no data yet.
    pub state: State,
    /// A few words, for a window's title.
    pub title: String,
    /// The first sentence. It names the trouble, if there is any.
    pub first: Vec<Piece>,
    /// Why, where the first sentence has no room for it; may be empty.
    pub why: Vec<Piece>,
    /// The rest: how many are in which state.
    pub rest: Option<String>,
}

impl Headline {
    /// All of it as plain text; `clock_time` prints the instants.
    #[must_use]
    pub fn text(&self, clock_time: impl Fn(Timestamp) -> String) -> String {
        let mut text = plain(&self.first, &clock_time);
        let why = plain(&self.why, &clock_time);
        for more in [why.as_str(), self.rest.as_deref().unwrap_or_default()] {
            if !more.is_empty() {
                text.push(' ');
                text += more;
            }
        }
        text
    }
}

/// Pieces as plain text.
#[must_use]
pub fn plain(pieces: &[Piece], clock_time: impl Fn(Timestamp) -> String) -> String {
    let print = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Name(text) => text.clone(),
        Piece::At(at) | Piece::Until(Span { to: at, .. }) => clock_time(*at),
    };
    pieces.iter().map(print).collect()
}

impl Status<'_> {
    /// The overall state. `first_checks_by` is when the first check of a monitor that
    /// has none is planned.
    #[must_use]
    pub fn headline(&self, first_checks_by: Option<Timestamp>) -> Headline {
        let state = self.overall();
        let title = self.title(state);
        let (first, why, rest) = self.sentences(first_checks_by);
        Headline { state, title, first, why, rest }
    }

    /// The overall state in one sentence or two, the trouble first. Instants are
    /// printed by `clock_time`, in the zone and form of whoever shows it.
    #[must_use]
    pub fn sentence(&self, clock_time: impl Fn(Timestamp) -> String) -> String {
        self.headline(None).text(clock_time)
    }

    /// The worst state that is news: one that is paused, or too new to know, does not
    /// hide that the rest is well.
    fn overall(&self) -> State {
        let states = || self.monitors.iter().map(|monitor| monitor.now.state);
        let news = states().filter(|state| !matches!(state, State::Paused | State::Pending));
        news.min().or_else(|| states().min()).unwrap_or(State::Pending)
    }

    fn title(&self, state: State) -> String {
        let of_state: Vec<&str> = (self.monitors.iter())
            .filter(|monitor| monitor.now.state == state)
            .map(MonitorStatus::name)
            .collect();
        let are = |words: &str| match of_state[..] {
            [one] => format!("{one} is {words}"),
            _ => format!("{} are {words}", of_state.len()),
        };
        match state {
            State::Down => are("down"),
            State::Failing => are("failing"),
            State::Degraded => are("slow"),
            State::Unknown => are("not checked"),
            State::Maintenance => are("in maintenance"),
            State::Pending => "No data yet".to_owned(),
            State::Paused => "Paused".to_owned(),
            State::Up if of_state.len() == self.monitors.len() => "All up".to_owned(),
            State::Up => format!("{} of {} up", of_state.len(), self.monitors.len()),
        }
    }

    /// The first sentence, what it has no room for, and the rest.
    fn sentences(
        &self,
        first_checks_by: Option<Timestamp>,
    ) -> (Vec<Piece>, Vec<Piece>, Option<String>) {
        let nothing = Vec::new;
        let is_pending = |monitor: &MonitorStatus<'_>| monitor.now.state == State::Pending;
        match &self.monitors[..] {
            [] => (words("Nothing is watched yet."), nothing(), None),
            all if all.iter().all(is_pending) => {
                (waiting(self.now, first_checks_by), nothing(), None)
            }
            [one] => (one.now.sentence(one.name(), self.now), one.now.why(), None),
            _ => {
                let trouble =
                    self.trouble(State::Down).or_else(|| self.trouble(State::Failing));
                let unbooked = self.monitors.iter().find_map(|one| one.now.unbooked.as_ref());
                let unbooked = unbooked.map(|why| format!("{why}."));
                match (trouble, unbooked) {
                    (Some((trouble, why)), None) => (trouble, why, Some(self.counts())),
                    (Some((trouble, why)), Some(unbooked)) => {
                        (trouble, why, Some(format!("{} {unbooked}", self.counts())))
                    }
                    (None, unbooked) => (words(&self.counts()), nothing(), unbooked),
                }
            }
        }
    }

    /// Who is in `state` and since when, and why. The monitors are in order of their
    /// trouble, so that the first one named is the one of which the rest is said.
    fn trouble(&self, state: State) -> Option<(Vec<Piece>, Vec<Piece>)> {
        let troubled: Vec<&MonitorStatus<'_>> =
            self.monitors.iter().filter(|monitor| monitor.now.state == state).collect();
        let name = |monitor: &MonitorStatus<'_>| Piece::Name(monitor.name().to_owned());
        let word = if state == State::Down { "down" } else { "failing" };
        let mut pieces = Vec::new();
        match troubled[..] {
            [] => return None,
            [one] => return Some((one.now.told(one.name(), self.now), one.now.why())),
            [one, other] => {
                for (monitor, after) in [(one, " and "), (other, "")] {
                    pieces.push(name(monitor));
                    if let Some(since) = monitor.now.since {
                        pieces.extend(words(" (since "));
                        pieces.push(Piece::At(since));
                        pieces.extend(words(")"));
                    }
                    pieces.extend(words(after));
                }
                pieces.extend(words(&format!(" are {word}")));
            }
            [one, ref others @ ..] => {
                pieces.push(name(one));
                pieces.extend(words(&format!(" and {} others are {word}", others.len())));
                if let Some(since) = one.now.since {
                    pieces.extend(words(", the first since "));
                    pieces.extend(since_when(since, self.now));
                }
            }
        }
        pieces.extend(words("."));
        let mut why = Vec::new();
        // Of those that the sentence names; the others, and long ones, are in their rows.
        let named = if troubled.len() == 2 { 2 } else { 1 };
        for monitor in &troubled[..named] {
            if let Some(reason) = monitor.now.plain_reason().filter(|reason| is_short(reason)) {
                why.extend(words(if why.is_empty() { "" } else { " " }));
                why.push(name(monitor));
                why.extend(words(&format!(": {reason}.")));
            }
        }
        Some((pieces, why))
    }

    /// Who is in maintenance, and down beneath it.
    fn down_beneath(&self) -> Vec<&str> {
        let is_down = |monitor: &&MonitorStatus<'_>| {
            monitor.now.trouble_beneath().is_some_and(|seen| seen.state == State::Down)
        };
        self.monitors.iter().filter(is_down).map(MonitorStatus::name).collect()
    }

    /// How many are in which state: `8 of 10 are up, 1 in maintenance, 1 not checked.`
    #[must_use]
    pub fn counts(&self) -> String {
        let all = self.monitors.len();
        let up = self.count(State::Up) + self.count(State::Degraded);
        let down = self.count(State::Down);
        let mut parts = match up {
            up if up == all => vec![format!("{} are up", every(all))],
            0 if down > 0 => vec![format!("None of {all} is up")],
            0 => vec![format!("Of {all} monitors")],
            1 => vec![format!("1 of {all} is up")],
            up => vec![format!("{up} of {all} are up")],
        };
        let slow = self.count(State::Degraded);
        if slow > 0 {
            parts[0] += &format!(" ({slow} slow)");
        }
        let mut say = |state, words: &str| match self.count(state) {
            0 => {}
            count if count == all && all > 1 => {
                parts = vec![format!("{} are {words}", every(all))];
            }
            count => parts.push(format!("{count} {words}")),
        };
        say(State::Failing, "failing and being checked again");
        match &self.down_beneath()[..] {
            [] => say(State::Maintenance, "in maintenance"),
            [one] => {
                say(State::Maintenance, &format!("in maintenance ({one} is down beneath)"))
            }
            some => say(
                State::Maintenance,
                &format!("in maintenance ({} are down beneath)", some.len()),
            ),
        }
        say(State::Unknown, "not checked");
        say(State::Pending, "waiting for the first check");
        say(State::Paused, "paused");
        format!("{}.", parts.join(", "))
    }
}

/// `Both monitors`, `All 3 monitors`.
fn every(all: usize) -> String {
    match all {
        2 => "Both monitors".to_owned(),
        all => format!("All {all} monitors"),
    }
}

impl Now {
    /// The state of the monitor called `name` as a sentence:
    /// `API is down since 10:42 (12 min): HTTP 502 from 203.0.113.7.` A long reason is
    /// left to [`Now::why`]. Where nothing is booked, a second sentence says why.
    #[must_use]
    pub fn sentence(&self, name: &str, now: Timestamp) -> Vec<Piece> {
        let mut pieces = self.told(name, now);
        if let Some(why) = &self.unbooked {
            pieces.extend(words(&format!(" {why}.")));
        }
        pieces
    }

    fn told(&self, name: &str, now: Timestamp) -> Vec<Piece> {
        let state = match self.state {
            State::Down => " is down",
            State::Failing => " is failing and being checked again",
            State::Degraded => " is up but slow",
            State::Unknown => " is not being checked",
            State::Maintenance => " is in maintenance",
            State::Pending => " has no data yet",
            State::Paused => " is paused",
            State::Up => " is up",
        };
        let mut pieces = vec![Piece::Name(name.to_owned()), Piece::Text(state.to_owned())];
        pieces.extend(since(self.since, now));
        if let Some(seen) = self.trouble_beneath() {
            let state = match seen.state {
                State::Down => ", and down beneath it",
                State::Failing => ", and failing beneath it",
                _ => ", and not being checked",
            };
            pieces.extend(words(state));
            pieces.extend(since(seen.since, now));
        }
        if let Some(reason) = self.matter().plain_reason().filter(|reason| is_short(reason)) {
            pieces.extend(words(&format!(": {reason}")));
        }
        pieces.extend(words("."));
        pieces
    }

    /// The reason as a sentence, where it is too long for [`Now::sentence`].
    #[must_use]
    pub fn why(&self) -> Vec<Piece> {
        match self.matter().plain_reason().filter(|reason| !is_short(reason)) {
            Some(reason) => words(&format!("{reason}.")),
            None => Vec::new(),
        }
    }

    /// What the reason is told of: what is wrong beneath maintenance, or itself.
    fn matter(&self) -> &Now {
        self.trouble_beneath().unwrap_or(self)
    }

    /// The reason without a full stop.
    fn plain_reason(&self) -> Option<&str> {
        let reason = self.reason.as_deref()?.trim_end_matches('.');
        (!reason.is_empty()).then_some(reason)
    }
}

fn is_short(reason: &str) -> bool {
    reason.chars().take(REASON_CHARS_MAX + 1).count() <= REASON_CHARS_MAX
}

/// `10:42 (12 min)`
fn since_when(since: Timestamp, now: Timestamp) -> Vec<Piece> {
    let length = duration::in_words(now.since_ms(since));
    vec![Piece::At(since), Piece::Text(format!(" ({length})"))]
}

/// ` since 10:42 (12 min)`, where that is known.
pub(super) fn since(since: Option<Timestamp>, now: Timestamp) -> Vec<Piece> {
    let Some(since) = since else { return Vec::new() };
    let mut pieces = words(" since ");
    pieces.extend(since_when(since, now));
    pieces
}

/// `No data yet: the first check runs in 4 s.`
fn waiting(now: Timestamp, first_checks_by: Option<Timestamp>) -> Vec<Piece> {
    words(&match first_checks_by.map(|by| by.since_ms(now)) {
        Some(ms) if ms > 0 => {
            format!("No data yet: the first check runs in {}.", duration::in_words(ms))
        }
        _ => "No data yet: the first check is under way.".to_owned(),
    })
}

pub(super) fn words(text: &str) -> Vec<Piece> {
    vec![Piece::Text(text.to_owned())]
}
