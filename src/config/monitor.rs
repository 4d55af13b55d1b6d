//! `[[monitor]]`: one thing that is watched.

use super::http::{self, Http};
use super::identity::Identity;
use super::mistake::Place;
use super::promise::Promise;
use super::reader::Reader;
use super::section::{Kind, Section};
use super::since;
use super::target::{Target, Use};
use super::text::Text;
use super::timing::{Settled, Timing};
use super::{duration, group, identity};
use crate::domain::monitor::MonitorId;
use crate::engine::settings::Watch;
use crate::probe;
use crate::store::registration::Registration;
use ::http::HeaderValue;
use toml::de::DeTable;

/// More often than this one asks only oneself, without being asked back.
const POLITE_INTERVAL_MS: i64 = 10_000;

/// What could be read of one.
pub(super) struct Read {
    /// Its id and where that came from, even if something else is wrong.
    pub id: Option<(MonitorId, Place)>,
    /// All of it, if nothing is wrong.
    pub watch: Option<Watch>,
    /// The group that it names, and where.
    pub group: Option<(MonitorId, Place)>,
    /// What is promised of it, where it says so itself.
    pub promise: Promise,
}

/// Reads the monitor that is the `number`th in the file, counted from 1.
pub(super) fn read(
    table: &DeTable,
    number: usize,
    mut place: Place,
    defaults: &Timing,
    reader: &mut Reader,
) -> Read {
    place.subject = Some(identity::label("monitor", table, number).into());
    place.key = None;
    let section = Section::new(Kind::Monitor, table, place, reader);
    let identity = identity::read("monitor", &section, reader);
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
    let group = section
        .field("group", reader)
        .and_then(|field| group::named(&field, reader));
    let promise = Promise::read(&section, reader);
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
    Read { id, watch, group, promise }
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
    match Target::read(raw, Use::Watch, |part| Text::expand(part, environment)) {
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
