//! `backends` of a balancer: who answers, and the monitor that looks at each.

use super::super::identity::{self, Identity};
use super::super::mistake::Place;
use super::super::reader::Reader;
use super::super::section::{Field, Kind, Section};
use super::super::timing::Settled;
use super::numbered;
use crate::balance::address::Address;
use crate::balance::settings::{BACKENDS_MAX, Health, WEIGHT_MAX};
use crate::domain::monitor::MonitorId;
use crate::engine::settings::Watch;
use crate::probe;
use crate::store::registration::Registration;
use toml::de::DeValue;
use url::Url;

const EXAMPLE: &str = "an address like \"http://127.0.0.1:8000\", or a table like \
                       { url = \"http://127.0.0.1:8000\", weight = 2 }";

/// Who is well answers with one of these, as the balancer's own checks have it; a redirect
/// is not followed.
const WELL: std::ops::RangeInclusive<u16> = 200..=399;

/// One that answers.
pub(super) struct Backend {
    pub id: MonitorId,
    pub id_place: Place,
    pub name: String,
    pub address: Address,
    /// Where the address stands.
    pub place: Place,
    pub weight: u32,
}

/// Reads the list. `None` if anything is wrong with one of them.
pub(super) fn read(
    section: &Section,
    balancer: Option<&Identity>,
    reader: &mut Reader,
) -> Option<Vec<Backend>> {
    let Some(field) = section.field("backends", reader) else {
        let message = "it has no backends; write who answers, like \
                       backends = [\"http://127.0.0.1:8000\", \"http://127.0.0.1:8001\"]";
        reader.mistake(section.place(), message);
        return None;
    };
    let DeValue::Array(list) = field.value else {
        let example = "a list, like [\"http://127.0.0.1:8000\", \"http://127.0.0.1:8001\"]";
        reader.wrong_kind(&field, example);
        return None;
    };
    if list.is_empty() {
        let message = "the list is empty; write at least one backend";
        reader.mistake(&field.place, message);
        return None;
    }
    if list.len() > BACKENDS_MAX {
        let message = format!("these are more than {BACKENDS_MAX} backends");
        reader.mistake(&field.place, message);
        return None;
    }
    let mut backends = Vec::new();
    let mut whole = true;
    for (number, item) in (1..).zip(list.iter()) {
        let Place { subject, key, .. } = field.place.clone();
        let place = Place { subject, key, ..reader.place(item.span().start) };
        let item = Field { value: item.get_ref(), place };
        match one(&item, number, balancer, reader) {
            Some(backend) => backends.push(backend),
            None => whole = false,
        }
    }
    tell_doubles(&backends, reader);
    whole.then_some(backends)
}

fn one(
    item: &Field,
    number: usize,
    balancer: Option<&Identity>,
    reader: &mut Reader,
) -> Option<Backend> {
    let (address, place, weight, named) = match item.value {
        DeValue::String(_) => {
            (address(item, reader), item.place.clone(), Some(1), Some((None, None)))
        }
        DeValue::Table(table) => {
            let section = Section::new(Kind::Backend, table, item.place.clone(), reader);
            let url = section.field("url", reader);
            if url.is_none() {
                let message = "this backend has no url; write one, like \
                               url = \"http://127.0.0.1:8000\"";
                reader.mistake(&item.place, message);
            }
            let place = url.as_ref().map_or(item.place.clone(), |url| url.place.clone());
            let address = url.and_then(|url| address(&url, reader));
            (address, place, weight(&section, reader), identity::given(&section, reader))
        }
        _ => {
            reader.wrong_kind(item, EXAMPLE);
            return None;
        }
    };
    let (id, name) = named?;
    let (id, id_place) = match id {
        Some(given) => given,
        None => {
            let id = numbered(&balancer?.id, number);
            let key = Some("backends.id".to_owned());
            let place = Place { key, ..place.clone() };
            (id.map_err(|message| reader.mistake(&place, message)).ok()?, place)
        }
    };
    let name = match (name, balancer) {
        (Some(name), _) => name,
        (None, Some(balancer)) => format!("{} {number}", balancer.name),
        (None, None) => id.to_string(),
    };
    Some(Backend { id, id_place, name, address: address?, place, weight: weight? })
}

fn address(field: &Field, reader: &mut Reader) -> Option<Address> {
    let text = reader.public(field, EXAMPLE)?;
    Address::parse(&text)
        .map_err(|message| reader.mistake(&field.place, message))
        .ok()
}

fn weight(section: &Section, reader: &mut Reader) -> Option<u32> {
    let Some(field) = section.field("weight", reader) else { return Some(1) };
    super::manner::whole(&field, 1..=WEIGHT_MAX, reader)
}

/// One that is named twice would be asked twice as often, and be put aside half.
fn tell_doubles(backends: &[Backend], reader: &mut Reader) {
    for (at, backend) in backends.iter().enumerate() {
        if backends[..at].iter().any(|other| other.address == backend.address) {
            let message = "this backend is named above already; give that one a weight instead";
            reader.mistake(&backend.place, message);
        }
    }
}

impl Backend {
    /// The monitor that looks at it; `None` only if its address and path make no URL.
    pub fn watch(&self, health: &Health, settled: &Settled) -> Option<Watch> {
        let path = &health.path;
        let (url, shown, socket) = match &self.address {
            Address::Tcp { .. } => {
                let url = format!("{}{path}", self.address);
                (url.clone(), url, None)
            }
            Address::Unix(socket) => {
                let shown = format!("{}:{path}", self.address);
                (format!("http://localhost{path}"), shown, Some(socket.clone()))
            }
        };
        let http = probe::http::Settings {
            expect_status: vec![WELL],
            socket,
            ..probe::http::Settings::default()
        };
        Some(Watch {
            registration: Registration {
                id: self.id.clone(),
                name: self.name.clone(),
                url: shown,
                since: None,
                parameters: settled.parameters,
            },
            probe: probe::Settings {
                url: Url::parse(&url).ok()?,
                degraded_above: settled.degraded_above,
                http,
                secrets: vec![],
            },
        })
    }
}
