//! Alone in its binary, because it takes all file descriptors of its process.

mod support;

use everup::domain::check::{Kind, Verdict};
use everup::probe::resolver::NameServers;
use everup::probe::shared::Shared;
use everup::probe::tls::Roots;
use everup::probe::{Settings, prober};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;
use support::name_server::NameServer;
use support::target::Target;

/// Enough for the test itself, few enough to be used up quickly.
const DESCRIPTORS_MAX: Option<u64> = Some(256);

#[tokio::test]
async fn running_out_of_file_descriptors_is_our_own_fault() {
    let limit = Rlimit { current: DESCRIPTORS_MAX, maximum: DESCRIPTORS_MAX };
    setrlimit(Resource::Nofile, limit).unwrap();

    let target = Target::start().await;
    let names = NameServer::of_loopback().await;
    let servers = NameServers::Only(vec![names.address()]);
    let shared = Arc::new(Shared::with(&Roots::Mozilla, servers).unwrap());
    let urls = [target.url(), target.url_as("a.example", "/")];
    let timeout = Duration::from_secs(20);

    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    for url in &urls {
        let outcome = prober(Settings::of(url.clone()), &shared).probe(timeout).await;
        let seen = (outcome.verdict, outcome.evidence.kind);
        assert_eq!(seen, (Verdict::Unknown, Some(Kind::OwnResources)), "{outcome:?}");
        assert_eq!(outcome.evidence.reason, "this process has no file descriptors left");
    }
    drop(taken);
    for url in &urls {
        let outcome = prober(Settings::of(url.clone()), &shared).probe(timeout).await;
        assert_eq!(outcome.verdict, Verdict::Ok, "{outcome:?}");
    }
}
