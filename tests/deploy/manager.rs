//! A service manager, as far as a service can tell: it hears messages, sends signals, and
//! holds sockets that it passes.

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as Name, UnixDatagram};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Nothing here takes this long; what does is stuck.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How long a service may be silent, where it has to say that it lives.
pub const WATCHDOG: Duration = Duration::from_millis(600);

/// Hears what its services say, in a folder of its own.
pub struct Manager {
    socket: UnixDatagram,
    name: String,
    folder: TempDir,
}

/// A service; it is killed when it is dropped.
pub struct Service {
    child: Child,
    stderr: Option<ChildStderr>,
    log: Arc<Mutex<String>>,
}

impl Manager {
    /// One that listens under a name that no file stands for.
    pub fn abstractly() -> Manager {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("everup{}", folder.path().display());
        let address = Name::from_abstract_name(&name).unwrap();
        Manager::at(&address, format!("@{name}"), folder)
    }

    /// One that listens at a path.
    pub fn at_a_path() -> Manager {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let address = Name::from_pathname(&path).unwrap();
        Manager::at(&address, path.display().to_string(), folder)
    }

    fn at(address: &Name, name: String, folder: TempDir) -> Manager {
        let socket = UnixDatagram::bind_addr(address).unwrap();
        Manager { socket, name, folder }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder().join(name), text).unwrap();
    }

    /// Starts `everup` with these arguments and passes it these sockets, two at most.
    pub fn start(&self, arguments: &[&str], sockets: &[(&str, OwnedFd)]) -> Service {
        let mut command = self.command(arguments, sockets);
        let mut service = Service::of(command.spawn().unwrap());
        service.read_log();
        service
    }

    /// The same, with everything logged and nobody who reads it.
    pub fn start_unread(&self, arguments: &[&str]) -> Service {
        let mut command = self.command(arguments, &[]);
        Service::of(command.env("EVERUP_LOG", "trace").spawn().unwrap())
    }

    fn command(&self, arguments: &[&str], sockets: &[(&str, OwnedFd)]) -> Command {
        // A descriptor comes to a child only as one of the first three, where the shell finds
        // it; one that does not matter is where none was passed.
        let mut given = sockets.iter().map(|(_, socket)| socket.try_clone().unwrap());
        let mut one = || given.next().map_or_else(Stdio::null, Stdio::from);
        let (first, second) = (one(), one());
        let redirect = ["", "exec 3<&0 </dev/null;", "exec 3<&0 4<&1 </dev/null >/dev/null;"];
        // A signal that is ignored stays so: beyond a limit, files refuse to grow.
        let script = format!(
            "trap '' XFSZ; {} export LISTEN_PID=$$; exec \"$0\" \"$@\"",
            redirect[sockets.len()]
        );
        let names: Vec<&str> = sockets.iter().map(|(name, _)| *name).collect();
        let mut command = Command::new("sh");
        command
            .args(["-c", &script, env!("CARGO_BIN_EXE_everup")])
            .args(arguments)
            .current_dir(self.folder())
            .env("NOTIFY_SOCKET", &self.name)
            .env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string())
            .stdin(first)
            .stdout(second)
            .stderr(Stdio::piped());
        if !sockets.is_empty() {
            command.env("LISTEN_FDS", sockets.len().to_string());
            command.env("LISTEN_FDNAMES", names.join(":"));
        }
        command
    }

    /// The next message; `None` where none comes in this time.
    pub fn next_within(&self, time: Duration) -> Option<String> {
        self.socket
            .set_read_timeout(Some(time.max(Duration::from_millis(1))))
            .unwrap();
        let mut message = [0; 4096];
        let length = self.socket.recv(&mut message).ok()?;
        Some(String::from_utf8(message[..length].to_vec()).unwrap())
    }

    /// The first message from now on that has this in it.
    pub fn until(&self, what: &str) -> String {
        let began = Instant::now();
        let mut others = Vec::new();
        while began.elapsed() < PATIENCE {
            match self.next_within(PATIENCE) {
                Some(message) if message.contains(what) => return message,
                Some(message) if message == "WATCHDOG=1" => {}
                Some(message) => others.push(message),
                None => break,
            }
        }
        panic!("{what:?} never came; {others:?} did");
    }

    /// Waits until nothing has come for as long as a service may be silent.
    pub fn until_silence(&self) {
        let began = Instant::now();
        while self.next_within(2 * WATCHDOG).is_some() {
            // Long before a loop that is stuck would be the reason.
            assert!(began.elapsed() < PATIENCE / 3, "it goes on");
        }
    }

    /// How often it was said in this time that a service lives, and what else was said.
    pub fn signs_for(&self, time: Duration) -> (usize, Vec<String>) {
        let (began, mut signs, mut others) = (Instant::now(), 0, Vec::new());
        while let Some(rest) = time.checked_sub(began.elapsed()) {
            match self.next_within(rest) {
                Some(message) if message == "WATCHDOG=1" => signs += 1,
                Some(message) => others.push(message),
                None => {}
            }
        }
        (signs, others)
    }
}

impl Service {
    fn of(mut child: Child) -> Service {
        let stderr = child.stderr.take();
        Service { child, stderr, log: Arc::default() }
    }

    /// Reads from now on what it logs.
    pub fn read_log(&mut self) {
        let Some(stderr) = self.stderr.take() else { return };
        let log = self.log.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                *log.lock().unwrap() += &(line + "\n");
            }
        });
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until it has logged this.
    pub fn until_logged(&self, what: &str) {
        let began = Instant::now();
        while !self.log().contains(what) {
            assert!(began.elapsed() < PATIENCE, "it does not say {what:?}: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for its end, and gives whether that was in order.
    pub fn ended(&mut self) -> bool {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            assert!(began.elapsed() < PATIENCE, "it goes on: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it says where it does not start.
    pub fn refusal(mut self) -> String {
        assert!(!self.ended());
        let began = Instant::now();
        while !self.log().ends_with('\n') && began.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.log()
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is answered to one request over a connection of its own; an error where that is
/// refused or breaks off.
pub fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.is_empty() {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(answer)
}
