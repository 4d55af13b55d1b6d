//! Two everups over one database, as a user starts them: real processes, real lengths of
//! time. One watches; when it is killed or stands still, the other goes on.

mod daemon;
mod ledger;
#[path = "../support/mod.rs"]
mod support;

use daemon::{Daemon, Pair};
use everup::domain::lease::LENGTH_MS;
use rustix::process::Signal;
use std::time::{Duration, Instant};
use support::behaviour::Behaviour;
use support::receiver::Receiver;
use support::target::Target;

/// By then the other one watches, whatever has happened.
const BY_THEN: Duration = Duration::from_secs(13);

/// Monitors that are checked each second, and those for which a grace is promised: each
/// minute, in phases all over it.
fn config(target: &Target, receiver: &Receiver) -> String {
    let mut config =
        format!("[[alert]]\nid = \"ops\"\nwebhook = \"{}\"\n", receiver.url("/hook"));
    for id in ["quick", "flapping"] {
        let url = target.url_of(&format!("/{id}"));
        config += &format!(
            "[[monitor]]\nid = \"{id}\"\nurl = \"{url}\"\ninterval = \"1s\"\n\
             timeout = \"500ms\"\nfailures = 1\n"
        );
    }
    for n in 0..ledger::MINUTES {
        let url = target.url_of(&format!("/minute{n}"));
        config += &format!("[[monitor]]\nid = \"minute{n}\"\nurl = \"{url}\"\n");
    }
    config
}

/// Waits until the fence is above that, and gives how long that took.
async fn taken_over(pair: &Pair, fence: i64, since: Instant) -> Duration {
    while pair.ledger.fence().await <= fence {
        assert!(since.elapsed() < 2 * BY_THEN, "nobody takes over: {}", pair.logs());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    since.elapsed()
}

/// Mutants: a lease that is never looked at again; checks of the last tenure that are
/// planned as if they were kept; an alert that is told by whoever stood still.
#[tokio::test]
async fn whoever_is_killed_or_stands_still_is_replaced_and_nothing_is_lost_or_doubled() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let mut pair = Pair::start(&config(&target, &receiver)).await;
    let mut news: Vec<&str> = Vec::new();
    for round in 0..4 {
        let is_kill = round % 2 == 0;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let fence = pair.ledger.fence().await;
        // What is down just before is told by whoever can; what waits, by whoever is there.
        receiver.answer(503);
        target.answer_at("/flapping", Behaviour::status(502));
        pair.ledger.until_waiting(1).await;
        let before = receiver.got().len();
        let since = Instant::now();
        let active = pair.active();
        let looked_before = pair.ledger.newest("quick").await;
        if is_kill {
            pair.kill(active);
        } else {
            pair.signal(active, Signal::STOP);
        }
        let took = taken_over(&pair, fence, since).await;
        pair.ledger.until_newer("quick", looked_before).await;
        let probed = since.elapsed();
        eprintln!("round {round}: taken over after {took:?}, probed after {probed:?}");
        assert!(probed < BY_THEN, "{probed:?}: {}", pair.logs());
        if is_kill {
            assert!(took < Duration::from_secs(3), "its lock was gone: {took:?}");
        } else {
            let length = Duration::from_millis(LENGTH_MS.unsigned_abs());
            assert!(took >= length - Duration::from_secs(3) - Duration::from_millis(100));
        }
        let tried = receiver.got().len() - before;
        receiver.answer(200);
        news.push("down flapping");
        pair.ledger.until_waiting(0).await;
        let told = receiver.got().len() - before - tried;
        assert_eq!(told, 1, "{:?}", receiver.news());
        if is_kill {
            pair.start_again(active).await;
        } else {
            pair.signal(active, Signal::CONT);
        }
        let other = &pair.daemons[1 - active];
        pair.daemons[active].until("it stands by", |daemon| daemon.role() == "standby");
        assert_eq!(other.role(), "active");
        target.answer_at("/flapping", Behaviour::ok());
        let got = receiver.until(before + tried + 2).await;
        assert_eq!(got.last().unwrap().news(), "up flapping");
        news.push("up flapping");
        // Both show the same, and only one looks.
        for daemon in &pair.daemons {
            daemon.until("it shows that all is well", |daemon| {
                daemon.page("/").contains("monitors are up")
            });
        }
        let asked = target.requests().len();
        tokio::time::sleep(Duration::from_secs(3)).await;
        let asked = target.requests().len() - asked;
        assert!(asked <= 2 * 4 + ledger::MINUTES, "two of them look: {asked}");
        assert_eq!(receiver.got().len(), before + tried + 2, "{:?}", receiver.news());
    }
    assert_eq!(pair.ledger.told().await, news);
    pair.ledger.has_each_slot_once_and_no_gap().await;
}

#[tokio::test]
async fn a_stop_in_order_hands_over_at_once() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let mut pair = Pair::start(&config(&target, &receiver)).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    for _ in 0..2 {
        let (active, fence) = (pair.active(), pair.ledger.fence().await);
        let since = Instant::now();
        pair.signal(active, Signal::TERM);
        // Given up, and taken.
        let took = taken_over(&pair, fence + 1, since).await;
        let last = pair.ledger.newest("quick").await;
        pair.ledger.until_newer("quick", last).await;
        eprintln!("handed over after {took:?}, probed after {:?}", since.elapsed());
        assert!(since.elapsed() < Duration::from_secs(4), "{}", pair.logs());
        assert!(pair.ended_well(active));
        pair.start_again(active).await;
        assert_eq!(pair.daemons[active].role(), "standby");
    }
    assert_eq!(receiver.got().len(), 0);
}

#[tokio::test]
async fn two_on_one_port_are_refused_and_a_first_token_is_made_once() {
    let (target, receiver) = (Target::start().await, Receiver::start().await);
    let pair = Pair::start(&config(&target, &receiver)).await;
    let output = pair.run_on(pair.daemons[0].address);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("cannot listen on"), "{said}");
    let tokens = pair.daemons.iter().filter(|daemon| daemon.said().contains("first token"));
    assert_eq!(tokens.count(), 1);
    drop::<Vec<Daemon>>(pair.daemons);
}
