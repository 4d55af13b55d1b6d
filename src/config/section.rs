//! A table of the file and its keys. One list says which keys there are and where; from
//! it come the answers to an unknown key.

use super::mistake::Place;
use super::nearest::did_you_mean;
use super::reader::Reader;
use super::text::quoted;
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// The tables that a file may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Root,
    Server,
    Store,
    Report,
    Maintenance,
    Recurring,
    Alert,
    Defaults,
    Group,
    Monitor,
    Http,
    Balancer,
    Backend,
    BackendMonitor,
    BalancerHealth,
    BalancerTls,
}

impl Kind {
    /// In the order in which a misplaced key is looked for.
    const ALL: [Kind; 16] = [
        Kind::Monitor,
        Kind::Http,
        Kind::Server,
        Kind::Store,
        Kind::Report,
        Kind::Maintenance,
        Kind::Recurring,
        Kind::Alert,
        Kind::Defaults,
        Kind::Group,
        Kind::Balancer,
        Kind::BalancerHealth,
        Kind::BalancerTls,
        Kind::BackendMonitor,
        Kind::Backend,
        Kind::Root,
    ];

    /// Its headline in the file.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Root => "the top of the file",
            Kind::Server => "[server]",
            Kind::Store => "[store]",
            Kind::Report => "[report]",
            Kind::Maintenance => "[maintenance]",
            Kind::Recurring => "[[maintenance.recurring]]",
            Kind::Alert => "[[alert]]",
            Kind::Defaults => "[defaults]",
            Kind::Group => "[[group]]",
            Kind::Monitor => "[[monitor]]",
            Kind::Http => "[monitor.http]",
            Kind::Balancer => "[[balancer]]",
            Kind::Backend => "a backend",
            Kind::BackendMonitor => "[balancer.monitor]",
            Kind::BalancerHealth => "[balancer.health]",
            Kind::BalancerTls => "[balancer.tls]",
        }
    }

    /// Every key it may have.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Kind::Root => &[
                "server",
                "store",
                "report",
                "maintenance",
                "alert",
                "defaults",
                "group",
                "monitor",
                "balancer",
            ],
            Kind::Server => &["listen"],
            Kind::Store => &["url", "keep_checks"],
            Kind::Report => &["time_zone", "sla_percent", "maintenance_allowance"],
            Kind::Maintenance => &["notice", "source", "recurring"],
            Kind::Recurring => {
                &["id", "schedule", "duration", "time_zone", "message", "monitors"]
            }
            Kind::Alert => &["id", "webhook", "headers", "monitors"],
            Kind::Defaults | Kind::BackendMonitor => &[
                "interval",
                "timeout",
                "failures",
                "retry_interval",
                "successes",
                "degraded_above",
            ],
            Kind::Group => &["id", "name", "rule", "sla_percent"],
            Kind::Monitor => &[
                "id",
                "name",
                "url",
                "since",
                "interval",
                "timeout",
                "failures",
                "retry_interval",
                "successes",
                "degraded_above",
                "group",
                "sla_percent",
                "maintenance_allowance",
                "http",
            ],
            Kind::Http => {
                &["method", "headers", "body", "expect_status", "expect_body_contains"]
            }
            Kind::Balancer => &[
                "id",
                "name",
                "listen",
                "backends",
                "strategy",
                "consistent_by",
                "health",
                "fail_open",
                "slow_start",
                "head_timeout",
                "connect_timeout",
                "first_byte_timeout",
                "idle_timeout",
                "tunnel_timeout",
                "trusted",
                "tls",
                "apart",
                "sla_percent",
                "monitor",
            ],
            Kind::Backend => &["url", "weight", "id", "name"],
            Kind::BalancerHealth => &["path", "interval", "timeout", "rise", "fall"],
            Kind::BalancerTls => &["certificate", "key"],
        }
    }

    /// What stands before its keys in a message.
    fn prefix(self) -> &'static str {
        match self {
            Kind::Root
            | Kind::Monitor
            | Kind::Group
            | Kind::Recurring
            | Kind::Alert
            | Kind::Balancer => "",
            Kind::Server => "server.",
            Kind::Store => "store.",
            Kind::Report => "report.",
            Kind::Maintenance => "maintenance.",
            Kind::Defaults => "defaults.",
            Kind::Http => "http.",
            Kind::Backend => "backends.",
            Kind::BackendMonitor => "monitor.",
            Kind::BalancerHealth => "health.",
            Kind::BalancerTls => "tls.",
        }
    }
}

/// A value of the file, and where it stands.
#[derive(Clone)]
pub(super) struct Field<'a> {
    pub value: &'a DeValue<'a>,
    pub place: Place,
}

/// A table of the file, and where it begins.
#[derive(Clone)]
pub(super) struct Section<'a> {
    kind: Kind,
    table: &'a DeTable<'a>,
    place: Place,
}

impl<'a> Section<'a> {
    /// A table at a place. Its unknown keys are told at once.
    pub fn new(
        kind: Kind,
        table: &'a DeTable<'a>,
        place: Place,
        reader: &mut Reader,
    ) -> Section<'a> {
        let section = Section { kind, table, place };
        for (key, _) in table.iter() {
            if !kind.keys().contains(&key.get_ref().as_ref()) {
                let place = section.at(key.get_ref(), key.span().start, reader);
                reader.mistake(&place, unknown(kind, key.get_ref()));
            }
        }
        section
    }

    /// The table `key` of this one, told if it is something else.
    pub fn section(&self, key: &str, kind: Kind, reader: &mut Reader) -> Option<Section<'a>> {
        let field = self.field(key, reader)?;
        if let DeValue::Table(table) = field.value {
            return Some(Section::new(kind, table, field.place, reader));
        }
        reader.wrong_kind(&field, &format!("{} on a line of its own", kind.title()));
        None
    }

    /// The value of a key, if it is there.
    pub fn field(&self, key: &str, reader: &Reader) -> Option<Field<'a>> {
        debug_assert!(self.kind.keys().contains(&key), "{key} would be told as unknown");
        let value = self.table.get(key)?;
        let place = self.at(key, value.span().start, reader);
        Some(Field { value: value.get_ref(), place })
    }

    /// Where the table begins.
    pub fn place(&self) -> &Place {
        &self.place
    }

    fn at(&self, key: &str, offset: usize, reader: &Reader) -> Place {
        let subject = self.place.subject.as_ref().map(Arc::clone);
        // Only a key that nobody knows can be long, or have anything odd in it.
        let key = if key.chars().all(|c| c.is_ascii_graphic()) && key.len() <= 40 {
            format!("{}{key}", self.kind.prefix())
        } else {
            format!("{}{}", self.kind.prefix(), quoted(key))
        };
        Place { subject, key: Some(key), ..reader.place(offset) }
    }
}

/// What is said of a key that a table cannot have.
fn unknown(kind: Kind, key: &str) -> String {
    let keys = kind.keys();
    let elsewhere = Kind::ALL.into_iter().find(|other| other.keys().contains(&key));
    let near = did_you_mean(key, keys.iter().copied());
    let hint = match elsewhere {
        // What is nearly a headline is meant as one.
        Some(_) if kind == Kind::Root && !near.is_empty() => near,
        Some(other) => format!("; it belongs into {}", other.title()),
        None => near,
    };
    let known = keys.join(", ");
    format!("{} has no such key{hint} (known: {known})", kind.title())
}
