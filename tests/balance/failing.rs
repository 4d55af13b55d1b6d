//! What happens when backends fail: `docs/balancer.md` has these rules in words.

use super::backend::{Backend, Does};
use super::world::{Visitor, get, over, over_with, post, standing, until};
use everup::balance::pool::Standing;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Checks so seldom that only requests show anything.
const NEVER: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_backend_that_refuses_connections_costs_no_request_not_even_an_unsafe_one() {
    let (mut a, b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over_with(&[&a, &b], |settings| settings.health.interval = NEVER).await;
    // After the first checks.
    tokio::time::sleep(Duration::from_millis(100)).await;
    a.kill();
    let mut visitor = Visitor::come(balancer.address()).await;
    for n in 0..10 {
        assert_eq!(visitor.ask(post("/", &n.to_string())).await.text(), "b");
    }
    let bodies: Vec<_> = b.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, (0..10).map(|n| n.to_string().into_bytes()).collect::<Vec<_>>());
    assert_ne!(standing(&balancer, "a"), Standing::Well);
    let tally = balancer.pool.counts.read();
    assert_eq!((tally.answered, tally.failed), (10, 0));
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_costs_no_request() {
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    for _ in 0..5 {
        assert_eq!(visitor.ask(get("/")).await.text(), "a");
        a.hang_up();
    }
    // Without waiting until the end has arrived, and with a body.
    for _ in 0..5 {
        a.hang_up();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(visitor.ask(post("/", "x")).await.text(), "a");
    }
    assert_eq!(balancer.pool.counts.read().failed, 0);
    assert_eq!(standing(&balancer, "a"), Standing::Well);
}

#[tokio::test]
async fn what_may_be_repeated_is_repeated_after_a_reset_before_the_answer() {
    let (a, b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over(&[&a, &b]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    a.next(Does::Resets);
    assert_eq!(visitor.ask(get("/once")).await.text(), "b");
    assert_eq!((a.seen().len(), b.seen().len()), (1, 1));
    assert_eq!(a.seen()[0], b.seen()[0]);
    assert_eq!(balancer.pool.counts.read().repeated, 1);
}

#[tokio::test]
async fn what_may_not_be_repeated_is_told_and_not_repeated() {
    let (a, b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over(&[&a, &b]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    a.next(Does::Resets);
    let answer = visitor.ask(post("/order", "1")).await;
    assert_eq!(answer.status, 502);
    assert_eq!((a.seen().len(), b.seen().len()), (1, 0));
    // Nor is what has a body, though its method would allow it: nobody has kept it.
    b.next(Does::Resets);
    let put = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
    assert_eq!(visitor.ask(put).await.status, 502);
    assert_eq!((a.seen().len(), b.seen().len()), (1, 1));
    assert_eq!(balancer.pool.counts.read().failed, 2);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_repeated_and_not_taken_for_whole() {
    for begun in [
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let (a, b) = (Backend::start("a").await, Backend::start("b").await);
        let balancer = over(&[&a, &b]).await;
        for backend in [&a, &b] {
            backend.next(Does::SaysAndCloses(begun.as_bytes().to_vec()));
        }
        let mut visitor = Visitor::come(balancer.address()).await;
        visitor.say(get("/")).await;
        // What was there when it broke off may have been sent already, or not.
        if let Some(answer) = visitor.hear(true).await {
            assert!(answer.text().contains("half") && !answer.text().ends_with("0\r\n\r\n"));
        }
        assert!(visitor.is_left().await);
        until(|| balancer.pool.counts.read().cut == 1).await;
        assert_eq!(a.seen().len() + b.seen().len(), 1);
    }
}

#[tokio::test]
async fn answers_that_a_client_can_cause_never_take_a_backend_out() {
    let (a, b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over(&[&a, &b]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    for _ in 0..20 {
        a.next(Does::answers(500, "broken"));
        assert_eq!(visitor.ask(get("/")).await.status, 500);
        assert_eq!(visitor.ask(get("/")).await.text(), "b");
    }
    assert_eq!(standing(&balancer, "a"), Standing::Well);
    assert_eq!(balancer.pool.counts.read().server_errors, 20);
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_told_and_takes_nobody_out() {
    let (a, b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over(&[&a, &b]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    let garbled = [
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
    ];
    for answer in garbled {
        a.next(Does::Says(answer.as_bytes().to_vec()));
        assert_eq!(visitor.ask(get("/")).await.status, 502, "{answer}");
        assert_eq!(visitor.ask(get("/")).await.text(), "b");
    }
    assert_eq!(standing(&balancer, "a"), Standing::Well);
    assert_eq!((a.seen().len(), b.seen().len()), (4, 4));
}

#[tokio::test]
async fn at_most_half_are_put_aside_by_requests_and_never_the_last() {
    let mut backends = vec![];
    for name in ["a", "b", "c"] {
        backends.push(Backend::start(name).await);
    }
    let all: Vec<&Backend> = backends.iter().collect();
    let balancer = over_with(&all, |settings| {
        settings.health.interval = NEVER;
        settings.timeouts.first_byte = Duration::from_millis(100);
    })
    .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    for backend in &backends {
        (0..20).for_each(|_| backend.next(Does::IsSilent));
    }
    for _ in 0..12 {
        let mut visitor = Visitor::come(balancer.address()).await;
        assert_eq!(visitor.ask(post("/", "x")).await.status, 504);
        let away = balancer.pool.backends.iter();
        let away = away.filter(|backend| backend.standing() == Standing::Ejected).count();
        assert!(away <= 1, "{away} of 3 are put aside");
    }
    // The checks say otherwise, so it is back soon.
    until(|| {
        ["a", "b", "c"]
            .iter()
            .all(|name| standing(&balancer, name) == Standing::Well)
    })
    .await;
}

#[tokio::test]
async fn a_backend_whose_checks_fail_gets_nothing_until_they_are_good_again() {
    let (a, b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over_with(&[&a, &b], |settings| {
        settings.health.interval = Duration::from_millis(200);
    })
    .await;
    a.health(Does::answers(503, "starting"));
    until(|| standing(&balancer, "a") == Standing::Unwell).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    for _ in 0..10 {
        assert_eq!(visitor.ask(get("/")).await.text(), "b");
    }
    a.health(Does::answers(204, ""));
    until(|| standing(&balancer, "a") == Standing::Well).await;
    let names = [visitor.ask(get("/")).await, visitor.ask(get("/")).await];
    assert!(names.iter().any(|answer| answer.text() == "a"));
}

#[tokio::test]
async fn when_all_are_gone_visitors_are_told_within_a_second_and_served_again_within_five() {
    let (mut a, mut b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over(&[&a, &b]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    visitor.ask(get("/")).await;
    a.kill();
    b.kill();
    let killed = Instant::now();
    loop {
        let mut visitor = Visitor::come(balancer.address()).await;
        let answer = visitor.ask(get("/")).await;
        if answer.status == 503 {
            assert_eq!(answer.header("retry-after"), Some("4"));
            break;
        }
        assert_eq!(answer.status, 502);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let took = killed.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
    a.revive().await;
    let revived = Instant::now();
    loop {
        let mut visitor = Visitor::come(balancer.address()).await;
        if visitor.ask(get("/")).await.status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = revived.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn a_pool_that_fails_open_tries_all_the_same() {
    let a = Backend::start("a").await;
    a.health(Does::answers(404, "no such page"));
    let balancer = over_with(&[&a], |settings| settings.fail_open = true).await;
    until(|| standing(&balancer, "a") == Standing::Unwell).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    assert_eq!(visitor.ask(get("/")).await.text(), "a");
}

#[tokio::test]
async fn a_backend_that_does_not_answer_in_time_is_not_asked_twice() {
    let (a, b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over_with(&[&a, &b], |settings| {
        settings.timeouts.first_byte = Duration::from_millis(200);
    })
    .await;
    a.next(Does::IsSilent);
    let mut visitor = Visitor::come(balancer.address()).await;
    assert_eq!(visitor.ask(get("/")).await.status, 504);
    assert_eq!((a.seen().len(), b.seen().len()), (1, 0));
    // And the visitor goes on.
    assert_eq!(visitor.ask(get("/")).await.text(), "b");
}

#[tokio::test]
async fn an_answer_that_stops_half_way_is_not_waited_for_for_ever() {
    let a = Backend::start("a").await;
    let balancer = over_with(&[&a], |settings| {
        settings.timeouts.idle = Duration::from_millis(200);
    })
    .await;
    a.next(Does::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_vec()));
    let mut visitor = Visitor::come(balancer.address()).await;
    let answer = visitor.ask(get("/")).await;
    assert_eq!(answer.text(), "half");
    assert!(visitor.is_left().await);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for_for_ever_and_is_no_fault_of_the_backend() {
    let a = Backend::start("a").await;
    let balancer = over_with(&[&a], |settings| {
        settings.timeouts.idle = Duration::from_millis(200);
    })
    .await;
    for _ in 0..3 {
        let mut visitor = Visitor::come(balancer.address()).await;
        let slow = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf";
        assert_eq!(visitor.ask(slow).await.status, 408);
        assert!(visitor.is_left().await);
    }
    assert_eq!(balancer.pool.counts.read().refused, 3);
    assert!(!balancer.pool.backends[0].is_suspect());
    assert!(a.seen().is_empty());
}

#[tokio::test]
async fn one_that_is_drained_finishes_and_gets_nothing_new() {
    let (a, b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over(&[&a, &b]).await;
    let id = balancer.pool.backends[0].settings.id.clone();
    let mut slow = Visitor::come(balancer.address()).await;
    slow.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx").await;
    until(|| balancer.pool.backends[0].under_way() == 1).await;
    assert_eq!(balancer.pool.drain(&id, true), Some(true));
    assert_eq!(standing(&balancer, "a"), Standing::Drained);
    let mut visitor = Visitor::come(balancer.address()).await;
    for _ in 0..6 {
        assert_eq!(visitor.ask(get("/")).await.text(), "b");
    }
    slow.say("y").await;
    assert_eq!(slow.hear(true).await.unwrap().text(), "a");
    assert_eq!(balancer.pool.backends[0].under_way(), 0);
    assert_eq!(balancer.pool.drain(&id, false), Some(true));
    let names = [visitor.ask(get("/")).await, visitor.ask(get("/")).await];
    assert!(names.iter().any(|answer| answer.text() == "a"));
}

#[tokio::test]
async fn one_that_is_back_begins_with_a_part_of_its_share() {
    let (mut a, b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over_with(&[&a, &b], |settings| {
        settings.slow_start = Duration::from_secs(600);
        settings.health.interval = Duration::from_millis(100);
    })
    .await;
    a.kill();
    until(|| standing(&balancer, "a") == Standing::Unwell).await;
    a.revive().await;
    until(|| standing(&balancer, "a") == Standing::Well).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    for _ in 0..110 {
        visitor.ask(get("/")).await;
    }
    assert_eq!((a.seen().len(), b.seen().len()), (10, 100));
}

/// 64 visitors ask without a pause while one of two backends is killed and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_the_end_of_one_of_two_backends_costs_no_request() {
    let (mut a, b) = (Backend::start("a").await, Backend::start("b").await);
    let balancer = over(&[&a, &b]).await;
    let address = balancer.address();
    let stop = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicUsize::new(0));
    let visitors: Vec<_> = (0..64)
        .map(|_| {
            let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
            tokio::spawn(async move {
                let mut visitor = Visitor::come(address).await;
                while !stop.load(Ordering::Relaxed) {
                    let answer = visitor.ask(get("/")).await;
                    assert_eq!(answer.status, 200, "{}", answer.head);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let some = |so_far: usize| {
        let answered = Arc::clone(&answered);
        until(move || answered.load(Ordering::Relaxed) > so_far + 500)
    };
    some(0).await;
    a.kill();
    some(answered.load(Ordering::Relaxed)).await;
    a.revive().await;
    until(|| standing(&balancer, "a") == Standing::Well).await;
    let before = a.seen().len();
    until(|| a.seen().len() > before + 100).await;
    stop.store(true, Ordering::Relaxed);
    for visitor in visitors {
        visitor.await.unwrap();
    }
    let tally = balancer.pool.counts.read();
    assert_eq!((tally.failed, tally.cut, tally.server_errors), (0, 0, 0));
    assert_eq!(tally.answered, answered.load(Ordering::Relaxed) as u64);
}
