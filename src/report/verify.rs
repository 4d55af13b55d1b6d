//! Whether a report file of a closed month is sound: its hash is right, and every figure
//! follows from the timelines that it holds. Needs nothing but the file.

use super::closed::{open, seal_as};
use super::period::{GroupRow, PeriodReport};
use crate::domain::period::Period;
use crate::store::canonical;
use serde_json::Value;

/// More differences say no more.
const DIFFERENCES_MAX: usize = 20;

/// A file that is sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Its report, computed again.
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
    let mut value: Value = serde_json::from_str(text)
        .map_err(|error| one(format!("it is not JSON, or broken off: {error}")))?;
    if value["schema"] != super::json::SCHEMA {
        return Err(one(format!("it is no report: its schema is not {}", super::json::SCHEMA)));
    }
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
    if !problems.is_empty() {
        problems.truncate(DIFFERENCES_MAX);
        return Err(problems);
    }
    let ours = chrono_tz::IANA_TZDB_VERSION;
    let theirs = report.closing.as_ref().map(|closing| closing.zone_database.clone());
    Ok(Verified { other_zone_database: theirs.filter(|theirs| theirs != ours), report })
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
