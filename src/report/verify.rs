//! Whether a report file of a closed month is sound: its hash is right, and every figure
//! follows from the timelines that it holds. An adjusted one holds the report that it
//! restates: that must be sound, and the adjusted figures what the corrections make of it.
//! Needs nothing but the file.

mod maintenance;

use super::closed::{open, seal_as};
use super::json;
use super::period::{GroupRow, PeriodReport};
use super::restated::restate;
use crate::domain::month::Month;
use crate::domain::outage::OutageId;
use crate::domain::period::Period;
use crate::domain::timestamp::Timestamp;
use crate::store::canonical;
use crate::store::closed::{Correction, Instead};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashSet;

/// More differences say no more.
const DIFFERENCES_MAX: usize = 20;

/// A file that is sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Its report, computed again; of an adjusted one the report that it restates, with its
    /// restatement.
    pub report: PeriodReport,
    /// The version of the zone database that it was cut with, if that is not ours.
    pub other_zone_database: Option<String>,
}

/// Verifies the text of a report file.
///
/// # Errors
/// Everything that is wrong with it, a sentence each.
pub fn verify(text: &str) -> Result<Verified, Vec<String>> {
    let one = |problem: String| vec![problem];
    let value = canonical::parse(text)
        .map_err(|error| one(format!("it is not JSON, or broken off: {error}")))?;
    if value["schema"] != json::SCHEMA {
        return Err(one(format!("it is no report: its schema is not {}", json::SCHEMA)));
    }
    match value.get("restates") {
        Some(restates) => adjusted(restates, &value),
        None => closed(text, value),
    }
}

/// Verifies the report of a closed month.
fn closed(text: &str, mut value: Value) -> Result<Verified, Vec<String>> {
    let one = |problem: String| vec![problem];
    if value.get("closing").is_none() || value.get("sha256").is_none() {
        let problem = "it is not of a closed month; only those hold what they follow from";
        return Err(one(problem.to_owned()));
    }
    let report = open(text).map_err(one)?;
    let mut problems = Vec::new();
    let told = value.as_object_mut().and_then(|form| form.remove("sha256"));
    let found = canonical::sha256(&value);
    if told.as_ref().and_then(Value::as_str) != Some(found.as_str()) {
        problems.push(format!("its sha256 is not that of its content, which is {found}"));
    }
    if let Period::Month(month) = report.period {
        let (begins_in, ends_in) = (report.begins_in(), report.ends_in());
        let begins = month.window(begins_in.unwrap_or(report.zone)).from;
        let ends = month.window(ends_in.unwrap_or(report.zone)).to;
        if (begins, ends) != (report.window.from, report.window.to) {
            problems.push(format!("{month} in {} does not begin and end there", report.zone));
        }
    }
    problems.extend(differences(&report, &value));
    problems.extend(report.groups.iter().filter_map(|group| misjudged(&report, group)));
    problems.extend(maintenance::problems(&report));
    let monitors = report.monitors.iter().map(|row| ("monitor", &row.id, &row.figures));
    let groups = report.groups.iter().map(|row| ("group", &row.id, &row.figures));
    let mut seen = HashSet::new();
    for (subject, id, figures) in monitors.chain(groups) {
        if !seen.insert((subject, id)) {
            problems.push(format!("the {subject} {id} is in it twice"));
        }
        let listed: i64 = figures.outages.iter().map(|outage| outage.down_ms).sum();
        if listed != figures.tally.down {
            problems.push(format!(
                "the outages of the {subject} {id} come to {listed} ms, and its downtime to {}",
                figures.tally.down
            ));
        }
    }
    if !problems.is_empty() {
        problems.truncate(DIFFERENCES_MAX);
        return Err(problems);
    }
    let ours = chrono_tz::IANA_TZDB_VERSION;
    let theirs = report.closing.as_ref().map(|closing| closing.zone_database.clone());
    Ok(Verified { other_zone_database: theirs.filter(|theirs| theirs != ours), report })
}

