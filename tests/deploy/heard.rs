//! What a service manager hears of everup.

use super::manager::{Manager, PATIENCE, WATCHDOG, ask};
use rustix::process::Signal;
use rustix::time::{ClockId, clock_gettime};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

/// Long enough for three signs at least.
const A_WHILE: Duration = Duration::from_secs(2);

/// A port that was free just now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Arguments of a daemon that watches something that refuses, once a minute.
fn watching(port: u16) -> Vec<String> {
    let listen = format!("127.0.0.1:{port}");
    ["run", "http://127.0.0.1:9/", "--listen", &listen]
        .map(str::to_owned)
        .to_vec()
}

fn words(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

fn microseconds() -> i128 {
    let now = clock_gettime(ClockId::Monotonic);
    i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000
}

/// Mutants: `READY=1` before the store is open; no `READY=1` after mistakes.
#[test]
fn it_says_when_it_is_up_reads_its_configuration_again_and_stops() {
    for manager in [Manager::abstractly(), Manager::at_a_path()] {
        let config = |name: &str| {
            format!("[[monitor]]\nname = \"{name}\"\nurl = \"http://127.0.0.1:9/\"\n")
        };
        manager.write("config.toml", &config("one"));
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let mut service = manager.start(&["run", "--listen", &listen], &[]);
        assert_eq!(manager.until("READY=1"), "READY=1\nSTATUS=watching 1 monitor");
        // Up means up.
        let address = listen.parse().unwrap();
        assert!(ask(address, "/health").unwrap().contains("Service online"));
        let (signs, others) = manager.signs_for(A_WHILE);
        assert!(signs >= 3 && others.is_empty(), "{signs} {others:?}");

        let before = microseconds();
        manager.write("config.toml", &(config("one") + &config("two")));
        service.signal(Signal::HUP);
        let reloading = manager.until("RELOADING=1");
        let mut lines = reloading.lines().skip(1);
        let since = lines.next().unwrap().strip_prefix("MONOTONIC_USEC=").unwrap();
        let since: i128 = since.parse().unwrap();
        assert!(before <= since && since <= microseconds(), "{before} {reloading}");
        let ready = manager.until("READY=1");
        assert_eq!(ready, "READY=1\nSTATUS=watching 2 monitors", "{}", service.log());

        manager.write("config.toml", "mistake = 1\n");
        service.signal(Signal::HUP);
        manager.until("RELOADING=1");
        assert!(manager.until("READY=1").contains("has mistakes"));

        service.signal(Signal::TERM);
        assert!(manager.until("STOPPING=1").contains("STATUS=stopping"));
        assert!(service.ended());
    }
}

#[test]
fn who_stands_by_says_so_and_when_it_watches() {
    let manager = Manager::abstractly();
    let first = watching(free_port());
    let mut first = manager.start(&words(&first), &[]);
    manager.until("READY=1\nSTATUS=watching 1 monitor");
    let second = watching(free_port());
    let second = manager.start(&words(&second), &[]);
    manager.until("READY=1\nSTATUS=standing by, another everup watches");
    first.kill();
    manager.until("STATUS=watching 1 monitor");
    let (signs, _) = manager.signs_for(A_WHILE);
    assert!(signs >= 3, "{}", second.log());
}

#[test]
fn balancers_say_that_they_are_up_live_and_stop() {
    let manager = Manager::abstractly();
    let listen = format!("127.0.0.1:{}", free_port());
    manager.write(
        "apart.toml",
        &format!(
            "[[balancer]]\nname = \"Web\"\nlisten = \"{listen}\"\napart = true\n\
             backends = [\"http://127.0.0.1:9\"]\n"
        ),
    );
    let plain = ["balance", "--backend", "http://127.0.0.1:9", "--listen", &listen];
    let of_file = ["balance", "--config", "apart.toml"];
    for (arguments, doing) in
        [(&plain[..], "balancing over 1 backend"), (&of_file[..], "running 1 balancer")]
    {
        let mut service = manager.start(arguments, &[]);
        assert_eq!(manager.until("READY=1"), format!("READY=1\nSTATUS={doing}"));
        assert!(ask(listen.parse().unwrap(), "/").unwrap().starts_with("HTTP/1.1 502"));
        let (signs, _) = manager.signs_for(A_WHILE);
        assert!(signs >= 3, "{}", service.log());
        service.signal(Signal::STOP);
        manager.until_silence();
        service.signal(Signal::CONT);
        manager.until("WATCHDOG=1");
        service.signal(Signal::TERM);
        manager.until("STOPPING=1");
        assert!(service.ended());
    }
}

/// A visitor who speaks HTTP/2, and at length.
fn talk(port: u16) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .unwrap();
    stream.write_all(&b"\0\0\x08\x06\0\0\0\0\0whoisit?".repeat(100)).unwrap();
    stream
}

