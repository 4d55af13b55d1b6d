//! What stands beside a figure.

use super::sheet::Colour;
use super::table::{DOWN, INK};
use crate::report::statement::{Entry, NOTHING};

/// The colour of a verdict.
pub(super) fn verdict_colour(entry: &Entry) -> Colour {
    if entry.verdict == "missed" && entry.is_certain { DOWN } else { INK }
}

/// What stands beside a figure, in rows of three.
pub(super) fn facts(entry: &Entry) -> Vec<(&'static str, String, Colour)> {
    let Entry { downtime, outage_count, longest, recovery, blips, checks, .. } = entry.clone();
    let doubt = if entry.is_certain { "" } else { ", not certain" };
    let verdict = format!("{} %: {}{doubt}", entry.target, entry.verdict);
    let mut facts = vec![
        ("Downtime", downtime, INK),
        ("Outages", outage_count, INK),
        ("Longest outage", longest, INK),
        ("SLA", verdict, verdict_colour(entry)),
        ("Downtime allowed", entry.allowed.clone(), INK),
        ("Error budget", entry.left.clone(), INK),
        ("Mean time to recovery", recovery, INK),
    ];
    if let Some(when) = entry.lost_when() {
        facts.push(("Error budget lost", when, INK));
    }
    if entry.rule.is_none() {
        let latency = match entry.latency.iter().any(|ms| ms != NOTHING) {
            true => format!("{} ms", entry.latency.join(" · ")),
            false => NOTHING.to_owned(),
        };
        facts.push(("Latency p50 · p95 · p99", latency, INK));
        facts.push(("Checks", checks, INK));
        facts.push(("Blips", blips, INK));
    }
    facts.extend(entry.besides.iter().map(|(kind, length)| (*kind, length.clone(), INK)));
    facts
}
