//! Balancers of a configuration: what their visitors get, what is kept of it, and who is out.

use crate::app::{START, TestApp, one};
use crate::support::behaviour::Behaviour;
use crate::support::target::Target;
use everup::clock::Clock;
use everup::domain::maintenance::MaintenanceWindow;
use everup::domain::monitor::MonitorId;
use everup::domain::span::Span;
use everup::domain::timestamp::{HOUR_MS, MINUTE_MS};
use everup::domain::token::{Scope, TokenName};
use everup::store::contract::Store;
use everup::store::requests::{DrainAction, Kept, Place};
use everup::store::secret::Secret;
use everup::store::token::NewToken;
use reqwest::Method;
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Nothing here takes this long; what does is stuck.
const PATIENCE: Duration = Duration::from_secs(20);

pub fn id(text: &str) -> MonitorId {
    MonitorId::new(text).unwrap()
}

/// An address that nobody listens on.
pub fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A balancer named Web, over these.
pub fn web(listen: SocketAddr, targets: &[&Target]) -> String {
    let backends: Vec<String> = targets
        .iter()
        .map(|target| format!("\"http://{}\"", target.address()))
        .collect();
    format!(
        "[[balancer]]\nname = \"Web\"\nlisten = \"{listen}\"\nbackends = [{}]\n",
        backends.join(", ")
    )
}

