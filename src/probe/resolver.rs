//! From names to addresses, and whether it is our own resolver that is at fault.
//!
//! Shared by all probers. The hosts file comes first, then the name servers; nothing is
//! cached, because a look must see what a newcomer would see. A resolver that answers
//! for nothing at all makes a look `unknown`; one that answers for others but not for
//! this name makes it the target's fault. To tell them apart a control question is asked.

use super::deadline::Deadline;
use super::fault::Fault;
use crate::domain::check::Kind;
use arc_swap::ArcSwap;
use futures_util::future::{Either, select};
use hickory_resolver::config::{
    LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{Hosts, TokioResolver};
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout, timeout_at};

/// Who is asked for addresses.
#[derive(Clone, Debug, Default)]
pub enum NameServers {
    /// Those of the host, as `/etc/resolv.conf` has them.
    #[default]
    Platform,
    /// These and no others.
    Only(Vec<SocketAddr>),
}

/// Finds the addresses of names.
pub struct Resolver {
    name_servers: NameServers,
    client: ArcSwap<TokioResolver>,
    hosts: Hosts,
    control: Mutex<Option<Control>>,
}

/// What the last control question came to.
#[derive(Clone, Copy)]
struct Control {
    ended_at: Instant,
    answered: bool,
}

impl Resolver {
    /// A lost packet is asked for again after this long at most: twice within the
    /// default timeout of a check. The usual 5 s would eat half of it.
    const TRY_TIMEOUT_MAX: Duration = Duration::from_secs(2);
    /// Silence for this long makes us suspect the resolver while we go on waiting.
    const SUSPICION: Duration = Duration::from_secs(2);
    /// A resolver that is well has the root's name servers at hand.
    const CONTROL_TIMEOUT: Duration = Duration::from_secs(2);
    /// Every resolver can say something of it, if only that it has no address.
    const KNOWN_TO_ALL: &str = "com.";
    /// How long a silent control question speaks for all: with a dead resolver 1,000
    /// monitors would otherwise ask it 1,000 times.
    const CONTROL_SHARED: Duration = Duration::from_secs(3);

    /// A resolver that asks `name_servers`. It is there even if the host has none: then
    /// it knows only what the hosts file says.
    ///
    /// # Errors
    /// When the resolver cannot be put together.
    pub fn new(name_servers: NameServers) -> Result<Resolver, NetError> {
        let client = client(&name_servers).or_else(|error| {
            tracing::warn!(%error, "no name servers: only addresses and names in the hosts file can be checked");
            client(&NameServers::Only(Vec::new()))
        })?;
        let hosts = Hosts::from_system().unwrap_or_else(|error| {
            tracing::warn!(%error, "no hosts file is used");
            Hosts::default()
        });
        Ok(Resolver {
            name_servers,
            client: ArcSwap::from_pointee(client),
            hosts,
            control: Mutex::new(None),
        })
    }

    /// The addresses of `host`, IPv4 first, at least one.
    ///
    /// # Errors
    /// The target's fault (no such name, no address, name servers that do not answer), or
    /// ours, when the resolver answers for no name at all.
    pub async fn addresses(
        &self,
        host: &str,
        deadline: &Deadline,
    ) -> Result<Vec<IpAddr>, Fault> {
        let Ok(name) = Name::from_utf8(host) else {
            return Err(Fault::theirs(
                Kind::Dns,
                format!("{host} cannot be a name in the DNS"),
            ));
        };
        let written = self.written_in_hosts_file(&name);
        if !written.is_empty() {
            return Ok(written);
        }
        let asked_at = Instant::now();
        let client = self.client.load_full();
        let mut lookup = pin!(client.lookup_ip(name));
        let patience = Self::SUSPICION.min(deadline.left() / 2);
        if let Ok(answer) = timeout(patience, &mut lookup).await {
            return match answer {
                Ok(found) => some_of(host, found.iter().collect()),
                Err(error) => Err(self.blame(host, &error, asked_at, deadline).await),
            };
        }
        // Late. We go on waiting, and meanwhile find out whether it answers for anything.
        let lookup = pin!(timeout_at(deadline.at(), lookup));
        let control = pin!(self.answers(asked_at, deadline));
        match select(lookup, control).await {
            Either::Left((Ok(Ok(found)), _)) => some_of(host, found.iter().collect()),
            Either::Left((Ok(Err(error)), _)) => {
                Err(self.blame(host, &error, asked_at, deadline).await)
            }
            Either::Left((Err(_), _)) => Err(silent_for_all()),
            Either::Right((answers, lookup)) => match lookup.await {
                Ok(Ok(found)) => some_of(host, found.iter().collect()),
                Ok(Err(error)) => Err(fault(host, &error, answers)),
                Err(_) if answers => Err(deadline.passed(&format!("resolving {host}"))),
                Err(_) => Err(silent_for_all()),
            },
        }
    }

