//! nginx, haproxy and Caddy by the files in `deploy/`: what `docs/deploy.md` says of them holds.

use super::heard::free_port;
use super::instance::{Instances, PAUSE};
use super::manager::{Manager, PATIENCE, ask};
use super::passed::Crowd;
use super::proxy::{Kind, Proxy};
use rcgen::generate_simple_self_signed;
use rstest::rstest;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// By then an instance that is back has visitors again.
const BACK_WITHIN: Duration = Duration::from_secs(15);

/// Which instance answers: one watches, one stands by.
fn roles(proxy: &Proxy) -> BTreeSet<&'static str> {
    let role = |_| {
        let answer = proxy.ask("/health/ready");
        if answer.contains("\"role\":\"active\"") {
            "active"
        } else if answer.contains("\"role\":\"standby\"") {
            "standby"
        } else {
            panic!("{answer}")
        }
    };
    (0..20).map(role).collect()
}

#[rstest]
#[case(Kind::Nginx)]
#[case(Kind::Haproxy)]
#[case(Kind::Caddy)]
fn one_of_two_is_killed_under_load_and_no_visitor_notices(#[case] kind: Kind) {
    let manager = Manager::abstractly();
    let addresses = [(); 2].map(|()| SocketAddr::from(([127, 0, 0, 1], free_port())));
    let start = |which: usize| {
        let listen = addresses[which].to_string();
        let service = manager.start(&["run", "http://127.0.0.1:9/", "--listen", &listen], &[]);
        manager.until("READY=1");
        service
    };
    let (mut first, _second) = (start(0), start(1));
    let proxy = Proxy::of_pair(kind, addresses);
    assert_eq!(roles(&proxy), BTreeSet::from(["active", "standby"]));
    let crowd = Crowd::at(proxy.address, "/", |answer| {
        answer.starts_with("HTTP/1.1 200") && answer.contains("</html>")
    });
    for _ in 0..2 {
        let before = crowd.served();
        while crowd.served() < before + 50 {
            std::thread::sleep(Duration::from_millis(10));
        }
        first.kill();
        std::thread::sleep(Duration::from_secs(3));
        first = start(0);
        let back = Instant::now();
        while roles(&proxy).len() < 2 {
            assert!(back.elapsed() < BACK_WITHIN, "it gets no visitors: {}", proxy.log());
        }
        eprintln!("{kind:?}: back after {:?}", back.elapsed());
    }
    let served = crowd.served();
    assert_eq!(crowd.leave(), Vec::<String>::new(), "of {served}: {}", proxy.log());
    assert!(served > 200, "only {served}");
}

fn said(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

fn until(stream: &mut TcpStream, what: &str) -> String {
    let mut heard = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&heard).contains(what) {
        let length = stream.read(&mut byte).unwrap();
        assert_eq!(length, 1, "no {what} in {}", String::from_utf8_lossy(&heard));
        heard.push(byte[0]);
    }
    String::from_utf8(heard).unwrap()
}

