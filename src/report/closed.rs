//! Closing a month, and reading a closed one back.
//!
//! Housekeeping seals the report of a month that no check can change any more; from then
//! on every form of it is printed from that text. What is read back is computed again
//! from the stored timelines, so that a text whose figures do not follow from them comes
//! out different: `verify` relies on that.

mod latency;
mod made_up;
mod maintenance;
mod visitors;

use super::figures::Figures;
use super::json;
use super::latency::Summary;
use super::maintenance::Maintenance;
use super::outage::MonthOutage;
use super::period::{Closing, GroupRow, MonitorRow, PeriodReport};
use super::settings::GroupSettings;
use crate::domain::bounds::Doubt;
use crate::domain::calendar::Seam;
use crate::domain::class::Class;
use crate::domain::group::{Group, Rule};
use crate::domain::monitor::{MonitorId, Parameters};
use crate::domain::month::Month;
use crate::domain::percent::Target;
use crate::domain::period::Period;
use crate::domain::span::{Span, Spans};
use crate::domain::timeline::Timeline;
use crate::domain::timestamp::Timestamp;
use crate::domain::uptime::Tally;
use crate::store::closed::{ClosedMonth, ClosedRow, Subject};
use chrono_tz::Tz;
use latency::LatencyForm;
use made_up::MadeUpForm;
use serde::Deserialize;
use std::sync::Arc;

/// The program that closes months here.
const PROGRAM: &str = concat!("everup ", env!("CARGO_PKG_VERSION"));

/// Seals the report of a month that is closed; `None` where it is not, or where it is no
/// month's.
#[must_use]
pub fn seal(report: &PeriodReport) -> Option<ClosedMonth> {
    let closing = Closing {
        closed_at: report.as_of,
        program: PROGRAM.to_owned(),
        zone_database: chrono_tz::IANA_TZDB_VERSION.to_owned(),
        sha256: String::new(),
        text: Arc::from(""),
    };
    if report.closed { seal_as(report, &closing) } else { None }
}

/// Seals a report with given facts of its closing, for comparison.
pub(super) fn seal_as(report: &PeriodReport, closing: &Closing) -> Option<ClosedMonth> {
    let Period::Month(month) = report.period else { return None };
    let of_monitor = |row: &MonitorRow| ClosedRow {
        subject: Subject::Monitor,
        id: row.id.clone(),
        json: json::closed_monitor(row, report.decimals),
    };
    let of_group = |row: &GroupRow| ClosedRow {
        subject: Subject::Group,
        id: row.id.clone(),
        json: json::closed_group(row, report.decimals),
    };
    let monitors = report.monitors.iter().map(of_monitor);
    let mut closed = ClosedMonth {
        month,
        closed_at: closing.closed_at,
        head: json::closed_head(report, closing),
        rows: monitors.chain(report.groups.iter().map(of_group)).collect(),
        sha256: String::new(),
    };
    closed.sha256 = closed.hash()?;
    Some(closed)
}

/// The report that a closed month's text holds, with all its figures computed again.
///
/// # Errors
/// A sentence that says what cannot be read.
pub fn open(text: &str) -> Result<PeriodReport, String> {
    let form: Form = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let zone = |name: &str| -> Result<Tz, String> {
        name.parse()
            .map_err(|_| format!("{name:?} is no time zone that is known here"))
    };
    let month = Month::parse(&form.month)?;
    let window = Span::new(instant(&form.from)?, instant(&form.to)?);
    let edges = [(month, form.from_time_zone), (month.next(), form.to_time_zone)];
    let seam = |(month, name): (Month, Option<String>)| {
        Some(zone(&name?).map(|zone| Seam { month, zone }))
    };
    let seams = edges.into_iter().filter_map(seam).collect::<Result<_, String>>()?;
    let closing = Closing {
        closed_at: instant(&form.closing.closed_at)?,
        program: form.closing.program,
        zone_database: form.closing.zone_database,
        sha256: form.sha256,
        text: Arc::from(text),
    };
    Ok(PeriodReport {
        period: Period::Month(month),
        zone: zone(&form.time_zone)?,
        seams,
        window,
        as_of: instant(&form.as_of)?,
        closed: true,
        decimals: form.closing.decimals,
        made_up: form.made_up.map(MadeUpForm::open).transpose()?,
        months: vec![(month, window)],
        maintenance: Maintenance {
            works: (form.maintenance.into_iter())
                .map(maintenance::Window::open)
                .collect::<Result<_, _>>()?,
            left_out: form.maintenance_left_out,
        },
        monitors: (form.monitors.iter())
            .map(|row| row.open(window).map_err(|wrong| format!("monitor {}: {wrong}", row.id)))
            .collect::<Result<_, _>>()?,
        groups: (form.groups.iter())
            .map(|row| row.open(window).map_err(|wrong| format!("group {}: {wrong}", row.id)))
            .collect::<Result<_, _>>()?,
        closing: Some(closing),
        kept: Vec::new(),
        restatement: None,
        corrected: Vec::new(),
        latecomers: Vec::new(),
    })
}

