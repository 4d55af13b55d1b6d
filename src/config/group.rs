//! `[[group]]`: monitors that are judged as one.

use super::identity::{self, Identity, Taken};
use super::mistake::Place;
use super::nearest::did_you_mean;
use super::promise;
use super::reader::Reader;
use super::section::{Field, Kind, Section};
use super::text::quoted;
use crate::domain::group::{Group, Rule};
use crate::domain::monitor::MonitorId;
use crate::domain::percent::Target;
use crate::report::settings::GroupSettings;
use toml::de::{DeTable, DeValue};

/// More than anyone reads on a page; a longer list is a mistake of whatever wrote it.
pub(super) const GROUPS_MAX: usize = 1_000;

/// The groups of a file, while the monitors that they are made of are read.
#[derive(Default)]
pub(super) struct Groups {
    groups: Vec<GroupSettings>,
    places: Vec<Place>,
    taken: Taken,
    /// A group with a mistake has an id that monitors may still name.
    broken: Vec<MonitorId>,
}

impl Groups {
    /// Reads the list under `group`. `target` is promised of those that say nothing.
    pub fn read(field: Option<Field>, target: Target, reader: &mut Reader) -> Groups {
        let mut groups = Groups::default();
        let Some(field) = field else { return groups };
        let example = "[[group]] with double brackets, as there may be several";
        let DeValue::Array(list) = field.value else {
            reader.wrong_kind(&field, example);
            return groups;
        };
        for (index, item) in list.iter().enumerate() {
            let place = reader.place(item.span().start);
            if index == GROUPS_MAX {
                reader.mistake(&place, format!("these are more than {GROUPS_MAX} groups"));
                break;
            }
            let DeValue::Table(table) = item.get_ref() else {
                let key = Some("group".to_owned());
                let item = Field { value: item.get_ref(), place: Place { key, ..place } };
                reader.wrong_kind(&item, example);
                continue;
            };
            groups.add(table, index + 1, place, target, reader);
        }
        groups
    }

    fn add(
        &mut self,
        table: &DeTable,
        number: usize,
        mut place: Place,
        target: Target,
        reader: &mut Reader,
    ) {
        place.subject = Some(identity::label("group", table, number).into());
        let section = Section::new(Kind::Group, table, place.clone(), reader);
        let identity = identity::read("group", &section, reader);
        let rule = match section.field("rule", reader) {
            None => Some(Rule::default()),
            Some(field) => reader.parsed(&field, "it as a string: \"any\" or \"all\"", rule),
        };
        let target = promise::target(&section, reader).unwrap_or(target);
        let Some(Identity { id, name, place: id_place }) = identity else { return };
        self.taken.take("group", &id, &id_place, reader);
        match rule {
            Some(rule) => {
                let group = Group { id, name, rule, members: Vec::new() };
                self.groups.push(GroupSettings { group, target });
                self.places.push(place);
            }
            None => self.broken.push(id),
        }
    }

    /// Adds the group that the backends of a balancer are.
    pub fn add_pool(&mut self, pool: GroupSettings, place: &Place, reader: &mut Reader) {
        self.taken.take("group", &pool.group.id, place, reader);
        self.groups.push(pool);
        self.places.push(place.clone());
    }

    /// Makes a monitor a member of the group that it names.
    pub fn join(
        &mut self,
        group: &MonitorId,
        place: &Place,
        member: Option<&MonitorId>,
        reader: &mut Reader,
    ) {
        let found = self.groups.iter_mut().find(|settings| settings.group.id == *group);
        if let Some(settings) = found {
            settings.group.members.extend(member.cloned());
        } else if !self.broken.contains(group) {
            let known = self.groups.iter().map(|settings| settings.group.id.as_str());
            let hint = match did_you_mean(group.as_str(), known) {
                none if none.is_empty() => format!("; write a [[group]] with id = \"{group}\""),
                hint => hint,
            };
            let message = format!("there is no group \"{group}\"{hint}");
            reader.mistake(place, message);
        }
    }

    /// The groups with their members. One without any is told as a surprise.
    pub fn finish(self, reader: &mut Reader) -> Vec<GroupSettings> {
        for (settings, place) in self.groups.iter().zip(&self.places) {
            if settings.group.members.is_empty() {
                let message = format!(
                    "no monitor belongs to this group; write group = \"{}\" in a [[monitor]]",
                    settings.group.id
                );
                reader.warn(place, message);
            }
        }
        self.groups
    }
}

/// The group that a monitor names.
pub(super) fn named(field: &Field, reader: &mut Reader) -> Option<(MonitorId, Place)> {
    let text = reader.public(field, "the id of a group as a string, like \"shop\"")?;
    let id = MonitorId::new(&text);
    let id = id.map_err(|message| reader.mistake(&field.place, message)).ok()?;
    Some((id, field.place.clone()))
}

fn rule(text: &str, told: &str) -> Result<Rule, String> {
    Rule::from_word(text).ok_or_else(|| {
        format!(
            "{} is no rule; write \"any\" where all parts are needed, or \"all\" where they \
             are redundant",
            quoted(told)
        )
    })
}