#[rstest]
#[case(Kind::Nginx)]
#[case(Kind::Haproxy)]
#[case(Kind::Caddy)]
#[tokio::test(flavor = "multi_thread")]
async fn what_passes_passes_and_what_a_visitor_claims_does_not(#[case] kind: Kind) {
    let instances = Instances::start().await;
    let proxy = Proxy::of_pair(kind, instances.addresses);

    let claims = "GET /headers HTTP/1.1\r\nHost: status.example.com\r\nConnection: close\r\n\
                  X-Forwarded-For: 203.0.113.9\r\nX_Forwarded_For: 203.0.113.9\r\n\
                  X-Forwarded-Proto: gopher\r\nX-Forwarded-Host: evil.example\r\n\
                  Forwarded: for=203.0.113.9\r\nX-Request-Id: mine\r\n\r\n";
    let told = until(&mut said(proxy.address, claims), "x-request-id: ");
    let mut rest = String::new();
    said(proxy.address, claims).read_to_string(&mut rest).unwrap();
    for header in [
        "host: status.example.com\n",
        "x-forwarded-for: 127.0.0.1\n",
        "x-forwarded-proto: http\n",
        "x-forwarded-host: status.example.com\n",
    ] {
        assert!(rest.contains(header), "{header}: {rest}");
    }
    assert!(!rest.contains("x-request-id: mine") && !told.contains("gopher"), "{rest}");
    assert!(!rest.contains("evil.example"), "{rest}");
    // Caddy and haproxy pass on what only looks like it; nothing of ours reads that.
    let underscored = rest.matches("203.0.113.9").count();
    assert!(underscored == usize::from(kind != Kind::Nginx), "{rest}");

    let events = "GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let (began, mut stream) = (Instant::now(), said(proxy.address, events));
    until(&mut stream, "data: 1\n");
    assert!(began.elapsed() < PAUSE, "the first event waits for the second");
    until(&mut stream, "data: 2\n");

    let socket = "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                  Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let mut stream = said(proxy.address, socket);
    assert!(until(&mut stream, "\r\n\r\n").starts_with("HTTP/1.1 101"));
    for word in ["one", "two"] {
        stream.write_all(word.as_bytes()).unwrap();
        until(&mut stream, word);
    }

    let length = 8 << 20;
    let head = format!("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
    let mut stream = said(proxy.address, &head);
    stream.write_all(&vec![b'x'; length]).unwrap();
    until(&mut stream, &length.to_string());

    let broken = "POST /broken HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
    let answer = until(&mut said(proxy.address, broken), "\r\n");
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    assert_eq!(instances.broken(), 1, "a POST that was sent is not sent again");
}

/// The first who come may find out; then it is known.
#[rstest]
#[case(Kind::Nginx, "502")]
#[case(Kind::Haproxy, "503")]
#[case(Kind::Caddy, "503")]
fn where_no_instance_is_well_visitors_hear_so_soon(#[case] kind: Kind, #[case] status: &str) {
    let nobody = [(); 2].map(|()| SocketAddr::from(([127, 0, 0, 1], free_port())));
    let proxy = Proxy::of_pair(kind, nobody);
    std::thread::sleep(Duration::from_secs(5));
    proxy.ask("/");
    let (began, answer) = (Instant::now(), proxy.ask("/"));
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

/// Nothing else than haproxy lets go of an instance without another configuration.
#[test]
fn haproxy_drains_an_instance_as_its_file_says() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let instances = runtime.block_on(Instances::start());
    let proxy = Proxy::of_pair(Kind::Haproxy, instances.addresses);
    let tell = |command: &str| {
        let mut stream = UnixStream::connect(proxy.folder.path().join("admin.sock")).unwrap();
        writeln!(stream, "{command}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let sessions = || {
        let table = tell("show stat -1 4 -1");
        let row = table.lines().find(|row| row.starts_with("everup,one,")).unwrap();
        row.split(',').nth(7).unwrap().parse::<u64>().unwrap()
    };
    for _ in 0..40 {
        proxy.ask("/");
    }
    let before = sessions();
    assert!((1..40).contains(&before), "{before} of 40");
    assert_eq!(tell("set server everup/one state drain").trim(), "");
    for _ in 0..40 {
        proxy.ask("/");
    }
    assert_eq!(sessions(), before);
}

#[rstest]
#[case(Kind::Nginx)]
#[case(Kind::Haproxy)]
#[case(Kind::Caddy)]
fn one_is_reached_by_tls_and_http_leads_there(#[case] kind: Kind) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let manager = Manager::abstractly();
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let arguments = ["run", "http://127.0.0.1:9/", "--listen", &address.to_string()];
    let _service = manager.start(&arguments, &[]);
    manager.until("READY=1");
    let own = generate_simple_self_signed(["status.example.com".to_owned()]).unwrap();
    let proxy = Proxy::of_one(kind, address, &own.cert.pem(), &own.signing_key.serialize_pem());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let page = runtime.block_on(async {
        let root = reqwest::Certificate::from_pem(own.cert.pem().as_bytes()).unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([root])
            .resolve("status.example.com", proxy.address)
            .build()
            .unwrap();
        let url = format!("https://status.example.com:{}/", proxy.address.port());
        let answer = client.get(url).send().await.unwrap();
        assert_eq!(
            (answer.status(), answer.version()),
            (200.try_into().unwrap(), http::Version::HTTP_2)
        );
        answer.text().await.unwrap()
    });
    assert!(page.contains("</html>"), "{page}");
    let mut answer = String::new();
    let plain = "GET /report HTTP/1.1\r\nHost: status.example.com\r\nConnection: close\r\n\r\n";
    said(proxy.plain, plain).read_to_string(&mut answer).unwrap();
    let answer = answer.to_lowercase();
    assert!(answer.starts_with("http/1.1 30"), "{answer}");
    assert!(answer.contains("location: https://status.example.com"), "{answer}");
    assert!(ask(address, "/health").unwrap().contains("Service online"));
}
