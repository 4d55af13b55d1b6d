//! Lists of monitors, by their ids, of which it is only known later whether they are there.

use super::mistake::Place;
use super::nearest::did_you_mean;
use super::reader::Reader;
use super::section::Field;
use crate::domain::monitor::MonitorId;
use toml::de::DeValue;

/// The monitors that were named so far, each with its place.
#[derive(Default)]
pub(super) struct Named(Vec<(MonitorId, Place)>);

impl Named {
    /// Reads a list. `None` if anything is wrong with it as it stands.
    pub fn read(&mut self, field: &Field, reader: &mut Reader) -> Option<Vec<MonitorId>> {
        let example = "a list of ids, like [\"api\"]";
        let DeValue::Array(list) = field.value else {
            reader.wrong_kind(field, example);
            return None;
        };
        if list.is_empty() {
            let message = "the list is empty; leave the key out where all are meant";
            reader.mistake(&field.place, message);
            return None;
        }
        let mut ids = Vec::new();
        for item in list.iter() {
            let Place { subject, key, .. } = field.place.clone();
            let place = Place { subject, key, ..reader.place(item.span().start) };
            let item = Field { value: item.get_ref(), place: place.clone() };
            let text = reader.public(&item, "the id of a monitor, like \"api\"")?;
            let id = MonitorId::new(&text);
            let id = id.map_err(|message| reader.mistake(&place, message)).ok()?;
            if !ids.contains(&id) {
                self.0.push((id.clone(), place));
                ids.push(id);
            }
        }
        Some(ids)
    }

    /// Tells those that are not among the monitors that are there.
    pub fn check(&self, known: &[&str], reader: &mut Reader) {
        for (id, place) in &self.0 {
            if !known.contains(&id.as_str()) {
                let hint = did_you_mean(id.as_str(), known.iter().copied());
                reader.mistake(place, format!("there is no monitor \"{id}\"{hint}"));
            }
        }
    }
}
