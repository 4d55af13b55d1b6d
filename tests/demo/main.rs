//! `everup demo` as a newcomer starts it: a real program that starts others, shows a past that
//! never was, and leaves nothing behind.

mod show;

use rustix::process::Signal;
use show::{Show, everup, lives, page, send, until_gone};
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// What every page and every form says.
const MARK: &str = "were made up by everup demo";

/// The month before the running one, by the clock of this machine, as the report names it.
fn last_month(show: &Show) -> String {
    let said = show.said();
    let line = said.lines().find(|line| line.contains("everup report --month")).unwrap();
    line.split("--month ").nth(1).unwrap().split(' ').next().unwrap().to_owned()
}

/// Mutants: a frame without its warning; a closed month without it in its head.
#[test]
fn everything_that_shows_the_past_says_that_it_was_made_up() {
    let mut show = Show::start();
    let month = last_month(&show);
    let addresses = show.addresses();
    assert_eq!(addresses.len(), 3, "{}", show.said());
    for address in &addresses {
        let of_checkout = format!("/monitors/checkout?month={month}");
        let report = format!("/report/{month}");
        for path in ["/", &of_checkout, "/groups/shop", &report, "/monitors/search/explain"] {
            let page = page(address, path);
            assert!(page.starts_with("HTTP/1.0 200") || page.starts_with("HTTP/1.1 200"));
            assert!(page.contains(MARK), "{address}{path}: {page}");
            assert!(page.contains("<title>Demonstration: "), "{address}{path}");
        }
        for form in ["txt", "md", "csv"] {
            let text = page(address, &format!("/report/{month}.{form}"));
            assert!(text.contains(MARK), "{address} {form}: {text}");
        }
    }
    for path in ["monitors/search", "groups/shop"] {
        let told = page(&addresses[0], &format!("/api/v1/{path}/explain?month={month}"));
        assert!(told.contains(r#""made_up":{"by":"everup-demo","from":""#), "{path}: {told}");
    }
    // A closed month is marked in what is sealed, and whoever verifies it is told.
    let json = page(&addresses[0], &format!("/report/{month}.json"));
    let json = json.split("\r\n\r\n").nth(1).unwrap();
    assert!(json.contains(r#""closed":true,"made_up":{"by":"everup-demo","from":""#));
    let file = show.folder().join("closed.json");
    std::fs::write(&file, json).unwrap();
    let verified = show.run(&["verify", file.to_str().unwrap()]);
    let verified = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.contains("is sound") && verified.contains(MARK), "{verified}");
    let unmarked = json.replacen("everup-demo", "everup", 1);
    std::fs::write(&file, unmarked).unwrap();
    assert!(!show.run(&["verify", file.to_str().unwrap()]).status.success());
    // It is not the page alone that is checked: outages come and go, and are told.
    show.until("everup tells: Checkout is down");
    show.until("everup tells: Checkout is up again");
    show.signal(Signal::TERM);
    assert!(show.ended().success());
    assert_eq!(show.left(), Vec::<std::path::PathBuf>::new());
}

/// Mutant: a process that is not started again.
#[test]
fn whoever_watches_may_be_killed_and_ctrl_c_ends_all_of_it() {
    let mut show = Show::start();
    let processes = show.processes();
    assert_eq!(processes.len(), 3, "{}", show.said());
    let balancer = &show.addresses()[0];
    send(processes[0], Signal::KILL);
    let died = show.until("has ended: killed by signal 9");
    assert!(died.contains(&format!("(process {})", processes[0])), "{died}");
    for _ in 0..20 {
        assert!(page(balancer, "/").contains(MARK));
    }
    let watches = show.until("watches now");
    assert!(watches.contains(&format!("(process {})", processes[1])), "{watches}");
    let again = show.until("was started again: process ");
    let again: i32 = again.split("process ").nth(1).unwrap().parse().unwrap();
    assert!(lives(again));
    show.press_ctrl_c();
    assert!(show.ended().success(), "{}", show.said());
    for pid in [again, processes[1], processes[2]] {
        assert!(!lives(pid), "{pid} has outlived it: {}", show.said());
    }
    assert_eq!(show.left(), Vec::<std::path::PathBuf>::new());
    assert!(show.said().contains("It is gone, with its folder."));
}

/// Mutant: children that do not ask who started them.
#[test]
fn nothing_outlives_a_demonstration_that_was_killed() {
    let mut show = Show::start();
    let processes = show.processes();
    show.signal(Signal::KILL);
    assert!(!show.ended().success());
    let took = until_gone(&processes);
    assert!(took < Duration::from_secs(10), "{took:?}");
    // Nobody was left to remove its folder.
    assert_eq!(show.left(), [show.folder()]);
}

#[test]
fn a_closed_terminal_ends_it_at_its_start_too_and_an_address_that_is_taken_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = held.local_addr().unwrap().to_string();
    let output = everup(folder.path(), &["demo", "--listen", &taken]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("cannot listen on"), "{said}");
    let output = everup(folder.path(), &["demo", "--store", "mine.db"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("leave out --config"), "{said}");
    let mut child = everup(folder.path(), &["demo", "--listen", "127.0.0.1:0"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while std::fs::read_dir(folder.path()).unwrap().count() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "it makes no folder");
        std::thread::sleep(Duration::from_millis(5));
    }
    send(i32::try_from(child.id()).unwrap(), Signal::HUP);
    assert!(child.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
