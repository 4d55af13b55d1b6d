//! Sockets that a service manager passes.

use super::heard::free_port;
use super::manager::{Manager, ask};
use rustix::process::Signal;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Visitors at a time.
const VISITORS: usize = 4;

/// A socket that listens, as systemd makes it; and where.
fn socket() -> (OwnedFd, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener.into(), address)
}

fn again(socket: &OwnedFd) -> OwnedFd {
    socket.try_clone().unwrap()
}

/// Visitors who come one after the other, each over a connection of its own.
pub struct Crowd {
    goes_on: Arc<AtomicBool>,
    served: Arc<AtomicUsize>,
    visitors: Vec<std::thread::JoinHandle<Vec<String>>>,
}

impl Crowd {
    pub fn at(address: SocketAddr, path: &'static str, is_served: fn(&str) -> bool) -> Crowd {
        let (goes_on, served) =
            (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
        let visitor = |_| {
            let (goes_on, served) = (goes_on.clone(), served.clone());
            std::thread::spawn(move || {
                let mut wrong = Vec::new();
                while goes_on.load(Ordering::SeqCst) {
                    match ask(address, path) {
                        Ok(answer) if is_served(&answer) => {
                            served.fetch_add(1, Ordering::SeqCst);
                        }
                        other => wrong.push(format!("{other:?}")),
                    }
                }
                wrong
            })
        };
        let visitors = (0..VISITORS).map(visitor).collect();
        Crowd { goes_on, served, visitors }
    }

    pub fn served(&self) -> usize {
        self.served.load(Ordering::SeqCst)
    }

    /// What was not as it should be.
    pub fn leave(self) -> Vec<String> {
        self.goes_on.store(false, Ordering::SeqCst);
        self.visitors
            .into_iter()
            .flat_map(|visitor| visitor.join().unwrap())
            .collect()
    }
}

/// Mutants: the socket is closed and opened anew; who has just connected is sent away when it
/// stops.
#[test]
fn a_restart_refuses_no_visitor() {
    let manager = Manager::abstractly();
    let (pages, address) = socket();
    let (balancer, balanced_at) = socket();
    manager.write(
        "config.toml",
        &format!(
            "[[monitor]]\nname = \"a\"\nurl = \"http://127.0.0.1:9/\"\n\
             [[balancer]]\nname = \"Web\"\nlisten = \"{balanced_at}\"\n\
             backends = [\"http://127.0.0.1:9\"]\n"
        ),
    );
    let start =
        || manager.start(&["run"], &[("pages", again(&pages)), ("web", again(&balancer))]);
    let mut service = start();
    manager.until("READY=1");
    service.until_logged("by the socket that was passed");
    let crowd = Crowd::at(address, "/health", |answer| answer.contains("Service online"));
    // Its backend is away: it is the balancer that answers.
    let balanced = Crowd::at(balanced_at, "/", |answer| answer.starts_with("HTTP/1.1 502"));
    for _ in 0..5 {
        let before = (crowd.served(), balanced.served());
        std::thread::sleep(Duration::from_millis(300));
        service.signal(Signal::TERM);
        assert!(service.ended(), "{}", service.log());
        service = start();
        manager.until("READY=1");
        while crowd.served() < before.0 + 50 || balanced.served() < before.1 + 50 {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    let served = crowd.served();
    assert_eq!((crowd.leave(), balanced.leave()), (Vec::new(), Vec::new()), "of {served}");
}

#[test]
fn a_balancer_of_the_command_line_is_restarted_without_refusing_anybody() {
    let manager = Manager::abstractly();
    let (passed, address) = socket();
    let arguments = ["balance", "--backend", "http://127.0.0.1:9"];
    let mut service = manager.start(&arguments, &[("any name", again(&passed))]);
    manager.until("READY=1");
    let crowd = Crowd::at(address, "/", |answer| answer.starts_with("HTTP/1.1 502"));
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(200));
        service.signal(Signal::TERM);
        assert!(service.ended());
        service = manager.start(&arguments, &[("any name", again(&passed))]);
        manager.until("READY=1");
    }
    assert!(crowd.served() > 50);
    assert_eq!(crowd.leave(), Vec::<String>::new());
}

/// Mutant: a changed balancer that opens the address by itself.
#[test]
fn a_balancer_that_is_changed_keeps_its_socket_and_is_not_moved_away_from_it() {
    let manager = Manager::abstractly();
    let (passed, address) = socket();
    let config = |listen: &str, strategy: &str| {
        format!(
            "[[balancer]]\nname = \"The web\"\nid = \"web\"\nlisten = \"{listen}\"\n\
             strategy = \"{strategy}\"\napart = true\nbackends = [\"http://127.0.0.1:9\"]\n"
        )
    };
    let listen = address.to_string();
    manager.write("config.toml", &config(&listen, "random"));
    // It is the only one, and so is its socket; it has a name, too.
    for name in ["web", "The web", "everup-balance.socket", ""] {
        let arguments = ["balance", "--config", "config.toml"];
        manager.write("config.toml", &config(&listen, "random"));
        let mut service = manager.start(&arguments, &[(name, again(&passed))]);
        manager.until("READY=1");
        manager.write("config.toml", &config(&listen, "round_robin"));
        service.signal(Signal::HUP);
        manager.until("RELOADING=1");
        manager.until("READY=1");
        assert!(ask(address, "/").unwrap().starts_with("HTTP/1.1 502"));
        let elsewhere = format!("127.0.0.1:{}", free_port());
        manager.write("config.toml", &config(&elsewhere, "random"));
        service.signal(Signal::HUP);
        manager.until("RELOADING=1");
        manager.until("READY=1");
        let said = format!("listens on {listen}, and its listen says {elsewhere}");
        service.until_logged(&said);
        assert!(ask(address, "/").unwrap().starts_with("HTTP/1.1 502"));
        service.signal(Signal::TERM);
        assert!(service.ended());
    }
}

/// Arguments, the sockets that are passed, and what is said.
type Case<'a> = (&'a [&'a str], Vec<(&'a str, OwnedFd)>, &'a str);

#[test]
fn a_socket_that_is_for_nothing_or_wrong_is_refused_with_what_to_write() {
    let manager = Manager::abstractly();
    let (here, apart) = (socket(), socket());
    let config = |listen: &str| {
        format!(
            "[[balancer]]\nname = \"Web\"\nlisten = \"{listen}\"\n\
             backends = [\"http://127.0.0.1:9\"]\n\
             [[balancer]]\nname = \"Apart\"\nlisten = \"{}\"\napart = true\n\
             backends = [\"http://127.0.0.1:9\"]\n",
            apart.1
        )
    };
    manager.write("config.toml", &config(&here.1.to_string()));
    manager.write("other.toml", &config("127.0.0.1:9999"));
    let udp = || OwnedFd::from(UdpSocket::bind("127.0.0.1:0").unwrap());
    let path = manager.folder().join("a.sock");
    let unix = OwnedFd::from(UnixListener::bind(path).unwrap());
    let file = OwnedFd::from(std::fs::File::open("/dev/null").unwrap());
    let connected = OwnedFd::from(TcpStream::connect(here.1).unwrap());
    let run = ["run"];
    let listening = ["run", "--listen", "127.0.0.1:9998"];
    let other = ["run", "--config", "other.toml", "--listen", "127.0.0.1:0"];
    let balance = ["balance", "--config", "config.toml"];
    let plain = ["balance", "--backend", "http://127.0.0.1:9"];
    let pages = || ("pages", again(&here.0));
    let cases: [Case; 12] = [
        (&run, vec![("pages", udp())], "write ListenStream=127.0.0.1:8000"),
        (&run, vec![("pages", unix)], "write ListenStream=127.0.0.1:8000"),
        (&run, vec![("pages", file)], "write ListenStream=127.0.0.1:8000"),
        (&run, vec![("pages", connected)], "write Accept=no"),
        (&run, vec![("wbe", again(&here.0))], "what it is for: pages, web"),
        (&run, vec![pages(), ("unknown", again(&apart.0))], "for the same"),
        (
            &run,
            vec![("apart", again(&apart.0))],
            "a balancer that everup balance runs",
        ),
        (&balance, vec![("web", again(&here.0))], "a balancer that everup run runs"),
        (&balance, vec![pages()], "what it is for: apart"),
        (&listening, vec![pages()], "write ListenStream=127.0.0.1:9998"),
        (&other, vec![("web", again(&here.0))], "write the same in both"),
        (&plain, vec![pages(), ("b", again(&apart.0))], "only one is listened on"),
    ];
    for (arguments, sockets, said) in cases {
        let refusal = manager.start(arguments, &sockets).refusal();
        assert!(refusal.contains(said), "{arguments:?}: {refusal}");
    }
}

#[test]
fn sockets_for_another_process_or_another_command_are_left_alone() {
    let manager = Manager::abstractly();
    let (passed, address) = socket();
    // A command that is over soon has no use for any.
    let mut example = manager.start(&["example"], &[("odd", again(&passed))]);
    assert!(example.ended());
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_everup"));
    command
        .args(["run", "--listen", &address.to_string()])
        .current_dir(manager.folder());
    command.env("LISTEN_PID", "1").env("LISTEN_FDS", "1");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("cannot listen on"), "it opens its own: {said}");
}
