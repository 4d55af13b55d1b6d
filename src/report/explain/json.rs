//! The explanation as JSON, schema `everup.explain/1`: documented in `docs/explain.md`,
//! and never changed but by a new schema name.

use super::group::{GroupExplanation, GroupOutage, GroupPart};
use super::part::Part;
use super::planned::rule;
use super::{Adjusted, Cited, Event, Explanation, Scope};
use crate::domain::calendar::Seam;
use crate::domain::monitor::Parameters;
use crate::domain::percent;
use crate::domain::period::Period;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;
use crate::domain::uptime::{Ratio, Tally};
use crate::report::figures::{BOUNDS_DECIMALS, Figures};
use crate::report::headline::{Piece, plain};
use crate::report::json::made_up::MadeUpForm;
use crate::report::json::{beside, corrected};
use crate::report::outage::MonthOutage;
use crate::report::period::{Closing, MonitorRow};
use crate::store::closed::Correction;
use serde::Serialize;
use serde_json::{Value, json};

/// The name and version of the form.
pub const SCHEMA: &str = "everup.explain/1";

/// What explanations of monitors and groups have in common.
#[derive(Serialize)]
struct Form {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    month: Option<String>,
    /// Of a quarter, a year or a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<String>,
    time_zone: &'static str,
    /// The zone in which its first month begins, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_time_zone: Option<&'static str>,
    /// The zone in which its last month ends, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_time_zone: Option<&'static str>,
    from: String,
    to: String,
    as_of: String,
    /// Only where it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_up: Option<Value>,
    /// Of a closed month.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<Value>,
    /// Of a longer period.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    closed_months: Vec<String>,
    /// Of a longer period.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    corrected_months: Vec<Value>,
    /// Of a month that was closed without it, and of longer periods with such months.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    closed_without: Vec<String>,
    #[serde(flatten)]
    rest: Value,
    sum: Value,
    /// Of a month that was corrected.
    #[serde(skip_serializing_if = "Option::is_none")]
    adjusted: Option<Value>,
}

fn print(scope: &Scope, rest: Value, sum: Value) -> String {
    let Scope { period, zone, window, as_of, .. } = scope;
    let is_month = matches!(period, Period::Month(_));
    let form = Form {
        schema: SCHEMA,
        month: is_month.then(|| period.to_string()),
        period: (!is_month).then(|| period.to_string()),
        time_zone: zone.name(),
        from_time_zone: Seam::at_the_start(&scope.seams, *period).map(|zone| zone.name()),
        to_time_zone: Seam::at_the_end(&scope.seams, *period).map(|zone| zone.name()),
        from: window.from.to_string(),
        to: window.to.to_string(),
        as_of: as_of.to_string(),
        made_up: scope.made_up.map(|of| json!(MadeUpForm::of(of))),
        closed: scope.closing.as_ref().map(closing),
        closed_months: scope.kept.iter().map(ToString::to_string).collect(),
        closed_without: scope.closed_without.iter().map(ToString::to_string).collect(),
        corrected_months: scope.corrected.iter().map(|month| json!(corrected(month))).collect(),
        rest,
        sum,
        adjusted: scope.adjusted.as_ref().map(|of| adjusted(of, scope.decimals)),
    };
    // Maps with text keys, of texts, whole numbers and flags, cannot fail.
    let mut text = serde_json::to_string(&form).unwrap_or_default();
    text.push('\n');
    text
}

fn closing(closing: &Closing) -> Value {
    json!({
        "closed_at": closing.closed_at.to_string(),
        "program": closing.program,
        "sha256": closing.sha256,
    })
}

fn adjusted(adjusted: &Adjusted, decimals: u32) -> Value {
    let correction = |of: &Correction| {
        json!({
            "monitor": of.monitor,
            "outage_began_at": of.outage_began_at.to_string(),
            "instead": of.instead.word(),
            "author": of.author,
            "reason": of.reason,
            "made_at": of.made_at.to_string(),
        })
    };
    json!({
        "sum": sum(&adjusted.figures, decimals),
        "corrections": adjusted.corrections.iter().map(correction).collect::<Vec<_>>(),
    })
}