/// The figures of a monitor or a group as its row of a closed month holds them.
///
/// # Errors
/// A sentence that says what cannot be read.
pub fn open_row(subject: Subject, json: &str) -> Result<Figures, String> {
    let wrong = |error: serde_json::Error| error.to_string();
    match subject {
        Subject::Monitor => {
            let row: MonitorForm = serde_json::from_str(json).map_err(wrong)?;
            row.figures(row.course.window())
        }
        Subject::Group => {
            let row: GroupForm = serde_json::from_str(json).map_err(wrong)?;
            row.course.open(row.course.window())
        }
    }
}

/// A group as its row of a closed month says it was: its rule, its members, its target.
///
/// # Errors
/// A sentence that says what cannot be read.
pub fn open_group(json: &str) -> Result<GroupSettings, String> {
    let row: GroupForm = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let members = row.members.iter().map(|id| MonitorId::new(id));
    let group = Group {
        id: MonitorId::new(&row.id)?,
        rule: row.rule()?,
        members: members.collect::<Result<_, _>>()?,
        name: row.name,
    };
    let target = Target::parse(&row.course.sla.target_percent)?;
    Ok(GroupSettings { group, target })
}

/// How long each class of time lasted, as a row of a closed month says.
///
/// # Errors
/// A sentence that says what cannot be read.
pub fn open_lengths(json: &str) -> Result<Tally, String> {
    let form: TallyForm = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let TallyForm { outside, paused, maintenance, up, degraded, down, unknown } = form;
    Ok(Tally { outside, paused, maintenance, up, degraded, down, unknown })
}

#[derive(Deserialize)]
struct Form {
    month: String,
    time_zone: String,
    from_time_zone: Option<String>,
    to_time_zone: Option<String>,
    from: String,
    to: String,
    as_of: String,
    closing: ClosingForm,
    /// Of a month with checks that `everup demo` made up.
    made_up: Option<MadeUpForm>,
    /// A month that was closed by everup 0.1 before it knew of this has none.
    #[serde(default)]
    maintenance: Vec<maintenance::Window>,
    #[serde(default)]
    maintenance_left_out: usize,
    monitors: Vec<MonitorForm>,
    groups: Vec<GroupForm>,
    sha256: String,
}

#[derive(Deserialize)]
struct ClosingForm {
    closed_at: String,
    program: String,
    zone_database: String,
    decimals: u32,
}

#[derive(Deserialize)]
struct MonitorForm {
    id: String,
    name: String,
    url: String,
    blips: usize,
    checks: u64,
    latency_ms: LatencyForm,
    parameters: Vec<VersionForm>,
    /// Where the contract has one.
    maintenance_allowance_milliseconds: Option<i64>,
    #[serde(flatten)]
    course: CourseForm,
}

#[derive(Deserialize)]
struct GroupForm {
    id: String,
    name: String,
    rule: String,
    members: Vec<String>,
    /// A month that was closed before requests were counted has none.
    visitors: Option<visitors::Visitors>,
    #[serde(flatten)]
    course: CourseForm,
}

/// What the figures follow from. The figures themselves are not read.
#[derive(Deserialize)]
struct CourseForm {
    sla: SlaForm,
    milliseconds: LengthForm,
    outages: Vec<OutageForm>,
    timeline: Vec<(i64, String)>,
    perhaps_down: Vec<(i64, i64)>,
    surely_down: Vec<(i64, i64)>,
}

#[derive(Deserialize)]
struct LengthForm {
    window: i64,
}

#[derive(Deserialize)]
struct TallyForm {
    outside: i64,
    paused: i64,
    maintenance: i64,
    up: i64,
    degraded: i64,
    down: i64,
    unknown: i64,
}

