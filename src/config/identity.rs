//! The id and the name of a monitor or a group.

use super::mistake::Place;
use super::reader::Reader;
use super::section::{Field, Section};
use super::text::quoted;
use crate::domain::monitor::MonitorId;
use std::collections::HashMap;
use toml::de::{DeTable, DeValue};

/// Fits a table on a page and in a terminal.
const NAME_CHARS_MAX: usize = 100;

/// What something is called.
pub(super) struct Identity {
    /// Its id.
    pub id: MonitorId,
    /// Its name.
    pub name: String,
    /// Where the id came from.
    pub place: Place,
}

/// What a monitor or group is called in messages, whatever is wrong with it.
pub(super) fn label(noun: &str, table: &DeTable, number: usize) -> String {
    let text = |key: &str| match table.get(key).map(|value| value.get_ref()) {
        Some(DeValue::String(text)) => Some(text.as_ref()),
        _ => None,
    };
    let id = text("id").and_then(|id| MonitorId::new(id).ok());
    let slug = || text("name").filter(|name| !name.contains("${")).and_then(MonitorId::slug);
    match id.or_else(slug) {
        Some(id) => format!("{noun} \"{id}\""),
        None => format!("{noun} #{number}"),
    }
}

/// Reads the id and the name of what is a `noun`; one of them is enough.
pub(super) fn read(noun: &str, section: &Section, reader: &mut Reader) -> Option<Identity> {
    let (id, name) = (section.field("id", reader), section.field("name", reader));
    if id.is_none() && name.is_none() {
        let message = format!("this {noun} has no name; write one, like name = \"API\"");
        reader.mistake(section.place(), message);
        return None;
    }
    let read_id = id.map(|field| read_id(field, reader));
    let read_name = name.map(|field| read_name(field, reader));
    match (read_id, read_name) {
        (Some(id), None) => {
            let (id, place) = id?;
            Some(Identity { name: id.to_string(), id, place })
        }
        (Some(id), Some(name)) => {
            let ((id, place), (name, _)) = (id?, name?);
            Some(Identity { id, name, place })
        }
        (None, name) => {
            let (name, place) = name??;
            let Some(id) = MonitorId::slug(&name) else {
                let message = format!(
                    "no id can be made of {}; write one beside it, like id = \"shop\"",
                    quoted(&name)
                );
                reader.mistake(&place, message);
                return None;
            };
            Some(Identity { id, name, place })
        }
    }
}

/// An id and where it stands, and a name, of what needs neither.
pub(super) type Given = (Option<(MonitorId, Place)>, Option<String>);

/// Reads the id and the name of what may have either. `None` if one of them is wrong.
pub(super) fn given(section: &Section, reader: &mut Reader) -> Option<Given> {
    let (id, name) = (section.field("id", reader), section.field("name", reader));
    let id = id.map(|field| read_id(field, reader));
    let name = name.map(|field| read_name(field, reader));
    let id = id.map_or(Some(None), |id| id.map(Some));
    let name = name.map_or(Some(None), |name| name.map(|(name, _)| Some(name)));
    id.zip(name)
}

fn read_id(field: Field, reader: &mut Reader) -> Option<(MonitorId, Place)> {
    let text = reader.public(&field, "it as a string, like \"api\"")?;
    let id = MonitorId::new(&text);
    let id = id.map_err(|message| reader.mistake(&field.place, message)).ok()?;
    Some((id, field.place))
}

fn read_name(field: Field, reader: &mut Reader) -> Option<(String, Place)> {
    let text = reader.public(&field, "it as a string, like \"API\"")?;
    let name = checked_name(&text);
    let name = name.map_err(|message| reader.mistake(&field.place, message)).ok()?;
    Some((name, field.place))
}

fn checked_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() {
        return Err("this is empty; write a name, like \"API\"".to_owned());
    }
    if name.chars().any(char::is_control) {
        return Err(format!("{} has a line break or the like; leave it out", quoted(name)));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(format!(
            "this is longer than {NAME_CHARS_MAX} characters; write a shorter name"
        ));
    }
    Ok(name.to_owned())
}

/// The ids of one kind that were read so far, with their lines.
#[derive(Default)]
pub(super) struct Taken(HashMap<MonitorId, usize>);

impl Taken {
    /// Takes an id; tells it if it is that of an earlier `noun`.
    pub fn take(&mut self, noun: &str, id: &MonitorId, place: &Place, reader: &mut Reader) {
        if let Some(line) = self.0.get(id) {
            let instead = if place.key.as_deref().is_some_and(|key| key.ends_with("id")) {
                "write another id"
            } else {
                "write an id of its own beside the name"
            };
            let message = format!(
                "the id \"{id}\" is that of the {noun} in line {line} already; {instead}"
            );
            reader.mistake(place, message);
        }
        self.0.entry(id.clone()).or_insert(place.line.unwrap_or_default());
    }
}
