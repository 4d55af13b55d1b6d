//! Another balancer in the place of ours: the real program with its file in `deploy/`, of
//! which only addresses and folders are others.

use super::heard::free_port;
use super::manager::{PATIENCE, ask};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nginx,
    Haproxy,
    Caddy,
}

/// A running program; it ends with this.
pub struct Proxy {
    child: Child,
    pub folder: TempDir,
    /// Where it takes visitors.
    pub address: SocketAddr,
    /// Where it takes those that speak no TLS, if `address` is for TLS.
    pub plain: SocketAddr,
}

/// The files of `deploy/` for one program.
pub struct Files {
    pub pair: &'static str,
    pub one_tls: &'static str,
}

impl Kind {
    pub fn files(self) -> Files {
        match self {
            Kind::Nginx => Files { pair: "nginx/pair.conf", one_tls: "nginx/one-tls.conf" },
            Kind::Haproxy => Files { pair: "haproxy/pair.cfg", one_tls: "haproxy/one-tls.cfg" },
            Kind::Caddy => {
                Files { pair: "caddy/pair.Caddyfile", one_tls: "caddy/one-tls.Caddyfile" }
            }
        }
    }

    /// The program with `arguments`, in a folder of its own.
    fn command(self, folder: &Path, arguments: &[&str]) -> Command {
        let (program, package) = match self {
            Kind::Nginx => ("nginx", "nginx-light"),
            Kind::Haproxy => ("haproxy", "haproxy"),
            Kind::Caddy => ("caddy", "caddy"),
        };
        // Debian keeps two of them where only administrators look.
        let folders = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let is_there = |folder: &str| Path::new(folder).join(program).is_file();
        assert!(
            folders.split(':').any(is_there),
            "{program} is not installed; ./test installs it, or apt-get install {package}"
        );
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("PATH", folders)
            .env("HOME", folder)
            .env("XDG_DATA_HOME", folder)
            .env("XDG_CONFIG_HOME", folder)
            .current_dir(folder)
            .stdin(Stdio::null());
        command
    }

    /// How it is asked whether it takes its configuration, and how it is started.
    fn arguments(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Kind::Nginx => (
                &["-t", "-p", ".", "-c", "nginx.conf"],
                &["-p", ".", "-c", "nginx.conf", "-g", "daemon off;"],
            ),
            Kind::Haproxy => (&["-c", "-f", "proxy.conf"], &["-db", "-f", "proxy.conf"]),
            Kind::Caddy => (
                &["validate", "--adapter", "caddyfile", "--config", "proxy.conf"],
                &["run", "--adapter", "caddyfile", "--config", "proxy.conf"],
            ),
        }
    }
}

/// What Debian puts around the files of a site, as far as it matters.
const NGINX: &str = "\
user root;
worker_processes 2;
pid nginx.pid;
error_log stderr;
events { worker_connections 1024; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include proxy.conf;
}
";

impl Proxy {
    /// Two instances at these addresses.
    pub fn of_pair(kind: Kind, backends: [SocketAddr; 2]) -> Proxy {
        Proxy::start(kind, kind.files().pair, |text, own, _, folder| {
            let socket = folder.join("admin.sock").display().to_string();
            let text = replaced(text, "127.0.0.1:8000", &backends[0].to_string());
            let text = replaced(&text, "127.0.0.1:8001", &backends[1].to_string());
            match kind {
                Kind::Nginx => replaced(&text, "127.0.0.1:8080", &own.to_string()),
                Kind::Haproxy => {
                    let text = replaced(&text, "127.0.0.1:8080", &own.to_string());
                    replaced(&text, "/run/haproxy/admin.sock", &socket)
                }
                Kind::Caddy => {
                    let text = replaced(&text, ":8080", &format!(":{}", own.port()));
                    replaced(&text, "\n{\n", "\n{\n\tadmin off\n")
                }
            }
        })
    }

    /// One instance, behind TLS by the certificate and the key that lie in `folder`.
    pub fn of_one(kind: Kind, backend: SocketAddr, certificate: &str, key: &str) -> Proxy {
        Proxy::start(kind, kind.files().one_tls, |text, own, plain, folder| {
            let text = replaced(text, "127.0.0.1:8000", &backend.to_string());
            let write =
                |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
            write("fullchain.pem", certificate);
            write("privkey.pem", key);
            write("both.pem", &format!("{certificate}{key}"));
            let (own_port, plain_port) = (own.port(), plain.port());
            match kind {
                Kind::Nginx => {
                    let text = replaced(&text, "listen [::]:80;", "");
                    let text = replaced(&text, "listen [::]:443 ssl http2;", "");
                    let text = replaced(&text, "listen 80;", &format!("listen {plain};"));
                    let text = replaced(&text, "listen 443 ", &format!("listen {own} "));
                    let live = "/etc/letsencrypt/live/status.example.com";
                    replaced(&text, live, &folder.display().to_string())
                }
                Kind::Haproxy => {
                    let text = replaced(&text, ":::80 v4v6", &plain.to_string());
                    let text = replaced(&text, ":::443 v4v6", &own.to_string());
                    let both = folder.join("both.pem").display().to_string();
                    replaced(&text, "/etc/haproxy/status.example.com.pem", &both)
                }
                Kind::Caddy => {
                    // Nobody gives out a certificate here.
                    let tls = "status.example.com {\n\ttls fullchain.pem privkey.pem\n";
                    let text = replaced(&text, "status.example.com {\n", tls);
                    format!(
                        "{{\n\tadmin off\n\thttps_port {own_port}\n\thttp_port {plain_port}\n}}\n{text}"
                    )
                }
            }
        })
    }

    fn start(
        kind: Kind,
        file: &str,
        change: impl Fn(&str, SocketAddr, SocketAddr, &Path) -> String,
    ) -> Proxy {
        let folder = tempfile::tempdir().unwrap();
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let (address, plain) = (local(free_port()), local(free_port()));
        let text = change(&read(file), address, plain, folder.path());
        std::fs::write(folder.path().join("proxy.conf"), text).unwrap();
        std::fs::write(folder.path().join("nginx.conf"), NGINX).unwrap();
        let (check, run) = kind.arguments();
        let checked = kind.command(folder.path(), check).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(checked.status.success(), "{file}: {said}");
        let mut log = PathBuf::from(folder.path());
        log.push("log");
        let mut command = kind.command(folder.path(), run);
        command.stdout(Stdio::null()).stderr(std::fs::File::create(&log).unwrap());
        let child = command.spawn().unwrap();
        let proxy = Proxy { child, folder, address, plain };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            let log = std::fs::read_to_string(&log).unwrap();
            assert!(began.elapsed() < PATIENCE, "{file}: it does not listen: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
        proxy
    }

    pub fn ask(&self, path: &str) -> String {
        ask(self.address, path).unwrap()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Its workers end with it where it is asked to; where it is killed, they do not.
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(5) {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file of `deploy/`.
pub fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text with that in the place of this, which is there.
fn replaced(text: &str, this: &str, that: &str) -> String {
    assert!(text.contains(this), "there is no {this} in:\n{text}");
    text.replace(this, that)
}
