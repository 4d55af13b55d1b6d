//! A report in words: what the forms for people (`text`, `markdown` and `pdf`) print, each
//! in its own dress. Because all of them print one statement, they cannot say different
//! things. It computes no figure.

mod corrections;
mod maintenance;
mod rules;

pub use corrections::{Corrections, Said};
pub use maintenance::WindowWords;
pub use rules::{LONGER, RECOVERY, RULE};

use super::figures::{Figures, Shown};
use super::imported;
use super::latecomer::Latecomers;
use super::latency;
use super::outage::MonthOutage;
use super::past;
use super::period::{GroupRow, MonitorRow, PeriodReport};
use super::promise::BudgetWords;
use super::restated::SUMS_ARE_MEASURED;
use crate::domain::calendar::Seam;
use crate::domain::duration;
use crate::domain::group::Rule;
use crate::domain::latency::Percentiles;
use crate::domain::month::{TO_THE_SECOND, days_of, local_end, local_time};
use crate::domain::percent::Verdict;
use crate::domain::period::Period;
use crate::domain::timestamp::Timestamp;
use crate::domain::uptime::Tally;
use crate::store::closed::Subject;
use chrono_tz::Tz;
use corrections::corrections;

/// What stands where there is nothing to say.
pub const NOTHING: &str = "–";

/// What marks a measured figure that was corrected afterwards.
const DAGGER: &str = " †";

/// The title of what says so.
pub const CORRECTED: &str = "† Corrected afterwards";

/// A report in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Of what: `November 2026`.
    pub period: String,
    /// What it is called: `Uptime in November 2026`.
    pub title: String,
    /// The zone in which it is told.
    pub zone: &'static str,
    /// Its first instant.
    pub from: String,
    /// The instant at which it ends, said after that.
    pub to: String,
    /// Whether it is over, or up to when it is told: `closed`, `as of 2026-11-24 11:54:07`.
    pub state: String,
    /// That checks of it were made up, a sentence without its full stop.
    pub made_up: Option<String>,
    /// Where months begin otherwise than in this zone, a sentence each.
    pub seams: Vec<String>,
    /// How many decimals its percentages have.
    pub decimals: u32,
    /// How it was closed, where that is kept.
    pub closing: Option<Closed>,
    /// Every monitor, in the owner's order.
    pub monitors: Vec<Entry>,
    /// Every group, in the owner's order.
    pub groups: Vec<Entry>,
    /// What was corrected afterwards.
    pub corrections: Option<Corrections>,
    /// The maintenance in it, in order of its start.
    pub maintenance: Vec<WindowWords>,
    /// How many windows more there were.
    pub maintenance_left_out: usize,
    /// Sentences that say which months of a longer period were corrected, and who is not
    /// in a closed month.
    pub remarks: Vec<String>,
}

/// How a month was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// When and by what.
    pub how: String,
    /// The SHA-256 of its canonical JSON.
    pub sha256: String,
}

/// What a period came to for one monitor or group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, as its owner wrote it: nothing in it can be trusted to be plain.
    pub name: String,
    /// The rule of a group and how many members it has; `None` of a monitor.
    pub rule: Option<String>,
    /// Its address, or of whom a group is made.
    pub about: String,
    /// The uptime: the figure, `range only`, or [`NOTHING`].
    pub uptime: String,
    /// Whether so much is missing that it must be said beside the figure.
    pub is_partial: bool,
    /// Whether the figure, which is the measured one, was corrected afterwards.
    pub is_corrected: bool,
    /// Low and high bound, in percent; [`NOTHING`] where nothing was eligible.
    pub bounds: String,
    /// How much of the eligible time was observed.
    pub coverage: String,
    /// How long it was down; `none` where it was not.
    pub downtime: String,
    /// How often.
    pub outage_count: String,
    /// The longest outage.
    pub longest: String,
    /// The mean time to recovery.
    pub recovery: String,
    /// Failing runs that were no outage; [`NOTHING`] of a group.
    pub blips: String,
    /// Checks that counted; [`NOTHING`] of a group.
    pub checks: String,
    /// p50, p95 and p99 in milliseconds, without the unit.
    pub latency: [String; 3],
    /// What was promised.
    pub target: String,
    /// Whether it was kept: `met`, `missed`, `no data`.
    pub verdict: &'static str,
    /// Whether the verdict is the same anywhere between the bounds.
    pub is_certain: bool,
    /// How much downtime the promise allows.
    pub allowed: String,
    /// What is left of that, or what was too much: `27 min left`.
    pub left: String,
    /// When that was or will be used up, if it is.
    pub lost: Option<String>,
    /// Time that is in no figure, each kind with its length.
    pub besides: Vec<(&'static str, String)>,
    /// Its outages, in order of time.
    pub outages: Vec<OutageWords>,
    /// What other monitors said of it, and what the visitors of a balancer saw, in sentences
    /// without their full stops.
    pub beside: Vec<String>,
    /// Its days in a month, its months in a longer period; nothing of a range.
    pub columns: Vec<Column>,
}