    /// What the hosts file says, both families: where it has one of them, the other is
    /// not asked for elsewhere.
    fn written_in_hosts_file(&self, name: &Name) -> Vec<IpAddr> {
        [RecordType::A, RecordType::AAAA]
            .into_iter()
            .filter_map(|kind| self.hosts.lookup_static_host(&Query::query(name.clone(), kind)))
            .flat_map(|lookup| {
                lookup
                    .answers()
                    .iter()
                    .filter_map(|record| record.data.ip_addr())
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    async fn blame(
        &self,
        host: &str,
        error: &NetError,
        asked_at: Instant,
        deadline: &Deadline,
    ) -> Fault {
        // "No such name" is an answer; there is nothing to suspect.
        let answers = error.is_no_records_found() || self.answers(asked_at, deadline).await;
        fault(host, error, answers)
    }

    /// Whether the resolver has answered anything at all since `since`.
    ///
    /// One question at a time: whoever waits for it shares its answer. That it answered
    /// counts only if it did so after the lookup in doubt began; that it was silent
    /// speaks for all for a few seconds, since then a look only becomes `unknown`.
    async fn answers(&self, since: Instant, deadline: &Deadline) -> bool {
        let asking = async {
            let mut last = self.control.lock().await;
            match *last {
                Some(control) if control.answered && control.ended_at >= since => return true,
                Some(control)
                    if !control.answered
                        && control.ended_at.elapsed() < Self::CONTROL_SHARED =>
                {
                    return false;
                }
                _ => {}
            }
            let client = self.client.load_full();
            let answered = timeout(Self::CONTROL_TIMEOUT, knows_anything(&client)).await;
            let answered = answered.unwrap_or(false);
            *last = Some(Control { ended_at: Instant::now(), answered });
            if !answered {
                self.read_configuration_again();
            }
            answered
        };
        timeout_at(deadline.at(), asking).await.unwrap_or(false)
    }

    /// A resolver that answers for nothing may be one that the host no longer uses: a
    /// new network brings new name servers, and we run for months.
    fn read_configuration_again(&self) {
        match client(&self.name_servers) {
            Ok(client) => self.client.store(client.into()),
            Err(error) => tracing::warn!(%error, "the name servers cannot be read again"),
        }
    }
}

/// Whether it knows the root or, where it says so little as that it will not tell (many a
/// forwarder refuses to speak of the root), a name that is there for all.
async fn knows_anything(client: &TokioResolver) -> bool {
    let told = match client.lookup(Name::root(), RecordType::NS).await {
        Ok(_) => return true,
        Err(error) => error,
    };
    if !matches!(told, NetError::Dns(DnsError::ResponseCode(_))) {
        return told.is_no_records_found();
    }
    match client.lookup(Resolver::KNOWN_TO_ALL, RecordType::A).await {
        Ok(_) => true,
        Err(error) => error.is_no_records_found(),
    }
}

fn client(name_servers: &NameServers) -> Result<TokioResolver, NetError> {
    let mut builder = match name_servers {
        NameServers::Platform => TokioResolver::builder_tokio()?,
        NameServers::Only(servers) => {
            let servers = servers.iter().map(at_port).collect();
            let config = ResolverConfig::from_parts(None, Vec::new(), servers);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    settle(builder.options_mut());
    builder.build()
}

fn at_port(server: &SocketAddr) -> NameServerConfig {
    let mut config = NameServerConfig::udp_and_tcp(server.ip());
    for connection in &mut config.connections {
        connection.port = server.port();
    }
    config
}

fn settle(options: &mut ResolverOpts) {
    options.cache_size = 0;
    options.timeout = options.timeout.min(Resolver::TRY_TIMEOUT_MAX);
    // The hosts file is read by us, both families at once.
    options.use_hosts_file = ResolveHosts::Never;
    // IPv4 first: of the two, a broken IPv6 path is the commoner, and it may be ours.
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
}

fn some_of(host: &str, addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, Fault> {
    if addresses.is_empty() {
        return Err(Fault::theirs(Kind::Dns, format!("{host} has no address")));
    }
    Ok(addresses)
}

/// Whose fault `error` is, given whether the resolver `answers` for anything at all.
fn fault(host: &str, error: &NetError, answers: bool) -> Fault {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => {
            let reason = match none.response_code {
                ResponseCode::NXDomain => format!("the name {host} does not exist"),
                _ => format!("{host} has no address"),
            };
            Fault::theirs(Kind::Dns, reason)
        }
        NetError::Io(error) if let Some(fault) = Fault::of_our_resources(error) => fault,
        _ if !answers => silent_for_all(),
        NetError::Dns(DnsError::ResponseCode(code)) => {
            Fault::theirs(Kind::Dns, format!("{host} cannot be resolved: {}", code.to_str()))
        }
        NetError::Timeout => {
            Fault::theirs(Kind::Dns, format!("the name servers of {host} do not answer"))
        }
        error => Fault::theirs(Kind::Dns, format!("{host} cannot be resolved: {error}")),
    }
}

fn silent_for_all() -> Fault {
    // hickory does not say why it could not even ask; the kernel does.
    Fault::of_missing_descriptors().unwrap_or_else(|| {
        Fault::ours(Kind::OwnResolver, "our resolver answers for no name at all")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::Arc;

    #[test]
    fn no_descriptors_for_the_question_is_our_fault_whatever_the_resolver_does() {
        let error = NetError::Io(Arc::new(io::Error::from_raw_os_error(libc::EMFILE)));
        for answers in [false, true] {
            assert_eq!(fault("a.example", &error, answers).kind, Kind::OwnResources);
        }
    }

    #[test]
    fn silence_is_the_names_fault_only_if_others_are_answered_for() {
        assert_eq!(fault("a.example", &NetError::Timeout, true).kind, Kind::Dns);
        assert_eq!(fault("a.example", &NetError::Timeout, false).kind, Kind::OwnResolver);
    }

    #[tokio::test]
    async fn localhost_comes_from_the_hosts_file_without_any_name_server() {
        let resolver = Resolver::new(NameServers::Only(Vec::new())).unwrap();
        let deadline = Deadline::after(Duration::from_secs(5));
        let found = resolver.addresses("localhost", &deadline).await.unwrap();
        assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
        let fault = resolver.addresses("a.example", &deadline).await.unwrap_err();
        assert_eq!(fault.kind, Kind::OwnResolver);
    }
}
