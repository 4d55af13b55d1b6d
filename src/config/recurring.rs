//! `[[maintenance.recurring]]`: maintenance that comes again and again.

use super::duration;
use super::identity::{self, Taken};
use super::mistake::Place;
use super::named::Named;
use super::reader::Reader;
use super::report::parse_zone;
use super::section::{Field, Kind, Section};
use super::setting::Setting;
use super::text::quoted;
use crate::domain::monitor::MonitorId;
use crate::domain::notice::{LENGTH_MS_MAX, clean};
use crate::domain::recurrence::{APART_MS_MIN, Recurrence, Schedule};
use crate::domain::timestamp::{MINUTE_MS, Timestamp};
use chrono_tz::Tz;
use toml::de::{DeTable, DeValue};

/// Each has some windows announced at any time; a longer list is a mistake of whatever
/// wrote it.
const RULES_MAX: usize = 100;

/// From where on turns are looked at to see how far apart they are: any year will do, and
/// the answer must not depend on the day on which it is asked.
const LOOKED_FROM: Timestamp = Timestamp(1_767_225_600_000);

/// The rules of a file, before its monitors are known.
#[derive(Default)]
pub(super) struct Rules {
    rules: Vec<Recurrence>,
    named: Named,
}

impl Rules {
    /// Reads the list. `zone` is whose local time they speak of that say nothing.
    pub fn read(field: Option<Field>, zone: Tz, reader: &mut Reader) -> Rules {
        let mut rules = Rules::default();
        let Some(field) = field else { return rules };
        let example = "[[maintenance.recurring]] with double brackets, as there may be several";
        let DeValue::Array(list) = field.value else {
            reader.wrong_kind(&field, example);
            return rules;
        };
        let mut taken = Taken::default();
        for (index, item) in list.iter().enumerate() {
            let place = reader.place(item.span().start);
            if index == RULES_MAX {
                reader.mistake(&place, format!("these are more than {RULES_MAX} rules"));
                break;
            }
            let DeValue::Table(table) = item.get_ref() else {
                let key = Some("maintenance.recurring".to_owned());
                let item = Field { value: item.get_ref(), place: Place { key, ..place } };
                reader.wrong_kind(&item, example);
                continue;
            };
            rules.add(table, index + 1, place, zone, &mut taken, reader);
        }
        rules
    }

    fn add(
        &mut self,
        table: &DeTable,
        number: usize,
        mut place: Place,
        zone: Tz,
        taken: &mut Taken,
        reader: &mut Reader,
    ) {
        place.subject = Some(identity::label("recurring maintenance", table, number).into());
        let section = Section::new(Kind::Recurring, table, place.clone(), reader);
        let id = id(&section, reader);
        if let Some((id, place)) = &id {
            taken.take("recurring maintenance", id, place, reader);
        }
        let schedule = schedule(&section, reader);
        let duration = section.field("duration", reader);
        if duration.is_none() {
            let message = "it has no duration; write how long it lasts, like duration = \"2h\"";
            reader.mistake(section.place(), message);
        }
        let duration = duration::read(duration, MINUTE_MS..=LENGTH_MS_MAX, reader);
        let zone = match section.field("time_zone", reader) {
            None => Some(zone),
            Some(field) => {
                reader.parsed(&field, "the name of a zone, like \"Europe/Berlin\"", parse_zone)
            }
        };
        let message = match section.field("message", reader) {
            None => Some(String::new()),
            Some(field) => message(&field, reader),
        };
        let monitors = match section.field("monitors", reader) {
            None => Some(Vec::new()),
            Some(field) => self.named.read(&field, reader),
        };
        let (Some((id, _)), Some((schedule, at)), Some(zone), Setting::Written(duration)) =
            (id, schedule, zone, duration)
        else {
            return;
        };
        let is_whole = message.is_some() && monitors.is_some();
        let (message, monitors) = (message.unwrap_or_default(), monitors.unwrap_or_default());
        let duration_ms = duration.value;
        let rule = Recurrence { id, schedule, duration_ms, zone, message, monitors };
        // Its turns are looked at also where something else is wrong: all of it is told.
        if let Some(wrong) = wrong_turns(&rule, &duration.shown) {
            reader.mistake(&at, wrong);
        }
        if is_whole {
            self.rules.push(rule);
        }
    }

    /// The rules, once the monitors are known by their ids.
    pub fn finish(self, known: &[&str], reader: &mut Reader) -> Vec<Recurrence> {
        self.named.check(known, reader);
        self.rules
    }
}

fn id(section: &Section, reader: &mut Reader) -> Option<(MonitorId, Place)> {
    let Some(field) = section.field("id", reader) else {
        let message = "it has no id; write one, like id = \"weekly\"";
        reader.mistake(section.place(), message);
        return None;
    };
    let text = reader.public(&field, "it as a string, like \"weekly\"")?;
    let id = MonitorId::new(&text);
    let id = id.map_err(|message| reader.mistake(&field.place, message)).ok()?;
    Some((id, field.place))
}

fn schedule(section: &Section, reader: &mut Reader) -> Option<(Schedule, Place)> {
    let Some(field) = section.field("schedule", reader) else {
        let message = "it has no schedule; write one, like schedule = \"0 2 * * SUN\"";
        reader.mistake(section.place(), message);
        return None;
    };
    let example = "it as a string, like \"0 2 * * SUN\"";
    let schedule = reader.parsed(&field, example, |text, told| {
        Schedule::parse(text).map_err(|wrong| {
            format!(
                "{} is not a schedule: {wrong}; write one like \"0 2 * * SUN\"",
                quoted(told)
            )
        })
    });
    Some((schedule?, field.place))
}

fn message(field: &Field, reader: &mut Reader) -> Option<String> {
    let text = reader.public(field, "it as a string, like \"Weekly updates\"")?;
    clean(&text)
        .map_err(|wrong| reader.mistake(&field.place, wrong.to_string()))
        .ok()
}

/// What is wrong with when the turns of a rule begin.
fn wrong_turns(rule: &Recurrence, duration: &str) -> Option<String> {
    if rule.turns(LOOKED_FROM).next().is_none() {
        return Some("such a time never comes; write another".to_owned());
    }
    let apart_ms = rule.apart_ms(LOOKED_FROM)?;
    let apart = duration::shown(apart_ms);
    if apart_ms < APART_MS_MIN {
        return Some(format!("it comes again after {apart}; write at least an hour"));
    }
    (apart_ms < rule.duration_ms).then(|| {
        format!("it comes again after {apart}, before its duration of {duration} is over")
    })
}