/// Its log goes to a pipe that nobody reads: once that is full, whoever logs waits, so that
/// the threads of the runtime stand still while the process lives. Mutant: signs from a
/// thread of their own.
#[test]
fn it_falls_silent_while_its_threads_stand_still() {
    let manager = Manager::abstractly();
    let port = free_port();
    let mut service = manager.start_unread(&words(&watching(port)));
    manager.until("READY=1");
    manager.until("WATCHDOG=1");
    // Each of these is told of frame by frame.
    let visitors: Vec<TcpStream> = (0..20).map(|_| talk(port)).collect();
    manager.until_silence();
    service.read_log();
    manager.until("WATCHDOG=1");
    drop(visitors);
}

/// Mutant: signs only while commits succeed.
#[tokio::test]
async fn a_database_that_another_holds_or_that_cannot_grow_is_no_reason_to_end_it() {
    let manager = Manager::abstractly();
    let listen = format!("127.0.0.1:{}", free_port());
    let config = "[[monitor]]\nname = \"a\"\nurl = \"http://127.0.0.1:9/\"\ninterval = \"1s\"\n\
                  timeout = \"500ms\"\n";
    manager.write("config.toml", config);
    let service = manager.start(&["run", "--listen", &listen], &[]);
    manager.until("READY=1");
    let refusing = "STATUS=watching 1 monitor; the database refuses";
    let lives_on = |what: &str| {
        manager.until(refusing);
        let (signs, _) = manager.signs_for(4 * A_WHILE);
        let due = (4 * A_WHILE).as_millis() / WATCHDOG.as_millis();
        assert!(signs as u128 >= due, "{what}: {signs} of {due}: {}", service.log());
    };

    let database = manager.folder().join("everup.db");
    let mut holder = SqliteConnectOptions::new().filename(&database).connect().await.unwrap();
    holder.execute("BEGIN IMMEDIATE").await.unwrap();
    lives_on("held by another");
    let second = config.replace("\"a\"", "\"b\"");
    manager.write("config.toml", &format!("{config}{second}"));
    service.signal(Signal::HUP);
    manager.until("READY=1\nSTATUS=the changed configuration waits for the database");
    holder.execute("ROLLBACK").await.unwrap();
    manager.until("READY=1\nSTATUS=watching 2 monitors");
    manager.write("config.toml", config);
    manager.until("READY=1\nSTATUS=watching 1 monitor");

    let limit = |bytes: &str| {
        let pid = service.pid().as_raw_nonzero().to_string();
        let arguments = ["--pid", &pid, &format!("--fsize={bytes}:")];
        assert!(Command::new("prlimit").args(arguments).status().unwrap().success());
    };
    limit("1024");
    lives_on("cannot grow");
    limit("unlimited");
    manager.until("STATUS=watching 1 monitor");
}

#[test]
fn without_a_service_manager_nothing_is_told_and_a_wrong_one_is_named() {
    let manager = Manager::abstractly();
    let port = free_port();
    let mut command = Command::new(env!("CARGO_BIN_EXE_everup"));
    command
        .args(words(&watching(port)))
        .current_dir(manager.folder())
        .env("NOTIFY_SOCKET", "nowhere")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let began = Instant::now();
    let address = format!("127.0.0.1:{port}").parse().unwrap();
    while ask(address, "/health").is_err() {
        assert!(began.elapsed() < PATIENCE, "it does not come up");
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    let mut log = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut log).unwrap();
    assert!(child.wait().unwrap().success(), "{log}");
    assert!(log.contains("NOTIFY_SOCKET: neither a path"), "{log}");
    assert_eq!(manager.next_within(Duration::from_millis(10)), None);
}
