//! `[[alert]]`: a channel by which alerts are told.

use super::header::{self, Headers};
use super::identity::{self, Taken};
use super::mistake::Place;
use super::named::Named;
use super::reader::Reader;
use super::section::{Field, Kind, Section};
use super::target::{Target, Use};
use super::text::Text;
use crate::domain::alert::ChannelId;
use crate::domain::monitor::MonitorId;
use crate::notify::{Settings, Way, webhook};
use http::HeaderValue;
use toml::de::{DeTable, DeValue};

/// Nobody reads more; a longer list is a mistake of whatever wrote it.
const CHANNELS_MAX: usize = 20;

/// The channels of a file, before its monitors are known.
#[derive(Default)]
pub(super) struct Alerts {
    channels: Vec<Settings>,
    named: Named,
}

impl Alerts {
    /// Reads the list.
    pub fn read(field: Option<Field>, reader: &mut Reader) -> Alerts {
        let mut alerts = Alerts::default();
        let Some(field) = field else { return alerts };
        let example = "[[alert]] with double brackets, as there may be several";
        let DeValue::Array(list) = field.value else {
            reader.wrong_kind(&field, example);
            return alerts;
        };
        let mut taken = Taken::default();
        for (index, item) in list.iter().enumerate() {
            let place = reader.place(item.span().start);
            if index == CHANNELS_MAX {
                reader.mistake(&place, format!("these are more than {CHANNELS_MAX} channels"));
                break;
            }
            let DeValue::Table(table) = item.get_ref() else {
                let key = Some("alert".to_owned());
                let item = Field { value: item.get_ref(), place: Place { key, ..place } };
                reader.wrong_kind(&item, example);
                continue;
            };
            alerts.add(table, index + 1, place, &mut taken, reader);
        }
        alerts
    }

    fn add(
        &mut self,
        table: &DeTable,
        number: usize,
        mut place: Place,
        taken: &mut Taken,
        reader: &mut Reader,
    ) {
        place.subject = Some(identity::label("alert", table, number).into());
        let section = Section::new(Kind::Alert, table, place, reader);
        let id = id(&section, taken, reader);
        let hook = hook(&section, reader);
        let headers = match section.field("headers", reader) {
            None => Some(Headers::default()),
            Some(field) => header::read(&field, reader),
        };
        let monitors = match section.field("monitors", reader) {
            None => Some(Vec::new()),
            Some(field) => self.named.read(&field, reader),
        };
        let (Some(id), Some(hook), Some(headers), Some(monitors)) =
            (id, hook, headers, monitors)
        else {
            return;
        };
        warn(&hook, &headers, reader);
        let target = hook.target;
        let mut secrets = target.secrets;
        secrets.extend(headers.secrets);
        let way = webhook::Settings { url: target.url, headers: headers.map, secrets };
        self.channels.push(Settings { id, monitors, way: Way::Webhook(way) });
    }

    /// The channels, once the monitors are known by their ids.
    pub fn finish(self, known: &[&str], reader: &mut Reader) -> Vec<Settings> {
        self.named.check(known, reader);
        self.channels
    }
}

fn id(section: &Section, taken: &mut Taken, reader: &mut Reader) -> Option<ChannelId> {
    let Some(field) = section.field("id", reader) else {
        let message = "it has no id; write one, like id = \"ops\"";
        reader.mistake(section.place(), message);
        return None;
    };
    let text = reader.public(&field, "it as a string, like \"ops\"")?;
    let id = MonitorId::new(&text);
    let id = id.map_err(|message| reader.mistake(&field.place, message)).ok()?;
    taken.take("alert", &id, &field.place, reader);
    ChannelId::new(id.as_str()).ok()
}

/// Where to, as it was written. What would be shown of it is not used: a webhook's URL is a
/// secret as a whole.
struct Hook {
    target: Target,
    place: Place,
    /// Whether no variable stands in it.
    is_literal: bool,
}

fn hook(section: &Section, reader: &mut Reader) -> Option<Hook> {
    let Some(field) = section.field("webhook", reader) else {
        let message = "it has no webhook; write one, like \
                       webhook = \"https://hooks.example.com/${HOOK_TOKEN}\"";
        reader.mistake(section.place(), message);
        return None;
    };
    // What is wrong with its variables is said, and that some are empty.
    let text = reader.text(&field, "a URL in quotes")?;
    let environment = reader.environment();
    let raw = field.value.as_str().unwrap_or_default();
    match Target::read(raw, Use::Call, |part| Text::expand(part, environment)) {
        Ok(target) => {
            Some(Hook { target, place: field.place, is_literal: !text.has_variables() })
        }
        Err(wrong) => {
            wrong.into_iter().for_each(|message| reader.mistake(&field.place, message));
            None
        }
    }
}

fn warn(hook: &Hook, headers: &Headers, reader: &mut Reader) {
    let Hook { target, place, is_literal } = hook;
    let url = &target.url;
    if target.secret_in_file {
        reader.warn(
            place,
            "a secret seems to be written out here; put it into the environment or .env, and \
             write ${NAME} for it",
        );
    } else if *is_literal
        && !target.is_own()
        && (url.path() != "/" || url.query().is_some())
        && !headers.map.values().any(HeaderValue::is_sensitive)
    {
        let message = "the path or the query of a webhook is mostly its secret; put it into \
                       the environment or .env, and write ${NAME} for it";
        reader.warn(place, message);
    }
    if url.scheme() == "http" && !target.is_own() {
        let message = "whoever is on the way can read these alerts, and what proves that \
                       they are yours; write https://";
        reader.warn(place, message);
    }
}
