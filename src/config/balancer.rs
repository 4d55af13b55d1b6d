//! `[[balancer]]`: an address at which one of several backends answers. Each backend is a
//! monitor, and all of them are a group, so that both appear like any other.

mod backend;
mod manner;

use super::group::Groups;
use super::identity::{self, Identity, Taken};
use super::mistake::Place;
use super::reader::Reader;
use super::section::{Field, Kind, Section};
use super::timing::Timing;
use super::{promise, server};
use crate::balance::address::Address;
use crate::balance::fleet::Wanted;
use crate::balance::settings::{BackendSettings, Settings};
use crate::domain::group::{Group, Rule};
use crate::domain::monitor::MonitorId;
use crate::domain::percent::Target;
use crate::engine::settings::Watch;
use crate::report::settings::GroupSettings;
use std::net::{IpAddr, SocketAddr};
use toml::de::{DeTable, DeValue};
use url::Host;

/// Each has threads and connections of its own; a longer list is a mistake of whatever
/// wrote it.
pub(super) const BALANCERS_MAX: usize = 32;

/// What the balancers of a file come to.
#[derive(Default)]
pub(super) struct Balancers {
    pub wanted: Vec<Wanted>,
    /// A monitor for each backend.
    pub watches: Vec<Watch>,
    listening: Vec<(Place, SocketAddr)>,
    ids: Taken,
}

/// What the rest of the file says that balancers must fit.
pub(super) struct Around<'a> {
    /// How every monitor is checked.
    pub defaults: &'a Timing,
    /// Where everup itself answers.
    pub own: SocketAddr,
    /// What is promised of those that say nothing.
    pub target: Target,
    /// The other groups.
    pub groups: &'a mut Groups,
    /// The ids of the other monitors.
    pub monitors: &'a mut Taken,
}

impl Balancers {
    /// Reads the list under `balancer`.
    pub fn read(field: Option<Field>, around: &mut Around, reader: &mut Reader) -> Balancers {
        let mut balancers = Balancers::default();
        let Some(field) = field else { return balancers };
        let example = "[[balancer]] with double brackets, as there may be several";
        let DeValue::Array(list) = field.value else {
            reader.wrong_kind(&field, example);
            return balancers;
        };
        for (index, item) in list.iter().enumerate() {
            let place = reader.place(item.span().start);
            if index == BALANCERS_MAX {
                let message = format!("these are more than {BALANCERS_MAX} balancers");
                reader.mistake(&place, message);
                break;
            }
            let DeValue::Table(table) = item.get_ref() else {
                let key = Some("balancer".to_owned());
                let item = Field { value: item.get_ref(), place: Place { key, ..place } };
                reader.wrong_kind(&item, example);
                continue;
            };
            balancers.add(table, index + 1, place, around, reader);
        }
        balancers
    }

    fn add(
        &mut self,
        table: &DeTable,
        number: usize,
        mut place: Place,
        around: &mut Around,
        reader: &mut Reader,
    ) {
        place.subject = Some(identity::label("balancer", table, number).into());
        let section = Section::new(Kind::Balancer, table, place.clone(), reader);
        let identity = identity::read("balancer", &section, reader);
        if let Some(identity) = &identity {
            self.ids.take("balancer", &identity.id, &identity.place, reader);
        }
        let apart = manner::flag(&section, "apart", false, reader);
        let listen = self.listen(&section, apart.unwrap_or_default(), around.own, reader);
        let backends = backend::read(&section, identity.as_ref(), reader);
        if let (Some(listen), Some(backends)) = (listen, &backends) {
            let own = (apart == Some(false)).then_some(around.own);
            check_circle(listen, own, backends, reader);
        }
        let manner = manner::read(&section, reader);
        let timing = match section.field("monitor", reader) {
            Some(_) => section
                .section("monitor", Kind::BackendMonitor, reader)
                .map(|section| Timing::read(&section, reader)),
            None => Some(Timing::ABSENT),
        };
        let settled = timing.and_then(|timing| timing.settle(around.defaults, reader));
        let target = promise::target(&section, reader).unwrap_or(around.target);
        for backend in backends.iter().flatten() {
            around.monitors.take("monitor", &backend.id, &backend.id_place, reader);
        }
        let (Some(Identity { id, name, place }), Some(backends)) = (identity, backends) else {
            return;
        };
        let members = backends.iter().map(|backend| backend.id.clone()).collect();
        let group = Group { id: id.clone(), name: name.clone(), rule: Rule::All, members };
        around.groups.add_pool(GroupSettings { group, target }, &place, reader);
        let (Some(listen), Some(manner), Some(apart), Some(settled)) =
            (listen, manner, apart, settled)
        else {
            return;
        };
        let watch = |backend: &backend::Backend| backend.watch(&manner.health, &settled);
        self.watches.extend(backends.iter().filter_map(watch));
        let backends = backends.into_iter().map(|backend| BackendSettings {
            id: backend.id,
            address: backend.address,
            weight: backend.weight,
        });
        let settings = Settings { id, name, listen, backends: backends.collect(), ..manner };
        self.wanted.push(Wanted { settings, apart });
    }

