//! A running `everup demo`, and what it prints.

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Without optimisation three months take a while to be made up, and more on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A demonstration with a folder for temporary files of its own; it is killed when it is
/// dropped, and what it started ends with it.
pub struct Show {
    child: Child,
    said: Arc<Mutex<String>>,
    temporary: TempDir,
}

/// An everup with this for its arguments, and this folder for temporary files.
pub fn everup(temporary: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_everup"));
    command
        .args(arguments)
        .current_dir(temporary)
        .env_clear()
        .env("TMPDIR", temporary)
        .process_group(0)
        .stdin(Stdio::null());
    command
}

impl Show {
    /// Begins on free ports, and waits until it has said where.
    pub fn start() -> Show {
        let temporary = tempfile::tempdir().unwrap();
        let arguments = ["demo", "--listen", "127.0.0.1:0"];
        let mut child = everup(temporary.path(), &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let out: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for out in out {
            let (lines, said) = (BufReader::new(out).lines(), said.clone());
            std::thread::spawn(move || {
                for line in lines.map_while(Result::ok) {
                    *said.lock().unwrap() += &(line + "\n");
                }
            });
        }
        let mut show = Show { child, said, temporary };
        show.until("Ctrl-C ends all of it");
        show
    }

    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until it has said that, and gives the line.
    pub fn until(&mut self, words: &str) -> String {
        let started = Instant::now();
        loop {
            let said = self.said();
            if let Some(line) = said.lines().find(|line| line.contains(words)) {
                return line.to_owned();
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it has ended: {said}");
            assert!(started.elapsed() < PATIENCE, "it never says {words:?}: {said}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The addresses of the balancer and both instances.
    pub fn addresses(&self) -> Vec<String> {
        let said = self.said();
        let words = said.lines().filter_map(|line| line.split_once("http://"));
        let addresses = words.map(|(_, rest)| rest.split('/').next().unwrap().to_owned());
        addresses.take(3).collect()
    }

    /// The numbers of its processes, that of the one that watches first.
    pub fn processes(&self) -> Vec<i32> {
        let said = self.said();
        let head = said.split("Try, in another").next().unwrap();
        let mut lines: Vec<&str> =
            head.lines().filter(|line| line.contains("process ")).collect();
        lines.sort_by_key(|line| !line.ends_with(", watches"));
        let number = |line: &&str| {
            let rest = line.split("process ").nth(1).unwrap();
            rest.split(',').next().unwrap().trim().parse().unwrap()
        };
        lines.iter().map(number).collect()
    }

    /// The folder of the demonstration.
    pub fn folder(&self) -> PathBuf {
        let said = self.said();
        let line = said.lines().find(|line| line.trim_start().starts_with("files ")).unwrap();
        PathBuf::from(line.split_whitespace().nth(1).unwrap())
    }

    /// Another command over its files.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let file = self.folder().join("config.toml");
        let arguments = [arguments, &["--config", file.to_str().unwrap()]].concat();
        everup(self.temporary.path(), &arguments).output().unwrap()
    }

    pub fn signal(&self, signal: Signal) {
        send(i32::try_from(self.child.id()).unwrap(), signal);
    }

    /// What a terminal does when Ctrl-C is pressed on it.
    pub fn press_ctrl_c(&self) {
        let group = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process_group(group, Signal::INT).unwrap();
    }

    /// Waits until it has ended.
    pub fn ended(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "it does not end: {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What is left in the folder for temporary files.
    pub fn left(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.temporary.path()).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn send(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

pub fn lives(pid: i32) -> bool {
    test_kill_process(Pid::from_raw(pid).unwrap()).is_ok()
}

/// Waits until none of them lives, and gives how long that took.
pub fn until_gone(pids: &[i32]) -> Duration {
    let started = Instant::now();
    while pids.iter().any(|pid| lives(*pid)) {
        assert!(started.elapsed() < PATIENCE, "of {pids:?} not all have ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    started.elapsed()
}

/// What is answered there, head and body.
pub fn page(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut page = Vec::new();
    stream.read_to_end(&mut page).unwrap();
    String::from_utf8_lossy(&page).into_owned()
}