/// Prints the explanation of a monitor's figure as one JSON object with a line end.
#[must_use]
pub fn of_monitor(explanation: &Explanation) -> String {
    let Explanation { scope, row, .. } = explanation;
    let rest = json!({
        "monitor": { "id": row.id, "name": row.name, "url": row.url },
        "ends_at": explanation.ends_at.to_string(),
        "ends_because": words(&explanation.ends_because),
        "checks_kept_from": explanation.kept_from.map(|from| from.to_string()),
        "agrees_with_what_is_known": explanation.agrees,
        "rules": row.parameters.iter().map(version).collect::<Vec<_>>(),
        "events": explanation.events.iter().map(event).collect::<Vec<_>>(),
        "parts": explanation.parts.iter().map(part).collect::<Vec<_>>(),
        "imported": row.imported.iter().map(beside).collect::<Vec<_>>(),
    });
    let mut sum = sum(&row.figures, scope.decimals);
    let low = &mut sum["bounds"]["low"];
    if low.is_object() {
        low["doubtful"] = spans(&explanation.doubtful);
    }
    print(scope, rest, sum)
}

/// Prints the explanation of a group's figure as one JSON object with a line end.
#[must_use]
pub fn of_group(explanation: &GroupExplanation) -> String {
    let GroupExplanation { scope, row, members, .. } = explanation;
    let window = scope.window;
    let id = |place: usize| members.get(place).map(|member| member.id.as_str());
    let member = |member: &MonitorRow| {
        json!({
            "id": member.id,
            "name": member.name,
            "uptime_percent": member.figures.uptime_text(scope.decimals),
            "milliseconds": milliseconds(&member.figures.tally),
        })
    };
    let part = |part: &GroupPart| {
        json!({
            "from": part.span.from.to_string(),
            "to": part.span.to.to_string(),
            "milliseconds": part.span.length_ms(),
            "class": part.class.word(),
            "made_by": part.made_by.iter().filter_map(|place| id(*place)).collect::<Vec<_>>(),
        })
    };
    let outage = |of: &GroupOutage| {
        let made_by = of.made_by.iter();
        json!({
            "outage": outage(&of.outage),
            "made_by": made_by.map(|(_, own)| outage(own)).collect::<Vec<_>>(),
        })
    };
    let rest = json!({
        "group": {
            "id": row.id,
            "name": row.name,
            "rule": row.rule.word(),
            "configured": explanation.is_configured,
        },
        "ends_at": row.figures.as_of.clamp(window.from, window.to).to_string(),
        "ends_because": words(&explanation.ends_because),
        "agrees_with_what_is_known": explanation.agrees,
        "members": members.iter().map(member).collect::<Vec<_>>(),
        "outages": explanation.outages.iter().map(outage).collect::<Vec<_>>(),
        "parts": explanation.parts.iter().map(part).collect::<Vec<_>>(),
    });
    print(scope, rest, sum(&row.figures, scope.decimals))
}

fn outage(outage: &MonthOutage) -> Value {
    json!({
        "id": outage.id.as_ref().map(ToString::to_string),
        "from": outage.span.from.to_string(),
        "to": (!outage.ongoing).then(|| outage.span.to.to_string()),
        "down_milliseconds": outage.down_ms,
        "reason": outage.reason,
    })
}

fn words(pieces: &[Piece]) -> String {
    plain(pieces, |at| at.to_string())
}

fn version((from, parameters): &(Timestamp, Parameters)) -> Value {
    json!({
        "from": from.to_string(),
        "interval_milliseconds": parameters.interval_ms,
        "grace_milliseconds": parameters.grace_ms(),
        "timeout_milliseconds": parameters.timeout_ms,
        "failures": parameters.failures,
        "retry_interval_milliseconds": parameters.retry_interval_ms,
        "successes": parameters.successes,
        "text": rule(parameters),
    })
}

fn event(event: &Event) -> Value {
    json!({
        "kind": event.what.word(),
        "cause": event.what.cause().map(|cause| cause.word()),
        "outage": event.outage.as_ref().map(ToString::to_string),
        "source": event.what.source().map(|source| source.word()),
        "from": event.span.from.to_string(),
        "to": event.span.to.to_string(),
        "milliseconds": event.span.length_ms(),
        "counts_as": milliseconds(&event.tally),
        "text": words(&event.said),
        "checks": event.checks.iter().map(cited).collect::<Vec<_>>(),
    })
}