/// One outage, as far as it lies in the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutageWords {
    /// When it began, in the period.
    pub from: String,
    /// When it ended, said after that: without its day where that is the same; `now` where
    /// it lasts.
    pub to: String,
    /// The downtime it cost, and how long it was in all where that is more: `17 min of 47 min`.
    pub downtime: String,
    /// Whether it was longer.
    pub is_longer: bool,
    /// What its first failure said: the words of a target.
    pub reason: String,
    /// Whether it began before the period or goes on after it.
    pub is_continued: bool,
}

/// A day or a month of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Which: `3 Nov`, `Nov 2026`.
    pub label: String,
    /// What it came to, in milliseconds.
    pub tally: Tally,
}

impl Statement {
    /// Puts a report into words.
    #[must_use]
    pub fn of(report: &PeriodReport) -> Statement {
        let zone = report.zone;
        Statement {
            period: report.period.name(zone),
            title: format!("Uptime in {}", report.period.in_sentence(zone)),
            zone: zone.name(),
            from: local(report.window.from, zone),
            to: local_end(report.window, zone, TO_THE_SECOND),
            state: match report.closed {
                true => "closed".to_owned(),
                false => format!("as of {}", local(report.as_of, zone)),
            },
            made_up: report.made_up.map(|made_up| imported::warning(made_up, zone)),
            seams: Seam::sentences(&report.seams),
            decimals: report.decimals,
            closing: report.closing.as_ref().map(|closing| Closed {
                how: format!("{} by {}", local(closing.closed_at, zone), closing.program),
                sha256: closing.sha256.clone(),
            }),
            monitors: report.monitors.iter().map(|row| of_monitor(report, row)).collect(),
            groups: report.groups.iter().map(|row| of_group(report, row)).collect(),
            corrections: report.own_corrections().map(|of| corrections(report, of)),
            maintenance: maintenance::windows(report),
            maintenance_left_out: report.maintenance.left_out,
            remarks: remarks(report),
        }
    }

    /// Monitors and then groups.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> + Clone {
        self.monitors.iter().chain(&self.groups)
    }
}

impl Entry {
    /// Its name; of a group with its rule and the number of its members.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.rule {
            Some(rule) => format!("{} ({rule})", self.name),
            None => self.name.clone(),
        }
    }

    /// The uptime with what must be said beside it.
    #[must_use]
    pub fn figure(&self) -> String {
        let partial = if self.is_partial { " (partial data)" } else { "" };
        format!("{}{partial}{}", self.uptime, self.dagger())
    }

    /// What stands after a figure that was corrected, and before the title of what says so.
    #[must_use]
    pub fn dagger(&self) -> &'static str {
        if self.is_corrected { DAGGER } else { "" }
    }

    /// When the error budget was or will be used up, where a column or a name says that
    /// this is what it is about: `on 3 Nov`.
    #[must_use]
    pub fn lost_when(&self) -> Option<String> {
        self.lost.as_ref().map(|lost| lost.replacen("lost ", "", 1))
    }

    /// The promise and whether it was kept: `99.9 % met`; with a question mark where the
    /// bounds lie on both sides of it.
    #[must_use]
    pub fn sla(&self) -> String {
        let doubt = if self.is_certain { "" } else { "?" };
        format!("{} % {}{doubt}", self.target, self.verdict)
    }
}

fn of_monitor(report: &PeriodReport, row: &MonitorRow) -> Entry {
    let latency = |of: fn(Percentiles) -> u32| {
        row.percentiles().map(of).map_or(NOTHING.to_owned(), latency::tenths_of_ms)
    };
    Entry {
        about: row.url.clone(),
        is_corrected: is_corrected(report, Subject::Monitor, &row.id),
        blips: row.blips.to_string(),
        checks: row.summary.checks.to_string(),
        latency: [latency(|p| p.p50_us), latency(|p| p.p95_us), latency(|p| p.p99_us)],
        beside: (row.imported.iter())
            .flat_map(|imported| imported.sentences(report.zone))
            .collect(),
        columns: columns(report, &row.figures, &row.months),
        ..entry(report, &row.name, &row.figures)
    }
}

fn of_group(report: &PeriodReport, row: &GroupRow) -> Entry {
    let rule = match row.rule {
        Rule::Any => "down while any of them is",
        Rule::All => "down only while all of them are",
    };
    Entry {
        rule: Some(format!("{} of {}", row.rule.word(), row.members.len())),
        about: format!("Group of {}: {rule}", row.members.join(", ")),
        is_corrected: is_corrected(report, Subject::Group, &row.id),
        beside: row.visitors_sentence(report).into_iter().collect(),
        columns: columns(report, &row.figures, &row.months),
        ..entry(report, &row.name, &row.figures)
    }
}

