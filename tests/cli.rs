//! The program itself, as a user starts it: what it says, leaves behind, and ends with.

use everup::clock::{Clock, SystemClock};
use everup::domain::span::Span;
use everup::domain::timestamp::Timestamp;
use everup::store::contract::Store;
use everup::store::sqlite::Sqlite;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Nothing here takes this long; what does is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

const OWN: &str = "[[monitor]]\nid = \"api\"\nname = \"API\"\nurl = \"http://127.0.0.1:9/\"\n";

/// A folder in which everup is started.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// The names in it.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_everup"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command prints that succeeds.
    fn told(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command complains of that fails.
    fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{}", said(&output));
        String::from_utf8(output.stderr).unwrap()
    }

    fn daemon(&self, arguments: &[&str]) -> Daemon {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let listen = port.to_string();
        let all = [&["run", "--listen", &listen], arguments].concat();
        let mut child = self.command(&all).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *kept.lock().unwrap() += &(line + "\n");
            }
        });
        let daemon = Daemon { child, address: port, log };
        daemon.until("it answers", || daemon.page("/health").contains("Service online"));
        daemon
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

/// A running everup; it is killed when it is dropped.
struct Daemon {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Daemon {
    fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let started = Instant::now();
        while !holds() {
            assert!(started.elapsed() < PATIENCE, "not so that {what}: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// What it answers; nothing where it does not.
    fn page(&self, path: &str) -> String {
        let mut page = String::new();
        let Ok(mut stream) = TcpStream::connect(self.address) else { return page };
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

/// Holds the database of a running everup, as an import does.
struct Hold {
    runtime: tokio::runtime::Runtime,
    connection: sqlx::SqliteConnection,
}

impl Hold {
    fn on(database: &Path) -> Hold {
        use sqlx::Connection;
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(database)
            .busy_timeout(Duration::from_secs(10));
        let connection = runtime.block_on(async {
            let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
            connection
        });
        Hold { runtime, connection }
    }

    fn release(mut self) {
        let rolled_back = sqlx::query("ROLLBACK").execute(&mut self.connection);
        self.runtime.block_on(rolled_back).unwrap();
    }
}

#[test]
fn a_configuration_that_changes_while_the_database_is_busy_comes_into_force_later() {
    let place = Place::new();
    place.write("config.toml", OWN);
    let daemon = place.daemon(&[]);
    let hold = Hold::on(&place.path("everup.db"));
    place.write("config.toml", &(OWN.to_owned() + &OWN.replace("api", "shop")));
    daemon.until("it is refused", || daemon.log().contains("is not in force yet"));
    assert!(!daemon.page("/").contains("/monitors/shop"));
    hold.release();
    daemon.until("it is in force", || daemon.page("/").contains("/monitors/shop"));
}

#[test]
fn a_configuration_that_waits_is_dropped_once_the_file_has_mistakes() {
    let place = Place::new();
    place.write("config.toml", OWN);
    let daemon = place.daemon(&[]);
    let hold = Hold::on(&place.path("everup.db"));
    place.write("config.toml", &(OWN.to_owned() + &OWN.replace("api", "shop")));
    daemon.until("it waits", || daemon.log().contains("is not in force yet"));
    place.write("config.toml", "nonsense");
    daemon.until("it is refused", || daemon.log().contains("the old one stays in force"));
    hold.release();
    // Longer than until it would be tried again.
    std::thread::sleep(Duration::from_millis(3_500));
    assert!(!daemon.log().contains("was read again"), "{}", daemon.log());
    assert!(!daemon.page("/").contains("/monitors/shop"));
}

#[test]
fn what_the_arguments_say_is_not_told_as_a_change_of_the_file() {
    let place = Place::new();
    place.write("config.toml", OWN);
    let daemon = place.daemon(&["--store", "other.db"]);
    place.write("config.toml", &(OWN.to_owned() + &OWN.replace("api", "shop")));
    daemon.until("it is read", || daemon.log().contains("was read again"));
    assert!(!daemon.log().contains("after a restart"), "{}", daemon.log());
}

fn check(monitor: &str, at: &str) -> String {
    format!(
        "{{\"kind\":\"check\",\"monitor\":\"{monitor}\",\"started_at\":\"{at}\",\
         \"verdict\":\"ok\"}}\n"
    )
}

#[test]
fn an_import_into_nothing_makes_a_database_only_of_something() {
    let place = Place::new();
    place.write("empty", "");
    place.write("bad", &(check("everup", "2026-10-01T00:00:00Z") + "{\n"));
    place.write("good", &check("everup", "2026-10-01T00:00:00Z"));
    let refusal = place.refusal(&["import", "empty"]);
    assert!(refusal.contains("there are no lines in it; "), "{refusal}");
    assert!(refusal.trim_end().ends_with("nothing was imported"), "{refusal}");
    let refusal = place.refusal(&["import", "bad"]);
    assert!(refusal.starts_with("everup: line 2:"), "{refusal}");
    let refusal = place.refusal(&["import", "."]);
    assert_eq!(refusal.matches("Is a directory").count(), 1, "{refusal}");
    assert_eq!(place.names(), ["bad", "empty", "good"]);
    // What `run` would watch is there.
    assert_eq!(place.told(&["import", "good"]), "imported 1 check\n");
    assert_eq!(place.names(), ["bad", "empty", "everup.db", "good"]);
    let again = place.told(&["import", "good"]);
    assert_eq!(again, "imported 0 checks (1 was there already)\n");
    assert!(place.told(&["export"]).contains("\"monitor\":\"everup\""));
    let refusal = place.refusal(&["import", "--store", "nowhere/x.db", "good"]);
    assert!(
        refusal.contains("nowhere/x.db cannot be made: create its folder"),
        "{refusal}"
    );
}

#[test]
fn a_newcomer_is_told_how_to_go_on() {
    let place = Place::new();
    let refusal = place.refusal(&["https://example.com/health"]);
    assert!(
        refusal.contains("to watch it: everup run https://example.com/health"),
        "{refusal}"
    );
    let example = place.told(&["example"]);
    place.write("config.toml", &example);
    assert!(place.told(&["validate"]).contains("config.toml is valid: 1 monitor"));
}

#[test]
fn a_correction_without_an_author_is_told_what_to_give() {
    let place = Place::new();
    let wanted = ["correct", "--month", "2026-11", "--outage", "api-20261103T080000.000Z"];
    let refusal = place.refusal(&[&wanted[..], &["--reason", "our own network"]].concat());
    assert!(
        refusal.contains("give --author; a correction says who made it"),
        "{refusal}"
    );
}

#[test]
fn a_folder_that_is_missing_is_said() {
    let place = Place::new();
    let all = ["run", "--listen", "127.0.0.1:0", "--store", "nowhere/x.db"];
    let refusal = place.refusal(&all);
    assert!(
        refusal.contains("nowhere/x.db cannot be made: create its folder"),
        "{refusal}"
    );
}

#[test]
fn the_report_for_a_terminal_has_every_number_of_the_others() {
    let place = Place::new();
    let mut lines = String::new();
    for (minute, verdict) in
        [(0, "ok"), (1, "fail"), (2, "fail"), (3, "ok"), (4, "fail"), (5, "ok")]
    {
        lines += &check("everup", &format!("2026-10-01T00:0{minute}:00Z"))
            .replace("\"ok\"", &format!("\"{verdict}\",\"latency_ms\":12.5"));
    }
    place.write(
        "config.toml",
        &format!("[defaults]\nfailures = 2\n{}", OWN.replace("\"api\"", "\"everup\"")),
    );
    place.write("lines", &lines);
    place.told(&["import", "lines"]);
    let report = place.told(&["report", "--month", "2026-10"]);
    insta::assert_snapshot!(report);
    assert!(report.lines().all(|line| line.chars().count() <= 100), "{report}");
}

#[test]
fn a_report_is_written_to_a_file_in_any_form_and_a_pipe_has_plain_bytes() {
    let place = Place::new();
    place.write("lines", &check("everup", "2026-10-01T00:00:00Z"));
    place.told(&["import", "lines"]);
    let month = ["report", "--month", "2026-10", "--format"];
    for (form, begins) in [
        ("text", "October 2026 (UTC), closed\n"),
        ("json", "{\"schema\""),
        ("csv", "period,"),
        ("markdown", "# Uptime in October 2026\n"),
        ("pdf", "%PDF-1.7"),
    ] {
        let piped = place.run(&[&month[..], &[form]].concat());
        assert!(piped.status.success() && piped.stderr.is_empty(), "{}", said(&piped));
        assert!(piped.stdout.starts_with(begins.as_bytes()), "{form}");
        // Neither blocks nor colours, nor how far it is.
        let is_plain = !piped.stdout.contains(&0x1b) || form == "pdf";
        assert!(is_plain, "{form}");
        place.write("out", "what was there before, and is longer".repeat(99).as_str());
        let told = place.told(&[&month[..], &[form, "--output", "out"]].concat());
        assert_eq!(told, "", "{form}");
        let written = std::fs::read(place.path("out")).unwrap();
        let known = |bytes: &[u8]| bytes.starts_with(begins.as_bytes());
        assert!(known(&written), "{form}");
        assert_eq!(place.names(), ["everup.db", "lines", "out"]);
    }
    let refusal = place.refusal(&[&month[..], &["text", "-o", "nowhere/out"]].concat());
    assert!(refusal.contains("nowhere/out cannot be written"), "{refusal}");
}

/// An import adds to the past, and neither cuts nor changes it.
#[test]
fn an_import_changes_no_monitor_that_is_there() {
    let place = Place::new();
    place.write("config.toml", OWN);
    let lines = check("api", "2026-10-01T00:00:00Z") + &check("api", "2026-10-01T00:01:00Z");
    place.write("lines", &lines);
    place.told(&["import", "lines"]);
    let month = ["report", "--month", "2026-10", "--format", "json"];
    let before = place.told(&month);
    assert!(before.contains("\"checks\":2"), "{before}");
    let later = OWN.to_owned() + "since = \"2026-10-20T00:00:00Z\"\ninterval = \"30s\"\n";
    place.write("config.toml", &(later + &OWN.replace("api", "shop")));
    place.write("more", &check("shop", "2026-10-02T00:00:00Z"));
    place.told(&["import", "more"]);
    let after: serde_json::Value = serde_json::from_str(&place.told(&month)).unwrap();
    let before: serde_json::Value = serde_json::from_str(&before).unwrap();
    assert_eq!(after["monitors"][0], before["monitors"][0]);
    assert_eq!(after["monitors"][1]["id"], "shop");
}

/// Nobody, where the test itself is run by root, whom no mode keeps from writing.
#[test]
fn who_may_only_read_can_have_a_report_and_an_export() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65_534;
    let place = Place::new();
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    place.write("lines", &check("everup", "2026-10-01T00:00:00Z"));
    place.told(&["import", "lines"]);
    let is_root = std::fs::metadata(place.folder.path()).unwrap().uid() == 0;
    let said_by = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        said(&command.output().unwrap())
    };
    mode(&place.path("everup.db"), 0o444);
    mode(place.folder.path(), 0o555);
    let report = said_by(&["report", "--month", "2026-10"]);
    assert!(report.starts_with("October 2026"), "{report}");
    let export = said_by(&["export"]);
    assert!(export.contains("\"verdict\":\"ok\""), "{export}");
    let refusal = "everup.db cannot be written: let this user write to it and its folder";
    mode(place.folder.path(), 0o777);
    assert!(said_by(&["run", "--listen", "127.0.0.1:0"]).contains(refusal));
    assert!(said_by(&["import", "lines"]).contains(refusal));
}

#[test]
fn nothing_of_the_future_is_reported_or_imported() {
    let place = Place::new();
    place.write("config.toml", OWN);
    place.write("lines", &check("api", "2026-10-01T00:00:00Z"));
    place.told(&["import", "lines"]);
    let report = place.refusal(&["report", "--as-of", "2999-01-02T00:00:00Z"]);
    assert!(report.contains("lies in the future; nobody has seen it yet"), "{report}");
    place.told(&["report", "--as-of", "2026-10-01T00:05:00Z"]);
    // It would keep every real check out until then.
    place.write(
        "more",
        &(check("api", "2026-10-01T00:01:00Z") + &check("api", "2999-01-01T00:00:00Z")),
    );
    let import = place.refusal(&["import", "more"]);
    let expected = "line 2: 2999-01-01T00:00:00Z lies in the future; nothing was imported";
    assert!(import.contains(expected), "{import}");
}

/// Another process does not know what the daemon is looking at, so its figures end with
/// the newest check that it can know of.
#[test]
fn while_a_daemon_watches_a_report_reaches_no_further_than_its_newest_check() {
    let place = Place::new();
    let daemon = place.daemon(&[]);
    daemon.until("a check is kept", || place.told(&["export"]).contains("\"verdict\":\"ok\""));
    std::thread::sleep(Duration::from_secs(2));
    let up_ms = || {
        let report = place.told(&["report", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        report["monitors"][0]["milliseconds"]["up"].as_i64().unwrap()
    };
    // From the first to the newest check; another one may come meanwhile.
    let seen_ms = || {
        let starts: Vec<Timestamp> = (place.told(&["export"]).lines())
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .filter(|record| record["kind"] == "check")
            .map(|check| {
                Timestamp::parse_rfc3339(check["started_at"].as_str().unwrap()).unwrap()
            })
            .collect();
        starts[starts.len() - 1].since_ms(starts[0])
    };
    daemon.until("its figure ends there", || {
        let (before, up, after) = (seen_ms(), up_ms(), seen_ms());
        assert!(up <= after + 1, "{up} of {after}");
        before == after && up == after + 1
    });
    drop(daemon);
    assert!(up_ms() > 1_000, "nobody is looking any more");
}

/// The first token that a daemon prints; nothing where it prints none.
fn first_token(daemon: &mut Daemon) -> Option<String> {
    let mut output = daemon.child.stdout.take().unwrap();
    // It has answered, so all that it prints is printed soon.
    std::thread::sleep(Duration::from_millis(500));
    daemon.child.kill().unwrap();
    let mut text = String::new();
    output.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("everup "), "{text}");
    let line = text.lines().find(|line| line.trim().starts_with("everup_"))?;
    assert!(text.contains("everup token revoke first ends this one"), "{text}");
    Some(line.trim().to_owned())
}

impl Daemon {
    /// The answer to somebody who brings this token.
    fn answer_to(&self, token: &str) -> String {
        let mut answer = String::new();
        let mut stream = TcpStream::connect(self.address).unwrap();
        let asked = format!(
            "GET /api/token HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(asked.as_bytes()).unwrap();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

#[test]
fn the_first_start_prints_a_token_for_an_administrator_and_no_other_does() {
    let place = Place::new();
    place.write("lines", &check("everup", "2026-10-01T00:00:00Z"));
    place.told(&["import", "lines"]);
    place.told(&["report", "--month", "2026-10"]);
    place.told(&["export"]);
    assert!(place.told(&["token", "list"]).starts_with("There is no token."));
    let mut daemon = place.daemon(&[]);
    let token = first_token(&mut daemon).expect("it is printed");
    assert!(!daemon.log().contains("everup_"), "{}", daemon.log());
    drop(daemon);
    let mut daemon = place.daemon(&[]);
    let own = "{\"name\":\"first\",\"scope\":\"admin\"}";
    assert!(daemon.answer_to(&token).ends_with(own), "{}", daemon.answer_to(&token));
    place.told(&["token", "revoke", "first"]);
    let refused = daemon.answer_to(&token);
    assert!(refused.starts_with("HTTP/1.0 401 Unauthorized\r\n"), "{refused}");
    let expected = "peer=127.0.0.1 method=\"GET\" path=\"/api/token\"";
    daemon.until("it is logged", || daemon.log().contains(expected));
    assert_eq!(first_token(&mut daemon), None);
    assert!(!daemon.log().contains(&token[7..]), "{}", daemon.log());
    // It was there once, so none is made again.
    drop(daemon);
    assert_eq!(first_token(&mut place.daemon(&[])), None);
    assert!(!place.told(&["export"]).contains("first"));
}

#[test]
fn a_first_token_that_cannot_be_printed_ends_no_daemon() {
    let place = Place::new();
    for output in ["/dev/full", "/dev/null"] {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let full = std::fs::OpenOptions::new().write(true).open(output).unwrap();
        let mut command = place.command(&["run", "--listen", &address.to_string()]);
        let child = command.stdout(full).stderr(Stdio::null()).spawn().unwrap();
        let daemon = Daemon { child, address, log: Arc::default() };
        daemon.until("it answers", || daemon.page("/health").contains("Service online"));
        daemon.until("a token is made", || place.told(&["token", "list"]).contains("first"));
        std::thread::sleep(Duration::from_millis(200));
        assert!(daemon.page("/health").contains("Service online"));
    }
}

#[test]
fn a_token_is_printed_alone_and_lives_until_it_is_revoked() {
    let place = Place::new();
    let new = ["token", "new", "--name", "ci", "--scope", "maintenance"];
    let refusal = place.refusal(&new);
    assert!(refusal.contains("there is no database everup.db"), "{refusal}");
    let daemon = place.daemon(&[]);
    let made = place.run(&new);
    assert!(made.status.success(), "{}", said(&made));
    let (token, words) = (
        String::from_utf8(made.stdout).unwrap(),
        String::from_utf8(made.stderr).unwrap(),
    );
    assert_eq!(token.len(), "everup_".len() + 43 + 1, "{token}");
    let token = token.trim_end();
    assert!(words.contains("the token \"ci\" with the scope maintenance"), "{words}");
    assert!(
        words.contains("everup token revoke ci") && !words.contains(token),
        "{words}"
    );
    let own = "{\"name\":\"ci\",\"scope\":\"maintenance\"}";
    assert!(daemon.answer_to(token).ends_with(own));
    let list = place.told(&["token", "list"]);
    let words: Vec<Vec<&str>> =
        list.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words[0], ["Name", "Scope", "Made", "Last", "used", "Revoked"], "{list}");
    assert_eq!((words[2][0], words[2][1], words[2][4]), ("first", "admin", "no"), "{list}");
    assert_eq!(
        (words[3][0], words[3][1], words[3][4]),
        ("ci", "maintenance", "no"),
        "{list}"
    );
    assert!(words[2][3] == "never" && words[3][3].starts_with("20"), "{list}");
    assert!(!list.contains("everup_") && list.is_ascii() != list.contains('─'), "{list}");
    let told = place.told(&["token", "revoke", "ci"]);
    assert_eq!(told, "the token \"ci\" is revoked\n");
    assert!(daemon.answer_to(token).starts_with("HTTP/1.0 401 "));
    let again = place.told(&["token", "revoke", "ci"]);
    assert!(again.starts_with("the token \"ci\" was revoked already, at 20"), "{again}");
    assert!(!place.told(&["token", "list"]).lines().last().unwrap().ends_with("no"));
    let other = place.told(&new);
    assert!(daemon.answer_to(other.trim_end()).ends_with(own));
}

#[test]
fn what_is_wrong_with_a_token_is_said_with_what_to_write() {
    let place = Place::new();
    place.write("lines", &check("everup", "2026-10-01T00:00:00Z"));
    place.told(&["import", "lines"]);
    let refusal = place.refusal(&["token", "revoke", "ci"]);
    assert!(refusal.contains("there is no token \"ci\", nor any other"), "{refusal}");
    let new = |name: &str, scope: &str| {
        place.run(&["token", "new", "--name", name, "--scope", scope])
    };
    let told = |name: &str, scope: &str| {
        let output = new(name, scope);
        assert!(!output.status.success() && output.stdout.is_empty(), "{}", said(&output));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(new("deploy", "maintenance").status.success());
    for (name, scope, words) in [
        ("Deploy bot", "read", "; write it like deploy-bot"),
        ("ci", "maintenence", "'maintenance'"),
        ("deploy", "read", "there is a token \"deploy\" already, made at "),
        ("deploy", "maintenance", "revoke that one first: everup token revoke deploy"),
    ] {
        let refusal = told(name, scope);
        assert!(refusal.contains(words), "{refusal}");
    }
    let refusal = place.refusal(&["token", "revoke", "deplyo"]);
    assert!(
        refusal.contains("no token \"deplyo\"; did you mean \"deploy\"?"),
        "{refusal}"
    );
    let secret = place.told(&["token", "new", "--name", "x", "--scope", "read"]);
    let refusal = place.refusal(&["token", "revoke", secret.trim_end()]);
    assert!(refusal.contains("this is a token itself; give its name"), "{refusal}");
    assert!(!refusal.contains("everup_"), "{refusal}");
    // What nobody could read is no token.
    let mut command = place.command(&["token", "new", "--name", "lost", "--scope", "read"]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command.stdout(full).output().unwrap();
    assert!(
        said(&output).contains("it was revoked, so make it again"),
        "{}",
        said(&output)
    );
    let list = place.told(&["token", "list"]);
    let lost = list.lines().find(|line| line.contains("lost")).unwrap();
    assert!(!lost.trim_end().ends_with("no"), "{list}");
}

/// An instant so long from now.
fn instant(ms_from_now: i64) -> String {
    SystemClock::default().now().plus_ms(ms_from_now).to_string()
}

const HOUR_MS: i64 = 3_600_000;

#[test]
fn maintenance_is_announced_changed_and_called_off_by_command_beside_a_daemon() {
    let place = Place::new();
    let refusal = place.refusal(&["maintenance", "list"]);
    assert!(refusal.contains("there is no database everup.db"), "{refusal}");
    place.write("config.toml", OWN);
    let daemon = place.daemon(&[]);
    let listed = place.told(&["maintenance", "list"]);
    assert!(listed.contains("No maintenance is under way or announced"), "{listed}");
    let (start, end) = (instant(49 * HOUR_MS), instant(51 * HOUR_MS));
    let add = ["maintenance", "add", "--start", &start, "--message", "New disks"];
    let told = place.told(&[&add[..], &["--for", "2h", "--monitor", "api"]].concat());
    for part in
        ["maintenance 1: upcoming", "monitors   api", "its time leaves the uptime figure"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    let again = place.told(&[&add[..], &["--end", &end, "--author", "Ada"]].concat());
    assert!(again.contains("maintenance 2: upcoming"), "{again}");
    let listed = || daemon.page("/maintenance/windows");
    daemon.until("the pages follow", || listed().contains("\"id\":2,"));
    let shorter = instant(50 * HOUR_MS);
    place.told(&["maintenance", "change", "1", "--end", &shorter]);
    let told = place.told(&["maintenance", "cancel", "2", "--author", "Ada"]);
    assert!(told.contains("maintenance 2: cancelled") && told.contains("it never takes place"));
    let again = place.told(&["maintenance", "cancel", "2", "--author", "Ada"]);
    assert!(again.starts_with("This was called off already"), "{again}");
    let told = place.told(&[
        "maintenance",
        "add",
        "--emergency",
        "--for",
        "30m",
        "--message",
        "A disk fails",
    ]);
    assert!(told.contains("maintenance 3: active"), "{told}");
    assert!(told.contains("an emergency: its time counts"), "{told}");
    daemon.until("it is active", || daemon.page("/maintenance").contains("A disk fails"));
    let told = place.told(&["maintenance", "end", "3"]);
    assert!(told.contains("maintenance 3: ended"), "{told}");
    daemon.until("it is over", || daemon.page("/maintenance").ends_with("{\"active\":false}"));
    let table = place.told(&["maintenance", "list", "--all"]);
    let rows: Vec<&str> = table.lines().filter(|line| line.contains(":00")).collect();
    assert_eq!(rows.len(), 3, "{table}");
    assert!(rows.iter().any(|row| row.contains("cancelled")), "{table}");
    let lines = place.told(&["maintenance", "list", "--format", "json"]);
    assert_eq!(lines.lines().count(), 1);
    assert!(lines.starts_with("{\"id\":1,\"status\":\"upcoming\""), "{lines}");
    let shown = place.told(&["maintenance", "show", "2"]);
    assert!(
        shown.contains("announced by Ada") && shown.contains("cancelled by Ada"),
        "{shown}"
    );
    // Elsewhere it is the same window, with the same past.
    place.write("lines", &place.told(&["export"]));
    let imported = place.told(&["import", "--store", "other.db", "lines"]);
    assert!(imported.contains("3 maintenance windows"), "{imported}");
    // There the emergency came first.
    let there = place.told(&["maintenance", "show", "--store", "other.db", "2"]);
    let here = place.told(&["maintenance", "show", "1"]);
    assert_eq!(there, here.replace("maintenance 1:", "maintenance 2:"));
    assert!(here.contains("changed by command line: to "), "{here}");
}

#[test]
fn what_is_wrong_with_maintenance_is_said_with_what_to_write() {
    let place = Place::new();
    place.write("config.toml", OWN);
    drop(place.daemon(&[]));
    let (soon, later) = (instant(HOUR_MS), instant(60 * HOUR_MS));
    let told: [(&[&str], &str); 9] = [
        (
            &["add", "--start", &soon, "--for", "1h"],
            "the earliest start that would do now is",
        ),
        (
            &["add", "--start", "2026-12-01T02:00:00", "--for", "1h"],
            "write it with its zone",
        ),
        (&["add", "--for", "1h"], "--start <INSTANT>"),
        (&["add", "--start", &later], "<--end <INSTANT>|--for <DURATION>>"),
        (&["add", "--start", &later, "--for", "2"], "\"2\" has no unit"),
        (
            &["add", "--start", &later, "--for", "1h", "--monitor", "web"],
            "has the id web",
        ),
        (&["add", "--start", &later, "--for", "0s"], "must end after it begins"),
        (&["end", "7"], "everup maintenance list --all names those that there are"),
        (&["cancel", "x"], "invalid value 'x'"),
    ];
    for (arguments, words) in told {
        let refusal = place.refusal(&[&["maintenance"], arguments].concat());
        assert!(refusal.contains(words), "{arguments:?}: {refusal}");
    }
    place.told(&["maintenance", "add", "--start", &later, "--for", "1h"]);
    let refusal = place.refusal(&["maintenance", "end", "1"]);
    assert!(
        refusal.contains("it has not begun") || refusal.contains("has not begun"),
        "{refusal}"
    );
}

/// A receiver of webhooks that answers with one status, and keeps what it was sent.
struct Hook {
    address: SocketAddr,
    got: Arc<Mutex<Vec<String>>>,
}

impl Hook {
    fn start(status: u16) -> Hook {
        Hook::listen(TcpListener::bind("127.0.0.1:0").unwrap(), status)
    }

    fn listen(listener: TcpListener, status: u16) -> Hook {
        let hook = Hook { address: listener.local_addr().unwrap(), got: Arc::default() };
        let got = hook.got.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut read = Vec::new();
                let mut piece = [0; 4096];
                // The body is JSON on one line, and ends with its brace.
                while !(read.ends_with(b"}")) {
                    match stream.read(&mut piece) {
                        Ok(0) | Err(_) => break,
                        Ok(count) => read.extend_from_slice(&piece[..count]),
                    }
                }
                got.lock().unwrap().push(String::from_utf8(read).unwrap());
                let _ = write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n");
            }
        });
        hook
    }

    fn got(&self) -> Vec<String> {
        self.got.lock().unwrap().clone()
    }
}

/// A channel with a secret wherever there may be one, and a monitor that is down at once.
fn alerting(hook: SocketAddr) -> String {
    format!(
        "[[alert]]\nid = \"ops\"\n\
         webhook = \"http://me:hunter2-password@{hook}/hunter2-path?k=${{HOOK}}\"\n\
         headers = {{ X-Token = \"hunter2-header\" }}\n\
         [[monitor]]\nid = \"api\"\nurl = \"http://127.0.0.1:9/\"\n\
         interval = \"1s\"\ntimeout = \"500ms\"\nfailures = 1\n"
    )
}

#[test]
fn a_channel_is_tried_by_command() {
    let place = Place::new();
    place.write("config.toml", OWN);
    let refusal = place.refusal(&["alert", "test"]);
    assert!(refusal.contains("no [[alert]] is configured"), "{refusal}");
    place.write(".env", "HOOK=hunter2-variable\n");
    let hook = Hook::start(204);
    place.write("config.toml", &alerting(hook.address));
    assert_eq!(place.told(&["alert", "test"]), "ops: taken (HTTP 204)\n");
    assert_eq!(place.told(&["alert", "test", "ops"]), "ops: taken (HTTP 204)\n");
    let got = hook.got();
    assert_eq!(got.len(), 2);
    assert!(
        got[0].starts_with("POST /hunter2-path?k=hunter2-variable HTTP/1.1"),
        "{}",
        got[0]
    );
    assert!(
        got[0].contains("\"event\":\"test\"") && got[0].contains("x-token"),
        "{}",
        got[0]
    );
    assert!(got[0].to_lowercase().contains("authorization: basic"), "{}", got[0]);
    let refusal = place.refusal(&["alert", "test", "opps"]);
    assert!(refusal.contains("did you mean \"ops\"?"), "{refusal}");
    place.write("config.toml", &alerting(Hook::start(403).address));
    let output = place.run(&["alert", "test"]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert_eq!(said, "ops: refused, an alert would be given up: HTTP 403\n");
}

#[test]
fn an_alert_outlives_a_kill_and_no_secret_of_its_channel_is_logged() {
    let place = Place::new();
    place.write(".env", "HOOK=hunter2-variable\n");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    place.write("config.toml", &alerting(port));
    let first = place.daemon(&[]);
    first.until("it is down", || first.log().contains("api is down since"));
    first.until("nobody is there", || first.log().contains("\"ops\" takes no alerts"));
    let log = first.log();
    drop(first);
    assert!(!log.contains("hunter2"), "{log}");
    let hook = Hook::listen(TcpListener::bind(port).unwrap(), 200);
    let second = place.daemon(&[]);
    second.until("it is told", || !hook.got().is_empty());
    second.until("it goes on", || second.page("/").contains("down"));
    let got = hook.got();
    assert_eq!(got.len(), 1, "{got:?}");
    assert!(got[0].contains("\"event\":\"down\""), "{}", got[0]);
    assert!(!second.log().contains("hunter2"), "{}", second.log());
}

/// A backend on a thread of its own: answers 200 to everything.
fn backend() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 4096]);
            let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi";
            let _ = stream.write_all(answer);
        }
    });
    address
}

#[test]
fn a_balancer_that_runs_apart_is_not_the_daemons_and_its_counts_are_kept() {
    let place = Place::new();
    let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let balancer = format!(
        "[[balancer]]\nname = \"Web\"\nlisten = \"{listen}\"\nbackends = [\"http://{}\"]\n",
        backend()
    );
    place.write("config.toml", &balancer);
    let refusal = place.refusal(&["balance"]);
    assert!(
        refusal.contains("no [[balancer]] of config.toml has apart = true"),
        "{refusal}"
    );
    place.write("config.toml", &(balancer + "apart = true\n"));
    let told = place.told(&["validate"]);
    assert_eq!(told, "config.toml is valid: 1 monitor, 1 balancer\n");
    let daemon = place.daemon(&[]);
    assert!(TcpStream::connect(listen).is_err());
    let mut balance = place.command(&["balance"]).spawn().unwrap();
    daemon.until("it takes requests", || TcpStream::connect(listen).is_ok());
    let mut stream = TcpStream::connect(listen).unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("hi"), "{said}");
    drop(daemon);
    let pid = rustix::process::Pid::from_child(&balance);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(balance.wait().unwrap().success());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let kept = runtime.block_on(async {
        let store = Sqlite::open(&place.path("everup.db")).await.unwrap();
        store.requests(Span::ALWAYS).await.unwrap()
    });
    let totals: Vec<_> = kept.values().map(|kept| kept.total.answered).collect();
    assert_eq!(totals, [1]);
}

#[test]
fn a_balancer_whose_address_is_taken_keeps_everup_from_starting() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap();
    let backend = backend();
    place.write(
        "config.toml",
        &format!(
            "[[balancer]]\nid = \"web\"\nlisten = \"{listen}\"\nbackends = [\"http://{backend}\"]\n"
        ),
    );
    let own = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let refusal = place.refusal(&["run", "--listen", &own]);
    let said = format!("the balancer web cannot listen on {listen}");
    assert!(refusal.contains(&said), "{refusal}");
}

#[test]
fn validate_looks_at_the_certificates_of_balancers() {
    let place = Place::new();
    place.write(
        "config.toml",
        "[[balancer]]\nname = \"Web\"\nlisten = \"127.0.0.1:8080\"\n\
         backends = [\"http://127.0.0.1:9\"]\n\
         tls = { certificate = \"nope.pem\", key = \"nope.key\" }\n",
    );
    let output = place.run(&["validate"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.starts_with("balancer \"web\", tls: "), "{told}");
    assert!(told.contains("nope.pem cannot be read"), "{told}");
}
