//! The file as a whole: its sections, and the monitors beside each other.

use super::Config;
use super::alert::Alerts;
use super::balancer::{Around, Balancers};
use super::group::Groups;
use super::identity::Taken;
use super::mistake::Place;
use super::reader::Reader;
use super::section::{Field, Kind, Section};
use super::timing::Timing;
use super::{maintenance, monitor, own, report, server, store};
use crate::engine::settings::Watch;
use crate::report::settings::Settings as ReportSettings;
use toml::de::{DeTable, DeValue};

/// As many as one process can check every 20 s with some room; more is a mistake of
/// whatever wrote the file.
pub const MONITORS_MAX: usize = 10_000;

/// Reads the whole file. `None` only if a mistake was told.
pub(super) fn read(table: &DeTable, place: Place, reader: &mut Reader) -> Option<Config> {
    let root = Section::new(Kind::Root, table, place, reader);
    let server = root.section("server", Kind::Server, reader);
    let server = server.map(|section| server::read(&section, reader)).unwrap_or_default();
    let store = root.section("store", Kind::Store, reader);
    let store = store.map(|section| store::read(&section, reader)).unwrap_or_default();
    let report = root.section("report", Kind::Report, reader);
    let mut report = report.map(|section| report::read(&section, reader)).unwrap_or_default();
    let planning = root.section("maintenance", Kind::Maintenance, reader);
    let planning = planning.map(|section| {
        let source = maintenance::source(&section, reader);
        (source, maintenance::read(&section, report.zone, reader))
    });
    let (source, (mut planning, rules)) = planning.unwrap_or_default();
    let alerts = Alerts::read(root.field("alert", reader), reader);
    let groups = root.field("group", reader);
    let mut groups = Groups::read(groups, report.contract.target, reader);
    let defaults = root.section("defaults", Kind::Defaults, reader);
    let defaults = defaults.map_or(Timing::ABSENT, |section| Timing::read(&section, reader));
    let named = root.field("monitor", reader);
    let is_empty = |field: &Field| field.value.as_array().is_some_and(|list| list.is_empty());
    let named = named.filter(|field| !is_empty(field));
    let balancers = root.field("balancer", reader).filter(|field| !is_empty(field));
    let watches_itself = named.is_none() && balancers.is_none();
    let mut taken = Taken::default();
    let mut monitors = match named {
        Some(field) => {
            read_monitors(&field, &defaults, &mut groups, &mut taken, &mut report, reader)
        }
        None if !watches_itself => vec![],
        None => {
            let message = "no [[monitor]] is named, so everup watches only itself";
            reader.warn(root.place(), message);
            let settled = Timing::ABSENT.settle(&defaults, reader)?;
            vec![own::watch(server.listen, settled)]
        }
    };
    let around = &mut Around {
        defaults: &defaults,
        own: server.listen,
        target: report.contract.target,
        groups: &mut groups,
        monitors: &mut taken,
    };
    let Balancers { wanted, watches, .. } = Balancers::read(balancers, around, reader);
    monitors.extend(watches);
    report.groups = groups.finish(reader);
    let ids: Vec<&str> = monitors.iter().map(|watch| watch.registration.id.as_str()).collect();
    planning.rules = rules.finish(&ids, reader);
    let alerts = alerts.finish(&ids, reader);
    Some(Config {
        server,
        store,
        report,
        planning,
        source,
        alerts,
        monitors,
        balancers: wanted,
        warnings: vec![],
        watches_itself,
    })
}

/// Reads every monitor. What is wrong with one is told, and the others are read.
fn read_monitors(
    field: &Field,
    defaults: &Timing,
    groups: &mut Groups,
    taken: &mut Taken,
    report: &mut ReportSettings,
    reader: &mut Reader,
) -> Vec<Watch> {
    let example = "[[monitor]] with double brackets, as there may be several";
    let DeValue::Array(list) = field.value else {
        reader.wrong_kind(field, example);
        return vec![];
    };
    let mut monitors = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let place = reader.place(item.span().start);
        if index == MONITORS_MAX {
            let message = format!("these are more than {MONITORS_MAX} monitors");
            reader.mistake(&place, message);
            break;
        }
        let DeValue::Table(table) = item.get_ref() else {
            let key = Some("monitor".to_owned());
            let item = Field { value: item.get_ref(), place: Place { key, ..place } };
            reader.wrong_kind(&item, example);
            continue;
        };
        let monitor::Read { id, watch, group, promise } =
            monitor::read(table, index + 1, place, defaults, reader);
        if let Some((group, place)) = group {
            groups.join(&group, &place, id.as_ref().map(|(id, _)| id), reader);
        }
        if let Some((id, place)) = id {
            taken.take("monitor", &id, &place, reader);
            let contract = promise.or(report.contract);
            if contract != report.contract {
                report.contracts.insert(id, contract);
            }
        }
        monitors.extend(watch);
    }
    monitors
}