fn is_corrected(report: &PeriodReport, subject: Subject, id: &str) -> bool {
    report.own_corrections().is_some_and(|of| of.row(subject, id).is_some())
}

fn entry(report: &PeriodReport, name: &str, figures: &Figures) -> Entry {
    let Figures { tally, .. } = figures;
    let nothing = || NOTHING.to_owned();
    let length = |ms: Option<i64>| ms.map_or_else(nothing, duration::in_words);
    let (uptime, is_partial) = match Shown::of(tally, report.decimals) {
        Shown::Nothing => (nothing(), false),
        Shown::RangeOnly => ("range only".to_owned(), false),
        Shown::Partial(uptime) => (format!("{uptime} %"), true),
        Shown::Figure(uptime) => (format!("{uptime} %"), false),
    };
    let bounds = figures.bounds_text(report.decimals);
    let besides = [
        ("Not checked", tally.unknown),
        ("Maintenance", tally.maintenance),
        ("Paused", tally.paused),
    ];
    let BudgetWords { allowed, left, lost } = BudgetWords::of(&figures.budget, report.zone);
    Entry {
        name: name.to_owned(),
        rule: None,
        about: String::new(),
        uptime,
        is_partial,
        is_corrected: false,
        bounds: bounds.map_or_else(nothing, |(low, high)| format!("{low}..{high}")),
        coverage: percent(figures.coverage_text(report.decimals)),
        downtime: match tally.down {
            0 => "none".to_owned(),
            ms => duration::in_words(ms),
        },
        outage_count: figures.outages.len().to_string(),
        longest: length(figures.longest_outage_ms()),
        recovery: length(figures.recovery_ms()),
        blips: nothing(),
        checks: nothing(),
        latency: std::array::from_fn(|_| nothing()),
        target: figures.target.to_string(),
        verdict: match figures.verdict {
            Verdict::Met => "met",
            Verdict::Missed => "missed",
            Verdict::NoData => "no data",
        },
        is_certain: figures.certain || figures.verdict == Verdict::NoData,
        allowed,
        left,
        lost: lost.map(|(when, day)| format!("{when} {day}")),
        besides: (besides.into_iter())
            .filter(|(_, ms)| *ms > 0)
            .map(|(kind, ms)| (kind, duration::in_words(ms)))
            .collect(),
        outages: outages(report, figures),
        beside: Vec::new(),
        columns: Vec::new(),
    }
}

fn outages(report: &PeriodReport, figures: &Figures) -> Vec<OutageWords> {
    let downtime = |outage: &MonthOutage| match outage.lengths() {
        (downtime, Some(whole)) => format!("{downtime} of {whole}"),
        (downtime, None) => downtime,
    };
    let words = |outage: &MonthOutage| OutageWords {
        from: local(outage.span.from, report.zone),
        to: match outage.ongoing {
            true => "now".to_owned(),
            false => local_end(outage.span, report.zone, TO_THE_SECOND),
        },
        downtime: downtime(outage),
        is_longer: outage.lengths().1.is_some(),
        reason: outage.reason.clone(),
        is_continued: outage.continued,
    };
    figures.outages.iter().map(words).collect()
}

fn columns(report: &PeriodReport, figures: &Figures, months: &[past::MonthSum]) -> Vec<Column> {
    match report.period {
        Period::Month(_) => past::days(&figures.timeline, &days_of(report.window, report.zone))
            .into_iter()
            .map(|day| Column {
                label: day.date.format("%-d %b").to_string(),
                tally: day.tally,
            })
            .collect(),
        Period::Quarter(_) | Period::Year(_) => (months.iter())
            .map(|sum| Column {
                label: sum.month.first_day().format("%b %Y").to_string(),
                tally: sum.tally,
            })
            .collect(),
        Period::Range(_) => Vec::new(),
    }
}

/// What must be said of the closed months that the figures are made of.
fn remarks(report: &PeriodReport) -> Vec<String> {
    let names: Vec<String> = report.corrected_months().map(|of| of.month.name()).collect();
    let corrected = (!names.is_empty())
        .then(|| format!("Corrected afterwards: {}. {SUMS_ARE_MEASURED}", names.join(", ")));
    let is_longer = !matches!(report.period, Period::Month(_));
    let late = report.latecomers.iter().filter(|_| is_longer);
    corrected.into_iter().chain(late.map(Latecomers::sentence)).collect()
}

fn percent(text: Option<String>) -> String {
    text.map_or(NOTHING.to_owned(), |text| format!("{text} %"))
}

/// `2026-11-24 11:54:07`, in the zone of the report.
fn local(at: Timestamp, zone: Tz) -> String {
    local_time(at, zone, TO_THE_SECOND)
}