    fn listen(
        &mut self,
        section: &Section,
        apart: bool,
        own: SocketAddr,
        reader: &mut Reader,
    ) -> Option<SocketAddr> {
        let Some(field) = section.field("listen", reader) else {
            let message = "it has no listen; write where it takes requests, like \
                           listen = \"127.0.0.1:8080\"";
            reader.mistake(section.place(), message);
            return None;
        };
        let listen = reader.parsed(&field, server::EXAMPLE, server::parse)?;
        if listen.ip().is_unspecified() {
            let message = format!(
                "it takes requests from every network of this machine; write \
                 \"127.0.0.1:{}\" to take only its own",
                listen.port()
            );
            reader.warn(&field.place, message);
        }
        if clash(listen, own) && !apart {
            let message = format!(
                "the pages are served at {own}; write another address here, or in [server]"
            );
            reader.mistake(&field.place, message);
        } else if let Some((other, at)) =
            self.listening.iter().find(|(_, at)| clash(*at, listen))
        {
            let line = other.line.unwrap_or_default();
            let message = format!(
                "the balancer of line {line} takes requests at {at} already; write another \
                 address"
            );
            reader.mistake(&field.place, message);
        }
        self.listening.push((field.place, listen));
        Some(listen)
    }
}

/// Whether both cannot be listened on at once.
fn clash(one: SocketAddr, other: SocketAddr) -> bool {
    let everywhere = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && (everywhere || one.ip() == other.ip())
}

/// Tells backends that are the balancer itself, or everup where that runs it.
fn check_circle(
    listen: SocketAddr,
    own: Option<SocketAddr>,
    backends: &[backend::Backend],
    reader: &mut Reader,
) {
    for backend in backends {
        if leads_to(&backend.address, listen) {
            let message = "this is where the balancer itself takes requests, so that they \
                           would go in a circle; write another address";
            reader.mistake(&backend.place, message);
        } else if own.is_some_and(|own| leads_to(&backend.address, own)) {
            let message = "this is where everup itself answers, which would then go down \
                           together with its balancer; write apart = true, and run it by \
                           everup balance";
            reader.mistake(&backend.place, message);
        }
    }
}

/// Whether a connection to `address` arrives at `listen`, as far as addresses say.
fn leads_to(address: &Address, listen: SocketAddr) -> bool {
    let Address::Tcp { host, port, .. } = address else { return false };
    if *port != listen.port() {
        return false;
    }
    let at = |ip: IpAddr| {
        ip == listen.ip()
            || ip.is_unspecified()
            || ip.is_loopback() && listen.ip().is_unspecified()
    };
    match host {
        Host::Ipv4(ip) => at(IpAddr::V4(*ip)),
        Host::Ipv6(ip) => at(ip.to_canonical()),
        Host::Domain(name) => {
            let is_here = name == "localhost" || name.ends_with(".localhost");
            is_here && (listen.ip().is_loopback() || listen.ip().is_unspecified())
        }
    }
}

/// The id of the backend that is the `number`th of a balancer, where it has none.
fn numbered(balancer: &MonitorId, number: usize) -> Result<MonitorId, String> {
    MonitorId::new(&format!("{balancer}-{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("http://127.0.0.1:8080", "127.0.0.1:8080", true)]
    #[case("http://127.0.0.2:8080", "127.0.0.1:8080", false)]
    #[case("http://127.0.0.2:8080", "0.0.0.0:8080", true)]
    #[case("http://localhost:8080", "127.0.0.1:8080", true)]
    #[case("http://localhost:8080", "192.0.2.1:8080", false)]
    #[case("http://app.example:8080", "0.0.0.0:8080", false)]
    #[case("http://[::1]:8080", "[::]:8080", true)]
    #[case("http://127.0.0.1:8081", "0.0.0.0:8080", false)]
    #[case("http://0.0.0.0:8080", "127.0.0.1:8080", true)]
    #[case("unix:/run/app.sock", "127.0.0.1:8080", false)]
    fn a_backend_that_leads_back_is_known(
        #[case] backend: &str,
        #[case] listen: &str,
        #[case] leads: bool,
    ) {
        let address = Address::parse(backend).unwrap();
        assert_eq!(leads_to(&address, listen.parse().unwrap()), leads);
    }
}
