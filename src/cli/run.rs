//! `everup run`: the daemon.

use super::arguments::Place;
use super::reload::{Fixed, Reload};
use super::service::{PENDING, REFUSED, Service};
use super::sockets::{self, Assigned, Sockets};
use super::source::{Source, USUAL_FILE, configured_to_run};
use super::{limits, terminal};
use crate::app::listeners::Listeners;
use crate::app::{App, FIRST_TOKEN, Ground};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::domain::duration;
use crate::engine::run::COMMIT_WITHIN;
use anyhow::Context;
use secrecy::zeroize::Zeroizing;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// How soon a changed configuration is tried again that the database was too busy for: an
/// import, which keeps all other writers off, takes seconds.
const CHANGE_AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(
    place: &Place,
    urls: &[String],
    sockets: Sockets,
) -> anyhow::Result<ExitCode> {
    limits::raise_open_files();
    let source = Source::new(place, urls)?;
    let mut config = configured_to_run(place, &source)?;
    let Assigned { pages, balancers } = sockets.for_daemon(&config.balancers)?;
    let fixed = Fixed::of(&config, place, pages.is_some());
    let pages = listen(config.server.listen, place, pages).await?;
    let own = pages.local_addr().context("the listening address is unknown")?;
    config.listen_on(own);
    let greeting = greeting(&config, own, &source);
    let clock = Arc::new(SystemClock::default());
    for warning in config.warnings(clock.now()) {
        tracing::warn!("{warning}");
    }
    let mut stop = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut reload = Reload::watch(source, fixed, own)?;
    let ground = Ground { clock, commit_within: COMMIT_WITHIN };
    let listeners = Listeners { pages, balancers };
    let mut app = App::start(config, listeners, ground).await?;
    let (service, doing) = (Service::of_process(), app.headline());
    service.ready(&doing()).await;
    let _attending = service.attend(app.headline(), app.stuck());
    greet(&app, &greeting).await;
    let mut failed = false;
    let mut pending: Option<Config> = None;
    loop {
        tokio::select! {
            _ = stop.recv() => break,
            _ = interrupt.recv() => break,
            () = app.ended() => {
                failed = true;
                break;
            }
            changed = reload.changed() => {
                // Whatever still waits is no longer what the file says.
                pending = changed;
                service.reloading().await;
                let Some(changed) = pending.clone() else {
                    service.ready(REFUSED).await;
                    continue;
                };
                if let Err(error) = bring_into_force(&app, changed, &mut pending).await {
                    tracing::error!(
                        "the changed configuration is not in force yet, and is tried again: \
                         {error:#}"
                    );
                    service.ready(PENDING).await;
                } else {
                    service.ready(&doing()).await;
                }
            }
            () = tokio::time::sleep(CHANGE_AGAIN), if pending.is_some() => {
                let Some(config) = pending.clone() else { continue };
                if bring_into_force(&app, config, &mut pending).await.is_ok() {
                    service.ready(&doing()).await;
                }
            }
        }
    }
    tracing::info!("stopping");
    service.stopping().await;
    let kept = app.stop().await;
    Ok(if kept && !failed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Nothing is pending any more once it is in force.
async fn bring_into_force(
    app: &App,
    changed: Config,
    pending: &mut Option<Config>,
) -> anyhow::Result<()> {
    app.change(changed).await?;
    *pending = None;
    tracing::info!("the configuration was read again");
    Ok(())
}

/// On the socket that was passed, or else at the address that is configured.
async fn listen(
    address: SocketAddr,
    place: &Place,
    passed: Option<std::net::TcpListener>,
) -> anyhow::Result<TcpListener> {
    if let Some(passed) = passed {
        sockets::agree(&passed, place.listen)?;
        let own = passed.local_addr()?;
        if own != address {
            tracing::info!("answers at {own}, by the socket that was passed, not at {address}");
        }
        return Ok(TcpListener::from_std(passed)?);
    }
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {address}; stop what does, or choose another address with \
             --listen or [server] listen"
        )
    })
}

/// Says what a newcomer needs to know.
async fn greet(app: &App, greeting: &str) {
    if let Err(error) = terminal::print(greeting) {
        tracing::warn!("the greeting could not be printed: {error}");
    }
    tell_first_token(app).await;
}

/// Makes the first token and prints it, where there never was one. It goes to the terminal
/// and not to the log, which others may read and which is kept. Neither is worth a daemon:
/// another token can be made at any time.
async fn tell_first_token(app: &App) {
    let secret = match app.first_token().await {
        Ok(Some(secret)) => secret,
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(
                "no first token was made, and the next start tries again: {error:#}"
            );
            return;
        }
    };
    let text = Zeroizing::new(format!(
        "\nYour first token, named \"{FIRST_TOKEN}\", is shown only now; keep it in a safe place:\n\
         \n  {}\n\n\
         Programs send it to administer everup, in the header \"Authorization: Bearer …\".\n\
         everup token new makes others, which may do less; everup token revoke {FIRST_TOKEN} \
         ends this one.\n",
        secret.expose()
    ));
    if let Err(error) = terminal::deliver(&text) {
        tracing::warn!(
            "the first token could not be printed ({error}), so that nobody knows it; make \
             another with everup token new, and end it with everup token revoke {FIRST_TOKEN}"
        );
    }
}

/// What a newcomer needs to know, in a few lines.
fn greeting(config: &Config, own: SocketAddr, source: &Source) -> String {
    const SHOWN: usize = 5;
    let mut text = format!("everup {}\n\n", env!("CARGO_PKG_VERSION"));
    for (n, watch) in config.monitors.iter().take(SHOWN).enumerate() {
        let registration = &watch.registration;
        text += &format!(
            "  {:<8} {}  every {}\n",
            if n == 0 { "watching" } else { "" },
            registration.url,
            duration::in_words(registration.parameters.interval_ms),
        );
    }
    if config.monitors.len() > SHOWN {
        text += &format!("  {:<8} and {} more\n", "", config.monitors.len() - SHOWN);
    }
    text += &format!("  {:<8} http://{own}/\n", "page");
    text += &format!("  {:<8} {}\n", "data", config.store.path.display());
    text += match source {
        Source::File(_) => "\nThe configuration is read again when it changes.\n",
        Source::Urls(_) if Path::new(USUAL_FILE).is_file() => {
            "\nThe URLs are watched instead of what config.toml names, and nothing in it counts.\n"
        }
        Source::Urls(_) | Source::Nothing => {
            "\nTo watch your own: everup run https://example.com/health\n\
             or everup example > config.toml, and edit that.\n"
        }
    };
    text
}
