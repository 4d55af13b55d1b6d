//! How the figure of a group came about: which members made it what it was, instant by
//! instant. What the members are made of, their own explanations say.

use super::Scope;
use super::reading::is_same;
use crate::domain::class::Class;
use crate::domain::history::History;
use crate::domain::period::Period;
use crate::domain::span::{Span, Spans};
use crate::domain::timeline::Timeline;
use crate::domain::timestamp::Timestamp;
use crate::report::answer::answer;
use crate::report::group::GroupPast;
use crate::report::headline::Piece;
use crate::report::outage::MonthOutage;
use crate::report::period::{GroupRow, MonitorRow, NoReport, PeriodReport};
use crate::report::settings::{GroupSettings, Settings};
use crate::store::closed::Subject;
use crate::store::contract::Store;

/// How the figure of one group came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupExplanation {
    /// Of which time.
    pub scope: Scope,
    /// The sentence that says why the figures end where they do.
    pub ends_because: Vec<Piece>,
    /// The figures that are explained, and the rule that makes them.
    pub row: GroupRow,
    /// Its members in the report, in the owner's order, with their own figures.
    pub members: Vec<MonitorRow>,
    /// The whole window, in order, without holes or overlaps.
    pub parts: Vec<GroupPart>,
    /// Its outages, in order.
    pub outages: Vec<GroupOutage>,
    /// Whether it is configured; what it was is otherwise known from closed months alone.
    pub is_configured: bool,
    /// Whether what is known today comes to these figures. Where it does not, they stand
    /// as they were closed, and so does all else that is told.
    pub agrees: bool,
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

/// An outage of a group, and those of its members that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupOutage {
    /// The outage.
    pub outage: MonthOutage,
    /// Each with the place of its member in [`GroupExplanation::members`].
    pub made_by: Vec<(usize, MonthOutage)>,
}

impl GroupExplanation {
    /// Explains the figure of a group in `period`, as it reads at `now`. It need not be
    /// among the groups of the settings.
    ///
    /// # Errors
    /// When the period has no report with the group in it, or the store fails.
    pub async fn make(
        store: &dyn Store,
        group: &GroupSettings,
        histories: &[&History],
        period: Period,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<GroupExplanation, NoReport> {
        let is_member = |history: &&&History| group.group.members.contains(&history.monitor.id);
        let members: Vec<&History> = histories.iter().filter(is_member).copied().collect();
        let is_configured = settings.groups.iter().any(|of| of.group.id == group.group.id);
        let settings = Settings { groups: vec![group.clone()], ..settings.clone() };
        let of_members = || members.iter().copied();
        let mut report = answer(store, of_members(), period, now, &settings, None).await?;
        if report.is_closed_without((Subject::Group, group.group.id.as_str())) {
            let made =
                PeriodReport::make(store, of_members(), period, now, &settings, None).await?;
            report = PeriodReport { latecomers: report.latecomers, ..made };
        }
        let known = GroupPast::find(group.group.id.as_str(), histories, now, &settings);
        let known = known.map(|known| known.past.timeline.within(report.window));
        let explained = GroupExplanation::of(group, &report, known.as_ref(), now);
        let explained = explained.map(|of| GroupExplanation { is_configured, ..of });
        explained.ok_or_else(|| NoReport::NotWatched {
            who: group.group.name.clone(),
            period: period.in_sentence(report.zone),
        })
    }

    /// The same of a report that is at hand, beside what is known today of its time; `None`
    /// where the group is not in it.
    #[must_use]
    pub fn of(
        group: &GroupSettings,
        report: &PeriodReport,
        known: Option<&Timeline>,
        now: Timestamp,
    ) -> Option<GroupExplanation> {
        let find = |report: &PeriodReport| {
            let id = group.group.id.as_str();
            report.groups.iter().find(|row| row.id == id).cloned()
        };
        let row = find(report)?;
        let member = |id: &String| report.monitors.iter().find(|row| row.id == *id).cloned();
        let members: Vec<MonitorRow> = row.members.iter().filter_map(member).collect();
        let figures = |report: &PeriodReport| find(report).map(|row| row.figures);
        Some(GroupExplanation {
            scope: Scope::of(report, now, (Subject::Group, &row.id), figures, |of| {
                row.members.contains(&of.monitor)
            }),
            agrees: known.is_some_and(|known| is_same(known, &row.figures.timeline)),
            ends_because: ends_because(report, &row),
            is_configured: true,
            parts: parts(&row, &members),
            outages: row.figures.outages.iter().map(|of| outage(of, &members)).collect(),
            members,
            row,
        })
    }
}

fn ends_because(report: &PeriodReport, row: &GroupRow) -> Vec<Piece> {
    let said = if report.closing.is_some() {
        "The month is closed: the figures go to its end, and stay as they were closed."
    } else if row.figures.as_of >= report.window.to {
        "The figures go to the end of the period."
    } else {
        "The period runs, and the figures of a group end where the first of its members' do."
    };
    vec![Piece::Text(said.to_owned())]
}

fn parts(row: &GroupRow, members: &[MonitorRow]) -> Vec<GroupPart> {
    let mut parts: Vec<GroupPart> = Vec::new();
    for segment in row.figures.timeline.segments() {
        let of_class: Vec<Spans> = match segment.class {
            Class::Up => Vec::new(),
            class => (members.iter())
                .map(|row| row.figures.timeline.class(class).within(segment.span))
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

fn outage(outage: &MonthOutage, members: &[MonitorRow]) -> GroupOutage {
    let made_by = members.iter().enumerate().flat_map(|(place, row)| {
        let own = row.figures.outages.iter();
        let within = own.filter(|own| own.span.overlaps(outage.span));
        within.map(move |own| (place, own.clone()))
    });
    GroupOutage { made_by: made_by.collect(), outage: outage.clone() }
}
