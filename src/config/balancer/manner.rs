//! How a balancer goes about it: what it chooses by, how it asks, how long it waits.

use super::super::duration;
use super::super::reader::Reader;
use super::super::section::{Field, Kind, Section};
use super::super::text::quoted;
use crate::balance::settings::{
    Health, Network, Sameness, Settings, Strategy, Timeouts, TlsFiles,
};
use crate::domain::monitor::MonitorId;
use crate::domain::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use http::uri::PathAndQuery;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;
use toml::de::DeValue;

/// More often is a load; less often tells nobody in time.
const HEALTH_INTERVAL_MS: RangeInclusive<i64> = 100..=HOUR_MS;
/// In less no backend answers; longer, it is found out by its visitors.
const HEALTH_TIMEOUT_MS: RangeInclusive<i64> = 10..=MINUTE_MS;
/// In a row. More is a mistyped number.
const RUN: RangeInclusive<u32> = 1..=100;
/// Caches are warm after less.
const SLOW_START_MS: RangeInclusive<i64> = 0..=HOUR_MS;
/// Visitors wait as long, and leave.
const CONNECT_MS: RangeInclusive<i64> = 10..=MINUTE_MS;
/// Long polls and slow reports take their time; a day is for ever.
const WAIT_MS: RangeInclusive<i64> = SECOND_MS..=DAY_MS;
/// More than anyone has before it; each is looked at for each connection.
const NETWORKS_MAX: usize = 100;

/// What is said besides who it is, where it listens and who answers: these are left to the
/// caller. `None` if anything is wrong.
pub(super) fn read(section: &Section, reader: &mut Reader) -> Option<Settings> {
    let strategy = strategy(section, reader);
    let health = health(section, reader);
    let fail_open = flag(section, "fail_open", true, reader);
    let usual = Timeouts::default();
    let slow_start = time(section, "slow_start", SLOW_START_MS, Settings::SLOW_START, reader);
    let head = time(section, "head_timeout", WAIT_MS, usual.head, reader);
    let connect = time(section, "connect_timeout", CONNECT_MS, usual.connect, reader);
    let first_byte = time(section, "first_byte_timeout", WAIT_MS, usual.first_byte, reader);
    let idle = time(section, "idle_timeout", WAIT_MS, usual.idle, reader);
    let tunnel = time(section, "tunnel_timeout", WAIT_MS, usual.tunnel, reader);
    let trusted = trusted(section, reader);
    let tls = match section.field("tls", reader) {
        None => Some(None),
        Some(_) => section
            .section("tls", Kind::BalancerTls, reader)
            .and_then(|section| tls(&section, reader))
            .map(Some),
    };
    Some(Settings {
        id: MonitorId::slug("balancer")?,
        name: String::new(),
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        tls: tls?,
        backends: Vec::new(),
        strategy: strategy?,
        health: health?,
        fail_open: fail_open?,
        slow_start: slow_start?,
        timeouts: Timeouts {
            head: head?,
            connect: connect?,
            first_byte: first_byte?,
            idle: idle?,
            tunnel: tunnel?,
        },
        trusted: trusted?,
    })
}

fn strategy(section: &Section, reader: &mut Reader) -> Option<Strategy> {
    let strategy = match section.field("strategy", reader) {
        None => Some(Strategy::Random),
        Some(field) => {
            let example = "it as a string, like \"random\"";
            reader.parsed(&field, example, |text, told| {
                // What goes behind a colon on a command line has a key of its own here.
                Strategy::parse(text)
                    .ok()
                    .filter(|_| !text.contains(':'))
                    .ok_or_else(|| unknown_strategy(told))
            })
        }
    };
    let Some(field) = section.field("consistent_by", reader) else { return strategy };
    let example = "it as a string: \"address\", \"cookie=NAME\" or \"header=NAME\"";
    let by = reader.parsed(&field, example, |text, told| {
        Sameness::parse(text).map_err(|wrong| format!("{} is none: {wrong}", quoted(told)))
    });
    match strategy? {
        Strategy::Consistent(_) => Some(Strategy::Consistent(by?)),
        _ => {
            let message = "only the strategy \"consistent\" goes by this; write \
                           strategy = \"consistent\", or leave it out";
            reader.mistake(&field.place, message);
            None
        }
    }
}

fn unknown_strategy(told: &str) -> String {
    let told = quoted(told);
    format!(
        "{told} is no strategy; write \"random\", \"round_robin\", \"least_requests\" or \
         \"consistent\""
    )
}

