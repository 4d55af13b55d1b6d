//! Asks the backends whether they are well: each over a connection of its own, since one that
//! is kept open hides a dead front door.

use super::body::Outgoing;
use super::connection::Connector;
use super::pool::Pool;
use super::settings::Health;
use http::{HeaderValue, Request, header};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How soon a backend is asked again that something speaks against, or for: whether all are
/// gone has to be known within a second, by three checks.
const AGAIN_AFTER: Duration = Duration::from_millis(200);

/// Asks the backend at `place` again and again, until it is told to stop.
pub async fn keep_asking(
    pool: Arc<Pool>,
    place: usize,
    health: Health,
    connector: Connector,
    stop: CancellationToken,
) {
    stop.run_until_cancelled(async {
        let Some(backend) = pool.backends.get(place) else { return };
        loop {
            let asked =
                tokio::time::timeout(health.timeout, ask(&pool, place, &health, &connector));
            let slow =
                || format!("its check took longer than {} ms", health.timeout.as_millis());
            match asked.await.unwrap_or_else(|_| Found::Bad(slow())) {
                Found::Good => pool.checked(place, Ok(())),
                Found::Bad(why) => pool.checked(place, Err(&why)),
                Found::Nothing => pool.tell_full(),
            }
            // Woken while it was asked, it would be asked twice for one reason.
            if backend.is_suspect() {
                tokio::time::sleep(AGAIN_AFTER.min(health.interval)).await;
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(health.interval) => {}
                () = backend.recheck.notified() => {}
            }
        }
    })
    .await;
}

/// What a check has found.
enum Found {
    /// It is well.
    Good,
    /// It is not, and why.
    Bad(String),
    /// We could not ask.
    Nothing,
}

/// Asks once.
async fn ask(pool: &Pool, place: usize, health: &Health, connector: &Connector) -> Found {
    let Some(backend) = pool.backends.get(place) else { return Found::Nothing };
    let address = &backend.settings.address;
    let mut line = match connector.connect(address).await {
        Ok(line) => line,
        Err(unreachable) if unreachable.is_ours() => return Found::Nothing,
        Err(unreachable) => return Found::Bad(unreachable.to_string()),
    };
    let mut request = Request::new(Outgoing::Empty);
    *request.uri_mut() = health.path.clone().into();
    let headers = request.headers_mut();
    let host = HeaderValue::from_str(address.authority().as_str());
    headers.insert(header::HOST, host.unwrap_or(HeaderValue::from_static("localhost")));
    let agent = concat!("everup/", env!("CARGO_PKG_VERSION"), " (balancer)");
    headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    match line.ask(request).await {
        Ok(answer) if answer.status().is_success() || answer.status().is_redirection() => {
            Found::Good
        }
        Ok(answer) => {
            Found::Bad(format!("its check was answered with HTTP {}", answer.status().as_u16()))
        }
        Err(failed) => Found::Bad(format!("its check got no answer: {}", failed.error())),
    }
}
