//! What every explanation begins with: what it is about, the figure, the window, and what
//! of it is closed.

use super::address;
use crate::domain::calendar::Seam;
use crate::domain::month::Month;
use crate::domain::period::Period;
use crate::domain::timestamp::Timestamp;
use crate::report::explain::Scope;
use crate::report::figures::Figures;
use crate::report::headline::Piece;
use crate::report::past::MonthSum;
use crate::report::restated::SUMS_ARE_MEASURED;
use crate::web::figure::Figure;
use crate::web::moment::Moment;
use crate::web::months::MonthTable;
use crate::web::restatement::Restated;
use crate::web::sentence::Sentence;
use askama::Template;

/// What is said of a monitor whose history comes to something else than was closed.
const MONITOR_DISAGREES: &str = "What is known today comes to something else than what was \
     closed: other settings hold, or history has changed. Below, what happened is told as it is known today; the \
     stretches and the sum are those that were closed.";

/// The same of a group, all of which is told from what was closed.
const GROUP_DISAGREES: &str = "What is known today comes to something else than what was \
     closed: other settings hold, or history has changed. Below, all is told as it was closed: the members, their \
     outages, the stretches and the sum.";

/// What the explanations of monitors and groups begin with.
#[derive(Template)]
#[template(path = "explain_head.html")]
pub(super) struct Head<'a> {
    name: &'a str,
    /// The page of what is explained.
    home: String,
    period: String,
    report: String,
    json: String,
    zone: &'static str,
    from: Moment,
    to: Moment,
    as_of: Moment,
    ends_at: Moment,
    /// Why the figures end there.
    ends_because: Sentence,
    figure: Figure,
    closed: Option<Closed<'a>>,
    /// The names of the months whose part stands as they were closed.
    kept: Vec<String>,
    /// Where months begin otherwise than in this zone.
    seams: Vec<String>,
    /// What is said where that is not what is known today.
    disagreement: Option<&'static str>,
    /// The months of a longer period that were corrected.
    corrected: Vec<Month>,
    /// The names of the closed months that have no row of it.
    closed_without: Vec<String>,
    restated: Option<Restated<'a>>,
    months: Option<MonthTable<'a>>,
}

struct Closed<'a> {
    at: Moment,
    program: &'a str,
    sha256: &'a str,
}

/// Whose figures an explanation is of.
pub(super) struct Subject<'a> {
    /// What its place in a report begins with, and the page it has.
    pub(super) kind: char,
    pub(super) home: String,
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) figures: &'a Figures,
    /// The months beside them.
    pub(super) months: &'a [MonthSum],
    /// Where they end, and why there.
    pub(super) ends_at: Timestamp,
    pub(super) ends_because: Vec<Piece>,
    /// Whether they come to what is known today.
    pub(super) agrees: bool,
}

impl<'a> Head<'a> {
    /// The head of an explanation.
    pub(super) fn of(subject: Subject<'a>, scope: &'a Scope) -> Head<'a> {
        let Scope { period, zone, window, decimals, .. } = *scope;
        let Subject { kind, home, id, name, figures, months, ends_because, .. } = subject;
        let moment = |at| Moment::to_the_ms(at, zone);
        let is_longer = matches!(period, Period::Quarter(_) | Period::Year(_));
        let caption = format!("The months of {name} in {}", period.in_sentence(zone));
        Head {
            name,
            period: period.name(zone),
            report: match period {
                Period::Range(span) => format!("/report?from={}&to={}", span.from, span.to),
                calendar => format!("/report/{calendar}#{kind}-{id}"),
            },
            json: address::as_json(&address::of(&home, period)),
            zone: zone.name(),
            from: moment(window.from),
            to: moment(window.to),
            as_of: moment(scope.as_of),
            ends_at: moment(subject.ends_at),
            ends_because: Sentence::exact(ends_because, zone),
            figure: Figure::of(figures, decimals),
            closed: scope.closing.as_ref().map(|closing| Closed {
                at: Moment::fixed(closing.closed_at, zone),
                program: &closing.program,
                sha256: &closing.sha256,
            }),
            seams: Seam::sentences(&scope.seams),
            kept: scope.kept.iter().copied().map(Month::name).collect(),
            disagreement: (!subject.agrees).then_some(match kind {
                'g' => GROUP_DISAGREES,
                _ => MONITOR_DISAGREES,
            }),
            closed_without: scope.closed_without.iter().copied().map(Month::name).collect(),
            corrected: scope.corrected.iter().map(|of| of.month).collect(),
            restated: Restated::of_one(name, figures, scope),
            months: is_longer.then(|| {
                let sum = (period, figures, decimals);
                let table = MonthTable::of(caption, &home, (kind, id), months, sum);
                table.corrected(&scope.corrected)
            }),
            home,
        }
    }
}
