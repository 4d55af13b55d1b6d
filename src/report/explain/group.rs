//! How the figure of a group came about: which members made it what it was, instant by
//! instant. What the members are made of, their own explanations say.

use crate::domain::class::Class;
use crate::domain::group::Rule;
use crate::domain::history::History;
use crate::domain::period::Period;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;
use crate::report::group::GroupPast;
use crate::report::past::Past;
use crate::report::period::{GroupRow, MonitorRow, NoReport, months};
use crate::report::settings::Settings;
use chrono_tz::Tz;

/// How the figure of one group came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupExplanation {
    /// Of which time.
    pub period: Period,
    /// The zone it was cut in.
    pub zone: Tz,
    /// Its instants.
    pub window: Span,
    /// When the explanation was made.
    pub as_of: Timestamp,
    /// How the members make it.
    pub rule: Rule,
    /// The figures that are explained.
    pub row: GroupRow,
    /// How many decimals percentages are printed with.
    pub decimals: u32,
    /// Its members that ever were, in the owner's order, with their own figures.
    pub members: Vec<MonitorRow>,
    /// The whole window, in order, without holes or overlaps.
    pub parts: Vec<GroupPart>,
}

/// A stretch of a group's window in which the same members made it what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPart {
    /// Its time; never empty.
    pub span: Span,
    /// What the group counts as.
    pub class: Class,
    /// The places in [`GroupExplanation::members`] of those that were of this class all
    /// through it, and so made the group that. Nobody in particular makes it up.
    pub made_by: Vec<usize>,
}

impl GroupExplanation {
    /// Explains the figure of a group in `period`, as it reads at `now`.
    ///
    /// # Errors
    /// When the period lies in the future or before all members.
    pub fn make(
        group: &GroupPast<'_>,
        period: Period,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<GroupExplanation, NoReport> {
        let window = period.window(settings.zone);
        months(group.members.iter().map(|member| member.0), now, settings.zone)
            .ok_or(NoReport::NoMonitor)?
            .admit(period, settings.zone)?;
        let row = GroupRow::of(group, window).ok_or(NoReport::NoMonitor)?;
        let rows = group.members.iter();
        let rows = rows.map(|(history, past)| MonitorRow::cut(history, past, window));
        Ok(GroupExplanation {
            period,
            zone: settings.zone,
            window,
            as_of: now,
            rule: group.settings.group.rule,
            decimals: settings.decimals(),
            members: rows.collect(),
            parts: parts(&row, &group.members),
            row,
        })
    }
}

fn parts(row: &GroupRow, members: &[(&History, Past)]) -> Vec<GroupPart> {
    let mut parts: Vec<GroupPart> = Vec::new();
    for segment in row.figures.timeline.segments() {
        let of_class: Vec<Spans> = match segment.class {
            Class::Up => Vec::new(),
            class => (members.iter())
                .map(|(_, past)| past.timeline.class(class).within(segment.span))
                .collect(),
        };
        let mut edges: Vec<Timestamp> = (of_class.iter())
            .flat_map(|spans| spans.as_slice())
            .flat_map(|span| [span.from, span.to])
            .chain([segment.span.from, segment.span.to])
            .collect();
        edges.sort_unstable();
        edges.dedup();
        for edge in edges.windows(2) {
            let span = Span::new(edge[0], edge[1]);
            let made_by: Vec<usize> = (of_class.iter().enumerate())
                .filter(|(_, spans)| spans.contains(span.from))
                .map(|(place, _)| place)
                .collect();
            parts.push(GroupPart { span, class: segment.class, made_by });
        }
    }
    parts
}
