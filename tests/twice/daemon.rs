//! Running everups, and what is done to them.

use crate::ledger::Ledger;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Nothing here takes this long; what does is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// Two over one database.
pub struct Pair {
    pub daemons: Vec<Daemon>,
    pub ledger: Ledger,
    folder: TempDir,
}

/// A running everup; it is killed when it is dropped.
pub struct Daemon {
    child: Child,
    pub address: SocketAddr,
    out: Arc<Mutex<String>>,
    log: Arc<Mutex<String>>,
}

impl Pair {
    pub async fn start(config: &str) -> Pair {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        let first = Daemon::start(folder.path());
        let second = Daemon::start(folder.path());
        let ledger = Ledger::open(&folder.path().join("everup.db")).await;
        assert_eq!((first.role().as_str(), second.role().as_str()), ("active", "standby"));
        Pair { daemons: vec![first, second], ledger, folder }
    }

    /// Which of them watches.
    pub fn active(&self) -> usize {
        let roles: Vec<String> = self.daemons.iter().map(Daemon::role).collect();
        assert_eq!(roles.iter().filter(|role| *role == "active").count(), 1, "{roles:?}");
        roles.iter().position(|role| role == "active").unwrap()
    }

    pub fn signal(&self, which: usize, signal: Signal) {
        let pid = i32::try_from(self.daemons[which].child.id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    pub fn kill(&mut self, which: usize) {
        self.daemons[which].child.kill().unwrap();
        self.daemons[which].child.wait().unwrap();
    }

    pub fn ended_well(&mut self, which: usize) -> bool {
        self.daemons[which].child.wait().unwrap().success()
    }

    pub async fn start_again(&mut self, which: usize) {
        self.daemons[which] = Daemon::start(self.folder.path());
    }

    pub fn run_on(&self, address: SocketAddr) -> Output {
        let listen = address.to_string();
        command(self.folder.path()).args(["--listen", &listen]).output().unwrap()
    }

    pub fn logs(&self) -> String {
        let log = |daemon: &Daemon| daemon.log.lock().unwrap().clone();
        self.daemons.iter().map(log).collect::<Vec<_>>().join("\n--\n")
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_everup"));
    command
        .arg("run")
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn kept(from: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let kept = Arc::new(Mutex::new(String::new()));
    let lines = BufReader::new(from).lines();
    let text = kept.clone();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            *text.lock().unwrap() += &(line + "\n");
        }
    });
    kept
}

impl Daemon {
    fn start(folder: &Path) -> Daemon {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let listen = address.to_string();
        let mut child = command(folder).args(["--listen", &listen]).spawn().unwrap();
        let out = kept(child.stdout.take().unwrap());
        let log = kept(child.stderr.take().unwrap());
        let daemon = Daemon { child, address, out, log };
        daemon.until("it answers", |daemon| daemon.page("/health").contains("Service online"));
        daemon
    }

    pub fn until(&self, what: &str, holds: impl Fn(&Daemon) -> bool) {
        let started = Instant::now();
        while !holds(self) {
            let log = self.log.lock().unwrap().clone();
            assert!(started.elapsed() < PATIENCE, "not so that {what}: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What it says of itself; nothing while it does not answer.
    pub fn role(&self) -> String {
        let page = self.page("/health/ready");
        let body = page.split("\r\n\r\n").nth(1).unwrap_or("{}");
        let json: Value = serde_json::from_str(body).unwrap_or_default();
        json["role"].as_str().unwrap_or_default().to_owned()
    }

    pub fn said(&self) -> String {
        self.out.lock().unwrap().clone()
    }

    /// What it answers; nothing where it does not.
    pub fn page(&self, path: &str) -> String {
        let mut page = String::new();
        let Ok(mut stream) = TcpStream::connect(self.address) else { return page };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let asked = write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
        let _ = asked.and_then(|()| stream.read_to_string(&mut page));
        page
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
