//! Monitors that are judged as one: instant by instant, never as a mean of percentages.
//!
//! A group has no checks of its own. Its timeline, its doubt and its outages follow from
//! those of its members.

use super::bounds::Doubt;
use super::class::Class;
use super::monitor::MonitorId;
use super::outage::Outage;
use super::span::{Span, Spans};
use super::timeline::Timeline;
use super::timestamp::Timestamp;
use std::sync::Arc;

/// How the members make the group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// All parts are needed: the group is down while any of them is.
    #[default]
    Any,
    /// The parts are redundant: the group is down while all of them are.
    All,
}

impl Rule {
    /// Every rule, in the order in which they are declared.
    pub const ALL: [Rule; 2] = [Rule::Any, Rule::All];

    /// The word used in the configuration and in exports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Rule::Any => "any",
            Rule::All => "all",
        }
    }

    /// The rule a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Rule> {
        Rule::ALL.into_iter().find(|rule| rule.word() == word)
    }
}

/// A group as its owner defined it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its stable id, in a space of its own: a monitor may have the same one.
    pub id: MonitorId,
    /// Its name for people.
    pub name: String,
    /// How its members make it.
    pub rule: Rule,
    /// Its members, in the owner's order.
    pub members: Vec<MonitorId>,
}

/// One member, as it was in some window.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where its figures end.
    pub as_of: Timestamp,
    /// What it counts as, instant by instant.
    pub timeline: &'a Timeline,
    /// What of that is in doubt.
    pub doubt: &'a Doubt,
    /// Its outages, in order of time.
    pub outages: &'a [Outage],
}

/// A group, as it was in some window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Where its figures end: where the first of its members' do.
    pub as_of: Timestamp,
    /// What it counts as, instant by instant.
    pub timeline: Timeline,
    /// What of that is in doubt.
    pub doubt: Doubt,
    /// Its outages: each from where it goes down to where it is seen up again.
    pub outages: Vec<Outage>,
}

impl Judged {
    /// Judges a group by its members, all of the same `window`. A member that is
    /// outside, paused or in maintenance is not live; with no live member the instant is
    /// excused, or outside where all are.
    #[must_use]
    pub fn of(rule: Rule, window: Span, members: &[Member<'_>]) -> Judged {
        let as_of = members.iter().map(|member| member.as_of).min().unwrap_or(window.from);
        let settled = Span::new(window.from, as_of.min(window.to));
        let any = |class: Class| union(members, |member| member.timeline.class(class));
        let live = union(members, |member| member.timeline.eligible());
        let (up, degraded, down, unknown) =
            (any(Class::Up), any(Class::Degraded), any(Class::Down), any(Class::Unknown));
        let classes = match rule {
            // Where nothing is laid over it, all live members are up.
            Rule::Any => [
                (Class::Up, &live),
                (Class::Degraded, &degraded),
                (Class::Unknown, &unknown),
                (Class::Down, &down),
            ],
            // Where nothing is laid over it, all live members are down.
            Rule::All => [
                (Class::Down, &live),
                (Class::Unknown, &unknown),
                (Class::Degraded, &degraded),
                (Class::Up, &up),
            ],
        };
        let (maintenance, paused) = (any(Class::Maintenance), any(Class::Paused));
        let excused = [
            (Class::Outside, Spans::from(window)),
            (Class::Paused, paused),
            (Class::Maintenance, maintenance),
        ];
        let unsettled = Spans::from(Span::new(settled.to, Timestamp::MAX));
        let layers = (excused.iter().map(|(class, spans)| (*class, spans)))
            .chain(classes)
            .chain([(Class::Outside, &unsettled)]);
        let timeline = Timeline::layered(window, layers);
        let doubt = Doubt {
            perhaps_down: combined(rule, members, &live, |doubt| &doubt.perhaps_down)
                .within(settled),
            surely_down: combined(rule, members, &live, |doubt| &doubt.surely_down)
                .within(settled),
        };
        let outages = outages(&timeline, as_of, members);
        Judged { as_of, timeline, doubt, outages }
    }
}

fn union(members: &[Member<'_>], spans: impl Fn(&Member<'_>) -> Spans) -> Spans {
    let all = members.iter().map(spans);
    all.flat_map(|spans| spans.as_slice().to_vec()).collect()
}

/// Where any member has a doubt, or where every live one has it.
fn combined(
    rule: Rule,
    members: &[Member<'_>],
    live: &Spans,
    which: impl Fn(&Doubt) -> &Spans,
) -> Spans {
    match rule {
        Rule::Any => union(members, |member| which(member.doubt).clone()),
        Rule::All => live.subtract(&union(members, |member| {
            member.timeline.eligible().subtract(which(member.doubt))
        })),
    }
}

/// An outage begins where the group goes down, and ends where it is seen up; like that
/// of a monitor it lasts across what was not seen or does not count.
fn outages(timeline: &Timeline, as_of: Timestamp, members: &[Member<'_>]) -> Vec<Outage> {
    let mut outages = Vec::new();
    let mut open: Option<(Timestamp, Timestamp)> = None;
    let mut close = |open: &mut Option<(Timestamp, Timestamp)>, lasts: bool| {
        if let Some((from, down_to)) = open.take() {
            let reason = reason(from, members);
            outages.push(Outage { from, to: (!lasts).then_some(down_to), reason });
        }
    };
    for segment in timeline.segments() {
        match segment.class {
            Class::Down => {
                let from = open.map_or(segment.span.from, |(from, _)| from);
                open = Some((from, segment.span.to));
            }
            Class::Up | Class::Degraded => close(&mut open, false),
            // What comes after is not known yet, so it may well go on.
            Class::Outside if segment.span.from >= as_of => {}
            Class::Outside | Class::Paused => close(&mut open, false),
            Class::Maintenance | Class::Unknown => {}
        }
    }
    close(&mut open, true);
    outages
}

/// Who was down when it began, and why: `Sign-in: HTTP 502 from 203.0.113.7`.
fn reason(at: Timestamp, members: &[Member<'_>]) -> Arc<str> {
    let of = |member: &Member<'_>| {
        let outage = member.outages.iter().find(|outage| outage.span().contains(at))?;
        Some(format!("{}: {}", member.name, outage.reason))
    };
    members.iter().filter_map(of).collect::<Vec<_>>().join("; ").into()
}
