//! How things are, in a sentence: what a page says first and the terminal prints.
//!
//! Instants stay instants ([`Piece::At`]) until whoever shows the sentence prints them,
//! so that a page can hand them to the viewer's clock.

use super::status::{MonitorStatus, Now, State, Status};
use crate::domain::duration;
use crate::domain::timestamp::Timestamp;

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words. They may quote a target.
    Text(String),
    /// The name of a monitor, which may be written in another direction.
    Name(String),
    /// An instant.
    At(Timestamp),
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
    /// The rest: how many are in which state.
    pub rest: Option<String>,
}

impl Headline {
    /// All of it as plain text; `clock_time` prints the instants.
    #[must_use]
    pub fn text(&self, clock_time: impl Fn(Timestamp) -> String) -> String {
        let mut text = plain(&self.first, clock_time);
        if let Some(rest) = &self.rest {
            text.push(' ');
            text += rest;
        }
        text
    }
}

/// Pieces as plain text.
#[must_use]
pub fn plain(pieces: &[Piece], clock_time: impl Fn(Timestamp) -> String) -> String {
    let print = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Name(text) => text.clone(),
        Piece::At(at) => clock_time(*at),
    };
    pieces.iter().map(print).collect()
}

impl Status<'_> {
    /// The overall state. `first_checks_by` is when the first check of a monitor that
    /// has none is planned.
    #[must_use]
    pub fn headline(&self, first_checks_by: Option<Timestamp>) -> Headline {
        let state = self.overall();
        let (first, rest) = self.sentences(first_checks_by);
        Headline { state, title: self.title(state), first, rest }
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

    fn sentences(&self, first_checks_by: Option<Timestamp>) -> (Vec<Piece>, Option<String>) {
        let is_pending = |monitor: &MonitorStatus<'_>| monitor.now.state == State::Pending;
        match &self.monitors[..] {
            [] => (words("Nothing is watched yet."), None),
            all if all.iter().all(is_pending) => (waiting(self.now, first_checks_by), None),
            [one] => (one.now.sentence(one.name(), self.now), None),
            _ => {
                let trouble =
                    self.trouble(State::Down).or_else(|| self.trouble(State::Failing));
                match trouble {
                    Some(trouble) => (trouble, Some(self.counts())),
                    None => (words(&self.counts()), None),
                }
            }
        }
    }

    /// Who is in `state`, since when and why.
    fn trouble(&self, state: State) -> Option<Vec<Piece>> {
        let troubled: Vec<&MonitorStatus<'_>> =
            self.monitors.iter().filter(|monitor| monitor.now.state == state).collect();
        let name = |monitor: &MonitorStatus<'_>| Piece::Name(monitor.name().to_owned());
        let mut pieces = match troubled[..] {
            [] => return None,
            [one] => return Some(one.now.sentence(one.name(), self.now)),
            [one, other] => vec![name(one), Piece::Text(" and ".to_owned()), name(other)],
            [one, ref others @ ..] => {
                vec![name(one), Piece::Text(format!(" and {} others", others.len()))]
            }
        };
        let word = if state == State::Down { "down" } else { "failing" };
        pieces.extend(words(&format!(" are {word}")));
        if let Some(first) = troubled.iter().filter_map(|monitor| monitor.now.since).min() {
            pieces.extend(words(", the first since "));
            pieces.push(Piece::At(first));
            pieces
                .extend(words(&format!(" ({})", duration::in_words(self.now.since_ms(first)))));
        }
        pieces.extend(words("."));
        Some(pieces)
    }

    /// How many are in which state: `8 of 10 are up, 1 in maintenance, 1 not checked.`
    #[must_use]
    pub fn counts(&self) -> String {
        let all = self.monitors.len();
        let up = self.count(State::Up) + self.count(State::Degraded);
        let down = self.count(State::Down);
        let mut parts = match up {
            up if up == all => vec![format!("All {all} monitors are up")],
            0 if down > 0 => vec![format!("None of {all} is up")],
            0 => vec![format!("Of {all} monitors")],
            1 => vec![format!("1 of {all} is up")],
            up => vec![format!("{up} of {all} are up")],
        };
        let slow = self.count(State::Degraded);
        if slow > 0 {
            parts[0] += &format!(" ({slow} slow)");
        }
        let mut say = |state, words: &str| {
            if self.count(state) > 0 {
                parts.push(format!("{} {words}", self.count(state)));
            }
        };
        say(State::Failing, "failing and being checked again");
        say(State::Maintenance, "in maintenance");
        say(State::Unknown, "not checked");
        say(State::Pending, "waiting for the first check");
        say(State::Paused, "paused");
        format!("{}.", parts.join(", "))
    }
}

impl Now {
    /// The state of the monitor called `name` as a sentence:
    /// `API is down since 10:42 (12 min): HTTP 502 from 203.0.113.7.`
    #[must_use]
    pub fn sentence(&self, name: &str, now: Timestamp) -> Vec<Piece> {
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
        let reason = self.reason.as_deref().unwrap_or_default();
        let reason = reason.trim_end_matches('.');
        if !reason.is_empty() {
            pieces.extend(words(&format!(": {reason}")));
        }
        pieces.extend(words("."));
        pieces
    }
}

/// ` since 10:42 (12 min)`, where that is known.
pub(super) fn since(since: Option<Timestamp>, now: Timestamp) -> Vec<Piece> {
    let Some(since) = since else { return Vec::new() };
    let length = format!(" ({})", duration::in_words(now.since_ms(since)));
    vec![Piece::Text(" since ".to_owned()), Piece::At(since), Piece::Text(length)]
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