fn cited(cited: &Cited) -> Value {
    json!({
        "role": cited.role.word(),
        "started_at": cited.check.at.to_string(),
        "verdict": cited.check.verdict.word(),
        "kind": cited.check.kind.map(|kind| kind.word()),
        "reason": cited.check.reason.as_deref(),
    })
}

fn part(part: &Part) -> Value {
    json!({
        "from": part.span.from.to_string(),
        "to": part.span.to.to_string(),
        "milliseconds": part.span.length_ms(),
        "class": part.class.word(),
        "cause": part.cause.map(|cause| cause.word()),
        "source": part.source.map(|source| source.word()),
    })
}

fn spans(spans: &Spans) -> Value {
    let span = |span: &Span| {
        json!({
            "from": span.from.to_string(),
            "to": span.to.to_string(),
            "milliseconds": span.length_ms(),
        })
    };
    spans.as_slice().iter().map(span).collect()
}

fn milliseconds(tally: &Tally) -> Value {
    json!({
        "window": tally.window(),
        "outside": tally.outside,
        "paused": tally.paused,
        "maintenance": tally.maintenance,
        "up": tally.up,
        "degraded": tally.degraded,
        "down": tally.down,
        "unknown": tally.unknown,
    })
}

/// A ratio of milliseconds, and its percentage as it is printed.
fn ratio(ratio: Option<Ratio>, text: impl Fn(Ratio) -> String) -> Value {
    match ratio {
        None => Value::Null,
        Some(ratio) => json!({
            "part_milliseconds": ratio.part,
            "whole_milliseconds": ratio.whole,
            "percent": text(ratio),
        }),
    }
}

fn sum(figures: &Figures, decimals: u32) -> Value {
    let tally = &figures.tally;
    let shown = |ratio| percent::shown(ratio, decimals);
    let bound = |ratio| percent::floored(ratio, BOUNDS_DECIMALS);
    let bounds = figures.bounds;
    let mut low = ratio(bounds.map(|bounds| bounds.low), bound);
    if low.is_object() {
        let perhaps_ms = figures.doubt.perhaps_down.length_ms();
        low["perhaps_down_milliseconds"] = perhaps_ms.into();
        low["of_it_down"] = tally.down.into();
        low["of_it_unknown"] = tally.unknown.into();
        low["of_it_doubtful"] = (perhaps_ms - tally.down - tally.unknown).into();
    }
    let mut high = ratio(bounds.map(|bounds| bounds.high), bound);
    if high.is_object() {
        high["surely_down_milliseconds"] = figures.doubt.surely_down.length_ms().into();
        high["surely_down"] = spans(&figures.doubt.surely_down);
    }
    json!({
        "milliseconds": milliseconds(tally),
        "observed_milliseconds": tally.observed(),
        "eligible_milliseconds": tally.eligible(),
        "uptime": ratio(tally.uptime(), shown),
        "coverage": ratio(tally.coverage(), shown),
        "bounds": { "low": low, "high": high },
        "sla": sla(figures),
        "budget": budget(figures),
    })
}

fn budget(figures: &Figures) -> Value {
    let budget = &figures.budget;
    json!({
        "counted_milliseconds": figures.tally.observed() + figures.ahead_ms(),
        "of_it_to_come": figures.ahead_ms(),
        "allowed_milliseconds": budget.allowed_ms,
        "used_milliseconds": budget.used_ms,
        "left_milliseconds": budget.left_ms(),
        "lost_at": budget.lost_at.map(|at| at.to_string()),
    })
}

/// The comparison as whole numbers, which may be too large for a number in JSON.
fn sla(figures: &Figures) -> Value {
    let comparison = figures.comparison();
    json!({
        "target_percent": figures.target.to_string(),
        "uptime_part_times_target_whole": comparison.map(|(left, _)| left.to_string()),
        "uptime_whole_times_target_part": comparison.map(|(_, right)| right.to_string()),
        "verdict": figures.verdict.word(),
        "certain": figures.certain,
    })
}