fn health(section: &Section, reader: &mut Reader) -> Option<Health> {
    let usual = Health::default();
    if section.field("health", reader).is_none() {
        return Some(usual);
    }
    let section = section.section("health", Kind::BalancerHealth, reader)?;
    let path = match section.field("path", reader) {
        None => Some(usual.path),
        Some(field) => {
            reader.public(&field, "it as a string, like \"/health\"").and_then(|text| {
                let path = path(&text);
                path.map_err(|message| reader.mistake(&field.place, message)).ok()
            })
        }
    };
    let interval = time(&section, "interval", HEALTH_INTERVAL_MS, usual.interval, reader);
    let timeout = time(&section, "timeout", HEALTH_TIMEOUT_MS, usual.timeout, reader);
    let run = |key, usual, reader: &mut Reader| match section.field(key, reader) {
        None => Some(usual),
        Some(field) => whole(&field, RUN, reader),
    };
    let (rise, fall) = (run("rise", usual.rise, reader), run("fall", usual.fall, reader));
    Some(Health {
        path: path?,
        interval: interval?,
        timeout: timeout?,
        rise: rise?,
        fall: fall?,
    })
}

fn path(text: &str) -> Result<PathAndQuery, String> {
    let path = text.parse::<PathAndQuery>().ok().filter(|_| text.starts_with('/'));
    path.filter(|_| !text.contains('#'))
        .ok_or_else(|| format!("{} is not a path; write one like \"/health\"", quoted(text)))
}

fn tls(section: &Section, reader: &mut Reader) -> Option<TlsFiles> {
    let file = |key: &str, reader: &mut Reader| {
        let Some(field) = section.field(key, reader) else {
            let message =
                format!("it has no {key}; write the file, like {key} = \"{key}.pem\"");
            reader.mistake(section.place(), message);
            return None;
        };
        let text = reader.text(&field, "the name of a file as a string")?;
        if text.value.is_empty() {
            reader.mistake(&field.place, "this is empty; write the name of a file");
            return None;
        }
        Some(PathBuf::from(text.value))
    };
    let (certificate, key) = (file("certificate", reader), file("key", reader));
    Some(TlsFiles { certificate: certificate?, key: key? })
}

fn trusted(section: &Section, reader: &mut Reader) -> Option<Vec<Network>> {
    let Some(field) = section.field("trusted", reader) else { return Some(vec![]) };
    let example = "a list of networks, like [\"10.0.0.0/8\"]";
    let DeValue::Array(list) = field.value else {
        reader.wrong_kind(&field, example);
        return None;
    };
    if list.len() > NETWORKS_MAX {
        reader.mistake(&field.place, format!("these are more than {NETWORKS_MAX} networks"));
        return None;
    }
    let mut networks = Some(Vec::new());
    for item in list.iter() {
        let place = super::Place {
            subject: field.place.subject.clone(),
            key: field.place.key.clone(),
            ..reader.place(item.span().start)
        };
        let item = Field { value: item.get_ref(), place };
        let network = reader.parsed(&item, "a network, like \"10.0.0.0/8\"", |text, told| {
            let wrong = |message| format!("{} is none: {message}", quoted(told));
            Network::parse(text).map_err(wrong)
        });
        networks = networks.zip(network).map(|(mut networks, network)| {
            networks.push(network);
            networks
        });
    }
    networks
}

fn time(
    section: &Section,
    key: &str,
    allowed_ms: RangeInclusive<i64>,
    usual: Duration,
    reader: &mut Reader,
) -> Option<Duration> {
    let usual_ms = i64::try_from(usual.as_millis()).unwrap_or(i64::MAX);
    let ms = duration::read(section.field(key, reader), allowed_ms, reader);
    ms.value_or_else(|| Some(usual_ms))
        .map(|ms| Duration::from_millis(ms.unsigned_abs()))
}

/// Reads `true` or `false`.
pub(super) fn flag(
    section: &Section,
    key: &str,
    usual: bool,
    reader: &mut Reader,
) -> Option<bool> {
    let Some(field) = section.field(key, reader) else { return Some(usual) };
    let DeValue::Boolean(flag) = field.value else {
        reader.wrong_kind(&field, "true or false, without quotes");
        return None;
    };
    Some(*flag)
}

/// Reads a whole number.
pub(super) fn whole(
    field: &Field,
    allowed: RangeInclusive<u32>,
    reader: &mut Reader,
) -> Option<u32> {
    let DeValue::Integer(number) = field.value else {
        reader.wrong_kind(field, &format!("a whole number, like {}", allowed.start()));
        return None;
    };
    let value = u32::from_str_radix(number.as_str(), number.radix()).ok();
    let value = value.filter(|value| allowed.contains(value));
    if value.is_none() {
        let (least, most) = (allowed.start(), allowed.end());
        let message = format!("{number} is not from {least} to {most}; write such a number");
        reader.mistake(&field.place, message);
    }
    value
}
