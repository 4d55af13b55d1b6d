//! A store of our own that takes a history over, and small words to speak to it.

use everup::domain::monitor::{MonitorId, Parameters};
use everup::domain::span::Span;
use everup::domain::timestamp::{DAY_MS, SECOND_MS, Timestamp};
use everup::report::explain::Explanation;
use everup::report::explain::json::of_monitor;
use everup::report::latency::Remembered;
use everup::report::period::PeriodReport;
use everup::report::settings::Settings;
use everup::store::contract::Store;
use everup::store::import::Imported;
use everup::store::registration::{Others, Registration};
use everup::store::sqlite::Sqlite;
use everup::transfer::mapping::Wanted;
use everup::transfer::taking::{Reading, TakeError, Taken};
use everup::transfer::write::Selection;
use everup::transfer::{kuma, read, uptimerobot, write};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// 2026-11-24T10:00:00Z: when everything is imported.
pub const NOW: Timestamp = Timestamp(1_795_514_400_000);

/// So many days into November 2026, from 0, and so many seconds into that day.
pub fn at(day: i64, second: i64) -> Timestamp {
    Timestamp(1_793_491_200_000 + day * DAY_MS + second * SECOND_MS)
}

/// A store that watches `api` and `web`.
pub struct Elsewhere {
    pub folder: TempDir,
    pub store: Sqlite,
}

pub fn registration(id: &str, failures: u32) -> Registration {
    Registration {
        id: MonitorId::new(id).unwrap(),
        name: id.to_uppercase(),
        url: format!("https://{id}.example.com/health"),
        since: None,
        parameters: Parameters { failures, ..Parameters::default() },
    }
}

impl Elsewhere {
    pub async fn new() -> Elsewhere {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("everup.db")).await.unwrap();
        let both = [registration("api", 1), registration("web", 3)];
        store.register(at(23, 0), &both, Others::Remove).await.unwrap();
        Elsewhere { folder, store }
    }

    pub async fn kuma(&self, path: &Path, wanted: &Wanted) -> Result<Taken, TakeError> {
        let reading = Reading { file: "kuma.db".to_owned(), now: NOW };
        kuma::import(&self.store, path, &reading, wanted, |_, _| ()).await
    }

    pub async fn uptimerobot(&self, text: &str) -> Result<Taken, TakeError> {
        self.uptimerobot_at(NOW, text).await
    }

    pub async fn uptimerobot_at(&self, now: Timestamp, text: &str) -> Result<Taken, TakeError> {
        let reading = Reading { file: "logs.json".to_owned(), now };
        let wanted = Wanted::default();
        uptimerobot::import(&self.store, &mut text.as_bytes(), &reading, &wanted).await
    }

    /// The whole history as lines.
    pub async fn lines(&self) -> String {
        let selection =
            Selection { span: Span::ALWAYS, monitors: Vec::new(), form: write::Form::Lines };
        let mut lines = Vec::new();
        write::export(&self.store, &selection, &mut lines).await.unwrap();
        String::from_utf8(lines).unwrap()
    }

    pub async fn import_lines(&self, lines: &str) -> Imported {
        read::import(&self.store, &mut lines.as_bytes(), Timestamp::MAX, |_| ())
            .await
            .unwrap()
    }

    /// Everything that can be said of it, in a form that can be compared.
    pub async fn everything(&self) -> String {
        let loaded = self.store.load().await.unwrap();
        format!("{}{:#?}{:#?}", self.lines().await, loaded.histories, loaded.windows)
    }

    /// The lines of one kind.
    pub async fn of_kind(&self, kind: &str) -> Vec<Value> {
        let lines = self.lines().await;
        let values = lines.lines().map(|line| serde_json::from_str(line).unwrap());
        values.filter(|line: &Value| line["kind"] == kind).collect()
    }

    /// How November's figure of a monitor came about.
    pub async fn explained(&self, id: &str) -> Value {
        let histories = self.store.load().await.unwrap().histories;
        let history = histories.iter().find(|of| of.monitor.id.as_str() == id).unwrap();
        let period = everup::domain::period::Period::parse("2026-11").unwrap();
        let settings = Settings::default();
        let explanation =
            Explanation::make(&self.store, history, &[], period, NOW, &settings).await;
        serde_json::from_str(&of_monitor(&explanation.unwrap())).unwrap()
    }

    /// November's report of a monitor.
    pub async fn november(&self, id: &str) -> Value {
        let histories = self.store.load().await.unwrap().histories;
        let period = everup::domain::period::Period::parse("2026-11").unwrap();
        let settings = Settings::default();
        let mut remembered = Remembered::default();
        let report = PeriodReport::make(
            &self.store,
            &histories,
            period,
            NOW,
            &settings,
            Some(&mut remembered),
        )
        .await;
        let text = everup::report::json::print(&report.unwrap());
        let json: Value = serde_json::from_str(&text).unwrap();
        let monitors = json["monitors"].as_array().unwrap().iter();
        monitors.into_iter().find(|monitor| monitor["id"] == id).unwrap().clone()
    }
}
