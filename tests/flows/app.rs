//! The whole program in a test: real pages, a real store in a folder of its own, real
//! checks of a real server, and a clock that is turned by hand.

use everup::app::{App, Ground};
use everup::clock::{Clock, ManualClock};
use everup::config::{self, Config, Environment};
use everup::domain::timestamp::{SECOND_MS, Timestamp};
use everup::engine::run::Engine;
use everup::store::contract::Store;
use everup::store::import::Imported;
use everup::store::sqlite::Sqlite;
use everup::transfer::read;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// 2026-11-10T12:00:00Z.
pub const START: Timestamp = Timestamp(1_794_312_000_000);
/// What `${API_TOKEN}` stands for in a configuration.
pub const TOKEN: &str = "s3cret/token+4711";
/// Nothing here takes this long; what does is stuck.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct TestApp {
    app: Option<App>,
    pub clock: Arc<ManualClock>,
    folder: Arc<TempDir>,
    config: String,
    client: reqwest::Client,
}

impl TestApp {
    /// Starts everup with this configuration, but for where it listens and keeps.
    pub async fn start(config: &str) -> TestApp {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut test = TestApp {
            app: None,
            clock: Arc::new(ManualClock::new(START)),
            folder: Arc::new(tempfile::tempdir().unwrap()),
            config: config.to_owned(),
            client,
        };
        test.go().await;
        test
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("everup.db")
    }

    fn parsed(&self, config: &str) -> Config {
        let environment = Environment::new(std::iter::empty(), &format!("API_TOKEN={TOKEN}\n"));
        let mut config = config::parse(config, "config.toml", &environment).unwrap();
        config.store.path = self.database();
        config
    }

    async fn go(&mut self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ground =
            Ground { clock: self.clock.clone(), commit_within: Duration::from_millis(20) };
        let app = App::start(self.parsed(&self.config), listener, ground).await.unwrap();
        self.app = Some(app);
    }

    fn engine(&self) -> Arc<Engine> {
        self.app().engine().expect("it watches")
    }

    fn app(&self) -> &App {
        self.app.as_ref().expect("it runs")
    }

    /// Stops in order and starts again on the same data, after `off_ms`.
    pub async fn restart_after(&mut self, off_ms: i64) {
        assert!(self.app.take().expect("it runs").stop().await, "something was not kept");
        self.clock.advance_ms(off_ms);
        self.go().await;
    }

    /// Stops in order and starts again with another configuration.
    pub async fn restart_as(&mut self, config: &str) {
        config.clone_into(&mut self.config);
        self.restart_after(0).await;
    }

    /// Starts again, after `off_ms`, on what is on disk at this moment: as after a
    /// `kill -9`, of which the process that was killed knows nothing.
    pub async fn restart_after_kill(&mut self, off_ms: i64) {
        let left = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(self.folder.path()).unwrap() {
            let file = file.unwrap();
            // The index of the log is no part of what a crash leaves: it is made anew.
            if !file.file_name().to_string_lossy().ends_with("-shm") {
                std::fs::copy(file.path(), left.path().join(file.file_name())).unwrap();
            }
        }
        self.app.take().expect("it runs").stop().await;
        self.folder = Arc::new(left);
        self.clock.advance_ms(off_ms);
        self.go().await;
    }

    /// Starts another everup over the same database, with this configuration.
    pub async fn beside(&self, config: &str) -> TestApp {
        let mut other = TestApp {
            app: None,
            clock: self.clock.clone(),
            folder: self.folder.clone(),
            config: config.to_owned(),
            client: self.client.clone(),
        };
        other.go().await;
        other
    }

    /// Whether it watches, and not another.
    pub fn watches(&self) -> bool {
        self.app().engine().is_some()
    }

