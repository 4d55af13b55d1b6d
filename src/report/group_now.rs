//! What a group is right now, by its rule from what its members are, and in words.

use super::headline::{self, Piece, words};
use super::past::Past;
use super::status::{Now, State};
use crate::domain::class::Class;
use crate::domain::group::Rule;
use crate::domain::history::History;
use crate::domain::timestamp::Timestamp;

/// So many members are named in a sentence; the table below it names all.
const NAMED_MAX: usize = 3;

/// The state of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupNow {
    /// What it is.
    pub state: State,
    /// Since when, where that is known.
    pub since: Option<Timestamp>,
    /// The members that make it so; where it is up, those that are down without harm.
    pub culprits: Vec<Culprit>,
    /// How many of its members are seen up, slow or not, also beneath maintenance, and how many
    /// there are.
    pub up: (usize, usize),
}

/// A member that is in trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Culprit {
    /// Its name.
    pub name: String,
    /// What is the matter.
    pub reason: String,
}

impl GroupNow {
    /// The state of a group of `living` members, which has this past.
    #[must_use]
    pub(super) fn of(rule: Rule, living: &[&History], past: &Past, now: Timestamp) -> GroupNow {
        let members: Vec<(&History, Now)> =
            living.iter().map(|history| (*history, Now::of(history, now))).collect();
        let states: Vec<State> = members.iter().map(|(_, now)| now.state).collect();
        let state = combined(rule, &states);
        let is_culprit = |member: State| match state {
            State::Up => member == State::Down,
            State::Unknown => matches!(member, State::Unknown | State::Pending),
            State::Down | State::Failing | State::Degraded => member == state,
            _ => false,
        };
        let culprits: Vec<&(&History, Now)> =
            members.iter().filter(|(_, now)| is_culprit(now.state)).collect();
        let is_up = |(_, now): &&(&History, Now)| {
            matches!(now.seen().state, State::Up | State::Degraded)
        };
        GroupNow {
            state,
            up: (members.iter().filter(is_up).count(), members.len()),
            since: since(rule, state, &culprits, past),
            culprits: culprits
                .into_iter()
                .map(|(history, now)| culprit(history, now))
                .collect(),
        }
    }

    /// The state of the group called `name` as a sentence:
    /// `Shop is down since 10:42 (12 min): Sign-in (HTTP 502 from 203.0.113.7).`
    #[must_use]
    pub fn sentence(&self, name: &str, now: Timestamp) -> Vec<Piece> {
        let state = match self.state {
            State::Down => " is down",
            State::Failing => " is failing and being checked again",
            State::Degraded => " is up but slow",
            State::Unknown => " cannot be judged",
            State::Maintenance => " is in maintenance",
            State::Pending => " has no data yet",
            State::Paused => " is paused",
            State::Up => " is up",
        };
        let mut pieces = vec![Piece::Name(name.to_owned()), Piece::Text(state.to_owned())];
        pieces.extend(headline::since(self.since, now));
        let blame = self.blame();
        if !blame.is_empty() {
            pieces.extend(words(match (self.state, self.culprits.len()) {
                (State::Up, 1) => ", but one member is down: ",
                (State::Up, _) => ", but some members are down: ",
                _ => ": ",
            }));
        }
        pieces.extend(blame);
        pieces.extend(words("."));
        pieces
    }

    /// Who is in trouble, and why: `Sign-in (HTTP 502), Search (no answer within 10 s)`.
    #[must_use]
    pub fn blame(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (index, culprit) in self.culprits.iter().take(NAMED_MAX).enumerate() {
            if index > 0 {
                pieces.extend(words(", "));
            }
            pieces.push(Piece::Name(culprit.name.clone()));
            pieces.extend(words(&format!(" ({})", culprit.reason)));
        }
        match self.culprits.len().saturating_sub(NAMED_MAX) {
            0 => {}
            1 => pieces.extend(words(" and another one")),
            others => pieces.extend(words(&format!(" and {others} others"))),
        }
        pieces
    }
}

fn culprit(history: &History, now: &Now) -> Culprit {
    let reason = now.reason.as_deref().unwrap_or_default().trim_end_matches('.');
    let reason = match reason {
        "" => now.state.word().to_lowercase(),
        said => said.to_owned(),
    };
    Culprit { name: history.monitor.name.clone(), reason }
}

