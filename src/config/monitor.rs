//! `[[monitor]]`: one thing that is watched.

use super::duration;
use super::http::{self, Http};
use super::mistake::Place;
use super::reader::Reader;
use super::section::{Kind, Section};
use super::since;
use super::target::Target;
use super::text::{Text, quoted};
use super::timing::{Settled, Timing};
use crate::domain::monitor::MonitorId;
use crate::engine::settings::Watch;
use crate::probe;
use crate::store::contract::Registration;
use ::http::HeaderValue;
use toml::de::{DeTable, DeValue};

/// Fits a table on a page and in a terminal.
const NAME_CHARS_MAX: usize = 100;

/// More often than this one asks only oneself, without being asked back.
const POLITE_INTERVAL_MS: i64 = 10_000;

/// What could be read of one.
pub(super) struct Read {
    /// Its id and where that came from, even if something else is wrong.
    pub id: Option<(MonitorId, Place)>,
    /// All of it, if nothing is wrong.
    pub watch: Option<Watch>,
}

/// What it is called.
struct Identity {
    id: MonitorId,
    name: String,
    /// Where the id came from.
    place: Place,
}

/// Reads the monitor that is the `number`th in the file, counted from 1.
pub(super) fn read(
    table: &DeTable,
    number: usize,
    mut place: Place,
    defaults: &Timing,
    reader: &mut Reader,
) -> Read {
    place.monitor = Some(label(table, number).into());
    place.key = None;
    let section = Section::new(Kind::Monitor, table, place, reader);
    let identity = read_identity(&section, reader);
    let target = read_target(&section, reader);
    let since = section.field("since", reader).map(|field| since::read(&field, reader));
    let settled = Timing::read(&section, reader).settle(defaults, reader);
    let http = match section.field("http", reader) {
        Some(_) => section
            .section("http", Kind::Http, reader)
            .and_then(|section| http::read(&section, reader)),
        None => Some(Http::default()),
    };
    if let (Some((target, place)), Some(settled), Some(http)) = (&target, &settled, &http) {
        warn(target, place, settled, http, reader);
    }
    let id = identity
        .as_ref()
        .map(|identity| (identity.id.clone(), identity.place.clone()));
    let watch = (|| {
        let (target, _) = target?;
        let since = since.map_or(Some(None), |since| since.map(Some))?;
        let Identity { id, name, .. } = identity?;
        let Settled { parameters, degraded_above, .. } = settled?;
        let Http { settings, secrets } = http?;
        let url = target.shown;
        let mut secrets = [target.secrets, secrets].concat();
        secrets.sort();
        secrets.dedup();
        Some(Watch {
            registration: Registration { id, name, url, since, parameters },
            probe: probe::Settings { url: target.url, degraded_above, http: settings, secrets },
        })
    })();
    Read { id, watch }
}

/// What a monitor is called in messages, whatever is wrong with it.
fn label(table: &DeTable, number: usize) -> String {
    let text = |key: &str| match table.get(key).map(|value| value.get_ref()) {
        Some(DeValue::String(text)) => Some(text.as_ref()),
        _ => None,
    };
    let id = text("id").and_then(|id| MonitorId::new(id).ok());
    let slug = || text("name").filter(|name| !name.contains("${")).and_then(MonitorId::slug);
    id.or_else(slug).map_or_else(|| format!("#{number}"), |id| id.to_string())
}

fn read_identity(section: &Section, reader: &mut Reader) -> Option<Identity> {
    let (id, name) = (section.field("id", reader), section.field("name", reader));
    if id.is_none() && name.is_none() {
        let message = "this monitor has no name; write one, like name = \"API\"";
        reader.mistake(section.place(), message);
        return None;
    }
    let read_id = id.map(|field| {
        let text = reader.public(&field, "it as a string, like \"api\"")?;
        let id = MonitorId::new(&text);
        let id = id.map_err(|message| reader.mistake(&field.place, message)).ok()?;
        Some((id, field.place))
    });
    let read_name = name.map(|field| {
        let text = reader.public(&field, "it as a string, like \"API\"")?;
        let name = checked_name(&text);
        let name = name.map_err(|message| reader.mistake(&field.place, message)).ok()?;
        Some((name, field.place))
    });
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

fn read_target(section: &Section, reader: &mut Reader) -> Option<(Target, Place)> {
    let Some(field) = section.field("url", reader) else {
        let message = "this monitor has no url; write one, like \
                       url = \"https://example.com/health\"";
        reader.mistake(section.place(), message);
        return None;
    };
    let raw = reader.raw(&field, "it as a string, like \"https://example.com/health\"")?;
    let environment = reader.environment();
    match Target::read(raw, |part| Text::expand(part, environment)) {
        Ok(target) => {
            reader.warn_empty(&field.place, &target.empty);
            Some((target, field.place))
        }
        Err(wrong) => {
            wrong.into_iter().for_each(|message| reader.mistake(&field.place, message));
            None
        }
    }
}

fn warn(target: &Target, place: &Place, settled: &Settled, http: &Http, reader: &mut Reader) {
    if target.secret_in_file {
        reader.warn(
            place,
            "a secret seems to be written out here; put it into the environment or .env, \
             and write ${NAME} for it",
        );
    }
    if target.is_own() {
        return;
    }
    if let Some(interval) = &settled.interval
        && settled.parameters.interval_ms < POLITE_INTERVAL_MS
    {
        let often = duration::shown(settled.parameters.interval_ms);
        let message = format!(
            "every {often} is often for a host that is not this machine; make sure that \
             its owner agrees"
        );
        reader.warn(interval, message);
    }
    let has_secret = !target.url.username().is_empty()
        || http.settings.headers.values().any(HeaderValue::is_sensitive);
    if target.url.scheme() == "http" && has_secret {
        reader.warn(
            place,
            "a secret goes over http://, where everybody on the way can read it; write \
             https:// if the host has it",
        );
    }
}
