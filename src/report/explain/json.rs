//! The explanation as JSON, schema `everup.explain/1`: documented in `docs/explain.md`,
//! and never changed but by a new schema name.

use super::group::{GroupExplanation, GroupPart};
use super::part::Part;
use super::planned::rule;
use super::{Cited, Event, Explanation, Version};
use crate::domain::class::Class;
use crate::domain::percent;
use crate::domain::period::Period;
use crate::domain::span::{Span, Spans};
use crate::domain::timestamp::Timestamp;
use crate::domain::uptime::{Ratio, Tally};
use crate::report::figures::{BOUNDS_DECIMALS, Figures};
use crate::report::headline::{Piece, plain};
use serde::Serialize;
use serde_json::{Value, json};

/// The name and version of the form.
pub const SCHEMA: &str = "everup.explain/1";

/// The word of a class in exports.
#[must_use]
pub fn class_word(class: Class) -> &'static str {
    match class {
        Class::Outside => "outside",
        Class::Paused => "paused",
        Class::Maintenance => "maintenance",
        Class::Down => "down",
        Class::Degraded => "degraded",
        Class::Up => "up",
        Class::Unknown => "unknown",
    }
}

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
    from: String,
    to: String,
    as_of: String,
    #[serde(flatten)]
    rest: Value,
    sum: Value,
}

fn print(
    period: Period,
    zone: chrono_tz::Tz,
    (window, as_of): (Span, Timestamp),
    rest: Value,
    sum: Value,
) -> String {
    let is_month = matches!(period, Period::Month(_));
    let form = Form {
        schema: SCHEMA,
        month: is_month.then(|| period.to_string()),
        period: (!is_month).then(|| period.to_string()),
        time_zone: zone.name(),
        from: window.from.to_string(),
        to: window.to.to_string(),
        as_of: as_of.to_string(),
        rest,
        sum,
    };
    // Maps with text keys, of texts, whole numbers and flags, cannot fail.
    let mut text = serde_json::to_string(&form).unwrap_or_default();
    text.push('\n');
    text
}

/// Prints the explanation of a monitor's figure as one JSON object with a line end.
#[must_use]
pub fn of_monitor(explanation: &Explanation) -> String {
    let row = &explanation.row;
    let rest = json!({
        "monitor": { "id": row.id, "name": row.name, "url": row.url },
        "ends_at": explanation.ends_at.to_string(),
        "ends_because": words(&explanation.ends_because),
        "rules": explanation.rules.iter().map(version).collect::<Vec<_>>(),
        "events": explanation.events.iter().map(event).collect::<Vec<_>>(),
        "parts": explanation.parts.iter().map(part).collect::<Vec<_>>(),
    });
    let mut sum = sum(&row.figures, explanation.decimals);
    let low = &mut sum["bounds"]["low"];
    if low.is_object() {
        low["doubtful"] = spans(&explanation.doubtful);
    }
    let Explanation { period, zone, window, as_of, .. } = explanation;
    print(*period, *zone, (*window, *as_of), rest, sum)
}

/// Prints the explanation of a group's figure as one JSON object with a line end.
#[must_use]
pub fn of_group(explanation: &GroupExplanation) -> String {
    let row = &explanation.row;
    let member = |member: &crate::report::period::MonitorRow| {
        json!({
            "id": member.id,
            "name": member.name,
            "uptime_percent": member.figures.uptime_text(explanation.decimals),
            "milliseconds": milliseconds(&member.figures.tally),
        })
    };
    let part = |part: &GroupPart| {
        let made_by = part.made_by.iter().filter_map(|place| explanation.members.get(*place));
        json!({
            "from": part.span.from.to_string(),
            "to": part.span.to.to_string(),
            "milliseconds": part.span.length_ms(),
            "class": class_word(part.class),
            "made_by": made_by.map(|member| member.id.as_str()).collect::<Vec<_>>(),
        })
    };
    let rest = json!({
        "group": { "id": row.id, "name": row.name, "rule": row.rule.word() },
        "ends_at": row.figures.as_of.clamp(explanation.window.from, explanation.window.to).to_string(),
        "members": explanation.members.iter().map(member).collect::<Vec<_>>(),
        "parts": explanation.parts.iter().map(part).collect::<Vec<_>>(),
    });
    let GroupExplanation { period, zone, window, as_of, .. } = explanation;
    print(
        *period,
        *zone,
        (*window, *as_of),
        rest,
        sum(&row.figures, explanation.decimals),
    )
}

fn words(pieces: &[Piece]) -> String {
    plain(pieces, |at| at.to_string())
}

fn version(version: &Version) -> Value {
    let parameters = &version.parameters;
    json!({
        "from": version.from.map(|from| from.to_string()),
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
        "class": class_word(part.class),
        "cause": part.cause.map(|cause| cause.word()),
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
