//! A closed month as it is kept: text that never changes again, in pieces.
//!
//! `report::closed` makes it and reads it; a store keeps it, `transfer` moves it. Of what
//! the text says only the edges of the month are known here, because its neighbours are cut
//! by them, and which outages there are to correct.

use super::canonical;
use crate::domain::calendar::Cut;
use crate::domain::month::Month;
use crate::domain::span::Span;
use crate::domain::timestamp::{HOUR_MS, Timestamp};
use chrono_tz::Tz;
use serde::Deserialize;

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A monitor.
    Monitor,
    /// A group of monitors.
    Group,
}

impl Subject {
    /// The word used in the database and in exports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Subject::Monitor => "monitor",
            Subject::Group => "group",
        }
    }

    /// The subject a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Subject> {
        [Subject::Monitor, Subject::Group]
            .into_iter()
            .find(|subject| subject.word() == word)
    }
}

/// The report of a month that is over and settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedMonth {
    /// Which month.
    pub month: Month,
    /// When it was closed.
    pub closed_at: Timestamp,
    /// Its text up to the first monitor's row.
    pub head: String,
    /// Its rows: monitors first, then groups, each in the owner's order.
    pub rows: Vec<ClosedRow>,
    /// The SHA-256 of the canonical JSON of the whole text without this very member, in
    /// small hexadecimal digits.
    pub sha256: String,
}

/// One monitor or group of a closed month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedRow {
    /// What it is about.
    pub subject: Subject,
    /// Its id.
    pub id: String,
    /// Its JSON.
    pub json: String,
}

/// How long each class of time lasted in a row of a closed month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedLengths {
    /// In which month.
    pub month: Month,
    /// What the row is about.
    pub subject: Subject,
    /// Its id.
    pub id: String,
    /// The part of its JSON that says so.
    pub json: String,
}

/// A statement that an outage of a closed month was none of the target's, made later by a
/// person. The measured figure stays; an adjusted one stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Which month.
    pub month: Month,
    /// The id of the monitor.
    pub monitor: String,
    /// When the outage began; with the monitor this names it.
    pub outage_began_at: Timestamp,
    /// What its downtime counts as instead.
    pub instead: Instead,
    /// Who says so.
    pub author: String,
    /// Why.
    pub reason: String,
    /// When that was said.
    pub made_at: Timestamp,
}

/// What corrected downtime counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// Nobody can say: our own network was down, say. It leaves the observed time.
    Unknown,
    /// It was up: there is other evidence of that.
    Up,
}

impl Instead {
    /// Every value, in the order in which they are declared.
    pub const ALL: [Instead; 2] = [Instead::Unknown, Instead::Up];

    /// The word used on the command line, in the database and in exports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Instead::Unknown => "unknown",
            Instead::Up => "up",
        }
    }

    /// The same for people, as it is said of time everywhere.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Instead::Unknown => "not checked",
            Instead::Up => "up",
        }
    }

    /// The value a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Instead> {
        Instead::ALL.into_iter().find(|instead| instead.word() == word)
    }
}

/// Where `month` was cut, as the head of its text has it.
///
/// # Errors
/// A sentence that says what cannot be read.
pub fn cut(month: Month, head: &str) -> Result<Cut, String> {
    let edges: Edges =
        serde_json::from_str(&format!("{head}]}}")).map_err(|error| error.to_string())?;
    let zone = |name: &str| -> Result<Tz, String> {
        name.parse()
            .map_err(|_| format!("{name:?} is no time zone that is known here"))
    };
    let own = zone(&edges.time_zone)?;
    let other = |name: Option<String>| name.map_or(Ok(own), |name| zone(&name));
    let from = Timestamp::parse_rfc3339(&edges.from)?;
    let to = Timestamp::parse_rfc3339(&edges.to)?;
    let anywhere = month.window(Tz::UTC);
    let is_near = |at: Timestamp, edge: Timestamp| at.since_ms(edge).abs() <= ZONES_REACH_MS;
    if edges.month != month.to_string() {
        return Err(format!("it is the report of {}", edges.month));
    }
    if !is_near(from, anywhere.from) || !is_near(to, anywhere.to) {
        return Err(format!("{from} to {to} is {month} in no time zone"));
    }
    Ok(Cut {
        month,
        window: Span::new(from, to),
        begins_in: other(edges.from_time_zone)?,
        ends_in: other(edges.to_time_zone)?,
    })
}

/// No zone is further from UTC than that.
const ZONES_REACH_MS: i64 = 26 * HOUR_MS;

/// Whether a monitor's row of a closed month lists an outage that began at `began_at`.
///
/// # Errors
/// A sentence that says what cannot be read.
pub fn lists_outage(row: &str, began_at: Timestamp) -> Result<bool, String> {
    let row: Outages = serde_json::from_str(row).map_err(|error| error.to_string())?;
    for outage in &row.outages {
        if Timestamp::parse_rfc3339(&outage.began_at)? == began_at {
            return Ok(true);
        }
    }
    Ok(false)
}

#[derive(Deserialize)]
struct Outages {
    outages: Vec<Began>,
}

#[derive(Deserialize)]
struct Began {
    began_at: String,
}

/// Where a month begins and ends, and in which zones.
#[derive(Deserialize)]
struct Edges {
    month: String,
    time_zone: String,
    from_time_zone: Option<String>,
    to_time_zone: Option<String>,
    from: String,
    to: String,
}

impl ClosedMonth {
    /// The whole text, with its hash as the last member.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{},\"sha256\":\"{}\"}}\n", self.body(), self.sha256)
    }

    /// The hash of its content; `None` where that is no JSON.
    #[must_use]
    pub fn hash(&self) -> Option<String> {
        let whole = serde_json::from_str(&format!("{}}}", self.body())).ok()?;
        Some(canonical::sha256(&whole))
    }

    /// Whether its content is what its hash says.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.hash().is_some_and(|hash| hash == self.sha256)
    }

    /// The text without its hash and without its end: what the hash is made of, once the
    /// brace is closed.
    #[must_use]
    pub fn body(&self) -> String {
        let rows = |subject: Subject| -> String {
            let rows = self.rows.iter().filter(|row| row.subject == subject);
            rows.map(|row| row.json.as_str()).collect::<Vec<_>>().join(",")
        };
        let (monitors, groups) = (rows(Subject::Monitor), rows(Subject::Group));
        format!("{}{monitors}],\"groups\":[{groups}]", self.head)
    }
}
