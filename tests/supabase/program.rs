//! The whole program with `[maintenance] source = "supabase"`.

use crate::support::postgrest::{KEY, Postgrest};
use crate::world::{START, row};
use everup::app::{App, Ground};
use everup::clock::ManualClock;
use everup::config::{self, Environment};
use everup::store::contract::Store;
use everup::store::sqlite::Sqlite;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const CONFIG: &str = "[maintenance]\nsource = \"supabase\"\n";

fn environment(url: &str, key: &str) -> Environment {
    let text = format!("SUPABASE_URL={url}\nSUPABASE_SERVICE_KEY={key}\n");
    Environment::new(std::iter::empty(), &text)
}

async fn until(address: std::net::SocketAddr, path: &str, wanted: impl Fn(&Value) -> bool) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let begun = Instant::now();
    let mut answer = Value::Null;
    while begun.elapsed() < Duration::from_secs(20) {
        let asked = client.get(format!("http://{address}{path}")).send().await.unwrap();
        let status = asked.status();
        answer = serde_json::from_str(&asked.text().await.unwrap()).unwrap();
        if wanted(&answer) {
            assert_eq!(status, 200, "{answer}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} still answers {answer}");
}

#[tokio::test]
async fn a_row_of_the_table_is_maintenance_and_a_silent_table_a_warning() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut supabase = Postgrest::start().await;
    supabase.database().now_ms = START.0;
    supabase.insert(row(-1, 1, "Upgrade"));
    let folder = tempfile::tempdir().unwrap();
    let parse = || {
        let environment = environment(&supabase.url(), KEY);
        let mut config = config::parse(CONFIG, "config.toml", &environment).unwrap();
        config.store.path = folder.path().join("everup.db");
        config
    };
    let config = parse();
    assert!(!format!("{config:?}").contains(KEY));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let clock = Arc::new(ManualClock::new(START));
    let ground = Ground { clock, commit_within: Duration::from_millis(20) };
    let app = App::start(config, listener, ground).await.unwrap();
    until(app.address(), "/maintenance", |answer| {
        answer["active"] == true && answer["message"] == "Upgrade"
    })
    .await;
    until(app.address(), "/health/ready", |answer| answer.get("warnings").is_none()).await;
    let again = parse();
    supabase.stop().await;
    // A configuration that is read again looks at once.
    app.change(again).await.unwrap();
    until(app.address(), "/health/ready", |answer| {
        let warning = answer["warnings"][0].as_str().unwrap_or_default();
        answer["status"] == "ready"
            && warning
                .starts_with("the maintenance table and everup have not been in step since ")
            && warning.contains("Supabase cannot be reached")
    })
    .await;
    until(app.address(), "/maintenance", |answer| answer["active"] == true).await;
    assert!(app.stop().await);
}

#[test]
fn only_what_follows_the_table_needs_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("{CONFIG}[[monitor]]\nname = \"A\"\nurl = \"https://a.example/\"\n");
    std::fs::write(folder.path().join("config.toml"), config).unwrap();
    let everup = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_everup"));
        let command = command.current_dir(folder.path()).args(arguments);
        let command = command.env_remove("SUPABASE_URL").env_remove("SUPABASE_SERVICE_KEY");
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    };
    for arguments in [&["run"][..], &["validate"], &["import", "supabase"]] {
        let (is_well, said) = everup(arguments);
        assert!(
            !is_well && said.contains("${SUPABASE_URL} is not set"),
            "{arguments:?}: {said}"
        );
    }
    let file = folder.path().join("everup.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { Sqlite::open(&file).await.unwrap().close().await });
    for arguments in [
        &["maintenance", "list"][..],
        &["token", "new", "--name", "ci", "--scope", "read"],
        &["token", "list"],
        &["export"],
    ] {
        let (is_well, said) = everup(arguments);
        assert!(is_well && !said.contains("SUPABASE"), "{arguments:?}: {said}");
    }
}

#[test]
fn what_is_missing_or_wrong_is_told_with_its_line() {
    let told = |config: &str, environment: &Environment| {
        config::parse(config, "config.toml", environment).unwrap_err().to_string()
    };
    let nothing = Environment::default();
    let error = told(CONFIG, &nothing);
    assert!(error.contains("config.toml:2"), "{error}");
    assert!(error.contains("${SUPABASE_URL} is not set"), "{error}");
    let public = environment("https://abc.supabase.co", "sb_publishable_4711");
    let error = told(CONFIG, &public);
    assert!(error.contains("public key") && !error.contains("4711"), "{error}");
    let error = told("[maintenance]\nsource = \"firebase\"\n", &nothing);
    assert!(error.contains("write source = \"supabase\", or leave it out"), "{error}");
}
