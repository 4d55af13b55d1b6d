//! What is told to the service manager, where one has started this process: that it is up, that
//! it reads its configuration again, that it stops, what it does, and that it lives.
//!
//! The words and what they mean are `sd_notify(3)`; systemd is not the only one that knows
//! them. Where `NOTIFY_SOCKET` is not set, nothing happens. Called by the commands that run for
//! long; none of them starts another process that could inherit the variable.
//!
//! The socket is opened here, as `sd-notify` knows no abstract ones and waits without limit.

use sd_notify::NotifyState;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram as Unconnected};
use std::time::Duration;
use tokio::net::UnixDatagram;
use tokio_util::task::AbortOnDropHandle;

/// What it shows while the file has mistakes.
pub(super) const REFUSED: &str =
    "the changed configuration has mistakes; the one before stays in force";

/// What it shows while what the file says is not in force yet.
pub(super) const PENDING: &str = "the changed configuration waits for the database";

/// A service manager that takes nothing for so long is given up on until the next message.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);

/// What the daemon does is looked at this often, and told where it has changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Of the time after which the service manager takes the process for dead, it hears of it this
/// many times: one may be late.
const SIGNS: u32 = 3;

/// The service manager, or nobody.
pub(super) struct Service {
    socket: Option<SocketAddr>,
    watchdog: Option<Duration>,
}

impl Service {
    /// The one that the environment of this process names.
    pub(super) fn of_process() -> Service {
        let socket = std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty());
        let socket = socket.and_then(|name| {
            let socket = address(&name);
            socket
                .inspect_err(|error| {
                    tracing::warn!(
                        "the service manager is told nothing: NOTIFY_SOCKET: {error}"
                    );
                })
                .ok()
        });
        Service { socket, watchdog: sd_notify::watchdog_enabled() }
    }

    /// Says that all is up, for the first time or after [`Service::reloading`], and what is
    /// done from now on.
    pub(super) async fn ready(&self, doing: &str) {
        self.tell(&[NotifyState::Ready, NotifyState::Status(doing)]).await;
    }

    /// Says that the configuration is read again; [`Service::ready`] must follow.
    pub(super) async fn reloading(&self) {
        let doing = NotifyState::Status("reading the configuration again");
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.tell(&[NotifyState::Reloading, now, doing]).await,
            // Whoever waits for a reload would take it for failed without the time.
            Err(error) => tracing::warn!("a reload cannot be told without the time: {error}"),
        }
    }

    /// Says that the end has begun.
    pub(super) async fn stopping(&self) {
        let doing = NotifyState::Status("stopping; what is under way is finished");
        self.tell(&[NotifyState::Stopping, doing]).await;
    }

    /// Says from now on what is done, where that changes, and that the process lives as long
    /// as nothing is `stuck`: from a task among those whose life it vouches for, so that it
    /// falls silent with them. Ends when the answer is dropped.
    pub(super) fn attend(
        &self,
        doing: impl Fn() -> String + Send + 'static,
        stuck: impl Fn() -> Option<(&'static str, Duration)> + Send + 'static,
    ) -> Attending {
        let signs = self.watchdog.map(|within| within / SIGNS);
        let Some(socket) = self.socket.clone() else { return Attending { _task: None } };
        let told = Service { socket: Some(socket), watchdog: self.watchdog };
        let task = tokio::spawn(async move {
            tokio::join!(told.say_what(doing), told.say_that(signs, stuck));
        });
        Attending { _task: Some(AbortOnDropHandle::new(task)) }
    }

    async fn say_what(&self, doing: impl Fn() -> String) {
        let mut before = doing();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = doing();
            if now != before {
                self.tell(&[NotifyState::Status(&now)]).await;
                before = now;
            }
        }
    }

    async fn say_that(
        &self,
        every: Option<Duration>,
        stuck: impl Fn() -> Option<(&'static str, Duration)>,
    ) {
        let Some(every) = every.filter(|every| !every.is_zero()) else { return };
        let mut is_told = false;
        loop {
            match stuck() {
                None => {
                    is_told = false;
                    self.tell(&[NotifyState::Watchdog]).await;
                }
                Some((what, since)) if !std::mem::replace(&mut is_told, true) => {
                    let since = since.as_secs();
                    tracing::error!(
                        "{what} has not come round for {since} s; the service manager ends this \
                         process unless it does"
                    );
                }
                Some(_) => {}
            }
            tokio::time::sleep(every).await;
        }
    }

    async fn tell(&self, states: &[NotifyState<'_>]) {
        let Some(socket) = &self.socket else { return };
        let lines: Vec<String> = states.iter().map(ToString::to_string).collect();
        let message = lines.join("\n");
        let told = tokio::time::timeout(TAKEN_WITHIN, send(socket, message.as_bytes())).await;
        let told = told.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if let Err(error) = told {
            tracing::warn!("the service manager could not be told {:?}: {error}", lines[0]);
        }
    }
}

/// The service manager is told what happens, as long as this lives.
pub(super) struct Attending {
    _task: Option<AbortOnDropHandle<()>>,
}

/// A path, or with an `@` the name of a socket that no file stands for.
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        [b'/', ..] => SocketAddr::from_pathname(name),
        _ => Err(io::Error::other("neither a path that begins with / nor a name with @")),
    }
}