/// Verifies an adjusted report.
fn adjusted(restates: &Value, told: &Value) -> Result<Verified, Vec<String>> {
    let one = |problem: String| vec![problem];
    let Some(measured) = restates.get("report") else {
        return Err(one(format!(
            "it is an adjusted report, and does not hold the one that it restates: verify that \
             one, whose sha256 is {}",
            restates["sha256"]
        )));
    };
    let in_it = |problem: String| format!("the report that it restates: {problem}");
    let mut verified = closed(&measured.to_string(), measured.clone())
        .map_err(|problems| problems.into_iter().map(in_it).collect::<Vec<_>>())?;
    let report = &mut verified.report;
    let Period::Month(month) = report.period else {
        return Err(one("the report that it restates is not that of a month".to_owned()));
    };
    let corrections = corrections(&restates["corrections"], month).map_err(one)?;
    let restatement = restate(report, corrections);
    report.restatement = restatement.map(Box::new);
    let Some(text) = json::print_adjusted(report) else {
        return Err(one("it restates a report without correcting anything in it".to_owned()));
    };
    let computed: Value =
        serde_json::from_str(&text).map_err(|error| one(error.to_string()))?;
    let mut problems = Vec::new();
    compare("", told, &computed, &mut problems);
    if problems.is_empty() {
        return Ok(verified);
    }
    problems.truncate(DIFFERENCES_MAX);
    Err(problems)
}

/// A correction, as an adjusted report names it.
#[derive(Deserialize)]
struct CorrectionForm {
    outage: String,
    instead: String,
    author: String,
    reason: String,
    made_at: String,
}

fn corrections(forms: &Value, month: Month) -> Result<Vec<Correction>, String> {
    let forms = Vec::<CorrectionForm>::deserialize(forms)
        .map_err(|error| format!("its corrections cannot be read: {error}"))?;
    let correction = |form: CorrectionForm| {
        let outage = OutageId::parse(&form.outage)
            .ok_or_else(|| format!("{:?} is no name of an outage", form.outage))?;
        Ok(Correction {
            month,
            monitor: outage.monitor.to_string(),
            outage_began_at: outage.from,
            instead: Instead::from_word(&form.instead)
                .ok_or_else(|| format!("{:?} is wrong: use unknown or up", form.instead))?,
            author: form.author,
            reason: form.reason,
            made_at: Timestamp::parse_rfc3339(&form.made_at)?,
        })
    };
    forms.into_iter().map(correction).collect()
}

/// Where the file says something else than what its timelines come to.
fn differences(report: &PeriodReport, told: &Value) -> Vec<String> {
    let closing = report.closing.as_ref();
    let sealed = closing.and_then(|closing| seal_as(report, closing));
    let body = sealed.map(|sealed| format!("{}}}", sealed.body())).unwrap_or_default();
    let Ok(computed) = serde_json::from_str::<Value>(&body) else {
        return vec!["it cannot be computed again".to_owned()];
    };
    let mut found = Vec::new();
    compare("", told, &computed, &mut found);
    found
}

fn compare(path: &str, told: &Value, computed: &Value, found: &mut Vec<String>) {
    match (told, computed) {
        (Value::Object(a), Value::Object(b)) => {
            for name in a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))) {
                let of = |form: &serde_json::Map<String, Value>| form.get(name).cloned();
                let (a, b) = (of(a).unwrap_or_default(), of(b).unwrap_or_default());
                compare(&format!("{path}/{name}"), &a, &b, found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{path}/{index}"), a, b, found);
            }
        }
        _ if told == computed => {}
        _ => found.push(format!("{path} says {told}, but it comes to {computed}")),
    }
}

/// Says so if a group is not what its members make it.
fn misjudged(report: &PeriodReport, group: &GroupRow) -> Option<String> {
    let judged = report.judge(group);
    let is_same =
        judged.timeline == group.figures.timeline && judged.doubt == group.figures.doubt;
    (!is_same).then(|| format!("the group {} is not what its members make it", group.id))
}