#[derive(Deserialize)]
struct SlaForm {
    target_percent: String,
}

#[derive(Deserialize)]
struct OutageForm {
    began_at: String,
    from: String,
    to: String,
    reason: String,
    continued: bool,
    ongoing: bool,
}

#[derive(Deserialize)]
struct VersionForm {
    from: String,
    interval_ms: i64,
    timeout_ms: i64,
    failures: u32,
    retry_interval_ms: i64,
    successes: u32,
}

impl MonitorForm {
    fn open(&self, window: Span) -> Result<MonitorRow, String> {
        let parameters = (self.parameters.iter())
            .map(|version| {
                let parameters = Parameters {
                    interval_ms: version.interval_ms,
                    timeout_ms: version.timeout_ms,
                    failures: version.failures,
                    retry_interval_ms: version.retry_interval_ms,
                    successes: version.successes,
                };
                Ok((instant(&version.from)?, parameters))
            })
            .collect::<Result<_, String>>()?;
        Ok(MonitorRow {
            id: self.id.clone(),
            name: self.name.clone(),
            url: self.url.clone(),
            figures: self.figures(window)?,
            parameters,
            allowance_ms: self.maintenance_allowance_milliseconds,
            settled: true,
            imported: Vec::new(),
            blips: self.blips,
            summary: Summary { checks: self.checks, percentiles: self.latency_ms.open() },
            months: Vec::new(),
        })
    }
}

impl MonitorForm {
    /// What its course comes to, with the names of its outages.
    fn figures(&self, window: Span) -> Result<Figures, String> {
        let id = MonitorId::new(&self.id)?;
        let mut figures = self.course.open(window)?;
        let outages = std::mem::take(&mut figures.outages).into_iter();
        figures.outages = outages.map(|outage| outage.named(&id)).collect();
        Ok(figures)
    }
}

impl GroupForm {
    fn open(&self, window: Span) -> Result<GroupRow, String> {
        Ok(GroupRow {
            id: self.id.clone(),
            name: self.name.clone(),
            rule: self.rule()?,
            members: self.members.clone(),
            figures: self.course.open(window)?,
            visitors: self.visitors.as_ref().map(|of| of.open(window)).transpose()?,
            months: Vec::new(),
        })
    }

    fn rule(&self) -> Result<Rule, String> {
        Rule::from_word(&self.rule).ok_or_else(|| format!("{:?} is no rule", self.rule))
    }
}

impl CourseForm {
    /// The window that it says it is of. A row is cut in the zone of its closing.
    fn window(&self) -> Span {
        let from = self.timeline.first().map_or(Timestamp::MIN, |(ms, _)| Timestamp(*ms));
        Span::new(from, from.plus_ms(self.milliseconds.window))
    }

    fn open(&self, window: Span) -> Result<Figures, String> {
        let mut starts = Vec::with_capacity(self.timeline.len());
        for (ms, word) in &self.timeline {
            let class = Class::from_word(word);
            let class = class.ok_or_else(|| format!("{word:?} is no class of time"))?;
            starts.push((Timestamp(*ms), class));
        }
        let timeline = Timeline::of_starts(window, &starts)
            .ok_or("its timeline does not fill the month, stretch by stretch")?;
        let spans = |pairs: &[(i64, i64)]| -> Spans {
            let span = |(from, to): &(i64, i64)| Span::new(Timestamp(*from), Timestamp(*to));
            pairs.iter().map(span).collect()
        };
        let doubt = Doubt {
            perhaps_down: spans(&self.perhaps_down),
            surely_down: spans(&self.surely_down),
        };
        let outages = (self.outages.iter())
            .map(|outage| outage.open(&timeline))
            .collect::<Result<_, _>>()?;
        let target = Target::parse(&self.sla.target_percent)?;
        // A closed month has nothing to come.
        let to_come = Spans::empty();
        Ok(Figures::with(timeline, doubt, window.to, outages, target, to_come))
    }
}

impl OutageForm {
    fn open(&self, timeline: &Timeline) -> Result<MonthOutage, String> {
        let span = Span::new(instant(&self.from)?, instant(&self.to)?);
        Ok(MonthOutage {
            id: None,
            began_at: instant(&self.began_at)?,
            span,
            down_ms: timeline.tally_within(span).down,
            reason: self.reason.clone(),
            continued: self.continued,
            ongoing: self.ongoing,
        })
    }
}

fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text)
}