/// Asks for `/x` once, over a connection of its own, and gives the status.
pub async fn visit(listen: SocketAddr) -> u16 {
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build();
    client
        .unwrap()
        .get(format!("http://{listen}/x"))
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

/// How many visitors a target has had.
fn visitors(target: &Target) -> usize {
    target.requests().iter().filter(|head| head.starts_with("GET /x ")).count()
}

/// Asks again and again until a target gets nobody any more, or somebody again.
async fn until_it_gets(target: &Target, listen: SocketAddr, some: bool) {
    let started = Instant::now();
    loop {
        let before = visitors(target);
        for _ in 0..20 {
            assert_eq!(visit(listen).await, 200);
        }
        if (visitors(target) > before) == some {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "it gets some: {}", !some);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn kept(store: &impl Store) -> Kept {
    store
        .requests(Span::ALWAYS)
        .await
        .unwrap()
        .remove(&id("web"))
        .unwrap_or_default()
}

#[tokio::test]
async fn a_balancer_serves_and_each_minute_what_it_counted_is_kept() {
    let (first, second) = (Target::start().await, Target::start().await);
    let listen = free();
    let mut app = TestApp::start(&web(listen, &[&first, &second])).await;
    for _ in 0..10 {
        assert_eq!(visit(listen).await, 200);
    }
    first.answer_at("/x", Behaviour::status(503));
    second.answer_at("/x", Behaviour::status(503));
    let mut errors = 0;
    for _ in 0..9 {
        errors += u64::from(visit(listen).await == 503);
    }
    first.answer_at("/x", Behaviour::status(404));
    second.answer_at("/x", Behaviour::status(404));
    assert_eq!(visit(listen).await, 404);
    app.pass_ms(MINUTE_MS).await;
    let store = app.store().await;
    let started = Instant::now();
    while kept(&store).await.total.total() < 20 {
        assert!(started.elapsed() < PATIENCE, "{:?}", kept(&store).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let requests = kept(&store).await;
    assert_eq!((requests.total.total(), requests.total.errors()), (20, errors));
    let each = requests.backends.values().map(|backend| backend.total());
    assert_eq!(each.sum::<u64>(), 20);
    assert_eq!(requests.counted.as_slice()[0].from, START);
    // The backends are watched like any other, and the balancer is their group.
    let page = app.text("/").await;
    assert!(page.contains("Web 1") && page.contains("Web 2"), "{page}");
    assert_eq!(app.get("/monitors/web-1").await.0, 200);
    let said = format!(
        "No backend was down; visitors saw {errors} errors of 20 requests (counted since \
         2026-11-10 12:00:00)."
    );
    assert!(page.contains(&format!("Requests in November 2026 Web: {said}")), "{page}");
    let group = app.text("/groups/web").await;
    assert!(group.contains(&format!("Requests in November 2026{said}")), "{group}");
    // What comes after the last minute is kept when it ends.
    visit(listen).await;
    app.restart_after(MINUTE_MS).await;
    let requests = kept(&store).await;
    assert_eq!(requests.total.total(), 21);
    // The minute in which it did not run is not counted.
    assert!(!requests.counted.contains(app.clock.now().plus_ms(-1)), "{requests:?}");
    app.stop().await;
}

#[tokio::test]
async fn what_the_database_refuses_waits_also_where_its_balancer_is_gone_meanwhile() {
    /// The clerk looks each second: by then it has tried.
    const TRIED: Duration = Duration::from_millis(2_500);
    let target = Target::start().await;
    let listen = free();
    let other = one("api", target.url().as_str());
    let mut app = TestApp::start(&(other.clone() + &web(listen, &[&target]))).await;
    app.execute(
        "CREATE TRIGGER full BEFORE INSERT ON request_minute
         BEGIN SELECT raise(ABORT, 'the disk is full'); END",
    )
    .await;
    visit(listen).await;
    app.pass_ms(MINUTE_MS).await;
    tokio::time::sleep(TRIED).await;
    app.change(&other).await;
    app.pass_ms(MINUTE_MS).await;
    tokio::time::sleep(TRIED).await;
    let store = app.store().await;
    assert!(kept(&store).await.total.is_empty());
    app.execute("DROP TRIGGER full").await;
    app.pass_ms(MINUTE_MS).await;
    let started = Instant::now();
    while kept(&store).await.total.answered < 1 {
        assert!(started.elapsed() < PATIENCE, "it is lost");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn a_clock_that_goes_back_loses_no_request_and_takes_back_no_counted_time() {
    let target = Target::start().await;
    let listen = free();
    let app = TestApp::start(&web(listen, &[&target])).await;
    let store = app.store().await;
    let until_kept = async |count: u64| {
        let started = Instant::now();
        loop {
            let kept = kept(&store).await;
            if kept.total.total() >= count {
                return kept;
            }
            assert!(started.elapsed() < PATIENCE, "{kept:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    visit(listen).await;
    app.pass_ms(2 * MINUTE_MS).await;
    let before = until_kept(1).await.counted;
    app.jump_ms(-HOUR_MS).await;
    visit(listen).await;
    app.pass_ms(MINUTE_MS).await;
    let after = until_kept(2).await;
    assert_eq!(after.total.answered, 2);
    assert_eq!(after.counted.intersect(&before), before, "{after:?}");
    app.stop().await;
    assert_eq!(kept(&store).await.total.answered, 2);
}

#[tokio::test]
async fn a_backend_is_taken_out_by_another_process_and_stays_so_over_a_restart() {
    let (first, second) = (Target::start().await, Target::start().await);
    let listen = free();
    let mut app = TestApp::start(&web(listen, &[&first, &second])).await;
    until_it_gets(&first, listen, true).await;
    let store = app.store().await;
    let place = Place { balancer: id("web"), backend: id("web-1") };
    store.set_drain(&place, DrainAction::Drained, START, "ci").await.unwrap();
    until_it_gets(&first, listen, false).await;
    app.restart_after(MINUTE_MS).await;
    until_it_gets(&first, listen, false).await;
    store.set_drain(&place, DrainAction::Undrained, START, "ci").await.unwrap();
    until_it_gets(&first, listen, true).await;
    app.stop().await;
}

#[tokio::test]
async fn a_balancer_that_is_renamed_or_changed_refuses_nobody_and_nobody_who_is_out_gets_any() {
    let (first, second) = (Target::start().await, Target::start().await);
    let listen = free();
    let config = web(listen, &[&first, &second]);
    let mut app = TestApp::start(&config).await;
    let store = app.store().await;
    for balancer in ["web", "net"] {
        let backend = id(&format!("{balancer}-1"));
        let place = Place { balancer: id(balancer), backend };
        store.set_drain(&place, DrainAction::Drained, START, "ci").await.unwrap();
    }
    until_it_gets(&first, listen, false).await;
    let before = visitors(&first);
    let over = Arc::new(AtomicBool::new(false));
    let (ends, coming) = (over.clone(), Arc::new(AtomicUsize::new(0)));
    let came = coming.clone();
    let crowd = tokio::spawn(async move {
        while !ends.load(Ordering::Relaxed) {
            assert_eq!(visit(listen).await, 200);
            came.fetch_add(1, Ordering::Relaxed);
        }
    });
    for round in 0..6 {
        let name = ["Web", "Net"][round % 2];
        let slow_start = format!("slow_start = \"{}s\"\n", round + 1);
        app.change(&(config.replace("\"Web\"", &format!("\"{name}\"")) + &slow_start))
            .await;
        let so_far = coming.load(Ordering::Relaxed);
        let started = Instant::now();
        while coming.load(Ordering::Relaxed) < so_far + 20 {
            assert!(started.elapsed() < PATIENCE && !crowd.is_finished(), "nobody comes");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    over.store(true, Ordering::Relaxed);
    crowd.await.unwrap();
    assert_eq!(visitors(&first), before);
    app.restart_after(MINUTE_MS).await;
    for _ in 0..20 {
        assert_eq!(visit(listen).await, 200);
    }
    assert_eq!(visitors(&first), before);
    app.stop().await;
}

#[tokio::test]
async fn a_backend_in_maintenance_gets_no_requests_unless_all_of_them_are() {
    let (first, second) = (Target::start().await, Target::start().await);
    let listen = free();
    let app = TestApp::start(&web(listen, &[&first, &second])).await;
    until_it_gets(&first, listen, true).await;
    let store = app.store().await;
    let announce = async |monitors: &[&str]| {
        let now = app.clock.now();
        let window = MaintenanceWindow {
            announced_at: now,
            start: now.plus_ms(MINUTE_MS),
            end: now.plus_ms(HOUR_MS),
            cancelled_at: None,
            message: monitors.join(" "),
            monitors: monitors.iter().map(|one| id(one)).collect(),
            emergency: true,
        };
        store.announce(&window, None, "ci").await.unwrap();
    };
    // About everything: nobody is taken out.
    announce(&[]).await;
    announce(&["web-1"]).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    until_it_gets(&first, listen, true).await;
    app.clock.advance_ms(MINUTE_MS);
    until_it_gets(&first, listen, false).await;
    announce(&["web-2"]).await;
    app.clock.advance_ms(MINUTE_MS);
    until_it_gets(&first, listen, true).await;
    app.clock.advance_ms(HOUR_MS);
    until_it_gets(&second, listen, true).await;
    app.stop().await;
}

/// Asks over a connection that is kept; nothing where that is closed.
async fn ask(stream: &mut TcpStream) -> String {
    let request = b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n";
    let mut said = vec![0; 4096];
    let _ = stream.write_all(request).await;
    let count = stream.read(&mut said).await.unwrap_or(0);
    String::from_utf8_lossy(&said[..count]).into_owned()
}

#[tokio::test]
async fn a_balancer_that_stays_as_it_is_keeps_its_connections_over_a_change() {
    let (first, second) = (Target::start().await, Target::start().await);
    let listen = free();
    let before = web(listen, &[&first]);
    let mut app = TestApp::start(&before).await;
    let mut stream = TcpStream::connect(listen).await.unwrap();
    assert!(ask(&mut stream).await.starts_with("HTTP/1.1 200"));
    app.change(&(one("api", second.url().as_str()) + &before)).await;
    assert!(ask(&mut stream).await.starts_with("HTTP/1.1 200"));
    // Changed, it begins anew at the same address, and what was counted goes on.
    app.change(&web(listen, &[&second])).await;
    assert_eq!(visit(listen).await, 200);
    assert_eq!(visitors(&second), 1);
    // Another's address cannot be had: it stays where it is.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    app.change(&web(taken.local_addr().unwrap(), &[&second])).await;
    assert_eq!(visit(listen).await, 200);
    let elsewhere = free();
    app.change(&web(elsewhere, &[&second])).await;
    assert_eq!(visit(elsewhere).await, 200);
    assert!(TcpStream::connect(listen).await.is_err());
    app.change(&one("api", second.url().as_str())).await;
    assert!(TcpStream::connect(elsewhere).await.is_err());
    let store = app.store().await;
    app.restart_after(MINUTE_MS).await;
    assert_eq!(kept(&store).await.total.answered, 5);
    app.stop().await;
}

/// What the endpoints under `/admin` answer.
struct Admin<'a> {
    app: &'a TestApp,
    token: String,
}

impl Admin<'_> {
    async fn send(&self, method: Method, path: &str) -> (u16, Value) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.request(method, self.app.url(path)).bearer_auth(&self.token);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let (status, said) = self.send(Method::GET, path).await;
        assert_eq!(status, 200, "{said}");
        said
    }
}

#[tokio::test]
async fn an_administrator_sees_how_backends_stand_and_takes_one_out() {
    let (first, second) = (Target::start().await, Target::start().await);
    let listen = free();
    let apart = format!(
        "[[balancer]]\nid = \"far\"\nlisten = \"{}\"\nbackends = [\"http://127.0.0.1:9\"]\n\
         apart = true\n",
        free()
    );
    let app = TestApp::start(&(web(listen, &[&first, &second]) + &apart)).await;
    let admin = Admin { app: &app, token: app.first_token().await.unwrap() };
    assert_eq!(visit(listen).await, 200);
    let list = admin.get("/admin/balancers").await;
    let of = |number: usize| &list["balancers"][number];
    assert_eq!((of(0)["id"].as_str(), of(1)["id"].as_str()), (Some("web"), Some("far")));
    assert_eq!((&of(0)["runs_here"], &of(1)["runs_here"]), (&json!(true), &json!(false)));
    assert_eq!((&of(1)["requests"], &of(1)["apart"]), (&Value::Null, &json!(true)));
    assert_eq!(of(1)["backends"][0]["standing"], Value::Null);
    let seen = admin.get("/admin/balancers/web").await;
    assert_eq!(&seen, of(0));
    assert_eq!(seen["listen"], json!(listen.to_string()));
    assert_eq!(
        (&seen["requests"]["total"], &seen["requests"]["errors"]),
        (&json!(1), &json!(0))
    );
    let backend = &seen["backends"][0];
    assert_eq!(backend["address"], json!(format!("http://{}", first.address())));
    assert_eq!((&backend["standing"], &backend["weight"]), (&json!("well"), &json!(1)));
    assert_eq!((&backend["under_way"], &backend["drained"]), (&json!(0), &Value::Null));

    let drain = "/admin/balancers/web/backends/web-1/drain";
    let (status, said) = admin.send(Method::POST, drain).await;
    assert_eq!((status, &said["backends"][0]["standing"]), (200, &json!("drained")));
    assert_eq!(said["backends"][0]["drained"]["by"], json!("first"));
    // By its number, and twice.
    assert_eq!(
        admin.send(Method::POST, "/admin/balancers/web/backends/1/drain").await.0,
        200
    );
    let before = visitors(&first);
    for _ in 0..20 {
        assert_eq!(visit(listen).await, 200);
    }
    assert_eq!(visitors(&first), before);
    let undrain = "/admin/balancers/web/backends/web-1/undrain";
    assert_eq!(admin.send(Method::POST, undrain).await.0, 200);
    until_it_gets(&first, listen, true).await;
    let audit = admin.get("/admin/balancers/web/audit").await;
    let deeds: Vec<_> = (audit["audit"].as_array().unwrap().iter())
        .map(|deed| (deed["action"].as_str().unwrap(), deed["author"].as_str().unwrap()))
        .collect();
    assert_eq!(deeds, [("undrained", "first"), ("drained", "first")]);

    for (path, detail) in [
        (
            "/admin/balancers/shop/backends/1/drain",
            "There is no balancer with the id “shop”.",
        ),
        ("/admin/balancers/web/backends/3/drain", "This balancer has no backend “3”"),
        ("/admin/balancers/web/backends/0/drain", "This balancer has no backend “0”"),
    ] {
        let (status, said) = admin.send(Method::POST, path).await;
        assert_eq!(status, 404, "{said}");
        assert!(said["detail"].as_str().unwrap().starts_with(detail), "{said}");
    }
    assert_eq!(admin.send(Method::GET, drain).await.0, 405);
    app.stop().await;
}

#[tokio::test]
async fn who_may_only_read_takes_nobody_out_and_strangers_see_nothing() {
    let target = Target::start().await;
    let app = TestApp::start(&web(free(), &[&target])).await;
    let stranger = Admin { app: &app, token: "everup_guess".to_owned() };
    assert_eq!(stranger.send(Method::GET, "/admin/balancers").await.0, 401);
    let secret = Secret::draw().unwrap();
    let new = NewToken {
        name: TokenName::new("reader").unwrap(),
        scope: Scope::Maintenance,
        fingerprint: secret.fingerprint(),
        made_at: START,
    };
    app.store().await.make_token(&new).await.unwrap();
    let reader = Admin { app: &app, token: secret.expose().to_owned() };
    reader.get("/admin/balancers").await;
    let path = "/admin/balancers/web/backends/1/drain";
    let (status, said) = reader.send(Method::POST, path).await;
    assert_eq!(status, 403, "{said}");
    assert_eq!(reader.get("/admin/balancers/web").await["backends"][0]["standing"], "well");
    // As often as any write.
    for _ in 0..19 {
        assert_eq!(reader.send(Method::POST, path).await.0, 403);
    }
    assert_eq!(reader.send(Method::POST, path).await.0, 429);
    app.stop().await;
}

#[tokio::test]
async fn metrics_count_by_outcome_and_are_not_for_strangers() {
    let (first, second) = (Target::start().await, Target::start().await);
    let listen = free();
    let app = TestApp::start(&web(listen, &[&first, &second])).await;
    let token = app.first_token().await.unwrap();
    assert_eq!(app.get("/metrics").await.0, 401);
    for _ in 0..3 {
        assert_eq!(visit(listen).await, 200);
    }
    let drain = "/admin/balancers/web/backends/2/drain";
    let admin = Admin { app: &app, token: token.clone() };
    assert_eq!(admin.send(Method::POST, drain).await.0, 200);
    let bearer = format!("Bearer {token}");
    let answer = app.ask("/metrics", ("authorization", &bearer)).await;
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = answer.text().await.unwrap();
    for line in [
        "# TYPE everup_balancer_requests_total counter",
        "everup_balancer_requests_total{balancer=\"web\",outcome=\"answered\"} 3",
        "everup_balancer_requests_total{balancer=\"web\",outcome=\"failed\"} 0",
        "everup_balancer_repeats_total{balancer=\"web\"} 0",
        "everup_backend_requests_under_way{balancer=\"web\",backend=\"web-1\"} 0",
        "everup_backend_standing{balancer=\"web\",backend=\"web-1\",standing=\"well\"} 1",
        "everup_backend_standing{balancer=\"web\",backend=\"web-2\",standing=\"drained\"} 1",
        "everup_backend_standing{balancer=\"web\",backend=\"web-2\",standing=\"well\"} 0",
        "everup_backend_weight{balancer=\"web\",backend=\"web-1\"} 1",
    ] {
        assert!(text.lines().any(|said| said == line), "{line} is not in {text}");
    }
    let answered = |line: &&str| {
        line.starts_with("everup_backend_requests_total") && line.contains("\"answered\"")
    };
    let each = text.lines().filter(answered).filter_map(|line| line.rsplit(' ').next());
    assert_eq!(each.map(|number| number.parse::<u64>().unwrap()).sum::<u64>(), 3);
    app.stop().await;
}