    /// Waits until something is so, for as long as a lease may take.
    pub async fn until(&self, what: &str, holds: impl AsyncFn(&TestApp) -> bool) {
        let started = Instant::now();
        while !holds(self).await {
            assert!(started.elapsed() < PATIENCE, "not so that {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Executes SQL behind its back.
    pub async fn execute(&self, sql: &str) {
        use sqlx::Connection;
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.database());
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    pub async fn stop(mut self) {
        assert!(self.app.take().expect("it runs").stop().await, "something was not kept");
    }

    /// Changes the configuration while it runs.
    pub async fn change(&mut self, config: &str) {
        self.config = config.to_owned();
        self.app().change(self.parsed(config)).await.unwrap();
    }

    /// As [`TestApp::change`], of a configuration that is not taken over. Gives why.
    pub async fn refuse_to_change(&self, config: &str) -> String {
        self.app().change(self.parsed(config)).await.unwrap_err().to_string()
    }

    /// Waits until no check is due or under way.
    pub async fn settle(&self) {
        let started = Instant::now();
        let engine = self.engine();
        let busy = || {
            let due = engine.next_due().is_some_and(|due| due <= self.clock.now());
            due || engine.checks_under_way() > 0
        };
        while busy() {
            assert!(started.elapsed() < PATIENCE, "checks do not end");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Lets time pass, check by check, and everything be committed.
    pub async fn pass_ms(&self, ms: i64) {
        self.look_ms(ms).await;
        assert!(self.engine().flush().await, "the store refuses");
    }

    /// Lets time pass, check by check.
    pub async fn look_ms(&self, ms: i64) {
        let until = self.clock.now().plus_ms(ms);
        loop {
            self.settle().await;
            match self.engine().next_due() {
                Some(due) if due <= until => {
                    self.clock.advance_ms(due.since_ms(self.clock.now()));
                }
                _ => break,
            }
        }
        self.clock.advance_ms(until.since_ms(self.clock.now()));
        self.settle().await;
    }

    /// Lets time pass up to the next check, and that be committed. Gives its instant.
    pub async fn until_next_check(&self) -> Timestamp {
        self.settle().await;
        let due = self.engine().next_due().expect("something is watched");
        self.pass_ms(due.since_ms(self.clock.now())).await;
        due
    }

    /// Lets time pass up to the next check, and that begin. Gives its instant.
    pub async fn begin_next_check(&self) -> Timestamp {
        self.settle().await;
        let due = self.engine().next_due().expect("something is watched");
        self.clock.advance_ms(due.since_ms(self.clock.now()));
        let started = Instant::now();
        while self.engine().checks_under_way() == 0 {
            assert!(started.elapsed() < PATIENCE, "no check begins");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        due
    }

    pub async fn flush(&self) -> bool {
        self.engine().flush().await
    }

    /// The whole answer to a request with this header.
    pub async fn ask(&self, path: &str, header: (&str, &str)) -> reqwest::Response {
        let url = format!("http://{}{path}", self.app().address());
        self.client.get(url).header(header.0, header.1).send().await.unwrap()
    }

    /// The address of something.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.app().address())
    }

    /// The first token, where there never was one.
    pub async fn first_token(&self) -> Option<String> {
        let secret = self.app().first_token().await.unwrap();
        secret.map(|secret| secret.expose().to_owned())
    }

    /// Where a browser is sent for now instead of a page.
    pub async fn sent_to(&self, path: &str) -> String {
        let url = format!("http://{}{path}", self.app().address());
        let stays = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().no_proxy().redirect(stays).build().unwrap();
        let answer = client.get(url).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 307, "{path}");
        assert_eq!(answer.headers()["cache-control"], "no-cache", "{path}");
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    /// Status and body of a page.
    pub async fn get(&self, path: &str) -> (u16, String) {
        let url = format!("http://{}{path}", self.app().address());
        let answer = self.client.get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The body of a page that is there.
    pub async fn page(&self, path: &str) -> String {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// What a page says, without its markup, in one line.
    pub async fn text(&self, path: &str) -> String {
        let page = self.page(path).await;
        let mut text = String::new();
        let mut in_tag = false;
        for c in page.chars() {
            match c {
                '<' => in_tag = true,
                '>' => in_tag = false,
                c if !in_tag => text.push(c),
                _ => {}
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Lets the wall clock jump, and the schedule notice it.
    pub async fn jump_ms(&self, ms: i64) {
        self.clock.jump_ms(ms);
        self.clock.advance_ms(SECOND_MS);
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.settle().await;
    }

    /// The running month's report of one monitor.
    pub async fn month(&self, id: &str) -> Value {
        let report: Value =
            serde_json::from_str(&self.page("/report/2026-11.json").await).unwrap();
        let monitors = report["monitors"].as_array().unwrap();
        monitors
            .iter()
            .find(|monitor| monitor["id"] == id)
            .expect("it is in the report")
            .clone()
    }

    /// How the running month of one monitor came about.
    pub async fn explanation(&self, id: &str) -> Value {
        let path = format!("/api/v1/monitors/{id}/explain?month=2026-11");
        serde_json::from_str(&self.page(&path).await).unwrap()
    }

    /// The store, as another process opens it.
    pub async fn store(&self) -> Sqlite {
        Sqlite::open(&self.database()).await.unwrap()
    }

    /// Lets time pass until a page says this.
    pub async fn until_it_says(&self, path: &str, words: &str) -> String {
        let started = Instant::now();
        loop {
            let (_, page) = self.get(path).await;
            if page.contains(words) {
                return page;
            }
            assert!(started.elapsed() < PATIENCE, "{path} never says {words:?}: {page}");
            // A report is shared for a few seconds.
            self.look_ms(6 * SECOND_MS).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Imports lines, as another process would.
    pub async fn import(&self, lines: &str) -> Result<Imported, String> {
        let store = Sqlite::open(&self.database()).await.unwrap();
        let result = read::import(&store, &mut lines.as_bytes(), Timestamp::MAX, |_| {}).await;
        store.close().await;
        result.map_err(|error| error.to_string())
    }
}

/// One monitor that is checked every minute and down after three failures.
pub fn one(id: &str, url: &str) -> String {
    format!(
        "[[monitor]]\nid = \"{id}\"\nname = \"{}\"\nurl = \"{url}\"\n",
        id.to_uppercase()
    )
}
