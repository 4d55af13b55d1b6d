//! `everup balance`: a balancer without a monitor.

use super::arguments::{BalanceWanted, Place};
use super::service::Service;
use super::sockets::Sockets;
use super::{apart, limits, terminal};
use crate::balance::address::Address;
use crate::balance::balancer::Balancer;
use crate::balance::settings::{
    BACKENDS_MAX, BackendSettings, Health, Settings, Strategy, Timeouts, TlsFiles,
};
use crate::domain::monitor::MonitorId;
use crate::probe::tls::{Roots, client_config};
use anyhow::{Context, bail};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Where visitors are taken if nothing else is said: this machine's own.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// How long requests under way may take once the balancer is told to stop. Service managers
/// kill after 90 s.
const FINISH_WITHIN: Duration = Duration::from_secs(30);

pub(super) async fn balance(
    place: &Place,
    wanted: BalanceWanted,
    sockets: Sockets,
) -> anyhow::Result<ExitCode> {
    if wanted.backend.is_empty() {
        return apart::run(place, sockets).await;
    }
    limits::raise_open_files();
    let mut settings = settings(place, wanted)?;
    let listener = match sockets.for_one(place.listen)? {
        Some(passed) => TcpListener::from_std(passed)?,
        None => bind(settings.listen).await?,
    };
    settings.listen = listener.local_addr()?;
    let mut stop = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let (trust, _) = client_config(&Roots::Platform)?;
    let balancer = Balancer::start(settings, listener, trust, &BTreeSet::new())?;
    if let Err(error) = terminal::print(&greeting(&balancer)) {
        tracing::warn!("the greeting could not be printed: {error}");
    }
    let service = Service::of_process();
    let doing = doing(&balancer);
    service.ready(&doing).await;
    let rounds = balancer.rounds.clone();
    let _attending = service.attend(move || doing.clone(), move || rounds.stuck());
    loop {
        tokio::select! {
            _ = stop.recv() => break,
            _ = interrupt.recv() => break,
            // Whoever reloads services by habit does not mean to end this one.
            _ = hangup.recv() => tracing::info!(
                "there is nothing to read again: all that it does was said when it was started"
            ),
        }
    }
    tracing::info!("stopping");
    service.stopping().await;
    balancer.stop(FINISH_WITHIN).await;
    Ok(ExitCode::SUCCESS)
}

async fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| {
        format!(
            "cannot listen on {listen}; stop what does, or choose another address with --listen"
        )
    })
}

/// What the service manager shows.
fn doing(balancer: &Balancer) -> String {
    match balancer.settings.backends.len() {
        1 => "balancing over 1 backend".to_owned(),
        count => format!("balancing over {count} backends"),
    }
}

fn settings(place: &Place, wanted: BalanceWanted) -> anyhow::Result<Settings> {
    let count = wanted.backend.len();
    if count > BACKENDS_MAX {
        bail!("these are {count} backends; {BACKENDS_MAX} are the most that one balancer has");
    }
    let backends = (1..).zip(wanted.backend).map(|(number, (address, weight))| {
        let id = MonitorId::new(&format!("backend-{number}")).map_err(anyhow::Error::msg)?;
        Ok(BackendSettings { id, address, weight })
    });
    let tls = wanted.tls_certificate.zip(wanted.tls_key);
    Ok(Settings {
        id: MonitorId::new("balancer").map_err(anyhow::Error::msg)?,
        name: "balancer".to_owned(),
        listen: place.listen.unwrap_or(LISTEN),
        tls: tls.map(|(certificate, key)| TlsFiles { certificate, key }),
        backends: backends.collect::<anyhow::Result<_>>()?,
        strategy: wanted.strategy,
        health: Health { path: wanted.health_path, ..Health::default() },
        fail_open: !wanted.fail_closed,
        slow_start: Settings::SLOW_START,
        timeouts: Timeouts::default(),
        trusted: wanted.trust,
    })
}

fn greeting(balancer: &Balancer) -> String {
    let settings = &balancer.settings;
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let mut text = format!("everup {}\n\n", env!("CARGO_PKG_VERSION"));
    text += &format!("  {:<8} {scheme}://{}/\n", "balances", balancer.address());
    for (n, backend) in settings.backends.iter().enumerate() {
        let label = if n == 0 { "over" } else { "" };
        let weight = match backend.weight {
            1 => String::new(),
            weight => format!("  weight {weight}"),
        };
        text += &format!("  {label:<8} {}{weight}\n", backend.address);
    }
    let how = match &settings.strategy {
        Strategy::Random => "at random".to_owned(),
        Strategy::RoundRobin => "in turn".to_owned(),
        Strategy::LeastRequests => "fewer requests of two at random".to_owned(),
        Strategy::Consistent(sameness) => format!("the same for the same {sameness}"),
    };
    text += &format!("  {:<8} {how}\n", "chooses");
    let health = &settings.health;
    text +=
        &format!("  {:<8} {} every {} s\n\n", "asks", health.path, health.interval.as_secs());
    text
}

/// `http://127.0.0.1:8000`, or with a weight `http://127.0.0.1:8000=3`.
pub(super) fn backend(text: &str) -> Result<(Address, u32), String> {
    // A path in the file system may have a `=`, and an address has none.
    let (address, weight) = match text.rsplit_once('=') {
        Some((address, weight)) if weight.bytes().all(|byte| byte.is_ascii_digit()) => {
            (address, Settings::weight(weight)?)
        }
        _ => (text, 1),
    };
    Ok((Address::parse(address)?, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_may_have_a_weight() {
        let (address, weight) = backend("http://127.0.0.1:8000=3").unwrap();
        assert_eq!((address.to_string().as_str(), weight), ("http://127.0.0.1:8000", 3));
        assert_eq!(backend("http://127.0.0.1:8000").unwrap().1, 1);
        assert_eq!(backend("unix:/run/a=b.sock").unwrap().1, 1);
        assert!(backend("http://127.0.0.1:8000=0").unwrap_err().contains("1 to 1000"));
        assert!(backend("http://127.0.0.1:8000=1001").unwrap_err().contains("1 to 1000"));
    }
}
