//! `everup balance` with a configuration: those of its balancers that run apart from the
//! daemon. What they count is kept where the daemon keeps its history, and who is drained
//! there is drained here.

use super::arguments::Place;
use super::reload::{Fixed, Reload};
use super::service::{REFUSED, Service};
use super::sockets::Sockets;
use super::source::{Source, configured_to_run};
use super::{limits, terminal};
use crate::balance::fleet::{FINISH_WITHIN, Fleet, Wanted};
use crate::clock::{Clock, SystemClock};
use crate::engine::requests::{self, Clerk, Parts};
use crate::probe::tls::{Roots, client_config};
use crate::store::contract::Store;
use crate::store::sqlite::Sqlite;
use anyhow::bail;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

pub(super) async fn run(place: &Place, sockets: Sockets) -> anyhow::Result<ExitCode> {
    limits::raise_open_files();
    let source = Source::new(place, &[])?;
    let Source::File(file) = &source else {
        bail!(
            "nobody is named who answers; write --backend http://127.0.0.1:8000, or name \
             a configuration with [[balancer]]"
        );
    };
    let config = configured_to_run(place, &source)?;
    if !config.balancers.iter().any(|wanted| wanted.apart) {
        bail!(
            "no [[balancer]] of {} has apart = true; the daemon runs those that have not",
            file.display()
        );
    }
    let assigned = sockets.for_apart(&config.balancers)?;
    let greeting = greeting(&config.balancers);
    let own = config.server.listen;
    let mut reload = Reload::watch(source.clone(), Fixed::of(&config, place, false), own)?;
    let mut stop = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(&config.store.path).await?);
    let (trust, _) = client_config(&Roots::Platform)?;
    let fleet = Arc::new(Fleet::new(true, trust).with_sockets(assigned.balancers));
    let clock = Arc::new(SystemClock::default());
    requests::take_out(&*store, &fleet, &config.balancers, clock.now()).await?;
    fleet.start(config.balancers).await?;
    let parts = Parts { store: store.clone(), clock: clock.clone(), fleet: fleet.clone() };
    let clerk = Clerk::start(parts);
    if let Err(error) = terminal::print(&greeting) {
        tracing::warn!("the greeting could not be printed: {error}");
    }
    let service = Service::of_process();
    service.ready(&doing(&fleet)).await;
    let (told, moving) = (fleet.clone(), fleet.clone());
    let _attending = service.attend(move || doing(&told), move || moving.stuck());
    loop {
        tokio::select! {
            _ = stop.recv() => break,
            _ = interrupt.recv() => break,
            changed = reload.changed() => {
                service.reloading().await;
                let Some(changed) = changed else {
                    service.ready(REFUSED).await;
                    continue;
                };
                requests::change(&*store, &fleet, changed.balancers, clock.now()).await;
                tracing::info!("the configuration was read again");
                service.ready(&doing(&fleet)).await;
            }
        }
    }
    tracing::info!("stopping");
    service.stopping().await;
    fleet.stop(FINISH_WITHIN).await;
    clerk.stop().await;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// What the service manager shows.
fn doing(fleet: &Fleet) -> String {
    match fleet.members().iter().filter(|member| member.pool.is_some()).count() {
        1 => "running 1 balancer".to_owned(),
        count => format!("running {count} balancers"),
    }
}

fn greeting(balancers: &[Wanted]) -> String {
    let mut text = format!("everup {}\n\n", env!("CARGO_PKG_VERSION"));
    let apart = balancers.iter().filter(|wanted| wanted.apart);
    for (n, Wanted { settings, .. }) in apart.enumerate() {
        let label = if n == 0 { "balances" } else { "" };
        let scheme = if settings.tls.is_some() { "https" } else { "http" };
        let count = settings.backends.len();
        let over = if count == 1 { "backend" } else { "backends" };
        text += &format!("  {label:<8} {scheme}://{}/  over {count} {over}\n", settings.listen);
    }
    text + "\nThe configuration is read again when it changes.\n"
}