/// What members in these states make together. One that is paused or in maintenance does
/// not count; one that has not been looked at yet is as unknown as one that should have
/// been.
fn combined(rule: Rule, states: &[State]) -> State {
    let live: Vec<State> = (states.iter().copied())
        .filter(|state| !matches!(state, State::Maintenance | State::Paused))
        .collect();
    let first_of = |order: [State; 4], last: State| {
        if live.iter().all(|state| *state == State::Pending) {
            return State::Pending;
        }
        let seen = |wanted: &State| match wanted {
            State::Unknown => live.contains(&State::Unknown) || live.contains(&State::Pending),
            wanted => live.contains(wanted),
        };
        order.into_iter().find(seen).unwrap_or(last)
    };
    if live.is_empty() {
        let in_maintenance = states.contains(&State::Maintenance);
        return if in_maintenance { State::Maintenance } else { State::Paused };
    }
    match rule {
        // The worst of them.
        Rule::Any => {
            first_of([State::Down, State::Failing, State::Unknown, State::Degraded], State::Up)
        }
        // The best of them.
        Rule::All => {
            first_of([State::Up, State::Degraded, State::Failing, State::Unknown], State::Down)
        }
    }
}

/// Down since its outage began, up since it has been seen so without interruption; in doubt
/// since the first (where all are needed) or the last (where they are redundant) of its
/// members is.
fn since(
    rule: Rule,
    state: State,
    culprits: &[&(&History, Now)],
    past: &Past,
) -> Option<Timestamp> {
    let newest = past.outages.last();
    let of_members = || {
        let since = culprits.iter().filter_map(|(_, now)| now.since);
        match rule {
            Rule::Any => since.min(),
            Rule::All => since.max(),
        }
    };
    match state {
        State::Up => up_since(past),
        State::Down => newest
            .filter(|outage| outage.to.is_none())
            .map(|outage| outage.from)
            .or_else(of_members),
        State::Failing | State::Unknown => of_members(),
        _ => None,
    }
}

/// Where the time begins that the past ends with, if it ends with time up.
fn up_since(past: &Past) -> Option<Timestamp> {
    let up = past.timeline.class(Class::Up);
    let newest = up.as_slice().last()?;
    (newest.to >= past.as_of).then_some(newest.from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{Degraded, Down, Failing, Maintenance, Paused, Pending, Unknown, Up};
    use rstest::rstest;

    #[rstest]
    #[case(&[Up, Up], Up, Up)]
    #[case(&[Up, Down], Down, Up)]
    #[case(&[Down, Down], Down, Down)]
    #[case(&[Up, Failing], Failing, Up)]
    #[case(&[Down, Failing], Down, Failing)]
    #[case(&[Down, Unknown], Down, Unknown)]
    #[case(&[Up, Unknown, Degraded], Unknown, Up)]
    #[case(&[Up, Degraded], Degraded, Up)]
    #[case(&[Down, Degraded], Down, Degraded)]
    #[case(&[Down, Paused], Down, Down)]
    #[case(&[Down, Maintenance, Up], Down, Up)]
    #[case(&[Up, Pending], Unknown, Up)]
    #[case(&[Down, Pending], Down, Unknown)]
    #[case(&[Pending, Pending], Pending, Pending)]
    #[case(&[Pending, Paused], Pending, Pending)]
    #[case(&[Paused, Maintenance], Maintenance, Maintenance)]
    #[case(&[Paused, Paused], Paused, Paused)]
    fn a_rule_makes_one_state_of_many(
        #[case] members: &[State],
        #[case] any: State,
        #[case] all: State,
    ) {
        assert_eq!(combined(Rule::Any, members), any);
        assert_eq!(combined(Rule::All, members), all);
    }

    #[test]
    fn who_is_to_blame_is_named_up_to_a_limit() {
        let culprit = |n: i32| Culprit { name: format!("m{n}"), reason: "HTTP 502".to_owned() };
        let said = |count: i32, state| {
            let culprits = (0..count).map(culprit).collect();
            let now = GroupNow { state, since: None, culprits, up: (0, 0) };
            headline::plain(&now.sentence("Shop", Timestamp(0)), |at| at.to_string())
        };
        assert_eq!(said(0, Up), "Shop is up.");
        assert_eq!(said(1, Up), "Shop is up, but one member is down: m0 (HTTP 502).");
        assert_eq!(said(2, Down), "Shop is down: m0 (HTTP 502), m1 (HTTP 502).");
        let four = "Shop is down: m0 (HTTP 502), m1 (HTTP 502), m2 (HTTP 502) and another one.";
        assert_eq!(said(4, Down), four);
        assert!(said(9, Down).ends_with(" and 6 others."), "{}", said(9, Down));
    }
}
