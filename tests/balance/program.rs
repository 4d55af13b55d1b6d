//! The built program: `everup balance`.

use super::backend::Backend;
use super::world::{Visitor, get};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running program; it ends with this.
struct Program {
    child: Child,
    address: SocketAddr,
    greeting: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_everup"));
    command.arg("balance").args(arguments).current_dir(std::env::temp_dir());
    command
}

/// Starts it, and reads its greeting.
fn start(arguments: &[&str]) -> Program {
    let mut child = command(arguments)
        .args(["--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut greeting = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    while !greeting.contains("asks") {
        assert_ne!(lines.read_line(&mut greeting).unwrap(), 0, "it ended: {greeting}");
    }
    let (_, rest) = greeting.split_once("://").unwrap();
    let address = rest.split('/').next().unwrap().parse().unwrap();
    Program { child, address, greeting }
}

fn refused(arguments: &[&str]) -> String {
    let output = command(arguments).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn it_balances_without_a_file_and_says_what_it_does() {
    let (a, mut b) = (Backend::start("a").await, Backend::start("b").await);
    let program = start(&["--backend", &format!("{}=2", a.url()), "--backend", &b.url()]);
    assert!(program.greeting.contains(&format!("over     {}  weight 2\n", a.url())));
    assert!(program.greeting.contains("chooses  at random\n"), "{}", program.greeting);
    let mut visitor = Visitor::come(program.address).await;
    for _ in 0..60 {
        assert_eq!(visitor.ask(get("/")).await.status, 200);
    }
    assert!(!a.seen().is_empty() && !b.seen().is_empty());
    // Whoever reloads by habit does not end it.
    let pid = rustix::process::Pid::from_child(&program.child);
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    b.kill();
    for _ in 0..20 {
        assert_eq!(visitor.ask(get("/")).await.text(), "a");
    }
}

#[tokio::test]
async fn it_answers_what_is_under_way_before_it_ends() {
    let a = Backend::start("a").await;
    let mut program = start(&["--backend", &a.url()]);
    let mut visitor = Visitor::come(program.address).await;
    visitor
        .say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx")
        .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let pid = rustix::process::Pid::from_child(&program.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(program.child.try_wait().unwrap().is_none(), "it did not wait");
    visitor.say("y").await;
    assert_eq!(visitor.hear(true).await.unwrap().text(), "a");
    let began = Instant::now();
    while program.child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < Duration::from_secs(10), "it goes on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn what_is_wrong_is_told_with_what_to_write() {
    assert!(refused(&[]).contains("--backend"));
    assert!(refused(&["--backend", "127.0.0.1:8000"]).contains("http://127.0.0.1:8000"));
    let one = ["--backend", "http://127.0.0.1:9"];
    let with = |more: &[&'static str]| refused(&[&one[..], more].concat());
    assert!(with(&["--strategy", "best"]).contains("least_requests"));
    assert!(with(&["--trust", "everyone"]).contains("10.0.0.0/8"));
    assert!(with(&["--health-path", "health"]).contains("/health"));
    assert!(with(&["--tls-certificate", "c.pem"]).contains("--tls-key"));
    let anywhere =
        ["--listen", "127.0.0.1:0", "--tls-certificate", "c.pem", "--tls-key", "k.pem"];
    let missing = with(&anywhere);
    assert!(missing.contains("c.pem cannot be read"), "{missing}");
}