/// Sends one message, over a socket of its own: the service manager may have begun anew.
async fn send(to: &SocketAddr, message: &[u8]) -> io::Result<()> {
    let socket = Unconnected::unbound()?;
    socket.set_nonblocking(true)?;
    socket.connect_addr(to)?;
    UnixDatagram::from_std(socket)?.send(message).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn manager() -> (Unconnected, Service) {
        let name = format!("everup-service-test-{}-{}", std::process::id(), fastrand::u64(..));
        let socket = SocketAddr::from_abstract_name(&name).unwrap();
        let manager = Unconnected::bind_addr(&socket).unwrap();
        manager.set_nonblocking(true).unwrap();
        assert_eq!(
            address(OsStr::new(&format!("@{name}"))).unwrap().as_abstract_name(),
            Some(name.as_bytes())
        );
        (
            manager,
            Service { socket: Some(socket), watchdog: Some(Duration::from_millis(60)) },
        )
    }

    /// All that has come by now.
    fn heard(manager: &Unconnected) -> Vec<String> {
        let mut message = [0; 1024];
        let next = || manager.recv(&mut message).map(|length| message[..length].to_vec());
        let messages = std::iter::from_fn({
            let mut next = next;
            move || next().ok()
        });
        messages.map(|message| String::from_utf8(message).unwrap()).collect()
    }

    /// Mutant: a thread of its own that says it.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_sign_of_life_ceases_while_the_threads_of_the_runtime_are_stuck() {
        let (manager, service) = manager();
        let _attending = service.attend(|| "at work".to_owned(), || None);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(heard(&manager).len() >= 5);
        let both = Arc::new(std::sync::Barrier::new(3));
        for _ in 0..2 {
            let both = both.clone();
            tokio::spawn(async move {
                both.wait();
                std::thread::sleep(Duration::from_millis(400));
            });
        }
        // This one is not among those threads.
        both.wait();
        heard(&manager);
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(heard(&manager), Vec::<String>::new());
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(!heard(&manager).is_empty(), "it goes on with them");
    }

    #[tokio::test]
    async fn the_sign_of_life_ceases_while_a_part_is_stuck() {
        let (manager, service) = manager();
        let is_stuck = Arc::new(AtomicBool::new(true));
        let stuck = {
            let is_stuck = is_stuck.clone();
            move || is_stuck.load(Ordering::SeqCst).then_some(("it", Duration::from_secs(9)))
        };
        let _attending = service.attend(|| "at work".to_owned(), stuck);
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(heard(&manager), Vec::<String>::new());
        is_stuck.store(false, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let signs = heard(&manager);
        assert!(
            !signs.is_empty() && signs.iter().all(|sign| sign == "WATCHDOG=1"),
            "{signs:?}"
        );
    }

    #[test]
    fn a_name_of_a_socket_is_a_path_or_abstract() {
        let path = address(OsStr::new("/run/x.sock")).unwrap();
        assert_eq!(path.as_pathname(), Some(std::path::Path::new("/run/x.sock")));
        assert!(address(OsStr::new("run/x.sock")).is_err());
        assert!(address(OsStr::new("vsock:2:1")).is_err());
    }
}
